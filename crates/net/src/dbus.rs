//! The system's message bus, as far as calling a method goes (D-Bus specification 0.43).

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// A connection to the system bus. Every call waits for its answer.
#[derive(Debug)]
pub(crate) struct Bus {
    stream: UnixStream,
    serial: u32,
}

/// Why a call did not succeed.
#[derive(Debug)]
pub enum BusError {
    /// There is no bus at its usual place, or nobody answers.
    Unreachable(io::Error),
    /// The bus does not let this user in.
    NotAdmitted,
    /// The service, or the bus in its place, refuses.
    Refused {
        /// The error's name, such as `org.freedesktop.DBus.Error.AccessDenied`.
        name: String,
        /// What it says to people.
        message: String,
    },
    /// What came is no answer.
    BadAnswer,
}

impl std::fmt::Display for BusError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BusError::Unreachable(error) => write!(f, "the system bus does not answer: {error}"),
            BusError::NotAdmitted => f.write_str("the system bus does not let this user in"),
            BusError::Refused { name, message } if message.is_empty() => f.write_str(name),
            BusError::Refused { message, .. } => f.write_str(message),
            BusError::BadAnswer => f.write_str("the system bus does not answer as a bus does"),
        }
    }
}

impl std::error::Error for BusError {}

impl From<io::Error> for BusError {
    fn from(error: io::Error) -> BusError {
        BusError::Unreachable(error)
    }
}

/// The method of an object of a service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Method<'a> {
    pub(crate) service: &'a str,
    pub(crate) object: &'a str,
    pub(crate) interface: &'a str,
    pub(crate) name: &'a str,
}

impl Bus {
    /// Connects as the user that this process is.
    pub(crate) fn system() -> Result<Bus, BusError> {
        Bus::over(UnixStream::connect(SYSTEM_BUS)?)
    }

    fn over(stream: UnixStream) -> Result<Bus, BusError> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut bus = Bus { stream, serial: 0 };
        bus.authenticate()?;
        let hello = Method { service: BUS, object: "/org/freedesktop/DBus", interface: BUS, name: "Hello" };
        bus.call(hello, "", &Body::default())?;
        Ok(bus)
    }

    /// Calls a method; what it returns besides success is not wanted. The service is not started for it.
    pub(crate) fn call(&mut self, method: Method<'_>, signature: &str, body: &Body) -> Result<(), BusError> {
        self.serial += 1;
        self.stream.write_all(&call(method, self.serial, signature, body))?;
        // Signals may come in between: the bus tells us our name.
        for _ in 0..MAX_OTHERS {
            let message = self.receive()?;
            if message.answers != Some(self.serial) {
                continue;
            }
            return match message.kind {
                METHOD_RETURN => Ok(()),
                ERROR => Err(BusError::Refused { name: message.error, message: message.text }),
                _ => Err(BusError::BadAnswer),
            };
        }
        Err(BusError::BadAnswer)
    }

    /// The mechanism EXTERNAL: who we are the kernel says, we say only whom we mean to be.
    fn authenticate(&mut self) -> Result<(), BusError> {
        let user = nix::unistd::geteuid().to_string();
        let user: String = user.bytes().map(|digit| format!("{digit:02x}")).collect();
        self.stream.write_all(format!("\0AUTH EXTERNAL {user}\r\n").as_bytes())?;
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            if line.len() > MAX_LINE {
                return Err(BusError::BadAnswer);
            }
            let mut octet = [0];
            self.stream.read_exact(&mut octet)?;
            line.extend(octet);
        }
        if !line.starts_with(b"OK ") {
            return Err(BusError::NotAdmitted);
        }
        self.stream.write_all(b"BEGIN\r\n")?;
        Ok(())
    }

    fn receive(&mut self) -> Result<Answer, BusError> {
        let mut octets = vec![0; FIXED];
        self.stream.read_exact(&mut octets)?;
        let rest = rest(&octets).ok_or(BusError::BadAnswer)?;
        octets.resize(FIXED + rest, 0);
        self.stream.read_exact(octets.get_mut(FIXED..).unwrap_or_default())?;
        read(&octets).ok_or(BusError::BadAnswer)
    }
}

/// Arguments of a call, in the form of the wire. Every value is aligned to its size, counted from the beginning.
#[derive(Debug, Default)]
pub(crate) struct Body {
    octets: Vec<u8>,
}

impl Body {
    pub(crate) fn number(&mut self, number: u32) -> &mut Self {
        self.align(4);
        self.octets.extend(number.to_ne_bytes());
        self
    }

    pub(crate) fn boolean(&mut self, value: bool) -> &mut Self {
        self.number(value.into())
    }

    pub(crate) fn string(&mut self, text: &str) -> &mut Self {
        self.octets(text.as_bytes());
        self.octets.push(0);
        self
    }

    /// An array of octets.
    pub(crate) fn octets(&mut self, octets: &[u8]) -> &mut Self {
        self.number(u32::try_from(octets.len()).expect("our arguments are names and addresses"));
        self.octets.extend(octets);
        self
    }

