//! The line to the machine: a Worker of this very program, or, where there is none, the machine
//! in the page, a slice at a time. Both speak the messages of `layerglass::port`.

use gloo::timers::callback::Timeout;
use layerglass::port::{Ask, FromMachine, Server, Tell, ToMachine};
use serde::{Serialize, de::DeserializeOwned};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use web_sys::wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

type Listener = Rc<dyn Fn(FromMachine)>;

/// One machine, wherever it runs.
pub struct Link {
    next: Cell<u32>,
    body: RefCell<Body>,
    listener: Listener,
    /// Called when the Worker broke and a new machine is there.
    crashed: Rc<dyn Fn()>,
    /// The terminal's width as it was told last.
    columns: Cell<u16>,
    /// What a Worker was asked that has not answered anything yet.
    unheard: RefCell<Option<Vec<ToMachine>>>,
}

/// What the page says when output was drawn.
const DRAWN: &str = "drawn";
/// Messages of output that may be on their way.
const AHEAD: u32 = 3;

enum Body {
    Worker(Worker),
    Page(Rc<InPage>),
}

impl Link {
    /// Starts a machine. Its answers go to `listener`.
    pub fn start(listener: Listener, crashed: Rc<dyn Fn()>, in_page: bool) -> Rc<Link> {
        let link = Rc::new(Link {
            next: Cell::new(1),
            body: RefCell::new(Body::Page(InPage::new(Rc::clone(&listener)))),
            listener,
            crashed,
            columns: Cell::new(80),
            unheard: RefCell::default(),
        });
        if let Some(worker) = (!in_page).then(|| worker(&link)).flatten() {
            *link.body.borrow_mut() = Body::Worker(worker);
            *link.unheard.borrow_mut() = Some(Vec::new());
        }
        link
    }

    /// The Worker broke. One that never answered (it could not be loaded) gives way to a machine in
    /// the page, which gets all that was asked; otherwise there is a new Worker with a bare machine.
    fn broke(self: &Rc<Self>) {
        if let Body::Worker(worker) = &*self.body.borrow() {
            worker.set_onmessage(None);
            worker.set_onerror(None);
            worker.terminate();
        }
        let in_page = || Body::Page(InPage::new(Rc::clone(&self.listener)));
        if let Some(asked) = self.unheard.take() {
            *self.body.borrow_mut() = in_page();
            if let Body::Page(page) = &*self.body.borrow() {
                asked.into_iter().for_each(|it| page.ask(it));
            }
            return;
        }
        let body = worker(self).map_or_else(in_page, Body::Worker);
        *self.unheard.borrow_mut() = matches!(body, Body::Worker(_)).then(Vec::new);
        *self.body.borrow_mut() = body;
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
        if let Some(asked) = &mut *self.unheard.borrow_mut() {
            asked.push(message.clone());
        }
        match &*self.body.borrow() {
            Body::Worker(worker) => {
                if let Some(bytes) = encode(&message) {
                    let _ = worker.post_message(&bytes);
                }
            }
            Body::Page(page) => page.ask(message),
        }
        id
    }

    /// Output was drawn.
    fn drawn(&self) {
        if let Body::Worker(worker) = &*self.body.borrow() {
            let _ = worker.post_message(&JsValue::from_str(DRAWN));
        }
    }

    /// Fetches the recorded kernel traces and lets the machine replay them.
    pub fn self_check(self: &Rc<Self>) {
        let link = Rc::clone(self);
        let done = Closure::once_into_js(move |text: JsValue| {
            if let Some(bundle) = text.as_string() {
                link.send(Ask::SelfCheck { bundle });
            }
        });
        let link = Rc::clone(self);
        let failed = Closure::once_into_js(move |why: JsValue| {
            let message = why.as_string().unwrap_or_else(|| "corpus.json could not be read".into());
            (link.listener)(FromMachine { id: 0, tell: Tell::Error { message } });
        });
        let _ = fetch_text("corpus.json", &done, &failed);
    }
}

/// A message as the bytes that pass between the page and its Worker.
fn encode<T: Serialize>(message: &T) -> Option<js_sys::Uint8Array> {
    Some(js_sys::Uint8Array::from(postcard::to_allocvec(message).ok()?.as_slice()))
}

/// The message of such bytes; nothing for data of any other kind.
fn decode<T: DeserializeOwned>(data: &JsValue) -> Option<T> {
    let bytes = data.dyn_ref::<js_sys::Uint8Array>()?.to_vec();
    postcard::from_bytes(&bytes).ok()
}

fn fetch_text(url: &str, done: &JsValue, failed: &JsValue) -> Result<(), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let to_text = Closure::once_into_js(|response: web_sys::Response| response.text());
    let promise: JsValue = window.fetch_with_str(url).into();
    let then: js_sys::Function = js_sys::Reflect::get(&promise, &"then".into())?.dyn_into()?;
    let text = then.call1(&promise, &to_text)?;
    let then: js_sys::Function = js_sys::Reflect::get(&text, &"then".into())?.dyn_into()?;
    then.call2(&text, done, failed)?;
    Ok(())
}

