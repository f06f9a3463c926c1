//! Everything the page knows, and the one place where it changes: a pure reducer.

mod known;
mod log;

pub use known::Known;
pub use log::{Entry, Note, Piece};

use crate::guess::{self, Kind};
use crate::i18n::Lang;
use crate::player::Player;
use layerglass::port::{Past, Stream, Tell};
use layerglass::scenario::Scenario;
use layerglass::trace::step::Layer;
use layerglass::view::{Inspection, MountInfo, TraceReport, TreeDiff, View};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;
use yew::Reducible;

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

/// Futures that are kept beside the one that is on.
const BRANCHES_MAX: usize = 9;

/// All of it.
#[derive(Clone, PartialEq)]
pub struct State {
    pub lang: Lang,
    pub theme: Theme,
    /// Animation speed; 0 is instant.
    pub speed: f64,
    /// The reader asked for less motion.
    pub still: bool,
    pub scene: Scene,
    pub pane: Pane,
    pub tab: Tab,
    pub ready: bool,
    pub failed: Option<String>,
    pub view: Rc<View>,
    /// The picture before the last step, which the player starts from.
    pub before: Rc<View>,
    /// Target of the mount that is shown.
    pub mount: Option<String>,
    /// Absolute path of what is selected.
    pub selected: Option<String>,
    /// Layer of the selected cell.
    pub layer: Option<Layer>,
    pub log: Vec<Rc<Entry>>,
    pub history: Vec<String>,
    /// The steps so far, to do them again.
    pub past: Rc<Vec<Past>>,
    /// Digest that the machine being rebuilt should have.
    pub restoring: Option<String>,
    /// How often the machine stopped.
    pub crashes: u32,
    pub running: Option<u32>,
    /// What runs waits for a line, with this prompt.
    pub asks: Option<String>,
    /// Commands that run one after the other: pasted lines, a solution that is shown.
    pub queue: VecDeque<String>,
    pub inspection: Option<Rc<Inspection>>,
    pub trace: Option<Rc<TraceReport>>,
    pub player: Player,
    pub scenario: Rc<Scenario>,
    /// Which of the built-in scenarios.
    pub lesson: usize,
    /// Ids of the lessons that were finished, on this visit or an earlier one.
    pub done: BTreeSet<String>,
    pub task: usize,
    pub met: Vec<bool>,
    pub hints: usize,
    /// The page of the introduction that is on.
    pub intro: Option<usize>,
    pub dialog: Option<Dialog>,
    pub check: Check,
    pub compare: Option<Compare>,
    pub wishes: Wishes,
    /// What is expected of the command that runs.
    pub guess: Option<Vec<Kind>>,
    /// Futures that were left aside in this session.
    pub branches: Vec<Rc<Vec<Past>>>,
    /// The session as a bash script.
    pub script: Option<Rc<String>>,
    /// The next lookup is shown at its end: it was played before a reload.
    pub quiet_trace: bool,
    /// Candidates of the last Tab, and where they go.
    pub completions: Option<(usize, usize, Vec<String>)>,
}

/// What can happen.
pub enum Action {
    Tell(u32, Tell),
    /// A command line was sent with this number.
    Sent(u32, String),
    /// A line was typed for what runs.
    Typed(String),
    /// The machine is rebuilt by this request, to this digest.
    Restoring(u32, String),
    /// The machine's Worker broke.
    Crashed,
    /// Undo, redo or goto was sent: the next view needs no animation.
    Moved,
    Loaded {
        scenario: Rc<Scenario>,
        lesson: usize,
        intro: bool,
    },
    Lang(Lang),
    Theme(Theme),
    Speed(f64),
    Still(bool),
    Scene(Scene),
    Pane(Pane),
    Tab(Tab),
    Mount(String),
    Select(String, Option<Layer>),
    Dialog(Option<Dialog>),
    Hint,
    Intro(Option<usize>),
    Play(PlayerAction),
    Note(Note),
    ClearLog,
    /// Which lessons were finished.
    Finished(BTreeSet<String>),
    /// The first of the queue was taken.
    Dequeue,
    /// Ctrl-C: nothing of the queue runs any more.
    DropQueue,
    CheckStart,
    Failed(String),
    TakeCompletions,
    /// Two moments on the stage, or the plain stage again.
    Compare(Option<Compare>),
    Wish(Wishes),
    /// What is expected of the command that is sent next.
    Guess(Vec<Kind>),
    /// Puts back what the reader looked at.
    See(Box<Seen>),
    Branches(Vec<Rc<Vec<Past>>>),
}

