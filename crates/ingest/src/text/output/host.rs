//! Kernel settings, modules, devices and services: `sysctl`, `modprobe`, `ls /dev/ppp`, `systemctl status`.

use observe::host::{Fact, Start};
use observe::{About, Party, SourceKind, ppp};

use crate::text::reader::{Line, Out, Reader};
use crate::text::words::{self, between, quoted};

/// Reads what commands say of the machine itself.
#[derive(Default)]
pub(crate) struct Machine {
    /// The unit whose status is being read, and how it starts.
    unit: Option<String>,
    start: Option<Start>,
    /// A setting whose value stands alone in the next line: `cat /proc/sys/...`.
    setting: Option<bool>,
}

impl Reader for Machine {
    fn kind(&self) -> SourceKind {
        SourceKind::Sysctl
    }

    fn is_program(&self, program: &str) -> bool {
        program == "systemd"
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        if line.program.is_some_and(|program| self.is_program(program)) {
            return self.service(line.text, out);
        }
        let text = line.whole.trim();
        if let Some(v6) = self.setting.take()
            && matches!(text, "0" | "1")
        {
            out.say(About::default(), Fact::Forwarding { on: text == "1", v6 });
            return true;
        }
        if text.ends_with("/proc/sys/net/ipv4/ip_forward") {
            self.setting = Some(false);
            return true;
        }
        setting(text, out) || modules(text, out) || self.service(text, out)
    }
}

/// "net.ipv4.ip_forward = 1".
fn setting(text: &str, out: &mut Out<'_, '_>) -> bool {
    let Some(rest) = text.strip_prefix("net.") else { return false };
    let Some((name, value)) = rest.split_once(['=', ':']) else { return false };
    let name = name.trim();
    if name.contains(' ') || name.ends_with("nf_conntrack_helper") {
        return false;
    }
    let on = match value.trim() {
        "0" => Some(false),
        "1" | "2" => Some(true),
        _ => None,
    };
    let v6 = match name {
        "ipv4.ip_forward" | "ipv4.conf.all.forwarding" | "inet.ip.forwarding" => Some(false),
        "ipv6.conf.all.forwarding" | "inet6.ip6.forwarding" => Some(true),
        _ => None,
    };
    if let (Some(on), Some(v6)) = (on, v6) {
        out.say(About::default(), Fact::Forwarding { on, v6 });
    }
    true
}

fn modules(text: &str, out: &mut Out<'_, '_>) -> bool {
    let missing = if let Some(rest) = text.strip_prefix("modprobe: FATAL: Module ") {
        Some(words::word(rest))
    } else if text.starts_with("modprobe: ERROR: could not insert ") || text.starts_with("modprobe: can't load module ")
    {
        quoted(text, '\'').or_else(|| text.split_whitespace().nth(5))
    } else if let Some(rest) = text.strip_prefix("modprobe: module ") {
        Some(words::word(rest))
    } else if let Some(rest) = text.strip_prefix("blacklist ") {
        Some(rest).filter(|module| module.contains("ppp") || module.contains("l2tp") || module.contains("pptp"))
    } else {
        None
    };
    if let Some(module) = missing {
        out.say(About::default(), Fact::ModuleMissing { module: module.trim_end_matches('.').to_owned() });
        return true;
    }
    if text.starts_with("ls: ") && text.contains("/dev/ppp") && text.contains("No such file") {
        let what = ppp::Missing::DevPpp;
        out.say(About::default(), ppp::Fact::KernelMissing { at: Party::Here, what });
        return true;
    }
    text.ends_with(" /dev/ppp") && text.starts_with('c')
}

/// The message behind "systemd[1]: ".
fn line_of_systemd(text: &str) -> &str {
    text.strip_prefix("systemd[").and_then(|rest| rest.split_once("]: ")).map_or(text, |(_, rest)| rest)
}

/// The unit that systemd could not start, or that ended by itself.
fn failing(text: &str) -> Option<&str> {
    if let Some(unit) = text.strip_prefix("Unit ") {
        let unit = unit.strip_suffix(" could not be found.").or_else(|| unit.strip_suffix(" not found."))?;
        return unit.strip_suffix(".service").or(Some(unit)).filter(|unit| !unit.contains(' '));
    }
    if let Some(rest) = text.strip_prefix("Failed to start ") {
        let (unit, _) = rest.split_once(".service: Unit ")?;
        return Some(unit).filter(|unit| !unit.contains(' '));
    }
    if let Some(rest) = text.strip_prefix("Job for ") {
        return rest.split_once(".service failed because ").map(|(unit, _)| unit);
    }
    let (unit, rest) = text.split_once(".service: ")?;
    let ended = rest.starts_with("Failed with result '") || rest.starts_with("Start request repeated too quickly");
    (ended && !unit.contains(' ')).then_some(unit)
}

impl Machine {
    /// "● xl2tpd.service - ...", "Loaded: loaded (...; enabled; ...)", "Active: inactive (dead)".
    fn service(&mut self, text: &str, out: &mut Out<'_, '_>) -> bool {
        if let Some(name) = failing(line_of_systemd(text)) {
            let name = name.to_lowercase();
            out.say(About::default(), Fact::Service { name, running: Some(false), start: None });
            return true;
        }
        if let Some(name) =
            text.trim_start_matches(['●', '○', '×', '*', ' ']).split_once(".service - ").map(|(name, _)| name)
            && !name.contains(' ')
        {
            self.unit = Some(name.to_lowercase());
            self.start = None;
            return true;
        }
        if self.unit.is_none() {
            return false;
        }
        if let Some(loaded) = text.strip_prefix("Loaded: ") {
            self.start = match between(loaded, "; ", ";").or_else(|| between(loaded, "; ", ")")) {
                Some("enabled") => Some(Start::Automatic),
                Some("static" | "indirect") => Some(Start::Demand),
                Some("disabled" | "masked") => Some(Start::Disabled),
                _ => None,
            };
            return true;
        }
        let Some(active) = text.strip_prefix("Active: ") else { return false };
        let running = match words::word(active) {
            "active" | "reloading" => Some(true),
            "inactive" | "failed" | "deactivating" => Some(false),
            _ => None,
        };
        if let Some(name) = self.unit.take() {
            out.say(About::default(), Fact::Service { name, running, start: self.start.take() });
        }
        true
    }
}
