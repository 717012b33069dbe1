//! The keys of IKEv1: RFC 2409 §5 (SKEYID and its children), §5.5 (key material of child SAs), appendix B (cipher keys and
//! initialisation vectors).

use crypto::cbc::{CbcAlg, CbcKey};
use crypto::hmac::hmac;
use crypto::{Digest, HashAlg, Secret};
use wire::isakmp::{Cookies, ProtocolId};

use crate::event::{Event, Phase1Keys};

/// SKEYID and what is derived from it.
#[derive(Clone, Debug)]
pub(crate) struct Skeyid {
    prf: HashAlg,
    base: Secret,
    /// For child SAs.
    d: Secret,
    /// For authenticating messages.
    a: Secret,
    /// For encrypting messages.
    e: Secret,
}

impl Skeyid {
    /// For authentication with a pre-shared key (RFC 2409 §5.4): SKEYID = prf(key, Ni_b | Nr_b).
    pub(crate) fn with_pre_shared_key(
        prf: HashAlg,
        key: &Secret,
        nonces: [&[u8]; 2],
        shared: &Secret,
        cookies: &Cookies,
    ) -> Self {
        let base = hmac(prf, key.as_bytes(), &nonces);
        let (i, r) = (&cookies.initiator.0[..], &cookies.responder.0[..]);
        let gxy = shared.as_bytes();
        let d = hmac(prf, base.as_bytes(), &[gxy, i, r, &[0]]);
        let a = hmac(prf, base.as_bytes(), &[d.as_bytes(), gxy, i, r, &[1]]);
        let e = hmac(prf, base.as_bytes(), &[a.as_bytes(), gxy, i, r, &[2]]);
        let secret = |digest: Digest| Secret::from(digest.as_bytes());
        Skeyid { prf, base: secret(base), d: secret(d), a: secret(a), e: secret(e) }
    }

    /// The pseudo-random function's hash.
    pub(crate) fn prf(&self) -> HashAlg {
        self.prf
    }

    /// HASH_I or HASH_R: prf(SKEYID, own public value | other's | own cookie | other's | SAi_b | ID_b).
    pub(crate) fn identity_hash(&self, public: [&[u8]; 2], cookies: [&[u8]; 2], sa: &[u8], id: &[u8]) -> Digest {
        hmac(self.prf, self.base.as_bytes(), &[public[0], public[1], cookies[0], cookies[1], sa, id])
    }

    /// prf(SKEYID_a, parts): the HASH payloads of quick mode and informational exchanges (RFC 2409 §5.5, §5.7).
    pub(crate) fn message_hash(&self, parts: &[&[u8]]) -> Digest {
        hmac(self.prf, self.a.as_bytes(), parts)
    }

    /// The key of the IKE messages, for the cipher.
    pub(crate) fn cipher_key(&self, alg: CbcAlg) -> CbcKey {
        CbcKey::new(alg, self.encryption(alg).as_bytes()).expect("the key has the cipher's length")
    }

    /// The key of the IKE messages. SKEYID_e, or its expansion where it is too short for the cipher (appendix B).
    pub(crate) fn encryption(&self, alg: CbcAlg) -> Secret {
        let need = alg.key_len();
        if self.e.len() >= need {
            Secret::from(self.e.as_bytes().get(..need).unwrap_or_default())
        } else {
            expand(need, |last| match last {
                None => hmac(self.prf, self.e.as_bytes(), &[&[0]]),
                Some(last) => hmac(self.prf, self.e.as_bytes(), &[last]),
            })
        }
    }

    /// The same, told to whoever records keys.
    pub(crate) fn event(&self, cookies: Cookies, alg: CbcAlg) -> Event {
        Event::Phase1Keys(Box::new(Phase1Keys { cookies, encryption: self.encryption(alg) }))
    }

    /// KEYMAT of one direction of a child SA, `len` octets: prf(SKEYID_d, [g(qm)^xy |] protocol | SPI | Ni_b | Nr_b), repeated
    /// as often as needed. `spi` is the one that the receiver chose.
    pub(crate) fn child_material(
        &self,
        shared: Option<&Secret>,
        protocol: ProtocolId,
        spi: u32,
        nonces: [&[u8]; 2],
        len: usize,
    ) -> Secret {
        let shared = shared.map_or(&[][..], Secret::as_bytes);
        let spi = spi.to_be_bytes();
        expand(len, |last| {
            let last = last.unwrap_or_default();
            hmac(self.prf, self.d.as_bytes(), &[last, shared, &[protocol.0], &spi, nonces[0], nonces[1]])
        })
    }
}

/// The initialisation vector of main mode: HASH(g^xi | g^xr), cut to the block (appendix B).
pub(crate) fn phase1_iv(hash: HashAlg, public: [&[u8]; 2], alg: CbcAlg) -> Vec<u8> {
    cut(&hash.digest(&public), alg)
}

