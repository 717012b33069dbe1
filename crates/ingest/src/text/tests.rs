//! What the lines of each product become. The lines are what the products print, put together for each test.

use observe::ike::{self, Exchange, Phase};
use observe::ppp::{self, Method, Missing, Protocol, Reason};
use observe::{About, Fact, Party, Side, SourceKind, Time, Timeline, Trouble};
use observe::{esp, host, l2tp, network, pptp, radius, reported};
use proptest::prelude::*;
use wire::isakmp::NotifyType;
use wire::l2tp::MessageType;

use crate::Settings;

mod machine;

/// 2026-11-21T00:00:00Z.
const NOW: Time = Time(1_795_219_200_000_000);

fn read_named(name: &str, text: &str) -> Timeline {
    let mut timeline = Timeline::new();
    let settings = Settings { now: Some(NOW), ..Settings::default() };
    crate::read(name, text.as_bytes(), &settings, &mut timeline, &mut |_| {}).unwrap();
    timeline
}

fn read(text: &str) -> Timeline {
    read_named("log", text)
}

fn facts(timeline: &Timeline) -> Vec<&Fact> {
    timeline.observations().iter().map(|observation| &observation.fact).collect()
}

/// Asserts that a text yields a fact.
#[track_caller]
fn yields(text: &str, fact: impl Into<Fact>) {
    let (timeline, fact) = (read(text), fact.into());
    assert!(facts(&timeline).contains(&&fact), "{text}\n{fact:?} is not in {:#?}", facts(&timeline));
}

fn kind_and_side(text: &str) -> (SourceKind, Side) {
    let timeline = read(text);
    let source = &timeline.sources()[0];
    (source.kind, source.side)
}

fn about_of(text: &str, matches: impl Fn(&Fact) -> bool) -> About {
    let timeline = read(text);
    let found = timeline.observations().iter().find(|observation| matches(&observation.fact));
    found.map(|observation| observation.about.clone()).expect("the fact is there")
}

const CHARON_SERVER: &str = "\
Nov 20 21:00:55 gw charon: 00[DMN] Starting IKE charon daemon (strongSwan 5.9.8, Linux 6.1.0, x86_64)
Nov 20 21:00:55 gw charon: 08[NET] received packet: from 192.0.2.7[500] to 203.0.113.1[500] (180 bytes)
Nov 20 21:00:55 gw charon: 08[ENC] parsed ID_PROT request 0 [ SA V V V V V ]
Nov 20 21:00:55 gw charon: 08[IKE] 192.0.2.7 is initiating a Main Mode IKE_SA
Nov 20 21:00:55 gw charon: 08[CFG] selected proposal: IKE:AES_CBC_256/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048
Nov 20 21:00:55 gw charon: 08[ENC] generating ID_PROT response 0 [ SA V V V V ]
Nov 20 21:00:55 gw charon: 08[NET] sending packet: from 203.0.113.1[500] to 192.0.2.7[500] (160 bytes)
Nov 20 21:00:56 gw charon: 09[NET] received packet: from 192.0.2.7[4500] to 203.0.113.1[4500] (76 bytes)
";

#[test]
fn charon_s_exchange_is_told_message_by_message_with_its_peer_and_port() {
    let timeline = read(CHARON_SERVER);
    let source = &timeline.sources()[0];
    assert_eq!((source.kind, source.side), (SourceKind::Charon, Side::Server));
    assert_eq!(source.product.as_deref(), Some("strongSwan 5.9.8"));
    let messages: Vec<_> = timeline
        .observations()
        .iter()
        .filter_map(|observation| match &observation.fact {
            Fact::Ike(ike::Fact::Message(message)) => Some((message.from, message.exchange, message.octets)),
            _ => None,
        })
        .collect();
    assert_eq!(
        messages,
        [(Party::There, Exchange::MainMode(1), Some(180)), (Party::Here, Exchange::MainMode(2), Some(160))]
    );
    let about = &timeline.observations().last().unwrap().about;
    assert_eq!(about.client, Some("192.0.2.7:500".parse().unwrap()));
}

#[test]
fn charon_tells_a_wrong_key_once_for_each_message() {
    let text = format!(
        "{CHARON_SERVER}\
         Nov 20 21:00:56 gw charon: 09[ENC] invalid ID_V1 payload length, decryption failed?\n\
         Nov 20 21:00:56 gw charon: 09[ENC] could not decrypt payloads\n\
         Nov 20 21:00:56 gw charon: 09[IKE] message parsing failed\n\
         Nov 20 21:00:56 gw charon: 09[ENC] generating INFORMATIONAL_V1 request 7 [ HASH N(PLD_MAL) ]\n"
    );
    let timeline = read(&text);
    let count = |fact: &dyn Fn(&Fact) -> bool| timeline.observations().iter().filter(|o| fact(&o.fact)).count();
    assert_eq!(count(&|fact| *fact == Fact::Ike(ike::Fact::Undecryptable { at: Party::Here })), 1);
    assert_eq!(
        count(&|fact| matches!(fact, Fact::Ike(ike::Fact::Notify { kind: NotifyType::PAYLOAD_MALFORMED, .. }))),
        1
    );
}

#[test]
fn charon_s_refusals_are_told_apart() {
    let line = |message: &str| format!("{CHARON_SERVER}Nov 20 21:00:56 gw charon: 09{message}\n");
    let at = Party::Here;
    yields(&line("[IKE] no shared key found for 203.0.113.1 - 192.0.2.7"), ike::Fact::NoSharedKey { at });
    yields(&line("[IKE] received proposals unacceptable"), ike::Fact::NoCommonSuite { phase: Phase::One, at });
    yields(&line("[IKE] calculated HASH does not match HASH payload"), ike::Fact::HashWrong { at });
    yields(&line("[JOB] deleting half open IKE_SA with 192.0.2.7 after timeout"), ike::Fact::HalfOpenExpired { at });
    let asked = Some("10.0.0.0/24 === 192.0.2.7/32[udp/1702]".to_owned());
    let text = line("[IKE] no matching CHILD_SA config found for 10.0.0.0/24 === 192.0.2.7/32[udp/1702]");
    yields(&text, ike::Fact::SelectorsRefused { at, asked });
    let (expected, got) = (Some("vpn.example.com".to_owned()), Some("10.0.0.9".to_owned()));
    yields(
        &line("[IKE] IDir '10.0.0.9' does not match to 'vpn.example.com'"),
        ike::Fact::IdentityRefused { at, expected, got },
    );
    let problem = ike::CertificateProblem::Untrusted;
    let text = line("[IKE] no trusted RSA public key found for 'CN=vpn.example.com'");
    yields(&text, ike::Fact::Certificate { at, of: Some(Party::There), problem });
}

