//! The graph: who stands on which layers. The machine says rows and columns; here they get a size.
//! Every node is a button; arrow keys go to the next one in their direction. The same as a table
//! stands behind a switch.

use super::sheets::users;
use super::shelves::{bytes, freed, name, nothing, short};
use crate::decimal;
use crate::lab::{Lab, use_lab};
use crate::state::Pick;
use layerglass::view::Docker;
use layerglass::view::docker::Spot;
use yew::prelude::*;

/// Size of a node and of what one takes with the room around it, in pixels.
const NODE: (f64, f64) = (124.0, 44.0);
const CELL: (f64, f64) = (152.0, 60.0);
const EDGE: f64 = 12.0;

#[component]
pub fn Graph() -> Html {
    let lab = use_lab();
    let t = lab.lang.shelf();
    let table = use_state(|| false);
    let Some(docker) = lab.view.docker.as_ref().filter(|it| !it.is_bare()) else {
        return nothing(&lab, t);
    };
    let switch = {
        let table = table.clone();
        move |_| table.set(!*table)
    };
    html! {
        <div class="graph-pane">
            <p class="graph-head"><span class="note">{ t.graph_about }</span>
                <button type="button" class="small" aria-pressed={table.to_string()} onclick={switch}>{ if *table { t.as_graph } else { t.as_table } }</button></p>
            { if *table { words(&lab, docker) } else { picture(&lab, docker) } }
            { picked(&lab, docker) }
        </div>
    }
}

/// A node of the graph.
struct Node {
    pick: Pick,
    class: &'static str,
    spot: Spot,
    title: String,
    note: String,
    shared: bool,
    /// What it stands on.
    from: Option<Spot>,
}

fn nodes(lab: &Lab, docker: &Docker) -> Vec<Node> {
    let t = lab.lang.shelf();
    let layers = docker.layers.iter().map(|it| Node {
        pick: Pick::Layer(it.chain.clone()),
        class: "role-lower",
        spot: it.spot,
        title: short(&it.diff_id).to_owned(),
        note: match it.images.len() + it.containers.len() {
            0 | 1 => bytes(it.size),
            _ => format!("{} · ×{}", bytes(it.size), it.images.len() + it.containers.len()),
        },
        shared: it.images.len() > 1,
        from: it.parent.map(|at| docker.layers[at].spot),
    });
    let images = docker.images.iter().map(|it| Node {
        pick: Pick::Image(it.id.clone()),
        class: "role-merged",
        spot: it.spot,
        title: name(it, t),
        note: format!("{} · −{}", bytes(it.size), bytes(it.frees)),
        shared: false,
        from: it.layers.last().map(|at| docker.layers[*at].spot),
    });
    let containers = docker.containers.iter().map(|it| Node {
        pick: Pick::Container(it.id.clone()),
        class: "role-upper",
        spot: it.spot,
        title: it.name.clone(),
        note: format!("{} {}", it.written.map(bytes).unwrap_or_default(), it.status),
        shared: false,
        from: it.image.map(|at| docker.images[at].spot),
    });
    layers.chain(images).chain(containers).collect()
}

/// What is picked, and everything that it stands on.
fn lit(lab: &Lab, docker: &Docker) -> Vec<Pick> {
    let image = |at: usize| {
        let it = &docker.images[at];
        let layers = it.layers.iter().map(|at| Pick::Layer(docker.layers[*at].chain.clone()));
        layers.chain([Pick::Image(it.id.clone())]).collect::<Vec<_>>()
    };
    let mut all: Vec<Pick> = lab.pick.iter().cloned().collect();
    match &lab.pick {
        Some(Pick::Image(id)) => {
            all.extend(docker.images.iter().position(|it| it.id == *id).into_iter().flat_map(image))
        }
        Some(Pick::Container(id)) => {
            let found = docker.containers.iter().find(|it| it.id == *id);
            all.extend(found.and_then(|it| it.image).into_iter().flat_map(image));
        }
        Some(Pick::Layer(id)) => {
            for layer in docker.layers.iter().filter(|it| it.chain == *id) {
                all.extend(
                    layer.images.iter().map(|at| Pick::Image(docker.images[*at].id.clone())),
                );
                let users = layer.containers.iter();
                all.extend(users.map(|at| Pick::Container(docker.containers[*at].id.clone())));
            }
        }
        _ => {}
    }
    all
}

/// Layers that go with the image that is picked.
fn going<'a>(lab: &Lab, docker: &'a Docker) -> Vec<&'a str> {
    let Some(Pick::Image(id)) = &lab.pick else { return Vec::new() };
    let image = docker.images.iter().find(|it| it.id == *id);
    let goes = image.into_iter().flat_map(|it| &it.goes);
    goes.map(|at| docker.layers[*at].chain.as_str()).collect()
}

