//! A client that knows the key and does what it likes: IKE and ESP without the rest of the stack.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use access::datapath::{Admission, ChildLink, DataPath, Encapsulation, PeerId};
use crypto::cbc::CbcAlg;
use ike::proposal::{ChildAuth, ChildCipher, ChildSuite, Mode};
use ike::{ChildKeys, DirectionKeys, Initiate, Path};
use sim::{Network, NodeId, Packet};

use crate::world::{KEY, Wire, World};

/// The rogue's only suite.
const SUITE: ChildSuite = ChildSuite { cipher: ChildCipher::AesCbc128, auth: Some(ChildAuth::HmacSha1_96) };

const SELF: PeerId = PeerId(0);

pub(crate) struct Rogue {
    node: NodeId,
    pub(crate) ike: ike::Engine,
    pub(crate) sa: ike::IkeSaId,
    data: DataPath,
}

impl Rogue {
    /// A rogue on the Internet at `address`, with associations.
    pub(crate) fn connect(world: &mut World, address: IpAddr) -> Rogue {
        let node = world.add_stranger(Network::INTERNET, address);
        let path = Path { local: SocketAddr::new(address, 500), remote: SocketAddr::new(world.server_address, 500) };
        let mut initiate = Initiate::l2tp(path, KEY);
        if let Some(child) = &mut initiate.child {
            child.offer.suites = vec![SUITE];
        }
        let mut ike = ike::Engine::new(ike::Config { respond: false, ..ike::Config::default() });
        let sa = ike.initiate(world.now, &mut world.rng, initiate);
        let mut rogue = Rogue { node, ike, sa, data: DataPath::new(Admission::default()) };
        for _ in 0..100 {
            if rogue.pump(world) {
                return rogue;
            }
        }
        panic!("the rogue got no association");
    }

    /// Sends `message` as the inner UDP payload, from port 1701 to port 1701.
    pub(crate) fn send(&mut self, world: &mut World, message: &[u8]) {
        let mut wire = Wire::default();
        self.data.send_control(SELF, message, &mut wire);
        wire.packets.into_iter().for_each(|packet| world.net.send(world.now, self.node, packet));
    }

    /// Lets some time pass in which the rogue speaks IKE; whether associations came of it.
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
        world.run_for(Duration::from_millis(50));
        for (node, packet) in std::mem::take(&mut world.strangers) {
            if let (true, Packet::Udp { src, dst, payload }) = (node == self.node, packet) {
                let path = Path { local: dst, remote: src };
                self.ike.handle_datagram(world.now, &mut world.rng, path, false, &payload);
            }
        }
        is_up
    }
}

fn link(child: &ChildKeys) -> ChildLink {
    assert_eq!((child.suite, child.mode), (SUITE, Mode::Transport));
    ChildLink {
        inbound: keys(child.spi_in, &child.inbound),
        outbound: keys(child.spi_out, &child.outbound),
        encapsulation: Encapsulation::Raw,
        path: child.path,
        local_port: 1701,
        remote_port: 1701,
    }
}

fn keys(spi: u32, keys: &DirectionKeys) -> esp::Keys {
    esp::Keys {
        spi,
        suite: esp::Suite::Cbc(CbcAlg::Aes128, esp::Mac::HmacSha1_96),
        encryption: keys.encryption.clone(),
        integrity: keys.integrity.clone(),
        salt: [0; 4],
    }
}
