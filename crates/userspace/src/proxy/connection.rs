//! One client, from its request to its end.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use clock::Timestamp;
use net::poll::{Poller, Ready, Token};

use super::client::{Client, Got};
use super::dialogue::Dialogue;
use super::{Event, Limits, Traffic};
use crate::failure::{Failure, Local, Stage as SilentStage};
use crate::netstack::{self, FlowId, Netstack};
use crate::resolve::QuestionId;
use crate::target::{Host, Target};

/// Room in the send buffer from which on it is worth reading from the client.
const WORTHWHILE: usize = 4096;

/// Octets read from a client at a time while it is not connected.
const CHUNK: usize = 4096;

/// How long a client that was refused may take to read why and to go.
const FAREWELL: Duration = Duration::from_secs(5);

/// What a connection waits for in the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    Nothing,
    Answer(QuestionId),
    Flow(FlowId),
}

/// A client's connection. `handle_*` methods only note what happened; [`Connection::pump`] acts.
#[derive(Debug)]
pub(super) struct Connection {
    client: Client,
    stage: Stage,
    target: Option<Target>,
    begun: Timestamp,
    active_at: Timestamp,
    /// What is to be written to the client before anything else.
    output: VecDeque<u8>,
    /// The client has finished.
    client_finished: bool,
    /// The client was told that nothing more comes.
    client_told: bool,
    traffic: Traffic,
    opened: bool,
    failure: Option<Failure>,
}

#[derive(Debug)]
enum Stage {
    /// The client has not said, or not yet completely, what it wants.
    Asking(Dialogue),
    Resolving {
        dialogue: Dialogue,
        question: QuestionId,
        port: u16,
    },
    /// `more` are addresses to try after this one.
    Connecting {
        dialogue: Dialogue,
        flow: FlowId,
        more: VecDeque<Ipv4Addr>,
        port: u16,
    },
    /// Octets are passed on; `rest` was read from the client before.
    Open {
        flow: FlowId,
        rest: VecDeque<u8>,
    },
    /// The other side broke off; what came from it before is passed on.
    Broken {
        flow: FlowId,
    },
    /// The client is told why it is not connected.
    Refused {
        until: Timestamp,
    },
    Over,
}

impl Connection {
    pub(super) fn new(now: Timestamp, client: Client, dialogue: Dialogue) -> Connection {
        Connection {
            client,
            stage: Stage::Asking(dialogue),
            target: None,
            begun: now,
            active_at: now,
            output: VecDeque::new(),
            client_finished: false,
            client_told: false,
            traffic: Traffic::default(),
            opened: false,
            failure: None,
        }
    }

    pub(super) fn handle_ready(&mut self, ready: Ready) {
        self.client.handle_ready(ready);
    }

    pub(super) fn handle_stack_event(&mut self, now: Timestamp, stack: Option<&mut Netstack>, event: netstack::Event) {
        let Some(stack) = stack else { return };
        match event {
            netstack::Event::Resolved { result, .. } => {
                if let Stage::Resolving { dialogue, port, .. } = self.leave() {
                    match result {
                        Ok(addresses) => self.connect(now, stack, dialogue, addresses.into(), port),
                        Err(failure) => self.refuse(now, dialogue, failure),
                    }
                }
            }
            netstack::Event::Connected { .. } => self.on_connected(stack),
            netstack::Event::Ended { failure: Some(failure), .. } => self.on_broken(now, stack, failure),
            // Reading and writing find out themselves.
            netstack::Event::Ended { failure: None, .. }
            | netstack::Event::Ready { .. }
            | netstack::Event::Pong { .. } => {}
        }
    }

    /// The stack that all of this was about exists no more.
    pub(super) fn handle_stack_gone(&mut self, now: Timestamp) {
        let failure = Failure::Local(Local::NoTunnel);
        match self.leave() {
            Stage::Resolving { dialogue, .. } | Stage::Connecting { dialogue, .. } => {
                self.refuse(now, dialogue, failure)
            }
            Stage::Open { .. } | Stage::Broken { .. } => self.reset(failure),
            stage @ (Stage::Asking(_) | Stage::Refused { .. } | Stage::Over) => self.stage = stage,
        }
    }

