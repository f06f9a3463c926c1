//! What `<layer-glass>` loads: the parts of the page and a machine, in one module for all elements of a
//! page. `static/embed/layer-glass.js` gives each element a root to draw in.

mod bridge;
mod hosts;
mod layout;
mod near;
mod options;
mod style;

use bridge::Bridge;
use hosts::Host;
use js_sys::Function;
use layerglass::port::Ask;
use layerglass_www::store;
use options::Options;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::Element;

/// The style sheet that every element's root adopts.
#[wasm_bindgen]
pub fn style() -> String {
    style::sheet()
}

/// One element: its machine, and what is drawn of it.
#[wasm_bindgen]
pub struct Embed {
    bridge: Rc<Bridge>,
    host: Option<Host>,
}

#[wasm_bindgen]
impl Embed {
    /// Draws into `root`. `options` is JSON ([`Options`]); `tell` is called with what happens: kind,
    /// number of the request, JSON; `full` gives a machine with all commands.
    ///
    /// # Errors
    /// With a sentence, if the options cannot be read or nothing can be drawn.
    #[wasm_bindgen(constructor)]
    pub fn new(
        root: Element,
        options: &str,
        tell: Function,
        full: Function,
    ) -> Result<Embed, JsValue> {
        store::be_guest();
        let options: Options = serde_json::from_str(options)
            .map_err(|why| JsValue::from_str(&format!("layer-glass: {why}")))?;
        let bridge = Rc::new(Bridge::new(options, tell, full));
        let host = Host::fill(&root, Rc::clone(&bridge))?;
        Ok(Embed { bridge, host: Some(host) })
    }

    /// Runs a command line; the number of the request.
    pub fn run(&self, line: &str) -> u32 {
        self.bridge.run(line)
    }

    /// To just after step `n`, counted without the scenario's preparation.
    pub fn goto(&self, n: usize) -> u32 {
        self.bridge.goto(n)
    }

    /// The session as a script for bash on a real system.
    pub fn script(&self) -> u32 {
        self.bridge.send(Ask::Script)
    }

    /// The moment as an SVG with a link to the live one.
    pub fn picture(&self, title: String, chinese: bool, link: String) -> u32 {
        self.bridge.send(Ask::Picture { title, chinese, link, mount: None })
    }

    /// Steps that are done, without the scenario's preparation.
    #[wasm_bindgen(getter)]
    pub fn at(&self) -> usize {
        self.bridge.at()
    }

    /// What a link to this state carries.
    pub fn share(&self) -> String {
        self.bridge.share()
    }

    /// Options have changed.
    ///
    /// # Errors
    /// With a sentence, if they cannot be read.
    pub fn set(&self, options: &str) -> Result<(), JsValue> {
        let options: Options = serde_json::from_str(options)
            .map_err(|why| JsValue::from_str(&format!("layer-glass: {why}")))?;
        self.bridge.set(options);
        Ok(())
    }
}

impl Drop for Embed {
    fn drop(&mut self) {
        self.bridge.close();
        if let Some(host) = self.host.take() {
            host.leave();
        }
    }
}

fn main() {}
