//! `causeway doctor read` as a person runs it: on small logs of the products that it reads.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A server of strongSwan that cannot decrypt what the client sends: the keys differ.
const SERVER: &str = "\
May 12 13:22:05 vpn charon: 05[ENC] parsed ID_PROT request 0 [ SA V V V ]
May 12 13:22:05 vpn charon: 05[IKE] 203.0.113.10 is initiating a Main Mode IKE_SA
May 12 13:22:05 vpn charon: 05[ENC] generating ID_PROT response 0 [ SA V V ]
May 12 13:22:06 vpn charon: 06[ENC] parsed ID_PROT request 0 [ KE No NAT-D NAT-D ]
May 12 13:22:06 vpn charon: 06[ENC] generating ID_PROT response 0 [ KE No NAT-D NAT-D ]
May 12 13:22:07 vpn charon: 07[ENC] invalid ID_V1 payload length, decryption failed?
May 12 13:22:07 vpn charon: 07[ENC] could not decrypt payloads
";

/// The same attempt by a client's clock that is 33 s ahead, and in another time zone.
const CLIENT: &str = "\
May 12 15:22:38 laptop charon: 09[IKE] initiating Main Mode IKE_SA office[1] to 192.0.2.1
May 12 15:22:38 laptop charon: 09[ENC] generating ID_PROT request 0 [ SA V V V ]
May 12 15:22:38 laptop charon: 10[ENC] parsed ID_PROT response 0 [ SA V V ]
May 12 15:22:39 laptop charon: 10[ENC] generating ID_PROT request 0 [ KE No NAT-D NAT-D ]
May 12 15:22:39 laptop charon: 11[ENC] parsed ID_PROT response 0 [ KE No NAT-D NAT-D ]
";

/// A directory of evidence; it goes with the test.
struct Evidence(PathBuf);

