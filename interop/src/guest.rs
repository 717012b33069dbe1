//! Whole Linux systems with their own kernel.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::lab::{Lab, Net, run, scratch_root};
use crate::lines::Lines;
use crate::process::Process;

/// The scripts a guest can run, by name.
const SCRIPTS: [(&str, &str); 3] = [
    ("linux-client", include_str!("../guests/linux-client")),
    ("linux-pptp-server", include_str!("../guests/linux-pptp-server")),
    ("linux-server", include_str!("../guests/linux-server")),
];

const INIT: &str = include_str!("../guests/init");
const PRELOAD: &str = include_str!("../guests/xstate.c");

/// How long a guest may take to boot. Two seconds are usual; other guests may have the processors.
const BOOT: Duration = Duration::from_secs(90);

/// A Linux with its own kernel on a segment of the laboratory. It ends when dropped, as if its power failed.
pub struct Guest {
    process: Process,
    share: std::path::PathBuf,
    console: Arc<Console>,
    next: AtomicU32,
}

/// Something for a guest to run.
#[derive(Clone, Debug)]
pub struct Task {
    command: String,
    environment: Vec<(String, String)>,
}

/// A task that a guest is running.
pub struct Job {
    lines: Arc<Lines>,
    console: Arc<Console>,
}

/// A task that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The exit status of the script.
    pub status: i32,
    /// What it printed.
    pub lines: Vec<String>,
}

/// What comes out of a guest: lines of its jobs by number, and everything else, which is its kernel speaking.
#[derive(Default)]
struct Console {
    jobs: Mutex<HashMap<u32, Arc<Lines>>>,
    kernel: Lines,
}

impl Task {
    /// One of the scripts in `guests/`, with arguments.
    pub fn script(name: &str, arguments: &[&str]) -> Task {
        let words = std::iter::once(format!("/mnt/{name}")).chain(arguments.iter().map(|word| quoted(word)));
        Task { command: format!("exec bash {}", words.collect::<Vec<_>>().join(" ")), environment: Vec::new() }
    }

    /// A line for the shell.
    pub fn shell(line: &str) -> Task {
        Task { command: line.to_owned(), environment: Vec::new() }
    }

    /// Sets a variable of the script's environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Task {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    fn text(&self) -> String {
        let variables = self.environment.iter().map(|(name, value)| format!("export {name}={}\n", quoted(value)));
        format!("{}{}\n", variables.collect::<String>(), self.command)
    }
}

impl Guest {
    /// Boots a guest on a segment; `address` is its address and prefix length.
    ///
    /// # Errors
    /// When the segment has no room for it or it does not boot; the error holds its console.
    pub fn boot(lab: &Lab, net: &Net, address: &str) -> Result<Guest> {
        let tap = lab.tap(net)?;
        let share = lab.scratch().join(&tap);
        let mut command = net.command("linux.uml");
        command.args([
            format!("address={address}"),
            format!("gateway={}", net.gateway()),
            format!("vec0:transport=tap,ifname={tap},depth=128,gro=1"),
        ]);
        Guest::start(command, &share)
    }

