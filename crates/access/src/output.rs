use std::net::IpAddr;

use ike::Path;
use wire::virtio::VnetHeader;

use crate::Keys;

/// Where the access layer puts what it wants sent. Called once for a batch, not once for a packet.
pub trait Output {
    /// Sends `data` by UDP along `path`, cut into datagrams of `segment` octets, the last of which may be shorter.
    fn udp(&mut self, path: Path, data: &[u8], segment: usize);

    /// Sends `data` as raw ESP packets (IP protocol 50) of `segment` octets, the last of which may be shorter.
    fn esp(&mut self, local: IpAddr, remote: IpAddr, data: &[u8], segment: usize);

    /// Hands one packet, perhaps a joint one, to the host's IP stack.
    fn tun(&mut self, offload: VnetHeader, packet: &[u8]);

    /// Keys were derived. Nobody keeps them unless a person asked for it: whoever has them reads everything.
    fn keys(&mut self, _keys: &Keys<'_>) {}
}
