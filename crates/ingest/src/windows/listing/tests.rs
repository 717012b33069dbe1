//! Outputs as people send them, through the front door.

use observe::{Fact, Side, SourceKind, Time, Timeline, host, ike, network, ppp, pptp, reported};

use crate::Settings;

fn read(text: impl AsRef<[u8]>) -> Timeline {
    let mut timeline = Timeline::new();
    let input = std::io::Cursor::new(text.as_ref().to_vec());
    crate::read("output.txt", input, &Settings::default(), &mut timeline, &mut |_| {}).unwrap();
    timeline
}

fn facts(text: impl AsRef<[u8]>) -> Vec<Fact> {
    read(text).observations().iter().map(|observation| observation.fact.clone()).collect()
}

fn service(name: &str, running: Option<bool>, start: Option<host::Start>) -> Fact {
    host::Fact::Service { name: name.into(), running, start }.into()
}

#[test]
fn states_of_services_are_numbers_and_constants() {
    let text = "\r\nSERVICE_NAME: PolicyAgent\r\nDISPLAY_NAME: IPsec Policy Agent\r\n        \
        TYPE               : 20  WIN32_SHARE_PROCESS  \r\n        STATE              : 1  STOPPED \r\n        \
        WIN32_EXIT_CODE    : 1077  (0x435)\r\n\r\nSERVICE_NAME: Spooler\r\n        STATE              : 1  STOPPED \r\n\r\n\
        [SC] QueryServiceConfig SUCCESS\r\n\r\nSERVICE_NAME: RasMan\r\n        TYPE               : 20  WIN32_SHARE_PROCESS\r\n        \
        START_TYPE         : 4   DISABLED\r\n        ERROR_CONTROL      : 1   NORMAL\r\n";
    let timeline = read(text);
    let expected = [service("policyagent", Some(false), None), service("rasman", None, Some(host::Start::Disabled))];
    assert_eq!(facts(text), expected);
    assert_eq!(timeline.sources()[0].kind, SourceKind::Services);
    let portuguese = "NOME_DO_SERVIÇO: IKEEXT\r\n        TIPO               : 30  WIN32\r\n        ESTADO             : 4  RUNNING\r\n";
    assert_eq!(facts(portuguese), [service("ikeext", Some(true), None)]);
    let table = "\r\nStatus   Name               DisplayName\r\n------   ----               -----------\r\n\
        Stopped  BFE                Base Filtering Engine\r\nRunning  Dnscache           DNS Client\r\n\r\n";
    assert_eq!(facts(table), [service("bfe", Some(false), None)]);
    let list = "Name      : RasMan\r\nStatus    : Running\r\nStartType : Manual\r\n\r\n";
    assert_eq!(facts(list), [service("rasman", Some(true), Some(host::Start::Demand))]);
    let csv = "\"Name\",\"Status\",\"StartType\"\r\n\"RasMan\",\"Running\",\"Manual\"\r\n\"BFE\",\"Stopped\",\"Disabled\"\r\n";
    assert_eq!(
        facts(csv),
        [
            service("rasman", Some(true), Some(host::Start::Demand)),
            service("bfe", Some(false), Some(host::Start::Disabled))
        ]
    );
    let json = "[\r\n    {\r\n        \"Name\":  \"IKEEXT\",\r\n        \"Status\":  1,\r\n        \"StartType\":  2\r\n    }\r\n]";
    assert_eq!(facts(json), [service("ikeext", Some(false), Some(host::Start::Automatic))]);
}

