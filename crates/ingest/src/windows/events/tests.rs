//! Logs as Windows exports them, through the front door.

use observe::ike::{self, Exchange, Phase};
use observe::{Fact, Observation, Party, Side, Spot, Time, Timeline, host, ppp, pptp, radius, reported};

use crate::Settings;

fn read(name: &str, log: impl AsRef<[u8]>) -> Timeline {
    let mut timeline = Timeline::new();
    let input = std::io::Cursor::new(log.as_ref().to_vec());
    crate::read(name, input, &Settings::default(), &mut timeline, &mut |_| {}).unwrap();
    timeline
}

fn facts(timeline: &Timeline) -> Vec<Fact> {
    timeline.observations().iter().map(|observation| observation.fact.clone()).collect()
}

fn event(provider: &str, id: u32) -> Fact {
    reported::Fact::Event { provider: provider.into(), id }.into()
}

/// One event as `wevtutil` and the Event Viewer write it.
fn xml(provider: &str, id: u32, record: u64, time: &str, data: &[(&str, &str)]) -> String {
    let mut values = String::new();
    for (name, value) in data {
        let value = value.replace('&', "&amp;").replace('<', "&lt;");
        let name = if name.is_empty() { String::new() } else { format!(" Name='{name}'") };
        values.push_str(&format!("<Data{name}>{value}</Data>"));
    }
    format!(
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='{provider}'/>\
         <EventID Qualifiers='0'>{id}</EventID><Version>0</Version><TimeCreated SystemTime='{time}'/>\
         <EventRecordID>{record}</EventRecordID><Channel>Application</Channel><Computer>pc</Computer></System>\
         <EventData>{values}</EventData></Event>"
    )
}

const ATTEMPT: &str = "{0B2C9D11-4A5E-4F60-9ABC-0123456789AB}";

fn dial() -> Vec<String> {
    let device =
        "Server address/Phone Number = 203.0.113.9\nDevice = WAN Miniport (L2TP)\nPort = VPN2-1\nMediaType = VPN";
    let settings = "Dial-in User = \nVpnStrategy = L2TP\nDataEncryption = Require\nPrerequisiteEntry = \nAutoLogon = No\n\
        UseRasCredentials = Yes\nAuthentication Type = CHAP/MS-CHAPv2 \nIpv4DefaultGateway = Yes\n\
        IPSec authentication for L2TP = Pre-shared key";
    vec![
        xml(
            "RasClient",
            20221,
            7,
            "2022-01-12T08:00:00.5Z",
            &[("", ATTEMPT), ("", "PC\\ute"), ("", "VPN"), ("", "per-user"), ("", "Büro"), ("", settings)],
        ),
        xml(
            "RasClient",
            20222,
            8,
            "2022-01-12T08:00:01Z",
            &[("", ATTEMPT), ("", "PC\\ute"), ("", "Büro"), ("", device)],
        ),
        xml(
            "RasClient",
            20227,
            9,
            "2022-01-12T08:00:32Z",
            &[("", ATTEMPT), ("", "PC\\ute"), ("", "Büro"), ("", "789")],
        ),
    ]
}

fn dialled() -> Vec<Fact> {
    let asked = host::Profile {
        name: "Büro".into(),
        tunnel: "L2TP".into(),
        encryption: "Require".into(),
        methods: vec![ppp::Method::Chap, ppp::Method::MsChapV2],
        shared_key: Some(true),
        ..host::Profile::default()
    };
    let tried = host::Profile {
        name: "Büro".into(),
        server: "203.0.113.9".into(),
        tunnel: "L2tp".into(),
        ..host::Profile::default()
    };
    vec![
        event("RasClient", 20221),
        host::Fact::Profile(asked).into(),
        event("RasClient", 20222),
        host::Fact::Profile(tried).into(),
        event("RasClient", 20227),
        reported::Fact::Ras { code: 789 }.into(),
    ]
}

