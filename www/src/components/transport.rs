//! Time: a slider over every step, undo, redo, reset, speed.

use crate::decimal;
use crate::lab::{Lab, use_lab};
use crate::state::{Action, Dialog};
use layerglass::view::{Effect, StepInfo};
use yew::prelude::*;

/// Speeds on offer; 0 is instant.
pub const SPEEDS: [f64; 5] = [0.25, 0.5, 1.0, 2.0, 0.0];

#[component]
pub fn Transport() -> Html {
    let lab = use_lab();
    let (t, tools) = (lab.t(), lab.tools());
    let (at, steps, first) = (lab.view.at, lab.view.steps.len(), lab.first());
    let idle = lab.is_idle();
    let go = |n: usize| {
        let lab = lab.clone();
        move |_: MouseEvent| lab.goto(n)
    };
    html! {
        <section id="transport" role={lab.pane_role()} class="transport" aria-label={t.transport}>
            <div class="buttons">
                { button(t.to_start, "⇤", idle && at > first, go(first)) }
                { button(t.undo, "↶", idle && at > first, { let lab = lab.clone(); move |_| lab.undo() }) }
                { button(t.redo, "↷", idle && at < steps, { let lab = lab.clone(); move |_| lab.redo() }) }
                { button(t.to_end, "⇥", idle && at < steps, go(steps)) }
            </div>
            { slider(&lab, first) }
            <label class="speed" title={t.speed}>
                <select onchange={speed(&lab)} aria-label={t.speed}>
                    { for SPEEDS.map(|it| html! {
                        <option value={decimal::short(it)} selected={it == lab.speed}>{ if it == 0.0 { t.speed_instant.to_owned() } else { format!("{}×", decimal::short(it)) } }</option>
                    }) }
                </select>
            </label>
            { branches(&lab) }
            <button type="button" class="icon" aria-label={tools.compare} title={tools.compare} aria-pressed={lab.compare.is_some().to_string()} disabled={!idle || at == first && lab.compare.is_none()} onclick={{ let lab = lab.clone(); move |_| lab.toggle_compare() }}><span aria-hidden="true">{ "±" }</span></button>
            <button type="button" class="icon" aria-label={t.reset} title={t.reset} aria-haspopup="dialog" disabled={!lab.ready} onclick={{ let lab = lab.clone(); move |_| lab.dialog(Dialog::ConfirmReset) }}><span aria-hidden="true">{ "⟲" }</span></button>
            if lab.wishes.presents {
                <button type="button" class="small" onclick={{ let lab = lab.clone(); move |_| lab.wish(|it| it.presents = false) }}>{ tools.leave }</button>
                <button type="button" class="primary next-step" disabled={!lab.ready} onclick={{ let lab = lab.clone(); move |_| lab.next_step() }}>{ tools.next }{ " →" }</button>
            }
        </section>
    }
}

fn button(
    label: &'static str,
    sign: &'static str,
    enabled: bool,
    onclick: impl Fn(MouseEvent) + 'static,
) -> Html {
    html! { <button type="button" class="icon" aria-label={label} title={label} disabled={!enabled} {onclick}><span aria-hidden="true">{ sign }</span></button> }
}

fn slider(lab: &Lab, first: usize) -> Html {
    let t = lab.t();
    let (at, steps) = (lab.view.at, lab.view.steps.len());
    let line = match at.checked_sub(1).and_then(|i| lab.view.steps.get(i)).filter(|it| !it.setup) {
        Some(step) => step.line.lines().next().unwrap_or_default().to_owned(),
        None => t.start_of_lab.to_owned(),
    };
    let value = match at.saturating_sub(first) {
        0 if steps <= first => t.start_of_lab.to_owned(),
        n => (t.step_of)(n, steps.saturating_sub(first), &line),
    };
    let oninput = {
        let lab = lab.clone();
        Callback::from(move |event: InputEvent| {
            let field = event.target_dyn_into::<web_sys::HtmlInputElement>();
            if let Some(n) = field.and_then(|it| it.value().parse().ok()) {
                lab.goto(n);
            }
        })
    };
    let span = steps.saturating_sub(first).max(1) as f64;
    html! {
        <div class="slider">
            <input type="range" min={first.to_string()} max={steps.max(first).to_string()} step="1" value={at.to_string()}
                aria-label={t.transport} aria-valuetext={value.clone()} {oninput} disabled={!lab.is_idle() || steps == first} />
            // For a mouse; the slider itself is for keys, and comparing has its button.
            <div class="notches" aria-hidden="true">
                { for lab.view.steps.iter().enumerate().skip(first).map(|(i, step)| {
                    let left = (i + 1 - first) as f64 / span * 100.0;
                    let compared = lab.compare.as_ref().is_some_and(|it| it.from == i + 1 || it.to == i + 1);
                    let class = classes!("notch", (i < at).then_some("past"), (step.status != 0).then_some("failed"), compared.then_some("compared"));
                    html! { <i {class} ~style={format!("--left:{}%", decimal::short(left))} title={step.line.clone()} onclick={notch(lab, i + 1)}>{ mark(step) }</i> }
                }) }
            </div>
            <output>{ value }</output>
        </div>
    }
}

/// A click goes to the moment, one with Shift compares it with now.
fn notch(lab: &Lab, n: usize) -> Callback<MouseEvent> {
    let lab = lab.clone();
    Callback::from(move |event: MouseEvent| {
        if event.shift_key() {
            let other = if lab.view.at == n { n - 1 } else { lab.view.at };
            lab.compare(other, n);
        } else {
            lab.goto(n);
        }
    })
}

/// Futures that were left aside.
fn branches(lab: &Lab) -> Html {
    if lab.branches.is_empty() {
        return html! {};
    }
    let tools = lab.tools();
    let onchange = {
        let lab = lab.clone();
        Callback::from(move |event: Event| {
            if let Some(n) = super::chosen(&event).and_then(|it| it.parse().ok()) {
                lab.to_branch(n);
            }
        })
    };
    html! {
        <select class="branches" aria-label={tools.branches} title={tools.branches} {onchange} disabled={!lab.is_idle()}>
            <option value="" selected=true>{ "⑂ " }{ tools.branch_on }</option>
            { for lab.branches.iter().enumerate().map(|(i, past)| html! { <option value={i.to_string()}>{ (tools.branch)(i + 1, past.len()) }</option> }) }
        </select>
    }
}

fn mark(step: &StepInfo) -> &'static str {
    let has = |f: fn(&Effect) -> bool| step.effects.iter().any(f);
    if has(|it| matches!(it, Effect::CopiedUp { .. })) {
        "⤒"
    } else if has(|it| matches!(it, Effect::WhitedOut { .. })) {
        "⊘"
    } else if has(|it| matches!(it, Effect::Mounted { .. })) {
        "▣"
    } else if step.status != 0 {
        "!"
    } else {
        ""
    }
}

fn speed(lab: &Lab) -> Callback<Event> {
    let lab = lab.clone();
    Callback::from(move |event: Event| {
        if let Some(speed) = super::chosen(&event).and_then(|it| decimal::number(&it)) {
            crate::store::save("speed", &decimal::short(speed));
            lab.act(Action::Speed(speed));
        }
    })
}
