//! racoon's words, which ipsec-tools, macOS and iOS, and in good part RouterOS use.

use std::net::SocketAddr;

use observe::ike::{CertificateProblem, Exchange, Fact, Message, Phase};
use observe::{About, Party, Role};

use super::reader::Out;
use super::words::{self, between};

/// What is known of the negotiation, from line to line.
#[derive(Clone, Default)]
pub(crate) struct Racoon {
    role: Option<Role>,
    peer: Option<SocketAddr>,
    /// How many phases 1 began.
    attempts: u32,
    port_4500: bool,
}

impl Racoon {
    /// Whom a line is about.
    pub(crate) fn about(&self) -> About {
        let mut about = About {
            attempt: Some(format!("phase 1 {}", self.attempts)).filter(|_| self.attempts > 0),
            ..About::default()
        };
        match self.role {
            Some(Role::Client) => about.server = self.peer,
            Some(Role::Server) => about.client = self.peer,
            None => about.peer = self.peer,
        }
        about
    }

    fn message(&self, from: Party, exchange: Exchange, repeated: bool, out: &mut Out<'_, '_>) {
        let port_4500 = self.port_4500;
        let message = Message { from, exchange, id: 0, cookies: None, port_4500, repeated, octets: None };
        out.say(self.about(), Fact::Message(message));
    }

    /// Reads a message; true when it is known.
    pub(crate) fn read(&mut self, text: &str, out: &mut Out<'_, '_>) -> bool {
        let levels = ["ERROR: ", "INFO: ", "NOTIFY: ", "WARNING: ", "DEBUG: "];
        let text = levels.iter().find_map(|level| text.strip_prefix(level)).unwrap_or(text);
        if let Some((_, peer)) = text.split_once("<=>") {
            self.peer = words::socket(words::word(peer));
        }
        self.exchanges(text, out) || self.outcomes(text, out)
    }

    fn exchanges(&mut self, text: &str, out: &mut Out<'_, '_>) -> bool {
        let begins = if text.starts_with("initiate new phase 1")
            || text.starts_with("IPSec Phase 1 started (Initiated by me)")
            || text.starts_with("IPSec Phase1 started (Initiated by me)")
        {
            Some(Role::Client)
        } else if text.starts_with("respond new phase 1")
            || text.starts_with("IPSec Phase 1 started (Initiated by peer)")
            || text.starts_with("IPSec Phase1 started (Initiated by peer)")
        {
            Some(Role::Server)
        } else {
            None
        };
        if let Some(role) = begins {
            out.is(role, 10);
            self.role = Some(role);
            self.attempts += 1;
            self.port_4500 = text.contains("[4500]");
            let from = if role == Role::Client { Party::Here } else { Party::There };
            let exchange = if text.contains("ggressive") { Exchange::AggressiveMode(1) } else { Exchange::MainMode(1) };
            self.message(from, exchange, false, out);
            return true;
        }
        if text.starts_with("initiate new phase 2")
            || text.starts_with("IPSec Phase 2 started (Initiated by me)")
            || text.starts_with("IPSec Phase2 started (Initiated by me)")
        {
            self.message(Party::Here, Exchange::QuickMode(1), false, out);
        } else if text.starts_with("respond new phase 2")
            || text.starts_with("IPSec Phase 2 started (Initiated by peer)")
            || text.starts_with("IPSec Phase2 started (Initiated by peer)")
        {
            self.message(Party::There, Exchange::QuickMode(1), false, out);
        } else if let Some(rest) = text.strip_prefix("IKE Packet: ") {
            // "transmit success. (Initiator, Main-Mode message 1)."
            let from = if rest.starts_with("transmit") { Party::Here } else { Party::There };
            let Some(number) = words::number_after(rest, "essage ").and_then(|number| u8::try_from(number).ok()) else {
                return true;
            };
            let exchange = if rest.contains("Main-Mode") {
                Exchange::MainMode(number)
            } else if rest.contains("Aggressive-Mode") {
                Exchange::AggressiveMode(number)
            } else if rest.contains("Quick-Mode") {
                Exchange::QuickMode(number)
            } else {
                Exchange::Informational
            };
            if rest.contains(" failed") {
                out.say(self.about(), Fact::Undecryptable { at: Party::Here });
            } else {
                self.message(from, exchange, false, out);
            }
        } else if text.starts_with("the packet is retransmitted by ") {
            let message = Exchange::Other;
            out.say(self.about(), Fact::Repeated { by: Party::There, message });
        } else if text.starts_with("resent phase1 packet")
            || text.starts_with("resend phase1 packet")
            || text.starts_with("resent phase2 packet")
            || text.starts_with("resend phase2 packet")
        {
            let message = if text.contains("phase1") { Exchange::MainMode(0) } else { Exchange::QuickMode(0) };
            out.say(self.about(), Fact::Repeated { by: Party::Here, message });
        } else if let Some(name) = text.strip_prefix("received Vendor ID: ").or(text.strip_prefix("Vendor ID: ")) {
            out.say(self.about(), Fact::Vendor { from: Party::There, name: name.trim().to_owned() });
        } else {
            return text.starts_with("sent phase1 packet")
                || text.starts_with("sent phase2 packet")
                || text.starts_with("queued due to no phase1 found")
                || text.starts_with("Adding remote and local NAT-D")
                || text.starts_with("Hashing ")
                || text.starts_with("KA list add")
                || text.starts_with("IPsec-SA request for");
        }
        true
    }