#[test]
fn a_dial_that_failed_is_told_by_its_events_in_their_order() {
    let mut events = dial();
    let timeline = read("ras.xml", events.concat());
    assert_eq!(facts(&timeline), dialled());
    assert_eq!(timeline.sources()[0].side, Side::Client);
    let failed: &Observation = &timeline.observations()[5];
    assert_eq!(failed.about.attempt.as_deref(), Some(ATTEMPT));
    assert_eq!(failed.about.user.as_deref(), Some("PC\\ute"));
    assert_eq!(failed.at, Some(Time(1_641_974_432_000_000)));
    assert_eq!(failed.place.spot, Spot::Record(9));
    let tried = &timeline.observations()[2];
    assert_eq!(tried.about.server, Some("203.0.113.9:0".parse().unwrap()));
    // The Event Viewer writes the last event first, in one element, with a declaration, often in UTF-16.
    events.reverse();
    let saved = format!("\u{feff}<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n<Events>{}</Events>", events.concat());
    let utf16: Vec<u8> = saved.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(facts(&read("saved.xml", utf16)), dialled());
}

#[test]
fn entities_are_read_and_declarations_are_not() {
    let bomb = "<!DOCTYPE x [<!ENTITY a \"&b;&b;\"><!ENTITY b \"boom\">]>";
    let event = xml("RasClient", 20227, 1, "2022-01-12T08:00:32Z", &[("", "a&a;b &lt;x>"), ("", "&#x7;"), ("", "691")]);
    let timeline = read("x.xml", format!("{bomb}<Events>{event}</Events>"));
    assert_eq!(facts(&timeline).last(), Some(&reported::Fact::Ras { code: 691 }.into()));
    assert_eq!(timeline.observations()[0].about.user.as_deref(), Some("a&a;b &lt;x>"));
    let literal = event.replace("691", "<![CDATA[7]]>18<!-- > -->");
    assert_eq!(facts(&read("x.xml", literal)).last(), Some(&reported::Fact::Ras { code: 718 }.into()));
}

#[test]
fn a_sentence_in_any_language_ends_with_the_code() {
    for sentence in [
        "CoId={0B2C9D11-4A5E-4F60-9ABC-0123456789AB}: The user PC\\u dialed a connection named VPN 2 which has failed. \
         The error code returned on failure is 809.",
        "CoId={0B2C9D11-4A5E-4F60-9ABC-0123456789AB}: 用户 PC\\u 拨打了一个名为 VPN 2 的连接，该连接已失败。失败时返回的错误代码是 809。",
        "CoId={0B2C9D11-4A5E-4F60-9ABC-0123456789AB}: ユーザー PC\\u は VPN 2 という接続にダイヤルし、失敗しました。失敗時に返された理由コードは 809 です。",
        "CoId={0B2C9D11-4A5E-4F60-9ABC-0123456789AB}: o usuário PC\\u discou uma conexão chamada VPN 2 que falhou. \
         O código de erro retornado na falha é 809.",
    ] {
        let expected = [event("RasClient", 20227), reported::Fact::Ras { code: 809 }.into()];
        let csv = format!(
            "级别,日期和时间,来源,事件 ID,任务类别\r\n错误,2022/1/12 8:00:32,RasClient,20227,无,\"{sentence}\"\r\n"
        );
        let timeline = read("ras.csv", csv);
        assert_eq!(facts(&timeline), expected, "{sentence}");
        assert_eq!(timeline.observations()[0].at, Some(Time(1_641_974_432_000_000)));
        let text = format!(
            "Event[0]:\r\n  Log Name: Application\r\n  Source: RasClient\r\n  Date: 2022-01-12T08:00:32.000\r\n  \
             Event ID: 20227\r\n  Task: N/A\r\n  Level: Error\r\n  Description: \r\n{sentence}\r\n\r\n"
        );
        let timeline = read("ras.txt", text);
        assert_eq!(facts(&timeline), expected);
        assert_eq!(timeline.observations()[0].about.attempt.as_deref(), Some(ATTEMPT));
        let foreign = format!(
            "Evento[0]:\r\n  Nome do log: Application\r\n  Autor: RasClient\r\n  Data: 2022-01-12T08:00:32.000\r\n  \
             Identificador: 20227\r\n  Descrição: \r\n{sentence}\r\n"
        );
        assert_eq!(facts(&read("ras.txt", foreign)), expected);
        let list = format!(
            "\r\nTimeCreated  : 1/12/2022 8:00:32 AM\r\nProviderName : RasClient\r\nId           : 20227\r\nMessage      : {sentence}\r\n\r\n"
        );
        assert_eq!(facts(&read("list.txt", list)), expected);
        let exported = format!(
            "\"Message\",\"Id\",\"ProviderName\",\"RecordId\",\"TimeCreated\"\r\n\"{sentence}\",\"20227\",\"RasClient\",\"4\",\"1/12/2022 8:00:32 AM\"\r\n"
        );
        assert_eq!(facts(&read("export.csv", exported)), expected);
    }
}

