//! The table of errors: what a server or the path does to a dial, and what the person who dialled is shown for it.
//!
//! Each row is a scenario of its own, against a foreign server or ours. `docs/errors.md` has the same rows.

use access::Stage;
use diagnose::{Cause, Obstacle, Ras, Verdict};

use crate::agree::Outcome;

mod ike;
mod l2tp;
mod ppp;
mod up;

/// What keeps a dial from beginning, or ends it from outside the protocols: those stages are the program's own.
const OBSTACLES: &[(Obstacle, &str)] = &[
    (Obstacle::NameUnknown, "net.name"),
    (Obstacle::NoRoute, "net.route"),
    (Obstacle::PortBusy, "net.ports"),
    (Obstacle::Unreachable, "ike.phase1"),
    (Obstacle::Unreachable, "l2tp.tunnel"),
    (Obstacle::NoPassword, "ppp.auth"),
    (Obstacle::UnusableAddress, "ppp.network"),
    (Obstacle::Moved, "up"),
];

macro_rules! table {
    ($($row:ident: $ras:literal, $cause:ident, $stage:ident, $scenario:path;)*) => {
        $(
            #[test]
            fn $row() {
                let outcome: Outcome = $scenario();
                let Outcome { failure, stage, .. } = &outcome;
                let expected = Verdict { cause: Cause::$cause, ras: Some(Ras($ras)) };
                assert_eq!(Verdict::of_dial(failure), expected, "{failure:?}");
                assert_eq!(*stage, Stage::$stage, "{failure:?}");
                outcome.assert_agrees(expected);
                assert!(Ras($ras).text().is_some(), "{} has no sentence", $ras);
            }
        )*

        const TABLE: &[(u32, Cause, Stage)] = &[$(($ras, Cause::$cause, Stage::$stage)),*];
    };
}

