//! PPP in GRE: what both ends negotiate.

use observe::ppp::{Fact, Method, Protocol};
use observe::{Party, Timeline};
use wire::ppp::full_frame;

use super::build::{Capture, Format, ipv4};
use super::{CLIENT, SERVER, timeline};

/// A link of which frames are recorded one after the other.
#[derive(Default)]
struct Recorded {
    capture: Capture,
    frames: u64,
}

impl Recorded {
    /// A control packet: who sends it, protocol, code, identifier, data.
    fn says(&mut self, from: Party, protocol: u16, code: u8, id: u8, data: &[u8]) -> &mut Self {
        let length = (4 + data.len() as u16).to_be_bytes();
        let packet = [&[code, id], &length[..], data].concat();
        let frame = full_frame(wire::ppp::Protocol(protocol), &packet);
        let length = (frame.len() as u16).to_be_bytes();
        let gre = [&[0x30, 1, 0x88, 0x0b][..], &length, &[0, 1, 0, 0, 0, self.frames as u8], &frame].concat();
        let (source, destination) = if from == Party::Client { (CLIENT, SERVER) } else { (SERVER, CLIENT) };
        self.frames += 1;
        self.capture.at(self.frames, ipv4(source, destination, 47, &gre));
        self
    }

    fn timeline(&self) -> Timeline {
        timeline(&self.capture.file(Format::PcapngLittle))
    }

    /// What is told of PPP, apart from the packets themselves.
    fn facts(&self) -> Vec<Fact> {
        let fact = |fact: &observe::Fact| match fact {
            observe::Fact::Ppp(Fact::Packet { .. }) => None,
            observe::Fact::Ppp(fact) => Some(fact.clone()),
            _ => None,
        };
        self.timeline().observations().iter().filter_map(|observation| fact(&observation.fact)).collect()
    }
}

const LCP: u16 = 0xc021;
const PAP: u16 = 0xc023;
const CHAP: u16 = 0xc223;
const CCP: u16 = 0x80fd;
const IPCP: u16 = 0x8021;
const MS_CHAP_V2: [u8; 5] = [3, 5, 0xc2, 0x23, 0x81];
const MPPE_128: [u8; 6] = [18, 6, 1, 0, 0, 0x40];
const MPPE_40: [u8; 6] = [18, 6, 1, 0, 0, 0x20];

use Party::{Client, Server};

#[test]
fn a_refused_user_is_told_with_name_method_and_number() {
    let mut link = Recorded::default();
    link.says(Client, LCP, 1, 1, &[1, 4, 5, 0x78]).says(Server, LCP, 1, 1, &MS_CHAP_V2);
    link.says(Server, LCP, 2, 1, &[1, 4, 5, 0x78]).says(Client, LCP, 2, 1, &MS_CHAP_V2);
    link.says(Server, CHAP, 1, 9, &[&[16; 17][..], b"server"].concat());
    link.says(Client, CHAP, 2, 9, &[&[49; 50][..], b"anna"].concat());
    link.says(Server, CHAP, 4, 9, b"E=691 R=0 C=00000000000000000000000000000000 V=3 M=no");
    link.says(Client, LCP, 5, 2, &[1, 2, 3, 4, 0, 0x3c, 0xcd, 0x74, 0, 0, 2, 0xb3]);
    let method = Method::MsChapV2;
    let expected = [
        Fact::AuthenticationDemanded { by: Server, method },
        Fact::LinkUp,
        Fact::AuthenticationFailed { at: Server, method: Some(method), code: Some(691), reason: None },
        Fact::Terminated { by: Client, text: String::new(), code: Some(691) },
    ];
    assert_eq!(link.facts(), expected);
    let timeline = link.timeline();
    let failed = timeline.observations().iter().rev().find(|one| one.about.user.is_some()).unwrap();
    assert_eq!(failed.about.user.as_deref(), Some("anna"));
}

