//! Logs at the level at which programs write them when nobody asked for more, and what they lead to.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use diagnose::{Cause, Context, Diagnosis, examine};
use observe::Timeline;

/// Reads files of a name and their text.
fn read(files: &[(&str, &str)]) -> Diagnosis {
    let mut timeline = Timeline::new();
    for (name, text) in files {
        ingest::read(name, text.as_bytes(), &ingest::Settings::default(), &mut timeline, &mut |_| {}).unwrap();
    }
    examine(&timeline, Context::default())
}

fn first(files: &[(&str, &str)]) -> Option<Cause> {
    read(files).findings.first().map(|finding| finding.cause)
}

#[test]
fn pluto_with_ikev1_switched_off_says_so_when_it_starts_and_when_it_is_asked() {
    let starts = "Nov 20 21:08:00 gw pluto[81]: \"office\": failed to add IKEv1 connection: \
        global ikev1-policy does not allow IKEv1 connections\n";
    let asked = "Nov 20 21:08:09 gw pluto[81]: packet from 198.51.100.7:500: \
        ignoring IKEv1 packet as policy is set to silently drop all IKEv1 packets\n";
    assert_eq!(first(&[("gw.log", starts)]), Some(Cause::IkeVersionMismatch));
    assert_eq!(first(&[("gw.log", asked)]), Some(Cause::IkeVersionMismatch));
}

#[test]
fn pluto_without_a_connection_for_aggressive_mode_refuses_the_mode() {
    let log = "Nov 20 21:08:09 gw pluto[81]: packet from 198.51.100.7:500: initial Aggressive Mode message from \
        198.51.100.7:500 but no (wildcard) connection has been configured with authby PSK\n";
    assert_eq!(first(&[("gw.log", log)]), Some(Cause::IkeModeRefused));
}

#[test]
fn an_error_of_the_kernel_that_pluto_puts_in_front_is_read() {
    let log = "\
Nov 20 21:08:09 gw pluto[81]: \"l2tp\"[1] 198.51.100.7 #1: responding to Main Mode from unknown peer 198.51.100.7:500
Nov 20 21:08:09 gw pluto[81]: \"l2tp\"[1] 198.51.100.7 #1: IKE SA established {auth=PRESHARED_KEY cipher=AES_CBC_256 integ=HMAC_SHA1 group=MODP2048}
Nov 20 21:08:09 gw pluto[81]: \"l2tp\"[1] 198.51.100.7 #2: responding to Quick Mode proposal {msgid:0a0b0c0d}
Nov 20 21:08:09 gw pluto[81]: ERROR: \"l2tp\"[1] 198.51.100.7 #2: netlink response for Add SA esp.c0ffee00@198.51.100.7: Protocol not supported (errno 93)
";
    assert_eq!(first(&[("gw.log", log)]), Some(Cause::HostKernelModuleMissing));
}

#[test]
fn a_list_of_permitted_peers_is_not_a_wrong_secret_and_a_missing_secret_is() {
    let refused = "\
Nov 20 21:08:09 gw xl2tpd[9]: control_finish: Denied connection to unauthorized peer 198.51.100.7
Nov 20 21:08:09 gw xl2tpd[9]: Connection 4574 closed to 198.51.100.7, port 1701 (No Authorization)
";
    let secret = "\
Nov 20 21:08:08 pc xl2tpd[9]: Connecting to host 192.0.2.1, port 1701
Nov 20 21:08:09 pc xl2tpd[9]: control_finish: Connection closed to 192.0.2.1, port 1701 (No secret on our side), Local: 50, Remote: 63
";
    assert_eq!(first(&[("gw.log", refused)]), Some(Cause::L2tpRefused));
    assert_eq!(first(&[("pc.log", secret)]), Some(Cause::L2tpTunnelAuthFailed));
}

