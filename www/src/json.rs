//! JSON of the files that a reader keeps. The browser prints and reads it: nothing of that has to be in
//! the page's own program.

use js_sys::JSON;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

/// With a line for each value, as people read it; empty if the value has no form in JSON.
pub fn to_text(value: &impl Serialize) -> String {
    let value = value.serialize(&serde_wasm_bindgen::Serializer::json_compatible());
    let text = value.ok().and_then(|it| {
        JSON::stringify_with_replacer_and_space(&it, &JsValue::NULL, &JsValue::from(2)).ok()
    });
    text.map(String::from).unwrap_or_default()
}

/// What a text holds, if it is JSON of this form.
pub fn from_text<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_wasm_bindgen::from_value(JSON::parse(text).ok()?).ok()
}
