use crate::{Alignment, Observation, Side, Source, SourceId, Time, align};

/// All observations of an examination, with their sources.
///
/// Fill it with [`Timeline::add_source`] and [`Timeline::push`]; observations of one source are pushed in their order there.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    sources: Vec<Source>,
    observations: Vec<Observation>,
    clocks: Vec<Alignment>,
}

impl Timeline {
    /// A timeline of nothing.
    pub fn new() -> Timeline {
        Timeline::default()
    }

    /// Adds a source; its observations carry the number that comes back.
    pub fn add_source(&mut self, source: Source) -> SourceId {
        self.sources.push(source);
        SourceId(u32::try_from(self.sources.len() - 1).unwrap_or(u32::MAX))
    }

    /// Adds an observation behind those of its source.
    pub fn push(&mut self, observation: Observation) {
        self.observations.push(observation);
    }

    /// The sources, by number.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// One source.
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(usize::try_from(id.0).ok()?)
    }

    /// One source, to complete what is known of it.
    pub fn source_mut(&mut self, id: SourceId) -> Option<&mut Source> {
        self.sources.get_mut(usize::try_from(id.0).ok()?)
    }

    /// All observations, source by source in the order in which they were pushed.
    pub fn observations(&self) -> &[Observation] {
        &self.observations
    }

    /// Says whose a source is, when that became clear after its observations.
    pub fn set_side(&mut self, id: SourceId, side: Side) {
        if let Some(source) = self.source_mut(id) {
            source.side = side;
        }
        for observation in self.observations.iter_mut().filter(|observation| observation.place.source == id) {
            observation.side = side;
        }
    }

    /// Compares the clocks of the sources by the events that several saw, and corrects them to that of one, as far as that can be
    /// told.
    pub fn align(&mut self) {
        self.clocks = align::align(self);
    }

    /// What [`Timeline::align`] found, by source. Sources without times are not in it, and it is empty where fewer than two have any.
    pub fn clocks(&self) -> &[Alignment] {
        &self.clocks
    }

    /// Moves the clock of a source by so many microseconds.
    pub fn shift(&mut self, id: SourceId, offset: i64) {
        for observation in self.observations.iter_mut().filter(|observation| observation.place.source == id) {
            observation.at = observation.at.map(|at| at.shifted(offset));
        }
        if let Some(source) = self.source_mut(id) {
            source.span = source.span.map(|(first, last): (Time, Time)| (first.shifted(offset), last.shifted(offset)));
        }
    }
}
