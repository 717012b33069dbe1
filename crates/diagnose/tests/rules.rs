//! What the doctor makes of observations: one sentence each.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::net::{IpAddr, SocketAddr};

use diagnose::{Cause, Context, Diagnosis, examine};
use observe::ike::{Exchange, Message, Phase};
use observe::ppp::{Protocol, Reason};
use observe::{
    About, Fact, Observation, Party, Place, Side, Source, SourceId, SourceKind, Spot, Time, Timeline, esp, host, ike,
    l2tp, network, ppp, pptp, radius, reported,
};
use proptest::prelude::*;
use wire::isakmp::NotifyType;
use wire::l2tp::MessageType;

/// Evidence in the making.
#[derive(Default)]
struct Evidence {
    timeline: Timeline,
    source: Option<(SourceId, Side)>,
    about: About,
    line: u64,
}

impl Evidence {
    /// What follows stands in a new source.
    fn source(mut self, side: Side, kind: SourceKind) -> Evidence {
        let source = Source { name: "evidence".into(), kind, side, product: None, trouble: Vec::new(), span: None };
        self.source = Some((self.timeline.add_source(source), side));
        self.about = About::default();
        self
    }

    /// What follows is about this client.
    fn client(mut self, address: &str) -> Evidence {
        self.about = About { client: Some(SocketAddr::new(address.parse().unwrap(), 500)), ..About::default() };
        self
    }

    /// What follows is about this user.
    fn user(mut self, name: &str) -> Evidence {
        self.about.user = Some(name.into());
        self
    }

    /// What follows belongs to this attempt.
    fn attempt(mut self, name: &str) -> Evidence {
        self.about.attempt = Some(name.into());
        self
    }

    fn sees(mut self, fact: impl Into<Fact>) -> Evidence {
        let (source, side) = self.source.unwrap();
        self.line += 1;
        let place = Place { source, spot: Spot::Line(self.line), text: "what was said".into() };
        let at = i64::try_from(self.line).ok().map(|second| Time(second * 1_000_000));
        self.timeline.push(Observation { at, place, side, about: self.about.clone(), fact: fact.into() });
        self
    }

    fn finds(&self) -> Diagnosis {
        examine(&self.timeline, Context::default())
    }

    /// The first cause, and how many there are.
    fn cause(&self) -> (Option<Cause>, usize) {
        let found = self.finds().findings;
        (found.first().map(|finding| finding.cause), found.len())
    }

    /// How sure the doctor is of a cause.
    fn confidence(&self, cause: Cause) -> f32 {
        self.finds().findings.iter().find(|finding| finding.cause == cause).map_or(0.0, |finding| finding.confidence)
    }
}

fn server(kind: SourceKind) -> Evidence {
    Evidence::default().source(Side::Server, kind)
}

fn client(kind: SourceKind) -> Evidence {
    Evidence::default().source(Side::Client, kind)
}

fn main_mode(from: Party, number: u8) -> ike::Fact {
    let port_4500 = number > 4;
    let exchange = Exchange::MainMode(number);
    ike::Fact::Message(Message { from, exchange, id: 0, cookies: None, port_4500, repeated: false, octets: None })
}

fn refused() -> ppp::Fact {
    ppp::Fact::AuthenticationFailed { at: Party::Server, method: None, code: Some(691), reason: None }
}

fn accepted() -> ppp::Fact {
    ppp::Fact::Authenticated { method: None, user: None }
}

fn up() -> ppp::Fact {
    ppp::Fact::NetworkUp { protocol: Protocol::Ipcp, client: None, server: None }
}

const PHASE_1_UP: ike::Fact = ike::Fact::Phase1Up { certificate: Some(false) };

fn phase_2_up() -> ike::Fact {
    ike::Fact::Phase2Up { encapsulated: Some(true), transport: Some(true), suite: None, spis: None }
}

const NAT: ike::Fact = ike::Fact::Nat { client: Some(true), server: Some(false), forced: false };

#[test]
fn a_name_that_a_capture_shows_need_not_be_the_servers() {
    let unknown = |name: &str| network::Fact::NameUnknown { name: name.into() };
    let log = Evidence::default().source(Side::Client, SourceKind::Causeway).sees(unknown("vpn.example.com"));
    assert!(log.confidence(Cause::NetDnsFailure) > 0.8);
    let capture = || Evidence::default().source(Side::Wire, SourceKind::Capture);
    let alone = capture().sees(unknown("vpn.example.com")).confidence(Cause::NetDnsFailure);
    assert!((0.3..0.6).contains(&alone), "{alone}");
    assert!(capture().sees(unknown("1.2.0.192.in-addr.arpa")).confidence(Cause::NetDnsFailure) < 0.01);
    let dialled = capture().sees(unknown("ads.example.com")).sees(pptp::Fact::Connected);
    assert!(dialled.confidence(Cause::NetDnsFailure) < 0.01);
}