#[test]
fn what_pppd_states_outweighs_what_its_exit_status_may_mean_whichever_is_looked_at_first() {
    let log = "\
Nov 20 21:08:00 gw xl2tpd[9]: Connection established to 198.51.100.7, 1701.  Local: 7, Remote: 8 (ref=0/0).  LNS session is 'default'
Nov 20 21:08:00 gw xl2tpd[9]: Call established with 198.51.100.7, PID: 70, Local: 1, Remote: 2, Serial: 1
Nov 20 21:08:00 gw pppd[70]: pppd 2.4.9 started by root, uid 0
Nov 20 21:08:03 gw pppd[70]: peer refused to authenticate: terminating link
Nov 20 21:08:03 gw xl2tpd[9]: child_handler : pppd exited for call 2 with code 11
";
    assert_eq!(first(&[("gw.log", log)]), Some(Cause::PppNoCommonAuth));
}

#[test]
fn a_client_that_ends_ipcp_for_want_of_an_address_is_not_healthy() {
    let log = "\
Nov 20 21:08:00 gw pppd[70]: pppd 2.4.9 started by root, uid 0
Nov 20 21:08:00 gw pppd[70]: Could not determine remote IP address: defaulting to 10.64.64.64
Nov 20 21:08:00 gw pppd[70]: local  IP address 10.9.0.1
Nov 20 21:08:00 gw pppd[70]: remote IP address 10.64.64.64
Nov 20 21:08:00 gw pppd[70]: IPCP terminated by peer (Could not determine local IP address)
";
    assert_eq!(first(&[("gw.log", log)]), Some(Cause::NcpNoAddress));
}

#[test]
fn a_log_that_begins_in_quick_mode_has_phase_1_behind_it() {
    let log = "\
Nov 20 21:08:26 pc charon: 12[ENC] generating QUICK_MODE request 871343143 [ HASH SA No ID ID ]
Nov 20 21:08:26 pc charon: 12[NET] sending packet: from 10.0.0.7[4500] to 192.0.2.1[4500] (204 bytes)
Nov 20 21:08:26 pc charon: 13[NET] received packet: from 192.0.2.1[4500] to 10.0.0.7[4500] (92 bytes)
Nov 20 21:08:26 pc charon: 13[ENC] parsed INFORMATIONAL_V1 request 1565687733 [ HASH N(INVAL_ID) ]
Nov 20 21:08:26 pc charon: 13[IKE] received INVALID_ID_INFORMATION error notify
";
    assert_eq!(first(&[("pc.log", log)]), Some(Cause::IkeSelectorMismatch));
}

#[test]
fn a_name_that_does_not_resolve_is_told_by_the_command_line_and_by_name_servers_in_every_language() {
    let ipsec = "unable to resolve vpn.office.example, initiate aborted\nestablishing connection 'office' failed\n";
    let windows = "Servidor:  roteador.casa\nAddress:  192.168.0.1\n\n*** roteador.casa não encontrou vpn.office.example: \
        Non-existent domain\n";
    let linux = "Server:\t\t10.0.0.1\nAddress:\t10.0.0.1#53\n\n** server can't find vpn.office.example: NXDOMAIN\n";
    for text in [ipsec, windows, linux, "Host vpn.office.example not found: 3(NXDOMAIN)\n"] {
        assert_eq!(first(&[("terminal.txt", text)]), Some(Cause::NetDnsFailure), "{text}");
    }
}

#[test]
fn the_code_of_rasdial_is_read_in_every_language_and_code_page() {
    let portuguese = "Conectando-se a Matriz...\n\nErro de Acesso Remoto 868 - A conexão remota não foi feita.\n";
    assert_eq!(first(&[("rasdial.txt", portuguese)]), Some(Cause::NetDnsFailure));
    // Text of another code page: what is left of it is the form of the line, and the help file's name behind it.
    let chinese =
        "\u{d4}\u{b6}\u{b3}\u{cc}\u{b7}\u{c3} 868 - \u{d3}\u{c9}\u{d3}\u{da}\n\n\u{d2}\u{aa}\n\t'hh netcfg.chm'\n";
    assert_eq!(first(&[("rasdial.txt", chinese)]), Some(Cause::NetDnsFailure));
    let other = "Chapter 868 - About names\n\nA page.\n";
    assert_eq!(first(&[("book.txt", other)]), None);
}

