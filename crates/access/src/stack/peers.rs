//! Who is who: one peer for each client host, whatever its associations do.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;

use ike::{IkeSaId, Path};
use wire::isakmp::Identity;

use crate::datapath::PeerId;

/// What makes two IKE SAs the same peer's: the same proved identity at the same address and port. Clients behind one NAT differ
/// in the port, whatever private addresses they have.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Key {
    local: SocketAddr,
    remote: SocketAddr,
    identity: Identity,
}

#[derive(Debug)]
struct Peer {
    key: Key,
    sas: BTreeSet<IkeSaId>,
    /// A NAT in front of us has to be kept open.
    keepalive: bool,
}

/// The peers of one worker.
#[derive(Debug, Default)]
pub(super) struct Peers {
    peers: HashMap<PeerId, Peer>,
    by_key: HashMap<Key, PeerId>,
    by_sa: HashMap<IkeSaId, PeerId>,
    next: u64,
}

impl Peers {
    /// The peer that proved `identity` at `path`, and whether it was known.
    pub(super) fn identify(&mut self, sa: IkeSaId, path: Path, identity: Identity, keepalive: bool) -> (PeerId, bool) {
        let key = Key { local: path.local, remote: path.remote, identity };
        let known = self.by_key.get(&key).copied();
        let peer = known.unwrap_or_else(|| {
            let peer = reserve(&mut self.next);
            self.by_key.insert(key.clone(), peer);
            self.peers.insert(peer, Peer { key, sas: BTreeSet::new(), keepalive });
            peer
        });
        if let Some(entry) = self.peers.get_mut(&peer) {
            entry.sas.insert(sa);
            entry.keepalive = keepalive;
        }
        self.by_sa.insert(sa, peer);
        (peer, known.is_some())
    }

    /// A name for a peer that has no associations.
    pub(super) fn reserve(&mut self) -> PeerId {
        reserve(&mut self.next)
    }

    /// Number of peers.
    pub(super) fn len(&self) -> usize {
        self.peers.len().max(self.by_key.len())
    }

    /// The peer of an IKE SA.
    pub(super) fn of(&self, sa: IkeSaId) -> Option<PeerId> {
        self.by_sa.get(&sa).copied()
    }

    /// The IKE SAs of a peer, newest last.
    pub(super) fn sas(&self, peer: PeerId) -> Vec<IkeSaId> {
        self.peers.get(&peer).map(|entry| entry.sas.iter().copied().collect()).unwrap_or_default()
    }

    /// Whether a NAT in front of us has to be kept open towards the peer.
    pub(super) fn wants_keepalive(&self, peer: PeerId) -> bool {
        self.peers.get(&peer).is_some_and(|entry| entry.keepalive)
    }

    /// The peer is at another address or port now.
    pub(super) fn moved(&mut self, peer: PeerId, path: Path) {
        let Some(entry) = self.peers.get_mut(&peer) else { return };
        if self.by_key.get(&entry.key) == Some(&peer) {
            self.by_key.remove(&entry.key);
        }
        (entry.key.local, entry.key.remote) = (path.local, path.remote);
        self.by_key.insert(entry.key.clone(), peer);
    }

    /// An IKE SA has ended; returns its peer.
    pub(super) fn remove_sa(&mut self, sa: IkeSaId) -> Option<PeerId> {
        let peer = self.by_sa.remove(&sa)?;
        if let Some(entry) = self.peers.get_mut(&peer) {
            entry.sas.remove(&sa);
        }
        Some(peer)
    }

    /// Forgets a peer; returns its IKE SAs, or `None` if it was not known.
    pub(super) fn remove(&mut self, peer: PeerId) -> Option<BTreeSet<IkeSaId>> {
        let entry = self.peers.remove(&peer)?;
        if self.by_key.get(&entry.key) == Some(&peer) {
            self.by_key.remove(&entry.key);
        }
        for sa in &entry.sas {
            self.by_sa.remove(sa);
        }
        Some(entry.sas)
    }
}

fn reserve(next: &mut u64) -> PeerId {
    let peer = PeerId(*next);
    *next += 1;
    peer
}
