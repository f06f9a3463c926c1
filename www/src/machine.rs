//! The machine as a module of its own, without the page: what a Worker loads, or, where there is none,
//! the page itself. It takes and gives messages of `layerglass::port` as bytes.

use gloo::timers::callback::Timeout;
use js_sys::{Function, Uint8Array};
use layerglass::port::{Server, Tell, wire};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// Messages of output that may be on their way. The host answers each with anything but bytes, once it
/// is drawn.
const AHEAD: u32 = 3;

/// Starts a machine. Its messages go to `post`; what comes back takes the host's.
#[wasm_bindgen]
pub fn serve(post: Function) -> JsValue {
    let machine = Rc::new(Machine {
        server: RefCell::new(Server::new()),
        post,
        pumping: Cell::new(false),
        ahead: Cell::new(0),
        asked: Cell::new(false),
    });
    Closure::<dyn Fn(JsValue)>::new(move |data: JsValue| machine.take(&data)).into_js_value()
}

struct Machine {
    server: RefCell<Server>,
    post: Function,
    pumping: Cell<bool>,
    /// Messages of output that the host has not drawn yet.
    ahead: Cell<u32>,
    /// A message came: it is looked at even if the host is behind.
    asked: Cell<bool>,
}

impl Machine {
    fn take(self: &Rc<Self>, data: &JsValue) {
        match data.dyn_ref::<Uint8Array>() {
            Some(bytes) => {
                let Some(message) = wire::decode(&bytes.to_vec()) else { return };
                self.server.borrow_mut().ask(message);
                self.asked.set(true);
            }
            None => self.ahead.set(self.ahead.get().saturating_sub(1)),
        }
        self.later();
    }

    fn later(self: &Rc<Self>) {
        if self.pumping.replace(true) {
            return;
        }
        let machine = Rc::clone(self);
        Timeout::new(0, move || machine.pump()).forget();
    }

    fn pump(self: &Rc<Self>) {
        self.pumping.set(false);
        if self.ahead.get() >= AHEAD && !self.asked.replace(false) {
            return;
        }
        let (tells, more) = self.server.borrow_mut().pump();
        for message in &tells {
            let is_output = matches!(message.tell, Tell::Output { .. });
            self.ahead.set(self.ahead.get() + u32::from(is_output));
            if let Some(bytes) = wire::encode(message) {
                let _ = self.post.call1(&JsValue::NULL, &Uint8Array::from(bytes.as_slice()));
            }
        }
        if more {
            self.later();
        }
    }
}

#[cfg_attr(feature = "full", allow(dead_code))]
fn main() {}