#[test]
fn charon_gives_up_where_it_stands_and_finds_an_established_peer_dead() {
    let dialled =
        "13[IKE] initiating Main Mode IKE_SA office[3] to 192.0.2.1\n13[ENC] generating ID_PROT request 0 [ SA V V ]\n";
    let after = Some(Exchange::MainMode(1));
    yields(
        &format!("{dialled}14[IKE] giving up after 5 retransmits\n13[IKE] giving up after 5 retransmits\n"),
        ike::Fact::GaveUp { by: Party::Here, after },
    );
    let up = "13[IKE] IKE_SA office[3] established between 10.0.0.2[10.0.0.2]...192.0.2.1[192.0.2.1]\n";
    yields(
        &format!("{dialled}{up}13[JOB] DPD check timed out, enforcing DPD action\n"),
        ike::Fact::PeerDead { at: Party::Here },
    );
    assert_eq!(kind_and_side(dialled), (SourceKind::Charon, Side::Client));
}

#[test]
fn charon_s_timers_without_a_number_are_about_the_only_association_there_is() {
    let text = format!(
        "{CHARON_SERVER}\
         Nov 20 21:00:57 gw charon: 09[IKE] IKE_SA a[1] established between 203.0.113.1[203.0.113.1]...192.0.2.7[192.0.2.7]\n\
         Nov 20 21:01:57 gw charon: 16[JOB] DPD check timed out, enforcing DPD action\n"
    );
    let about = about_of(&text, |fact| *fact == Fact::Ike(ike::Fact::PeerDead { at: Party::Here }));
    assert_eq!(about.attempt.as_deref(), Some("IKE_SA 1"));
}

#[test]
fn pluto_speaks_in_the_wordings_of_its_versions() {
    let at = Party::Here;
    let line = |message: &str| format!("Nov 20 21:00:55 gw pluto[9]: \"l2tp-psk\"[2] 192.0.2.7 #5: {message}\n");
    for sent in ["STATE_MAIN_R1: sent MR1, expecting MI2", "sent Main Mode R1"] {
        let timeline = read(&line(sent));
        let Fact::Ike(ike::Fact::Message(message)) = &timeline.observations()[0].fact else { panic!("{sent}") };
        assert_eq!((message.from, message.exchange), (at, Exchange::MainMode(2)));
    }
    let text = line("responding to Main Mode from unknown peer 192.0.2.7 on port 500");
    assert_eq!(kind_and_side(&text), (SourceKind::Pluto, Side::Server));
    yields(
        &line("STATE_MAIN_R1: retransmission; will wait 0.5 seconds for response"),
        ike::Fact::Repeated { by: at, message: Exchange::MainMode(2) },
    );
    yields(
        &line("probable authentication failure (mismatch of preshared secrets?): malformed payload in packet"),
        ike::Fact::Undecryptable { at },
    );
    yields(&line("no acceptable Oakley Transform"), ike::Fact::NoCommonSuite { phase: Phase::One, at });
    yields(
        &line("sending notification NO_PROPOSAL_CHOSEN to 192.0.2.7:500"),
        ike::Fact::Notify { from: at, kind: NotifyType::NO_PROPOSAL_CHOSEN, phase: Some(Phase::One), protected: false },
    );
    let (expected, got) = (Some("198.51.100.1".to_owned()), Some("10.0.0.1".to_owned()));
    yields(
        &line("we require IKEv1 peer to have ID '198.51.100.1', but peer declares '10.0.0.1'"),
        ike::Fact::IdentityRefused { at, expected, got },
    );
    yields(
        &line("ESP traffic information: in=0B out=2KB"),
        ike::Fact::Deleted { by: at, phase: Phase::Two, traffic: Some((0, 2048)) },
    );
    let established = "STATE_QUICK_R2: IPsec SA established transport mode {ESPinUDP=>0xc0ffee01 <0x00000002 xfrm=AES_CBC_256-HMAC_SHA1_96 NATOA=10.0.0.9 NATD=192.0.2.7:4500 DPD=active}";
    let suite = ike::Suite { cipher: "aes-cbc-256".into(), integrity: "sha1".into(), ..ike::Suite::default() };
    yields(
        &line(established),
        ike::Fact::Phase2Up {
            encapsulated: Some(true),
            transport: Some(true),
            suite: Some(suite),
            spis: Some((2, 0xc0ff_ee01)),
        },
    );
    yields(
        "ike string error: IKE DH algorithm 'modp1024' is not supported\n",
        ike::Fact::SuiteUnsupported { at, name: "modp1024".into() },
    );
}

const PPPD: &str = "\
pppd 2.4.9 started by root, uid 0
using channel 1
Using interface ppp0
Connect: ppp0 <--> /dev/pts/0
sent [LCP ConfReq id=0x1 <asyncmap 0x0> <auth chap MS-v2> <magic 0x1> <pcomp> <accomp>]
sent [LCP ConfReq id=0x1 <asyncmap 0x0> <auth chap MS-v2> <magic 0x1> <pcomp> <accomp>]
rcvd [LCP ConfNak id=0x1 <auth eap>]
";

#[test]
fn pppd_without_times_and_tags_is_known_by_its_words() {
    let timeline = read(PPPD);
    assert_eq!((timeline.sources()[0].kind, timeline.sources()[0].side), (SourceKind::Pppd, Side::Server));
    yields(PPPD, ppp::Fact::AuthenticationDemanded { by: Party::Here, method: Method::MsChapV2 });
    let instead = Some(Method::Eap(None));
    yields(PPPD, ppp::Fact::AuthenticationDeclined { by: Party::There, method: Method::MsChapV2, instead });
    yields(PPPD, ppp::Fact::Packet { from: Party::Here, protocol: Protocol::Lcp, code: 1, repeated: true });
}

