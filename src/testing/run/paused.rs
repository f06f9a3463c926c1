//! A script between two operations, without the kernel it runs on: so a test can look at that
//! kernel, keep it, or go on with the script on a copy of it.

use super::Run;
use super::process::Holds;
use crate::sys::Fd;
use crate::testing::lab::Lab;
use crate::testing::observe::Observer;
use crate::testing::stage::Stage;

/// What [`Run::pause`] leaves.
#[derive(Clone)]
pub struct Paused {
    lab: Lab,
    eyes: Observer,
    holds: Holds,
    ends: (Fd, Fd),
    flags: [bool; 2],
    nodes: i64,
}

impl Run<'_> {
    pub fn pause(self) -> Paused {
        Paused {
            lab: self.lab,
            eyes: self.eyes,
            holds: self.holds,
            ends: (self.tick, self.home),
            flags: [self.mounted, self.begun],
            nodes: self.nodes,
        }
    }
}

impl Paused {
    /// Is the lab's overlay mounted on `m`?
    pub fn is_mounted(&self) -> bool {
        self.flags[0]
    }

    /// The layers and options of the script.
    pub fn lab(&self) -> &Lab {
        &self.lab
    }

    /// Goes on, on the kernel where it was paused or on a copy of it.
    pub fn resume(self, sys: &mut dyn Stage) -> Run<'_> {
        let [mounted, begun] = self.flags;
        Run {
            sys,
            lab: self.lab,
            eyes: self.eyes,
            holds: self.holds,
            tick: self.ends.0,
            home: self.ends.1,
            mounted,
            begun,
            nodes: self.nodes,
        }
    }
}
