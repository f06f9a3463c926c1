//! Storage drivers side by side: what is to run, the steps, and for the step that is shown a picture of
//! each driver and the ledger of costs. Everything drawn comes from the machine.

mod ledger;
mod picture;
mod steps;
mod switch;

use crate::lab::{Lab, use_lab};
use crate::state::rivals::LANES_MAX;
use gloo::timers::callback::Timeout;
use layerglass::port::rivals::Ask;
use layerglass::view::rivals::{SCRIPTS, Step, script};
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

/// Milliseconds that a step is shown while steps play.
const STEP_MS: u32 = 1_600;

#[component]
pub fn Rivals() -> Html {
    let lab = use_lab();
    use_question(&lab);
    use_play(&lab);
    let t = lab.lang.rivals();
    if lab.rivals.built.is_empty() {
        return html! { <p class="empty loading" role="status">{ t.loading }</p> };
    }
    html! {
        <div class="rivals">
            <switch::Switch />
            <p class="note">{ t.about }</p>
            { choice(&lab) }
            if let Some(why) = &lab.rivals.refused {
                <div class="refused" role="alert"><p><strong>{ t.refused }{ lab.tools().colon }</strong><code>{ why.clone() }</code></p></div>
            }
            { progress(&lab) }
            if lab.rivals.done() > 0 { { run(&lab) } }
        </div>
    }
}

/// Which drivers there are is asked when this is opened, not before: only the machine with all commands
/// knows.
#[hook]
fn use_question(lab: &Lab) {
    let wanted = lab.ready && lab.rivals.built.is_empty();
    let lab = lab.clone();
    use_effect_with(wanted, move |wanted| {
        if *wanted {
            lab.ask_rivals(Ask::Built);
        }
    });
}

/// Steps that play by themselves.
#[hook]
fn use_play(lab: &Lab) {
    let key = (lab.rivals.playing, lab.rivals.at, lab.rivals.done());
    let lab = lab.clone();
    use_effect_with(key, move |(playing, at, len)| {
        let (next, is_end) = (at + 1, at + 1 >= *len);
        let timer = playing.then(|| {
            let ms = (f64::from(STEP_MS) / if lab.speed > 0.0 { lab.speed } else { 4.0 }) as u32;
            Timeout::new(ms, move || {
                lab.rival(move |it| match is_end {
                    true => it.playing = false,
                    false => it.goto(next),
                });
            })
        });
        move || drop(timer)
    });
}

/// Drivers, script, and the button.
fn choice(lab: &Lab) -> Html {
    let t = lab.lang.rivals();
    let onchange = {
        let lab = lab.clone();
        Callback::from(move |event: Event| {
            let script = super::chosen(&event).and_then(|it| script(&it));
            if let Some(script) = script {
                lab.rival(|it| it.choose_script(script));
            }
        })
    };
    let own = script(lab.rivals.key).is_none_or(|it| it.text != &*lab.rivals.text);
    html! {
        <div class="rivals-choice">
            <fieldset><legend>{ t.choose }</legend>{ for lab.rivals.built.iter().map(|it| driver(lab, it)) }</fieldset>
            <div class="rivals-script">
                <label><span>{ t.script }</span>
                    <select id="rivals-script" disabled={lab.rivals.running} {onchange}>
                        { for SCRIPTS.iter().map(|it| html! { <option value={it.key} selected={it.key == lab.rivals.key}>{ (t.scripts)(it.key) }</option> }) }
                    </select>
                </label>
                { button(lab) }
                if own { <small>{ (t.scripts)("") }</small> }
            </div>
            { text(lab) }
        </div>
    }
}

