use std::fmt;

/// An error number of the Windows Remote Access Service, as `rasphone` and event 20227 show it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ras(pub u32);

impl fmt::Display for Ras {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
