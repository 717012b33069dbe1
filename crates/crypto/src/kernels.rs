//! Kernels that work on several packets at once, because one packet's chain leaves most of a wide processor idle.
//!
//! The processor's features are looked up at run time. Without them, and on other architectures, [`AesLanes::detect`] yields
//! nothing and [`sign_lanes`] leaves every message to its caller, who goes through them one by one with the same result.
//!
//! A kernel has a fixed number of slots and advances all of them by the same number of blocks. The drivers fill the slots
//! from the batch, run the kernel up to the end of the shortest message, and refill: equal lengths keep all slots busy.

#[cfg(not(target_arch = "x86_64"))]
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use portable::{AesLanes, sign_lanes};
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{AesLanes, sign_lanes};