#[test]
fn pppd_s_user_and_error_number_are_read_from_the_packets_and_their_secrets_hidden() {
    let text = format!(
        "{PPPD}rcvd [CHAP Response id=0xd3 <00112233445566778899aabbccddeeff0011>, name = \"eve\"]\n\
         sent [CHAP Failure id=0xd3 \"E=691 R=1 C=00 V=0 M=Access denied\"]\n"
    );
    let (method, code) = (Some(Method::MsChapV2), Some(691));
    let declined = PPPD.replace("rcvd [LCP ConfNak id=0x1 <auth eap>]", "rcvd [LCP ConfAck id=0x1 <auth chap MS-v2>]");
    let text = text.replace(PPPD, &declined);
    yields(&text, ppp::Fact::AuthenticationFailed { at: Party::Here, method, code, reason: None });
    let about = about_of(&text, |fact| matches!(fact, Fact::Ppp(ppp::Fact::AuthenticationFailed { .. })));
    assert_eq!(about.user.as_deref(), Some("eve"));
    assert!(read(&text).observations().iter().all(|observation| !observation.place.text.contains("00112233")));
}

#[test]
fn pppd_s_kernel_troubles_are_told_apart_by_the_error() {
    for (error, what) in [
        ("No such file or directory", Missing::DevPpp),
        ("No such device or address", Missing::Ppp),
        ("Operation not permitted", Missing::DevPppForbidden),
    ] {
        let text = format!("Nov 20 21:00:00 gw pppd[7]: Couldn't open the /dev/ppp device: {error}\n");
        yields(&text, ppp::Fact::KernelMissing { at: Party::Here, what });
    }
    let text = "gw-1  | Nov 20 21:00:00 gw pppd[7]: MPPE required, but kernel has no support.\n";
    yields(text, ppp::Fact::KernelMissing { at: Party::Here, what: Missing::Mppe });
}

#[test]
fn pppd_s_other_ends_and_plugins_are_read() {
    let at = Party::Here;
    let line = |message: &str| format!("Nov 20 21:00:00 gw pppd[7]: {message}\n");
    yields(&line("LCP: timeout sending Config-Requests"), ppp::Fact::Unanswered { at, protocol: Protocol::Lcp });
    yields(&line("No response to 4 echo-requests"), ppp::Fact::PeerDead { at });
    yields(&line("peer refused to authenticate: terminating link"), ppp::Fact::NoCommonAuthentication { at });
    yields(&line("MPPE required but peer negotiation failed"), ppp::Fact::EncryptionRequired { by: at });
    yields(&line("MPPE 128-bit stateless compression enabled"), ppp::Fact::Encrypted { bits: 128 });
    yields(
        &line("Protocol-Reject for 'Compression Control Protocol' (0x80fd) received"),
        ppp::Fact::ProtocolRejected { by: Party::There, protocol: Protocol::Ccp },
    );
    yields(
        &line("LCP terminated by peer (R^Vwl^@<M-Mt^@^@^BM-3)"),
        ppp::Fact::Terminated { by: Party::There, text: "R^Vwl^@<M-Mt^@^@^BM-3".into(), code: Some(691) },
    );
    yields(
        &line("rc_send_server: no reply from RADIUS server 192.0.2.9:1812"),
        radius::Fact::Unanswered { server: Some("192.0.2.9:1812".into()) },
    );
    let said = "In file /etc/ppp/options: unrecognized option 'requre-mppe'".to_owned();
    yields(&line(&said), host::Fact::ConfigurationError { program: "pppd".into(), said: said.clone() });
    yields(
        &line("No CHAP secret found for authenticating \"eve\""),
        ppp::Fact::AuthenticationFailed { at, method: None, code: None, reason: Some(Reason::UnknownUser) },
    );
}

#[test]
fn several_pppds_in_one_log_stay_apart() {
    let text = "\
        Nov 20 21:00:00 gw pppd[7]: rcvd [CHAP Response id=0x1 <00>, name = \"anna\"]\n\
        Nov 20 21:00:00 gw pppd[8]: rcvd [CHAP Response id=0x1 <00>, name = \"bert\"]\n\
        Nov 20 21:00:00 gw pppd[7]: CHAP peer authentication succeeded for anna\n";
    let about = about_of(text, |fact| matches!(fact, Fact::Ppp(ppp::Fact::Authenticated { .. })));
    assert_eq!((about.user.as_deref(), about.attempt.as_deref()), (Some("anna"), Some("pppd[7]")));
}

#[test]
fn a_syslog_joins_the_lines_of_a_call_over_its_programs() {
    let text = "\
        Nov 20 21:00:59 gw xl2tpd[1]: Connection established to 192.0.2.7, 1701.  Local: 59088, Remote: 32483 (ref=0/0).  LNS session is 'default'\n\
        Nov 20 21:00:59 gw xl2tpd[1]: Call established with 192.0.2.7, PID: 903, Local: 45981, Remote: 4936, Serial: 1\n\
        Nov 20 21:01:00 gw pppd[903]: LCP: timeout sending Config-Requests\n";
    let about = about_of(text, |fact| matches!(fact, Fact::Ppp(_)));
    assert_eq!(about.client.map(|client| client.ip()), Some("192.0.2.7".parse().unwrap()));
    assert_eq!(about.attempt.as_deref(), Some("tunnel 59088"));
    assert_eq!(kind_and_side(text), (SourceKind::Syslog, Side::Server));
}

#[test]
fn a_call_to_a_peer_with_several_tunnels_is_the_newest_one_s() {
    let up = |local: u32| {
        format!("xl2tpd[7]: Connection established to 192.0.2.7, 1701.  Local: {local}, Remote: 5 (ref=0/0).\n")
    };
    let other = "xl2tpd[7]: Connection established to 192.0.2.9, 1701.  Local: 1, Remote: 5 (ref=0/0).\n";
    for _ in 0..8 {
        let tunnels: String = [11, 19, 12, 18, 13, 17].map(up).concat();
        let text =
            format!("{tunnels}{other}xl2tpd[7]: Call established with 192.0.2.7, Local: 3, Remote: 4, Serial: 1\n");
        let timeline = read(&text);
        let call = timeline.observations().iter().find(|seen| seen.fact == l2tp::Fact::CallUp.into()).unwrap();
        assert_eq!(call.about.attempt.as_deref(), Some("tunnel 17"));
    }
}

