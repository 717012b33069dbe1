//! What people write about a failure leads to its cause, and never further than words can.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use diagnose::{Cause, Context, Diagnosis, examine};
use ingest::Settings;
use observe::Timeline;

fn read(texts: &[&str]) -> Diagnosis {
    let mut timeline = Timeline::new();
    for text in texts {
        ingest::read("ticket", text.as_bytes(), &Settings::default(), &mut timeline, &mut |_| {}).unwrap();
    }
    examine(&timeline, Context::default())
}

fn first(text: &str) -> Option<Cause> {
    read(&[text]).findings.first().map(|finding| finding.cause)
}

#[test]
fn each_kind_of_failure_is_recognised_by_how_people_put_it() {
    let mut wrong = Vec::new();
    for (text, cause) in [
        ("The captive portal of the hotel had not been clicked away on the laptop.", Cause::NetNoInternet),
        ("The DynDNS name still has the old address, the update stopped in May.", Cause::NetDnsFailure),
        ("The provider of the hotel blocks IPsec. We had to open UDP port 500.", Cause::NetUdp500Blocked),
        ("They forwarded port 500 and forgot 4500.", Cause::NetUdp4500Blocked),
        ("Our firewall dropped protocol 50, so it worked only behind a NAT.", Cause::NetEspBlocked),
        ("PPTP passthrough was off in the new router.", Cause::NetGreBlocked),
        ("Ping works through the tunnel but RDP freezes and large files never arrive.", Cause::NetMtuBlackhole),
        (
            "It drops when idle for five minutes because the NAT timeout of the router is short.",
            Cause::NetNatMappingLost,
        ),
        ("Another VPN program was already listening on port 1701.", Cause::NetPortBusy),
        ("Set ike=aes256-sha1-modp1024! for the old box and it came up.", Cause::IkeNoProposalPhase1),
        ("Somebody had made a typo in the pre-shared key.", Cause::IkePskMismatch),
        ("The key was pasted from Word with curly quotes.", Cause::IkePskCharacters),
        ("The certificate had no client authentication in its extended key usage.", Cause::IkeCertUsage),
        ("The certificate of the gateway expired on Sunday.", Cause::IkeCertExpired),
        ("The root CA was not imported into the trusted root store.", Cause::IkeCertUntrusted),
        ("Both of us work behind the same router, and only one can be connected.", Cause::IkeSameNatCollision),
        ("After KB5009543 was installed nobody can connect.", Cause::IkeVendorIdRejected),
        ("The tunnel ends after exactly one hour, when it should rekey.", Cause::IkeRekeyFailed),
        ("With sha2-truncbug=yes the phone has traffic.", Cause::EspSha2Truncation),
        ("xl2tpd was not running on the server.", Cause::L2tpNoAnswer),
        (
            "All L2TP ports are in use; increasing the number of ports of the WAN miniport helped.",
            Cause::TunnelPortsExhausted,
        ),
        ("On the Security tab only MS-CHAP v2 was allowed, I had to enable PAP.", Cause::PppNoCommonAuth),
        ("Our new router cannot do MPPE, and require-mppe-128 is set.", Cause::CcpEncryptionRequired),
        ("The address pool is too small, we ran out of addresses.", Cause::NcpAddressPoolExhausted),
        ("She gets 169.254.17.4 as her VPN address.", Cause::NcpApipa),
        ("His account was locked out after three attempts.", Cause::AuthAccountLocked),
        ("Her password has expired and must be changed.", Cause::AuthPasswordExpired),
        ("He is not a member of the group VPN users, so the network policy does not match.", Cause::AuthNoPolicyMatch),
        ("The dial-in permission of the account is set to deny.", Cause::AuthNoDialinPermission),
        ("The RADIUS server does not answer, UDP 1812 was blocked.", Cause::AuthRadiusNoAnswer),
        ("The RADIUS shared secret was different on the NPS.", Cause::AuthRadiusSecretMismatch),
        ("Since the BlastRADIUS patch the NAS is refused.", Cause::AuthRadiusMessageAuthenticator),
        ("Somebody disabled TLS 1.0 on the RRAS server.", Cause::AuthTlsVersion),
        ("The LAN has no static route back to the VPN pool.", Cause::RouteNoReturnRoute),
        ("The route to the gateway itself goes through ppp0.", Cause::RouteLoop),
        ("ip_forward was off after the reboot.", Cause::RouteForwardingOff),
        ("I can ping IP addresses inside, but no names are resolved by the internal DNS.", Cause::RouteDns),
        ("The IKEEXT service was disabled by a tuning tool.", Cause::HostServiceStopped),
        ("Reinstalling the WAN Miniport in the device manager helped.", Cause::HostWanMiniportBroken),
        ("The container is unprivileged and has no /dev/ppp.", Cause::HostDevPppMissing),
        ("The cloud kernel is built without the l2tp_ppp module.", Cause::HostKernelModuleMissing),
        ("Zwei Rechner: 我们两台电脑在同一个路由器下面，只能一台连上。", Cause::IkeSameNatCollision),
        ("服务器在 NAT 后面，修改注册表以后就可以了。", Cause::IkeServerBehindNatRefused),
        ("一部のサイトだけ開けません。MTU を下げたら解決しました。", Cause::NetMtuBlackhole),
        ("A senha do usuário expirou.", Cause::AuthPasswordExpired),
    ] {
        if first(text) != Some(cause) {
            let found: Vec<String> =
                read(&[text]).findings.iter().map(|found| format!("{} {:.2}", found.cause, found.confidence)).collect();
            wrong.push(format!("{text} {cause}, not {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn one_remark_makes_no_cause_probable_and_a_second_one_makes_it_more_likely() {
    let one = read(&["Both laptops are behind the same router."]);
    let two = read(&["Both laptops are behind the same router. When one connects, the other is disconnected."]);
    let (one, two) = (one.findings.first().unwrap(), two.findings.first().unwrap());
    assert_eq!((one.cause, two.cause), (Cause::IkeSameNatCollision, Cause::IkeSameNatCollision));
    assert!(one.confidence < 0.5 && one.only_words, "{one:?}");
    assert!(two.confidence > one.confidence && two.confidence <= 0.75, "{two:?}");
}

#[test]
fn the_error_number_that_belongs_to_a_cause_raises_it() {
    let alone = read(&["It turned out that the machine's IPsec Policy Agent was disabled."]);
    let with = read(&["Error 789. It turned out that the machine's IPsec Policy Agent was disabled."]);
    let weight = |found: &Diagnosis| {
        found
            .findings
            .iter()
            .find(|finding| finding.cause == Cause::HostServiceStopped)
            .map(|finding| finding.confidence)
    };
    assert!(weight(&with) > weight(&alone), "{:?} {:?}", weight(&with), weight(&alone));
}

#[test]
fn what_is_said_to_be_right_counts_against_its_cause() {
    let open = read(&["Windows shows error 789."]);
    let denied = read(&["Windows shows error 789. The pre-shared key is correct."]);
    let weight = |found: &Diagnosis| {
        found
            .findings
            .iter()
            .find(|finding| finding.cause == Cause::IkePskMismatch)
            .map_or(0.0, |finding| finding.confidence)
    };
    assert!(weight(&denied) < weight(&open) * 0.7, "{} {}", weight(&denied), weight(&open));
}

const LOG: &str = "Nov 20 10:00:01 gate pppd[811]: peer from calling number 192.0.2.7 authorized
Nov 20 10:00:02 gate pppd[811]: local  IP address 192.168.42.1
Nov 20 10:00:02 gate pppd[811]: remote IP address 192.168.42.10
";

#[test]
fn words_about_settings_are_not_heard_where_a_log_shows_a_connection_that_works() {
    let words = "We run it with modp1024, the MTU is 1400, the key has special characters, and UDP 500 is forwarded.";
    let found = read(&[LOG, words]);
    let about_the_start = |cause: Cause| cause.id().starts_with("ike.") || cause.id().starts_with("net.udp");
    assert!(found.findings.iter().all(|finding| !about_the_start(finding.cause)), "{:?}", found.findings);
}

#[test]
fn words_do_not_outweigh_a_log_that_names_the_cause() {
    let log = "Nov 20 10:00:01 gate charon: 07[IKE] received NO_PROPOSAL_CHOSEN error notify\n\
               Nov 20 10:00:01 gate charon: 07[CFG] received proposals: IKE:3DES_CBC/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024\n\
               Nov 20 10:00:01 gate charon: 07[CFG] configured proposals: IKE:AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048\n\
               Nov 20 10:00:01 gate charon: 07[IKE] no proposal found\n";
    let words = "I am sure that it is the pre-shared key: somebody mistyped the pre-shared key, the keys differ.";
    let found = read(&[log, words]);
    assert_eq!(
        found.findings.first().map(|finding| finding.cause),
        Some(Cause::IkeNoProposalPhase1),
        "{:?}",
        found.findings
    );
    assert!(found.findings.first().is_some_and(|finding| !finding.only_words));
}

#[test]
fn a_text_about_something_else_says_nothing() {
    for text in [
        "Please order three laptops with Windows 11 and a toner for the printer on the second floor.",
        "The meeting is at ten, the room is booked for two hours, and there will be coffee.",
        "The new mail server is faster than the old one, thanks to everybody who helped.",
    ] {
        assert!(read(&[text]).findings.is_empty(), "{text}: {:?}", read(&[text]).findings);
    }
}
