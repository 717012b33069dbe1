//! Objects of cmdlets: lists (`Format-List`), CSV and JSON of `Get-VpnConnection`, `Get-Service`, `Get-HotFix`,
//! `Get-NetIPsecMainModeSA` and their like. Names of properties are English everywhere.

use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr};

use observe::{About, Fact, Side, SourceKind, Time, Trouble, host, ike, network};
use serde_json::Value;

use super::{Said, ports, tell};
use crate::windows::chars::Chars;
use crate::windows::{methods, service, when};
use crate::{Settings, Sink};

/// Objects that are printed line by line.
#[derive(Default)]
pub(super) struct Objects {
    line: u64,
    current: Object,
    header: Option<Vec<String>>,
}

impl Objects {
    pub(super) fn line(
        &mut self,
        number: u64,
        line: &str,
        utc_offset: i32,
        said: &mut Vec<Said>,
    ) -> Option<SourceKind> {
        if line.trim().is_empty() {
            self.header = None;
            return self.finish(utc_offset, said);
        }
        if let Some(header) = &self.header {
            let fields = fields(line);
            if fields.len() == header.len() {
                let object = Object { values: header.iter().cloned().zip(fields).collect() };
                return object.say(number, line, utc_offset, said);
            }
        }
        if line.starts_with('"') && line.contains("\",\"") {
            let header = fields(line);
            if header.iter().any(|name| KNOWN.contains(&name.as_str())) {
                self.header = Some(header);
                return Some(SourceKind::Profile);
            }
        }
        // `ServerAddress         : vpn.example`, long values go on indented.
        let (label, value) = line.split_once(" :").or_else(|| line.split_once(':'))?;
        let label = label.trim_end();
        let plain = !label.is_empty() && label.bytes().all(|octet| octet.is_ascii_alphanumeric());
        if !plain || line.starts_with(char::is_whitespace) || self.current.values.len() >= Object::MOST {
            return None;
        }
        if self.current.values.is_empty() {
            self.line = number;
        }
        let repeated = self.current.get(label).is_some();
        let kind = if repeated { self.finish(utc_offset, said) } else { None };
        self.current.values.push((label.to_owned(), value.trim().to_owned()));
        kind.or_else(|| KNOWN.contains(&label).then_some(SourceKind::Profile))
    }

    pub(super) fn end(&mut self, utc_offset: i32, said: &mut Vec<Said>) {
        self.finish(utc_offset, said);
    }

    fn finish(&mut self, utc_offset: i32, said: &mut Vec<Said>) -> Option<SourceKind> {
        let object = std::mem::take(&mut self.current);
        let text = object.shown();
        object.say(self.line, &text, utc_offset, said)
    }
}

/// Properties that show what an object is.
const KNOWN: &[&str] = &[
    "TunnelType",
    "HotFixID",
    "StartType",
    "L2tpIPsecAuth",
    "InitiatorCookie",
    "EncapsulationMode",
    "LastBootUpTime",
    "TcpTestSucceeded",
];

/// Octets of JSON that are read.
const JSON: u64 = 16 << 20;

/// Reads JSON that a cmdlet wrote.
pub(in crate::windows) fn json(input: impl Read, settings: &Settings, sink: &mut Sink<'_>) -> io::Result<()> {
    let mut chars = Chars::new(input.take(JSON))?;
    let mut text = String::new();
    while let Some(char) = chars.char()? {
        text.push(char);
    }
    let Ok(value) = serde_json::from_str::<Value>(text.trim()) else {
        sink.trouble(Trouble::NotCmdlet);
        return Ok(());
    };
    let mut said = Vec::new();
    let mut kind = None;
    walk(&value, 0, settings.utc_offset, &mut kind, &mut said);
    if let Some(kind) = kind {
        sink.source().kind = kind;
    } else {
        sink.trouble(Trouble::JsonUnknown);
    }
    let profile = said.iter().any(|said| matches!(said.fact, Fact::Host(host::Fact::Profile(_))));
    tell(&mut said, sink);
    if profile {
        sink.set_side(Side::Client);
    }
    Ok(())
}

/// Whether JSON is of a cmdlet whose objects are known.
pub(in crate::windows) fn recognise(text: &str) -> bool {
    let properties = KNOWN.iter().chain(&["ServiceName", "FriendlyName", "LocalPort", "VpnStatus"]);
    text.starts_with(['[', '{']) && properties.into_iter().any(|name| text.contains(&format!("\"{name}\"")))
}

