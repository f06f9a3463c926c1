//! Time: a slider over every step, undo, redo, reset, speed.

use crate::lab::{Lab, use_lab};
use crate::state::{Action, Dialog};
use layerglass::view::{Effect, StepInfo};
use yew::prelude::*;

/// Speeds on offer; 0 is instant.
pub const SPEEDS: [f64; 5] = [0.25, 0.5, 1.0, 2.0, 0.0];

#[component]
pub fn Transport() -> Html {
    let lab = use_lab();
    let t = lab.t();
    let (at, steps) = (lab.view.at, lab.view.steps.len());
    let first = lab.view.steps.iter().take_while(|step| step.setup).count();
    let idle = lab.is_idle();
    let go = |n: usize| {
        let lab = lab.clone();
        move |_: MouseEvent| lab.goto(n)
    };
    html! {
        <section id="transport" class="transport" aria-label={t.transport}>
            <div class="buttons">
                { button(t.to_start, "⇤", idle && at > first, go(first)) }
                { button(t.undo, "↶", idle && at > first, { let lab = lab.clone(); move |_| lab.undo() }) }
                { button(t.redo, "↷", idle && at < steps, { let lab = lab.clone(); move |_| lab.redo() }) }
                { button(t.to_end, "⇥", idle && at < steps, go(steps)) }
            </div>
            { slider(&lab, first) }
            <label class="speed">
                <span>{ t.speed }</span>
                <select onchange={speed(&lab)} aria-label={t.speed}>
                    { for SPEEDS.map(|it| html! {
                        <option value={it.to_string()} selected={it == lab.speed}>{ if it == 0.0 { t.speed_instant.to_owned() } else { format!("{it}×") } }</option>
                    }) }
                </select>
            </label>
            <button type="button" class="small" disabled={!lab.ready} onclick={{ let lab = lab.clone(); move |_| lab.dialog(Dialog::ConfirmReset) }}>{ t.reset }</button>
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
            <div class="notches" aria-hidden="true">
                { for lab.view.steps.iter().enumerate().skip(first).map(|(i, step)| {
                    let left = (i + 1 - first) as f64 / span * 100.0;
                    let class = classes!("notch", (i < at).then_some("past"), (step.status != 0).then_some("failed"));
                    html! { <i {class} style={format!("--left:{left}%")} title={step.line.clone()}>{ mark(step) }</i> }
                }) }
            </div>
            <output>{ value }</output>
        </div>
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
        let Some(field) = event.target() else { return };
        let value =
            js_sys::Reflect::get(&field, &"value".into()).ok().and_then(|it| it.as_string());
        if let Some(speed) = value.and_then(|it| it.parse().ok()) {
            crate::store::save("speed", &format!("{speed}"));
            lab.act(Action::Speed(speed));
        }
    })
}
