//! The rows: as many as there are, drawn only where one looks. A WAI-ARIA tree that keeps the focus
//! itself and says which row is meant.

use super::super::shelves::bytes;
use crate::decimal;
use crate::lab::{Lab, use_lab};
use layerglass::port::archive::{Ask, Line};
use layerglass::survey::{File, Kind, State};
use web_sys::Element;
use yew::prelude::*;

/// Pixels of a row, as in the style sheet.
const ROW: f64 = 32.0;
/// Rows that are asked for at once, and how many of them lie above what is seen.
const SOME: u32 = 240;
const ABOVE: u32 = 80;

#[component]
pub fn List() -> Html {
    let lab = use_lab();
    let t = lab.lang.archive();
    let skip = use_state(|| 0u32);
    let at = use_state(|| 0u32);
    let node = use_node_ref();
    let it = &lab.archive;
    let key = (it.image, it.scope, it.sort, it.filter.clone(), it.open.clone());
    {
        let (lab, skip) = (lab.clone(), *skip);
        use_effect_with((key.clone(), skip), move |_| {
            let (image, scope, look) = (lab.archive.image, lab.archive.scope, lab.archive.look());
            lab.ask_archive(Ask::Rows { image, scope, look, skip, limit: SOME });
        });
    }
    {
        // Something else is looked at: from the top.
        let (node, skip, at) = (node.clone(), skip.clone(), at.clone());
        use_effect_with((key.0, key.1, key.2, key.3), move |_| {
            if let Some(list) = node.cast::<Element>() {
                list.set_scroll_top(0);
            }
            skip.set(0);
            at.set(0);
        });
    }
    let onscroll = {
        let (node, skip) = (node.clone(), skip.clone());
        Callback::from(move |_: Event| {
            let Some(list) = node.cast::<Element>() else { return };
            let first = (f64::from(list.scroll_top()) / ROW) as u32;
            let seen = (f64::from(list.client_height()) / ROW) as u32 + 1;
            if first < *skip || first + seen > *skip + SOME {
                skip.set(first.saturating_sub(ABOVE));
            }
        })
    };
    let Some(rows) = it.rows.clone() else {
        return html! { <div class="file-list" ref={node} {onscroll}><p class="empty">{ t.reading }</p></div> };
    };
    if rows.total == 0 {
        return html! { <div class="file-list" ref={node} {onscroll}><p class="empty">{ t.no_rows }</p></div> };
    }
    let onkeydown = keys(&lab, &at, &node, rows.total);
    let height = f64::from(rows.total) * ROW;
    let is_list = it.is_filtered();
    html! {
        <>
        <p class="note list-sum" role="status">{ (t.rows)(rows.total, &bytes(rows.bytes)) }</p>
        <div class="file-list" ref={node} {onscroll} {onkeydown} role="tree" tabindex="0" aria-label={t.files} aria-activedescendant={format!("line-{}", *at)}>
            <div ~style={format!("height:{}px", decimal::short(height))} role="presentation">
                { for (rows.skip..).zip(&rows.rows).map(|(n, line)| row(&lab, n, line, rows.total, is_list, *at == n, &at)) }
            </div>
        </div>
        </>
    }
}

fn row(
    lab: &Lab,
    n: u32,
    line: &Line,
    total: u32,
    is_list: bool,
    here: bool,
    at: &UseStateHandle<u32>,
) -> Html {
    let t = lab.lang.archive();
    let file = line.file();
    let (class, sign) = state_key(file.state);
    let picked = lab.archive.file.as_ref().is_some_and(|it| it.path == file.path);
    let onclick = {
        let (lab, line, at) = (lab.clone(), line.clone(), at.clone());
        move |_| {
            at.set(n);
            press(&lab, &line);
        }
    };
    let name = if is_list { file.path.clone() } else { line.row.name.clone() };
    let size = if file.kind == Kind::Directory { line.row.below.bytes } else { file.size };
    let label = (file.state != State::Same).then(|| (t.states)(file.state));
    html! {
        <div key={file.path.clone()} id={format!("line-{n}")} role="treeitem" aria-level={(line.depth + 1).to_string()} aria-setsize={total.to_string()} aria-posinset={(n + 1).to_string()}
            aria-expanded={line.open.map(|it| it.to_string())} aria-selected={picked.to_string()} class={classes!("line", class, here.then_some("here"), picked.then_some("selected"))}
            ~style={format!("top:{}px;--depth:{}", decimal::short(f64::from(n) * ROW), line.depth)} {onclick} title={file.path.clone()}>
            <span class="sign" aria-hidden="true">{ sign }</span>
            <span class="glyph" aria-hidden="true">{ glyph(file, line.open) }</span>
            <span class="text">{ name }{ file.target.as_ref().map(|to| format!(" → {to}")) }</span>
            if let Some(label) = label { <span class="sr">{ label }</span> }
            if file.kind == Kind::Directory && !is_list { <small class="below">{ (t.below)(line.row.below.files) }</small> }
            <small class="size">{ bytes(size) }</small>
        </div>
    }
}

