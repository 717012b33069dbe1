//! Architectures without kernels: nothing is ever detected, so nothing below runs.

use std::convert::Infallible;
use std::marker::PhantomData;

use crate::cbc::CbcLane;
use crate::hash::{Chain, Digest};
use crate::hmac::MacLane;

/// CBC encryption of several packets at once, which does not exist here.
#[derive(Clone)]
pub(crate) struct AesLanes(Infallible);

impl AesLanes {
    pub(crate) fn detect(_: &[u8]) -> Option<Self> {
        None
    }

    pub(crate) fn encrypt(&self, _: &mut [u8], _: &[CbcLane], _: impl FnMut(&[u8; 16], &mut [u8])) {
        match self.0 {}
    }
}

/// HMAC of several messages at once, which does not exist here.
pub(crate) struct HmacLanes<'a>(Infallible, PhantomData<&'a Chain>);

impl<'a> HmacLanes<'a> {
    pub(crate) fn detect(_: &'a Chain, _: &'a Chain) -> Option<Self> {
        None
    }

    pub(crate) fn sign(&self, _: &[u8], _: &[MacLane], _: &mut [Digest]) {
        match self.0 {}
    }
}
