//! The terminal: a log of groups (prompt, command, output, what it did) and one input line.

use super::output::Group;
use crate::lab::{Lab, use_lab};
use crate::state::{Action, Note};
use gloo::events::EventListener;
use layerglass::port::Ask;
use std::cell::Cell;
use std::rc::Rc;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

/// Entries kept on the page.
const LOG_MAX: usize = 200;

#[component]
pub fn Terminal() -> Html {
    let lab = use_lab();
    let log = use_node_ref();
    // At the end of the log the newest line stays in view; a reader who scrolled up is left alone.
    let follows = use_mut_ref(|| true);
    let last_top = use_mut_ref(|| 0);
    let size = (
        lab.log.len(),
        lab.log.last().map_or((0, 0), |it| (it.dropped, it.output.len())),
        lab.log.last().and_then(|it| it.output.last().cloned()),
        lab.running,
    );
    let sent = lab.history.len();
    {
        let follows = follows.clone();
        use_effect_with(sent, move |_| *follows.borrow_mut() = true);
    }
    {
        let follows = follows.clone();
        use_effect_with((log.clone(), size), move |(log, _)| {
            if let Some(log) = log.cast::<HtmlElement>().filter(|_| *follows.borrow()) {
                log.set_scroll_top(log.scroll_height());
            }
        });
    }
    let onscroll = {
        let (log, last) = (log.clone(), last_top);
        Callback::from(move |_: Event| {
            if let Some(log) = log.cast::<HtmlElement>() {
                let below = log.scroll_height() - log.scroll_top() - log.client_height();
                // More may have been printed since: only going up is the reader's doing.
                let up = log.scroll_top() < last.replace(log.scroll_top());
                let mut follows = follows.borrow_mut();
                *follows = below < 40 || *follows && !up;
            }
        })
    };
    use_width(&lab, &log);
    let t = lab.t();
    let skip = lab.log.len().saturating_sub(LOG_MAX);
    html! {
        <section id="terminal" role={lab.pane_role()} class="pane terminal" data-pane="terminal" aria-label={t.terminal}>
            <div ref={log} class="term-log" role="log" aria-live="off" aria-label={t.terminal} tabindex="0" {onscroll}>
                { for lab.log.iter().enumerate().skip(skip).map(|(i, entry)| html! { <Group key={i} entry={Rc::clone(entry)} lang={lab.lang.tag()} /> }) }
            </div>
            if !lab.wishes.readonly {
                <Prompt />
                <Chips />
            }
        </section>
    }
}

/// Tells the machine how wide its terminal is, now and when the window changes.
#[hook]
fn use_width(lab: &Lab, log: &NodeRef) {
    let (link, log) = (Rc::clone(&lab.link), log.clone());
    use_effect_with((lab.ready, lab.pane), move |(ready, _)| {
        let last = Cell::new(0);
        let tell = move || {
            let columns = columns(&log).unwrap_or(0);
            if columns > 0 && last.replace(columns) != columns {
                link.send(Ask::Resize { columns });
            }
        };
        let listener = ready.then(|| {
            tell();
            web_sys::window().map(|it| EventListener::new(&it, "resize", move |_| tell()))
        });
        move || drop(listener)
    });
}

/// How many letters fit into a line. `None` while the terminal is not shown.
fn columns(log: &NodeRef) -> Option<u16> {
    let log = log.cast::<HtmlElement>()?;
    let probe = web_sys::window()?.document()?.create_element("span").ok()?;
    probe.set_text_content(Some(&"m".repeat(40)));
    probe.set_class_name("probe");
    log.append_child(&probe).ok()?;
    let letter = probe.get_bounding_client_rect().width() / 40.0;
    let _ = log.remove_child(&probe);
    let room = f64::from(log.client_width()) - 34.0;
    (letter > 0.0 && room > letter).then(|| ((room / letter) as u16).clamp(20, 400))
}