#[test]
fn xl2tpd_s_silences_and_refusals_are_read() {
    let line = |message: &str| {
        format!(
            "Nov 20 21:00:00 pc xl2tpd[1]: Connecting to host 192.0.2.1, port 1701\nNov 20 21:00:00 pc xl2tpd[1]: {message}\n"
        )
    };
    let text = line("Maximum retries exceeded for tunnel 23283.  Closing.");
    yields(&text, l2tp::Fact::Unanswered { by: Party::Here, established: false, last: None });
    assert_eq!(kind_and_side(&text), (SourceKind::Xl2tpd, Side::Client));
    yields(
        &line("control_finish: Connection closed to 192.0.2.1, serial 1 (No available IP address)"),
        l2tp::Fact::Refused {
            by: Party::There,
            tunnel: false,
            result: 0,
            error: 0,
            text: "No available IP address".into(),
        },
    );
    let text = "xl2tpd[9]: L2TP kernel support not detected (try modprobing l2tp_ppp and pppol2tp)\n";
    yields(text, ppp::Fact::KernelMissing { at: Party::Here, what: Missing::L2tp });
    yields(
        &line("init_network: Unable to bind socket: Address already in use. Terminating."),
        host::Fact::PortBusy { port: Some(1701), tcp: false, program: "xl2tpd".into() },
    );
    yields(
        &line("child_handler : pppd exited for call 4936 with code 19"),
        l2tp::Fact::PppExited { at: Party::Here, status: Some(19) },
    );
}

#[test]
fn pptp_s_two_programs_tell_how_far_it_came() {
    let client =
        |message: &str| format!("Nov 20 21:00:00 pc pptp[7]: anon warn[open_inetsock:pptp_callmgr.c:352]: {message}\n");
    yields(&client("connect: Connection refused"), pptp::Fact::ConnectionRefused);
    yields(&client("connect: Connection timed out"), pptp::Fact::ConnectionTimedOut);
    yields(&client("Sent control packet type is 1 'Start-Control-Connection-Request'"), pptp::Fact::NoReply);
    let server = "\
        Nov 20 21:00:00 gw pptpd[8]: CTRL: Client 192.0.2.7 control connection started\n\
        Nov 20 21:00:00 gw pptpd[8]: CTRL: Received PPTP Control Message (type: 7)\n\
        Nov 20 21:00:00 gw pptpd[8]: CTRL: Starting call (launching pppd, opening GRE)\n";
    let end = "Nov 20 21:00:30 gw pptpd[8]: CTRL: Client 192.0.2.7 control connection finished\n";
    yields(&format!("{server}{end}"), pptp::Fact::NoGre { at: Party::Here });
    let packets = "Nov 20 21:00:01 gw pptpd[8]: GRE: accepting packet #1\n".repeat(3);
    let text = format!("{server}{packets}{end}");
    yields(&text, pptp::Fact::Gre { from: Party::There, packets: 3, octets: 0 });
    assert_eq!(kind_and_side(&text), (SourceKind::Pptpd, Side::Server));
    let text = "Nov 20 21:00:00 gw pptpd[8]: createHostSocket: Address already in use\n";
    yields(text, pptp::Fact::PortBusy { at: Party::Here });
}

#[test]
fn softether_names_modules_and_clients() {
    let line = |message: &str| format!("2026-11-20 21:08:42.416 {message}\n");
    let client = "IPsec Client 1 (192.0.2.7:500 -> 0.0.0.0:500): ";
    let text = line(&format!(
        "{client}There are no acceptable transform proposals from the client for establishing an IKE SA."
    ));
    yields(&text, ike::Fact::NoCommonSuite { phase: Phase::One, at: Party::Here });
    let text = line("IPsec Client 1 (192.0.2.7:4500 -> 0.0.0.0:4500): The L2TP Server Module is started.");
    yields(&text, l2tp::Fact::Message { from: Party::There, kind: MessageType::SCCRQ, repeated: false, clear: false });
    let text = [
        line("[HUB \"DEFAULT\"] The connection \"CID-2\" (IP address: 192.0.2.7, Host name: x, Port number: 1701, Client name: \"L2TP VPN Client\", Version: 5.01, Build: 9674) is attempting to connect to the Virtual Hub. The auth type provided is \"External server authentication\" and the user name is \"ines\"."),
        line("[HUB \"DEFAULT\"] Connection \"CID-2\": User authentication failed. The user name that has been provided was \"ines\", from 192.0.2.7."),
    ]
    .concat();
    let about = about_of(&text, |fact| matches!(fact, Fact::Ppp(ppp::Fact::AuthenticationFailed { .. })));
    assert_eq!(about.user.as_deref(), Some("ines"));
    assert_eq!(kind_and_side(&text), (SourceKind::SoftEther, Side::Server));
}

#[test]
fn freeradius_gives_its_reasons() {
    let line = |message: &str| format!("Fri Nov 20 21:00:00 2026 : Auth: (3) {message}\n");
    for (why, reason) in [
        ("expiration: Account expired at 'Sep 30 2026 18:00:00 UTC'", Reason::Expired),
        ("mschap: MS-CHAP2-Response is incorrect", Reason::WrongPassword),
        ("mschap: FAILED: No NT-Password.  Cannot perform authentication", Reason::NoUsablePassword),
        ("logintime: Login outside of allowed time-slot", Reason::LogonHours),
    ] {
        let text = line(&format!("Login incorrect ({why}): [anna] (from client gw port 0)"));
        yields(&text, radius::Fact::Answer { code: 3, reason: Some(reason), error: None });
        assert_eq!(about_of(&text, |_| true).user.as_deref(), Some("anna"));
        assert_eq!(kind_and_side(&text), (SourceKind::FreeRadius, Side::Authenticator));
    }
    let text = "Fri Nov 20 21:00:00 2026 : Error: Ignoring request to auth address * port 1812 bound to server default from unknown client 192.0.2.1 port 34567 proto udp\n";
    yields(text, radius::Fact::UnknownClient);
}

