//! What the script of `index.html` does for the program: it knows the addresses of the other files and
//! has begun to fetch them before this program was there.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A machine in a Worker: calls `tell` with each message, `broke` when it stopped. `all`: the one
    /// with all commands.
    #[wasm_bindgen(js_namespace = layerglass, catch)]
    pub fn worker(all: bool, tell: &JsValue, broke: &JsValue) -> Result<Host, JsValue>;

    /// The same in the page itself.
    #[wasm_bindgen(js_namespace = layerglass)]
    pub fn here(all: bool, tell: &JsValue, broke: &JsValue) -> Host;

    /// The first lessons: an array of track and text of each.
    #[wasm_bindgen(js_namespace = layerglass)]
    fn lessons() -> Promise;

    /// The lessons of the later tracks, in the same form; they are fetched when this is called.
    #[wasm_bindgen(js_namespace = layerglass, js_name = moreLessons)]
    fn more_lessons() -> Promise;

    /// The recorded kernel traces: an array of name and text of each.
    #[wasm_bindgen(js_namespace = layerglass)]
    fn traces() -> Promise;

    /// Where a machine runs.
    pub type Host;

    #[wasm_bindgen(method)]
    pub fn post(this: &Host, data: &JsValue);

    #[wasm_bindgen(method)]
    pub fn stop(this: &Host);
}

/// Calls `done` with the first lessons (track and text). Where they cannot be had, nothing is called:
/// the script of `index.html` tells the reader.
pub fn with_lessons(done: impl FnOnce(Vec<(String, String)>) + 'static) {
    let done = Closure::once(move |lessons: Array| done(pairs(&lessons)));
    then(&lessons(), done.into_js_value().unchecked_ref(), None);
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
