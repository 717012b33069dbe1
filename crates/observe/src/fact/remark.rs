//! What somebody wrote about a failure: a ticket, a post, a chat.
//!
//! A remark is the weakest of all facts. It says that a person brought a subject up, and in which sense; whether it is so, nobody saw.

use std::fmt;

/// A remark.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fact {
    /// What was spoken of.
    pub topic: Topic,
    /// In which sense.
    pub stance: Stance,
}

/// The sense in which a subject was brought up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stance {
    /// It is said not to be so, or to have been done in vain.
    Denied,
    /// It is asked, guessed, or was tried.
    Supposed,
    /// It is said.
    Stated,
    /// It is said to be the reason, or to have mended the failure.
    Mended,
}

macro_rules! topics {
    ($($topic:ident => $id:literal;)*) => {
        /// A subject that people bring up: a symptom, a circumstance, a setting, a command.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Topic {
            $(#[doc = concat!("`", $id, "`")] $topic,)*
        }

        impl Topic {
            /// Every topic.
            pub const ALL: &'static [Topic] = &[$(Topic::$topic),*];

            /// The name by which vocabularies and tables of rules call it.
            pub const fn id(self) -> &'static str {
                match self {
                    $(Topic::$topic => $id,)*
                }
            }
        }
    };
}

topics! {
    // What the report is about: these say nothing of a cause.
    AboutPptp => "about-pptp";
    AboutL2tp => "about-l2tp";
    AboutIkev2 => "about-ikev2";
    AboutAndroid => "about-android";
    AboutWindows => "about-windows";
    // The path.
    ClientOffline => "client-offline";
    NameUnresolved => "name-unresolved";
    ServerSilent => "server-silent";
    Udp500Closed => "udp500-closed";
    Udp4500Closed => "udp4500-closed";
    EspClosed => "esp-closed";
    Tcp1723Closed => "tcp1723-closed";
    GreClosed => "gre-closed";
    PptpThroughRouter => "pptp-through-router";
    FragmentsLost => "fragments-lost";
    PacketSize => "packet-size";
    LargeOnesHang => "large-ones-hang";
    NatForgets => "nat-forgets";
    PortTaken => "port-taken";
    WorksElsewhere => "works-elsewhere";
    // IPsec.
    IkeAlgorithms => "ike-algorithms";
    EspAlgorithms => "esp-algorithms";
    Psk => "psk";
    PskDiffers => "psk-differs";
    PskLacking => "psk-lacking";
    PskCharacters => "psk-characters";
    IkeIdentity => "ike-identity";
    CertificateLacking => "certificate-lacking";
    CertificateTrust => "certificate-trust";
    CertificateName => "certificate-name";
    CertificateUsage => "certificate-usage";
    CertificateExpired => "certificate-expired";
    OnlyIkev2Fails => "only-ikev2-fails";
    NatTraversalOff => "nat-traversal-off";
    AssumeUdp => "assume-udp";
    RegistryFix => "registry-fix";
    ServerBehindNat => "server-behind-nat";
    OnlyWindowsFails => "only-windows-fails";
    OnlyAndroidFails => "only-android-fails";
    OnlyAppleFails => "only-apple-fails";
    SameNat => "same-nat";
    OneAtATime => "one-at-a-time";
    Selectors => "selectors";
    SourcePort => "source-port";
    ForwardSecrecy => "forward-secrecy";
    IkeVersion => "ike-version";
    AggressiveMode => "aggressive-mode";
    VendorId => "vendor-id";
    WindowsUpdate => "windows-update";
    MessageId => "message-id";
    DeadPeer => "dead-peer";
    Rekey => "rekey";
    DropsAfterAWhile => "drops-after-a-while";
    Sha2Truncation => "sha2-truncation";
    InTheClear => "in-the-clear";
    ProhibitIpsec => "prohibit-ipsec";
    // The tunnel.
    L2tpDaemon => "l2tp-daemon";
    TunnelSecret => "tunnel-secret";
    L2tpBug => "l2tp-bug";
    PortsInUse => "ports-in-use";
    SessionLimit => "session-limit";
    ProtocolDisabled => "protocol-disabled";
    // PPP.
    LcpSilence => "lcp-silence";
    LcpEcho => "lcp-echo";
    PppQuirk => "ppp-quirk";
    SinceUpgrade => "since-upgrade";
    LogonMethods => "logon-methods";
    EapMethods => "eap-methods";
    Encryption => "encryption";
    EncryptionStrength => "encryption-strength";
    EncryptionKeys => "encryption-keys";
    AddressPool => "address-pool";
    NoAddress => "no-address";
    Apipa => "apipa";
    SameSubnet => "same-subnet";
    NetworkProtocol => "network-protocol";
    // The log-on.
    Password => "password";
    PasswordWrong => "password-wrong";
    UserFormat => "user-format";
    AccountLocked => "account-locked";
    AccountDisabled => "account-disabled";
    AccountExpired => "account-expired";
    PasswordExpired => "password-expired";
    LogonHours => "logon-hours";
    DialIn => "dial-in";
    Policy => "policy";
    PolicyConstraint => "policy-constraint";
    Ntlm => "ntlm";
    RadiusSilent => "radius-silent";
    RadiusSecret => "radius-secret";
    RadiusClient => "radius-client";
    MessageAuthenticator => "message-authenticator";
    TlsVersion => "tls-version";
    NtAuth => "ntauth";
    // Traffic.
    NoTraffic => "no-traffic";
    ReturnRoute => "return-route";
    RouteIntoTunnel => "route-into-tunnel";
    Forwarding => "forwarding";
    FilterRule => "filter-rule";
    NamesInside => "names-inside";
    // The machine.
    WindowsService => "windows-service";
    DaemonDown => "daemon-down";
    Miniport => "miniport";
    WeakCrypto => "weak-crypto";
    KernelModule => "kernel-module";
    DevPpp => "dev-ppp";
    OsBug => "os-bug";
    WrongOption => "wrong-option";
}

impl Topic {
    /// The topic with this name.
    pub fn of_id(id: &str) -> Option<Topic> {
        Topic::ALL.iter().copied().find(|topic| topic.id() == id)
    }

    /// Whether it says only what the report is about, and points to no cause.
    pub const fn is_context(self) -> bool {
        use Topic::{AboutAndroid, AboutIkev2, AboutL2tp, AboutPptp, AboutWindows};
        matches!(self, AboutPptp | AboutL2tp | AboutIkev2 | AboutAndroid | AboutWindows)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
