//! The stage: one state seen in three ways, and the player's buttons under it.

use super::{
    archive::Archive, compare::Compare, files::Files, graph::Graph, intro::Intro, matrix::Matrix,
    rivals::Rivals, shelves::Shelves, shelves::bytes as size, stack::Stack, table::Table,
};
use crate::decimal;
use crate::lab::{Lab, use_lab};
use crate::player::Frame;
use crate::state::{Action, PlayerAction, Scene};
use layerglass::trace::step::Verdict;
use layerglass::types::FileType;
use layerglass::view::{BeatKind, TraceReport};
use yew::prelude::*;

const SCENES: [Scene; 8] = [
    Scene::Matrix,
    Scene::Stack,
    Scene::Files,
    Scene::Table,
    Scene::Shelves,
    Scene::Graph,
    Scene::Archive,
    Scene::Rivals,
];

#[component]
pub fn Stage() -> Html {
    let lab = use_lab();
    let t = lab.t();
    html! {
        <section id="stage" class="pane stage" data-pane="stage" aria-label={t.stage} tabindex="-1"
            ~style={format!("--beat:{}ms", decimal::short(if lab.speed > 0.0 { crate::hooks::BEAT_MS / lab.speed } else { 0.0 }))}>
            <header class="pane-head">
                <div class="tabs segmented" role="tablist" aria-label={t.stage} onkeydown={scene_keys(&lab)}>
                    { for SCENES.map(|scene| scene_button(&lab, scene)) }
                </div>
                { mounts(&lab) }
            </header>
            <div class={classes!("scene", lab.still.then_some("still"))} role="tabpanel" id="scene-panel" aria-labelledby={format!("scene-{:?}", lab.scene)} tabindex="0">
                if lab.intro.is_some() { <Intro /> }
                { scene(&lab) }
            </div>
            { still_label(&lab) }
            { if lab.compare.is_none() && !lab.scene.is_wide() { work(&lab) } else { html! {} } }
            { caption(&lab) }
        </section>
    }
}

pub fn scene(lab: &Lab) -> Html {
    let bare = lab.shown().is_none();
    if lab.compare.is_some() {
        return html! { <Compare /> };
    }
    match lab.scene {
        Scene::Files => html! { <Files /> },
        Scene::Shelves => html! { <Shelves /> },
        Scene::Graph => html! { <Graph /> },
        Scene::Archive => html! { <Archive /> },
        Scene::Rivals => html! { <Rivals /> },
        _ if bare && lab.intro.is_some() => loose_sheets(lab),
        _ if bare => html! { <>{ nothing(lab) }<Files /></> },
        Scene::Matrix => html! { <Matrix /> },
        Scene::Stack => html! { <Stack /> },
        Scene::Table => html! { <Table /> },
    }
}

/// The directories of an image before they lie on each other: two sheets apart.
#[inline(never)]
fn loose_sheets(lab: &Lab) -> Html {
    if !lab.ready {
        return html! {};
    }
    let files = |dir: &str| {
        let start = format!("{}/{dir}/", lab.view.tree_root.trim_end_matches('/'));
        let files = lab.view.tree.iter().filter(|it| it.kind == FileType::Reg);
        files.filter_map(|it| it.path.strip_prefix(&start).map(str::to_owned)).collect::<Vec<_>>()
    };
    html! {
        <div class="loose" aria-hidden="true">
            { for ["app", "base"].into_iter().enumerate().map(|(i, dir)| html! {
                <div class={classes!("loose-sheet", "role-lower", format!("lower-{}", i + 1))}>
                    <strong>{ dir }</strong>
                    { for files(dir).into_iter().map(|it| html! { <code>{ it }</code> }) }
                </div>
            }) }
        </div>
    }
}

fn nothing(lab: &Lab) -> Html {
    let t = lab.t();
    if !lab.ready {
        return html! { <p class="empty loading">{ t.loading }</p> };
    }
    let mount = lab
        .scenario
        .steps
        .iter()
        .flat_map(|it| it.answer.lines())
        .find(|it| it.starts_with("mount "));
    html! {
        <div class="nothing">
            <h3>{ t.nothing_mounted }</h3>
            <p>{ t.nothing_mounted_text }</p>
            if let Some(line) = mount.map(str::to_owned) {
                <button type="button" class="primary" disabled={!lab.is_idle()} onclick={let (lab, line) = (lab.clone(), line.clone()); move |_| lab.run(&line)}>{ t.mount_now }</button>
                <code class="runs">{ line }</code>
            }
        </div>
    }
}