    /// An array of structures, each of which `write` writes.
    pub(crate) fn structures<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Body, T),
    ) -> &mut Self {
        self.number(0);
        let length = self.octets.len() - 4;
        self.align(8);
        let start = self.octets.len();
        for item in items {
            self.align(8);
            write(self, item);
        }
        let len = u32::try_from(self.octets.len() - start).expect("our arguments are names and addresses");
        // The padding before the first structure does not count.
        self.octets[length..length + 4].copy_from_slice(&len.to_ne_bytes());
        self
    }

    fn signature(&mut self, text: &str) {
        self.octets.push(u8::try_from(text.len()).expect("our signatures are a few octets"));
        self.octets.extend(text.as_bytes());
        self.octets.push(0);
    }

    fn align(&mut self, to: usize) {
        self.octets.resize(self.octets.len().next_multiple_of(to), 0);
    }
}

/// A message that came.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    kind: u8,
    answers: Option<u32>,
    error: String,
    /// The first argument, if it is a string.
    text: String,
}

fn call(method: Method<'_>, serial: u32, signature: &str, body: &Body) -> Vec<u8> {
    let mut message = Body::default();
    message.octets.extend([ENDIAN, METHOD_CALL, NO_AUTO_START, VERSION]);
    message.number(u32::try_from(body.octets.len()).expect("our arguments are names and addresses"));
    message.number(serial);
    let strings = [
        (PATH, "o", method.object),
        (INTERFACE, "s", method.interface),
        (MEMBER, "s", method.name),
        (DESTINATION, "s", method.service),
    ];
    let signature = Some((SIGNATURE, "g", signature)).filter(|(.., signature)| !signature.is_empty());
    message.structures(strings.into_iter().chain(signature), |field, (code, kind, value)| {
        field.octets.push(code);
        field.signature(kind);
        match kind {
            "g" => field.signature(value),
            _ => drop(field.string(value)),
        }
    });
    message.align(8);
    message.octets.extend(&body.octets);
    message.octets
}

/// How many octets of a message come behind the first [`FIXED`].
fn rest(fixed: &[u8]) -> Option<usize> {
    let mut reader = Reader::new(fixed)?;
    let [_, _, _, version] = reader.take(4)?.try_into().ok()?;
    let body = reader.number()? as usize;
    let _serial = reader.number()?;
    let fields = reader.number()? as usize;
    let rest = fields.checked_next_multiple_of(8)?.checked_add(body)?;
    (version == VERSION && rest <= MAX_MESSAGE).then_some(rest)
}

fn read(octets: &[u8]) -> Option<Answer> {
    let mut reader = Reader::new(octets)?;
    let kind = *reader.take(4)?.get(1)?;
    reader.take(8)?;
    let end = reader.number()? as usize + FIXED;
    let (mut answers, mut error, mut signature) = (None, String::new(), String::new());
    while reader.at < end {
        reader.align(8)?;
        let code = *reader.take(1)?.first()?;
        match reader.signature()?.as_str() {
            "s" | "o" if code == ERROR_NAME => error = reader.string()?,
            "s" | "o" => drop(reader.string()?),
            "g" if code == SIGNATURE => signature = reader.signature()?,
            "g" => drop(reader.signature()?),
            "u" if code == REPLY_SERIAL => answers = Some(reader.number()?),
            "u" => drop(reader.number()?),
            // The specification has no field of another type.
            _ => return None,
        }
    }
    reader.align(8)?;
    let text = if signature.starts_with('s') { reader.string()? } else { String::new() };
    Some(Answer { kind, answers, error, text })
}

/// Reads values at their places.
struct Reader<'a> {
    octets: &'a [u8],
    at: usize,
    big_endian: bool,
}

