//! The computations of MS-CHAPv2 (RFC 2759) at the peer, which CHAP and EAP wrap differently.

use crypto::mschap::{NtHash, nt_password_hash, nt_response, verify_authenticator_response};
use rand_core::CryptoRng;
use wire::ppp::MsChapV2Response;

use crate::config::Credentials;
use crate::event::Credential;

/// Octets of a challenge (RFC 2759 §3).
pub(super) const CHALLENGE_LEN: usize = 16;

/// Names longer than this are nobody's.
pub(super) const NAME_LIMIT: usize = 255;

/// Challenges answered without a Success: each answer is food for a password search. A server repeats a challenge at
/// most ten times or so.
pub(super) const CHALLENGES_LIMIT: u32 = 32;

/// What the server's proof is made of.
#[derive(Debug)]
pub(super) struct Expected {
    hash: NtHash,
    nt_response: [u8; 24],
    peer_challenge: [u8; 16],
    auth_challenge: [u8; CHALLENGE_LEN],
}

/// The response to a challenge, and what the server's proof will be compared with; `None` when the credentials cannot
/// be used with MS-CHAPv2.
pub(super) fn respond(
    credentials: &Credentials,
    auth_challenge: [u8; CHALLENGE_LEN],
    rng: &mut dyn CryptoRng,
) -> Option<(MsChapV2Response, Expected)> {
    let user = credentials.user.as_bytes();
    let password = std::str::from_utf8(credentials.password.as_bytes()).ok().filter(|_| user.len() <= NAME_LIMIT)?;
    let mut peer_challenge = [0; 16];
    rng.fill_bytes(&mut peer_challenge);
    let hash = nt_password_hash(password);
    let nt_response = nt_response(&auth_challenge, &peer_challenge, Credential::hashed_name(user), &hash);
    let response = MsChapV2Response { peer_challenge, nt_response };
    Some((response, Expected { hash, nt_response, peer_challenge, auth_challenge }))
}

impl Expected {
    /// Whether the text of a Success proves that the server knows the password of `user`.
    ///
    /// RFC 2759 §5: `S=`, 40 digits, then the text. Digits are upper case by the RFC and not with everybody.
    pub(super) fn is_proven_by(&self, user: &str, message: &[u8]) -> bool {
        message.get(..42).is_some_and(|proof| {
            verify_authenticator_response(
                &self.hash,
                &self.nt_response,
                &self.peer_challenge,
                &self.auth_challenge,
                Credential::hashed_name(user.as_bytes()),
                &proof.to_ascii_uppercase(),
            )
        })
    }
}

/// The example of RFC 2759 §9.2.
#[cfg(test)]
pub(super) mod vectors {
    use std::convert::Infallible;

    use chacha20::rand_core::{TryCryptoRng, TryRng};

    use crate::config::{ClientConfig, Credentials};

    pub(crate) const AUTH_CHALLENGE: [u8; 16] =
        [0x5B, 0x5D, 0x7C, 0x7D, 0x7B, 0x3F, 0x2F, 0x3E, 0x3C, 0x2C, 0x60, 0x21, 0x32, 0x26, 0x26, 0x28];
    pub(crate) const PEER_CHALLENGE: [u8; 16] = *b"!@#$%^&*()_+:3|~";
    pub(crate) const NT_RESPONSE: [u8; 24] = [
        0x82, 0x30, 0x9E, 0xCD, 0x8D, 0x70, 0x8B, 0x5E, 0xA0, 0x8F, 0xAA, 0x39, 0x81, 0xCD, 0x83, 0x54, 0x42, 0x33,
        0x11, 0x4A, 0x3D, 0x85, 0xD6, 0xDF,
    ];
    pub(crate) const SUCCESS: &[u8] = b"S=407A5589115FD0D6209F510FE9C04566932CDA56 M=Welcome";

    pub(crate) fn config() -> ClientConfig {
        ClientConfig::new(Credentials { user: "BIGCO\\User".into(), password: "clientPass".into() })
    }

    /// Yields the peer challenge.
    pub(crate) struct Fixed;

    impl TryRng for Fixed {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            Ok(0)
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            Ok(0)
        }

        fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Infallible> {
            octets.copy_from_slice(&PEER_CHALLENGE);
            Ok(())
        }
    }

    impl TryCryptoRng for Fixed {}
}