#[test]
fn routing_and_remote_access_is_a_servers_service() {
    let disabled = || host::Fact::Service {
        name: "remoteaccess".into(),
        running: Some(false),
        start: Some(host::Start::Disabled),
    };
    assert_eq!(server(SourceKind::Services).sees(disabled()).cause().0, Some(Cause::HostServiceStopped));
    assert_eq!(client(SourceKind::Services).sees(disabled()).cause().0, None, "a client has no use for it");
}

#[test]
fn nothing_is_not_enough_and_an_address_is_a_healthy_connection() {
    let nothing = Evidence::default().finds();
    assert!(!nothing.enough && !nothing.healthy && nothing.findings.is_empty());
    let started = server(SourceKind::Xl2tpd).sees(host::Fact::Started { program: "xl2tpd".into() }).finds();
    assert!(!started.enough && !started.healthy);
    let healthy = client(SourceKind::Pppd).sees(accepted()).sees(up()).finds();
    assert!(healthy.enough && healthy.healthy);
    assert_eq!(healthy.findings.first().map(|finding| finding.cause), Some(Cause::NoneHealthy));
}

#[test]
fn a_refusal_that_the_user_overcame_is_no_cause() {
    let evidence = server(SourceKind::Pppd).user("anna").sees(refused()).sees(accepted()).sees(up());
    assert!(evidence.finds().healthy, "{:?}", evidence.finds());
}

#[test]
fn what_one_user_overcame_says_nothing_of_another() {
    let evidence = server(SourceKind::Pppd)
        .user("anna")
        .sees(refused())
        .client("192.0.2.2")
        .user("bob")
        .sees(accepted())
        .sees(up());
    assert_eq!(evidence.cause().0, Some(Cause::AuthBadCredentials));
    assert!(evidence.confidence(Cause::AuthBadCredentials) > 0.5);
}

#[test]
fn the_last_outcome_counts_when_a_connection_dies() {
    let evidence = client(SourceKind::Pppd).sees(up()).sees(ppp::Fact::PeerDead { at: Party::Here });
    assert_eq!(evidence.cause().0, Some(Cause::PppPeerDead));
}

#[test]
fn one_client_that_connects_does_not_hide_another_whose_key_is_wrong() {
    let evidence = server(SourceKind::Charon)
        .client("192.0.2.1")
        .attempt("1")
        .sees(main_mode(Party::There, 1))
        .sees(PHASE_1_UP)
        .sees(phase_2_up())
        .client("192.0.2.2")
        .attempt("2")
        .sees(main_mode(Party::There, 1))
        .sees(ike::Fact::HashWrong { at: Party::Here });
    assert_eq!(evidence.cause().0, Some(Cause::IkePskMismatch));
    assert!(evidence.confidence(Cause::IkePskMismatch) > 0.8);
}

#[test]
fn a_second_attempt_in_silence_is_not_hidden_by_a_first_that_worked() {
    let evidence = client(SourceKind::Charon)
        .attempt("1")
        .sees(main_mode(Party::Here, 1))
        .sees(PHASE_1_UP)
        .attempt("2")
        .sees(main_mode(Party::Here, 1))
        .sees(ike::Fact::GaveUp { by: Party::Here, after: Some(Exchange::MainMode(1)) });
    assert_eq!(evidence.cause().0, Some(Cause::NetUdp500Blocked));
}

#[test]
fn silence_from_the_first_message_on_is_the_path_and_an_empty_server_log_makes_it_sure() {
    let alone = client(SourceKind::Charon)
        .sees(main_mode(Party::Here, 1))
        .sees(ike::Fact::GaveUp { by: Party::Here, after: Some(Exchange::MainMode(1)) });
    assert_eq!(alone.cause().0, Some(Cause::NetUdp500Blocked));
    let before = alone.confidence(Cause::NetUdp500Blocked);
    let both = alone.source(Side::Server, SourceKind::Charon).sees(host::Fact::Started { program: "charon".into() });
    assert!(both.confidence(Cause::NetUdp500Blocked) > before);
}

#[test]
fn silence_behind_a_nat_after_the_fourth_message_is_port_4500() {
    let evidence = client(SourceKind::Charon)
        .sees(main_mode(Party::There, 4))
        .sees(NAT)
        .sees(main_mode(Party::Here, 5))
        .sees(ike::Fact::GaveUp { by: Party::Here, after: Some(Exchange::MainMode(5)) });
    assert_eq!(evidence.cause().0, Some(Cause::NetUdp4500Blocked));
}

#[test]
fn a_client_that_repeats_what_the_server_has_accepted_does_not_hear_the_answer() {
    let again = || ike::Fact::Repeated { by: Party::There, message: Exchange::MainMode(5) };
    let evidence = server(SourceKind::Charon)
        .client("192.0.2.1")
        .sees(NAT)
        .sees(main_mode(Party::There, 5))
        .sees(PHASE_1_UP)
        .sees(again())
        .sees(again());
    assert_eq!(evidence.cause().0, Some(Cause::NetUdp4500Blocked));
}

#[test]
fn an_icmp_error_of_an_earlier_attempt_does_not_outweigh_an_answer() {
    let kind = network::Icmp::PortUnreachable;
    let icmp = network::Fact::Icmp { kind, from: None, port: Some(4500), protocol: 17 };
    let evidence =
        Evidence::default().source(Side::Wire, SourceKind::Capture).sees(icmp).sees(main_mode(Party::Server, 6));
    assert!(evidence.confidence(Cause::NetUdp4500Blocked) < 0.3);
}