impl<'a> Reader<'a> {
    fn new(octets: &'a [u8]) -> Option<Reader<'a>> {
        let big_endian = match octets.first()? {
            b'l' => false,
            b'B' => true,
            _ => return None,
        };
        Some(Reader { octets, at: 0, big_endian })
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(len)?;
        let taken = self.octets.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn align(&mut self, to: usize) -> Option<()> {
        self.take(self.at.next_multiple_of(to) - self.at).map(drop)
    }

    fn number(&mut self) -> Option<u32> {
        self.align(4)?;
        let octets = self.take(4)?.try_into().ok()?;
        Some(if self.big_endian { u32::from_be_bytes(octets) } else { u32::from_le_bytes(octets) })
    }

    fn string(&mut self) -> Option<String> {
        let len = self.number()? as usize;
        self.ended(len)
    }

    fn signature(&mut self) -> Option<String> {
        let len = *self.take(1)?.first()?;
        self.ended(len.into())
    }

    /// Text and the zero that ends it.
    fn ended(&mut self, len: usize) -> Option<String> {
        let text = self.take(len)?;
        (self.take(1)? == [0]).then(|| String::from_utf8_lossy(text).into_owned())
    }
}

/// Where the bus listens; the environment may name another place, but not to a program with privileges.
const SYSTEM_BUS: &str = "/run/dbus/system_bus_socket";
const BUS: &str = "org.freedesktop.DBus";

/// How long the bus may take for anything.
const PATIENCE: Duration = Duration::from_secs(3);
/// Messages that may come before the answer.
const MAX_OTHERS: usize = 64;
const MAX_LINE: usize = 256;
const MAX_MESSAGE: usize = 1 << 16;

/// Octets of a message before its header fields.
const FIXED: usize = 16;
const ENDIAN: u8 = if cfg!(target_endian = "big") { b'B' } else { b'l' };
const VERSION: u8 = 1;
const METHOD_CALL: u8 = 1;
const METHOD_RETURN: u8 = 2;
const ERROR: u8 = 3;
const NO_AUTO_START: u8 = 2;

// Header fields.
const PATH: u8 = 1;
const INTERFACE: u8 = 2;
const MEMBER: u8 = 3;
const ERROR_NAME: u8 = 4;
const REPLY_SERIAL: u8 = 5;
const DESTINATION: u8 = 6;
const SIGNATURE: u8 = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const METHOD: Method<'_> =
        Method { service: "org.example", object: "/org/example", interface: "org.example.Thing", name: "Do" };

    /// An answer as a bus writes it.
    fn answer(kind: u8, to: u32, error: &str, text: &str) -> Vec<u8> {
        let mut body = Body::default();
        body.string(text);
        let mut message = Body::default();
        message.octets.extend([ENDIAN, kind, 0, VERSION]);
        message.number(body.octets.len() as u32).number(7);
        message.structures([REPLY_SERIAL, ERROR_NAME, SIGNATURE], |field, code| {
            field.octets.push(code);
            match code {
                REPLY_SERIAL => {
                    field.signature("u");
                    field.number(to);
                }
                ERROR_NAME => {
                    field.signature("s");
                    field.string(error);
                }
                _ => {
                    field.signature("g");
                    field.signature("s");
                }
            }
        });
        message.align(8);
        message.octets.extend(body.octets);
        message.octets
    }

    /// A bus that says `answers` after this word about letting us in, all at once; and its end of the line.
    fn bus(admit: &[u8], answers: &[u8]) -> (Result<Bus, BusError>, UnixStream) {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(admit).unwrap();
        theirs.write_all(answers).unwrap();
        (Bus::over(ours), theirs)
    }

    #[test]
    fn a_refusal_has_the_name_and_the_words_of_the_service() {
        let hello = answer(METHOD_RETURN, 1, "", ":1.7");
        let signal = answer(4, 0, "", ":1.7");
        let refusal = answer(ERROR, 2, "org.example.No", "not today");
        let (bus, theirs) = bus(b"OK 0123\r\n", &[hello, signal, refusal].concat());
        let mut bus = bus.unwrap();
        let refused = bus.call(METHOD, "", &Body::default());
        assert!(
            matches!(&refused, Err(BusError::Refused { name, message }) if name == "org.example.No" && message == "not today"),
            "{refused:?}"
        );
        drop(theirs);
        assert!(matches!(bus.call(METHOD, "", &Body::default()), Err(BusError::Unreachable(_))));
    }

    #[test]
    fn a_bus_that_does_not_let_us_in_is_told_from_one_that_talks_nonsense() {
        assert!(matches!(bus(b"REJECTED EXTERNAL\r\n", &[]).0, Err(BusError::NotAdmitted)));
        assert!(matches!(bus(b"OK 1\r\n", &[b'x'; 64]).0, Err(BusError::BadAnswer)));
        assert!(matches!(bus(&[b'O'; 300], &[]).0, Err(BusError::BadAnswer)));
    }

    #[test]
    fn a_call_has_its_arguments_where_the_wire_wants_them() {
        let mut body = Body::default();
        body.number(7).structures([("corp.example", true)], |body, (name, only)| {
            body.string(name).boolean(only);
        });
        // An index, the length of the array, a name with its length and zero, padding, a truth value.
        assert_eq!(body.octets.len(), 4 + 4 + (4 + 12 + 1) + 3 + 4);
        assert_eq!(body.octets[4..8], 24_u32.to_ne_bytes());
        let message = call(METHOD, 5, "ia(sb)", &body);
        assert_eq!(Some(message.len() - FIXED), rest(&message));
        assert_eq!(read(&message).map(|read| (read.kind, read.answers)), Some((METHOD_CALL, None)));
        // Without structures the padding before the first stands all the same.
        let mut empty = Body::default();
        empty.structures([0; 0], |_, _: i32| {});
        assert_eq!(empty.octets, [0; 8]);
    }

    proptest! {
        #[test]
        fn no_message_makes_the_reader_panic(octets in proptest::collection::vec(any::<u8>(), 0..200), big: bool) {
            let octets = [&[if big { b'B' } else { b'l' }], octets.as_slice()].concat();
            let _ = (rest(&octets), read(&octets));
        }
    }
}
