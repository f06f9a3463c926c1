//! The machine's side of the port: takes messages, works in slices, answers. Needs no clock and no
//! thread; whoever owns it calls [`Server::pump`] until there is nothing more to do.

use super::restore::Again;
use super::{Ask, FromMachine, Stream, Tell, ToMachine, complete, lines, script};
use crate::machine::Machine;
use crate::machine::journal::{self, Entry, Session};
use crate::scenario::host;
use crate::scenario::progress::Progress;
use crate::scenario::{self, Scenario};
use crate::shell::os::Request;
use crate::view::{StepInfo, TreeDiff, View, build, compare, docker, effects, look};
use std::collections::VecDeque;

/// Scheduler rounds of one slice: some milliseconds.
const SLICE: u64 = 200;

/// A machine behind the port.
pub struct Server {
    pub(super) session: Session,
    scenario: Scenario,
    /// The scenario as it came.
    pub(super) text: String,
    queue: VecDeque<ToMachine>,
    /// The request whose command runs.
    pub(super) current: Option<u32>,
    /// Setup lines that have not run yet.
    setup: VecDeque<String>,
    /// The editor is open: (path, editor).
    editing: Option<(String, String)>,
    /// How far the lesson is.
    progress: Progress,
    /// Steps of the past that are done again.
    pub(super) again: Option<Again>,
    pub(super) check: Option<super::check::Check>,
    /// The directory whose files are shown, if it is not the scenario's.
    watched: Option<String>,
    /// What runs waits for input.
    waiting: bool,
    pub(super) tells: Vec<FromMachine>,
    pub(super) out: Option<super::files::Out>,
    #[cfg(feature = "containers")]
    pub(super) desk: super::desk::Desk,
    #[cfg(feature = "containers")]
    pub(super) bout: Option<super::rivals::Job>,
}

impl Default for Server {
    fn default() -> Server {
        Server::new()
    }
}

impl Server {
    /// A bare machine.
    pub fn new() -> Server {
        Server {
            session: Session::new(Machine::boot(), "/root"),
            scenario: Scenario::default(),
            text: String::new(),
            queue: VecDeque::new(),
            current: None,
            setup: VecDeque::new(),
            editing: None,
            progress: Progress::default(),
            again: None,
            check: None,
            watched: None,
            waiting: false,
            tells: Vec::new(),
            out: None,
            #[cfg(feature = "containers")]
            desk: super::desk::Desk::default(),
            #[cfg(feature = "containers")]
            bout: None,
        }
    }

    /// Takes a message. Nothing happens before [`Server::pump`].
    pub fn ask(&mut self, message: ToMachine) {
        self.queue.push_back(message);
    }

    /// Works for a slice: answers, and whether there is more to do.
    pub fn pump(&mut self) -> (Vec<FromMachine>, bool) {
        self.urgent();
        if self.current.is_some() {
            self.go_on();
        }
        while self.current.is_none() {
            let Some(ToMachine { id, ask }) = self.queue.pop_front() else { break };
            self.answer(id, ask);
        }
        if self.current.is_none() {
            self.check_slice();
        }
        #[cfg(feature = "containers")]
        self.desk_slice();
        #[cfg(feature = "containers")]
        self.rivals_slice();
        let waits = self.editing.is_some() || self.current.is_some() && !self.moves();
        // What was kept for a command that has begun by now.
        let is_given = self.current.is_some() && self.queue.iter().any(|it| it.ask.is_urgent());
        let is_left = self.current.is_some() || self.check.is_some() || !self.queue.is_empty();
        let more = is_given || !waits && is_left;
        #[cfg(feature = "containers")]
        let more = more || self.desk.is_busy() || self.bout.is_some();
        (std::mem::take(&mut self.tells), more)
    }

