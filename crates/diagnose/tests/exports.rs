//! What Windows exports is enough for a cause and a stage.

use diagnose::{Cause, Context, Diagnosis, examine};
use ingest::Settings;
use observe::Timeline;

fn diagnose(files: &[(&str, &str)]) -> Diagnosis {
    let mut timeline = Timeline::new();
    for (name, text) in files {
        let read = ingest::read(name, text.as_bytes(), &Settings::default(), &mut timeline, &mut |_| {});
        read.expect("text in memory can be read");
    }
    examine(&timeline, Context::default())
}

fn dial(ids: &[(u32, &str)]) -> String {
    let event = |(id, datum): &(u32, &str)| {
        format!(
            "<Event><System><Provider Name='RasClient'/><EventID>{id}</EventID><TimeCreated SystemTime='2022-01-12T08:00:01Z'/>\
             <EventRecordID>{id}</EventRecordID></System><EventData><Data>{{0B2C9D11-4A5E-4F60-9ABC-0123456789AB}}</Data>\
             <Data>PC\\u</Data><Data>VPN</Data><Data>{datum}</Data></EventData></Event>"
        )
    };
    ids.iter().map(event).collect()
}

#[test]
fn the_last_landmark_of_a_dial_tells_how_far_it_came() {
    let tunnel = "Server address/Phone Number = 203.0.113.9\nDevice = WAN Miniport (L2TP)";
    let in_ipsec = diagnose(&[("ras.xml", &dial(&[(20222, tunnel), (20227, "789")]))]);
    assert_eq!(in_ipsec.stage, Some("ike.phase1"));
    let in_ppp = diagnose(&[("ras.xml", &dial(&[(20222, tunnel), (20223, tunnel), (20224, ""), (20227, "619")]))]);
    assert_eq!(in_ppp.stage, Some("ppp.lcp"));
}

#[test]
fn a_code_of_ike_in_the_audit_has_its_cause() {
    let event = "<Event><System><Provider Name='Microsoft-Windows-Security-Auditing'/><EventID>4653</EventID></System><EventData>\
        <Data Name='FailurePoint'>%%8199</Data><Data Name='FailureReason'>Policy match error</Data><Data Name='Role'>%%8206</Data>\
        </EventData></Event>";
    let found = diagnose(&[("security.xml", event)]);
    assert_eq!(found.findings.first().map(|finding| finding.cause), Some(Cause::IkeNoProposalPhase1));
}

#[test]
fn services_and_registry_of_the_client_explain_its_code() {
    let ras = dial(&[(20227, "789")]);
    let services = "SERVICE_NAME: IKEEXT\r\n        STATE              : 1  STOPPED\r\n        START_TYPE         : 4   DISABLED\r\n";
    let stopped = diagnose(&[("ras.xml", &ras), ("services.txt", services)]);
    assert_eq!(stopped.findings.first().map(|finding| finding.cause), Some(Cause::HostServiceStopped));
    let registry = "Windows Registry Editor Version 5.00\r\n\r\n\
        [HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\RasMan\\Parameters]\r\n\"ProhibitIpSec\"=dword:00000001\r\n";
    let prohibited = diagnose(&[("ras.xml", &ras), ("rasman.reg", registry)]);
    assert_eq!(prohibited.findings.first().map(|finding| finding.cause), Some(Cause::HostProhibitIpsec));
    // The value is missing, and the client cannot reach servers behind a NAT.
    let missing = "Windows Registry Editor Version 5.00\r\n\r\n\
        [HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\PolicyAgent]\r\n\"ImagePath\"=hex(2):25,00\r\n\"Start\"=dword:00000003\r\n";
    let behind = diagnose(&[("ras.xml", &ras), ("policyagent.reg", missing)]);
    assert!(behind.findings.iter().any(|finding| finding.cause == Cause::IkeServerBehindNatRefused));
}

#[test]
fn a_registry_value_where_windows_does_not_read_it_is_told_with_the_right_key() {
    let ras = dial(&[(20227, "789")]);
    let registry = |key: &str, name: &str| {
        format!(
            "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\{key}]\r\n\
             \"{name}\"=dword:00000002\r\n"
        )
    };
    for (wrong, name, right) in [
        ("Services\\PolicyAgent", "AllowL2TPWeakCrypto", "services\\rasman\\parameters"),
        ("Services\\PolicyAgent", "ProhibitIpSec", "services\\rasman\\parameters"),
        ("Services\\RasMan\\Parameters", "AssumeUDPEncapsulationContextOnSendRule", "services\\policyagent"),
    ] {
        let found = diagnose(&[("ras.xml", &ras), ("values.reg", &registry(wrong, name))]);
        let first = found.findings.first().unwrap();
        assert_eq!(first.cause, Cause::HostRegistryMisplaced, "{name}");
        assert!(first.evidence.iter().any(|place| place.text.contains(right)), "{name}: {:?}", first.evidence);
        let right = right.replace("services", "Services");
        let found = diagnose(&[("ras.xml", &ras), ("values.reg", &registry(&right, name))]);
        assert!(found.findings.iter().all(|finding| finding.cause != Cause::HostRegistryMisplaced), "{name}");
    }
}

#[test]
fn nps_names_the_account_s_trouble() {
    let line = "192.0.2.1,CORP\\ute,01/12/2022,08:00:01,IAS,NPS1,4,192.0.2.1,4127,4,4136,3,4142,";
    for (code, cause) in [
        ("16", Cause::AuthBadCredentials),
        ("34", Cause::AuthAccountDisabled),
        ("36", Cause::AuthAccountLocked),
        ("48", Cause::AuthNoPolicyMatch),
        ("65", Cause::AuthNoDialinPermission),
        ("66", Cause::AuthMethodNotEnabled),
    ] {
        let found = diagnose(&[("IN2201.log", &format!("{line}{code}\r\n"))]);
        assert_eq!(found.findings.first().map(|finding| finding.cause), Some(cause), "reason {code}");
    }
}
