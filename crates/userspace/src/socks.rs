//! SOCKS version 5 (RFC 1928), without authentication, for CONNECT.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4};

use wire::{Layer, Reader};

use crate::failure::{Denial, Failure, Local, Malformed, Refusal, Stage, Unreachable};
use crate::target::{Host, Target};

const VERSION: u8 = 5;

/// "No authentication required" (RFC 1928 §3).
const NO_AUTHENTICATION: u8 = 0x00;

/// "No acceptable methods".
const NO_METHOD: u8 = 0xff;

const CONNECT: u8 = 1;

wire::code_points! {
    /// Reply codes (RFC 1928 §6).
    pub struct Reply(u8) {
        SUCCEEDED = 0 => "succeeded",
        GENERAL_FAILURE = 1 => "general SOCKS server failure",
        NOT_ALLOWED = 2 => "connection not allowed by ruleset",
        NETWORK_UNREACHABLE = 3 => "network unreachable",
        HOST_UNREACHABLE = 4 => "host unreachable",
        CONNECTION_REFUSED = 5 => "connection refused",
        TTL_EXPIRED = 6 => "TTL expired",
        COMMAND_NOT_SUPPORTED = 7 => "command not supported",
        ADDRESS_TYPE_NOT_SUPPORTED = 8 => "address type not supported",
    }
}

wire::code_points! {
    /// Address types (RFC 1928 §5).
    pub struct AddressType(u8) {
        IPV4 = 1 => "IPv4 address",
        NAME = 3 => "domain name",
        IPV6 = 4 => "IPv6 address",
    }
}

impl Reply {
    /// The reply for a connection that did not come about.
    pub fn to(failure: &Failure) -> Reply {
        match failure {
            Failure::Malformed(_) => Reply::GENERAL_FAILURE,
            Failure::Refused(Refusal::Reset | Refusal::Broken) => Reply::CONNECTION_REFUSED,
            Failure::Refused(Refusal::Unreachable(code)) => match *code {
                Unreachable::NETWORK | Unreachable::NETWORK_UNKNOWN => Reply::NETWORK_UNREACHABLE,
                Unreachable::PROTOCOL | Unreachable::PORT => Reply::CONNECTION_REFUSED,
                Unreachable::NETWORK_PROHIBITED | Unreachable::HOST_PROHIBITED | Unreachable::PROHIBITED => {
                    Reply::NOT_ALLOWED
                }
                _ => Reply::HOST_UNREACHABLE,
            },
            Failure::Refused(Refusal::NoSuchName | Refusal::NoAddress | Refusal::NameServer(_)) => {
                Reply::HOST_UNREACHABLE
            }
            // There is no code for silence; this is the one that other servers give.
            Failure::Silence { stage: Stage::Connect | Stage::Transfer, .. } => Reply::TTL_EXPIRED,
            Failure::Silence { stage: Stage::Resolve, .. } => Reply::HOST_UNREACHABLE,
            Failure::Silence { stage: Stage::Request, .. } => Reply::GENERAL_FAILURE,
            Failure::Denied(Denial::AddressFamily) => Reply::ADDRESS_TYPE_NOT_SUPPORTED,
            Failure::Denied(Denial::Command) => Reply::COMMAND_NOT_SUPPORTED,
            Failure::Denied(Denial::Authentication | Denial::Destination) => Reply::NOT_ALLOWED,
            Failure::Local(Local::NoTunnel) => Reply::NETWORK_UNREACHABLE,
            Failure::Local(Local::NoNameServer) => Reply::HOST_UNREACHABLE,
            Failure::Local(Local::Connections | Local::Questions | Local::Socket { .. } | Local::Idle) => {
                Reply::GENERAL_FAILURE
            }
        }
    }
}

/// The server's side of the dialogue with one client.
///
/// After [`Dialogue::handle_input`], poll [`Dialogue::poll_output`], then [`Dialogue::poll_request`]. The one request is
/// answered by [`Dialogue::accept`] or [`Dialogue::refuse`], and the octets that the client sent after it are
/// [`Dialogue::take_rest`].
#[derive(Debug, Default)]
pub struct Dialogue {
    input: Vec<u8>,
    output: Vec<u8>,
    state: State,
    request: Option<Result<Target, Failure>>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Greeting,
    Request,
    Asked,
    Over,
}

