//! The machine as a module of its own, without the page: what a Worker loads, or, where there is none,
//! the page itself. It takes and gives messages of `layerglass::port` as bytes.

use js_sys::{Function, Uint8Array};
use layerglass::port::{FromMachine, wire};
use layerglass_www::pump::Pump;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// Starts a machine. Its messages go to `post`; what comes back takes the host's: bytes of a message,
/// `{ number, file }` to lend a file, null to stop, and anything else once output was drawn.
#[wasm_bindgen]
pub fn serve(post: Function) -> JsValue {
    let tell = move |message: &FromMachine| {
        if let Some(bytes) = wire::encode(message) {
            let _ = post.call1(&JsValue::NULL, &Uint8Array::from(bytes.as_slice()));
        }
    };
    let pump = Pump::new(Rc::new(tell));
    Closure::<dyn Fn(JsValue)>::new(move |data: JsValue| take(&pump, &data)).into_js_value()
}

fn take(pump: &Rc<Pump>, data: &JsValue) {
    match data.dyn_ref::<Uint8Array>() {
        Some(bytes) => {
            if let Some(message) = wire::decode(&bytes.to_vec()) {
                pump.ask(message);
            }
        }
        #[cfg(feature = "full")]
        None if data.is_object() => pump.lend(data),
        // A machine that opens no files is lent them in vain; the one that takes over gets them again.
        None if data.is_object() => {}
        None if data.is_null() => pump.stop(),
        None => pump.drawn(),
    }
}

#[cfg_attr(feature = "full", allow(dead_code))]
fn main() {}
