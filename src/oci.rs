//! Images: archives in and out, identifiers, history, and what the layers do to each other.
//!
//! An archive is opened in steps ([`open`]): [`package`] finds its files, [`layout`] its images,
//! [`scan`] reads the layers. What is known then answers every question without the contents:
//! [`tree`] merges the layers, [`waste`], [`secrets`] and [`compare`] look at them, [`history`] and
//! [`inspect`] say what Docker says. [`analysis`] is the door to all of it: its answers are plain data,
//! and contents that are asked for are read where they lie. [`build`] makes images of Dockerfiles.

pub mod analysis;
pub mod build;
pub mod compare;
pub mod compress;
pub mod config;
pub mod convert;
pub mod digest;
pub mod dockerfile_of;
pub mod engine;
pub mod error;
pub mod export;
pub mod gzip;
pub mod history;
pub mod human;
pub mod inspect;
pub mod layer;
pub mod layout;
mod links;
pub mod marks;
pub mod open;
pub mod package;
pub mod packages;
pub mod scan;
pub mod secrets;
mod select;
pub mod source;
pub mod tree;
pub mod waste;

#[cfg(test)]
mod tests;

pub use digest::Digest;
pub use error::{Error, Result};
