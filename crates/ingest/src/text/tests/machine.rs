//! What the kernel, systemd and others say of the daemons of a VPN.

use observe::{Party, host, ppp};

use super::{facts, read, yields};

#[test]
fn a_module_that_the_kernel_lacks_or_cannot_use_is_missing() {
    for (text, module) in [
        ("[   12.345678] l2tp_ppp: Unknown symbol ppp_register_net_channel (err -2)\n", "l2tp_ppp"),
        ("[   12.345678] ppp_mppe: version magic '6.1.0-1' should be '6.1.0-2'\n", "ppp_mppe"),
        (
            "Nov 20 10:00:00 gw kernel: [   12.345678] l2tp_core: disagrees about version of symbol module_layout\n",
            "l2tp_core",
        ),
        ("[   28.323017] xt_CT: No such helper \"pptp\"\n", "nf_conntrack_pptp"),
    ] {
        yields(text, host::Fact::ModuleMissing { module: module.to_owned() });
    }
    assert!(facts(&read("[   12.345678] nvidia: Unknown symbol drm_foo (err -2)\n")).is_empty());
}

#[test]
fn a_unit_that_systemd_could_not_keep_running_does_not_run() {
    for (text, name) in [
        ("Failed to start ipsec.service: Unit ipsec.service not found.\n", "ipsec"),
        ("Job for strongswan.service failed because the control process exited with error code.\n", "strongswan"),
        ("Nov 20 10:00:00 gw systemd[1]: xl2tpd.service: Failed with result 'exit-code'.\n", "xl2tpd"),
        ("Unit pptpd.service could not be found.\n", "pptpd"),
    ] {
        yields(text, host::Fact::Service { name: name.to_owned(), running: Some(false), start: None });
    }
}

#[test]
fn the_status_with_which_pppd_ended_is_understood_whoever_tells_it() {
    for text in
        ["pptp_1 exited with code 4\n", "/usr/sbin/pppd exited with exit code 4\n", "pppd exited with status 0x4\n"]
    {
        yields(text, ppp::Fact::Exited { at: Party::Here, status: 4 });
    }
    assert!(facts(&read("web_1 exited with code 4\n")).is_empty());
}

#[test]
fn the_plugin_of_networkmanager_speaks_without_a_colon_behind_its_name() {
    let busy = host::Fact::PortBusy { port: Some(1701), tcp: false, program: "NetworkManager".to_owned() };
    yields("nm-l2tp[3933] <warn>  L2TP port 1701 is busy, using ephemeral.\n", busy);
}