impl Dialogue {
    /// Octets that a client may send before it is answered.
    pub const MAX_INPUT: usize = 16 * 1024;

    /// Takes what the client sent. Beyond [`Dialogue::MAX_INPUT`] it is not kept: ask [`Dialogue::room`] first.
    pub fn handle_input(&mut self, octets: &[u8]) {
        let taken = octets.len().min(self.room());
        self.input.extend_from_slice(octets.get(..taken).unwrap_or_default());
        if self.state == State::Greeting {
            self.read_greeting();
        }
        if self.state == State::Request {
            self.read_request();
        }
    }

    /// Octets that can be taken.
    pub fn room(&self) -> usize {
        Self::MAX_INPUT.saturating_sub(self.input.len())
    }

    /// What to send to the client.
    pub fn poll_output(&mut self) -> Option<Vec<u8>> {
        (!self.output.is_empty()).then(|| std::mem::take(&mut self.output))
    }

    /// The client's request, once. After an error, which the client has been told of, it is to be disconnected.
    pub fn poll_request(&mut self) -> Option<Result<Target, Failure>> {
        self.request.take()
    }

    /// Tells the client that it is connected, from `local`.
    pub fn accept(&mut self, local: SocketAddrV4) {
        self.reply(Reply::SUCCEEDED, local);
    }

    /// Tells the client why it is not connected. Before the methods are settled there is no way to say so.
    pub fn refuse(&mut self, failure: &Failure) {
        if self.state == State::Greeting {
            self.state = State::Over;
            return;
        }
        self.reply(Reply::to(failure), SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));
    }

    /// What the client sent after its request: the beginning of what it wants to send to the target.
    pub fn take_rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.input)
    }

    fn read_greeting(&mut self) {
        let Some((length, methods)) = self.parsed(greeting) else { return };
        let acceptable = methods.contains(&NO_AUTHENTICATION);
        self.input.drain(..length);
        if acceptable {
            self.output.extend([VERSION, NO_AUTHENTICATION]);
            self.state = State::Request;
        } else {
            self.output.extend([VERSION, NO_METHOD]);
            self.fail(Failure::Denied(Denial::Authentication));
        }
    }

    fn read_request(&mut self) {
        let Some((length, target)) = self.parsed(request) else { return };
        self.input.drain(..length);
        match target {
            Ok(target) => {
                self.state = State::Asked;
                self.request = Some(Ok(target));
            }
            Err(failure) => {
                self.refuse(&failure);
                self.fail(failure);
            }
        }
    }

    /// What `parse` finds at the beginning of the input, with its length; `None` while it is incomplete or when it is wrong.
    fn parsed<T>(&mut self, parse: fn(&mut Reader<'_>) -> Parsed<T>) -> Option<(usize, T)> {
        let mut reader = Reader::new(Layer::Ip, &self.input);
        match parse(&mut reader) {
            Parsed::Complete(item) => Some((reader.offset(), item)),
            Parsed::Incomplete => None,
            Parsed::Wrong(malformed) => {
                let failure = Failure::Malformed(malformed);
                self.refuse(&failure);
                self.fail(failure);
                None
            }
        }
    }

    fn reply(&mut self, reply: Reply, local: SocketAddrV4) {
        self.output.extend([VERSION, reply.0, 0, AddressType::IPV4.0]);
        self.output.extend(local.ip().octets());
        self.output.extend(local.port().to_be_bytes());
        self.state = State::Over;
    }

    fn fail(&mut self, failure: Failure) {
        self.state = State::Over;
        self.request = Some(Err(failure));
    }
}

enum Parsed<T> {
    Complete(T),
    Incomplete,
    Wrong(Malformed),
}