#[test]
fn a_program_of_its_own_on_the_port_of_windows_ike_is_told_with_its_name() {
    let list = |program: &str| {
        format!(
            "\nActive Connections\n\n  Proto  Local Address          Foreign Address        State           PID\n  \
             TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       1012\n [svchost.exe]\n  \
             TCP    0.0.0.0:445            0.0.0.0:0              LISTENING       4\n Can not obtain ownership information\n  \
             UDP    0.0.0.0:500            *:*                                    5312\n [{program}]\n  \
             UDP    0.0.0.0:4500           *:*                                    5312\n [{program}]\n"
        )
    };
    assert_eq!(first(&[("netstat.txt", &list("othervpn.exe"))]), Some(Cause::NetPortBusy));
    assert_eq!(first(&[("netstat.txt", &list("svchost.exe"))]), None);
}

#[test]
fn a_pptp_client_that_says_nothing_after_its_first_line_does_not_get_a_connection() {
    let began = "Nov 20 21:08:00 pc pptp[9]: anon log[main:pptp.c:353]: The synchronous pptp option is NOT activated\n";
    let gave_up = "Nov 20 21:08:31 pc pppd[8]: LCP: timeout sending Config-Requests\n";
    let sent = "Nov 20 21:08:01 pc pptp[9]: anon log[ctrlp_rep:pptp_ctrl.c:259]: Sent control packet type is 1 \
        'Start-Control-Connection-Request'\n";
    assert_eq!(first(&[("pc.log", &format!("{began}{gave_up}"))]), Some(Cause::NetTcp1723Blocked));
    assert_ne!(first(&[("pc.log", &format!("{began}{sent}{gave_up}"))]), Some(Cause::NetTcp1723Blocked));
}

#[test]
fn a_server_that_closes_without_an_answer_refuses_and_how_often_is_no_error_of_the_client() {
    let attempt = "Nov 20 21:08:01 pc pptp[9]: anon log[ctrlp_rep:pptp_ctrl.c:259]: Sent control packet type is 1 \
        'Start-Control-Connection-Request'\nNov 20 21:08:01 pc pptp[9]: anon log[pptp_read_some:pptp_ctrl.c:593]: \
        read error: Connection reset by peer\nNov 20 21:08:01 pc pptp[9]: anon log[pptp_read_some:pptp_ctrl.c:586]: \
        read returned zero, peer has closed\n";
    let log = format!(
        "{attempt}{attempt}{attempt}Nov 20 21:08:09 pc pptp[7]: anon fatal[open_callmgr:pptp.c:533]: \
         Could not launch call manager after 3 tries.\n"
    );
    assert_eq!(first(&[("pc.log", &log)]), Some(Cause::PptpRefused));
    let other = "Nov 20 21:07:00 gw pptpd[5]: CTRL: Client 198.51.100.8 control connection started\n\
        Nov 20 21:07:01 gw pptpd[5]: CTRL: Starting call (launching pppd, opening GRE)\n";
    assert_eq!(first(&[("pc.log", &log), ("gw.log", other)]), Some(Cause::TunnelPortsExhausted));
}

#[test]
fn a_key_file_that_is_missing_at_the_start_is_not_the_cause_where_shared_keys_differ() {
    let start = "\
Nov 20 21:08:00 gw charon: 00[LIB]   opening '/etc/ipsec.d/private/old.key' failed: No such file or directory
Nov 20 21:08:00 gw charon: 00[CFG]   loading private key from '/etc/ipsec.d/private/old.key' failed
";
    let attempt = "\
Nov 20 21:08:09 gw charon: 16[NET] received packet: from 198.51.100.7[4500] to 192.0.2.1[4500] (108 bytes)
Nov 20 21:08:09 gw charon: 16[ENC] invalid ID_V1 payload length, decryption failed?
";
    assert_eq!(first(&[("gw.log", start)]), Some(Cause::IkeCertMissing));
    assert_eq!(first(&[("gw.log", &format!("{start}{attempt}"))]), Some(Cause::IkePskMismatch));
}

