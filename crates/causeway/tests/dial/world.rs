//! Two namespaces and a wire between them, and programs in them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use serde_json::Value;

pub(crate) const PSK: &str = "a-pre-shared-key-for-tests";
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const SERVER: &str = "192.0.2.1";

/// Options of ping: until the first answer, within [`PATIENCE`].
const FIRST_ANSWER: [&str; 6] = ["-c", "1", "-i", "0.2", "-w", "20"];
/// Options of ping: two requests, and then a second for an answer that should not come.
const A_WHILE: [&str; 6] = ["-c", "2", "-i", "0.1", "-W", "1"];

/// Runs `work` in a thread of its own: only that thread enters the namespace, and the sockets stay in it.
pub(crate) fn within<T: Send>(namespace: &str, work: impl FnOnce() -> T + Send) -> T {
    let namespace = std::fs::File::open(Path::new("/run/netns").join(namespace)).unwrap();
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            nix::sched::setns(namespace, nix::sched::CloneFlags::CLONE_NEWNET).unwrap();
            work()
        });
        thread.join().unwrap()
    })
}

/// Whether more comes back than any buffer on the way holds, unchanged.
pub(crate) fn echoes(mut stream: TcpStream) -> bool {
    let sent: Vec<u8> = (0..1_u32 << 18).flat_map(u32::to_be_bytes).collect();
    let mut writer = stream.try_clone().unwrap();
    let mut received = vec![0; sent.len()];
    std::thread::scope(|scope| {
        scope.spawn(|| writer.write_all(&sent).unwrap());
        stream.read_exact(&mut received).unwrap();
    });
    received == sent
}

/// Waits until something is so.
pub(crate) fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let (sender, receiver) = mpsc::channel::<()>();
    for _ in 0..100 {
        if so() {
            return;
        }
        let _ = receiver.recv_timeout(PATIENCE / 100);
    }
    drop(sender);
    panic!("it never came so far: {what}");
}

pub(crate) fn program() -> &'static str {
    env!("CARGO_BIN_EXE_causeway")
}

/// Two namespaces with a wire between them, 192.0.2.1 at the server's end and 192.0.2.2 at the client's.
pub(crate) struct World {
    pub(crate) server: String,
    pub(crate) client: String,
    pub(crate) scratch: PathBuf,
}

impl World {
    pub(crate) fn new() -> Option<World> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("cwd{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let scratch = std::env::temp_dir().join(&name);
        let world = World { server: format!("{name}-s"), client: format!("{name}-c"), scratch };
        for namespace in [&world.server, &world.client] {
            let made = Command::new("ip").args(["netns", "add", namespace]).stderr(Stdio::null()).status();
            if !made.is_ok_and(|status| status.success()) || !Path::new("/dev/net/tun").exists() {
                println!("skipped: needs root, iproute2 and /dev/net/tun");
                return None;
            }
        }
        std::fs::create_dir_all(&world.scratch).unwrap();
        let ends =
            ["link", "add", "wire", "netns", &world.server, "type", "veth", "peer", "wire", "netns", &world.client];
        assert!(Command::new("ip").args(ends).status().unwrap().success());
        for (namespace, address) in [(&world.server, "192.0.2.1/24"), (&world.client, "192.0.2.2/24")] {
            world.run(namespace, &["ip", "address", "add", address, "dev", "wire"]);
            world.run(namespace, &["ip", "link", "set", "lo", "up"]);
            world.run(namespace, &["ip", "link", "set", "wire", "up"]);
        }
        Some(world)
    }

