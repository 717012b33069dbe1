//! The host: what it lets this process do, and the switches that forwarding needs.

mod forwarding;

pub use forwarding::{Journal, JournalEntry};

use std::fmt;
use std::fs;
use std::io;

/// Something that the process needs and does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Missing {
    /// What is missing.
    pub what: Need,
    /// Why it is.
    pub why: Reason,
    /// What the administrator can do.
    pub remedy: Remedy,
}

/// A thing that the process may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// To make TUN devices, addresses, routes and nf_tables rules.
    ConfigureNetwork,
    /// To send and receive ESP without UDP.
    RawSockets,
    /// To listen on UDP ports 500, 1701 and 4500.
    LowPorts,
    /// The TUN device.
    Tun,
}

/// Why something is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The process lacks a capability.
    NoCapability(Capability),
    /// /dev/net/tun does not exist.
    NoDevice,
    /// /dev/net/tun may not be opened by this process.
    DeviceDenied,
    /// /dev/net/tun exists, and the kernel has nothing behind it.
    NoDriver,
}

/// What the administrator can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Remedy {
    /// Run as root, or give the program the capability.
    Grant(Capability),
    /// Give the capability, or allow everybody the low ports by `net.ipv4.ip_unprivileged_port_start`.
    GrantOrLowerPorts,
    /// Load the kernel module `tun`, or give the container the device.
    LoadTun,
    /// Let the process read and write /dev/net/tun.
    AllowTun,
}

/// A capability of a process (`capabilities(7)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capability {
    /// CAP_NET_BIND_SERVICE.
    NetBindService,
    /// CAP_NET_ADMIN.
    NetAdmin,
    /// CAP_NET_RAW.
    NetRaw,
}

impl Need {
    /// Everything that may be needed.
    pub const ALL: [Need; 4] = [Need::ConfigureNetwork, Need::RawSockets, Need::LowPorts, Need::Tun];

    /// Whether the process has it now.
    pub fn check(self) -> Result<(), Missing> {
        match self {
            Need::ConfigureNetwork => self.check_capability(Capability::NetAdmin),
            Need::RawSockets => self.check_capability(Capability::NetRaw),
            Need::LowPorts if unprivileged_port_start() <= 500 => Ok(()),
            Need::LowPorts => self
                .check_capability(Capability::NetBindService)
                .map_err(|missing| Missing { remedy: Remedy::GrantOrLowerPorts, ..missing }),
            Need::Tun => {
                let opened = fs::OpenOptions::new().read(true).write(true).open("/dev/net/tun");
                opened.map(drop).map_err(|error| tun_missing(&error))
            }
        }
    }

    fn check_capability(self, capability: Capability) -> Result<(), Missing> {
        let why = Reason::NoCapability(capability);
        let missing = Missing { what: self, why, remedy: Remedy::Grant(capability) };
        if capability.is_effective() { Ok(()) } else { Err(missing) }
    }
}

impl Capability {
    /// Whether the calling thread has the capability in effect.
    pub fn is_effective(self) -> bool {
        let status = fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
        effective_capabilities(&status).is_some_and(|set| set >> self.number() & 1 != 0)
    }

    /// The name in the manual.
    pub fn name(self) -> &'static str {
        match self {
            Capability::NetBindService => "CAP_NET_BIND_SERVICE",
            Capability::NetAdmin => "CAP_NET_ADMIN",
            Capability::NetRaw => "CAP_NET_RAW",
        }
    }

    fn number(self) -> u32 {
        match self {
            Capability::NetBindService => 10,
            Capability::NetAdmin => 12,
            Capability::NetRaw => 13,
        }
    }
}

/// Whether the process runs as root.
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}: {}; {}", self.what, self.why, self.remedy)
    }
}

impl std::error::Error for Missing {}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Need::ConfigureNetwork => "configure the network",
            Need::RawSockets => "use ESP without UDP encapsulation",
            Need::LowPorts => "listen on ports below 1024",
            Need::Tun => "make a TUN device",
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NoCapability(capability) => write!(f, "the process lacks {}", capability.name()),
            Reason::NoDevice => f.write_str("/dev/net/tun does not exist"),
            Reason::DeviceDenied => f.write_str("/dev/net/tun may not be opened"),
            Reason::NoDriver => f.write_str("the kernel has no driver behind /dev/net/tun"),
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Remedy::Grant(capability) => write!(f, "run as root or give the program {}", capability.name()),
            Remedy::GrantOrLowerPorts => {
                let name = Capability::NetBindService.name();
                write!(f, "give the program {name} or set net.ipv4.ip_unprivileged_port_start to 500")
            }
            Remedy::LoadTun => f.write_str("load the kernel module tun, or give the container the device"),
            Remedy::AllowTun => f.write_str("let the process read and write /dev/net/tun"),
        }
    }
}

fn tun_missing(error: &io::Error) -> Missing {
    let (why, remedy) = match error.raw_os_error() {
        Some(libc::ENOENT) => (Reason::NoDevice, Remedy::LoadTun),
        Some(libc::EPERM | libc::EACCES) => (Reason::DeviceDenied, Remedy::AllowTun),
        _ => (Reason::NoDriver, Remedy::LoadTun),
    };
    Missing { what: Need::Tun, why, remedy }
}

fn effective_capabilities(status: &str) -> Option<u64> {
    let set = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    u64::from_str_radix(set.trim(), 16).ok()
}

fn unprivileged_port_start() -> u32 {
    let text = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap_or_default();
    text.trim().parse().unwrap_or(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_read_from_the_status_of_the_thread() {
        let status = "Name:\tcauseway\nCapInh:\t0000000000000000\nCapEff:\t0000000000003000\n";
        let set = effective_capabilities(status).unwrap();
        assert_eq!(set >> Capability::NetAdmin.number() & 1, 1);
        assert_eq!(set >> Capability::NetBindService.number() & 1, 0);
        assert_eq!(effective_capabilities("Name:\tcauseway\n"), None);
    }

    #[test]
    fn what_is_missing_says_why_and_what_to_do() {
        let missing = tun_missing(&io::Error::from_raw_os_error(libc::ENOENT));
        assert_eq!(
            missing.to_string(),
            "cannot make a TUN device: /dev/net/tun does not exist; load the kernel module tun, or give the container the device"
        );
    }
}
