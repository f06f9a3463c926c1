//! The terminal: a log of groups (prompt, command, output, what it did) and one input line.

use super::sgr;
use crate::lab::{Lab, use_lab};
use crate::state::{Action, Entry, Note};
use layerglass::port::{Ask, Stream};
use std::rc::Rc;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

/// Entries kept on the page.
const LOG_MAX: usize = 200;

#[component]
pub fn Terminal() -> Html {
    let lab = use_lab();
    let log = use_node_ref();
    let size = (
        lab.log.len(),
        lab.log.last().map_or(0, |it| it.output.iter().map(|o| o.1.len()).sum()),
        lab.running,
    );
    use_effect_with((log.clone(), size), |(log, _)| {
        if let Some(log) = log.cast::<HtmlElement>() {
            log.set_scroll_top(log.scroll_height());
        }
    });
    let t = lab.t();
    let skip = lab.log.len().saturating_sub(LOG_MAX);
    html! {
        <section id="terminal" class="pane terminal" data-pane="terminal" aria-label={t.terminal}>
            <div ref={log} class="term-log" role="log" aria-live="off" aria-label={t.terminal} tabindex="0">
                { for lab.log.iter().skip(skip).map(|entry| html! { <Group entry={Rc::clone(entry)} lang={lab.lang.tag()} /> }) }
            </div>
            <Prompt />
            <Chips />
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct GroupProps {
    entry: Rc<Entry>,
    /// Drawn anew when the language changes.
    lang: &'static str,
}

#[component]
fn Group(props: &GroupProps) -> Html {
    let lab = use_lab();
    let t = lab.t();
    let entry = &props.entry;
    if let Some(note) = &entry.note {
        return html! { <div class="term-note">{ note_text(&lab, note) }</div> };
    }
    let failed = entry.status.is_some_and(|it| it != 0);
    html! {
        <div class="term-group" role="group" aria-label={entry.line.clone()}>
            <div class="term-line"><span class="prompt">{ entry.prompt.clone() }</span><span class="cmd">{ entry.line.clone() }</span></div>
            { for entry.output.iter().map(|(stream, text)| {
                let class = if *stream == Stream::Err { "out err" } else { "out" };
                html! { <pre {class}>{ sgr::spans(text) }</pre> }
            }) }
            if failed {
                <span class="status">{ (t.exit_status)(entry.status.unwrap_or(0)) }</span>
            }
            if let Some(step) = &entry.step {
                { for step.effects.iter().take(6).map(|effect| {
                    let text = (t.effect)(effect, &|layer| lab.layer_name(layer));
                    html! { <div class="did">{ text }</div> }
                }) }
            }
        </div>
    }
}

fn note_text(lab: &Lab, note: &Note) -> Html {
    let t = lab.t();
    match note {
        Note::WentTo(n) => html! { { (t.went_to)(*n) } },
        Note::FullWidth => html! { { t.full_width } },
        Note::Error(message) => html! { <span class="err">{ message.clone() }</span> },
        Note::Words(words) => {
            html! { <span class="words">{ for words.iter().map(|it| html! { <span>{ it.clone() }</span> }) }</span> }
        }
    }
}

#[component]
fn Prompt() -> Html {
    let lab = use_lab();
    let t = lab.t();
    let input = use_node_ref();
    let place = use_mut_ref(|| None::<usize>);
    let left = use_mut_ref(|| false);
    let tabs = use_mut_ref(|| 0_u32);
    {
        // The candidates of Tab have come: complete, or list them.
        let (lab, input, tabs) = (lab.clone(), input.clone(), tabs.clone());
        use_effect_with(lab.completions.clone(), move |found| {
            if let (Some((from, to, words)), Some(field)) =
                (found, input.cast::<HtmlInputElement>())
            {
                complete(&lab, &field, (*from, *to), words, *tabs.borrow());
                lab.act(Action::TakeCompletions);
            }
        });
    }
    let onsubmit = {
        let (lab, input, place) = (lab.clone(), input.clone(), place.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(field) = input.cast::<HtmlInputElement>() {
                let line = field.value();
                field.set_value("");
                *place.borrow_mut() = None;
                lab.run(&line);
            }
        })
    };
    let onkeydown = {
        let (lab, input) = (lab.clone(), input.clone());
        Callback::from(move |event: KeyboardEvent| {
            let Some(field) = input.cast::<HtmlInputElement>() else { return };
            let key = event.key();
            if key != "Tab" {
                *tabs.borrow_mut() = 0;
            }
            match key.as_str() {
                "Tab" if !event.shift_key() && !*left.borrow() && !field.value().is_empty() => {
                    event.prevent_default();
                    *tabs.borrow_mut() += 1;
                    ask_completion(&lab, &field);
                }
                "Escape" => *left.borrow_mut() = true,
                "ArrowUp" | "ArrowDown" => {
                    event.prevent_default();
                    recall(&lab, &field, &mut place.borrow_mut(), key == "ArrowUp");
                }
                "c" if event.ctrl_key() && no_selection() => {
                    event.prevent_default();
                    interrupt(&lab, &field);
                }
                "d" if event.ctrl_key() && field.value().is_empty() => {
                    event.prevent_default();
                    lab.link.send(Ask::EndInput);
                }
                "l" if event.ctrl_key() => {
                    event.prevent_default();
                    lab.act(Action::ClearLog);
                }
                "u" if event.ctrl_key() => {
                    event.prevent_default();
                    field.set_value("");
                }
                _ => {}
            }
            if key != "Escape" && key != "Tab" {
                *left.borrow_mut() = false;
            }
        })
    };
    let onpaste = {
        let lab = lab.clone();
        Callback::from(move |event: Event| paste(&lab, &event))
    };
    let busy = lab.running.is_some();
    let prompt = if busy { "…".to_owned() } else { lab.view.prompt.clone() };
    html! {
        <form class={classes!("term-prompt", busy.then_some("busy"))} {onsubmit}>
            <label class="prompt" for="command-line">{ prompt }<span class="sr">{ t.terminal_input }</span></label>
            <input ref={input} id="command-line" type="text" {onkeydown} {onpaste} autocomplete="off" autocapitalize="off"
                autocorrect="off" spellcheck="false" enterkeyhint="go" aria-describedby="term-hint" disabled={!lab.ready} />
            if busy {
                <button type="button" class="small" onclick={let lab = lab.clone(); move |_| { lab.link.send(Ask::Interrupt); }}>{ t.interrupt }</button>
            } else {
                <button type="submit" class="small" aria-label={t.run}>{ "↵" }</button>
            }
            <span id="term-hint" class="sr">{ t.terminal_hint }</span>
        </form>
    }
}

fn no_selection() -> bool {
    let selection = js_sys::Reflect::get(&js_sys::global(), &"getSelection".into()).ok();
    let called = selection.and_then(|it| js_sys::Function::from(it).call0(&js_sys::global()).ok());
    called
        .and_then(|it| js_sys::Object::from(it).to_string().as_string())
        .is_none_or(|it| it.is_empty())
}

fn interrupt(lab: &Lab, field: &HtmlInputElement) {
    if lab.running.is_some() {
        lab.link.send(Ask::Interrupt);
    } else {
        field.set_value("");
    }
}

fn recall(lab: &Lab, field: &HtmlInputElement, place: &mut Option<usize>, up: bool) {
    let len = lab.history.len();
    let now = place.unwrap_or(len);
    let next = if up { now.saturating_sub(1) } else { (now + 1).min(len) };
    *place = Some(next);
    let line = lab.history.get(next).cloned().unwrap_or_default();
    field.set_value(&line);
    let end = line.encode_utf16().count() as u32;
    let _ = field.set_selection_range(end, end);
}

/// Several pasted lines run one by one; the last waits in the input.
fn paste(lab: &Lab, event: &Event) {
    let data = js_sys::Reflect::get(event, &"clipboardData".into()).ok();
    let get = data.as_ref().and_then(|it| js_sys::Reflect::get(it, &"getData".into()).ok());
    let text = get.and_then(|it| {
        js_sys::Function::from(it).call1(data.as_ref()?, &"text".into()).ok()?.as_string()
    });
    if let Some(text) = text.filter(|it| it.trim_end().contains('\n')) {
        event.prevent_default();
        lab.run(text.trim_end());
    }
}

fn ask_completion(lab: &Lab, field: &HtmlInputElement) {
    let line = field.value();
    let units = field.selection_end().ok().flatten().unwrap_or(0) as usize;
    let cursor: usize = line
        .chars()
        .scan(0, |seen, c| {
            *seen += c.len_utf16();
            (*seen <= units).then(|| c.len_utf8())
        })
        .sum();
    lab.link.send(Ask::Complete { line, cursor });
}

/// One candidate, or a common beginning: put it in. Several, and a second Tab: list them.
fn complete(
    lab: &Lab,
    field: &HtmlInputElement,
    range: (usize, usize),
    words: &[String],
    tabs: u32,
) {
    let line = field.value();
    let Some(common) = common_prefix(words) else { return };
    let (Some(head), Some(old), Some(tail)) =
        (line.get(..range.0), line.get(range.0..range.1), line.get(range.1..))
    else {
        return;
    };
    let end = match words {
        [one] if !one.ends_with('/') => " ",
        _ => "",
    };
    if common.len() > old.len() || !end.is_empty() {
        let new = format!("{head}{common}{end}");
        let at = new.encode_utf16().count() as u32;
        field.set_value(&(new + tail));
        let _ = field.set_selection_range(at, at);
    } else if tabs >= 2 && words.len() > 1 {
        let names = words.iter().map(|it| {
            let cut = it.trim_end_matches('/').rfind('/').map_or(0, |at| at + 1);
            it[cut..].to_owned()
        });
        lab.act(Action::Note(Note::Words(names.collect())));
    }
}

fn common_prefix(words: &[String]) -> Option<String> {
    let mut common = words.first()?.clone();
    for word in words {
        while !word.starts_with(&common) {
            common.pop();
        }
    }
    Some(common)
}

#[component]
fn Chips() -> Html {
    let lab = use_lab();
    let t = lab.t();
    let task = lab.scenario.steps.get(lab.task);
    let mut chips: Vec<String> = task.map(|it| it.suggest.clone()).unwrap_or_default();
    for more in ["ls -l", "undo", "help"] {
        if !chips.iter().any(|it| it == more) {
            chips.push(more.to_owned());
        }
    }
    html! {
        <div class="chips" role="group" aria-label={t.suggestions}>
            { for chips.into_iter().map(|line| {
                let onclick = { let (lab, line) = (lab.clone(), line.clone()); move |_| lab.run(&line) };
                html! { <button type="button" class="chip" disabled={!lab.is_idle()} {onclick}>{ line }</button> }
            }) }
        </div>
    }
}
