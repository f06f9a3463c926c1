//! Everything the page knows, and the one place where it changes: a pure reducer.

pub mod archive;
mod known;
mod log;
mod parts;
pub mod rivals;
mod tell;

pub use known::Known;
pub use log::{Entry, Note, Piece};
pub use parts::{Check, Compare, Dialog, Pane, Pick, Scene, Seen, Tab, Theme, Wishes};

use crate::guess::Kind;
use crate::i18n::Lang;
use crate::player::Player;
use layerglass::port::{Past, Tell};
use layerglass::scenario::Scenario;
use layerglass::trace::step::Layer;
use layerglass::view::{Inspection, MountInfo, StepInfo, TraceReport, View};
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;
use yew::Reducible;

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
    /// What of the container engine is picked.
    pub pick: Option<Pick>,
    /// What the reader opened.
    pub archive: Rc<archive::Archive>,
    /// Storage drivers side by side.
    pub rivals: Rc<rivals::Rivals>,
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
    /// The text of a scenario that is none of them.
    pub inline: Option<Rc<String>>,
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
    /// The moment as an SVG.
    pub picture: Option<Rc<String>>,
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
    /// Redo was sent: the next view is the end of this step, which is played.
    Replayed(Rc<StepInfo>),
    Loaded {
        scenario: Rc<Scenario>,
        lesson: usize,
        intro: bool,
        inline: Option<Rc<String>>,
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
    /// An image, a container, a layer, a volume.
    Pick(Option<Pick>),
    /// Changes what is looked at of the archives.
    Archive(Box<dyn FnOnce(&mut archive::Archive)>),
    /// Changes what is looked at of the drivers.
    Rivals(Box<dyn FnOnce(&mut rivals::Rivals)>),
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
            pick: None,
            archive: Rc::default(),
            rivals: Rc::default(),
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
            inline: None,
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
            picture: None,
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

    fn note(&mut self, note: Note) {
        self.log.push(Rc::new(Entry { note: Some(note), ..Entry::default() }));
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
            pick: self.pick.clone(),
        }
    }

    fn see(&mut self, seen: Seen) {
        (self.scene, self.pane, self.tab) = (seen.scene, seen.pane, seen.tab);
        (self.mount, self.selected, self.layer) = (seen.mount, seen.selected, seen.layer);
        self.pick = seen.pick;
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
            Action::Crashed => {
                state.crashes += 1;
                state.archive = Rc::default();
                Rc::make_mut(&mut state.rivals).crash();
            }
            Action::Moved => state.player.forget(),
            Action::Replayed(step) => state.player.load_step(step),
            Action::Loaded { scenario, lesson, intro, inline } => {
                let fresh = State::new(state.lang, state.theme, state.speed, state.still, scenario);
                state = State {
                    lesson,
                    inline,
                    intro: intro.then_some(0),
                    scene: if intro { Scene::Stack } else { Scene::Matrix },
                    history: state.history,
                    check: state.check,
                    archive: state.archive,
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
            Action::Pick(pick) => state.pick = pick,
            Action::Archive(change) => change(Rc::make_mut(&mut state.archive)),
            Action::Rivals(change) => change(Rc::make_mut(&mut state.rivals)),
            Action::Dialog(dialog) => {
                (state.script, state.picture) = (None, None);
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
