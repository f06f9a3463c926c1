//! What the machine told becomes state.

use super::{Check, Dialog, Entry, Known, Note, State, Tab};
use crate::guess;
use layerglass::port::{Stream, Tell};
use layerglass::view::View;
use std::rc::Rc;

/// Futures that are kept beside the one that is on.
const BRANCHES_MAX: usize = 9;

impl State {
    pub(super) fn tell(&mut self, id: u32, tell: Tell) {
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
            // What an author has put into a page was not left there by the reader.
            Tell::Restored { lost: 0, .. } if self.wishes.guest => {}
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
            Tell::Picture { text } => self.picture = Some(Rc::new(text)),
            Tell::Archive(told) => Rc::make_mut(&mut self.archive).tell(told),
            Tell::Rivals(told) => Rc::make_mut(&mut self.rivals).tell(told),
            Tell::Outgrown { .. } | Tell::Piece { .. } => {}
            Tell::Commands { lines } => self.queue.extend(lines),
            Tell::Waiting { prompt } => self.asks = Some(prompt),
            Tell::End => {
                self.ready = true;
                self.restored(id);
                if self.archive.coming.is_some() {
                    Rc::make_mut(&mut self.archive).coming = None;
                }
                if self.running == Some(id) {
                    (self.running, self.asks) = (None, None);
                    self.entry(id, |entry| entry.status = entry.status.or(Some(0)));
                }
            }
        }
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
}
