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
