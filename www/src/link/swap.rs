//! A machine with all commands takes over from one that was outgrown: it is brought to where that one
//! stood, unheard, then it is asked what is not answered yet. If it cannot be had, the old machine goes
//! on and the command that needed the other one is given up.

use super::{Host, Link, Trouble};
use layerglass::machine::journal::Given;
use layerglass::port::{Ask, FromMachine, Tell, ToMachine};
use std::rc::Rc;

/// What is kept while the other machine comes.
pub struct Swap {
    /// The machine that was outgrown.
    pub(super) old: Option<Box<dyn Host>>,
    /// The request that it could not do, and what it was given.
    id: u32,
    given: Vec<Given>,
    /// The first request that the old machine did not get.
    first: u32,
}

/// Numbers that the page does not use: answers that nobody needs, and the one that ends a takeover.
const QUIET: u32 = 0;
const TAKEOVER: u32 = u32::MAX;

impl Link {
    /// Takes what belongs to a takeover out of the messages.
    pub(super) fn of_swap(self: &Rc<Self>, message: FromMachine) -> Option<FromMachine> {
        match message {
            FromMachine { id, tell: Tell::Outgrown { scenario, past, at, given } } => {
                let (old, first) = (self.host.take(), self.next.get());
                let is_start = self.pending.borrow().is_start(id);
                // A machine that was still being made is made again.
                let ask = if is_start { Ask::View } else { Ask::Restore { scenario, past, at } };
                self.begin_swap(Swap { old, id, given, first }, ask);
                None
            }
            FromMachine { id: TAKEOVER, tell } => {
                if tell.is_last() {
                    self.end_swap();
                }
                None
            }
            FromMachine { id: QUIET, .. } => None,
            message => Some(message),
        }
    }

    fn begin_swap(self: &Rc<Self>, swap: Swap, ask: Ask) {
        self.all.set(true);
        self.swap.replace(Some(swap));
        self.begin();
        self.give(&ToMachine { id: QUIET, ask: Ask::Resize { columns: self.columns() } });
        self.give(&ToMachine { id: TAKEOVER, ask });
    }

    /// The other machine stands where the old one stood.
    fn end_swap(&self) {
        let Some(swap) = self.swap.take() else { return };
        if let Some(old) = swap.old {
            old.stop();
        }
        let again = self.pending.borrow_mut().again(Some((swap.id, &swap.given)));
        again.iter().for_each(|it| self.give(it));
    }

    /// The other machine could not be had. `false`: there was no takeover.
    pub(super) fn swap_failed(self: &Rc<Self>) -> bool {
        let Some(swap) = self.swap.take() else { return false };
        self.all.set(false);
        self.unheard.set(false);
        self.host.replace(swap.old);
        (self.trouble)(Trouble::NoPart);
        self.give(&ToMachine { id: QUIET, ask: Ask::Interrupt });
        let late = self.pending.borrow().since(swap.first);
        late.iter().for_each(|it| self.give(it));
        true
    }
}
