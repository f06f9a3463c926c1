//! A machine and what keeps it going: messages in, a slice of work at a time, messages out.
//!
//! A Worker has one for its page; an element of another page has one in that page, where it gives way to
//! the browser after each slice.

use gloo::timers::callback::Timeout;
#[cfg(feature = "full")]
use js_sys::Uint8Array;
use layerglass::port::{FromMachine, Server, Tell, ToMachine};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
#[cfg(feature = "full")]
use wasm_bindgen::prelude::*;

#[cfg(feature = "full")]
use crate::blob;

/// Messages of output that may be on their way. The host answers each with [`Pump::drawn`].
const AHEAD: u32 = 3;

/// One machine.
pub struct Pump {
    server: RefCell<Server>,
    tell: Rc<dyn Fn(&FromMachine)>,
    pumping: Cell<bool>,
    /// Messages of output that the host has not drawn yet.
    ahead: Cell<u32>,
    /// A message came: it is looked at even if the host is behind.
    asked: Cell<bool>,
    /// Nobody listens any more.
    stopped: Cell<bool>,
}

impl Pump {
    /// A new machine. What it has to say goes to `tell`.
    pub fn new(tell: Rc<dyn Fn(&FromMachine)>) -> Rc<Pump> {
        let mut server = Server::new();
        let out = Rc::clone(&tell);
        server.set_out(Box::new(move |message| out(&message)));
        #[cfg(feature = "full")]
        server.set_scratch(blob::scratch);
        Rc::new(Pump {
            server: RefCell::new(server),
            tell,
            pumping: Cell::new(false),
            ahead: Cell::new(0),
            asked: Cell::new(false),
            stopped: Cell::new(false),
        })
    }

    /// A message for the machine.
    pub fn ask(self: &Rc<Self>, message: ToMachine) {
        self.server.borrow_mut().ask(message);
        self.asked.set(true);
        self.later();
    }

    /// A message of output was drawn.
    pub fn drawn(self: &Rc<Self>) {
        self.ahead.set(self.ahead.get().saturating_sub(1));
        self.later();
    }

    /// Nothing goes on any more, whatever runs in the machine.
    pub fn stop(&self) {
        self.stopped.set(true);
    }

    /// A file of the reader: `{ number, file }`. It is read where it lies; outside of a Worker, where no
    /// part can be read at once, it is read as a whole first.
    #[cfg(feature = "full")]
    pub fn lend(self: &Rc<Self>, data: &JsValue) {
        let get = |key: &str| js_sys::Reflect::get(data, &key.into()).unwrap_or_default();
        let number = get("number").as_f64().unwrap_or(0.0) as u32;
        let Ok(file) = get("file").dyn_into::<web_sys::Blob>() else { return };
        if let Some(source) = blob::source(file.clone()) {
            self.server.borrow_mut().lend(number, source);
            self.later();
            return;
        }
        let pump = Rc::clone(self);
        let whole = Closure::once(move |buffer: JsValue| {
            let bytes = Uint8Array::new(&buffer).to_vec();
            pump.server.borrow_mut().lend(number, std::sync::Arc::new(bytes));
            pump.later();
        });
        let _ = file.array_buffer().then(&whole);
        whole.forget();
    }

    fn later(self: &Rc<Self>) {
        if self.stopped.get() || self.pumping.replace(true) {
            return;
        }
        let pump = Rc::clone(self);
        Timeout::new(0, move || pump.turn()).forget();
    }

    fn turn(self: &Rc<Self>) {
        self.pumping.set(false);
        if self.stopped.get() || self.ahead.get() >= AHEAD && !self.asked.replace(false) {
            return;
        }
        let (tells, more) = self.server.borrow_mut().pump();
        for message in &tells {
            let is_output = matches!(message.tell, Tell::Output { .. });
            self.ahead.set(self.ahead.get() + u32::from(is_output));
            (self.tell)(message);
        }
        if more {
            self.later();
        }
    }
}
