use std::io::{self, Read};

use super::Log;

pub(super) fn read(_input: impl Read, log: &mut Log<'_, '_>, _progress: &mut dyn FnMut(u64)) -> io::Result<()> {
    log.trouble("binary event logs are not read yet: save it as XML");
    Ok(())
}