#[test]
fn what_the_dialer_prints_for_a_person_is_its_verdict_and_no_remark() {
    let healthy = "  0.011 ike.phase1   agreeing on keys\n  0.014 ike.phase2   the pre-shared key is right; agreeing on \
        encryption\nconnected: address 10.99.0.2, server 10.99.0.1 inside, device causeway0\n  0.017 up           mschapv2 \
        through ESP aes-256-cbc hmac-sha2-256-128 in IP, IKE aes-256-cbc sha2-256 ecp256\n";
    assert!(read(&[("dial.txt", healthy)]).healthy);
    let failed = "  0.009 ike.phase1   agreeing on keys\nRAS error 789: the IPsec negotiation failed, most often because the \
        pre-shared keys differ\n  cause ike.psk_mismatch, at stage ike.phase1\n  {\"authenticated\":false}\n  compare the \
        pre-shared keys letter by letter\n";
    assert_eq!(first(&[("dial.txt", failed)]), Some(Cause::IkePskMismatch));
}

#[test]
fn pluto_s_words_about_itself_are_no_remarks_of_a_person() {
    let log = "\
Initializing NSS using read-write database \"sql:/var/lib/ipsec/nss\"
NAT-Traversal support  [enabled]
3DES_CBC                [*192]         IKEv1: IKE ESP     IKEv2: IKE ESP
  Camellia: 16 bytes with 128-bit key
systemd watchdog not enabled - not sending watchdog keepalives
listening for IKE messages
adding UDP interface eth0 10.0.0.7:4500
";
    assert_eq!(first(&[("pluto.log", log)]), None);
}

#[test]
fn text_in_another_code_page_is_no_sentence() {
    let listing = "Windows IP \u{8d}\\\u{90}\u{ac}\n\n   \u{95}\u{a8}\u{97}\u{9d}\u{83}A\u{83}h\u{83}\u{8c}\u{83}X e o\n   \
        NetBIOS over TCP/IP . . . . . . . . .: \u{97}L\u{8c}\u{f8}\n";
    let octets: Vec<u8> = listing.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    let mut timeline = Timeline::new();
    ingest::read("ipconfig.txt", octets.as_slice(), &ingest::Settings::default(), &mut timeline, &mut |_| {}).unwrap();
    assert!(examine(&timeline, Context::default()).findings.is_empty());
}

/// What charon writes of a main mode, from the client's side, up to its proof.
const CLIENT_S_PROOF: &str = "\
Nov 20 21:08:18 pc charon: 15[IKE] initiating Main Mode IKE_SA office[1] to 192.0.2.1
Nov 20 21:08:18 pc charon: 15[ENC] generating ID_PROT request 0 [ SA V V V ]
Nov 20 21:08:18 pc charon: 15[NET] sending packet: from 10.0.0.7[500] to 192.0.2.1[500] (180 bytes)
Nov 20 21:08:18 pc charon: 07[NET] received packet: from 192.0.2.1[500] to 10.0.0.7[500] (160 bytes)
Nov 20 21:08:18 pc charon: 07[ENC] parsed ID_PROT response 0 [ SA V V ]
Nov 20 21:08:18 pc charon: 07[CFG] selected proposal: IKE:AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048
Nov 20 21:08:18 pc charon: 07[ENC] generating ID_PROT request 0 [ KE No NAT-D NAT-D ]
Nov 20 21:08:18 pc charon: 07[NET] sending packet: from 10.0.0.7[500] to 192.0.2.1[500] (396 bytes)
Nov 20 21:08:18 pc charon: 12[NET] received packet: from 192.0.2.1[500] to 10.0.0.7[500] (396 bytes)
Nov 20 21:08:18 pc charon: 12[ENC] parsed ID_PROT response 0 [ KE No NAT-D NAT-D ]
";

