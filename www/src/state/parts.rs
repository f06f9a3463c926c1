//! The pieces of the state: what is in front, what is asked, what the reader wants.

use layerglass::trace::step::Layer;
use layerglass::view::TreeDiff;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Light, dark, or as the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

/// What the stage draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scene {
    #[default]
    Matrix,
    Stack,
    Files,
    /// The matrix in words.
    Table,
    /// Images, containers, volumes.
    Shelves,
    /// Who shares which layers.
    Graph,
    /// Archives that the reader opened.
    Archive,
    /// Storage drivers side by side.
    Rivals,
}

impl Scene {
    /// It is about images, not about a mount: the inspector gives its room to it.
    pub const fn is_wide(self) -> bool {
        matches!(self, Scene::Shelves | Scene::Graph | Scene::Archive | Scene::Rivals)
    }
}

/// The pane in front on a narrow screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pane {
    #[default]
    Stage,
    Terminal,
    Lesson,
    Inspect,
}

/// Tabs of the inspector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tab {
    #[default]
    Trace,
    Content,
    Inode,
    Diff,
    Raw,
}

/// Something of the container engine that is picked, by its identifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pick {
    Image(String),
    Container(String),
    Layer(String),
    Volume(String),
    /// By the time when it ended.
    Build(String),
}

/// A dialog in front of everything.
#[derive(Clone, Debug, PartialEq)]
pub enum Dialog {
    Editor {
        path: String,
        editor: String,
        text: String,
    },
    /// The actions of a path.
    Actions {
        path: String,
    },
    /// A text is needed before a command can run; `{}` stands for it, quoted.
    Prompt {
        label: String,
        command: String,
        initial: String,
    },
    Lessons,
    Help,
    Check,
    ConfirmReset,
    /// Take the session along: script, file; and how the page behaves.
    Session,
    /// Give it to others: link, code, picture.
    Share,
    /// What will this command do?
    Guess {
        line: String,
    },
}

/// Two moments held against each other on the stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compare {
    pub from: usize,
    pub to: usize,
    pub diff: Option<Rc<TreeDiff>>,
    /// The path whose details are open.
    pub open: Option<String>,
}

/// What the reader looks at: kept over a reload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub scene: Scene,
    pub pane: Pane,
    pub tab: Tab,
    pub mount: Option<String>,
    pub selected: Option<String>,
    pub layer: Option<Layer>,
    pub pick: Option<Pick>,
}

/// How the page behaves, as the reader wants it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Large type and one key for the next step.
    pub presents: bool,
    /// Asks what a command will do before it runs.
    pub guesses: bool,
    /// Single letters are no shortcuts.
    pub no_letters: bool,
    /// Nothing can be typed or changed; only looked at.
    pub readonly: bool,
    /// The parts stand in a page of somebody else.
    pub guest: bool,
}

/// The self-check's progress.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Check {
    pub same: usize,
    pub done: usize,
    pub total: usize,
    pub differs: Vec<String>,
    pub kernel: String,
    pub over: bool,
    /// It was started.
    pub asked: bool,
    /// It could not be made.
    pub error: Option<String>,
}
