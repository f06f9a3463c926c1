//! The matrix in words, as a plain table: for screen readers, for copying, for those who prefer it.

use super::glyph::{kind_word, role_word};
use crate::lab::{Lab, use_lab};
use layerglass::view::{Cell, Node, Row};
use yew::prelude::*;

#[component]
pub fn Table() -> Html {
    let lab = use_lab();
    let t = lab.t();
    let Some(mount) = lab.shown() else { return html! {} };
    html! {
        <div class="table-scroll" tabindex="0" role="group" aria-label={lab.tools().table}>
            <table class="words-table">
                <caption>{ mount.target.clone() }{ " " }<small>{ mount.options.clone() }</small></caption>
                <thead><tr>
                    <th scope="col">{ t.path }</th>
                    <th scope="col">{ t.merged }</th>
                    { for mount.layers.iter().map(|it| html! { <th scope="col" title={it.path.clone()}>{ it.label.clone() }</th> }) }
                </tr></thead>
                <tbody>{ for mount.rows.iter().map(|row| line(&lab, row)) }</tbody>
            </table>
            if mount.rows_left_out > 0 { <p class="note">{ (t.rows_left_out)(mount.rows_left_out) }</p> }
        </div>
    }
}

fn line(lab: &Lab, row: &Row) -> Html {
    let t = lab.t();
    let name = if row.path.is_empty() { t.root.to_owned() } else { row.path.clone() };
    let seen = row.merged.as_ref().map_or_else(|| t.hidden.to_owned(), |it| node(lab, it));
    let selected = lab
        .selected
        .as_deref()
        .and_then(|it| crate::state::below(it, &lab.shown()?.target).map(|it| it == row.path));
    html! {
        <tr key={row.path.clone()} class={classes!(selected.unwrap_or(false).then_some("selected"))}>
            <th scope="row"><code>{ name }</code></th>
            <td>{ seen }</td>
            { for row.cells.iter().map(|it| html! { <td class={classes!(format!("is-{}", super::matrix::role_key(it.role)))}>{ cell(lab, row, it) }</td> }) }
        </tr>
    }
}

fn cell(lab: &Lab, row: &Row, cell: &Cell) -> String {
    let t = lab.t();
    let Some(it) = &cell.node else { return "–".to_owned() };
    let mut text = format!("{}{}{}", role_word(cell.role, t), lab.tools().separator, node(lab, it));
    let layers = lab.shown().map(|it| &it.layers);
    if let Some(origin) = row.origin.filter(|_| it.copied_up) {
        if let Some(from) = layers.and_then(|it| it.get(origin)) {
            text = format!(
                "{text}{}{}",
                lab.tools().separator,
                (lab.tools().copied_from)(&from.label)
            );
        }
    }
    text
}

fn node(lab: &Lab, it: &Node) -> String {
    let t = lab.t();
    let comma = lab.tools().separator;
    format!("{}{comma}{} B{comma}inode {}", kind_word(it.kind, t), it.size, it.ino)
}
