//! What is said to a client before its octets are passed on, whichever way it came.

use std::net::SocketAddrV4;

use crate::failure::Failure;
use crate::target::Target;
use crate::{http_connect, socks};

/// Octets that a port forward's client may send before it is connected.
const FORWARD_MAX_INPUT: usize = 16 * 1024;

#[derive(Debug)]
pub(super) enum Dialogue {
    Socks(socks::Dialogue),
    HttpConnect(http_connect::Dialogue),
    /// There is nothing to say: where it goes is settled, and a failure is a reset.
    Forward {
        target: Option<Target>,
        input: Vec<u8>,
    },
}

impl Dialogue {
    pub(super) fn socks() -> Dialogue {
        Dialogue::Socks(socks::Dialogue::default())
    }

    pub(super) fn http_connect() -> Dialogue {
        Dialogue::HttpConnect(http_connect::Dialogue::default())
    }

    pub(super) fn forward(target: Target) -> Dialogue {
        Dialogue::Forward { target: Some(target), input: Vec::new() }
    }

    pub(super) fn handle_input(&mut self, octets: &[u8]) {
        match self {
            Dialogue::Socks(dialogue) => dialogue.handle_input(octets),
            Dialogue::HttpConnect(dialogue) => dialogue.handle_input(octets),
            Dialogue::Forward { input, .. } => input.extend_from_slice(octets),
        }
    }

    pub(super) fn room(&self) -> usize {
        match self {
            Dialogue::Socks(dialogue) => dialogue.room(),
            Dialogue::HttpConnect(dialogue) => dialogue.room(),
            Dialogue::Forward { input, .. } => FORWARD_MAX_INPUT.saturating_sub(input.len()),
        }
    }

    pub(super) fn poll_output(&mut self) -> Option<Vec<u8>> {
        match self {
            Dialogue::Socks(dialogue) => dialogue.poll_output(),
            Dialogue::HttpConnect(dialogue) => dialogue.poll_output(),
            Dialogue::Forward { .. } => None,
        }
    }

    pub(super) fn poll_request(&mut self) -> Option<Result<Target, Failure>> {
        match self {
            Dialogue::Socks(dialogue) => dialogue.poll_request(),
            Dialogue::HttpConnect(dialogue) => dialogue.poll_request(),
            Dialogue::Forward { target, .. } => target.take().map(Ok),
        }
    }

    pub(super) fn accept(&mut self, local: SocketAddrV4) {
        match self {
            Dialogue::Socks(dialogue) => dialogue.accept(local),
            Dialogue::HttpConnect(dialogue) => dialogue.accept(),
            Dialogue::Forward { .. } => {}
        }
    }

    pub(super) fn refuse(&mut self, failure: &Failure) {
        match self {
            Dialogue::Socks(dialogue) => dialogue.refuse(failure),
            Dialogue::HttpConnect(dialogue) => dialogue.refuse(failure),
            Dialogue::Forward { .. } => {}
        }
    }

    pub(super) fn take_rest(&mut self) -> Vec<u8> {
        match self {
            Dialogue::Socks(dialogue) => dialogue.take_rest(),
            Dialogue::HttpConnect(dialogue) => dialogue.take_rest(),
            Dialogue::Forward { input, .. } => std::mem::take(input),
        }
    }
}
