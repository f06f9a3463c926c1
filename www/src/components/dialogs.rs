//! What stands in front of the page: editor, questions, lists, help, self-check.

use super::actions::actions;
use super::lesson::prose_line;
use crate::lab::{Lab, quoted, use_lab};
use crate::state::{Action, Dialog};
use layerglass::port::Ask;
use layerglass::scenario::Scenario;
use std::collections::BTreeSet;
use web_sys::{HtmlDialogElement, HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

#[component]
pub fn Dialogs() -> Html {
    let lab = use_lab();
    let node = use_node_ref();
    {
        let (node, is_open) = (node.clone(), lab.dialog.is_some());
        use_effect_with((is_open, lab.dialog.clone()), move |_| {
            let Some(dialog) = node.cast::<HtmlDialogElement>() else { return };
            if is_open && !dialog.open() {
                let _ = dialog.show_modal();
            } else if !is_open && dialog.open() {
                dialog.close();
                super::focus("#command-line");
            }
        });
    }
    // The browser tells of a closed dialog later, when the next one may be open already.
    let onclose = {
        let (lab, node) = (lab.clone(), node.clone());
        Callback::from(move |_: Event| {
            if node.cast::<HtmlDialogElement>().is_none_or(|it| !it.open()) {
                cancel(&lab);
            }
        })
    };
    let onclick = {
        let (lab, node) = (lab.clone(), node.clone());
        Callback::from(move |event: MouseEvent| {
            // A click on the backdrop is a click on the dialog itself.
            if event.target() == node.get().map(Into::into)
                && !matches!(lab.dialog, Some(Dialog::Editor { .. }))
            {
                cancel(&lab);
            }
        })
    };
    html! {
        <dialog ref={node} class="dialog" {onclose} {onclick} aria-labelledby="dialog-title">
            <div class="dialog-body">
                { lab.dialog.as_ref().map(|dialog| show(&lab, dialog)).unwrap_or_default() }
            </div>
        </dialog>
    }
}

fn cancel(lab: &Lab) {
    if matches!(lab.dialog, Some(Dialog::Editor { .. })) {
        lab.link.send(Ask::Interrupt);
    }
    if lab.dialog.is_some() {
        lab.act(Action::Dialog(None));
    }
}

#[inline(never)]
fn show(lab: &Lab, dialog: &Dialog) -> Html {
    match dialog {
        Dialog::Editor { path, editor, text } => {
            html! { <Editor path={path.clone()} editor={editor.clone()} text={text.clone()} /> }
        }
        Dialog::Actions { path } => actions(lab, path),
        Dialog::Prompt { label, command, initial } => {
            html! { <Question label={label.clone()} command={command.clone()} initial={initial.clone()} /> }
        }
        Dialog::Lessons => lessons(lab),
        Dialog::Help => help(lab),
        Dialog::Check => check(lab),
        Dialog::ConfirmReset => confirm(lab),
        Dialog::Session => html! { <super::session::Session /> },
        Dialog::Share => html! { <super::share::Share /> },
        Dialog::Guess { line } => html! { <super::guess::Guess line={line.clone()} /> },
    }
}

/// The head of a dialog: its name and the button that closes it.
pub fn title(lab: &Lab, text: String) -> Html {
    let close = {
        let lab = lab.clone();
        move |_| cancel(&lab)
    };
    html! {
        <header class="dialog-head"><h2 id="dialog-title">{ text }</h2>
        <button type="button" class="icon" aria-label={lab.t().close} title={lab.t().close} onclick={close}><span aria-hidden="true">{ "✕" }</span></button></header>
    }
}

#[derive(Properties, PartialEq)]
struct EditorProps {
    path: String,
    editor: String,
    text: String,
}

#[component]
fn Editor(props: &EditorProps) -> Html {
    let lab = use_lab();
    let t = lab.t();
    let area = use_node_ref();
    {
        let (area, text) = (area.clone(), props.text.clone());
        use_effect_with((), move |()| {
            if let Some(area) = area.cast::<HtmlTextAreaElement>() {
                area.set_value(&text);
                let _ = area.focus();
            }
        });
    }
    let save = {
        let (lab, area, path, editor) =
            (lab.clone(), area.clone(), props.path.clone(), props.editor.clone());
        Callback::from(move |()| {
            let Some(area) = area.cast::<HtmlTextAreaElement>() else { return };
            let mut text = area.value();
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            lab.link.send(Ask::Save { path: path.clone(), editor: editor.clone(), text });
            lab.act(Action::Dialog(None));
        })
    };
    let onkeydown = {
        let save = save.clone();
        Callback::from(move |event: KeyboardEvent| {
            if (event.ctrl_key() || event.meta_key())
                && matches!(event.key().as_str(), "s" | "Enter")
            {
                event.prevent_default();
                save.emit(());
            }
        })
    };
    html! {
        <div class="editor">
            { title(&lab, format!("{} — {}", props.editor, (t.editor_title)(&props.path))) }
            <textarea ref={area} spellcheck="false" rows="10" aria-label={props.path.clone()} {onkeydown} />
            <p class="note">{ t.editor_note }</p>
            <div class="dialog-buttons">
                <button type="button" class="quiet" onclick={{ let lab = lab.clone(); move |_| cancel(&lab) }}>{ t.cancel }</button>
                <button type="button" class="primary" onclick={move |_| save.emit(())}>{ t.save }<kbd aria-hidden="true">{ "Ctrl S" }</kbd></button>
            </div>
        </div>
    }
}

/// A command with a gap.
#[derive(Properties, PartialEq)]
struct QuestionProps {
    label: String,
    command: String,
    initial: String,
}

#[component]
fn Question(props: &QuestionProps) -> Html {
    let lab = use_lab();
    let t = lab.t();
    let text = use_state(|| props.initial.clone());
    let field = use_node_ref();
    {
        let field = field.clone();
        use_effect_with((), move |()| {
            if let Some(field) = field.cast::<HtmlInputElement>() {
                let _ = field.focus();
                field.select();
            }
        });
    }
    let line = props.command.replace("{}", &quoted(&text));
    let onsubmit = {
        let (lab, line) = (lab.clone(), line.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            lab.run_for(line.clone());
        })
    };
    let oninput = {
        let text = text.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(field) = event.target_dyn_into::<HtmlInputElement>() {
                text.set(field.value());
            }
        })
    };
    html! {
        <form {onsubmit}>
            { title(&lab, props.label.clone()) }
            <input ref={field} type="text" class="wide" value={(*text).clone()} {oninput} aria-label={props.label.clone()} autocomplete="off" spellcheck="false" />
            <p class="runs"><span>{ t.act_runs }</span>{ " " }<code>{ line }</code></p>
            <div class="dialog-buttons">
                <button type="button" class="quiet" onclick={{ let lab = lab.clone(); move |_| cancel(&lab) }}>{ t.cancel }</button>
                <button type="submit" class="primary" disabled={text.is_empty()}>{ t.ok }</button>
            </div>
        </form>
    }
}

