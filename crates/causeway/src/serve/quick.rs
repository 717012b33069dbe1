//! `serve --quick`: makes what is missing, once, and is an ordinary configuration from then on.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use crypto::Secret;
use policy::Account;
use rand_core::CryptoRng;

use crate::cli;
use crate::config::{self, Config, LoadError, MIN_PSK_CHARACTERS};
use crate::exit::Failure;

/// Digits and letters that nobody mistakes for one another.
const ALPHABET: &[u8; 57] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Characters of a generated pre-shared key: 44 from 57 are 256 bits.
const PSK_CHARACTERS: usize = 44;

/// Characters of a generated password: 16 from 57 are 93 bits.
const PASSWORD_CHARACTERS: usize = 16;

/// What was made or taken over, to be shown to the person who started the server.
pub(crate) struct Quick {
    pub(crate) config: Config,
    pub(crate) user: String,
    pub(crate) password: Secret,
    pub(crate) psk: Secret,
}

/// Secrets that the environment gives.
#[derive(Default)]
pub(crate) struct Environment {
    pub(crate) psk: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
}

impl Environment {
    /// CAUSEWAY_PSK, CAUSEWAY_USER and CAUSEWAY_PASSWORD.
    pub(crate) fn read() -> Environment {
        let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
        Environment {
            psk: variable("CAUSEWAY_PSK"),
            user: variable("CAUSEWAY_USER"),
            password: variable("CAUSEWAY_PASSWORD"),
        }
    }
}

/// Prepares the state directory and reads the configuration in it, with what the command line and the environment override.
pub(crate) fn prepare(
    options: &cli::Serve,
    environment: Environment,
    rng: &mut dyn CryptoRng,
) -> Result<Quick, Failure> {
    let state = &options.state;
    let made = make_state(state, &environment, rng);
    made.map_err(|error| Failure::local(format!("cannot prepare {}: {error}", state.display())))?;
    let mut config = match config::load(&state.join(CONFIG)) {
        Ok(config) => config,
        Err(error @ LoadError::Mistakes(_)) => return Err(Failure::configuration(error.to_string())),
        Err(error @ LoadError::Read(..)) => return Err(Failure::local(error.to_string())),
    };
    if let Some(pool) = options.pool {
        config.pool = pool;
    }
    if !options.listen.is_empty() {
        config.listen.clone_from(&options.listen);
    }
    config.nat &= !options.no_nat;
    config.legacy |= options.legacy;
    config.force_udp |= options.force_udp;
    if let Some(psk) = environment.psk {
        if psk.chars().count() < MIN_PSK_CHARACTERS {
            config.warnings.push(format!(
                "CAUSEWAY_PSK has fewer than {MIN_PSK_CHARACTERS} characters: whoever records one connection can guess it at leisure"
            ));
        }
        config.psks = vec![(None, Secret::from(psk.into_bytes()))];
    }
    if environment.user.is_some() || environment.password.is_some() {
        let first = config.accounts.iter().next().cloned();
        let name = environment.user.or(first.as_ref().map(|account| account.name.clone()));
        let password = environment.password.map(|password| Secret::from(password.into_bytes()));
        let password = password.or(first.map(|account| account.password));
        if let (Some(name), Some(password)) = (name, password) {
            config.accounts.insert(Account { name, password, address: None, disabled: false });
        }
    }
    let psk = config.psks.first().map(|(_, psk)| psk.clone());
    let account = match std::env::var("CAUSEWAY_USER").ok().and_then(|name| config.accounts.find(&name).cloned()) {
        Some(account) => Some(account),
        None => config.accounts.iter().next().cloned(),
    };
    match (psk, account) {
        (Some(psk), Some(account)) => Ok(Quick { config, user: account.name, password: account.password, psk }),
        _ => Err(Failure::configuration(format!("{} has no pre-shared key or no user", state.join(CONFIG).display()))),
    }
}

