//! Who is asked for names: with systemd-resolved, with a file, and through proxies.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::world::*;

/// What `serve --quick` names as name server. In these tests it is the server's host.
const INSIDE: &str = "9.9.9.9";
/// Another name server, on the wire between the hosts.
const OUTSIDE: &str = SERVER;

#[test]
fn names_in_given_domains_are_asked_inside_and_all_others_outside() {
    let Some(world) = World::new() else { return };
    let inside = NameServer::at(&world, INSIDE, [10, 0, 0, 1]);
    let outside = NameServer::at(&world, OUTSIDE, [10, 0, 0, 2]);
    let Some(house) = House::new(&world) else { return };
    let before = world.client_state();
    let _server = world.serve(&[]);
    assert_eq!(house.ask("www.corp.example"), Some([10, 0, 0, 2]));
    let mut dial = house.dial(&["--dns-domain", "corp.example"]);
    let mut events = dial.until("connected");
    assert_eq!(house.ask("www.corp.example"), Some([10, 0, 0, 1]), "what was known before is still believed");
    assert_eq!(house.ask("corp.example"), Some([10, 0, 0, 1]));
    assert_eq!(house.ask("www.example.org"), Some([10, 0, 0, 2]));
    assert!(!inside.asked("www.example.org"), "the server's network was told what is looked up elsewhere");
    assert!(outside.asked("www.example.org"));
    assert_eq!(std::fs::read_to_string(&house.resolv_conf).unwrap(), STUB);

    // A second connection at the same time, with a domain of its own; the first ends first, and the second by a crash.
    let mut second = house.dial(&["--dns-domain", "lab.example"]);
    events.extend(second.until("connected"));
    assert!(
        !events.iter().any(|event| event["message"].as_str().is_some_and(|text| text.contains("name"))),
        "{events:#?}"
    );
    for name in ["a.corp.example", "a.lab.example"] {
        assert_eq!(house.ask(name), Some([10, 0, 0, 1]), "{name}");
    }
    assert_eq!(dial.interrupt(), Some(0));
    assert_eq!(house.ask("b.corp.example"), Some([10, 0, 0, 2]));
    assert_eq!(house.ask("b.lab.example"), Some([10, 0, 0, 1]));
    drop(second);
    eventually("the crash is noticed", || house.ask("b.lab.example") == Some([10, 0, 0, 2]));
    assert_eq!(world.client_state(), before);
}

#[test]
fn a_domain_that_the_server_names_is_asked_inside_and_nothing_else() {
    let Some(world) = World::new() else { return };
    let _inside = NameServer::at(&world, INSIDE, [10, 0, 0, 1]);
    let _outside = NameServer::at(&world, OUTSIDE, [10, 0, 0, 2]);
    let Some(house) = House::new(&world) else { return };
    let tables = format!("[network]\nnat = false\ndns = [\"{INSIDE}\"]\ndomain = \"corp.example\"\n");
    let _server = world.serve_with(&tables);
    for (options, elsewhere) in [(&["--dns"][..], [10, 0, 0, 2]), (&["--dns-domain", "."], [10, 0, 0, 1])] {
        let mut dial = house.dial(options);
        dial.until("pushed");
        assert_eq!(house.ask("www.corp.example"), Some([10, 0, 0, 1]));
        assert_eq!(house.ask("www.example.org"), Some(elsewhere), "{options:?}");
        assert_eq!(dial.interrupt(), Some(0));
    }
}

#[test]
fn in_a_full_tunnel_all_names_are_asked_inside() {
    let Some(world) = World::new() else { return };
    let _inside = NameServer::at(&world, INSIDE, [10, 0, 0, 1]);
    let outside = NameServer::at(&world, OUTSIDE, [10, 0, 0, 2]);
    let Some(house) = House::new(&world) else { return };
    let server = world.serve(&[]);
    assert_eq!(house.ask("www.example.org"), Some([10, 0, 0, 2]));
    let mut dial = house.dial(&["--full-tunnel", "--dns"]);
    dial.until("connected");
    for name in ["www.example.org", "www.corp.example"] {
        assert_eq!(house.ask(name), Some([10, 0, 0, 1]), "{name}");
    }
    assert!(!outside.asked("www.corp.example"));
    server.stop();
    dial.until("reconnecting");
    assert_eq!(house.ask_within(PATIENCE / 20, "now.example.org"), None);
    assert!(!outside.asked("now.example.org"), "it was asked beside the closed tunnel");
    let _server = world.serve(&[]);
    dial.until("connected");
    assert_eq!(house.ask("then.example.org"), Some([10, 0, 0, 1]));
    assert_eq!(dial.interrupt(), Some(0));
    assert_eq!(house.ask("then.example.org"), Some([10, 0, 0, 2]));
}