#[test]
fn a_message_of_several_lines_in_csv_is_one_event() {
    let csv = "Level,Date and Time,Source,Event ID,Task Category\r\n\
        Information,1/12/2022 8:00:33 AM,RasClient,20226,None,\"CoId={0B2C9D11-4A5E-4F60-9ABC-0123456789AB}: The user X dialed a connection named Y which has terminated. The reason code returned on termination is 631.\"\r\n\
        Information,1/12/2022 8:00:02 AM,RasClient,20222,None,\"CoId={0B2C9D11-4A5E-4F60-9ABC-0123456789AB}: The user X is trying to establish a link to the Remote Access Server for the connection named Y using the following device: \r\n\
        Server address/Phone Number = vpn.example\r\nDevice = WAN Miniport (PPTP)\r\nPort = VPN3-1\r\nMediaType = VPN.\"\r\n";
    let timeline = read("ras.csv", csv);
    let profile = host::Profile {
        name: "Y".into(),
        server: "vpn.example".into(),
        tunnel: "Pptp".into(),
        ..host::Profile::default()
    };
    assert_eq!(
        facts(&timeline),
        [
            event("RasClient", 20222),
            host::Fact::Profile(profile).into(),
            event("RasClient", 20226),
            reported::Fact::UserHungUp.into(),
        ]
    );
}

#[test]
fn the_server_tells_who_came_from_where_and_why_not() {
    let zone = "{00000000-0000-0000-0000-000000000000}";
    let log = [
        xml(
            "RemoteAccess",
            20271,
            1,
            "2022-01-12T08:00:01Z",
            &[
                ("", ATTEMPT),
                ("", "CORP\\ute"),
                ("", "198.51.100.7"),
                (
                    "",
                    "The remote connection was denied because the user name and password combination you provided is not recognized.",
                ),
            ],
        ),
        xml(
            "RemoteAccess",
            20250,
            2,
            "2022-01-12T08:00:02Z",
            &[("", zone), ("", ATTEMPT), ("", "CORP\\ute"), ("", "VPN2-126")],
        ),
        xml(
            "RemoteAccess",
            20274,
            3,
            "2022-01-12T08:00:03Z",
            &[("", zone), ("", ATTEMPT), ("", "CORP\\ute"), ("", "VPN2-126"), ("", "10.8.0.4")],
        ),
        xml(
            "RemoteAccess",
            20272,
            4,
            "2022-01-12T08:02:03Z",
            &[
                ("", zone),
                ("", ATTEMPT),
                ("", "CORP\\ute"),
                ("", "VPN2-126"),
                ("", "1/12/2022"),
                ("", "8:00 AM"),
                ("", "1/12/2022"),
                ("", "8:02 AM"),
                ("", "2"),
                ("", "1"),
                ("", "900"),
                ("", "700"),
                ("", "user request"),
                ("", "WAN Miniport (L2TP)"),
                ("", ""),
            ],
        ),
        xml("RemoteAccess", 20169, 5, "2022-01-12T08:02:04Z", &[("", "169.254.10.1")]),
        xml("RemoteAccess", 20209, 6, "2022-01-12T08:02:05Z", &[("", "198.51.100.7")]),
    ];
    let timeline = read("system.xml", log.concat());
    let failed = ppp::Fact::AuthenticationFailed { at: Party::Server, method: None, code: Some(691), reason: None };
    let client = Some("10.8.0.4".parse().unwrap());
    assert_eq!(
        facts(&timeline),
        [
            event("RemoteAccess", 20271),
            failed.into(),
            reported::Fact::Ras { code: 691 }.into(),
            event("RemoteAccess", 20250),
            ppp::Fact::Authenticated { method: None, user: Some("CORP\\ute".into()) }.into(),
            event("RemoteAccess", 20274),
            ppp::Fact::NetworkUp { protocol: ppp::Protocol::Ipcp, client, server: None }.into(),
            event("RemoteAccess", 20272),
            ppp::Fact::Up { seconds: 121, traffic: Some((700, 900)) }.into(),
            reported::Fact::Disconnected.into(),
            event("RemoteAccess", 20169),
            observe::network::Fact::DhcpUnanswered.into(),
            event("RemoteAccess", 20209),
            pptp::Fact::NoGre { at: Party::Server }.into(),
        ]
    );
    assert_eq!(timeline.sources()[0].side, Side::Server);
    assert_eq!(timeline.observations()[0].about.client, Some("198.51.100.7:0".parse().unwrap()));
}

