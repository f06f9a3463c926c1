//! What the reader opened: choosing or dropping an archive, its progress, and the pages about its
//! images. All that is said here comes from the machine; the file stays where it is.

mod files;
mod findings;
mod list;
mod picked;

use super::shelves::bytes;
use crate::lab::{Lab, quoted, use_lab};
use crate::state::Scene;
use crate::state::archive::{Page, Progress};
use layerglass::port::{Ask as Port, archive::Ask};
use layerglass::survey::Image;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[component]
pub fn Archive() -> Html {
    let lab = use_lab();
    use_load(&lab);
    let t = lab.lang.archive();
    let body = match (&lab.archive.opening, lab.archive.shown()) {
        (Some((name, progress)), _) => opening(&lab, name, *progress),
        (None, Some(image)) => image_pages(&lab, image),
        (None, None) => door(&lab),
    };
    html! {
        <div class="archive">
            <input id="archive-file" type="file" hidden=true aria-label={t.choose} accept=".tar,.tgz,.gz,.zst,application/x-tar,application/gzip" onchange={chosen(&lab)} />
            { refused(&lab) }
            { body }
        </div>
    }
}

/// An archive that was put into the machine is loaded there by a command.
#[hook]
fn use_load(lab: &Lab) {
    let put = lab.archive.put.clone();
    let lab = lab.clone();
    use_effect_with(put, move |put| {
        if let Some(path) = put {
            lab.look(|it| it.put = None);
            let name = path.rsplit('/').next().unwrap_or(path);
            lab.run_now(&format!("docker load -i {}", quoted(name)));
            lab.scene(Scene::Shelves);
        }
    });
}

/// The file that was chosen is opened.
fn chosen(lab: &Lab) -> Callback<Event> {
    let lab = lab.clone();
    Callback::from(move |event: Event| {
        let Some(field) = event.target_dyn_into::<HtmlInputElement>() else { return };
        if let Some(file) = field.files().and_then(|it| it.get(0)) {
            lab.open_archive(&file);
        }
        field.set_value("");
    })
}

fn choose(_: MouseEvent) {
    super::click("#archive-file");
}

fn door(lab: &Lab) -> Html {
    let t = lab.lang.archive();
    html! {
        <div class="door">
            <h2>{ t.drop }</h2>
            <button type="button" class="primary big" disabled={!lab.ready} onclick={choose}>{ t.choose }</button>
            <p><strong>{ t.private }</strong></p>
            <p class="note">{ t.formats }</p>
            <code class="runs">{ "docker save -o image.tar NAME" }</code>
        </div>
    }
}

fn opening(lab: &Lab, name: &str, it: Progress) -> Html {
    let t = lab.lang.archive();
    let cancel = {
        let lab = lab.clone();
        move |_| lab.ask_archive(Ask::Cancel)
    };
    let text = (t.progress)(&bytes(it.done), &bytes(it.total));
    html! {
        <div class="door">
            <h2>{ (t.opening)(name) }</h2>
            <progress max={it.total.max(1).to_string()} value={it.done.to_string()} aria-label={(t.opening)(name)}></progress>
            <p>{ text }if it.layers > 0 { { lab.tools().separator }{ (t.at_layer)(it.layer.min(it.layers), it.layers) } }</p>
            <button type="button" class="small" onclick={cancel}>{ lab.t().cancel }</button>
            <p class="note">{ t.private }</p>
        </div>
    }
}

/// Where something went wrong, and what to do.
fn refused(lab: &Lab) -> Html {
    let t = lab.lang.archive();
    let Some(why) = &lab.archive.refused else { return html! {} };
    let close = {
        let lab = lab.clone();
        move |_| lab.look(|it| it.refused = None)
    };
    html! {
        <div class="refused" role="alert">
            <p><strong>{ t.refused }{ lab.tools().colon }</strong><code>{ why.clone() }</code></p>
            <p class="note">{ t.refused_help }</p>
            <button type="button" class="small" onclick={close}>{ lab.t().close }</button>
        </div>
    }
}