    /// Messages that do not wait for the command that runs. What comes after a command that has not
    /// begun is for that one.
    fn urgent(&mut self) {
        let mut later = VecDeque::new();
        let is_begun = self.current.is_some();
        let mut is_before = true;
        while let Some(ToMachine { id, ask }) = self.queue.pop_front() {
            if matches!(ask, Ask::Run { .. } | Ask::Resume { .. } | Ask::Restore { .. }) {
                is_before = false;
            }
            match ask {
                ask if !is_begun && !is_before => {
                    later.push_back(ToMachine { id, ask });
                    continue;
                }
                Ask::Input { text } => self.session.input(text.as_bytes()),
                Ask::EndInput => self.session.end_input(),
                Ask::Interrupt => self.interrupt(),
                Ask::Save { path, editor, text } => self.save(&path, &editor, &text),
                // The desk stands beside the machine: it answers whatever runs there.
                #[cfg(feature = "containers")]
                Ask::Archive(ask) => {
                    self.of_archive(id, ask);
                    continue;
                }
                #[cfg(feature = "containers")]
                Ask::Rivals(ask) => {
                    self.of_rivals(id, ask);
                    continue;
                }
                ask => {
                    later.push_back(ToMachine { id, ask });
                    continue;
                }
            }
            self.tell(id, Tell::End);
        }
        self.queue = later;
    }

    /// The command that runs has not just told us that it waits for input.
    fn moves(&self) -> bool {
        self.session.is_running() && !self.waiting
    }

    fn interrupt(&mut self) {
        self.give_up();
        if self.editing.take().is_some() {
            self.finish(Vec::new());
        } else {
            self.session.interrupt();
        }
    }

    pub(super) fn tell(&mut self, id: u32, tell: Tell) {
        self.tells.push(FromMachine { id, tell });
    }

    fn answer(&mut self, id: u32, ask: Ask) {
        match ask {
            Ask::Run { line } => {
                self.current = Some(id);
                self.session.run(&line, false);
                self.go_on();
                return;
            }
            Ask::Resume { line, given } => {
                self.current = Some(id);
                self.session.run_again(&line, given);
                self.go_on();
                return;
            }
            Ask::Load { scenario } => {
                self.load(id, &scenario, None);
                return;
            }
            Ask::Restore { scenario, past, at } => {
                self.load(id, &scenario, Some(Again::new(past, at)));
                return;
            }
            Ask::Undo { count } => self.goto(id, self.session.at().saturating_sub(count)),
            Ask::Redo { count } => self.goto(id, self.session.at().saturating_add(count)),
            Ask::Goto { n } => self.goto(id, n),
            Ask::Reset => {
                let scenario = self.scenario.clone();
                self.begin(id, scenario, None);
                return;
            }
            Ask::Complete { line, cursor } => {
                let kernel = self.session.machine().kernel.clone();
                let (from, to, words) =
                    complete::words(kernel, self.session.shell(), &line, cursor);
                self.tell(id, Tell::Completions { from, to, words });
            }
            Ask::View => self.tell_view(id),
            Ask::Watch { dir } => {
                self.watched = (!dir.is_empty()).then_some(dir);
                self.tell_view(id);
            }
            Ask::Inspect { path } => {
                let kernel = &self.session.machine().kernel;
                let inspection = Box::new(look::inspect(kernel, self.session.shell(), &path));
                self.tell(id, Tell::Inspection { inspection });
            }
            Ask::Trace { path } => {
                let kernel = &self.session.machine().kernel;
                let report = Box::new(look::trace(kernel, self.session.shell(), &path));
                self.tell(id, Tell::Trace { report });
            }
            Ask::Diff { from, to, mount } => {
                let diff = Box::new(self.diff(from, to, mount.as_deref()));
                self.tell(id, Tell::Diff { diff });
            }
            Ask::Script => {
                let done = &self.session.entries()[..self.session.at()];
                let text = script::script(&self.scenario, done);
                self.tell(id, Tell::Script { text });
            }
            Ask::Commands { text } => {
                self.tell(id, Tell::Commands { lines: lines::commands(&text) });
            }
            #[cfg(feature = "all-commands")]
            Ask::Picture { title, chinese, link, mount } => {
                let frame = crate::view::svg::Frame { title, chinese, link };
                let text = crate::view::svg::picture(&self.view(), mount.as_deref(), &frame);
                self.tell(id, Tell::Picture { text });
            }
            #[cfg(not(feature = "all-commands"))]
            Ask::Picture { .. } => {
                self.outgrow(id);
                return;
            }
            Ask::Archive(ask) => {
                self.of_archive(id, ask);
                return;
            }
            Ask::Rivals(ask) => {
                self.of_rivals(id, ask);
                return;
            }
            Ask::Fetch { path } => self.fetch(id, &path),
            Ask::SelfCheck { cases } => {
                self.start_check(id, cases);
                return;
            }
            Ask::Resize { columns } => {
                self.session.resize(columns);
            }
            Ask::Input { .. } | Ask::EndInput | Ask::Interrupt | Ask::Save { .. } => {}
        }
        self.tell(id, Tell::End);
    }