/// How a change looks: letters of nobody, signs of everybody.
pub fn state_key(state: State) -> (&'static str, &'static str) {
    match state {
        State::Same => ("same", ""),
        State::Added => ("added", "+"),
        State::Changed => ("changed", "~"),
        State::Removed => ("deleted", "−"),
    }
}

fn glyph(file: &File, open: Option<bool>) -> &'static str {
    match (file.kind, open) {
        (Kind::Directory, Some(true)) => "▾",
        (Kind::Directory, _) => "▸",
        (Kind::Symlink, _) => "↪",
        (Kind::File, _) => "▤",
        _ => "⌸",
    }
}

/// A directory opens or closes; everything is picked.
fn press(lab: &Lab, line: &Line) {
    if line.open.is_some() {
        let path = line.file().path.clone();
        lab.look(move |it| {
            if !it.open.remove(&path) {
                it.open.insert(path);
            }
        });
    }
    pick(lab, line.file().clone());
    if line.open.is_none() {
        super::super::reveal("#archive-picked");
    }
}

/// Picks a file and asks for what is shown of it.
pub fn pick(lab: &Lab, file: File) {
    let image = lab.archive.image;
    lab.ask_archive(Ask::Versions { image, path: file.path.clone() });
    if let Some(place) = file.place.filter(|_| file.kind == Kind::File) {
        lab.ask_archive(Ask::Preview { image, place });
    }
    lab.look(move |it| it.pick(file));
}

fn keys(
    lab: &Lab,
    at: &UseStateHandle<u32>,
    node: &NodeRef,
    total: u32,
) -> Callback<KeyboardEvent> {
    let (lab, at, node) = (lab.clone(), at.clone(), node.clone());
    Callback::from(move |event: KeyboardEvent| {
        let Some(list) = node.cast::<Element>() else { return };
        let rows = lab.archive.rows.clone().unwrap_or_default();
        let line_at = |n: u32| rows.rows.get(n.checked_sub(rows.skip)? as usize);
        let line = line_at(*at);
        let page = (f64::from(list.client_height()) / ROW) as u32;
        let parent = line.and_then(|it| {
            (rows.skip..*at).rev().find(|n| line_at(*n).is_some_and(|up| up.depth < it.depth))
        });
        let is_open = line.and_then(|it| it.open);
        let next = match (event.key().as_str(), is_open) {
            ("ArrowDown", _) => *at + 1,
            ("ArrowUp", _) => at.saturating_sub(1),
            ("PageDown", _) => *at + page,
            ("PageUp", _) => at.saturating_sub(page),
            ("Home", _) => 0,
            ("End", _) => total,
            ("ArrowRight", Some(true)) => *at + 1,
            ("ArrowLeft", Some(false) | None) => parent.unwrap_or(*at),
            ("Enter" | " ", _) | ("ArrowRight", Some(false)) | ("ArrowLeft", Some(true)) => {
                line.into_iter().for_each(|it| press(&lab, it));
                *at
            }
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        let next = next.min(total.saturating_sub(1));
        at.set(next);
        // Into view.
        let (top, seen) = (f64::from(list.scroll_top()), f64::from(list.client_height()));
        let y = f64::from(next) * ROW;
        if y < top {
            list.set_scroll_top(y as i32);
        } else if y + ROW > top + seen {
            list.set_scroll_top((y + ROW - seen) as i32);
        }
    })
}
