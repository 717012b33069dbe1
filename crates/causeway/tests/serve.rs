//! Two servers on one host: whatever becomes of the second, the first keeps what it set up.
//!
//! Needs root, `ip`, `nft` and /dev/net/tun; without them the test says so and ends.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A network namespace with two addresses, and a folder for state; both go with it.
struct Host {
    name: String,
    scratch: PathBuf,
}

impl Host {
    fn new() -> Option<Host> {
        let name = format!("causeway-serve-{}", std::process::id());
        let made = Command::new("ip").args(["netns", "add", &name]).output();
        let has_nft = Command::new("nft").arg("--version").output().is_ok();
        let has_tun = Path::new("/dev/net/tun").exists();
        if !has_nft || !has_tun || !made.is_ok_and(|made| made.status.success()) {
            println!("skipped: needs root, ip, nft and /dev/net/tun");
            return None;
        }
        let host = Host { scratch: std::env::temp_dir().join(&name), name };
        std::fs::create_dir_all(&host.scratch).unwrap();
        for words in ["link set lo up", "address add 192.0.2.1/32 dev lo", "address add 192.0.2.2/32 dev lo"] {
            host.run("ip", &words.split(' ').collect::<Vec<_>>());
        }
        Some(host)
    }

    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program.as_ref());
        // The path of a control socket is short only from here.
        command.current_dir(&self.scratch);
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    fn serve(&self, state: &str, further: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_causeway"));
        command.args(["serve", "--quick", "--state", state]).args(further);
        command
    }

    /// Whether addresses are translated, and whether packets are forwarded.
    fn setup(&self) -> (bool, String) {
        let forwarding = self.run("cat", &["/proc/sys/net/ipv4/ip_forward"]);
        (self.run("nft", &["list", "tables"]).contains("table ip causeway"), forwarding.trim().to_owned())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.name]).output();
        let _ = std::fs::remove_dir_all(&self.scratch);
    }
}

/// A server that is ended with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_second_server_that_cannot_start_leaves_the_first_one_alone() {
    let Some(host) = Host::new() else { return };
    let mut first = host.serve("first", &["--listen", "192.0.2.1"]);
    let mut first = Server(first.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    let log = BufReader::new(first.0.stderr.take().unwrap());
    assert!(log.lines().map_while(Result::ok).any(|line| line.contains(" ready ")));
    assert_eq!(host.setup(), (true, "1".to_owned()));
    let mut seconds: Vec<_> = [("first", "192.0.2.1"), ("first", "192.0.2.2"), ("second", "192.0.2.2")]
        .map(|(state, address)| host.serve(state, &["--listen", address]))
        .into();
    // Nothing stands in the way of this one but the name of the table.
    let config = host.scratch.join("other.toml");
    let text = "[server]\nlisten = [\"192.0.2.2\"]\nstate = \"other\"\nsocket = \"other/control.sock\"\n\
                [ipsec]\npsk = \"a-pre-shared-key-for-tests\"\n\
                [network]\npool = \"10.98.0.0/24\"\ndevice = \"causeway1\"\n\
                [[user]]\nname = \"anna\"\npassword = \"secret\"\n";
    std::fs::write(&config, text).unwrap();
    let mut other = host.command("timeout");
    other.args(["60", env!("CARGO_BIN_EXE_causeway"), "serve", "--config"]).arg(&config);
    seconds.push(other);
    for second in &mut seconds {
        let ended = second.output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(20), "{second:?}: {said}");
        assert_eq!(host.setup(), (true, "1".to_owned()), "{second:?}: {said}");
    }
}