/// Buttons of the player, and its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlayerAction {
    Tick,
    Toggle,
    Next,
    Previous,
    Seek(usize),
}

impl State {
    pub fn new(lang: Lang, theme: Theme, speed: f64, still: bool, scenario: Rc<Scenario>) -> State {
        State {
            lang,
            theme,
            speed,
            still,
            scene: Scene::Matrix,
            pane: Pane::Stage,
            tab: Tab::Trace,
            ready: false,
            failed: None,
            view: Rc::default(),
            before: Rc::default(),
            mount: None,
            selected: None,
            layer: None,
            log: Vec::new(),
            history: Vec::new(),
            past: Rc::default(),
            restoring: None,
            crashes: 0,
            running: None,
            asks: None,
            queue: VecDeque::new(),
            inspection: None,
            trace: None,
            player: Player::default(),
            scenario,
            lesson: 0,
            done: BTreeSet::new(),
            task: 0,
            met: Vec::new(),
            hints: 0,
            intro: None,
            dialog: None,
            check: Check::default(),
            compare: None,
            wishes: Wishes::default(),
            guess: None,
            branches: Vec::new(),
            script: None,
            quiet_trace: false,
            completions: None,
        }
    }

    /// The mount on the stage.
    pub fn shown(&self) -> Option<&MountInfo> {
        self.view.mount(self.mount.as_deref())
    }

    /// What the learner may do now can run: nothing else runs.
    pub fn is_idle(&self) -> bool {
        self.ready && self.running.is_none() && self.failed.is_none()
    }

    /// Name of a layer as the stage calls it.
    pub fn layer_name(&self, layer: Layer) -> String {
        layer_name(self.shown(), layer)
    }

    fn tell(&mut self, id: u32, tell: Tell) {
        match tell {
            Tell::Output { stream, text } => {
                self.entry(id, |entry| entry.print(stream == Stream::Err, &text));
            }
            Tell::Done { step } => {
                let step = Rc::new(step);
                self.entry(id, |entry| {
                    entry.status = Some(step.status);
                    entry.step = Some(Rc::clone(&step));
                });
                if self.restoring.is_none() {
                    if let Some(expected) = self.guess.take() {
                        self.note(Note::Guessed(expected, guess::kinds(&step)));
                    }
                    self.player.load_step(step);
                }
            }
            Tell::View { view } => self.new_view(Rc::new(*view)),
            Tell::Inspection { inspection } => self.inspection = Some(Rc::new(*inspection)),
            Tell::Trace { report } => {
                let report = Rc::new(*report);
                self.player.load_trace(&report);
                if std::mem::take(&mut self.quiet_trace) || self.speed == 0.0 {
                    self.player.finish();
                }
                self.trace = Some(report);
                self.tab = Tab::Trace;
            }
            Tell::Completions { from, to, words } => self.completions = Some((from, to, words)),
            Tell::Goals { step, met } => {
                if step != self.task {
                    self.hints = 0;
                }
                (self.task, self.met) = (step, met);
                // What is rebuilt was finished before, and may have been forgotten since.
                let again = self.restoring.is_some();
                if !again && step > 0 && step >= self.scenario.steps.len() {
                    self.done.insert(self.scenario.id.clone());
                }
            }
            Tell::Edit { path, editor, text } => {
                self.dialog = Some(Dialog::Editor { path, editor, text });
            }
            Tell::ShowTrace { path } => self.selected = Some(path),
            Tell::Kept { n, past } => {
                if self.past.len() >= n && self.branches.len() < BRANCHES_MAX {
                    self.branches.push(Rc::clone(&self.past));
                    self.note(Note::Branched(self.branches.len()));
                }
                let all = Rc::make_mut(&mut self.past);
                all.truncate(n.saturating_sub(1));
                all.push(past);
            }
            Tell::Again { prompt, line } => {
                if self.history.last() != Some(&line) {
                    self.history.push(line.clone());
                }
                self.log.push(Rc::new(Entry { id, prompt, line, ..Entry::default() }));
            }
            Tell::Restored { done, lost } => self.note(Note::Restored(done, lost)),
            Tell::Clear if self.restoring.is_some() => {
                self.log = self.log.split_off(self.log.len().saturating_sub(1))
            }
            Tell::Clear => self.log.retain(|entry| entry.id == id),
            Tell::Checked { same, done, total, differs, kernel } => {
                let over = done == total;
                self.check =
                    Check { same, done, total, differs, kernel, over, asked: true, error: None };
            }
            Tell::Error { message } if self.check.asked && self.check.total == 0 => {
                self.check = Check { error: Some(message), ..Check::default() };
            }
            Tell::Error { message } => {
                self.note(Note::Error(message));
            }
            Tell::Diff { diff } => {
                if let Some(compare) = &mut self.compare {
                    if (compare.from, compare.to) == (diff.from, diff.to) {
                        compare.diff = Some(Rc::new(*diff));
                    }
                }
            }
            Tell::Script { text } => self.script = Some(Rc::new(text)),
            Tell::Outgrown { .. } => {}
            Tell::Commands { lines } => self.queue.extend(lines),
            Tell::Waiting { prompt } => self.asks = Some(prompt),
            Tell::End => {
                self.ready = true;
                self.restored(id);
                if self.running == Some(id) {
                    (self.running, self.asks) = (None, None);
                    self.entry(id, |entry| entry.status = entry.status.or(Some(0)));
                }
            }
        }
    }

