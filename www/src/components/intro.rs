//! From image to container to delete in three clicks: plain words, and every click runs the real
//! command in the terminal.

use crate::lab::use_lab;
use crate::state::Action;
use yew::prelude::*;

#[component]
pub fn Intro() -> Html {
    let lab = use_lab();
    let t = lab.t();
    let button = use_node_ref();
    let page = lab.intro.unwrap_or(0).min(3);
    {
        let button = button.clone();
        use_effect_with((page, lab.is_idle()), move |_| {
            if let Some(button) = button.cast::<web_sys::HtmlElement>() {
                let _ = button.focus();
            }
        });
    }
    let command = lab
        .scenario
        .steps
        .get(page)
        .map(|it| it.answer.trim().to_owned())
        .filter(|it| !it.is_empty());
    let next = {
        let (lab, command) = (lab.clone(), command.clone());
        move |_| match &command {
            Some(line) if page < 3 => {
                lab.run(line);
                lab.act(Action::Intro(Some(page + 1)));
            }
            _ => {
                crate::store::save("intro", "seen");
                lab.load(crate::lessons::LAB);
            }
        }
    };
    let skip = {
        let lab = lab.clone();
        move |_| {
            crate::store::save("intro", "seen");
            lab.load(crate::lessons::LAB);
        }
    };
    html! {
        <div class="intro" role="region" aria-label={t.intro}>
            <p class="intro-step" aria-hidden="true">{ for (0..4).map(|i| html! { <i class={classes!((i == page).then_some("on"), (i < page).then_some("past"))}></i> }) }</p>
            <h2>{ t.intro_titles[page] }</h2>
            <p class="intro-text" aria-live="polite">{ t.intro_texts[page] }</p>
            <div class="intro-act">
                <button ref={button} type="button" class="primary big" onclick={next} disabled={!lab.is_idle()}>{ t.intro_buttons[page] }<kbd aria-hidden="true">{ "↵" }</kbd></button>
                if page < 3 { <button type="button" class="quiet" onclick={skip}>{ t.intro_skip }</button> }
            </div>
            if let Some(line) = command.filter(|_| page < 3) {
                <p class="runs"><span>{ t.intro_runs }</span>{ " " }<code>{ line }</code></p>
            }
        </div>
    }
}
