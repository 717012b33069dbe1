//! Files of settings of the daemons of a VPN, whole or in pieces: what in them cannot work, whoever wrote it.
//!
//! Only contradictions are said. Whether a setting fits the other end stands in no file of one end.

use std::net::Ipv4Addr;

use observe::host::{Fact, Flaw};
use observe::{About, SourceKind};

use super::reader::{Line, Out, Reader};

/// Reads ipsec.conf, swanctl.conf, xl2tpd.conf and options of pppd. It takes no line: whoever else understands one may have it.
#[derive(Default)]
pub(crate) struct Settings {
    section: Section,
    /// Methods of authentication that are refused and demanded in one block of pppd's options.
    refused: Vec<&'static str>,
    required: Vec<&'static str>,
}

/// The section whose lines are read.
#[derive(Default)]
struct Section {
    /// `conn NAME`, or a connection of swanctl.conf.
    connection: bool,
    /// `[lns ...]` of xl2tpd.conf.
    lns: bool,
    /// Its selectors are those of L2TP.
    l2tp: bool,
    tunnel_mode: Option<Kept>,
    ikev2: Option<Kept>,
    local: Option<Ipv4Addr>,
    range: Option<(Ipv4Addr, Ipv4Addr)>,
}

/// A line to come back to.
struct Kept {
    line: u64,
    text: String,
}

/// Methods of pppd that can be refused and required.
const METHODS: [&str; 5] = ["pap", "chap", "mschap", "mschap-v2", "eap"];

impl Reader for Settings {
    fn kind(&self) -> SourceKind {
        SourceKind::Profile
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        if line.at.is_some() || line.program.is_some() {
            return false;
        }
        let whole = line.whole.trim();
        if whole.is_empty() || whole.starts_with(['#', ';']) {
            return false;
        }
        if self.begins(whole, out) {
            return false;
        }
        match whole.split_once('=') {
            Some((name, value)) => self.setting(name.trim(), value.trim(), whole, out),
            None => self.option(whole, out),
        }
        false
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.end(out);
    }
}

impl Settings {
    /// A line with which a section begins.
    fn begins(&mut self, text: &str, out: &mut Out<'_, '_>) -> bool {
        let connection = text.strip_prefix("conn ").is_some_and(|name| !name.trim().contains(' '));
        let lns = text.starts_with("[lns") && text.ends_with(']');
        let other = text.starts_with('[') && text.ends_with(']') || text == "config setup" || text == "connections {";
        if !connection && !lns && !other {
            return false;
        }
        self.end(out);
        self.section.connection = connection || text == "connections {";
        self.section.lns = lns;
        true
    }

    /// `name = value`.
    fn setting(&mut self, name: &str, value: &str, whole: &str, out: &mut Out<'_, '_>) {
        if value.contains(['\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}'])
            && (self.section.connection || self.section.lns)
        {
            wrong("ipsec.conf, xl2tpd.conf", Flaw::QuotationMarks, out);
        }
        let section = &mut self.section;
        let kept = || Kept { line: out.number(), text: whole.to_owned() };
        match name {
            "leftprotoport" | "rightprotoport" | "local_ts" | "remote_ts" if section.connection => {
                section.l2tp |= value.contains("1701") || value.contains("l2tp") || value.contains("l2f");
            }
            "type" if section.connection && value == "tunnel" => section.tunnel_mode = Some(kept()),
            "mode" if section.connection && value == "tunnel" => section.tunnel_mode = Some(kept()),
            "ikev2" if section.connection && matches!(value, "insist" | "yes") => section.ikev2 = Some(kept()),
            "keyexchange" if section.connection && value == "ikev2" => section.ikev2 = Some(kept()),
            "version" if section.connection && value == "2" => section.ikev2 = Some(kept()),
            "local ip" if section.lns => section.local = value.parse().ok(),
            "ip range" if section.lns => section.range = range(value),
            _ => return,
        }
        if let (Some(local), Some((first, last))) = (section.local, section.range)
            && (first..=last).contains(&local)
        {
            section.range = None;
            wrong("xl2tpd.conf", Flaw::OwnAddress, out);
        } else if let Some((first, last)) = section.range
            && first > last
        {
            section.range = None;
            wrong("xl2tpd.conf", Flaw::RangeReversed, out);
        }
    }

