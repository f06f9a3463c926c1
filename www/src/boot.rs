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

    /// The texts of the lessons.
    #[wasm_bindgen(js_namespace = layerglass)]
    fn lessons() -> Promise;

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

/// Calls `done` with the texts of the lessons. Where they cannot be had, nothing is called: the script
/// of `index.html` tells the reader.
pub fn with_lessons(done: impl FnOnce(Vec<String>) + 'static) {
    let done = Closure::once(move |texts: Array| {
        done(texts.iter().filter_map(|it| it.as_string()).collect());
    });
    then(&lessons(), done.into_js_value().unchecked_ref(), None);
}

/// Calls one of them: with the recorded traces, or with what went wrong.
pub fn with_traces(
    done: impl FnOnce(Vec<(String, String)>) + 'static,
    failed: impl FnOnce(String) + 'static,
) {
    let done = Closure::once(move |traces: Array| {
        let pair = |it: JsValue| {
            let pair = it.dyn_into::<Array>().ok()?;
            Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
        };
        done(traces.iter().filter_map(pair).collect());
    });
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
