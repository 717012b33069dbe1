//! Captures and packets made by hand.

/// The forms of a capture file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    PcapBig,
    PcapLittle,
    PcapNanoseconds,
    PcapngBig,
    PcapngLittle,
    /// With nanoseconds, a comment and blocks of other types between.
    PcapngRich,
}

impl Format {
    pub(super) const ALL: [Format; 6] = [
        Format::PcapBig,
        Format::PcapLittle,
        Format::PcapNanoseconds,
        Format::PcapngBig,
        Format::PcapngLittle,
        Format::PcapngRich,
    ];
}

/// Packets with their times in microseconds, of link type raw IP.
#[derive(Clone, Default)]
pub(super) struct Capture {
    packets: Vec<(u64, Vec<u8>)>,
}

const RAW: u32 = 101;

impl Capture {
    pub(super) fn at(&mut self, microseconds: u64, packet: Vec<u8>) {
        self.packets.push((microseconds, packet));
    }

    pub(super) fn file(&self, format: Format) -> Vec<u8> {
        match format {
            Format::PcapBig => self.pcap(0xa1b2_c3d4, 1, u32::to_be_bytes),
            Format::PcapLittle => self.pcap(0xa1b2_c3d4, 1, u32::to_le_bytes),
            Format::PcapNanoseconds => self.pcap(0xa1b2_3c4d, 1000, u32::to_le_bytes),
            Format::PcapngBig => self.pcapng(u32::to_be_bytes, u16::to_be_bytes, false),
            Format::PcapngLittle => self.pcapng(u32::to_le_bytes, u16::to_le_bytes, false),
            Format::PcapngRich => self.pcapng(u32::to_le_bytes, u16::to_le_bytes, true),
        }
    }

    fn pcap(&self, magic: u32, fraction: u64, four: fn(u32) -> [u8; 4]) -> Vec<u8> {
        let mut file = [four(magic), [0; 4], [0; 4], [0; 4], four(65_535), four(RAW)].concat();
        for (at, packet) in &self.packets {
            let length = four(packet.len() as u32);
            let seconds = four((at / 1_000_000) as u32);
            let fraction = four((at % 1_000_000 * fraction) as u32);
            file.extend([seconds, fraction, length, length].concat());
            file.extend(packet);
        }
        file
    }

    fn pcapng(&self, four: fn(u32) -> [u8; 4], two: fn(u16) -> [u8; 2], rich: bool) -> Vec<u8> {
        let block = |kind: u32, body: &[u8]| {
            let padding = vec![0; body.len().next_multiple_of(4) - body.len()];
            let length = four((12 + body.len() + padding.len()) as u32);
            [&four(kind)[..], &length, body, &padding, &length].concat()
        };
        let mut file = block(0x0a0d_0d0a, &[&four(0x1a2b_3c4d)[..], &[0; 4], &[0xff; 8]].concat());
        let mut interface = [&two(RAW as u16)[..], &[0; 2], &four(0)].concat();
        if rich {
            interface.extend([&two(9)[..], &two(1), &[9, 0, 0, 0], &[0; 4]].concat());
            file.extend(block(4, &[1, 2, 3]));
        }
        file.extend(block(1, &interface));
        for (at, packet) in &self.packets {
            let units = if rich { at * 1000 } else { *at };
            let length = four(packet.len() as u32);
            let high = four((units >> 32) as u32);
            let low = four(units as u32);
            let padding = vec![0; packet.len().next_multiple_of(4) - packet.len()];
            let mut body = [&four(0)[..], &high, &low, &length, &length, packet, &padding].concat();
            if rich {
                body.extend([&two(1)[..], &two(5), b"hello\0\0\0", &[0; 4]].concat());
            }
            file.extend(block(6, &body));
        }
        file
    }
}

/// An IPv4 packet.
pub(super) fn ipv4(source: [u8; 4], destination: [u8; 4], protocol: u8, payload: &[u8]) -> Vec<u8> {
    let length = ((20 + payload.len()) as u16).to_be_bytes();
    let mut packet = vec![0x45, 0, length[0], length[1], 0, 1, 0, 0, 64, protocol, 0, 0];
    packet.extend(source);
    packet.extend(destination);
    packet.extend(payload);
    packet
}

/// An IPv4 packet with a UDP datagram.
pub(super) fn udp(source: [u8; 4], destination: [u8; 4], from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
    let length = (8 + payload.len()) as u16;
    let datagram = [&[from, to, length, 0].map(u16::to_be_bytes).concat(), payload].concat();
    ipv4(source, destination, 17, &datagram)
}

/// An IPv4 packet with a TCP segment.
pub(super) fn tcp(
    source: [u8; 4],
    destination: [u8; 4],
    from: u16,
    to: u16,
    sequence: u32,
    flags: u8,
    data: &[u8],
) -> Vec<u8> {
    let mut segment = [from, to].map(u16::to_be_bytes).concat();
    segment.extend(sequence.to_be_bytes());
    segment.extend([0, 0, 0, 0, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    segment.extend(data);
    ipv4(source, destination, 6, &segment)
}

/// An IKEv1 message.
pub(super) fn ike_header(
    initiator: [u8; 8],
    responder: [u8; 8],
    next: u8,
    exchange: u8,
    flags: u8,
    id: u32,
    body: &[u8],
) -> Vec<u8> {
    let mut message = [initiator, responder].concat();
    message.extend([next, 0x10, exchange, flags]);
    message.extend(id.to_be_bytes());
    message.extend(((28 + body.len()) as u32).to_be_bytes());
    message.extend(body);
    message
}

/// Puts an acknowledgement number into a packet of [`tcp`].
pub(super) trait Acknowledge {
    fn with_acknowledgement(self, number: u32) -> Self;
}

impl Acknowledge for Vec<u8> {
    fn with_acknowledgement(mut self, number: u32) -> Self {
        self[28..32].copy_from_slice(&number.to_be_bytes());
        self
    }
}
