//! The question for the password, while the rest goes on.

use crypto::Secret;
use net::poll::{Interest, Poller, Token};
use net::terminal::SilentTerminal;

use super::settings::Settings;
use crate::exit::Failure;

/// An open question. Dropping it gives the terminal back.
pub(super) struct Prompt {
    terminal: SilentTerminal,
}

/// What a person has said.
pub(super) enum Said {
    /// Nothing yet.
    Nothing,
    /// This.
    Password(Secret),
    /// Nothing, for good: an empty line, Ctrl-D, or a terminal that went away.
    Refused,
}

impl Prompt {
    /// Asks for the password, once nothing is shown any more of what is typed.
    pub(super) fn open(settings: &Settings) -> Result<Prompt, Failure> {
        let question = format!("Password of {} at {}: ", printable(&settings.user), printable(&settings.server));
        let terminal = SilentTerminal::ask(&question)
            .map_err(|error| Failure::local(format!("cannot ask for the password: {error}")))?;
        Ok(Prompt { terminal })
    }

    /// Lets the poller tell when there may be an answer.
    pub(super) fn watch(&self, poller: &Poller, token: Token) -> std::io::Result<()> {
        poller.add(&self.terminal, token, Interest::Read)
    }

    /// Ends what [`Prompt::watch`] began.
    pub(super) fn unwatch(&self, poller: &Poller) {
        // It may never have been watched.
        let _ = poller.remove(&self.terminal);
    }

    /// The answer, as far as there is one.
    pub(super) fn poll(&mut self) -> Said {
        match self.terminal.poll_line() {
            Ok(Some(line)) if line.is_empty() => Said::Refused,
            Ok(Some(line)) => Said::Password(Secret::from(line)),
            Ok(None) => Said::Nothing,
            Err(_) => Said::Refused,
        }
    }
}

fn printable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}
