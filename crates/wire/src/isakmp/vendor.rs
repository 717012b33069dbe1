use std::fmt;

use super::VendorKind::*;

/// A vendor ID payload's body: an announcement that says nothing but which peer or extension is there (RFC 2408 §3.16).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VendorId<'a>(pub &'a [u8]);

/// The vendor IDs that mean something to us or to the doctor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "each name is the vendor ID's own; the printed form is in the table of this file")]
pub enum VendorKind {
    MsNt5,
    GssApi,
    VidInitialContact,
    NlbsPresent,
    Fragmentation,
    MsMamieExists,
    IkeCgaVersion1,
    MsNegotiationDiscoveryCapable,
    KeyMods,
    AuthIpInitKeDhGroup,
    XboxOne2013,
    XboxIkev2,
    MsftRealmId,
    NatTRfc3947,
    NatTDraft00,
    NatTDraft02,
    NatTDraft02Newline,
    NatTDraft03,
    NatTDraft04,
    NatTDraft05,
    NatTDraft06,
    NatTDraft07,
    NatTDraft08,
    NatTApple,
    NatTStenberg01,
    NatTStenberg02,
    Dpd,
    Xauth,
    CiscoUnity,
    Racoon,
    StrongSwan,
    CiscoVpn3000,
    Altiga,
    Fortigate,
    CheckPoint,
    NetScreen,
    JuniperSrx,
    ZyXel,
    SonicWall,
}

struct Known {
    kind: VendorKind,
    octets: &'static [u8],
    name: &'static str,
    /// How many octets may follow; a version or a capability word.
    more: usize,
}

impl<'a> VendorId<'a> {
    /// What is announced, if it is known. The longest match wins where two known ones begin alike.
    pub fn kind(self) -> Option<VendorKind> {
        Some(self.known()?.kind)
    }

    /// The number that follows the known part, as in `MS NT5 ISAKMPOAKLEY` or `FRAGMENTATION`.
    pub fn version(self) -> Option<u32> {
        let tail = self.0.get(self.known()?.octets.len()..)?;
        Some(u32::from_be_bytes(tail.try_into().ok()?))
    }

    fn known(self) -> Option<&'static Known> {
        let fits = |known: &&Known| self.0.starts_with(known.octets) && self.0.len() - known.octets.len() <= known.more;
        KNOWN.iter().filter(fits).max_by_key(|known| known.octets.len())
    }
}

impl VendorKind {
    /// The octets that announce this kind, without a version.
    pub fn octets(self) -> &'static [u8] {
        KNOWN.iter().find(|known| known.kind == self).map_or(&[], |known| known.octets)
    }

    /// The name in print.
    pub fn name(self) -> &'static str {
        KNOWN.iter().find(|known| known.kind == self).map_or("", |known| known.name)
    }

    /// Whether only Microsoft's implementations send it.
    pub const fn is_microsoft(self) -> bool {
        matches!(
            self,
            MsNt5
                | VidInitialContact
                | NlbsPresent
                | MsMamieExists
                | IkeCgaVersion1
                | MsNegotiationDiscoveryCapable
                | KeyMods
                | AuthIpInitKeDhGroup
                | XboxOne2013
                | XboxIkev2
                | MsftRealmId
        )
    }
}

/// The name with its version, or the octets.
impl fmt::Display for VendorId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.known(), self.version()) {
            (Some(known), Some(version)) => write!(f, "{} {version:#x}", known.name),
            (Some(known), None) => f.write_str(known.name),
            (None, _) => self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}")),
        }
    }
}

