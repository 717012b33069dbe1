use crypto::cbc::CbcKey;
use wire::isakmp::{ChainBuilder, Cookies, ExchangeType, Flags, HEADER_LEN, Header};

/// Encrypts and decrypts the messages of one exchange. The initialisation vector of a message is the last cipher block of the
/// one before it (RFC 2409 appendix B), whoever sent it; a message that turns out not to be the peer's must not move it.
#[derive(Clone)]
pub(crate) struct Envelope {
    key: CbcKey,
    iv: Vec<u8>,
}

/// A decrypted message with the vector that its exchange goes on with, if the message proves authentic.
pub(crate) struct Opened {
    /// Header and payloads in clear.
    pub(crate) message: Vec<u8>,
    next_iv: Vec<u8>,
}

impl Envelope {
    pub(crate) fn new(key: CbcKey, iv: Vec<u8>) -> Self {
        Envelope { key, iv }
    }

    /// The last cipher block so far.
    pub(crate) fn last_block(&self) -> &[u8] {
        &self.iv
    }

    /// Decrypts `body`; `None` when its length is no multiple of the block.
    pub(crate) fn open(&self, header: &Header, body: &[u8]) -> Option<Opened> {
        let block = self.key.alg().block_len();
        let next_iv = body.len().checked_sub(block).and_then(|at| body.get(at..))?.to_vec();
        let mut message = header.emit(body);
        self.key.decrypt(&self.iv, message.get_mut(HEADER_LEN..)?).ok()?;
        Some(Opened { message, next_iv })
    }

    /// Takes an authentic message into account.
    pub(crate) fn accept(&mut self, opened: &Opened) {
        self.iv.clone_from(&opened.next_iv);
    }

    /// Encrypts a message with these payloads, padded with zeros.
    pub(crate) fn seal(
        &mut self,
        cookies: Cookies,
        exchange: ExchangeType,
        message_id: u32,
        chain: ChainBuilder,
    ) -> Vec<u8> {
        let header = Header {
            cookies,
            next_payload: chain.first(),
            version: Header::VERSION_1,
            exchange,
            flags: Flags::ENCRYPTION,
            message_id,
            length: 0,
        };
        let mut body = chain.into_octets();
        let block = self.key.alg().block_len();
        body.resize(body.len().next_multiple_of(block), 0);
        self.key.encrypt(&self.iv, &mut body).expect("the body is a whole number of blocks, the vector one block");
        self.iv = body.get(body.len() - block..).unwrap_or_default().to_vec();
        header.emit(&body)
    }
}
