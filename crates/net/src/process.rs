//! The process itself: no memory for others to read, and word to the service manager.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};

/// Keeps secrets in memory from ending in a core file or under another process' debugger. Nothing that is executed later
/// inherits the second; call it first thing.
pub fn forbid_dumps() -> io::Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    prctl::set_dumpable(false)?;
    Ok(())
}

/// A state of the service, for the service manager (`sd_notify(3)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceState<'a> {
    /// Start or reload is done.
    Ready,
    /// The configuration is being read again.
    Reloading,
    /// The service is going down.
    Stopping,
    /// One line about what the service does, for `systemctl status`.
    Status(&'a str),
    /// A sign of life.
    Watchdog,
}

/// Tells the service manager. Returns whether there is one to tell (`NOTIFY_SOCKET`).
pub fn notify(state: ServiceState<'_>) -> io::Result<bool> {
    let Some(place) = env::var_os("NOTIFY_SOCKET").filter(|place| !place.is_empty()) else { return Ok(false) };
    tell(&place, state)?;
    Ok(true)
}

fn tell(place: &OsStr, state: ServiceState<'_>) -> io::Result<()> {
    // An at sign stands for the zero that begins an abstract name.
    let address = match place.as_bytes().split_first() {
        Some((b'@', name)) => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(place)?,
    };
    UnixDatagram::unbound()?.send_to_addr(text(state).as_bytes(), &address)?;
    Ok(())
}

fn text(state: ServiceState<'_>) -> String {
    match state {
        ServiceState::Ready => "READY=1".to_owned(),
        // The manager wants the time of CLOCK_MONOTONIC, which stops in suspend, to tell this reload from the last.
        ServiceState::Reloading => format!("RELOADING=1\nMONOTONIC_USEC={}", monotonic_micros()),
        ServiceState::Stopping => "STOPPING=1".to_owned(),
        // A line break would begin another assignment.
        ServiceState::Status(line) => format!("STATUS={}", line.replace(char::is_control, " ")),
        ServiceState::Watchdog => "WATCHDOG=1".to_owned(),
    }
}

fn monotonic_micros() -> u64 {
    crate::clock::read(libc::CLOCK_MONOTONIC).as_nanos() / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_line_cannot_smuggle_another_assignment() {
        assert_eq!(text(ServiceState::Status("3 sessions\nMAINPID=1")), "STATUS=3 sessions MAINPID=1");
    }

    #[test]
    fn the_manager_is_told_at_a_path_and_at_an_abstract_name() {
        let name = format!("causeway-notify-{}", std::process::id());
        let path = env::temp_dir().join(&name);
        let at_path = UnixDatagram::bind(&path).unwrap();
        let abstract_name = SocketAddr::from_abstract_name(&name).unwrap();
        let at_name = UnixDatagram::bind_addr(&abstract_name).unwrap();
        tell(path.as_os_str(), ServiceState::Ready).unwrap();
        tell(OsStr::new(&format!("@{name}")), ServiceState::Stopping).unwrap();
        std::fs::remove_file(&path).unwrap();
        for (manager, expected) in [(at_path, "READY=1"), (at_name, "STOPPING=1")] {
            let mut heard = [0; 64];
            let len = manager.recv(&mut heard).unwrap();
            assert_eq!(&heard[..len], expected.as_bytes());
        }
    }

    #[test]
    fn after_dumps_are_forbidden_nothing_may_look_into_the_process() {
        forbid_dumps().unwrap();
        assert!(!prctl::get_dumpable().unwrap());
        assert_eq!(nix::sys::resource::getrlimit(Resource::RLIMIT_CORE).unwrap(), (0, 0));
    }

    #[test]
    fn a_reload_carries_the_monotonic_time() {
        let text = text(ServiceState::Reloading);
        let micros = text.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
        assert!(micros.parse::<u64>().unwrap() > 0);
    }
}
