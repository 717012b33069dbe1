//! Zip (APPNOTE.TXT): members by their local headers, stored or deflated.

use observe::Trouble;
use std::io::{self, BufRead, Read};

use flate2::bufread::DeflateDecoder;

use super::Unpacker;

const LOCAL_HEADER: [u8; 4] = *b"PK\x03\x04";
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";

/// General purpose flags.
const ENCRYPTED: u16 = 1;
const SIZES_FOLLOW: u16 = 1 << 3;

pub(super) fn read(input: &mut dyn BufRead, unpacker: &mut Unpacker<'_>) -> io::Result<()> {
    loop {
        let mut signature = [0; 4];
        input.read_exact(&mut signature)?;
        if signature != LOCAL_HEADER {
            // The directory repeats what the headers said.
            return Ok(());
        }
        let header = Header::read(input)?;
        let known = header.flags & SIZES_FOLLOW == 0;
        if header.flags & ENCRYPTED != 0 {
            unpacker.trouble(Trouble::MembersEncrypted);
            if !known {
                return Ok(());
            }
            skip(&mut (&mut *input).take(header.packed))?;
            continue;
        }
        let directory = header.name.ends_with('/');
        let goes_on = match (header.method, known) {
            (0, true) => {
                let mut data = (&mut *input).take(header.packed);
                let goes_on = directory || unpacker.member(&header.name, &mut data)?;
                skip(&mut data)?;
                goes_on
            }
            (8, true) => {
                let mut data = (&mut *input).take(header.packed);
                let goes_on = unpacker.member(&header.name, &mut DeflateDecoder::new(&mut data))?;
                skip(&mut data)?;
                goes_on
            }
            (8, false) => {
                let mut data = DeflateDecoder::new(&mut *input);
                let goes_on = unpacker.member(&header.name, &mut data)?;
                // The end of the member is where its data end, so they must be unfolded.
                let rest = io::copy(&mut (&mut data).take(unpacker.budget.octets.get()), &mut io::sink())?;
                unpacker.budget.octets.set(unpacker.budget.octets.get().saturating_sub(rest));
                if unpacker.budget.octets.get() == 0 {
                    unpacker.trouble(Trouble::BundleFull);
                    return Ok(());
                }
                descriptor(input)?;
                goes_on
            }
            (_, true) => {
                unpacker.trouble(Trouble::MembersPacked);
                skip(&mut (&mut *input).take(header.packed))?;
                true
            }
            (_, false) => {
                unpacker.trouble(Trouble::MembersPacked);
                return Ok(());
            }
        };
        if !goes_on {
            return Ok(());
        }
    }
}

/// A local header (4.3.7), behind its signature.
struct Header {
    flags: u16,
    method: u16,
    packed: u64,
    name: String,
}

impl Header {
    fn read(input: &mut dyn BufRead) -> io::Result<Header> {
        let mut fixed = [0; 26];
        input.read_exact(&mut fixed)?;
        let short = |at: usize| u16::from_le_bytes([byte(&fixed, at), byte(&fixed, at + 1)]);
        let long = |at: usize| u32::from(short(at)) | u32::from(short(at + 2)) << 16;
        let mut name = vec![0; short(22).into()];
        input.read_exact(&mut name)?;
        let mut extra = vec![0; short(24).into()];
        input.read_exact(&mut extra)?;
        let packed = match long(14) {
            u32::MAX => packed_64(&extra).unwrap_or(u64::from(u32::MAX)),
            packed => packed.into(),
        };
        // Some programs of Windows separate directories their own way.
        let name = String::from_utf8_lossy(&name).replace('\\', "/");
        Ok(Header { flags: short(2), method: short(4), packed, name })
    }
}

fn byte(octets: &[u8], at: usize) -> u8 {
    octets.get(at).copied().unwrap_or(0)
}

/// The packed size in the extra field of Zip64 (4.5.3), behind the size.
fn packed_64(mut extra: &[u8]) -> Option<u64> {
    while let [id_low, id_high, len_low, len_high, rest @ ..] = extra {
        let len = usize::from(u16::from_le_bytes([*len_low, *len_high]));
        let field = rest.get(..len)?;
        if (*id_low, *id_high) == (1, 0) {
            return field.get(8..16)?.try_into().ok().map(u64::from_le_bytes);
        }
        extra = rest.get(len..)?;
    }
    None
}

/// The data descriptor (4.3.9): its signature may be missing, its sizes may be of four octets or eight.
fn descriptor(input: &mut dyn BufRead) -> io::Result<()> {
    let mut first = [0; 4];
    input.read_exact(&mut first)?;
    let rest = if first == DESCRIPTOR { 12 } else { 8 };
    skip(&mut (&mut *input).take(rest))?;
    if !input.fill_buf()?.starts_with(b"PK") {
        skip(&mut (&mut *input).take(8))?;
    }
    Ok(())
}

fn skip(input: &mut dyn Read) -> io::Result<()> {
    io::copy(input, &mut io::sink()).map(|_| ())
}