pub fn scene_name(lab: &Lab, scene: Scene) -> &'static str {
    let t = lab.t();
    match scene {
        Scene::Matrix => t.matrix,
        Scene::Stack => t.stack,
        Scene::Files => t.files,
        Scene::Table => lab.tools().table,
        Scene::Shelves => lab.lang.shelf().shelves,
        Scene::Graph => lab.lang.shelf().graph,
        Scene::Archive => lab.lang.archive().title,
        Scene::Rivals => lab.lang.rivals().title,
    }
}

fn scene_button(lab: &Lab, scene: Scene) -> Html {
    let on = lab.scene == scene;
    let onclick = {
        let lab = lab.clone();
        move |_| lab.act(Action::Scene(scene))
    };
    html! {
        <button type="button" role="tab" id={format!("scene-{scene:?}")} aria-selected={on.to_string()} aria-controls="scene-panel"
            tabindex={if on { "0" } else { "-1" }} {onclick}>{ scene_name(lab, scene) }</button>
    }
}

fn scene_keys(lab: &Lab) -> Callback<KeyboardEvent> {
    let lab = lab.clone();
    Callback::from(move |event: KeyboardEvent| {
        let now = SCENES.iter().position(|it| *it == lab.scene).unwrap_or(0);
        let next = match event.key().as_str() {
            "ArrowRight" => (now + 1) % SCENES.len(),
            "ArrowLeft" => (now + SCENES.len() - 1) % SCENES.len(),
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        lab.act(Action::Scene(SCENES[next]));
        super::focus(&format!("#scene-{:?}", SCENES[next]));
    })
}

#[inline(never)]
fn mounts(lab: &Lab) -> Html {
    let t = lab.t();
    let of_mounts = !lab.scene.is_wide();
    let Some(shown) = lab.shown().filter(|_| of_mounts) else { return html! {} };
    if lab.view.mounts.len() < 2 {
        return html! { <code class="path" title={shown.options.clone()}>{ shown.target.clone() }</code> };
    }
    let onchange = {
        let lab = lab.clone();
        Callback::from(move |event: Event| {
            if let Some(target) = super::chosen(&event) {
                lab.act(Action::Mount(target));
            }
        })
    };
    html! {
        <select aria-label={t.which_mount} {onchange}>
            { for lab.view.mounts.iter().map(|mount| html! {
                <option value={mount.target.clone()} selected={mount.target == shown.target}>{ mount.target.clone() }</option>
            }) }
        </select>
    }
}

/// Where nothing moves, words say which of the two pictures this is.
pub fn still_label(lab: &Lab) -> Html {
    let changed = lab.player.step.as_ref().is_some_and(|it| !it.effects.is_empty());
    if !lab.still || !changed {
        return html! {};
    }
    let (t, before) = (lab.t(), lab.player.is_before());
    let (class, word) = if before { ("before", t.still_before) } else { ("after", t.still_after) };
    html! { <p class={classes!("still-label", class)}>{ word }</p> }
}

/// The work directory: folded, open while something is in it.
#[inline(never)]
pub fn work(lab: &Lab) -> Html {
    let t = lab.t();
    let Some(mount) = lab.shown().filter(|it| !it.work_path.is_empty()) else { return html! {} };
    let filling = match lab.player.frame() {
        Some(Frame::Beat { kind: BeatKind::Prepare | BeatKind::Fill, path, bytes, .. }) => {
            Some((path.clone(), *bytes))
        }
        _ => None,
    };
    html! {
        <div class={classes!("work", "role-work", filling.is_some().then_some("busy"))}>
            <span class="layer-dot" aria-hidden="true"></span>
            <strong>{ t.work }</strong>
            <code class="path" title={mount.work_path.clone()}>{ mount.work_path.clone() }</code>
            if let Some((path, bytes)) = filling {
                <span class="temp">{ format!("{path} · {bytes} B") }<span class="bar" aria-hidden="true"></span></span>
            } else if mount.work.is_empty() {
                <span class="note">{ t.work_idle }</span>
            } else {
                { for mount.work.iter().map(|row| html! { <span class="temp" title={row.path.clone()}>{ if row.whiteout { format!("⊘ {}", row.name) } else { row.name.clone() } }</span> }) }
            }
            { ledger(lab) }
        </div>
    }
}

/// Where the bytes of the layers are, as a bar; its button leads to the files.
#[inline(never)]
fn ledger(lab: &Lab) -> Html {
    let t = lab.t();
    let Some(mount) = lab.shown().filter(|it| it.ledger.total() > 0) else { return html! {} };
    let parts = [
        ("visible", t.ledger_visible, mount.ledger.visible),
        ("shadowed", t.ledger_shadowed, mount.ledger.shadowed),
        ("removed", t.ledger_removed, mount.ledger.removed),
    ];
    let words: Vec<String> =
        parts.iter().map(|(_, word, bytes)| format!("{word} {}", size(*bytes))).collect();
    let label = format!(
        "{} · {}: {}",
        size(mount.ledger.total()),
        t.ledger,
        words.join(lab.tools().separator)
    );
    let onclick = {
        let lab = lab.clone();
        move |_| {
            lab.act(Action::Tab(crate::state::Tab::Raw));
            lab.act(Action::Pane(crate::state::Pane::Inspect));
        }
    };
    html! {
        <button type="button" class="ledger-button" aria-label={label.clone()} title={label} {onclick}>
            <span class="ledger" aria-hidden="true">{ for parts.iter().map(|(key, _, bytes)| html! { <span class={*key} ~style={format!("flex-grow:{bytes}")}></span> }) }</span>
            <small aria-hidden="true">{ size(mount.ledger.total()) }</small>
        </button>
    }
}

/// What happens right now, in words, and the player's buttons.
pub fn caption(lab: &Lab) -> Html {
    let t = lab.t();
    let text = caption_text(lab);
    if text.is_empty() && lab.player.frames.is_empty() {
        return html! { <div class="caption quiet-caption"><p aria-live="polite" aria-atomic="true"></p></div> };
    }
    let frames = lab.player.frames.len();
    let act = |action: PlayerAction| {
        let lab = lab.clone();
        move |_: MouseEvent| lab.act(Action::Play(action))
    };
    html! {
        <div class="caption">
            <p aria-live="polite" aria-atomic="true">{ text }</p>
            if frames > 0 {
                <div class="beats" role="group" aria-label={t.replay}>
                    <button type="button" class="icon" aria-label={t.previous} title={t.previous} disabled={lab.player.at == 0} onclick={act(PlayerAction::Previous)}>{ "‹" }</button>
                    <button type="button" class="icon" aria-label={if lab.player.playing { t.pause } else { t.replay }} title={if lab.player.playing { t.pause } else { t.replay }} onclick={act(PlayerAction::Toggle)}>
                        { if lab.player.playing { "❚❚" } else { "▶" } }</button>
                    <button type="button" class="icon" aria-label={t.next} title={t.next} disabled={lab.player.is_over()} onclick={act(PlayerAction::Next)}>{ "›" }</button>
                    <small>{ (t.beat_of)(lab.player.at.min(frames), frames) }</small>
                </div>
            }
        </div>
    }
}

/// How a lookup ended.
fn answer(lab: &Lab, report: &TraceReport) -> String {
    let t = lab.t();
    let colon = lab.tools().colon;
    let name = report.path.rsplit('/').next().unwrap_or_default();
    match report.errno {
        Some(errno) => format!("{name}{colon}{} ({})", errno.message(), errno.name()),
        None => {
            let last = report.rows.last().map(|it| it.path.as_str());
            let found = report.rows.iter().find(|it| {
                Some(it.path.as_str()) == last
                    && !matches!(it.verdict, Verdict::Absent | Verdict::Hidden)
            });
            match found {
                Some(row) => {
                    format!("{name}{colon}{}", (t.answer_found)(&lab.layer_name(row.layer)))
                }
                None => name.to_owned(),
            }
        }
    }
}

/// The sentence of the moment; at the end the sentence of the whole step.
pub fn caption_text(lab: &Lab) -> String {
    let t = lab.t();
    match lab.player.frame() {
        Some(Frame::Beat { kind, target, layer, bytes, .. }) => {
            (t.beat)(*kind, target, &lab.layer_name(*layer), *bytes)
        }
        Some(Frame::Ask { row, path, layer, .. }) => {
            let path = if path.is_empty() { t.root } else { path };
            let asked = (t.asks)(&lab.layer_name(*layer), path);
            let verdict = lab.trace.as_ref().and_then(|it| it.rows.get(*row)).map(|it| {
                format!("{} · {}", super::inspector::verdict_word(&it.verdict, t), it.rule_id)
            });
            format!("{asked}{}{}", lab.tools().colon, verdict.unwrap_or_default())
        }
        _ => {
            if let Some(report) = lab.trace.as_ref().filter(|_| lab.player.trace_row().is_some()) {
                return answer(lab, report);
            }
            let Some(step) = &lab.player.step else { return String::new() };
            match step.lasting().last().or(step.effects.last()) {
                Some(effect) => (t.effect)(effect, &|layer| lab.layer_name(layer)),
                None if lab.shown().is_some() && step.status == 0 => t.nothing_happened.to_owned(),
                None => String::new(),
            }
        }
    }
}
