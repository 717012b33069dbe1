//! What somebody without a key gets from the server.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::time::Duration;

use interop::Result;

use crate::world::{SERVER, World};

#[test]
fn a_scanner_gets_a_main_mode_answer_and_nothing_else() -> Result<()> {
    let Some(world) = World::new(0)? else { return Ok(()) };
    let server = world.serve()?;
    let scanner = world.lab.host("scanner", &world.public, "10.77.0.66/24")?;
    let address = SERVER.to_string();
    let scan = |options: &[&str]| scanner.run("ike-scan", &[options, &[&*address]].concat());

    // AES-256, SHA-1, pre-shared key, group 14, and NAT traversal (RFC 3947).
    let main_mode = scan(&["--trans=7/256,2,1,14", "--vendor=4a131c81070358455c5728f20e95452f"])?;
    assert!(main_mode.contains("1 returned handshake"), "{main_mode}");
    assert!(main_mode.contains("Enc=AES") && main_mode.contains("4a131c81070358455c5728f20e95452f"), "{main_mode}");

    // Single DES, MD5, group 1: an answer, but no handshake.
    let weak = scan(&["--trans=1,1,1,1"])?;
    assert!(weak.contains("0 returned handshake; 1 returned notify"), "{weak}");

    // Aggressive mode would hand a hash of the pre-shared key to anybody who asks.
    let aggressive = scan(&["--aggressive", "--id=vpn", "--dhgroup=14", "--trans=7/256,2,1,14"])?;
    assert!(aggressive.contains("0 returned handshake; 0 returned notify"), "{aggressive}");

    let answer = scanner.enter(|| ask_for_tunnel().map_err(|error| error.kind()))?;
    assert_eq!(answer, Err(ErrorKind::WouldBlock), "an answer to L2TP without IPsec\n{}", server.log());
    Ok(())
}

/// Sends an SCCRQ without IPsec and waits for the answer, which must not come.
fn ask_for_tunnel() -> std::io::Result<Vec<u8>> {
    let attributes: [(u16, &[u8]); 6] =
        [(0, &[0, 1]), (2, &[1, 0]), (3, &[0, 0, 0, 3]), (7, b"stranger"), (9, &[0, 7]), (10, &[0, 4])];
    let mut message = vec![0xc8, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for (attribute, value) in attributes {
        let length = u16::try_from(6 + value.len()).map_err(std::io::Error::other)?;
        message.extend((0x8000 | length).to_be_bytes());
        message.extend([0, 0]);
        message.extend(attribute.to_be_bytes());
        message.extend(value);
    }
    let length = u16::try_from(message.len()).map_err(std::io::Error::other)?;
    message[2..4].copy_from_slice(&length.to_be_bytes());
    let socket = UdpSocket::bind(("10.77.0.66", 1701))?;
    socket.set_read_timeout(Some(Duration::from_secs(2)))?;
    socket.send_to(&message, (SERVER, 1701))?;
    let mut answer = vec![0; 2048];
    let (length, _) = socket.recv_from(&mut answer)?;
    answer.truncate(length);
    Ok(answer)
}