/// The Worker: a small script that loads this page's own program and calls [`serve`].
fn worker(link: &Rc<Link>) -> Option<Worker> {
    let document = web_sys::window()?.document()?;
    let script = attribute(&document, "link[rel=modulepreload][href$='.js']")?;
    let wasm = attribute(&document, "link[rel=preload][href$='.wasm']")?;
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let worker = Worker::new_with_options("worker.js", &options).ok()?;
    let hello = js_sys::Array::of2(&script.into(), &wasm.into());
    worker.post_message(&hello).ok()?;
    let weak = Rc::downgrade(link);
    let onmessage = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let Some(link) = weak.upgrade() else { return };
        let Some(message) = decode::<FromMachine>(&event.data()) else { return };
        *link.unheard.borrow_mut() = None;
        let is_output = matches!(message.tell, Tell::Output { .. });
        (link.listener)(message);
        if is_output {
            // Once it is drawn, the machine may print more.
            Timeout::new(0, move || link.drawn()).forget();
        }
    });
    worker.set_onmessage(Some(onmessage.as_ref().unchecked_ref()));
    onmessage.forget();
    let weak = Rc::downgrade(link);
    let onerror = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
        // It is answered here; the browser need not report it as well.
        if let Some(event) = event.dyn_ref::<web_sys::Event>() {
            event.prevent_default();
        }
        // Not from inside the Worker's own handler.
        let weak = weak.clone();
        let broke = move || weak.upgrade().iter().for_each(Link::broke);
        Timeout::new(0, broke).forget();
    });
    worker.set_onerror(Some(onerror.as_ref().unchecked_ref()));
    onerror.forget();
    Some(worker)
}

/// The absolute address in an element of the page's head.
fn attribute(document: &web_sys::Document, selector: &str) -> Option<String> {
    let element = document.query_selector(selector).ok().flatten()?;
    js_sys::Reflect::get(&element, &"href".into()).ok()?.as_string()
}

/// The machine in the page.
struct InPage {
    server: RefCell<Server>,
    listener: Listener,
    pumping: Cell<bool>,
    /// Messages of output that the other side has not drawn yet, where it tells.
    ahead: Rc<Cell<u32>>,
    /// A message came: it is looked at even if the other side is behind.
    asked: Cell<bool>,
}

impl InPage {
    fn new(listener: Listener) -> Rc<InPage> {
        InPage::with(Rc::default(), listener)
    }

    /// With a count of output that is on its way.
    fn with(ahead: Rc<Cell<u32>>, listener: Listener) -> Rc<InPage> {
        Rc::new(InPage {
            server: RefCell::new(Server::new()),
            listener,
            pumping: Cell::new(false),
            ahead,
            asked: Cell::new(false),
        })
    }

    fn ask(self: &Rc<Self>, message: ToMachine) {
        self.server.borrow_mut().ask(message);
        self.asked.set(true);
        self.later();
    }

    /// The other side has drawn a message of output.
    fn drawn(self: &Rc<Self>) {
        self.ahead.set(self.ahead.get().saturating_sub(1));
        self.later();
    }

    fn later(self: &Rc<Self>) {
        if self.pumping.replace(true) {
            return;
        }
        let page = Rc::clone(self);
        Timeout::new(0, move || {
            page.pumping.set(false);
            if page.ahead.get() >= AHEAD && !page.asked.replace(false) {
                return;
            }
            let (tells, more) = page.server.borrow_mut().pump();
            for tell in tells {
                (page.listener)(tell);
            }
            if more {
                page.later();
            }
        })
        .forget();
    }
}

/// The Worker's side: called when there is no window.
pub fn serve() {
    let global: web_sys::DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let port = global.clone();
    let ahead = Rc::new(Cell::new(0));
    let counted = Rc::clone(&ahead);
    let page = InPage::with(
        ahead,
        Rc::new(move |message: FromMachine| {
            if matches!(message.tell, Tell::Output { .. }) {
                counted.set(counted.get() + 1);
            }
            if let Some(bytes) = encode(&message) {
                let _ = port.post_message(&bytes);
            }
        }),
    );
    let onmessage = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let data = event.data();
        if data.as_string().is_some_and(|text| text == DRAWN) {
            page.drawn();
        } else if let Some(message) = decode(&data) {
            page.ask(message);
        }
    });
    global.set_onmessage(Some(onmessage.as_ref().unchecked_ref()));
    onmessage.forget();
    // Tells worker.js that messages may come now.
    let _ = js_sys::Reflect::set(&global, &"served".into(), &JsValue::TRUE);
}
