//! Reading a capture of 1 GiB that is mostly bulk: ESP, ESP in UDP, TCP, encrypted PPTP.
//!
//! `cargo bench -p causeway-ingest --bench capture` prints MB/s of each on one core, the file coming from memory.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a benchmark reads the clock")]

use std::io::{self, Read};
use std::time::Instant;

use ingest::Settings;
use observe::Timeline;

/// Octets of the whole file.
const LENGTH: u64 = 1 << 30;

/// Packets before the file repeats itself.
const PERIOD: u32 = 4096;

/// A file that repeats itself behind its header.
struct Repeating {
    header: Vec<u8>,
    period: Vec<u8>,
    at: u64,
}

impl Read for Repeating {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let header = self.header.len() as u64;
        if self.at >= LENGTH {
            return Ok(0);
        }
        let from = if self.at < header {
            &self.header[self.at as usize..]
        } else {
            &self.period[((self.at - header) % self.period.len() as u64) as usize..]
        };
        let length = from.len().min(buffer.len());
        buffer[..length].copy_from_slice(&from[..length]);
        self.at += length as u64;
        Ok(length)
    }
}

fn capture(packet: impl Fn(u32) -> (u8, Vec<u8>)) -> Repeating {
    let header = [0xa1b2_c3d4_u32, 0x0002_0004, 0, 0, 0xffff, 1].map(u32::to_be_bytes).concat();
    let mut period = Vec::new();
    for number in 0..PERIOD {
        let (protocol, body) = packet(number);
        let back = number % 3 == 2;
        let addresses = if back { [[10, 0, 0, 2], [10, 0, 0, 1]] } else { [[10, 0, 0, 1], [10, 0, 0, 2]] };
        let mut frame = vec![2; 12];
        frame.extend([8, 0, 0x45, 0]);
        frame.extend((20 + body.len() as u16).to_be_bytes());
        frame.extend([0, 0, 0, 0, 64, protocol, 0, 0]);
        frame.extend(addresses.concat());
        frame.extend(body);
        let length = (frame.len() as u32).to_be_bytes();
        period.extend([number.to_be_bytes(), [0; 4], length, length].concat());
        period.extend(frame);
    }
    Repeating { header, period, at: 0 }
}

fn udp(from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
    [&[from, to, 8 + payload.len() as u16, 0].map(u16::to_be_bytes).concat(), payload].concat()
}

fn esp(number: u32) -> Vec<u8> {
    let back = u32::from(number % 3 == 2);
    [&(0xc000_0001 + back).to_be_bytes()[..], &number.to_be_bytes(), &[0x5a; 1392]].concat()
}

fn tcp(number: u32) -> Vec<u8> {
    let (from, to): (u16, u16) = if number % 3 == 2 { (443, 50_000) } else { (50_000, 443) };
    let sequence = number.wrapping_mul(1360);
    let head = [&[from, to].map(u16::to_be_bytes).concat()[..], &sequence.to_be_bytes(), &sequence.to_be_bytes()];
    [&head.concat()[..], &[0x50, 0x10, 0, 0, 0, 0, 0, 0], &[1; 1360]].concat()
}

fn gre(number: u32) -> Vec<u8> {
    let sequence = number.to_be_bytes();
    [&[0x30, 1, 0x88, 0x0b, 5, 100, 0, 1][..], &sequence, &[0xff, 3, 0, 0xfd, 0x90, 0], &[7; 1374]].concat()
}

fn main() {
    type Make = fn(u32) -> (u8, Vec<u8>);
    let kinds: [(&str, Make); 4] = [
        ("ESP", |number| (50, esp(number))),
        ("ESP in UDP", |number| (17, udp(4500, 4500, &esp(number)))),
        ("TCP", |number| (6, tcp(number))),
        ("PPTP", |number| (47, gre(number))),
    ];
    for (name, make) in kinds {
        let file = capture(make);
        let mut timeline = Timeline::new();
        let start = Instant::now();
        ingest::read(name, file, &Settings::default(), &mut timeline, &mut |_| {}).unwrap();
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{name:12} {:8.0} MB/s, {} observations",
            LENGTH as f64 / 1e6 / seconds,
            timeline.observations().len()
        );
    }
}
