//! Exponentiation modulo the safe primes of RFC 2409 and RFC 3526, with the generator 2.

use std::sync::LazyLock;

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U320, U1024, U1536, U2048, U3072, U4096, Uint, Word};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::DhError;
use crate::secret::Secret;

/// A group of exponentiation modulo a prime.
#[derive(Clone, Copy)]
pub(super) enum Modulus {
    Bits1024,
    Bits1536,
    Bits2048,
    Bits3072,
    Bits4096,
}

impl Modulus {
    /// Bits of a private exponent. Where the order has no small factors twice the group's strength is enough (RFC 3526 §8
    /// estimates 110 to 150 bits for 2048 to 4096), and a full-length exponent would cost 6 to 12 times as much.
    const fn exponent_bits(self) -> u32 {
        match self {
            Modulus::Bits1024 | Modulus::Bits1536 | Modulus::Bits2048 => 256,
            Modulus::Bits3072 | Modulus::Bits4096 => 320,
        }
    }
}

/// A private exponent and the modulus it is for.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Exponent {
    #[zeroize(skip)]
    modulus: Modulus,
    value: U320,
}

impl Exponent {
    pub(super) fn generate(modulus: Modulus, rng: &mut dyn CryptoRng) -> Exponent {
        let mut octets = Zeroizing::new([0; 40]);
        let unused = 40 - modulus.exponent_bits() as usize / 8;
        rng.fill_bytes(&mut octets[unused..]);
        Exponent { modulus, value: U320::from_be_slice(&*octets) }
    }

    /// One bit of the exponent; those beyond its width are zero.
    fn bit(&self, at: u32) -> u8 {
        let word = self.value.as_words().get((at / Word::BITS) as usize).copied().unwrap_or_default();
        (word >> (at % Word::BITS) & 1) as u8
    }

    /// 2 to this power, as long as the modulus.
    pub(super) fn public(&self) -> Vec<u8> {
        match self.modulus {
            Modulus::Bits1024 => MODP1024.power_of_two(self),
            Modulus::Bits1536 => MODP1536.power_of_two(self),
            Modulus::Bits2048 => MODP2048.power_of_two(self),
            Modulus::Bits3072 => MODP3072.power_of_two(self),
            Modulus::Bits4096 => MODP4096.power_of_two(self),
        }
    }

    /// `peer`, which is as long as the modulus, to this power.
    pub(super) fn agree(&self, peer: &[u8]) -> Result<Secret, DhError> {
        Ok(Secret::from(match self.modulus {
            Modulus::Bits1024 => MODP1024.power(&MODP1024.checked(peer)?, self),
            Modulus::Bits1536 => MODP1536.power(&MODP1536.checked(peer)?, self),
            Modulus::Bits2048 => MODP2048.power(&MODP2048.checked(peer)?, self),
            Modulus::Bits3072 => MODP3072.power(&MODP3072.checked(peer)?, self),
            Modulus::Bits4096 => MODP4096.power(&MODP4096.checked(peer)?, self),
        }))
    }
}

/// Arithmetic modulo one of the primes.
struct Field<const LIMBS: usize> {
    params: FixedMontyParams<LIMBS>,
    /// Number `j` is the product of 2^(2^(t * columns)) over the bits `t` of `j`.
    comb: Vec<FixedMontyForm<LIMBS>>,
    columns: u32,
}

/// Bits of the exponent that one step of [`Field::power_of_two`] looks up together. More would make the look-up dearer than
/// the multiplications it saves.
const TEETH: u32 = 6;

impl<const LIMBS: usize> Field<LIMBS> {
    fn new(prime: Uint<LIMBS>, modulus: Modulus) -> Self {
        let params = FixedMontyParams::new_vartime(Odd::new(prime).expect("invariant: the primes are odd"));
        let columns = modulus.exponent_bits().div_ceil(TEETH);
        let mut comb = vec![FixedMontyForm::one(&params)];
        let mut tooth = FixedMontyForm::new(&Uint::from_u8(2), &params);
        for _ in 0..TEETH {
            let with_tooth: Vec<_> = comb.iter().map(|without| without.mul(&tooth)).collect();
            comb.extend(with_tooth);
            tooth = (0..columns).fold(tooth, |power, _| power.square());
        }
        Field { params, comb, columns }
    }

    /// The number that `peer` encodes, if it is 2 to p-2: the others generate at most two elements (RFC 6989 §2.1).
    fn checked(&self, peer: &[u8]) -> Result<Uint<LIMBS>, DhError> {
        let value = Uint::from_be_slice(peer);
        let largest = self.params.modulus().get().wrapping_sub(&Uint::from_u8(2));
        if value < Uint::from_u8(2) || value > largest { Err(DhError::OutOfRange) } else { Ok(value) }
    }