#[test]
fn freeradius_tells_an_unknown_user_from_a_password_that_does_not_fit() {
    let request = |store: &str| {
        format!(
            "(0) Received Access-Request Id 2 from 192.0.2.1:5000 to 192.0.2.2:1812 length 136\n(0)   User-Name = \"anna\"\n(0)     [files] = {store}\n\
             (0) mschap: ERROR: FAILED: No NT/LM-Password.  Cannot perform authentication\n(0) Sent Access-Reject Id 2 from 192.0.2.2:1812 to 192.0.2.1:5000 length 20\n"
        )
    };
    for (store, reason) in [("noop", Reason::UnknownUser), ("ok", Reason::NoUsablePassword)] {
        yields(&request(store), radius::Fact::Answer { code: 3, reason: Some(reason), error: None });
    }
}

#[test]
fn a_password_that_freeradius_logs_is_hidden() {
    let text = "Fri Nov 20 21:00:00 2026 : Auth: (3) Login incorrect (pap: Cleartext password does not match \"known good\" password): [anna/geheim] (from client gw port 0)\n";
    let timeline = read(text);
    assert!(!timeline.observations().is_empty());
    assert!(timeline.observations().iter().all(|observation| !observation.place.text.contains("geheim")));
}

#[test]
fn accel_ppp_routeros_macos_and_networkmanager_are_known() {
    let at = Party::Here;
    let text = "[2026-11-20 21:00:00]:  info: ppp0: connect: ppp0 <--> l2tp(192.0.2.7:1701 session 1-2, 3-4)\n[2026-11-20 21:00:00]:  warn: ppp0: cann't negotiate authentication type\n";
    yields(text, ppp::Fact::NoCommonAuthentication { at });
    assert_eq!(kind_and_side(text), (SourceKind::AccelPpp, Side::Server));

    let text = "nov/20/2026 21:00:00 l2tp,ppp,info l2tp-out1: connecting...\nnov/20/2026 21:00:30 ipsec,error phase1 negotiation failed due to time up 10.0.0.2[500]<=>192.0.2.1[500] 1:2\n";
    yields(text, ike::Fact::GaveUp { by: at, after: None });
    assert_eq!(kind_and_side(text), (SourceKind::RouterOs, Side::Client));
    for (cookies, number) in [("9f3a7c6a5d8f9a1b:0000000000000000", 1), ("9f3a7c6a5d8f9a1b:12f0c3a55d8f9a1b", 5)] {
        let text = format!(
            "nov/20/2026 21:00:30 ipsec,error phase1 negotiation failed due to time up 10.0.0.2[500]<=>192.0.2.1[500] {cookies}\n"
        );
        yields(&text, ike::Fact::GaveUp { by: at, after: Some(Exchange::MainMode(number)) });
    }

    let text = "Fri Nov 20 21:00:00 2026 : L2TP connecting to server 'vpn.example' (192.0.2.1)...\nFri Nov 20 21:00:00 2026 : IPSec phase 1 client started\nFri Nov 20 21:00:00 2026 : L2TP sent SCCRQ\nFri Nov 20 21:00:02 2026 : L2TP sent SCCRQ\n";
    yields(text, l2tp::Fact::Message { from: at, kind: MessageType::SCCRQ, repeated: true, clear: false });
    assert_eq!(kind_and_side(text), (SourceKind::Apple, Side::Client));

    let text = "Nov 20 21:00:00 pc nm-l2tp-service[9]: Can't bind to port 1701\n";
    yields(text, host::Fact::PortBusy { port: Some(1701), tcp: false, program: "NetworkManager".into() });
    let text = "Nov 20 21:00:00 pc NetworkManager[9]: xl2tpd[10]: Connecting to host 192.0.2.1, port 1701\n";
    yields(text, l2tp::Fact::Message { from: at, kind: MessageType::SCCRQ, repeated: false, clear: false });
}

#[test]
fn causeway_s_own_lines_are_read_in_every_form() {
    let fields = r#""session":"s7","peer":"192.0.2.7:500","user":"anna","stage":"ike.phase1","cause":"ike.psk_mismatch","ras":789"#;
    for text in [
        format!("2026-11-20T21:00:00Z warning connection failed {{{fields}}}\n"),
        format!(
            "{{\"level\":\"warning\",\"message\":\"connection failed\",\"time\":\"2026-11-20T21:00:00Z\",{fields}}}\n"
        ),
        format!("Nov 20 21:00:00 gw causeway[9]: connection failed {{{fields}}}\n"),
    ] {
        yields(&text, reported::Fact::Verdict { cause: "ike.psk_mismatch".into(), stage: "ike.phase1".into() });
        yields(&text, reported::Fact::Ras { code: 789 });
        assert_eq!(kind_and_side(&text), (SourceKind::Causeway, Side::Server), "{text}");
        assert!(read(&text).observations().iter().all(|observation| observation.at.is_some()), "{text}");
    }
    let text =
        "{\"event\":\"failed\",\"ras\":809,\"cause\":\"net.udp500_blocked\",\"stage\":\"ike.phase1\",\"detail\":{}}\n";
    yields(text, reported::Fact::Ras { code: 809 });
    assert_eq!(kind_and_side(text), (SourceKind::Causeway, Side::Client));
}

#[test]
fn journal_entries_as_json_are_read_like_their_lines() {
    let text = r#"{"__REALTIME_TIMESTAMP":"1795208880000000","SYSLOG_IDENTIFIER":"pppd","SYSLOG_PID":"7","MESSAGE":"LCP: timeout sending Config-Requests"}"#;
    yields(text, ppp::Fact::Unanswered { at: Party::Here, protocol: Protocol::Lcp });
    let timeline = read(text);
    let observation = &timeline.observations()[0];
    assert_eq!(observation.at, Some(Time(1_795_208_880_000_000)));
    assert_eq!(observation.about.attempt.as_deref(), Some("pppd[7]"));
}