    /// Ends what has taken too long by now.
    pub(super) fn handle_timeout(&mut self, now: Timestamp, stack: Option<&mut Netstack>, limits: &Limits) {
        if self.deadline(limits).is_none_or(|at| at > now) {
            return;
        }
        match self.leave() {
            Stage::Asking(dialogue) => {
                let elapsed = now - self.begun;
                self.refuse(now, dialogue, Failure::Silence { stage: SilentStage::Request, elapsed });
            }
            Stage::Resolving { dialogue, question, .. } => {
                if let Some(stack) = stack {
                    stack.cancel(question);
                }
                let elapsed = now - self.begun;
                self.refuse(now, dialogue, Failure::Silence { stage: SilentStage::Resolve, elapsed });
            }
            Stage::Connecting { dialogue, flow, .. } => {
                if let Some(stack) = stack {
                    stack.release(now, flow);
                }
                let elapsed = now - self.begun;
                self.refuse(now, dialogue, Failure::Silence { stage: SilentStage::Connect, elapsed });
            }
            Stage::Refused { .. } | Stage::Over => {}
            stage @ (Stage::Open { .. } | Stage::Broken { .. }) => {
                self.stage = stage;
                self.give_up(stack, Failure::Local(Local::Idle));
            }
        }
    }

    /// Breaks off both sides.
    pub(super) fn give_up(&mut self, stack: Option<&mut Netstack>, failure: Failure) {
        match (self.waiting(), stack) {
            (Waiting::Flow(flow), Some(stack)) => stack.abort(flow),
            (Waiting::Answer(question), Some(stack)) => stack.cancel(question),
            (Waiting::Nothing, _) | (_, None) => {}
        }
        self.reset(failure);
    }

    /// Does what can be done. `up` says whether new connections have a chance.
    pub(super) fn pump(&mut self, now: Timestamp, stack: Option<&mut Netstack>, up: bool) {
        let mut stack = stack;
        match &self.stage {
            Stage::Asking(_) => self.pump_request(now, stack.as_deref_mut(), up),
            Stage::Resolving { .. } | Stage::Connecting { .. } => self.read_ahead(stack.as_deref_mut()),
            Stage::Open { .. } | Stage::Broken { .. } | Stage::Refused { .. } | Stage::Over => {}
        }
        self.write_output(stack.as_deref_mut());
        match (&self.stage, stack) {
            (Stage::Open { .. }, Some(stack)) => self.pump_open(now, stack),
            (&Stage::Broken { flow }, Some(stack)) => self.pump_broken(now, stack, flow),
            (Stage::Refused { .. }, _) => self.pump_refused(),
            _ => {}
        }
    }

    /// What is waited for in the stack.
    pub(super) fn waiting(&self) -> Waiting {
        match &self.stage {
            Stage::Resolving { question, .. } => Waiting::Answer(*question),
            Stage::Connecting { flow, .. } | Stage::Open { flow, .. } | Stage::Broken { flow } => Waiting::Flow(*flow),
            Stage::Asking(_) | Stage::Refused { .. } | Stage::Over => Waiting::Nothing,
        }
    }

    /// The event of having been connected, once.
    pub(super) fn poll_opened(&mut self) -> Option<Event> {
        if !std::mem::take(&mut self.opened) {
            return None;
        }
        Some(Event::Opened { client: self.client.address, target: self.target.clone()? })
    }

    /// The event of its end, when it has come.
    pub(super) fn closed(&self, now: Timestamp) -> Option<Event> {
        matches!(self.stage, Stage::Over).then(|| Event::Closed {
            client: self.client.address,
            target: self.target.clone(),
            traffic: self.traffic,
            elapsed: now - self.begun,
            failure: self.failure.clone(),
        })
    }