    /// `base` to the power of `exponent` in a time that depends on the modulus alone.
    fn power(&self, base: &Uint<LIMBS>, exponent: &Exponent) -> Vec<u8> {
        let base = FixedMontyForm::new(base, &self.params);
        octets(&base.pow_bounded_exp(&exponent.value, exponent.modulus.exponent_bits()))
    }

    /// 2 to the power of `exponent` in a time that depends on the modulus alone: a comb (Lim and Lee) does without three
    /// quarters of the squarings, because the base is always the same.
    fn power_of_two(&self, exponent: &Exponent) -> Vec<u8> {
        let mut power = FixedMontyForm::one(&self.params);
        for column in (0..self.columns).rev() {
            let teeth = (0..TEETH).fold(0, |teeth, tooth| teeth | exponent.bit(tooth * self.columns + column) << tooth);
            power = power.square().mul(&self.look_up(teeth));
        }
        octets(&power)
    }

    /// Number `teeth` of the comb, with the same memory accesses for every number.
    fn look_up(&self, teeth: u8) -> FixedMontyForm<LIMBS> {
        let mut chosen = [0; LIMBS];
        for (number, entry) in (0u8..).zip(&self.comb) {
            let mask = Word::from(number.ct_eq(&teeth).unwrap_u8()).wrapping_neg();
            for (chosen, word) in chosen.iter_mut().zip(entry.as_montgomery().as_words()) {
                *chosen |= word & mask;
            }
        }
        FixedMontyForm::from_montgomery(Uint::from_words(chosen), &self.params)
    }
}

/// Big-endian, as long as the modulus.
fn octets<const LIMBS: usize>(value: &FixedMontyForm<LIMBS>) -> Vec<u8> {
    value.retrieve().to_be_bytes().as_ref().to_vec()
}

static MODP1024: LazyLock<Field<{ U1024::LIMBS }>> =
    LazyLock::new(|| Field::new(U1024::from_be_hex(P1024), Modulus::Bits1024));
static MODP1536: LazyLock<Field<{ U1536::LIMBS }>> =
    LazyLock::new(|| Field::new(U1536::from_be_hex(P1536), Modulus::Bits1536));
static MODP2048: LazyLock<Field<{ U2048::LIMBS }>> =
    LazyLock::new(|| Field::new(U2048::from_be_hex(P2048), Modulus::Bits2048));
static MODP3072: LazyLock<Field<{ U3072::LIMBS }>> =
    LazyLock::new(|| Field::new(U3072::from_be_hex(P3072), Modulus::Bits3072));
static MODP4096: LazyLock<Field<{ U4096::LIMBS }>> =
    LazyLock::new(|| Field::new(U4096::from_be_hex(P4096), Modulus::Bits4096));

/// 2^1024 - 2^960 - 1 + 2^64 * ([2^894 pi] + 129093).
const P1024: &str = concat!(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74",
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437",
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED",
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
);
/// 2^1536 - 2^1472 - 1 + 2^64 * ([2^1406 pi] + 741804).
const P1536: &str = concat!(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74",
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437",
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED",
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05",
    "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB",
    "9ED529077096966D670C354E4ABC9804F1746C08CA237327FFFFFFFFFFFFFFFF",
);
/// 2^2048 - 2^1984 - 1 + 2^64 * ([2^1918 pi] + 124476).
const P2048: &str = concat!(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74",
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437",
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED",
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05",
    "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB",
    "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B",
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718",
    "3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF",
);
/// 2^3072 - 2^3008 - 1 + 2^64 * ([2^2942 pi] + 1690314).
const P3072: &str = concat!(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74",
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437",
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED",
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05",
    "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB",
    "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B",
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718",
    "3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33",
    "A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7",
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864",
    "D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2",
    "08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
);
/// 2^4096 - 2^4032 - 1 + 2^64 * ([2^3966 pi] + 240904).
const P4096: &str = concat!(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74",
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437",
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED",
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05",
    "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB",
    "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B",
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718",
    "3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33",
    "A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7",
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864",
    "D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2",
    "08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A92108011A723C12A787E6D7",
    "88719A10BDBA5B2699C327186AF4E23C1A946834B6150BDA2583E9CA2AD44CE8",
    "DBBBC2DB04DE8EF92E8EFC141FBECAA6287C59474E6BC05D99B2964FA090C3A2",
    "233BA186515BE7ED1F612970CEE2D7AFB81BDD762170481CD0069127D5B05AA9",
    "93B4EA988D8FDDC186FFB7DC90A6C08F4DF435C934063199FFFFFFFFFFFFFFFF",
);