/// A line of the page itself.
pub fn note_text(lab: &Lab, note: &Note) -> Html {
    let t = lab.t();
    match note {
        Note::WentTo(n) => html! { { (t.went_to)(*n) } },
        Note::Restored(done, lost) => html! { { (t.restored)(*done, *lost) } },
        Note::LinkBroken(trouble) => {
            html! { <span class="err" role="alert">{ lab.lang.share().trouble(trouble) }</span> }
        }
        Note::LinkUnknown(id) => {
            html! { <span class="err" role="alert">{ (lab.lang.share().unknown)(id) }</span> }
        }
        Note::LogBroken => html! { { t.log_broken } },
        Note::NoPart => html! { { t.no_part } },
        Note::LogTooLong => html! { { t.log_too_long } },
        Note::NotTheSame => html! { { t.not_the_same } },
        Note::Guessed(expected, happened) => super::guess::verdict(lab, expected, happened),
        Note::Branched(n) => html! { { (lab.tools().branched)(*n) } },
        Note::Crashed => html! { { t.crashed } },
        Note::FullWidth => html! { { t.full_width } },
        Note::GivenUp(line) => html! { <span class="given-up">{ line.clone() }</span> },
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
    // The line whose candidates are on their way: one answer serves every Tab pressed meanwhile.
    let asked = use_mut_ref(|| None::<String>);
    {
        // The candidates of Tab have come: complete, or list them.
        let (lab, input) = (lab.clone(), input.clone());
        let (tabs, asked) = (tabs.clone(), asked.clone());
        use_effect_with(lab.completions.clone(), move |found| {
            if let (Some((from, to, words)), Some(field)) =
                (found, input.cast::<HtmlInputElement>())
            {
                if asked.take().as_ref() == Some(&field.value()) {
                    complete(&lab, &field, (*from, *to), words, *tabs.borrow());
                }
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
                *asked.borrow_mut() = None;
            }
            let ctrl = event.ctrl_key() && !event.alt_key() && !event.meta_key();
            let ours = match key.as_str() {
                "Tab" if !event.shift_key() && !*left.borrow() && !field.value().is_empty() => {
                    *tabs.borrow_mut() += 1;
                    let line = field.value();
                    let waits = asked.replace(Some(line.clone()));
                    if waits.as_ref() != Some(&line) {
                        ask_completion(&lab, &field);
                    }
                    true
                }
                "Escape" => {
                    *left.borrow_mut() = true;
                    false
                }
                "ArrowUp" | "ArrowDown" => {
                    recall(&lab, &field, &mut place.borrow_mut(), key == "ArrowUp");
                    true
                }
                "p" | "n" if ctrl => {
                    recall(&lab, &field, &mut place.borrow_mut(), key == "p");
                    true
                }
                "r" if ctrl => search(&lab, &field, &mut place.borrow_mut()),
                "c" if ctrl && no_selection(&field) => {
                    interrupt(&lab, &field);
                    true
                }
                "d" if ctrl && field.value().is_empty() => {
                    lab.link.send(Ask::EndInput);
                    true
                }
                "l" if ctrl => {
                    lab.act(Action::ClearLog);
                    true
                }
                letter if ctrl => line_key(&field, letter),
                _ => false,
            };
            if ours {
                event.prevent_default();
            }
            if key != "Escape" && key != "Tab" {
                *left.borrow_mut() = false;
            }
        })
    };
    let onpaste = {
        let (lab, input) = (lab.clone(), input.clone());
        Callback::from(move |event: Event| {
            if let Some(field) = input.cast::<HtmlInputElement>() {
                paste(&lab, &field, &event);
            }
        })
    };
    let busy = lab.running.is_some();
    let prompt = match &lab.asks {
        Some(prompt) => prompt.clone(),
        None if busy => String::new(),
        None => lab.view.prompt.clone(),
    };
    html! {
        <form class={classes!("term-prompt", busy.then_some("busy"))} {onsubmit}>
            <label class="prompt" for="command-line">{ prompt }<span class="sr">{ t.terminal_input }</span></label>
            <input ref={input} id="command-line" type="text" {onkeydown} {onpaste} autocomplete="off" autocapitalize="off"
                autocorrect="off" spellcheck="false" enterkeyhint="go" aria-describedby="term-hint" disabled={!lab.ready} />
            if busy {
                <button type="button" class="small" onclick={let lab = lab.clone(); move |_| lab.interrupt()}>{ t.interrupt }</button>
            } else {
                <button type="submit" class="small" aria-label={t.run}>{ "↵" }</button>
            }
            <span id="term-hint" class="sr">{ t.terminal_hint }</span>
        </form>
    }
}

/// Nothing is marked, so Ctrl-C is the terminal's and not the browser's.
fn no_selection(field: &HtmlInputElement) -> bool {
    let inside = field.selection_start().ok().flatten() != field.selection_end().ok().flatten();
    let selection = web_sys::window().and_then(|it| it.get_selection().ok().flatten());
    !inside && selection.is_none_or(|it| it.is_collapsed())
}

/// The line-editing keys of a shell that browsers do not have.
fn line_key(field: &HtmlInputElement, letter: &str) -> bool {
    let units: Vec<u16> = field.value().encode_utf16().collect();
    let at = (field.selection_end().ok().flatten().unwrap_or(0) as usize).min(units.len());
    let space = |it: &u16| *it == u16::from(b' ');
    let (keep, to) = match letter {
        "a" => (units.clone(), 0),
        "e" => (units.clone(), units.len()),
        "u" => (units[at..].to_vec(), 0),
        "k" => (units[..at].to_vec(), at),
        "w" => {
            let word = units[..at]
                .iter()
                .rposition(|it| !space(it))
                .map_or(0, |end| units[..end].iter().rposition(space).map_or(0, |gap| gap + 1));
            ([&units[..word], &units[at..]].concat(), word)
        }
        _ => return false,
    };
    field.set_value(&String::from_utf16_lossy(&keep));
    let _ = field.set_selection_range(to as u32, to as u32);
    true
}

/// Ctrl-C: stops what runs, or gives the line up as it stands.
fn interrupt(lab: &Lab, field: &HtmlInputElement) {
    if lab.running.is_some() {
        lab.interrupt();
    } else {
        lab.act(Action::DropQueue);
        lab.act(Action::Note(Note::GivenUp(format!("{}{}^C", lab.view.prompt, field.value()))));
        field.set_value("");
    }
}

/// Ctrl-R: the newest earlier command that has what is typed; again for the one before it. The part
/// that was looked for is marked.
fn search(lab: &Lab, field: &HtmlInputElement, place: &mut Option<usize>) -> bool {
    let units: Vec<u16> = field.value().encode_utf16().collect();
    let mark = |it: Option<u32>| (it.unwrap_or(0) as usize).min(units.len());
    let from = mark(field.selection_start().ok().flatten());
    let to = mark(field.selection_end().ok().flatten());
    let again = place.filter(|_| from < to);
    let wanted = if again.is_some() { &units[from..to] } else { &units[..] };
    let before = again.unwrap_or(lab.history.len()).min(lab.history.len());
    let wanted = String::from_utf16_lossy(wanted);
    let newest = lab.history[..before].iter().rposition(|it| it.contains(&wanted));
    if let Some((found, line)) = newest.and_then(|i| Some((i, lab.history.get(i)?))) {
        *place = Some(found);
        field.set_value(line);
        let start = line.find(&wanted).map_or(0, |at| line[..at].encode_utf16().count() as u32);
        let end = start + wanted.encode_utf16().count() as u32;
        let _ = field.set_selection_range(start, end);
    }
    true
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

/// Several pasted lines run one by one; a last line without its end waits in the input.
fn paste(lab: &Lab, field: &HtmlInputElement, event: &Event) {
    let data = js_sys::Reflect::get(event, &"clipboardData".into()).ok();
    let get = data.as_ref().and_then(|it| js_sys::Reflect::get(it, &"getData".into()).ok());
    let text = get.and_then(|it| {
        js_sys::Function::from(it).call1(data.as_ref()?, &"text".into()).ok()?.as_string()
    });
    let Some(text) = text.map(|it| it.replace("\r\n", "\n")).filter(|it| it.contains('\n')) else {
        return;
    };
    event.prevent_default();
    let (lines, rest) = text.rsplit_once('\n').unwrap_or((&text, ""));
    lab.run_all(&format!("{}{lines}", field.value()));
    field.set_value(rest);
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
    // Not `disabled`: the row scrolls, so something in it must always take the focus.
    let idle = lab.is_idle();
    let wait = (!idle).then_some("true");
    html! {
        <div class="chips" role="group" aria-label={t.suggestions}>
            { for chips.into_iter().map(|line| {
                let onclick = {
                    let (lab, line) = (lab.clone(), line.clone());
                    move |_| if idle { lab.run(&line) }
                };
                html! { <button type="button" class="chip" aria-disabled={wait} {onclick}>{ line }</button> }
            }) }
        </div>
    }
}
