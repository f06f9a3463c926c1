//! The parts of the page. Each draws state and sends actions; none keeps anything that another
//! part needs.

pub mod dialogs;
pub mod files;
pub mod glyph;
pub mod header;
pub mod inspector;
pub mod intro;
pub mod lesson;
pub mod matrix;
pub mod predict;
pub mod sgr;
pub mod stack;
pub mod stage;
pub mod terminal;
pub mod transport;

use web_sys::wasm_bindgen::JsCast;

/// Puts the focus on the first element of a selector.
pub fn focus(selector: &str) {
    let document = web_sys::window().and_then(|it| it.document());
    let found = document.and_then(|it| it.query_selector(selector).ok().flatten());
    if let Some(element) = found.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = element.focus();
    }
}
