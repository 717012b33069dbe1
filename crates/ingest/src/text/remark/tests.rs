//! What is understood of sentences, in the sense in which they are meant.

use observe::remark::{Stance, Topic};
use observe::{Fact, SourceKind, Spot, Timeline, reported};

use crate::Settings;

fn read(text: &str) -> Timeline {
    let mut timeline = Timeline::new();
    crate::read("ticket", text.as_bytes(), &Settings::default(), &mut timeline, &mut |_| {}).unwrap();
    timeline
}

/// The sense in which a topic is brought up last.
fn stance(text: &str, topic: Topic) -> Option<Stance> {
    let timeline = read(text);
    timeline.observations().iter().rev().find_map(|seen| match seen.fact {
        Fact::Remark(fact) if fact.topic == topic => Some(fact.stance),
        _ => None,
    })
}

#[test]
fn a_symptom_a_circumstance_and_a_setting_are_recognised_in_a_sentence() {
    for (text, topic) in [
        ("Some web pages open through the VPN, others never load.", Topic::LargeOnesHang),
        ("Both laptops sit behind the same router.", Topic::SameNat),
        ("As soon as the second user connects, the first one is kicked out.", Topic::OneAtATime),
        ("The gateway runs in Azure behind NAT.", Topic::ServerBehindNat),
        ("It runs with sha2-truncbug=no.", Topic::Sha2Truncation),
        ("His account has been locked out again.", Topic::AccountLocked),
        ("modprobe l2tp_ppp", Topic::KernelModule),
        ("两台电脑在同一个路由器下，只能连一台。", Topic::SameNat),
        ("一部のサイトだけ開けません。", Topic::LargeOnesHang),
        ("Os dois notebooks estão atrás do mesmo roteador.", Topic::SameNat),
    ] {
        assert!(stance(text, topic).is_some(), "{text}: {:?}", read(text).observations());
    }
}

#[test]
fn what_stands_in_a_file_of_settings_is_no_remark() {
    for text in [
        "mtu 1400\nlock\nnoccp\n",
        "conn l2tp\n  # This is not used by most of the clients.\n  ike=aes256-sha1-modp1024\n",
    ] {
        assert!(read(text).observations().is_empty(), "{text}");
    }
}

#[test]
fn a_long_text_that_never_names_remote_access_is_about_something_else() {
    let text = "The account was locked again.\n".to_owned() + &"We had coffee and cake in the garden.\n".repeat(30);
    assert_eq!(stance(&text, Topic::AccountLocked), None);
    assert!(stance(&(text + "It is about the VPN.\n"), Topic::AccountLocked).is_some());
}

#[test]
fn a_repair_counts_as_one_whether_it_is_told_before_behind_or_in_the_sentence() {
    for text in [
        "Lowering the MTU to 1280 fixed it.",
        "Lowered the MTU to 1280.\nNow it works!",
        "Solved by the following:\n\nip link set ppp0 mtu 1280",
        "我把 MTU 改成 1280 就可以了。",
        "Mudei o MTU para 1280 e funcionou.",
    ] {
        assert_eq!(stance(text, Topic::PacketSize), Some(Stance::Mended), "{text}");
    }
}

#[test]
fn what_is_denied_or_was_done_in_vain_is_not_taken_for_an_assertion() {
    for (text, topic) in [
        ("I am sure that the PSK is correct.", Topic::Psk),
        ("The pre-shared key matches on both sides.", Topic::Psk),
        ("It is not the MTU.", Topic::PacketSize),
        ("There is no NAT in front of the server.", Topic::ServerBehindNat),
        ("I have already set AssumeUDPEncapsulationContextOnSendRule to 2.", Topic::AssumeUdp),
        ("I tried an MTU of 1280 without success.", Topic::PacketSize),
        ("His account is not locked.", Topic::AccountLocked),
        ("I lowered the MTU.\nThat did not help.", Topic::PacketSize),
        ("What I tried:\n- MTU 1280\n- another cable\nHowever, I still get the same error.", Topic::PacketSize),
        ("UDP ports 500 and 4500 are open.", Topic::Udp500Closed),
        ("Die Ports\nalready opened UDP port 500 and 4500", Topic::Udp500Closed),
    ] {
        let stance = stance(text, topic);
        assert!(matches!(stance, None | Some(Stance::Denied)), "{text}: {stance:?}");
    }
}

#[test]
fn a_question_and_a_guess_are_less_than_a_statement() {
    assert_eq!(stance("Could it be the MTU?", Topic::PacketSize), Some(Stance::Supposed));
    assert_eq!(stance("Perhaps the MTU is too big.", Topic::PacketSize), Some(Stance::Supposed));
    assert_eq!(stance("Its MTU is 1500.", Topic::PacketSize), Some(Stance::Stated));
}

#[test]
fn a_remark_stands_at_its_line_and_its_source_is_called_words() {
    let timeline = read("Hello,\n\nsince Monday our VPN fails for one user.\nHis password has expired.\n");
    let seen = timeline.observations().iter().find(|seen| matches!(seen.fact, Fact::Remark(_))).unwrap();
    assert_eq!(seen.place.spot, Spot::Line(4));
    assert_eq!(timeline.sources()[0].kind, SourceKind::Words);
    assert!(timeline.sources()[0].trouble.is_empty());
}

#[test]
fn a_sentence_goes_on_over_the_end_of_a_wrapped_line() {
    let text = "I spent the whole week on this and can tell you by now that the MTU\nof the tunnel was what had to be lowered.";
    assert_eq!(stance(text, Topic::PacketSize), Some(Stance::Mended));
}

#[test]
fn a_message_without_a_number_is_the_message_with_it() {
    let timeline = read("The L2TP connection attempt failed because the security layer encountered a processing error");
    assert!(timeline.observations().iter().any(|seen| seen.fact == Fact::Reported(reported::Fact::Ras { code: 789 })));
}

#[test]
fn lines_with_a_time_are_a_logs_and_no_remarks() {
    let timeline = read("Nov 20 10:00:00 gate someproxy[77]: mtu of eth0 fixed, was 1500\n");
    assert!(!timeline.observations().iter().any(|seen| matches!(seen.fact, Fact::Remark(_))));
}
