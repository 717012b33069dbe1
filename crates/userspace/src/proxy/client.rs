//! The local socket of one client.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use net::poll::{Interest, Poller, Ready, Token};
use nix::sys::socket::{setsockopt, sockopt};

/// What a read gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Got {
    Octets(usize),
    /// Nothing at the moment.
    Nothing,
    /// The client has finished.
    End,
    /// The socket failed, with this `errno`.
    Failed(i32),
}

/// A non-blocking socket that remembers what it is ready for.
#[derive(Debug)]
pub(super) struct Client {
    stream: TcpStream,
    pub(super) address: SocketAddr,
    readable: bool,
    writable: bool,
    watched: Option<Interest>,
}

impl Client {
    pub(super) fn new(stream: TcpStream, address: SocketAddr) -> io::Result<Client> {
        stream.set_nonblocking(true)?;
        // What is passed on was collected by the program that wrote it.
        stream.set_nodelay(true)?;
        Ok(Client { stream, address, readable: true, writable: true, watched: None })
    }

    pub(super) fn handle_ready(&mut self, ready: Ready) {
        self.readable |= ready.readable || ready.error;
        self.writable |= ready.writable || ready.error;
    }

    pub(super) fn is_writable(&self) -> bool {
        self.writable
    }

    /// Reads into `buffer`, which is not empty.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Got {
        if !self.readable {
            return Got::Nothing;
        }
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Got::End,
                Ok(len) => return Got::Octets(len),
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock => {
                        self.readable = false;
                        return Got::Nothing;
                    }
                    _ => return Got::Failed(error.raw_os_error().unwrap_or(0)),
                },
            }
        }
    }

    /// Writes of `octets`, which are not none, what the socket takes; the error is the `errno`.
    pub(super) fn write(&mut self, octets: &[u8]) -> Result<usize, i32> {
        if !self.writable {
            return Ok(0);
        }
        loop {
            match self.stream.write(octets) {
                Ok(len) => return Ok(len),
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock => {
                        self.writable = false;
                        return Ok(0);
                    }
                    _ => return Err(error.raw_os_error().unwrap_or(0)),
                },
            }
        }
    }

    /// Tells the client that nothing more comes.
    pub(super) fn finish(&self) {
        // It fails when the client is gone, which the next read or write says.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Makes the coming close a reset, so that the client does not take what it got for everything.
    pub(super) fn reset_on_close(&self) {
        // Without it the client sees an end, which is worse, and nothing can be done.
        let _ = setsockopt(&self.stream, sockopt::Linger, &libc::linger { l_onoff: 1, l_linger: 0 });
    }

    /// Has `poller` watch for what is wanted and no more.
    pub(super) fn watch(&mut self, poller: &Poller, token: Token, read: bool, write: bool) -> io::Result<()> {
        let wanted = match (read, write) {
            (true, true) => Some(Interest::Both),
            (true, false) => Some(Interest::Read),
            (false, true) => Some(Interest::Write),
            (false, false) => None,
        };
        match (self.watched, wanted) {
            (before, after) if before == after => return Ok(()),
            (None, Some(interest)) => poller.add(&self.stream, token, interest)?,
            (Some(_), Some(interest)) => poller.modify(&self.stream, token, interest)?,
            (Some(_), None) => poller.remove(&self.stream)?,
            (None, None) => {}
        }
        self.watched = wanted;
        Ok(())
    }
}
