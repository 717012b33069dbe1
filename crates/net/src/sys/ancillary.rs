//! Control messages beside a datagram (`cmsghdr`): written and read as octets.

/// Length and alignment of a `cmsghdr`: `size_t`, `int`, `int`.
const HEADER: usize = size_of::<libc::cmsghdr>();
const ALIGN: usize = size_of::<usize>();

/// Room for the control messages of one datagram, with the length in use.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
pub(crate) struct Ancillary {
    octets: [u8; Self::CAPACITY],
    len: usize,
}

impl Ancillary {
    /// Enough for packet information, segment size and an extended error with its offender.
    pub(crate) const CAPACITY: usize = 160;

    pub(crate) const fn empty() -> Self {
        Ancillary { octets: [0; Self::CAPACITY], len: 0 }
    }

    /// Appends a message. All messages of one datagram together fit in the capacity.
    pub(crate) fn push(&mut self, level: i32, kind: i32, data: &[u8]) {
        let at = self.len;
        let end = at + HEADER + data.len();
        assert!(padded(end) <= Self::CAPACITY, "control messages are of fixed sizes chosen to fit");
        self.octets[at..at + ALIGN].copy_from_slice(&(HEADER + data.len()).to_ne_bytes());
        self.octets[at + ALIGN..at + ALIGN + 4].copy_from_slice(&level.to_ne_bytes());
        self.octets[at + ALIGN + 4..at + HEADER].copy_from_slice(&kind.to_ne_bytes());
        self.octets[at + HEADER..end].copy_from_slice(data);
        self.len = padded(end);
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets[..self.len]
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn set_len(&mut self, len: usize) {
        self.len = len.min(Self::CAPACITY);
    }

    pub(crate) const fn as_ptr(&self) -> *const libc::c_void {
        self.octets.as_ptr().cast()
    }

    pub(crate) const fn as_mut_ptr(&mut self) -> *mut libc::c_void {
        self.octets.as_mut_ptr().cast()
    }
}

/// The messages in `octets`, each as level, kind and data; a message that is cut short ends them.
pub(crate) fn ancillary_messages(octets: &[u8]) -> impl Iterator<Item = (i32, i32, &[u8])> {
    let mut rest = octets;
    std::iter::from_fn(move || {
        let len = usize::from_ne_bytes(*rest.first_chunk()?);
        let level = i32::from_ne_bytes(*rest.get(ALIGN..)?.first_chunk()?);
        let kind = i32::from_ne_bytes(*rest.get(ALIGN + 4..)?.first_chunk()?);
        // A length below the header's would stand still.
        let data = rest.get(HEADER..len)?;
        rest = rest.get(padded(len)..).unwrap_or_default();
        Some((level, kind, data))
    })
}

const fn padded(len: usize) -> usize {
    len.next_multiple_of(ALIGN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn messages_read_back_in_order_with_their_data() {
        let mut ancillary = Ancillary::empty();
        ancillary.push(17, 103, &1400_u16.to_ne_bytes());
        ancillary.push(0, 8, &[7; 12]);
        let read: Vec<_> = ancillary_messages(ancillary.octets()).collect();
        assert_eq!(read, [(17, 103, &1400_u16.to_ne_bytes()[..]), (0, 8, &[7; 12][..])]);
        // SAFETY: CMSG_SPACE only computes.
        let space = unsafe { libc::CMSG_SPACE(2) + libc::CMSG_SPACE(12) };
        assert_eq!(ancillary.len(), space as usize);
    }

    proptest! {
        #[test]
        fn reading_any_octets_ends(octets in proptest::collection::vec(any::<u8>(), 0..200), len in 0_usize..64) {
            let mut octets = octets;
            octets.splice(0..0, len.to_ne_bytes());
            let room = octets.len();
            prop_assert!(ancillary_messages(&octets).count() <= room / HEADER);
        }
    }
}
