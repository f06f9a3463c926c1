//! Prediction before feedback: what a learner expects of a command, and what its effects were.

use layerglass::view::{Effect, StepInfo};

/// What a command can do to the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    CopyUp,
    Whiteout,
    Create,
    Change,
    Remove,
    Rename,
    Mount,
    Refuse,
}

/// All of them, in the order of the question.
pub const ALL: [Kind; 8] = [
    Kind::CopyUp,
    Kind::Whiteout,
    Kind::Create,
    Kind::Change,
    Kind::Remove,
    Kind::Rename,
    Kind::Mount,
    Kind::Refuse,
];

/// What a step did, each kind once.
pub fn kinds(step: &StepInfo) -> Vec<Kind> {
    let mut found: Vec<Kind> = step.effects.iter().filter_map(kind).collect();
    found.sort();
    found.dedup();
    found
}

fn kind(effect: &Effect) -> Option<Kind> {
    Some(match effect {
        Effect::CopiedUp { .. } => Kind::CopyUp,
        Effect::WhitedOut { .. } => Kind::Whiteout,
        Effect::Created { .. } | Effect::MadeOpaque { .. } => Kind::Create,
        Effect::Changed { .. } => Kind::Change,
        Effect::Removed { .. } => Kind::Remove,
        Effect::Renamed { .. } => Kind::Rename,
        Effect::Mounted { .. } | Effect::Unmounted { .. } => Kind::Mount,
        Effect::Refused { .. } => Kind::Refuse,
        Effect::Undefined { .. } => return None,
    })
}
