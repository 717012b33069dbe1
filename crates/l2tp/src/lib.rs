//! L2TPv2 (RFC 2661) control connections and calls, as LAC and LNS, without IO.
