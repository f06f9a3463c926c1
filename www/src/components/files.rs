//! The plain tree: what `tree` would show, with the part that each directory plays.

use crate::lab::use_lab;
use crate::state::Dialog;
use layerglass::types::FileType;
use layerglass::view::TreeRow;
use yew::prelude::*;

#[component]
pub fn Files() -> Html {
    let lab = use_lab();
    let t = lab.t();
    html! {
        <div class="files-scroll">
            <p class="files-root"><code>{ lab.view.tree_root.clone() }</code></p>
            <ul class="files" aria-label={t.files}>
                { for lab.view.tree.iter().map(|row| {
                    let onclick = {
                        let (lab, path) = (lab.clone(), row.path.clone());
                        move |_| {
                            lab.select(path.clone(), None);
                            lab.dialog(Dialog::Actions { path: path.clone() });
                        }
                    };
                    let selected = lab.selected.as_deref() == Some(row.path.as_str());
                    html! {
                        <li key={row.path.clone()} class={classes!("file-row", role_class(row), selected.then_some("selected"), row.whiteout.then_some("whiteout"))}
                            style={format!("--depth:{}", row.depth)}>
                            <button type="button" {onclick} title={row.path.clone()}>
                                <span class="glyph" aria-hidden="true">{ glyph(row) }</span>
                                <span class="text">{ row.name.clone() }</span>
                                if let Some(role) = &row.role { <span class="role-tag">{ role.clone() }</span> }
                                if row.mounted.is_some() && row.role.is_none() { <span class="role-tag">{ row.mounted.clone().unwrap_or_default() }</span> }
                                if row.whiteout { <span class="role-tag">{ "whiteout · c 0, 0" }</span> }
                                else if row.kind == FileType::Reg { <small>{ format!("{} B", row.size) }</small> }
                            </button>
                        </li>
                    }
                }) }
            </ul>
        </div>
    }
}

fn role_class(row: &TreeRow) -> Option<&'static str> {
    Some(match row.role.as_deref()? {
        "upper" => "role-upper",
        "work" => "role-work",
        "merged" => "role-merged",
        _ => "role-lower",
    })
}

fn glyph(row: &TreeRow) -> &'static str {
    match row.kind {
        _ if row.whiteout => "⊘",
        FileType::Dir => "▾",
        FileType::Symlink => "↪",
        FileType::Reg => "▤",
        _ => "⌸",
    }
}
