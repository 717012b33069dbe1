use observe::{Fact, SourceKind, Timeline, host};

use super::*;

fn facts(text: impl AsRef<[u8]>) -> Vec<host::Fact> {
    let mut timeline = Timeline::new();
    let mut sink = Sink::new(&mut timeline, "test.reg", SourceKind::Registry);
    read(text.as_ref(), &mut sink, &mut |_| {}).unwrap();
    let host = |fact: &Fact| match fact {
        Fact::Host(fact) => fact.clone(),
        other => panic!("{other:?} is not of a machine"),
    };
    timeline.observations().iter().map(|observation| host(&observation.fact)).collect()
}

fn value(key: &str, name: &str, value: Option<u32>) -> host::Fact {
    host::Fact::Registry { key: key.into(), name: name.into(), value, written: None }
}

#[test]
fn values_are_found_in_every_control_set_and_encoding() {
    let text = "Windows Registry Editor Version 5.00\r\n\r\n\
        [HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\RasMan\\Parameters]\r\n\
        \"ProhibitIpSec\"=dword:00000001\r\n\
        \"AllowL2TPWeakCrypto\"=hex(4):01,00,00,00\r\n\r\n\
        [HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\PolicyAgent]\r\n\
        \"AssumeUDPEncapsulationContextOnSendRule\"=dword:00000002\r\n\
        \"Start\"=dword:00000004\r\n";
    let expected = [
        value("services\\rasman\\parameters", "prohibitipsec", Some(1)),
        value("services\\rasman\\parameters", "allowl2tpweakcrypto", Some(1)),
        value("services\\policyagent", "assumeudpencapsulationcontextonsendrule", Some(2)),
        host::Fact::Service { name: "policyagent".into(), running: None, start: Some(host::Start::Disabled) },
    ];
    assert_eq!(facts(text), expected);
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(facts(utf16), expected);
}

#[test]
fn a_key_that_was_exported_whole_tells_what_it_does_not_hold() {
    let whole = "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\PolicyAgent]\n\
        \"ImagePath\"=hex(2):25,00,53,00,79,00,\\\n  73,00,74,00\n\"Start\"=dword:00000003\n";
    assert_eq!(
        facts(whole),
        [
            host::Fact::Service { name: "policyagent".into(), running: None, start: Some(host::Start::Demand) },
            value("services\\policyagent", "assumeudpencapsulationcontextonsendrule", None),
        ]
    );
    // A file that was written to be imported holds what it changes, and its silence says nothing.
    let patch = "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\PolicyAgent]\n\"Start\"=dword:00000002\n";
    assert_eq!(facts(patch).len(), 1);
}

#[test]
fn deletions_and_wrong_types_are_no_value() {
    let text = "REGEDIT4\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\PolicyAgent]\n\
        \"AssumeUDPEncapsulationContextOnSendRule\"=-\n\"AllowL2TPWeakCrypto\"=\"1\"\n\
        [-HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\IPSec]\n";
    assert_eq!(
        facts(text),
        [
            value("services\\policyagent", "assumeudpencapsulationcontextonsendrule", None),
            value("services\\policyagent", "allowl2tpweakcrypto", None),
            value("services\\ipsec", "assumeudpencapsulationcontextonsendrule", None),
        ]
    );
}

#[test]
fn what_reg_query_prints_reads_like_an_export() {
    let text = "\r\nHKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\RemoteAccess\\Policy\r\n    \
        Enable NTLMv2 Compatibility    REG_DWORD    0x1\r\n\r\n\
        HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Lsa\r\n    LmCompatibilityLevel    REG_DWORD    0x5\r\n\
        HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\r\n    \
        IPEnableRouter    REG_DWORD    0x0\r\n";
    assert_eq!(
        facts(text),
        [
            value("services\\remoteaccess\\policy", "enable ntlmv2 compatibility", Some(1)),
            value("control\\lsa", "lmcompatibilitylevel", Some(5)),
            host::Fact::Forwarding { on: false, v6: false },
        ]
    );
}

#[test]
fn a_miniport_without_description_or_missing_from_the_class_is_broken() {
    let class = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4D36E972-E325-11CE-BFC1-08002bE10318}";
    let text = format!(
        "[{class}]\n\"Class\"=\"Net\"\n[{class}\\0003]\n\"DriverDesc\"=\"WAN Miniport (PPTP)\"\n\
         \"MatchingDeviceId\"=\"ms_pptpminiport\"\n[{class}\\0005]\n\"MatchingDeviceId\"=\"ms_ndiswanip\"\n"
    );
    let broken = |name: &str, how| host::Fact::MiniportBroken { name: name.into(), how };
    assert_eq!(
        facts(text),
        [broken("WAN Miniport (IP)", host::Miniport::Unnamed), broken("WAN Miniport (L2TP)", host::Miniport::Missing)]
    );
}
