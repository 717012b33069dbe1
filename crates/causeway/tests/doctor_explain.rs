//! `causeway doctor explain` as a person runs it, in the languages that it speaks.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::process::Command;

/// What is said to the words, and with which status the program ends.
fn explain(locale: &str, words: &[&str]) -> (String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_causeway"));
    command.args(["doctor", "explain"]).args(words).env_clear().env("LC_ALL", locale);
    let output = command.output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

/// Lines in which something is said: neither commands, which are indented further, nor the code with its symbol.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let command = |line: &&str| line.starts_with("       ");
    let head = |line: &&str| line.split_once(' ').is_some_and(|(number, _)| number.parse::<u32>().is_ok());
    text.lines().filter(move |line| !line.trim().is_empty() && !command(line) && !head(line))
}

#[test]
fn a_number_is_explained_in_the_language_that_is_asked_for() {
    for code in ["789", "691", "720", "809", "800", "13801", "13868"] {
        for language in ["zh", "ja", "zh-TW"] {
            let (text, status) = explain("C", &[code, "--lang", language]);
            assert_eq!(status, Some(0));
            assert!(sentences(&text).count() > 8, "{text}");
            for line in sentences(&text) {
                assert!(line.chars().any(|character| u32::from(character) >= 0x3000), "{code} {language}: {line}");
            }
        }
        let (portuguese, _) = explain("C", &[code, "--lang", "pt"]);
        let (english, _) = explain("C", &[code, "--lang", "en"]);
        let english: Vec<&str> = sentences(&english).collect();
        for line in sentences(&portuguese) {
            assert!(!english.contains(&line), "{line}");
        }
        assert!(portuguese.contains("do mais provável ao menos"), "{portuguese}");
    }
}

#[test]
fn the_locale_chooses_the_language_and_the_first_variable_that_is_set_counts() {
    assert!(explain("ja_JP.UTF-8", &["789"]).0.contains("考えられる原因"));
    assert!(explain("zh_TW.UTF-8", &["789"]).0.contains("可能的原因"));
    assert!(explain("pt_PT", &["789"]).0.contains("do mais provável"));
    assert!(explain("fr_FR.UTF-8", &["789"]).0.contains("the most likely first"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_causeway"));
    command.args(["doctor", "explain", "789"]).env_clear().env("LC_ALL", "fr_FR").env("LANG", "ja_JP");
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(text.contains("the most likely first"), "{text}");
}

#[test]
fn a_message_is_answered_in_its_own_language() {
    let texts = [
        ("错误 789：L2TP 连接尝试失败，因为安全层在初始化与远程计算机的协商时遇到一个处理错误。", "789 ", "可能的原因"),
        ("错误 691", "691 ", "可能的原因"),
        ("エラー 809", "809 ", "考えられる原因"),
        ("この接続のセキュリティ ポリシーが見つからなかったため、L2TP 接続に失敗しました。", "791 ", "考えられる原因"),
        ("Erro 800", "800 ", "do mais provável"),
        ("L2TP-VPN 服务器没有响应。请尝试重新连接。", "macOS, iOS", "可能的原因"),
        ("The L2TP-VPN server did not respond. Try reconnecting.", "macOS, iOS", "the most likely first"),
    ];
    for (asked, start, causes) in texts {
        let (text, status) = explain("de_DE.UTF-8", &[asked]);
        assert_eq!(status, Some(0), "{asked}");
        assert!(text.starts_with(start) && text.contains(causes), "{asked}: {text}");
    }
    let (text, _) = explain("C", &["错误 691", "--lang", "ja"]);
    assert!(text.contains("考えられる原因"), "{text}");
}

#[test]
fn a_line_of_a_log_leads_to_the_causes_that_it_states() {
    let line = "May 12 13:22:07 vpn charon: 07[ENC] invalid ID_V1 payload length, decryption failed?";
    let (text, status) = explain("C", &[line]);
    assert_eq!(status, Some(0));
    assert!(text.contains("[ike.psk_mismatch]"), "{text}");
}

#[test]
fn what_is_not_known_ends_with_its_own_status() {
    let (text, status) = explain("zh_CN.UTF-8", &["昨天开始就连不上了"]);
    assert_eq!(status, Some(3));
    assert!(text.contains("既不是已知的代码"), "{text}");
}

#[test]
fn the_causes_that_a_line_of_a_log_may_have_are_numbered() {
    let (said, code) =
        explain("C", &["ipsec,error phase1 negotiation failed due to time up 203.0.113.7[500]<=>198.51.100.2[500]"]);
    assert_eq!(code, Some(0));
    let numbered: Vec<&str> = said.lines().filter(|line| line.ends_with(']')).map(|line| &line[..2]).collect();
    assert_eq!(numbered, ["1.", "2.", "3."], "{said}");
}
