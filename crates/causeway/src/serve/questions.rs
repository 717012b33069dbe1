//! The control socket: takes questions from other processes and has the worker answer them.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
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

/// The control socket of a running server. Dropping it closes the socket and removes its file.
pub(crate) struct Questions {
    receiver: Receiver<Pending>,
    stop: Waker,
    thread: Option<JoinHandle<()>>,
}

const CALLERS: Token = Token(0);
const STOP: Token = Token(1);

impl Questions {
    /// Listens at `path` in a thread of its own. The worker watches `waker`, then asks [`Questions::next`].
    pub(crate) fn listen(path: &Path, waker: Waker) -> io::Result<Questions> {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        let listener = ControlListener::bind(path, None)?;
        let stop = Waker::new()?;
        let mut poller = Poller::new(2)?;
        poller.add(&listener, CALLERS, Interest::Read)?;
        poller.add(&stop, STOP, Interest::Read)?;
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new().name("control".into()).spawn(move || {
            while let Ok(mut ready) = poller.wait(None) {
                if ready.any(|ready| ready.token == STOP) {
                    return;
                }
                while let Ok(Some((stream, _))) = listener.accept() {
                    // A caller that misbehaves only harms its own question.
                    let _ = serve(&stream, &sender, &waker);
                }
            }
        })?;
        Ok(Questions { receiver, stop, thread: Some(thread) })
    }

    /// The next question, if one waits.
    pub(crate) fn next(&self) -> Option<Pending> {
        self.receiver.try_recv().ok()
    }
}

impl Drop for Questions {
    fn drop(&mut self) {
        self.stop.wake();
        if let Some(thread) = self.thread.take() {
            // It ends at once, or after the caller that it is just serving, for whom its patience is bounded.
            let _ = thread.join();
        }
    }
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
