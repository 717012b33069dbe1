use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::time::Duration;

use clock::{DeadlineQueue, Timestamp};
use crypto::CryptoRng;
use wire::isakmp::Identity;

use crate::Path;
use crate::event::{ChildId, IkeSaId, Selectors};
use crate::quick_mode::ChildRequest;

/// What the engine remembers of a pair of child SAs.
#[derive(Debug)]
pub(crate) struct Child {
    /// The IKE SA under which it was made, which may be gone.
    pub(crate) sa: IkeSaId,
    pub(crate) path: Path,
    pub(crate) peer_id: Identity,
    pub(crate) spi_in: u32,
    pub(crate) spi_out: u32,
    pub(crate) selectors: Selectors,
    /// What we asked for, where we began.
    pub(crate) request: Option<ChildRequest>,
    /// When to begin its replacement.
    pub(crate) rekey_at: Option<Timestamp>,
    /// When it ends at the latest.
    pub(crate) ends: Timestamp,
    /// A newer pair has taken its place; it ends earlier.
    pub(crate) replaced: bool,
}

/// Something is due for a child SA.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Due {
    Rekey,
    End,
}

/// All child SAs of the engine. They outlive their IKE SA.
#[derive(Debug, Default)]
pub(crate) struct Children {
    table: HashMap<ChildId, Child>,
    of_sa: HashMap<IkeSaId, Vec<ChildId>>,
    by_peer: HashMap<(SocketAddr, u32), ChildId>,
    spis: HashSet<u32>,
    deadlines: DeadlineQueue<ChildId>,
    next_id: u64,
}

impl Children {
    /// Reserves an SPI: random, never below 256 (RFC 4303 §2.1), the worker's index in the top four bits.
    pub(crate) fn reserve_spi(&mut self, worker: u8, rng: &mut dyn CryptoRng) -> u32 {
        loop {
            let spi = u32::from(worker) << 28 | rng.next_u32() >> 4;
            if spi > 255 && self.spis.insert(spi) {
                return spi;
            }
        }
    }

    /// Gives back an SPI that came to nothing.
    pub(crate) fn release_spi(&mut self, spi: u32) {
        self.spis.remove(&spi);
    }

    /// A new name.
    pub(crate) fn new_id(&mut self) -> ChildId {
        self.next_id += 1;
        ChildId(self.next_id)
    }

    pub(crate) fn insert(&mut self, id: ChildId, child: Child) {
        self.deadlines.set(id, Some(deadline(&child)));
        self.of_sa.entry(child.sa).or_default().push(id);
        self.by_peer.insert((child.path.remote, child.spi_out), id);
        self.table.insert(id, child);
    }

    pub(crate) fn get(&self, id: ChildId) -> Option<&Child> {
        self.table.get(&id)
    }

    pub(crate) fn remove(&mut self, id: ChildId) -> Option<Child> {
        let child = self.table.remove(&id)?;
        self.deadlines.set(id, None);
        self.spis.remove(&child.spi_in);
        if self.by_peer.get(&(child.path.remote, child.spi_out)) == Some(&id) {
            self.by_peer.remove(&(child.path.remote, child.spi_out));
        }
        if let Some(siblings) = self.of_sa.get_mut(&child.sa) {
            siblings.retain(|&sibling| sibling != id);
            if siblings.is_empty() {
                self.of_sa.remove(&child.sa);
            }
        }
        Some(child)
    }

    /// The children of an IKE SA.
    pub(crate) fn of(&self, sa: IkeSaId) -> &[ChildId] {
        self.of_sa.get(&sa).map_or(&[], Vec::as_slice)
    }

    /// The child whose outgoing SPI is `spi`, if the peer of `sa` may speak for it: it was made under this IKE SA, or under
    /// another one of the same peer at the same place. strongSwan, when it gives up an SA it could not install, deletes it by
    /// our SPI instead of its own; under the IKE SA itself that means the same.
    pub(crate) fn of_peer(&self, sa: IkeSaId, remote: SocketAddr, peer_id: &Identity, spi: u32) -> Option<ChildId> {
        let spi_is = |id: &&ChildId| self.table.get(id).is_some_and(|child| child.spi_out == spi);
        if let Some(&id) = self.of(sa).iter().find(spi_is) {
            return Some(id);
        }
        let spi_is_ours = |id: &&ChildId| self.table.get(id).is_some_and(|child| child.spi_in == spi);
        if let Some(&id) = self.of(sa).iter().find(spi_is_ours) {
            return Some(id);
        }
        let id = *self.by_peer.get(&(remote, spi))?;
        self.table.get(&id).filter(|child| child.peer_id == *peer_id).map(|_| id)
    }

    /// The newest child of the same peer for the same ports: the one that a new quick mode replaces.
    pub(crate) fn replaced_by(&self, sa: IkeSaId, selectors: &Selectors) -> Option<ChildId> {
        let ports = |selectors: &Selectors| (selectors.protocol, selectors.local_port, selectors.remote_port);
        let same = |id: &&ChildId| {
            self.table.get(id).is_some_and(|child| !child.replaced && ports(&child.selectors) == ports(selectors))
        };
        self.of(sa).iter().rev().find(same).copied()
    }