/// The initialisation vector of an exchange after phase 1: HASH(last cipher block of phase 1 | message id) (appendix B).
pub(crate) fn exchange_iv(hash: HashAlg, last_block: &[u8], message_id: u32, alg: CbcAlg) -> Vec<u8> {
    cut(&hash.digest(&[last_block, &message_id.to_be_bytes()]), alg)
}

fn cut(digest: &Digest, alg: CbcAlg) -> Vec<u8> {
    digest.as_bytes().get(..alg.block_len()).unwrap_or_default().to_vec()
}

fn expand(len: usize, next: impl Fn(Option<&[u8]>) -> Digest) -> Secret {
    let mut out = Vec::with_capacity(len + 64);
    let mut last: Option<Digest> = None;
    while out.len() < len {
        let block = next(last.as_ref().map(Digest::as_bytes));
        out.extend_from_slice(block.as_bytes());
        last = Some(block);
    }
    let secret = Secret::from(out.get(..len).unwrap_or_default());
    // The surplus is key material too.
    drop(Secret::from(out));
    secret
}

#[cfg(test)]
mod tests {
    use hex_literal::hex;
    use wire::isakmp::Cookie;

    use super::*;

    fn cookies() -> Cookies {
        Cookies { initiator: Cookie(hex!("83d374c30b3b5082")), responder: Cookie(hex!("5afc0da06c728029")) }
    }

    fn skeyid() -> Skeyid {
        let shared = Secret::from(&hex!("739003ba2c11c982946c65e26acf661fbf8ebb78011a9fead79efa12fe3e71cc"));
        let nonces = [&hex!("b9a2d0e922dc66dd")[..], &hex!("2130166863b5ddef")];
        Skeyid::with_pre_shared_key(HashAlg::Sha1, &Secret::from(&[0x75]), nonces, &shared, &cookies())
    }

    /// A case of NIST's automated validation protocol for IKEv1 with pre-shared keys, SHA-1.
    #[test]
    fn the_keys_are_those_of_the_nist_case() {
        let keys = skeyid();
        assert_eq!(keys.base.as_bytes(), hex!("62b04d112877e442fc3282fc37c076997718a0b9"));
        assert_eq!(keys.d.as_bytes(), hex!("369e5aad1bdb5faf6a3d929d500cdc236710a9ab"));
        assert_eq!(keys.a.as_bytes(), hex!("588e957d8d790d093b3a39f121473473af78e9bb"));
        assert_eq!(keys.e.as_bytes(), hex!("cd74b0c048219db81384d3fda8f6cda51e398a2b"));
    }

    #[test]
    fn a_short_key_is_expanded_block_by_block() {
        // K1 = prf(SKEYID_e, 0), K2 = prf(SKEYID_e, K1); the key is their beginning.
        let keys = skeyid();
        let k1 = hmac(HashAlg::Sha1, keys.e.as_bytes(), &[&[0]]);
        let k2 = hmac(HashAlg::Sha1, keys.e.as_bytes(), &[k1.as_bytes()]);
        let whole = [k1.as_bytes(), k2.as_bytes()].concat();
        for alg in [CbcAlg::Aes192, CbcAlg::Aes256, CbcAlg::TripleDes] {
            let expected = CbcKey::new(alg, &whole[..alg.key_len()]).unwrap();
            let iv = vec![7; alg.block_len()];
            let (mut ours, mut theirs) = ([1; 48], [1; 48]);
            keys.cipher_key(alg).encrypt(&iv, &mut ours).unwrap();
            expected.encrypt(&iv, &mut theirs).unwrap();
            assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn child_material_is_a_chain_and_depends_on_everything() {
        let keys = skeyid();
        let nonces = [&b"initiator"[..], b"responder"];
        let material =
            |shared: Option<&Secret>, spi, len| keys.child_material(shared, ProtocolId::ESP, spi, nonces, len);
        let long = material(None, 0x1234, 72);
        assert_eq!(long.len(), 72);
        assert_eq!(&long.as_bytes()[..36], material(None, 0x1234, 36).as_bytes());
        let k1 = hmac(HashAlg::Sha1, keys.d.as_bytes(), &[&[3, 0, 0, 0x12, 0x34], nonces[0], nonces[1]]);
        let k2 = hmac(HashAlg::Sha1, keys.d.as_bytes(), &[k1.as_bytes(), &[3, 0, 0, 0x12, 0x34], nonces[0], nonces[1]]);
        assert_eq!(&long.as_bytes()[..40], [k1.as_bytes(), k2.as_bytes()].concat());
        assert_ne!(long, material(None, 0x1235, 72));
        assert_ne!(long, material(Some(&Secret::from(b"pfs")), 0x1234, 72));
    }
}
