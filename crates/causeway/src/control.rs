//! Questions to the running server, over its control socket: one JSON object in a line, one in answer.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use diagnose::Language;
use serde_json::{Value, json};

use crate::exit::Failure;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Question {
    Status,
    Sessions,
    Session(String),
    Disconnect(Disconnect),
    Pool,
    /// Attempts that failed and sessions that were lost.
    Failed,
    /// What the doctor says of one of them, in a language.
    Explain(String, Language),
}

/// Which sessions to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Disconnect {
    All,
    Named(Vec<String>),
}

impl Question {
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Question::Status => json!({ "ask": "status" }),
            Question::Sessions => json!({ "ask": "sessions" }),
            Question::Session(id) => json!({ "ask": "session", "id": id }),
            Question::Disconnect(Disconnect::All) => json!({ "ask": "disconnect", "all": true }),
            Question::Disconnect(Disconnect::Named(ids)) => json!({ "ask": "disconnect", "ids": ids }),
            Question::Pool => json!({ "ask": "pool" }),
            Question::Failed => json!({ "ask": "failed" }),
            Question::Explain(id, language) => json!({ "ask": "explain", "id": id, "language": language.tag() }),
        }
    }

    pub(crate) fn from_json(value: &Value) -> Option<Question> {
        match value.get("ask")?.as_str()? {
            "status" => Some(Question::Status),
            "sessions" => Some(Question::Sessions),
            "session" => Some(Question::Session(value.get("id")?.as_str()?.to_owned())),
            "disconnect" if value.get("all").and_then(Value::as_bool) == Some(true) => {
                Some(Question::Disconnect(Disconnect::All))
            }
            "disconnect" => {
                let ids = value.get("ids")?.as_array()?.iter().map(|id| Some(id.as_str()?.to_owned()));
                Some(Question::Disconnect(Disconnect::Named(ids.collect::<Option<_>>()?)))
            }
            "pool" => Some(Question::Pool),
            "failed" => Some(Question::Failed),
            "explain" => {
                let language = value.get("language").and_then(Value::as_str).and_then(Language::from_tag);
                Some(Question::Explain(value.get("id")?.as_str()?.to_owned(), language.unwrap_or(Language::English)))
            }
            _ => None,
        }
    }
}

/// Where a server listens that was started as the documentation says.
const USUAL_SOCKETS: [&str; 2] = ["/run/causeway/control.sock", "causeway-state/control.sock"];

/// Asks the server that listens at `socket`, or at the first usual place that exists.
pub(crate) fn ask(socket: Option<&Path>, question: &Question) -> Result<Value, Failure> {
    // A socket that may not be looked at is there, and connecting says why it cannot be asked.
    let usual = || USUAL_SOCKETS.iter().map(PathBuf::from).find(|path| path.try_exists().unwrap_or(true));
    let path = socket.map(PathBuf::from).or_else(usual).ok_or_else(|| {
        let places = USUAL_SOCKETS.join(" and ");
        Failure::local(format!("no server is running: looked for {places}; name its socket with --socket PATH"))
    })?;
    let answer = converse(&path, question)
        .map_err(|error| Failure::local(format!("cannot ask the server at {}: {error}", path.display())))?;
    match answer.get("error").and_then(Value::as_str) {
        Some(error) => Err(Failure::configuration(error)),
        None => Ok(answer),
    }
}

fn converse(path: &Path, question: &Question) -> std::io::Result<Value> {
    let mut stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.set_write_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(format!("{}\n", question.to_json()).as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    serde_json::from_str(&line).map_err(std::io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_survives_the_socket() {
        for question in [
            Question::Status,
            Question::Sessions,
            Question::Session("s1".into()),
            Question::Disconnect(Disconnect::All),
            Question::Disconnect(Disconnect::Named(vec!["s1".into(), "s2".into()])),
            Question::Pool,
            Question::Failed,
            Question::Explain("s1".into(), Language::Japanese),
        ] {
            assert_eq!(Question::from_json(&question.to_json()), Some(question));
        }
        assert_eq!(Question::from_json(&json!({ "ask": "everything" })), None);
    }
}
