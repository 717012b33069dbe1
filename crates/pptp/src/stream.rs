//! The stream of control messages, from either end.

use wire::Malformed;
use wire::pptp::{MAX_MESSAGE, Message, frame};

/// Octets of TCP on their way to whole messages.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// The beginning of a message; shorter than one.
    rest: Vec<u8>,
}

impl Stream {
    /// Takes octets that came, and hands every message that is complete to `each`, until that returns false.
    ///
    /// # Errors
    /// What stands there is no message: nothing behind it can be read.
    pub(crate) fn take(&mut self, mut octets: &[u8], mut each: impl FnMut(Message) -> bool) -> Result<(), Malformed> {
        while !octets.is_empty() {
            // Never more than one message is put together here, however much has come.
            let room = MAX_MESSAGE - self.rest.len().min(MAX_MESSAGE);
            let (now, later) = octets.split_at(room.min(octets.len()));
            self.rest.extend_from_slice(now);
            octets = later;
            let mut begin = 0;
            while let Some((message, taken)) = frame(self.rest.get(begin..).unwrap_or_default())? {
                begin += taken;
                if !each(Message::parse(message)?) {
                    return Ok(());
                }
            }
            self.rest.drain(..begin);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: impl Iterator<Item = Vec<u8>>) -> Result<Vec<Message>, Malformed> {
        let mut stream = Stream::default();
        let mut read = Vec::new();
        for piece in pieces {
            stream.take(&piece, |message| {
                read.push(message);
                true
            })?;
            assert!(stream.rest.len() < MAX_MESSAGE);
        }
        Ok(read)
    }

    proptest! {
        #[test]
        fn messages_are_the_same_however_tcp_cuts_them(
            identifiers in proptest::collection::vec(any::<u32>(), 0..40),
            size in 1_usize..300,
        ) {
            let messages: Vec<_> = identifiers.into_iter().map(Message::EchoRequest).collect();
            let octets: Vec<u8> = messages.iter().flat_map(Message::emit).collect();
            prop_assert_eq!(read(octets.chunks(size).map(<[u8]>::to_vec)), Ok(messages));
        }

        #[test]
        fn no_octets_make_it_panic_or_keep_more_than_a_message(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..600), 0..6),
        ) {
            let _ = read(pieces.into_iter());
        }
    }
}