#[test]
fn ping_is_read_from_every_system_and_language() {
    let fact = |size, received, too_big| network::Fact::Ping {
        to: "192.0.2.5".parse().unwrap(),
        size,
        sent: 4,
        received,
        too_big,
    };
    let linux = "PING h (192.0.2.5) 1372(1400) bytes of data.\nping: local error: message too long, mtu=1380\n\n--- h ping statistics ---\n4 packets transmitted, 0 received, +4 errors, 100% packet loss, time 99ms\n";
    yields(linux, fact(1372, 0, true));
    let mac = "PING h (192.0.2.5): 56 data bytes\n64 bytes from 192.0.2.5: icmp_seq=0 ttl=63 time=1.0 ms\n4 packets transmitted, 4 packets received, 0.0% packet loss\n";
    yields(mac, fact(56, 4, false));
    for (heading, counts) in [
        ("Pinging 192.0.2.5 with 32 bytes of data:", "    Packets: Sent = 4, Received = 3, Lost = 1 (25% loss),"),
        ("正在 Ping 192.0.2.5 具有 32 字节的数据:", "    数据包: 已发送 = 4，已接收 = 3，丢失 = 1 (25% 丢失)，"),
        (
            "192.0.2.5 に ping を送信しています 32 バイトのデータ:",
            "    パケット数: 送信 = 4、受信 = 3、損失 = 1 (25% の損失)、",
        ),
        (
            "Disparando 192.0.2.5 com 32 bytes de dados:",
            "    Pacotes: Enviados = 4, Recebidos = 3, Perdidos = 1 (25% de",
        ),
    ] {
        yields(&format!("\r\n{heading}\r\n{counts}\r\n"), fact(32, 3, false));
    }
}

#[test]
fn routes_and_addresses_know_a_tunnel_s_interface() {
    let route = |text: &str, interface: &str, gateway: Option<&str>| {
        let fact = network::Fact::Route {
            destination: ("0.0.0.0".parse().unwrap(), 0),
            gateway: gateway.map(|gateway| gateway.parse().unwrap()),
            interface: interface.into(),
            tunnel: interface.starts_with("ppp"),
            metric: None,
        };
        yields(text, fact);
    };
    route("default dev ppp0 scope link \n", "ppp0", None);
    route("default via 192.0.2.1 dev eth0 proto dhcp \n", "eth0", Some("192.0.2.1"));
    route(
        "Routing tables\n\nInternet:\nDestination  Gateway  Flags  Netif Expire\ndefault 192.0.2.1 UGScg en0\n",
        "en0",
        Some("192.0.2.1"),
    );
    for text in
        ["198.51.100.20 dev ppp0 src 10.99.0.10 uid 0 \n", "198.51.100.20 dev ppp0 src 10.99.0.10 \n    cache \n"]
    {
        let (to, interface) = ("198.51.100.20".parse().unwrap(), "ppp0".to_owned());
        yields(text, network::Fact::RouteTo { to, interface, tunnel: true });
    }
    yields(
        "3: ppp0: <POINTOPOINT,UP> mtu 1400 qdisc\n    inet 10.0.0.2 peer 10.0.0.1/32 scope global ppp0\n",
        network::Fact::Address {
            interface: "ppp0".into(),
            tunnel: true,
            address: "10.0.0.2".parse().unwrap(),
            peer: Some("10.0.0.1".parse().unwrap()),
        },
    );
}

#[test]
fn sockets_of_linux_and_windows_are_read_and_a_whole_listing_is_said_to_be_one() {
    let ss = "Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process\nudp UNCONN 0 0 0.0.0.0:500 0.0.0.0:* users:((\"charon\",pid=776,fd=12))\ntcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\n";
    let address = "0.0.0.0:500".parse().unwrap();
    yields(ss, host::Fact::Listening { tcp: false, address, owner: Some("charon".into()) });
    yields(ss, host::Fact::ListeningComplete);
    let windows = "  Proto  Local Address          Foreign Address        State           PID\n  TCP    0.0.0.0:1723           0.0.0.0:0              LISTENING       4\n  TCP    192.0.2.1:50000        192.0.2.2:443          ESTABLISHED     9\n  UDP    0.0.0.0:500            *:*                                    1234\n";
    let timeline = read(windows);
    let listening =
        facts(&timeline).iter().filter(|fact| matches!(fact, Fact::Host(host::Fact::Listening { .. }))).count();
    assert_eq!(listening, 2);
}

#[test]
fn filters_that_drop_what_a_vpn_needs_are_told_and_those_that_should_are_not() {
    let drops = |text: &str| {
        let timeline = read(text);
        facts(&timeline).iter().any(|fact| matches!(fact, Fact::Host(host::Fact::FilterDrops { .. })))
    };
    assert!(drops("-A INPUT -p udp -m udp --dport 1701 -j DROP\n"));
    assert!(drops("-P FORWARD DROP\n-A INPUT -j ACCEPT\n"));
    assert!(drops(
        "Chain FORWARD (policy DROP 12 packets, 1008 bytes)\n pkts bytes target prot opt in out source destination\n"
    ));
    assert!(drops(
        "table inet filter {\nchain forward {\ntype filter hook forward priority filter; policy accept;\niifname \"ppp*\" counter packets 12 bytes 1008 drop\n}\n}\n"
    ));
    assert!(!drops("-A INPUT -p udp --dport 1701 -m policy --dir in --pol none -j DROP\n"));
    assert!(!drops("-P FORWARD DROP\n-A FORWARD -i ppp+ -j ACCEPT\n"));
    assert!(!drops(
        "Chain INPUT (policy ACCEPT 0 packets, 0 bytes)\n 0 0 DROP udp -- * * 0.0.0.0/0 0.0.0.0/0 udp dpt:1701\n"
    ));
}

