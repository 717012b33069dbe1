//! What a machine must have for a laboratory.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use crate::error::Error;
use crate::guest;

/// Programs, each with the Debian package that has it.
const PROGRAMS: [(&str, &str); 12] = [
    ("ip", "iproute2"),
    ("nft", "nftables"),
    ("sysctl", "procps"),
    ("modprobe", "kmod"),
    ("linux.uml", "user-mode-linux"),
    ("ipsec", "strongswan-starter"),
    ("xl2tpd", "xl2tpd"),
    ("pppd", "ppp"),
    ("ping", "iputils-ping"),
    ("tcpdump", "tcpdump"),
    ("tshark", "tshark"),
    ("ike-scan", "ike-scan"),
];

/// Where to look for programs: `PATH` of an ordinary user lacks half of them.
const PROGRAM_FOLDERS: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Whether this machine can have a laboratory; if not, why. Found out once.
pub(crate) fn met() -> Result<(), &'static str> {
    static MET: OnceLock<Result<(), String>> = OnceLock::new();
    MET.get_or_init(find_out).as_ref().copied().map_err(String::as_str)
}

/// Says that a test does not run. Straight to standard error: the test harness hides what a passing test prints. With
/// `CAUSEWAY_INTEROP=require` in the environment it is an error instead.
pub(crate) fn skip(why: &str) -> crate::Result<()> {
    if std::env::var_os("CAUSEWAY_INTEROP").is_some_and(|value| value == "require") {
        return Err(Error::new(format!("no laboratory on this machine: {why}")));
    }
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("interop");
    let _ = writeln!(std::io::stderr(), "skipped: {test}: {why}");
    Ok(())
}

/// Whether this machine has a program.
pub(crate) fn has(program: &str, package: &str) -> Result<(), String> {
    if PROGRAM_FOLDERS.iter().any(|folder| Path::new(folder).join(program).exists()) {
        Ok(())
    } else {
        Err(format!("{program} is missing (Debian package {package})"))
    }
}

fn find_out() -> Result<(), String> {
    if !nix::unistd::geteuid().is_root() {
        return Err("network namespaces need root".into());
    }
    for (program, package) in PROGRAMS {
        has(program, package)?;
    }
    if let Err(error) = fs::File::options().read(true).write(true).open("/dev/net/tun") {
        return Err(format!("/dev/net/tun: {error}"));
    }
    let probe = format!("cw-{}-probe", std::process::id());
    let ip = |action: &str| Command::new("ip").args(["netns", action, &probe]).output();
    match ip("add") {
        Ok(output) if output.status.success() => drop(ip("del")),
        Ok(output) => return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => return Err(format!("ip netns: {error}")),
    }
    guest::can_boot().map_err(|error| format!("User-Mode Linux does not boot here: {error}"))
}
