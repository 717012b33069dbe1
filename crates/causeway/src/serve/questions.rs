//! The control socket: takes questions from other processes and has the worker answer them.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;

use net::control::ControlListener;
use net::poll::{Interest, Poller, Token, Waker};
use serde_json::{Value, json};

use crate::control::Question;

/// A question with the place for its answer.
pub(crate) struct Pending {
    pub(crate) question: Question,
    pub(crate) answer: SyncSender<Value>,
}

/// Longest question, in octets.
const LONGEST: u64 = 65_536;

/// How long a caller may take to ask, and the worker to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Listens at `path` in a thread of its own. The worker watches `waker`, and finds questions in the receiver.
pub(crate) fn listen(path: &Path, waker: Waker) -> io::Result<Receiver<Pending>> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let listener = ControlListener::bind(path, None)?;
    let mut poller = Poller::new(1)?;
    poller.add(&listener, Token(0), Interest::Read)?;
    let (sender, receiver) = channel();
    std::thread::Builder::new().name("control".into()).spawn(move || {
        while let Ok(ready) = poller.wait(None) {
            drop(ready);
            while let Ok(Some((stream, _))) = listener.accept() {
                // A caller that misbehaves only harms its own question.
                let _ = serve(&stream, &sender, &waker);
            }
        }
    })?;
    Ok(receiver)
}

fn serve(mut stream: &UnixStream, questions: &Sender<Pending>, waker: &Waker) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST)).read_line(&mut line)?;
    let question = serde_json::from_str(&line).ok().as_ref().and_then(Question::from_json);
    let answer = match question {
        None => json!({ "error": "this server does not know that question; is it another version?" }),
        Some(question) => {
            let (answer, reply) = sync_channel(1);
            if questions.send(Pending { question, answer }).is_err() {
                return Ok(());
            }
            waker.wake();
            reply.recv_timeout(PATIENCE).unwrap_or_else(|_| json!({ "error": "the server did not answer in time" }))
        }
    };
    stream.write_all(format!("{answer}\n").as_bytes())
}
