//! What the lab and the element are made of. Draws what the engine reports and sends it commands; it never
//! works out file system behaviour by itself.

pub mod address;
pub mod app;
#[cfg(feature = "full")]
mod blob;
pub mod boot;
pub mod components;
pub mod decimal;
pub mod guess;
pub mod hooks;
pub mod i18n;
mod json;
pub mod keep;
pub mod lab;
pub mod lessons;
pub mod link;
pub mod player;
pub mod pump;
pub mod state;
pub mod store;
