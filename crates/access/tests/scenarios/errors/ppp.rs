//! Failures of the link, of logging on, and of addresses.

use wire::ppp::{Code, Packet, Protocol, RasError, TerminateReason, full_frame};

use crate::agree::Outcome;
use crate::foreign::{LEASE, Layer, foreign, in_place_of, reject};

pub(super) fn lcp_silent() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = in_place_of(Protocol::LCP, |_| Vec::new());
    server.refuse(&mut world)
}

/// The server's end is a mirror: it says what we say.
pub(super) fn loopback() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = in_place_of(Protocol::LCP, |_| Vec::new());
    server.mirror = true;
    server.refuse(&mut world)
}

pub(super) fn lcp_does_not_converge() -> Outcome {
    let (mut world, mut server) = foreign();
    // Whatever is asked for, an MRU of other octets would be liked better.
    let mut size = 0;
    server.alter = in_place_of(Protocol::LCP, move |packet| {
        size += 1;
        let data = [1, 4, 5, size];
        match Code(packet.code) {
            Code::CONFIGURE_ACK => vec![encode(Code::CONFIGURE_NAK, packet.id, &data)],
            _ => vec![packet.encode()],
        }
    });
    server.refuse(&mut world)
}

pub(super) fn lcp_terminated() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = in_place_of(Protocol::LCP, |packet| vec![encode(Code::TERMINATE_REQUEST, packet.id, b"not you")]);
    server.refuse(&mut world)
}

pub(super) fn lcp_terminated_with_734() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = in_place_of(Protocol::LCP, |packet| vec![terminate(packet, 734)]);
    server.refuse(&mut world)
}

pub(super) fn pap_only() -> Outcome {
    let (mut world, mut server) = foreign();
    server.ppp_config.methods = vec![ppp::Method::Pap];
    server.refuse(&mut world)
}

/// Its Configure-Request has no option at all.
pub(super) fn no_authentication() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = in_place_of(Protocol::LCP, |packet| match Code(packet.code) {
        Code::CONFIGURE_REQUEST => vec![encode(Code::CONFIGURE_REQUEST, packet.id, &[])],
        _ => vec![packet.encode()],
    });
    server.refuse(&mut world)
}

pub(super) fn no_challenge() -> Outcome {
    let (mut world, mut server) = foreign();
    patient(&mut server);
    server.alter = in_place_of(Protocol::CHAP, |_| Vec::new());
    server.refuse(&mut world)
}

pub(super) fn no_decision() -> Outcome {
    let (mut world, mut server) = foreign();
    patient(&mut server);
    server.alter =
        in_place_of(Protocol::CHAP, |packet| if packet.code == 1 { vec![packet.encode()] } else { Vec::new() });
    server.refuse(&mut world)
}

pub(super) fn logon_hours() -> Outcome {
    refused(646)
}

pub(super) fn account_disabled() -> Outcome {
    refused(647)
}

pub(super) fn password_expired() -> Outcome {
    refused(648)
}

pub(super) fn no_permission() -> Outcome {
    refused(649)
}

pub(super) fn wrong_password() -> Outcome {
    let (mut world, mut server) = foreign();
    world.clients[0].config.ppp.credentials.password = "not it".into();
    server.refuse(&mut world)
}

pub(super) fn wrong_by_chap() -> Outcome {
    refused_by(ppp::Method::ChapMd5)
}

pub(super) fn wrong_by_pap() -> Outcome {
    refused_by(ppp::Method::Pap)
}

pub(super) fn wrong_by_eap() -> Outcome {
    refused_by(ppp::Method::EapMsChapV2)
}

pub(super) fn account_expired() -> Outcome {
    refused(708)
}

pub(super) fn password_change() -> Outcome {
    refused(709)
}

pub(super) fn policy() -> Outcome {
    refused(812)
}

pub(super) fn client_limit() -> Outcome {
    refused(935)
}

pub(super) fn user_limit() -> Outcome {
    refused(937)
}

pub(super) fn no_accounts_to_ask() -> Outcome {
    refused(938)
}

pub(super) fn accounts_distrust() -> Outcome {
    refused(939)
}

pub(super) fn policy_hours() -> Outcome {
    refused(940)
}

pub(super) fn policy_port() -> Outcome {
    refused(941)
}

pub(super) fn policy_method() -> Outcome {
    refused(942)
}

pub(super) fn challenge_garbage() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter =
        in_place_of(Protocol::CHAP, |packet| vec![Packet { code: 1, id: packet.id, data: &[200, 1] }.encode()]);
    server.refuse(&mut world)
}

pub(super) fn accounts_do_not_answer() -> Outcome {
    refused(930)
}

pub(super) fn terminated_in_authentication() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = in_place_of_frame(Protocol::CHAP, |packet| {
        let request = encode(Code::TERMINATE_REQUEST, packet.id, b"");
        if packet.code == 1 {
            full_frame(Protocol::CHAP, &packet.encode())
        } else {
            full_frame(Protocol::LCP, &request)
        }
    });
    server.refuse(&mut world)
}

/// It says that the password is right, and cannot prove that it knows it.
pub(super) fn unproven_server() -> Outcome {
    let (mut world, mut server) = foreign();
    server.decide = Box::new(|question| match question {
        ppp::Question::Verify { .. } => {
            let mut proof = [b'0'; 42];
            proof[..2].copy_from_slice(b"S=");
            Some(ppp::Reply::Accept { authenticator_response: Some(proof), message: String::new() })
        }
        ppp::Question::Address { .. } | ppp::Question::Credentials { .. } => None,
    });
    server.refuse(&mut world)
}

