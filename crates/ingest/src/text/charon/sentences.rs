//! What charon says in sentences, by its groups IKE, CFG, CHD, KNL and the like: what was agreed on, what was refused, what is up.

use observe::ike::{CertificateProblem, Exchange, Fact, Phase};
use observe::{About, Party, Role, esp, host, network, ppp};

use super::super::reader::Out;
use super::super::words::{self, after, between, quoted};
use super::{Charon, Sa, about_peer, complain, names, sa_number};

impl Charon {
    /// Everything else that charon says.
    pub(super) fn say(&mut self, thread: u32, text: &str, out: &mut Out<'_, '_>) {
        if let Some(rest) = text.strip_prefix("initiating ") {
            return self.initiating(thread, rest, out);
        }
        if text.contains(" is initiating a") {
            out.is(Role::Server, 10);
            let peer = words::host(words::word(text));
            let state = self.threads.entry(thread).or_default();
            state.peer = state.peer.or(peer);
            self.sa(thread).role = Some(Role::Server);
            return;
        }
        if self.negotiation(thread, text, out)
            || self.established(thread, text, out)
            || self.certificates(thread, text, out)
        {
            return;
        }
        self.machine(thread, text, out);
    }

    fn initiating(&mut self, thread: u32, text: &str, out: &mut Out<'_, '_>) {
        if !text.contains("IKE_SA ") {
            return;
        }
        out.is(Role::Client, 10);
        if let Some(number) = sa_number(text) {
            self.enter(thread, number);
        }
        let peer = text.rsplit_once(" to ").and_then(|(_, peer)| words::host(words::word(peer)));
        let state = self.threads.entry(thread).or_default();
        state.peer = peer;
        let sa = self.sa(thread);
        *sa = Sa { role: Some(Role::Client), peer, ..Sa::default() };
    }

