//! Block ciphers in CBC mode without padding, for ESP (RFC 3602, RFC 2451) and IKEv1.

use std::fmt;

use ::cbc::{Decryptor, Encryptor};
use aes::{Aes128, Aes192, Aes256};
use cipher::{
    Array, Block, BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, Key, KeyInit,
};
use des::TdesEde3;

use crate::KeyLength;
use crate::kernels::AesLanes;

/// A block cipher in CBC mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CbcAlg {
    /// AES with a key of 16 octets.
    Aes128,
    /// AES with a key of 24 octets.
    Aes192,
    /// AES with a key of 32 octets.
    Aes256,
    /// DES-EDE3 with a key of 24 octets whose parity bits do not matter; see [`crate::legacy`].
    TripleDes,
}

impl CbcAlg {
    /// Octets of a key.
    pub const fn key_len(self) -> usize {
        match self {
            CbcAlg::Aes128 => 16,
            CbcAlg::Aes192 | CbcAlg::TripleDes => 24,
            CbcAlg::Aes256 => 32,
        }
    }

    /// Octets of a block, and of an initialization vector.
    pub const fn block_len(self) -> usize {
        match self {
            CbcAlg::Aes128 | CbcAlg::Aes192 | CbcAlg::Aes256 => 16,
            CbcAlg::TripleDes => 8,
        }
    }
}

/// Data or an initialization vector that does not fit the cipher's blocks, or lanes that do not fit the buffer. Nothing was
/// changed. Lengths in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unaligned {
    /// The initialization vector is not one block.
    Iv {
        /// Octets of a block.
        block_len: usize,
        /// Octets of the vector.
        got: usize,
    },
    /// The data is not a number of whole blocks.
    Data {
        /// Octets of a block.
        block_len: usize,
        /// Octets of the data.
        got: usize,
    },
    /// A lane ends behind the buffer, or begins before the end of the lane before it.
    Lane {
        /// Its position among the lanes.
        index: usize,
    },
}

impl fmt::Display for Unaligned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unaligned::Iv { block_len, got } => write!(f, "the IV has {got} octets instead of {block_len}"),
            Unaligned::Data { block_len, got } => write!(f, "{got} octets are not whole blocks of {block_len}"),
            Unaligned::Lane { index } => write!(f, "lane {index} does not fit the buffer or the lane before it"),
        }
    }
}

impl std::error::Error for Unaligned {}

/// A cipher key with its schedules for both directions.
#[derive(Clone)]
pub struct CbcKey {
    cipher: Cipher,
    /// Where the processor has a kernel for this cipher.
    lanes: Option<AesLanes>,
}

#[derive(Clone)]
enum Cipher {
    Aes128(Aes128),
    Aes192(Aes192),
    Aes256(Aes256),
    TripleDes(TdesEde3),
}

impl CbcKey {
    /// Prepares `key`.
    ///
    /// # Errors
    /// The key has not [`CbcAlg::key_len`] octets.
    pub fn new(alg: CbcAlg, key: &[u8]) -> Result<Self, KeyLength> {
        Ok(CbcKey {
            cipher: match alg {
                CbcAlg::Aes128 => Cipher::Aes128(keyed(key)?),
                CbcAlg::Aes192 => Cipher::Aes192(keyed(key)?),
                CbcAlg::Aes256 => Cipher::Aes256(keyed(key)?),
                CbcAlg::TripleDes => Cipher::TripleDes(keyed(key)?),
            },
            lanes: match alg {
                CbcAlg::Aes128 | CbcAlg::Aes192 | CbcAlg::Aes256 => AesLanes::detect(key),
                CbcAlg::TripleDes => None,
            },
        })
    }

    /// The cipher.
    pub fn alg(&self) -> CbcAlg {
        match self.cipher {
            Cipher::Aes128(_) => CbcAlg::Aes128,
            Cipher::Aes192(_) => CbcAlg::Aes192,
            Cipher::Aes256(_) => CbcAlg::Aes256,
            Cipher::TripleDes(_) => CbcAlg::TripleDes,
        }
    }

    /// Encrypts whole blocks in place.
    ///
    /// # Errors
    /// `iv` is not one block or `data` is not whole blocks.
    pub fn encrypt(&self, iv: &[u8], data: &mut [u8]) -> Result<(), Unaligned> {
        match &self.cipher {
            Cipher::Aes128(cipher) => encrypt(cipher, iv, data),
            Cipher::Aes192(cipher) => encrypt(cipher, iv, data),
            Cipher::Aes256(cipher) => encrypt(cipher, iv, data),
            Cipher::TripleDes(cipher) => encrypt(cipher, iv, data),
        }
    }

