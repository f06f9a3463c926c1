//! Layerglass.
