//! The remote access server: session table and data path over the protocol engines.