    /// Proposals, keys, identities, selectors, silence.
    fn negotiation(&mut self, thread: u32, text: &str, out: &mut Out<'_, '_>) -> bool {
        let at = Party::Here;
        let fact = if let Some(list) = text.strip_prefix("received proposals: ") {
            let Some((phase, suites)) = names::proposals(list) else { return true };
            self.sa(thread).phase = Some(phase);
            Fact::Offered { phase, from: Party::There, suites }
        } else if let Some(list) = text.strip_prefix("configured proposals: ") {
            let Some((phase, suites)) = names::proposals(list) else { return true };
            self.sa(thread).phase = Some(phase);
            Fact::Accepts { phase, at, suites }
        } else if let Some(proposal) = text.strip_prefix("selected proposal: ") {
            let Some((phase, suites)) = names::proposals(proposal) else { return true };
            let Some(suite) = suites.into_iter().next() else { return true };
            let sa = self.sa(thread);
            sa.phase = None;
            sa.suite = Some(suite.clone()).filter(|_| phase == Phase::Two);
            if phase == Phase::One {
                sa.chosen = Some(suite.clone());
            }
            Fact::Chosen { phase, suite }
        } else if text.starts_with("no matching proposal found")
            || text.starts_with("no acceptable proposal found")
            || text.starts_with("no proposal found")
            || text.starts_with("received proposals unacceptable")
        {
            if text.contains("trying alternative") {
                return true;
            }
            let sa = self.sa(thread);
            let phase = sa.phase.unwrap_or(if sa.established { Phase::Two } else { Phase::One });
            Fact::NoCommonSuite { phase, at }
        } else if text.starts_with("received ") && (text.ends_with(" error notify") || text.contains(" notify error")) {
            let Some(kind) = names::notify(text.split(' ').nth(1).unwrap_or_default()) else { return true };
            let state = self.threads.entry(thread).or_default();
            if state.notified.contains(&kind) {
                return true;
            }
            let established = self.sa(thread).established;
            let phase = Some(if established { Phase::Two } else { Phase::One });
            Fact::Notify { from: Party::There, kind, phase, protected: established }
        } else if let Some(name) = text.strip_prefix("received ").and_then(|rest| rest.strip_suffix(" vendor ID")) {
            Fact::Vendor { from: Party::There, name: name.trim_end_matches("\\n").to_owned() }
        } else if text.starts_with("no IKE config found for ") || text.starts_with("no IKE config matches") {
            let version = match self.sa(thread).received {
                Some(Exchange::SaInit { .. }) => "IKEv2",
                Some(Exchange::AggressiveMode(_)) => "IKEv1 aggressive mode",
                Some(Exchange::MainMode(_)) => "IKEv1 main mode",
                _ => "IKE",
            };
            let asked = between(text, "found for ", ", sending").unwrap_or_default();
            Fact::NoConnection { at, asked: format!("{version} {asked}").trim_end().to_owned() }
        } else if let Some(rest) = text.strip_prefix("looking for ").and_then(|rest| after(rest, " matching ")) {
            // "A...B[ID]": that the identity could be read shows that the keys are the same.
            let Some(identity) = rest.rsplit_once('[').and_then(|(_, id)| id.strip_suffix(']')) else { return true };
            self.sa(thread).asked = Some(identity.to_owned());
            Fact::Identity { of: Party::There, identity: identity.to_owned() }
        } else if text.starts_with("no peer config found") || text.starts_with("no matching peer config found") {
            let got = self.sa(thread).asked.clone();
            Fact::IdentityRefused { at, expected: None, got }
        } else if text.starts_with("found ") && text.contains(" but none allows ") {
            let mode = after(text, "but none allows ").unwrap_or_default().to_owned();
            Fact::ModeRefused { at, mode }
        } else if text.contains("i_dont_care_about_security_and_use_aggressive_mode_psk")
            || text.starts_with("Aggressive Mode PSK disabled")
        {
            Fact::ModeRefused { at, mode: "pre-shared key authentication using Aggressive Mode".to_owned() }
        } else if let Some(rest) = text.strip_prefix("IDir ").and_then(|rest| rest.split_once(" does not match to ")) {
            let name = |text: &str| Some(text.trim_matches('\'').to_owned());
            Fact::IdentityRefused { at, expected: name(rest.1), got: name(rest.0) }
        } else if let Some((got, expected)) =
            text.strip_prefix("received IDr ").and_then(|rest| rest.split_once(", but require "))
        {
            let name = |text: &str| Some(text.trim_matches('\'').to_owned());
            Fact::IdentityRefused { at, expected: name(expected), got: name(got) }
        } else if text.starts_with("no shared key found for ") {
            Fact::NoSharedKey { at }
        } else if text.starts_with("calculated HASH does not match")
            || text.starts_with("received HASH payload does not match")
            || text.ends_with("but MAC mismatched")
            || text.starts_with("verification of AUTH payload")
        {
            Fact::HashWrong { at }
        } else if text.starts_with("could not decrypt payloads") || text.starts_with("integrity check failed") {
            let state = self.threads.entry(thread).or_default();
            if std::mem::replace(&mut state.undecryptable, true) {
                return true;
            }
            Fact::Undecryptable { at }
        } else if let Some(asked) = text
            .strip_prefix("no matching CHILD_SA config found for ")
            .or(text.strip_prefix("traffic selectors ").and_then(|rest| rest.strip_suffix(" unacceptable")))
        {
            Fact::SelectorsRefused { at, asked: Some(asked.to_owned()) }
        } else if text.starts_with("no acceptable traffic selectors found") {
            Fact::SelectorsRefused { at, asked: None }
        } else if text.starts_with("DH group ") && text.contains(" unacceptable, requesting ")
            || text.starts_with("peer didn't accept DH group ")
        {
            // Both go on with the other group.
            return true;
        } else if text.starts_with("a DH group is mandatory in ") || text.contains("PFS required") {
            Fact::PfsRefused { at }
        } else if (text.contains("DH group ") || text.contains("algorithm ")) && text.ends_with(" not supported")
            || text.ends_with(" not supported!")
            || text.starts_with("skipped invalid proposal string: ")
            || text.starts_with("algorithm '") && text.ends_with("' not recognized")
        {
            let name = quoted(text, '\'').map(str::to_owned).unwrap_or_else(|| algorithm(text));
            Fact::SuiteUnsupported { at, name }
        } else if let Some(rest) = text.strip_prefix("sending retransmit ") {
            let sa = self.sa(thread);
            let message = sa.sent.unwrap_or(Exchange::Other);
            let _ = rest;
            Fact::Repeated { by: at, message }
        } else if text.starts_with("received retransmit of ") {
            let message = self.sa(thread).received.unwrap_or(Exchange::Other);
            Fact::Repeated { by: Party::There, message }
        } else if text.starts_with("DPD check timed out") {
            // Only an established peer is checked, even where the beginning of its log is lost.
            Fact::PeerDead { at }
        } else if text.starts_with("giving up after ") || text.starts_with("peer not responding, trying again") {
            let sa = self.sa(thread);
            // A first quick mode without an answer is a beginning that failed, and no end.
            let asking = matches!(sa.sent, Some(Exchange::QuickMode(_))) && !sa.carried;
            if sa.established && !asking { Fact::PeerDead { at } } else { Fact::GaveUp { by: at, after: sa.sent } }
        } else if text.starts_with("deleting half open IKE_SA with ") {
            let about = about_peer(between(text, "IKE_SA with ", " after"));
            out.say(about, Fact::HalfOpenExpired { at });
            return true;
        } else if text.contains(" due to uniqueness policy")
            || text.starts_with("destroying duplicate IKE_SA for peer ")
        {
            Fact::Displaced { at }
        } else if text.starts_with("ignoring IKE_SA setup from ")
            || text.contains(", hitting IKE_SA limit")
            || text.starts_with("abort IKE_SA initiation, ")
        {
            out.say(about_peer(between(text, " from ", ",")), Fact::Limited { at });
            return true;
        } else if text.starts_with("rekeying ") && text.contains(" failed")
            || text.starts_with("CHILD_SA rekeying failed")
            || text.starts_with("IKE_SA rekeying failed")
        {
            Fact::RekeyFailed { at }
        } else {
            return false;
        };
        out.say(self.about(thread), fact);
        true
    }

