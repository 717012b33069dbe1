//! Registry exports: .reg files of version 4 and 5, and what `reg query` prints.

mod values;

use std::io::{self, Read};
use std::mem;

use observe::host::{Fact, Miniport, Start};
use observe::{About, Spot};

use super::chars::Chars;
use crate::Sink;
pub use values::{RegistryData, RegistryValue, registry_values};

/// Values that decide about a connection, wherever they stand: many are found in keys where Windows does not look for them.
const NAMES: &[&str] = &[
    "prohibitipsec",
    "allowl2tpweakcrypto",
    "allowpptpweakcrypto",
    "assumeudpencapsulationcontextonsendrule",
    "negotiatedh2048_aes256",
    "disableikenameekucheck",
    "lmcompatibilitylevel",
    "enable ntlmv2 compatibility",
    "disablednsresolver",
];

/// The key in which Windows reads a value; up to Windows XP some stood elsewhere.
const RIGHT_KEYS: &[(&str, &[&str])] = &[
    ("prohibitipsec", &["services\\rasman\\parameters"]),
    ("allowl2tpweakcrypto", &["services\\rasman\\parameters"]),
    ("allowpptpweakcrypto", &["services\\rasman\\parameters"]),
    ("negotiatedh2048_aes256", &["services\\rasman\\parameters"]),
    ("disableikenameekucheck", &["services\\rasman\\parameters"]),
    ("assumeudpencapsulationcontextonsendrule", &["services\\policyagent", "services\\ipsec"]),
    ("lmcompatibilitylevel", &["control\\lsa"]),
];

/// Keys that were exported whole when they hold the first value, and what their lack of the second values says.
const DEFAULTS: &[(&str, &str, &[&str])] = &[
    ("services\\policyagent", "imagepath", &["assumeudpencapsulationcontextonsendrule"]),
    ("services\\ipsec", "imagepath", &["assumeudpencapsulationcontextonsendrule"]),
    ("services\\rasman\\parameters", "servicedll", &["prohibitipsec", "allowl2tpweakcrypto", "negotiatedh2048_aes256"]),
    ("control\\lsa", "authentication packages", &["lmcompatibilitylevel"]),
];

/// Services whose start is told.
const SERVICES: &[&str] =
    &["policyagent", "ikeext", "bfe", "rasman", "remoteaccess", "sstpsvc", "ipsec", "mpssvc", "tapisrv"];

/// The device class of network adapters.
const ADAPTERS: &str = "control\\class\\{4d36e972-e325-11ce-bfc1-08002be10318}";

/// WAN Miniports without which a connection has no tunnel or no IPv4.
const MINIPORTS: &[(&str, &str)] = &[
    ("ms_ndiswanip", "WAN Miniport (IP)"),
    ("ms_l2tpminiport", "WAN Miniport (L2TP)"),
    ("ms_pptpminiport", "WAN Miniport (PPTP)"),
];

/// Values of one key that are looked at.
const VALUES: usize = 4096;

/// Reads an export.
pub(super) fn read(input: impl Read, sink: &mut Sink<'_>, progress: &mut dyn FnMut(u64)) -> io::Result<()> {
    let mut export = Export::default();
    lines(input, |number, line| export.line(number, line, sink), progress)?;
    export.end(sink);
    Ok(())
}

/// Gives each line with its number; what goes on over several lines is one.
fn lines(input: impl Read, mut each: impl FnMut(u64, &str), progress: &mut dyn FnMut(u64)) -> io::Result<()> {
    let mut chars = Chars::new(input)?;
    let mut whole = String::new();
    let mut begun = 0;
    while let Some(line) = chars.line()? {
        let line = line.trim_end();
        if whole.is_empty() {
            whole.push_str(line);
        } else if whole.len() < Chars::<io::Empty>::LINE {
            whole.push_str(line.trim_start());
        }
        let number = chars.number();
        if begun == 0 {
            begun = number;
        }
        // A value of many octets goes on behind a backslash; the name of a key may end with one only in brackets.
        if whole.ends_with('\\') && whole.starts_with(['"', '@']) && whole.len() < Chars::<io::Empty>::LINE {
            whole.pop();
            continue;
        }
        each(begun, &whole);
        whole.clear();
        begun = 0;
        if number.is_multiple_of(4096) {
            progress(chars.octets());
        }
    }
    each(begun, &whole);
    Ok(())
}

/// Lines of an export, put together to keys.
#[derive(Default)]
pub(super) struct Export {
    key: Key,
    adapters: Adapters,
}

