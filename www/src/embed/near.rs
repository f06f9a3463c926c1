//! Machines of an element: the small one in this module, the one with all commands in another that the
//! loader fetches.

use js_sys::Function;
use layerglass::port::{FromMachine, ToMachine};
use layerglass_www::boot::{self, Far};
use layerglass_www::link::{Ears, Host, Places};
use layerglass_www::pump::Pump;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// Where an element's machines come from.
pub struct Near {
    /// Called with `tell` and `broke`; gives a [`Far`].
    pub full: Function,
}

impl Places for Near {
    /// None: a Worker's script would have to come from the host's own origin.
    fn worker(&self, _: bool, _: &Ears) -> Option<Box<dyn Host>> {
        None
    }

    fn here(&self, all: bool, ears: &Ears) -> Box<dyn Host> {
        if all {
            let (tell, broke) = boot::calls(ears);
            if let Ok(far) = self.full.call2(&JsValue::NULL, &tell, &broke) {
                return Box::new(far.unchecked_into::<Far>());
            }
            (ears.broke)();
        }
        let tell = Rc::clone(&ears.tell);
        Box::new(Here(Pump::new(Rc::new(move |message: &FromMachine| tell(message.clone())))))
    }
}

struct Here(Rc<Pump>);

impl Host for Here {
    fn give(&self, message: &ToMachine) {
        self.0.ask(message.clone());
    }

    /// This machine opens no files; the one that takes over is lent them again.
    fn lend(&self, _: &JsValue) {}

    fn drawn(&self) {
        self.0.drawn();
    }

    fn stop(&self) {
        self.0.stop();
    }
}
