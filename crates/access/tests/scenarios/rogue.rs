//! A client that knows the key and does what it likes: IKE and ESP without the rest of the stack.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use access::datapath::{Admission, ChildLink, DataPath, Encapsulation, PeerId, Punt};
use crypto::cbc::CbcAlg;
use ike::proposal::{ChildAuth, ChildCipher, ChildSuite, Mode};
use ike::{ChildKeys, ChildRequest, DirectionKeys, Initiate, Path};
use sim::{Network, NodeId, Packet};
use wire::l2tp::{Control, MessageType};

use crate::world::{KEY, Wire, World};

/// The rogue's only suite.
pub(crate) const SUITE: ChildSuite = ChildSuite { cipher: ChildCipher::AesCbc128, auth: Some(ChildAuth::HmacSha1_96) };

const SELF: PeerId = PeerId(0);

pub(crate) struct Rogue {
    node: NodeId,
    pub(crate) ike: ike::Engine,
    pub(crate) sa: ike::IkeSaId,
    data: DataPath,
    l2tp: Option<l2tp::Engine<PeerId>>,
}

impl Rogue {
    /// A rogue on the Internet at `address`, with associations.
    pub(crate) fn connect(world: &mut World, address: IpAddr) -> Rogue {
        let mut rogue = Rogue::begin(world, address);
        for _ in 0..100 {
            if rogue.pump(world) {
                return rogue;
            }
        }
        panic!("the rogue got no association");
    }

    /// A rogue that has just begun.
    pub(crate) fn begin(world: &mut World, address: IpAddr) -> Rogue {
        let node = world.add_stranger(Network::INTERNET, address);
        let path = Path { local: SocketAddr::new(address, 500), remote: SocketAddr::new(world.server_address, 500) };
        let initiate = Initiate { child: Some(request(SUITE)), ..Initiate::l2tp(path, KEY) };
        let mut ike = ike::Engine::new(ike::Config { respond: false, ..ike::Config::default() });
        let sa = ike.initiate(world.now, &mut world.rng, initiate);
        Rogue { node, ike, sa, data: DataPath::new(Admission::default()), l2tp: None }
    }

    /// Whether it has ever got something that it can read.
    pub(crate) fn has_read(&self) -> bool {
        self.data.last_heard(SELF).is_some()
    }

    /// Asks for another association.
    pub(crate) fn ask_for(&mut self, world: &mut World, suite: ChildSuite) {
        self.ike.request_child(world.now, &mut world.rng, self.sa, request(suite));
    }

    /// Opens a tunnel, and never a call in it.
    pub(crate) fn open_tunnel(&mut self, world: &mut World) {
        let mut l2tp = l2tp::Engine::new(l2tp::Config::new("rogue"));
        l2tp.connect(world.now, &mut world.rng, SELF).unwrap();
        self.l2tp = Some(l2tp);
        self.pump_for(world, Duration::from_millis(500));
    }

    /// Sends `message` as the inner UDP payload, from port 1701 to port 1701.
    pub(crate) fn send(&mut self, world: &mut World, message: &[u8]) {
        let mut wire = Wire::default();
        self.data.send_control(SELF, message, &mut wire);
        wire.packets.into_iter().for_each(|packet| world.net.send(world.now, self.node, packet));
    }

    /// Lets some time pass in which the rogue speaks IKE, and L2TP if it has begun to; whether associations came of it.
    pub(crate) fn pump(&mut self, world: &mut World) -> bool {
        let mut is_up = false;
        while let Some(transmit) = self.ike.poll_transmit() {
            let packet = Packet::udp(transmit.path.local, transmit.path.remote, &transmit.data);
            world.net.send(world.now, self.node, packet);
        }
        while let Some(event) = self.ike.poll_event() {
            if let ike::Event::ChildUp { child, .. } = event {
                self.data.install_child(SELF, &link(&child), &mut world.rng).unwrap();
                is_up = true;
            }
        }
        while let Some((_, message)) = self.l2tp.as_mut().and_then(l2tp::Engine::poll_transmit) {
            if Control::parse(&message).unwrap().kind != Some(MessageType::ICRQ) {
                self.send(world, &message);
            }
        }
        world.run_for(Duration::from_millis(50));
        for (node, packet) in std::mem::take(&mut world.strangers) {
            let path = |local, remote| Path { local, remote };
            match packet {
                _ if node != self.node => {}
                Packet::Udp { src, dst, payload } => {
                    self.ike.handle_datagram(world.now, &mut world.rng, path(dst, src), false, &payload);
                }
                Packet::Esp { src, dst, mut payload } => {
                    let (path, len) = (path((dst, 0).into(), (src, 0).into()), payload.len());
                    let mut wire = Wire::default();
                    self.data.receive(world.now, path, Encapsulation::Raw, &mut payload, len, &mut wire);
                }
                Packet::Unreachable { .. } => {}
            }
        }
        for punt in self.data.take_punts() {
            if let (Punt::L2tp { peer, message }, Some(l2tp)) = (punt, &mut self.l2tp) {
                l2tp.handle_control(world.now, &mut world.rng, peer, &message);
            }
        }
        is_up
    }

    /// The same for a longer time.
    pub(crate) fn pump_for(&mut self, world: &mut World, duration: Duration) {
        let end = world.now + duration;
        while world.now < end {
            self.pump(world);
        }
    }
}

fn request(suite: ChildSuite) -> ChildRequest {
    let mut request = ChildRequest::l2tp();
    request.offer.suites = vec![suite];
    request
}

fn link(child: &ChildKeys) -> ChildLink {
    assert_eq!((child.suite, child.mode), (SUITE, Mode::Transport));
    ChildLink {
        ike_sa: child.sa,
        inbound: keys(child.spi_in, &child.inbound),
        outbound: keys(child.spi_out, &child.outbound),
        encapsulation: Encapsulation::Raw,
        path: child.path,
        local_port: 1701,
        remote_port: 1701,
    }
}

pub(crate) fn keys(spi: u32, keys: &DirectionKeys) -> esp::Keys {
    esp::Keys {
        spi,
        suite: esp::Suite::Cbc(CbcAlg::Aes128, esp::Mac::HmacSha1_96),
        encryption: keys.encryption.clone(),
        integrity: keys.integrity.clone(),
        salt: [0; 4],
    }
}
