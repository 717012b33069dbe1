use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::Hash;

use crate::Timestamp;

/// The next wake-up among many machines, without looking at all of them.
///
/// Holds at most one deadline for each id. Stale heap entries are dropped when they surface, and the heap is rebuilt when
/// they outnumber the live ones, so memory stays proportional to the number of ids.
#[derive(Debug, Clone)]
pub struct DeadlineQueue<Id> {
    heap: BinaryHeap<Reverse<(Timestamp, Id)>>,
    live: HashMap<Id, Timestamp>,
}

impl<Id> Default for DeadlineQueue<Id>
where
    Id: Copy + Ord + Hash,
{
    fn default() -> Self {
        DeadlineQueue { heap: BinaryHeap::new(), live: HashMap::new() }
    }
}

impl<Id: Copy + Ord + Hash> DeadlineQueue<Id> {
    /// Sets the deadline of `id`, or removes it with `None`.
    pub fn set(&mut self, id: Id, at: Option<Timestamp>) {
        let Some(at) = at else {
            self.live.remove(&id);
            return;
        };
        if self.live.insert(id, at) == Some(at) {
            return;
        }
        self.heap.push(Reverse((at, id)));
        if self.heap.len() > 2 * self.live.len() + 64 {
            self.heap = self.live.iter().map(|(&id, &at)| Reverse((at, id))).collect();
        }
    }

    /// The earliest deadline.
    pub fn peek(&mut self) -> Option<Timestamp> {
        while let Some(&Reverse((at, id))) = self.heap.peek() {
            if self.live.get(&id) == Some(&at) {
                return Some(at);
            }
            self.heap.pop();
        }
        None
    }

    /// Removes and returns an id whose deadline is not after `now`. Call until it returns `None`.
    pub fn expire(&mut self, now: Timestamp) -> Option<Id> {
        if self.peek()? > now {
            return None;
        }
        let Reverse((_, id)) = self.heap.pop()?;
        self.live.remove(&id);
        Some(id)
    }

    /// Number of ids that have a deadline.
    pub fn len(&self) -> usize {
        self.live.len()
    }

    /// Whether no id has a deadline.
    pub fn is_empty(&self) -> bool {
        self.live.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::ZERO + Duration::from_secs(seconds)
    }

    #[test]
    fn a_moved_deadline_replaces_the_old_one() {
        let mut queue = DeadlineQueue::default();
        queue.set(7, Some(at(1)));
        queue.set(7, Some(at(9)));
        queue.set(8, Some(at(5)));
        assert_eq!(queue.peek(), Some(at(5)));
        assert_eq!(queue.expire(at(20)), Some(8));
        assert_eq!(queue.expire(at(20)), Some(7));
        assert_eq!(queue.expire(at(20)), None);
    }

    #[test]
    fn memory_follows_the_ids_and_not_the_changes() {
        let mut queue = DeadlineQueue::default();
        for change in 0..10_000 {
            queue.set(1, Some(at(change)));
        }
        assert!(queue.heap.len() <= 128);
        assert_eq!(queue.expire(at(10_000)), Some(1));
        assert!(queue.is_empty());
    }
}