    fn load(&mut self, id: u32, text: &str, again: Option<Again>) {
        match scenario::parse(text) {
            Ok(scenario) => {
                self.text = text.to_owned();
                self.begin(id, scenario, again);
            }
            Err(why) => {
                self.tell(id, Tell::Error { message: why.to_string() });
                self.tell(id, Tell::End);
            }
        }
    }

    /// A scenario from its start, and the steps that follow its preparation.
    fn begin(&mut self, id: u32, scenario: Scenario, again: Option<Again>) {
        let columns = self.session.columns();
        self.session = host::prepare(&scenario);
        self.session.resize(columns);
        self.setup =
            scenario.setup.lines().map(str::to_owned).filter(|it| !it.trim().is_empty()).collect();
        self.scenario = scenario;
        (self.progress, self.editing, self.again) = (Progress::default(), None, again);
        self.watched = None;
        self.current = Some(id);
        self.next_setup();
    }

    /// Runs the next line of the preparation, or tells that the machine is ready.
    fn next_setup(&mut self) {
        match self.setup.pop_front() {
            Some(line) => self.session.run(&line, true),
            None if self.again.is_some() => {
                if self.session.at() == self.setup_steps() {
                    self.progress.since = self.session.at();
                }
                self.next_again();
            }
            None => {
                self.progress.since = self.session.at();
                let id = self.current.take().unwrap_or(0);
                self.tell_goals(id);
                self.tell_view(id);
                self.tell(id, Tell::End);
            }
        }
    }

    /// One slice of the command that runs.
    fn go_on(&mut self) {
        let Some(id) = self.current.filter(|_| self.editing.is_none()) else { return };
        if !self.session.is_running() {
            self.next_setup();
            return;
        }
        let mut output = Vec::new();
        let progress = self.session.pump(SLICE, &mut output);
        for (err, bytes) in output {
            let stream = if err { Stream::Err } else { Stream::Out };
            let text = String::from_utf8_lossy(&bytes).into_owned();
            self.tell(id, Tell::Output { stream, text });
        }
        if progress == journal::Progress::Elsewhere {
            self.waiting = true;
            self.outgrow(id);
            return;
        }
        self.waiting = progress == journal::Progress::Waiting;
        if self.waiting && self.again.is_some() {
            // It got an answer then, and does not now: the rest cannot be as it was.
            self.waiting = false;
            self.interrupt();
        } else if self.waiting {
            let prompt = self.session.prompt().to_owned();
            self.tell(id, Tell::Waiting { prompt });
        }
        if let journal::Progress::Done(requests) = progress {
            self.finish(requests);
        }
    }

    fn finish(&mut self, requests: Vec<Request>) {
        let Some(id) = self.current else { return };
        let mut moved = None;
        for request in requests {
            let at = self.session.at();
            match request {
                Request::Undo(n) => moved = Some(at.saturating_sub(n)),
                Request::Redo(n) => moved = Some(at.saturating_add(n)),
                Request::Goto(n) => moved = Some(n + self.setup_steps()),
                Request::Began { .. } | Request::Elsewhere => {}
                Request::Clear => self.tell(id, Tell::Clear),
                Request::Edit { path, editor } if self.again.is_some() => {
                    // Reading it took simulated time then.
                    self.session.read_file(&path);
                    let path = build::lossy(&path);
                    if let Some(text) = self.session.saved_before() {
                        self.save_now(&path, &editor, &text);
                    }
                }
                Request::Edit { path, editor } => {
                    let text = String::from_utf8_lossy(&self.session.read_file(&path)).into_owned();
                    let path = build::lossy(&path);
                    self.editing = Some((path.clone(), editor.clone()));
                    self.tell(id, Tell::Edit { path, editor, text });
                    return;
                }
                Request::ShowTrace { .. } if self.again.is_some() => {}
                Request::ShowTrace { path } => {
                    let path = self.absolute(&build::lossy(&path));
                    let kernel = &self.session.machine().kernel;
                    let report = Box::new(look::trace(kernel, self.session.shell(), &path));
                    self.tell(id, Tell::ShowTrace { path });
                    self.tell(id, Tell::Trace { report });
                }
            }
        }
        if let Some(n) = moved {
            self.session.drop_running();
            self.current = None;
            let n = n.max(self.setup_steps());
            self.goto(id, n);
            self.tell(id, Tell::End);
            return;
        }
        let n = self.session.at() + 1;
        let info = self.session.record().map(|entry| step_info(n, entry));
        let is_setup = info.as_ref().is_some_and(|it| it.setup);
        if is_setup {
            self.next_setup();
            return;
        }
        self.tell_kept(id);
        if let Some(step) = info {
            self.tell(id, Tell::Done { step });
        }
        self.tell_goals(id);
        if self.again.is_some() {
            self.next_setup();
            return;
        }
        self.current = None;
        self.tell_view(id);
        self.tell(id, Tell::End);
    }