#[test]
fn what_was_agreed_on_once_and_is_refused_later_is_a_failed_renewal() {
    let refused = ike::Fact::Notify {
        from: Party::There,
        kind: NotifyType::NO_PROPOSAL_CHOSEN,
        phase: Some(Phase::Two),
        protected: true,
    };
    let evidence = client(SourceKind::Charon).attempt("1").sees(PHASE_1_UP).sees(phase_2_up()).sees(refused);
    assert_eq!(evidence.cause().0, Some(Cause::IkeRekeyFailed));
}

#[test]
fn two_clients_behind_one_nat_collide_when_one_is_not_heard_any_more() {
    let identity = |name: &str| ike::Fact::Identity { of: Party::There, identity: name.into() };
    let both = server(SourceKind::Charon)
        .client("192.0.2.1")
        .attempt("1")
        .sees(NAT)
        .sees(identity("10.0.0.1"))
        .sees(phase_2_up())
        .attempt("2")
        .sees(identity("10.0.0.2"))
        .sees(phase_2_up());
    assert_eq!(both.confidence(Cause::IkeSameNatCollision), 0.0);
    let collided = both.sees(ppp::Fact::PeerDead { at: Party::Here });
    assert_eq!(collided.cause().0, Some(Cause::IkeSameNatCollision));
}

#[test]
fn a_call_of_pptp_whose_server_hears_gre_is_not_blocked() {
    let heard = pptp::Fact::Gre { from: Party::There, packets: 20, octets: 0 };
    let evidence = server(SourceKind::Pptpd).client("192.0.2.1").sees(pptp::Fact::CallUp).sees(heard);
    assert_eq!(evidence.confidence(Cause::NetGreBlocked), 0.0);
}

#[test]
fn a_call_of_pptp_without_gre_on_the_wire_is_blocked() {
    let evidence = Evidence::default().source(Side::Wire, SourceKind::Capture).client("192.0.2.1");
    assert_eq!(evidence.sees(pptp::Fact::CallUp).cause().0, Some(Cause::NetGreBlocked));
}

#[test]
fn a_server_that_serves_one_and_not_the_other_has_no_port_left() {
    let evidence =
        client(SourceKind::PptpClient).attempt("pptp 1").sees(pptp::Fact::Connected).sees(pptp::Fact::NoReply);
    assert_eq!(evidence.cause().0, Some(Cause::HostServerNotRunning));
    let evidence = evidence.source(Side::Server, SourceKind::Pptpd).attempt("pptpd[7]").sees(pptp::Fact::CallUp);
    assert_eq!(evidence.cause().0, Some(Cause::TunnelPortsExhausted));
}

#[test]
fn a_call_that_the_server_ends_at_once_is_its_own_fault_and_one_that_the_client_ends_is_nobodys() {
    let call = || server(SourceKind::Pptpd).client("192.0.2.1").attempt("pptpd[7]").sees(pptp::Fact::CallUp);
    let ended = call().sees(pptp::Fact::Closed { by: Party::Here }).sees(pptp::Fact::NoGre { at: Party::Here });
    assert_eq!(ended.cause().0, Some(Cause::HostConfigurationError));
    let parted = pptp::Fact::Message { from: Party::There, kind: 12, result: None, error: None };
    let parted = call().sees(parted).sees(pptp::Fact::Closed { by: Party::Here });
    assert_eq!(parted.cause(), (None, 0));
}

#[test]
fn gre_that_passes_one_way_leaves_one_end_asking_for_what_it_has() {
    let lcp = |from, code| ppp::Fact::Packet { from, protocol: Protocol::Lcp, code, repeated: code == 1 };
    let mut evidence = Evidence::default().source(Side::Wire, SourceKind::Capture).sees(pptp::Fact::CallUp);
    for _ in 0..5 {
        evidence = evidence.sees(lcp(Party::Client, 1)).sees(lcp(Party::Server, 1)).sees(lcp(Party::Client, 2));
    }
    assert_eq!(evidence.cause().0, Some(Cause::NetGreBlocked));
}

#[test]
fn a_server_that_speaks_on_port_4500_and_not_to_the_proof_of_the_key_has_another_key() {
    let mut again = main_mode(Party::Server, 4);
    if let ike::Fact::Message(message) = &mut again {
        (message.port_4500, message.repeated) = (true, true);
    }
    let evidence = Evidence::default()
        .source(Side::Wire, SourceKind::Capture)
        .sees(NAT)
        .sees(main_mode(Party::Client, 5))
        .sees(ike::Fact::GaveUp { by: Party::Client, after: None });
    assert_eq!(evidence.cause().0, Some(Cause::NetUdp4500Blocked));
    let heard = Evidence::default()
        .source(Side::Wire, SourceKind::Capture)
        .sees(NAT)
        .sees(again)
        .sees(main_mode(Party::Client, 5))
        .sees(ike::Fact::GaveUp { by: Party::Client, after: None });
    assert_eq!(heard.cause().0, Some(Cause::IkePskMismatch));
}

