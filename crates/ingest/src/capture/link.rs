//! What stands before an IP packet on the link.

/// What a frame of the link carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Frame<'a> {
    /// An IP packet.
    Ip(&'a [u8], Stations),
    /// A PPP frame, and whether this machine sent it, where the link type says so.
    Ppp(&'a [u8], Option<bool>),
    /// Nothing that is of interest: ARP, spanning tree and so on.
    Other,
}

/// The stations of a frame, as far as the link type has them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Stations {
    pub source: Option<[u8; 6]>,
    pub destination: Option<[u8; 6]>,
}

const NULL: u32 = 0;
const ETHERNET: u32 = 1;
const PPP: u32 = 9;
const RAW_OLD: [u32; 2] = [12, 14];
const PPP_SERIAL: u32 = 50;
const RAW: u32 = 101;
const LOOP: u32 = 108;
const LINUX_SLL: u32 = 113;
const LINUX_PPP_DIRECTION: u32 = 166;
const PPP_DIRECTION: u32 = 204;
const IPV4: u32 = 228;
const IPV6: u32 = 229;
const LINUX_SLL2: u32 = 276;

/// Whether frames of a link type can be read.
pub(super) fn is_known(link: u32) -> bool {
    matches!(
        link,
        NULL | ETHERNET
            | PPP
            | PPP_SERIAL
            | RAW
            | LOOP
            | LINUX_SLL
            | LINUX_PPP_DIRECTION
            | PPP_DIRECTION
            | IPV4
            | IPV6
            | LINUX_SLL2
    ) || RAW_OLD.contains(&link)
}

/// Reads the header of the link.
pub(super) fn frame(link: u32, data: &[u8]) -> Frame<'_> {
    match link {
        ETHERNET => ethernet(data),
        RAW | IPV4 | IPV6 | 12 | 14 => Frame::Ip(data, Stations::default()),
        // The address family in the capturing machine's byte order; its values for IPv6 differ by system, so IP is told by
        // its own version.
        NULL | LOOP => Frame::Ip(data.get(4..).unwrap_or_default(), Stations::default()),
        LINUX_SLL => {
            let [_, _, _, _, _, _, a, b, c, d, e, f, _, _, high, low, rest @ ..] = data else { return Frame::Other };
            let stations = Stations { source: Some([*a, *b, *c, *d, *e, *f]), destination: None };
            ether_type(u16::from_be_bytes([*high, *low]), rest, stations)
        }
        LINUX_SLL2 => {
            let [high, low, head @ ..] = data else { return Frame::Other };
            let Some((head, rest)) = head.split_at_checked(18) else { return Frame::Other };
            let source = head.get(10..16).and_then(|octets| octets.try_into().ok());
            ether_type(u16::from_be_bytes([*high, *low]), rest, Stations { source, destination: None })
        }
        PPP | PPP_SERIAL => Frame::Ppp(data, None),
        PPP_DIRECTION | LINUX_PPP_DIRECTION => match data {
            [direction, rest @ ..] => Frame::Ppp(rest, Some(*direction != 0)),
            [] => Frame::Other,
        },
        _ => Frame::Other,
    }
}

fn ethernet(data: &[u8]) -> Frame<'_> {
    let Some((header, rest)) = data.split_first_chunk::<14>() else { return Frame::Other };
    let [a, b, c, d, e, f, g, h, i, j, k, l, high, low] = *header;
    let stations = Stations { source: Some([g, h, i, j, k, l]), destination: Some([a, b, c, d, e, f]) };
    ether_type(u16::from_be_bytes([high, low]), rest, stations)
}

fn ether_type(mut kind: u16, mut rest: &[u8], stations: Stations) -> Frame<'_> {
    // Tags of IEEE 802.1Q and 802.1ad, at most a provider's and a customer's, and one to spare.
    for _ in 0..3 {
        match (kind, rest) {
            (0x8100 | 0x88a8 | 0x9100, [_, _, high, low, inner @ ..]) => {
                kind = u16::from_be_bytes([*high, *low]);
                rest = inner;
            }
            _ => break,
        }
    }
    match (kind, rest) {
        (0x0800 | 0x86dd, packet) => Frame::Ip(packet, stations),
        // A PPPoE session (RFC 2516 §4): six octets, then PPP without address and control.
        (0x8864, [_, _, _, _, _, _, 0x00, 0x21 | 0x57, packet @ ..]) => Frame::Ip(packet, stations),
        _ => Frame::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_pppoe_are_passed_over() {
        let mut tagged = vec![1; 12];
        tagged.extend([0x81, 0, 0, 5, 0x88, 0x64, 0x11, 0, 0, 9, 0, 22, 0x00, 0x21, 0x45]);
        let Frame::Ip(packet, stations) = frame(ETHERNET, &tagged) else { panic!("no IP packet in {tagged:02x?}") };
        assert_eq!((packet, stations.source), (&[0x45][..], Some([1; 6])));
    }

    #[test]
    fn a_frame_cut_in_its_header_holds_nothing() {
        for link in [ETHERNET, LINUX_SLL, LINUX_SLL2, PPP_DIRECTION] {
            assert_eq!(frame(link, &[]), Frame::Other);
        }
        assert_eq!(frame(LINUX_SLL2, &[8; 12]), Frame::Other);
    }

    #[test]
    fn both_cooked_forms_show_the_packet() {
        let mut cooked = vec![0; 14];
        cooked.extend([8, 0, 0x45]);
        assert!(matches!(frame(LINUX_SLL, &cooked), Frame::Ip([0x45], _)));
        let mut cooked = vec![8, 0];
        cooked.extend([0; 18]);
        cooked.push(0x46);
        assert!(matches!(frame(LINUX_SLL2, &cooked), Frame::Ip([0x46], _)));
    }
}
