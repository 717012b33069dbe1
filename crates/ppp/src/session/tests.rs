mod authentication;
mod eap;
mod harness;
mod hostile;
mod negotiation;
mod pair;
mod windows;
