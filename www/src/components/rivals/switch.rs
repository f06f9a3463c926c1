//! Another storage driver for the machine of the lab: Docker starts over there, and the reader is told so
//! before. What is done stands in the terminal, and undo takes it back.

use crate::lab::{Lab, use_lab};
use layerglass::view::rivals::switch;
use yew::prelude::*;

#[component]
pub fn Switch() -> Html {
    let lab = use_lab();
    let t = lab.lang.rivals();
    let now = lab.view.docker.as_ref().map(|it| it.driver.clone());
    let onchange = {
        let lab = lab.clone();
        Callback::from(move |event: Event| {
            let name = super::super::chosen(&event).filter(|it| !it.is_empty());
            lab.rival(move |it| it.switching = name);
        })
    };
    html! {
        <section class="rivals-switch" aria-label={t.machine}>
            <h2>{ t.machine }</h2>
            <p class="now">if let Some(now) = now { <code>{ now }</code> }</p>
            <select id="rivals-switch" aria-label={t.switch_to} {onchange}>
                <option value="" selected={lab.rivals.switching.is_none()}>{ t.switch_to }</option>
                { for lab.rivals.built.iter().map(|it| html! { <option value={it.clone()} selected={lab.rivals.switching.as_ref() == Some(it)}>{ it.clone() }</option> }) }
            </select>
            { question(&lab) }
        </section>
    }
}

fn question(lab: &Lab) -> Html {
    let t = lab.lang.rivals();
    let Some(name) = lab.rivals.switching.clone() else { return html! {} };
    let line = switch(&name);
    let cancel = {
        let lab = lab.clone();
        move |_| lab.rival(|it| it.switching = None)
    };
    let go = {
        let (lab, line) = (lab.clone(), line.clone());
        move |_| {
            lab.rival(|it| it.switching = None);
            lab.run_now(&line);
        }
    };
    html! {
        <div class="rivals-ask" role="alertdialog" aria-label={t.machine}>
            <p>{ (t.switch_ask)(&name) }</p>
            <pre tabindex="0"><code>{ line }</code></pre>
            <button type="button" class="primary" disabled={!lab.is_idle()} onclick={go}>{ t.switch }</button>
            <button type="button" class="small" onclick={cancel}>{ lab.t().cancel }</button>
        </div>
    }
}