#[test]
fn the_audit_of_ike_tells_who_found_what_and_how_far_it_came() {
    let fields = [
        ("LocalAddress", "192.0.2.5"),
        ("RemoteAddress", "203.0.113.9"),
        ("FailurePoint", "%%8199"),
        ("FailureReason", "Negotiation timed out"),
        ("State", "%%8203"),
        ("Role", "%%8205"),
    ];
    let timeline =
        read("security.xml", xml("Microsoft-Windows-Security-Auditing", 4653, 1, "2022-01-12T08:00:01Z", &fields));
    let timed_out = [
        event("Security", 4653),
        reported::Fact::Ike { code: 13805 }.into(),
        ike::Fact::GaveUp { by: Party::Here, after: Some(Exchange::MainMode(3)) }.into(),
    ];
    assert_eq!(facts(&timeline), timed_out);
    assert_eq!(timeline.observations()[0].about.server, Some("203.0.113.9:0".parse().unwrap()));
    let text = "Event[0]:\n  Log Name: Security\n  Source: Microsoft-Windows-Security-Auditing\n  Date: 2022-01-12T08:00:01.000\n  \
        Event ID: 4654\n  Description: \nAn IPsec quick mode negotiation failed.\n\nLocal Endpoint:\n\tNetwork Address:\t192.0.2.5\n\
        Remote Endpoint:\n\tNetwork Address:\t203.0.113.9\nAdditional Information:\n\tRole:\tResponder\n\
        Failure Information:\n\tState:\t\tSent first (SA) payload\n\tFailure Point:\tRemote computer\n\tFailure Reason:\tPolicy match error\n";
    let timeline = read("security.txt", text);
    assert_eq!(
        facts(&timeline),
        [
            event("Security", 4654),
            reported::Fact::Ike { code: 13868 }.into(),
            ike::Fact::NoCommonSuite { phase: Phase::Two, at: Party::There }.into(),
        ]
    );
    assert_eq!(timeline.observations()[0].about.client, Some("203.0.113.9:0".parse().unwrap()));
    let stopped = read("s.xml", xml("Microsoft-Windows-Security-Auditing", 5453, 1, "2022-01-12T08:00:01Z", &[]));
    assert_eq!(facts(&stopped)[1], ike::Fact::ServiceStopped { at: Party::Here }.into());
}

fn denied(code: u32, method: ppp::Method, reason: Option<ppp::Reason>) -> [Fact; 3] {
    [
        reported::Fact::NpsReason { code }.into(),
        radius::Fact::Answer { code: 3, reason, error: None }.into(),
        ppp::Fact::AuthenticationFailed { at: Party::Server, method: Some(method), code: None, reason }.into(),
    ]
}

