//! Keys with which a capture can be opened.

use std::fmt;
use std::net::IpAddr;

use crypto::Secret;
use crypto::cbc::CbcAlg;
use esp::{Mac, Suite};

/// Keys of IKE and ESP, from a file of one of these forms, which may be mixed:
///
/// - Wireshark's table `ikev1_decryption_table`: the initiator's cookie, a comma, the encryption key, both in hexadecimal;
/// - Wireshark's table `esp_sa`: family, source, destination, SPI, cipher, key, integrity, key, each in quotes;
/// - the output of `ip xfrm state`.
///
/// Keys are erased when they are dropped and never printed.
#[derive(Clone, Default)]
pub struct Keys {
    pub(crate) ike: Vec<IkeKey>,
    pub(crate) esp: Vec<EspKey>,
    trouble: Vec<KeyTrouble>,
}

/// The encryption key of an IKEv1 SA.
#[derive(Clone)]
pub(crate) struct IkeKey {
    pub cookie: [u8; 8],
    pub key: Secret,
}

/// The keys of one direction of an ESP association.
#[derive(Clone)]
pub(crate) struct EspKey {
    /// Where its packets go; `None` for anywhere.
    pub destination: Option<IpAddr>,
    pub keys: esp::Keys,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({} of IKE, {} of ESP)", self.ike.len(), self.esp.len())
    }
}

/// What looks like a key and cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyTrouble {
    /// There are so many that the rest was left out.
    Many,
    /// A line with a comma that is no cookie with a key.
    Cookie,
    /// A line in quotes with too few fields for an ESP association.
    Fields,
    /// An ESP association without SPI or key in hexadecimal.
    Hexadecimal,
    /// An ESP association with algorithms that are not known.
    Algorithm {
        /// Its SPI.
        spi: u32,
    },
    /// An ESP association whose keys have not the length that their algorithms need.
    Length {
        /// Its SPI.
        spi: u32,
    },
}

/// Keys of a file that are read.
const MOST: usize = 4096;

impl Keys {
    /// Reads the keys of a file. Lines that hold none are passed over; what looks like a key and cannot be used is in
    /// [`Keys::trouble`].
    pub fn parse(text: &str) -> Keys {
        let mut keys = Keys::default();
        let mut state: Option<State> = None;
        for line in text.lines().map(str::trim) {
            if keys.ike.len() + keys.esp.len() >= MOST {
                keys.say(KeyTrouble::Many);
                break;
            }
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(addresses) = line.strip_prefix("src ") {
                keys.finish(state.take());
                let destination = addresses.split_ascii_whitespace().skip_while(|word| *word != "dst").nth(1);
                state = Some(State { destination: destination.and_then(|word| word.parse().ok()), ..State::default() });
            } else if let Some(state) = &mut state
                && !line.contains(',')
            {
                state.line(line);
            } else if line.contains('"') {
                keys.wireshark(line);
            } else if let Some((cookie, key)) = line.split_once(',') {
                keys.cookie(cookie.trim(), key.trim());
            }
        }
        keys.finish(state);
        keys
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ike.is_empty() && self.esp.is_empty()
    }

    /// What could not be used.
    pub fn trouble(&self) -> &[KeyTrouble] {
        &self.trouble
    }

    fn say(&mut self, what: KeyTrouble) {
        if self.trouble.len() < 16 {
            self.trouble.push(what);
        }
    }

    fn cookie(&mut self, cookie: &str, key: &str) {
        match (hex(cookie).map(<[u8; 8]>::try_from), hex(key)) {
            (Some(Ok(cookie)), Some(key)) if !key.is_empty() => {
                self.ike.push(IkeKey { cookie, key: Secret::from(key) });
            }
            _ => self.say(KeyTrouble::Cookie),
        }
    }