/// The methods that the client offers (RFC 1928 §3).
fn greeting(reader: &mut Reader<'_>) -> Parsed<Vec<u8>> {
    match reader.u8("version") {
        Ok(VERSION) => {}
        Ok(_) => return Parsed::Wrong(Malformed { field: "version", expected: "SOCKS version 5" }),
        Err(_) => return Parsed::Incomplete,
    }
    let Ok(count) = reader.u8("number of methods") else { return Parsed::Incomplete };
    match reader.split("methods", count.into()) {
        Ok(mut methods) => Parsed::Complete(methods.rest().to_vec()),
        Err(_) => Parsed::Incomplete,
    }
}

/// The request (RFC 1928 §4), with what is wrong with it when it can be read to its end.
fn request(reader: &mut Reader<'_>) -> Parsed<Result<Target, Failure>> {
    match reader.u8("version") {
        Ok(VERSION) => {}
        Ok(_) => return Parsed::Wrong(Malformed { field: "version", expected: "SOCKS version 5" }),
        Err(_) => return Parsed::Incomplete,
    }
    let (Ok(command), Ok(_)) = (reader.u8("command"), reader.u8("reserved")) else { return Parsed::Incomplete };
    let Ok(kind) = reader.u8("address type") else { return Parsed::Incomplete };
    let host = match AddressType(kind) {
        AddressType::IPV4 => match reader.u32("address") {
            Ok(address) => Ok(Host::Address(address.into())),
            Err(_) => return Parsed::Incomplete,
        },
        AddressType::IPV6 => match reader.array::<16>("address") {
            Ok(address) => Host::from_ipv6(Ipv6Addr::from(address)),
            Err(_) => return Parsed::Incomplete,
        },
        AddressType::NAME => {
            let Ok(length) = reader.u8("length of the name") else { return Parsed::Incomplete };
            let Ok(mut name) = reader.split("name", length.into()) else { return Parsed::Incomplete };
            let expected = "an IPv4 address or a name";
            let text = str::from_utf8(name.rest());
            text.map_err(|_| Failure::Malformed(Malformed { field: "host", expected })).and_then(Host::from_text)
        }
        // How long it is cannot be known.
        _ => return Parsed::Complete(Err(Failure::Denied(Denial::AddressFamily))),
    };
    let Ok(port) = reader.u16("port") else { return Parsed::Incomplete };
    if command != CONNECT {
        return Parsed::Complete(Err(Failure::Denied(Denial::Command)));
    }
    Parsed::Complete(host.and_then(|host| Target::new(host, port)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    const GREETING: [u8; 3] = [5, 1, 0];

    fn request(octets: &[u8]) -> (Dialogue, Result<Target, Failure>) {
        let mut dialogue = Dialogue::default();
        dialogue.handle_input(&GREETING);
        assert_eq!(dialogue.poll_output().unwrap(), [5, 0]);
        dialogue.handle_input(octets);
        let request = dialogue.poll_request().unwrap();
        (dialogue, request)
    }

    #[test]
    fn a_name_is_passed_on_and_success_is_told() {
        let (mut dialogue, target) = request(b"\x05\x01\x00\x03\x0chost.example\x01\xbb");
        assert_eq!(target.unwrap().to_string(), "host.example:443");
        dialogue.accept(SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 2), 50000));
        assert_eq!(dialogue.poll_output().unwrap(), [5, 0, 0, 1, 10, 0, 0, 2, 0xc3, 0x50]);
    }

    #[test]
    fn octets_after_the_request_are_the_targets() {
        let mut dialogue = Dialogue::default();
        let mut input = GREETING.to_vec();
        input.extend(b"\x05\x01\x00\x01\x0a\x00\x00\x05\x0d\x3dhello");
        for octet in &input {
            dialogue.handle_input(&[*octet]);
        }
        assert_eq!(dialogue.poll_request().unwrap().unwrap().to_string(), "10.0.0.5:3389");
        assert_eq!(dialogue.take_rest(), b"hello");
    }

    #[test]
    fn every_reason_has_its_reply() {
        let reply = |failure: Failure| {
            let (mut dialogue, _) = request(b"\x05\x01\x00\x01\x0a\x00\x00\x05\x0d\x3d");
            dialogue.refuse(&failure);
            Reply(dialogue.poll_output().unwrap()[1])
        };
        let unreachable = |code| Failure::Refused(Refusal::Unreachable(code));
        let silence = |stage| Failure::Silence { stage, elapsed: Duration::from_secs(1) };
        assert_eq!(reply(Failure::Refused(Refusal::Reset)), Reply::CONNECTION_REFUSED);
        assert_eq!(reply(unreachable(Unreachable::NETWORK)), Reply::NETWORK_UNREACHABLE);
        assert_eq!(reply(unreachable(Unreachable::HOST)), Reply::HOST_UNREACHABLE);
        assert_eq!(reply(unreachable(Unreachable::PROHIBITED)), Reply::NOT_ALLOWED);
        assert_eq!(reply(Failure::Refused(Refusal::NoSuchName)), Reply::HOST_UNREACHABLE);
        assert_eq!(reply(silence(Stage::Connect)), Reply::TTL_EXPIRED);
        assert_eq!(reply(silence(Stage::Resolve)), Reply::HOST_UNREACHABLE);
        assert_eq!(reply(Failure::Local(Local::Connections)), Reply::GENERAL_FAILURE);
    }

    #[test]
    fn what_is_not_offered_is_refused_with_its_code() {
        let cases: [(&[u8], Denial, Reply); 5] = [
            (b"\x05\x02\x00\x01\x0a\x00\x00\x05\x0d\x3d", Denial::Command, Reply::COMMAND_NOT_SUPPORTED),
            (b"\x05\x03\x00\x01\x0a\x00\x00\x05\x0d\x3d", Denial::Command, Reply::COMMAND_NOT_SUPPORTED),
            (
                b"\x05\x01\x00\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x00\x50",
                Denial::AddressFamily,
                Reply::ADDRESS_TYPE_NOT_SUPPORTED,
            ),
            (b"\x05\x01\x00\x09", Denial::AddressFamily, Reply::ADDRESS_TYPE_NOT_SUPPORTED),
            (b"\x05\x01\x00\x01\x0a\x00\x00\x05\x00\x00", Denial::Destination, Reply::NOT_ALLOWED),
        ];
        for (octets, denial, reply) in cases {
            let (mut dialogue, target) = request(octets);
            assert_eq!(target, Err(Failure::Denied(denial)));
            assert_eq!(Reply(dialogue.poll_output().unwrap()[1]), reply);
        }
    }

    #[test]
    fn a_client_that_insists_on_a_password_is_told_that_no_method_fits() {
        let mut dialogue = Dialogue::default();
        dialogue.handle_input(&[5, 1, 2]);
        assert_eq!(dialogue.poll_output().unwrap(), [5, 0xff]);
        assert_eq!(dialogue.poll_request(), Some(Err(Failure::Denied(Denial::Authentication))));
    }

    #[test]
    fn another_protocol_is_recognised_by_its_first_octet() {
        for octet in [4, b'G'] {
            let mut dialogue = Dialogue::default();
            dialogue.handle_input(&[octet]);
            assert!(matches!(dialogue.poll_request(), Some(Err(Failure::Malformed(_)))));
            assert_eq!(dialogue.poll_output(), None);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_memory_is_bounded(chunks in proptest::collection::vec(
            proptest::collection::vec(any::<u8>(), 0..600), 0..60,
        ), greeted: bool) {
            let mut dialogue = Dialogue::default();
            if greeted {
                dialogue.handle_input(&GREETING);
            }
            for chunk in chunks {
                dialogue.handle_input(&chunk);
            }
            prop_assert!(dialogue.take_rest().len() <= Dialogue::MAX_INPUT);
        }

        #[test]
        fn how_the_octets_are_cut_makes_no_difference(cut in 1usize..25) {
            let octets = b"\x05\x02\x00\x02\x05\x01\x00\x03\x06a.test\x00\x50rest";
            let mut dialogue = Dialogue::default();
            for chunk in octets.chunks(cut) {
                dialogue.handle_input(chunk);
            }
            prop_assert_eq!(dialogue.poll_request().unwrap().unwrap().to_string(), "a.test:80");
            prop_assert_eq!(dialogue.take_rest(), b"rest");
        }
    }
}
