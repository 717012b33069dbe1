#![no_main]

use std::net::Ipv6Addr;
use std::time::Duration;

use autoconf::Solicitor;
use clock::Timestamp;
use fuzz::Script;
use libfuzzer_sys::fuzz_target;
use wire::ip::{is_router_advertisement, protocol, pseudo_header};

const ROUTER: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// An advertisement whose checksum is right, whatever else it says.
fn advertisement(said: &[u8]) -> Vec<u8> {
    let mut body = [&[134, 0, 0, 0][..], said].concat();
    let sum = pseudo_header(ROUTER.into(), ALL_NODES.into(), protocol::ICMPV6, body.len()).over(&body).finish();
    body[2..4].copy_from_slice(&sum.to_be_bytes());
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend((body.len() as u16).to_be_bytes());
    packet.extend([protocol::ICMPV6, 255]);
    packet.extend(ROUTER.octets());
    packet.extend(ALL_NODES.octets());
    packet.extend(body);
    packet
}

fuzz_target!(|data: &[u8]| {
    let mut now = Timestamp::ZERO;
    let mut solicitor = Solicitor::begin(now, 0x1234);
    solicitor.handle_packet(now, data);
    let mut script = Script::new(data);
    while !script.is_empty() {
        let packet = advertisement(script.piece());
        assert!(is_router_advertisement(&packet) || packet.len() < 56);
        solicitor.handle_packet(now, &packet);
        now = now + Duration::from_secs(script.word().into());
        solicitor.handle_timeout(now);
        while solicitor.poll_transmit().is_some() {}
        while let Some(change) = solicitor.poll_change() {
            let address = change.map(|host| host.address);
            assert!(address.is_none_or(|address| !address.is_multicast() && !address.is_unicast_link_local()));
        }
        assert!(solicitor.poll_timeout().is_none_or(|due| due > now), "nothing is due twice");
    }
});