    pub(crate) fn command(&self, namespace: &str, words: &[&str]) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace]).args(words);
        command.env("CAUSEWAY_PSK", PSK).env("CAUSEWAY_USER", "anna").env("CAUSEWAY_PASSWORD", "secret");
        command.current_dir(&self.scratch);
        command
    }

    pub(crate) fn run(&self, namespace: &str, words: &[&str]) -> String {
        let output = self.command(namespace, words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub(crate) fn server(&self, words: &[&str]) -> String {
        self.run(&self.server, words)
    }

    pub(crate) fn client(&self, words: &[&str]) -> String {
        self.run(&self.client, words)
    }

    /// Links, routes and rules of the client: what a dial must leave as it was.
    pub(crate) fn client_state(&self) -> (Vec<String>, String, String) {
        let links = self.client(&["ip", "-br", "link"]);
        let names = links.lines().filter_map(|line| line.split_whitespace().next()).map(String::from).collect();
        (names, self.client(&["ip", "-4", "route", "show", "table", "main"]), self.client(&["ip", "rule"]))
    }

    /// Gives the client a resolver configuration of its own, which stands in place of the host's in its namespace.
    pub(crate) fn own_resolver(&self, text: &str) -> PathBuf {
        let directory = Path::new("/etc/netns").join(&self.client);
        std::fs::create_dir_all(&directory).unwrap();
        let file = directory.join("resolv.conf");
        std::fs::write(&file, text).unwrap();
        file
    }

    /// A name with these addresses, in this order, for programs in the client's namespace.
    pub(crate) fn name(&self, name: &str, addresses: &[&str]) {
        let directory = Path::new("/etc/netns").join(&self.client);
        std::fs::create_dir_all(&directory).unwrap();
        let lines: String = addresses.iter().map(|address| format!("{address} {name}\n")).collect();
        std::fs::write(directory.join("hosts"), lines).unwrap();
    }

    /// A dial at a terminal, without a password; `None` where there is no script(1) to have one.
    pub(crate) fn dial_at_terminal(&self) -> Option<Terminal> {
        if Command::new("script").arg("--version").output().is_err() {
            println!("skipped: needs script(1) for a terminal");
            return None;
        }
        // A shell that stays would be interrupted, too, and its status told instead of the program's.
        let line = format!("exec {} dial --server {SERVER} --user anna", program());
        let mut command = self.command(&self.client, &["script", "-qec", &line, "/dev/null"]);
        command.env_remove("CAUSEWAY_PASSWORD").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (keyboard, screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Some(Terminal { child, keyboard, screen, shown: String::new() })
    }

    /// Waits for the first answer to echo requests of that size.
    pub(crate) fn client_reaches(&self, address: &str, octets: u32) -> bool {
        self.answered(&self.client, address, &[&FIRST_ANSWER[..], &["-s", &octets.to_string()]].concat())
    }

    /// Whether nothing answers for a while.
    pub(crate) fn client_is_cut_off_from(&self, address: &str) -> bool {
        !self.answered(&self.client, address, &A_WHILE)
    }

    fn answered(&self, namespace: &str, address: &str, options: &[&str]) -> bool {
        let words = [&["ping"], options, &[address]].concat();
        self.command(namespace, &words).stdout(Stdio::null()).status().unwrap().success()
    }

    pub(crate) fn serve(&self, further: &[&str]) -> Running {
        let mut command = self.command(&self.server, &[program(), "serve", "--quick", "--pool", "10.99.0.0/24"]);
        let child =
            command.args(["--state", "state"]).args(further).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap();
        let lines = lines(child.stderr.take().unwrap());
        let mut server = Running { child, lines, seen: Vec::new() };
        server.line_with(" ready ");
        server
    }

    /// Rules and routes of the client's IPv6, but for those that the kernel makes of addresses, some of them a while later.
    pub(crate) fn client_ipv6(&self) -> (String, Vec<String>) {
        let routes = self.client(&["ip", "-6", "route", "show", "table", "all"]);
        let routes = routes.lines().filter(|route| !route.contains("proto kernel")).map(String::from).collect();
        (self.client(&["ip", "-6", "rule"]), routes)
    }

    /// A server of a configuration file with these tables.
    pub(crate) fn serve_with(&self, tables: &str) -> Running {
        let file = self.scratch.join("server.toml");
        let text = format!(
            "[server]\nlisten = [\"192.0.2.1\"]\nsocket = \"control.sock\"\nstate = \"state\"\n[ipsec]\npsk = \"{PSK}\"\n\
             {tables}\n[[user]]\nname = \"anna\"\npassword = \"secret\"\n"
        );
        std::fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        let mut command = self.command(&self.server, &[program(), "serve", "--config", file]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = lines(child.stderr.take().unwrap());
        let mut server = Running { child, lines, seen: Vec::new() };
        server.line_with(" ready ");
        server
    }

    pub(crate) fn dial(&self, further: &[&str]) -> Running {
        let mut command = self.command(&self.client, &[program(), "dial"]);
        let child = command.args(further).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = child.unwrap();
        let lines = lines(child.stdout.take().unwrap());
        Running { child, lines, seen: Vec::new() }
    }

    /// Dials to the end, which has to be a failure.
    pub(crate) fn fail(&self, further: &[&str], environment: &[(&str, &str)]) -> Failed {
        let mut command = self.command(&self.client, &[program(), "dial", "--json"]);
        let output = command.args(further).envs(environment.iter().copied()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let event = text.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
        Failed { output, event }
    }

    /// Something else in the client's namespace that listens on these ports.
    pub(crate) fn take_udp_ports(&self, addresses: &[&str]) -> Vec<std::net::UdpSocket> {
        within(&self.client, || addresses.iter().map(|address| std::net::UdpSocket::bind(address).unwrap()).collect())
    }

    /// A service at the server's side that sends back what it gets.
    pub(crate) fn echo(&self, address: &str) {
        let listener = within(&self.server, || TcpListener::bind(address).unwrap());
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                std::thread::spawn(move || std::io::copy(&mut &client, &mut &client));
            }
        });
    }

    /// Dials with a stack in the process, as a user who may nothing.
    pub(crate) fn dial_as_nobody(&self, further: &[&str]) -> Running {
        // Where the program stands, others may not look.
        let copy = self.scratch.join("causeway");
        std::fs::copy(program(), &copy).unwrap();
        let words = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", copy.to_str().unwrap()];
        let mut command = self.command(&self.client, &words);
        command.args(["dial", "--server", SERVER, "--user", "anna", "--json", "--userspace"]);
        let child = command.args(further).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = child.unwrap();
        let lines = lines(child.stdout.take().unwrap());
        Running { child, lines, seen: Vec::new() }
    }

    /// A connection of a program at the client's side.
    pub(crate) fn connect(&self, address: &str) -> TcpStream {
        let stream = within(&self.client, || TcpStream::connect(address).unwrap());
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// A connection through a SOCKS5 proxy, or the proxy's reason against it (RFC 1928 §4, §6).
    pub(crate) fn socks(&self, proxy: &str, [a, b, c, d]: [u8; 4], port: u8) -> Result<TcpStream, u8> {
        let mut stream = self.connect(proxy);
        stream.write_all(&[5, 1, 0]).unwrap();
        let mut method = [0; 2];
        stream.read_exact(&mut method).unwrap();
        assert_eq!(method, [5, 0]);
        stream.write_all(&[5, 1, 0, 1, a, b, c, d, 0, port]).unwrap();
        let mut reply = [0; 10];
        stream.read_exact(&mut reply).unwrap();
        if reply[1] == 0 { Ok(stream) } else { Err(reply[1]) }
    }
}

/// Somebody in the client's own network, who takes what is inside the tunnel for being behind the client.
pub(crate) struct Neighbour<'a> {
    world: &'a World,
    namespace: String,
}

impl<'a> Neighbour<'a> {
    pub(crate) fn new(world: &'a World) -> Neighbour<'a> {
        let neighbour = Neighbour { world, namespace: format!("{}-n", world.client) };
        let namespace = neighbour.namespace.as_str();
        assert!(Command::new("ip").args(["netns", "add", namespace]).status().unwrap().success());
        let ends = ["link", "add", "cafe", "netns", namespace, "type", "veth", "peer", "cafe", "netns", &world.client];
        assert!(Command::new("ip").args(ends).status().unwrap().success());
        for (end, address) in [(namespace, "203.0.113.3/24"), (&world.client, "203.0.113.2/24")] {
            world.run(end, &["ip", "address", "add", address, "dev", "cafe"]);
            world.run(end, &["ip", "link", "set", "cafe", "up"]);
        }
        for inside in ["10.99.0.0/24", "192.0.2.0/24"] {
            world.run(namespace, &["ip", "route", "add", inside, "via", "203.0.113.2"]);
        }
        neighbour
    }

    pub(crate) fn reaches(&self, address: &str) -> bool {
        self.world.answered(&self.namespace, address, &FIRST_ANSWER)
    }

    pub(crate) fn is_cut_off_from(&self, address: &str) -> bool {
        !self.world.answered(&self.namespace, address, &A_WHILE)
    }
}

impl Drop for Neighbour<'_> {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "delete", &self.namespace]).stderr(Stdio::null()).status();
        let _ =
            self.world.command(&self.world.client, &["ip", "link", "delete", "cafe"]).stderr(Stdio::null()).status();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for namespace in [&self.server, &self.client] {
            let _ = Command::new("ip").args(["netns", "delete", namespace]).stderr(Stdio::null()).status();
        }
        let _ = std::fs::remove_dir_all(&self.scratch);
        let _ = std::fs::remove_dir_all(Path::new("/etc/netns").join(&self.client));
    }
}

