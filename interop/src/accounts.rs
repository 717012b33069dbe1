//! A RADIUS server for one account (RFC 2865), for peers that know no accounts themselves.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use md5::{Digest, Md5};

use crate::error::{Error, Result};
use crate::lab::Host;
use crate::linux::Dial;

/// The secret between it and whoever asks.
pub(crate) const SECRET: &str = "between-friends";

const ACCESS_REQUEST: u8 = 1;
const ACCESS_ACCEPT: u8 = 2;
const ACCESS_REJECT: u8 = 3;
const HEADER_LEN: usize = 20;

/// It answers at its host's loopback address, port 1812, until it is dropped.
pub(crate) struct Radius {
    end: Arc<AtomicBool>,
}

impl Radius {
    /// Answers for the account of `dial`.
    pub(crate) fn serve(host: &Host, dial: &Dial) -> Result<Radius> {
        let socket = host.enter(|| UdpSocket::bind((Ipv4Addr::LOCALHOST, 1812)))?;
        let socket = socket.map_err(Error::while_doing("a socket for RADIUS"))?;
        let patience = socket.set_read_timeout(Some(Duration::from_millis(200)));
        patience.map_err(Error::while_doing("the patience of a socket"))?;
        let end = Arc::new(AtomicBool::new(false));
        let (ended, dial) = (end.clone(), dial.clone());
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while !ended.load(Ordering::Relaxed) {
                if let Ok((len, from)) = socket.recv_from(&mut buffer) {
                    answer(&socket, from, &buffer[..len], &dial);
                }
            }
        });
        Ok(Radius { end })
    }
}

impl Drop for Radius {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
    }
}

fn answer(socket: &UdpSocket, from: SocketAddr, request: &[u8], dial: &Dial) {
    let Some(reply) = reply(request, dial) else { return };
    // Whoever does not get an answer asks again.
    let _ = socket.send_to(&reply, from);
}

/// The answer to a request for access; nothing for anything else.
fn reply(request: &[u8], dial: &Dial) -> Option<Vec<u8>> {
    let (header, mut rest) = request.split_at_checked(HEADER_LEN)?;
    let authenticator = &header[4..];
    if header[0] != ACCESS_REQUEST {
        return None;
    }
    let (mut user, mut chap, mut challenge, mut hidden) = (None, None, authenticator, None);
    while let [kind, len, ..] = *rest {
        let (attribute, others) = rest.split_at_checked(usize::from(len).max(2))?;
        let value = &attribute[2..];
        match kind {
            1 => user = Some(value),
            2 => hidden = Some(value),
            3 => chap = value.split_first(),
            60 => challenge = value,
            _ => {}
        }
        rest = others;
    }
    let password = dial.password.as_bytes();
    let proved = match (chap, hidden) {
        (Some((identifier, response)), _) => md5(&[&[*identifier], password, challenge]) == response,
        (None, Some(hidden)) => unhide(hidden, authenticator) == password,
        (None, None) => false,
    };
    let known = user == Some(dial.user.as_bytes());
    let code = if known && proved { ACCESS_ACCEPT } else { ACCESS_REJECT };
    let mut reply = vec![code, header[1], 0, HEADER_LEN as u8];
    let response = md5(&[&reply, authenticator, SECRET.as_bytes()]);
    reply.extend(response);
    Some(reply)
}

/// A password as it was before it was hidden (RFC 2865 §5.2).
fn unhide(hidden: &[u8], authenticator: &[u8]) -> Vec<u8> {
    let mut before = authenticator;
    let mut password = Vec::new();
    for block in hidden.chunks(16) {
        let mask = md5(&[SECRET.as_bytes(), before]);
        password.extend(block.iter().zip(mask).map(|(octet, mask)| octet ^ mask));
        before = block;
    }
    let len = password.iter().rposition(|&octet| octet != 0).map_or(0, |last| last + 1);
    password.truncate(len);
    password
}

fn md5(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Md5::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Dial {
        Dial::to(Ipv4Addr::LOCALHOST, "key", "anna", "secret")
    }

    fn request(attributes: &[&[u8]]) -> Vec<u8> {
        let mut request = vec![ACCESS_REQUEST, 7, 0, 0];
        request.extend([9; 16]);
        for attribute in attributes {
            request.extend([attribute[0], attribute.len() as u8 + 1]);
            request.extend(&attribute[1..]);
        }
        request
    }

    #[test]
    fn the_right_answer_to_the_challenge_is_accepted_and_no_other() {
        let response = |password: &[u8]| [&[3, 1][..], &md5(&[&[1], password, b"challenge"])].concat();
        for (user, password, code) in [
            ("\u{1}anna", "secret", ACCESS_ACCEPT),
            ("\u{1}anna", "other", ACCESS_REJECT),
            ("\u{1}berta", "secret", ACCESS_REJECT),
        ] {
            let request = request(&[user.as_bytes(), &response(password.as_bytes()), b"\x3cchallenge"]);
            let reply = reply(&request, &account()).unwrap();
            assert_eq!((reply[0], reply[1], reply.len()), (code, 7, HEADER_LEN), "{user} {password}");
        }
        assert_eq!(reply(&request(&[b"\x01anna"]), &account()).unwrap()[0], ACCESS_REJECT);
        assert_eq!(reply(&[4; HEADER_LEN], &account()), None);
    }

    #[test]
    fn a_hidden_password_is_read() {
        let mut hidden = b"secret\0\0\0\0\0\0\0\0\0\0".to_vec();
        hidden.iter_mut().zip(md5(&[SECRET.as_bytes(), &[9; 16]])).for_each(|(octet, mask)| *octet ^= mask);
        assert_eq!(unhide(&hidden, &[9; 16]), b"secret");
    }
}
