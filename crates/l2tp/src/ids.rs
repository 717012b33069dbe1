//! Ids that nobody can guess.

use rand_core::CryptoRng;

use crate::Worker;

/// An id of `worker` that is not zero and not `taken`, or `None` when all are.
pub(crate) fn draw(rng: &mut dyn CryptoRng, worker: Worker, taken: impl Fn(u16) -> bool) -> Option<u16> {
    let free = |id: &u16| *id != 0 && !taken(*id);
    let mut start = 0;
    for _ in 0..32 {
        let mut random = [0; 2];
        rng.fill_bytes(&mut random);
        start = u16::from_ne_bytes(random);
        let id = worker.id(start);
        if free(&id) {
            return Some(id);
        }
    }
    // Nearly full: the first free one after the last guess.
    (0..worker.ids()).map(|step| worker.id(start.wrapping_add(step as u16))).find(free)
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn the_last_free_id_is_found_and_then_none() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let worker = Worker::new(3, 4).unwrap();
        assert_eq!(draw(&mut rng, worker, |id| id != 0x3abc), Some(0x3abc));
        assert_eq!(draw(&mut rng, worker, |_| true), None);
        assert_eq!(draw(&mut rng, Worker::ONLY, |id| id != 0), None, "zero is never an id");
    }

    #[test]
    fn ids_are_spread_over_the_whole_space() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let ids: Vec<_> = (0..1000).filter_map(|_| draw(&mut rng, Worker::ONLY, |_| false)).collect();
        let distinct: std::collections::HashSet<_> = ids.iter().collect();
        assert!(distinct.len() > 950);
        assert!(ids.iter().any(|&id| id < 0x2000) && ids.iter().any(|&id| id > 0xe000));
    }
}
