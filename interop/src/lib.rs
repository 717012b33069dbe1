//! Causeway against programs nobody here wrote.
