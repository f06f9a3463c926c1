//! A machine without a screen: one request at a time, worked on in slices.

use super::{Failure, Kept, Options, options};
use crate::errno::Errno;
use crate::port::{Ask, Server, Stream, Tell, ToMachine};
use crate::share::{self, Shared, Start};
use crate::trace;
use crate::view::{Effect, Inspection, StepInfo, TraceReport, TreeDiff, View};
use serde::Serialize;

/// A command that has ended. `trace` of it is asked for by [`Headless::trace_of`], since it may be
/// long.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "StepRecord"))]
pub struct Step {
    /// Its number in the journal; 1 is the first.
    pub n: usize,
    /// The command line.
    pub cmd: String,
    /// Exit status.
    pub status: i32,
    /// What it printed; bytes that are no UTF-8 are replaced.
    pub stdout: String,
    pub stderr: String,
    /// What it did to overlays, in order.
    pub effects: Vec<Effect>,
    /// Part of the preparation.
    pub setup: bool,
}

/// Something a host may want to hear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Event {
    /// Output as it comes.
    Output { stream: Stream, text: String },
    /// A command has ended.
    Step { step: Step },
    /// The picture has changed.
    View { view: Box<View> },
    /// Checks of the goals of the lesson's task `step` (0 is the first).
    Goal { step: usize, met: Vec<bool> },
    /// What runs waits for a line of input.
    Waiting { prompt: String },
    /// A command wants an editor; answer with the text to save, or interrupt it.
    Edit { path: String, editor: String, text: String },
    /// The request was refused.
    Failed { failure: Failure },
}

/// Whether there is more to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum State {
    /// Call again.
    Busy,
    /// The command that runs waits for its host.
    Waiting,
    /// Nothing runs.
    Idle,
}

/// What a slice of work brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Slice {
    pub events: Vec<Event>,
    pub state: State,
    /// Something that was given to the command that runs is still unread.
    pub unread: bool,
}

/// The machine.
pub struct Headless {
    server: Server,
    /// The number of the last message.
    id: u32,
    /// The request that is worked on.
    open: Option<u32>,
    /// Output of the command that runs.
    out: String,
    err: String,
}

impl Headless {
    /// A machine that begins to prepare itself; work until [`State::Idle`].
    ///
    /// # Errors
    /// `EINVAL` with what is wrong with the options or the scenario.
    pub fn new(options: &Options) -> Result<Headless, Failure> {
        let scenario = options.scenario()?;
        crate::scenario::parse(&scenario).map_err(|why| {
            Failure::of(Errno::EINVAL, format!("scenario, line {}: {}", why.line, why.reason))
        })?;
        let mut machine = Headless {
            server: Server::new(),
            id: 0,
            open: None,
            out: String::new(),
            err: String::new(),
        };
        if let Some(columns) = options.columns {
            machine.send(Ask::Resize { columns });
        }
        match &options.state {
            Some(Kept { past, at, .. }) => {
                machine.begin(Ask::Restore { scenario, past: past.clone(), at: *at })?;
            }
            None => machine.begin(Ask::Load { scenario })?,
        }
        Ok(machine)
    }

    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    fn send(&mut self, ask: Ask) {
        self.id += 1;
        self.server.ask(ToMachine { id: self.id, ask });
    }

    /// Begins a request; work until [`State::Idle`].
    ///
    /// # Errors
    /// `EBUSY` if another one is under way.
    pub fn begin(&mut self, ask: Ask) -> Result<(), Failure> {
        if self.open.is_some() {
            return Err(Failure::of(Errno::EBUSY, "the machine still runs a command"));
        }
        (self.out, self.err) = (String::new(), String::new());
        self.send(ask);
        self.open = Some(self.id);
        Ok(())
    }

    /// Something for the command that runs.
    pub fn give(&mut self, ask: Ask) {
        self.send(ask);
    }

    /// Works for some milliseconds.
    pub fn slice(&mut self) -> Slice {
        let (tells, more) = self.server.pump();
        let mut events = Vec::new();
        for message in tells {
            if message.tell.is_last() && self.open == Some(message.id) {
                self.open = None;
            }
            self.hear(message.tell, &mut events);
        }
        let state = match (self.open, more) {
            (None, _) => State::Idle,
            (Some(_), true) => State::Busy,
            (Some(_), false) => State::Waiting,
        };
        let unread = !self.server.session().machine().kernel.console.is_drained();
        Slice { events, state, unread }
    }

    fn hear(&mut self, tell: Tell, events: &mut Vec<Event>) {
        events.push(match tell {
            Tell::Output { stream, text } => {
                let kept = if stream == Stream::Err { &mut self.err } else { &mut self.out };
                kept.push_str(&text);
                Event::Output { stream, text }
            }
            Tell::Done { step } => Event::Step { step: self.step(step) },
            Tell::View { view } => Event::View { view },
            Tell::Goals { step, met } => Event::Goal { step, met },
            Tell::Waiting { prompt } => Event::Waiting { prompt },
            Tell::Edit { path, editor, text } => Event::Edit { path, editor, text },
            Tell::Error { message } => {
                Event::Failed { failure: Failure::of(Errno::EINVAL, message) }
            }
            Tell::Restored { lost: 1.., .. } => Event::Failed {
                failure: Failure::of(Errno::EIO, "a step of this state does not run as it did"),
            },
            _ => return,
        });
    }

