use std::fmt;

use super::{CcpKind, Options};

/// The supported bits of the option for MPPE and MPPC (RFC 3078 §2.1). Unknown bits survive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Mppe(pub u32);

impl Mppe {
    /// The key changes with every packet.
    pub const STATELESS: Mppe = Mppe(0x0100_0000);
    /// 56 bits of key.
    pub const BITS_56: Mppe = Mppe(0x80);
    /// 128 bits of key.
    pub const BITS_128: Mppe = Mppe(0x40);
    /// 40 bits of key.
    pub const BITS_40: Mppe = Mppe(0x20);
    /// Compression (MPPC).
    pub const COMPRESSION: Mppe = Mppe(0x01);

    /// The first such option among those of a Configure packet of CCP.
    pub fn among(options: &[u8]) -> Option<Mppe> {
        let option = Options::new(options).flatten().find(|option| CcpKind(option.kind) == CcpKind::MPPC)?;
        Some(Mppe(u32::from_be_bytes(option.value.try_into().ok()?)))
    }

    /// Whether every bit of `other` is set.
    pub const fn has(self, other: Mppe) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits that are set in either.
    pub const fn or(self, other: Mppe) -> Mppe {
        Mppe(self.0 | other.0)
    }

    /// The strengths only.
    pub const fn strengths(self) -> Mppe {
        Mppe(self.0 & (Mppe::BITS_56.0 | Mppe::BITS_128.0 | Mppe::BITS_40.0))
    }

    /// The greatest number of bits of key; `None` without encryption.
    pub const fn bits(self) -> Option<u16> {
        if self.has(Mppe::BITS_128) {
            Some(128)
        } else if self.has(Mppe::BITS_56) {
            Some(56)
        } else if self.has(Mppe::BITS_40) {
            Some(40)
        } else {
            None
        }
    }
}

impl fmt::Display for Mppe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [(Mppe::BITS_128, "128"), (Mppe::BITS_56, "56"), (Mppe::BITS_40, "40")];
        let mut strengths = named.into_iter().filter(|(bit, _)| self.has(*bit)).map(|(_, name)| name);
        f.write_str(strengths.next().unwrap_or("0"))?;
        strengths.try_for_each(|name| write!(f, ", {name}"))?;
        f.write_str(if self.has(Mppe::STATELESS) { " bits, stateless" } else { " bits, stateful" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_is_found_among_others() {
        let octets = [26, 4, 0x78, 0, 18, 6, 1, 0, 0, 0x60];
        let mppe = Mppe::among(&octets).unwrap();
        assert_eq!((mppe.to_string().as_str(), mppe.bits()), ("128, 40 bits, stateless", Some(128)));
        assert_eq!((Mppe::among(&[18, 4, 0, 0]), Mppe::among(&[]), Mppe::COMPRESSION.bits()), (None, None, None));
    }
}
