//! What can be seen of a machine: services, registry, sockets, configuration.

use std::net::SocketAddr;

/// A fact of a machine.
#[derive(Clone, PartialEq, Debug)]
pub enum Fact {
    /// The machine's system and version ("Windows 10 Pro 10.0.19045", "Linux 6.1").
    System {
        /// It.
        name: String,
    },
    /// The machine was started.
    Booted {
        /// When.
        at: crate::Time,
    },
    /// An update is installed ("KB5009543").
    Update {
        /// Its name.
        name: String,
    },
    /// A service's state.
    Service {
        /// Its name, in lower case ("policyagent", "ikeext", "rasman").
        name: String,
        /// Whether it runs.
        running: Option<bool>,
        /// How it starts.
        start: Option<Start>,
    },
    /// A registry value that matters, or its absence.
    Registry {
        /// The key without hive and control set, in lower case ("services\\rasman\\parameters").
        key: String,
        /// The value's name, in lower case.
        name: String,
        /// Its value as a number; `None` when it is deleted or absent.
        value: Option<u32>,
        /// When the key was last written, where it is known.
        written: Option<crate::Time>,
    },
    /// A registry value that stands in a key where nothing reads it.
    RegistryMisplaced {
        /// The key, as in [`Fact::Registry`].
        key: String,
        /// The value's name, in lower case.
        name: String,
        /// The key in which it is read.
        right: String,
    },
    /// A socket that waits for connections or datagrams.
    Listening {
        /// TCP, else UDP.
        tcp: bool,
        /// Where.
        address: SocketAddr,
        /// The program, or its process id.
        owner: Option<String>,
    },
    /// A complete listing of sockets was seen, so what is not in it does not listen.
    ListeningComplete,
    /// A port that a program needs is taken by another.
    PortBusy {
        /// The port.
        port: Option<u16>,
        /// TCP, else UDP.
        tcp: bool,
        /// The program that needs it.
        program: String,
    },
    /// A program started.
    Started {
        /// Which.
        program: String,
    },
    /// A program stopped, or says that it is not running.
    Stopped {
        /// Which.
        program: String,
    },
    /// A kernel module is missing, or may not be loaded.
    ModuleMissing {
        /// Which.
        module: String,
    },
    /// A program complains about its configuration.
    ConfigurationError {
        /// Which program.
        program: String,
        /// What it says.
        said: String,
    },
    /// A setting cannot work, whatever its program says of it.
    SettingWrong {
        /// The file or the program that it is for.
        program: String,
        /// Why.
        flaw: Flaw,
    },
    /// A bug of a known release shows itself.
    KnownBug {
        /// Which.
        what: String,
    },
    /// The kernel forwards packets, or does not.
    Forwarding {
        /// Whether it does.
        on: bool,
        /// IPv6, else IPv4.
        v6: bool,
    },
    /// A packet filter drops what the tunnel carries.
    FilterDrops {
        /// The rule, as shown.
        rule: String,
    },
    /// The WAN Miniports or their bindings are broken.
    MiniportBroken {
        /// Which.
        name: String,
        /// What is wrong with it.
        how: Miniport,
    },
    /// A VPN connection's settings.
    Profile(Profile),
    /// Another VPN program is installed or active.
    OtherVpn {
        /// Which.
        name: String,
    },
}

/// What is wrong with a WAN Miniport.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Miniport {
    /// It is not installed.
    Missing,
    /// Its registry key has no description.
    Unnamed,
    /// Windows reports this status of it.
    Status(String),
}

/// Why a setting cannot work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Flaw {
    /// Typographic quotation marks stand where plain ones have to.
    QuotationMarks,
    /// L2TP needs transport mode.
    TunnelMode,
    /// The L2TP/IPsec of built-in clients needs IKEv1.
    Ikev2,
    /// The server's own address lies in the range that it hands out.
    OwnAddress,
    /// A range ends before it begins.
    RangeReversed,
    /// This method of authentication is required and refused.
    Contradiction(String),
    /// Every method of authentication is refused.
    NoMethod,
}

/// How a service starts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Start {
    /// With the system.
    Automatic,
    /// When it is asked for.
    Demand,
    /// Never.
    Disabled,
}

/// Settings of a client's VPN connection.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The server, as written.
    pub server: String,
    /// Tunnel type ("L2tp", "Pptp", "Automatic").
    pub tunnel: String,
    /// Authentication methods that it permits.
    pub methods: Vec<super::ppp::Method>,
    /// What it demands of encryption ("NoEncryption", "Optional", "Required", "Maximum").
    pub encryption: String,
    /// Whether it has a pre-shared key; `None` when the source does not say.
    pub shared_key: Option<bool>,
    /// Whether only some networks go through the tunnel.
    pub split_tunnel: Option<bool>,
}
