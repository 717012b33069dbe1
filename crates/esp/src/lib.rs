//! IPsec ESP (RFC 4303): sealing and opening batches of packets of one association.