fn place(spot: Spot) -> (f64, f64) {
    (EDGE + spot.column as f64 * CELL.0, EDGE + spot.row as f64 * CELL.1)
}

fn picture(lab: &Lab, docker: &Docker) -> Html {
    let t = lab.lang.shelf();
    let all = nodes(lab, docker);
    let (lit, going) = (lit(lab, docker), going(lab, docker));
    let (width, height) = (
        EDGE * 2.0 + docker.columns as f64 * CELL.0 - (CELL.0 - NODE.0),
        EDGE * 2.0 + docker.rows as f64 * CELL.1 - (CELL.1 - NODE.1),
    );
    let spots: Vec<(Spot, Pick)> = all.iter().map(|it| (it.spot, it.pick.clone())).collect();
    // The one that takes the focus: what is picked, else the first.
    let first = all.iter().position(|it| Some(&it.pick) == lab.pick.as_ref()).unwrap_or(0);
    html! {
        <div class="graph-scroll">
            <svg class="graph" ~style={format!("--width:{}px", decimal::short(width))} viewBox={format!("0 0 {} {}", decimal::short(width), decimal::short(height))} role="group" aria-label={t.graph}>
                { for all.iter().map(|it| edge(it, lit.contains(&it.pick))) }
                { for all.iter().enumerate().map(|(i, it)| {
                    let goes = matches!(&it.pick, Pick::Layer(id) if going.contains(&id.as_str()));
                    node(lab, it, lit.contains(&it.pick), goes, i == first, &spots)
                }) }
            </svg>
        </div>
    }
}

fn edge(node: &Node, lit: bool) -> Html {
    let Some(from) = node.from else { return html! {} };
    let ((x1, y1), (x2, y2)) = (place(from), place(node.spot));
    let (x1, y1, y2) = (x1 + NODE.0, y1 + NODE.1 / 2.0, y2 + NODE.1 / 2.0);
    // Down beside the node that it comes from, then straight on.
    let bend = x1 + (CELL.0 - NODE.0) / 2.0;
    let (end, [x1, y1, x2, y2, bend]) =
        (decimal::short(bend + 14.0), [x1, y1, x2, y2, bend].map(decimal::short));
    let d = format!("M{x1} {y1}C{bend} {y1} {bend} {y2} {end} {y2}H{x2}");
    html! { <path class={classes!("edge-line", lit.then_some("lit"))} {d} /> }
}

fn node(lab: &Lab, it: &Node, lit: bool, goes: bool, focus: bool, spots: &[(Spot, Pick)]) -> Html {
    let t = lab.lang.shelf();
    let (x, y) = place(it.spot);
    let on = lab.pick.as_ref() == Some(&it.pick);
    let class = classes!(
        "node",
        it.class,
        lit.then_some("lit"),
        on.then_some("picked"),
        it.shared.then_some("shared"),
        goes.then_some("goes")
    );
    let onclick = {
        let (lab, pick) = (lab.clone(), it.pick.clone());
        Callback::from(move |()| lab.pick(pick.clone()))
    };
    let onkeydown = {
        let (onclick, spot, spots) = (onclick.clone(), it.spot, spots.to_vec());
        move |event: KeyboardEvent| {
            let key = event.key();
            if key == "Enter" || key == " " {
                onclick.emit(());
            } else if let Some(next) = beside(spot, &key, &spots) {
                super::focus(&format!(".graph [data-node=\"{}\"]", id(next)));
            } else {
                return;
            }
            event.prevent_default();
            event.stop_propagation();
        }
    };
    let gone = if goes { format!(" · {}", t.goes) } else { String::new() };
    let label = format!("{}, {}{gone}", it.title, it.note);
    html! {
        <g {class} role="button" tabindex={if focus { "0" } else { "-1" }} aria-pressed={on.to_string()} data-node={id(&it.pick)}
            transform={format!("translate({} {})", decimal::short(x), decimal::short(y))} onclick={move |_| onclick.emit(())} {onkeydown}>
            <title>{ label }</title>
            if it.shared { <rect class="behind" x="5" y="-4" width={decimal::short(NODE.0 - 2.0)} height={decimal::short(NODE.1)} rx="9" /> }
            <rect class="plate" width={decimal::short(NODE.0)} height={decimal::short(NODE.1)} rx="9" />
            <text x="10" y="19">{ cut(&it.title, 14) }</text>
            <text class="node-note" x="10" y="35">{ cut(&it.note, 19) }</text>
            if goes { <text class="node-goes" x={decimal::short(NODE.0 - 16.0)} y="20">{ "−" }</text> }
        </g>
    }
}

