//! What the targets share.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;

/// The random source of a run: always the same, so that a crash repeats.
pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// The fuzzer's octets as a script. At its end every number is zero and every piece is empty.
#[derive(Debug)]
pub struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    /// A script of these octets.
    pub fn new(data: &'a [u8]) -> Self {
        Script(data)
    }

    /// Whether the script is at its end.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next octet.
    pub fn octet(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or(0)
    }

    /// The next two octets.
    pub fn word(&mut self) -> u16 {
        u16::from_be_bytes([self.octet(), self.octet()])
    }

    /// The next `len` octets, or as many as there are.
    pub fn bytes(&mut self, len: usize) -> &'a [u8] {
        let (bytes, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        bytes
    }

    /// A piece that begins with its length in one octet.
    pub fn piece(&mut self) -> &'a [u8] {
        let len = self.octet();
        self.bytes(len.into())
    }
}

/// Alters an ISAKMP message as the script says, and gives how often it arrives.
pub fn alter(script: &mut Script<'_>, message: &mut Vec<u8>) -> usize {
    match script.octet() {
        1 => return 0,
        2 => return 2,
        3 => {
            let at = usize::from(script.word()) % message.len().max(1);
            let bits = script.octet();
            if let Some(octet) = message.get_mut(at) {
                *octet ^= bits;
            }
        }
        4 => message.truncate(script.word().into()),
        5 => {
            // Another body behind the same header, whose length fits.
            message.truncate(28);
            message.extend(script.piece());
            let length = message.len() as u32;
            if let Some(field) = message.get_mut(24..28) {
                field.copy_from_slice(&length.to_be_bytes());
            }
            if let Some(next_payload) = message.get_mut(16) {
                *next_payload = script.octet();
            }
        }
        _ => {}
    }
    1
}
