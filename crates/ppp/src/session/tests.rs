mod authentication;
mod harness;
mod hostile;
mod negotiation;
mod pair;
mod windows;
