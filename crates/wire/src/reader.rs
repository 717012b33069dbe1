//! The one reader that every parser uses, and the error it gives.

use std::fmt;

/// The format in which something was malformed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Layer {
    /// An ISAKMP header or payload chain (RFC 2408).
    Isakmp,
    /// An ESP packet (RFC 4303).
    Esp,
    /// An inner IPv4 or IPv6 packet.
    Ip,
    /// A UDP datagram.
    Udp,
    /// An L2TP header or AVP list (RFC 2661).
    L2tp,
    /// A PPP frame or control packet (RFC 1661).
    Ppp,
    /// A PPP authentication packet (RFC 1334, 1994, 2759).
    PppAuth,
    /// A DHCP message (RFC 2131).
    Dhcp,
    /// An ICMPv6 message of neighbour discovery (RFC 4861).
    Icmpv6,
    /// A message of PPTP's control connection (RFC 2637 §2).
    Pptp,
    /// A GRE packet of PPTP (RFC 2637 §4).
    Gre,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Layer::Isakmp => "ISAKMP",
            Layer::Esp => "ESP",
            Layer::Ip => "IP",
            Layer::Udp => "UDP",
            Layer::L2tp => "L2TP",
            Layer::Ppp => "PPP",
            Layer::PppAuth => "PPP authentication",
            Layer::Dhcp => "DHCP",
            Layer::Icmpv6 => "ICMPv6",
            Layer::Pptp => "PPTP",
            Layer::Gre => "GRE",
        })
    }
}

/// What was wrong with a field.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Problem {
    /// The field needs `need` octets and `have` are left.
    Truncated {
        /// Octets that the field needs.
        need: usize,
        /// Octets that are left.
        have: usize,
    },
    /// Octets follow where the format ends.
    Trailing {
        /// How many octets follow.
        extra: usize,
    },
    /// A length field holds an impossible value.
    BadLength {
        /// The value in the field.
        got: usize,
        /// The smallest possible value.
        min: usize,
        /// The largest possible value.
        max: usize,
    },
    /// The field holds a value that the format does not allow.
    BadValue {
        /// The value in the field.
        got: u64,
    },
    /// More items than this implementation accepts.
    TooMany {
        /// The number accepted.
        limit: usize,
    },
    /// An item that the format requires is absent.
    Missing,
    /// An item that may stand once stands again.
    Repeated,
}

/// Bytes that are not the format they should be: where, and how.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Malformed {
    /// The format.
    pub layer: Layer,
    /// The field, in the words of the format's document.
    pub field: &'static str,
    /// Offset of the field from the start of that layer's data, in octets.
    pub offset: usize,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at offset {}: ", self.layer, self.field, self.offset)?;
        match self.problem {
            Problem::Truncated { need, have } => write!(f, "needs {need} octets, {have} are left"),
            Problem::Trailing { extra } => write!(f, "{extra} octets follow the end"),
            Problem::BadLength { got, min, max } => write!(f, "length {got} is not within {min} to {max}"),
            Problem::BadValue { got } => write!(f, "value {got:#x} is not allowed"),
            Problem::TooMany { limit } => write!(f, "more than {limit} items"),
            Problem::Missing => f.write_str("is missing"),
            Problem::Repeated => f.write_str("stands twice"),
        }
    }
}

impl std::error::Error for Malformed {}

/// A cursor over the bytes of one layer.
///
/// Every method that yields something consumes at least one octet, except [`Reader::rest`]; a loop that reads until
/// [`Reader::is_empty`] therefore ends.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    layer: Layer,
    base: usize,
    start: usize,
    data: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader over all of `data`, which begins `layer`.
    pub const fn new(layer: Layer, data: &'a [u8]) -> Self {
        Reader { layer, base: 0, start: 0, data }
    }

    /// Offset of the next octet from the start of the layer.
    pub const fn offset(&self) -> usize {
        self.base + self.start
    }

    /// Octets that are left.
    pub const fn remaining(&self) -> usize {
        self.data.len() - self.start
    }

    /// Whether nothing is left.
    pub const fn is_empty(&self) -> bool {
        self.remaining() == 0
    }

    /// The error for `field` at the current offset.
    pub const fn error(&self, field: &'static str, problem: Problem) -> Malformed {
        Malformed { layer: self.layer, field, offset: self.offset(), problem }
    }

    /// The next `len` octets. A `len` of zero yields an empty slice only through [`Reader::rest`] or [`Reader::split`].
    pub fn bytes(&mut self, field: &'static str, len: usize) -> Result<&'a [u8], Malformed> {
        if len == 0 {
            return Err(self.error(field, Problem::BadLength { got: 0, min: 1, max: self.remaining() }));
        }
        let Some(taken) = self.data.get(self.start..).and_then(|rest| rest.get(..len)) else {
            return Err(self.error(field, Problem::Truncated { need: len, have: self.remaining() }));
        };
        self.start += len;
        Ok(taken)
    }

    /// The next `N` octets; `N` is at least 1.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Malformed> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(field, N)?);
        Ok(array)
    }

    /// The next octet.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, Malformed> {
        Ok(self.array::<1>(field)?[0])
    }

    /// The next two octets, big-endian.
    pub fn u16(&mut self, field: &'static str) -> Result<u16, Malformed> {
        Ok(u16::from_be_bytes(self.array(field)?))
    }

    /// The next four octets, big-endian.
    pub fn u32(&mut self, field: &'static str) -> Result<u32, Malformed> {
        Ok(u32::from_be_bytes(self.array(field)?))
    }

    /// The next eight octets, big-endian.
    pub fn u64(&mut self, field: &'static str) -> Result<u64, Malformed> {
        Ok(u64::from_be_bytes(self.array(field)?))
    }

    /// A reader over the next `len` octets, which may be none; its offsets stay those of this layer. The caller has consumed
    /// a header before it, which is what makes a loop over such items progress.
    pub fn split(&mut self, field: &'static str, len: usize) -> Result<Reader<'a>, Malformed> {
        let base = self.offset();
        let data = if len == 0 { &[][..] } else { self.bytes(field, len)? };
        Ok(Reader { layer: self.layer, base, start: 0, data })
    }

    /// Everything that is left, which may be nothing.
    pub fn rest(&mut self) -> &'a [u8] {
        let rest = self.data.get(self.start..).unwrap_or_default();
        self.start = self.data.len();
        rest
    }

    /// Fails when something is left.
    pub const fn finish(&self, field: &'static str) -> Result<(), Malformed> {
        match self.remaining() {
            0 => Ok(()),
            extra => Err(self.error(field, Problem::Trailing { extra })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_layer_field_and_offset() {
        let mut reader = Reader::new(Layer::L2tp, &[1, 2, 3]);
        assert_eq!(reader.u16("length"), Ok(0x0102));
        let error = reader.u16("tunnel id").unwrap_err();
        assert_eq!(error.to_string(), "L2TP tunnel id at offset 2: needs 2 octets, 1 are left");
    }

    #[test]
    fn offsets_of_a_split_reader_count_from_the_start_of_the_layer() {
        let mut reader = Reader::new(Layer::Ppp, &[9, 9, 1, 2]);
        reader.u16("header").unwrap();
        let mut inner = reader.split("body", 2).unwrap();
        inner.u8("first").unwrap();
        assert_eq!(inner.u16("second").unwrap_err().offset, 3);
        assert!(reader.is_empty());
    }

    #[test]
    fn nothing_is_yielded_without_progress() {
        let mut reader = Reader::new(Layer::Ppp, &[1]);
        assert!(reader.bytes("empty", 0).is_err());
        assert_eq!(reader.remaining(), 1);
    }
}
