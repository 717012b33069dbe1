//! Ciphers, MACs, Diffie-Hellman groups and the MS-CHAP hashes; multi-buffer kernels.
