//! The parts of the page. Each draws state and sends actions; none keeps anything that another
//! part needs.

pub mod actions;
pub mod archive;
pub mod builds;
pub mod compare;
pub mod dialogs;
pub mod files;
pub mod glyph;
pub mod graph;
pub mod guess;
pub mod header;
pub mod inspector;
pub mod intro;
pub mod lesson;
pub mod matrix;
pub mod output;
pub mod predict;
pub mod rivals;
pub mod session;
pub mod sgr;
pub mod share;
pub mod sheets;
pub mod shelves;
pub mod split;
pub mod stack;
pub mod stage;
pub mod table;
pub mod terminal;
pub mod transport;

use crate::decimal;
use web_sys::wasm_bindgen::JsCast;
use yew::Event;

/// The value of a list that was changed.
pub fn chosen(event: &Event) -> Option<String> {
    let target: web_sys::wasm_bindgen::JsValue = event.target()?.into();
    js_sys::Reflect::get(&target, &"value".into()).ok()?.as_string()
}

/// Presses the first element of a selector.
pub fn click(selector: &str) {
    let document = web_sys::window().and_then(|it| it.document());
    let found = document.and_then(|it| it.query_selector(selector).ok().flatten());
    if let Some(element) = found.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        element.click();
    }
}

/// Puts the focus on the first element of a selector.
pub fn focus(selector: &str) {
    let document = web_sys::window().and_then(|it| it.document());
    let found = document.and_then(|it| it.query_selector(selector).ok().flatten());
    if let Some(element) = found {
        // A part of a picture takes the focus as well, and is no `HtmlElement`.
        let _ = element.unchecked_into::<web_sys::HtmlElement>().focus();
    }
}

/// Scrolls an element into view where it is out of it.
pub fn reveal(selector: &str) {
    let document = web_sys::window().and_then(|it| it.document());
    if let Some(element) = document.and_then(|it| it.query_selector(selector).ok().flatten()) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Lets an element fly to its place from `by` pixels away.
pub fn fly(element: &web_sys::Element, by: (f64, f64), ms: f64) {
    let from = js_sys::Object::new();
    let _ = js_sys::Reflect::set(
        &from,
        &"translate".into(),
        &format!("{}px {}px", decimal::short(by.0), decimal::short(by.1)).into(),
    );
    let to = js_sys::Object::new();
    let _ = js_sys::Reflect::set(&to, &"translate".into(), &"0px 0px".into());
    let animate = js_sys::Reflect::get(element, &"animate".into())
        .ok()
        .and_then(|it| it.dyn_into::<js_sys::Function>().ok());
    if let Some(animate) = animate {
        let _ = animate.call2(element, &js_sys::Array::of2(&from, &to), &ms.into());
    }
}
