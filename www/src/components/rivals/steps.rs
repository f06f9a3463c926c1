//! The steps of the run: buttons as those of a player, a slider, and the list of commands.

use crate::lab::{Lab, use_lab};
use layerglass::view::rivals::difference;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[component]
pub fn Steps() -> Html {
    let lab = use_lab();
    let t = lab.lang.rivals();
    let (at, len) = (lab.rivals.at, lab.rivals.done());
    let line = lab.rivals.step(at).first().map(|it| it.line.clone()).unwrap_or_default();
    let text = (t.step_of)(at + 1, len, &line);
    let oninput = {
        let lab = lab.clone();
        Callback::from(move |event: InputEvent| {
            let field = event.target_dyn_into::<HtmlInputElement>();
            if let Some(n) = field.and_then(|it| it.value().parse::<usize>().ok()) {
                lab.rival(move |it| {
                    it.goto(n.saturating_sub(1));
                    it.playing = false;
                });
            }
        })
    };
    let play = {
        let lab = lab.clone();
        move |_| {
            lab.rival(|it| {
                let is_end = it.at + 1 >= it.done();
                if !it.playing && is_end {
                    it.goto(0);
                }
                it.playing = !it.playing;
            });
        }
    };
    let (sign, word) = if lab.rivals.playing { ("❚❚", lab.t().pause) } else { ("▶", t.play) };
    html! {
        <>
        <div class="rivals-transport" role="group" aria-label={t.steps}>
            { go(&lab, "⇤", t.first, 0, at == 0) }
            { go(&lab, "‹", lab.t().previous, at.saturating_sub(1), at == 0) }
            <button type="button" class="icon" aria-label={word} title={word} disabled={len < 2} onclick={play}><span aria-hidden="true">{ sign }</span></button>
            { go(&lab, "›", lab.t().next, at + 1, at + 1 >= len) }
            { go(&lab, "⇥", t.last, len.saturating_sub(1), at + 1 >= len) }
            <input type="range" min="1" max={len.to_string()} value={(at + 1).to_string()} aria-label={t.steps} aria-valuetext={text.clone()} {oninput} />
        </div>
        <p class="rivals-now" aria-live="polite">{ text }</p>
        <ol class="rivals-steps">{ for (0..len).map(|n| step(&lab, n)) }</ol>
        </>
    }
}

fn go(lab: &Lab, sign: &'static str, word: &'static str, to: usize, off: bool) -> Html {
    let lab = lab.clone();
    let onclick = move |_| {
        lab.rival(move |it| {
            it.goto(to);
            it.playing = false;
        });
    };
    html! { <button type="button" class="icon" aria-label={word} title={word} disabled={off} {onclick}><span aria-hidden="true">{ sign }</span></button> }
}

fn step(lab: &Lab, n: usize) -> Html {
    let t = lab.lang.rivals();
    let steps = lab.rivals.step(n);
    let Some(line) = steps.first().map(|it| it.line.clone()) else { return html! {} };
    let found = difference(&steps);
    let (sign, word) = match &found {
        None => ("✓", t.same.to_owned()),
        Some(found) => ("≠", (t.differs)(found.line)),
    };
    let onclick = {
        let lab = lab.clone();
        move |_| {
            lab.rival(move |it| {
                it.goto(n);
                it.playing = false;
            });
        }
    };
    let on = n == lab.rivals.at;
    html! {
        <li><button type="button" aria-current={on.then_some("step")} {onclick}>
            <span class={if found.is_some() { "differs" } else { "same" }} aria-hidden="true">{ sign }</span><code>{ line }</code><span class="sr">{ word }</span>
        </button></li>
    }
}
