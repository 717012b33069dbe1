use std::net::IpAddr;

/// The Internet checksum (RFC 1071) in the making: the ones' complement sum of big-endian 16-bit words.
#[derive(Clone, Copy, Default, Debug)]
pub struct Checksum(u64);

impl Checksum {
    /// A sum that starts at the folded value `word`.
    pub const fn start(word: u16) -> Self {
        Checksum(word as u64)
    }

    /// Adds `data`, whose first octet stands at an even offset of the summed range.
    ///
    /// Sums 32-bit halves into a 64-bit accumulator, which vectorises and cannot overflow for less than 2^32 words.
    pub fn over(mut self, data: &[u8]) -> Self {
        let (chunks, rest) = data.as_chunks::<4>();
        let mut sum = 0u64;
        for chunk in chunks {
            sum += u64::from(u32::from_be_bytes(*chunk));
        }
        self.0 += (sum >> 32) + (sum & 0xffff_ffff);
        match *rest {
            [a] => self.0 += u64::from(a) << 8,
            [a, b] => self.0 += u64::from(u16::from_be_bytes([a, b])),
            [a, b, c] => self.0 += u64::from(u16::from_be_bytes([a, b])) + (u64::from(c) << 8),
            _ => {}
        }
        self
    }

    /// Adds one 16-bit word.
    pub const fn add_u16(mut self, word: u16) -> Self {
        self.0 += word as u64;
        self
    }

    /// The sum folded to 16 bits, not complemented.
    pub const fn fold(self) -> u16 {
        let mut sum = self.0;
        while sum > 0xffff {
            sum = (sum >> 16) + (sum & 0xffff);
        }
        sum as u16
    }

    /// The checksum field: the complement of the folded sum.
    pub const fn finish(self) -> u16 {
        !self.fold()
    }

    /// Whether the summed range, its checksum field included, is intact.
    pub const fn is_valid(self) -> bool {
        self.fold() == 0xffff
    }
}

/// The sum of the pseudo-header of TCP and UDP (RFC 793 §3.1, RFC 8200 §8.1) for a segment of `len` octets.
pub fn pseudo_header(source: IpAddr, destination: IpAddr, protocol: u8, len: usize) -> Checksum {
    let sum = match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            Checksum::default().over(&source.octets()).over(&destination.octets())
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            Checksum::default().over(&source.octets()).over(&destination.octets())
        }
        _ => Checksum::default(),
    };
    sum.add_u16(protocol.into()).add_u16((len >> 16) as u16).add_u16(len as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_1071_sums_as_printed() {
        let sum = Checksum::default().over(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
        assert_eq!(sum.fold(), 0xddf2);
    }

    #[test]
    fn every_tail_length_gives_the_sum_of_the_plain_definition() {
        let data: Vec<u8> = (0..100u8).map(|i| i.wrapping_mul(37)).collect();
        for len in 0..data.len() {
            let plain = data[..len].chunks(2).fold(0u32, |sum, word| {
                sum + u32::from(u16::from_be_bytes([word[0], word.get(1).copied().unwrap_or(0)]))
            });
            assert_eq!(Checksum::default().over(&data[..len]).fold(), ((plain >> 16) + (plain & 0xffff)) as u16);
        }
    }

    #[test]
    fn a_finished_checksum_makes_its_range_valid() {
        let mut header = [0x45, 0, 0, 28, 0, 1, 0, 0, 64, 1, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1];
        let checksum = Checksum::default().over(&header).finish();
        header[10..12].copy_from_slice(&checksum.to_be_bytes());
        assert!(Checksum::default().over(&header).is_valid());
    }
}