#[test]
fn a_refusal_of_nps_is_the_same_in_every_form() {
    let expected = denied(16, ppp::Method::MsChapV2, Some(ppp::Reason::WrongPassword));
    let fields = [
        ("SubjectUserName", "ute"),
        ("FullyQualifiedSubjectUserName", "CORP\\ute"),
        ("CallingStationID", "198.51.100.7"),
        ("AuthenticationType", "MS-CHAPv2"),
        ("ReasonCode", "16"),
    ];
    let timeline =
        read("security.xml", xml("Microsoft-Windows-Security-Auditing", 6273, 1, "2022-01-12T08:00:01Z", &fields));
    assert_eq!(facts(&timeline)[1..], expected);
    assert_eq!(timeline.sources()[0].side, Side::Authenticator);
    assert_eq!(timeline.observations()[0].about.client, Some("198.51.100.7:0".parse().unwrap()));

    let pairs =
        "192.0.2.1,CORP\\ute,01/12/2022,08:00:01,IAS,NPS1,4,192.0.2.1,31,198.51.100.7,4127,4,4136,3,4142,16\r\n";
    let timeline = read("IN2201.log", pairs);
    assert_eq!(facts(&timeline), expected);
    assert_eq!(timeline.observations()[0].at, Some(Time(1_641_974_401_000_000)));

    let database = "\"NPS1\",\"IAS\",01/12/2022,08:00:00,1,\"ute\",\"CORP\\ute\",\"203.0.113.9\",\"198.51.100.7\",,,\"RAS1\",\"192.0.2.1\",5,9,\"192.0.2.1\",\"RAS1\",,,5,,1,2,4,,0,,,,\r\n\
        \"NPS1\",\"IAS\",01/12/2022,08:00:01,3,,\"CORP\\ute\",,,,,,,,9,\"192.0.2.1\",\"RAS1\",,,,,,,4,\"Dial-in\",16,,,,\r\n";
    let timeline = read("IN2201.log", database);
    assert_eq!(facts(&timeline)[0], radius::Fact::Request { code: 1, server: None, repeated: false }.into());
    assert_eq!(facts(&timeline)[1..], expected);

    let dts = "<Event><Timestamp data_type=\"4\">01/12/2022 08:00:01.000</Timestamp><Computer-Name data_type=\"1\">NPS1</Computer-Name>\
        <Event-Source data_type=\"1\">IAS</Event-Source><User-Name data_type=\"1\">ute</User-Name><Packet-Type data_type=\"0\">3</Packet-Type>\
        <Authentication-Type data_type=\"0\">4</Authentication-Type><Reason-Code data_type=\"0\">16</Reason-Code></Event>\r\n";
    let timeline = read("IN2201.log", dts);
    assert_eq!(facts(&timeline), expected);
    assert_eq!(timeline.observations()[0].at, Some(Time(1_641_974_401_000_000)));
}

#[test]
fn services_are_told_without_their_language() {
    let name: String =
        "PolicyAgent/1\0".encode_utf16().flat_map(u16::to_le_bytes).map(|octet| format!("{octet:02X}")).collect();
    let event = xml(
        "Service Control Manager",
        7036,
        3,
        "2022-01-12T08:00:01Z",
        &[("param1", "IPsec ポリシー"), ("param2", "停止")],
    )
    .replace("</EventData>", &format!("<Binary>{name}</Binary></EventData>"));
    let stopped = |name: &str| Fact::from(host::Fact::Service { name: name.into(), running: Some(false), start: None });
    assert_eq!(facts(&read("system.xml", event)), [stopped("policyagent")]);
    let failed = xml(
        "Service Control Manager",
        7023,
        4,
        "2022-01-12T08:00:01Z",
        &[("param1", "Remote Access Connection Manager"), ("param2", "%%711")],
    );
    assert_eq!(facts(&read("system.xml", failed)), [stopped("rasman")]);
    let update = xml(
        "Microsoft-Windows-WindowsUpdateClient",
        19,
        5,
        "2022-01-12T08:00:01Z",
        &[("updateTitle", "2022-01 Cumulative Update (KB5009543)")],
    );
    assert_eq!(facts(&read("system.xml", update)), [host::Fact::Update { name: "KB5009543".into() }.into()]);
}

#[test]
fn events_that_are_cut_or_too_long_are_said_and_the_others_read() {
    let good = xml("RasClient", 20227, 1, "2022-01-12T08:00:32Z", &[("", "x"), ("", "y"), ("", "691")]);
    let long = good.replace("691", &"7".repeat(200_000));
    let timeline = read("x.xml", format!("{long}{good}{}", &good[..300]));
    assert_eq!(facts(&timeline).len(), 2);
    assert_eq!(timeline.sources()[0].trouble, [observe::Trouble::EventTooLong, observe::Trouble::EventCut]);
    let unended = format!("<Events>{}", long.replace("</Event>", ""));
    let timeline = read("x.xml", unended);
    assert!(timeline.observations().is_empty());
    assert!(!timeline.sources()[0].trouble.is_empty());
}