    /// A line of the table `esp_sa`.
    fn wireshark(&mut self, line: &str) {
        let fields: Vec<&str> = line.split(',').map(|field| field.trim().trim_matches('"')).collect();
        let [_, _, destination, spi, cipher, key, integrity, integrity_key, ..] = fields.as_slice() else {
            self.say(KeyTrouble::Fields);
            return;
        };
        let spi = spi.strip_prefix("0x").and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let (Some(spi), Some(key)) = (spi, hex(key)) else {
            self.say(KeyTrouble::Hexadecimal);
            return;
        };
        let integrity_key = hex(integrity_key).unwrap_or_default();
        let mac = match integrity.split_ascii_whitespace().next().unwrap_or_default() {
            "HMAC-SHA-1-96" => Some(Mac::HmacSha1_96),
            "HMAC-SHA-256-96" => Some(Mac::HmacSha256_96),
            "HMAC-SHA-256-128" => Some(Mac::HmacSha256_128),
            "HMAC-SHA-384-192" => Some(Mac::HmacSha384_192),
            "HMAC-SHA-512-256" => Some(Mac::HmacSha512_256),
            _ => None,
        };
        let kind = match cipher.split_ascii_whitespace().next().unwrap_or_default() {
            "AES-CBC" => Cipher::Aes,
            "TripleDES-CBC" => Cipher::TripleDes,
            "AES-GCM" => Cipher::Gcm,
            _ => Cipher::Other,
        };
        self.add(destination.parse().ok(), spi, kind, key, mac, integrity_key);
    }

    fn finish(&mut self, state: Option<State>) {
        if let Some(State { destination, spi: Some(spi), cipher, key, mac, integrity, esp: true }) = state {
            self.add(destination, spi, cipher, key, mac, integrity);
        }
    }

    fn add(
        &mut self,
        destination: Option<IpAddr>,
        spi: u32,
        cipher: Cipher,
        mut key: Vec<u8>,
        mac: Option<Mac>,
        integrity: Vec<u8>,
    ) {
        let mut salt = [0; 4];
        let suite = match (cipher, key.len(), mac) {
            (Cipher::Aes, 16, Some(mac)) => Some(Suite::Cbc(CbcAlg::Aes128, mac)),
            (Cipher::Aes, 24, Some(mac)) => Some(Suite::Cbc(CbcAlg::Aes192, mac)),
            (Cipher::Aes, 32, Some(mac)) => Some(Suite::Cbc(CbcAlg::Aes256, mac)),
            (Cipher::TripleDes, 24, Some(mac)) => Some(Suite::Cbc(CbcAlg::TripleDes, mac)),
            // The last four octets are the salt (RFC 4106 §8.1).
            (Cipher::Gcm, 20 | 28 | 36, _) => {
                let key_len = key.len() - salt.len();
                salt.copy_from_slice(&key.split_off(key_len));
                Some(Suite::Gcm { key_len })
            }
            _ => None,
        };
        let Some(suite) = suite else {
            self.say(KeyTrouble::Algorithm { spi });
            return;
        };
        let keys = esp::Keys { spi, suite, encryption: Secret::from(key), integrity: Secret::from(integrity), salt };
        if esp::InboundSa::new(&keys).is_err() {
            self.say(KeyTrouble::Length { spi });
            return;
        }
        self.esp.push(EspKey { destination, keys });
    }
}

#[derive(Clone, Copy, Default)]
enum Cipher {
    Aes,
    TripleDes,
    Gcm,
    #[default]
    Other,
}

/// One association in the output of `ip xfrm state`.
#[derive(Default)]
struct State {
    destination: Option<IpAddr>,
    esp: bool,
    spi: Option<u32>,
    cipher: Cipher,
    key: Vec<u8>,
    mac: Option<Mac>,
    integrity: Vec<u8>,
}

