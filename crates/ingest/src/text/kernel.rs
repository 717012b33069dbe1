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
        // The tag's message still has the time since the start in front.
        let text = match line.text.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
            Some((stamp, rest)) if stamp.trim().bytes().all(|octet| octet.is_ascii_digit() || octet == b'.') => rest,
            _ => line.text,
        };
        if stamped && text.len() == line.whole.trim().len() {
            return false;
        }
        if let Some(rest) = text.strip_prefix("Linux version ") {
            out.product(&format!("Linux {}", words::word(rest)));
            out.say(About::default(), Fact::System { name: format!("Linux {}", words::word(rest)) });
        } else if text.contains(" IN=") || text.starts_with("IN=") {
            filtered(text, out);
        } else if text.contains("Unknown symbol ") || text.starts_with("module ") && text.contains("not found") {
            let module = text.split([':', ' ']).next().unwrap_or_default();
            if ["ppp", "l2tp", "pptp", "mppe", "gre", "xfrm", "esp"].iter().any(|name| module.contains(name)) {
                out.say(About::default(), Fact::ModuleMissing { module: module.to_owned() });
            }
        }
        true
    }
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
