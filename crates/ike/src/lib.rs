//! IKEv1 (RFC 2407-2409, 3947, 3706) as initiator and responder, without IO.