#[test]
fn without_systemd_resolved_names_are_found_through_the_tunnel_by_a_replaced_file() {
    let Some(world) = World::new() else { return };
    let inside = NameServer::at(&world, INSIDE, [10, 0, 0, 1]);
    let text = format!("nameserver {OUTSIDE}\n");
    let resolv = world.own_resolver(&text);
    let _server = world.serve(&[]);
    let arguments = ["--server", SERVER, "--user", "anna", "--json", "--dns-domain", "corp.example"];
    let mut dial = world.dial(&arguments);
    dial.until("connected");
    let warned = dial.until("warning").pop().unwrap();
    assert!(warned["message"].as_str().unwrap().contains("not only those in corp.example"), "{warned}");
    // A name that needs completing.
    assert!(world.client(&["getent", "ahostsv4", "intranet"]).starts_with("10.0.0.1 "));
    assert!(inside.asked("intranet.corp.example"));
    // The second replaces the first's servers, and not the first's copy of what was there.
    let mut second = world.dial(&arguments);
    second.until("connected");
    assert_eq!(dial.interrupt(), Some(0));
    assert!(world.client(&["getent", "ahostsv4", "www.corp.example"]).starts_with("10.0.0.1 "));
    // A crash, and a third that does not care for names.
    drop(second);
    let mut third = world.dial(&["--server", SERVER, "--user", "anna", "--json"]);
    third.until("connected");
    assert_eq!(std::fs::read_to_string(&resolv).unwrap(), text);
    assert_eq!(third.interrupt(), Some(0));
}

#[test]
fn names_are_looked_up_inside_by_the_proxies() {
    let Some(world) = World::new() else { return };
    let inside = NameServer::at(&world, INSIDE, [10, 99, 0, 1]);
    let _server = world.serve(&[]);
    world.echo("0.0.0.0:7");
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--json", "--userspace", "--http", "3128"]);
    let connected = dial.until("connected").pop().unwrap();
    assert_eq!(connected["services"], serde_json::json!([{ "kind": "http", "listen": "127.0.0.1:3128" }]));
    assert!(echoes(http_connect(&world, "10.99.0.1:7").unwrap()));
    assert!(echoes(http_connect(&world, "intranet.corp.example:7").unwrap()));
    assert!(inside.asked("intranet.corp.example"));
    // Nothing listens there: 502 (RFC 9110 §15.6.3).
    assert_eq!(http_connect(&world, "10.99.0.1:9").unwrap_err(), 502);
    assert_eq!(dial.interrupt(), Some(0));
}

/// A connection through the HTTP proxy, or the proxy's status against it (RFC 9110 §9.3.6).
fn http_connect(world: &World, target: &str) -> Result<TcpStream, u16> {
    let mut stream = world.connect("127.0.0.1:3128");
    stream.write_all(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        stream.read_exact(&mut octet).unwrap();
        head.extend(octet);
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
    if status == 200 { Ok(stream) } else { Err(status) }
}

/// What a host has where programs ask systemd-resolved.
const STUB: &str = "nameserver 127.0.0.53\n";

/// The client's host with a system bus and a systemd-resolved of its own, which asks [`OUTSIDE`]; somebody has to answer there. They have a /run that nobody else
/// sees, and leave this machine's resolver alone.
struct House<'a> {
    world: &'a World,
    keeper: Child,
    services: Vec<Child>,
    resolv_conf: PathBuf,
}