fn walk(value: &Value, depth: u8, utc_offset: i32, kind: &mut Option<SourceKind>, said: &mut Vec<Said>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| walk(value, depth, utc_offset, kind, said)),
        Value::Object(map) => {
            let values = map.iter().take(Object::MOST).filter_map(|(name, value)| Some((name.clone(), plain(value)?)));
            let object = Object { values: values.collect() };
            let number = u64::try_from(said.len()).unwrap_or_default() + 1;
            *kind = kind.or(object.say(number, &object.shown(), utc_offset, said));
            if depth < 8 {
                map.values().filter(|value| value.is_object() || value.is_array()).for_each(|value| {
                    walk(value, depth + 1, utc_offset, kind, said);
                });
            }
        }
        _ => {}
    }
}

/// A value as it is written in a list.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null => Some(String::new()),
        Value::Array(values) => {
            let values: Vec<String> =
                values.iter().take(32).filter_map(|value| value.as_str().map(str::to_owned)).collect();
            Some(format!("{{{}}}", values.join(", ")))
        }
        // Enumerations of newer versions: {"value": 4, "Value": "Running"}.
        Value::Object(map) => {
            map.get("Value").or_else(|| map.get("DateTime")).and_then(Value::as_str).map(str::to_owned)
        }
    }
}

#[derive(Default)]
struct Object {
    values: Vec<(String, String)>,
}

impl Object {
    /// Properties that are kept.
    const MOST: usize = 128;

    fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(seen, _)| seen == name).map(|(_, value)| value.as_str())
    }

    fn set(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// What is shown of it: never a property that may be secret.
    fn shown(&self) -> String {
        const SHOWN: &[&str] = &[
            "Name",
            "ServiceName",
            "DisplayName",
            "Status",
            "StartType",
            "ServerAddress",
            "TunnelType",
            "AuthenticationMethod",
            "EncryptionLevel",
            "L2tpIPsecAuth",
            "SplitTunneling",
            "HotFixID",
            "InstalledOn",
            "RemoteEndpoint",
            "LocalEndpoint",
            "Caption",
            "Version",
            "LastBootUpTime",
            "FriendlyName",
            "VpnStatus",
            "LocalAddress",
            "LocalPort",
            "ConnectionStatus",
            "RemoteAddress",
            "RemotePort",
            "TcpTestSucceeded",
        ];
        let pairs: Vec<String> = SHOWN.iter().filter_map(|name| Some(format!("{name}={}", self.set(name)?))).collect();
        pairs.join(", ")
    }

    fn say(&self, number: u64, text: &str, utc_offset: i32, said: &mut Vec<Said>) -> Option<SourceKind> {
        let mut push = |fact: Fact, about: About| said.push(Said { about, ..Said::new(number, text, fact) });
        if let (Some(server), Some(tunnel)) = (self.get("ServerAddress"), self.set("TunnelType")) {
            let server = server.to_owned();
            let profile = host::Profile {
                name: self.get("Name").unwrap_or_default().to_owned(),
                tunnel: tunnel.to_owned(),
                methods: methods(self.get("AuthenticationMethod").unwrap_or_default()),
                encryption: self.get("EncryptionLevel").unwrap_or_default().to_owned(),
                shared_key: self.set("L2tpIPsecAuth").map(|kind| kind.eq_ignore_ascii_case("psk")),
                split_tunnel: self.set("SplitTunneling").map(|split| split.eq_ignore_ascii_case("true")),
                server,
            };
            push(host::Fact::Profile(profile).into(), About::default());
            return Some(SourceKind::Profile);
        }
        if let (Some(name), Some(status)) = (self.set("ServiceName").or_else(|| self.set("Name")), self.set("Status")) {
            let running = match status {
                "4" | "Running" => Some(true),
                "1" | "Stopped" => Some(false),
                _ => None,
            };
            let start = match self.get("StartType") {
                Some("0" | "1" | "2" | "Boot" | "System" | "Automatic") => Some(host::Start::Automatic),
                Some("3" | "Manual") => Some(host::Start::Demand),
                Some("4" | "Disabled") => Some(host::Start::Disabled),
                _ => None,
            };
            if let Some(name) = service::short(name) {
                push(host::Fact::Service { name, running, start }.into(), About::default());
            }
            return (running.is_some() || start.is_some()).then_some(SourceKind::Services);
        }
        if let (Some(port), Some(succeeded)) = (self.set("RemotePort"), self.set("TcpTestSucceeded")) {
            if let Some(fact) = ports::tested(port, succeeded) {
                push(fact, About::default());
            }
            return Some(SourceKind::Ping);
        }
        if let Some(update) = self.get("HotFixID").and_then(service::update) {
            push(host::Fact::Update { name: update }.into(), About::default());
            return Some(SourceKind::Profile);
        }
        if let Some(remote) = self.get("RemoteEndpoint") {
            let peer = remote.parse::<IpAddr>().ok().map(|address| SocketAddr::new(address, 0));
            let about = About { peer, ..About::default() };
            if let Some(mode) = self.get("EncapsulationMode") {
                let transport = Some(mode.to_lowercase().contains("transport"));
                let fact = ike::Fact::Phase2Up { encapsulated: None, transport, suite: None, spis: None };
                push(fact.into(), about);
            } else {
                let method = self.get("LocalFirstAuthMethod").or_else(|| self.get("AuthenticationMethod"));
                let certificate = method.map(|method| method.to_lowercase().contains("cert"));
                push(ike::Fact::Phase1Up { certificate }.into(), about);
            }
            return Some(SourceKind::WindowsTrace);
        }
        if let (Some(caption), Some(version)) = (self.get("Caption"), self.get("Version"))
            && caption.contains("Windows")
        {
            push(host::Fact::System { name: format!("{} {version}", caption.trim()) }.into(), About::default());
            if let Some(at) = self.get("LastBootUpTime").and_then(|text| moment(text, utc_offset)) {
                push(host::Fact::Booted { at }.into(), About::default());
            }
            return Some(SourceKind::Profile);
        }
        if let (Some(name), Some(status)) = (self.get("FriendlyName"), self.set("Status")) {
            if name.starts_with("WAN Miniport") && matches!(status, "Error" | "Degraded") {
                let (name, how) = (name.to_owned(), host::Miniport::Status(status.to_owned()));
                push(host::Fact::MiniportBroken { name, how }.into(), About::default());
            }
            return Some(SourceKind::Profile);
        }
        if let (Some(address), Some(port)) = (self.get("LocalAddress"), self.get("LocalPort")) {
            let tcp = self.get("State").is_some();
            let listens = !tcp || matches!(self.get("State"), Some("2" | "Listen"));
            if let (Ok(address), Ok(port), true) = (address.parse::<IpAddr>(), port.parse(), listens) {
                let owner = self.set("OwningProcess").map(|pid| format!("process {pid}"));
                let address = SocketAddr::new(address, port);
                push(host::Fact::Listening { tcp, address, owner }.into(), About::default());
            }
            return Some(SourceKind::Sockets);
        }
        if let (Some(interface), Some(address)) = (self.get("InterfaceAlias"), self.get("IPAddress")) {
            let Ok(address) = address.split('%').next().unwrap_or_default().parse() else { return None };
            let interface = interface.to_owned();
            push(network::Fact::Address { interface, tunnel: false, address, peer: None }.into(), About::default());
            return Some(SourceKind::Addresses);
        }
        if self.get("VpnStatus").is_some_and(|status| status.eq_ignore_ascii_case("uninstalled")) {
            push(host::Fact::Stopped { program: "Remote Access VPN".into() }.into(), About::default());
            return Some(SourceKind::Services);
        }
        None
    }
}

/// A date of a cmdlet: as text, or as `/Date(1641996306000)/` in milliseconds.
fn moment(text: &str, utc_offset: i32) -> Option<Time> {
    match text.strip_prefix("/Date(") {
        Some(rest) => {
            let millis: i64 = rest.split(')').next()?.parse().ok()?;
            millis.checked_mul(1000).map(Time)
        }
        None => when::parse(text, utc_offset),
    }
}

/// Fields of a CSV line.
fn fields(line: &str) -> Vec<String> {
    let trimmed = line.trim().trim_start_matches('"').trim_end_matches('"');
    trimmed.split("\",\"").take(Object::MOST).map(str::to_owned).collect()
}
