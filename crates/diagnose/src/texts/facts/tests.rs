use std::collections::BTreeSet;
use std::net::IpAddr;

use observe::{About, Place, Side, SourceId, Spot, Time, esp, host, ike, l2tp, network, ppp, pptp, radius, remark};
use wire::l2tp::MessageType;

use super::super::{Language, bundle};
use super::*;

const AT: Party = Party::Server;

fn seen(fact: impl Into<Fact>, side: Side) -> Observation {
    let place = Place { source: SourceId(0), spot: Spot::Line(1), text: "".into() };
    Observation { at: None, place, side, about: About::default(), fact: fact.into() }
}

fn name() -> String {
    "name".to_owned()
}

fn association(packets: Option<u64>) -> esp::Fact {
    let (source, destination) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
    let carried = packets.map(|packets| esp::Carried { packets, octets: 0 });
    esp::Fact::Association(esp::Association {
        source,
        destination,
        spi: 1,
        ports: None,
        mark: None,
        from: None,
        carried,
    })
}

fn policy(protects: bool) -> esp::Fact {
    esp::Fact::Policy(esp::Policy {
        direction: esp::Direction::Out,
        source: (IpAddr::from([192, 0, 2, 1]), 32),
        destination: (IpAddr::from([0; 16]), 0),
        protocol: None,
        source_port: Some(1701),
        destination_port: None,
        mark: None,
        protects,
        ends: None,
    })
}

fn ike_facts() -> Vec<Fact> {
    use ike::{CertificateProblem, Exchange, Fact, KeyFlaw, Message, Phase, Sent, Suite};
    let message = |repeated, exchange| {
        let (id, port_4500) = (0, true);
        Fact::Message(Message { from: AT, exchange, id, cookies: None, port_4500, repeated, octets: None })
    };
    let suite = Suite { cipher: "aes-cbc-256".into(), ..Suite::default() };
    let (phase, at, suites) = (Phase::One, AT, vec![suite.clone()]);
    let sent = Some(Sent { exchange: Exchange::QuickMode(1), times: 3 });
    let nat = |client, server| Fact::Nat { client, server, forced: false };
    let identity = |expected, got| Fact::IdentityRefused { at, expected, got };
    let up = |encapsulated| Fact::Phase2Up { encapsulated, transport: None, suite: None, spis: None };
    let address = Some("192.0.2.1:500".parse().unwrap());
    let mut facts = vec![
        message(false, Exchange::MainMode(1)),
        message(true, Exchange::AggressiveMode(1)),
        message(false, Exchange::QuickMode(0)),
        message(false, Exchange::Informational),
        message(false, Exchange::Other),
        message(false, Exchange::Transaction),
        message(false, Exchange::Auth { response: true }),
        message(false, Exchange::SaInit { response: false }),
        Fact::Offered { phase, from: at, suites: suites.clone() },
        Fact::Accepts { phase, at, suites },
        Fact::Chosen { phase, suite },
        Fact::NoCommonSuite { phase, at },
        Fact::SuiteUnsupported { at, name: name() },
        Fact::Notify { from: at, kind: wire::isakmp::NotifyType::NO_PROPOSAL_CHOSEN, phase: None, protected: true },
        Fact::Vendor { from: at, name: name() },
        Fact::Nat { client: None, server: None, forced: true },
        nat(Some(true), Some(true)),
        nat(Some(true), None),
        nat(None, Some(true)),
        nat(Some(false), Some(false)),
        nat(Some(false), None),
        nat(None, Some(false)),
        nat(None, None),
        Fact::Repeated { by: at, message: Exchange::MainMode(1) },
        Fact::GaveUp { by: at, after: None },
        Fact::GaveUp { by: at, after: Some(Exchange::MainMode(1)) },
        Fact::Stood { client: sent, server: None, unanswered: 1, seconds: 30 },
        Fact::HalfOpenExpired { at },
        Fact::Undecryptable { at },
        Fact::HashWrong { at },
        Fact::NoSharedKey { at },
        Fact::KeyCharacters { at, flaw: KeyFlaw::QuotationMarks },
        Fact::KeyCharacters { at, flaw: KeyFlaw::NotAscii },
        Fact::KeyCharacters { at, flaw: KeyFlaw::Blanks },
        Fact::KeyCharacters { at, flaw: KeyFlaw::Marks },
        Fact::NoConnection { at, asked: name() },
        Fact::ModeRefused { at, mode: name() },
        Fact::VersionRefused { at, asked: 2 },
        Fact::Identity { of: at, identity: name() },
        identity(None, None),
        identity(Some(name()), None),
        identity(None, Some(name())),
        identity(Some(name()), Some(name())),
        Fact::Phase1Up { certificate: None },
        Fact::SelectorsRefused { at, asked: None },
        Fact::SelectorsRefused { at, asked: Some(name()) },
        Fact::PfsRefused { at },
        up(None),
        up(Some(true)),
        up(Some(false)),
        Fact::Deleted { by: at, phase, traffic: None },
        Fact::PeerDead { at },
        Fact::Displaced { at },
        Fact::MessageIdReused { at },
        Fact::MappingChanged { from: None, to: None },
        Fact::MappingChanged { from: address, to: address },
        Fact::RekeyFailed { at },
        Fact::Limited { at },
        Fact::KernelRefused { at, said: name() },
        Fact::NetworkError { at, closed: true },
        Fact::NetworkError { at, closed: false },
        Fact::ServiceStopped { at },
    ];
    let problems = [
        CertificateProblem::Missing,
        CertificateProblem::Untrusted,
        CertificateProblem::Name,
        CertificateProblem::Usage,
        CertificateProblem::Expired,
        CertificateProblem::Revoked,
        CertificateProblem::Signature,
    ];
    facts.extend(problems.map(|problem| Fact::Certificate { at, of: None, problem }));
    facts.into_iter().map(Into::into).collect()
}