    /// How far main mode came that is given up: "10.0.0.2[500]<=>192.0.2.1[500] 9f3a7c6a5d8f9a1b:0000000000000000". Without the
    /// responder's cookie nothing ever came from it. With it, it is most often the message that needs the key that stays without
    /// an answer; who responds does not show it.
    fn sent_last(&self, text: &str) -> Option<Exchange> {
        let (initiator, responder) = text.rsplit([' ', '=']).next()?.split_once(':')?;
        let is_cookie = |cookie: &str| cookie.len() == 16 && cookie.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_cookie(initiator) || !is_cookie(responder) {
            return None;
        }
        let answered = responder.bytes().any(|byte| byte != b'0');
        match self.role {
            _ if !answered => Some(Exchange::MainMode(1)),
            Some(Role::Server) => None,
            _ => Some(Exchange::MainMode(5)),
        }
    }

    fn outcomes(&mut self, text: &str, out: &mut Out<'_, '_>) -> bool {
        let at = Party::Here;
        let fact = if text.starts_with("ISAKMP-SA established")
            || text.starts_with("IPSec Phase 1 established")
            || text.starts_with("IPSec Phase1 established")
        {
            self.port_4500 |= text.contains("[4500]");
            Fact::Phase1Up { certificate: None }
        } else if text.starts_with("IPsec-SA established")
            || text.starts_with("IPSec Phase 2 established")
            || text.starts_with("IPSec Phase2 established")
        {
            let encapsulated = (text.contains("[4500]") || text.contains("UDP")).then_some(true);
            Fact::Phase2Up {
                encapsulated,
                transport: text.contains("Transport").then_some(true),
                suite: None,
                spis: None,
            }
        } else if let Some(result) = text.strip_prefix("NAT detected: ") {
            let (here, there) = (result.contains("ME"), result.contains("PEER"));
            let Some(role) = self.role else { return true };
            let (client, server) = if role == Role::Client { (here, there) } else { (there, here) };
            Fact::Nat { client: Some(client), server: Some(server), forced: false }
        } else if text.starts_with("NAT not detected") {
            Fact::Nat { client: Some(false), server: Some(false), forced: false }
        } else if text.contains("phase1 negotiation failed due to time up")
            || text.contains("phase 1 negotiation failed due to time up")
            || text.contains("phase1 negotiation failed due to send error")
        {
            let after = self.sent_last(text);
            if after == Some(Exchange::MainMode(1)) {
                out.is(Role::Client, 5);
            }
            Fact::GaveUp { by: at, after }
        } else if text.contains("phase2 negotiation failed due to time up")
            || text.contains("give up to get IPsec-SA due to time up")
        {
            Fact::GaveUp { by: at, after: Some(Exchange::QuickMode(1)) }
        } else if text.contains("no suitable proposal found") || text.contains("failed to get valid proposal") {
            Fact::NoCommonSuite { phase: Phase::One, at }
        } else if text.contains("failed to pre-process ph2 packet")
            || text.contains("no policy found:") && text.contains("ph2")
            || text.contains("not matched") && text.contains("proposal")
        {
            Fact::NoCommonSuite { phase: Phase::Two, at }
        } else if text.contains("failed to get sainfo")
            || text.contains("no template matches")
            || text.contains("no policy found")
        {
            Fact::SelectorsRefused { at, asked: None }
        } else if text.contains("possible cause: wrong password")
            || text.contains("malformed payload")
            || text.contains("invalid length of payload")
            || text.contains("failed to decrypt")
        {
            Fact::Undecryptable { at }
        } else if text.contains("HASH mismatched")
            || text.contains("hash mismatched")
            || text.contains("mismatched hash")
        {
            Fact::HashWrong { at }
        } else if text.contains("couldn't find the pskey")
            || text.contains("couldn't find the proper pskey") && text.contains("failed")
            || text.contains("no pre-shared key")
            || text.contains("couldn't find pre-shared key")
        {
            Fact::NoSharedKey { at }
        } else if text.contains("mismatched ID was returned")
            || text.contains("ID mismatch")
            || text.contains("identity mismatch")
            || text.contains("peer's ID is not")
            || text.contains("not matched peer ID")
        {
            Fact::IdentityRefused { at, expected: None, got: None }
        } else if text.contains("couldn't find configuration")
            || text.contains("no peer config")
            || text.contains("rejected: no configuration")
            || text.contains("can't start the quick mode, there is no ISAKMP-SA")
        {
            Fact::NoConnection { at, asked: text.to_owned() }
        } else if text.contains("not acceptable") && text.contains("mode") {
            Fact::ModeRefused { at, mode: text.to_owned() }
        } else if text.contains("dpd failure")
            || text.contains("seems to be dead")
            || text.starts_with("DPD: ") && text.contains("timeout")
        {
            Fact::PeerDead { at }
        } else if text.contains("fatal NO-PROPOSAL-CHOSEN notify")
            || text.contains("received NO-PROPOSAL-CHOSEN")
            || text.contains("notification NO-PROPOSAL-CHOSEN")
        {
            let kind = wire::isakmp::NotifyType::NO_PROPOSAL_CHOSEN;
            Fact::Notify { from: Party::There, kind, phase: None, protected: false }
        } else if text.contains("fatal INVALID-ID-INFORMATION notify")
            || text.contains("received INVALID-ID-INFORMATION")
        {
            let kind = wire::isakmp::NotifyType::INVALID_ID_INFORMATION;
            Fact::Notify { from: Party::There, kind, phase: None, protected: false }
        } else if text.contains("certificate has expired") {
            Fact::Certificate { at, of: Some(Party::There), problem: CertificateProblem::Expired }
        } else if text.contains("unable to get local issuer certificate") || text.contains("self signed certificate") {
            Fact::Certificate { at, of: Some(Party::There), problem: CertificateProblem::Untrusted }
        } else if text.contains("unable to get certificate CRL") {
            return true;
        } else if text.starts_with("purging ISAKMP-SA")
            || text.starts_with("ISAKMP-SA deleted")
            || text.starts_with("killing ike2 SA")
        {
            Fact::Deleted { by: at, phase: Phase::One, traffic: None }
        } else {
            return text.starts_with("purged IPsec-SA") || text.starts_with("deleting IPsec-SA");
        };
        if self.peer.is_none() {
            self.peer = between(text, "established ", " ")
                .and_then(|ends| ends.split_once("]-"))
                .and_then(|(_, peer)| words::socket(peer));
        }
        out.say(self.about(), fact);
        true
    }
}
