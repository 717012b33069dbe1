//! `packaging/causeway-dial@.service` under a real systemd: the first process of namespaces of its own, on a copy of this machine's
//! files that is gone with it.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::world::*;

#[test]
fn the_unit_keeps_a_profile_connected_with_encrypted_credentials() {
    let Some(world) = World::new() else { return };
    let Some(host) = Host::boot(&world) else { return };
    let _server = world.serve(&[]);
    let profile = format!("server = \"{SERVER}\"\nuser = \"anna\"\nfull_tunnel = true\ndns = true\n");
    host.write("/etc/causeway/dial.d/office.toml", &profile);
    host.write("/etc/resolv.conf", BEFORE);
    host.write("/root/password", "secret");
    host.write("/root/psk", PSK);
    for name in ["password", "psk"] {
        let (name, plain) = (format!("--name={name}"), format!("/root/{name}"));
        host.run(&[
            "systemd-creds",
            "encrypt",
            "--with-key=host",
            &name,
            &plain,
            &plain.replace("root", "etc/causeway"),
        ]);
        host.run(&["rm", &plain]);
    }
    let credentials = "[Service]\nLoadCredentialEncrypted=password:/etc/causeway/password\nLoadCredentialEncrypted=psk:/etc/causeway/psk\n";
    host.write("/etc/systemd/system/causeway-dial@office.service.d/credentials.conf", credentials);
    host.run(&["systemctl", "daemon-reload"]);
    assert_eq!(host.run(&["systemd-analyze", "verify", "--man=no", UNIT]), "");
    // In tenths: "OK" begins at 5.0.
    host.run(&["systemd-analyze", "security", "--no-pager", "--threshold=30", UNIT]);

    let before = world.client_state();
    world.client(&["sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1"]);
    host.run(&["systemctl", "start", UNIT]);
    assert!(world.client_reaches("10.99.0.1", 1200));
    assert!(host.run(&["cat", "/etc/resolv.conf"]).contains("nameserver 9.9.9.9\n"));
    // What a crash leaves is gone after the next start and its proper end.
    // The program alone: systemd trips over a process that is just being reaped when it looks for others to kill.
    host.run(&["systemctl", "kill", "--kill-who=main", "--signal=KILL", UNIT]);
    host.run(&["systemctl", "restart", UNIT]);
    assert!(world.client_reaches("10.99.0.1", 56));
    host.run(&["systemctl", "stop", UNIT]);
    assert_eq!(host.run(&["cat", "/etc/resolv.conf"]), BEFORE);
    assert_eq!(world.client(&["sysctl", "-n", "net.ipv4.conf.wire.rp_filter"]).trim(), "0");
    assert_eq!(world.client_state(), before);
    let journal = host.run(&["journalctl", "--no-pager", "--unit", UNIT]);
    assert!(journal.contains("disconnected") && !journal.contains("warning"), "{journal}");
}

const UNIT: &str = "causeway-dial@office.service";
const BEFORE: &str = "nameserver 192.0.2.53\n";

/// A host that systemd runs, in the client's network.
struct Host {
    outer: Child,
    first: String,
}

impl Host {
    fn boot(world: &World) -> Option<Host> {
        let systemd =
            ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"].into_iter().find(|place| Path::new(place).exists());
        let Some(systemd) = systemd else {
            println!("skipped: needs systemd");
            return None;
        };
        let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/causeway-dial@.service");
        std::fs::write(world.scratch.join("boot.sh"), BOOT).unwrap();
        let scratch = world.scratch.to_str().unwrap();
        let words =
            ["unshare", "--mount", "--pid", "--fork", "--cgroup", "--uts", "--ipc", "--kill-child", "sh", "boot.sh"];
        let mut command = world.command(&world.client, &words);
        command.args([scratch, systemd, unit.to_str().unwrap(), program()]);
        let mut outer = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let said = lines(outer.stdout.take().unwrap());
        if said.recv_timeout(PATIENCE).as_deref() != Ok("booting") {
            println!("skipped: needs overlay and cgroup2 file systems for a systemd in a namespace");
            let _ = outer.kill();
            let _ = outer.wait();
            return None;
        }
        let children = format!("/proc/{0}/task/{0}/children", outer.id());
        let first = std::fs::read_to_string(children).unwrap().trim().to_owned();
        let host = Host { outer, first };
        eventually("systemd is up", || {
            let output = host.command(&["systemctl", "is-active", "basic.target"]).output().unwrap();
            output.status.success()
        });
        Some(host)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.args([
            "--target",
            &self.first,
            "--mount",
            "--pid",
            "--net",
            "--cgroup",
            "--uts",
            "--ipc",
            "--root",
            "--wd",
        ]);
        command.arg("--").args(words).stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> String {
        let output = self.command(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {output:?}\n{}", self.journal());
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn journal(&self) -> String {
        let output = self.command(&["journalctl", "--no-pager", "--lines=50"]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Writes a file that only root can read.
    fn write(&self, path: &str, text: &str) {
        let script = "umask 077; mkdir -p \"$(dirname \"$1\")\" && rm -f \"$1\" && cat > \"$1\"";
        let mut child = self.command(&["sh", "-c", script, "sh", path]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{path}");
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // With the first process everything in its namespace ends.
        if let Ok(id) = self.first.parse() {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), nix::sys::signal::Signal::SIGKILL);
        }
        let _ = self.outer.kill();
        let _ = self.outer.wait();
    }
}

/// Arguments: a directory, systemd, the unit, the program.
const BOOT: &str = r#"
set -e
root=$1/root
mount --make-rprivate /
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$root"
mount -t overlay none -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$root"
mount -t tmpfs -o mode=755 none "$root/dev"
mkdir "$root/dev/net" "$root/dev/shm"
mknod -m 666 "$root/dev/null" c 1 3
mknod -m 666 "$root/dev/zero" c 1 5
mknod -m 666 "$root/dev/random" c 1 8
mknod -m 666 "$root/dev/urandom" c 1 9
mknod -m 666 "$root/dev/net/tun" c 10 200
# This machine's devices and switches are not this systemd's, but for those of its network.
mkdir "$1/proc"
mount -t proc none "$1/proc"
mount -t proc none "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount --bind "$1/proc/sys/net" "$root/proc/sys/net"
mount -t sysfs -o ro none "$root/sys"
mount -t cgroup2 none "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 none "$root/run"
mount -t tmpfs none "$root/tmp"
# Nothing of what this machine starts.
rm -rf "$root"/etc/systemd/system/* "$root"/etc/fstab
echo 0123456789abcdef0123456789abcdef > "$root/etc/machine-id"
cp "$3" "$root/etc/systemd/system/"
cp "$4" "$root/usr/bin/causeway"
# Credentials reach a unit through a shared mount.
mount --make-rshared "$root"
echo booting
export container=other
exec setpriv --bounding-set=-sys_module,-sys_time,-sys_rawio chroot "$root" "$2" --unit=basic.target --log-target=journal --show-status=no > /dev/null 2>&1
"#;
