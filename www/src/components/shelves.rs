//! The shelves: images, containers and volumes as the machine has them at this step, and what is
//! picked of them: what can be done with it, and its layers.

use super::actions::{Do, ask, press};
use super::{builds, sheets};
use crate::decimal;
use crate::i18n::Shelf;
use crate::lab::{Lab, quoted, use_lab};
use crate::state::Pick;
use layerglass::view::Docker;
use layerglass::view::docker::{ContainerInfo, ImageInfo, VolumeInfo};
use yew::prelude::*;

#[component]
pub fn Shelves() -> Html {
    let lab = use_lab();
    let t = lab.lang.shelf();
    let Some(docker) = lab.view.docker.as_ref().filter(|it| !it.is_bare()) else {
        return nothing(&lab, t);
    };
    let disk = (t.disk)(&bytes(docker.stored), &bytes(docker.unshared - docker.stored));
    html! {
        <div class="shelves-pane"><div class="shelves">
            <div class="shelf-lists">
                <p class="note">{ disk }if docker.cached > 0 { { " · " }{ (t.cached)(&bytes(docker.cached)) } }</p>
                { shelf(t.images, docker.images.len(), "", docker.images.iter().map(|it| image_card(&lab, it)).collect()) }
                { shelf(t.containers, docker.containers.len(), t.no_containers, docker.containers.iter().map(|it| container_card(&lab, docker, it)).collect()) }
                { shelf(t.builds, docker.builds.len(), t.no_builds, docker.builds.iter().map(|it| builds::card(&lab, it)).collect()) }
                { shelf(t.volumes, docker.volumes.len(), t.no_volumes, docker.volumes.iter().map(|it| volume_card(&lab, docker, it)).collect()) }
            </div>
            <section id="shelf-detail" class="shelf-detail" aria-live="polite">{ detail(&lab, docker) }</section>
        </div></div>
    }
}

/// What there is to do before there is anything.
pub fn nothing(lab: &Lab, t: &Shelf) -> Html {
    if !lab.ready {
        return html! { <p class="empty loading">{ lab.t().loading }</p> };
    }
    let line = "docker pull nginx:1.21.1";
    let onclick = {
        let lab = lab.clone();
        move |_| lab.run(line)
    };
    html! {
        <div class="nothing">
            <h2>{ t.empty }</h2>
            <p>{ t.empty_text }</p>
            <button type="button" class="primary" disabled={!lab.is_idle()} {onclick}>{ t.try_it }</button>
            <code class="runs">{ line }</code>
        </div>
    }
}

fn shelf(name: &str, count: usize, none: &'static str, cards: Vec<Html>) -> Html {
    html! {
        <section class="shelf" aria-label={name.to_owned()}>
            <h2>{ name.to_owned() }<small>{ count }</small></h2>
            if count == 0 { <p class="note">{ none }</p> } else { <ul>{ for cards }</ul> }
        </section>
    }
}

/// A card that picks what it shows.
pub fn card(lab: &Lab, pick: Pick, class: &'static str, body: Html) -> Html {
    let on = lab.pick.as_ref() == Some(&pick);
    let onclick = {
        let lab = lab.clone();
        move |_| lab.pick(pick.clone())
    };
    html! { <li><button type="button" class={classes!("card", class)} aria-pressed={on.to_string()} {onclick}>{ body }</button></li> }
}

fn image_card(lab: &Lab, it: &ImageInfo) -> Html {
    let t = lab.lang.shelf();
    let more = it.tags.iter().skip(1).map(|tag| html! { <small>{ tag.clone() }</small> });
    let shared = match it.shared {
        0 => t.all_own.to_owned(),
        some => (t.shared)(&bytes(some)),
    };
    let body = html! {
        <>
        <span class="card-name">{ name(it, t) }</span>
        { for more }
        <small class="card-facts"><code>{ short(&it.id) }</code><span>{ bytes(it.size) }</span><span>{ shared }</span></small>
        { share_bar(it.shared, it.size) }
        </>
    };
    card(lab, Pick::Image(it.id.clone()), "role-lower", body)
}

/// How much of an image others have too.
fn share_bar(shared: u64, size: u64) -> Html {
    let part = shared as f64 * 100.0 / size.max(1) as f64;
    html! { <span class="share-bar" aria-hidden="true"><i ~style={format!("width:{}%", decimal::short(part))}></i></span> }
}