table! {
    nothing_answers: 809, NetUdp500Blocked, IkePhase1, ike::nothing_answers;
    the_server_answers_once_and_never_again: 792, IkePeerIncompatible, IkePhase1, ike::silent_after_the_proposal;
    port_4500_is_closed_behind_a_nat: 809, NetUdp4500Blocked, IkePhase1, ike::port_4500_closed;
    another_key_and_the_server_says_nothing: 789, IkePskMismatch, IkePhase1, ike::other_key_silently;
    another_key_and_the_server_is_ours: 789, IkePskMismatch, IkePhase1, ike::other_key_at_ours;
    another_key_and_the_server_names_the_payload: 789, IkePskMismatch, IkePhase1, ike::other_key_invalid_payload;
    another_key_and_the_server_answers_under_it: 789, IkePskMismatch, IkePhase1, ike::other_key_in_message_6;
    no_key_for_us_is_no_proposal: 788, IkeNoProposalPhase1, IkePhase1, ike::no_key_at_ours;
    no_common_proposal_in_phase_1: 788, IkeNoProposalPhase1, IkePhase1, ike::no_proposal_phase1;
    attributes_not_supported_in_phase_1: 788, IkeNoProposalPhase1, IkePhase1, ike::attributes_not_supported;
    an_answer_that_was_not_offered_in_phase_1: 788, IkeNoProposalPhase1, IkePhase1, ike::answer_not_offered;
    main_mode_is_not_spoken: 789, IkeModeRefused, IkePhase1, ike::exchange_refused;
    another_version_is_spoken: 789, IkeVersionMismatch, IkePhase1, ike::version_refused;
    another_version_is_answered: 789, IkeVersionMismatch, IkePhase1, ike::version_2_answers;
    an_answer_that_makes_no_sense: 789, IkePeerIncompatible, IkePhase1, ike::answer_malformed;
    authentication_refused_before_any_proof: 789, IkePskMissing, IkePhase1, ike::authentication_refused_early;
    the_server_is_somebody_else: 787, IkeIdentityMismatch, IkePhase1, ike::other_server;
    no_common_proposal_in_phase_2: 788, IkeNoProposalPhase2, IkePhase2, ike::no_proposal_phase2;
    the_selectors_are_refused: 789, IkeSelectorMismatch, IkePhase2, ike::selectors_refused;
    quick_mode_is_not_answered: 789, IkeIdentityMismatch, IkePhase2, ike::quick_mode_silent;
    quick_mode_is_answered_by_a_delete: 789, IkeIdentityMismatch, IkePhase2, ike::deleted_in_quick_mode;
    bare_esp_is_dropped: 809, NetEspBlocked, L2tpTunnel, ike::esp_dropped;

    l2tp_is_silent_behind_a_nat: 809, L2tpNoAnswer, L2tpTunnel, l2tp::silent_in_udp;
    l2tp_without_ipsec_is_not_answered: 809, L2tpNotProtected, L2tpTunnel, l2tp::without_ipsec;
    l2tp_acknowledges_and_does_not_go_on: 809, L2tpNoAnswer, L2tpTunnel, l2tp::acknowledges_only;
    the_tunnel_is_refused: 678, L2tpRefused, L2tpTunnel, l2tp::stop_general;
    the_tunnel_is_refused_for_lack_of_resources: 678, TunnelServerFull, L2tpTunnel, l2tp::stop_no_resources;
    the_tunnel_is_refused_as_doubled: 678, L2tpRefused, L2tpTunnel, l2tp::stop_exists;
    the_tunnel_is_not_authorized: 629, L2tpTunnelAuthFailed, L2tpTunnel, l2tp::stop_not_authorized;
    the_tunnel_is_of_another_version: 629, L2tpPeerIncompatible, L2tpTunnel, l2tp::stop_bad_version;
    the_server_is_shutting_down: 678, HostServerNotRunning, L2tpTunnel, l2tp::stop_shutting_down;
    the_server_is_confused_about_the_tunnel: 629, L2tpPeerIncompatible, L2tpTunnel, l2tp::stop_fsm_error;
    the_server_wants_a_tunnel_secret: 629, L2tpTunnelAuthFailed, L2tpTunnel, l2tp::challenge;
    the_server_has_another_tunnel_secret: 629, L2tpTunnelAuthFailed, L2tpCall, l2tp::other_secret;
    the_server_insists_on_something_unknown: 629, L2tpPeerIncompatible, L2tpTunnel, l2tp::unknown_avp;
    the_call_is_not_answered: 678, L2tpNoAnswer, L2tpCall, l2tp::call_silent;
    the_call_loses_its_carrier: 678, L2tpRefused, L2tpCall, l2tp::call_lost_carrier;
    the_call_finds_no_resources: 678, TunnelPortsExhausted, L2tpCall, l2tp::call_no_resources;
    the_call_finds_no_address: 717, NcpAddressPoolExhausted, L2tpCall, l2tp::call_no_address;
    the_call_is_refused_by_an_administrator: 678, L2tpRefused, L2tpCall, l2tp::call_administrative;
    the_call_finds_no_port_for_now: 678, TunnelPortsExhausted, L2tpCall, l2tp::call_temporary;
    the_call_finds_no_port_ever: 678, TunnelPortsExhausted, L2tpCall, l2tp::call_permanent;
    the_call_goes_to_nobody: 678, L2tpRefused, L2tpCall, l2tp::call_destination;
    the_call_finds_the_line_busy: 676, TunnelPortsExhausted, L2tpCall, l2tp::call_busy;
    the_tunnel_ends_while_calling: 678, HostServerNotRunning, L2tpCall, l2tp::stop_while_calling;
    the_server_deletes_its_associations_while_calling: 629, IkePeerDead, L2tpCall, l2tp::deleted_while_calling;

    the_call_is_cut_before_the_link_begins: 628, L2tpRefused, PppLcp, l2tp::cut_in_lcp;
    the_call_is_cut_over_the_password: 691, AuthBadCredentials, PppAuthentication, l2tp::cut_over_the_password;
    the_call_loses_its_carrier_over_the_password: 628, L2tpRefused, PppAuthentication, l2tp::carrier_lost_over_the_password;
    the_call_is_cut_over_addresses: 628, L2tpRefused, PppNetwork, l2tp::cut_over_addresses;
    the_call_finds_no_resources_for_an_address: 678, TunnelPortsExhausted, PppNetwork, l2tp::no_resources_for_an_address;

    ppp_does_not_begin: 721, PppLcpTimeout, PppLcp, ppp::lcp_silent;
    everything_comes_back: 737, PppLoopback, PppLcp, ppp::loopback;
    the_link_options_do_not_settle: 732, PppPeerIncompatible, PppLcp, ppp::lcp_does_not_converge;
    the_server_ends_the_link_negotiation: 734, PppNoCommonAuth, PppLcp, ppp::lcp_terminated;
    the_server_names_its_error_in_the_link_negotiation: 734, PppNoCommonAuth, PppLcp, ppp::lcp_terminated_with_734;
    the_server_wants_another_way_to_log_on: 919, PppNoCommonAuth, PppLcp, ppp::pap_only;
    the_server_wants_no_proof: 919, PppNoCommonAuth, PppLcp, ppp::no_authentication;
    the_server_never_asks_who_we_are: 718, PppLcpTimeout, PppAuthentication, ppp::no_challenge;
    the_server_never_decides: 718, AuthRadiusNoAnswer, PppAuthentication, ppp::no_decision;
    logon_hours: 646, AuthLogonHours, PppAuthentication, ppp::logon_hours;
    account_disabled: 647, AuthAccountDisabled, PppAuthentication, ppp::account_disabled;
    password_expired: 648, AuthPasswordExpired, PppAuthentication, ppp::password_expired;
    no_dialin_permission: 649, AuthNoDialinPermission, PppAuthentication, ppp::no_permission;
    wrong_password: 691, AuthBadCredentials, PppAuthentication, ppp::wrong_password;
    wrong_password_by_chap: 691, AuthBadCredentials, PppAuthentication, ppp::wrong_by_chap;
    wrong_password_by_pap: 691, AuthBadCredentials, PppAuthentication, ppp::wrong_by_pap;
    wrong_password_by_eap: 691, AuthBadCredentials, PppAuthentication, ppp::wrong_by_eap;
    account_expired: 708, AuthAccountExpired, PppAuthentication, ppp::account_expired;
    password_change_failed: 709, AuthPasswordExpired, PppAuthentication, ppp::password_change;
    a_policy_of_the_server: 812, AuthPolicyConstraint, PppAuthentication, ppp::policy;
    the_server_has_all_the_clients_it_may_have: 935, TunnelServerFull, PppAuthentication, ppp::client_limit;
    the_server_takes_no_more_of_our_kind: 937, TunnelServerFull, PppAuthentication, ppp::user_limit;
    the_server_finds_no_accounts_to_ask: 938, AuthRadiusNoAnswer, PppAuthentication, ppp::no_accounts_to_ask;
    the_servers_accounts_distrust_it: 939, AuthRadiusSecretMismatch, PppAuthentication, ppp::accounts_distrust;
    a_policy_about_hours: 940, AuthLogonHours, PppAuthentication, ppp::policy_hours;
    a_policy_about_the_way_to_connect: 941, AuthPolicyConstraint, PppAuthentication, ppp::policy_port;
    a_policy_about_the_way_to_log_on: 942, AuthPolicyConstraint, PppAuthentication, ppp::policy_method;
    a_challenge_that_makes_no_sense: 722, PppPeerIncompatible, PppAuthentication, ppp::challenge_garbage;
    the_servers_accounts_do_not_answer_it: 930, AuthRadiusNoAnswer, PppAuthentication, ppp::accounts_do_not_answer;
    the_server_hangs_up_over_the_password: 628, PppNoCommonAuth, PppAuthentication, ppp::terminated_in_authentication;
    the_server_does_not_know_the_password: 778, AuthBadCredentials, PppAuthentication, ppp::unproven_server;
    the_server_has_no_address: 738, NcpNoAddress, PppNetwork, ppp::no_address;
    the_pool_of_the_server_is_empty: 717, NcpAddressPoolExhausted, PppNetwork, ppp::pool_empty;
    the_server_assigns_no_address: 738, NcpNoAddress, PppNetwork, ppp::zero_address;
    the_server_assigns_what_no_host_can_have: 738, NcpNoAddress, PppNetwork, ppp::loopback_address;
    the_server_has_no_ipv4: 733, NcpNoneAgreed, PppNetwork, ppp::ipcp_rejected;
    the_server_does_not_speak_of_addresses: 720, NcpNoneAgreed, PppNetwork, ppp::ipcp_silent;
    the_server_ends_the_negotiation_of_addresses: 736, NcpNoneAgreed, PppNetwork, ppp::ipcp_terminated;
    the_server_ends_the_link_over_addresses: 736, NcpNoneAgreed, PppNetwork, ppp::terminated_in_network;

    the_server_hangs_up: 629, NoneHealthy, Up, up::server_hangs_up;
    an_administrator_hangs_up: 629, NoneHealthy, Up, up::administrator_hangs_up;
    the_server_ends_ppp: 719, NoneHealthy, Up, up::terminated_with_719;
    the_server_finds_us_idle: 828, NoneHealthy, Up, up::idle;
    the_call_is_cut: 629, NoneHealthy, Up, up::call_cut;
    the_tunnel_is_cut: 629, NoneHealthy, Up, up::tunnel_cut;
    ppp_is_not_heard_any_more: 829, PppPeerDead, Up, up::no_echo;
    the_tunnel_is_not_heard_any_more: 829, IkePeerDead, Up, up::no_hello;
    the_server_is_not_heard_any_more: 829, IkePeerDead, Up, up::vanishes;
    the_server_has_restarted: 829, IkePeerDead, Up, up::restarts;
    the_server_deletes_its_associations: 629, IkePeerDead, Up, up::deleted;
    we_hang_up: 631, NoneHealthy, Up, up::we_hang_up;
}

