//! What is said of a build: why a step was not taken from the cache.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a step had to be built. What is said of the step before is found by the builders; this is all
/// that they tell.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Miss {
    /// `--no-cache` was given.
    NoCache,
    /// `--no-cache-filter` names the stage.
    Filtered,
    /// It was built before, but its layer was removed since.
    LayerGone,
    /// Nothing like it was built before.
    Unknown,
    /// The classic builder: nothing was built on this image, or from scratch, in this way before.
    UnknownOnImage,
    UnknownFromScratch,
    /// Another instruction stood here.
    Instruction {
        was: String,
    },
    /// Something that surrounds a command: an argument, a variable, the user, the directory.
    AroundNew {
        name: String,
        is: String,
    },
    AroundChanged {
        name: String,
        was: String,
        is: String,
    },
    AroundGone {
        name: String,
        was: String,
    },
    /// Files that it copies; `more` of them are not named. None is named where there are too many to
    /// be remembered.
    Files {
        changes: Vec<SourceChange>,
        more: usize,
    },
    /// The base image is another one.
    Base,
    /// A step before it was built anew.
    Before,
    /// The classic builder: environment, labels, ports or user of the image differ.
    Configuration,
    /// The classic builder: arguments of a command.
    Arguments {
        was: String,
        is: String,
    },
    /// Nothing that is compared differs.
    Nothing,
}

/// What became of a file that a step copies.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SourceChange {
    New { path: String },
    Gone { path: String },
    Contents { path: String },
    Mode { path: String, was: String, is: String },
    Owner { path: String, was: String, is: String },
}

impl fmt::Display for SourceChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceChange::New { path } => write!(f, "{path} is new"),
            SourceChange::Gone { path } => write!(f, "{path} is gone"),
            SourceChange::Contents { path } => write!(f, "{path}: its contents have changed"),
            SourceChange::Mode { path, was, is } => {
                write!(f, "{path}: its mode was {was} and is {is}")
            }
            SourceChange::Owner { path, was, is } => {
                write!(f, "{path}: its owner was {was} and is {is}")
            }
        }
    }
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Miss::NoCache => f.write_str("--no-cache was given"),
            Miss::Filtered => f.write_str("--no-cache-filter names its stage"),
            Miss::LayerGone => f.write_str("its layer is gone from the store"),
            Miss::Unknown => f.write_str("nothing like it was built before"),
            Miss::UnknownOnImage => f.write_str("nothing was built on this image before"),
            Miss::UnknownFromScratch => {
                f.write_str("nothing was built from scratch in this way before")
            }
            Miss::Instruction { was } => {
                write!(f, "the instruction is new here: it was `{was}`")
            }
            Miss::AroundNew { name, is } => write!(f, "{name} is new: it is {is}"),
            Miss::AroundChanged { name, was, is } => write!(f, "{name} was {was} and is {is}"),
            Miss::AroundGone { name, was } => write!(f, "{name} is gone: it was {was}"),
            Miss::Files { changes, more } => {
                if changes.is_empty() {
                    return f.write_str("files that it copies have changed");
                }
                let texts: Vec<String> = changes.iter().map(ToString::to_string).collect();
                f.write_str(&texts.join("; "))?;
                if *more > 0 { write!(f, "; and {more} more") } else { Ok(()) }
            }
            Miss::Base => f.write_str("the base below it is another one"),
            Miss::Before => f.write_str("a step before it was built anew"),
            Miss::Configuration => f.write_str(
                "the configuration of the image differs: environment, labels, ports or user",
            ),
            Miss::Arguments { was, is } => write!(f, "arguments were `{was}` and are `{is}`"),
            Miss::Nothing => f.write_str("nothing that it depends on has changed"),
        }
    }
}
