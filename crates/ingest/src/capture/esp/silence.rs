//! Who goes on sending into an association when nothing comes out of it any more.

use std::collections::HashMap;
use std::net::SocketAddr;

use observe::Time;

/// Pairs of ends that are followed.
const MOST: usize = 8192;
/// Packets without an answer that are more than a pause.
const PACKETS: u64 = 4;
/// Time for which nothing came, in microseconds.
const LONG: i64 = 20_000_000;

/// What each end sent since it last heard the other, whatever the associations between them were.
#[derive(Default)]
pub(super) struct Silence {
    ways: HashMap<(SocketAddr, SocketAddr), Way>,
}

/// From one end to the other.
struct Way {
    /// The other end has answered at all.
    answered: bool,
    packets: u64,
    first: Time,
    last: Time,
}

/// An end that is not heard any more.
pub(super) struct Unheard {
    pub source: SocketAddr,
    pub destination: SocketAddr,
    pub since: Time,
    pub last: Time,
    pub packets: u64,
}

impl Silence {
    /// A packet.
    pub(super) fn passed(&mut self, at: Time, source: SocketAddr, destination: SocketAddr) {
        if let Some(back) = self.ways.get_mut(&(destination, source)) {
            (back.answered, back.packets) = (true, 0);
        }
        let known = self.ways.contains_key(&(source, destination));
        if !known && self.ways.len() >= MOST {
            return;
        }
        let new = Way { answered: false, packets: 0, first: at, last: at };
        let way = self.ways.entry((source, destination)).or_insert(new);
        if way.packets == 0 {
            way.first = at;
        }
        (way.packets, way.last) = (way.packets + 1, at);
    }

    /// The ends that went on for long, in the order in which they fell silent.
    pub(super) fn unheard(&self) -> Vec<Unheard> {
        let long = |way: &Way| way.answered && way.packets >= PACKETS && way.last.since(way.first) >= LONG;
        let ways = self.ways.iter().filter(|(_, way)| long(way));
        let mut unheard: Vec<Unheard> = ways
            .map(|(&(source, destination), way)| {
                let Way { first, last, packets, .. } = *way;
                Unheard { source, destination, since: first, last, packets }
            })
            .collect();
        unheard.sort_by_key(|unheard| (unheard.since, unheard.source));
        unheard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Time {
        Time(second * 1_000_000)
    }

    #[test]
    fn only_who_was_answered_before_and_goes_on_for_long_is_unheard() {
        let end = |port| SocketAddr::from(([192, 0, 2, 1], port));
        let server = SocketAddr::from(([203, 0, 113, 1], 4500));
        let mut silence = Silence::default();
        for client in [1, 2, 3] {
            silence.passed(second(0), end(client), server);
            // The third was never answered at all.
            if client != 3 {
                silence.passed(second(1), server, end(client));
            }
        }
        for at in [10, 20, 30, 40] {
            (1..=3).for_each(|client| silence.passed(second(at), end(client), server));
            silence.passed(second(at + 1), server, end(2));
        }
        let unheard = silence.unheard();
        let [only] = &unheard[..] else { panic!("{} are unheard", unheard.len()) };
        assert_eq!((only.source, only.destination, only.since, only.packets), (end(1), server, second(10), 4));
    }
}
