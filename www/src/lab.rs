//! What every component gets: the state, and how to ask for a change.

use crate::guess::Kind;
use crate::i18n::{Texts, Tools};
use crate::keep::Keep;
use crate::link::Link;
use crate::state::archive::{Archive, Progress};
use crate::state::rivals::Rivals;
use crate::state::{
    Action, Compare, Dialog, Note, Pane, Pick, Scene, Shared as SharedState, State, Tab, Wishes,
};
use gloo::timers::callback::Timeout;
use layerglass::port::{Ask, archive, rivals};
use layerglass::scenario::Scenario;
use layerglass::share::{Shared, Start};
use layerglass::trace::step::Layer;
use layerglass::view::{Effect, StepInfo};
use std::ops::Deref;
use std::rc::Rc;
use yew::prelude::*;

/// The page's context.
///
/// It holds the state of one moment: a reducer's own handle always reads the latest state, so two
/// handles can never tell that something has changed.
#[derive(Clone)]
pub struct Lab {
    pub state: Rc<State>,
    pub dispatcher: UseReducerDispatcher<SharedState>,
    pub link: Rc<Link>,
}

impl PartialEq for Lab {
    fn eq(&self, other: &Lab) -> bool {
        Rc::ptr_eq(&self.state, &other.state)
    }
}

impl Deref for Lab {
    type Target = State;
    fn deref(&self) -> &State {
        &self.state
    }
}

/// The context of this component.
#[hook]
pub fn use_lab() -> Lab {
    use_context::<Lab>().expect("every component stands inside the provider")
}

