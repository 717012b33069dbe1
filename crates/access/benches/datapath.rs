//! The data path of one core without sockets: a client's end seals what 64 KiB TUN reads gave, a server's end opens it and joins
//! the segments again.
//!
//! `cargo bench -p causeway-access --bench datapath` prints, for each suite, Gbit/s of inner TCP payload each way, and how many
//! times faster a batch is than the same packets one at a time in the same run. Only the ratios mean anything on a machine
//! that does other work.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock and stops at what it did not expect"
)]

use std::net::IpAddr;
use std::time::Instant;

use access::Output;
use access::datapath::{Admission, ChildLink, DataPath, Encapsulation, Link, LinkId, PeerId, Traffic};
use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;
use clock::Timestamp;
use crypto::Secret;
use crypto::cbc::CbcAlg;
use esp::{Keys, Mac, Suite};
use ike::{IkeSaId, Path};
use wire::l2tp::DataLayout;
use wire::virtio::{Gso, VnetHeader};

/// TCP payload of a segment: what fits into 1400 octets beside the headers with a timestamp.
const SEGMENT: usize = 1348;

/// Segments of one TUN read.
const SEGMENTS: usize = 46;

/// Rounds of each measurement.
const ROUNDS: usize = 2000;

const SUITES: [Suite; 4] = [
    Suite::Gcm { key_len: 16 },
    Suite::Cbc(CbcAlg::Aes128, Mac::HmacSha1_96),
    Suite::Cbc(CbcAlg::Aes256, Mac::HmacSha1_96),
    Suite::Cbc(CbcAlg::Aes256, Mac::HmacSha256_128),
];

/// Collects trains; counts what reaches the host.
#[derive(Default)]
struct Collected {
    trains: Vec<(Vec<u8>, usize)>,
    spare: Vec<Vec<u8>>,
    octets: usize,
}

impl Output for Collected {
    fn udp(&mut self, _: Path, data: &[u8], segment: usize) {
        let mut train = self.spare.pop().unwrap_or_default();
        train.clear();
        train.extend_from_slice(data);
        self.trains.push((train, segment));
    }

    fn esp(&mut self, _: IpAddr, _: IpAddr, _: &[u8], _: usize) {
        unreachable!("everything goes by UDP here");
    }

    fn tun(&mut self, _: VnetHeader, packet: &[u8]) {
        self.octets += packet.len();
    }
}

struct End {
    data: DataPath,
    link: LinkId,
    path: Path,
}

impl End {
    fn new(suite: Suite, dialled: bool, rng: &mut ChaCha8Rng) -> End {
        let path = Path { local: "192.0.2.1:4500".parse().unwrap(), remote: "192.0.2.2:4500".parse().unwrap() };
        let (inbound, outbound) = if dialled { (0x1000, 0x2000) } else { (0x2000, 0x1000) };
        let mut data = DataPath::new(Admission::default());
        let child = ChildLink {
            inbound: keys(inbound, suite),
            outbound: keys(outbound, suite),
            encapsulation: Encapsulation::Udp,
            ike_sa: IkeSaId(1),
            path,
            local_port: 1701,
            remote_port: 1701,
        };
        data.install_child(PeerId(1), &child, rng).unwrap();
        let link = data.add_link(Link {
            peer: PeerId(1),
            via: Some(IkeSaId(1)),
            dialled,
            local: (1, 1),
            layout: DataLayout { tunnel: 1, session: 1, with_length: false, sequenced: false },
            next_ns: 0,
            compress_address: false,
            compress_protocol: false,
            mtu: 1400,
            ipv4: None,
            ipv6: None,
            traffic: Traffic::default(),
            told_alive: None,
        });
        data.set_ipv4(link, Some([10, 0, 0, 2].into()));
        End { data, link, path }
    }
}

fn keys(spi: u32, suite: Suite) -> Keys {
    let (encryption, integrity) = match suite {
        Suite::Cbc(cipher, mac) => (cipher.key_len(), mac.key_len()),
        Suite::Gcm { key_len } => (key_len, 0),
    };
    let secret = |len, octet| Secret::from(vec![octet; len]);
    Keys { spi, suite, encryption: secret(encryption, 1), integrity: secret(integrity, 2), salt: [3; 4] }
}

/// A TCP packet of `segments` segments as a TUN device hands it over.
fn packet(segments: usize) -> (VnetHeader, Vec<u8>) {
    let total = 52 + segments * SEGMENT;
    let mut packet = vec![0x45, 0];
    packet.extend((total as u16).to_be_bytes());
    packet.extend([0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 2, 192, 0, 2, 9]);
    packet.extend([0xc0, 1, 0, 80, 0, 0, 0, 1, 0, 0, 0, 7, 0x80, 0x10, 0x20, 0, 0, 0, 0, 0]);
    packet.extend([1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0]);
    packet.resize(total, 7);
    let gso = (segments > 1).then_some(Gso::TcpV4);
    let header =
        VnetHeader { gso, hdr_len: 52, gso_size: SEGMENT as u16, csum_start: 20, csum_offset: 16, needs_csum: true };
    (header, packet)
}

/// Seconds that sending and receiving took, for `reads` TUN reads of `segments` segments each.
fn measure(suite: Suite, reads: usize, segments: usize) -> (f64, f64) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let (mut client, mut server) = (End::new(suite, true, &mut rng), End::new(suite, false, &mut rng));
    let (header, packet) = packet(segments);
    let now = Timestamp::from_nanos(1);
    let mut out = Collected::default();
    let (mut sending, mut receiving) = (0.0, 0.0);
    for _ in 0..reads {
        let began = Instant::now();
        client.data.transmit_on(client.link, header, &packet, &mut out);
        client.data.flush(&mut out);
        sending += began.elapsed().as_secs_f64();
        let began = Instant::now();
        for (mut train, segment) in std::mem::take(&mut out.trains) {
            server.data.receive(now, server.path, Encapsulation::Udp, &mut train, segment, &mut out);
            out.spare.push(train);
        }
        server.data.flush(&mut out);
        receiving += began.elapsed().as_secs_f64();
    }
    assert_eq!(out.octets, reads * packet.len(), "every octet arrived");
    (sending, receiving)
}

fn main() {
    for suite in SUITES {
        // In turns, so that what else the machine does meets both.
        let (mut batch, mut single) = ((0.0, 0.0), (0.0, 0.0));
        for _ in 0..5 {
            let (sending, receiving) = measure(suite, ROUNDS / 5, SEGMENTS);
            batch = (batch.0 + sending, batch.1 + receiving);
            let (sending, receiving) = measure(suite, ROUNDS / 5 * SEGMENTS, 1);
            single = (single.0 + sending, single.1 + receiving);
        }
        let gbit = (ROUNDS * SEGMENTS * SEGMENT * 8) as f64 / 1e9;
        println!(
            "{:32} send {:5.1} Gbit/s, {:4.1} times one by one   receive {:5.1} Gbit/s, {:4.1} times",
            suite.to_string(),
            gbit / batch.0,
            single.0 / batch.0,
            gbit / batch.1,
            single.1 / batch.1,
        );
    }
}