    /// What is up, and what is taken down.
    fn established(&mut self, thread: u32, text: &str, out: &mut Out<'_, '_>) -> bool {
        if text.starts_with("IKE_SA ") && text.contains(" established between ") {
            if let Some(number) = sa_number(text) {
                self.enter(thread, number);
            }
            let identity = text.rsplit_once("...").and_then(|(_, peer)| between(peer, "[", "]")).map(str::to_owned);
            let peer = text.rsplit_once("...").and_then(|(_, peer)| peer.split('[').next()).and_then(words::host);
            let state = self.threads.entry(thread).or_default();
            state.peer = state.peer.filter(|known| peer.is_none_or(|peer| peer.ip() == known.ip())).or(peer);
            let sa = self.sa(thread);
            sa.established = true;
            let certificate = sa.certificate;
            let (here, there) = (sa.nat_here, sa.nat_there);
            let nat = sa.role.filter(|_| sa.nat_detection || here || there).map(|role| match role {
                Role::Client => (here, there),
                Role::Server => (there, here),
            });
            let about = self.about(thread);
            if let Some(identity) = identity {
                out.say(about.clone(), Fact::Identity { of: Party::There, identity });
            }
            if let Some((client, server)) = nat {
                out.say(about.clone(), Fact::Nat { client: Some(client), server: Some(server), forced: false });
            }
            out.say(about, Fact::Phase1Up { certificate });
        } else if text.starts_with("local host is behind NAT") || text.starts_with("remote host is behind NAT") {
            let here = text.starts_with("local");
            let sa = self.sa(thread);
            sa.nat_here |= here;
            sa.nat_there |= !here;
            let client = match sa.role {
                Some(role) => (role == Role::Client) == here,
                None => return true,
            };
            let (client, server) = if client { (Some(true), None) } else { (None, Some(true)) };
            out.say(self.about(thread), Fact::Nat { client, server, forced: false });
        } else if text.starts_with("faking NAT situation") {
            out.say(self.about(thread), Fact::Nat { client: None, server: None, forced: true });
        } else if text.contains("CHILD_SA ") && text.contains(" established with SPIs ") {
            let sa = self.sa(thread);
            let encapsulated =
                Some(sa.port_4500 || sa.nat_here || sa.nat_there).filter(|known| *known || sa.nat_detection);
            let suite = sa.suite.clone();
            sa.delete_received = false;
            let spi = |mark: &str| {
                let (before, _) = text.split_once(mark)?;
                u32::from_str_radix(before.rsplit(' ').next()?, 16).ok()
            };
            let spis = spi("_i").zip(spi("_o"));
            self.sa(thread).carried = true;
            out.say(self.about(thread), Fact::Phase2Up { encapsulated, transport: None, suite, spis });
        } else if text.starts_with("received DELETE for ") && text.contains("CHILD_SA") {
            self.sa(thread).delete_received = true;
        } else if text.starts_with("closing CHILD_SA ") {
            let by = if std::mem::take(&mut self.sa(thread).delete_received) { Party::There } else { Party::Here };
            let mut octets = text
                .split('(')
                .skip(1)
                .filter_map(|part| part.split_once(" bytes").and_then(|(count, _)| count.parse().ok()));
            let traffic = octets.next().zip(octets.next());
            out.say(self.about(thread), Fact::Deleted { by, phase: Phase::Two, traffic });
        } else if text.starts_with("received DELETE for IKE_SA") || text.starts_with("sending DELETE for IKE_SA") {
            if let Some(number) = sa_number(text) {
                self.enter(thread, number);
            }
            let by = if text.starts_with("received") { Party::There } else { Party::Here };
            out.say(self.about(thread), Fact::Deleted { by, phase: Phase::One, traffic: None });
        } else if let Some(rest) = text.strip_prefix("remote endpoint changed from ") {
            let (from, to) = rest.split_once(" to ").unwrap_or((rest, ""));
            let (from, to) = (words::socket(from), words::socket(to));
            out.say(self.about(thread), Fact::MappingChanged { from, to });
        } else if text.starts_with("NAT mappings of ") {
            let to = between(text, " changed to ", ",").and_then(words::socket);
            out.say(self.about(thread), Fact::MappingChanged { from: None, to });
        } else {
            return false;
        }
        true
    }