#[test]
fn l2tp_in_the_clear_has_nobody_to_answer_it() {
    let asks = |repeated| l2tp::Fact::Message { from: Party::Client, kind: MessageType::SCCRQ, repeated, clear: true };
    let evidence = Evidence::default().source(Side::Wire, SourceKind::Capture).sees(asks(false)).sees(asks(true));
    assert_eq!(evidence.cause().0, Some(Cause::L2tpNotProtected));
    let beside = Evidence::default().source(Side::Wire, SourceKind::Capture).sees(phase_2_up()).sees(asks(false));
    assert_eq!(beside.cause().0, Some(Cause::EspNotMatching));
}

#[test]
fn a_server_that_hears_sccrq_twice_is_not_heard_itself() {
    let asks = || l2tp::Fact::Message { from: Party::There, kind: MessageType::SCCRQ, repeated: true, clear: false };
    let evidence = server(SourceKind::Xl2tpd)
        .sees(asks())
        .sees(asks())
        .sees(l2tp::Fact::Incompatible { at: Party::Here, said: "bad control packet".into() })
        .sees(l2tp::Fact::Unanswered { by: Party::Here, established: false, last: None });
    assert_eq!(evidence.cause().0, Some(Cause::NetEspBlocked));
}

#[test]
fn a_complaint_with_which_a_call_lives_is_no_cause() {
    let evidence = client(SourceKind::Xl2tpd)
        .sees(l2tp::Fact::CallUp)
        .sees(l2tp::Fact::Incompatible { at: Party::Here, said: "bad control packet".into() });
    assert_eq!(evidence.cause(), (None, 0));
}

#[test]
fn a_silent_radius_server_explains_the_refusal_that_follows() {
    let evidence = server(SourceKind::Pppd)
        .user("anna")
        .sees(radius::Fact::Unanswered { server: Some("192.0.2.9:1812".into()) })
        .sees(refused());
    assert_eq!(evidence.cause().0, Some(Cause::AuthRadiusNoAnswer));
}

#[test]
fn methods_that_are_all_declined_before_the_link_ends_have_nothing_in_common() {
    let method = ppp::Method::MsChapV2;
    let declined = || ppp::Fact::AuthenticationDeclined { by: Party::Here, method, instead: Some(ppp::Method::Chap) };
    let ends = || ppp::Fact::Packet { from: Party::There, protocol: Protocol::Lcp, code: 5, repeated: false };
    let evidence = client(SourceKind::Pppd).sees(declined()).sees(ends());
    assert_eq!(evidence.cause().0, Some(Cause::PppNoCommonAuth));
    let tried = client(SourceKind::Pppd).sees(declined()).sees(ppp::Fact::LinkUp).sees(ends());
    assert_eq!(tried.confidence(Cause::PppNoCommonAuth), 0.0);
}

#[test]
fn a_method_without_keys_explains_missing_encryption() {
    let evidence = server(SourceKind::Pppd)
        .sees(ppp::Fact::EncryptionRequired { by: Party::Here })
        .sees(ppp::Fact::NoEncryptionKeys { at: Party::Here });
    assert_eq!(evidence.cause().0, Some(Cause::CcpNoKeys));
}

#[test]
fn the_reason_of_a_refusal_names_the_cause() {
    for (reason, cause) in [
        (Reason::Disabled, Cause::AuthAccountDisabled),
        (Reason::LogonHours, Cause::AuthLogonHours),
        (Reason::NoPolicy, Cause::AuthNoPolicyMatch),
        (Reason::Locked, Cause::AuthAccountLocked),
    ] {
        let answer = radius::Fact::Answer { code: 3, reason: Some(reason), error: None };
        let evidence = Evidence::default().source(Side::Authenticator, SourceKind::FreeRadius).sees(answer);
        assert_eq!(evidence.cause().0, Some(cause));
    }
}

#[test]
fn windows_codes_count_by_the_stage_that_was_announced_before_them() {
    let event = |id| reported::Fact::Event { provider: "RasClient".into(), id };
    let failed = |stage| {
        client(SourceKind::WindowsEvents).attempt("{1}").sees(event(stage)).sees(reported::Fact::Ras { code: 721 })
    };
    let (tunnel, link) = (failed(20222), failed(20223));
    assert!(link.confidence(Cause::PppLcpTimeout) > tunnel.confidence(Cause::PppLcpTimeout));
    let audit = client(SourceKind::WindowsEvents).sees(reported::Fact::Ike { code: 13806 });
    assert_eq!(audit.cause().0, Some(Cause::IkeCertMissing));
}

