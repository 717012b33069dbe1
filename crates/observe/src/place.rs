use std::sync::Arc;

use crate::Side;

/// Number of a source in its timeline.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SourceId(pub u32);

/// One piece of evidence: a file, a member of an archive, a live run.
#[derive(Clone, PartialEq, Debug)]
pub struct Source {
    /// Its name, as the person gave it.
    pub name: Arc<str>,
    /// What it is.
    pub kind: SourceKind,
    /// Whose it is, as far as known.
    pub side: Side,
    /// The product and its version, where it says so ("strongSwan 5.9.8").
    pub product: Option<String>,
    /// What could not be read of it; empty when all was read.
    pub trouble: Vec<crate::Trouble>,
    /// First and last moment that it covers, by its own clock.
    pub span: Option<(crate::Time, crate::Time)>,
}

/// What kind of evidence a source is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SourceKind {
    /// pcap or pcapng.
    Capture,
    /// strongSwan.
    Charon,
    /// libreswan.
    Pluto,
    /// xl2tpd.
    Xl2tpd,
    /// pppd of any system.
    Pppd,
    /// pptp (the Linux client).
    PptpClient,
    /// pptpd (poptop).
    Pptpd,
    /// accel-ppp.
    AccelPpp,
    /// SoftEther VPN server.
    SoftEther,
    /// FreeRADIUS.
    FreeRadius,
    /// MikroTik RouterOS.
    RouterOs,
    /// macOS or iOS: ppp.log and racoon.
    Apple,
    /// Causeway itself.
    Causeway,
    /// A syslog or journal with several programs.
    Syslog,
    /// The Linux kernel's messages.
    KernelLog,
    /// A Windows event log.
    WindowsEvents,
    /// A registry export.
    Registry,
    /// A listing of services (`sc query`).
    Services,
    /// Addresses of a machine (`ipconfig /all`, `ip addr`).
    Addresses,
    /// Routes (`route print`, `ip route`).
    Routes,
    /// Sockets (`netstat`, `ss`).
    Sockets,
    /// Output of ping.
    Ping,
    /// Kernel settings (`sysctl`).
    Sysctl,
    /// Packet filters (`iptables`, `nft`).
    PacketFilter,
    /// A VPN connection's settings (`Get-VpnConnection`, a .pbk file).
    Profile,
    /// Windows tracing files: PPP.LOG, Isakmp.log, Oakley.log.
    WindowsTrace,
    /// An archive whose members are sources of their own.
    Bundle,
    /// A probe of ours.
    Probe,
    /// The program's own engines, while they ran.
    Live,
    /// What somebody wrote about a failure.
    Words,
    /// It was not recognised.
    Unknown,
}

impl SourceKind {
    /// Whether the text of its places is what was written there, rather than our own summary of it.
    pub const fn is_quoted(self) -> bool {
        !matches!(self, SourceKind::Capture | SourceKind::Live | SourceKind::Probe)
    }
}

/// A place in a source, with the words that stand there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The source.
    pub source: SourceId,
    /// Where in it.
    pub spot: Spot,
    /// What stands there: the line, or a summary of the frame; shortened, without secrets.
    pub text: Arc<str>,
}

/// A place inside a source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Spot {
    /// A line, counted from 1.
    Line(u64),
    /// A frame of a capture, counted from 1.
    Frame(u64),
    /// A record of an event log, by its number there.
    Record(u64),
    /// A step of a probe or of a live run, counted from 1.
    Step(u64),
    /// The source as a whole: what follows from what it does not hold, or from its sums.
    Whole,
}
