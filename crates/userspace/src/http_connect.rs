//! The CONNECT method of HTTP (RFC 9110 §9.3.6), as a proxy answers it.

use crate::failure::{Denial, Failure, Local, Malformed, Refusal, Stage};
use crate::target::Target;

/// A status code with its reason (RFC 9110 §15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16);

impl Status {
    /// The status for a connection that did not come about.
    pub fn to(failure: &Failure) -> Status {
        match failure {
            Failure::Malformed(Malformed { field: HEAD, .. }) => Status(431),
            Failure::Malformed(_) => Status(400),
            Failure::Refused(
                Refusal::Reset
                | Refusal::Broken
                | Refusal::Unreachable(_)
                | Refusal::NoSuchName
                | Refusal::NoAddress
                | Refusal::NameServer(_),
            ) => Status(502),
            Failure::Silence { stage: Stage::Connect | Stage::Transfer | Stage::Resolve, .. } => Status(504),
            Failure::Silence { stage: Stage::Request, .. } => Status(408),
            Failure::Denied(Denial::Command) => Status(405),
            Failure::Denied(Denial::AddressFamily) => Status(502),
            Failure::Denied(Denial::Authentication | Denial::Destination) => Status(403),
            Failure::Local(
                Local::NoTunnel
                | Local::Connections
                | Local::Questions
                | Local::NoNameServer
                | Local::Socket { .. }
                | Local::Idle,
            ) => Status(503),
        }
    }

    fn reason(self) -> &'static str {
        match self.0 {
            400 => "Bad Request",
            403 => "Forbidden",
            405 => "Method Not Allowed",
            408 => "Request Timeout",
            431 => "Request Header Fields Too Large",
            502 => "Bad Gateway",
            503 => "Service Unavailable",
            504 => "Gateway Timeout",
            _ => "Error",
        }
    }
}

/// Name of the part that may be too large, which has a status of its own.
const HEAD: &str = "request head";

/// The proxy's side of the dialogue with one client.
///
/// After [`Dialogue::handle_input`], poll [`Dialogue::poll_output`], then [`Dialogue::poll_request`]. The one request is
/// answered by [`Dialogue::accept`] or [`Dialogue::refuse`], and the octets that the client sent after it are
/// [`Dialogue::take_rest`].
#[derive(Debug, Default)]
pub struct Dialogue {
    input: Vec<u8>,
    /// How much of the input was searched for the end of the head.
    searched: usize,
    output: Vec<u8>,
    asked: bool,
    request: Option<Result<Target, Failure>>,
}

impl Dialogue {
    /// Octets that a client may send before it is answered.
    pub const MAX_INPUT: usize = 16 * 1024;

    /// Octets that the head of a request may have.
    const MAX_HEAD: usize = 8 * 1024;

    /// Takes what the client sent. Beyond [`Dialogue::MAX_INPUT`] it is not kept: ask [`Dialogue::room`] first.
    pub fn handle_input(&mut self, octets: &[u8]) {
        let taken = octets.len().min(self.room());
        self.input.extend_from_slice(octets.get(..taken).unwrap_or_default());
        if self.asked {
            return;
        }
        match self.head_end() {
            Some(end) => {
                self.asked = true;
                let head: Vec<u8> = self.input.drain(..end).collect();
                let request = parse(&head);
                if let Err(failure) = &request {
                    self.refuse(failure);
                }
                self.request = Some(request);
            }
            None if self.input.len() > Self::MAX_HEAD => {
                self.asked = true;
                let failure = Failure::Malformed(Malformed { field: HEAD, expected: "at most 8 KiB" });
                self.refuse(&failure);
                self.request = Some(Err(failure));
            }
            None => {}
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

    /// Tells the client that it is connected. What follows are the octets of the target.
    pub fn accept(&mut self) {
        self.output.extend(b"HTTP/1.1 200 Connection established\r\n\r\n");
    }

    /// Tells the client, and the person before it, why it is not connected.
    pub fn refuse(&mut self, failure: &Failure) {
        let status = Status::to(failure);
        let body = format!("{failure}\n");
        let allow = if status == Status(405) { "Allow: CONNECT\r\n" } else { "" };
        let head = format!(
            "HTTP/1.1 {} {}\r\n{allow}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            status.0,
            status.reason(),
            body.len(),
        );
        self.output.extend(head.as_bytes());
        self.output.extend(body.as_bytes());
    }

    /// What the client sent after its request: the beginning of what it wants to send to the target.
    pub fn take_rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.input)
    }

    /// Where the head ends: behind the first empty line (RFC 9112 §2.1), whose end may lack the carriage return (§2.2).
    fn head_end(&mut self) -> Option<usize> {
        let from = self.searched.saturating_sub(2);
        let unsearched = self.input.get(from..)?;
        self.searched = self.input.len();
        let newlines = unsearched.iter().enumerate().filter(|(_, octet)| **octet == b'\n').map(|(at, _)| at);
        for at in newlines {
            let rest = unsearched.get(at + 1..)?;
            let empty_line = [&b"\r\n"[..], b"\n"].into_iter().find(|end| rest.starts_with(end));
            if let Some(end) = empty_line {
                return Some(from + at + 1 + end.len()).filter(|&end| end <= Self::MAX_HEAD);
            }
        }
        None
    }
}

