use std::collections::VecDeque;

/// Frames that wait to be sent.
#[derive(Debug, Default)]
pub(crate) struct Output {
    frames: VecDeque<Vec<u8>>,
}

impl Output {
    /// Frames kept when nobody takes them. Everything here is repeated by a timer or by the peer, so the oldest may go.
    const LIMIT: usize = 32;

    pub(crate) fn push(&mut self, frame: Vec<u8>) {
        if self.frames.len() >= Self::LIMIT {
            self.frames.pop_front();
        }
        self.frames.push_back(frame);
    }

    pub(crate) fn pop(&mut self) -> Option<Vec<u8>> {
        self.frames.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_nobody_takes_do_not_pile_up() {
        let mut out = Output::default();
        (0..200u8).for_each(|octet| out.push(vec![octet]));
        let kept: Vec<_> = std::iter::from_fn(|| out.pop()).flatten().collect();
        assert_eq!(kept.len(), Output::LIMIT);
        assert_eq!(kept.last(), Some(&199));
    }
}