/// The causes of the table.
pub(crate) fn causes() -> impl Iterator<Item = Cause> {
    TABLE.iter().map(|(_, cause, _)| *cause)
}

/// A row of the page: number, cause, stage.
type Row = (u32, String, String);

#[test]
fn the_page_about_errors_has_exactly_these_rows() {
    let page = include_str!("../../../../docs/errors.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let rows = rows.filter_map(|(ras, rest)| Some((ras.parse::<u32>().ok()?, rest)));
    let mut written: Vec<Row> = Vec::new();
    for (ras, rest) in rows {
        let cells: Vec<_> = rest.trim_end_matches(" |").split(" | ").collect();
        let [cause, stages, meaning, fix] = cells[..] else { panic!("{ras}: {cells:?}") };
        assert!(!meaning.is_empty() && !fix.is_empty(), "{ras} {cause}");
        let plain = |text: &str| text.trim_matches('`').to_owned();
        written.extend(stages.split(", ").map(|stage| (ras, plain(cause), plain(stage))));
    }
    assert!(written.is_sorted_by_key(|row| row.0), "the numbers are not in order");
    let tried = TABLE.iter().map(|(ras, cause, stage)| (*ras, cause.id().to_owned(), stage.id().to_owned()));
    let obstacles = OBSTACLES.iter().map(|(obstacle, stage)| {
        let verdict = Verdict::of_obstacle(*obstacle);
        (verdict.ras.unwrap().0, verdict.cause.id().to_owned(), (*stage).to_owned())
    });
    let mut tried: Vec<Row> = tried.chain(obstacles).collect();
    tried.sort();
    tried.dedup();
    written.sort();
    let missing: Vec<_> = tried.iter().filter(|row| !written.contains(row)).collect();
    let untrue: Vec<_> = written.iter().filter(|row| !tried.contains(row)).collect();
    assert!(missing.is_empty() && untrue.is_empty(), "missing: {missing:#?}\nuntrue: {untrue:#?}");
    assert!(written.windows(2).all(|pair| pair[0] != pair[1]), "a row stands twice");
}