fn lessons(lab: &Lab) -> Html {
    let t = lab.t();
    let list = crate::lessons::list();
    let finished = list.iter().filter(|(_, it)| lab.done.contains(&it.id)).count();
    let forget = {
        let lab = lab.clone();
        move |_| lab.act(Action::Finished(BTreeSet::new()))
    };
    let part = |track: &str, heading: &'static str| {
        let of_track = list.iter().enumerate().filter(|(_, (it, _))| *it == track);
        let rows: Vec<Html> = of_track.map(|(i, (_, it))| lesson(lab, i, it)).collect();
        let numbered = (track != "lab").then_some("numbered");
        html! {
            if !rows.is_empty() {
                <h3>{ heading }</h3>
                <ol class={classes!("lesson-list", numbered)}>{ rows }</ol>
            }
        }
    };
    html! {
        <>
        { title(lab, t.lesson_list.to_owned()) }
        { part("lab", t.track_start) }
        { part("track-a", t.track_a) }
        { part("track-b", t.track_b) }
        { part("track-c", t.track_c) }
        { part("track-d", t.track_d) }
        { part("track-e", t.track_e) }
        <div class="dialog-foot">
            <small>{ format!("{finished} / {} {}", list.len(), t.lessons_done) }</small>
            <button type="button" class="quiet" disabled={finished == 0} onclick={forget}>{ t.forget_progress }</button>
        </div>
        </>
    }
}

