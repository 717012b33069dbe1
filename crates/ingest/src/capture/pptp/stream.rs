//! One direction of a control connection, put in order.

use wire::pptp::{Message, frame};

/// Octets that wait for the rest of their message.
const MOST: usize = 4096;

/// The octets of one direction from where the last message ended.
#[derive(Default)]
pub(super) struct Stream {
    next: Option<u32>,
    octets: Vec<u8>,
}

impl Stream {
    /// A SYN with this sequence number.
    pub(super) fn begin(&mut self, sequence: u32) {
        self.next = Some(sequence.wrapping_add(1));
        self.octets.clear();
    }

    /// Whether this acknowledges everything that was sent so far, and something was.
    pub(super) fn awaits(&self, acknowledgement: u32) -> bool {
        self.next == Some(acknowledgement)
    }

    /// Takes the data of a segment. What came before is left out; after a hole, which the capture or the path made, the
    /// next message that begins a segment is waited for.
    pub(super) fn add(&mut self, sequence: u32, data: &[u8]) {
        if data.is_empty() {
            return;
        }
        let next = self.next.unwrap_or(sequence);
        let ahead = sequence.wrapping_sub(next).cast_signed();
        let new = if ahead <= 0 {
            usize::try_from(ahead.unsigned_abs()).ok().and_then(|known| data.get(known..)).unwrap_or_default()
        } else {
            self.octets.clear();
            data
        };
        if new.is_empty() {
            return;
        }
        self.next = Some(sequence.wrapping_add(u32::try_from(data.len()).unwrap_or(0)));
        if self.octets.len() + new.len() > MOST {
            self.octets.clear();
        }
        self.octets.extend_from_slice(new.get(..MOST).unwrap_or(new));
    }

    /// The next whole message. What is none costs everything that waits.
    pub(super) fn message(&mut self) -> Option<Message> {
        let read = match frame(&self.octets) {
            Ok(Some((message, length))) => Message::parse(message).map(|message| (message, length)),
            Ok(None) => return None,
            Err(malformed) => Err(malformed),
        };
        let Ok((message, length)) = read else {
            self.octets.clear();
            return None;
        };
        self.octets.drain(..length);
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(call: u16) -> Vec<u8> {
        Message::CallClear(call).emit()
    }

    #[test]
    fn messages_come_whole_whatever_the_segments_are() {
        let mut stream = Stream::default();
        stream.begin(99);
        let octets = [octets(1), octets(7)].concat();
        stream.add(100, &octets[..5]);
        assert_eq!(stream.message(), None);
        stream.add(100, &octets[..9]);
        stream.add(109, &octets[9..]);
        assert_eq!(stream.message(), Some(Message::CallClear(1)));
        assert_eq!(stream.message(), Some(Message::CallClear(7)));
        assert_eq!(stream.message(), None);
    }

    #[test]
    fn a_hole_costs_only_the_message_in_it() {
        let mut stream = Stream::default();
        stream.begin(u32::MAX);
        stream.add(0, &octets(1)[..10]);
        stream.add(4000, &octets(8));
        assert_eq!(stream.message(), Some(Message::CallClear(8)));
    }
}
