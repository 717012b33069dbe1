//! Programs that run beside the test and never outlive it.

use std::ffi::OsStr;
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use crate::error::{Error, Result};
use crate::lab::Host;
use crate::lines::Lines;

/// A program that runs in a [`Host`], such as the server under test. It is killed when dropped.
pub struct Native {
    process: Process,
    lines: Arc<Lines>,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this exit status.
    Exited(i32),
    /// By the signal of this number.
    Killed(i32),
}

impl Native {
    /// Starts a program in the host's namespace, with these variables added to the environment.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start<A: AsRef<OsStr>>(
        host: &Host,
        program: impl AsRef<OsStr>,
        arguments: &[A],
        environment: &[(&str, &str)],
    ) -> Result<Native> {
        let mut command = host.command(program);
        command.args(arguments).envs(environment.iter().copied());
        let lines = Arc::new(Lines::default());
        let (sink, end) = (Arc::clone(&lines), Arc::clone(&lines));
        let process = Process::spawn(command, move |line| sink.push(line), move || end.end())?;
        Ok(Native { process, lines })
    }

    /// What it has printed, standard output and standard error in the order of arrival.
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// Its process number.
    pub fn pid(&self) -> i32 {
        self.process.pid.as_raw()
    }

    /// Waits for a line with these words.
    ///
    /// # Errors
    /// When it does not come within this time, or the program ends before.
    pub fn expect_line(&self, words: &str, within: Duration) -> Result<String> {
        self.lines.wait_for(within, |line| line.contains(words)).ok_or_else(|| {
            Error::new(format!(
                "no line with {words:?} within {within:?}; it printed:\n{}",
                self.lines.all().join("\n")
            ))
        })
    }

    /// Asks the program to end (SIGTERM) and waits for it.
    ///
    /// # Errors
    /// When it is still there after this time; it is killed then.
    pub fn terminate(&self, within: Duration) -> Result<Ended> {
        self.process.signal(Signal::SIGTERM);
        self.wait(within)
    }

    /// Ends the program without letting it do anything more (SIGKILL).
    ///
    /// # Errors
    /// When even that has no effect within a few seconds.
    pub fn kill(&self) -> Result<Ended> {
        self.process.signal(Signal::SIGKILL);
        self.wait(Duration::from_secs(10))
    }

    /// Sends a signal to the program, for example SIGHUP.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Waits for the program to end by itself.
    ///
    /// # Errors
    /// When it is still there after this time; it is killed then.
    pub fn wait(&self, within: Duration) -> Result<Ended> {
        let ended = self.process.wait(within).ok_or_else(|| {
            self.process.signal(Signal::SIGKILL);
            Error::new(format!("still running after {within:?}; it printed:\n{}", self.lines.all().join("\n")))
        })?;
        // What it printed last may still be on its way through the pipe.
        self.lines.wait_for_end(Duration::from_secs(1));
        Ok(ended)
    }
}

/// A child process in a process group of its own, with somebody who reads what it prints.
pub(crate) struct Process {
    pid: Pid,
    status: Arc<Status>,
    /// Open as long as this value lives: a program that watches it ends with the test, however that ends.
    stdin: Mutex<Option<ChildStdin>>,
}

#[derive(Default)]
struct Status {
    ended: Mutex<Option<Ended>>,
    changed: Condvar,
}

impl Process {
    /// Starts the command; `line` gets what it prints, line by line, `end` is called when it can print no more.
    pub(crate) fn spawn(
        mut command: Command,
        line: impl FnMut(String) + Send + 'static,
        end: impl FnOnce() + Send + 'static,
    ) -> Result<Process> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            command.process_group(0).spawn().map_err(Error::while_doing(format_args!("cannot start {command:?}")))?;
        let pid = Pid::from_raw(child.id().cast_signed());
        let stdin = child.stdin.take();
        let line = Arc::new(Mutex::new(line));
        let readers = [
            child.stdout.take().map(|pipe| read_lines(pipe, Arc::clone(&line))),
            child.stderr.take().map(|pipe| read_lines(pipe, line)),
        ];
        thread::spawn(move || {
            readers.into_iter().flatten().for_each(|reader| drop(reader.join()));
            end();
        });
        let status = Arc::new(Status::default());
        let reaper = Arc::clone(&status);
        thread::spawn(move || reaper.reap(child, pid));
        Ok(Process { pid, status, stdin: Mutex::new(stdin) })
    }

    /// Writes one line to its standard input.
    pub(crate) fn write_line(&self, line: &str) -> Result<()> {
        let mut stdin = self.stdin.lock().unwrap_or_else(PoisonError::into_inner);
        let stdin = stdin.as_mut().ok_or_else(|| Error::new("its standard input is closed"))?;
        stdin
            .write_all(format!("{line}\n").as_bytes())
            .map_err(Error::while_doing("cannot write to its standard input"))
    }

    /// Sends a signal to the process alone; nothing happens when it has ended.
    pub(crate) fn signal(&self, signal: Signal) {
        let ended = self.status.lock();
        // The reaper frees the number only under this lock: it cannot be somebody else's yet.
        if ended.is_none() {
            let _ = kill(self.pid, signal);
        }
    }

    /// Kills the process with every process of its group, and waits until it is gone.
    pub(crate) fn kill_group(&self) {
        {
            let ended = self.status.lock();
            if ended.is_none() {
                let _ = kill(Pid::from_raw(-self.pid.as_raw()), Signal::SIGKILL);
            }
        }
        self.wait(Duration::from_secs(10));
    }

    /// How it ended, within this time.
    pub(crate) fn wait(&self, within: Duration) -> Option<Ended> {
        *self
            .status
            .changed
            .wait_timeout_while(self.status.lock(), within, |ended| ended.is_none())
            .map_or_else(|poisoned| poisoned.into_inner().0, |(ended, _)| ended)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill_group();
    }
}

impl Status {
    fn lock(&self) -> MutexGuard<'_, Option<Ended>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reap(&self, mut child: Child, pid: Pid) {
        while waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(nix::errno::Errno::EINTR) {}
        let mut ended = self.lock();
        *ended = Some(child.wait().map_or(Ended::Exited(-1), Ended::from));
        self.changed.notify_all();
    }
}

impl From<ExitStatus> for Ended {
    fn from(status: ExitStatus) -> Ended {
        match status.code() {
            Some(code) => Ended::Exited(code),
            None => Ended::Killed(status.signal().unwrap_or(0)),
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Exited(code) => write!(f, "exit status {code}"),
            Ended::Killed(signal) => write!(f, "signal {signal}"),
        }
    }
}

fn read_lines<F: FnMut(String) + Send + 'static>(
    pipe: impl Read + Send + 'static,
    line: Arc<Mutex<F>>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        // Not `lines()`: a console is not always UTF-8.
        for octets in BufReader::new(pipe).split(b'\n').map_while(std::result::Result::ok) {
            let text = String::from_utf8_lossy(&octets);
            (*line.lock().unwrap_or_else(PoisonError::into_inner))(text.trim_end_matches('\r').to_owned());
        }
    })
}