#[test]
fn sockets_that_wait_are_told_from_connections_without_the_state() {
    let text = "Conexões ativas\r\n\r\n  Proto  Endereço local         Endereço externo       Estado          PID\r\n  \
        TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       900\r\n  \
        TCP    0.0.0.0:1723           0.0.0.0:0              LISTENING       4\r\n  \
        TCP    192.0.2.5:50000        203.0.113.9:1723       ESTABLISHED     5000\r\n  \
        TCP    [::]:135               [::]:0                 LISTENING       900\r\n  \
        UDP    0.0.0.0:500            *:*                                    3210\r\n  \
        UDP    0.0.0.0:1701           *:*                                    4\r\n  \
        UDP    [fe80::1%7]:4500       *:*                                    3210\r\n";
    let listening = |tcp, address: &str, owner: &str| -> Fact {
        host::Fact::Listening { tcp, address: address.parse().unwrap(), owner: Some(format!("process {owner}")) }.into()
    };
    assert_eq!(
        facts(text),
        [
            listening(true, "0.0.0.0:1723", "4"),
            listening(false, "0.0.0.0:500", "3210"),
            listening(false, "0.0.0.0:1701", "4"),
            listening(false, "[fe80::1]:4500", "3210"),
            host::Fact::ListeningComplete.into(),
        ]
    );
    // Searched for one port, it is no complete list.
    assert_eq!(facts("  UDP    0.0.0.0:500            *:*                                    3210\r\n").len(), 1);
}

#[test]
fn addresses_are_told_in_four_languages() {
    for (heading, label, router) in [
        ("PPP adapter VPN:", "IPv4 Address. . . . . . . . . . . ", "Default Gateway . . . . . . . . . "),
        ("PPP 适配器 VPN:", "IPv4 地址 . . . . . . . . . . . . ", "默认网关. . . . . . . . . . . . . "),
        ("PPP アダプター VPN:", "IPv4 アドレス . . . . . . . . . . ", "デフォルト ゲートウェイ . . . . . "),
        ("Adaptador PPP VPN:", "Endereço IPv4. . . . . . . .  . . ", "Gateway Padrão. . . . . . . . . . "),
    ] {
        let text = format!(
            "{heading}\r\n\r\n   DHCP . . . . . : Não\r\n   {label}: 169.254.7.8(Preferred) \r\n   \
             Mask . . . . . . . . . . . : 255.255.255.255\r\n   {router}: 0.0.0.0\r\n   DNS . . . . . . . . : 10.8.0.1\r\n"
        );
        let timeline = read(&text);
        let interface = heading.trim_end_matches(':').to_owned();
        let address = "169.254.7.8".parse().unwrap();
        let expected = network::Fact::Address { interface, tunnel: true, address, peer: None };
        assert_eq!(facts(&text), [expected.into()], "{heading}");
        assert_eq!(timeline.sources()[0].kind, SourceKind::Addresses);
    }
}

#[test]
fn a_route_into_the_tunnel_is_told_by_an_address_without_a_network() {
    let text = "IPv4 Routentabelle\r\n  \
          0.0.0.0          0.0.0.0      192.168.1.1     192.168.1.20   4250\r\n  \
          0.0.0.0          0.0.0.0         On-link          10.8.0.4     26\r\n  \
          10.8.0.4  255.255.255.255         No vínculo       10.8.0.4    281\r\n  \
          127.0.0.1  255.255.255.255         On-link         127.0.0.1   4556\r\n  \
          192.168.1.0    255.255.255.0         On-link      192.168.1.20   4506\r\n  \
          192.168.1.20  255.255.255.255         On-link      192.168.1.20   4506\r\n  \
          203.0.113.9  255.255.255.255      192.168.1.1     192.168.1.20   4251\r\n  \
          224.0.0.0        240.0.0.0         On-link          10.8.0.4    281\r\n";
    let tunnels: Vec<(String, bool)> = facts(text)
        .into_iter()
        .map(|fact| match fact {
            Fact::Network(network::Fact::Route { destination: (to, len), tunnel, .. }) => {
                (format!("{to}/{len}"), tunnel)
            }
            other => panic!("{other:?} is no route"),
        })
        .collect();
    let told: Vec<(&str, bool)> = tunnels.iter().map(|(to, tunnel)| (to.as_str(), *tunnel)).collect();
    assert_eq!(
        told,
        [
            ("0.0.0.0/0", false),
            ("0.0.0.0/0", true),
            ("10.8.0.4/32", true),
            ("127.0.0.1/32", false),
            ("192.168.1.0/24", false),
            ("192.168.1.20/32", false),
            ("203.0.113.9/32", false),
            ("224.0.0.0/4", true),
        ]
    );
}

