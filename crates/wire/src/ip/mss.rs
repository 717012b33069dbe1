use super::{Checksum, IpView, TcpFlags, TcpView, protocol};

/// Lowers the maximum segment size option of a TCP SYN to what fits into `mtu` octets, and mends the checksum.
///
/// Anything that is not an unfragmented SYN with an MSS option above the limit stays as it is. Returns whether the packet was
/// changed. A tunnel whose users cannot reach large pages is nearly always missing this (RFC 2923 §2.1).
pub fn clamp_mss(packet: &mut [u8], mtu: u16) -> bool {
    clamp(packet, mtu).unwrap_or(false)
}

fn clamp(packet: &mut [u8], mtu: u16) -> Option<bool> {
    let ip = IpView::parse(packet).ok()?;
    if ip.protocol != protocol::TCP || ip.fragment {
        return None;
    }
    let segment = packet.get_mut(ip.header_len..ip.total_len)?;
    let tcp = TcpView::parse(segment).ok()?;
    if !tcp.flags.any(TcpFlags::SYN) {
        return None;
    }
    let limit = usize::from(mtu).checked_sub(ip.header_len + TcpView::MIN_LEN)? as u16;
    let at = mss_offset(segment.get(..tcp.header_len)?)?;
    let old = u16::from_be_bytes([*segment.get(at)?, *segment.get(at + 1)?]);
    if old <= limit {
        return None;
    }
    segment.get_mut(at..at + 2)?.copy_from_slice(&limit.to_be_bytes());
    let checksum = u16::from_be_bytes([segment[TcpView::CHECKSUM], segment[TcpView::CHECKSUM + 1]]);
    let mended = adjust(checksum, old, limit, at % 2 == 1);
    segment[TcpView::CHECKSUM..TcpView::CHECKSUM + 2].copy_from_slice(&mended.to_be_bytes());
    Some(true)
}

/// Offset of the MSS value among the options of a TCP header.
fn mss_offset(header: &[u8]) -> Option<usize> {
    let mut at = TcpView::MIN_LEN;
    loop {
        match (*header.get(at)?, header.get(at + 1)) {
            (0, _) => return None,
            (1, _) => at += 1,
            (2, Some(4)) if at + 4 <= header.len() => return Some(at + 2),
            (_, Some(&length)) if length >= 2 => at += usize::from(length),
            _ => return None,
        }
    }
}

/// The checksum after a 16-bit value changed (RFC 1624 §3), where `odd` says that the value straddles two summed words.
fn adjust(checksum: u16, old: u16, new: u16, odd: bool) -> u16 {
    let (old, new) = if odd { (old.swap_bytes(), new.swap_bytes()) } else { (old, new) };
    Checksum::start(!checksum).add_u16(!old).add_u16(new).finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ip::pseudo_header;

    fn syn(options: &[u8]) -> Vec<u8> {
        let total = 40 + options.len();
        let mut packet = vec![0x45, 0, 0, total as u8, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 2, 192, 0, 2, 1];
        packet.extend([0xc0, 0, 0, 80, 0, 0, 0, 9, 0, 0, 0, 0, (((20 + options.len()) / 4) << 4) as u8, 2, 0xff, 0xff]);
        packet.extend([0, 0, 0, 0]);
        packet.extend(options);
        let sum = tcp_sum(&packet).finish();
        packet[36..38].copy_from_slice(&sum.to_be_bytes());
        packet
    }

    fn tcp_sum(packet: &[u8]) -> Checksum {
        let ip = IpView::parse(packet).unwrap();
        let segment = &packet[ip.header_len..];
        pseudo_header(ip.source, ip.destination, ip.protocol, segment.len()).over(segment)
    }

    #[test]
    fn a_syn_that_asks_for_more_than_fits_is_lowered_and_stays_valid() {
        let mut packet = syn(&[2, 4, 0x05, 0xb4]);
        assert!(clamp_mss(&mut packet, 1400));
        assert_eq!(packet[42..44], 1360u16.to_be_bytes());
        assert!(tcp_sum(&packet).is_valid());
    }

    #[test]
    fn an_option_at_an_odd_offset_is_mended_too() {
        let mut packet = syn(&[1, 2, 4, 0x05, 0xb4, 1, 1, 0]);
        assert!(clamp_mss(&mut packet, 1280));
        assert_eq!(packet[43..45], 1240u16.to_be_bytes());
        assert!(tcp_sum(&packet).is_valid());
    }

    #[test]
    fn a_small_mss_and_a_broken_option_list_are_left_alone() {
        let mut small = syn(&[2, 4, 0x02, 0x18]);
        assert!(!clamp_mss(&mut small, 1400));
        // A zero-length option, as in CVE-2001-0026, must neither loop nor be read past.
        let mut broken = syn(&[5, 0, 2, 4]);
        assert!(!clamp_mss(&mut broken, 1400));
    }
}
