//! What several commands share: option parsing, quoting, formats of modes, sizes and times.

pub mod args;
pub mod quote;
pub mod users;
