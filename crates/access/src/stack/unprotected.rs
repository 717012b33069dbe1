//! The one server that a dialer reaches without IPsec.
//!
//! Everybody on the path can read and change what passes here. The one protection left is that strangers elsewhere have to
//! guess ids. A server has no use for this: [`Permit`] can be made by a dialer alone.

use clock::Timestamp;
use ike::Path;
use rand_core::CryptoRng;

use super::Stack;
use crate::Output;
use crate::client::Permit;
use crate::datapath::{Dropped, PeerId};

/// The server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unprotected {
    peer: PeerId,
    /// Whether the tunnel is up: from then on the ports stay (RFC 2661 §8.1).
    pub(super) settled: bool,
}

impl Stack {
    /// A server that is reached at `path` without IPsec. There is at most one.
    pub fn reach_unprotected(&mut self, _: Permit, path: Path) -> PeerId {
        let peer = self.peers.reserve();
        self.data.add_unprotected(peer, path);
        self.unprotected = Some(Unprotected { peer, settled: false });
        peer
    }

    /// Takes datagrams that came to the port of [`Stack::reach_unprotected`]: `segment` octets each, the last perhaps shorter.
    pub fn handle_unprotected(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        path: Path,
        data: &mut [u8],
        segment: usize,
        out: &mut dyn Output,
    ) {
        for message in data.chunks_mut(segment.max(1)) {
            let Some(peer) = self.unprotected_at(path, message) else {
                self.data.count_drop(Dropped::Unprotected);
                continue;
            };
            self.data.receive_unprotected(now, peer, message, out);
            // What a message sets up is there for the next one of the batch.
            if self.data.has_news() {
                self.data.flush(out);
                self.settle(now, rng, out);
            }
        }
    }

    /// The server, if this is where it is. It may answer from another port than the one that it was called at; what it says then
    /// has to name our tunnel, and is answered there (RFC 2661 §8.1).
    fn unprotected_at(&mut self, path: Path, message: &[u8]) -> Option<PeerId> {
        let Unprotected { peer, settled } = self.unprotected?;
        let known = self.data.path(peer)?;
        if path == known {
            return Some(peer);
        }
        let other_port = path.local == known.local && path.remote.ip() == known.remote.ip();
        if settled || !other_port || !self.names_our_tunnel(peer, message) {
            return None;
        }
        self.data.move_peer(peer, path);
        Some(peer)
    }

    fn names_our_tunnel(&self, peer: PeerId, message: &[u8]) -> bool {
        let named = wire::l2tp::Control::parse(message).map(|control| control.tunnel);
        named.is_ok_and(|named| self.l2tp.tunnels().any(|tunnel| tunnel.peer == peer && tunnel.tunnel.0 == named))
    }
}
