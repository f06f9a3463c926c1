//! The builds that the engine remembers: their steps, what was cached, why the rest was not, and the
//! layers that were made.

use super::actions::Do;
use super::shelves::{bytes, card as plate, menu, short};
use crate::lab::{Lab, quoted};
use crate::state::Pick;
use layerglass::view::Docker;
use layerglass::view::docker::{BuildInfo, BuildStep};
use yew::prelude::*;

/// What a build is called: the first name that it gave.
fn title(lab: &Lab, it: &BuildInfo) -> String {
    it.tags.first().cloned().unwrap_or_else(|| lab.lang.shelf().no_name.to_owned())
}

pub fn card(lab: &Lab, it: &BuildInfo) -> Html {
    let t = lab.lang.shelf();
    let run = it.steps.iter().filter(|step| step.miss.is_some()).count();
    let body = html! {
        <>
        <span class="card-name">{ title(lab, it) }</span>
        <small class="card-facts">
            if it.error.is_empty() { <code>{ short(&it.image) }</code> } else { <strong class="bad">{ t.build_failed }</strong> }
            <span>{ (t.cached_and_run)(it.steps.len() - run, run) }</span>
            <span>{ clock(&it.ended) }</span>
        </small>
        </>
    };
    plate(lab, Pick::Build(it.ended.clone()), "role-merged", body)
}

/// The time of the day of `2021-08-20T10:00:00.5Z`.
fn clock(time: &str) -> String {
    time.get(11..19).unwrap_or(time).to_owned()
}

pub fn detail(lab: &Lab, docker: &Docker, it: &BuildInfo) -> Html {
    let t = lab.lang.shelf();
    let image = docker.images.iter().find(|image| image.id == it.image);
    let open = image.map(|image| {
        let (lab, pick) = (lab.clone(), Pick::Image(image.id.clone()));
        let onclick = move |_| lab.pick(pick.clone());
        html! { <button type="button" class="small role-lower" {onclick}><span class="layer-dot" aria-hidden="true"></span>{ " " }{ short(&it.image) }</button> }
    });
    let mut acts = Vec::new();
    if image.is_some() {
        acts.push((t.act_history, Do::Run(format!("docker history {}", short(&it.image)))));
    }
    acts.push((t.act_usage, Do::Run("docker buildx du".to_owned())));
    acts.push((t.act_prune, Do::Run("docker builder prune -f".to_owned())));
    let builder = if it.classic { t.classic } else { "BuildKit" };
    html! {
        <>
        <h2>{ title(lab, it) }</h2>
        <p class="note">{ (t.built_from)(&quoted(&it.context), builder) }{ " · " }{ it.ended.clone() }</p>
        if it.error.is_empty() {
            <p>{ t.image_made }{ open.unwrap_or_else(|| html! { <code>{ short(&it.image) }</code> }) }</p>
        } else {
            <p class="bad" role="note"><strong>{ t.build_failed }</strong>{ " " }<code>{ it.error.clone() }</code></p>
        }
        { menu(lab, acts) }
        <ol class="build-steps" aria-label={t.steps}>{ for it.steps.iter().map(|step| row(lab, docker, step)) }</ol>
        if it.steps.is_empty() { <p class="note">{ t.no_steps }</p> }
        </>
    }
}

fn row(lab: &Lab, docker: &Docker, step: &BuildStep) -> Html {
    let t = lab.lang.shelf();
    let layer = match (step.layer.map(|at| &docker.layers[at]), step.chain.is_empty()) {
        (Some(layer), _) => {
            let (lab, pick) = (lab.clone(), Pick::Layer(layer.chain.clone()));
            let onclick = move |_| lab.pick(pick.clone());
            html! { <button type="button" class="small role-lower" {onclick}><span class="layer-dot" aria-hidden="true"></span>{ " " }<code>{ short(&layer.diff_id) }</code>{ " " }{ bytes(layer.size) }</button> }
        }
        (None, true) => html! { <span class="note">{ t.no_layer }</span> },
        (None, false) => html! { <span class="note">{ t.layer_removed }</span> },
    };
    let (class, badge, why) = match &step.miss {
        None => ("hit", t.step_cached, None),
        Some(miss) => ("miss", t.step_run, Some((t.miss)(miss))),
    };
    html! {
        <li {class}>
            <span class="build-badge">{ badge }</span>
            <code class="build-step">{ step.step.clone() }</code>
            { layer }
            if let Some(why) = why { <p class="note">{ why }</p> }
        </li>
    }
}
