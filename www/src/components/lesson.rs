//! The lesson: what to do, live check marks, hints in three steps, "Show me".

use super::predict;
use crate::lab::{Lab, use_lab};
use crate::state::Action;
use yew::prelude::*;

#[component]
pub fn Lesson() -> Html {
    let lab = use_lab();
    let made: predict::Made = use_state(Vec::new);
    let t = lab.t();
    let scenario = &lab.scenario;
    let key = lab.lang.key();
    let steps = scenario.steps.len();
    let over = lab.task >= steps;
    let task = scenario.steps.get(lab.task.min(steps.saturating_sub(1)));
    let last = lab.lesson + 1 >= crate::lessons::all().len();
    html! {
        <section id="lesson" role={lab.pane_role()} class="pane lesson" data-pane="lesson" data-task={lab.task.to_string()} aria-label={t.lesson} tabindex="-1">
            <header class="pane-head">
                <h2>{ if lab.ready { scenario.title.in_language(key).to_owned() } else { t.lesson.to_owned() } }</h2>
                <div class="lesson-nav">
                    if steps > 1 { <small>{ (t.step_n_of)((lab.task + 1).min(steps), steps) }</small> }
                    <button type="button" class="icon" aria-label={t.previous_lesson} title={t.previous_lesson} disabled={lab.lesson == 0} onclick={{ let lab = lab.clone(); move |_| lab.load(lab.lesson.saturating_sub(1)) }}><span aria-hidden="true">{ "‹" }</span></button>
                    <button type="button" class="icon" aria-label={t.next_lesson} title={t.next_lesson} disabled={last} onclick={{ let lab = lab.clone(); move |_| lab.load(lab.lesson + 1) }}><span aria-hidden="true">{ "›" }</span></button>
                </div>
            </header>
            <div class="lesson-body" tabindex="0" role="group" aria-label={t.lesson}>
                if lab.task == 0 && !scenario.summary.in_language(key).is_empty() {
                    <p class="summary">{ scenario.summary.in_language(key).to_owned() }</p>
                }
                { predict::verdict(&lab, &made) }
                if let Some(task) = task.filter(|_| !over) {
                    <div class="prose">{ prose(task.say.in_language(key)) }</div>
                    { predict::question(&lab, &made) }
                }
                if task.is_some() {
                    { goals(&lab, over) }
                    if !over { { hints(&lab) } }
                }
                if let Some(closing) = scenario.closing.as_ref().filter(|_| over) {
                    <div class="prose closing">{ prose(closing.in_language(key)) }</div>
                }
                if over {
                    <div class="lesson-done" role="status">
                        <strong>{ "✓ " }{ t.lesson_done }</strong>
                        <p>{ t.free_play }</p>
                        if !last {
                            <button type="button" class="primary" onclick={{ let lab = lab.clone(); move |_| lab.load(lab.lesson + 1) }}>{ t.next_lesson }{ " →" }</button>
                        }
                    </div>
                }
            </div>
        </section>
    }
}

fn goals(lab: &Lab, over: bool) -> Html {
    let t = lab.t();
    let steps = lab.scenario.steps.len();
    let Some(task) = lab.scenario.steps.get(lab.task.min(steps.saturating_sub(1))) else {
        return html! {};
    };
    if task.goals.is_empty() {
        return html! {};
    }
    html! {
        <>
        <h3 id="goals" tabindex="-1">{ t.goals }</h3>
        <ul class="goals" aria-labelledby="goals">
            { for task.goals.iter().enumerate().map(|(i, goal)| {
                let met = over || lab.met.get(i).copied().unwrap_or(false);
                html! {
                    <li class={if met { "met" } else { "open" }}>
                        <span class="tick" aria-hidden="true">{ if met { "✓" } else { "" } }</span>
                        <span>{ prose_line(goal.label.in_language(lab.lang.key())) }</span>
                        <span class="sr">{ if met { t.goal_done } else { t.goal_open } }</span>
                    </li>
                }
            }) }
        </ul>
        </>
    }
}

#[inline(never)]
fn hints(lab: &Lab) -> Html {
    let t = lab.t();
    let Some(task) = lab.scenario.steps.get(lab.task) else { return html! {} };
    let shown = lab.hints.min(task.hints.len());
    let answer = task.answer.clone();
    let show = {
        let lab = lab.clone();
        move |_| show_me(&lab, &answer)
    };
    html! {
        <div class="hints">
            { for task.hints.iter().take(shown).enumerate().map(|(i, hint)| html! {
                <div class="hint" role="note"><small>{ (t.hint_of)(i + 1, task.hints.len()) }</small><p>{ prose_line(hint.in_language(lab.lang.key())) }</p></div>
            }) }
            <div class="hint-buttons">
                if shown < task.hints.len() {
                    <button type="button" class="small" onclick={{ let lab = lab.clone(); move |_| lab.act(Action::Hint) }}>{ t.hint }</button>
                }
                <button type="button" class="small" disabled={!lab.is_idle()} onclick={show}>{ t.show_me }</button>
            </div>
        </div>
    }
}

/// Types the answer, one command after the other.
pub fn show_me(lab: &Lab, answer: &str) {
    lab.run_all(answer);
}

/// Paragraphs and lists.
fn prose(text: &str) -> Html {
    text.split("\n\n")
        .map(|block| {
            let (items, lines): (Vec<&str>, Vec<&str>) = block.lines().partition(|it| it.starts_with("- "));
            html! {
                <>
                if !lines.is_empty() { <p>{ prose_line(&lines.join(" ")) }</p> }
                if !items.is_empty() { <ul>{ for items.iter().map(|it| html! { <li>{ prose_line(&it[2..]) }</li> }) }</ul> }
                </>
            }
        })
        .collect()
}

/// `code` and **strong** words; nothing else is markup, and nothing becomes HTML by itself. Code may
/// stand inside strong words.
pub fn prose_line(text: &str) -> Html {
    let mut is_strong = false;
    text.split('`')
        .enumerate()
        .map(|(i, part)| {
            if i % 2 == 1 {
                return html! { <code>{ part.to_owned() }</code> };
            }
            part.split("**")
                .enumerate()
                .map(|(n, words)| {
                    is_strong ^= n > 0;
                    let words = words.to_owned();
                    if is_strong {
                        html! { <strong>{ words }</strong> }
                    } else {
                        html! { { words } }
                    }
                })
                .collect::<Html>()
        })
        .collect()
}