#[test]
fn a_password_in_clear_is_not_kept() {
    let mut link = Recorded::default();
    link.says(Client, PAP, 1, 1, b"\x04anna\x06sesame").says(Server, PAP, 2, 1, b"\x00");
    let accepted = Fact::Authenticated { method: Some(Method::Pap), user: Some("anna".into()) };
    assert_eq!(link.facts(), [accepted]);
    assert!(!format!("{:?}", link.timeline()).contains("sesame"));
}

#[test]
fn a_method_that_is_declined_is_told_with_the_wish() {
    let mut link = Recorded::default();
    link.says(Client, LCP, 1, 1, &[]).says(Server, LCP, 1, 1, &[3, 4, 0xc0, 0x23]);
    link.says(Client, LCP, 3, 1, &MS_CHAP_V2);
    let expected = [
        Fact::AuthenticationDemanded { by: Server, method: Method::Pap },
        Fact::AuthenticationDeclined { by: Client, method: Method::Pap, instead: Some(Method::MsChapV2) },
    ];
    assert_eq!(link.facts(), expected);
}

#[test]
fn strengths_of_encryption_that_never_meet_are_told_and_those_that_do_are_agreed_on() {
    let mut link = Recorded::default();
    link.says(Client, CCP, 1, 1, &MPPE_40).says(Server, CCP, 3, 1, &MPPE_128);
    assert_eq!(link.facts(), [Fact::EncryptionStrength { at: Server }]);
    link.says(Client, CCP, 1, 2, &MPPE_128).says(Server, CCP, 2, 2, &MPPE_128);
    link.says(Server, CCP, 1, 1, &MPPE_128).says(Client, CCP, 2, 1, &MPPE_128);
    assert_eq!(link.facts(), [Fact::Encrypted { bits: 128 }]);
}

#[test]
fn addresses_that_both_ends_agree_on_are_told() {
    let mut link = Recorded::default();
    link.says(Client, IPCP, 1, 1, &[3, 6, 0, 0, 0, 0]).says(Server, IPCP, 3, 1, &[3, 6, 10, 0, 0, 9]);
    link.says(Client, IPCP, 1, 2, &[3, 6, 10, 0, 0, 9]).says(Server, IPCP, 2, 2, &[3, 6, 10, 0, 0, 9]);
    link.says(Server, IPCP, 1, 1, &[3, 6, 10, 0, 0, 1]).says(Client, IPCP, 2, 1, &[3, 6, 10, 0, 0, 1]);
    let (client, server) = (Some([10, 0, 0, 9].into()), Some([10, 0, 0, 1].into()));
    assert_eq!(link.facts(), [Fact::NetworkUp { protocol: Protocol::Ipcp, client, server }]);
}

#[test]
fn silence_is_told_at_the_end() {
    let mut link = Recorded::default();
    for id in 1..=4 {
        link.says(Client, LCP, 1, id, &[5, 6, 1, 2, 3, 4]);
    }
    assert_eq!(link.facts(), [Fact::Unanswered { at: Client, protocol: Protocol::Lcp }]);
    let mut link = Recorded::default();
    link.says(Client, LCP, 9, 0, &[0; 4]).says(Server, LCP, 10, 0, &[0; 4]);
    for id in 1..=3 {
        link.says(Server, LCP, 9, id, &[0; 4]);
    }
    assert_eq!(link.facts(), [Fact::PeerDead { at: Server }]);
}

#[test]
fn a_protocol_that_is_rejected_is_named() {
    let mut link = Recorded::default();
    link.says(Client, LCP, 1, 1, &[]).says(Server, IPCP, 1, 1, &[3, 6, 10, 0, 0, 1]);
    link.says(Client, LCP, 8, 1, &[0x80, 0x21, 1, 1, 0, 10]);
    assert_eq!(link.facts(), [Fact::ProtocolRejected { by: Client, protocol: Protocol::Ipcp }]);
}