#[derive(Default)]
struct Key {
    path: String,
    line: u64,
    removed: bool,
    values: Vec<(String, Data, u64)>,
}

/// The adapter class, as far as it was seen.
#[derive(Default)]
struct Adapters {
    whole: Option<u64>,
    ids: Vec<String>,
}

#[derive(Clone, PartialEq, Debug)]
enum Data {
    Number(u32),
    Text(String),
    Removed,
    Other,
}

impl Export {
    /// Takes a line; lines that are no registry are nothing.
    pub(super) fn line(&mut self, number: u64, line: &str, sink: &mut Sink<'_>) {
        let line = line.trim();
        if let Some(key) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let removed = key.starts_with('-');
            self.begin(key.trim_start_matches('-'), number, removed, sink);
        } else if line.get(..5).is_some_and(|hive| hive.eq_ignore_ascii_case("HKEY_")) {
            self.begin(line, number, false, sink);
        } else if let Some((name, data)) = exported(line).or_else(|| queried(line)) {
            if self.interesting(&name, &data) {
                self.value(&name, &data, number, line, sink);
            }
            if self.key.values.len() < VALUES && !self.key.path.is_empty() {
                self.key.values.push((name, data, number));
            }
        }
    }

    /// Ends the last key and says what follows from what is not there.
    pub(super) fn end(&mut self, sink: &mut Sink<'_>) {
        self.finish(sink);
        let Some(line) = self.adapters.whole.take() else { return };
        for (id, name) in MINIPORTS {
            if !self.adapters.ids.iter().any(|seen| seen == id) {
                let fact = Fact::MiniportBroken { name: (*name).to_owned(), how: Miniport::Missing };
                sink.push(None, Spot::Line(line), name, About::default(), fact);
            }
        }
    }

    fn begin(&mut self, path: &str, line: u64, removed: bool, sink: &mut Sink<'_>) {
        self.finish(sink);
        self.key = Key { path: normal(path), line, removed, values: Vec::new() };
        if removed {
            for (key, _, names) in DEFAULTS.iter().filter(|(key, ..)| *key == self.key.path) {
                for name in *names {
                    let fact = registry(key, name, None);
                    sink.push(None, Spot::Line(line), &format!("[-{path}]"), About::default(), fact);
                }
            }
        }
    }

    fn interesting(&self, name: &str, data: &Data) -> bool {
        let service = self.key.path.strip_prefix("services\\").is_some_and(|name| SERVICES.contains(&name));
        let forwarding = self.key.path == "services\\tcpip\\parameters" && name == "ipenablerouter";
        let start = service && name == "start" && matches!(data, Data::Number(_));
        NAMES.contains(&name) || start || forwarding
    }

    fn value(&mut self, name: &str, data: &Data, number: u64, line: &str, sink: &mut Sink<'_>) {
        let value = match data {
            Data::Number(value) => Some(*value),
            // Windows reads a number only from a DWORD; a text in its place counts as nothing.
            Data::Text(_) | Data::Removed | Data::Other => None,
        };
        let key = self.key.path.as_str();
        let text = format!("[{key}] {line}");
        let fact = match (name, value) {
            ("start", Some(value)) => {
                let start = match value {
                    0..=2 => Start::Automatic,
                    3 => Start::Demand,
                    _ => Start::Disabled,
                };
                let name = key.strip_prefix("services\\").unwrap_or(key).to_owned();
                Fact::Service { name, running: None, start: Some(start) }
            }
            ("ipenablerouter", Some(value)) => Fact::Forwarding { on: value != 0, v6: false },
            _ => registry(key, name, value),
        };
        sink.push(None, Spot::Line(number), &text, About::default(), fact);
        let right = RIGHT_KEYS.iter().find(|(known, keys)| *known == name && !keys.contains(&key));
        if let (Some((_, [right, ..])), false, Data::Number(_)) = (right, key.is_empty(), data) {
            // The place to which it belongs, in every language.
            let text = format!("{text} → [{right}]");
            let fact =
                Fact::RegistryMisplaced { key: key.to_owned(), name: name.to_owned(), right: (*right).to_owned() };
            sink.push(None, Spot::Line(number), &text, About::default(), fact);
        }
    }

    fn finish(&mut self, sink: &mut Sink<'_>) {
        let key = mem::take(&mut self.key);
        if key.removed {
            return;
        }
        let has = |name: &str| key.values.iter().any(|(seen, ..)| seen == name);
        for (path, whole, names) in DEFAULTS {
            if key.path != *path || !has(whole) {
                continue;
            }
            for name in names.iter().filter(|name| !has(name)) {
                let text = format!("[{path}]");
                sink.push(None, Spot::Line(key.line), &text, About::default(), registry(path, name, None));
            }
        }
        let Some(instance) = key.path.strip_prefix(ADAPTERS) else { return };
        if instance.is_empty() {
            if has("class") || has("classdesc") {
                self.adapters.whole = Some(key.line);
            }
            return;
        }
        let text_of = |name: &str| {
            key.values.iter().find(|(seen, ..)| seen == name).and_then(|(_, data, _)| match data {
                Data::Text(text) => Some(text.to_ascii_lowercase()),
                _ => None,
            })
        };
        let Some(id) = text_of("matchingdeviceid").or_else(|| text_of("componentid")) else { return };
        let nameless = !has("driverdesc");
        if let Some((_, name)) = MINIPORTS.iter().find(|(miniport, _)| nameless && *miniport == id) {
            let text = format!("[{}] {name}", key.path);
            let fact = Fact::MiniportBroken { name: (*name).to_owned(), how: Miniport::Unnamed };
            sink.push(None, Spot::Line(key.line), &text, About::default(), fact);
        }
        if self.adapters.ids.len() < VALUES {
            self.adapters.ids.push(id);
        }
    }
}