    /// The children of `sa` are at another place now.
    pub(crate) fn moved(&mut self, sa: IkeSaId, path: Path) {
        for id in self.of(sa).to_vec() {
            if let Some(child) = self.table.get_mut(&id) {
                self.by_peer.remove(&(child.path.remote, child.spi_out));
                child.path = path;
                self.by_peer.insert((path.remote, child.spi_out), id);
            }
        }
    }

    /// A newer pair took the place of `id`, which ends after `stays`.
    pub(crate) fn replace(&mut self, id: ChildId, now: Timestamp, stays: Duration) {
        if let Some(child) = self.table.get_mut(&id) {
            child.replaced = true;
            child.rekey_at = None;
            child.ends = child.ends.min(now + stays);
            self.deadlines.set(id, Some(deadline(child)));
        }
    }

    /// The replacement did not succeed: once more later.
    pub(crate) fn retry_rekey(&mut self, id: ChildId, at: Timestamp) {
        if let Some(child) = self.table.get_mut(&id) {
            child.rekey_at = Some(at);
            self.deadlines.set(id, Some(deadline(child)));
        }
    }

    pub(crate) fn next_deadline(&mut self) -> Option<Timestamp> {
        self.deadlines.peek()
    }

    /// What is due. Call until `None`.
    pub(crate) fn expire(&mut self, now: Timestamp) -> Option<(ChildId, Due)> {
        let id = self.deadlines.expire(now)?;
        let child = self.table.get_mut(&id)?;
        if child.ends <= now {
            return Some((id, Due::End));
        }
        child.rekey_at = None;
        self.deadlines.set(id, Some(child.ends));
        Some((id, Due::Rekey))
    }

    /// SPIs that are in use or promised.
    #[cfg(test)]
    pub(crate) fn reserved(&self) -> usize {
        self.spis.len()
    }

    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }
}

fn deadline(child: &Child) -> Timestamp {
    child.rekey_at.map_or(child.ends, |at| at.min(child.ends))
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::SeedableRng;

    use super::*;

    fn child(sa: u64, remote: &str, spi_in: u32, spi_out: u32) -> Child {
        let remote: SocketAddr = remote.parse().unwrap();
        Child {
            sa: IkeSaId(sa),
            path: Path { local: "192.0.2.1:4500".parse().unwrap(), remote },
            peer_id: Identity::address("10.0.0.1".parse().unwrap(), 0, 0),
            spi_in,
            spi_out,
            selectors: Selectors { protocol: 17, local_port: 1701, remote_port: 1701, local: None, remote: None },
            request: None,
            rekey_at: None,
            ends: Timestamp::ZERO + Duration::from_secs(100),
            replaced: false,
        }
    }

    #[test]
    fn an_spi_carries_the_worker_is_never_reserved_and_never_given_twice() {
        let mut children = Children::default();
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let spis: HashSet<u32> = (0..1000).map(|_| children.reserve_spi(9, &mut rng)).collect();
        assert_eq!(spis.len(), 1000);
        assert!(spis.iter().all(|spi| spi >> 28 == 9));
        spis.iter().for_each(|&spi| children.release_spi(spi));
        assert!(children.spis.is_empty());
    }

    #[test]
    fn only_the_peer_of_a_child_sa_may_name_it() {
        let mut children = Children::default();
        let id = children.new_id();
        children.insert(id, child(1, "198.51.100.1:4500", 0x1000, 0x2000));
        let peer = Identity::address("10.0.0.1".parse().unwrap(), 0, 0);
        let other = Identity::address("10.0.0.2".parse().unwrap(), 0, 0);
        let remote: SocketAddr = "198.51.100.1:4500".parse().unwrap();
        let neighbour: SocketAddr = "198.51.100.1:4501".parse().unwrap();
        assert_eq!(children.of_peer(IkeSaId(1), remote, &peer, 0x2000), Some(id));
        assert_eq!(children.of_peer(IkeSaId(1), remote, &peer, 0x1000), Some(id), "by our SPI");
        assert_eq!(children.of_peer(IkeSaId(2), remote, &peer, 0x2000), Some(id), "after a new main mode");
        assert_eq!(children.of_peer(IkeSaId(2), remote, &peer, 0x1000), None);
        assert_eq!(children.of_peer(IkeSaId(2), remote, &other, 0x2000), None);
        assert_eq!(children.of_peer(IkeSaId(2), neighbour, &peer, 0x2000), None, "another client behind the same NAT");
        children.moved(IkeSaId(1), Path { local: remote, remote: neighbour });
        assert_eq!(children.of_peer(IkeSaId(2), neighbour, &peer, 0x2000), Some(id));
        assert!(children.remove(id).is_some());
        assert!(children.by_peer.is_empty() && children.of_sa.is_empty() && children.next_deadline().is_none());
    }
}