    fn step(&mut self, info: StepInfo) -> Step {
        let StepInfo { n, line, status, effects, setup } = info;
        let (stdout, stderr) = (std::mem::take(&mut self.out), std::mem::take(&mut self.err));
        Step { n, cmd: line, status, stdout, stderr, effects, setup }
    }

    /// Asks something that is answered at once, between commands.
    fn answer<T>(&mut self, ask: Ask, find: impl Fn(Tell) -> Option<T>) -> Result<T, Failure> {
        self.begin(ask)?;
        let (tells, _) = self.server.pump();
        self.open = None;
        let found = tells.into_iter().find_map(|it| find(it.tell));
        found.ok_or_else(|| Failure::of(Errno::EIO, "the machine did not answer"))
    }

    /// The picture now.
    pub fn view(&self) -> View {
        self.server.view()
    }

    /// How a lookup of this path goes, layer by layer.
    ///
    /// # Errors
    /// `EBUSY` while a command runs.
    pub fn trace(&mut self, path: &str) -> Result<TraceReport, Failure> {
        let path = self.server.absolute(path);
        self.answer(Ask::Trace { path }, |it| match it {
            Tell::Trace { report } => Some(*report),
            _ => None,
        })
    }

    /// Everything about one path.
    ///
    /// # Errors
    /// `EBUSY` while a command runs.
    pub fn inspect(&mut self, path: &str) -> Result<Inspection, Failure> {
        let path = self.server.absolute(path);
        self.answer(Ask::Inspect { path }, |it| match it {
            Tell::Inspection { inspection } => Some(*inspection),
            _ => None,
        })
    }

    /// What changed in a mount (or the newest one) between two moments.
    ///
    /// # Errors
    /// `EBUSY` while a command runs.
    pub fn diff(
        &mut self,
        from: usize,
        to: usize,
        mount: Option<String>,
    ) -> Result<TreeDiff, Failure> {
        self.answer(Ask::Diff { from, to, mount }, |it| match it {
            Tell::Diff { diff } => Some(*diff),
            _ => None,
        })
    }

    /// The session so far as a script for bash on a real system.
    ///
    /// # Errors
    /// `EBUSY` while a command runs.
    pub fn script(&mut self) -> Result<String, Failure> {
        self.answer(Ask::Script, |it| match it {
            Tell::Script { text } => Some(text),
            _ => None,
        })
    }

    /// To just after step `n`, but not before the end of the preparation.
    ///
    /// # Errors
    /// `EBUSY` while a command runs.
    pub fn goto(&mut self, n: usize) -> Result<(), Failure> {
        let setup = self.server.session().entries().iter().take_while(|it| it.setup).count();
        self.begin(Ask::Goto { n: n.max(setup) })
    }

    /// Steps done, and steps that the journal knows.
    pub fn at(&self) -> (usize, usize) {
        let session = self.server.session();
        (session.at(), session.entries().len())
    }

    /// What the engine did in step `n`.
    ///
    /// # Errors
    /// `EINVAL` if there is no such step.
    pub fn trace_of(&self, n: usize) -> Result<&[trace::Step], Failure> {
        let entry = n.checked_sub(1).and_then(|i| self.server.session().entries().get(i));
        let none = || Failure::of(Errno::EINVAL, format!("there is no step {n} any more"));
        entry.map(|it| it.trace.as_slice()).ok_or_else(none)
    }

    /// Why step `n`, which was to write this path, did not succeed: the last error of opening or writing.
    ///
    /// # Errors
    /// `EINVAL` if there is no such step.
    pub fn failure_of(&self, n: usize, path: &str) -> Result<Failure, Failure> {
        let trace = self.trace_of(n)?;
        let (mut refused, mut is_ours) = (None, false);
        for step in trace {
            match step {
                trace::Step::Call { what } => {
                    is_ours = what.starts_with("openat(") || what.starts_with("write(");
                }
                trace::Step::Return { errno: Some(errno), .. } if is_ours => refused = Some(*errno),
                _ => {}
            }
        }
        Ok(Failure::call(refused.unwrap_or(Errno::EIO), path, trace.to_vec()))
    }

    /// What stands after the `#` of a link that opens this machine: `v1:…`.
    pub fn link(&self) -> String {
        let (scenario, past, at) = self.server.kept();
        let at = (at < past.len()).then_some(at);
        share::link(&Shared { start: Start::Inline(scenario), past, at, looks: Vec::new() })
    }

    /// What restores this machine.
    pub fn kept(&self) -> Kept {
        let (scenario, past, at) = self.server.kept();
        Kept { layerglass: options::KEPT, scenario, past, at }
    }
}