fn registry(key: &str, name: &str, value: Option<u32>) -> Fact {
    Fact::Registry { key: key.to_owned(), name: name.to_owned(), value, written: None }
}

/// A key without hive and control set, in lower case.
fn normal(path: &str) -> String {
    let path = path.trim().trim_matches('\\').to_lowercase();
    let mut parts = path.split('\\').peekable();
    let hive = parts.next_if(|part| part.starts_with("hkey_") || matches!(*part, "hklm" | "hkcu" | "hku" | "hkcr"));
    if matches!(hive, Some("hkey_users" | "hku")) {
        parts.next();
    }
    let mut rest: Vec<&str> = parts.collect();
    if let ["system", set, ..] = rest.as_slice() {
        let numbered =
            set.strip_prefix("controlset").is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()));
        if *set == "currentcontrolset" || numbered {
            rest.drain(..2);
        }
    }
    rest.join("\\")
}

/// `"Name"=data` of a .reg file.
fn exported(line: &str) -> Option<(String, Data)> {
    let rest = line.strip_prefix('"')?;
    let (name, rest) = quoted(rest)?;
    let data = rest.trim_start().strip_prefix('=')?.trim();
    let data = if data == "-" {
        Data::Removed
    } else if let Some(text) = data.strip_prefix('"') {
        Data::Text(quoted(text).map_or_else(String::new, |(text, _)| text))
    } else if let Some(digits) = strip(data, "dword:") {
        u32::from_str_radix(digits.trim(), 16).map_or(Data::Other, Data::Number)
    } else if let Some(octets) = strip(data, "hex(4):").or_else(|| strip(data, "hex(b):")) {
        little_endian(octets)
    } else {
        Data::Other
    };
    Some((name.to_lowercase(), data))
}

/// `    Name    REG_DWORD    0x2` of `reg query`.
fn queried(line: &str) -> Option<(String, Data)> {
    let at = line.find("REG_")?;
    let name = line.get(..at)?.trim();
    let mut rest = line.get(at..)?.splitn(2, char::is_whitespace);
    let kind = rest.next()?;
    let data = rest.next().unwrap_or_default().trim();
    if name.is_empty() {
        return None;
    }
    let data = match kind {
        "REG_DWORD" | "REG_QWORD" => {
            let digits = strip(data, "0x").unwrap_or(data);
            u64::from_str_radix(digits, 16)
                .ok()
                .and_then(|value| u32::try_from(value).ok())
                .map_or(Data::Other, Data::Number)
        }
        "REG_SZ" | "REG_EXPAND_SZ" => Data::Text(data.to_owned()),
        _ => Data::Other,
    };
    Some((name.to_lowercase(), data))
}

/// What stands before the closing quotation mark, and what behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' => value.push(chars.next()?.1),
            _ => value.push(char),
        }
    }
    None
}

fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| text.get(prefix.len()..)).flatten()
}

/// `02,00,00,00`, of four octets or eight.
fn little_endian(octets: &str) -> Data {
    let mut value = 0u64;
    for (at, octet) in octets.split(',').enumerate() {
        let (Ok(octet), Some(shift @ 0..=56)) = (u8::from_str_radix(octet.trim(), 16), at.checked_mul(8)) else {
            return Data::Other;
        };
        value |= u64::from(octet) << shift;
    }
    u32::try_from(value).map_or(Data::Other, Data::Number)
}

#[cfg(test)]
mod tests;
