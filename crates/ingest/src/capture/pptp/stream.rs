//! One direction of a control connection, put in order.

/// Octets that wait for the rest of their message; the longest message of RFC 2637 has 220.
const MOST: usize = 4096;
/// Octets of the longest message that is believed.
const LONGEST: usize = 512;
const MAGIC: [u8; 4] = [0x1a, 0x2b, 0x3c, 0x4d];

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

    /// The next whole message.
    pub(super) fn message(&mut self) -> Option<Vec<u8>> {
        let header: [u8; 8] = *self.octets.first_chunk()?;
        let length = usize::from(u16::from_be_bytes([header[0], header[1]]));
        if header[4..] != MAGIC || !(12..=LONGEST).contains(&length) {
            self.octets.clear();
            return None;
        }
        if self.octets.len() < length {
            return None;
        }
        Some(self.octets.drain(..length).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8) -> Vec<u8> {
        let mut message = vec![0, 16, 0, 1];
        message.extend(MAGIC);
        message.extend([0, kind, 0, 0, 0, 0, 0, 0]);
        message
    }

    #[test]
    fn messages_come_whole_whatever_the_segments_are() {
        let mut stream = Stream::default();
        stream.begin(99);
        let octets = [message(1), message(7)].concat();
        stream.add(100, &octets[..5]);
        assert_eq!(stream.message(), None);
        stream.add(100, &octets[..9]);
        stream.add(109, &octets[9..]);
        assert_eq!(stream.message(), Some(message(1)));
        assert_eq!(stream.message(), Some(message(7)));
        assert_eq!(stream.message(), None);
    }

    #[test]
    fn a_hole_costs_only_the_message_in_it() {
        let mut stream = Stream::default();
        stream.begin(u32::MAX);
        stream.add(0, &message(1)[..10]);
        stream.add(4000, &message(8));
        assert_eq!(stream.message(), Some(message(8)));
    }
}