fn büro(methods: Vec<ppp::Method>) -> host::Profile {
    host::Profile {
        name: "Büro".into(),
        server: "vpn.example".into(),
        tunnel: "L2tp".into(),
        methods,
        encryption: "Required".into(),
        shared_key: Some(true),
        split_tunnel: Some(false),
    }
}

#[test]
fn a_connection_is_the_same_from_cmdlet_and_phone_book() {
    let json = "{\r\n    \"Name\":  \"Büro\",\r\n    \"ServerAddress\":  \"vpn.example\",\r\n    \"SplitTunneling\":  false,\r\n    \
        \"TunnelType\":  \"L2tp\",\r\n    \"AuthenticationMethod\":  [\r\n        \"Chap\",\r\n        \"MsChapv2\"\r\n    ],\r\n    \
        \"EncryptionLevel\":  \"Required\",\r\n    \"L2tpIPsecAuth\":  \"Psk\",\r\n    \"VpnConfigurationXml\":  null\r\n}";
    let expected = büro(vec![ppp::Method::Chap, ppp::Method::MsChapV2]);
    assert_eq!(facts(json), [host::Fact::Profile(expected.clone()).into()]);
    assert_eq!(read(json).sources()[0].side, Side::Client);
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(json.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(facts(utf16), [host::Fact::Profile(expected.clone()).into()]);
    let list = "\r\nName                  : Büro\r\nServerAddress         : vpn.example\r\nGuid                  : {x}\r\n\
        TunnelType            : L2tp\r\nAuthenticationMethod  : {Chap, MsChapv2}\r\nEncryptionLevel       : Required\r\n\
        L2tpIPsecAuth         : Psk\r\nSplitTunneling        : False\r\n\r\n";
    assert_eq!(facts(list), [host::Fact::Profile(expected.clone()).into()]);
    let book = "[Büro]\r\nEncoding=1\r\nPBVersion=6\r\nType=2\r\nVpnStrategy=3\r\nDataEncryption=256\r\nIpPrioritizeRemote=1\r\n\
        AuthRestrictions=544\r\n\r\nNETCOMPONENTS=\r\nms_msclient=1\r\n\r\nMEDIA=rastapi\r\nPort=VPN2-0\r\n\
        Device=WAN Miniport (L2TP)\r\n\r\nDEVICE=vpn\r\nPhoneNumber=vpn.example\r\nAreaCode=\r\n";
    let from_book = host::Profile { shared_key: None, ..expected };
    assert_eq!(facts(book), [host::Fact::Profile(from_book).into()]);
}

#[test]
fn a_secret_in_an_object_is_not_shown() {
    let list =
        "Name : x\r\nServerAddress : vpn.example\r\nTunnelType : L2tp\r\nL2tpPsk : geheim\r\nPassword : geheim\r\n\r\n";
    let timeline = read(list);
    assert_eq!(timeline.observations().len(), 1);
    assert!(!format!("{timeline:?}").contains("geheim"));
}

#[test]
fn the_system_its_updates_and_its_start_are_told() {
    let text = "\r\nHost Name:                     PC\r\nOS Name:                       Microsoft Windows 10 Pro\r\n\
        OS Version:                    10.0.19044 N/A Build 19044\r\nSystem Boot Time:              1/12/2022, 2:05:06 PM\r\n\
        Hotfix(s):                     2 Hotfix(s) Installed.\r\n                               [01]: KB5009543\r\n                               [02]: KB5008212\r\n";
    let update = |name: &str| Fact::from(host::Fact::Update { name: name.into() });
    assert_eq!(
        facts(text),
        [
            host::Fact::System { name: "Microsoft Windows 10 Pro 10.0.19044".into() }.into(),
            host::Fact::Booted { at: Time(1_641_996_306_000_000) }.into(),
            update("KB5009543"),
            update("KB5008212"),
        ]
    );
    let table = "Source        Description      HotFixID      InstalledBy          InstalledOn\r\n\
        ------        -----------      --------      -----------          -----------\r\n\
        PC            Security Update  KB5009543     NT AUTHORITY\\SYSTEM  1/12/2022 12:00:00 AM\r\n";
    assert_eq!(facts(table), [update("KB5009543")]);
    let json = "[{\"HotFixID\":\"KB5010793\"},{\"Caption\":\"Microsoft Windows 11 Pro\",\"Version\":\"10.0.22000\",\"LastBootUpTime\":\"\\/Date(1641996306000)\\/\"}]";
    assert_eq!(
        facts(json),
        [
            update("KB5010793"),
            host::Fact::System { name: "Microsoft Windows 11 Pro 10.0.22000".into() }.into(),
            host::Fact::Booted { at: Time(1_641_996_306_000_000) }.into(),
        ]
    );
}

#[test]
fn pings_are_told_by_their_numbers() {
    for text in [
        "Pinging gw.example [10.8.0.1] with 1472 bytes of data:\r\nPacket needs to be fragmented but DF set.\r\n\r\n\
         Ping statistics for 10.8.0.1:\r\n    Packets: Sent = 4, Received = 0, Lost = 4 (100% loss),\r\n",
        "正在 Ping 10.8.0.1 具有 1472 字节的数据:\r\n需要拆分数据包但是设置 DF。\r\n    数据包: 已发送 = 4，已接收 = 0，丢失 = 4 (100% 丢失)，\r\n",
        "10.8.0.1 に ping を送信しています 1472 バイトのデータ:\r\nパケットの断片化が必要ですが、DF が設定されています。\r\n    パケット数: 送信 = 4、受信 = 0、損失 = 4 (100% の損失)、\r\n",
        "Disparando 10.8.0.1 com 1472 bytes de dados:\r\nO pacote precisa ser fragmentado, mas a DF está ativada.\r\n    Pacotes: Enviados = 4, Recebidos = 0, Perdidos = 4 (100% de\r\n",
    ] {
        let to = "10.8.0.1".parse().unwrap();
        let expected = network::Fact::Ping { to, size: 1472, sent: 4, received: 0, too_big: true };
        assert_eq!(facts(text), [expected.into()], "{text}");
    }
}

#[test]
fn what_rasdial_and_tracing_files_say_is_their_number() {
    let text = "Connecting to Büro...\r\n\r\nRemote Access error 691 - The remote connection was denied.\r\n";
    assert_eq!(facts(text), [reported::Fact::Ras { code: 691 }.into()]);
    assert_eq!(facts("正在连接到 Y...\r\n\r\n远程访问错误 809 - ...\r\n"), [reported::Fact::Ras { code: 809 }.into()]);
    let trace = "[4412] 01-12 08:00:01:123: RasPppCallback started\r\n[4412] 01-12 08:00:31:000: Call failed, dwError = 718\r\n";
    let timeline = read(trace);
    assert_eq!(timeline.observations()[0].fact, reported::Fact::Ras { code: 718 }.into());
    assert_eq!(timeline.sources()[0].kind, SourceKind::WindowsTrace);
    assert_eq!(timeline.sources()[0].trouble.len(), 1);
}

#[test]
fn associations_of_windows_are_told() {
    let list = "Name                   : 1\r\nLocalEndpoint          : 192.0.2.5\r\nRemoteEndpoint         : 203.0.113.9\r\n\
        InitiatorCookie        : 1234\r\nLocalFirstAuthMethod   : PreSharedKey\r\n\r\n";
    let timeline = read(list);
    assert_eq!(timeline.observations()[0].fact, ike::Fact::Phase1Up { certificate: Some(false) }.into());
    assert_eq!(timeline.observations()[0].about.peer, Some("203.0.113.9:0".parse().unwrap()));
}

#[test]
fn outputs_in_one_text_are_all_read() {
    let text = "Microsoft Windows [Version 10.0.19045.3570]\r\n\r\nC:\\>sc query RasMan\r\n\r\nSERVICE_NAME: RasMan\r\n        \
        STATE              : 4  RUNNING\r\n\r\nC:\\>route print\r\n          0.0.0.0          0.0.0.0      192.168.1.1     192.168.1.20     25\r\n";
    assert_eq!(facts(text).len(), 3);
}

#[test]
fn a_port_that_was_tried_is_told_closed_from_filtered() {
    let tried = |state: &str| {
        format!(
            "\r\nQuerying target system called:\r\n\r\n vpn.example\r\n\r\nAttempting to resolve name to IP address...\r\n\r\n\
             Name resolved to 192.0.2.1\r\n\r\nquerying...\r\n\r\n{state}\r\n"
        )
    };
    for (state, fact) in [
        ("TCP port 1723 (pptp service): LISTENING", pptp::Fact::Connected),
        ("TCP port 1723 (pptp service): FILTERED", pptp::Fact::ConnectionTimedOut),
        ("TCP port 1723 (unknown service): NOT LISTENING", pptp::Fact::ConnectionRefused),
    ] {
        assert_eq!(facts(tried(state)), [fact.into()], "{state}");
    }
    let closed =
        network::Fact::Icmp { kind: network::Icmp::PortUnreachable, from: None, port: Some(500), protocol: 17 };
    assert_eq!(facts(tried("UDP port 500 (isakmp service): NOT LISTENING")), [closed.into()]);
    // A healthy server with IPsec looks like this, so it says nothing.
    let usual = read(tried("UDP port 1701 (l2tp service): LISTENING or FILTERED"));
    assert_eq!((usual.observations().len(), usual.sources()[0].kind), (0, SourceKind::Ping));
    assert_eq!(usual.sources()[0].trouble, []);
    let tested = "ComputerName     : vpn.example\r\nRemoteAddress    : 192.0.2.1\r\nRemotePort       : 1723\r\n\
        InterfaceAlias   : Ethernet\r\nSourceAddress    : 10.0.0.5\r\nPingSucceeded    : True\r\nTcpTestSucceeded : False\r\n";
    assert_eq!(facts(tested), [network::Fact::PortSilent { port: 1723 }.into()]);
}

#[test]
fn what_a_machine_without_a_way_out_prints_is_told() {
    for text in [
        "PING: transmit failed. General failure. \r\n",
        "PING：传输失败。常见故障。\r\n",
        "PING: 転送に失敗しました。一般エラーです。\r\n",
    ] {
        assert_eq!(facts(text), [network::Fact::NoRoute { to: None }.into()], "{text}");
    }
    for text in [
        "Server:  dns.example\r\nAddress:  192.0.2.53\r\n\r\n*** dns.example can't find vpn.example: Non-existent domain\r\n",
        "*** dns.example が vpn.example を見つけられません: Non-existent domain\r\n",
        "*** UnKnown 找不到 vpn.example: Non-existent domain\r\n",
    ] {
        assert_eq!(facts(text), [network::Fact::NameUnknown { name: "vpn.example".into() }.into()], "{text}");
    }
    let twice = "Ethernet adapter Ethernet:\r\n\r\n   IPv4 Address. . . . . . . . . . . : 192.0.2.5(Duplicate) \r\n";
    let address = "192.0.2.5".parse().unwrap();
    assert!(facts(twice).contains(&network::Fact::AddressConflict { address: Some(address) }.into()));
}