/// Name of the configuration in the state directory.
pub(crate) const CONFIG: &str = "causeway.toml";

/// Makes directory, secrets and configuration, each only if it is not there yet.
fn make_state(state: &Path, environment: &Environment, rng: &mut dyn CryptoRng) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(state)?;
    let user = environment.user.as_deref().unwrap_or("vpn");
    make_file(&state.join("psk"), &random_text(PSK_CHARACTERS, rng))?;
    make_file(&state.join("password"), &random_text(PASSWORD_CHARACTERS, rng))?;
    let text = format!(
        "# Made by `causeway serve --quick`. It is an ordinary configuration: edit it, or copy it to /etc/causeway.\n\n\
         [server]\nstate = \".\"\nsocket = \"control.sock\"\n\n\
         [ipsec]\npsk_file = \"psk\"\n\n\
         [network]\npool = \"10.99.0.0/24\"\ndns = [\"9.9.9.9\", \"149.112.112.112\"]\n\n\
         [[user]]\nname = {}\npassword_file = \"password\"\n",
        toml_string(user),
    );
    make_file(&state.join(CONFIG), &text)
}

/// Writes a file that only its owner can read, unless it exists.
fn make_file(path: &Path, text: &str) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes())?;
            if !text.ends_with('\n') {
                file.write_all(b"\n")?;
            }
            file.sync_all()
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn random_text(characters: usize, rng: &mut dyn CryptoRng) -> String {
    let mut text = String::with_capacity(characters);
    while text.len() < characters {
        // Values that would favour some characters are thrown away.
        let value = (rng.next_u32() & 0x3f) as usize;
        if let Some(&character) = ALPHABET.get(value) {
            text.push(character.into());
        }
    }
    text
}

/// A TOML basic string.
fn toml_string(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|character| match character {
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            other if other.is_control() => format!("\\u{:04X}", other as u32),
            other => other.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use chacha20::ChaCha8Rng;
    use chacha20::rand_core::SeedableRng;
    use clap::Parser;
    use std::fs;

    fn options(state: &Path, more: &[&str]) -> cli::Serve {
        let state = state.display().to_string();
        let arguments = ["causeway", "serve", "--quick", "--state", &state].into_iter().chain(more.iter().copied());
        match cli::Cli::try_parse_from(arguments).unwrap().command {
            cli::Command::Serve(serve) => serve,
            _ => unreachable!(),
        }
    }

    fn scratch(name: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("causeway-quick-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        path
    }

    #[test]
    fn secrets_are_made_once_and_kept() {
        let state = scratch("kept");
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let first = prepare(&options(&state, &[]), Environment::default(), &mut rng).ok().unwrap();
        let second = prepare(&options(&state, &[]), Environment::default(), &mut rng).ok().unwrap();
        assert_eq!(first.psk.as_bytes().len(), PSK_CHARACTERS);
        assert!(first.psk.ct_eq(&second.psk) && first.password.ct_eq(&second.password));
        assert_eq!(first.user, "vpn");
        fs::remove_dir_all(&state).unwrap();
    }

    #[test]
    fn the_environment_and_the_command_line_come_first() {
        let state = scratch("override");
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let environment = Environment {
            psk: Some("a-key-from-the-environment".into()),
            user: Some("o\"brien".into()),
            password: Some("pw".into()),
        };
        let made =
            prepare(&options(&state, &["--pool", "10.7.0.0/24", "--no-nat"]), environment, &mut rng).ok().unwrap();
        assert_eq!(made.psk.as_bytes(), b"a-key-from-the-environment");
        assert_eq!(made.config.pool.first(), std::net::Ipv4Addr::new(10, 7, 0, 1));
        assert!(!made.config.nat);
        assert!(made.config.accounts.verify_password("o\"brien", &Secret::from(b"pw".to_vec())).is_ok());
        fs::remove_dir_all(&state).unwrap();
    }
}
