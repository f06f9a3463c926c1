//! Typed events of the engine: what was asked, what was decided and why, what was written.
//!
//! Bottom floor: knows no meaning, imports only types. A trace is recorded when somebody asked
//! for it and costs nothing when off.

pub mod rule;
pub mod step;

pub use rule::Rule;
pub use step::Step;

/// Where the engine puts its steps.
#[derive(Clone, Debug, Default)]
pub struct Tracer {
    on: bool,
    steps: Vec<Step>,
}

impl Tracer {
    pub fn off() -> Tracer {
        Tracer::default()
    }

    pub fn recording() -> Tracer {
        Tracer { on: true, steps: Vec::new() }
    }

    pub fn is_on(&self) -> bool {
        self.on
    }

    /// Turns recording on or off; what was recorded stays.
    pub fn set_on(&mut self, on: bool) {
        self.on = on;
    }

    /// Records the step that `make` builds; `make` is not called when the trace is off.
    pub fn step(&mut self, make: impl FnOnce() -> Step) {
        if self.on {
            self.steps.push(make());
        }
    }

    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Hands the recorded steps over and starts anew.
    pub fn take(&mut self) -> Vec<Step> {
        std::mem::take(&mut self.steps)
    }
}