    /// Starts a task.
    ///
    /// # Errors
    /// When the guest has ended.
    pub fn start_task(&self, task: &Task) -> Result<Job> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let lines = self.console.job(number);
        let file = format!("task-{number}");
        let path = self.share.join(&file);
        fs::write(&path, task.text()).map_err(Error::while_doing(path.display()))?;
        self.process.write_line(&format!("{number} {file}"))?;
        Ok(Job { lines, console: Arc::clone(&self.console) })
    }

    /// Runs a task to its end.
    ///
    /// # Errors
    /// When the guest has ended or the task does not end within this time.
    pub fn run(&self, task: &Task, within: Duration) -> Result<Outcome> {
        self.start_task(task)?.wait(within)
    }

    /// Runs a line of shell that must succeed, and returns what it printed.
    ///
    /// # Errors
    /// When it fails or takes more than a minute.
    pub fn shell(&self, line: &str) -> Result<String> {
        let outcome = self.run(&Task::shell(line), Duration::from_secs(60))?;
        let printed = outcome.lines.join("\n");
        match outcome.status {
            0 => Ok(printed),
            status => Err(Error::new(format!("{line}: exit status {status}\n{printed}"))),
        }
    }

    /// What its kernel has written to the console.
    pub fn kernel_log(&self) -> Vec<String> {
        self.console.kernel.all()
    }

    /// Boots the kernel with what every guest needs besides the arguments that `command` has already.
    fn start(mut command: Command, share: &Path) -> Result<Guest> {
        let write = |name: &str, text: &str| {
            let path = share.join(name);
            fs::write(&path, text).map_err(Error::while_doing(path.display()))
        };
        fs::create_dir_all(share).map_err(Error::while_doing(share.display()))?;
        SCRIPTS.iter().try_for_each(|(name, text)| write(name, text))?;
        write("init", INIT)?;
        let init = share.join("init");
        run(Command::new("chmod").arg("755").arg(&init))?;
        if let Some(preload) = preload(share) {
            command.env("LD_PRELOAD", preload);
        }
        command.args(["mem=256M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "quiet"]);
        command.args(["con=null", "con0=fd:0,fd:1", "ssl=null"]);
        command.arg(format!("init={}", init.display()));
        command.arg(format!("share={}", share.display()));
        command.arg(format!("uml_dir={}/", share.display()));
        let console = Arc::new(Console::default());
        let ready = console.job(0);
        let (sink, end) = (Arc::clone(&console), Arc::clone(&console));
        let process = Process::spawn(command, move |line| sink.take(&line), move || end.end())?;
        let guest = Guest { process, share: share.to_owned(), console, next: AtomicU32::new(1) };
        match ready.wait_for(BOOT, |line| line == "ready") {
            Some(_) => Ok(guest),
            None => Err(Error::new(format!("a guest does not boot:\n{}", guest.kernel_log().join("\n")))),
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // Power failure: also the processes in which the guest's kernel keeps its own.
        self.process.kill_group();
    }
}

impl Job {
    /// What it has printed so far.
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it does not end within this time, or the guest ends before.
    pub fn wait(&self, within: Duration) -> Result<Outcome> {
        let end = self.lines.wait_for(within, |line| line.starts_with(EXIT));
        let lines: Vec<_> = self.lines.all().into_iter().filter(|line| !line.starts_with(EXIT)).collect();
        match end.as_deref().and_then(|line| line.strip_prefix(EXIT)).and_then(|status| status.trim().parse().ok()) {
            Some(status) => Ok(Outcome { status, lines }),
            None => Err(Error::new(format!(
                "a guest's task did not end within {within:?}; it printed:\n{}\nand its kernel:\n{}",
                lines.join("\n"),
                self.console.kernel.all().join("\n")
            ))),
        }
    }
}

/// What precedes a task's exit status.
const EXIT: &str = "::exit ";

impl Console {
    fn job(&self, number: u32) -> Arc<Lines> {
        Arc::clone(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).entry(number).or_default())
    }

    fn take(&self, line: &str) {
        let job = line.strip_prefix('@').and_then(|rest| rest.split_once(' '));
        match job.and_then(|(number, text)| Some((number.parse().ok()?, text))) {
            Some((number, text)) => self.job(number).push(text.to_owned()),
            None => self.kernel.push(line.to_owned()),
        }
    }

    fn end(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).values().for_each(|job| job.end());
        self.kernel.end();
    }
}

/// Whether a guest boots on this machine at all.
pub(crate) fn can_boot() -> Result<()> {
    let share = scratch_root().join(format!("cw-{}-boot", std::process::id()));
    let guest = Guest::start(Command::new("linux.uml"), &share);
    let _ = fs::remove_dir_all(&share);
    guest.map(drop)
}

/// The library that lets guests boot on this machine's processor, where a compiler can make it.
fn preload(folder: &Path) -> Option<std::path::PathBuf> {
    let source = folder.join("xstate.c");
    let library = folder.join("xstate.so");
    fs::write(&source, PRELOAD).ok()?;
    let compiled =
        run(Command::new("cc").args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl"));
    compiled.is_ok().then_some(library)
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_keeps_quotes_and_blanks_of_its_variables() {
        let task = Task::script("linux-client", &["ping", "10.0.0.1"]).env("PSK", "it's a \"key\" $HOME");
        assert_eq!(
            task.text(),
            "export PSK='it'\\''s a \"key\" $HOME'\nexec bash /mnt/linux-client 'ping' '10.0.0.1'\n"
        );
    }

    #[test]
    fn the_console_sorts_lines_by_job() {
        let console = Console::default();
        for line in ["@1 first", "random: crng init done", "@2 other", "@x odd", "@1 ::exit 3"] {
            console.take(line);
        }
        assert_eq!(console.job(1).all(), ["first", "::exit 3"]);
        assert_eq!(console.job(2).all(), ["other"]);
        assert_eq!(console.kernel.all(), ["random: crng init done", "@x odd"]);
        let job = Job { lines: console.job(1), console: Arc::new(Console::default()) };
        assert_eq!(job.wait(Duration::ZERO), Ok(Outcome { status: 3, lines: vec!["first".into()] }));
    }
}
