//! The line to the machine, wherever it runs ([`Places`]): in a Worker, in another module of the page, or
//! in this one. All take and give the messages of `layerglass::port`.
//!
//! The first machine has the usual commands. When it tells that it is outgrown, one with all commands
//! takes over (`swap`), and nobody beyond this file notices.

mod downloads;
mod pending;
mod swap;

use crate::boot;
use downloads::Downloads;
use gloo::timers::callback::Timeout;
use layerglass::port::{Ask, FromMachine, Tell, ToMachine};
use pending::Pending;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use swap::Swap;
use web_sys::wasm_bindgen::JsValue;

type Listener = Rc<dyn Fn(FromMachine)>;

/// Where one machine runs.
pub trait Host {
    fn give(&self, message: &ToMachine);
    /// A file of the reader: `{ number, file }`.
    fn lend(&self, file: &JsValue);
    /// A message of output was drawn: the machine may print more.
    fn drawn(&self);
    fn stop(&self);
}

/// Where a machine's messages go, and where its end.
pub struct Ears {
    pub tell: Rc<dyn Fn(FromMachine)>,
    pub broke: Rc<dyn Fn()>,
}

/// Where machines can be had. `all`: one with all commands.
pub trait Places {
    /// One that computes while the page goes on; `None` where there can be none.
    fn worker(&self, all: bool, ears: &Ears) -> Option<Box<dyn Host>>;
    /// One in the page itself.
    fn here(&self, all: bool, ears: &Ears) -> Box<dyn Host>;
}

/// One machine, wherever it runs.
pub struct Link {
    next: Cell<u32>,
    places: Box<dyn Places>,
    host: RefCell<Option<Box<dyn Host>>>,
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

impl Link {
    /// Starts a machine. Its answers go to `listener`.
    pub fn start(
        places: Box<dyn Places>,
        listener: Listener,
        trouble: Rc<dyn Fn(Trouble)>,
        in_page: bool,
    ) -> Rc<Link> {
        let link = Rc::new(Link {
            next: Cell::new(1),
            places,
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
        let ears = self.ears(Link::broke);
        let worker = (!self.in_page).then(|| self.places.worker(self.all.get(), &ears));
        let host = worker.flatten().unwrap_or_else(|| self.here());
        self.use_host(host);
    }

    /// From now on this machine is asked. It is lent what the reader chose.
    fn use_host(&self, host: Box<dyn Host>) {
        self.files.borrow().iter().for_each(|it| host.lend(it));
        self.host.replace(Some(host));
    }

    /// Lends a file to the machine; its number.
    pub fn lend(&self, file: &JsValue) -> u32 {
        let number = self.files.borrow().len() as u32;
        let lent = js_sys::Object::new();
        let _ = js_sys::Reflect::set(&lent, &"number".into(), &number.into());
        let _ = js_sys::Reflect::set(&lent, &"file".into(), file);
        if let Some(host) = &*self.host.borrow() {
            host.lend(&lent);
        }
        self.files.borrow_mut().push(lent.into());
        number
    }

    /// Asks for a file that comes in pieces and is handed to the reader under this name.
    pub fn download(&self, ask: Ask, name: String) {
        let id = self.send(ask);
        self.downloads.borrow_mut().begin(id, name);
    }

    /// A machine in the page. Where even that cannot be had there is no other way.
    fn here(self: &Rc<Self>) -> Box<dyn Host> {
        let ears = self.ears(|link| {
            if !link.swap_failed() {
                (link.trouble)(Trouble::NoMachine);
            }
        });
        self.places.here(self.all.get(), &ears)
    }

    /// What a machine's messages and its end do here.
    fn ears(self: &Rc<Self>, broke: fn(&Rc<Self>)) -> Ears {
        let weak = Rc::downgrade(self);
        let tell = move |message| {
            if let Some(link) = weak.upgrade() {
                link.hear(message);
            }
        };
        let weak = Rc::downgrade(self);
        // Not from inside the Worker's own handler.
        let broke = move || {
            let weak = weak.clone();
            Timeout::new(0, move || weak.upgrade().iter().for_each(broke)).forget();
        };
        Ears { tell: Rc::new(tell), broke: Rc::new(broke) }
    }

    /// A message came.
    fn hear(self: &Rc<Self>, message: FromMachine) {
        self.unheard.set(false);
        let is_output = matches!(message.tell, Tell::Output { .. });
        if let Some(message) = self.of_swap(message) {
            let news = self.pending.borrow_mut().heard(message);
            let news = news.and_then(|it| self.downloads.borrow_mut().heard(it));
            news.into_iter().for_each(|it| (self.listener)(it));
        }
        if is_output {
            // Once it is drawn, the machine may print more.
            let link = Rc::downgrade(self);
            let drawn = move || {
                if let Some(link) = link.upgrade() {
                    link.host.borrow().iter().for_each(|it| it.drawn());
                }
            };
            Timeout::new(0, drawn).forget();
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
        if let Some(host) = &*self.host.borrow() {
            host.give(message);
        }
    }

    /// The machine stops: nobody looks at it any more.
    pub fn stop(&self) {
        if let Some(host) = self.host.take() {
            host.stop();
        }
        if let Some(old) = self.swap.take().and_then(|it| it.old) {
            old.stop();
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
