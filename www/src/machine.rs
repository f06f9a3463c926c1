//! The machine as a module of its own, without the page: what a Worker loads, or, where there is none,
//! the page itself. It takes and gives messages of `layerglass::port` as bytes.

/// Files of the reader, for the machine that can look into archives.
#[cfg(feature = "full")]
#[path = "blob.rs"]
mod blob;

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
    let mut server = Server::new();
    let out = post.clone();
    server.set_out(Box::new(move |message| {
        if let Some(bytes) = wire::encode(&message) {
            let _ = out.call1(&JsValue::NULL, &Uint8Array::from(bytes.as_slice()));
        }
    }));
    #[cfg(feature = "full")]
    server.set_scratch(blob::scratch);
    let machine = Rc::new(Machine {
        server: RefCell::new(server),
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
            None if data.is_object() => self.lend(data),
            None => self.ahead.set(self.ahead.get().saturating_sub(1)),
        }
        self.later();
    }

    /// A file of the reader: `{ number, file }`. It is read where it lies; outside of a Worker, where no
    /// part can be read at once, it is read as a whole first.
    #[cfg(feature = "full")]
    fn lend(self: &Rc<Self>, data: &JsValue) {
        let get = |key: &str| js_sys::Reflect::get(data, &key.into()).unwrap_or_default();
        let number = get("number").as_f64().unwrap_or(0.0) as u32;
        let Ok(file) = get("file").dyn_into::<web_sys::Blob>() else { return };
        if let Some(source) = blob::source(file.clone()) {
            self.server.borrow_mut().lend(number, source);
            return;
        }
        let machine = Rc::clone(self);
        let whole = Closure::once(move |buffer: JsValue| {
            let bytes = Uint8Array::new(&buffer).to_vec();
            machine.server.borrow_mut().lend(number, std::sync::Arc::new(bytes));
            machine.later();
        });
        let _ = file.array_buffer().then(&whole);
        whole.forget();
    }

    /// This machine opens no files; the one that takes over is lent them again.
    #[cfg(not(feature = "full"))]
    fn lend(self: &Rc<Self>, _: &JsValue) {}

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