fn container_card(lab: &Lab, docker: &Docker, it: &ContainerInfo) -> Html {
    let t = lab.lang.shelf();
    let image = it.image.map_or_else(|| it.image_name.clone(), |at| name(&docker.images[at], t));
    let body = html! {
        <>
        <span class="card-name"><i class={classes!("state", it.status.clone())} aria-hidden="true"></i>{ it.name.clone() }</span>
        <small class="card-facts"><span>{ state(it, t) }</span><span>{ (t.of_image)(&image) }</span>{ it.written.map(|n| html! { <span>{ bytes(n) }</span> }).unwrap_or_default() }</small>
        </>
    };
    card(lab, Pick::Container(it.id.clone()), "role-upper", body)
}

fn volume_card(lab: &Lab, docker: &Docker, it: &VolumeInfo) -> Html {
    let users: Vec<&str> =
        it.containers.iter().map(|at| docker.containers[*at].name.as_str()).collect();
    let body = html! {
        <>
        <span class="card-name">{ shorter(&it.name) }</span>
        <small class="card-facts"><span>{ bytes(it.size) }</span><span>{ users.join(lab.tools().separator) }</span></small>
        </>
    };
    card(lab, Pick::Volume(it.name.clone()), "role-work", body)
}

/// What is picked, if it is still there.
fn detail(lab: &Lab, docker: &Docker) -> Html {
    let t = lab.lang.shelf();
    let found = match &lab.pick {
        Some(Pick::Image(id)) => {
            docker.images.iter().find(|it| it.id == *id).map(|it| image(lab, docker, it))
        }
        Some(Pick::Container(id)) => {
            docker.containers.iter().find(|it| it.id == *id).map(|it| container(lab, docker, it))
        }
        Some(Pick::Layer(id)) => {
            docker.layers.iter().find(|it| it.chain == *id).map(|it| sheets::layer(lab, docker, it))
        }
        Some(Pick::Volume(id)) => {
            docker.volumes.iter().find(|it| it.name == *id).map(|it| volume(lab, it))
        }
        Some(Pick::Build(id)) => docker
            .builds
            .iter()
            .find(|it| it.ended == *id)
            .map(|it| builds::detail(lab, docker, it)),
        None => None,
    };
    found.unwrap_or_else(|| html! { <p class="empty">{ t.pick }</p> })
}

fn image(lab: &Lab, docker: &Docker, it: &ImageInfo) -> Html {
    let t = lab.lang.shelf();
    let word = word(it);
    let file = word.replace(['/', ':'], "-");
    let acts = [
        (t.act_run, Do::Run(format!("docker run -d {word}"))),
        (t.act_shell, ask(t.ask_command, format!("docker run -it {word} {{}}"), "sh")),
        (t.act_history, Do::Run(format!("docker history {word}"))),
        (t.act_inspect, Do::Run(format!("docker inspect {word}"))),
        (t.act_tag, ask(t.ask_name, format!("docker tag {word} {{}}"), "my-image:1")),
        (t.act_save, Do::Run(format!("docker save -o {file}.tar {word}"))),
        (t.act_rmi, Do::Run(format!("docker rmi {word}"))),
    ];
    html! {
        <>
        <h2>{ name(it, t) }</h2>
        <p class="note"><code>{ it.id.clone() }</code></p>
        <p class="note">{ it.created.clone() }</p>
        <p>{ freed(lab, docker, it) }</p>
        { menu(lab, acts) }
        { sheets::of_image(lab, docker, it) }
        </>
    }
}

/// What removing an image would free, in a sentence.
pub fn freed(lab: &Lab, docker: &Docker, it: &ImageInfo) -> String {
    let t = lab.lang.shelf();
    let names: Vec<&str> =
        it.containers.iter().map(|at| docker.containers[*at].name.as_str()).collect();
    match () {
        () if it.tags.len() > 1 => (t.untags)(it.tags.len()),
        () if !names.is_empty() => {
            (t.frees_later)(&bytes(it.frees), &names.join(lab.tools().separator))
        }
        () if it.goes.is_empty() => t.frees_nothing.to_owned(),
        () => (t.frees)(&bytes(it.frees), it.goes.len()),
    }
}

