//! Where elements draw: an app of Yew never takes its listeners from its host, nor can it be freed with them, so
//! the host of an element that was taken away is kept, empty, for the next one. A page that shows and hides
//! elements a thousand times has as many hosts as it had elements at once.

use crate::bridge::Bridge;
use crate::layout::Embedded;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use web_sys::Element;
use yew::prelude::*;

thread_local! {
    static IDLE: RefCell<Vec<Host>> = RefCell::default();
}

/// An app, and the element of the document that it fills.
pub struct Host {
    place: Element,
    app: AppHandle<Filled>,
}

impl Host {
    /// A host in `root` that draws what `bridge` belongs to.
    ///
    /// # Errors
    /// What the browser says if there can be no such thing.
    pub fn fill(root: &Element, bridge: Rc<Bridge>) -> Result<Host, JsValue> {
        let props = Props { bridge: Some(bridge) };
        if let Some(mut host) = IDLE.with_borrow_mut(Vec::pop) {
            root.append_child(&host.place)?;
            host.app.update(props);
            return Ok(host);
        }
        let document = root.owner_document().ok_or("an element without a document")?;
        let place = document.create_element("div")?;
        place.set_class_name("lg-host");
        root.append_child(&place)?;
        let app = yew::Renderer::<Filled>::with_root_and_props(place.clone(), props).render();
        Ok(Host { place, app })
    }

    /// Nothing is drawn there any more.
    pub fn leave(mut self) {
        self.app.update(Props { bridge: None });
        self.place.remove();
        IDLE.with_borrow_mut(|idle| idle.push(self));
    }
}

#[derive(Properties, Clone)]
struct Props {
    bridge: Option<Rc<Bridge>>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Props) -> bool {
        self.bridge.as_ref().map(Rc::as_ptr) == other.bridge.as_ref().map(Rc::as_ptr)
    }
}

/// One element after the other.
#[component]
fn Filled(props: &Props) -> Html {
    let Some(bridge) = &props.bridge else { return html! {} };
    // Another element is another component: nothing of the last one stays.
    html! { <Embedded key={Rc::as_ptr(bridge) as usize} bridge={Rc::clone(bridge)} /> }
}
