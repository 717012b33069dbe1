mod authentication;
mod eap;
mod harness;
mod hostile;
mod inquiry;
mod negotiation;
mod pair;
mod windows;
