//! The machine for JavaScript: headless, in slices, with errors that say which rule was behind them.
//!
//! [`Headless`] is the machine and knows nothing of JavaScript; it speaks in the types of [`port`](crate::port)
//! and [`view`](crate::view). `bind` hands it over the boundary as text (JSON), since a number of 64
//! bits, or a byte string in a trace, has no better form there. The class `Machine` that people use,
//! with promises and events, is `packages/npm/src/machine.js`.

#[cfg(target_arch = "wasm32")]
mod bind;
mod failure;
mod files;
mod headless;
mod options;
#[cfg(all(feature = "typescript", not(target_arch = "wasm32")))]
pub mod types;

pub use failure::Failure;
pub use headless::{Event, Headless, Slice, State, Step};
pub use options::{Kept, Opened, Options, open};

#[cfg(test)]
mod tests;
