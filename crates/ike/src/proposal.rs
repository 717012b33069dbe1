//! Which offer is acceptable: pure functions, used by the engine to decide and by the doctor to explain what somebody else
//! decided.

mod child;
mod display;
mod phase1;

pub use child::{
    ChildAuth, ChildChoice, ChildCipher, ChildOffer, ChildPolicy, ChildSuite, Encapsulation, Mode, OfferedChild,
    check_child, select_child,
};
pub use phase1::{Chosen, OfferedPhase1, Phase1Offer, Phase1Policy, Phase1Suite, check, select};

use crypto::dh::Group;
use wire::isakmp::GroupNumber;

/// Why no offer was acceptable: every transform that was offered, with the first thing that was wrong with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mismatch<T, P> {
    /// What was offered.
    pub offered: Vec<Refused<T>>,
    /// What would have been accepted.
    pub accepted: P,
}

/// One transform that was not acceptable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused<T> {
    /// The transform.
    pub transform: T,
    /// What was wrong with it.
    pub reason: Reason,
}

/// What can be wrong with a transform.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reason {
    /// Its protocol is not the one negotiated here (ISAKMP in phase 1, ESP in phase 2).
    Protocol,
    /// It must be taken together with another protocol (proposals with the same number).
    Bundle,
    /// The SPI is not of the right size or of a reserved value.
    Spi,
    /// The transform identifier.
    Transform,
    /// The encryption algorithm.
    Encryption,
    /// The key length.
    KeyLength,
    /// The hash algorithm of phase 1.
    Hash,
    /// The authentication method of phase 1.
    Method,
    /// The Diffie-Hellman group; in phase 2 also a group without key exchange payload or the reverse.
    Group,
    /// The integrity algorithm of phase 2.
    Integrity,
    /// The encapsulation mode: tunnel, or not what the NAT between us needs.
    Encapsulation,
    /// The lifetime: zero, or a duration without unit.
    Life,
    /// The attribute of this class is not understood.
    UnknownAttribute(u16),
    /// The attribute of this class stands twice.
    RepeatedAttribute(u16),
    /// The attribute of this class is missing.
    MissingAttribute(u16),
    /// In an answer: not one of the transforms that we offered, or more than one.
    NotOffered,
}

/// The lifetime of an SA; `None` where no limit was agreed on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Life {
    /// Seconds.
    pub seconds: Option<u64>,
    /// Kilobytes of traffic.
    pub kilobytes: Option<u64>,
}

/// The group with this number, if we have it.
pub fn group(number: GroupNumber) -> Option<Group> {
    GROUPS.iter().find(|(known, _)| *known == number).map(|&(_, group)| group)
}

/// The number of a group.
pub fn group_number(group: Group) -> GroupNumber {
    GROUPS.iter().find(|&&(_, known)| known == group).map_or(GroupNumber(0), |&(number, _)| number)
}

const GROUPS: &[(GroupNumber, Group)] = &[
    (GroupNumber::MODP1024, Group::Modp1024),
    (GroupNumber::MODP1536, Group::Modp1536),
    (GroupNumber::MODP2048, Group::Modp2048),
    (GroupNumber::MODP3072, Group::Modp3072),
    (GroupNumber::MODP4096, Group::Modp4096),
    (GroupNumber::ECP256, Group::Ecp256),
    (GroupNumber::ECP384, Group::Ecp384),
];

/// Collects the attributes of one transform, each class once, lifetimes as pairs of unit and duration.
struct Attributes<'a> {
    seen: Vec<(u16, &'a wire::isakmp::Attribute)>,
    life: Life,
}

impl<'a> Attributes<'a> {
    fn collect(
        attributes: &'a [wire::isakmp::Attribute],
        life_type: u16,
        life_duration: u16,
        known: &[u16],
    ) -> Result<Self, Reason> {
        let mut seen: Vec<(u16, &wire::isakmp::Attribute)> = Vec::new();
        let mut life = Life::default();
        let mut unit = None;
        for attribute in attributes {
            let class = attribute.class;
            if class == life_type {
                unit = Some(attribute.number().ok_or(Reason::Life)?);
            } else if class == life_duration {
                // A duration follows its unit (RFC 2407 §4.5); without one there is nothing it could mean.
                let duration = attribute.number().filter(|&duration| duration > 0).ok_or(Reason::Life)?;
                let slot = match unit.take() {
                    Some(1) => &mut life.seconds,
                    Some(2) => &mut life.kilobytes,
                    _ => return Err(Reason::Life),
                };
                if slot.replace(duration).is_some() {
                    return Err(Reason::RepeatedAttribute(class));
                }
            } else if !known.contains(&class) {
                return Err(Reason::UnknownAttribute(class));
            } else if seen.iter().any(|&(other, _)| other == class) {
                return Err(Reason::RepeatedAttribute(class));
            } else {
                seen.push((class, attribute));
            }
        }
        match unit {
            Some(_) => Err(Reason::Life),
            None => Ok(Attributes { seen, life }),
        }
    }

    fn get(&self, class: u16) -> Option<u16> {
        let &(_, attribute) = self.seen.iter().find(|&&(other, _)| other == class)?;
        u16::try_from(attribute.number()?).ok()
    }

    fn require(&self, class: u16) -> Result<u16, Reason> {
        self.get(class).ok_or(Reason::MissingAttribute(class))
    }
}
