use std::net::IpAddr;

use crypto::Secret;
use ike::proposal::{ChildAuth, ChildCipher, Mode};
use ike::{ChildKeys, Phase1Keys};

/// Keys that were just derived. Whoever has them reads, and can forge, everything that they protect.
#[derive(Clone, Copy, Debug)]
pub enum Keys<'a> {
    /// The key of an IKE SA's messages.
    Ike(&'a Phase1Keys),
    /// The keys of a pair of associations.
    Esp(&'a ChildKeys),
}

/// One direction of a pair of associations.
struct Direction<'a> {
    source: IpAddr,
    destination: IpAddr,
    spi: u32,
    keys: &'a ike::DirectionKeys,
}

impl<'a> Keys<'a> {
    /// The keys that an event brings.
    pub(crate) fn of(event: &'a ike::Event) -> Option<Self> {
        match event {
            ike::Event::Phase1Keys(keys) => Some(Keys::Ike(keys)),
            ike::Event::ChildUp { child, .. } => Some(Keys::Esp(child)),
            _ => None,
        }
    }

    /// The keys as Wireshark's tables have them, a line for each: `ikev1_decryption_table` is the initiator's cookie and the
    /// encryption key, `esp_sa` has a line for each direction, in quotes.
    ///
    /// Where ESP travels in UDP the addresses are left open: they differ from one side of a NAT to the other, and change.
    pub fn lines(self) -> Secret {
        let mut lines = String::with_capacity(1024);
        match self {
            Keys::Ike(keys) => {
                push_hex(&mut lines, &keys.cookies.initiator.0);
                lines.push(',');
                push_hex(&mut lines, keys.encryption.as_bytes());
                lines.push('\n');
            }
            Keys::Esp(child) => {
                let (local, remote) = (child.path.local.ip(), child.path.remote.ip());
                let inbound = Direction { source: remote, destination: local, spi: child.spi_in, keys: &child.inbound };
                let outbound =
                    Direction { source: local, destination: remote, spi: child.spi_out, keys: &child.outbound };
                for direction in [inbound, outbound] {
                    direction.push(&mut lines, child);
                }
            }
        }
        lines.into()
    }
}

impl Direction<'_> {
    fn push(&self, lines: &mut String, child: &ChildKeys) {
        let Direction { source, destination, spi, keys } = self;
        let (source, destination) = match child.mode {
            Mode::Transport => (source.to_string(), destination.to_string()),
            Mode::UdpTransport => ("*".to_owned(), "*".to_owned()),
        };
        let family = if child.path.local.is_ipv4() { "IPv4" } else { "IPv6" };
        let cipher = match child.suite.cipher {
            ChildCipher::AesCbc128 | ChildCipher::AesCbc192 | ChildCipher::AesCbc256 => "AES-CBC [RFC3602]",
            ChildCipher::AesGcm128 | ChildCipher::AesGcm192 | ChildCipher::AesGcm256 => {
                "AES-GCM with 16 octet ICV [RFC4106]"
            }
            ChildCipher::TripleDes => "TripleDES-CBC [RFC2451]",
        };
        let auth = match child.suite.auth {
            Some(ChildAuth::HmacSha1_96) => "HMAC-SHA-1-96 [RFC2404]",
            Some(ChildAuth::HmacSha256_128) => "HMAC-SHA-256-128 [RFC4868]",
            Some(ChildAuth::HmacSha384_192) => "HMAC-SHA-384-192 [RFC4868]",
            Some(ChildAuth::HmacSha512_256) => "HMAC-SHA-512-256 [RFC4868]",
            None => "NULL",
        };
        lines.push_str(&format!("\"{family}\",\"{source}\",\"{destination}\",\"0x{spi:08x}\",\"{cipher}\",\"0x"));
        push_hex(lines, keys.encryption.as_bytes());
        push_hex(lines, keys.salt.as_bytes());
        lines.push_str(&format!("\",\"{auth}\",\""));
        if !keys.integrity.is_empty() {
            lines.push_str("0x");
            push_hex(lines, keys.integrity.as_bytes());
        }
        lines.push_str("\"\n");
    }
}

fn push_hex(text: &mut String, octets: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for octet in octets {
        for nibble in [octet >> 4, octet & 0xf] {
            text.push(char::from(DIGITS[usize::from(nibble)]));
        }
    }
}
