//! l2tpns, as access providers use it: L2TP without IPsec, with a PPP of its own.

use std::fs;
use std::net::Ipv4Addr;
use std::time::Duration;

use crate::accounts::{Radius, SECRET};
use crate::error::{Error, Result};
use crate::lab::Host;
use crate::linux::Dial;
use crate::prerequisites;
use crate::process::Native;

/// It waits for others of a cluster first.
const READY: Duration = Duration::from_secs(30);

/// Its folder for configuration cannot be chosen: `$SCRATCH` takes its place, in a mount namespace that `ip netns exec` has made.
const SCRIPT: &str = r#"
mount --bind "$SCRATCH" /etc/l2tpns && exec l2tpns -c /etc/l2tpns/startup-config -h lns
"#;

/// An l2tpns in a host of the laboratory.
pub struct L2tpNs {
    native: Native,
    _radius: Radius,
}

impl L2tpNs {
    /// Its address in its tunnels. It gives addresses of 10.97.0.16/28.
    pub const TUNNEL: Ipv4Addr = Ipv4Addr::new(10, 97, 0, 1);

    /// Whether this machine has it; says why a test is skipped if not. With `CAUSEWAY_INTEROP=require` in the environment that is an
    /// error instead.
    ///
    /// # Errors
    /// When it is required and missing.
    pub fn exists() -> Result<bool> {
        match prerequisites::has("l2tpns", "l2tpns") {
            Ok(()) => Ok(true),
            Err(why) => prerequisites::skip(&why).map(|()| false),
        }
    }

    /// Starts it with the account of `dial`, for these ways to log on: `chap`, `pap` or both.
    ///
    /// # Errors
    /// When it does not start; the error holds what it printed.
    pub fn serve(host: &Host, dial: &Dial, methods: &str) -> Result<L2tpNs> {
        let radius = Radius::serve(host, dial)?;
        let folder = host.scratch().join("l2tpns");
        fs::create_dir_all(&folder).map_err(Error::while_doing(folder.display()))?;
        let config = format!(
            "set debug 3\nset bind_address {address}\nset iftun_address {tunnel}\nset peer_address {tunnel}\n\
             set primary_dns {tunnel}\nset primary_radius 127.0.0.1\nset radius_secret \"{SECRET}\"\n\
             set radius_authtypes \"{methods}\"\nset cluster_interface \"lo\"\nset cluster_hb_interval 2\n\
             set cluster_hb_timeout 19\nset send_garp no\n",
            address = host.address(),
            tunnel = L2tpNs::TUNNEL,
        );
        for (name, content) in [("startup-config", &*config), ("ip_pool", "10.97.0.16/28\n"), ("users", "")] {
            fs::write(folder.join(name), content).map_err(Error::while_doing(name))?;
        }
        let environment = [("SCRATCH", &*folder.display().to_string())];
        let native = Native::start(host, "bash", &["-c", SCRIPT], &environment)?;
        native.expect_line("declaring myself the master", READY)?;
        Ok(L2tpNs { native, _radius: radius })
    }

    /// The program.
    pub fn native(&self) -> &Native {
        &self.native
    }
}
