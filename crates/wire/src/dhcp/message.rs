//! The message: fixed fields, then options.

use std::net::Ipv4Addr;

use super::{MessageType, Op, OptionCode};
use crate::{Layer, Malformed, Problem, Reader};

/// What stands before the options (RFC 2131 §3).
const COOKIE: u32 = 0x6382_5363;

/// Octets of a message before its options.
const FIXED_LEN: usize = 240;

/// Octets that a BOOTP server may insist on (RFC 1542 §2.1).
const MIN_LEN: usize = 300;

/// Octets of a value that one option can hold; longer values stand in several (RFC 3396 §5).
const OPTION_MAX: usize = 255;

/// A DHCP message. Fields that a client with an address of its own has no use for are written as zero and not kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Request or reply.
    pub op: Op,
    /// Kind of hardware address; 1 for Ethernet.
    pub htype: u8,
    /// Octets of the hardware address that count; at most 16.
    pub hlen: u8,
    /// What ties a reply to its request.
    pub xid: u32,
    /// Seconds since the client began.
    pub secs: u16,
    /// Flags; the highest bit asks for a broadcast reply.
    pub flags: u16,
    /// The client's address, if it has one.
    pub ciaddr: Ipv4Addr,
    /// The address that the server assigns; none for DHCPINFORM.
    pub yiaddr: Ipv4Addr,
    /// The relay's address.
    pub giaddr: Ipv4Addr,
    /// The client's hardware address.
    pub chaddr: [u8; 16],
    /// The options in the order of their first part, each once: the parts of a long one are joined (RFC 3396). Neither pad nor
    /// end.
    pub options: Vec<(OptionCode, Vec<u8>)>,
}

impl Message {
    /// Reads the payload of a UDP datagram.
    ///
    /// # Errors
    /// It is shorter than it claims, without the cookie, or names an impossible length.
    pub fn parse(data: &[u8]) -> Result<Message, Malformed> {
        let mut reader = Reader::new(Layer::Dhcp, data);
        let op = Op(reader.u8("op")?);
        let htype = reader.u8("htype")?;
        let hlen = reader.u8("hlen")?;
        if hlen > 16 {
            return Err(reader.error("hlen", Problem::BadLength { got: hlen.into(), min: 0, max: 16 }));
        }
        reader.u8("hops")?;
        let xid = reader.u32("xid")?;
        let (secs, flags) = (reader.u16("secs")?, reader.u16("flags")?);
        let ciaddr = reader.u32("ciaddr")?.into();
        let yiaddr = reader.u32("yiaddr")?.into();
        reader.u32("siaddr")?;
        let giaddr = reader.u32("giaddr")?.into();
        let chaddr = reader.array("chaddr")?;
        let mut sname = reader.split("sname", 64)?;
        let mut file = reader.split("file", 128)?;
        if reader.u32("cookie")? != COOKIE {
            return Err(reader.error("cookie", Problem::Missing));
        }
        let mut message =
            Message { op, htype, hlen, xid, secs, flags, ciaddr, yiaddr, giaddr, chaddr, options: Vec::new() };
        message.take_options(&mut reader)?;
        // RFC 2132 §9.3: options may go on in the two fields, `file` first.
        let overload = message.option(OptionCode::OVERLOAD).and_then(|value| value.first().copied()).unwrap_or(0);
        if overload & 1 != 0 {
            message.take_options(&mut file)?;
        }
        if overload & 2 != 0 {
            message.take_options(&mut sname)?;
        }
        Ok(message)
    }

    /// The value of an option.
    pub fn option(&self, code: OptionCode) -> Option<&[u8]> {
        self.options.iter().find(|(known, _)| *known == code).map(|(_, value)| &value[..])
    }

    /// The message type, if it is there and one octet.
    pub fn kind(&self) -> Option<MessageType> {
        match self.option(OptionCode::MESSAGE_TYPE) {
            Some(&[kind]) => Some(MessageType(kind)),
            _ => None,
        }
    }

