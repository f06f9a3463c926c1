//! The rules of OverlayFS by name: explanation, coverage mark and document section in one.

use serde::{Deserialize, Serialize};

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $name:ident = $id:literal,)*) => {
        /// Why something happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Rule { $($(#[doc = $doc])+ $name,)* }

        impl Rule {
            pub const ALL: &'static [Rule] = &[$(Rule::$name,)*];

            /// The number of the rule in docs/SEMANTICS.md (spec section).
            pub const fn id(self) -> &'static str {
                match self { $(Rule::$name => $id,)* }
            }

            /// One sentence, as shown to people.
            pub const fn sentence(self) -> &'static str {
                match self { $(Rule::$name => concat!($($doc),+).trim_ascii(),)* }
            }
        }
    };
}

rules! {
    /// Directories of the same name in several layers are merged, from the top down to the first stop.
    MergeDirs = "R2.1",
    /// The first layer from the top that has a non-directory provides it; nothing below is asked.
    FirstHitWins = "R2.1a",
    /// A layer that lacks the name is passed over.
    AbsentGoOn = "R2.1b",
    /// A whiteout hides the name in every layer below.
    WhiteoutStops = "R2.3",
}