fn tunnel_facts() -> Vec<Fact> {
    let at = AT;
    let traffic =
        |encapsulated| esp::Fact::Traffic { from: AT, spi: 1, packets: 2, octets: 3, largest: 0, encapsulated };
    let integrity = |other_truncation| esp::Fact::IntegrityFailed { at: AT, packets: 2, other_truncation };
    let esp = [
        traffic(false),
        traffic(true),
        esp::Fact::Tag { from: at, spi: 1, octets: 12, lengths: 3 },
        esp::Fact::UnknownSpi { at, spi: 1 },
        integrity(false),
        integrity(true),
        esp::Fact::Replayed { at, packets: 1 },
        esp::Fact::NotMatching { at, said: name() },
        association(None),
        association(Some(0)),
        association(Some(9)),
        policy(true),
        policy(false),
        esp::Fact::NoPolicies,
        esp::Fact::CameUnprotected { packets: 1 },
        esp::Fact::Unheard { from: AT, since: Time(0), packets: 4 },
    ];
    let message = |repeated, clear| l2tp::Fact::Message { from: AT, kind: MessageType::SCCRQ, repeated, clear };
    let refused = |tunnel| l2tp::Fact::Refused { by: AT, tunnel, result: 2, error: 6, text: name() };
    let unanswered = |established, last| l2tp::Fact::Unanswered { by: AT, established, last };
    let l2tp = [
        message(false, false),
        message(true, false),
        message(false, true),
        l2tp::Fact::TunnelUp,
        l2tp::Fact::CallUp,
        refused(true),
        refused(false),
        unanswered(false, None),
        unanswered(true, None),
        unanswered(false, Some((MessageType::HELLO, 4))),
        l2tp::Fact::AuthenticationFailed { at },
        l2tp::Fact::NotProtected { at },
        l2tp::Fact::Exhausted { at, addresses: true },
        l2tp::Fact::Exhausted { at, addresses: false },
        l2tp::Fact::Incompatible { at, said: name() },
        l2tp::Fact::PppExited { at, status: None },
        l2tp::Fact::PppExited { at, status: Some(1) },
    ];
    let pptp = [
        pptp::Fact::Connected,
        pptp::Fact::ConnectionRefused,
        pptp::Fact::ConnectionTimedOut,
        pptp::Fact::NoReply,
        pptp::Fact::Message { from: at, kind: 1, result: None, error: None },
        pptp::Fact::Message { from: at, kind: 2, result: Some(1), error: None },
        pptp::Fact::TunnelUp,
        pptp::Fact::CallUp,
        pptp::Fact::Refused { by: at, result: 5 },
        pptp::Fact::Gre { from: at, packets: 1, octets: 2 },
        pptp::Fact::NoGre { at },
        pptp::Fact::GreRefused { at },
        pptp::Fact::Closed { by: at },
        pptp::Fact::PortBusy { at },
    ];
    let request = |server, repeated| radius::Fact::Request { code: 1, server, repeated };
    let server = Some("192.0.2.9:1812".parse().unwrap());
    let answer = |reason, error| radius::Fact::Answer { code: 3, reason, error };
    let radius = [
        request(None, false),
        request(None, true),
        request(server, false),
        request(server, true),
        answer(None, None),
        answer(None, Some(691)),
        answer(Some(ppp::Reason::NoPolicy), None),
        radius::Fact::Unanswered { server: None },
        radius::Fact::Unanswered { server: Some(name()) },
        radius::Fact::NotAsked { said: name() },
        radius::Fact::UnknownClient,
        radius::Fact::SecretMismatch,
        radius::Fact::MessageAuthenticatorMissing,
        radius::Fact::Listening,
        radius::Fact::PortClosed,
    ];
    let mut facts: Vec<Fact> = esp.into_iter().map(Into::into).collect();
    facts.extend(l2tp.into_iter().map(Fact::from));
    facts.extend(pptp.into_iter().map(Fact::from));
    facts.extend(radius.into_iter().map(Fact::from));
    facts
}

