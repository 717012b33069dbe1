use crate::{Malformed, Problem, Reader};

/// The body of a fragment payload ([MS-IKEE] §2.2.3; payload type 0x84): a piece of a whole message, its header included.
/// The fragments of one message carry the same id; their numbers begin at 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fragment<'a> {
    /// Which message this is a piece of.
    pub id: u16,
    /// Position of the piece, from 1.
    pub number: u8,
    /// Whether this is the last piece.
    pub last: bool,
    /// The piece; never empty.
    pub data: &'a [u8],
}

impl<'a> Fragment<'a> {
    /// Reads a body.
    pub fn parse(mut reader: Reader<'a>) -> Result<Self, Malformed> {
        let id = reader.u16("fragment ID")?;
        let at_number = reader.clone();
        let number = reader.u8("fragment number")?;
        if number == 0 {
            return Err(at_number.error("fragment number", Problem::BadValue { got: 0 }));
        }
        let flags = reader.u8("fragment flags")?;
        let data = reader.rest();
        if data.is_empty() {
            return Err(reader.error("fragment data", Problem::Missing));
        }
        Ok(Fragment { id, number, last: flags & 1 != 0, data })
    }

    /// The body.
    pub fn emit(&self) -> Vec<u8> {
        let mut out = self.id.to_be_bytes().to_vec();
        out.extend_from_slice(&[self.number, u8::from(self.last)]);
        out.extend_from_slice(self.data);
        out
    }
}
