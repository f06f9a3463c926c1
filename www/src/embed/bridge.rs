//! Between the loader and what is drawn: requests go in, what happens goes out.

use crate::options::Options;
use js_sys::Function;
use layerglass::port::{Ask, FromMachine, Tell};
use layerglass_www::lab::Lab;
use layerglass_www::state::{Action, Note};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use wasm_bindgen::JsValue;

/// One element's.
pub struct Bridge {
    pub options: RefCell<Options>,
    pub full: Function,
    tell: Function,
    /// The newest moment that was drawn.
    lab: RefCell<Option<Lab>>,
    closed: Cell<bool>,
}

impl Bridge {
    pub fn new(options: Options, tell: Function, full: Function) -> Bridge {
        let (lab, closed) = (RefCell::default(), Cell::new(false));
        Bridge { options: RefCell::new(options), full, tell, lab, closed }
    }

    /// Something happened.
    pub fn tell(&self, kind: &str, id: u32, detail: &Value) {
        if !self.closed.get() {
            let detail = js_sys::JSON::parse(&detail.to_string()).unwrap_or_default();
            let _ = self.tell.call3(&JsValue::NULL, &kind.into(), &id.into(), &detail);
        }
    }

    /// What a machine told, for those outside.
    pub fn heard(&self, message: &FromMachine) {
        let id = message.id;
        match &message.tell {
            Tell::Done { step } => {
                self.tell("step", id, &serde_json::to_value(step).unwrap_or_default());
            }
            Tell::Output { text, .. } => self.tell("output", id, &json!(text)),
            Tell::Goals { step, met } => {
                self.tell("goal", id, &json!({ "step": step, "met": met }))
            }
            Tell::Script { text } => self.tell("script", id, &json!(text)),
            Tell::Picture { text } => self.tell("picture", id, &json!(text)),
            Tell::Error { message } => self.tell("error", id, &json!({ "message": message })),
            Tell::End => self.tell("end", id, &Value::Null),
            _ => {}
        }
    }

    /// A new moment was drawn.
    pub fn drew(&self, lab: &Lab) {
        self.lab.replace(Some(lab.clone()));
    }

    fn lab(&self) -> Option<Lab> {
        self.lab.borrow().clone()
    }

    pub fn send(&self, ask: Ask) -> u32 {
        self.lab().map_or(0, |lab| lab.link.send(ask))
    }

    pub fn run(&self, line: &str) -> u32 {
        let Some(lab) = self.lab() else { return 0 };
        let id = lab.link.send(Ask::Run { line: line.to_owned() });
        lab.act(Action::Sent(id, line.to_owned()));
        id
    }

    pub fn goto(&self, n: usize) -> u32 {
        let Some(lab) = self.lab() else { return 0 };
        let n = (lab.first() + n).min(lab.view.steps.len());
        lab.act(Action::Moved);
        let id = lab.link.send(Ask::Goto { n });
        lab.act(Action::Note(Note::WentTo(n)));
        lab.refresh();
        id
    }

    pub fn at(&self) -> usize {
        self.lab().map_or(0, |lab| lab.view.at.saturating_sub(lab.first()))
    }

    pub fn share(&self) -> String {
        self.lab().map_or(String::new(), |lab| lab.shared().to_text())
    }

    /// Language, theme and the like; what the machine is made of stays.
    pub fn set(&self, options: Options) {
        let Some(lab) = self.lab() else { return };
        lab.act(Action::Lang(options.lang()));
        lab.act(Action::Theme(options.theme()));
        if let Some(speed) = options.speed {
            lab.act(Action::Speed(speed));
        }
        lab.wish(|it| it.readonly = options.readonly);
        self.options.replace(options);
    }

    /// Nothing is told any more, and the machine stops.
    pub fn close(&self) {
        self.closed.set(true);
        if let Some(lab) = self.lab.take() {
            lab.link.stop();
        }
    }
}
