//! Networks of namespaces.

use std::ffi::OsStr;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, Once, PoisonError};
use std::thread;

use nix::sched::{CloneFlags, setns};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::error::{Error, Result};
use crate::prerequisites;

/// Every namespace of a laboratory begins with this, followed by the process number of the test.
const PREFIX: &str = "cw-";

/// Where `ip` keeps the namespaces it has named.
const NAMESPACES: &str = "/run/netns";

/// Guests that run at the same time on this machine, over all tests of this process.
static GUESTS: Permits = Permits { free: Mutex::new(None), changed: Condvar::new() };

/// A network of Linux namespaces which exists nowhere outside this machine. Dropping it removes everything in it.
pub struct Lab {
    name: String,
    scratch: PathBuf,
    links: AtomicU32,
    guests: usize,
}

/// A network segment: a bridge in a namespace, and the gateway that its hosts send everything else to.
pub struct Net {
    namespace: String,
    gateway: Ipv4Addr,
}

/// A namespace on one or more segments, in which programs of this machine can run.
pub struct Host {
    namespace: String,
    address: Ipv4Addr,
    scratch: PathBuf,
}

impl Lab {
    /// A laboratory for a test that boots this many guests; waits until other tests leave room for them.
    ///
    /// `None`, after saying why on standard error, where this machine cannot have one. With `CAUSEWAY_INTEROP=require` in the
    /// environment that is an error instead.
    ///
    /// # Errors
    /// When the machine cannot have a laboratory though one is required.
    pub fn new(guests: usize) -> Result<Option<Lab>> {
        if let Err(why) = prerequisites::met() {
            prerequisites::skip(why)?;
            return Ok(None);
        }
        static LEFT_BEHIND: Once = Once::new();
        LEFT_BEHIND.call_once(remove_left_behind);
        static LABS: AtomicU32 = AtomicU32::new(0);
        let name = format!("{PREFIX}{}-{}", process::id(), LABS.fetch_add(1, Ordering::Relaxed));
        let scratch = scratch_root().join(&name);
        fs::create_dir_all(&scratch).map_err(Error::while_doing(scratch.display()))?;
        let guests = GUESTS.take(guests);
        Ok(Some(Lab { name, scratch, links: AtomicU32::new(0), guests }))
    }

    /// A segment; `gateway` is its address and prefix length, for example `10.77.0.254/24`.
    ///
    /// # Errors
    /// When `ip` refuses.
    pub fn net(&self, name: &str, gateway: &str) -> Result<Net> {
        let namespace = self.namespace(name)?;
        let net = Net { namespace, gateway: address_of(gateway)? };
        net.ip(&["link", "add", "br0", "type", "bridge"])?;
        net.ip(&["addr", "add", gateway, "dev", "br0"])?;
        net.ip(&["link", "set", "br0", "up"])?;
        Ok(net)
    }

    /// A router which translates everything that leaves its inner segment to its address on the outer one. Returns the inner
    /// segment. Neither side can open a connection from outside to inside.
    ///
    /// # Errors
    /// When `ip` or `nft` refuses.
    pub fn nat(&self, name: &str, outer: &Net, outer_address: &str, inner_gateway: &str) -> Result<Net> {
        let inner = self.net(name, inner_gateway)?;
        self.plug(outer, &inner.namespace, "wan", outer_address)?;
        inner.ip(&["route", "add", "default", "via", &outer.gateway.to_string()])?;
        let mut forwarding = command_in(&inner.namespace, "sysctl");
        run(forwarding.args(["-qw", "net.ipv4.ip_forward=1"]))?;
        let rules = "add table ip home; \
                     add chain ip home out { type nat hook postrouting priority srcnat; }; \
                     add rule ip home out oifname wan masquerade; \
                     add chain ip home through { type filter hook forward priority filter; }; \
                     add rule ip home through iifname wan ct state new drop";
        run(command_in(&inner.namespace, "nft").arg(rules))?;
        Ok(inner)
    }

    /// Lets in through a router of [`Lab::nat`] what comes for IPsec, and leads it to a host behind it.
    ///
    /// # Errors
    /// When `nft` refuses.
    pub fn forward_ipsec(&self, inner: &Net, to: Ipv4Addr) -> Result<()> {
        let rules = format!(
            "add chain ip home in {{ type nat hook prerouting priority dstnat; }}; \
             add rule ip home in iifname wan udp dport {{ 500, 4500 }} dnat to {to}; \
             insert rule ip home through iifname wan ct status dnat accept"
        );
        run(command_in(&inner.namespace, "nft").arg(rules)).map(drop)
    }

    /// A host on a segment, with its default route through the segment's gateway.
    ///
    /// # Errors
    /// When `ip` refuses.
    pub fn host(&self, name: &str, net: &Net, address: &str) -> Result<Host> {
        let namespace = self.namespace(name)?;
        let scratch = self.scratch.join(name);
        fs::create_dir_all(&scratch).map_err(Error::while_doing(scratch.display()))?;
        let host = Host { namespace, address: address_of(address)?, scratch };
        self.plug(net, &host.namespace, "eth0", address)?;
        host.run("ip", &["route", "add", "default", "via", &net.gateway.to_string()])?;
        Ok(host)
    }

    /// Puts a host on a further segment.
    ///
    /// # Errors
    /// When `ip` refuses.
    pub fn attach(&self, host: &Host, net: &Net, device: &str, address: &str) -> Result<()> {
        self.plug(net, &host.namespace, device, address)
    }