#[test]
fn settings_modules_and_services_are_read() {
    yields("net.ipv4.ip_forward = 0\n", host::Fact::Forwarding { on: false, v6: false });
    yields("$ cat /proc/sys/net/ipv4/ip_forward\n1\n", host::Fact::Forwarding { on: true, v6: false });
    yields(
        "modprobe: FATAL: Module ppp_mppe not found in directory /lib/modules/6.1.0\n",
        host::Fact::ModuleMissing { module: "ppp_mppe".into() },
    );
    let status = "● xl2tpd.service - LSB: layer 2 tunelling protocol daemon\n     Loaded: loaded (/etc/init.d/xl2tpd; disabled; preset: enabled)\n     Active: inactive (dead)\n";
    yields(
        status,
        host::Fact::Service { name: "xl2tpd".into(), running: Some(false), start: Some(host::Start::Disabled) },
    );
    let text = "[  812.120000] [UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.7 DST=192.0.2.1 LEN=180 PROTO=UDP SPT=500 DPT=500 LEN=160\n";
    assert!(matches!(facts(&read(text))[..], [Fact::Host(host::Fact::FilterDrops { .. })]));
}

#[test]
fn associations_of_the_kernel_are_read_with_their_counters() {
    let text = "src 192.0.2.1 dst 192.0.2.7\n\tproto esp spi 0xc0ffee01(3237998081) reqid 1(0x00000001) mode transport\n\
        \treplay-window 32 seq 0x00000000 flag  (0x00000000)\n\tauth-trunc hmac(sha1) <<Keys hidden>> 96\n\
        \tencap type espinudp sport 4500 dport 31211 addr 0.0.0.0\n\
        \tanti-replay context: seq 0x0, oseq 0xc, bitmap 0x00000000\n\tlifetime current:\n\t  1234(bytes), 12(packets)\n\
        \t  add 2026-11-21 04:19:02 use -\n\tstats:\n\t  replay-window 0 replay 0 failed 0\n";
    let association = esp::Association {
        source: [192, 0, 2, 1].into(),
        destination: [192, 0, 2, 7].into(),
        spi: 0xc0ff_ee01,
        ports: Some((4500, 31211)),
        mark: None,
        from: Some(Party::Here),
        carried: Some(esp::Carried { packets: 12, octets: 1234 }),
    };
    let timeline = read(text);
    assert_eq!(facts(&timeline), [&esp::Fact::Association(association).into()]);
    assert!(timeline.observations()[0].place.text.contains("12(packets)"), "what speaks is shown");
    let failed = read(&text.replace("oseq 0xc", "oseq 0x0").replace("failed 0", "failed 7"));
    let seven = esp::Fact::IntegrityFailed { at: Party::Here, packets: 7, other_truncation: false };
    assert!(facts(&failed).contains(&&seven.into()));
}

#[test]
fn policies_of_the_kernel_are_read_whether_or_not_they_protect() {
    let text = "src 198.51.100.7/32 dst 198.51.100.1/32 proto udp sport 1701 dport 1701 \n\tdir out priority 2816 ptype main \n\
        \ttmpl src 198.51.100.7 dst 198.51.100.1\n\t\tproto esp reqid 1 mode transport\n\
        src 0.0.0.0/0 dst 0.0.0.0/0 \n\tsocket in priority 0 ptype main \n\
        src 192.0.2.0/24 dst 0.0.0.0/0 \n\tdir fwd action block priority 100 ptype main \n\tmark 0x7/0xffffffff\n";
    let timeline = read(text);
    let policies: Vec<_> = facts(&timeline)
        .into_iter()
        .map(|fact| if let Fact::Esp(esp::Fact::Policy(policy)) = fact { policy } else { panic!("{fact:?}") })
        .collect();
    let [first, second] = policies[..] else { panic!("{policies:?}") };
    assert_eq!((first.direction, first.source_port, first.protects), (esp::Direction::Out, Some(1701), true));
    assert_eq!((first.protocol.as_deref(), first.source), (Some("udp"), ([198, 51, 100, 7].into(), 32)));
    assert_eq!((second.direction, second.mark, second.protects), (esp::Direction::Forward, Some(7), false));
}

#[test]
fn a_kernel_without_policies_is_told_where_it_was_asked_for_them() {
    let none = |text: &str| facts(&read(text)).contains(&&esp::Fact::NoPolicies.into());
    assert!(none("# ip -s xfrm policy\n"));
    assert!(none("root@gw:~# ip xfrm policy\nroot@gw:~# uname -a\n"));
    assert!(!none("# ip xfrm policy\nCannot open netlink socket: Protocol not supported\n"));
    assert!(!none("$ ip xfrm policy\nsrc 192.0.2.0/24 dst 0.0.0.0/0 \n\tdir out priority 1 \n"));
    assert!(!none("# ip xfrm state\n"));
    assert!(!none("Then look at ip xfrm policy\n"));
}

#[test]
fn keys_with_characters_that_clients_encode_differently_are_told_without_the_key() {
    let text = "%any  %any  : PSK \"\u{2018}geheim\u{2019}\"\n";
    let timeline = read(text);
    assert!(matches!(facts(&timeline)[..], [Fact::Ike(ike::Fact::KeyCharacters { .. })]), "{:?}", facts(&timeline));
    assert!(!format!("{timeline:?}").contains("geheim"));
    assert!(facts(&read("%any %any : PSK \"plain-key-7\"\n")).is_empty());
}

#[test]
fn codes_in_prose_are_reported() {
    yields("Since the update the VPN shows error 789.\n", reported::Fact::Ras { code: 789 });
    yields("The error code returned on failure is 812.\n", reported::Fact::Ras { code: 812 });
    yields("IKEv2 fails with error 13806 on Windows\n", reported::Fact::Ike { code: 13806 });
    assert!(facts(&read("error 404: not found, error 12\n")).is_empty());
}

#[test]
fn a_post_in_markdown_is_read_through_its_quotes_and_fences() {
    let text =
        "The log says:\n\n```\nLCP: timeout sending Config-Requests\n```\n> Nov 20 21:00:00 gw pppd[7]: Modem hangup\n";
    yields(text, ppp::Fact::Unanswered { at: Party::Here, protocol: Protocol::Lcp });
    yields(text, ppp::Fact::HungUp { at: Party::Here });
}

