//! What comes in pieces and goes to the reader as a file: the browser keeps the pieces, the page never
//! has them all in its memory.

use js_sys::{Array, Uint8Array};
use layerglass::port::{FromMachine, Tell, archive};
use web_sys::wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, HtmlElement, Url};

#[derive(Default)]
pub struct Downloads(Vec<One>);

struct One {
    id: u32,
    name: String,
    parts: Array,
}

impl Downloads {
    pub fn begin(&mut self, id: u32, name: String) {
        self.0.push(One { id, name, parts: Array::new() });
    }

    /// Takes pieces out of the messages; what they say of the progress stays.
    pub fn heard(&mut self, message: FromMachine) -> Option<FromMachine> {
        let Some(at) = self.0.iter().position(|it| it.id == message.id) else {
            return Some(message);
        };
        let FromMachine { id, tell } = message;
        let tell = match tell {
            Tell::Piece { bytes, done, total } => {
                let bytes = Array::of1(&Uint8Array::from(bytes.as_slice()));
                if let Ok(blob) = Blob::new_with_u8_array_sequence(&bytes) {
                    self.0[at].parts.push(&blob);
                }
                let told = archive::Tell::Progress { done, total, layer: 0, layers: 0 };
                Tell::Archive(told)
            }
            Tell::End => {
                let One { name, parts, .. } = self.0.remove(at);
                if parts.length() > 0 {
                    let _ = hand_over(&name, &parts);
                }
                Tell::End
            }
            // It could not be had.
            tell => {
                self.0[at].parts = Array::new();
                tell
            }
        };
        Some(FromMachine { id, tell })
    }
}

/// Through a link that is never shown.
fn hand_over(name: &str, parts: &Array) -> Result<(), JsValue> {
    let blob = Blob::new_with_blob_sequence(parts)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let document = web_sys::window().and_then(|it| it.document()).ok_or(JsValue::NULL)?;
    let link: HtmlElement = document.create_element("a")?.dyn_into()?;
    link.set_attribute("href", &url)?;
    link.set_attribute("download", name)?;
    link.click();
    // Not before the browser has begun with it.
    gloo::timers::callback::Timeout::new(60_000, move || {
        let _ = Url::revoke_object_url(&url);
    })
    .forget();
    Ok(())
}