/// A program under test and the lines it prints. Dropping it ends it.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) lines: Receiver<String>,
    pub(crate) seen: Vec<String>,
}

impl Running {
    pub(crate) fn line(&mut self) -> Option<String> {
        let line = self.lines.recv_timeout(PATIENCE).ok()?;
        self.seen.push(line.clone());
        Some(line)
    }

    pub(crate) fn line_with(&mut self, word: &str) {
        while let Some(line) = self.line() {
            if line.contains(word) {
                return;
            }
        }
        panic!("no line with `{word}` in {:#?}", self.seen);
    }

    /// The events up to the first of this kind.
    pub(crate) fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut events = Vec::new();
        while let Some(line) = self.line() {
            let event: Value = serde_json::from_str(&line).unwrap();
            let found = event["event"] == kind;
            events.push(event);
            if found {
                return events;
            }
        }
        panic!("no event `{kind}` in {:#?}", self.seen);
    }

    pub(crate) fn interrupt(mut self) -> Option<i32> {
        self.signal(nix::sys::signal::Signal::SIGINT);
        self.wait_status()
    }

    pub(crate) fn stop(mut self) {
        self.signal(nix::sys::signal::Signal::SIGTERM);
        self.wait_status();
    }

    /// Everything that was printed, up to the end of the program, which is asked to stop.
    pub(crate) fn all_lines(mut self) -> Vec<String> {
        self.signal(nix::sys::signal::Signal::SIGTERM);
        self.wait_status();
        std::mem::take(&mut self.seen)
    }

    pub(crate) fn wait(mut self) -> Option<i32> {
        self.wait_status()
    }

    pub(crate) fn wait_status(&mut self) -> Option<i32> {
        // The lines end when the program does.
        while self.line().is_some() {}
        self.child.wait().unwrap().code()
    }

    pub(crate) fn signal(&self, signal: nix::sys::signal::Signal) {
        let id = nix::unistd::Pid::from_raw(self.child.id() as i32);
        nix::sys::signal::kill(id, signal).unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct Failed {
    pub(crate) output: Output,
    pub(crate) event: Value,
}

impl Failed {
    pub(crate) fn is(&self, status: i32, ras: u32, cause: &str) {
        let Failed { output, event } = self;
        assert_eq!((event["event"].as_str(), event["ras"].as_u64()), (Some("failed"), Some(ras.into())), "{output:?}");
        assert_eq!(event["cause"], cause, "{event}");
        assert_eq!(output.status.code(), Some(status));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.lines().any(|line| line.starts_with(&format!("RAS error {ras}: "))), "{said}");
    }
}

pub(crate) fn lines(from: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// A program at a terminal. Dropping it ends it.
pub(crate) struct Terminal {
    child: Child,
    keyboard: ChildStdin,
    screen: ChildStdout,
    shown: String,
}

impl Terminal {
    /// Types, once this is on the screen. What was there before is forgotten; returns what came since.
    pub(crate) fn answer(&mut self, question: &str, octets: &[u8]) -> String {
        let before = self.shows(question);
        self.keyboard.write_all(octets).unwrap();
        before
    }

    /// Waits until this is on the screen; returns what came since the last time.
    pub(crate) fn shows(&mut self, word: &str) -> String {
        let mut octets = [0; 512];
        while !self.shown.contains(word) {
            let len = self.screen.read(&mut octets).unwrap();
            assert_ne!(len, 0, "no `{word}` in {}", self.shown);
            self.shown.push_str(&String::from_utf8_lossy(&octets[..len]));
        }
        std::mem::take(&mut self.shown)
    }

    pub(crate) fn wait(mut self) -> Option<i32> {
        let _ = std::io::copy(&mut self.screen, &mut std::io::sink());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
