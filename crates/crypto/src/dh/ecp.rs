//! The curves of RFC 5903: points are x and y without a format octet, the secret is x.

use p256::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use p256::elliptic_curve::{AffinePoint, Curve, CurveArithmetic, FieldBytesSize, Generate, PublicKey, SecretKey};
use rand_core::CryptoRng;

use super::DhError;
use crate::secret::Secret;

/// The format octet of SEC 1 for an uncompressed point, which IKE leaves out.
const UNCOMPRESSED: u8 = 4;

pub(super) fn generate<C: CurveArithmetic>(rng: &mut dyn CryptoRng) -> SecretKey<C> {
    SecretKey::generate_from_rng(rng)
}

pub(super) fn public<C>(key: &SecretKey<C>) -> Vec<u8>
where
    C: Curve + CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    key.public_key().to_sec1_point(false).as_bytes()[1..].to_vec()
}

/// `peer` has the length of a public value.
pub(super) fn agree<C>(key: &SecretKey<C>, peer: &[u8]) -> Result<Secret, DhError>
where
    C: Curve + CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let point = [&[UNCOMPRESSED], peer].concat();
    let peer = PublicKey::<C>::from_sec1_bytes(&point).map_err(|_| DhError::NotOnCurve)?;
    Ok(Secret::from(&key.diffie_hellman(&peer).raw_secret_bytes()[..]))
}