fn ppp_facts() -> Vec<Fact> {
    use ppp::{Fact, Method, Missing, Protocol, Reason};
    let (at, protocol, method) = (AT, Protocol::Ipcp, Method::MsChapV2);
    let packet = |repeated| Fact::Packet { from: AT, protocol, code: 1, repeated };
    let accepted = |method, user| Fact::Authenticated { method, user };
    let refused = |code, reason| Fact::AuthenticationFailed { at: AT, method: None, code, reason };
    let address = Some("10.0.0.2".parse().unwrap());
    let mut facts = vec![
        packet(false),
        packet(true),
        Fact::AuthenticationDemanded { by: at, method: Method::Other },
        Fact::AuthenticationDeclined { by: at, method, instead: None },
        Fact::AuthenticationDeclined { by: at, method, instead: Some(Method::Eap(Some(13))) },
        Fact::AuthenticationOffered { by: at, offered: vec![method], refused: Vec::new() },
        Fact::NoCommonAuthentication { at },
        Fact::LinkUp,
        Fact::Unanswered { at, protocol },
        Fact::NotConverging { protocol },
        Fact::Loopback { at },
        accepted(None, None),
        accepted(None, Some(name())),
        accepted(Some(method), None),
        accepted(Some(method), Some(name())),
        refused(None, None),
        refused(Some(691), None),
        Fact::ServerNotAuthentic,
        Fact::AuthenticationTimedOut { at },
        Fact::Encrypted { bits: 128 },
        Fact::EncryptionRequired { by: at },
        Fact::EncryptionStrength { at },
        Fact::NoEncryptionKeys { at },
        Fact::NetworkUp { protocol, client: None, server: None },
        Fact::NetworkUp { protocol, client: address, server: None },
        Fact::ProtocolRejected { by: at, protocol },
        Fact::NoNetworkProtocol { at },
        Fact::NoAddress { at, exhausted: false },
        Fact::NoAddress { at, exhausted: true },
        Fact::AddressRefused { by: at, address: None },
        Fact::AddressRefused { by: at, address },
        Fact::Terminated { by: at, text: name(), code: None },
        Fact::Terminated { by: at, text: name(), code: Some(691) },
        Fact::PeerDead { at },
        Fact::HungUp { at },
        Fact::Garbage { at },
        Fact::Incompatible { at, said: name() },
        Fact::KernelMissing { at, what: Missing::Mppe },
        Fact::Exited { at, status: 10 },
        Fact::Up { seconds: 60, traffic: None },
    ];
    let reasons = [
        Reason::UnknownUser,
        Reason::WrongPassword,
        Reason::UserFormat,
        Reason::Locked,
        Reason::Disabled,
        Reason::Expired,
        Reason::PasswordExpired,
        Reason::LogonHours,
        Reason::NoDialin,
        Reason::NoPolicy,
        Reason::Constraint,
        Reason::MethodDisabled,
        Reason::NoUsablePassword,
        Reason::Backend,
        Reason::Address,
        Reason::TlsVersion,
    ];
    facts.extend(reasons.map(|reason| refused(None, Some(reason))));
    facts.into_iter().map(Into::into).collect()
}

