use super::*;

fn best(text: &str) -> Option<u32> {
    match recognise(text).first()?.subject {
        Subject::Code(code) => Some(code.number()),
        Subject::Client(_) => None,
    }
}

fn client(text: &str) -> Option<(&'static str, Cause)> {
    match recognise(text).first()?.subject {
        Subject::Client(client) => Some((client.product, *client.causes.first()?)),
        Subject::Code(_) => None,
    }
}

fn spoken(text: &str) -> Option<&'static str> {
    recognise(text).first()?.message.map(|message| message.language)
}

#[test]
fn what_guides_tell_to_set_and_to_start_is_known_by_its_name() {
    for (text, cause) in [
        ("ProhibitIpSec", Cause::HostProhibitIpsec),
        (
            r"reg add HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters /v ProhibitIpSec /t REG_DWORD /d 1 /f",
            Cause::HostProhibitIpsec,
        ),
        ("\"AssumeUDPEncapsulationContextOnSendRule\"=dword:00000002", Cause::IkeServerBehindNatRefused),
        ("注册表 AllowL2TPWeakCrypto 是什么", Cause::HostWeakCryptoOnly),
        (" ikeext ", Cause::HostServiceStopped),
        ("KB5009543", Cause::IkeVendorIdRejected),
    ] {
        assert_eq!(named(text), Some(cause), "{text}");
    }
    // A service in a sentence says nothing of it.
    for text in ["RasMan started", "the server", "789", ""] {
        assert_eq!(named(text), None, "{text}");
    }
}

#[test]
fn numbers_are_recognised_in_every_form_in_which_people_paste_them() {
    let forms =
        ["789", "Error 789", "错误789", "错误 789：L2TP", "エラー789", "0x80070315", "-2147024107", "(789)", "７８９"];
    for text in forms {
        assert_eq!(best(text), Some(789), "{text}");
    }
    assert_eq!(best("13801: IKE authentication credentials are unacceptable"), Some(13801));
}

#[test]
fn numbers_that_are_something_else_are_not_codes() {
    for text in ["port 1701", "192.168.0.1", "10.0.0.1.789", "12:34:56.789 nothing", "pppd[789]: started", "ver 6.789"]
    {
        assert_eq!(best(text), None, "{text}");
    }
}

#[test]
fn a_number_that_is_said_twice_is_one_code() {
    let rasdial = "Remote Access error 789 - The L2TP connection attempt failed because the security layer encountered a \
        processing error during initial negotiations with the remote computer.\n\nFor more help on this error:\n        Type \
        'hh netcfg.chm'\n        In help, click Troubleshooting, then Error Messages, then 789";
    let found = recognise(rasdial);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((best(rasdial), spoken(rasdial)), (Some(789), Some("en")));
}

#[test]
fn every_known_text_leads_to_its_code_or_to_one_with_the_same_text() {
    for known in KNOWN.iter().filter(|known| known.shape.count >= 6) {
        let text = known.message.text;
        let found = recognise(text);
        let meant = |found: &Recognised| {
            same(found.subject, known.subject)
                || KNOWN.iter().any(|other| other.subject == found.subject && other.shape.pairs == known.shape.pairs)
        };
        assert!(found.first().is_some_and(meant), "{:?} {text}: {found:?}", known.subject);
    }
}