#[test]
fn a_registry_value_waits_for_the_next_start_of_windows() {
    let value = |written| host::Fact::Registry {
        key: "services\\policyagent".into(),
        name: "assumeudpencapsulationcontextonsendrule".into(),
        value: Some(2),
        written: Some(Time(written)),
    };
    let nat = ike::Fact::Nat { client: Some(true), server: Some(true), forced: false };
    let machine = |written| {
        client(SourceKind::Charon)
            .sees(nat.clone())
            .sees(main_mode(Party::There, 4))
            .sees(ike::Fact::GaveUp { by: Party::Here, after: None })
            .source(Side::Client, SourceKind::Registry)
            .sees(host::Fact::Booted { at: Time(100) })
            .sees(value(written))
    };
    let (waiting, working) = (machine(200), machine(50));
    let confidence = |evidence: &Evidence| evidence.confidence(Cause::IkeServerBehindNatRefused);
    assert!(confidence(&waiting) > 0.5 && confidence(&working) < 0.3, "{:?}", working.finds());
}

#[test]
fn a_stopped_service_explains_what_follows_from_it() {
    let stopped =
        host::Fact::Service { name: "ikeext".into(), running: Some(false), start: Some(host::Start::Disabled) };
    let evidence = client(SourceKind::Services).sees(stopped).sees(reported::Fact::Ras { code: 789 });
    assert_eq!(evidence.cause().0, Some(Cause::HostServiceStopped));
}

#[test]
fn where_small_packets_pass_and_large_ones_vanish_is_a_black_hole() {
    let to: IpAddr = "10.0.0.1".parse().unwrap();
    let ping = |size, received| network::Fact::Ping { to, size, sent: 3, received, too_big: false };
    let evidence = client(SourceKind::Ping).sees(ping(56, 3)).sees(ping(1400, 0));
    assert_eq!(evidence.cause().0, Some(Cause::NetMtuBlackhole));
}

#[test]
fn raw_esp_that_leaves_and_does_not_arrive_is_blocked() {
    let raw = ike::Fact::Phase2Up { encapsulated: Some(false), transport: None, suite: None, spis: None };
    let sent =
        esp::Fact::Traffic { from: Party::Server, spi: 1, packets: 5, octets: 500, largest: 100, encapsulated: false };
    let evidence = Evidence::default().source(Side::Wire, SourceKind::Capture).sees(raw);
    assert_eq!(evidence.cause().0, Some(Cause::NetEspBlocked));
    assert_eq!(evidence.sees(sent).cause().0, Some(Cause::NetEspBlocked));
}

#[test]
fn a_proof_too_large_for_one_packet_that_nobody_answers_is_lost_in_fragments() {
    let proof = |octets| {
        ike::Fact::Message(Message {
            from: Party::Client,
            exchange: Exchange::MainMode(5),
            id: 0,
            cookies: None,
            port_4500: true,
            repeated: true,
            octets: Some(octets),
        })
    };
    let evidence = |octets| {
        let wire = Evidence::default().source(Side::Wire, SourceKind::Capture).sees(NAT);
        wire.sees(main_mode(Party::Server, 4)).sees(proof(octets))
    };
    assert_eq!(evidence(2124).cause().0, Some(Cause::NetFragmentsDropped));
    assert_eq!(evidence(108).cause().0, Some(Cause::NetUdp4500Blocked));
}

#[test]
fn esp_of_an_earlier_association_does_not_speak_against_a_closed_port() {
    let raw = ike::Fact::Phase2Up { encapsulated: Some(false), transport: None, suite: None, spis: None };
    let esp = |from| esp::Fact::Traffic { from, spi: 1, packets: 3, octets: 300, largest: 84, encapsulated: false };
    let kind = network::Icmp::PortUnreachable;
    let closed = || network::Fact::Icmp { kind, from: None, port: Some(1701), protocol: 17 };
    let wire = || Evidence::default().source(Side::Wire, SourceKind::Capture);
    let before = wire().sees(esp(Party::Server)).sees(raw.clone()).sees(closed()).sees(esp(Party::Client));
    assert_eq!(before.cause().0, Some(Cause::L2tpNoAnswer));
    let after = wire().sees(closed()).sees(raw).sees(esp(Party::Server)).sees(esp(Party::Client));
    assert_ne!(after.cause().0, Some(Cause::L2tpNoAnswer));
}

#[test]
fn a_client_that_says_something_behind_the_server_s_proof_has_it_and_does_not_like_it() {
    let said = |from| {
        let (exchange, id, cookies) = (Exchange::Informational, 7, None);
        ike::Fact::Message(Message { from, exchange, id, cookies, port_4500: true, repeated: false, octets: None })
    };
    let wire = Evidence::default().source(Side::Wire, SourceKind::Capture).sees(NAT);
    let proofs = wire.sees(main_mode(Party::Client, 5)).sees(main_mode(Party::Server, 6));
    assert_eq!(proofs.sees(said(Party::Client)).cause().0, Some(Cause::IkeIdentityMismatch));
}

