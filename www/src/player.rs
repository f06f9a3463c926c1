//! Plays what the engine reported, moment by moment. Knows frames, no rules.

use crate::state::PlayerAction;
use layerglass::trace::step::{Layer, Verdict};
use layerglass::view::{BeatKind, Effect, StepInfo, TraceReport};
use std::rc::Rc;

/// One moment on the stage.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// A moment of an effect: index of the effect, the beat in it.
    Beat { effect: usize, kind: BeatKind, path: String, layer: Layer, bytes: u64, target: String },
    /// An effect without moments, shown at once.
    Whole { effect: usize, path: String },
    /// One question of a lookup: index of the row.
    Ask { row: usize, path: String, layer: Layer, stop: bool },
    /// The end of a lookup.
    Answer,
}

/// What is played, and where it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Player {
    pub frames: Vec<Frame>,
    /// The frame on the stage; `frames.len()` when it is over.
    pub at: usize,
    pub playing: bool,
    /// The step that is played, if it is one.
    pub step: Option<Rc<StepInfo>>,
    loaded: bool,
}

impl Player {
    /// Takes a step; it begins when its picture has come.
    pub fn load_step(&mut self, step: Rc<StepInfo>) {
        self.frames = step.effects.iter().enumerate().flat_map(|(i, it)| frames(i, it)).collect();
        self.at = self.frames.len();
        self.step = Some(step);
        self.loaded = true;
        self.playing = false;
    }

    /// Starts what was loaded.
    pub fn begin(&mut self, instant: bool) {
        if std::mem::take(&mut self.loaded) {
            self.at = if instant { self.frames.len() } else { 0 };
            self.playing = !instant && !self.frames.is_empty();
        }
    }

    /// Plays a lookup.
    pub fn load_trace(&mut self, report: &TraceReport) {
        self.frames = report
            .rows
            .iter()
            .enumerate()
            .map(|(row, it)| Frame::Ask {
                row,
                path: it.path.clone(),
                layer: it.layer,
                stop: !matches!(it.verdict, Verdict::Absent | Verdict::Dir | Verdict::Hidden),
            })
            .chain([Frame::Answer])
            .collect();
        (self.at, self.playing, self.step, self.loaded) = (0, true, None, false);
    }

    pub fn act(&mut self, action: PlayerAction) {
        match action {
            PlayerAction::Tick if self.playing => self.advance(),
            PlayerAction::Tick => {}
            PlayerAction::Toggle if self.is_over() => (self.at, self.playing) = (0, true),
            PlayerAction::Toggle => self.playing = !self.playing,
            PlayerAction::Next => (_, self.playing) = (self.advance(), false),
            PlayerAction::Previous => {
                (self.at, self.playing) = (self.at.saturating_sub(1), false);
            }
            PlayerAction::Seek(at) => (self.at, self.playing) = (at.min(self.frames.len()), false),
        }
    }

    fn advance(&mut self) {
        self.at = (self.at + 1).min(self.frames.len());
        self.playing &= !self.is_over();
    }

    /// To the end at once: new input never waits for an animation.
    pub fn finish(&mut self) {
        (self.at, self.playing) = (self.frames.len(), false);
    }

    /// Nothing to play.
    pub fn forget(&mut self) {
        *self = Player::default();
    }

    pub fn is_over(&self) -> bool {
        self.at >= self.frames.len()
    }

    pub fn frame(&self) -> Option<&Frame> {
        self.frames.get(self.at)
    }

    /// The effects that are already complete, as far as the stage is.
    pub fn is_done(&self, effect: usize) -> bool {
        let later = |frame: &Frame| match frame {
            Frame::Beat { effect: e, kind, .. } => *e == effect && !(*kind == BeatKind::Place),
            _ => false,
        };
        !self.frames.iter().skip(self.at).any(later)
            && !self.frames.iter().skip(self.at + 1).any(|it| effect_of(it) == Some(effect))
            && effect_of_first(&self.frames, effect).is_none_or(|first| self.at >= first)
    }

    /// Paths whose change has not come to its place yet.
    pub fn is_pending(&self, path: &str) -> bool {
        let Some(step) = &self.step else { return false };
        !self.is_over()
            && step
                .effects
                .iter()
                .enumerate()
                .any(|(i, it)| it.path() == Some(path) && !self.is_done(i))
    }

    /// Something is drawn as it was before.
    pub fn is_before(&self) -> bool {
        !self.is_over() && self.step.is_some()
    }

    /// How many moments of the lookup are past or on: for the list in the inspector.
    pub fn trace_row(&self) -> Option<usize> {
        match self.frames.first() {
            Some(Frame::Ask { .. } | Frame::Answer) => Some(self.at),
            _ => None,
        }
    }
}

fn effect_of(frame: &Frame) -> Option<usize> {
    match frame {
        Frame::Beat { effect, .. } | Frame::Whole { effect, .. } => Some(*effect),
        _ => None,
    }
}

fn effect_of_first(frames: &[Frame], effect: usize) -> Option<usize> {
    frames.iter().position(|it| effect_of(it) == Some(effect))
}

fn frames(index: usize, effect: &Effect) -> Vec<Frame> {
    let beats = match effect {
        Effect::CopiedUp { beats, .. }
        | Effect::WhitedOut { beats, .. }
        | Effect::Created { beats, .. } => beats.as_slice(),
        _ => &[],
    };
    let target = effect.path().unwrap_or_default().to_owned();
    if beats.is_empty() {
        return vec![Frame::Whole { effect: index, path: target }];
    }
    beats
        .iter()
        .map(|beat| Frame::Beat {
            effect: index,
            kind: beat.kind,
            path: beat.path.clone(),
            layer: beat.layer,
            bytes: beat.bytes,
            target: target.clone(),
        })
        .collect()
}
