mod harness;
mod pair;
