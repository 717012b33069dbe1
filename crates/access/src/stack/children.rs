//! What IKE says, turned into associations of peers.

use clock::Timestamp;
use crypto::cbc::CbcAlg;
use ike::proposal::{ChildAuth, ChildCipher, ChildSuite, Mode};
use ike::{ChildId, ChildKeys, CloseReason, DirectionKeys, IkeSaId, Path, Phase1Summary};
use rand_core::CryptoRng;

use super::{Event, NAT_KEEPALIVE, PEER_GRACE, Stack, Timer};
use crate::datapath::{Alive, ChildLink, Encapsulation, Moved, PeerId};
use crate::{L2TP_PORT, Output};

/// What is remembered of a pair of associations.
#[derive(Clone, Copy, Debug)]
pub(super) struct Child {
    peer: PeerId,
    /// The IKE SA under which it was made, which may be gone.
    sa: IkeSaId,
    /// Our SPI.
    spi: u32,
}

impl Stack {
    pub(super) fn on_ike(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, event: ike::Event) {
        match event {
            ike::Event::Started { sa, path, .. } => self.events.push_back(Event::IkeStarted { sa, path }),
            // They went to whoever records them.
            ike::Event::Phase1Keys(_) => {}
            ike::Event::Phase1Up { sa, summary } => self.on_phase1(now, sa, summary),
            ike::Event::ChildUp { sa, child } => self.on_child_up(now, rng, sa, &child),
            ike::Event::ChildDown { child, reason } => self.on_child_down(now, child, reason),
            ike::Event::PathChanged { sa, path, .. } => self.on_path(sa, path),
            ike::Event::InitialContact { sa } => self.on_initial_contact(now, rng, sa),
            ike::Event::Closed { sa, reason } => self.on_ike_closed(now, rng, sa, reason),
            ike::Event::Failed(failed) => self.events.push_back(Event::IkeFailed(failed)),
        }
    }

    /// Whether a peer has an IKE SA.
    pub fn has_ike(&self, peer: PeerId) -> bool {
        !self.peers.sas(peer).is_empty()
    }

    /// The peer of an IKE SA, once it has proved who it is.
    pub fn peer_of_sa(&self, sa: IkeSaId) -> Option<PeerId> {
        self.peers.of(sa)
    }

    fn on_phase1(&mut self, now: Timestamp, sa: IkeSaId, summary: Box<Phase1Summary>) {
        let behind_nat = summary.nat.local;
        let (peer, known) = self.peers.identify(sa, summary.path, summary.peer_id.clone(), behind_nat);
        if behind_nat {
            self.timers.set(Timer::Keepalive(peer), Some(now + NAT_KEEPALIVE));
        }
        self.l2tp.begin_anew(peer);
        self.note_idle(now, peer);
        self.events.push_back(Event::PeerUp { peer, sa, known, summary });
    }

    fn on_child_up(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, sa: IkeSaId, child: &ChildKeys) {
        let Some(peer) = self.peers.of(sa) else { return };
        let link = ChildLink {
            ike_sa: sa,
            inbound: esp_keys(child.spi_in, child.suite, &child.inbound),
            outbound: esp_keys(child.spi_out, child.suite, &child.outbound),
            encapsulation: match child.mode {
                Mode::Transport => Encapsulation::Raw,
                Mode::UdpTransport => Encapsulation::Udp,
            },
            path: child.path,
            local_port: if child.selectors.local_port == 0 { L2TP_PORT } else { child.selectors.local_port },
            remote_port: child.selectors.remote_port,
        };
        if self.data.install_child(peer, &link, rng).is_err() {
            // Key lengths follow from the suite in both crates; if they ever disagree, the peer must not wait for us.
            self.ike.close_child(now, rng, child.id);
            return;
        }
        self.by_child.insert(child.id, Child { peer, sa, spi: child.spi_in });
        self.by_spi.insert(child.spi_in, child.id);
        self.timers.set(Timer::Gone(peer), None);
        self.last_close.remove(&peer);
        self.l2tp.begin_anew(peer);
        self.note_idle(now, peer);
        self.events.push_back(Event::ChildUp { peer });
    }

    fn on_child_down(&mut self, now: Timestamp, child: ChildId, reason: CloseReason) {
        let Some(Child { peer, spi, .. }) = self.by_child.remove(&child) else { return };
        self.by_spi.remove(&spi);
        if self.data.remove_child(peer, spi) {
            return;
        }
        self.last_close.insert(peer, reason);
        self.timers.set(Timer::Gone(peer), Some(now + PEER_GRACE));
    }

    /// Authentic packets came: IKE need not ask whether the peer is there, nor LCP.
    pub(super) fn note_alive(&mut self, now: Timestamp, alive: Alive) {
        match alive {
            Alive::Association(spi) => {
                if let Some(&child) = self.by_spi.get(&spi) {
                    self.ike.handle_child_traffic(now, child);
                }
            }
            Alive::Call(link) => {
                if let Some(ppp) = self.calls.get_mut(&link).and_then(|call| call.ppp.as_mut()) {
                    ppp.note_traffic(now);
                    self.touched.insert(link);
                }
            }
        }
    }

    /// An authentic ESP packet came from another address or port: a NAT chose another mapping.
    pub(super) fn on_moved(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, moved: Moved) {
        let Moved { peer, spi, path } = moved;
        self.peers.moved(peer, path);
        if let Some(&child) = self.by_spi.get(&spi) {
            self.ike.handle_child_moved(now, rng, child, path);
        }
        self.events.push_back(Event::PeerMoved { peer, path });
    }

