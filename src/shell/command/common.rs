//! What several commands share: option parsing, quoting, formats of modes, sizes and times.

pub mod args;
pub mod mode;
pub mod mounts;
pub mod quote;
pub mod size;
pub mod time;
pub mod users;
pub mod width;
