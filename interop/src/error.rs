use std::fmt;

/// Why the laboratory could not do what a test asked of it: a sentence for the person who reads the test's output.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(String);

/// What the laboratory's methods return.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of these words.
    pub fn new(words: impl Into<String>) -> Error {
        Error(words.into())
    }

    /// Turns the error of a system call into one that says what was tried.
    pub(crate) fn while_doing<E: fmt::Display>(what: impl fmt::Display) -> impl FnOnce(E) -> Error {
        move |error| Error(format!("{what}: {error}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// A test that returns this error prints it with `Debug`: many lines of console must stay lines.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
