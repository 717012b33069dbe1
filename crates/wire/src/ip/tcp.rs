use crate::{Layer, Malformed, Problem, Reader};

/// The flag octet of a TCP header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TcpFlags(pub u8);

impl TcpFlags {
    /// FIN.
    pub const FIN: u8 = 0x01;
    /// SYN.
    pub const SYN: u8 = 0x02;
    /// PSH.
    pub const PSH: u8 = 0x08;
    /// ACK.
    pub const ACK: u8 = 0x10;
    /// CWR.
    pub const CWR: u8 = 0x80;

    /// Whether any flag of `mask` is set.
    pub const fn any(self, mask: u8) -> bool {
        self.0 & mask != 0
    }
}

/// A TCP header inside a tunnel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TcpView {
    /// Source and destination port as they stand in the header.
    pub ports: u32,
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgement number.
    pub acknowledgement: u32,
    /// Octets of the header with its options.
    pub header_len: usize,
    /// Flags.
    pub flags: TcpFlags,
}

impl TcpView {
    /// Offset of the sequence number.
    pub const SEQUENCE: usize = 4;
    /// Offset of the flag octet.
    pub const FLAGS: usize = 13;
    /// Offset of the checksum.
    pub const CHECKSUM: usize = 16;
    /// Octets of a header without options.
    pub const MIN_LEN: usize = 20;

    /// Reads the header at the start of `segment` and checks that it lies within it.
    pub fn parse(segment: &[u8]) -> Result<TcpView, Malformed> {
        let mut reader = Reader::new(Layer::Ip, segment);
        let ports = reader.u32("TCP ports")?;
        let sequence = reader.u32("TCP sequence number")?;
        let acknowledgement = reader.u32("TCP acknowledgement number")?;
        let header_len = usize::from(reader.u8("TCP data offset")? >> 4) * 4;
        let flags = TcpFlags(reader.u8("TCP flags")?);
        if header_len < Self::MIN_LEN || header_len > segment.len() {
            let problem = Problem::BadLength { got: header_len, min: Self::MIN_LEN, max: segment.len() };
            return Err(reader.error("TCP data offset", problem));
        }
        Ok(TcpView { ports, sequence, acknowledgement, header_len, flags })
    }
}
