use std::time::Duration;

/// What a [`Client`](crate::Client) says of itself, and how long it waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// Our name in Start-Control-Connection-Request; at most 64 octets are sent.
    pub host_name: String,
    /// Our product there; at most 64 octets are sent.
    pub vendor: String,
    /// Its version.
    pub firmware: u16,
    /// How long the server may take to answer our first message.
    pub start_timeout: Duration,
    /// How long it may take to answer the request for a call.
    pub call_timeout: Duration,
    /// Silence of the control connection after which an Echo-Request asks for the server (RFC 2637 §3.1.4: 60 s).
    pub echo_interval: Duration,
    /// How long the answer to it may take.
    pub echo_timeout: Duration,
    /// How long the server may take to acknowledge the end of the call, and again that of the control connection.
    pub linger: Duration,
    /// The GRE channel.
    pub channel: ChannelConfig,
}

impl Config {
    /// The defaults of the RFC, with this name.
    pub fn new(host_name: impl Into<String>) -> Self {
        Config {
            host_name: host_name.into(),
            vendor: "Causeway".to_owned(),
            firmware: 1,
            start_timeout: Duration::from_secs(60),
            call_timeout: Duration::from_secs(60),
            echo_interval: Duration::from_secs(60),
            echo_timeout: Duration::from_secs(60),
            linger: Duration::from_secs(3),
            channel: ChannelConfig::default(),
        }
    }
}

/// How a GRE channel orders and acknowledges.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChannelConfig {
    /// Packets that we announce to buffer: what the peer may send before it is acknowledged.
    pub window: u16,
    /// How long an acknowledgement waits for a packet that can carry it. Windows waits as long.
    pub acknowledge_after: Duration,
    /// How long packets wait for one that is missing before them.
    pub reorder_for: Duration,
}

impl Default for ChannelConfig {
    fn default() -> Self {
        ChannelConfig {
            window: 64,
            acknowledge_after: Duration::from_millis(100),
            reorder_for: Duration::from_millis(50),
        }
    }
}
