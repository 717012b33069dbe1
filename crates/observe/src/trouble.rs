use wire::Malformed;

/// What could not be read of a source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// Of this frame of a capture.
    InFrame(u64, Box<Trouble>),
    /// Of this line of a printed capture.
    InLine(u64, Box<Trouble>),
    /// It could not be opened or read; what the operating system says.
    Unreadable {
        /// It, in words for a person.
        error: String,
    },
    /// Text in which nothing is known.
    NothingKnown,
    /// Neither a capture nor an event log nor text.
    NoEvidence,
    /// A compressed file that is damaged.
    CompressedDamaged,
    /// So much is in it that the rest was left out.
    Full,
    /// So much happens in it that later packets were only counted.
    Busy,
    /// A line longer than 64 KiB, whose end was not read.
    LongLine,
    /// A collector could not get it.
    NotCollected {
        /// What, in its words.
        what: String,
    },
    /// A bundle that is damaged or cut off.
    BundleDamaged,
    /// A bundle with a member of unknown size.
    MemberSize,
    /// A bundle with encrypted members.
    MembersEncrypted,
    /// A bundle with members that are packed in an unknown way.
    MembersPacked,
    /// A bundle that holds so much that the rest was not read.
    BundleFull,
    /// A member that unfolds to so much that only its beginning was read.
    MemberCut,
    /// A bundle in a bundle in a bundle.
    BundleDepth,
    /// Members of a bundle in which nothing is known.
    UnknownMembers {
        /// How many.
        count: u32,
    },
    /// Not the JSON of a cmdlet, or cut off.
    NotCmdlet,
    /// JSON in which nothing is known.
    JsonUnknown,
    /// An event log of which no event could be read.
    NoEvent,
    /// An event that is too long.
    EventTooLong,
    /// The last event is cut off.
    EventCut,
    /// An element for an event holds none.
    EmptyEvent,
    /// Lines among events that are none.
    LinesNoEvents,
    /// An event log that is cut off or of an unknown version.
    LogUnknown,
    /// An event log that is cut off.
    LogCut,
    /// A record of an event log that is damaged.
    RecordDamaged,
    /// A tracing file of Windows, of which only numbers of errors are understood.
    TraceNumbersOnly,
    /// A tracing file of Windows, of which only packets of PPP and numbers of errors are understood.
    TracePackets,
    /// A message breaks the rules of its format.
    Malformed(Malformed),
    /// A RADIUS packet breaks the rules of its format.
    RadiusMalformed(Malformed),
    /// A header of IKE is cut short.
    IkeHeaderShort,
    /// An IKE message whose length is not what it says.
    IkeLength {
        /// Octets that it has.
        octets: usize,
        /// Octets that it says to have.
        said: u32,
    },
    /// Only so many IKE negotiations were followed.
    IkeMany {
        /// How many.
        most: usize,
    },
    /// The key that was given does not open a message of IKE.
    IkeKeyWrong,
    /// An IKE fragment is cut short.
    IkeFragmentShort,
    /// A PPP frame is cut short.
    PppShort,
    /// Only so many ESP associations were counted.
    EspMany {
        /// How many.
        most: usize,
    },
    /// None of the ESP keys opens a packet.
    EspKeysWrong,
    /// Frames of a link type that cannot be read.
    LinkType {
        /// Its number.
        number: u32,
    },
    /// A capture without packets.
    NoPackets,
    /// Packets that were captured only in part.
    Snapped {
        /// How many.
        cut: u64,
        /// Of how many.
        packets: u64,
    },
    /// A capture that could not be read to its end.
    CaptureBroken {
        /// Why.
        why: Broken,
        /// The last frame that was read, 0 for none.
        after: u64,
    },
}

/// Why a capture ends before its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Broken {
    /// The file is cut short.
    Cut,
    /// It is damaged: lengths are impossible, a header is missing.
    Damaged,
    /// It is compressed, and the compressed data are damaged.
    Compressed,
    /// A variant of the format that is not known.
    Variant,
}