pub(super) fn no_address() -> Outcome {
    let (mut world, mut server) = foreign();
    server.decide = Box::new(|question| match question {
        ppp::Question::Address { .. } => Some(ppp::Reply::NoAddress(ppp::NoAddress::Other)),
        ppp::Question::Verify { .. } | ppp::Question::Credentials { .. } => None,
    });
    server.refuse(&mut world)
}

pub(super) fn pool_empty() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = in_place_of_frame(Protocol::IPCP, |packet| full_frame(Protocol::LCP, &terminate(packet, 717)));
    server.refuse(&mut world)
}

/// To every request for an address it suggests none.
pub(super) fn zero_address() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = in_place_of(Protocol::IPCP, |packet| match Code(packet.code) {
        Code::CONFIGURE_NAK | Code::CONFIGURE_ACK => {
            vec![encode(Code::CONFIGURE_REJECT, packet.id, &[3, 6, 0, 0, 0, 0])]
        }
        _ => vec![packet.encode()],
    });
    server.refuse(&mut world)
}

pub(super) fn loopback_address() -> Outcome {
    let (mut world, mut server) = foreign();
    server.decide = Box::new(|question| match question {
        ppp::Question::Address { .. } => {
            Some(ppp::Reply::Address(ppp::Ipv4Lease { client: [127, 0, 0, 1].into(), ..LEASE }))
        }
        ppp::Question::Verify { .. } | ppp::Question::Credentials { .. } => None,
    });
    server.refuse(&mut world)
}

pub(super) fn ipcp_rejected() -> Outcome {
    let (mut world, mut server) = foreign();
    // Rejected is what the client sent, and the beginning of that is enough (RFC 1661 §5.7).
    let mut id = 100;
    server.alter = in_place_of_frame(Protocol::IPCP, move |_| {
        id += 1;
        let rejected = [&Protocol::IPCP.0.to_be_bytes()[..], &[1, 1, 0, 4]].concat();
        full_frame(Protocol::LCP, &encode(Code::PROTOCOL_REJECT, id, &rejected))
    });
    server.refuse(&mut world)
}

pub(super) fn ipcp_silent() -> Outcome {
    let (mut world, mut server) = foreign();
    patient(&mut server);
    server.alter = in_place_of(Protocol::IPCP, |_| Vec::new());
    server.refuse(&mut world)
}

pub(super) fn ipcp_terminated() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = in_place_of(Protocol::IPCP, |packet| vec![encode(Code::TERMINATE_REQUEST, packet.id, b"")]);
    server.refuse(&mut world)
}

pub(super) fn terminated_in_network() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = in_place_of_frame(Protocol::IPCP, |packet| {
        full_frame(Protocol::LCP, &encode(Code::TERMINATE_REQUEST, packet.id, b""))
    });
    server.refuse(&mut world)
}

/// The octets of a control packet.
pub(super) fn encode(code: Code, id: u8, data: &[u8]) -> Vec<u8> {
    Packet { code: code.0, id, data }.encode()
}

/// A Terminate-Request as Windows sends it.
fn terminate(packet: Packet<'_>, ras: u32) -> Vec<u8> {
    let reason = TerminateReason { magic: 0x0102_0304, ras: RasError(ras) };
    encode(Code::TERMINATE_REQUEST, packet.id, &reason.encode())
}

/// The user is refused with this number.
fn refused(ras: u32) -> Outcome {
    let (mut world, mut server) = foreign();
    server.decide = Box::new(move |question| match question {
        ppp::Question::Verify { .. } => Some(reject(ras)),
        ppp::Question::Address { .. } | ppp::Question::Credentials { .. } => None,
    });
    server.refuse(&mut world)
}

/// The user is refused by a method; most have no number.
fn refused_by(method: ppp::Method) -> Outcome {
    let (mut world, mut server) = foreign();
    server.ppp_config.methods = vec![method];
    world.clients[0].config.ppp.methods = vec![method];
    server.decide = Box::new(|question| match question {
        ppp::Question::Verify { .. } => Some(reject(691)),
        ppp::Question::Address { .. } | ppp::Question::Credentials { .. } => None,
    });
    server.refuse(&mut world)
}

/// A server that waits longer than any client.
fn patient(server: &mut crate::foreign::Foreign) {
    let minutes = std::time::Duration::from_secs(600);
    let timing = &mut server.ppp_config.timing;
    (timing.setup, timing.network, timing.max_configure, timing.max_echo_failures) = (minutes, minutes, 200, 200);
}

/// As [`in_place_of`], with whole frames.
fn in_place_of_frame(
    protocol: Protocol,
    mut replace: impl FnMut(Packet<'_>) -> Vec<u8> + 'static,
) -> crate::foreign::Alter {
    Box::new(move |layer, genuine| {
        let Ok((this, offset)) = wire::ppp::frame(genuine) else { return vec![genuine.to_vec()] };
        if layer != Layer::Ppp || this != protocol {
            return vec![genuine.to_vec()];
        }
        vec![replace(Packet::parse(&genuine[offset..]).unwrap())]
    })
}