/// Reads the request line, `CONNECT host:port HTTP/1.x`. No header field changes what is to be done.
fn parse(head: &[u8]) -> Result<Target, Failure> {
    let malformed = |field, expected| Failure::Malformed(Malformed { field, expected });
    let line = head.split(|&octet| octet == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = str::from_utf8(line).map_err(|_| malformed("request line", "CONNECT HOST:PORT HTTP/1.1"))?;
    let mut words = line.split(' ');
    let (Some(method), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(malformed("request line", "CONNECT HOST:PORT HTTP/1.1"));
    };
    if !version.starts_with("HTTP/1.") {
        return Err(malformed("version", "HTTP/1.1 or HTTP/1.0"));
    }
    if method != "CONNECT" {
        return Err(Failure::Denied(Denial::Command));
    }
    Target::from_text(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ask(text: &str) -> (Dialogue, Result<Target, Failure>) {
        let mut dialogue = Dialogue::default();
        dialogue.handle_input(text.as_bytes());
        let request = dialogue.poll_request().unwrap();
        (dialogue, request)
    }

    fn status(text: &str) -> u16 {
        let (mut dialogue, request) = ask(text);
        assert!(request.is_err());
        let answer = String::from_utf8(dialogue.poll_output().unwrap()).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())));
        head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    #[test]
    fn connect_names_its_target_and_is_answered() {
        let (mut dialogue, target) = ask("CONNECT host.example:443 HTTP/1.1\r\nHost: host.example:443\r\n\r\n\x16\x03");
        assert_eq!(target.unwrap().to_string(), "host.example:443");
        assert_eq!(dialogue.poll_output(), None);
        dialogue.accept();
        assert!(dialogue.poll_output().unwrap().starts_with(b"HTTP/1.1 200 "));
        assert_eq!(dialogue.take_rest(), b"\x16\x03");
    }

    #[test]
    fn lines_may_end_without_carriage_return() {
        let (_, target) = ask("CONNECT 10.0.0.5:80 HTTP/1.0\nA: b\n\n");
        assert_eq!(target.unwrap().to_string(), "10.0.0.5:80");
    }

    #[test]
    fn other_requests_are_refused_with_their_status() {
        assert_eq!(status("GET http://host.example/ HTTP/1.1\r\n\r\n"), 405);
        assert_eq!(status("CONNECT host.example HTTP/1.1\r\n\r\n"), 400);
        assert_eq!(status("CONNECT host.example:0 HTTP/1.1\r\n\r\n"), 400);
        assert_eq!(status("CONNECT  host.example:1 HTTP/1.1\r\n\r\n"), 400);
        assert_eq!(status("CONNECT [2001:db8::1]:443 HTTP/1.1\r\n\r\n"), 502);
        assert_eq!(status("PRI * HTTP/2.0\r\n\r\n"), 400);
        assert_eq!(status(&format!("CONNECT a:1 HTTP/1.1\r\nA: {}\r\n\r\n", "a".repeat(9000))), 431);
    }

    #[test]
    fn silence_and_refusal_at_the_other_side_are_told_apart() {
        let mut dialogue = Dialogue::default();
        let elapsed = std::time::Duration::from_secs(20);
        dialogue.refuse(&Failure::Silence { stage: Stage::Connect, elapsed });
        assert!(dialogue.poll_output().unwrap().starts_with(b"HTTP/1.1 504 Gateway Timeout\r\n"));
        dialogue.refuse(&Failure::Refused(Refusal::Reset));
        assert!(dialogue.poll_output().unwrap().starts_with(b"HTTP/1.1 502 Bad Gateway\r\n"));
        dialogue.refuse(&Failure::Local(Local::NoTunnel));
        assert!(dialogue.poll_output().unwrap().starts_with(b"HTTP/1.1 503 Service Unavailable\r\n"));
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_memory_is_bounded(chunks in proptest::collection::vec(
            proptest::collection::vec(any::<u8>(), 0..600), 0..60,
        )) {
            let mut dialogue = Dialogue::default();
            for chunk in chunks {
                dialogue.handle_input(&chunk);
            }
            prop_assert!(dialogue.take_rest().len() <= Dialogue::MAX_INPUT);
        }

        #[test]
        fn how_the_octets_are_cut_makes_no_difference(cut in 1usize..60) {
            let mut dialogue = Dialogue::default();
            for chunk in b"CONNECT a.test:80 HTTP/1.1\r\nHost: a.test\r\n\r\nrest".chunks(cut) {
                dialogue.handle_input(chunk);
            }
            prop_assert_eq!(dialogue.poll_request().unwrap().unwrap().to_string(), "a.test:80");
            prop_assert_eq!(dialogue.take_rest(), b"rest");
        }
    }
}
