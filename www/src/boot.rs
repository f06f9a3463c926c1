//! What the script of `index.html` does for the program: it knows the addresses of the other files and
//! has begun to fetch them before this program was there.

use crate::link::{Ears, Host, Places};
use js_sys::{Array, Function, Promise, Uint8Array};
use layerglass::port::{ToMachine, wire};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A machine in a Worker: calls `tell` with each message, `broke` when it stopped. `all`: the one
    /// with all commands.
    #[wasm_bindgen(js_namespace = layerglass, catch)]
    fn worker(all: bool, tell: &JsValue, broke: &JsValue) -> Result<Far, JsValue>;

    /// The same in the page itself.
    #[wasm_bindgen(js_namespace = layerglass)]
    fn here(all: bool, tell: &JsValue, broke: &JsValue) -> Far;

    /// The first lessons: an array of track and text of each.
    #[wasm_bindgen(js_namespace = layerglass)]
    fn lessons() -> Promise;

    /// The lessons of the later tracks, in the same form; they are fetched when this is called.
    #[wasm_bindgen(js_namespace = layerglass, js_name = moreLessons)]
    fn more_lessons() -> Promise;

    /// What the address says after its `#`, unpacked.
    #[wasm_bindgen(js_namespace = layerglass)]
    fn payload() -> Promise;

    /// The short form of a payload.
    #[wasm_bindgen(js_namespace = layerglass)]
    fn pack(payload: &str) -> Promise;

    /// The recorded kernel traces: an array of name and text of each.
    #[wasm_bindgen(js_namespace = layerglass)]
    fn traces() -> Promise;

    /// A machine in another module.
    pub type Far;

    #[wasm_bindgen(method)]
    fn post(this: &Far, data: &JsValue);

    #[wasm_bindgen(method)]
    fn stop(this: &Far);
}

/// What such a machine is told when output was drawn: anything that is not bytes.
const DRAWN: JsValue = JsValue::TRUE;

impl Host for Far {
    fn give(&self, message: &ToMachine) {
        if let Some(bytes) = wire::encode(message) {
            self.post(&Uint8Array::from(bytes.as_slice()));
        }
    }

    fn lend(&self, file: &JsValue) {
        self.post(file);
    }

    fn drawn(&self) {
        self.post(&DRAWN);
    }

    fn stop(&self) {
        Far::stop(self);
    }
}

/// The two calls that a machine in another module makes, for JavaScript.
pub fn calls(ears: &Ears) -> (JsValue, JsValue) {
    let tell = Rc::clone(&ears.tell);
    let tell = Closure::<dyn Fn(JsValue)>::new(move |data: JsValue| {
        let bytes = data.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec);
        if let Some(message) = bytes.and_then(|it| wire::decode(&it)) {
            tell(message);
        }
    });
    let broke = Rc::clone(&ears.broke);
    let broke = Closure::<dyn Fn()>::new(move || broke());
    (tell.into_js_value(), broke.into_js_value())
}

/// The lab's machines: the small one and the full one, each in a Worker or in the page.
pub struct Beside;

impl Places for Beside {
    fn worker(&self, all: bool, ears: &Ears) -> Option<Box<dyn Host>> {
        let (tell, broke) = calls(ears);
        let far = worker(all, &tell, &broke).ok()?;
        Some(Box::new(far))
    }

    fn here(&self, all: bool, ears: &Ears) -> Box<dyn Host> {
        let (tell, broke) = calls(ears);
        Box::new(here(all, &tell, &broke))
    }
}

/// Calls `done` with the first lessons (track and text). Where they cannot be had, nothing is called:
/// the script of `index.html` tells the reader.
pub fn with_lessons(done: impl FnOnce(Vec<(String, String)>) + 'static) {
    let done = Closure::once(move |lessons: Array| done(pairs(&lessons)));
    then(&lessons(), done.into_js_value().unchecked_ref(), None);
}

/// Calls `done` with what the address says, or with what is wrong with it: a kind and a detail.
pub fn with_payload(done: impl FnOnce(Result<String, (String, String)>) + 'static) {
    let done = Rc::new(std::cell::Cell::new(Some(done)));
    let other = Rc::clone(&done);
    let failed = Closure::once(move |why: JsValue| {
        let get = |key: &str| js_sys::Reflect::get(&why, &key.into()).unwrap_or_default();
        let text = |it: JsValue| it.as_string().or(it.as_f64().map(|it| it.to_string()));
        let kind = text(get("kind")).unwrap_or_else(|| "packed".to_owned());
        if let Some(done) = other.take() {
            done(Err((kind, text(get("detail")).unwrap_or_default())));
        }
    });
    let done = Closure::once(move |it: JsValue| {
        if let Some(done) = done.take() {
            done(Ok(it.as_string().unwrap_or_default()));
        }
    });
    then(&payload(), done.into_js_value().unchecked_ref(), Some(failed.into_js_value()));
}

/// Calls `done` with the short form of a payload; with the payload itself where it cannot be packed.
pub fn with_packed(payload: String, done: impl Fn(String) + 'static) {
    let done = Rc::new(done);
    let (fallback, instead) = (payload.clone(), Rc::clone(&done));
    let failed = Closure::once(move |_: JsValue| instead(fallback));
    let packed = pack(&payload);
    let done = Closure::once(move |it: JsValue| done(it.as_string().unwrap_or_default()));
    then(&packed, done.into_js_value().unchecked_ref(), Some(failed.into_js_value()));
}

/// Calls `done` with the lessons of the later tracks; with none if they cannot be had.
pub fn with_more_lessons(done: impl FnOnce(Vec<(String, String)>) + 'static) {
    let done = std::rc::Rc::new(std::cell::Cell::new(Some(done)));
    let call = move |lessons: JsValue| {
        if let Some(done) = done.take() {
            done(lessons.dyn_into::<Array>().map(|it| pairs(&it)).unwrap_or_default());
        }
    };
    let failed = Closure::once(call.clone());
    let done = Closure::once(call);
    let failed = Some(failed.into_js_value());
    then(&more_lessons(), done.into_js_value().unchecked_ref(), failed);
}

fn pairs(list: &Array) -> Vec<(String, String)> {
    let pair = |it: JsValue| {
        let pair = it.dyn_into::<Array>().ok()?;
        Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
    };
    list.iter().filter_map(pair).collect()
}

/// Calls one of them: with the recorded traces, or with what went wrong.
pub fn with_traces(
    done: impl FnOnce(Vec<(String, String)>) + 'static,
    failed: impl FnOnce(String) + 'static,
) {
    let done = Closure::once(move |traces: Array| done(pairs(&traces)));
    let failed = Closure::once(move |why: JsValue| {
        let told = js_sys::Reflect::get(&why, &"message".into()).ok().and_then(|it| it.as_string());
        failed(told.unwrap_or_else(|| "corpus.json could not be read".to_owned()));
    });
    then(&traces(), done.into_js_value().unchecked_ref(), Some(failed.into_js_value()));
}

fn then(promise: &Promise, done: &Function, failed: Option<JsValue>) {
    let then = js_sys::Reflect::get(promise, &"then".into()).ok();
    if let Some(then) = then.and_then(|it| it.dyn_into::<Function>().ok()) {
        let _ = then.call2(promise, done, &failed.unwrap_or(JsValue::UNDEFINED));
    }
}