#[test]
fn messages_are_recognised_as_people_paste_them() {
    let pastes = [
        (
            789,
            "en",
            "l2tp connection attempt failed because the security layer encountered a processing error during \
            initial negotiations with the remote computer",
        ),
        (
            789,
            "en",
            "Can't connect to MyVPN\nThe L2TP connection attempt failed because the security layer\nencountered a \
            processing error during initial negotiations with the\nremote computer.",
        ),
        (789, "zh-CN", "L2TP 连接尝试失败，因为安全层在初始化与远程计算机的协商时遇到了一个处理错误"),
        (789, "zh-CN", "安全层在初始化与远程计算机的协商时遇到一个处理错误"),
        (
            789,
            "zh-CN",
            "正在连接到 公司VPN...\n\n远程访问错误 789 - L2TP 连接尝试失败，因为安全层在初始化与远程计算机的协商时遇到一个处理错误。\
            \n\n有关此错误的更多帮助:\n    键入“hh netcfg.chm”\n    在帮助中，单击“疑难解答”，再单击“错误消息”，然后再单击 789",
        ),
        (789, "zh-TW", "「L2TP 連線嘗試失敗，因為安全性層在與遠端電腦的\n初始協商期間發生處理錯誤。」"),
        (
            789,
            "ja",
            "エラー 789: リモート コンピューターと最初にネゴシエートするときにセキュリティ層で処理エラーが検出されたため、L2TP 接続に失敗しました。",
        ),
        (
            791,
            "ja",
            "VPN に接続できません\nこの接続のセキュリティ ポリシーが見つからなかったため、\nL2TP 接続に失敗しました。",
        ),
        (
            789,
            "pt-BR",
            "Não é possível conectar-se a Empresa\nA tentativa de conexão L2TP falhou porque a camada de segurança \
            encontrou um erro de processamento durante as negociações iniciais com o computador remoto.",
        ),
        (
            809,
            "pt-PT",
            "Erro 809: A ligação de rede entre o seu computador e o servidor VPN não foi possível ser estabelecida \
            porque o servidor remoto não está a responder.",
        ),
        (691, "pt-BR", "Erro de Acesso Remoto 691 - Acesso negado devido a nome de usuário ou senha inválidos."),
        (809, "zh-CN", "无法连接到VPN。无法建立计算机与VPN服务器之间的网络连接，因为远程服务器未响应。"),
        (720, "zh-CN", "“不能建立到远程计算机的连接。你可能需要更改此连接的网络设置。”"),
    ];
    for (number, language, text) in pastes {
        assert_eq!((best(text), spoken(text)), (Some(number), Some(language)), "{text}");
    }
}

#[test]
fn a_message_that_is_not_known_is_not_taken_for_one_with_the_same_end() {
    for text in [
        "セキュリティ ネゴシエーションがタイムアウトになったため、L2TP 接続に失敗しました。",
        "セキュリティのネゴシエート中にエラーが発生したため、L2TP 接続に失敗しました。",
    ] {
        assert_eq!(recognise(text), [], "{text}");
    }
}

#[test]
fn a_message_is_meant_before_a_number_that_stands_in_the_text_by_chance() {
    let text = "On my laptop (model 840): The L2TP connection attempt failed because the security layer encountered a \
        processing error during initial negotiations with the remote computer.";
    assert_eq!(best(text), Some(789));
}

#[test]
fn messages_of_clients_without_numbers_lead_to_causes() {
    let l2tp = Some(("macOS, iOS", Cause::NetUdp500Blocked));
    for text in [
        "The L2TP-VPN server did not respond. Try reconnecting. If the problem continues, verify your settings and contact \
            your Administrator.",
        "the L2TP-VPN server did not respond",
        "VPN Connection\nThe L2TP-VPN server did not respond. Try reconnecting.",
        "L2TP-VPN 服务器未响应",
        "L2TP-VPN服务器没有响应",
        "L2TP-VPN 服务器没有响应。请尝试重新连接。如果仍然有问题，请验证您的设置并与管理员联系。",
        "L2TP-VPNサーバが応答しませんでした。",
        "O servidor L2TP-VPN não respondeu",
        "VPN 服务器并未响应",
    ] {
        assert_eq!(client(text), l2tp, "{text}: {:?}", recognise(text));
    }
    let stopped = "Error: Connection activation failed: The VPN service stopped unexpectedly.";
    assert_eq!(client(stopped), Some(("NetworkManager", Cause::HostConfigurationError)));
    assert_eq!(client("与VPN服务器协商失败"), Some(("macOS, iOS", Cause::IkePskMismatch)));
    assert_eq!(client("用户鉴定失败"), Some(("macOS, iOS", Cause::AuthBadCredentials)));
    assert_eq!(client("successful"), None);
}

#[test]
fn the_table_of_client_messages_names_known_causes() {
    for line in CLIENTS.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [_, language, _, causes] = fields.as_slice() else { panic!("{line}") };
        assert!(Language::from_tag(language).is_some(), "{line}");
        assert!(causes.split(',').all(|id| Cause::of_id(id).is_some()), "{line}");
    }
}

#[test]
fn small_talk_is_not_recognised() {
    for text in
        ["it does not work since yesterday", "", "VPN 连不上", "つながらない", "a VPN não funciona mais desde ontem"]
    {
        assert_eq!(recognise(text), [], "{text}");
    }
}

#[test]
fn the_language_of_a_short_text_is_that_of_its_letters() {
    assert_eq!(language_of("错误 789"), Some(Language::Chinese));
    assert_eq!(language_of("エラー 789"), Some(Language::Japanese));
    assert_eq!(language_of("Erro 789"), Some(Language::Portuguese));
    assert_eq!(language_of("Error 789"), Some(Language::English));
    assert_eq!(language_of("789"), None);
}
