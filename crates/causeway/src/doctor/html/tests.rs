use diagnose::{Context, Language, examine};
use observe::{Party, Side, ike};

use super::super::story::tests::{main_mode, push, source};
use super::*;

fn page_of(timeline: &Timeline, language: Language) -> String {
    let diagnosis = examine(timeline, Context::default());
    page(timeline, &diagnosis, &Texts::new(language), Time(1_000_000), TimeZone::UTC)
}

/// The elements of a page in order, without their content.
fn elements(page: &str) -> Vec<&str> {
    page.split('<')
        .skip(1)
        .filter_map(|rest| rest.split([' ', '>', '\n', '/']).next())
        .filter(|it| !it.is_empty())
        .collect()
}

fn mismatch() -> Timeline {
    let mut timeline = Timeline::new();
    let server = source(&mut timeline, "server.log", Side::Server);
    for number in 1..=4 {
        let from = if number % 2 == 1 { Party::There } else { Party::Here };
        push(&mut timeline, server, number.into(), "", main_mode(from, number));
    }
    push(&mut timeline, server, 5, "could not decrypt payloads", ike::Fact::Undecryptable { at: Party::Here });
    timeline
}

#[test]
fn the_page_says_verdict_finding_evidence_fix_story_and_sources() {
    let page = page_of(&mismatch(), Language::English);
    let order = [
        "The pre-shared keys of client and server differ",
        "class=\"verdict bad\"",
        "ike.psk_mismatch",
        "This speaks for it:",
        "server.log:5",
        "could not decrypt payloads",
        "What mends it",
        "What happened, in order",
        "<svg ",
        "IKE, phase 1",
        "main mode 4",
        "here it failed",
        "What was read",
        "system log",
        "Made by Causeway",
    ];
    let mut rest = page.as_str();
    for piece in order {
        let Some((_, after)) = rest.split_once(piece) else { panic!("{piece} is missing or too early in {page}") };
        rest = after;
    }
}

#[test]
fn the_picture_has_an_arrow_for_each_message_and_one_mark() {
    let page = page_of(&mismatch(), Language::English);
    assert_eq!(page.matches("<path class=\"head\"").count(), 4);
    assert_eq!(page.matches("<g class=\"event failed\"").count(), 1);
    assert_eq!(page.matches("<g class=\"band\"").count(), 1);
    assert_eq!(page.matches("<text class=\"lane\"").count(), 3);
}

#[test]
fn nothing_is_loaded_and_nothing_runs() {
    let page = page_of(&mismatch(), Language::English);
    assert!(page.contains("default-src 'none'"));
    for element in elements(&page) {
        assert!(
            !matches!(element, "script" | "img" | "link" | "iframe" | "object" | "form" | "a" | "base"),
            "{element}"
        );
    }
    // The only address is the name of the language that pictures are written in.
    assert_eq!(page.matches("http").count() - page.matches("http-equiv").count(), 1);
    for way in ["src=", "href=", "url(", "@import", " on"] {
        let in_tags = page.split('<').filter_map(|rest| rest.split('>').next()).any(|tag| tag.contains(way));
        assert!(!in_tags, "{way}");
    }
}

#[test]
fn hostile_evidence_stays_text() {
    let evil = "</code></svg><script>alert(1)</script><img src=x onerror=alert(1)> \" ' & \u{202e}gpj\u{1b}[31m\u{0}";
    let mut timeline = Timeline::new();
    let server = source(&mut timeline, &format!("{evil}.log"), Side::Server);
    push(&mut timeline, server, 1, evil, ike::Fact::NoSharedKey { at: Party::Here });
    if let Some(source) = timeline.source_mut(server) {
        source.trouble.push(observe::Trouble::NotCollected { what: evil.to_owned() });
        source.product = Some(evil.to_owned());
    }
    let page = page_of(&timeline, Language::English);
    assert_eq!(elements(&page), elements(&page_of(&tame(), Language::English)));
    for raw in ["<script", "<img", "\u{202e}", "\u{1b}", "\u{0}"] {
        assert!(!page.contains(raw), "{raw:?}");
    }
    assert!(page.contains("&lt;script&gt;"));
}

/// The same with harmless words.
fn tame() -> Timeline {
    let mut timeline = Timeline::new();
    let server = source(&mut timeline, "server.log", Side::Server);
    push(&mut timeline, server, 1, "no key", ike::Fact::NoSharedKey { at: Party::Here });
    if let Some(source) = timeline.source_mut(server) {
        source.trouble.push(observe::Trouble::NotCollected { what: "trouble".to_owned() });
        source.product = Some("product".to_owned());
    }
    timeline
}

#[test]
fn without_evidence_the_page_says_what_to_collect() {
    let page = page_of(&Timeline::new(), Language::English);
    assert!(page.contains("class=\"verdict open\""));
    assert!(page.contains("No event of a connection attempt was seen."));
    assert!(!page.contains("<svg"));
}

#[test]
fn every_element_that_is_opened_is_closed() {
    let page = page_of(&mismatch(), Language::English);
    for element in
        ["main", "section", "article", "ul", "ol", "li", "table", "tbody", "tr", "td", "svg", "g", "text", "tspan"]
    {
        let opened = page.matches(&format!("<{element}>")).count() + page.matches(&format!("<{element} ")).count();
        assert_eq!(opened, page.matches(&format!("</{element}>")).count(), "{element}");
    }
}

#[test]
fn every_language_has_the_words_of_the_report() {
    for language in Language::ALL {
        let page = page_of(&mismatch(), *language);
        assert!(page.contains(&format!("<html lang=\"{}\">", language.tag())));
        // A message that is missing shows as its name.
        for prefix in ["report-", "clock-", "side-", "band-", "kind-"] {
            assert!(!page.contains(&format!(">{prefix}")), "{language:?} lacks a message {prefix}");
        }
    }
}

#[test]
fn a_connection_that_works_is_not_asked_why_it_fails() {
    let mut timeline = Timeline::new();
    let server = source(&mut timeline, "server.log", Side::Server);
    let up = observe::ppp::Fact::NetworkUp { protocol: observe::ppp::Protocol::Ipcp, client: None, server: None };
    push(&mut timeline, server, 1, "local IP address 10.99.0.1", up);
    let page = page_of(&timeline, Language::English);
    assert!(page.contains("<h1 class=\"verdict good\">") && !page.contains("Why the connection fails"), "{page}");
    assert!(!page.contains("<g class=\"event failed\""));
}