    /// A directory that goes away with the laboratory.
    pub(crate) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Makes a device for a guest on this segment, and returns its name.
    pub(crate) fn tap(&self, net: &Net) -> Result<String> {
        let tap = format!("tap{}", self.links.fetch_add(1, Ordering::Relaxed));
        net.ip(&["tuntap", "add", &tap, "mode", "tap"])?;
        net.ip(&["link", "set", &tap, "master", "br0", "up"])?;
        Ok(tap)
    }

    fn namespace(&self, name: &str) -> Result<String> {
        let namespace = format!("{}-{name}", self.name);
        run(Command::new("ip").args(["netns", "add", &namespace]))?;
        run(Command::new("ip").args(["-n", &namespace, "link", "set", "lo", "up"]))?;
        Ok(namespace)
    }

    fn plug(&self, net: &Net, namespace: &str, device: &str, address: &str) -> Result<()> {
        let port = format!("port{}", self.links.fetch_add(1, Ordering::Relaxed));
        net.ip(&["link", "add", &port, "type", "veth", "peer", "name", device, "netns", namespace])?;
        net.ip(&["link", "set", &port, "master", "br0", "up"])?;
        run(Command::new("ip").args(["-n", namespace, "addr", "add", address, "dev", device]))?;
        run(Command::new("ip").args(["-n", namespace, "link", "set", device, "up"]))?;
        Ok(())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        remove_namespaces(|name| name.strip_prefix(&self.name).is_some_and(|rest| rest.starts_with('-')));
        let _ = fs::remove_dir_all(&self.scratch);
        GUESTS.give(self.guests);
    }
}

impl Net {
    /// The address that hosts of this segment send everything else to.
    pub fn gateway(&self) -> Ipv4Addr {
        self.gateway
    }

    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        command_in(&self.namespace, program)
    }

    fn ip(&self, arguments: &[&str]) -> Result<String> {
        run(Command::new("ip").args(["-n", &self.namespace]).args(arguments))
    }
}

impl Host {
    /// Its address on its first segment.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// A directory for what programs of this host write. It goes away with the laboratory.
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Runs a program to its end and returns its standard output.
    ///
    /// # Errors
    /// When it cannot be started or does not succeed; the error holds what it printed.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Result<String> {
        run(self.command(program).args(arguments))
    }

    /// What `with` returns when run in a thread of this host: sockets it opens are the host's.
    ///
    /// # Errors
    /// When the thread cannot enter the namespace.
    pub fn enter<T: Send>(&self, with: impl FnOnce() -> T + Send) -> Result<T> {
        let path = Path::new(NAMESPACES).join(&self.namespace);
        let namespace = fs::File::open(&path).map_err(Error::while_doing(path.display()))?;
        let entered = thread::scope(|scope| {
            let inside = scope.spawn(|| setns(&namespace, CloneFlags::CLONE_NEWNET).map(|()| with()));
            inside.join()
        });
        match entered {
            Ok(result) => result.map_err(Error::while_doing(path.display())),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    /// A command that will run in this host.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        command_in(&self.namespace, program)
    }
}

/// Runs a command to its end and returns its standard output.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let output = command.output().map_err(Error::while_doing(format_args!("cannot start {command:?}")))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(printed)
    } else {
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(Error::new(format!("{command:?}: {}\n{printed}{complaint}", output.status)))
    }
}

/// Where laboratories keep their files.
pub(crate) fn scratch_root() -> PathBuf {
    let usual = std::env::temp_dir();
    // A guest's kernel is told the place on its command line, where a space ends a word.
    let has_space = usual.as_os_str().as_encoded_bytes().contains(&b' ');
    if has_space { PathBuf::from("/tmp") } else { usual }.join("causeway-interop")
}

/// Guests that may run at once: permits that a laboratory holds while it exists.
struct Permits {
    free: Mutex<Option<usize>>,
    changed: Condvar,
}

impl Permits {
    /// Takes permits, all at once so that two laboratories cannot wait for each other. Returns how many: never more than exist.
    fn take(&self, wanted: usize) -> usize {
        let total = thread::available_parallelism().map_or(2, usize::from) + 1;
        let wanted = wanted.min(total);
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = free.unwrap_or(total);
            if let Some(rest) = left.checked_sub(wanted) {
                *free = Some(rest);
                return wanted;
            }
            free = self.changed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn give(&self, returned: usize) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        *free = free.map(|left| left + returned);
        self.changed.notify_all();
    }
}

fn command_in(namespace: &str, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace]).arg(program);
    command
}

fn address_of(address: &str) -> Result<Ipv4Addr> {
    let (address, _) = address.split_once('/').ok_or_else(|| Error::new(format!("{address}: no prefix length")))?;
    address.parse().map_err(Error::while_doing(address))
}

/// Removes the namespaces and files of tests that were killed.
fn remove_left_behind() {
    let gone = |name: &str| {
        let number = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        number.is_some_and(|number| number.parse::<u32>().is_ok() && !Path::new("/proc").join(number).exists())
    };
    remove_namespaces(gone);
    for entry in fs::read_dir(scratch_root()).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(gone) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Removes namespaces of laboratories, with the processes that are still in them.
fn remove_namespaces(chosen: impl Fn(&str) -> bool) {
    for entry in fs::read_dir(NAMESPACES).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| chosen(name)) else { continue };
        for pid in run(Command::new("ip").args(["netns", "pids", name])).unwrap_or_default().lines() {
            if let Ok(pid) = pid.trim().parse() {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
        let _ = run(Command::new("ip").args(["netns", "del", name]));
    }
}
