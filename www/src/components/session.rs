//! What one takes along: the session as a bash script or as a file of commands; and how the page
//! behaves. Nothing leaves the machine of the reader.

use super::dialogs::title;
use crate::keep::Keep;
use crate::lab::{Lab, use_lab};
use crate::state::Action;
use layerglass::port::Ask;
use std::rc::Rc;
use web_sys::wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{HtmlElement, HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

/// Longest file that is read.
const BYTES_MAX: f64 = 1_000_000.0;

#[component]
pub fn Session() -> Html {
    let lab = use_lab();
    let (t, tools) = (lab.t(), lab.tools());
    html! {
        <>
        { title(&lab, tools.session.to_owned()) }
        <Script />
        <Files />
        <h3>{ tools.wishes }</h3>
        <div class="wishes">
            { switch(tools.presents, tools.presents_about, lab.wishes.presents, { let lab = lab.clone(); move |on| { lab.wish(|it| it.presents = on); lab.act(Action::Dialog(None)); } }) }
            { switch(tools.guesses, tools.guesses_about, lab.wishes.guesses, { let lab = lab.clone(); move |on| lab.wish(|it| it.guesses = on) }) }
            { switch(tools.letters, tools.letters_about, !lab.wishes.no_letters, { let lab = lab.clone(); move |on: bool| lab.wish(|it| it.no_letters = !on) }) }
        </div>
        if !lab.branches.is_empty() {
            <h3>{ tools.branches }</h3>
            <ul class="branch-list">{ for lab.branches.iter().enumerate().map(|(i, past)| {
                let go = { let lab = lab.clone(); move |_| { lab.act(Action::Dialog(None)); lab.to_branch(i); } };
                let last = past.last().map(|it| it.line.clone()).unwrap_or_default();
                html! { <li><button type="button" class="small" disabled={!lab.is_idle()} onclick={go}>{ (tools.branch)(i + 1, past.len()) }</button><code>{ last }</code></li> }
            }) }</ul>
        }
        <p class="note">{ t.help_about }</p>
        </>
    }
}

fn switch(
    label: &'static str,
    about: &'static str,
    on: bool,
    change: impl Fn(bool) + 'static,
) -> Html {
    let onchange = Callback::from(move |event: Event| {
        if let Some(field) = event.target_dyn_into::<HtmlInputElement>() {
            change(field.checked());
        }
    });
    html! { <label class="switch"><input type="checkbox" checked={on} {onchange} /><span><strong>{ label }</strong><small>{ about }</small></span></label> }
}

/// Puts a text on the clipboard. Where that is blocked, it is selected and Ctrl-C copies it.
pub fn copy(area: Option<&HtmlTextAreaElement>, text: &str) {
    if let Some(area) = area {
        area.select();
    }
    if let Some(window) = web_sys::window() {
        let _ = window.navigator().clipboard().write_text(text);
    }
}

/// The script, shown when asked for.
#[component]
pub fn Script() -> Html {
    let lab = use_lab();
    let tools = lab.tools();
    let area = use_node_ref();
    let copied = use_state(|| false);
    let show = {
        let lab = lab.clone();
        move |_| {
            lab.link.send(Ask::Script);
        }
    };
    let copy = {
        let (lab, area, copied) = (lab.clone(), area.clone(), copied.clone());
        move |_: MouseEvent| {
            let Some(text) = lab.script.clone() else { return };
            self::copy(area.cast::<HtmlTextAreaElement>().as_ref(), &text);
            copied.set(true);
        }
    };
    html! {
        <section>
            <h3>{ tools.script }</h3>
            <p class="note">{ tools.script_about }</p>
            if let Some(text) = lab.script.clone() {
                <textarea ref={area} readonly=true rows="9" class="script" aria-label={tools.script} value={(*text).clone()} spellcheck="false" />
                <div class="dialog-buttons">
                    if *copied { <span role="status" class="copied">{ "✓ " }{ tools.copied }</span> }
                    <button type="button" class="small" onclick={{ let text = Rc::clone(&text); let name = file_name(&lab, "sh"); move |_| download(&name, &text) }}>{ tools.download }</button>
                    <button type="button" class="primary" onclick={copy}>{ tools.copy }</button>
                </div>
            } else {
                <button type="button" class="small" disabled={!lab.is_idle()} onclick={show}>{ tools.show_script }</button>
            }
        </section>
    }
}

fn file_name(lab: &Lab, end: &str) -> String {
    format!("layerglass-{}.{end}", lab.scenario.id)
}

/// Saving and loading the list of commands.
#[component]
fn Files() -> Html {
    let lab = use_lab();
    let tools = lab.tools();
    let failed = use_state(|| false);
    let save = {
        let lab = lab.clone();
        move |_| {
            let text = Keep::of(&lab, "", lab.link.columns()).to_text();
            download(&file_name(&lab, "json"), &text);
        }
    };
    let onchange = {
        let (lab, failed) = (lab.clone(), failed.clone());
        Callback::from(move |event: Event| {
            let Some(field) = event.target_dyn_into::<HtmlInputElement>() else { return };
            let (lab, failed) = (lab.clone(), failed.clone());
            read(&field, move |text| match text.as_deref().and_then(Keep::from_text) {
                Some(keep) => {
                    lab.act(Action::Dialog(None));
                    lab.restore(&keep);
                }
                None => failed.set(true),
            });
            field.set_value("");
        })
    };
    let choose = |_| super::click("#session-file");
    html! {
        <section>
            <h3>{ tools.file }</h3>
            <p class="note">{ tools.file_about }</p>
            if *failed { <p class="err" role="alert">{ tools.load_failed }</p> }
            <div class="row-of-buttons">
                <button type="button" class="small" disabled={!lab.is_idle()} onclick={save}>{ tools.download }</button>
                <button type="button" class="small" disabled={!lab.is_idle()} onclick={choose}>{ tools.load }</button>
                <input id="session-file" type="file" accept=".json,application/json" hidden=true {onchange} />
            </div>
        </section>
    }
}

/// Hands a text to the reader as a file, through a link that is never shown.
pub fn download(name: &str, text: &str) {
    let run = || -> Result<(), JsValue> {
        let document = web_sys::window().and_then(|it| it.document()).ok_or(JsValue::NULL)?;
        let link: HtmlElement = document.create_element("a")?.dyn_into()?;
        let encoded = js_sys::encode_uri_component(text);
        link.set_attribute(
            "href",
            &format!("data:application/octet-stream;charset=utf-8,{encoded}"),
        )?;
        link.set_attribute("download", name)?;
        link.click();
        Ok(())
    };
    let _ = run();
}

/// Reads the text of the chosen file; `None` if there is none, or it is too long.
fn read(field: &HtmlInputElement, then: impl FnOnce(Option<String>) + 'static) {
    let file = js_sys::Reflect::get(field, &"files".into())
        .and_then(|files| js_sys::Reflect::get_u32(&files, 0))
        .ok()
        .filter(|it| it.is_object());
    let Some(file) = file else { return };
    let size = js_sys::Reflect::get(&file, &"size".into()).ok().and_then(|it| it.as_f64());
    let text = js_sys::Reflect::get(&file, &"text".into())
        .ok()
        .filter(|_| size.is_some_and(|it| it <= BYTES_MAX))
        .and_then(|it| it.dyn_into::<js_sys::Function>().ok())
        .and_then(|it| it.call0(&file).ok())
        .and_then(|it| it.dyn_into::<js_sys::Promise>().ok());
    let Some(promise) = text else { return then(None) };
    let done = Closure::once_into_js(move |text: JsValue| then(text.as_string()));
    let promise: JsValue = promise.into();
    if let Ok(add) = js_sys::Reflect::get(&promise, &"then".into()) {
        let _ = js_sys::Function::from(add).call1(&promise, &done);
    }
}