    /// When [`Connection::handle_timeout`] has something to do.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<Timestamp> {
        match &self.stage {
            Stage::Asking(_) => Some(self.begun + limits.request),
            Stage::Resolving { .. } | Stage::Connecting { .. } => Some(self.begun + limits.connect),
            Stage::Over => None,
            Stage::Open { .. } if self.client_finished || self.client_told => {
                Some(self.active_at + limits.half_closed_idle)
            }
            Stage::Open { .. } => Some(self.active_at + limits.idle),
            Stage::Broken { .. } => Some(self.active_at + limits.half_closed_idle),
            Stage::Refused { until } => Some(*until),
        }
    }

    /// Has `poller` watch for what lets us go on.
    pub(super) fn watch(&mut self, stack: Option<&Netstack>, poller: &Poller, token: Token) -> io::Result<()> {
        let readable = |flow| stack.map_or(0, |stack: &Netstack| stack.readable(flow));
        let (read, write) = match &self.stage {
            Stage::Asking(dialogue) | Stage::Resolving { dialogue, .. } | Stage::Connecting { dialogue, .. } => {
                (dialogue.room() > 0, false)
            }
            Stage::Open { flow, rest } => {
                let room = stack.map_or(0, |stack| stack.room(*flow));
                (rest.is_empty() && room >= WORTHWHILE, readable(*flow) > 0)
            }
            Stage::Broken { flow } => (false, readable(*flow) > 0),
            Stage::Refused { .. } => (true, false),
            Stage::Over => (false, false),
        };
        self.client.watch(poller, token, read && !self.client_finished, write || !self.output.is_empty())
    }

    /// Reads the request and begins to fulfil it.
    fn pump_request(&mut self, now: Timestamp, mut stack: Option<&mut Netstack>, up: bool) {
        self.read_ahead(stack.as_deref_mut());
        let Stage::Asking(dialogue) = &mut self.stage else { return };
        let request = dialogue.poll_request();
        if request.is_none() && self.client_finished {
            self.stage = Stage::Over;
            return;
        }
        let Some(request) = request else { return };
        let Stage::Asking(dialogue) = self.leave() else { return };
        match (request, stack) {
            (Ok(target), Some(stack)) if up => self.begin(now, stack, dialogue, target),
            (Ok(target), _) => {
                self.target = Some(target);
                self.refuse(now, dialogue, Failure::Local(Local::NoTunnel));
            }
            // The dialogue has told the client.
            (Err(failure), _) => self.dismiss(now, dialogue, failure),
        }
    }

    /// Reads what the client sends while it is not connected, as far as the dialogue keeps it.
    fn read_ahead(&mut self, stack: Option<&mut Netstack>) {
        let mut failed = None;
        let (Stage::Asking(dialogue) | Stage::Resolving { dialogue, .. } | Stage::Connecting { dialogue, .. }) =
            &mut self.stage
        else {
            return;
        };
        while !self.client_finished && dialogue.room() > 0 {
            let mut buffer = [0; CHUNK];
            let room = dialogue.room().min(CHUNK);
            match self.client.read(&mut buffer[..room]) {
                Got::Octets(len) => dialogue.handle_input(&buffer[..len]),
                Got::Nothing => break,
                Got::End => self.client_finished = true,
                Got::Failed(errno) => {
                    failed = Some(errno);
                    break;
                }
            }
        }
        self.output.extend(std::iter::from_fn(|| dialogue.poll_output()).flatten());
        if let Some(errno) = failed {
            self.give_up(stack, Failure::Local(Local::Socket { errno }));
        }
    }

    fn begin(&mut self, now: Timestamp, stack: &mut Netstack, dialogue: Dialogue, target: Target) {
        self.target = Some(target.clone());
        match target.host {
            Host::Address(address) => self.connect(now, stack, dialogue, VecDeque::from([address]), target.port),
            Host::Name(name) => match stack.resolve(now, name) {
                Ok(question) => self.stage = Stage::Resolving { dialogue, question, port: target.port },
                Err(failure) => self.refuse(now, dialogue, failure),
            },
        }
    }

    /// Begins to connect to the first address that can be connected to.
    fn connect(
        &mut self,
        now: Timestamp,
        stack: &mut Netstack,
        dialogue: Dialogue,
        mut addresses: VecDeque<Ipv4Addr>,
        port: u16,
    ) {
        let mut failure = Failure::Local(Local::NoTunnel);
        while let Some(address) = addresses.pop_front() {
            match stack.connect(now, SocketAddrV4::new(address, port)) {
                Ok(flow) => {
                    self.stage = Stage::Connecting { dialogue, flow, more: addresses, port };
                    return;
                }
                Err(reason) => failure = reason,
            }
        }
        self.refuse(now, dialogue, failure);
    }

    fn on_connected(&mut self, stack: &mut Netstack) {
        match self.leave() {
            Stage::Connecting { mut dialogue, flow, .. } => {
                if let Some(local) = stack.local_addr(flow) {
                    dialogue.accept(local);
                }
                self.output.extend(dialogue.poll_output().into_iter().flatten());
                self.opened = true;
                self.stage = Stage::Open { flow, rest: dialogue.take_rest().into() };
            }
            stage => self.stage = stage,
        }
    }

    fn on_broken(&mut self, now: Timestamp, stack: &mut Netstack, failure: Failure) {
        match self.leave() {
            Stage::Connecting { dialogue, flow, more, port } => {
                stack.release(now, flow);
                if more.is_empty() {
                    self.refuse(now, dialogue, failure);
                } else {
                    self.connect(now, stack, dialogue, more, port);
                }
            }
            Stage::Open { flow, .. } => {
                self.failure = Some(failure);
                self.stage = Stage::Broken { flow };
            }
            stage => self.stage = stage,
        }
    }

    /// Passes octets on in both directions until one side has no more to give or the other takes no more.
    fn pump_open(&mut self, now: Timestamp, stack: &mut Netstack) {
        let Stage::Open { flow, rest } = &mut self.stage else { return };
        let flow = *flow;
        let mut failed = None;
        while !rest.is_empty() {
            let written = stack.write(flow, rest.as_slices().0);
            if written == 0 {
                break;
            }
            rest.drain(..written);
            self.traffic.up += written as u64;
            self.active_at = now;
        }
        let had_rest = !rest.is_empty();
        while !self.client_finished && !had_rest && failed.is_none() && stack.room(flow) >= WORTHWHILE {
            let client = &mut self.client;
            let mut got = Got::Nothing;
            let read = stack.write_with(flow, |room| {
                got = client.read(room);
                if let Got::Octets(len) = got { len } else { 0 }
            });
            match got {
                Got::Octets(_) => {
                    self.traffic.up += read as u64;
                    self.active_at = now;
                }
                Got::Nothing => break,
                Got::End => self.client_finished = true,
                Got::Failed(errno) => failed = Some(errno),
            }
        }
        if self.client_finished && !had_rest {
            stack.shutdown(flow);
        }
        if failed.is_none() {
            failed = self.write_client(now, stack, flow).err();
        }
        if let Some(errno) = failed {
            self.give_up(Some(stack), Failure::Local(Local::Socket { errno }));
            return;
        }
        if stack.is_finished(flow) && self.output.is_empty() && !self.client_told {
            self.client.finish();
            self.client_told = true;
            self.active_at = now;
        }
        if self.client_told && self.client_finished && !had_rest {
            stack.release(now, flow);
            self.stage = Stage::Over;
        }
    }

    fn pump_broken(&mut self, now: Timestamp, stack: &mut Netstack, flow: FlowId) {
        let written = self.write_client(now, stack, flow);
        if written.is_err() || (stack.readable(flow) == 0 && self.output.is_empty()) {
            stack.release(now, flow);
            self.client.reset_on_close();
            self.stage = Stage::Over;
        }
    }

    /// Tells the client that this was all, and reads until it has seen it: closing on unread octets would be a reset, which
    /// overtakes what we wrote.
    fn pump_refused(&mut self) {
        if !self.output.is_empty() {
            return;
        }
        if !self.client_told {
            self.client.finish();
            self.client_told = true;
        }
        let mut buffer = [0; CHUNK];
        loop {
            match self.client.read(&mut buffer) {
                Got::Octets(_) => {}
                Got::Nothing => return,
                Got::End | Got::Failed(_) => break,
            }
        }
        self.stage = Stage::Over;
    }

    /// Passes on what came through the tunnel, after what we have to say ourselves; the error is the `errno`.
    fn write_client(&mut self, now: Timestamp, stack: &mut Netstack, flow: FlowId) -> Result<(), i32> {
        while self.output.is_empty() && self.client.is_writable() && stack.readable(flow) > 0 {
            let client = &mut self.client;
            let mut result = Ok(0);
            stack.read_with(flow, |octets| {
                result = client.write(octets);
                result.unwrap_or(0)
            });
            let written = result?;
            if written > 0 {
                self.traffic.down += written as u64;
                self.active_at = now;
            }
        }
        Ok(())
    }

    fn write_output(&mut self, stack: Option<&mut Netstack>) {
        while !self.output.is_empty() {
            match self.client.write(self.output.as_slices().0) {
                Ok(0) => return,
                Ok(written) => drop(self.output.drain(..written)),
                Err(errno) => {
                    self.give_up(stack, Failure::Local(Local::Socket { errno }));
                    return;
                }
            }
        }
    }

    /// Tells the client why it is not connected.
    fn refuse(&mut self, now: Timestamp, mut dialogue: Dialogue, failure: Failure) {
        dialogue.refuse(&failure);
        self.dismiss(now, dialogue, failure);
    }

    /// Sees a client off who was told, or to whom there is nothing to say but a reset.
    fn dismiss(&mut self, now: Timestamp, mut dialogue: Dialogue, failure: Failure) {
        self.output.extend(std::iter::from_fn(|| dialogue.poll_output()).flatten());
        if self.output.is_empty() {
            self.reset(failure);
        } else {
            self.failure = Some(failure);
            self.stage = Stage::Refused { until: now + FAREWELL };
        }
    }

    fn reset(&mut self, failure: Failure) {
        self.client.reset_on_close();
        self.output.clear();
        self.failure = Some(failure);
        self.stage = Stage::Over;
    }

    /// Takes the stage to replace it.
    fn leave(&mut self) -> Stage {
        std::mem::replace(&mut self.stage, Stage::Over)
    }
}