/// A name for a node that a selector may hold.
fn id(pick: &Pick) -> String {
    match pick {
        Pick::Image(id) => format!("i-{}", short(id)),
        Pick::Container(id) => format!("c-{}", short(id)),
        Pick::Layer(id) => format!("l-{}", short(id)),
        Pick::Volume(id) => format!("v-{}", short(id)),
        Pick::Build(id) => format!("b-{}", short(id)),
    }
}

/// The nearest node in the direction of an arrow key.
fn beside<'a>(from: Spot, key: &str, spots: &'a [(Spot, Pick)]) -> Option<&'a Pick> {
    let at = |spot: Spot| (spot.column as i64, spot.row as i64);
    let (x, y) = at(from);
    let distance = |spot: Spot| {
        let (dx, dy) = (at(spot).0 - x, at(spot).1 - y);
        let (ahead, aside) = match key {
            "ArrowRight" => (dx, dy),
            "ArrowLeft" => (-dx, dy),
            "ArrowDown" => (dy, dx),
            "ArrowUp" => (-dy, dx),
            _ => return None,
        };
        (ahead > 0).then(|| ahead + 3 * aside.abs())
    };
    let found = spots.iter().filter_map(|it| Some((distance(it.0)?, &it.1)));
    found.min_by_key(|it| it.0).map(|it| it.1)
}

/// As many letters as fit.
fn cut(text: &str, most: usize) -> String {
    let wide = |c: char| if c as u32 > 0x2e7f { 2 } else { 1 };
    let mut room = most;
    let mut out = String::new();
    for c in text.chars() {
        match room.checked_sub(wide(c)) {
            Some(left) => room = left,
            None => return out + "…",
        }
        out.push(c);
    }
    out
}

/// One line about what is picked.
fn picked(lab: &Lab, docker: &Docker) -> Html {
    let t = lab.lang.shelf();
    let text = match &lab.pick {
        Some(Pick::Image(id)) => {
            docker.images.iter().find(|it| it.id == *id).map(|it| html! { <p><strong>{ name(it, t) }</strong>{ " · " }{ freed(lab, docker, it) }</p> })
        }
        Some(Pick::Container(id)) => docker.containers.iter().find(|it| it.id == *id).map(|it| html! { <p><strong>{ it.name.clone() }</strong>{ " · " }<code>{ it.command.clone() }</code></p> }),
        Some(Pick::Layer(id)) => docker.layers.iter().find(|it| it.chain == *id).map(|it| html! {
            <><p><strong>{ short(&it.diff_id) }</strong>{ " · " }{ bytes(it.size) }{ " · " }{ it.by.clone() }</p><ul class="users">{ for users(lab, docker, it) }</ul></>
        }),
        _ => None,
    };
    let open = {
        let lab = lab.clone();
        move |_| lab.scene(crate::state::Scene::Shelves)
    };
    html! {
        <div class="graph-picked" aria-live="polite">
            { text.map_or_else(|| html! { <p class="note">{ t.pick }</p> }, |text| html! { <>{ text }<button type="button" class="small" onclick={open}>{ t.layers }</button></> }) }
        </div>
    }
}

/// The graph in words.
fn words(lab: &Lab, docker: &Docker) -> Html {
    let t = lab.lang.shelf();
    html! {
        <div class="table-scroll" tabindex="0" role="group" aria-label={t.graph}>
            <table class="words-table">
                <thead><tr><th scope="col">{ t.layer }</th><th scope="col">{ t.size }</th><th scope="col">{ t.column_used }</th></tr></thead>
                <tbody>{ for docker.layers.iter().map(|it| html! {
                    <tr key={it.chain.clone()}><th scope="row"><code title={it.by.clone()}>{ short(&it.diff_id) }</code>
                        if let Some(parent) = it.parent { <small>{ " ↑ " }{ short(&docker.layers[parent].diff_id) }</small> }</th>
                    <td>{ bytes(it.size) }</td><td><ul class="users">{ for users(lab, docker, it) }</ul></td></tr>
                }) }</tbody>
            </table>
            <table class="words-table">
                <thead><tr><th scope="col">{ t.images }</th><th scope="col">{ t.size }</th><th scope="col">{ t.act_rmi }</th></tr></thead>
                <tbody>{ for docker.images.iter().map(|it| html! {
                    <tr key={it.id.clone()}><th scope="row">{ name(it, t) }</th><td>{ bytes(it.size) }</td><td>{ freed(lab, docker, it) }</td></tr>
                }) }</tbody>
            </table>
        </div>
    }
}
