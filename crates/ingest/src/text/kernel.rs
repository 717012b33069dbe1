//! The Linux kernel's messages: what it lacks, and what its packet filter logs.

use observe::host::Fact;
use observe::{About, SourceKind};

use super::reader::{Line, Out, Reader};
use super::words::{self, after};

/// Reads kernel messages, with a tag or in the form of dmesg.
#[derive(Default)]
pub(crate) struct Kernel;

impl Reader for Kernel {
    fn kind(&self) -> SourceKind {
        SourceKind::KernelLog
    }

    fn is_program(&self, program: &str) -> bool {
        program == "kernel"
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let stamped = line.whole.trim_start().starts_with('[') && line.at.is_none();
        let tagged = line.program.is_some_and(|program| self.is_program(program));
        if !stamped && !tagged {
            return false;
        }
        // What looks like a tag behind the time since the start is the module that speaks.
        let message = if stamped { line.whole.trim() } else { line.text };
        let text = match message.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
            Some((stamp, rest)) if stamp.trim().bytes().all(|octet| octet.is_ascii_digit() || octet == b'.') => rest,
            _ if stamped => return false,
            _ => message,
        };
        if let Some(rest) = text.strip_prefix("Linux version ") {
            out.product(&format!("Linux {}", words::word(rest)));
            out.say(About::default(), Fact::System { name: format!("Linux {}", words::word(rest)) });
        } else if text.contains(" IN=") || text.starts_with("IN=") {
            filtered(text, out);
        } else if let Some(module) = unusable(text) {
            out.say(About::default(), Fact::ModuleMissing { module: module.to_owned() });
        }
        true
    }
}

/// The module without which a VPN fails, where the kernel says that it has none, or none that fits it.
fn unusable(text: &str) -> Option<&str> {
    // The filter asks for the helper that follows PPTP through a NAT.
    if text.contains("No such helper \"pptp\"") {
        return Some("nf_conntrack_pptp");
    }
    let complains = text.contains("Unknown symbol ")
        || text.contains("disagrees about version of symbol")
        || text.contains("version magic '") && text.contains("should be")
        || text.contains("Lockdown: ") && text.contains("unsigned module")
        || text.starts_with("module ") && text.contains("not found");
    let named = text.strip_prefix("module ").unwrap_or(text).split([':', ' ']).next().unwrap_or_default();
    let needed = ["ppp", "l2tp", "pptp", "mppe", "gre", "xfrm", "esp"].iter().any(|name| named.contains(name));
    (complains && needed).then_some(named)
}

/// "[UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.1 DST=... PROTO=UDP SPT=500 DPT=500".
fn filtered(text: &str, out: &mut Out<'_, '_>) {
    let lower = text.split("IN=").next().unwrap_or_default().to_ascii_lowercase();
    if !["block", "drop", "reject", "deny", "denied", "invalid"].iter().any(|word| lower.contains(word)) {
        return;
    }
    let field = |name: &str| after(text, name).map(words::word).unwrap_or_default();
    let needed = match field("PROTO=") {
        "UDP" => matches!(field("DPT="), "500" | "4500" | "1701") || matches!(field("SPT="), "500" | "4500" | "1701"),
        "TCP" => field("DPT=") == "1723" || field("SPT=") == "1723",
        "ESP" | "GRE" | "50" | "47" => true,
        _ => false,
    };
    if needed || field(" IN=").starts_with("ppp") || field(" OUT=").starts_with("ppp") || text.starts_with("IN=ppp") {
        let peer = words::host(field("SRC="));
        out.say(About { peer, ..About::default() }, Fact::FilterDrops { rule: text.chars().take(200).collect() });
    }
}