/// Facts of every layer.
fn facts() -> impl Strategy<Value = Fact> {
    let party = || prop::sample::select(vec![Party::Here, Party::There, Party::Client, Party::Server]);
    let phase = prop::sample::select(vec![Phase::One, Phase::Two]);
    prop_oneof![
        (party(), 1..7_u8).prop_map(|(from, number)| main_mode(from, number).into()),
        Just(PHASE_1_UP.into()),
        Just(phase_2_up().into()),
        Just(NAT.into()),
        (phase, party()).prop_map(|(phase, at)| ike::Fact::NoCommonSuite { phase, at }.into()),
        party().prop_map(|by| ike::Fact::GaveUp { by, after: None }.into()),
        party().prop_map(|at| ike::Fact::PeerDead { at }.into()),
        party().prop_map(|at| ike::Fact::HashWrong { at }.into()),
        party().prop_map(|by| ike::Fact::Repeated { by, message: Exchange::MainMode(5) }.into()),
        (party(), any::<bool>(), any::<u16>()).prop_map(|(by, tunnel, result)| {
            l2tp::Fact::Refused { by, tunnel, result, error: 0, text: String::new() }.into()
        }),
        (party(), any::<bool>())
            .prop_map(|(by, established)| l2tp::Fact::Unanswered { by, established, last: None }.into()),
        (party(), any::<bool>()).prop_map(|(from, clear)| {
            l2tp::Fact::Message { from, kind: MessageType::SCCRQ, repeated: false, clear }.into()
        }),
        Just(pptp::Fact::CallUp.into()),
        (party(), any::<u8>()).prop_map(|(by, result)| pptp::Fact::Refused { by, result }.into()),
        party().prop_map(|at| ppp::Fact::Unanswered { at, protocol: Protocol::Lcp }.into()),
        (party(), any::<u8>()).prop_map(|(at, status)| ppp::Fact::Exited { at, status }.into()),
        Just(refused().into()),
        Just(accepted().into()),
        Just(up().into()),
        any::<u8>().prop_map(|code| radius::Fact::Answer { code, reason: None, error: None }.into()),
        (600..1000_u32).prop_map(|code| reported::Fact::Ras { code }.into()),
        (13_800..14_000_u32).prop_map(|code| reported::Fact::Ike { code }.into()),
        (any::<u32>()).prop_map(|code| reported::Fact::NpsReason { code }.into()),
        (20_220..20_228_u32).prop_map(|id| reported::Fact::Event { provider: "RasClient".into(), id }.into()),
        any::<u16>().prop_map(|port| {
            let kind = network::Icmp::PortUnreachable;
            network::Fact::Icmp { kind, from: None, port: Some(port), protocol: 17 }.into()
        }),
        any::<u32>().prop_map(|value| {
            let name = "assumeudpencapsulationcontextonsendrule".into();
            let key = "services\\policyagent".into();
            host::Fact::Registry { key, name, value: Some(value), written: None }.into()
        }),
    ]
}

proptest! {
    #[test]
    fn whatever_is_seen_confidences_lie_between_none_and_all_and_no_cause_is_named_twice(
        seen in prop::collection::vec((0..3_usize, 0..4_u8, 0..3_u8, facts()), 0..60),
    ) {
        let sides = [Side::Client, Side::Server, Side::Wire];
        let mut evidence = Evidence::default();
        for (side, client, attempt, fact) in seen {
            evidence = evidence.source(sides[side], SourceKind::Syslog);
            if client > 0 {
                evidence = evidence.client(&format!("192.0.2.{client}")).user(&format!("user {client}"));
            }
            evidence = evidence.attempt(&attempt.to_string()).sees(fact);
        }
        let found = evidence.finds();
        for finding in &found.findings {
            prop_assert!(finding.confidence > 0.0 && finding.confidence < 1.0);
            prop_assert!(found.findings.iter().filter(|other| other.cause == finding.cause).count() == 1);
            prop_assert!(!finding.evidence.is_empty());
        }
        prop_assert_eq!(found.enough, !found.findings.is_empty());
    }
}

#[test]
fn a_phase_that_was_given_up_says_by_where_it_stood_what_failed() {
    let client = || Evidence::default().source(Side::Client, SourceKind::RouterOs);
    let sccrq = l2tp::Fact::Message { from: Party::Here, kind: MessageType::SCCRQ, repeated: false, clear: false };
    for (after, cause) in [
        (Some(Exchange::MainMode(1)), Cause::NetUdp500Blocked),
        (Some(Exchange::MainMode(5)), Cause::IkePskMismatch),
        (None, Cause::NetUdp500Blocked),
    ] {
        let found = client().sees(sccrq.clone()).sees(ike::Fact::GaveUp { by: Party::Here, after }).finds();
        assert_eq!(found.findings.first().map(|finding| finding.cause), Some(cause), "{after:?}");
        // The system holds back what the client's L2TP says before IPsec is there.
        assert_eq!(found.stage, Some("ike.phase1"));
    }
}

#[test]
fn a_refusal_of_nps_for_a_reason_of_its_own_is_no_wrong_password() {
    let denied = |code| {
        let mut evidence = Evidence::default().source(Side::Authenticator, SourceKind::WindowsEvents);
        for fact in [
            Fact::from(reported::Fact::NpsReason { code }),
            radius::Fact::Answer { code: 3, reason: None, error: None }.into(),
        ] {
            evidence = evidence.sees(fact);
            evidence.line = 0;
        }
        examine(&evidence.timeline, Context::default())
    };
    assert_eq!(denied(22).findings[0].cause, Cause::AuthEapRefused);
    assert!(denied(97).findings[0].confidence < 0.4);
    assert!(denied(16).findings[0].confidence > 0.6);
}

