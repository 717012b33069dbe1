//! CHAP with MD5 (RFC 1994) and MS-CHAPv2 (RFC 2759).

mod authenticator;
mod peer;

pub(crate) use authenticator::ChapAuthenticator;
pub(crate) use peer::ChapPeer;

use wire::ppp::{AuthCode, Packet, Protocol, full_frame};

/// Octets of a challenge: required by MS-CHAPv2 (RFC 2759 §3), and as good as any for MD5.
const CHALLENGE_LEN: usize = 16;

/// Names longer than this are nobody's.
const NAME_LIMIT: usize = 255;

fn chap_frame(code: AuthCode, id: u8, data: &[u8]) -> Vec<u8> {
    full_frame(Protocol::CHAP, &Packet { code: code.0, id, data }.encode())
}
