//! The line to the machine: a Worker with the machine's module, or, where there is none, the same
//! module in the page. Both take and give the messages of `layerglass::port` as bytes.

use crate::boot::{self, Host};
use gloo::timers::callback::Timeout;
use js_sys::Uint8Array;
use layerglass::port::{Ask, FromMachine, Tell, ToMachine, wire};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use web_sys::wasm_bindgen::{JsCast, JsValue, closure::Closure};

type Listener = Rc<dyn Fn(FromMachine)>;

/// One machine, wherever it runs.
pub struct Link {
    next: Cell<u32>,
    host: RefCell<Option<Host>>,
    listener: Listener,
    /// Called when the machine broke and a new one is there.
    crashed: Rc<dyn Fn()>,
    /// The terminal's width as it was told last.
    columns: Cell<u16>,
    /// What a Worker was asked that has not answered anything yet.
    unheard: RefCell<Option<Vec<ToMachine>>>,
}

/// What the page says when output was drawn: anything that is not bytes.
const DRAWN: JsValue = JsValue::TRUE;

impl Link {
    /// Starts a machine. Its answers go to `listener`.
    pub fn start(listener: Listener, crashed: Rc<dyn Fn()>, in_page: bool) -> Rc<Link> {
        let link = Rc::new(Link {
            next: Cell::new(1),
            host: RefCell::default(),
            listener,
            crashed,
            columns: Cell::new(80),
            unheard: RefCell::default(),
        });
        if in_page {
            link.host.replace(Some(link.in_page()));
        } else {
            link.begin();
        }
        link
    }

    /// A machine in a Worker, or in the page where there can be none.
    fn begin(self: &Rc<Self>) {
        let (tell, broke) = self.ears(Link::broke);
        let worker = boot::worker(&tell, &broke).ok();
        self.unheard.replace(worker.is_some().then(Vec::new));
        let host = worker.unwrap_or_else(|| self.in_page());
        self.host.replace(Some(host));
    }

    /// A machine in the page. If even that cannot be had, the reader is told.
    fn in_page(self: &Rc<Self>) -> Host {
        let (tell, failed) = self.ears(|link| {
            let message = "the machine could not be loaded".to_owned();
            (link.listener)(FromMachine { id: 0, tell: Tell::Error { message } });
        });
        boot::here(&tell, &failed)
    }

    /// Where a machine's messages go, and where its end.
    fn ears(self: &Rc<Self>, broke: fn(&Rc<Self>)) -> (JsValue, JsValue) {
        let weak = Rc::downgrade(self);
        let tell = Closure::<dyn Fn(JsValue)>::new(move |data: JsValue| {
            if let Some(link) = weak.upgrade() {
                link.hear(&data);
            }
        });
        let weak: Weak<Link> = Rc::downgrade(self);
        // Not from inside the Worker's own handler.
        let broke = Closure::<dyn Fn()>::new(move || {
            let weak = weak.clone();
            Timeout::new(0, move || weak.upgrade().iter().for_each(broke)).forget();
        });
        (tell.into_js_value(), broke.into_js_value())
    }

    /// A message came.
    fn hear(self: &Rc<Self>, data: &JsValue) {
        let bytes = data.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec);
        let Some(message) = bytes.and_then(|it| wire::decode::<FromMachine>(&it)) else { return };
        self.unheard.replace(None);
        let is_output = matches!(message.tell, Tell::Output { .. });
        (self.listener)(message);
        if is_output {
            // Once it is drawn, the machine may print more.
            let link = Rc::clone(self);
            Timeout::new(0, move || link.post(&DRAWN)).forget();
        }
    }

    /// The Worker broke. One that never answered (it could not be loaded) gives way to a machine in
    /// the page, which gets all that was asked; otherwise there is a new Worker with a bare machine.
    fn broke(self: &Rc<Self>) {
        if let Some(host) = self.host.take() {
            host.stop();
        }
        if let Some(asked) = self.unheard.take() {
            self.host.replace(Some(self.in_page()));
            asked.iter().for_each(|it| self.give(it));
            return;
        }
        self.begin();
        (self.crashed)();
    }

    /// The terminal's width as it was told last.
    pub fn columns(&self) -> u16 {
        self.columns.get()
    }

    /// Sends a request; answers carry the number that comes back.
    pub fn send(&self, ask: Ask) -> u32 {
        let id = self.next.get();
        self.next.set(id + 1);
        if let Ask::Resize { columns } = &ask {
            self.columns.set(*columns);
        }
        let message = ToMachine { id, ask };
        self.give(&message);
        if let Some(asked) = &mut *self.unheard.borrow_mut() {
            asked.push(message);
        }
        id
    }

    fn give(&self, message: &ToMachine) {
        if let Some(bytes) = wire::encode(message) {
            self.post(&Uint8Array::from(bytes.as_slice()));
        }
    }

    fn post(&self, data: &JsValue) {
        if let Some(host) = &*self.host.borrow() {
            host.post(data);
        }
    }

    /// Fetches the recorded kernel traces and lets the machine replay them.
    pub fn self_check(self: &Rc<Self>) {
        let (link, listener) = (Rc::clone(self), Rc::clone(&self.listener));
        boot::with_traces(
            move |cases| {
                link.send(Ask::SelfCheck { cases });
            },
            move |message| listener(FromMachine { id: 0, tell: Tell::Error { message } }),
        );
    }
}
