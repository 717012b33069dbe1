//! Connections that end.

use std::time::Duration;

use wire::ppp::{Code, Protocol, RasError, TerminateReason, full_frame};

use super::ppp::encode;
use crate::agree::Outcome;
use crate::foreign::{Layer, foreign};

pub(super) fn server_hangs_up() -> Outcome {
    terminated(Vec::new())
}

pub(super) fn administrator_hangs_up() -> Outcome {
    terminated(TerminateReason { magic: 1, ras: RasError::REMOTE_DISCONNECTION }.encode())
}

pub(super) fn terminated_with_719() -> Outcome {
    terminated(TerminateReason { magic: 1, ras: RasError::PPP_REMOTE_TERMINATED }.encode())
}

pub(super) fn idle() -> Outcome {
    terminated(TerminateReason { magic: 1, ras: RasError::IDLE_TIMEOUT }.encode())
}

pub(super) fn call_cut() -> Outcome {
    let (mut world, mut server) = foreign();
    server.connect(&mut world);
    let (_, session) = server.call.unwrap();
    server.l2tp.disconnect(world.now, session, l2tp::CallEnd::ADMINISTRATIVE);
    server.see_the_end(&mut world)
}

pub(super) fn tunnel_cut() -> Outcome {
    let (mut world, mut server) = foreign();
    server.connect(&mut world);
    let (_, session) = server.call.unwrap();
    server.l2tp.close_tunnel(world.now, session.tunnel, l2tp::TunnelEnd::SHUTTING_DOWN);
    server.see_the_end(&mut world)
}

/// PPP is dead at the server, L2TP and IKE are not.
pub(super) fn no_echo() -> Outcome {
    let (mut world, mut server) = foreign();
    server.connect(&mut world);
    server.alter = Box::new(|layer, genuine| if layer == Layer::Ppp { Vec::new() } else { vec![genuine.to_vec()] });
    server.see_the_end(&mut world)
}

/// Only IKE still answers, and PPP does not ask.
pub(super) fn no_hello() -> Outcome {
    let (mut world, mut server) = foreign();
    world.clients[0].config.ppp.timing.echo_interval = Duration::ZERO;
    server.ppp_config.timing.echo_interval = Duration::ZERO;
    server.connect(&mut world);
    server.alter = Box::new(|layer, genuine| if layer == Layer::Ike { vec![genuine.to_vec()] } else { Vec::new() });
    server.see_the_end(&mut world)
}

pub(super) fn vanishes() -> Outcome {
    let (mut world, mut server) = foreign();
    server.connect(&mut world);
    let begun = world.now;
    server.vanish();
    let end = server.see_the_end(&mut world);
    assert!(world.now.since(begun) < Duration::from_secs(120), "noticed after {:?}", world.now.since(begun));
    end
}

pub(super) fn restarts() -> Outcome {
    let (mut world, mut server) = foreign();
    server.connect(&mut world);
    let begun = world.now;
    server.restart();
    let end = server.see_the_end(&mut world);
    assert!(world.now.since(begun) < Duration::from_secs(120), "noticed after {:?}", world.now.since(begun));
    end
}

pub(super) fn deleted() -> Outcome {
    let (mut world, mut server) = foreign();
    server.connect(&mut world);
    server.close_ike(&mut world);
    server.see_the_end(&mut world)
}

pub(super) fn we_hang_up() -> Outcome {
    let (mut world, mut server) = foreign();
    server.connect(&mut world);
    world.at_client(0, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
    server.see_the_end(&mut world)
}

/// The server ends the link with a Terminate-Request.
fn terminated(data: Vec<u8>) -> Outcome {
    let (mut world, mut server) = foreign();
    server.connect(&mut world);
    server.send_frame(&mut world, &full_frame(Protocol::LCP, &encode(Code::TERMINATE_REQUEST, 77, &data)));
    server.see_the_end(&mut world)
}