#[test]
fn a_server_that_answers_for_another_tunnel_type_has_this_one_switched_off() {
    let refused = client(SourceKind::PptpClient).sees(pptp::Fact::ConnectionRefused);
    assert_eq!(refused.cause().0, Some(Cause::HostServerNotRunning));
    let answered = refused.source(Side::Wire, SourceKind::Capture).sees(main_mode(Party::Server, 2));
    assert_eq!(answered.cause().0, Some(Cause::TunnelProtocolDisabled));
    let listening = |port: u16| host::Fact::Listening {
        tcp: false,
        address: SocketAddr::new("0.0.0.0".parse().unwrap(), port),
        owner: None,
    };
    let sockets = server(SourceKind::Sockets).sees(listening(500)).sees(listening(4500));
    let sockets = sockets.sees(host::Fact::ListeningComplete);
    assert_eq!(sockets.cause().0, None);
    let tried = sockets.source(Side::Client, SourceKind::PptpClient).sees(pptp::Fact::NoReply);
    assert_eq!(tried.cause().0, Some(Cause::TunnelProtocolDisabled));
}

#[test]
fn a_nat_that_nobody_speaks_of_is_one_that_nobody_can_traverse() {
    let vendor = |from, name: &str| ike::Fact::Vendor { from, name: name.into() };
    let exchange = |client: &str, server_knows: &str| {
        let mut evidence = Evidence::default().source(Side::Wire, SourceKind::Capture).client(client);
        evidence.about.server = Some("198.51.100.20:500".parse().unwrap());
        evidence = evidence.sees(main_mode(Party::Client, 1)).sees(vendor(Party::Client, "RFC 3947"));
        evidence = evidence.sees(main_mode(Party::Server, 2)).sees(vendor(Party::Server, server_knows));
        evidence.sees(main_mode(Party::Client, 3)).sees(main_mode(Party::Server, 4))
    };
    let lacking = exchange("192.168.1.5", "Dead Peer Detection");
    assert_eq!(lacking.cause().0, Some(Cause::IkeNatTUnsupported));
    assert_eq!(lacking.finds().findings[0].at, Some(observe::Role::Server));
    assert_eq!(exchange("203.0.113.5", "Dead Peer Detection").confidence(Cause::IkeNatTUnsupported), 0.0);
    let spoken = lacking.sees(ike::Fact::Nat { client: Some(true), server: Some(false), forced: false });
    assert_eq!(spoken.confidence(Cause::IkeNatTUnsupported), 0.0);
}

#[test]
fn an_address_that_the_clients_own_network_contains_is_a_conflict() {
    let given = |address: &str| {
        let route = |destination: (&str, u8), gateway: Option<&str>, interface: &str| network::Fact::Route {
            destination: (destination.0.parse().unwrap(), destination.1),
            gateway: gateway.map(|gateway| gateway.parse().unwrap()),
            interface: interface.into(),
            tunnel: false,
            metric: None,
        };
        let address = address.parse().unwrap();
        let address = network::Fact::Address { interface: "ppp0".into(), tunnel: true, address, peer: None };
        client(SourceKind::Routes)
            .sees(route(("0.0.0.0", 0), Some("192.168.1.1"), "eth0"))
            .sees(route(("192.168.1.0", 24), None, "eth0"))
            .sees(address)
    };
    assert_eq!(given("192.168.1.77").cause().0, Some(Cause::NcpAddressConflict));
    assert_eq!(given("10.99.0.2").cause().0, None);
    let told = client(SourceKind::WindowsEvents).sees(network::Fact::AddressConflict { address: None });
    assert_eq!(told.cause().0, Some(Cause::NcpAddressConflict));
}

#[test]
fn what_a_log_says_of_tls_and_of_message_ids_is_a_cause() {
    let reason = Some(Reason::TlsVersion);
    let refused = Evidence::default().source(Side::Authenticator, SourceKind::FreeRadius);
    let refused = refused.sees(radius::Fact::Answer { code: 3, reason, error: None });
    assert_eq!(refused.cause().0, Some(Cause::AuthTlsVersion));
    let event = || reported::Fact::Event { provider: "Schannel".into(), id: 36874 };
    let alone = server(SourceKind::WindowsEvents).sees(event());
    let beside = server(SourceKind::WindowsEvents).sees(event()).sees(reported::Fact::Ras { code: 812 });
    assert!(alone.confidence(Cause::AuthTlsVersion) < 0.5);
    assert_eq!(beside.cause().0, Some(Cause::AuthTlsVersion));
    let reused = server(SourceKind::Pluto).sees(ike::Fact::MessageIdReused { at: Party::Here });
    assert_eq!(reused.cause().0, Some(Cause::IkeMessageIdReuse));
}