impl<'a> House<'a> {
    fn new(world: &'a World) -> Option<House<'a>> {
        let program = resolved()?;
        if Command::new("dbus-daemon").arg("--version").output().is_err() {
            println!("skipped: needs dbus-daemon");
            return None;
        }
        let resolv_conf = world.own_resolver(STUB);
        // systemd-resolved wants to be its own user.
        for (file, line) in
            [("passwd", "systemd-resolve:x:993:993::/:/usr/sbin/nologin\n"), ("group", "systemd-resolve:x:993:\n")]
        {
            let mut text = std::fs::read_to_string(Path::new("/etc").join(file)).unwrap();
            if !text.contains("\nsystemd-resolve:") {
                text.push_str(line);
            }
            std::fs::write(resolv_conf.with_file_name(file), text).unwrap();
        }
        let bus = world.scratch.join("bus.conf");
        std::fs::write(&bus, BUS).unwrap();
        let script = format!(
            "mount -t tmpfs none /run && mkdir -p /run/dbus /run/systemd/resolved.conf.d && \
             printf '[Resolve]\\nDNS={OUTSIDE}\\nDNSSEC=no\\nLLMNR=no\\nMulticastDNS=no\\n' > /run/systemd/resolved.conf.d/test.conf && \
             echo ready && exec cat"
        );
        let mut keeper = world.command(&world.client, &["sh", "-c", &script]);
        let mut keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let ready = lines(keeper.stdout.take().unwrap());
        assert_eq!(ready.recv_timeout(PATIENCE).as_deref(), Ok("ready"));
        let mut house = House { world, keeper, services: Vec::new(), resolv_conf };
        house.start(&["dbus-daemon", "--nofork", "--nopidfile", "--config-file", bus.to_str().unwrap()]);
        eventually("there is a bus", || house.succeeds(&["test", "-S", "/run/dbus/system_bus_socket"]));
        house.start(&[&program]);
        let owned = [
            "dbus-send",
            "--system",
            "--print-reply",
            "--dest=org.freedesktop.resolve1",
            "/",
            "org.freedesktop.DBus.Peer.Ping",
        ];
        eventually("systemd-resolved is on the bus", || house.succeeds(&owned));
        eventually("systemd-resolved answers", || house.ask("first.example.org").is_some());
        Some(house)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.keeper.id().to_string(), "--mount", "--net", "--"]).args(words);
        command.env("CAUSEWAY_PSK", PSK).env("CAUSEWAY_PASSWORD", "secret");
        command.current_dir(&self.world.scratch);
        command
    }

    fn start(&mut self, words: &[&str]) {
        let child = self.command(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.services.push(child.unwrap());
    }

    fn succeeds(&self, words: &[&str]) -> bool {
        self.command(words).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }

    fn dial(&self, further: &[&str]) -> Running {
        let mut command = self.command(&[program(), "dial", "--server", SERVER, "--user", "anna", "--json"]);
        let mut child = command.args(further).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = lines(child.stdout.take().unwrap());
        Running { child, lines, seen: Vec::new() }
    }

    /// The address of a name, as systemd-resolved tells programs of this host.
    fn ask(&self, name: &str) -> Option<[u8; 4]> {
        self.ask_within(PATIENCE, name)
    }

    fn ask_within(&self, patience: Duration, name: &str) -> Option<[u8; 4]> {
        let socket = within(&self.world.client, || UdpSocket::bind("127.0.0.1:0").unwrap());
        socket.set_read_timeout(Some(patience)).unwrap();
        let mut question = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            question.push(label.len() as u8);
            question.extend(label.as_bytes());
        }
        question.extend([0, 0, 1, 0, 1]);
        socket.send_to(&question, "127.0.0.53:53").unwrap();
        let mut answer = [0; 512];
        let len = socket.recv(&mut answer).ok()?;
        let found = answer[3] & 0xf == 0 && answer[7] == 1;
        found.then(|| *answer[..len].last_chunk().unwrap())
    }
}

impl Drop for House<'_> {
    fn drop(&mut self) {
        for child in self.services.iter_mut().rev().chain([&mut self.keeper]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Where systemd-resolved is; it need not be installed as this machine's resolver.
fn resolved() -> Option<String> {
    let named = std::env::var("CAUSEWAY_TEST_RESOLVED").ok();
    let usual = ["/usr/lib/systemd/systemd-resolved", "/lib/systemd/systemd-resolved"].map(String::from);
    let runs =
        |place: &String| Command::new(place).arg("--version").output().is_ok_and(|output| output.status.success());
    let found = named.into_iter().chain(usual).find(runs);
    if found.is_none() {
        println!("skipped: needs systemd-resolved, installed or named by CAUSEWAY_TEST_RESOLVED");
    }
    found
}

const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
"#;

/// A name server at the server's side that has one address for every name.
struct NameServer {
    asked: Arc<Mutex<Vec<String>>>,
}

impl NameServer {
    fn at(world: &World, address: &str, answer: [u8; 4]) -> NameServer {
        if address != SERVER {
            world.server(&["ip", "address", "add", &format!("{address}/32"), "dev", "lo"]);
        }
        let socket = within(&world.server, || UdpSocket::bind((address, 53)).unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let names = Arc::clone(&asked);
        std::thread::spawn(move || {
            let mut question = [0; 512];
            while let Ok((len, from)) = socket.recv_from(&mut question) {
                let Some((name, end)) = name(&question[..len]) else { continue };
                let address_wanted = question[end..end + 2] == [0, 1];
                names.lock().unwrap().push(name);
                let mut reply = question[..end + 4].to_vec();
                reply[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, address_wanted.into(), 0, 0, 0, 0]);
                if address_wanted {
                    // The name again, an address of the Internet, for a minute.
                    reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
                    reply.extend(answer);
                }
                let _ = socket.send_to(&reply, from);
            }
        });
        NameServer { asked }
    }

    fn asked(&self, name: &str) -> bool {
        self.asked.lock().unwrap().iter().any(|asked| asked == name)
    }
}

/// The name that a question asks for, and where it ends (RFC 1035 §4.1.2).
fn name(question: &[u8]) -> Option<(String, usize)> {
    let (mut at, mut labels) = (12, Vec::new());
    loop {
        let len = usize::from(*question.get(at)?);
        at += 1;
        if len == 0 {
            return question.get(at..at + 4).map(|_| (labels.join("."), at));
        }
        labels.push(String::from_utf8_lossy(question.get(at..at + len)?).to_lowercase());
        at += len;
    }
}
