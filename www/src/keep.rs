//! The machine's past as this tab keeps it, so that a reload, or a Worker that broke, rebuilds the
//! machine: the lesson and the command log (never the state). Knows nothing of what commands do.

use crate::json;
use crate::state::{Seen, State};
use crate::store;
use layerglass::port::Past;
use serde::{Deserialize, Serialize};

/// Longest log that is kept, in bytes, and in steps.
const BYTES_MAX: usize = 200_000;
const STEPS_MAX: usize = 1_000;
/// Name of the entry, and what an entry of this form begins with.
const KEY: &str = "log";
const FORM: &str = concat!("4 ", env!("CARGO_PKG_VERSION"), " ");

/// What is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keep {
    /// The lesson that the address asked for: another address is another wish.
    pub asked: String,
    /// The scenario's id.
    pub lesson: String,
    /// The text of a scenario that is not built in.
    #[serde(default)]
    pub inline: Option<String>,
    /// The page of the introduction that was on.
    pub intro: Option<usize>,
    /// Columns of the terminal, which listings follow.
    pub columns: u16,
    pub past: Vec<Past>,
    /// The step it stood at, without the scenario's preparation.
    pub at: usize,
    /// Digest of the machine there; empty when it is not known.
    pub digest: String,
    /// What the reader looked at.
    pub seen: Seen,
}

/// What a file of a session begins with.
const SESSION: &str = "session 1";

#[derive(Serialize, Deserialize)]
struct File {
    layerglass: String,
    #[serde(flatten)]
    keep: Keep,
}

/// What was found when the page came up.
pub enum Found {
    Nothing,
    Log(Box<Keep>),
    /// Something that cannot be read.
    Broken,
}

impl Keep {
    /// What to keep of the page as it is.
    pub fn of(state: &State, asked: &str, columns: u16) -> Keep {
        let setup = state.view.steps.iter().take_while(|it| it.setup).count();
        Keep {
            asked: asked.to_owned(),
            lesson: state.scenario.id.clone(),
            inline: state.inline.as_ref().map(|it| it.to_string()),
            intro: state.intro,
            columns,
            past: state.past.to_vec(),
            at: state.view.at.saturating_sub(setup),
            digest: state.view.digest.clone(),
            seen: state.seen(),
        }
    }

    /// Keeps it in the tab. `false`: it is too long, and nothing is kept.
    pub fn save(&self) -> bool {
        let bytes = postcard::to_allocvec(self).unwrap_or_default();
        if bytes.is_empty() || bytes.len() > BYTES_MAX || self.past.len() > STEPS_MAX {
            forget();
            return false;
        }
        // A letter for each byte. Blocked storage is the reader's wish and nothing to tell.
        let text: String = bytes.iter().map(|it| char::from(*it)).collect();
        store::keep(KEY, &format!("{FORM}{text}"));
        true
    }

    /// As a file that a reader may keep.
    pub fn to_text(&self) -> String {
        json::to_text(&File { layerglass: SESSION.to_owned(), keep: self.clone() })
    }

    /// What such a file holds.
    pub fn from_text(text: &str) -> Option<Keep> {
        let file: File = json::from_text(text)?;
        let keep = &file.keep;
        let known = keep.inline.is_some() || crate::lessons::by_id(&keep.lesson).is_some();
        (file.layerglass == SESSION && known && file.keep.past.len() <= STEPS_MAX)
            .then_some(file.keep)
    }

    /// The lesson of what the tab kept; nothing is forgotten if it cannot be read.
    pub fn lesson_kept() -> Option<String> {
        store::kept(KEY).and_then(|text| Keep::read(&text)).map(|it| it.lesson)
    }

    fn read(text: &str) -> Option<Keep> {
        let rest = text.strip_prefix(FORM)?;
        let bytes: Vec<u8> =
            rest.chars().map_while(|it| u8::try_from(u32::from(it)).ok()).collect();
        postcard::from_bytes(&bytes).ok()
    }

    /// What the tab kept.
    pub fn load() -> Found {
        let Some(text) = store::kept(KEY) else { return Found::Nothing };
        match Keep::read(&text) {
            Some(keep) => Found::Log(Box::new(keep)),
            None => {
                forget();
                Found::Broken
            }
        }
    }
}

/// Nothing is kept any more.
pub fn forget() {
    store::drop_kept(KEY);
}
