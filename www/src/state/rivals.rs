//! Storage drivers side by side: what was chosen, and what of the run is looked at.

use layerglass::port::rivals::Tell;
use layerglass::view::rivals::{SCRIPTS, Script, Step, script};
use std::rc::Rc;

/// Most drivers that stand beside each other.
pub const LANES_MAX: usize = 6;
/// Drivers that are chosen at first: the one that most have, and the plainest.
const FIRST: [&str; 2] = ["overlay2", "vfs"];

/// A driver with the steps that are over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lane {
    pub driver: String,
    pub steps: Vec<Rc<Step>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Rivals {
    /// The drivers that there are; empty as long as nobody has asked.
    pub built: Vec<String>,
    pub chosen: Vec<String>,
    /// The script that came along and is chosen; its text may have been changed.
    pub key: &'static str,
    pub text: Rc<str>,
    pub lanes: Rc<Vec<Lane>>,
    pub running: bool,
    pub stopped: bool,
    pub refused: Option<String>,
    /// The step that is shown, from 0.
    pub at: usize,
    /// Show each step as it comes.
    pub follow: bool,
    pub playing: bool,
    /// Numbers in a table, without bars.
    pub plain: bool,
    /// The driver that the machine of the lab is to change to, once the reader agrees.
    pub switching: Option<String>,
}

impl Default for Rivals {
    fn default() -> Rivals {
        let first = script("costs").unwrap_or(&SCRIPTS[0]);
        Rivals {
            built: Vec::new(),
            chosen: FIRST.map(str::to_owned).to_vec(),
            key: first.key,
            text: first.text.into(),
            lanes: Rc::default(),
            running: false,
            stopped: false,
            refused: None,
            at: 0,
            follow: true,
            playing: false,
            plain: false,
            switching: None,
        }
    }
}

impl Rivals {
    /// Steps that are over on every machine.
    pub fn done(&self) -> usize {
        self.lanes.iter().map(|it| it.steps.len()).min().unwrap_or(0)
    }

    /// A step as every machine did it.
    pub fn step(&self, n: usize) -> Vec<&Step> {
        self.lanes.iter().filter_map(|it| it.steps.get(n).map(|it| &**it)).collect()
    }

    pub fn choose_script(&mut self, script: &'static Script) {
        (self.key, self.text) = (script.key, script.text.into());
    }

    /// Takes a driver in or out, in the order in which they are told of. The last one stays.
    pub fn toggle(&mut self, driver: &str) {
        if let Some(at) = self.chosen.iter().position(|it| it == driver) {
            if self.chosen.len() > 1 {
                self.chosen.remove(at);
            }
        } else if self.chosen.len() < LANES_MAX {
            self.chosen.push(driver.to_owned());
            let place = |it: &String| self.built.iter().position(|one| one == it);
            let mut chosen = std::mem::take(&mut self.chosen);
            chosen.sort_by_key(place);
            self.chosen = chosen;
        }
    }

    /// A run begins.
    pub fn begin(&mut self) {
        let lanes = self.chosen.iter().map(|it| Lane { driver: it.clone(), ..Lane::default() });
        self.lanes = Rc::new(lanes.collect());
        (self.running, self.stopped, self.follow) = (true, false, true);
        (self.at, self.playing, self.refused) = (0, false, None);
    }

    /// To a step, if it is there.
    pub fn goto(&mut self, n: usize) {
        self.at = n.min(self.done().saturating_sub(1));
        self.follow = self.running && self.at + 1 == self.done();
    }

    /// The machines are gone.
    pub fn crash(&mut self) {
        self.stopped |= self.running;
        self.running = false;
    }

    #[inline(never)]
    pub fn tell(&mut self, tell: Tell) {
        match tell {
            Tell::Built { drivers } => {
                self.chosen.retain(|it| drivers.contains(it));
                self.built = drivers;
            }
            Tell::Step { at, step } => {
                if let Some(lane) = Rc::make_mut(&mut self.lanes).get_mut(at) {
                    lane.steps.push(Rc::new(*step));
                }
                if self.follow {
                    self.at = self.done().saturating_sub(1);
                }
            }
            Tell::Over => self.running = false,
            Tell::Stopped => (self.running, self.stopped) = (false, true),
            Tell::Refused { message } => (self.running, self.refused) = (false, Some(message)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_shown_once_all_have_done_it() {
        let mut it = Rivals {
            built: vec!["overlay2".into(), "btrfs".into(), "vfs".into()],
            ..Rivals::default()
        };
        it.toggle("btrfs");
        assert_eq!(it.chosen, ["overlay2", "btrfs", "vfs"], "in their order");
        it.begin();
        let told = |at, n| Tell::Step { at, step: Box::new(Step { n, ..Step::default() }) };
        for at in [0, 1] {
            it.tell(told(at, 1));
        }
        assert_eq!(it.done(), 0);
        it.tell(told(2, 1));
        it.tell(told(0, 2));
        assert_eq!((it.done(), it.at, it.step(0).len(), it.step(1).len()), (1, 0, 3, 1));
        it.goto(7);
        assert_eq!(it.at, 0);
        it.tell(Tell::Stopped);
        assert!(it.stopped && !it.running);
    }
}
