//! Texts: logs, and what programs print.

use std::io::{self, Read};

use crate::{Settings, Sink};

/// Reads a text, line by line.
pub(crate) fn read(
    _input: impl Read,
    _settings: &Settings,
    sink: &mut Sink<'_>,
    _progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    sink.trouble("texts are not read yet");
    Ok(())
}
