//! What can be said of images, as plain data: for the command line, for the page, for JSON.
//!
//! No code and no knowledge: `oci` fills these types in, screens draw them. Every type passes through
//! `serde` in both directions, also in formats that do not describe themselves, so no field is ever
//! left out. Layers are counted from 1, base first; paths have no leading slash, and bytes of them that
//! are no UTF-8 are replaced. Sizes are bytes, times seconds since 1970.

mod build;
mod files;
mod findings;
mod graph;
mod image;

pub use build::{Miss, SourceChange};
pub use files::{
    Aspect, Content, Difference, Event, File, Filter, Hidden, Hunk, Kind, Line, Listing, Place,
    Preview, Row, Scope, Sort, State, Totals, Version,
};
pub use findings::{Comparison, Finding, Reason, Setting, Waste, Wasted};
pub use graph::{
    Container, ContainerNode, Freed, Graph, ImageNode, LayerNode, Source, SourceLayer,
};
pub use image::{Image, Layer, Packing, Step};