const KNOWN: &[Known] = &[
    Known {
        kind: MsNt5,
        octets: b"\x1e\x2b\x51\x69\x05\x99\x1c\x7d\x7c\x96\xfc\xbf\xb5\x87\xe4\x61",
        name: "MS NT5 ISAKMPOAKLEY",
        more: 4,
    },
    Known {
        kind: GssApi,
        octets: b"\x62\x1b\x04\xbb\x09\x88\x2a\xc1\xe1\x59\x35\xfe\xfa\x24\xae\xee",
        name: "GSSAPI",
        more: 4,
    },
    Known {
        kind: VidInitialContact,
        octets: b"\x26\x24\x4d\x38\xed\xdb\x61\xb3\x17\x2a\x36\xe3\xd0\xcf\xb8\x19",
        name: "Vid-Initial-Contact",
        more: 0,
    },
    Known {
        kind: NlbsPresent,
        octets: b"\x72\x87\x2b\x95\xfc\xda\x2e\xb7\x08\xef\xe3\x22\x11\x9b\x49\x71",
        name: "NLBS_PRESENT",
        more: 0,
    },
    Known {
        kind: Fragmentation,
        octets: b"\x40\x48\xb7\xd5\x6e\xbc\xe8\x85\x25\xe7\xde\x7f\x00\xd6\xc2\xd3",
        name: "FRAGMENTATION",
        more: 4,
    },
    Known {
        kind: MsMamieExists,
        octets: b"\x21\x4c\xa4\xfa\xff\xa7\xf3\x2d\x67\x48\xe5\x30\x33\x95\xae\x83",
        name: "MS-MamieExists",
        more: 0,
    },
    Known {
        kind: IkeCgaVersion1,
        octets: b"\xe3\xa5\x96\x6a\x76\x37\x9f\xe7\x07\x22\x82\x31\xe5\xce\x86\x52",
        name: "IKE CGA version 1",
        more: 0,
    },
    Known {
        kind: MsNegotiationDiscoveryCapable,
        octets: b"\xfb\x1d\xe3\xcd\xf3\x41\xb7\xea\x16\xb7\xe5\xbe\x08\x55\xf1\x20",
        name: "MS-Negotiation Discovery Capable",
        more: 0,
    },
    Known {
        kind: KeyMods,
        octets: b"\x01\x52\x8b\xbb\xc0\x06\x96\x12\x18\x49\xab\x9a\x1c\x5b\x2a\x51",
        name: "KEY_MODS",
        more: 4,
    },
    Known {
        kind: AuthIpInitKeDhGroup,
        octets: b"\x7b\xb9\x38\x67\xd7\x6c\x8d\x80\xdf\x0f\x40\xfa\xe8\xfc\x3b\x19",
        name: "AUTHIP_INIT_KE_DH_GROUP",
        more: 4,
    },
    Known {
        kind: XboxOne2013,
        octets: b"\x8a\xa3\x94\xcf\x8a\x55\x77\xdc\x31\x10\xc1\x13\xb0\x27\xa4\xf2",
        name: "Microsoft Xbox One 2013",
        more: 0,
    },
    Known {
        kind: XboxIkev2,
        octets: b"\x66\x08\x22\xb3\xa7\x3a\x24\x41\x49\x57\x8d\x62\xe0\xeb\x46\xa0",
        name: "Xbox IKEv2",
        more: 0,
    },
    Known {
        kind: MsftRealmId,
        octets: b"\x68\x6a\x8c\xbd\xfe\x63\x4b\x40\x51\x46\xfb\x2b\xaf\x33\xe9\xe8",
        name: "MSFT IPsec Security Realm Id",
        more: 16,
    },
    Known {
        kind: NatTRfc3947,
        octets: b"\x4a\x13\x1c\x81\x07\x03\x58\x45\x5c\x57\x28\xf2\x0e\x95\x45\x2f",
        name: "RFC 3947",
        more: 0,
    },
    Known {
        kind: NatTDraft00,
        octets: b"\x44\x85\x15\x2d\x18\xb6\xbb\xcd\x0b\xe8\xa8\x46\x95\x79\xdd\xcc",
        name: "draft-ietf-ipsec-nat-t-ike-00",
        more: 0,
    },
    Known {
        kind: NatTDraft02,
        octets: b"\xcd\x60\x46\x43\x35\xdf\x21\xf8\x7c\xfd\xb2\xfc\x68\xb6\xa4\x48",
        name: "draft-ietf-ipsec-nat-t-ike-02",
        more: 0,
    },
    Known {
        kind: NatTDraft02Newline,
        octets: b"\x90\xcb\x80\x91\x3e\xbb\x69\x6e\x08\x63\x81\xb5\xec\x42\x7b\x1f",
        name: "draft-ietf-ipsec-nat-t-ike-02\\n",
        more: 0,
    },
    Known {
        kind: NatTDraft03,
        octets: b"\x7d\x94\x19\xa6\x53\x10\xca\x6f\x2c\x17\x9d\x92\x15\x52\x9d\x56",
        name: "draft-ietf-ipsec-nat-t-ike-03",
        more: 0,
    },
    Known {
        kind: NatTDraft04,
        octets: b"\x99\x09\xb6\x4e\xed\x93\x7c\x65\x73\xde\x52\xac\xe9\x52\xfa\x6b",
        name: "draft-ietf-ipsec-nat-t-ike-04",
        more: 0,
    },
    Known {
        kind: NatTDraft05,
        octets: b"\x80\xd0\xbb\x3d\xef\x54\x56\x5e\xe8\x46\x45\xd4\xc8\x5c\xe3\xee",
        name: "draft-ietf-ipsec-nat-t-ike-05",
        more: 0,
    },
    Known {
        kind: NatTDraft06,
        octets: b"\x4d\x1e\x0e\x13\x6d\xea\xfa\x34\xc4\xf3\xea\x9f\x02\xec\x72\x85",
        name: "draft-ietf-ipsec-nat-t-ike-06",
        more: 0,
    },
    Known {
        kind: NatTDraft07,
        octets: b"\x43\x9b\x59\xf8\xba\x67\x6c\x4c\x77\x37\xae\x22\xea\xb8\xf5\x82",
        name: "draft-ietf-ipsec-nat-t-ike-07",
        more: 0,
    },
    Known {
        kind: NatTDraft08,
        octets: b"\x8f\x8d\x83\x82\x6d\x24\x6b\x6f\xc7\xa8\xa6\xa4\x28\xc1\x1d\xe8",
        name: "draft-ietf-ipsec-nat-t-ike-08",
        more: 0,
    },
    Known {
        kind: NatTApple,
        octets: b"\x4d\xf3\x79\x28\xe9\xfc\x4f\xd1\xb3\x26\x21\x70\xd5\x15\xc6\x62",
        name: "draft-ietf-ipsec-nat-t-ike (Apple)",
        more: 0,
    },
    Known {
        kind: NatTStenberg01,
        octets: b"\x27\xba\xb5\xdc\x01\xea\x07\x60\xea\x4e\x31\x90\xac\x27\xc0\xd0",
        name: "draft-stenberg-ipsec-nat-traversal-01",
        more: 0,
    },
    Known {
        kind: NatTStenberg02,
        octets: b"\x61\x05\xc4\x22\xe7\x68\x47\xe4\x3f\x96\x84\x80\x12\x92\xae\xcd",
        name: "draft-stenberg-ipsec-nat-traversal-02",
        more: 0,
    },
    Known {
        kind: Dpd,
        octets: b"\xaf\xca\xd7\x13\x68\xa1\xf1\xc9\x6b\x86\x96\xfc\x77\x57\x01\x00",
        name: "dead peer detection (RFC 3706)",
        more: 0,
    },
    Known { kind: Xauth, octets: b"\x09\x00\x26\x89\xdf\xd6\xb7\x12", name: "XAUTH", more: 0 },
    Known {
        kind: CiscoUnity,
        octets: b"\x12\xf5\xf2\x8c\x45\x71\x68\xa9\x70\x2d\x9f\xe2\x74\xcc",
        name: "Cisco Unity",
        more: 2,
    },
    Known {
        kind: Racoon,
        octets: b"\x70\x03\xcb\xc1\x09\x7d\xbe\x9c\x26\x00\xba\x69\x83\xbc\x8b\x35",
        name: "KAME/racoon",
        more: 0,
    },
    Known {
        kind: StrongSwan,
        octets: b"\x88\x2f\xe5\x6d\x6f\xd2\x0d\xbc\x22\x51\x61\x3b\x2e\xbe\x5b\xeb",
        name: "strongSwan",
        more: 0,
    },
    Known {
        kind: CiscoVpn3000,
        octets: b"\x1f\x07\xf7\x0e\xaa\x65\x14\xd3\xb0\xfa\x96\x54\x2a\x50",
        name: "Cisco VPN3000",
        more: 2,
    },
    Known {
        kind: Altiga,
        octets: b"\xf6\xf7\xef\xc7\xf5\xae\xb8\xcb\x15\x8c\xb9\xd0\x94\xba\x69\xe7",
        name: "ALTIGA NETWORKS",
        more: 0,
    },
    Known {
        kind: Fortigate,
        octets: b"\x1d\x6e\x17\x8f\x6c\x2c\x0b\xe2\x84\x98\x54\x65\x45\x0f\xe9\xd4",
        name: "Fortigate",
        more: 0,
    },
    Known {
        kind: CheckPoint,
        octets: b"\xf4\xed\x19\xe0\xc1\x14\xeb\x51\x6f\xaa\xac\x0e\xe3\x7d\xaf\x28\x07\xb4\x38\x1f",
        name: "Check Point",
        more: 64,
    },
    Known {
        kind: NetScreen,
        octets: b"\x69\x93\x69\x22\x87\x41\xc6\xd4\xca\x09\x4c\x93\xe2\x42\xc9\xde\x19\xe7\xb7\xc6",
        name: "NetScreen",
        more: 64,
    },
    Known {
        kind: JuniperSrx,
        octets: b"\xfd\x80\x88\x04\xdf\x73\xb1\x51\x50\x70\x9d\x87\x80\x44\xcd\xe0\xac\x1e\xfc\xde",
        name: "Juniper SRX",
        more: 0,
    },
    Known {
        kind: ZyXel,
        octets: b"\xb8\x58\xd1\xad\xdd\x08\xc1\xe8\xad\xaf\xea\x15\x06\x08\xaa\x44\x97\xaa\x6c\xc8",
        name: "ZyXEL",
        more: 0,
    },
    Known {
        kind: ZyXel,
        octets: b"\x62\x50\x27\x74\x9d\x5a\xb9\x7f\x56\x16\xc1\x60\x27\x65\xcf\x48\x0a\x3b\x7d\x0b",
        name: "ZyXEL",
        more: 0,
    },
    Known { kind: SonicWall, octets: b"\x5b\x36\x2b\xc8\x20\xf6\x00", name: "SonicWall", more: 64 },
];