impl Evidence {
    fn new(name: &str) -> Evidence {
        let directory = std::env::temp_dir().join(format!("causeway-doctor-{name}-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        Evidence(directory)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Evidence {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_causeway"));
    command.args(["doctor", "read"]).args(arguments).env("TZ", "UTC").env("LC_ALL", "C").env_remove("NO_COLOR");
    command
}

fn read(arguments: &[&str]) -> Output {
    command(arguments).stdin(Stdio::null()).output().unwrap()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_log_is_read_and_the_status_says_that_a_problem_was_found() {
    let evidence = Evidence::new("log");
    let log = evidence.file("server.log", SERVER);
    let out = read(&[path(&log)]);
    assert_eq!(out.status.code(), Some(1));
    let said = text(&out.stdout);
    let first = said.lines().next().unwrap();
    assert!(first.contains("The pre-shared keys of client and server differ"), "{said}");
    assert!(said.contains("server.log:6"), "{said}");
    assert!(!said.contains('\u{1b}'), "no colours where there is no terminal: {said:?}");
}

#[test]
fn the_clock_of_a_log_is_compared_and_said() {
    let evidence = Evidence::new("clock");
    let (server, client) = (evidence.file("server.log", SERVER), evidence.file("client.log", CLIENT));
    let out = read(&["--json", "--timeline", path(&server), path(&client)]);
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    let clocks: Vec<_> = report["sources"].as_array().unwrap().iter().map(|source| &source["clock"]).collect();
    assert!(clocks.iter().any(|clock| clock["reference"] == true), "{clocks:?}");
    assert!(
        clocks
            .iter()
            .any(|clock| clock["ahead_seconds"].as_f64().is_some_and(|ahead| (ahead.abs() - 7233.0).abs() <= 1.0))
    );
    let said = text(&read(&[path(&server), path(&client)]).stdout);
    assert!(said.contains("2 h 33 s ahead") || said.contains("2 h 33 s behind"), "{said}");
    // Each message stands once, though both saw it.
    let rows = report["timeline"].as_array().unwrap();
    let first: Vec<_> = rows.iter().filter(|row| row["event"] == "main mode 1").collect();
    assert_eq!(first.len(), 1, "{rows:?}");
}

#[test]
fn an_unreadable_file_among_others_is_said_and_does_not_stop_the_rest() {
    let evidence = Evidence::new("unreadable");
    let log = evidence.file("server.log", SERVER);
    let out = read(&[path(&log), "/nonexistent/client.log"]);
    assert_eq!(out.status.code(), Some(1));
    let said = text(&out.stdout);
    assert!(said.contains("/nonexistent/client.log: cannot be read"), "{said}");
    assert!(said.contains("ike.psk_mismatch"), "{said}");
    let none = read(&["/nonexistent/client.log", "/nonexistent/server.log"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(text(&none.stderr).contains("/nonexistent/server.log: cannot be read"));
}

#[test]
fn a_directory_stands_for_its_files_and_a_dash_for_standard_input() {
    let evidence = Evidence::new("directory");
    evidence.file("server.log", SERVER);
    let out = read(&[path(&evidence.0)]);
    assert!(text(&out.stdout).contains("ike.psk_mismatch"));
    let mut child = command(&["-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(SERVER.as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stdout).contains("standard input:6"));
}

#[test]
fn evidence_of_nothing_has_a_status_of_its_own() {
    let evidence = Evidence::new("nothing");
    let log = evidence.file("shopping.txt", "milk\nbread\n");
    let out = read(&[path(&log)]);
    assert_eq!(out.status.code(), Some(3));
    assert!(text(&out.stdout).contains("does not suffice"));
}

#[test]
fn the_page_is_written_beside_the_text_or_instead_of_it() {
    let evidence = Evidence::new("page");
    let log = evidence.file("server.log", SERVER);
    let page = evidence.0.join("report.html");
    let out = read(&[path(&log), "--html", path(&page)]);
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stdout).contains("ike.psk_mismatch"));
    let written = fs::read_to_string(&page).unwrap();
    assert!(written.starts_with("<!DOCTYPE html>") && written.contains("<svg "), "{written}");
    let out = read(&[path(&log), "--html", "-"]);
    assert!(text(&out.stdout).starts_with("<!DOCTYPE html>"));
}

#[test]
fn a_page_never_replaces_evidence() {
    let evidence = Evidence::new("replace");
    let log = evidence.file("server.log", SERVER);
    let out = read(&[path(&log), "--html", path(&log)]);
    assert_eq!(out.status.code(), Some(2));
    assert_eq!(fs::read_to_string(&log).unwrap(), SERVER);
    assert!(fs::metadata(&log).is_ok());
}

#[test]
fn nobody_is_asked_where_nobody_sits() {
    let evidence = Evidence::new("question");
    let log = evidence.file("server.log", SERVER);
    let out = read(&[path(&log)]);
    assert!(!text(&out.stdout).contains("Who cannot connect"));
    assert!(!text(&out.stderr).contains("Who cannot connect"));
}

#[test]
fn manual_pages_and_completions_know_the_doctor() {
    let evidence = Evidence::new("man");
    let causeway = || Command::new(env!("CARGO_BIN_EXE_causeway"));
    assert!(causeway().arg("man").arg(&evidence.0).status().unwrap().success());
    let page = fs::read_to_string(evidence.0.join("causeway-doctor-read.1")).unwrap();
    assert!(page.contains("html") && page.contains("timeline"), "{page}");
    let script = causeway().args(["completions", "bash"]).output().unwrap();
    assert!(text(&script.stdout).contains("--timeline"));
}

#[test]
fn a_dial_that_fails_is_explained_when_that_is_wanted() {
    let dial = |options: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_causeway"))
            .args(["dial", "--server", "127.0.0.1", "--user", "anna", "--userspace", "--socks", &proxy(1080)])
            .args(["--timeout", "1"])
            .args(options)
            .envs([("CAUSEWAY_PSK", "some shared key"), ("CAUSEWAY_PASSWORD", "some password"), ("LC_ALL", "C")])
            .output()
            .unwrap()
    };
    let out = dial(&["--json", "--explain"]);
    let events: Vec<Value> = text(&out.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |name: &str| events.iter().find(|event| event["event"] == name).cloned().unwrap_or_default();
    assert_eq!(of("explained")["report"]["findings"][0]["cause"], of("failed")["cause"], "{events:#?}");
    let said = text(&dial(&["--explain"]).stderr);
    assert!(said.contains("This speaks for it:") && !said.contains('\u{1b}'), "{said}");
    assert!(!text(&dial(&[]).stderr).contains("This speaks for it:"));
}

/// An address for a proxy that no other run of these tests on this machine has.
fn proxy(port: u16) -> String {
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    format!("127.{}.{middle}.{low}:{port}", 1 + high % 250)
}

#[test]
fn outputs_that_do_not_say_whose_they_are_are_taken_for_the_side_that_is_named() {
    let evidence = Evidence::new("side");
    let sockets = evidence.file(
        "netstat.txt",
        "\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n  \
         TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       900\r\n  \
         TCP    0.0.0.0:445            0.0.0.0:0              LISTENING       4\r\n  \
         UDP    0.0.0.0:123            *:*                                    1044\r\n",
    );
    let causes = |arguments: &[&str]| {
        let out = read(&[arguments, &["--json", path(&sockets)]].concat());
        let found: Value = serde_json::from_slice(&out.stdout).unwrap();
        found["findings"].as_array().unwrap().iter().map(|finding| finding["cause"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(causes(&["--side", "server"]), ["host.server_not_running"]);
    assert!(causes(&["--side", "client"]).is_empty());
    assert!(causes(&[]).is_empty());
}

#[test]
fn a_dial_is_explained_in_the_language_of_the_locale() {
    let out = Command::new(env!("CARGO_BIN_EXE_causeway"))
        .args(["dial", "--server", "127.0.0.1", "--user", "anna", "--userspace", "--socks", &proxy(1081)])
        .args(["--timeout", "1", "--explain"])
        .envs([("CAUSEWAY_PSK", "some shared key"), ("CAUSEWAY_PASSWORD", "some password"), ("LC_ALL", "zh_CN.UTF-8")])
        .output()
        .unwrap();
    let said = text(&out.stderr);
    let (_, explained) = said.split_once("支持这一判断的证据：").unwrap_or_else(|| panic!("{said}"));
    let evidence: Vec<&str> = explained.lines().skip(1).take_while(|line| line.starts_with("     ")).collect();
    assert!(!evidence.is_empty() && evidence.iter().all(|line| english(line).is_none()), "{evidence:?}");
}

/// Three words of lower-case letters in a row, as English has them and names of protocols do not.
fn english(line: &str) -> Option<&str> {
    let is_word = |word: &str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let words: Vec<&str> = line.split(' ').collect();
    words.windows(3).any(|three| three.iter().all(|word| is_word(word))).then_some(line)
}

#[test]
fn no_english_sentence_reaches_a_report_in_another_language() {
    let evidence = Evidence::new("languages");
    let files = [
        evidence.file("server.log", SERVER),
        evidence.file("client.log", CLIENT),
        evidence.file("novel.txt", "It was a dark and stormy night.\n"),
    ];
    let capture = evidence.0.join("cut.pcap");
    // A header of pcap for Ethernet, and the beginning of a packet's.
    fs::write(&capture, [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0, 9, 9])
        .unwrap();
    let paths: Vec<&str> = files.iter().chain([&capture]).map(|file| file.to_str().unwrap()).collect();
    let read = |language, form: &[&str]| {
        let out = command(&paths).args(["--lang", language]).args(form).output().unwrap();
        // What a directory is called is nobody's sentence.
        text(&out.stdout).replace(path(&evidence.0), "")
    };
    let quoted = |line: &&str| !SERVER.lines().chain(CLIENT.lines()).any(|logged| line.contains(logged));
    for form in [&["--timeline"][..], &["--html", "-"]] {
        let words = |language| -> Vec<String> {
            let page = read(language, form);
            // The look of the page, and commands, are the same for everybody.
            let page = page.split_once("</style>").map_or(page.as_str(), |(_, body)| body).to_owned();
            let lines =
                page.lines().filter(quoted).filter(|line| line.starts_with("       →") || !line.starts_with("       "));
            let tags = lines.flat_map(|line| line.split(['<', '>']));
            tags.filter_map(english).map(str::to_owned).collect()
        };
        let said = words("en");
        assert!(!said.is_empty(), "English is not recognised");
        for language in ["zh", "ja"] {
            assert_eq!(words(language), Vec::<String>::new(), "{language} {form:?}");
        }
        let same: Vec<String> = words("pt").into_iter().filter(|line| said.contains(line)).collect();
        assert_eq!(same, Vec::<String>::new(), "pt {form:?}");
    }
}

#[test]
fn a_ticket_is_read_and_the_report_says_that_it_rests_on_words() {
    let evidence = Evidence::new("ticket");
    let ticket = "Since Monday two of us work behind the same router. As soon as the second one dials in, the first one\n\
                  is disconnected, error 809. The pre-shared key is correct.\n";
    let ticket = evidence.file("ticket.txt", ticket);
    let report = text(&read(&[path(&ticket)]).stdout);
    assert!(report.contains("[ike.same_nat_collision, "), "{report}");
    for said in ["rests on what somebody wrote", "Somebody wrote:", "ticket.txt:1", "What would settle it:"] {
        assert!(report.contains(said), "{said}: {report}");
    }
    assert!(report.contains("→ error 809: The server does not answer; somebody wrote that it is not this"), "{report}");
    // Of a line that touches several subjects each would be told under each finding.
    let several = "Error 789. The server is behind a NAT router and we forwarded UDP 500 and 4500 to it, all else is as before.\n";
    let several = text(&read(&[path(&evidence.file("several.txt", several))]).stdout);
    assert!(
        several.contains("Somebody wrote:")
            && !several
                .contains("→ error 789: IPsec failed in its first phase, for a reason that Windows does not tell;"),
        "{several}"
    );
    let json: Value = serde_json::from_slice(&read(&["--json", path(&ticket)]).stdout).unwrap();
    assert_eq!(json["findings"][0]["only_words"], true);
    assert!(json["findings"][0]["confidence"].as_f64().unwrap() < 0.75);
    assert_eq!(json["sources"][0]["kind"], "Words");
    // With the server's log, the log is what counts.
    let log = evidence.file("server.log", SERVER);
    let json: Value = serde_json::from_slice(&read(&["--json", path(&ticket), path(&log)]).stdout).unwrap();
    assert_eq!(json["findings"][0]["cause"], "ike.psk_mismatch");
    assert_eq!(json["findings"][0]["only_words"], false);
}

#[test]
fn which_protocols_a_connection_tries_is_told_in_every_language() {
    let evidence = Evidence::new("strategy");
    let book = |strategy: u32| {
        format!(
            "[Office]\r\nEncoding=1\r\nPBVersion=6\r\nType=2\r\nVpnStrategy={strategy}\r\nPhoneNumber=vpn.example.com\r\n"
        )
    };
    let (first, automatic) = (evidence.file("first", &book(2)), evidence.file("automatic", &book(0)));
    for language in ["en", "zh", "ja", "pt"] {
        let said = text(&read(&[path(&first), "--lang", language]).stdout);
        assert!(said.lines().any(|line| line.contains("Office") && line.contains("Pptp, then L2tp")), "{said}");
        let said = text(&read(&[path(&automatic), "--lang", language]).stdout);
        assert!(said.lines().any(|line| line.contains("Office") && line.contains("Automatic")), "{said}");
    }
    let json: serde_json::Value = serde_json::from_slice(&read(&[path(&first), "--json"]).stdout).unwrap();
    assert_eq!(json["connections"][0]["tunnel"], "Pptp, then L2tp");
}
