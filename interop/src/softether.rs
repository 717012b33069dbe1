//! SoftEther VPN: IKE, ESP, L2TP and PPP of its own, all in one program without help of a kernel.

use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::lab::Host;
use crate::linux::Dial;
use crate::prerequisites;
use crate::process::Native;

/// How long it may take until it accepts connections.
const READY: Duration = Duration::from_secs(30);

/// How often its log is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Starts the program and tells it by its own tool what to serve. Its folders are taken from `$SCRATCH`, in a mount namespace that
/// `ip netns exec` has made: it finds none of this machine's configuration, and leaves nothing.
const SCRIPT: &str = r#"
set -e
for folder in /var/lib /var/log /run /tmp; do
  mkdir -p "$SCRATCH$folder/softether"
  [ $folder = /tmp ] || mount --bind "$SCRATCH$folder" $folder
done
# The last one: it hides the others' origin.
mount --bind "$SCRATCH/tmp" /tmp
cd /var/lib/softether
vpnserver execsvc < /dev/null &
for ((tries = 100; tries > 0; tries--)); do ss -lnt | grep -q ':5555 ' && break; sleep 0.1; done
printf '%s\n' 'HubCreate VPN /PASSWORD:none' 'Hub VPN' SecureNatEnable \
  "UserCreate $VPN_USER /GROUP:none /REALNAME:none /NOTE:none" \
  "UserPasswordSet $VPN_USER /PASSWORD:\"$VPN_PASSWORD\"" \
  "IPsecEnable /L2TP:yes /L2TPRAW:yes /ETHERIP:no /PSK:$PSK /DEFAULTHUB:VPN" > commands
vpncmd localhost:5555 /SERVER /IN:commands
for ((tries = 100; tries > 0; tries--)); do ss -lnu | grep -q ':500 ' && break; sleep 0.1; done
echo ready
wait
"#;

/// A SoftEther server in a host of the laboratory.
pub struct SoftEther {
    native: Native,
    logs: PathBuf,
}

impl SoftEther {
    /// Its address in its tunnels. It gives addresses from 192.168.30.10.
    pub const TUNNEL: Ipv4Addr = Ipv4Addr::new(192, 168, 30, 1);

    /// Whether this machine has it; says why a test is skipped if not. With `CAUSEWAY_INTEROP=require` in the environment that is an
    /// error instead.
    ///
    /// # Errors
    /// When it is required and missing.
    pub fn exists() -> Result<bool> {
        match prerequisites::has("vpnserver", "softether-vpnserver")
            .and(prerequisites::has("vpncmd", "softether-vpncmd"))
        {
            Ok(()) => Ok(true),
            Err(why) => prerequisites::skip(&why).map(|()| false),
        }
    }

    /// Starts it with the account of `dial`. The host loses its default route: the program would look for the servers of its makers.
    ///
    /// # Errors
    /// When it does not start; the error holds what it printed.
    pub fn serve(host: &Host, dial: &Dial) -> Result<SoftEther> {
        host.run("ip", &["route", "del", "default"])?;
        let scratch = host.scratch().join("softether");
        let folder = scratch.display().to_string();
        let environment =
            [("SCRATCH", &*folder), ("PSK", &*dial.psk), ("VPN_USER", &*dial.user), ("VPN_PASSWORD", &*dial.password)];
        let native = Native::start(host, "bash", &["-c", SCRIPT], &environment)?;
        native.expect_line("ready", READY)?;
        Ok(SoftEther { native, logs: scratch.join("var/log/softether/server_log") })
    }

    /// Takes the right to use the hub from the user of `dial`.
    ///
    /// # Errors
    /// When its tool refuses.
    pub fn deny_access(host: &Host, dial: &Dial) -> Result<()> {
        manage(host, &format!("UserPolicySet {} /NAME:Access /VALUE:no", dial.user))
    }

    /// Switches off L2TP, with IPsec and without, and waits until nothing listens for it any more.
    ///
    /// # Errors
    /// When its tool refuses, or it goes on listening.
    pub fn disable_l2tp(host: &Host) -> Result<()> {
        manage(host, "IPsecEnable /L2TP:no /L2TPRAW:no /ETHERIP:no /PSK:unused /DEFAULTHUB:VPN")?;
        for _ in 0..READY.as_millis() / LOOK.as_millis() {
            let listening = host.run("ss", &["-lnuH", "sport = :500 or sport = :4500 or sport = :1701"])?;
            if listening.is_empty() {
                return Ok(());
            }
            thread::sleep(LOOK);
        }
        Err(Error::new("SoftEther goes on listening".to_owned()))
    }

    /// Waits until its log has these words that many times.
    ///
    /// # Errors
    /// When that does not come within this time; the error holds the log.
    pub fn expect_log(&self, words: &str, times: usize, within: Duration) -> Result<()> {
        for _ in 0..within.as_millis() / LOOK.as_millis() {
            if self.log()?.matches(words).count() >= times {
                return Ok(());
            }
            thread::sleep(LOOK);
        }
        Err(Error::new(format!("not {times} times {words:?} within {within:?}:\n{}", self.log()?)))
    }

    /// Its log.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn log(&self) -> Result<String> {
        let files = fs::read_dir(&self.logs).map_err(Error::while_doing(self.logs.display()))?;
        let texts = files.map(|file| fs::read(file?.path()));
        let texts = texts.collect::<std::io::Result<Vec<_>>>().map_err(Error::while_doing(self.logs.display()))?;
        Ok(String::from_utf8_lossy(&texts.concat()).into_owned())
    }

    /// The program.
    pub fn native(&self) -> &Native {
        &self.native
    }
}

/// Has its own tool do something in the hub.
fn manage(host: &Host, command: &str) -> Result<()> {
    let file = host.scratch().join("command");
    fs::write(&file, format!("Hub VPN\n{command}\n")).map_err(Error::while_doing(file.display()))?;
    host.run("vpncmd", &["localhost:5555", "/SERVER", &format!("/IN:{}", file.display())]).map(drop)
}
