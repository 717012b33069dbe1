//! `rasphone.pbk`: the connections of the dialer.

use observe::host::{self, Profile};
use observe::ppp::Method;

use super::Said;

#[derive(Default)]
pub(super) struct Profiles {
    /// The connection whose lines follow, with the line of its name.
    current: Option<(u64, Profile)>,
    /// Whether its lines show that it is one.
    sure: bool,
}

impl Profiles {
    pub(super) fn line(&mut self, number: u64, line: &str, said: &mut Vec<Said>) -> bool {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            self.end(said);
            let name = name.chars().take(256).collect();
            self.current = Some((number, Profile { name, ..Profile::default() }));
            return false;
        }
        let Some((_, profile)) = &mut self.current else { return false };
        let Some((key, value)) = line.split_once('=').filter(|(key, _)| !key.contains(char::is_whitespace)) else {
            return false;
        };
        let number: Option<u32> = value.trim().parse().ok();
        if let ("PBVersion" | "UseRasCredentials" | "IpPrioritizeRemote" | "AuthRestrictions", Some(_)) = (key, number)
        {
            self.sure = true
        }
        match (key, number) {
            ("VpnStrategy", Some(strategy)) => profile.tunnel = tunnel(strategy).to_owned(),
            ("PhoneNumber", _) if profile.server.is_empty() => {
                profile.server = value.trim().chars().take(256).collect()
            }
            ("IpPrioritizeRemote", Some(all)) => profile.split_tunnel = Some(all == 0),
            ("DataEncryption", Some(level)) => profile.encryption = encryption(level).to_owned(),
            ("AuthRestrictions", Some(bits)) => profile.methods = methods(bits),
            _ => {}
        }
        self.sure
    }

    pub(super) fn end(&mut self, said: &mut Vec<Said>) {
        let current = self.current.take();
        if let Some((line, profile)) = current.filter(|_| self.sure) {
            let text = format!("[{}] VpnStrategy {}, PhoneNumber {}", profile.name, profile.tunnel, profile.server);
            said.push(Said::new(line, &text, host::Fact::Profile(profile)));
        }
        self.sure = false;
    }
}

/// `dwVpnStrategy` of RASENTRY.
fn tunnel(strategy: u32) -> &'static str {
    match strategy {
        1 => "Pptp",
        2 => "Pptp, then L2tp",
        3 => "L2tp",
        4 => "L2tp, then Pptp",
        5 => "Sstp",
        6 => "Sstp, then others",
        7 => "Ikev2",
        8 => "Ikev2, then others",
        _ => "Automatic",
    }
}

fn encryption(level: u32) -> &'static str {
    match level {
        0 => "NoEncryption",
        0x100 => "Required",
        0x200 => "Maximum",
        _ => "Optional",
    }
}

fn methods(bits: u32) -> Vec<Method> {
    const BITS: &[(u32, Method)] = &[
        (0x8, Method::Pap),
        (0x20, Method::Chap),
        (0x40, Method::MsChapV1),
        (0x200, Method::MsChapV2),
        (0x80, Method::Eap(None)),
    ];
    BITS.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, method)| *method).collect()
}