#[test]
fn the_settings_of_a_connection_say_which_cause_of_its_number_it_is() {
    let dialled = |profile: host::Profile, code| {
        client(SourceKind::WindowsEvents).sees(host::Fact::Profile(profile)).sees(reported::Fact::Ras { code })
    };
    let by = |shared_key| host::Profile { tunnel: "L2tp".into(), shared_key, ..host::Profile::default() };
    assert_eq!(dialled(by(Some(false)), 786).cause().0, Some(Cause::IkePskMissing));
    assert_eq!(dialled(by(Some(true)), 786).cause().0, Some(Cause::IkeCertMissing));
    let encryption = |encryption: &str| host::Profile { encryption: encryption.into(), ..by(Some(true)) };
    let sure = |level| dialled(encryption(level), 742).confidence(Cause::CcpEncryptionRequired);
    assert!(sure("Maximum") > sure("Optional"));
    let chap = host::Profile { methods: vec![ppp::Method::Chap], ..by(Some(true)) };
    let common = |profile| dialled(profile, 734).confidence(Cause::PppNoCommonAuth);
    assert!(common(chap) > common(by(Some(true))));
}

#[test]
fn error_720_of_one_machine_is_its_miniport_and_of_all_the_server() {
    let seen = client(SourceKind::WindowsEvents).sees(reported::Fact::Ras { code: 720 });
    let first = |scope| {
        let context = Context { scope: Some(scope), ras: None };
        examine(&seen.timeline, context).findings.first().map(|finding| finding.cause)
    };
    assert_eq!(first(diagnose::Scope::OneUser), Some(Cause::HostWanMiniportBroken));
    assert_eq!(first(diagnose::Scope::Everyone), Some(Cause::NcpNoneAgreed));
}

#[test]
fn a_service_of_the_server_is_missed_at_the_server_only() {
    let stopped = |name: &str| host::Fact::Service { name: name.into(), running: Some(false), start: None };
    let at = |side| Evidence::default().source(side, SourceKind::Services).sees(stopped("remoteaccess")).cause().0;
    assert_eq!((at(Side::Server), at(Side::Client), at(Side::Unknown)), (Some(Cause::HostServiceStopped), None, None));
    assert_eq!(server(SourceKind::Services).sees(stopped("ias")).cause().0, Some(Cause::AuthRadiusNoAnswer));
}

#[test]
fn a_port_that_a_strange_program_owns_is_busy() {
    let owned = |owner: &str| {
        let address = "0.0.0.0:500".parse().unwrap();
        server(SourceKind::Sockets).sees(host::Fact::Listening { tcp: false, address, owner: Some(owner.into()) })
    };
    assert_eq!(owned("dnsmasq").cause().0, Some(Cause::NetPortBusy));
    for known in ["charon", "pluto", "process 4", "3210"] {
        assert_eq!(owned(known).cause().0, None, "{known}");
    }
}

#[test]
fn a_client_without_any_route_out_has_no_internet() {
    let route = |to: &str, len, gateway: Option<&str>| network::Fact::Route {
        destination: (to.parse().unwrap(), len),
        gateway: gateway.map(|gateway| gateway.parse().unwrap()),
        interface: "127.0.0.1".into(),
        tunnel: false,
        metric: None,
    };
    let alone = client(SourceKind::Routes).sees(route("127.0.0.0", 8, None));
    assert_eq!(alone.cause().0, Some(Cause::NetNoInternet));
    let routed = client(SourceKind::Routes).sees(route("0.0.0.0", 0, Some("192.168.1.1")));
    assert_eq!(routed.cause().0, None);
}

#[test]
fn a_protocol_of_old_that_is_rejected_counts_where_no_other_came_up() {
    let rejected = |protocol| {
        let fact = ppp::Fact::ProtocolRejected { by: Party::Server, protocol: Protocol::Other(protocol) };
        client(SourceKind::Pppd).sees(fact)
    };
    assert_eq!(rejected(0x802b).cause().0, Some(Cause::NcpNoneAgreed));
    assert_eq!(rejected(0x8053).cause().0, None);
    let up = ppp::Fact::NetworkUp { protocol: Protocol::Ipcp, client: None, server: None };
    assert_eq!(rejected(0x802b).sees(up).cause().0, Some(Cause::NoneHealthy));
}

#[test]
fn an_address_of_the_tunnel_that_is_looked_for_in_the_internet_has_no_route_back() {
    let (to, by): (IpAddr, IpAddr) = ("10.99.0.5".parse().unwrap(), "198.51.100.1".parse().unwrap());
    let given = network::Fact::Address { interface: "ppp0".into(), tunnel: true, address: to, peer: None };
    let astray = || Evidence::default().source(Side::Unknown, SourceKind::Ping).sees(network::Fact::Astray { to, by });
    let known = astray().sees(given);
    assert_eq!(astray().cause().0, Some(Cause::RouteNoReturnRoute));
    assert_eq!(known.cause().0, Some(Cause::RouteNoReturnRoute));
    assert!(known.confidence(Cause::RouteNoReturnRoute) > astray().confidence(Cause::RouteNoReturnRoute));
    // At the client it says no more than that the tunnel does not have the route.
    assert_eq!(client(SourceKind::Ping).sees(network::Fact::Astray { to, by }).cause().0, None);
}
