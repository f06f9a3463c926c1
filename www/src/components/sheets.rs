//! The layers of an image or a container as sheets on each other, the newest on top, each with the
//! step that made it; steps that made none are lines between them.

use super::shelves::{bytes, name, short};
use crate::lab::Lab;
use crate::state::Pick;
use layerglass::view::Docker;
use layerglass::view::docker::{ContainerInfo, ImageInfo, StoredLayer};
use yew::prelude::*;

pub fn of_image(lab: &Lab, docker: &Docker, image: &ImageInfo) -> Html {
    html! { <ol class="sheets" aria-label={lab.lang.shelf().layers}>{ steps(lab, docker, image) }</ol> }
}

pub fn of_container(lab: &Lab, docker: &Docker, it: &ContainerInfo) -> Html {
    let t = lab.lang.shelf();
    let own = html! { <>{ it.written.map(bytes).unwrap_or_default() }</> };
    let about = html! { <small>{ t.init_about }</small> };
    let below = it.image.map(|at| steps(lab, docker, &docker.images[at]));
    html! {
        <>
        <ol class="sheets" aria-label={t.layers}>
            { sheet(lab, "role-upper", t.container_layer.to_owned(), own, &it.files, html! {}) }
            { sheet(lab, "role-work", t.init_layer.to_owned(), html! {}, &it.init_dir, about) }
            { below.unwrap_or_else(|| html! { <li class="no-layer">{ t.image_gone }</li> }) }
        </ol>
        if let Some(merged) = &it.merged {
            <p class="note">{ t.merged_at }</p>
            { place(lab, merged) }
        }
        if !it.mounts.is_empty() {
            <ul class="mount-list">{ for it.mounts.iter().map(|point| html! {
                <li class="role-work"><span class="layer-dot" aria-hidden="true"></span><code>{ format!("{} → {}", point.source, point.destination) }</code>if !point.writable { <small>{ t.read_only }</small> }</li>
            }) }</ul>
        }
        </>
    }
}

/// The steps of an image, the newest first.
fn steps(lab: &Lab, docker: &Docker, image: &ImageInfo) -> Html {
    let t = lab.lang.shelf();
    let one = |by: &str, at: Option<usize>| {
        let Some(layer) = at.map(|at| &docker.layers[at]) else {
            return html! { <li class="no-layer"><code title={by.to_owned()}>{ command(by) }</code><small>{ t.no_layer }</small></li> };
        };
        let pick = Pick::Layer(layer.chain.clone());
        let onclick = {
            let lab = lab.clone();
            move |_| lab.pick(pick.clone())
        };
        let shared = layer.images.len() > 1;
        html! {
            <li class={classes!("sheet-row", "role-lower", shared.then_some("shared"))}>
                <button type="button" {onclick} title={by.to_owned()}>
                    <span class="pane-of-glass" aria-hidden="true"></span>
                    <code>{ command(by) }</code>
                    <small><span>{ bytes(layer.size) }</span><code>{ short(&layer.diff_id) }</code>if shared { <span class="count">{ (t.used_by)(layer.images.len(), layer.containers.len()) }</span> }</small>
                </button>
            </li>
        }
    };
    // An image without a history still has its layers.
    if image.steps.iter().all(|it| it.layer.is_none()) {
        return image.layers.iter().rev().map(|at| one("", Some(*at))).collect();
    }
    image.steps.iter().rev().map(|it| one(&it.by, it.layer)).collect()
}

fn sheet(lab: &Lab, role: &'static str, title: String, size: Html, dir: &str, more: Html) -> Html {
    let onclick = watch(lab, dir);
    html! {
        <li class={classes!("sheet-row", role)}>
            <button type="button" {onclick} title={dir.to_owned()}>
                <span class="pane-of-glass" aria-hidden="true"></span>
                <strong>{ title }</strong>
                <small><span>{ size }</span><code>{ tail(dir) }</code></small>
                { more }
            </button>
        </li>
    }
}

/// The end of a directory below the data root.
fn tail(dir: &str) -> String {
    let parts: Vec<&str> = dir.rsplit('/').take(2).collect();
    let cut = |part: &str| match part.len() {
        0..=20 => part.to_owned(),
        _ => format!("{}…{}", &part[..12], if part.ends_with("-init") { "-init" } else { "" }),
    };
    parts.into_iter().rev().map(cut).collect::<Vec<_>>().join("/")
}

/// One layer: what it is, where it is, who has it.
pub fn layer(lab: &Lab, docker: &Docker, it: &StoredLayer) -> Html {
    let t = lab.lang.shelf();
    html! {
        <>
        <h2>{ t.layer }{ " " }<code>{ short(&it.diff_id) }</code></h2>
        <p><code>{ it.by.clone() }</code></p>
        <dl class="facts">
            <dt>{ t.size }</dt><dd>{ bytes(it.size) }</dd>
            <dt>{ "diff ID" }</dt><dd><code>{ it.diff_id.clone() }</code></dd>
            <dt>{ "chain ID" }</dt><dd><code>{ it.chain.clone() }</code></dd>
        </dl>
        { place(lab, &it.dir) }
        <h3>{ t.column_used }</h3>
        <ul class="users">{ for users(lab, docker, it) }</ul>
        </>
    }
}

/// Who stands on a layer, as buttons.
pub fn users<'a>(
    lab: &'a Lab,
    docker: &'a Docker,
    it: &'a StoredLayer,
) -> impl Iterator<Item = Html> + 'a {
    let t = lab.lang.shelf();
    let images = it.images.iter().map(|at| &docker.images[*at]);
    let images = images.map(move |it| (name(it, t), Pick::Image(it.id.clone()), "role-lower"));
    let containers = it.containers.iter().map(|at| &docker.containers[*at]);
    let containers =
        containers.map(|it| (it.name.clone(), Pick::Container(it.id.clone()), "role-upper"));
    images.chain(containers).map(|(text, pick, role)| {
        let lab = lab.clone();
        let onclick = move |_| lab.pick(pick.clone());
        html! { <li><button type="button" class={classes!("small", role)} {onclick}><span class="layer-dot" aria-hidden="true"></span>{ " " }{ text }</button></li> }
    })
}

/// A directory of the machine, and the button that shows its files.
pub fn place(lab: &Lab, dir: &str) -> Html {
    let onclick = watch(lab, dir);
    html! { <p class="place"><code>{ dir.to_owned() }</code><button type="button" class="small" {onclick}>{ lab.lang.shelf().open_files }</button></p> }
}

fn watch(lab: &Lab, dir: &str) -> Callback<MouseEvent> {
    let (lab, dir) = (lab.clone(), dir.to_owned());
    Callback::from(move |_| lab.watch(&dir))
}

/// A step without what every step begins with.
fn command(by: &str) -> String {
    let by = by.trim();
    let by = by.strip_suffix("# buildkit").unwrap_or(by).trim_end();
    let by = by.strip_prefix("/bin/sh -c #(nop)").map_or(by, str::trim_start);
    by.strip_prefix("/bin/sh -c ").map_or_else(|| by.to_owned(), |run| format!("RUN {run}"))
}