impl State {
    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match *words.as_slice() {
            ["proto", proto, "spi", spi, ..] => {
                self.esp = proto == "esp";
                let digits = spi.split('(').next().and_then(|spi| spi.strip_prefix("0x"));
                self.spi = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
            }
            ["auth-trunc", name, key, bits, ..] => {
                self.mac = match (name, bits) {
                    ("hmac(sha1)", _) => Some(Mac::HmacSha1_96),
                    ("hmac(sha256)", "96") => Some(Mac::HmacSha256_96),
                    ("hmac(sha256)", _) => Some(Mac::HmacSha256_128),
                    ("hmac(sha384)", _) => Some(Mac::HmacSha384_192),
                    ("hmac(sha512)", _) => Some(Mac::HmacSha512_256),
                    _ => None,
                };
                self.integrity = hex(key).unwrap_or_default();
            }
            ["auth", "hmac(sha1)", key, ..] => {
                self.mac = Some(Mac::HmacSha1_96);
                self.integrity = hex(key).unwrap_or_default();
            }
            // Without a truncation of its own the kernel takes 96 bits.
            ["auth", "hmac(sha256)", key, ..] => {
                self.mac = Some(Mac::HmacSha256_96);
                self.integrity = hex(key).unwrap_or_default();
            }
            ["enc", name, key, ..] => {
                self.cipher = match name {
                    "cbc(aes)" => Cipher::Aes,
                    "cbc(des3_ede)" => Cipher::TripleDes,
                    _ => Cipher::Other,
                };
                self.key = hex(key).unwrap_or_default();
            }
            ["aead", "rfc4106(gcm(aes))", key, "128", ..] => {
                self.cipher = Cipher::Gcm;
                self.key = hex(key).unwrap_or_default();
            }
            _ => {}
        }
    }
}

/// Octets of hexadecimal digits, with `0x` before them or without.
fn hex(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.strip_prefix("0x").unwrap_or(digits).as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let value = |digit: u8| char::from(digit).to_digit(16);
    let octet = |pair: &[u8]| Some((value(pair[0])? << 4 | value(pair[1])?) as u8);
    digits.chunks_exact(2).map(octet).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_three_forms_are_read() {
        let sha1 = "11".repeat(20);
        let sha256 = "22".repeat(32);
        let text = format!(
            "# a comment\nab3e0f1f8bc3be8e,928392441e00ece5e8af3bc545416e86\n\
             \"IPv4\",\"192.0.2.1\",\"192.0.2.2\",\"0x070883c2\",\"AES-CBC [RFC3602]\",\"0x{}\",\
             \"HMAC-SHA-1-96 [RFC2404]\",\"0x{sha1}\"\n\
             src 192.0.2.1 dst 203.0.113.7\n\tproto esp spi 0xc0000001 reqid 1 mode transport\n\
             \treplay-window 0\n\tauth-trunc hmac(sha256) 0x{sha256} 128\n\tenc cbc(aes) 0x{}\n\
             src 203.0.113.7 dst 192.0.2.1\n\tproto esp spi 0xc0000002(3221225474) reqid 1 mode transport\n\
             \taead rfc4106(gcm(aes)) 0x{} 128\n",
            "33".repeat(16),
            "44".repeat(32),
            "55".repeat(20),
        );
        let keys = Keys::parse(&text);
        assert_eq!(keys.trouble(), []);
        assert_eq!(keys.ike.len(), 1);
        let found: Vec<(u32, Suite)> = keys.esp.iter().map(|key| (key.keys.spi, key.keys.suite)).collect();
        let expected = [
            (0x0708_83c2, Suite::Cbc(CbcAlg::Aes128, Mac::HmacSha1_96)),
            (0xc000_0001, Suite::Cbc(CbcAlg::Aes256, Mac::HmacSha256_128)),
            (0xc000_0002, Suite::Gcm { key_len: 16 }),
        ];
        assert_eq!(found, expected);
        assert_eq!(keys.esp[1].destination, Some([203, 0, 113, 7].into()));
        assert!(!format!("{keys:?}").contains("33"), "keys do not print");
    }

    #[test]
    fn a_key_that_cannot_be_used_is_said_without_it() {
        let keys = Keys::parse("\"IPv4\",\"*\",\"*\",\"0x01020304\",\"Blowfish\",\"0x0badc0de\",\"NULL\",\"\"");
        assert!(keys.is_empty());
        assert!(matches!(keys.trouble()[0], KeyTrouble::Algorithm { spi: 0x0102_0304 }), "{:?}", keys.trouble());
    }

    proptest! {
        #[test]
        fn no_text_stops_the_reader(text in "[ -~\n\"]{0,200}") {
            Keys::parse(&text);
        }
    }
}
