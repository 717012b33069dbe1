use observe::SourceKind;

use crate::{bundle, windows};

/// What a file is, by its first octets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Classic pcap, either byte order, microseconds or nanoseconds.
    Pcap,
    /// pcapng.
    Pcapng,
    /// Windows event log, binary.
    Evtx,
    /// Windows event log, XML.
    EventXml,
    /// Windows event log, CSV; text logs of NPS.
    EventCsv,
    /// Windows event log, as text.
    EventText,
    /// Registry export.
    Registry,
    /// JSON of a Windows cmdlet.
    Json,
    /// What programs of Windows print about a machine.
    Listing,
    /// A tracing file of Windows: PPP.LOG, Ppplog.txt, Oakley.log and their like.
    Trace,
    /// A zip archive of several pieces of evidence.
    Zip,
    /// A tar archive of several pieces of evidence.
    Tar,
    /// What a collector says about its bundle.
    About,
    /// Any text: logs and outputs of programs.
    Text,
    /// Nothing that is known.
    Unknown,
}

impl Kind {
    /// Tells the kind from the beginning of a file.
    pub fn of(beginning: &[u8]) -> Kind {
        match beginning {
            [0xa1, 0xb2, 0xc3, 0xd4 | 0xcd, ..]
            | [0xd4 | 0x4d, 0xc3 | 0x3c, 0xb2, 0xa1, ..]
            | [0xa1, 0xb2, 0x3c, 0x4d, ..] => Kind::Pcap,
            [0x0a, 0x0d, 0x0d, 0x0a, ..] => Kind::Pcapng,
            [b'E', b'l', b'f', b'F', b'i', b'l', b'e', 0, ..] => Kind::Evtx,
            [b'P', b'K', 3, 4, ..] => Kind::Zip,
            _ if beginning.get(257..262) == Some(b"ustar") => Kind::Tar,
            [] => Kind::Text,
            _ if beginning.starts_with(bundle::about::HEAD) => Kind::About,
            _ => {
                let head = beginning.get(..4096).unwrap_or(beginning);
                let marked = matches!(beginning, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
                // UTF-16 is text, too: half of its octets are zero where it is mostly Latin.
                let binary = head.iter().filter(|octet| **octet == 0).count() * 8 > head.len();
                match windows::recognise(beginning) {
                    Some(kind) => kind,
                    None if binary && !marked => Kind::Unknown,
                    None => Kind::Text,
                }
            }
        }
    }

    /// The kind of source, before more is known.
    pub fn source(self) -> SourceKind {
        match self {
            Kind::Pcap | Kind::Pcapng => SourceKind::Capture,
            Kind::Evtx | Kind::EventXml | Kind::EventCsv | Kind::EventText => SourceKind::WindowsEvents,
            Kind::Registry => SourceKind::Registry,
            Kind::Json => SourceKind::Profile,
            Kind::Trace => SourceKind::WindowsTrace,
            Kind::Zip | Kind::Tar | Kind::About => SourceKind::Bundle,
            Kind::Listing | Kind::Text | Kind::Unknown => SourceKind::Unknown,
        }
    }
}
