//! Kernels for x86-64: VAES and AVX-512, AES-NI.

mod aes;
mod hmac;
mod sha;

pub(crate) use aes::AesLanes;
pub(crate) use hmac::HmacLanes;