#[test]
fn a_refusal_that_could_be_decrypted_shows_that_the_keys_are_equal() {
    let refusal = "\
Nov 20 21:08:18 pc charon: 12[ENC] generating ID_PROT request 0 [ ID HASH ]
Nov 20 21:08:18 pc charon: 12[NET] sending packet: from 10.0.0.7[500] to 192.0.2.1[500] (92 bytes)
Nov 20 21:08:18 pc charon: 15[ENC] parsed INFORMATIONAL_V1 request 661906702 [ HASH N(AUTH_FAILED) ]
";
    assert_eq!(first(&[("pc.log", &format!("{CLIENT_S_PROOF}{refusal}"))]), Some(Cause::IkeIdentityMismatch));
    let signed = refusal.replace("ID HASH ]", "ID CERT SIG ]");
    assert_eq!(first(&[("pc.log", &format!("{CLIENT_S_PROOF}{signed}"))]), Some(Cause::IkeCertUntrusted));
}

#[test]
fn a_proof_in_one_piece_of_more_than_a_packet_is_lost_in_fragments() {
    let proof = |octets: u32| {
        format!(
            "{CLIENT_S_PROOF}Nov 20 21:08:18 pc charon: 12[IKE] local host is behind NAT, sending keep alives\n\
             Nov 20 21:08:18 pc charon: 12[ENC] generating ID_PROT request 0 [ ID CERT SIG ]\n\
             Nov 20 21:08:18 pc charon: 12[NET] sending packet: from 10.0.0.7[4500] to 192.0.2.1[4500] ({octets} bytes)\n\
             Nov 20 21:08:40 pc charon: 13[IKE] giving up after 3 retransmits\n"
        )
    };
    assert_eq!(first(&[("pc.log", &proof(2108))]), Some(Cause::NetFragmentsDropped));
    assert_eq!(first(&[("pc.log", &proof(1108))]), Some(Cause::NetUdp4500Blocked));
}

#[test]
fn a_first_quick_mode_that_nobody_answers_is_not_the_end_of_a_connection() {
    let log = format!(
        "{CLIENT_S_PROOF}Nov 20 21:08:18 pc charon: 12[ENC] generating ID_PROT request 0 [ ID HASH ]\n\
         Nov 20 21:08:18 pc charon: 15[ENC] parsed ID_PROT response 0 [ ID HASH ]\n\
         Nov 20 21:08:18 pc charon: 15[IKE] IKE_SA office[1] established between 10.0.0.7[10.0.0.7]...192.0.2.1[192.0.2.1]\n\
         Nov 20 21:08:18 pc charon: 15[ENC] generating QUICK_MODE request 99 [ HASH SA No ID ID ]\n\
         Nov 20 21:08:18 pc charon: 15[NET] sending packet: from 10.0.0.7[500] to 192.0.2.1[500] (188 bytes)\n\
         Nov 20 21:08:40 pc charon: 15[IKE] giving up after 3 retransmits\n"
    );
    let found = read(&[("pc.log", &log)]);
    assert!(found.findings.iter().all(|finding| finding.cause != Cause::IkePeerDead), "{found:?}");
}

#[test]
fn a_client_that_leaves_at_once_behind_the_server_s_proof_does_not_like_it() {
    let log = "\
Nov 20 21:08:48 gw charon: 05[IKE] IKE_SA office[1] established between 192.0.2.1[gw.example]...198.51.100.7[O=Office, CN=pc]
Nov 20 21:08:48 gw charon: 05[ENC] generating ID_PROT response 0 [ ID CERT SIG ]
Nov 20 21:08:48 gw charon: 08[ENC] parsed INFORMATIONAL_V1 request 1648721759 [ HASH D ]
Nov 20 21:08:48 gw charon: 08[IKE] received DELETE for IKE_SA office[1]
";
    let causes: Vec<Cause> = read(&[("gw.log", log)]).findings.iter().map(|finding| finding.cause).collect();
    assert!(causes.contains(&Cause::IkeIdentityMismatch) || causes.contains(&Cause::IkeCertNameMismatch), "{causes:?}");
}

