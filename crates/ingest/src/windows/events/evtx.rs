//! Binary event logs (.evtx), chunk by chunk. A record is turned into the XML that it encodes (MS-EVEN6 §2.2.12 and 3.1.4.7, as
//! it lies in files), which is read like an export.

mod binxml;

use std::io::{self, Read};

use observe::{Time, Trouble};

use super::{Log, xml};
use binxml::Chunk;

/// Octets of a chunk.
const CHUNK: usize = 64 << 10;
/// Where the records of a chunk begin.
const RECORDS: usize = 512;

/// Reads the chunks in their order.
pub(super) fn read(mut input: impl Read, log: &mut Log<'_, '_>, progress: &mut dyn FnMut(u64)) -> io::Result<()> {
    let mut header = vec![0; 4096];
    let got = fill(&mut input, &mut header)?;
    let size = usize::from(Chunk(&header).u16(40).unwrap_or_default());
    if got < header.len() || size != header.len() {
        log.trouble(Trouble::LogUnknown);
        return Ok(());
    }
    let mut chunk = vec![0; CHUNK];
    let mut octets = header.len() as u64;
    loop {
        let got = fill(&mut input, &mut chunk)?;
        if got == 0 {
            return Ok(());
        }
        octets += got as u64;
        let read = chunk.get(..got).unwrap_or_default();
        if got < CHUNK && read.iter().any(|octet| *octet != 0) {
            log.trouble(Trouble::LogCut);
        }
        if read.starts_with(b"ElfChnk\0") {
            records(&Chunk(read), log);
        }
        progress(octets);
    }
}

/// The records of a chunk, up to the first that is none.
fn records(chunk: &Chunk<'_>, log: &mut Log<'_, '_>) {
    let mut at = RECORDS;
    while chunk.u32(at) == Some(0x2a2a) {
        let Some(size) = chunk.u32(at + 4).and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 28) else {
            log.trouble(Trouble::RecordDamaged);
            return;
        };
        let end = at.saturating_add(size);
        match chunk.xml(at + 24, end.saturating_sub(4)).and_then(|text| xml::parse(&text)) {
            Some(mut event) => {
                event.record = event.record.or(chunk.u64(at + 8));
                event.at = event.at.or_else(|| chunk.u64(at + 16).and_then(filetime));
                log.event(&event);
            }
            None => log.trouble(Trouble::RecordDamaged),
        }
        at = end;
    }
}

/// Reads until `into` is full or the input ends.
fn fill(input: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while let Some(rest) = into.get_mut(len..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}

/// A moment of Windows' own count: tenths of microseconds since 1601.
fn filetime(ticks: u64) -> Option<Time> {
    let micros = i64::try_from(ticks / 10).ok()?;
    (ticks > 0).then(|| Time(micros - 11_644_473_600_000_000))
}

#[cfg(test)]
mod tests;