fn lesson(lab: &Lab, i: usize, scenario: &Scenario) -> Html {
    let (t, key) = (lab.t(), lab.lang.key());
    let done = lab.done.contains(&scenario.id);
    let onclick = {
        let lab = lab.clone();
        move |_| {
            lab.act(Action::Dialog(None));
            lab.load(i);
        }
    };
    html! {
        <li><button type="button" {onclick} aria-current={(i == lab.lesson).then_some("true")}>
            <strong>{ scenario.title.in_language(key).to_owned() }
                if done { <span class="finished">{ "✓ " }{ t.lesson_finished }</span> }</strong>
            <span>{ prose_line(scenario.summary.in_language(key)) }</span></button></li>
    }
}

fn help(lab: &Lab) -> Html {
    let t = lab.t();
    html! {
        <>
        { title(lab, t.help_title.to_owned()) }
        <p>{ t.help_about }</p>
        <dl class="keys">{ for t.help_keys.iter().map(|(keys, what)| html! { <><dt><kbd>{ *keys }</kbd></dt><dd>{ *what }</dd></> }) }</dl>
        <p class="note">{ t.terminal_hint }</p>
        <h3>{ t.legend }</h3>
        <ul class="legend">
            <li><span class="mini is-visible role-lower">{ "▤" }</span>{ t.role_visible }</li>
            <li><span class="mini is-shadowed role-lower">{ "▤" }</span>{ t.role_shadowed }</li>
            <li><span class="mini is-whiteout role-upper">{ "⊘" }</span>{ t.role_whiteout }</li>
            <li><span class="mini is-merged role-lower">{ "▾" }</span>{ t.role_merged }</li>
            <li><span class="mini is-opaque role-upper">{ "▾" }</span>{ t.role_opaque }</li>
            <li><span class="mini is-visible role-upper">{ "⤒" }</span>{ t.role_copied_up }</li>
        </ul>
        <h3>{ lab.tools().glossary }</h3>
        <dl class="glossary">{ for crate::i18n::cards().iter().map(|it| html! { <><dt>{ it.title(lab.lang) }</dt><dd>{ it.text(lab.lang) }</dd></> }) }</dl>
        </>
    }
}

fn check(lab: &Lab) -> Html {
    let t = lab.t();
    let check = &lab.check;
    let start = {
        let lab = lab.clone();
        move |_| {
            lab.act(Action::CheckStart);
            lab.link.self_check();
        }
    };
    html! {
        <>
        { title(lab, t.check.to_owned()) }
        <p>{ t.check_text }</p>
        if let Some(why) = &check.error { <p class="err" role="alert">{ t.check_failed }{ " " }{ why.clone() }</p> }
        if check.total == 0 && check.asked && check.error.is_none() { <p class="note loading" role="status">{ t.loading_check }</p> }
        if check.total > 0 {
            <progress max={check.total.to_string()} value={check.done.to_string()} aria-label={t.check}></progress>
            <p class="check-result" role="status">{ if check.over && check.same == check.total { "✓ " } else { "" } }{ if check.over { (t.check_done)(check.same, check.total, &check.kernel) } else { (t.check_running)(check.done, check.total) } }</p>
            if !check.differs.is_empty() {
                <h3>{ t.check_differs }</h3>
                <ul class="differs">{ for check.differs.iter().map(|it| html! { <li><code>{ it.clone() }</code></li> }) }</ul>
            }
        }
        <div class="dialog-buttons"><button type="button" class="primary" disabled={check.asked && !check.over && check.error.is_none()} onclick={start}>{ t.check_run }</button></div>
        </>
    }
}

fn confirm(lab: &Lab) -> Html {
    let t = lab.t();
    html! {
        <>
        { title(lab, t.reset.to_owned()) }
        <p>{ t.reset_ask }</p>
        <div class="dialog-buttons">
            <button type="button" class="quiet" onclick={{ let lab = lab.clone(); move |_| cancel(&lab) }}>{ t.cancel }</button>
            <button type="button" class="primary" onclick={{ let lab = lab.clone(); move |_| lab.reset() }}>{ t.reset }</button>
        </div>
        </>
    }
}
