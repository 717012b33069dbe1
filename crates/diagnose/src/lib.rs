//! Cause catalogue and RAS codes: what a failure means to people.