    /// Decrypts whole blocks in place. Whether the result makes sense is for a MAC to say, before.
    ///
    /// # Errors
    /// `iv` is not one block or `data` is not whole blocks.
    pub fn decrypt(&self, iv: &[u8], data: &mut [u8]) -> Result<(), Unaligned> {
        match &self.cipher {
            Cipher::Aes128(cipher) => decrypt(cipher, iv, data),
            Cipher::Aes192(cipher) => decrypt(cipher, iv, data),
            Cipher::Aes256(cipher) => decrypt(cipher, iv, data),
            Cipher::TripleDes(cipher) => decrypt(cipher, iv, data),
        }
    }
}

/// One packet of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CbcLane {
    /// The initialization vector; a cipher with blocks of 8 octets takes the first 8.
    pub iv: [u8; 16],
    /// Offset of the packet's cleartext in the batch's buffer, in octets.
    pub start: usize,
    /// Length of the cleartext, in octets: whole blocks.
    pub len: usize,
}

impl CbcKey {
    /// Encrypts the packets that lie at `lanes` in `buf`, each with its own initialization vector, in place. They stand in
    /// ascending order and do not overlap; their lengths may differ, equal ones are fastest.
    ///
    /// # Errors
    /// A lane is not whole blocks, reaches beyond `buf`, or is out of order.
    pub fn encrypt_lanes(&self, buf: &mut [u8], lanes: &[CbcLane]) -> Result<(), Unaligned> {
        check_lanes(self.alg(), buf.len(), lanes)?;
        let block_len = self.alg().block_len();
        let one = |iv: &[u8; 16], data: &mut [u8]| {
            self.encrypt(&iv[..block_len], data).expect("invariant: the lanes are whole blocks");
        };
        match &self.lanes {
            Some(kernel) if lanes.len() > 1 => kernel.encrypt(buf, lanes, one),
            _ => lanes.iter().for_each(|lane| one(&lane.iv, &mut buf[lane.start..][..lane.len])),
        }
        Ok(())
    }
}

impl fmt::Debug for CbcKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CbcKey({:?}, ***)", self.alg())
    }
}

fn check_lanes(alg: CbcAlg, buf_len: usize, lanes: &[CbcLane]) -> Result<(), Unaligned> {
    let block_len = alg.block_len();
    let mut free = 0;
    for (index, lane) in lanes.iter().enumerate() {
        if !lane.len.is_multiple_of(block_len) {
            return Err(Unaligned::Data { block_len, got: lane.len });
        }
        let end = lane.start.checked_add(lane.len).filter(|&end| end <= buf_len && lane.start >= free);
        free = end.ok_or(Unaligned::Lane { index })?;
    }
    Ok(())
}

fn keyed<C: KeyInit>(key: &[u8]) -> Result<C, KeyLength> {
    C::new_from_slice(key).map_err(|_| KeyLength { expected: Some(Key::<C>::default().len()), got: key.len() })
}

fn encrypt<C: BlockCipherEncrypt>(cipher: &C, iv: &[u8], data: &mut [u8]) -> Result<(), Unaligned> {
    let (iv, blocks) = blocks::<C>(iv, data)?;
    Encryptor::<&C>::inner_iv_init(cipher, iv).encrypt_blocks(blocks);
    Ok(())
}

fn decrypt<C: BlockCipherDecrypt>(cipher: &C, iv: &[u8], data: &mut [u8]) -> Result<(), Unaligned> {
    let (iv, blocks) = blocks::<C>(iv, data)?;
    Decryptor::<&C>::inner_iv_init(cipher, iv).decrypt_blocks(blocks);
    Ok(())
}

type IvAndBlocks<'a, C> = (&'a Block<C>, &'a mut [Block<C>]);

fn blocks<'a, C: cipher::BlockSizeUser>(iv: &'a [u8], data: &'a mut [u8]) -> Result<IvAndBlocks<'a, C>, Unaligned> {
    let (block_len, got) = (C::block_size(), data.len());
    let iv = iv.try_into().map_err(|_| Unaligned::Iv { block_len, got: iv.len() })?;
    match Array::slice_as_chunks_mut(data) {
        (blocks, []) => Ok((iv, blocks)),
        _ => Err(Unaligned::Data { block_len, got }),
    }
}

#[cfg(test)]
mod tests;