    /// Certificates and other credentials.
    fn certificates(&mut self, thread: u32, text: &str, out: &mut Out<'_, '_>) -> bool {
        use CertificateProblem as Problem;
        let there = Some(Party::There);
        let (of, problem) = if text.starts_with("no issuer certificate found for ")
            || text.starts_with("no trusted ") && text.contains(" public key found for ")
            || text.starts_with("self-signed certificate ") && text.ends_with(" is not trusted")
            || text.starts_with("constraint check failed: peer not authenticated by CA")
            || text.starts_with("peer certificate verification failed")
            || text.starts_with("reached end of incomplete trust chain")
        {
            (there, Problem::Untrusted)
        } else if text.contains("certificate invalid (valid from ") {
            (there, Problem::Expired)
        } else if text.starts_with("constraint check failed: ") && text.contains("identity '") {
            let expected = quoted(text, '\'').map(str::to_owned);
            if self.sa(thread).certificate == Some(false) {
                out.say(self.about(thread), Fact::IdentityRefused { at: Party::Here, expected, got: None });
                return true;
            }
            (there, Problem::Name)
        } else if text.starts_with("rejecting certificate without ") {
            (there, Problem::Usage)
        } else if text.starts_with("certificate was revoked")
            || text.starts_with("certificate status is not available, ")
        {
            (there, Problem::Revoked)
        } else if text.starts_with("signature validation failed") || text.starts_with("signature verification failed") {
            (there, Problem::Signature)
        } else if text.starts_with("no ") && text.contains("private key found for ")
            || text.starts_with("opening '")
                && text.contains("' failed: ")
                && (text.contains("cert")
                    || text.contains(".pem")
                    || text.contains(".key")
                    || text.contains("private")
                    || text.contains(".crt"))
            || text.starts_with("loading certificate from '") && text.ends_with(" failed")
            || text.starts_with("loading private key from '") && text.ends_with(" failed")
        {
            (Some(Party::Here), Problem::Missing)
        } else if text.starts_with("id '") && text.contains("' not confirmed by certificate") {
            // It says what it uses instead.
            return true;
        } else {
            return self.users(thread, text, out);
        };
        out.say(self.about(thread), Fact::Certificate { at: Party::Here, of, problem });
        true
    }