fn network_facts() -> Vec<Fact> {
    use network::{Fact, Icmp};
    let to: IpAddr = "192.0.2.1".parse().unwrap();
    let icmp = |kind, from, port| Fact::Icmp { kind, from, port, protocol: 17 };
    let ping = |too_big| Fact::Ping { to, size: 1400, sent: 3, received: 1, too_big };
    let inner = |elsewhere| Fact::Inner { client: to, host: to, requests: 3, replies: 2, elsewhere };
    let route = |gateway| {
        let (interface, tunnel) = (name(), false);
        Fact::Route { destination: (to, 24), gateway, interface, tunnel, metric: None }
    };
    let facts = vec![
        Fact::NameUnknown { name: name() },
        Fact::NameResolved { name: name(), addresses: vec![to] },
        Fact::NoRoute { to: None },
        Fact::NoRoute { to: Some(to) },
        icmp(Icmp::PortUnreachable, None, None),
        icmp(Icmp::ProtocolUnreachable, Some(to), None),
        icmp(Icmp::Unreachable, None, Some(500)),
        icmp(Icmp::Prohibited, Some(to), Some(500)),
        icmp(Icmp::TooBig(1400), None, None),
        icmp(Icmp::TimeExceeded, None, None),
        Fact::Silent { to },
        Fact::PortSilent { port: 4500 },
        Fact::Unreached { to },
        Fact::Astray { to, by: to },
        ping(false),
        ping(true),
        inner(false),
        inner(true),
        Fact::LargeVanish { passed: 1000, vanished: 1400 },
        Fact::FragmentsLost { from: AT },
        route(None),
        route(Some(to)),
        Fact::RouteTo { to, interface: name(), tunnel: true },
        Fact::Address { interface: name(), tunnel: true, address: to, peer: None },
        Fact::TunnelDnsFailed { server: None },
        Fact::TunnelDnsFailed { server: Some("10.0.0.1".parse().unwrap()) },
        Fact::DhcpUnanswered,
        Fact::AddressConflict { address: None },
        Fact::AddressConflict { address: Some(to) },
    ];
    facts.into_iter().map(Into::into).collect()
}

fn host_facts() -> Vec<Fact> {
    use host::{Fact, Flaw, Miniport, Profile, Start};
    let wrong = |flaw| Fact::SettingWrong { program: name(), flaw };
    let service = |running, start| Fact::Service { name: name(), running, start };
    let registry = |value| Fact::Registry { key: name(), name: name(), value, written: None };
    let listening = |owner| Fact::Listening { tcp: true, address: "0.0.0.0:1723".parse().unwrap(), owner };
    let facts = vec![
        Fact::System { name: name() },
        Fact::Booted { at: Time(0) },
        Fact::RegistryMisplaced { key: name(), name: name(), right: name() },
        Fact::Update { name: name() },
        service(None, None),
        service(Some(true), None),
        service(Some(false), Some(Start::Demand)),
        service(None, Some(Start::Disabled)),
        registry(None),
        registry(Some(2)),
        listening(None),
        listening(Some(name())),
        Fact::ListeningComplete,
        Fact::PortBusy { port: None, tcp: true, program: name() },
        Fact::PortBusy { port: Some(1723), tcp: true, program: name() },
        Fact::Started { program: name() },
        Fact::Stopped { program: name() },
        Fact::ModuleMissing { module: name() },
        Fact::ConfigurationError { program: name(), said: name() },
        Fact::KnownBug { what: name() },
        Fact::Forwarding { on: true, v6: false },
        Fact::Forwarding { on: false, v6: true },
        Fact::FilterDrops { rule: name() },
        Fact::MiniportBroken { name: name(), how: Miniport::Missing },
        Fact::MiniportBroken { name: name(), how: Miniport::Unnamed },
        Fact::MiniportBroken { name: name(), how: Miniport::Status(name()) },
        wrong(Flaw::QuotationMarks),
        wrong(Flaw::TunnelMode),
        wrong(Flaw::Ikev2),
        wrong(Flaw::OwnAddress),
        wrong(Flaw::RangeReversed),
        wrong(Flaw::Contradiction(name())),
        wrong(Flaw::NoMethod),
        Fact::Profile(Profile::default()),
        Fact::Profile(Profile { shared_key: Some(false), ..Profile::default() }),
        Fact::OtherVpn { name: name() },
    ];
    facts.into_iter().map(Into::into).collect()
}