const PAGES: [Page; 5] = [Page::Files, Page::Waste, Page::Secrets, Page::Dockerfile, Page::Compare];

fn image_pages(lab: &Lab, image: &Image) -> Html {
    let t = lab.lang.archive();
    let name = |page| match page {
        Page::Files => t.files,
        Page::Waste => t.waste,
        Page::Secrets => t.secrets,
        Page::Dockerfile => t.dockerfile,
        Page::Compare => t.compare,
    };
    html! {
        <>
        { head(lab, image) }
        <div class="archive-pages" role="group" aria-label={t.title}>
            { for PAGES.map(|page| {
                let onclick = { let lab = lab.clone(); move |_| lab.look(move |it| it.page = page) };
                let on = lab.archive.page == page;
                html! { <button type="button" class="small" data-page={format!("{page:?}")} aria-pressed={on.to_string()} {onclick}>{ name(page) }</button> }
            }) }
        </div>
        { match lab.archive.page {
            Page::Files => html! { <files::Files /> },
            page => html! { <findings::Findings {page} /> },
        } }
        </>
    }
}

/// The name of an image, or the beginning of its identifier.
pub fn name(image: &Image) -> String {
    image.tags.first().cloned().unwrap_or_else(|| super::shelves::short(&image.id).to_owned())
}

/// A file name for an archive of an image.
fn file_name(image: &Image) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '-' };
    format!("{}.tar", name(image).chars().map(plain).collect::<String>())
}

fn head(lab: &Lab, image: &Image) -> Html {
    let t = lab.lang.archive();
    let number = lab.archive.image;
    let onchange = {
        let lab = lab.clone();
        Callback::from(move |event: Event| {
            if let Some(number) = super::chosen(&event).and_then(|it| it.parse().ok()) {
                lab.look(move |it| it.show(number));
            }
        })
    };
    let load = {
        let (lab, name) = (lab.clone(), file_name(image));
        move |_| lab.ask_archive(Ask::Put { image: number, name: name.clone() })
    };
    let export = {
        let (lab, name) = (lab.clone(), file_name(image));
        move |_| lab.link.download(Port::Archive(Ask::Export { image: number }), name.clone())
    };
    let close = {
        let lab = lab.clone();
        move |_| {
            lab.ask_archive(Ask::Close { image: number });
            lab.look(move |it| {
                it.images.retain(|(n, _)| *n != number);
                let next = it.images.last().map_or(0, |it| it.0);
                it.show(next);
            });
        }
    };
    let platform = format!("{}/{}", image.os, image.architecture);
    html! {
        <div class="archive-head">
            if lab.archive.images.len() > 1 {
                <select aria-label={t.image} {onchange}>{ for lab.archive.images.iter().map(|(n, it)| html! {
                    <option value={n.to_string()} selected={*n == number}>{ name(it) }</option>
                }) }</select>
            } else { <h2>{ name(image) }</h2> }
            <small><code>{ super::shelves::short(&image.id).to_owned() }</code>{ " · " }{ bytes(image.size) }{ " · " }{ platform }</small>
            <span class="archive-acts">
                if let Some(it) = lab.archive.coming { <small role="status">{ (t.coming)(&bytes(it.done)) }</small> }
                <button type="button" class="small" disabled={!lab.is_idle()} onclick={load} title={format!("docker load -i {}", file_name(image))}>{ t.load }</button>
                <button type="button" class="small" onclick={export} title={file_name(image)}>{ t.export }</button>
                <button type="button" class="small" onclick={choose}>{ t.another }</button>
                <button type="button" class="small" onclick={close}>{ t.close }</button>
            </span>
            if !lab.archive.notes.is_empty() || !image.notes.is_empty() {
                <details><summary>{ t.notes }{ " " }{ lab.archive.notes.len() + image.notes.len() }</summary>
                <ul>{ for lab.archive.notes.iter().chain(&image.notes).map(|it| html! { <li class="note">{ it.clone() }</li> }) }</ul></details>
            }
        </div>
    }
}
