//! Exports of Windows: event logs, registry, cmdlets.

use std::io::{self, Read};

use crate::{Kind, Settings, Sink};

/// Reads an export.
pub(crate) fn read(
    _input: impl Read,
    _kind: Kind,
    _settings: &Settings,
    sink: &mut Sink<'_>,
    _progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    sink.trouble("exports of Windows are not read yet");
    Ok(())
}
