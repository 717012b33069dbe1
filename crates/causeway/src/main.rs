//! The `causeway` command.

mod cli;
mod config;
mod control;
mod dial;
mod doctor;
mod exit;
mod io;
mod keylog;
mod serve;
mod show;

use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use serde_json::json;

use cli::{Cli, Command};
use exit::Failure;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match execute(&cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let message = failure.to_string();
            if !message.is_empty() {
                anstream::eprintln!("causeway: {message}");
            }
            failure.code()
        }
    }
}

fn execute(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Serve(options) => serve::run(options),
        Command::Dial(options) => dial::run(options),
        Command::Doctor(options) => doctor::run(options),
        Command::CheckConfig(options) => check_config(&options.file, options.json),
        Command::Status(ask) => print(&show::status(ask)?),
        Command::Session(session) => print(&show::session(session)?),
        Command::Pool(pool) => print(&show::pool(pool)?),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "causeway", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
        Command::Man { directory } => write_man_pages(directory),
    }
}

/// Prints to standard output. A reader that has seen enough (`| head`) is no failure.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write;
    match anstream::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::local(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

fn check_config(file: &Path, as_json: bool) -> Result<(), Failure> {
    match config::load(file) {
        Ok(config) if as_json => print(&format!("{:#}\n", json!({ "mistakes": [], "warnings": config.warnings }))),
        Ok(config) => {
            let warnings: String = config.warnings.iter().map(|warning| format!("warning: {warning}\n")).collect();
            print(&format!("{warnings}{}: no mistakes\n", file.display()))
        }
        Err(config::LoadError::Mistakes(mistakes)) => {
            if as_json {
                print(&format!("{:#}\n", json!({ "mistakes": mistakes.to_json(), "warnings": [] })))?;
            } else {
                anstream::eprint!("{mistakes}");
            }
            let count = mistakes.len();
            let noun = if count == 1 { "mistake" } else { "mistakes" };
            Err(Failure::configuration(format!("{}: {count} {noun}", file.display())))
        }
        Err(error) => Err(Failure::configuration(error.to_string())),
    }
}

fn write_man_pages(directory: &Path) -> Result<(), Failure> {
    let written = std::fs::create_dir_all(directory).and_then(|()| clap_mangen::generate_to(Cli::command(), directory));
    written.map_err(|error| Failure::local(format!("cannot write manual pages to {}: {error}", directory.display())))
}