impl Lab {
    /// In a page of others a pane is no landmark: that page has its own.
    pub fn pane_role(&self) -> Option<&'static str> {
        self.wishes.guest.then_some("group")
    }

    /// Texts in the reader's language.
    pub fn t(&self) -> &'static Texts {
        self.state.lang.t()
    }

    /// Texts of what is beside the lab itself: comparing, taking along, presenting.
    pub fn tools(&self) -> &'static Tools {
        self.state.lang.tools()
    }

    pub fn act(&self, action: Action) {
        self.dispatcher.dispatch(action);
    }

    /// Runs a command line as if typed; asks first what it will do, if the reader wants that.
    pub fn run(&self, line: &str) {
        let asks = self.wishes.guesses && self.intro.is_none() && self.queue.is_empty();
        if asks && self.is_idle() && !line.trim().is_empty() {
            self.dialog(Dialog::Guess { line: line.to_owned() });
        } else {
            self.run_now(line);
        }
    }

    /// Runs a command of which this is expected.
    pub fn run_guessed(&self, line: &str, expected: Vec<Kind>) {
        self.act(Action::Dialog(None));
        self.act(Action::Guess(expected));
        self.run_now(line);
    }

    /// Runs a command line.
    pub fn run_now(&self, line: &str) {
        if line.contains(['；', '“', '”', '‘', '’', '｜', '＞']) {
            self.act(Action::Note(Note::FullWidth));
        }
        if self.restoring.is_some() {
            return;
        }
        if self.running.is_some() {
            self.link.send(Ask::Input { text: format!("{line}\n") });
            self.act(Action::Typed(line.to_owned()));
            return;
        }
        // As in a shell, an empty line is none.
        if line.trim().is_empty() {
            return;
        }
        let id = self.link.send(Ask::Run { line: line.to_owned() });
        self.act(Action::Sent(id, line.to_owned()));
    }

    /// Runs several commands one after the other, each a step of its own.
    pub fn run_all(&self, text: &str) {
        self.link.send(Ask::Commands { text: text.to_owned() });
    }

    /// Ctrl-C.
    pub fn interrupt(&self) {
        self.act(Action::DropQueue);
        self.link.send(Ask::Interrupt);
    }

    /// Runs a command because something was clicked: the terminal shows it.
    pub fn run_for(&self, line: String) {
        self.act(Action::Dialog(None));
        self.run(&line);
    }

    /// To just after step `n`.
    pub fn goto(&self, n: usize) {
        if n == self.view.at || !self.is_idle() {
            return;
        }
        self.act(Action::Moved);
        self.link.send(Ask::Goto { n });
        self.act(Action::Note(Note::WentTo(n)));
        self.refresh();
    }

    pub fn undo(&self) {
        // The scenario's own preparation is where undo stops.
        if self.view.at > self.first() {
            self.goto(self.view.at - 1);
        }
    }

    pub fn redo(&self) {
        if self.view.at < self.view.steps.len() {
            self.goto(self.view.at + 1);
        }
    }

    /// Selects a path and asks for what the inspector shows of it.
    pub fn select(&self, path: String, layer: Option<Layer>) {
        self.link.send(Ask::Inspect { path: path.clone() });
        self.act(Action::Select(path, layer));
    }

    /// Picks something of the container engine and brings it into view.
    pub fn pick(&self, pick: Pick) {
        self.act(Action::Pick(Some(pick)));
        Timeout::new(0, || crate::components::reveal("#shelf-detail")).forget();
    }

    /// Asks about archives.
    pub fn ask_archive(&self, ask: archive::Ask) {
        self.link.send(Ask::Archive(ask));
    }

    /// Asks about storage drivers side by side.
    pub fn ask_rivals(&self, ask: rivals::Ask) {
        self.link.send(Ask::Rivals(ask));
    }

    /// Changes what is looked at of the drivers.
    pub fn rival(&self, change: impl FnOnce(&mut Rivals) + 'static) {
        self.act(Action::Rivals(Box::new(change)));
    }

    /// Changes what is looked at of the archives.
    pub fn look(&self, change: impl FnOnce(&mut Archive) + 'static) {
        self.act(Action::Archive(Box::new(change)));
    }

    /// Opens an archive of images: the machine reads it where it lies.
    pub fn open_archive(&self, file: &web_sys::File) {
        let (number, name) = (self.link.lend(file), file.name());
        let size = file.size() as u64;
        self.scene(Scene::Archive);
        let opening = (name.clone(), Progress { total: size, ..Progress::default() });
        self.look(move |it| (it.opening, it.refused) = (Some(opening), None));
        self.ask_archive(archive::Ask::Open { file: number, name });
    }

    /// Shows the files of a directory.
    pub fn watch(&self, dir: &str) {
        self.link.send(Ask::Watch { dir: dir.to_owned() });
        self.scene(Scene::Files);
    }

    /// Plays the lookup of a path.
    pub fn trace(&self, path: String) {
        self.select(path.clone(), None);
        self.act(Action::Tab(Tab::Trace));
        self.link.send(Ask::Trace { path });
    }

    /// Asks again for what the inspector shows.
    pub fn refresh(&self) {
        if let Some(path) = self.selected.clone() {
            self.link.send(Ask::Inspect { path });
        }
    }

    /// Starts a built-in scenario.
    pub fn load(&self, lesson: usize) {
        if let Some(scenario) = self.begin(lesson) {
            self.link.send(Ask::Load { scenario });
        }
    }

    /// Rebuilds the machine from what was kept of it.
    pub fn restore(&self, keep: &Keep) {
        let found = match &keep.inline {
            Some(text) => self.begin_with(text, crate::lessons::LAB, false),
            None => crate::lessons::by_id(&keep.lesson).and_then(|it| self.begin(it)),
        };
        let Some(scenario) = found else {
            self.load(crate::lessons::LAB);
            self.act(Action::Note(Note::LogBroken));
            return;
        };
        if keep.past.is_empty() {
            self.act(Action::See(Box::new(keep.seen.clone())));
            self.link.send(Ask::Load { scenario });
            return;
        }
        self.act(Action::Intro(keep.intro));
        self.act(Action::See(Box::new(keep.seen.clone())));
        self.link.send(Ask::Resize { columns: keep.columns });
        let past = keep.past.clone();
        let id = self.link.send(Ask::Restore { scenario, past, at: keep.at });
        self.act(Action::Restoring(id, keep.digest.clone()));
        // Answered when the machine is there again.
        if let Some(path) = keep.seen.selected.clone() {
            self.link.send(Ask::Inspect { path: path.clone() });
            if keep.seen.tab == Tab::Trace {
                self.link.send(Ask::Trace { path });
            }
        }
    }

    /// Goes over to a future that was left aside; the one that is on takes its place.
    pub fn to_branch(&self, branch: usize) {
        let Some(past) = self.branches.get(branch).filter(|_| self.is_idle()) else { return };
        let mut branches = self.branches.clone();
        branches[branch] = Rc::clone(&self.past);
        let mut keep = Keep::of(self, "", self.link.columns());
        (keep.at, keep.past, keep.digest) = (past.len(), past.to_vec(), String::new());
        self.restore(&keep);
        self.act(Action::Branches(branches));
    }

    /// Holds two moments against each other.
    pub fn compare(&self, from: usize, to: usize) {
        if !self.is_idle() {
            return;
        }
        let (from, to) = (from.min(to), from.max(to));
        self.act(Action::Compare(Some(Compare { from, to, ..Compare::default() })));
        self.act(Action::Pane(Pane::Stage));
        let mount = self.shown().map(|it| it.target.clone());
        self.link.send(Ask::Diff { from, to, mount });
    }

    /// The last step against what was before it, or the plain stage again.
    pub fn toggle_compare(&self) {
        match self.compare {
            Some(_) => self.act(Action::Compare(None)),
            None if self.view.at > self.first() => self.compare(self.since_mount(), self.view.at),
            None => {}
        }
    }

    /// The moment after the newest mount, or the one before now.
    fn since_mount(&self) -> usize {
        let done = &self.view.steps[..self.view.at.min(self.view.steps.len())];
        let mounts =
            |step: &StepInfo| step.effects.iter().any(|it| matches!(it, Effect::Mounted { .. }));
        let newest = done.iter().rposition(mounts).map_or(0, |it| it + 1).max(self.first());
        newest.min(self.view.at - 1)
    }

    /// Steps of the scenario's own preparation.
    pub fn first(&self) -> usize {
        self.view.steps.iter().take_while(|step| step.setup).count()
    }

    /// Changes how the page behaves, and remembers it.
    pub fn wish(&self, change: impl FnOnce(&mut Wishes)) {
        let mut wishes = self.wishes;
        change(&mut wishes);
        crate::store::save("guesses", if wishes.guesses { "yes" } else { "" });
        crate::store::save("letters", if wishes.no_letters { "off" } else { "" });
        self.act(Action::Wish(wishes));
    }

    /// A presenter's next step: what was undone again, else the lesson's next answer.
    pub fn next_step(&self) {
        if self.player.playing {
            self.act(Action::Play(crate::state::PlayerAction::Seek(usize::MAX)));
        } else if self.view.at < self.view.steps.len() {
            self.redo();
        } else if self.is_idle() && self.queue.is_empty() {
            match self.scenario.steps.get(self.task).map(|it| it.answer.clone()) {
                Some(answer) => self.run_all(&answer),
                None => self.load(self.lesson + 1),
            }
        }
    }

    /// The page is cleared for a lesson; its text.
    fn begin(&self, lesson: usize) -> Option<String> {
        let all = crate::lessons::all();
        let lesson = lesson.min(all.len().saturating_sub(1));
        let text = &all.get(lesson)?.text;
        self.begin_with(text, lesson, true)
    }

    /// The same with the text of any scenario.
    pub fn begin_with(&self, text: &str, lesson: usize, built_in: bool) -> Option<String> {
        let inline = (!built_in).then(|| Rc::new(text.to_owned()));
        let intro = built_in && lesson == crate::lessons::INTRO && !self.wishes.guest;
        match layerglass::scenario::parse(text) {
            Ok(scenario) => {
                let scenario: Rc<Scenario> = Rc::new(scenario);
                self.act(Action::Loaded { scenario, lesson, intro, inline });
                Some(text.to_owned())
            }
            Err(why) => {
                self.act(Action::Failed(why.to_string()));
                None
            }
        }
    }

    pub fn reset(&self) {
        self.act(Action::Dialog(None));
        match self.inline.clone() {
            Some(text) => {
                if let Some(scenario) = self.begin_with(&text, self.lesson, false) {
                    self.link.send(Ask::Load { scenario });
                }
            }
            None => self.load(self.lesson),
        }
    }

    /// Makes the machine that was shared. `false`: of a lesson that is not there.
    pub fn open_shared(&self, shared: &Shared) -> bool {
        let built_in = |id: &str| crate::lessons::by_id(id).and_then(|it| self.begin(it));
        let lab = crate::lessons::LAB;
        let scenario = match &shared.start {
            Start::Blank => self.begin_with(layerglass::scenario::BLANK, lab, false),
            Start::Inline(text) => self.begin_with(text, lab, false),
            Start::Lab(id) => built_in(id),
        };
        // A text that is no scenario has failed with its line.
        let Some(scenario) = scenario else { return !matches!(shared.start, Start::Lab(_)) };
        self.make(scenario, shared);
        true
    }

    /// Does the steps that were shared on this scenario, and looks where the link looks.
    pub fn make(&self, scenario: String, shared: &Shared) {
        self.act(Action::Intro(None));
        if let Some(mount) = shared.look("mount") {
            self.act(Action::Mount(mount.to_owned()));
        }
        if shared.past.is_empty() {
            self.link.send(Ask::Load { scenario });
        } else {
            let at = shared.at.unwrap_or(shared.past.len());
            let past = shared.past.clone();
            let id = self.link.send(Ask::Restore { scenario, past, at });
            self.act(Action::Restoring(id, String::new()));
        }
        if let Some(path) = shared.look("path") {
            self.select(path.to_owned(), None);
        }
    }

    /// What a link to this moment carries.
    pub fn shared(&self) -> Shared {
        let start = match &self.inline {
            Some(text) if text.as_str() == layerglass::scenario::BLANK => Start::Blank,
            Some(text) => Start::Inline(text.to_string()),
            None => Start::Lab(self.scenario.id.clone()),
        };
        let at = self.view.at.saturating_sub(self.first());
        let scene = format!("{:?}", self.scene).to_lowercase();
        let mut looks = vec![("view".to_owned(), scene)];
        looks.extend(self.mount.clone().map(|it| ("mount".to_owned(), it)));
        looks.extend(self.selected.clone().map(|it| ("path".to_owned(), it)));
        Shared { start, past: self.past.to_vec(), at: (at < self.past.len()).then_some(at), looks }
    }

    pub fn dialog(&self, dialog: Dialog) {
        self.act(Action::Dialog(Some(dialog)));
    }

    /// Shows a scene, and the stage where panes hide each other.
    pub fn scene(&self, scene: Scene) {
        self.act(Action::Scene(scene));
        self.act(Action::Pane(Pane::Stage));
    }
}

/// Quotes a word for the shell, only if it needs it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// A path as one would type it from the working directory.
pub fn short_path(path: &str, cwd: &str) -> String {
    match crate::state::below(path, cwd) {
        Some("") => ".".to_owned(),
        Some(rest) => quoted(rest),
        None => quoted(path),
    }
}
