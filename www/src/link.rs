//! The line to the machine: a Worker with the machine's module, or, where there is none, the same
//! module in the page. Both take and give the messages of `layerglass::port` as bytes.
//!
//! The first machine has the usual commands. When it tells that it is outgrown, one with all commands
//! takes over (`swap`), and nobody beyond this file notices.

mod downloads;
mod pending;
mod swap;

use crate::boot::{self, Host};
use downloads::Downloads;
use gloo::timers::callback::Timeout;
use js_sys::Uint8Array;
use layerglass::port::{Ask, FromMachine, Tell, ToMachine, wire};
use pending::Pending;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use swap::Swap;
use web_sys::wasm_bindgen::{JsCast, JsValue, closure::Closure};

type Listener = Rc<dyn Fn(FromMachine)>;

/// One machine, wherever it runs.
pub struct Link {
    next: Cell<u32>,
    host: RefCell<Option<Host>>,
    listener: Listener,
    trouble: Rc<dyn Fn(Trouble)>,
    /// The terminal's width as it was told last.
    columns: Cell<u16>,
    /// What was asked and is not answered to the end.
    pending: RefCell<Pending>,
    /// Nothing came from this machine yet.
    unheard: Cell<bool>,
    in_page: bool,
    /// The machine has all commands.
    all: Cell<bool>,
    /// A machine with all commands is taking over.
    swap: RefCell<Option<Swap>>,
    /// Files of the reader that every machine is lent.
    files: RefCell<Vec<JsValue>>,
    /// What comes in pieces, to be handed to the reader.
    downloads: RefCell<Downloads>,
}

/// What the page has to know of the machine beside its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The machine broke, and a new one is there.
    Crashed,
    /// The machine with all commands could not be loaded; the other one goes on.
    NoPart,
    /// No machine could be loaded.
    NoMachine,
}

/// What the page says when output was drawn: anything that is not bytes.
const DRAWN: JsValue = JsValue::TRUE;

impl Link {
    /// Starts a machine. Its answers go to `listener`.
    pub fn start(listener: Listener, trouble: Rc<dyn Fn(Trouble)>, in_page: bool) -> Rc<Link> {
        let link = Rc::new(Link {
            next: Cell::new(1),
            host: RefCell::default(),
            listener,
            trouble,
            columns: Cell::new(80),
            pending: RefCell::default(),
            unheard: Cell::new(true),
            in_page,
            all: Cell::new(false),
            swap: RefCell::default(),
            files: RefCell::default(),
            downloads: RefCell::default(),
        });
        link.begin();
        link
    }

    /// A new machine: in a Worker, or in the page where there can be none.
    fn begin(self: &Rc<Self>) {
        self.unheard.set(true);
        let (tell, broke) = self.ears(Link::broke);
        let worker = (!self.in_page).then(|| boot::worker(self.all.get(), &tell, &broke).ok());
        let host = worker.flatten().unwrap_or_else(|| self.here());
        self.use_host(host);
    }

    /// From now on this machine is asked. It is lent what the reader chose.
    fn use_host(&self, host: Host) {
        self.files.borrow().iter().for_each(|it| host.post(it));
        self.host.replace(Some(host));
    }

    /// Lends a file to the machine; its number.
    pub fn lend(&self, file: &JsValue) -> u32 {
        let number = self.files.borrow().len() as u32;
        let lent = js_sys::Object::new();
        let _ = js_sys::Reflect::set(&lent, &"number".into(), &number.into());
        let _ = js_sys::Reflect::set(&lent, &"file".into(), file);
        self.post(&lent);
        self.files.borrow_mut().push(lent.into());
        number
    }

    /// Asks for a file that comes in pieces and is handed to the reader under this name.
    pub fn download(&self, ask: Ask, name: String) {
        let id = self.send(ask);
        self.downloads.borrow_mut().begin(id, name);
    }

    /// A machine in the page. Where even that cannot be had there is no other way.
    fn here(self: &Rc<Self>) -> Host {
        let (tell, failed) = self.ears(|link| {
            if !link.swap_failed() {
                (link.trouble)(Trouble::NoMachine);
            }
        });
        boot::here(self.all.get(), &tell, &failed)
    }

    /// Where a machine's messages go, and where its end.
    fn ears(self: &Rc<Self>, broke: fn(&Rc<Self>)) -> (JsValue, JsValue) {
        let weak = Rc::downgrade(self);
        let tell = Closure::<dyn Fn(JsValue)>::new(move |data: JsValue| {
            if let Some(link) = weak.upgrade() {
                link.hear(&data);
            }
        });
        let weak = Rc::downgrade(self);
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
        self.unheard.set(false);
        let is_output = matches!(message.tell, Tell::Output { .. });
        if let Some(message) = self.of_swap(message) {
            let news = self.pending.borrow_mut().heard(message);
            let news = news.and_then(|it| self.downloads.borrow_mut().heard(it));
            news.into_iter().for_each(|it| (self.listener)(it));
        }
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
        if self.swap_failed() {
            return;
        }
        if self.unheard.get() {
            self.use_host(self.here());
            let messages = self.pending.borrow_mut().again(None);
            messages.iter().for_each(|it| self.give(it));
            return;
        }
        self.pending.replace(Pending::default());
        self.begin();
        (self.trouble)(Trouble::Crashed);
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
        if self.swap.borrow().is_none() {
            self.give(&message);
        }
        self.pending.borrow_mut().asked(message);
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