    fn note(&mut self, note: Note) {
        self.log.push(Rc::new(Entry { note: Some(note), ..Entry::default() }));
    }

    /// The machine is rebuilt: is it the one that was?
    fn restored(&mut self, id: u32) {
        if self.running != Some(id) {
            return;
        }
        if let Some(digest) = self.restoring.take() {
            let given_up = |it: &Rc<Entry>| matches!(it.note, Some(Note::Restored(_, 1..)));
            if !digest.is_empty()
                && digest != self.view.digest
                && !self.log.last().is_some_and(given_up)
            {
                self.note(Note::NotTheSame);
            }
        }
    }

    fn new_view(&mut self, view: Rc<View>) {
        self.before = std::mem::replace(&mut self.view, view);
        let newest = self.view.mounts.last().map(|it| it.target.clone());
        let known = |target: &String| self.view.mounts.iter().any(|it| &it.target == target);
        let grown = self.view.mounts.len() > self.before.mounts.len() && self.restoring.is_none();
        if grown || !self.mount.as_ref().is_some_and(known) {
            self.mount = self.scenario.focus.clone().filter(|it| known(it)).or(newest);
        }
        self.player.begin(self.speed == 0.0);
        let known = Rc::new(Known::of(&self.view));
        let last = self.log.iter_mut().rev().find(|it| it.id > 0);
        if let Some(entry) = last.filter(|it| it.known.is_none()) {
            Rc::make_mut(entry).known = Some(known);
        }
    }

    /// What the reader looks at now.
    pub fn seen(&self) -> Seen {
        Seen {
            scene: self.scene,
            pane: self.pane,
            tab: self.tab,
            mount: self.mount.clone(),
            selected: self.selected.clone(),
            layer: self.layer,
        }
    }

    fn see(&mut self, seen: Seen) {
        (self.scene, self.pane, self.tab) = (seen.scene, seen.pane, seen.tab);
        (self.mount, self.selected, self.layer) = (seen.mount, seen.selected, seen.layer);
        self.quiet_trace = self.tab == Tab::Trace && self.selected.is_some();
    }

    fn entry(&mut self, id: u32, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.log.iter_mut().rev().find(|entry| entry.id == id) {
            change(Rc::make_mut(entry));
        }
    }

