//! When to warn that the pool is nearly used up.

/// Remembers that it was said.
#[derive(Default)]
pub(super) struct Scarcity {
    told: bool,
}

impl Scarcity {
    /// Whether to say now that nine tenths are in use: once, and again only when a fifth has been free in between.
    pub(super) fn begins(&mut self, used: usize, size: usize) -> bool {
        let scarce = used * 10 >= size * 9;
        let begins = scarce && !self.told;
        self.told = scarce || self.told && used * 10 >= size * 8;
        begins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_once_and_again_after_a_fifth_was_free() {
        let mut scarcity = Scarcity::default();
        let said: Vec<bool> = [89, 90, 100, 85, 91, 79, 89, 90].map(|used| scarcity.begins(used, 100)).to_vec();
        assert_eq!(said, [false, true, false, false, false, false, false, true]);
    }
}
