//! PPP (RFC 1661) and its authentication and network protocols, both ends, without IO.