    fn on_path(&mut self, sa: IkeSaId, path: Path) {
        let Some(peer) = self.peers.of(sa) else { return };
        if self.data.path(peer) == Some(path) {
            // IKE follows a move that ESP has shown before.
            return;
        }
        self.peers.moved(peer, path);
        self.data.move_peer(peer, path);
        self.events.push_back(Event::PeerMoved { peer, path });
    }

    /// The peer says that it knows of no earlier associations. Only those of this very peer are left-overs: another client may
    /// have the same identity behind the same NAT.
    fn on_initial_contact(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, sa: IkeSaId) {
        let Some(peer) = self.peers.of(sa) else { return };
        let old: Vec<_> = self.peers.sas(peer).into_iter().filter(|&other| other != sa).collect();
        // The IKE SA of what is left over may have ended long before.
        let children: Vec<_> = self.children_of(peer).filter(|(_, child)| child.sa != sa).map(|(id, _)| id).collect();
        if old.is_empty() && children.is_empty() {
            return;
        }
        self.forget_tunnels(now, rng, peer);
        for child in children {
            self.ike.close_child(now, rng, child);
        }
        for sa in old {
            self.ike.close(now, rng, sa);
        }
        self.events.push_back(Event::PeerRestarted { peer });
    }

    fn children_of(&self, peer: PeerId) -> impl Iterator<Item = (ChildId, Child)> + '_ {
        self.by_child.iter().filter(move |(_, child)| child.peer == peer).map(|(&id, &child)| (id, child))
    }

    /// Ends the tunnels of a peer that does not listen any more, and says so before anything else happens.
    fn forget_tunnels(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, peer: PeerId) {
        self.l2tp.forget_peer(now, peer);
        while let Some(event) = self.l2tp.poll_event() {
            self.on_l2tp(now, rng, event);
        }
    }

    /// A deleted IKE SA does not end the traffic under it (Windows and macOS delete it and go on); a dead peer does.
    fn on_ike_closed(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, sa: IkeSaId, reason: CloseReason) {
        let Some(peer) = self.peers.remove_sa(sa) else { return };
        // An older IKE SA that the peer has dropped without a word says nothing about the peer itself.
        let is_last = self.peers.sas(peer).is_empty();
        if reason == CloseReason::PeerDead && is_last {
            self.last_close.insert(peer, reason);
            self.forget_peer(now, rng, peer);
            return;
        }
        let has_children = self.children_of(peer).next().is_some();
        if is_last && has_children {
            self.events.push_back(Event::IkeEnded { peer });
        }
        if is_last && !has_children {
            self.last_close.entry(peer).or_insert(reason);
            self.timers.set(Timer::Gone(peer), Some(now + PEER_GRACE));
        }
    }

    /// Ends everything that a peer has, here and, as far as it still listens, there.
    pub(super) fn forget_peer(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, peer: PeerId) {
        // Calls end through the events of L2TP; then nothing is left that needs the associations.
        self.forget_tunnels(now, rng, peer);
        let children: Vec<_> = self.children_of(peer).collect();
        for (id, child) in children {
            self.by_child.remove(&id);
            self.by_spi.remove(&child.spi);
            self.ike.close_child(now, rng, id);
        }
        let last_heard = self.data.last_heard(peer);
        self.data.remove_peer(peer);
        for timer in [Timer::Gone(peer), Timer::Idle(peer), Timer::Keepalive(peer)] {
            self.timers.set(timer, None);
        }
        let reason = self.last_close.remove(&peer).unwrap_or(CloseReason::Command);
        if let Some(sas) = self.peers.remove(peer) {
            for sa in sas {
                self.ike.close(now, rng, sa);
            }
            self.events.push_back(Event::PeerGone { peer, reason, last_heard });
        }
    }

    /// Reminds the NAT in front of us of the mapping towards `peer`.
    pub(super) fn send_keepalive(&mut self, now: Timestamp, peer: PeerId, out: &mut dyn Output) {
        if !self.peers.wants_keepalive(peer) {
            return;
        }
        if let Some(path) = self.data.path(peer) {
            out.udp(path, &[0xff], 1);
        }
        self.timers.set(Timer::Keepalive(peer), Some(now + NAT_KEEPALIVE));
    }
}

fn esp_keys(spi: u32, suite: ChildSuite, keys: &DirectionKeys) -> esp::Keys {
    let mut salt = [0; 4];
    for (octet, value) in salt.iter_mut().zip(keys.salt.as_bytes()) {
        *octet = *value;
    }
    esp::Keys {
        spi,
        suite: esp_suite(suite),
        encryption: keys.encryption.clone(),
        integrity: keys.integrity.clone(),
        salt,
    }
}

fn esp_suite(suite: ChildSuite) -> esp::Suite {
    let mac = match suite.auth {
        Some(ChildAuth::HmacSha1_96) => esp::Mac::HmacSha1_96,
        Some(ChildAuth::HmacSha256_128) => esp::Mac::HmacSha256_128,
        Some(ChildAuth::HmacSha384_192) => esp::Mac::HmacSha384_192,
        Some(ChildAuth::HmacSha512_256) => esp::Mac::HmacSha512_256,
        None => return esp::Suite::Gcm { key_len: suite.cipher.key_len() },
    };
    let cipher = match suite.cipher {
        ChildCipher::AesCbc128 => CbcAlg::Aes128,
        ChildCipher::AesCbc192 => CbcAlg::Aes192,
        ChildCipher::AesCbc256 => CbcAlg::Aes256,
        ChildCipher::TripleDes => CbcAlg::TripleDes,
        ChildCipher::AesGcm128 | ChildCipher::AesGcm192 | ChildCipher::AesGcm256 => {
            return esp::Suite::Gcm { key_len: suite.cipher.key_len() };
        }
    };
    esp::Suite::Cbc(cipher, mac)
}
