//! NetworkManager and its plugins for L2TP and PPTP.

use observe::{About, Party, Role, SourceKind, host, ppp};

use super::reader::{Line, Out, Reader};
use super::words::after;

/// Reads what NetworkManager says of VPNs; what it passes on of other programs the dispatcher hands to those.
#[derive(Default)]
pub(crate) struct NetworkManager;

impl Reader for NetworkManager {
    fn kind(&self) -> SourceKind {
        SourceKind::Syslog
    }

    fn is_program(&self, program: &str) -> bool {
        matches!(program, "NetworkManager" | "nm-l2tp-service" | "nm-pptp-service" | "nm-l2tp-pppd-plugin")
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let own = line.text.starts_with("nm-l2tp[") || line.text.starts_with("nm-pptp[");
        let tagged = own || line.program.is_some_and(|program| self.is_program(program));
        let text = line.text;
        let program = || "NetworkManager".to_owned();
        if text.contains("Can't bind to port 1701") || text.contains("ort 1701 is busy") {
            out.is(Role::Client, 10);
            out.say(About::default(), host::Fact::PortBusy { port: Some(1701), tcp: false, program: program() });
        } else if !tagged {
            return false;
        } else if text.contains("Could not find the ipsec binary")
            || text.contains("Could not find the xl2tpd")
            || text.contains("Could not find kl2tpd")
            || text.contains("Could not find pppd")
            || text.contains("Could not restart the ipsec service")
            || text.contains("Could not start the ipsec service")
            || text.contains("Could not write ")
        {
            out.is(Role::Client, 10);
            out.say(About::default(), host::Fact::ConfigurationError { program: program(), said: text.to_owned() });
        } else if text.contains("VPN plugin: failed: ") || text.contains("VPN plugin: requested") {
            out.is(Role::Client, 5);
            if after(text, "failed: ").is_some_and(|why| why.starts_with("login-failed")) {
                out.say(
                    About::default(),
                    ppp::Fact::AuthenticationFailed { at: Party::There, method: None, code: None, reason: None },
                );
            }
        } else if text.contains("nm-l2tp")
            || text.contains("nm-pptp")
            || text.contains("vpn-connection[")
            || text.contains("vpn[")
        {
            out.is(Role::Client, 3);
        }
        true
    }
}
