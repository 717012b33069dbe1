//! Whatever a file holds, reading it ends without a panic.

use ingest::Settings;
use observe::Timeline;
use proptest::prelude::*;

fn read(octets: &[u8]) -> Timeline {
    let mut timeline = Timeline::new();
    let read = ingest::read("file", octets, &Settings::default(), &mut timeline, &mut |_| {});
    read.expect("octets in memory can be read");
    timeline
}

/// Beginnings by which kinds are told, and pieces that readers look for.
const PIECES: &[&str] = &[
    "Windows Registry Editor Version 5.00\r\n\r\n",
    "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\PolicyAgent]\r\n",
    "[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\Class\\{4D36E972-E325-11CE-BFC1-08002BE10318}\\0005]\r\n",
    "\"ImagePath\"=hex(2):25,00,\\\r\n  53,00\r\n\"Start\"=dword:0000000",
    "\"AllowL2TPWeakCrypto\"=hex(b):01,00,00,00,00,00,00,00\r\n\"",
    "    ProhibitIpSec    REG_DWORD    0x1\r\n",
    "<Events>",
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='RasClient'/>",
    "<EventID>20227</EventID><TimeCreated SystemTime='2022-01-12T08:00:32Z'/></System><EventData>",
    "<Data Name='param1'>{0B2C9D11-4A5E-4F60-9ABC-0123456789AB}</Data><Data>789</Data>",
    "<![CDATA[&#x110000;&amp;&amp]]><Binary>500061</Binary>",
    "</EventData></Event>",
    "<Event><Timestamp data_type=\"4\">01/12/2022 08:00:01</Timestamp><Reason-Code data_type=\"0\">16</Reason-Code>",
    "Level,Date and Time,Source,Event ID,Task Category\r\nError,1/12/2022 8:00:32 AM,RasClient,20227,None,\"a \"\"b\"\"\r\n789\"\r\n",
    "Event[0]:\r\n  Source: RasClient\r\n  Date: 2022-01-12T08:00:32.000\r\n  Event ID: 20222\r\n  Description:\r\n",
    "Server address/Phone Number = vpn.example\r\nDevice = WAN Miniport (L2TP)\r\n",
    "192.0.2.1,ute,01/12/2022,08:00:01,IAS,NPS1,4,192.0.2.1,4136,3,4142,16\r\n",
    "SERVICE_NAME: PolicyAgent\r\n        STATE              : 1  STOPPED \r\n",
    "  TCP    0.0.0.0:1723           0.0.0.0:0              LISTENING       4\r\n  UDP    [fe80::1%7]:500   *:*   12\r\n",
    "PPP adapter VPN:\r\n\r\n   IPv4 Address. . . . . . . . . . . : 169.254.7.8(Preferred) \r\n",
    "          0.0.0.0          0.0.0.0         On-link          10.8.0.4     26\r\n",
    "Pinging gw [10.8.0.1] with 1472 bytes of data:\r\n    Packets: Sent = 4, Received = 0, Lost = 4 (100% loss),\r\n",
    "[x]\r\nPBVersion=6\r\nVpnStrategy=3\r\nAuthRestrictions=544\r\nPhoneNumber=a\r\n",
    "{\"TunnelType\":\"L2tp\",\"ServerAddress\":\"v\",\"AuthenticationMethod\":[\"Chap\"],\"L2tpIPsecAuth\":{\"Value\":\"Psk\"}}",
    "OS Name:                   Microsoft Windows 10 Pro\r\n[01]: KB5009543\r\n",
    "[4412] 01-12 08:00:31:000: Call failed, dwError = 718\r\n",
    "远程访问错误 809 - x\r\n",
    "causeway-collect 1\nscope: site\nside: client\nleft out: x\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_mixture_of_what_readers_look_for_is_read(
        pieces in prop::collection::vec((0..PIECES.len(), any::<u16>(), any::<char>()), 1..12),
        wide in any::<bool>(),
    ) {
        let mut text = String::new();
        for (piece, at, char) in pieces {
            let piece = PIECES[piece];
            text.push_str(piece);
            // Spoil a piece as often as not.
            let at = usize::from(at) % (2 * piece.len());
            if at < piece.len() {
                let place = text.len() - piece.len() + at;
                if text.is_char_boundary(place) {
                    text.insert(place, char);
                }
            }
        }
        let octets: Vec<u8> = if wide {
            [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
        } else {
            text.into_bytes()
        };
        let timeline = read(&octets);
        prop_assert!(!timeline.sources().is_empty());
        prop_assert!(timeline.sources().iter().all(|source| source.trouble.len() <= 16));
    }

    #[test]
    fn any_octets_behind_a_known_beginning_are_read(
        beginning in prop::sample::select(vec![
            &b""[..], b"PK\x03\x04\x14\0\0\0\x08\0", b"PK\x03\x04\x14\0\x08\0\x08\0", b"\x1f\x8b\x08\0", b"ElfFile\0", b"\xff\xfe",
            b"<Event ", b"[HKEY_", b"\"A\",\"IAS\",",
        ]),
        octets in prop::collection::vec(any::<u8>(), 0..3000),
    ) {
        let mut file = beginning.to_vec();
        file.extend(octets);
        read(&file);
    }
}
