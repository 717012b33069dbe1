//! Opening IKEv1 messages with a key that was given: the initialisation vectors follow from what is in clear (RFC 2409
//! appendix B).

use std::collections::HashMap;

use crypto::cbc::{CbcAlg, CbcKey};
use crypto::{HashAlg, Secret};
use observe::Role;
use observe::ike::Suite;
use wire::isakmp::{HEADER_LEN, Header};

/// Exchanges of phase 2 whose vectors are kept.
const MOST: usize = 64;
/// Octets of a key exchange value that are believed: MODP8192.
const LONGEST: usize = 1024;

/// What is known to open the messages of one IKE SA.
pub(super) struct Opening {
    key: Secret,
    cipher: Option<(CbcAlg, HashAlg)>,
    values: [Option<Vec<u8>>; 2],
    /// The vector of the next message of phase 1; after it, the last block of phase 1.
    phase1: Option<Vec<u8>>,
    phase2: HashMap<u32, Vec<u8>>,
}

impl Opening {
    /// The key is that of SKEYID_e, expanded.
    pub(super) fn new(key: Secret) -> Opening {
        Opening { key, cipher: None, values: [None, None], phase1: None, phase2: HashMap::new() }
    }

    /// A suite was chosen.
    pub(super) fn chosen(&mut self, suite: &Suite) {
        let cipher = match suite.cipher.as_str() {
            "3des" => CbcAlg::TripleDes,
            "aes-cbc-128" => CbcAlg::Aes128,
            "aes-cbc-192" => CbcAlg::Aes192,
            "aes-cbc-256" => CbcAlg::Aes256,
            _ => return,
        };
        let hash = match suite.integrity.as_str() {
            "md5" => HashAlg::Md5,
            "sha1" => HashAlg::Sha1,
            "sha2-256" => HashAlg::Sha256,
            "sha2-384" => HashAlg::Sha384,
            "sha2-512" => HashAlg::Sha512,
            _ => return,
        };
        self.cipher = Some((cipher, hash));
    }

    /// A key exchange payload of phase 1.
    pub(super) fn key_exchange(&mut self, from: Role, value: &[u8]) {
        if value.len() <= LONGEST {
            self.values[usize::from(from == Role::Server)] = Some(value.to_vec());
        }
        if let ([Some(initiator), Some(responder)], Some((cipher, hash))) = (&self.values, self.cipher)
            && self.phase1.is_none()
        {
            self.phase1 = beginning(hash, cipher, &[initiator, responder]);
        }
    }

    /// The message with its payloads in clear; `None` when something that is needed was not captured.
    pub(super) fn open(&mut self, header: &Header, message: &[u8]) -> Option<Vec<u8>> {
        let (cipher, hash) = self.cipher?;
        let key = CbcKey::new(cipher, self.key.as_bytes()).ok()?;
        let phase1 = self.phase1.as_ref()?;
        let vector = if header.message_id == 0 {
            phase1.clone()
        } else if let Some(vector) = self.phase2.get(&header.message_id) {
            vector.clone()
        } else {
            beginning(hash, cipher, &[phase1, &header.message_id.to_be_bytes()])?
        };
        let mut clear = message.to_vec();
        let text = clear.get_mut(HEADER_LEN..)?;
        let next = text.len().checked_sub(cipher.block_len()).and_then(|last| text.get(last..))?.to_vec();
        key.decrypt(&vector, text).ok()?;
        if header.message_id == 0 {
            self.phase1 = Some(next);
        } else {
            if self.phase2.len() >= MOST {
                self.phase2.clear();
            }
            self.phase2.insert(header.message_id, next);
        }
        Some(clear)
    }
}

fn beginning(hash: HashAlg, cipher: CbcAlg, parts: &[&[u8]]) -> Option<Vec<u8>> {
    hash.digest(parts).as_bytes().get(..cipher.block_len()).map(<[u8]>::to_vec)
}
