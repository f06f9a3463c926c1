//! The plain tree: what `tree` would show, with the part that each directory plays. A WAI-ARIA tree:
//! one entry takes the focus, arrows move, right and left open and close.

use super::actions::on_menu;
use super::shelves::bytes;
use crate::lab::{Lab, use_lab};
use crate::state::Dialog;
use layerglass::types::FileType;
use layerglass::view::TreeRow;
use std::collections::BTreeSet;
use web_sys::HtmlElement;
use web_sys::wasm_bindgen::JsCast;
use yew::prelude::*;

#[component]
pub fn Files() -> Html {
    let lab = use_lab();
    let t = lab.t();
    let closed = use_state(BTreeSet::<String>::new);
    let at = use_state(String::new);
    let tree = use_node_ref();
    let rows = visible(&lab.view.tree, &closed);
    let focus = rows.iter().position(|it| it.path == *at).unwrap_or(0);
    let onkeydown = keys(&rows, focus, &closed, &at, tree.clone());
    html! {
        <div class="files-scroll">
            <p class="files-root"><code>{ lab.view.tree_root.clone() }</code>{ back(&lab) }</p>
            <ul ref={tree} class="files" role="tree" aria-label={t.files} {onkeydown}>
                { for rows.iter().enumerate().map(|(i, row)| item(&lab, row, i == focus, &closed, &at)) }
            </ul>
        </div>
    }
}

/// The way back from a directory that was looked into.
fn back(lab: &Lab) -> Html {
    let own = if lab.scenario.dir.is_empty() { "/root" } else { &lab.scenario.dir };
    if lab.view.tree_root == own || lab.view.tree_root.is_empty() {
        return html! {};
    }
    let onclick = {
        let lab = lab.clone();
        move |_| lab.watch("")
    };
    html! { <button type="button" class="small" {onclick}>{ (lab.lang.shelf().back_to)(own) }</button> }
}

/// Rows without an ancestor that is closed.
fn visible<'a>(tree: &'a [TreeRow], closed: &BTreeSet<String>) -> Vec<&'a TreeRow> {
    let hidden = |row: &TreeRow| {
        closed.iter().any(|it| crate::state::below(&row.path, it).is_some_and(|it| !it.is_empty()))
    };
    tree.iter().filter(|row| !hidden(row)).collect()
}

fn item(
    lab: &Lab,
    row: &TreeRow,
    is_focus: bool,
    closed: &UseStateHandle<BTreeSet<String>>,
    at: &UseStateHandle<String>,
) -> Html {
    let onclick = {
        let (lab, path, at) = (lab.clone(), row.path.clone(), at.clone());
        move |_: MouseEvent| {
            at.set(path.clone());
            lab.select(path.clone(), None);
            lab.dialog(Dialog::Actions { path: path.clone() });
        }
    };
    let selected = lab.selected.as_deref() == Some(row.path.as_str());
    let open = (row.kind == FileType::Dir).then(|| !closed.contains(&row.path));
    let class = classes!(
        "file-row",
        role_class(row),
        selected.then_some("selected"),
        row.whiteout.then_some("whiteout")
    );
    html! {
        <li key={row.path.clone()} {class} ~style={format!("--depth:{}", row.depth)} role="treeitem" data-path={row.path.clone()}
            tabindex={if is_focus { "0" } else { "-1" }} aria-level={(row.depth + 1).to_string()} aria-selected={selected.to_string()}
            aria-expanded={open.map(|it| it.to_string())} {onclick} oncontextmenu={on_menu(lab, &row.path)} title={row.path.clone()}>
            <span class="glyph" aria-hidden="true">{ glyph(row, open) }</span>
            <span class="text">{ row.name.clone() }</span>
            if let Some(role) = &row.role { <span class="role-tag">{ role.clone() }</span> }
            if row.mounted.is_some() && row.role.is_none() { <span class="role-tag">{ row.mounted.clone().unwrap_or_default() }</span> }
            if row.whiteout { <span class="role-tag">{ "whiteout · c 0, 0" }</span> }
            else if row.kind == FileType::Reg { <small title={format!("{} B", row.size)}>{ bytes(row.size) }</small> }
        </li>
    }
}

fn keys(
    rows: &[&TreeRow],
    focus: usize,
    closed: &UseStateHandle<BTreeSet<String>>,
    at: &UseStateHandle<String>,
    tree: NodeRef,
) -> Callback<KeyboardEvent> {
    let rows: Vec<TreeRow> = rows.iter().map(|it| (*it).clone()).collect();
    let (closed, at) = (closed.clone(), at.clone());
    Callback::from(move |event: KeyboardEvent| {
        let Some(row) = rows.get(focus) else { return };
        let is_dir = row.kind == FileType::Dir;
        let is_closed = closed.contains(&row.path);
        let parent = rows.iter().take(focus).rposition(|it| it.depth + 1 == row.depth);
        let next = match event.key().as_str() {
            "ArrowDown" => Some(focus + 1),
            "ArrowUp" => focus.checked_sub(1),
            "Home" => Some(0),
            "End" => rows.len().checked_sub(1),
            "ArrowRight" if is_dir && is_closed => {
                let mut set = (*closed).clone();
                set.remove(&row.path);
                closed.set(set);
                None
            }
            "ArrowRight" if is_dir => Some(focus + 1),
            "ArrowLeft" if is_dir && !is_closed => {
                let mut set = (*closed).clone();
                set.insert(row.path.clone());
                closed.set(set);
                None
            }
            "ArrowLeft" => parent,
            "Enter" | " " => {
                if let Some(element) =
                    event.target().and_then(|it| it.dyn_into::<HtmlElement>().ok())
                {
                    element.click();
                }
                None
            }
            key if key.chars().count() == 1
                && key != "/"
                && !event.ctrl_key()
                && !event.alt_key() =>
            {
                let after = (1..=rows.len()).map(|i| (focus + i) % rows.len());
                let starts = |i: &usize| rows.get(*i).is_some_and(|it| it.name.starts_with(key));
                match after.into_iter().find(starts) {
                    Some(found) => Some(found),
                    None => return,
                }
            }
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        let Some(row) = next.and_then(|i| rows.get(i)) else { return };
        at.set(row.path.clone());
        let Some(tree) = tree.cast::<web_sys::Element>() else { return };
        let items = tree.query_selector_all("[role=treeitem]").ok();
        let found = items.and_then(|it| it.get(next.unwrap_or(0) as u32));
        if let Some(element) = found.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
            let _ = element.focus();
        }
    })
}

fn role_class(row: &TreeRow) -> Option<&'static str> {
    Some(match row.role.as_deref()? {
        "upper" => "role-upper",
        "work" => "role-work",
        "merged" => "role-merged",
        _ => "role-lower",
    })
}

fn glyph(row: &TreeRow, open: Option<bool>) -> &'static str {
    match (row.kind, open) {
        _ if row.whiteout => "⊘",
        (FileType::Dir, Some(false)) => "▸",
        (FileType::Dir, _) => "▾",
        (FileType::Symlink, _) => "↪",
        (FileType::Reg, _) => "▤",
        _ => "⌸",
    }
}
