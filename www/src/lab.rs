//! What every component gets: the state, and how to ask for a change.

use crate::i18n::Texts;
use crate::keep::Keep;
use crate::link::Link;
use crate::state::{Action, Dialog, Note, Pane, Scene, Shared, State, Tab};
use layerglass::port::Ask;
use layerglass::scenario::Scenario;
use layerglass::trace::step::Layer;
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
    pub dispatcher: UseReducerDispatcher<Shared>,
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
    /// Texts in the reader's language.
    pub fn t(&self) -> &'static Texts {
        self.state.lang.t()
    }

    pub fn act(&self, action: Action) {
        self.dispatcher.dispatch(action);
    }

    /// Runs a command line as if typed.
    pub fn run(&self, line: &str) {
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
        let id = self.link.send(Ask::Run { line: line.to_owned() });
        self.act(Action::Sent(id, line.to_owned()));
    }

    /// Runs several commands one after the other, each a step of its own.
    pub fn run_all(&self, text: &str) {
        self.act(Action::Queue(layerglass::port::lines::commands(text)));
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
        let first = self.view.steps.iter().take_while(|step| step.setup).count();
        if self.view.at > first {
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
        let Some(lesson) = crate::lessons::by_id(&keep.lesson) else {
            self.load(crate::lessons::LAB);
            self.act(Action::Note(Note::LogBroken));
            return;
        };
        if keep.past.is_empty() {
            self.load(lesson);
            return;
        }
        let Some(scenario) = self.begin(lesson) else { return };
        self.act(Action::Intro(keep.intro));
        self.link.send(Ask::Resize { columns: keep.columns });
        let past = keep.past.clone();
        let id = self.link.send(Ask::Restore { scenario, past, at: keep.at });
        self.act(Action::Restoring(id, keep.digest.clone()));
    }

    /// The page is cleared for a lesson; its text.
    fn begin(&self, lesson: usize) -> Option<String> {
        let lesson = lesson.min(crate::lessons::ALL.len() - 1);
        let text = crate::lessons::ALL[lesson];
        match layerglass::scenario::parse(text) {
            Ok(scenario) => {
                let scenario: Rc<Scenario> = Rc::new(scenario);
                let intro = lesson == crate::lessons::INTRO;
                self.act(Action::Loaded { scenario, lesson, intro });
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
        self.load(self.lesson);
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
