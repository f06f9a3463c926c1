//! What is found in an image: waste, secrets, a Dockerfile; and two images beside each other.

use super::super::shelves::bytes;
use super::name;
use crate::lab::{Lab, use_lab};
use crate::state::archive::{Findings as Found, Page};
use layerglass::port::archive::Ask;
use layerglass::survey::{Comparison, Sort};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub page: Page,
}

#[component]
pub fn Findings(props: &Props) -> Html {
    let lab = use_lab();
    let t = lab.lang.archive();
    let image = lab.archive.image;
    let known = lab.archive.findings.as_ref().filter(|it| it.0 == image).map(|it| it.1.clone());
    {
        let (lab, is_known) = (lab.clone(), known.is_some());
        use_effect_with((image, is_known), move |_| {
            if !is_known {
                lab.ask_archive(Ask::Findings { image });
            }
        });
    }
    let Some(found) = known else { return html! { <p class="empty">{ t.reading }</p> } };
    html! {
        <div class="table-scroll" tabindex="0" role="group" aria-label={t.title}>
            { match props.page {
                Page::Waste => waste(&lab, &found),
                Page::Secrets => secrets(&lab, &found),
                Page::Dockerfile => html! { <pre class="file wrap dockerfile">{ found.dockerfile.clone() }</pre> },
                _ => compare(&lab),
            } }
        </div>
    }
}

/// A path that leads to the files.
fn path(lab: &Lab, path: &str) -> Html {
    let onclick = {
        let (lab, path) = (lab.clone(), path.to_owned());
        move |_| {
            let path = path.clone();
            lab.look(move |it| {
                it.page = Page::Files;
                it.filter.text.clone_from(&path);
                (it.sort, it.rows) = (Sort::Path, None);
            });
        }
    };
    html! { <button type="button" class="path-button" {onclick}><code>{ format!("/{}", path.trim_start_matches('/')) }</code></button> }
}

fn waste(lab: &Lab, found: &Found) -> Html {
    let t = lab.lang.archive();
    let waste = &found.waste;
    if waste.files.is_empty() {
        return html! { <p class="empty">{ t.waste_none }</p> };
    }
    html! {
        <>
        <p><strong>{ (t.waste_sum)(&bytes(waste.wasted), &bytes(waste.total)) }</strong></p>
        <p class="note">{ t.waste_about }</p>
        <table class="words-table waste"><tbody>{ for waste.files.iter().take(500).map(|it| html! {
            <tr><td>{ bytes(it.bytes) }</td><th scope="row">{ path(lab, &it.path) }</th><td>{ (t.reasons)(it.reason) }<small>{ " " }{ (t.wasted_by)(it.layer, it.by) }</small></td></tr>
        }) }</tbody></table>
        </>
    }
}

fn secrets(lab: &Lab, found: &Found) -> Html {
    let t = lab.lang.archive();
    html! {
        <>
        <p class="note">{ t.secrets_about }</p>
        if found.secrets.is_empty() { <p>{ t.secrets_none }</p> } else {
            <table class="words-table"><tbody>{ for found.secrets.iter().map(|it| html! {
                <tr><th scope="row">{ if it.layer == 0 { html! { <code>{ it.path.clone() }</code> } } else { path(lab, &it.path) } }</th><td>{ it.kind.clone() }</td>
                <td>{ if it.layer == 0 { t.configuration.to_owned() } else { (t.layer)(it.layer as u32) } }<small>{ " " }{ if it.visible { t.visible } else { t.hidden } }</small></td></tr>
            }) }</tbody></table>
        }
        </>
    }
}

fn compare(lab: &Lab) -> Html {
    let t = lab.lang.archive();
    let image = lab.archive.image;
    let others: Vec<_> = lab.archive.images.iter().filter(|it| it.0 != image).collect();
    if others.is_empty() {
        return html! { <p class="empty">{ t.compare_need }</p> };
    }
    let against = lab.archive.against.filter(|it| others.iter().any(|other| other.0 == *it));
    let onchange = {
        let lab = lab.clone();
        Callback::from(move |event: Event| {
            let other: Option<u32> = super::super::chosen(&event).and_then(|it| it.parse().ok());
            lab.look(move |it| it.against = other);
            if let Some(old) = other {
                lab.ask_archive(Ask::Compare { old, new: image });
            }
        })
    };
    let found = lab.archive.comparison.as_ref().filter(|it| Some(it.0) == against && it.1 == image);
    html! {
        <>
        <p><label>{ t.against }{ " " }<select {onchange}>
            <option value="" selected={against.is_none()}>{ "–" }</option>
            { for others.iter().map(|(n, it)| html! { <option value={n.to_string()} selected={against == Some(*n)}>{ name(it) }</option> }) }
        </select></label></p>
        { match (found, against) {
            (Some(it), _) => comparison(lab, &it.2),
            (None, Some(_)) => html! { <p class="note">{ t.reading }</p> },
            _ => html! {},
        } }
        </>
    }
}

fn comparison(lab: &Lab, it: &Comparison) -> Html {
    let t = lab.lang.archive();
    html! {
        <>
        <p>{ (t.compare_shared)(it.shared, &bytes(it.shared_bytes)) }{ " " }{ (t.compare_only)(&bytes(it.only_old), &bytes(it.only_new)) }</p>
        if !it.settings.is_empty() {
            <ul class="settings">{ for it.settings.iter().map(|it| html! {
                <li><code>{ it.key.clone() }</code>{ " " }if let Some(old) = &it.old { <del>{ old.clone() }</del> }{ " " }if let Some(new) = &it.new { <ins>{ new.clone() }</ins> }</li>
            }) }</ul>
        }
        if it.files.is_empty() { <p>{ t.compare_none }</p> } else {
            <p class="note">{ (t.differences)(it.files.len()) }</p>
            <table class="words-table changes"><tbody>{ for it.files.iter().take(500).map(|it| {
                let (class, sign) = match it.kind { 'A' => ("added", "+"), 'D' => ("deleted", "−"), _ => ("changed", "~") };
                let changed: Vec<&str> = it.changed.iter().map(|it| (t.aspects)(*it)).collect();
                html! { <tr {class}><td><span class="sign" aria-hidden="true">{ sign }</span></td><th scope="row">{ path(lab, &it.path) }</th><td>{ changed.join(lab.tools().separator) }</td></tr> }
            }) }</tbody></table>
        }
        </>
    }
}