/// The prime of `len` octets plus `offset`, for tests at the edges of the range.
#[cfg(test)]
pub(super) fn near_prime(len: usize, offset: i8) -> Vec<u8> {
    let hex = [P1024, P1536, P2048, P3072, P4096].into_iter().find(|hex| hex.len() == 2 * len);
    let prime = U4096::from_be_hex(&format!("{:0>1024}", hex.expect("a known length")));
    let magnitude = U4096::from_u8(offset.unsigned_abs());
    let value = if offset < 0 { prime.wrapping_sub(&magnitude) } else { prime.wrapping_add(&magnitude) };
    value.to_be_bytes().as_ref()[512 - len..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Floor of pi times 2^`bits`, big-endian, by Machin's formula: pi = 16 arctan(1/5) - 4 arctan(1/239).
    fn pi(bits: usize) -> Uint<{ U4096::LIMBS }> {
        const GUARD: u32 = 64;
        type Wide = Uint<{ U4096::LIMBS }>;
        let one = Wide::ONE.shl_vartime(bits as u32 + GUARD);
        let by = |value: &Wide, divisor: u32| value.div_rem_vartime(&Wide::from_u32(divisor).to_nz().unwrap()).0;
        let arctan_of_inverse = |x: u32| {
            let (mut sum, mut term, mut odd, mut minus) = (Wide::ZERO, by(&one, x), 1, false);
            while !bool::from(term.is_zero()) {
                let part = by(&term, odd);
                sum = if minus { sum.wrapping_sub(&part) } else { sum.wrapping_add(&part) };
                (term, odd, minus) = (by(&term, x * x), odd + 2, !minus);
            }
            sum
        };
        let sixteen = arctan_of_inverse(5).shl_vartime(4);
        sixteen.wrapping_sub(&arctan_of_inverse(239).shl_vartime(2)).shr_vartime(GUARD)
    }

    /// RFC 2409 §6.2 and RFC 3526 §2 to §5: 2^n - 2^(n-64) - 1 + 2^64 * ([2^(n-130) pi] + k).
    #[test]
    fn the_primes_follow_the_formula_of_their_documents() {
        for (hex, k) in [(P1024, 129_093), (P1536, 741_804), (P2048, 124_476), (P3072, 1_690_314), (P4096, 240_904u32)]
        {
            let bits = hex.len() * 4;
            type Wide = Uint<{ U4096::LIMBS }>;
            let power = |exponent: usize| {
                if exponent == 4096 { Wide::ZERO } else { Wide::ONE.shl_vartime(exponent as u32) }
            };
            let middle = pi(bits - 130).wrapping_add(&Wide::from_u32(k)).shl_vartime(64);
            let expected = power(bits).wrapping_sub(&power(bits - 64)).wrapping_sub(&Wide::ONE).wrapping_add(&middle);
            let expected = if bits == 4096 { expected } else { expected.bitand(&power(bits).wrapping_sub(&Wide::ONE)) };
            assert_eq!(expected.to_string(), format!("{hex:0>1024}"), "{bits} bits");
        }
    }

    fn comb_agrees<const LIMBS: usize>(field: &Field<LIMBS>, modulus: Modulus, octets: [u8; 40]) -> bool {
        let mask = U320::MAX.shr_vartime(320 - modulus.exponent_bits());
        let exponent = Exponent { modulus, value: U320::from_be_slice(&octets).bitand(&mask) };
        field.power_of_two(&exponent) == field.power(&Uint::from_u8(2), &exponent)
    }

    #[test]
    fn the_comb_handles_the_exponents_at_the_edges() {
        let mut one = [0; 40];
        one[39] = 1;
        for octets in [[0; 40], one, [0xff; 40], [0x80; 40]] {
            assert!(comb_agrees(&MODP1024, Modulus::Bits1024, octets));
            assert!(comb_agrees(&MODP3072, Modulus::Bits3072, octets));
        }
    }

    proptest::proptest! {
        #[test]
        fn the_comb_raises_two_to_any_exponent(octets: [u8; 40]) {
            proptest::prop_assert!(comb_agrees(&MODP1024, Modulus::Bits1024, octets));
        }
    }

    fn generates_the_subgroup_of_prime_order<const LIMBS: usize>(params: &FixedMontyParams<LIMBS>) {
        let order = params.modulus().get().shr_vartime(1);
        let power = FixedMontyForm::new(&Uint::from_u8(2), params).pow(&order);
        assert_eq!(power.retrieve(), Uint::ONE);
    }

    #[test]
    fn two_to_the_order_is_one_in_every_group() {
        generates_the_subgroup_of_prime_order(&MODP1024.params);
        generates_the_subgroup_of_prime_order(&MODP1536.params);
        generates_the_subgroup_of_prime_order(&MODP2048.params);
        generates_the_subgroup_of_prime_order(&MODP3072.params);
        generates_the_subgroup_of_prime_order(&MODP4096.params);
    }
}
