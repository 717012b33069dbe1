#![no_main]

use std::net::Ipv4Addr;
use std::time::Duration;

use clock::Timestamp;
use fuzz::{Script, rng};
use libfuzzer_sys::fuzz_target;
use ppp::{Answer, ClientConfig, Credentials, Event, Ipv4Lease, Method, Question, Reply, ServerConfig, Session};
use wire::ppp::{AuthProtocol, Protocol, RasError, full_frame};

const PROTOCOLS: [Protocol; 8] = [
    Protocol::LCP,
    Protocol::IPCP,
    Protocol::IPV6CP,
    Protocol::PAP,
    Protocol::CHAP,
    Protocol::CCP,
    Protocol::EAP,
    Protocol(0x1235),
];

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let mut now = Timestamp::ZERO;
    let mut rng = rng(4);
    let (role, accept) = (script.octet(), script.octet() & 1 != 0);
    let mut session = if role & 1 == 0 {
        let methods = vec![Method::MsChapV2, Method::ChapMd5, Method::Pap];
        Session::server(ServerConfig { methods, ipv6: true, ..ServerConfig::default() }, now, &mut rng)
    } else {
        let credentials = Credentials { user: "user".to_owned(), password: "password".into() };
        let inquire = (role & 2 != 0).then_some(AuthProtocol::Pap);
        let client = ClientConfig { ipv6: true, ask_again: true, inquire, ..ClientConfig::new(credentials) };
        Session::client(client, now, &mut rng)
    };
    let mut last = Vec::new();
    let mut accepted = false;
    loop {
        while let Some(frame) = session.poll_transmit() {
            last = frame;
        }
        while let Some(event) = session.poll_event() {
            if let Event::Ask(ask) = event {
                let reply = match ask.question {
                    Question::Verify { .. } if accept => {
                        accepted = true;
                        Reply::Accept { authenticator_response: Some([b'0'; 42]), message: String::new() }
                    }
                    Question::Verify { .. } => {
                        let ras = RasError::AUTHENTICATION_FAILURE;
                        Reply::Reject { ras, retry_allowed: true, message: String::new() }
                    }
                    Question::Address { .. } => Reply::Address(Ipv4Lease {
                        server: Ipv4Addr::new(10, 0, 0, 1),
                        client: Ipv4Addr::new(10, 0, 0, 2),
                        dns: [None; 2],
                        nbns: [None; 2],
                    }),
                    Question::Credentials { .. } => {
                        Reply::Credentials(Credentials { user: "user".to_owned(), password: "other".into() })
                    }
                };
                session.handle_answer(now, &mut rng, Answer { id: ask.id, reply });
            }
        }
        if role & 1 == 0 {
            assert!(accepted || session.user().is_none(), "nobody let this peer in");
            assert!(accepted || session.ipv4().is_none() && session.ipv6().is_none());
        } else {
            // No server can prove that it knows the password.
            assert!(session.ipv4().is_none() && session.ipv6().is_none());
        }
        if script.is_empty() || session.is_closed() {
            break;
        }
        match script.octet() % 8 {
            // Our own last packet back with another code: an answer to it, or what a mirror says.
            0 => {
                let mut frame = last.clone();
                if let Some(code) = frame.get_mut(4) {
                    *code = script.octet() % 16;
                }
                session.handle_frame(now, &mut rng, &frame);
            }
            1 => {
                now = now + Duration::from_millis(500) * u32::from(script.octet());
                session.handle_timeout(now, &mut rng);
            }
            2 => session.handle_frame(now, &mut rng, script.piece()),
            _ => {
                let protocol = PROTOCOLS[usize::from(script.octet()) % PROTOCOLS.len()];
                let code = script.octet() % 16;
                let identifier = match script.octet() {
                    0 => last.get(5).copied().unwrap_or(0),
                    other => other,
                };
                let body = script.piece();
                let length = (body.len() + 4) as u16;
                let packet = [&[code, identifier], &length.to_be_bytes()[..], body].concat();
                session.handle_frame(now, &mut rng, &full_frame(protocol, &packet));
            }
        }
    }
});
