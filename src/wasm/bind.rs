//! The boundary itself: text in, text out, errors thrown as text. `packages/npm/src/machine.js` makes
//! values of it.

use super::{Failure, Headless, Options};
use crate::port::Ask;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// A machine of JavaScript. Several live side by side; nothing is shared.
#[wasm_bindgen]
pub struct Engine {
    machine: Headless,
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn thrown(failure: &Failure) -> JsValue {
    JsValue::from_str(&text(failure))
}

fn answer(done: Result<impl Serialize, Failure>) -> Result<String, JsValue> {
    done.map(|it| text(&it)).map_err(|it| thrown(&it))
}

fn read<'a, T: serde::Deserialize<'a>>(json: &'a str, what: &str) -> Result<T, JsValue> {
    serde_json::from_str(json)
        .map_err(|why| thrown(&Failure::of(crate::errno::Errno::EINVAL, format!("{what}: {why}"))))
}

#[wasm_bindgen]
impl Engine {
    /// Takes [`Options`].
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str) -> Result<Engine, JsValue> {
        let options: Options = read(options, "options")?;
        Headless::new(&options).map(|machine| Engine { machine }).map_err(|it| thrown(&it))
    }

    /// Begins a command line.
    pub fn run(&mut self, line: String) -> Result<(), JsValue> {
        self.machine.begin(Ask::Run { line }).map_err(|it| thrown(&it))
    }

    /// Answers a [`Slice`](super::Slice).
    pub fn slice(&mut self) -> String {
        text(&self.machine.slice())
    }

    /// Text for standard input.
    pub fn input(&mut self, text: String) {
        self.machine.give(Ask::Input { text });
    }

    /// Ctrl-D.
    #[wasm_bindgen(js_name = endInput)]
    pub fn end_input(&mut self) {
        self.machine.give(Ask::EndInput);
    }

    /// Ctrl-C.
    pub fn interrupt(&mut self) {
        self.machine.give(Ask::Interrupt);
    }

    /// What an editor saves.
    pub fn save(&mut self, path: String, editor: String, text: String) {
        self.machine.give(Ask::Save { path, editor, text });
    }

    /// To just after a step.
    pub fn goto(&mut self, n: usize) -> Result<(), JsValue> {
        self.machine.goto(n).map_err(|it| thrown(&it))
    }

    /// Steps done.
    pub fn at(&self) -> usize {
        self.machine.at().0
    }

    /// Steps that the journal knows.
    pub fn len(&self) -> usize {
        self.machine.at().1
    }

    pub fn view(&self) -> String {
        text(&self.machine.view())
    }

    pub fn trace(&mut self, path: &str) -> Result<String, JsValue> {
        answer(self.machine.trace(path))
    }

    pub fn inspect(&mut self, path: &str) -> Result<String, JsValue> {
        answer(self.machine.inspect(path))
    }

    pub fn diff(
        &mut self,
        from: usize,
        to: usize,
        mount: Option<String>,
    ) -> Result<String, JsValue> {
        answer(self.machine.diff(from, to, mount))
    }

    pub fn script(&mut self) -> Result<String, JsValue> {
        self.machine.script().map_err(|it| thrown(&it))
    }

    /// What the engine did in a step.
    #[wasm_bindgen(js_name = traceOf)]
    pub fn trace_of(&self, n: usize) -> Result<String, JsValue> {
        answer(self.machine.trace_of(n))
    }

    /// Why a step that was a call on this path did not succeed: a [`Failure`].
    #[wasm_bindgen(js_name = failureOf)]
    pub fn failure_of(&self, n: usize, path: &str) -> Result<String, JsValue> {
        answer(self.machine.failure_of(n, path))
    }

    /// What stands after the `#` of a link that opens this machine.
    pub fn link(&self) -> String {
        self.machine.link()
    }

    /// What a link holds: an [`Opened`](super::Opened).
    pub fn open(link: &str) -> Result<String, JsValue> {
        answer(super::open(link))
    }

    /// What restores this machine.
    pub fn kept(&self) -> String {
        text(&self.machine.kept())
    }

    pub fn read(&self, path: &str) -> Result<Vec<u8>, JsValue> {
        self.machine.read(path).map_err(|it| thrown(&it))
    }

    /// The command line that writes a file.
    #[wasm_bindgen(js_name = writeLine)]
    pub fn write_line(path: &str, bytes: &[u8]) -> Result<String, JsValue> {
        Headless::write_line(path, bytes).map_err(|it| thrown(&it))
    }

    /// The commands that a text is made of.
    pub fn commands(script: &str) -> String {
        text(&crate::port::lines::commands(script))
    }
}
