//! Two moments held against each other: every path that differs, with the steps that did it; the
//! text and the metadata of the one that is opened. Draws what the machine worked out.

use super::glyph::role_word;
use super::inspector::diff_lines;
use super::matrix::layer_class;
use crate::lab::{Lab, use_lab};
use crate::state::{Action, Compare as Two};
use layerglass::view::{Change, Side, TreeChange, TreeDiff};
use yew::prelude::*;

#[component]
pub fn Compare() -> Html {
    let lab = use_lab();
    let Some(two) = lab.compare.clone() else { return html! {} };
    let (t, tools) = (lab.t(), lab.tools());
    let close = {
        let lab = lab.clone();
        move |_| lab.act(Action::Compare(None))
    };
    html! {
        <div class="compare">
            <div class="compare-head" role="group" aria-label={tools.compare}>
                { moment(&lab, tools.compare_from, two.from, two.to, false) }
                { moment(&lab, tools.compare_to, two.to, two.from, true) }
                <button type="button" class="small" onclick={close}>{ t.close }</button>
            </div>
            {
                match &two.diff {
                    None => html! { <p class="empty loading">{ tools.compare_wait }</p> },
                    Some(diff) => changes(&lab, &two, diff),
                }
            }
        </div>
    }
}

/// Chooses one of the moments; the other one stays.
fn moment(lab: &Lab, label: &'static str, chosen: usize, other: usize, is_to: bool) -> Html {
    let onchange = {
        let lab = lab.clone();
        Callback::from(move |event: Event| {
            if let Some(n) = super::chosen(&event).and_then(|it| it.parse().ok()) {
                if is_to { lab.compare(other, n) } else { lab.compare(n, other) }
            }
        })
    };
    let first = lab.first();
    let option = |n: usize| {
        let step = n.checked_sub(1).and_then(|i| lab.view.steps.get(i)).filter(|_| n > first);
        let name = match step {
            Some(step) => {
                let line: String =
                    step.line.lines().next().unwrap_or_default().chars().take(48).collect();
                format!("{}. {line}", n - first)
            }
            None => lab.tools().compare_start.to_owned(),
        };
        html! { <option value={n.to_string()} selected={n == chosen}>{ name }</option> }
    };
    html! {
        <label><span>{ label }</span>
            <select aria-label={format!("{}: {label}", lab.tools().compare)} {onchange}>{ for (first..=lab.view.steps.len()).map(option) }</select>
        </label>
    }
}

fn changes(lab: &Lab, two: &Two, diff: &TreeDiff) -> Html {
    let tools = lab.tools();
    if diff.changes.is_empty() {
        return html! { <><p class="empty">{ tools.compare_none }</p><p class="note compare-hint">{ tools.compare_hint }</p></> };
    }
    let total = diff.changes.len() + diff.left_out;
    html! {
        <div class="compare-body" tabindex="0" role="group" aria-label={tools.compare}>
            <p class="note" role="status">{ (tools.compare_count)(total) }</p>
            <table class="words-table changes">
                <thead><tr>
                    <th scope="col"><span class="sr">{ tools.compare_change }</span></th>
                    <th scope="col">{ lab.t().path }</th>
                    <th scope="col">{ tools.compare_before }</th>
                    <th scope="col">{ tools.compare_after }</th>
                    <th scope="col">{ tools.compare_why }</th>
                </tr></thead>
                <tbody>{ for diff.changes.iter().map(|it| change(lab, two, diff, it)) }</tbody>
            </table>
            if diff.left_out > 0 { <p class="note">{ (tools.compare_more)(diff.left_out) }</p> }
            <p class="note compare-hint">{ tools.compare_hint }</p>
        </div>
    }
}

fn change(lab: &Lab, two: &Two, diff: &TreeDiff, it: &Change) -> Html {
    let tools = lab.tools();
    let (sign, word, class) = match it.seen {
        Some(TreeChange::Added) => ("+", tools.added, "added"),
        Some(TreeChange::Changed) => ("~", tools.changed, "changed"),
        Some(TreeChange::Deleted) => ("−", tools.deleted, "deleted"),
        None => ("≡", tools.layers_only, "same"),
    };
    let is_open = two.open.as_ref() == Some(&it.path);
    let has_more = !it.lines.is_empty() || !it.facts.is_empty();
    let onclick = {
        let (lab, path, two) = (lab.clone(), it.path.clone(), two.clone());
        move |_| {
            let open = (!is_open).then(|| path.clone());
            lab.act(Action::Compare(Some(Two { open, ..two.clone() })));
        }
    };
    let name = if it.path.is_empty() { lab.t().root.to_owned() } else { it.path.clone() };
    html! {
        <>
        <tr key={it.path.clone()} {class}>
            <td><span class="sign" title={word} aria-hidden="true">{ sign }</span><span class="sr">{ word }</span></td>
            <th scope="row">
                if has_more { <button type="button" class="row-name" aria-expanded={is_open.to_string()} {onclick}><span class="glyph" aria-hidden="true">{ if is_open { "▾" } else { "▸" } }</span><code>{ name }</code></button> }
                else { <code>{ name }</code> }
            </th>
            <td>{ side(lab, &it.before, diff.mounted.0) }</td>
            <td>{ side(lab, &it.after, diff.mounted.1) }</td>
            <td class="why">{ for it.steps.iter().map(|n| why(lab, *n, &it.path)) }</td>
        </tr>
        if is_open {
            <tr class="details"><td></td><td colspan="4">
                if !it.facts.is_empty() {
                    <dl class="facts">{ for it.facts.iter().map(|(name, old, new)| html! {
                        <><dt>{ (tools.fact)(name) }</dt><dd><del>{ old.clone() }</del>{ " → " }<ins>{ new.clone() }</ins></dd></>
                    }) }</dl>
                }
                if !it.lines.is_empty() { { diff_lines(&it.lines) } }
            </td></tr>
        }
        </>
    }
}

/// Where a path comes from at a moment, and the part of each layer.
fn side(lab: &Lab, side: &Side, is_mounted: bool) -> Html {
    let t = lab.t();
    if !is_mounted {
        return html! { <small>{ lab.tools().compare_unmounted }</small> };
    }
    let roles: Vec<&str> = side.roles.iter().map(|it| role_word(*it, t)).collect();
    let title = roles.join(" / ");
    match (&side.node, side.layer) {
        (Some(node), Some(layer)) => html! {
            <span {title}><span class={classes!("layer-tag", layer_class(layer))}>{ lab.layer_name(layer) }</span>
            if node.kind == layerglass::types::FileType::Reg { <small>{ format!(" {} B", node.size) }</small> }</span>
        },
        (Some(_), None) => html! { <span {title}>{ t.role_visible }</span> },
        (None, _) if side.roles.contains(&layerglass::view::Role::Whiteout) => {
            html! { <span {title} class="gone">{ "⊘ whiteout" }</span> }
        }
        (None, _) => html! { <span class="gone">{ "–" }</span> },
    }
}

/// The step that touched a path, and what it did there.
fn why(lab: &Lab, n: usize, path: &str) -> Html {
    let Some(step) = n.checked_sub(1).and_then(|i| lab.view.steps.get(i)) else { return html! {} };
    let effect = step.effects.iter().rev().find(|it| it.touches(path));
    let said = effect.map(|it| (lab.t().effect)(it, &|layer| lab.layer_name(layer)));
    let line: String = step.line.lines().next().unwrap_or_default().to_owned();
    let title = (lab.tools().step)(n.saturating_sub(lab.first()), &line);
    html! { <div title={title.clone()}>{ said.unwrap_or_default() }<small>{ title }</small></div> }
}