fn driver(lab: &Lab, name: &str) -> Html {
    let t = lab.lang.rivals();
    let on = lab.rivals.chosen.iter().any(|it| it == name);
    let full = !on && lab.rivals.chosen.len() >= LANES_MAX;
    let onchange = {
        let (lab, name) = (lab.clone(), name.to_owned());
        move |_: Event| {
            let name = name.clone();
            lab.rival(move |it| it.toggle(&name));
        }
    };
    html! {
        <label class="rivals-driver"><input type="checkbox" value={name.to_owned()} checked={on} disabled={lab.rivals.running || full} {onchange} /><span><strong>{ name.to_owned() }</strong><small>{ (t.drivers)(name) }</small></span></label>
    }
}

fn button(lab: &Lab) -> Html {
    let t = lab.lang.rivals();
    if lab.rivals.running {
        let onclick = {
            let lab = lab.clone();
            move |_| lab.ask_rivals(Ask::Stop)
        };
        return html! { <button type="button" class="small" {onclick}>{ t.stop }</button> };
    }
    let onclick = {
        let lab = lab.clone();
        move |_| {
            let (drivers, script) = (lab.rivals.chosen.clone(), lab.rivals.text.to_string());
            lab.rival(|it| it.begin());
            lab.ask_rivals(Ask::Start { drivers, script });
        }
    };
    let word = if lab.rivals.lanes.is_empty() { t.run } else { t.again };
    html! { <button type="button" id="rivals-run" class="primary" disabled={!lab.ready} {onclick}>{ word }</button> }
}

fn text(lab: &Lab) -> Html {
    let t = lab.lang.rivals();
    let oninput = {
        let lab = lab.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(field) = event.target_dyn_into::<HtmlTextAreaElement>() {
                let text = field.value();
                lab.rival(move |it| it.text = text.into());
            }
        })
    };
    let rows = lab.rivals.text.lines().count().clamp(3, 14).to_string();
    html! {
        <details class="rivals-text"><summary>{ t.edit }</summary>
            <textarea class="script" aria-label={t.script} {rows} disabled={lab.rivals.running} spellcheck="false" value={lab.rivals.text.to_string()} {oninput} />
        </details>
    }
}

fn progress(lab: &Lab) -> Html {
    let t = lab.lang.rivals();
    let text = match (lab.rivals.running, lab.rivals.stopped) {
        (true, _) => (t.runs)(lab.rivals.done()),
        (false, true) => t.stopped.to_owned(),
        (false, false) => String::new(),
    };
    html! { <p class="rivals-state" role="status">{ text }if lab.rivals.running { <progress aria-hidden="true"></progress> }</p> }
}

/// The step that is shown.
fn run(lab: &Lab) -> Html {
    let t = lab.lang.rivals();
    let steps = lab.rivals.step(lab.rivals.at);
    html! {
        <>
        <steps::Steps />
        { output(lab, &steps) }
        <ledger::Ledger />
        <h2>{ t.holds }</h2>
        <div class="rivals-lanes">
            { for lab.rivals.lanes.iter().zip(&steps).map(|(lane, step)| picture::lane(lab, &lane.driver, step)) }
        </div>
        </>
    }
}

/// What was printed: once where it is the same.
fn output(lab: &Lab, steps: &[&Step]) -> Html {
    let t = lab.lang.rivals();
    let Some(found) = layerglass::view::rivals::difference(steps) else {
        let text = steps.first().map(|it| it.output.trim_end().to_owned()).unwrap_or_default();
        let word = if text.is_empty() { t.silent } else { t.same };
        return html! {
            <div class="rivals-output">
                <p class="same"><span aria-hidden="true">{ "✓ " }</span>{ word }</p>
                if !text.is_empty() { <pre tabindex="0" aria-label={word}>{ text }</pre> }
            </div>
        };
    };
    let lines = lab.rivals.lanes.iter().zip(found.texts);
    html! {
        <div class="rivals-output">
            <p class="differs"><span aria-hidden="true">{ "≠ " }</span>{ (t.differs)(found.line) }</p>
            <dl>{ for lines.map(|(lane, text)| html! { <><dt>{ lane.driver.clone() }</dt><dd><code>{ text }</code></dd></> }) }</dl>
        </div>
    }
}