#[test]
fn an_event_that_was_copied_from_the_viewer_is_read_in_every_language() {
    let sentence = "CoId={0B2C9D11-4A5E-4F60-9ABC-0123456789AB}: The user PC\\u dialed a connection named VPN 2 which has \
        failed. The error code returned on failure is 809.";
    for [log, source, date, number, description] in [
        ["Log Name", "Source", "Date", "Event ID", "Description"],
        ["日志名称", "来源", "日期", "事件 ID", "描述"],
        ["ログの名前", "ソース", "日付", "イベント ID", "説明"],
        ["Nome do Log", "Fonte", "Data", "Identificação do Evento", "Descrição"],
    ] {
        let text = format!(
            "{log}:      Application\r\n{source}:        RasClient\r\n{date}:          2022/1/12 8:00:32\r\n\
             {number}:      20227\r\nLevel:         Error\r\nUser:          N/A\r\n{description}:\r\n{sentence}\r\n\
             Event Xml:\r\n<Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\">\r\n  <System>\r\n    \
             <EventID Qualifiers=\"0\">691</EventID>\r\n  </System>\r\n</Event>\r\n"
        );
        let timeline = read("pasted.txt", text.repeat(2));
        let one = [event("RasClient", 20227), reported::Fact::Ras { code: 809 }.into()];
        assert_eq!(facts(&timeline), [one.clone(), one].concat(), "{log}");
        assert_eq!(timeline.observations()[0].at, Some(Time(1_641_974_432_000_000)));
        assert_eq!(timeline.sources()[0].side, Side::Client);
    }
}

#[test]
fn a_refusal_of_ias_is_read_as_windows_server_2003_writes_it() {
    let text = "Event Type:\tWarning\r\nEvent Source:\tIAS\r\nEvent Category:\tNone\r\nEvent ID:\t2\r\nDate:\t\t1/12/2022\r\n\
        Time:\t\t8:00:32 AM\r\nUser:\t\tN/A\r\nComputer:\tVPN1\r\nDescription:\r\nUser anna was denied access.\r\n \
        Fully-Qualified-User-Name = ACME\\anna\r\n NAS-IP-Address = 10.0.0.2\r\n Calling-Station-Identifier = 203.0.113.9\r\n \
        Policy-Name = VPN users\r\n Authentication-Type = MS-CHAPv2\r\n EAP-Type = <undetermined>\r\n Reason-Code = 65\r\n \
        Reason = The connection attempt failed because remote access permission for the user account was denied.\r\n";
    let timeline = read("ias.txt", text);
    let said = [&[event("NPS", 2)][..], &denied(65, ppp::Method::MsChapV2, Some(ppp::Reason::NoDialin))].concat();
    assert_eq!(facts(&timeline), said);
    assert_eq!(timeline.observations()[0].at, Some(Time(1_641_974_432_000_000)));
    assert_eq!(timeline.observations()[1].about.user.as_deref(), Some("ACME\\anna"));
    assert_eq!(timeline.sources()[0].side, Side::Authenticator);
}

#[test]
fn what_nps_drops_without_an_answer_is_told_by_its_service() {
    for (id, sentence, fact) in [
        (
            13,
            "A RADIUS message was received from the invalid RADIUS client IP address 10.0.0.2.",
            radius::Fact::UnknownClient,
        ),
        (
            18,
            "An Access-Request message was received from RADIUS client 10.0.0.2 with a Message-Authenticator attribute that is not valid.",
            radius::Fact::SecretMismatch,
        ),
        (
            17,
            "An Access-Request message was received from RADIUS client 10.0.0.2 without a message authenticator attribute.",
            radius::Fact::MessageAuthenticatorMissing,
        ),
    ] {
        let text = format!(
            "Log Name: System\r\nSource: NPS\r\nDate: 1/12/2022 8:00:32 AM\r\nEvent ID: {id}\r\nDescription:\r\n{sentence}\r\n"
        );
        assert_eq!(facts(&read("nps.txt", text)), [event("NPS", id), fact.into()]);
    }
}
