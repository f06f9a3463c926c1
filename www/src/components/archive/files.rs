//! The files of an image: its layers, the rows, and what is picked.

use super::super::shelves::bytes;
use super::list::List;
use super::picked::picked;
use crate::decimal;
use crate::lab::{Lab, use_lab};
use layerglass::survey::{Image, Kind, Layer, Scope, Sort, State};
use yew::prelude::*;

#[component]
pub fn Files() -> Html {
    let lab = use_lab();
    let Some(image) = lab.archive.shown().cloned() else { return html! {} };
    html! {
        <div class="archive-pane"><div class="archive-files">
            { layers(&lab, &image) }
            <div class="archive-rows">{ tools(&lab, &image) }<List /></div>
            <div class="archive-picked" id="archive-picked" role="group" tabindex="0" aria-label={lab.t().inspector}>{ picked(&lab) }</div>
        </div></div>
    }
}

/// The scope that a layer stands for, as the rows are looked at now.
fn scope_of(now: Scope, layer: u32, image: &Image) -> Scope {
    match now {
        Scope::Layer(_) if layer > 0 => Scope::Layer(layer),
        _ if layer == 0 => Scope::Merged(image.layers.len() as u32),
        _ => Scope::Merged(layer),
    }
}

fn set_scope(lab: &Lab, scope: Scope) {
    lab.look(move |it| (it.scope, it.rows) = (scope, None));
}

fn layers(lab: &Lab, image: &Image) -> Html {
    let t = lab.lang.archive();
    let most = image.layers.iter().map(|it| it.size).max().unwrap_or(0).max(1);
    let top = image.layers.len() as u32;
    let one = |number: u32, body: Html, title: String| {
        let now = lab.archive.scope;
        let on = match now {
            Scope::Merged(n) if n == top => number == 0,
            Scope::Merged(n) | Scope::Layer(n) => number == n,
        };
        let scope = match (now, number) {
            (Scope::Merged(n), _) if n == top && number > 0 => Scope::Layer(number),
            _ => scope_of(now, number, image),
        };
        let onclick = {
            let lab = lab.clone();
            move |_| set_scope(&lab, scope)
        };
        html! { <li key={number}><button type="button" class="layer-card" aria-pressed={on.to_string()} {title} {onclick}>{ body }</button></li> }
    };
    html! {
        <ol class="archive-layers" aria-label={lab.lang.shelf().layers}>
            { one(0, html! { <><strong>{ t.all_layers }</strong><small>{ bytes(image.size) }</small></> }, String::new()) }
            { for image.layers.iter().rev().map(|it| one(it.number, layer_body(it, most, t.layer), it.created_by.clone())) }
        </ol>
    }
}

fn layer_body(it: &Layer, most: u64, name: fn(u32) -> String) -> Html {
    let width = it.size as f64 * 100.0 / most as f64;
    html! {
        <>
        <strong>{ name(it.number) }</strong><small>{ bytes(it.size) }</small>
        <span class="size-bar" aria-hidden="true"><i ~style={format!("width:{}%", decimal::short(width))}></i></span>
        <code>{ it.created_by.clone() }</code>
        <small class="counts"><b class="added">{ format!("+{}", it.added) }</b><b class="changed">{ format!("~{}", it.changed) }</b><b class="deleted">{ format!("−{}", it.removed) }</b></small>
        </>
    }
}

const KINDS: [Kind; 3] = [Kind::File, Kind::Directory, Kind::Symlink];
const STATES: [State; 3] = [State::Added, State::Changed, State::Removed];
const SORTS: [Sort; 4] = [Sort::Path, Sort::Size, Sort::Kind, Sort::Time];
/// Sizes to filter by.
const SIZES: [u64; 4] = [100_000, 1_000_000, 10_000_000, 100_000_000];

/// A list of choices; the first means none of them.
fn choice(
    lab: &Lab,
    label: &'static str,
    first: Option<&'static str>,
    names: Vec<String>,
    at: Option<usize>,
    set: fn(&mut crate::state::archive::Archive, Option<usize>),
) -> Html {
    let onchange = {
        let lab = lab.clone();
        Callback::from(move |event: Event| {
            let at = super::super::chosen(&event).and_then(|it| it.parse().ok());
            lab.look(move |it| {
                set(it, at);
                it.rows = None;
            });
        })
    };
    html! {
        <label><span>{ label }</span><select {onchange}>
            if let Some(first) = first { <option value="" selected={at.is_none()}>{ first }</option> }
            { for names.into_iter().enumerate().map(|(i, name)| html! { <option value={i.to_string()} selected={at == Some(i)}>{ name }</option> }) }
        </select></label>
    }
}

fn tools(lab: &Lab, image: &Image) -> Html {
    let t = lab.lang.archive();
    let (it, filter) = (&lab.archive, &lab.archive.filter);
    let oninput = {
        let lab = lab.clone();
        Callback::from(move |event: InputEvent| {
            let text = event.target_dyn_into::<web_sys::HtmlInputElement>().map(|it| it.value());
            lab.look(move |it| {
                it.filter.text = text.unwrap_or_default();
                it.rows = None;
            });
        })
    };
    let layer = match it.scope {
        Scope::Layer(n) => Some((n, true)),
        Scope::Merged(n) if n < image.layers.len() as u32 => Some((n, false)),
        Scope::Merged(_) => None,
    };
    let only = layer.map(|(n, only)| {
        let onclick = {
            let lab = lab.clone();
            move |_| set_scope(&lab, if only { Scope::Merged(n) } else { Scope::Layer(n) })
        };
        html! { <button type="button" class="small" {onclick}>{ if only { t.up_to } else { t.only } }</button> }
    });
    html! {
        <div class="archive-tools">
            <label class="grow"><span>{ t.filter }</span><input type="text" value={filter.text.clone()} {oninput} spellcheck="false" /></label>
            { choice(lab, t.kind, Some(t.any), KINDS.map(|it| (t.kinds)(it).to_owned()).to_vec(), KINDS.iter().position(|it| filter.kinds.contains(it)), |it, at| it.filter.kinds = at.map(|at| KINDS[at]).into_iter().collect()) }
            { choice(lab, t.state, Some(t.any), STATES.map(|it| (t.states)(it).to_owned()).to_vec(), STATES.iter().position(|it| filter.states.contains(it)), |it, at| it.filter.states = at.map(|at| STATES[at]).into_iter().collect()) }
            { choice(lab, t.min, Some(t.any), SIZES.map(bytes).to_vec(), SIZES.iter().position(|it| *it == filter.min), |it, at| it.filter.min = at.map_or(0, |at| SIZES[at])) }
            { choice(lab, t.sort, None, SORTS.map(|it| (t.sorts)(it).to_owned()).to_vec(), SORTS.iter().position(|it| *it == lab.archive.sort), |it, at| it.sort = SORTS[at.unwrap_or(0)]) }
            { only }
        </div>
    }
}