    /// The octets of the message, padded to what every server takes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![self.op.0, self.htype, self.hlen, 0];
        out.extend(self.xid.to_be_bytes());
        out.extend(self.secs.to_be_bytes());
        out.extend(self.flags.to_be_bytes());
        for address in [self.ciaddr, self.yiaddr, Ipv4Addr::UNSPECIFIED, self.giaddr] {
            out.extend(address.octets());
        }
        out.extend(self.chaddr);
        out.resize(FIXED_LEN - 4, 0);
        out.extend(COOKIE.to_be_bytes());
        for (code, value) in &self.options {
            for part in value.chunks(OPTION_MAX) {
                out.extend([code.0, part.len() as u8]);
                out.extend(part);
            }
        }
        out.push(OptionCode::END.0);
        out.resize(out.len().max(MIN_LEN), 0);
        out
    }

    fn take_options(&mut self, reader: &mut Reader<'_>) -> Result<(), Malformed> {
        while !reader.is_empty() {
            let code = OptionCode(reader.u8("option code")?);
            match code {
                OptionCode::PAD => continue,
                OptionCode::END => break,
                _ => {}
            }
            let len = reader.u8("option length")?;
            let value = reader.split("option value", len.into())?.rest();
            match self.options.iter_mut().find(|(known, _)| *known == code) {
                Some((_, joined)) => joined.extend(value),
                None => self.options.push((code, value.to_vec())),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn inform() -> Message {
        Message {
            op: Op::REQUEST,
            htype: 1,
            hlen: 6,
            xid: 0x1234_5678,
            secs: 0,
            flags: 0,
            ciaddr: Ipv4Addr::new(10, 99, 0, 2),
            yiaddr: Ipv4Addr::UNSPECIFIED,
            giaddr: Ipv4Addr::UNSPECIFIED,
            chaddr: [7; 16],
            options: vec![(OptionCode::MESSAGE_TYPE, vec![8]), (OptionCode::PARAMETERS, vec![6, 15])],
        }
    }

    #[test]
    fn fields_stand_where_rfc_2131_puts_them() {
        let data = inform().encode();
        assert_eq!(data.len(), 300);
        assert_eq!(data[..8], [1, 1, 6, 0, 0x12, 0x34, 0x56, 0x78]);
        assert_eq!(data[12..16], [10, 99, 0, 2]);
        assert_eq!(data[236..240], [99, 130, 83, 99]);
        assert_eq!(data[240..248], [53, 1, 8, 55, 2, 6, 15, 255]);
    }

    #[test]
    fn a_value_longer_than_an_option_stands_in_several_and_is_joined() {
        let mut message = inform();
        message.options.push((OptionCode::CLASSLESS_ROUTES, (0..=255).chain(0..=255).collect()));
        assert_eq!(Message::parse(&message.encode()), Ok(message));
    }

    #[test]
    fn options_go_on_in_the_file_and_the_server_name() {
        let mut message = inform();
        message.options.push((OptionCode::OVERLOAD, vec![3]));
        let mut data = message.encode();
        data[108..112].copy_from_slice(&[15, 1, b'a', 255]);
        data[44..48].copy_from_slice(&[15, 1, b'b', 255]);
        assert_eq!(Message::parse(&data).unwrap().option(OptionCode::DOMAIN), Some(&b"ab"[..]));
    }

    #[test]
    fn a_message_without_cookie_or_with_a_cut_option_is_refused() {
        let mut data = inform().encode();
        assert_eq!(Message::parse(&data[..244]).unwrap_err().field, "option length");
        assert_eq!(Message::parse(&data[..246]).unwrap_err().field, "option value");
        data[236] = 0;
        assert_eq!(Message::parse(&data).unwrap_err().field, "cookie");
    }

    proptest! {
        #[test]
        fn no_bytes_panic_the_parser_and_what_it_reads_survives(
            head in proptest::collection::vec(any::<u8>(), 236),
            options in proptest::collection::vec(any::<u8>(), 0..400),
        ) {
            let data = [&head[..], &COOKIE.to_be_bytes(), &options].concat();
            if let Ok(message) = Message::parse(&data) {
                // An option without a value is not written, and one that says where others stand has lost its meaning.
                let mut message = message;
                message.options.retain(|(code, value)| !value.is_empty() && *code != OptionCode::OVERLOAD);
                prop_assert_eq!(Message::parse(&message.encode()), Ok(message));
            }
        }
    }
}
