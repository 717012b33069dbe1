//! Captures: pcap and pcapng.

use std::io::{self, Read};

use crate::{Kind, Settings, Sink};

/// Reads a capture.
pub(crate) fn read(
    _input: impl Read,
    _kind: Kind,
    _settings: &Settings,
    sink: &mut Sink<'_>,
    _progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    sink.trouble("captures are not read yet");
    Ok(())
}
