//! `about.txt`: what the person said when the collector asked, and what the collector could not get.

use std::io::{self, BufRead, BufReader, Read};

use observe::{About, Side, Spot, Trouble, reported};

use crate::Sink;

/// The first line.
pub(crate) const HEAD: &[u8] = b"causeway-collect 1";

/// Octets that are read.
const MOST: u64 = 64 << 10;

pub(crate) fn read(input: impl Read, sink: &mut Sink<'_>) -> io::Result<()> {
    let mut lines = BufReader::new(input.take(MOST));
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        number += 1;
        let text = String::from_utf8_lossy(&line);
        let Some((label, value)) = text.trim().split_once(": ") else { continue };
        match (label, value) {
            ("side", "client") => sink.set_side(Side::Client),
            ("side", "server") => sink.set_side(Side::Server),
            ("scope", value) => {
                let affected = match value {
                    "user" => reported::Affected::OneUser,
                    "site" => reported::Affected::OneSite,
                    "everyone" => reported::Affected::Everyone,
                    _ => continue,
                };
                let fact = reported::Fact::Affects(affected);
                sink.push(None, Spot::Line(number), text.trim(), About::default(), fact);
            }
            ("left out", value) => sink.trouble(Trouble::NotCollected { what: value.to_owned() }),
            _ => {}
        }
    }
}
