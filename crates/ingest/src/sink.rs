use std::sync::Arc;

use observe::{About, Fact, Observation, Place, Side, Source, SourceId, SourceKind, Spot, Time, Timeline, Trouble};

/// Where a reader puts what it finds: the timeline, seen from one source. It bounds what one file can fill.
pub struct Sink<'a> {
    timeline: &'a mut Timeline,
    id: SourceId,
    side: Side,
    left: usize,
}

impl<'a> Sink<'a> {
    /// Observations of one source; more are counted as trouble.
    pub const MOST: usize = 200_000;
    /// Characters of a line that are kept.
    pub const WIDTH: usize = 400;

    /// Begins a source.
    pub fn new(timeline: &'a mut Timeline, name: &str, kind: SourceKind) -> Sink<'a> {
        let side = if kind == SourceKind::Capture { Side::Wire } else { Side::Unknown };
        let source = Source { name: name.into(), kind, side, product: None, trouble: Vec::new(), span: None };
        let id = timeline.add_source(source);
        Sink { timeline, id, side, left: Self::MOST }
    }

    /// The source's number.
    pub fn id(&self) -> SourceId {
        self.id
    }

    /// Observations for which there is still room.
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// What is known of the source.
    pub fn source(&mut self) -> &mut Source {
        self.timeline.source_mut(self.id).expect("the sink added its source")
    }

    /// Whose observations follow, and came so far.
    pub fn set_side(&mut self, side: Side) {
        self.side = side;
        self.timeline.set_side(self.id, side);
    }

    /// Adds an observation. `text` is shortened; it must not hold secrets.
    pub fn push(&mut self, at: Option<Time>, spot: Spot, text: &str, about: About, fact: impl Into<Fact>) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        if self.left == 0 {
            self.trouble(Trouble::Full);
        }
        let text: Arc<str> = match text.char_indices().nth(Self::WIDTH) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)).into(),
            None => text.into(),
        };
        if let Some(at) = at {
            let span = &mut self.source().span;
            *span = Some(span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        }
        let place = Place { source: self.id, spot, text };
        self.timeline.push(Observation { at, place, side: self.side, about, fact: fact.into() });
    }

    /// Says what could not be read. The same is said once.
    pub fn trouble(&mut self, what: Trouble) {
        let trouble = &mut self.source().trouble;
        if trouble.len() < 16 && !trouble.contains(&what) {
            trouble.push(what);
        }
    }
}
