//! Bundles: zip and tar archives, whose members are pieces of evidence of their own.
//!
//! Everything is read once, from front to back, so that a bundle needs no more memory than its members. Nothing is written
//! anywhere: the name of a member is a name to show, never a path. What a bundle may unfold to is bounded by [`Budget`].

pub(crate) mod about;
mod tar;
mod zip;

use std::cell::Cell;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use observe::{Side, SourceId, SourceKind, Timeline, Trouble};

use crate::{Kind, Settings, Sink};

/// What is left of what a bundle, with all bundles in it, may unfold to.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    /// Shared with what is being read.
    octets: Rc<Cell<u64>>,
    members: u32,
    depth: u8,
    inside: bool,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { octets: Rc::new(Cell::new(1 << 30)), members: 500, depth: 3, inside: false }
    }
}

impl Budget {
    /// What is packed in a member counts, too; a file that was given by itself may be of any size.
    pub(crate) fn bound<R: Read>(&self, input: R) -> Counted<R> {
        let (left, total) =
            if self.inside { (MEMBER, self.octets.clone()) } else { (u64::MAX, Rc::new(Cell::new(u64::MAX))) };
        Counted { input, left, total }
    }
}

/// Octets of one member.
const MEMBER: u64 = 256 << 20;

/// Reads a bundle and its members.
pub(crate) fn read(
    name: &str,
    input: &mut dyn Read,
    kind: Kind,
    settings: &Settings,
    timeline: &mut Timeline,
    budget: &mut Budget,
    progress: &mut dyn FnMut(u64),
) -> io::Result<SourceId> {
    let id = Sink::new(timeline, name, SourceKind::Bundle).id();
    let first = timeline.sources().len();
    let mut unpacker = Unpacker { name, id, settings, timeline, budget, progress, unread: 0 };
    if unpacker.budget.depth == 0 {
        unpacker.trouble(Trouble::BundleDepth);
        return Ok(id);
    }
    unpacker.budget.depth -= 1;
    let input = &mut BufReader::new(input);
    let result = match kind {
        Kind::Zip => zip::read(input, &mut unpacker),
        _ => tar::read(input, &mut unpacker),
    };
    unpacker.budget.depth += 1;
    // Collectors take settings along that people read.
    match unpacker.unread {
        0 => {}
        count => unpacker.trouble(Trouble::UnknownMembers { count }),
    }
    match result {
        // What the packed data make impossible is a matter of the bundle, not of the machine.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
            ) =>
        {
            unpacker.trouble(Trouble::BundleDamaged);
        }
        other => other?,
    }
    share_sides(timeline, first);
    Ok(id)
}

/// Takes members out of a bundle and has them read.
struct Unpacker<'a> {
    name: &'a str,
    id: SourceId,
    settings: &'a Settings,
    timeline: &'a mut Timeline,
    budget: &'a mut Budget,
    progress: &'a mut dyn FnMut(u64),
    /// Members in which nothing is known.
    unread: u32,
}

impl Unpacker<'_> {
    /// Reads a member, of which only so much is taken from `input` as is understood. False when no more may be read.
    fn member(&mut self, member: &str, input: &mut dyn Read) -> io::Result<bool> {
        if self.budget.members == 0 || self.budget.octets.get() == 0 {
            self.trouble(Trouble::BundleFull);
            return Ok(false);
        }
        self.budget.members -= 1;
        let shown: String = member.chars().map(|char| if char.is_control() { '?' } else { char }).take(200).collect();
        let name = format!("{}/{shown}", self.name);
        let mut inside = Budget { inside: true, ..self.budget.clone() };
        let mut counted = inside.bound(input);
        let result = crate::piece(&name, &mut counted, self.settings, self.timeline, &mut inside, self.progress);
        let cut = counted.left == 0 || counted.total.get() == 0;
        self.budget.members = inside.members;
        if cut {
            self.trouble(Trouble::MemberCut);
        }
        let id = result?;
        if let Some(source) = self.timeline.source_mut(id)
            && source.trouble.iter().all(|said| *said == Trouble::NothingKnown)
            && !source.trouble.is_empty()
        {
            source.trouble.clear();
            self.unread += 1;
        }
        Ok(true)
    }

    fn trouble(&mut self, what: Trouble) {
        if let Some(source) = self.timeline.source_mut(self.id)
            && !source.trouble.contains(&what)
        {
            source.trouble.push(what);
        }
    }
}

/// Reads no more than it may.
pub(crate) struct Counted<R> {
    input: R,
    left: u64,
    total: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left.min(self.total.get())).unwrap_or(usize::MAX).min(into.len());
        let read = self.input.read(into.get_mut(..most).unwrap_or_default())?;
        self.left = self.left.saturating_sub(read as u64);
        self.total.set(self.total.get().saturating_sub(read as u64));
        Ok(read)
    }
}

/// What was collected in one directory is of one machine: members that do not say whose they are take the side of those that do.
fn share_sides(timeline: &mut Timeline, first: usize) {
    let directory = |name: &str| name.rsplit_once('/').map_or(String::new(), |(directory, _)| directory.to_owned());
    let members: Vec<(SourceId, String, Side)> = (first..timeline.sources().len())
        .filter_map(|index| {
            let id = SourceId(u32::try_from(index).ok()?);
            let source = timeline.source(id)?;
            Some((id, directory(&source.name), source.side))
        })
        .collect();
    let told = |place: &str, side: Side| members.iter().any(|(_, other, seen)| other == place && *seen == side);
    for (id, place, side) in &members {
        if *side != Side::Unknown {
            continue;
        }
        match (told(place, Side::Client), told(place, Side::Server)) {
            (true, false) => timeline.set_side(*id, Side::Client),
            (false, true) => timeline.set_side(*id, Side::Server),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
