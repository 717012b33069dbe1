#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::ip::{IpView, TcpView, UdpView, clamp_mss, protocol, pseudo_header};

/// Whether the TCP checksum of a whole packet is right; `None` if it has none.
fn is_sound(packet: &[u8]) -> Option<bool> {
    let ip = IpView::parse(packet).ok().filter(|ip| ip.protocol == protocol::TCP && !ip.fragment)?;
    let segment = packet.get(ip.header_len..ip.total_len)?;
    Some(pseudo_header(ip.source, ip.destination, protocol::TCP, segment.len()).over(segment).is_valid())
}

fuzz_target!(|data: &[u8]| {
    let Ok(ip) = IpView::parse(data) else { return };
    assert!(ip.header_len <= ip.total_len && ip.total_len <= data.len());
    let body = &data[ip.header_len..ip.total_len];
    let _ = (UdpView::parse(body), TcpView::parse(body));
    let mut clamped = data.to_vec();
    clamp_mss(&mut clamped, 1400);
    assert_eq!(clamped.len(), data.len());
    if is_sound(data) == Some(true) {
        assert_eq!(is_sound(&clamped), Some(true));
    }
});
