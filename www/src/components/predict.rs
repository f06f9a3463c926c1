//! The question before a step: the learner says what will happen, then sees. Choices and the right one
//! stand in the scenario; whether a choice comes true is checked where lessons are checked.

use super::lesson::prose_line;
use crate::lab::Lab;
use layerglass::scenario::Predict;
use yew::prelude::*;

/// A choice that was made: lesson, step, number of the choice.
pub type Made = UseStateHandle<Vec<(usize, usize, usize)>>;

fn chosen(made: &Made, lesson: usize, task: usize) -> Option<usize> {
    made.iter().rev().find(|it| (it.0, it.1) == (lesson, task)).map(|it| it.2)
}

fn asked(lab: &Lab, task: usize) -> Option<&Predict> {
    lab.scenario.steps.get(task)?.predict.as_ref()
}

/// How the prediction of the step before came out.
pub fn verdict(lab: &Lab, made: &Made) -> Html {
    let found = lab
        .task
        .checked_sub(1)
        .and_then(|task| Some((asked(lab, task)?, chosen(made, lab.lesson, task)?)));
    found.map(|(predict, choice)| outcome(lab, predict, choice)).unwrap_or_default()
}

/// The question of the step that is on.
pub fn question(lab: &Lab, made: &Made) -> Html {
    let Some(predict) = asked(lab, lab.task) else { return html! {} };
    choices(lab, predict, chosen(made, lab.lesson, lab.task), made)
}

fn outcome(lab: &Lab, predict: &Predict, choice: usize) -> Html {
    let (t, key) = (lab.t(), lab.lang.key());
    let text = |i: usize| predict.choices.get(i).map_or("", |it| it.text.in_language(key));
    let right = predict.choices.iter().position(|it| it.right).unwrap_or_default();
    html! {
        <div class={classes!("predicted", if right == choice { "right" } else { "wrong" })} role="status">
            if right == choice {
                <p><strong>{ "✓ " }{ t.predict_right }</strong>{ prose_line(text(right)) }</p>
            } else {
                <p><strong>{ t.predict_wrong }</strong>{ prose_line(text(choice)) }</p>
                <p><strong>{ "→ " }{ t.predict_truth }</strong>{ prose_line(text(right)) }</p>
            }
        </div>
    }
}

fn choices(lab: &Lab, predict: &Predict, chosen: Option<usize>, made: &Made) -> Html {
    let (t, key) = (lab.t(), lab.lang.key());
    let choose = |i: usize| {
        let (made, at) = (made.clone(), (lab.lesson, lab.task, i));
        move |_| {
            let mut all = (*made).clone();
            all.push(at);
            made.set(all);
        }
    };
    html! {
        <fieldset class="predict">
            <legend>{ t.predict }</legend>
            <p>{ prose_line(predict.ask.in_language(key)) }</p>
            { for predict.choices.iter().enumerate().map(|(i, choice)| html! {
                <button type="button" class="choice" aria-pressed={(chosen == Some(i)).to_string()} onclick={choose(i)}>
                    <span class="tick" aria-hidden="true">{ if chosen == Some(i) { "●" } else { "○" } }</span>
                    <span>{ prose_line(choice.text.in_language(key)) }</span>
                </button>
            }) }
            if chosen.is_some() { <small role="status">{ t.predict_try }</small> }
        </fieldset>
    }
}
