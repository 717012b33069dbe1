//! Captures: pcap and pcapng, from the file to the facts of each protocol.

mod dissector;
mod esp;
mod file;
mod icmp;
mod ike;
mod inner;
mod ip;
mod l2tp;
mod lengths;
mod link;
mod names;
mod note;
mod pcapng;
mod ppp;
mod pptp;
mod radius;
#[cfg(test)]
mod tests;
pub(crate) mod trace;

use std::io::{self, Read};

use self::dissector::Dissector;
use self::file::Packets;
use crate::{Kind, Settings, Sink};

/// Octets between two reports of progress.
const STRIDE: u64 = 4 << 20;

/// Reads a capture.
pub(crate) fn read(
    input: impl Read,
    kind: Kind,
    settings: &Settings,
    sink: &mut Sink<'_>,
    progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    let mut packets = Packets::new(input, kind);
    let mut dissector = Dissector::new(settings);
    let mut told = 0;
    let result = loop {
        match packets.next() {
            Ok(Some(packet)) => dissector.packet(&packet, sink),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
        if packets.octets() - told >= STRIDE {
            told = packets.octets();
            progress(told);
        }
    };
    progress(packets.octets());
    if let Some(trouble) = packets.trouble() {
        sink.trouble(trouble.clone());
    }
    dissector.finish(sink);
    result
}
