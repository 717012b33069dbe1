use wire::isakmp::{Chain, PayloadType, VendorId, VendorKind};

use crate::nat::NatVariant;

/// The vendor IDs that a peer sent, in a form small enough for half-open IKE SAs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Announced {
    kinds: u64,
    windows_version: Option<u32>,
    unknown: u8,
}

/// What a peer probably is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Software {
    /// Microsoft's IKE service with the version number of its vendor ID: 2 Windows 2000, 3 XP, 4 XP SP2 and Server 2003, 5
    /// Vista, 6 Server 2008, 7 Windows 7, 8 Server 2008 R2 and Windows 7, 9 Windows 8, Server 2012 and later.
    Windows {
        /// See the variant.
        version: Option<u32>,
    },
    /// macOS, iOS or iPadOS.
    Apple,
    /// Android's racoon, up to Android 11.
    Android,
    /// Another racoon.
    Racoon,
    /// strongSwan.
    StrongSwan,
    /// A router or gateway: Cisco, Fortinet, Check Point, Juniper, ZyXEL, SonicWall.
    Gateway(VendorKind),
    /// Nothing characteristic.
    Unknown,
}

impl Announced {
    /// The vendor IDs of one message.
    pub fn of(chain: &Chain<'_>) -> Announced {
        let mut announced = Announced::default();
        announced.collect(chain);
        announced
    }

    /// Collects the vendor IDs of a message.
    pub(crate) fn collect(&mut self, chain: &Chain<'_>) {
        for payload in chain.of(PayloadType::VENDOR_ID) {
            let id = VendorId(payload.body);
            match id.kind() {
                Some(kind) => {
                    self.kinds |= bit(kind);
                    if kind == VendorKind::MsNt5 {
                        self.windows_version = id.version();
                    }
                }
                None => self.unknown = self.unknown.saturating_add(1),
            }
        }
    }

    /// Whether this vendor ID was sent.
    pub fn has(&self, kind: VendorKind) -> bool {
        self.kinds & bit(kind) != 0
    }

    /// Vendor IDs that are not in our table.
    pub fn unknown(&self) -> u8 {
        self.unknown
    }

    /// Whether the peer is Microsoft's.
    pub fn is_microsoft(&self) -> bool {
        [VendorKind::MsNt5, VendorKind::VidInitialContact, VendorKind::MsNegotiationDiscoveryCapable]
            .into_iter()
            .any(|kind| self.has(kind))
    }

    /// What the peer probably is.
    pub fn software(&self) -> Software {
        let gateways = [
            VendorKind::Fortigate,
            VendorKind::CheckPoint,
            VendorKind::NetScreen,
            VendorKind::JuniperSrx,
            VendorKind::ZyXel,
            VendorKind::SonicWall,
            VendorKind::CiscoVpn3000,
            VendorKind::Altiga,
        ];
        if self.is_microsoft() {
            Software::Windows { version: self.windows_version }
        } else if self.has(VendorKind::StrongSwan) {
            Software::StrongSwan
        } else if self.has(VendorKind::NatTApple) {
            Software::Apple
        } else if let Some(&kind) = gateways.iter().find(|&&kind| self.has(kind)) {
            Software::Gateway(kind)
        } else if self.has(VendorKind::Racoon) {
            Software::Racoon
        } else if self.has(VendorKind::NatTDraft00)
            && self.has(VendorKind::NatTDraft02Newline)
            && self.has(VendorKind::Fragmentation)
        {
            Software::Android
        } else {
            Software::Unknown
        }
    }

    /// The best variant of NAT traversal that the peer knows: RFC 3947 before the drafts.
    pub(crate) fn nat_variant(&self) -> Option<NatVariant> {
        let variants = [
            (VendorKind::NatTRfc3947, NatVariant::Rfc3947),
            (VendorKind::NatTDraft03, NatVariant::Draft),
            (VendorKind::NatTDraft02Newline, NatVariant::Draft),
            (VendorKind::NatTDraft02, NatVariant::Draft),
        ];
        variants.iter().find(|(kind, _)| self.has(*kind)).map(|&(_, variant)| variant)
    }
}

/// The vendor IDs of our main mode message 1. Few, and none that is exotic: updates of Windows have refused servers for
/// vendor IDs they did not expect.
pub(crate) const OURS: &[VendorKind] = &[
    VendorKind::NatTRfc3947,
    VendorKind::NatTDraft03,
    VendorKind::NatTDraft02Newline,
    VendorKind::NatTDraft02,
    VendorKind::Fragmentation,
    VendorKind::Dpd,
];

/// The vendor IDs of our answer to a message with `chain`: those of ours that the peer sent, in its own octets, and of the
/// NAT traversal variants only the one to use. An answer never outgrows the request by this.
pub(crate) fn echo<'a>(chain: &Chain<'a>, announced: &Announced) -> Vec<&'a [u8]> {
    let mut used = 0;
    let nat_t =
        [VendorKind::NatTRfc3947, VendorKind::NatTDraft03, VendorKind::NatTDraft02Newline, VendorKind::NatTDraft02];
    let best_nat_t = nat_t.into_iter().find(|&kind| announced.has(kind));
    let echoed = chain.of(PayloadType::VENDOR_ID).filter_map(|payload| {
        let kind = VendorId(payload.body).kind().filter(|kind| OURS.contains(kind))?;
        let superseded = nat_t.contains(&kind) && best_nat_t != Some(kind);
        if superseded || used & bit(kind) != 0 {
            return None;
        }
        used |= bit(kind);
        Some(payload.body)
    });
    echoed.collect()
}

fn bit(kind: VendorKind) -> u64 {
    const { assert!((VendorKind::SonicWall as u32) < 64) };
    1 << kind as u32
}