    /// The terminal shows what is typed, as a real one does.
    fn typed(&mut self, line: &str) {
        let prompt = self.asks.take().unwrap_or_default();
        let Some(id) = self.running else { return };
        self.entry(id, |entry| entry.print(false, &format!("{prompt}{line}\n")));
    }

    fn sent(&mut self, id: u32, line: String) {
        if !line.trim().is_empty() && self.history.last() != Some(&line) {
            self.history.push(line.clone());
        }
        let (prompt, cwd) = (self.view.prompt.clone(), self.view.cwd.clone());
        self.log.push(Rc::new(Entry { id, prompt, line, cwd, ..Entry::default() }));
        self.running = Some(id);
        (self.completions, self.compare) = (None, None);
        self.player.finish();
    }
}

/// What stands below `target` in `path`, if it is in there.
pub fn below<'a>(path: &'a str, target: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(target.trim_end_matches('/'))?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}

/// Name of a layer in a mount.
pub fn layer_name(mount: Option<&MountInfo>, layer: Layer) -> String {
    let known = mount.and_then(|mount| Some(mount.layers[mount.column(layer)?].label.clone()));
    known.unwrap_or_else(|| match layer {
        Layer::Upper => "upper".to_owned(),
        Layer::Lower(n) => format!("lower {n}"),
        Layer::Work => "work".to_owned(),
        Layer::Base => "disk".to_owned(),
    })
}

/// The state as the page shares it: each action makes a new one, the old ones stay as they were.
pub struct Shared(pub Rc<State>);

impl Reducible for Shared {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        let mut state = (*self.0).clone();
        match action {
            Action::Tell(id, tell) => state.tell(id, tell),
            Action::Sent(id, line) => state.sent(id, line),
            Action::Typed(line) => state.typed(&line),
            Action::Restoring(id, digest) => {
                (state.running, state.restoring, state.ready) = (Some(id), Some(digest), true);
            }
            Action::Crashed => state.crashes += 1,
            Action::Moved => state.player.forget(),
            Action::Loaded { scenario, lesson, intro } => {
                let fresh = State::new(state.lang, state.theme, state.speed, state.still, scenario);
                state = State {
                    lesson,
                    intro: intro.then_some(0),
                    scene: if intro { Scene::Stack } else { Scene::Matrix },
                    history: state.history,
                    check: state.check,
                    done: state.done,
                    crashes: state.crashes,
                    wishes: state.wishes,
                    pane: if state.pane == Pane::Inspect { Pane::Stage } else { state.pane },
                    ..fresh
                };
            }
            Action::Lang(lang) => state.lang = lang,
            Action::Theme(theme) => state.theme = theme,
            Action::Speed(speed) => state.speed = speed,
            Action::Still(still) => state.still = still,
            Action::Scene(scene) => (state.scene, state.compare) = (scene, None),
            Action::Pane(pane) => state.pane = pane,
            Action::Tab(tab) => state.tab = tab,
            Action::Mount(target) => state.mount = Some(target),
            Action::Select(path, layer) => (state.selected, state.layer) = (Some(path), layer),
            Action::Dialog(dialog) => {
                state.script = None;
                state.dialog = dialog;
            }
            Action::Hint => state.hints += 1,
            Action::Intro(page) => state.intro = page,
            Action::Play(action) => state.player.act(action),
            Action::Note(note) => state.note(note),
            Action::ClearLog => state.log.retain(|entry| entry.status.is_none() && entry.id != 0),
            Action::Finished(done) => state.done = done,
            Action::Dequeue => drop(state.queue.pop_front()),
            Action::DropQueue => state.queue.clear(),
            Action::CheckStart => state.check = Check { asked: true, ..Check::default() },
            Action::Failed(why) => state.failed = Some(why),
            Action::TakeCompletions => state.completions = None,
            Action::Compare(compare) => state.compare = compare,
            Action::Wish(wishes) => state.wishes = wishes,
            Action::Guess(kinds) => state.guess = Some(kinds),
            Action::See(seen) => state.see(*seen),
            Action::Branches(branches) => state.branches = branches,
        }
        Rc::new(Shared(Rc::new(state)))
    }
}
