//! The question before a command, for those who want to be asked.

use super::dialogs::title;
use crate::guess::{ALL, Kind};
use crate::lab::{Lab, use_lab};
use crate::state::Action;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub line: String,
}

#[component]
pub fn Guess(props: &Props) -> Html {
    let lab = use_lab();
    let (t, tools) = (lab.t(), lab.tools());
    let marked = use_state(Vec::<Kind>::new);
    let toggle = |kind: Kind| {
        let marked = marked.clone();
        move |_| {
            let mut all = (*marked).clone();
            match all.iter().position(|it| *it == kind) {
                Some(at) => drop(all.remove(at)),
                None => all.push(kind),
            }
            all.sort();
            marked.set(all);
        }
    };
    let onsubmit = {
        let (lab, line, marked) = (lab.clone(), props.line.clone(), marked.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            lab.run_guessed(&line, (*marked).clone());
        })
    };
    let cancel = {
        let lab = lab.clone();
        move |_| lab.act(Action::Dialog(None))
    };
    html! {
        <form {onsubmit} class="guess">
            { title(&lab, tools.guess.to_owned()) }
            <p class="runs"><code>{ props.line.clone() }</code></p>
            <p class="note">{ tools.guess_about }</p>
            <div class="guess-kinds" role="group" aria-label={tools.guess}>
                { for ALL.map(|kind| {
                    let on = marked.contains(&kind);
                    html! { <button type="button" class="choice" aria-pressed={on.to_string()} onclick={toggle(kind)}><span class="tick" aria-hidden="true">{ if on { "✓" } else { "" } }</span>{ (tools.kind)(kind) }</button> }
                }) }
            </div>
            <div class="dialog-buttons">
                <button type="button" class="quiet" onclick={cancel}>{ t.cancel }</button>
                <button type="submit" class="primary">{ tools.guess_run }</button>
            </div>
        </form>
    }
}

/// How a prediction came out, in a sentence.
pub fn verdict(lab: &Lab, expected: &[Kind], happened: &[Kind]) -> Html {
    let tools = lab.tools();
    let words = |kinds: &[Kind]| match kinds {
        [] => tools.guess_none.to_owned(),
        some => some.iter().map(|it| (tools.kind)(*it)).collect::<Vec<_>>().join(tools.separator),
    };
    if expected == happened {
        html! { <span class="guessed right">{ "✓ " }{ tools.guess_right }{ " " }{ words(happened) }</span> }
    } else {
        html! { <span class="guessed wrong">{ (tools.guess_wrong)(&words(expected), &words(happened)) }</span> }
    }
}