    /// An option of pppd, alone on its line.
    fn option(&mut self, text: &str, out: &mut Out<'_, '_>) {
        let method = |prefix: &str| METHODS.into_iter().find(|method| text.strip_prefix(prefix) == Some(method));
        if let Some(refused) = method("refuse-") {
            self.refused.push(refused);
        } else if let Some(required) = method("require-") {
            self.required.push(required);
        } else {
            return;
        }
        if let Some(both) = self.refused.iter().find(|method| self.required.contains(method)) {
            wrong("pppd", Flaw::Contradiction((*both).to_owned()), out);
            self.refused.clear();
            self.required.clear();
        } else if METHODS.iter().all(|method| self.refused.contains(method)) {
            wrong("pppd", Flaw::NoMethod, out);
            self.refused.clear();
        }
    }

    /// The section is over: what only the whole of it tells.
    fn end(&mut self, out: &mut Out<'_, '_>) {
        let section = std::mem::take(&mut self.section);
        self.refused.clear();
        self.required.clear();
        if !section.l2tp {
            return;
        }
        let needs = [(section.tunnel_mode, Flaw::TunnelMode), (section.ikev2, Flaw::Ikev2)];
        for (kept, flaw) in needs {
            let Some(Kept { line, text }) = kept else { continue };
            let fact = Fact::SettingWrong { program: "ipsec.conf".to_owned(), flaw };
            out.say_of(None, line, &text, About::default(), fact);
        }
    }
}

fn wrong(program: &str, flaw: Flaw, out: &mut Out<'_, '_>) {
    out.say(About::default(), Fact::SettingWrong { program: program.to_owned(), flaw });
}

/// "192.168.42.10-192.168.42.250", of several the first.
fn range(value: &str) -> Option<(Ipv4Addr, Ipv4Addr)> {
    let (first, last) = value.split(',').next()?.split_once('-')?;
    Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use observe::{Fact as Seen, Spot, Timeline};

    use super::*;

    fn wrong(text: &str) -> Vec<(Spot, Flaw)> {
        let mut timeline = Timeline::new();
        crate::read("file", text.as_bytes(), &crate::Settings::default(), &mut timeline, &mut |_| {}).unwrap();
        let said = timeline.observations().iter().filter_map(|seen| match &seen.fact {
            Seen::Host(Fact::SettingWrong { flaw, .. }) => Some((seen.place.spot, flaw.clone())),
            _ => None,
        });
        said.collect()
    }

    #[test]
    fn a_connection_for_l2tp_in_tunnel_mode_or_by_ikev2_cannot_work_for_clients() {
        let conn =
            "conn l2tp-psk\n  leftprotoport=17/1701\n  rightprotoport=17/%any\n  type=transport\n  keyexchange=ikev1\n";
        assert_eq!(wrong(conn), []);
        let tunnel = wrong(&conn.replace("transport", "tunnel"));
        assert_eq!(tunnel.first().map(|(spot, _)| *spot), Some(Spot::Line(4)));
        assert_eq!(wrong(&conn.replace("keyexchange=ikev1", "keyexchange=ikev2")).len(), 1);
        assert_eq!(wrong("conn site\n  type=tunnel\n  keyexchange=ikev2\n  leftsubnet=10.0.0.0/8\n"), []);
    }

    #[test]
    fn a_range_that_holds_the_servers_own_address_or_is_reversed_is_wrong() {
        let lns = |local: &str, range: &str| wrong(&format!("[lns default]\nip range = {range}\nlocal ip = {local}\n"));
        assert_eq!(lns("192.168.42.1", "192.168.42.10-192.168.42.250"), []);
        assert_eq!(lns("192.168.42.10", "192.168.42.10-192.168.42.250").len(), 1);
        assert_eq!(lns("192.168.42.1", "192.168.42.250-192.168.42.10").len(), 1);
    }

    #[test]
    fn options_that_leave_no_method_of_authentication_contradict_one_another() {
        assert_eq!(wrong("refuse-pap\nrefuse-chap\nrefuse-mschap\nrequire-mschap-v2\n"), []);
        assert_eq!(wrong("require-mschap-v2\nrefuse-mschap-v2\n").len(), 1);
        assert_eq!(wrong("refuse-pap\nrefuse-chap\nrefuse-mschap\nrefuse-mschap-v2\nrefuse-eap\n").len(), 1);
    }
}