fn container(lab: &Lab, docker: &Docker, it: &ContainerInfo) -> Html {
    let t = lab.lang.shelf();
    let name = &it.name;
    let mut acts = vec![match it.is_running() {
        true => (t.act_stop, Do::Run(format!("docker stop {name}"))),
        false => (t.act_start, Do::Run(format!("docker start {name}"))),
    }];
    if it.is_running() {
        acts.push((t.act_exec, ask(t.ask_command, format!("docker exec -it {name} {{}}"), "sh")));
    }
    let force = if it.is_running() { "-f " } else { "" };
    acts.extend([
        (t.act_diff, Do::Run(format!("docker diff {name}"))),
        (t.act_commit, ask(t.ask_name, format!("docker commit {name} {{}}"), "my-image:1")),
        (t.act_logs, Do::Run(format!("docker logs {name}"))),
        (t.act_inspect, Do::Run(format!("docker inspect {name}"))),
        (t.act_rm, Do::Run(format!("docker rm {force}{name}"))),
    ]);
    let size = it.image.map_or(0, |at| docker.images[at].size);
    html! {
        <>
        <h2>{ it.name.clone() }</h2>
        <p class="note"><code>{ it.id.clone() }</code></p>
        <p>{ state(it, t) }{ " · " }<code>{ it.command.clone() }</code></p>
        if let Some(own) = it.written { <p class="note">{ (t.written)(&bytes(own), &bytes(own + size)) }</p> }
        { menu(lab, acts) }
        { sheets::of_container(lab, docker, it) }
        </>
    }
}

fn volume(lab: &Lab, it: &VolumeInfo) -> Html {
    let t = lab.lang.shelf();
    let acts = [
        (t.act_inspect, Do::Run(format!("docker volume inspect {}", it.name))),
        (t.act_rm, Do::Run(format!("docker volume rm {}", it.name))),
    ];
    html! {
        <>
        <h2>{ shorter(&it.name) }</h2>
        <p class="note">{ t.volume_about }</p>
        { menu(lab, acts) }
        { sheets::place(lab, &it.files) }
        </>
    }
}

/// Actions in a row; what each types is its tooltip, and then stands in the terminal.
pub fn menu(lab: &Lab, acts: impl IntoIterator<Item = (&'static str, Do)>) -> Html {
    html! {
        <ul class="shelf-acts" aria-label={lab.lang.shelf().actions}>
            { for acts.into_iter().map(|(label, what)| {
                let (line, onclick) = press(lab, what);
                html! { <li><button type="button" class="small" disabled={!lab.is_idle()} title={line} {onclick}>{ label }</button></li> }
            }) }
        </ul>
    }
}

/// How a container is.
fn state(it: &ContainerInfo, t: &Shelf) -> String {
    match it.status.as_str() {
        "running" => t.running.to_owned(),
        "created" => t.created.to_owned(),
        _ => (t.exited)(it.exit_code),
    }
}

/// The first name of an image.
pub fn name(it: &ImageInfo, t: &Shelf) -> String {
    it.tags.first().cloned().unwrap_or_else(|| format!("{} {}", t.none, short(&it.id)))
}

/// An image as one would type it.
fn word(it: &ImageInfo) -> String {
    quoted(it.tags.first().map_or(short(&it.id), String::as_str))
}

/// The twelve digits of an identifier that Docker shows.
pub fn short(id: &str) -> &str {
    let hex = id.strip_prefix("sha256:").unwrap_or(id);
    hex.get(..12).unwrap_or(hex)
}

/// A name that nobody gave is cut.
fn shorter(name: &str) -> String {
    if name.len() > 40 { format!("{}…", short(name)) } else { name.to_owned() }
}

/// Bytes as Docker writes them: three digits, powers of a thousand.
pub fn bytes(n: u64) -> String {
    let (mut value, mut unit) = (n as f64, 0);
    while value >= 999.5 && unit < 4 {
        (value, unit) = (value / 1000.0, unit + 1);
    }
    let digits = if unit == 0 || value >= 99.95 { 0 } else { 1 + usize::from(value < 9.995) };
    format!("{} {}", decimal::rounded(value, digits), ["B", "kB", "MB", "GB", "TB"][unit])
}