#[test]
fn a_file_s_name_decides_only_where_its_lines_do_not() {
    let sysctl = "net.ipv4.ip_forward = 0\n";
    assert_eq!(read_named("server-sysctl.txt", sysctl).sources()[0].side, Side::Server);
    assert_eq!(read_named("sysctl.txt", sysctl).sources()[0].side, Side::Unknown);
    assert_eq!(read_named("client.log", CHARON_SERVER).sources()[0].side, Side::Server);
}

#[test]
fn what_nobody_knows_is_said_to_be_unknown() {
    let timeline = read("lorem ipsum\n");
    assert_eq!(timeline.sources()[0].kind, SourceKind::Unknown);
    assert_eq!(timeline.sources()[0].trouble, [Trouble::NothingKnown]);
}

/// Beginnings and pieces of lines that make readers look closer.
const PIECES: [&str; 40] = [
    "Nov 20 21:00:00 gw pppd[7]: ",
    "rcvd [LCP ConfReq id=0x",
    "sent [CHAP Failure id=0x1 \"E=",
    "<auth chap MS-v2>",
    "]",
    "\n",
    "09[IKE] <a|1> ",
    "09[ENC] parsed ID_PROT request 0 [ ",
    "received proposals: IKE:",
    "/",
    "AES_CBC_256",
    ", ESP:",
    "pluto[1]: \"a\"[1] 192.0.2.1 #1: ",
    "IPsec SA established {ESP=>0x",
    "ESP traffic information: in=",
    "xl2tpd[1]: Connection established to ",
    "Local: ",
    "99999999999999999999",
    "(0) ",
    "Login incorrect (",
    "): [",
    "PING a (192.0.2.1) ",
    "Packets: Sent = ",
    "%",
    "default via ",
    " dev ",
    "tcp LISTEN ",
    "0.0.0.0:500 ",
    "chain forward {",
    "-A FORWARD ",
    " -j DROP",
    "{\"",
    "\":\"",
    "\"}",
    "password=\"",
    "\\",
    "\u{1f600}",
    "IPsec Client 1 (",
    "): ",
    "[",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_octets_make_a_reader_panic(octets in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let mut timeline = Timeline::new();
        crate::read("x", octets.as_slice(), &Settings::default(), &mut timeline, &mut |_| {}).unwrap();
    }

    #[test]
    fn no_pieces_of_lines_make_a_reader_panic(pieces in proptest::collection::vec((0..PIECES.len(), ".{0,6}"), 0..60)) {
        let text: String = pieces.iter().flat_map(|(piece, noise)| [PIECES[*piece], noise.as_str()]).collect();
        let timeline = read(&text);
        let lines = text.lines().count() as u64;
        for observation in timeline.observations() {
            let observe::Spot::Line(line) = observation.place.spot else { continue };
            prop_assert!(line >= 1 && line <= lines);
        }
    }
}

#[test]
fn a_name_that_does_not_exist_is_told_by_whoever_looked_it_up() {
    for text in [
        "Server:\t\t192.0.2.53\nAddress:\t192.0.2.53#53\n\n** server can't find vpn.example: NXDOMAIN\n",
        "; <<>> DiG 9.18 <<>> vpn.example\n;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 1234\n\
         ;; QUESTION SECTION:\n;vpn.example.\t\tIN\tA\n",
        "Host vpn.example not found: 3(NXDOMAIN)\n",
        "vpn.example: resolve call failed: 'vpn.example' not found\n",
    ] {
        let unknown = network::Fact::NameUnknown { name: "vpn.example".to_owned() };
        assert_eq!(facts(&read(text)), [&Fact::from(unknown)], "{text}");
    }
    let known = ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n;; QUESTION SECTION:\n;vpn.example.\t\tIN\tA\n";
    assert!(facts(&read(known)).is_empty());
}

#[test]
fn a_trace_to_a_private_address_that_comes_out_in_the_internet_is_told() {
    let astray = network::Fact::Astray { to: "10.99.0.5".parse().unwrap(), by: "198.51.100.1".parse().unwrap() };
    let windows = "  1    <1 ms    <1 ms    <1 ms  192.168.1.1\r\n  2     *        *        *     Request timed out.\r\n\
                   \u{20} 3     8 ms     7 ms     8 ms  isp.example [198.51.100.1]\r\n  4     9 ms     9 ms     9 ms  198.51.100.9\r\n";
    for heading in [
        "Tracing route to 10.99.0.5 over a maximum of 30 hops\r\n\r\n",
        "通过最多 30 个跃点跟踪\r\n到 laptop [10.99.0.5] 的路由:\r\n\r\n",
        "laptop [10.99.0.5] へのルートをトレースしています\r\n経由するホップ数は最大 30 です:\r\n\r\n",
        "Rastreando a rota para laptop [10.99.0.5]\r\ncom no máximo 30 saltos:\r\n\r\n",
    ] {
        let timeline = read(&format!("{heading}{windows}"));
        assert_eq!(facts(&timeline), [&Fact::from(astray.clone())], "{heading}");
    }
    let unix = "traceroute to 10.99.0.5 (10.99.0.5), 30 hops max, 60 byte packets\n \
                1  gw (192.168.1.1)  0.5 ms  0.4 ms  0.4 ms\n 2  198.51.100.1 (198.51.100.1)  8.1 ms *  8.0 ms\n 3  * * *\n";
    assert_eq!(facts(&read(unix)), [&Fact::from(astray)]);
}

#[test]
fn a_trace_that_stays_inside_or_goes_to_the_internet_says_nothing() {
    for text in [
        "traceroute to 10.99.0.5 (10.99.0.5), 30 hops max, 60 byte packets\n 1  192.168.1.1  0.5 ms\n 2  100.64.0.1  3 ms\n 3  10.99.0.5  8 ms\n",
        "traceroute to 198.51.100.9 (198.51.100.9), 30 hops max, 60 byte packets\n 1  192.168.1.1  0.5 ms\n 2  198.51.100.1  3 ms\n",
        "Tracing route to 198.51.100.9 over a maximum of 30 hops\n\n  1     1 ms     1 ms     1 ms  198.51.100.1\n",
    ] {
        assert!(facts(&read(text)).is_empty(), "{text}");
    }
}