    fn save(&mut self, path: &str, editor: &str, text: &str) {
        if self.editing.take().is_none() {
            return;
        }
        self.save_now(path, editor, text);
        self.finish(Vec::new());
    }

    fn save_now(&mut self, path: &str, editor: &str, text: &str) {
        if let (Err(errno), Some(id)) =
            (self.session.save(path.as_bytes(), editor, text.as_bytes()), self.current)
        {
            let text = format!("{editor}: {path}: {}\n", errno.message());
            self.tell(id, Tell::Output { stream: Stream::Err, text });
        }
    }

    pub(super) fn setup_steps(&self) -> usize {
        self.session.entries().iter().take_while(|it| it.setup).count()
    }

    /// A path from the root, if it is one from the shell's directory.
    pub fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') {
            return path.to_owned();
        }
        format!("{}/{path}", self.cwd().trim_end_matches('/'))
    }

    fn cwd(&self) -> String {
        use crate::sys::Sys;
        let mut kernel = self.session.machine().kernel.clone();
        build::lossy(&kernel.sys(self.session.shell()).getcwd().unwrap_or_default())
    }

    pub(super) fn goto(&mut self, id: u32, n: usize) {
        self.session.goto(n);
        self.progress.since = self.progress.since.min(self.session.at());
        self.tell_goals(id);
        self.tell_view(id);
    }

    /// Goals of the task that is on; a task that is done gives way to the next one.
    fn tell_goals(&mut self, id: u32) {
        let met = self.progress.advance(&self.scenario, &self.session);
        self.tell(id, Tell::Goals { step: self.progress.step, met });
    }

    fn tell_view(&mut self, id: u32) {
        let view = Box::new(self.view());
        self.tell(id, Tell::View { view });
    }

    /// The machine at its prompt, with its past.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The picture now.
    pub fn view(&self) -> View {
        let mut kernel = self.session.machine().kernel.clone();
        let shell = self.session.shell();
        let root = if self.scenario.dir.is_empty() { "/root" } else { &self.scenario.dir };
        let (tree, names) = build::tree(&mut kernel, shell, root);
        let mounts = build::mounts(&mut kernel, &names);
        let steps = self.session.entries().iter().enumerate().map(|(i, it)| step_info(i + 1, it));
        let mut view = View {
            mounts,
            tree,
            tree_root: root.to_owned(),
            cwd: self.cwd(),
            prompt: self.session.prompt().to_owned(),
            at: self.session.at(),
            steps: steps.collect(),
            docker: docker::look(&mut kernel, shell),
            digest: String::new(),
        }
        .with_digest();
        // Where somebody looks is no part of what the machine is.
        if let Some(dir) = &self.watched {
            view.tree = build::tree(&mut kernel, shell, dir).0;
            view.tree_root.clone_from(dir);
        }
        view
    }

    fn diff(&mut self, from: usize, to: usize, mount: Option<&str>) -> TreeDiff {
        let now = self.session.at();
        let mut moment = |n: usize| {
            self.session.goto(n);
            let kernel = self.session.machine().kernel.clone();
            compare::Moment { at: self.session.at(), kernel, pid: self.session.shell() }
        };
        let (old, new) = (moment(from), moment(to));
        self.session.goto(now);
        let entries = self.session.entries().iter().enumerate();
        let steps: Vec<StepInfo> = entries.map(|(i, it)| step_info(i + 1, it)).collect();
        compare::moments(old, new, mount, &steps)
    }
}

fn step_info(n: usize, entry: &Entry) -> StepInfo {
    StepInfo {
        n,
        line: entry.line.clone(),
        status: entry.status,
        effects: effects::effects(&entry.trace),
        setup: entry.setup,
    }
}
