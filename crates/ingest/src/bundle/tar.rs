//! Tar (POSIX.1-1988 ustar, and the long names of GNU tar).

use observe::Trouble;
use std::io::{self, BufRead, Read};

use super::Unpacker;

const BLOCK: usize = 512;

pub(super) fn read(input: &mut dyn BufRead, unpacker: &mut Unpacker<'_>) -> io::Result<()> {
    let mut long_name = None;
    loop {
        let mut block = [0; BLOCK];
        input.read_exact(&mut block)?;
        if block.iter().all(|octet| *octet == 0) {
            return Ok(());
        }
        let field = |from: usize, len: usize| block.get(from..from + len).unwrap_or_default();
        let sum: u64 = block
            .iter()
            .enumerate()
            .map(|(at, octet)| if (148..156).contains(&at) { 32 } else { u64::from(*octet) })
            .sum();
        if number(field(148, 8)) != Some(sum) {
            unpacker.trouble(Trouble::BundleDamaged);
            return Ok(());
        }
        let Some(size) = number(field(124, 12)) else {
            unpacker.trouble(Trouble::MemberSize);
            return Ok(());
        };
        let mut data = (&mut *input).take(size);
        let kind = block.get(156).copied().unwrap_or_default();
        let mut goes_on = true;
        match kind {
            b'0' | 0 | b'7' => {
                let prefix = text(field(345, 155));
                let name = match long_name.take() {
                    Some(name) => name,
                    None if prefix.is_empty() || field(257, 6) == b"ustar " => text(field(0, 100)),
                    None => format!("{prefix}/{}", text(field(0, 100))),
                };
                goes_on = unpacker.member(&name, &mut data)?;
            }
            b'L' => {
                let mut name = Vec::new();
                (&mut data).take(4096).read_to_end(&mut name)?;
                long_name = Some(text(&name));
            }
            _ => {}
        }
        io::copy(&mut data, &mut io::sink())?;
        let padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
        io::copy(&mut (&mut *input).take(padding), &mut io::sink())?;
        if !goes_on {
            return Ok(());
        }
    }
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|octet| *octet == 0).unwrap_or(field.len());
    String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
}

/// Octal digits, with blanks around them.
fn number(field: &[u8]) -> Option<u64> {
    let text = text(field);
    u64::from_str_radix(text.trim(), 8).ok()
}