#[test]
fn a_call_that_the_server_ends_as_soon_as_it_has_taken_it_is_its_own_fault() {
    let taken = "\
Nov 20 21:08:08 pc xl2tpd[9]: Connecting to host 192.0.2.1, port 1701
Nov 20 21:08:08 pc xl2tpd[9]: Connection established to 192.0.2.1, 1701.  Local: 7, Remote: 8 (ref=0/0).
Nov 20 21:08:08 pc xl2tpd[9]: Calling on tunnel 7
Nov 20 21:08:08 pc xl2tpd[9]: Call established with 192.0.2.1, Local: 1, Remote: 2, Serial: 1 (ref=0/0)
";
    let ended = "Nov 20 21:08:09 pc xl2tpd[9]: control_finish: Connection closed to 192.0.2.1, serial 1 ()\n";
    let refused = "Nov 20 21:08:09 pc pppd[70]: CHAP authentication failed\n";
    assert_eq!(first(&[("pc.log", &format!("{taken}{ended}"))]), Some(Cause::HostConfigurationError));
    assert_eq!(first(&[("pc.log", &format!("{taken}{refused}{ended}"))]), Some(Cause::AuthBadCredentials));
}

#[test]
fn what_the_parts_of_a_connection_print_one_after_the_other_is_no_person_s_remark() {
    let log = "\
Stopping strongSwan IPsec failed: starter is not running
Starting strongSwan 5.9.8 IPsec [starter]...
initiating Main Mode IKE_SA office[1] to 192.0.2.1
local host is behind NAT, sending keep alives
IKE_SA office[1] established between 10.0.0.7[10.0.0.7]...192.0.2.1[192.0.2.1]
scheduling reauthentication in 9746s
maximum IKE_SA lifetime 10286s
CHILD_SA office{1} established with SPIs c3de5f10_i c405cf5c_o and TS 10.0.0.7/32[udp/l2f] === 192.0.2.1/32[udp/l2f]
watching for rekeying that failed
connection 'office' established successfully
";
    assert_eq!(first(&[("terminal.txt", log)]), None);
    let post = format!(
        "Since yesterday it does not work.\n\n{log}\nI have found that the pre-shared key of the server was wrong.\n"
    );
    assert_eq!(first(&[("post.txt", &post)]), Some(Cause::IkePskMismatch));
}

#[test]
fn a_pppd_that_says_nothing_until_the_pptp_client_leaves_has_heard_nothing() {
    let log = |middle: &str| {
        format!(
            "Nov 20 21:08:00 gw pptpd[980]: CTRL: Client 198.51.100.7 control connection started\n\
             Nov 20 21:08:01 gw pptpd[980]: CTRL: Starting call (launching pppd, opening GRE)\n\
             Nov 20 21:08:01 gw pppd[981]: pppd 2.4.9 started by root, uid 0\n\
             Nov 20 21:08:01 gw pppd[981]: Connect: ppp0 <--> /dev/pts/0\n{middle}\
             Nov 20 21:08:30 gw pppd[981]: Modem hangup\n\
             Nov 20 21:08:30 gw pptpd[980]: CTRL: Client 198.51.100.7 control connection finished\n"
        )
    };
    assert_eq!(first(&[("gw.log", &log(""))]), Some(Cause::NetGreBlocked));
    let address = "Nov 20 21:08:04 gw pppd[981]: remote IP address 10.9.0.2\n";
    assert_eq!(first(&[("gw.log", &log(address))]), Some(Cause::NoneHealthy));
    let alone: String = log("").lines().filter(|line| line.contains("pptpd")).map(|line| format!("{line}\n")).collect();
    assert_eq!(first(&[("gw.log", &alone)]), None);
}