    /// EAP and XAuth: users inside IKE.
    fn users(&mut self, thread: u32, text: &str, out: &mut Out<'_, '_>) -> bool {
        let method = |text: &str| {
            Some(ppp::Method::Eap(match () {
                () if text.contains("MSCHAPV2") => Some(26),
                () if text.contains("EAP_TLS") => Some(13),
                () if text.contains("EAP_MD5") => Some(4),
                () if text.contains("EAP_PEAP") => Some(25),
                () if text.contains("EAP_TTLS") => Some(21),
                () => None,
            }))
        };
        let fact = if text.starts_with("EAP method ") && text.contains(" failed for peer ")
            || text.starts_with("EAP-MS-CHAPv2 verification failed")
        {
            ppp::Fact::AuthenticationFailed { at: Party::Here, method: method(text), code: None, reason: None }
        } else if text.starts_with("received EAP_FAILURE") {
            ppp::Fact::AuthenticationFailed { at: Party::There, method: method(text), code: None, reason: None }
        } else if text.starts_with("EAP method ") && text.contains(" succeeded") {
            ppp::Fact::Authenticated { method: method(text), user: None }
        } else if let Some(identity) = text.strip_prefix("received EAP identity ") {
            self.sa(thread).user = Some(identity.trim_matches('\'').to_owned());
            return true;
        } else if text.starts_with("XAuth authentication of ") && text.ends_with(" failed") {
            ppp::Fact::AuthenticationFailed {
                at: Party::Here,
                method: Some(ppp::Method::Other),
                code: None,
                reason: None,
            }
        } else if text.starts_with("XAuth authentication of ") && text.ends_with(" successful") {
            ppp::Fact::Authenticated { method: Some(ppp::Method::Other), user: quoted(text, '\'').map(str::to_owned) }
        } else if text.starts_with("pool '") && text.contains("' is full, ") {
            ppp::Fact::NoAddress { at: Party::Here, exhausted: true }
        } else {
            return false;
        };
        out.say(self.about(thread), fact);
        true
    }

    /// The daemon and its machine.
    fn machine(&mut self, thread: u32, text: &str, out: &mut Out<'_, '_>) {
        let program = || "charon".to_owned();
        if text.starts_with("Starting ") && text.contains("daemon (strongSwan ") {
            self.starts += 1;
            self.sas.clear();
            self.threads.clear();
            let inside = between(text, "(", ")").unwrap_or_default();
            let mut parts = inside.split(", ");
            if let Some(product) = parts.next() {
                out.product(product);
            }
            if let Some(system) = parts.next() {
                out.say(About::default(), host::Fact::System { name: system.to_owned() });
            }
            out.say(About::default(), host::Fact::Started { program: program() });
        } else if text.starts_with("signal of type SIG")
            || text.starts_with("SIGTERM received")
            || text.starts_with("SIGINT received")
        {
            out.say(About::default(), host::Fact::Stopped { program: program() });
        } else if text.starts_with("unable to install ") && text.contains(" in kernel")
            || text.starts_with("unable to add SAD entry")
            || text.starts_with("unable to add policy")
            || text.starts_with("unable to allocate SPI")
            || text.starts_with("allocating SPI failed")
            || text.starts_with("allocating SPI from kernel failed")
            || text.starts_with("received netlink error: ")
        {
            out.say(self.about(thread), Fact::KernelRefused { at: Party::Here, said: text.to_owned() });
        } else if text.starts_with("trap not found, unable to acquire reqid") {
            let at = Party::Here;
            out.say(self.about(thread), esp::Fact::NotMatching { at, said: text.to_owned() });
            let what = "trap not found for an installed policy, as Linux 4.14.3 and 4.14.4 do".to_owned();
            out.say(self.about(thread), host::Fact::KnownBug { what });
        } else if text.starts_with("unable to resolve ") {
            let name = between(text, "resolve ", ",").unwrap_or_default().to_owned();
            out.say(About::default(), network::Fact::NameUnknown { name });
        } else if text.starts_with("no route found to reach ") || text.starts_with("no socket found to send ") {
            out.say(self.about(thread), network::Fact::NoRoute { to: None });
        } else if text.starts_with("configuration uses unsupported authentication")
            || text.starts_with("no config named ")
            || text.starts_with("invalid IKE") && text.contains("config")
            || text.starts_with("missing PSK")
            || text.starts_with("syntax error")
            || text.starts_with("line ") && text.contains(": ")
        {
            complain(text, out);
        }
    }
}

/// The name of the algorithm in "configured DH group MODP_1024 not supported".
fn algorithm(text: &str) -> String {
    let named = text
        .split(' ')
        .find(|word| word.len() > 2 && word.contains('_') && word.bytes().all(|octet| !octet.is_ascii_lowercase()));
    named.or(text.strip_prefix("skipped invalid proposal string: ")).unwrap_or(text).to_owned()
}
