//! Proof of the tunnel secret (RFC 2661 §5.1.1) and hidden AVPs (RFC 2661 §4.3).

use crypto::{HashAlg, Secret};
use rand_core::CryptoRng;
use wire::l2tp::{MessageType, Unhide};

use crate::AuthenticationFault;

/// A challenge of ours: random, and long enough that no answer occurs twice.
pub(crate) fn challenge(rng: &mut dyn CryptoRng) -> [u8; 16] {
    let mut challenge = [0; 16];
    rng.fill_bytes(&mut challenge);
    challenge
}

/// The answer to `challenge` that stands in a message of type `kind`, which is SCCRP or SCCCN.
pub(crate) fn response(kind: MessageType, secret: &Secret, challenge: &[u8]) -> [u8; 16] {
    md5(&[&kind.0.to_be_bytes()[1..], secret.as_bytes(), challenge])
}

/// Judges the answer to our `challenge`, if there was one, in a message of type `kind`.
pub(crate) fn verify(
    kind: MessageType,
    secret: Option<&Secret>,
    challenge: Option<&[u8; 16]>,
    answer: Option<&[u8; 16]>,
) -> Result<(), AuthenticationFault> {
    let Some(challenge) = challenge else { return Ok(()) };
    let secret = secret.ok_or(AuthenticationFault::NoSecret)?;
    let answer = answer.ok_or(AuthenticationFault::Missing)?;
    if crypto::ct_eq(&response(kind, secret, challenge), answer) { Ok(()) } else { Err(AuthenticationFault::Wrong) }
}

/// Opens hidden AVPs with the tunnel secret, if there is one.
pub(crate) struct Opener<'a>(pub(crate) Option<&'a Secret>);

impl Unhide for Opener<'_> {
    fn unhide(&self, attribute: u16, random_vector: &[u8], value: &[u8]) -> Option<Vec<u8>> {
        let secret = self.0?.as_bytes();
        if random_vector.is_empty() {
            return None;
        }
        let mut plain = Vec::with_capacity(value.len());
        let mut mask = md5(&[&attribute.to_be_bytes(), secret, random_vector]);
        for block in value.chunks(16) {
            plain.extend(block.iter().zip(mask).map(|(octet, mask)| octet ^ mask));
            mask = md5(&[secret, block]);
        }
        // Inside stands the length of the true value, which padding follows.
        let (length, rest) = plain.split_first_chunk::<2>()?;
        rest.get(..usize::from(u16::from_be_bytes(*length))).map(<[u8]>::to_vec)
    }
}

fn md5(parts: &[&[u8]]) -> [u8; 16] {
    let mut octets = [0; 16];
    octets.copy_from_slice(HashAlg::Md5.digest(parts).as_bytes());
    octets
}

#[cfg(test)]
pub(crate) mod tests {
    use hex_literal::hex;
    use proptest::prelude::*;

    use super::*;

    /// Hides a value as RFC 2661 §4.3 tells, block by block.
    pub(crate) fn hide(secret: &[u8], attribute: u16, random_vector: &[u8], value: &[u8], padding: usize) -> Vec<u8> {
        let mut plain = u16::try_from(value.len()).unwrap().to_be_bytes().to_vec();
        plain.extend(value);
        plain.resize(plain.len() + padding, 0xa5);
        let mut hidden: Vec<u8> = Vec::new();
        for (index, block) in plain.chunks(16).enumerate() {
            let mask = match index {
                0 => md5(&[&attribute.to_be_bytes(), secret, random_vector]),
                _ => md5(&[secret, &hidden[16 * (index - 1)..16 * index]]),
            };
            hidden.extend(block.iter().zip(mask).map(|(octet, mask)| octet ^ mask));
        }
        hidden
    }

    /// Recorded between two xl2tpd with the secret "sekrit".
    #[test]
    fn recorded_answers_are_the_ones_we_give() {
        let secret = Secret::from("sekrit");
        let of_lac = hex!("fdd387b47fd9aa3ea0d3f91709b719ee");
        assert_eq!(response(MessageType::SCCRP, &secret, &of_lac), hex!("7d480fd2c13a4161c32f0cadeda40c7e"));
        let of_lns = hex!("258cc3cb83617508a9875eedce379a3d");
        assert_eq!(response(MessageType::SCCCN, &secret, &of_lns), hex!("63f51053f251346e06c11332 34558a1f"));
    }

    #[test]
    fn only_the_same_secret_is_proof() {
        let secret = Secret::from("sekrit");
        let challenge = [7; 16];
        let good = response(MessageType::SCCCN, &secret, &challenge);
        let judge = |secret: Option<&Secret>, answer| verify(MessageType::SCCCN, secret, Some(&challenge), answer);
        assert_eq!(judge(Some(&secret), Some(&good)), Ok(()));
        assert_eq!(judge(Some(&Secret::from("other")), Some(&good)), Err(AuthenticationFault::Wrong));
        assert_eq!(judge(Some(&secret), None), Err(AuthenticationFault::Missing));
        assert_eq!(judge(None, Some(&good)), Err(AuthenticationFault::NoSecret));
        assert_eq!(verify(MessageType::SCCCN, None, None, None), Ok(()));
    }

    #[test]
    fn an_inner_length_beyond_the_value_is_refused() {
        let secret = Secret::from("sekrit");
        let mut hidden = hide(secret.as_bytes(), 9, b"vector", &[0, 7], 0);
        hidden[1] ^= 0x40;
        assert_eq!(Opener(Some(&secret)).unhide(9, b"vector", &hidden), None);
        assert_eq!(Opener(Some(&secret)).unhide(9, b"vector", &hidden[..1]), None);
        assert_eq!(Opener(Some(&secret)).unhide(9, b"", &hidden), None);
        assert_eq!(Opener(None).unhide(9, b"vector", &hidden), None);
    }

    proptest! {
        #[test]
        fn what_is_hidden_opens(
            attribute: u16,
            vector in proptest::collection::vec(any::<u8>(), 1..40),
            value in proptest::collection::vec(any::<u8>(), 0..200),
            padding in 0_usize..40,
        ) {
            let secret = Secret::from("sekrit");
            let hidden = hide(secret.as_bytes(), attribute, &vector, &value, padding);
            prop_assert_eq!(Opener(Some(&secret)).unhide(attribute, &vector, &hidden), Some(value));
        }
    }
}