fn reported_facts() -> Vec<Fact> {
    use reported::{Affected, Fact};
    let facts = vec![
        Fact::Ras { code: 789 },
        Fact::Ras { code: 999 },
        Fact::Ike { code: 13801 },
        Fact::Ike { code: 13999 },
        Fact::Event { provider: name(), id: 20227 },
        Fact::NpsReason { code: 16 },
        Fact::Verdict { cause: "ike.psk_mismatch".into(), stage: "ike.phase1".into() },
        Fact::UserHungUp,
        Fact::Connected,
        Fact::Disconnected,
        Fact::Affects(Affected::OneUser),
        Fact::Affects(Affected::OneSite),
        Fact::Affects(Affected::Everyone),
    ];
    facts.into_iter().map(Into::into).collect()
}

fn remark_facts() -> Vec<Fact> {
    use remark::{Stance, Topic};
    let stances = [Stance::Denied, Stance::Supposed, Stance::Stated, Stance::Mended];
    let facts = stances.map(|stance| remark::Fact { topic: Topic::SameNat, stance });
    let about = remark::Fact { topic: Topic::AboutPptp, stance: Stance::Stated };
    facts.into_iter().chain([about]).map(Into::into).collect()
}

/// One fact for each message.
fn all() -> Vec<Fact> {
    [ike_facts(), tunnel_facts(), ppp_facts(), network_facts(), host_facts(), reported_facts(), remark_facts()].concat()
}

#[test]
fn every_fact_has_a_sentence_with_all_its_values_in_every_language() {
    for language in Language::ALL {
        let texts = Texts { language: *language, bundles: vec![bundle(*language)] };
        for fact in all() {
            let seen = seen(fact, Side::Unknown);
            let sentence = texts.fact_in_full(&seen);
            // A value or a message that is missing shows as its name.
            for sign in ["{", "$", "fact-", "who-", "exchange-", "reason-", "icmp-", "method-"] {
                assert!(!sentence.contains(sign), "{language:?} {:?}: {sentence}", seen.fact);
            }
        }
    }
}

#[test]
fn every_sentence_is_of_some_fact() {
    let texts = Texts::new(Language::English);
    let used: BTreeSet<String> =
        all().into_iter().map(|fact| format!("fact-{}", texts.fact_id(&seen(fact, Side::Client)))).collect();
    let written = include_str!("../../../locales/en/facts.ftl").lines().filter_map(|line| line.split_once(" = "));
    let written: BTreeSet<String> =
        written.map(|(id, _)| id.to_owned()).filter(|id| id.starts_with("fact-") && id != "fact-said").collect();
    assert_eq!(used, written);
}

#[test]
fn a_sentence_names_the_end_that_it_is_about() {
    let texts = Texts::new(Language::English);
    let fact = || ike::Fact::NoSharedKey { at: Party::Here };
    let said = |side| texts.fact(&seen(fact(), side));
    assert_eq!(said(Side::Server), "the server has no pre-shared key for this peer");
    assert_eq!(said(Side::Client), "the client has no pre-shared key for this peer");
    assert_eq!(said(Side::Unknown), "this end has no pre-shared key for this peer");
}

#[test]
fn a_code_is_told_in_one_sentence() {
    let code = || reported::Fact::Ras { code: 789 };
    for (language, said) in [
        (Language::English, "error 789: IPsec failed in its first phase, for a reason that Windows does not tell"),
        (Language::Chinese, "错误 789：IPsec 在第一阶段失败，Windows 不说明原因"),
    ] {
        assert_eq!(Texts::new(language).fact(&seen(code(), Side::Client)), said);
    }
}

#[test]
fn what_a_source_says_stays_as_it_was() {
    let refused = || l2tp::Fact::Incompatible { at: Party::Here, said: "bad AVP {$who}".into() };
    let sentence = Texts::new(Language::Chinese).fact_in_full(&seen(refused(), Side::Server));
    assert_eq!(sentence, "服务器认为一条 L2TP 报文有问题：bad AVP {$who}");
}
