//! One command in the terminal: what it printed, with names that can be followed, what its words
//! mean, and what it did.

use super::sgr;
use super::terminal::note_text;
use crate::i18n::{Card, cards};
use crate::lab::use_lab;
use crate::state::{Action, Entry, Known, Pane, Piece, Tab, below};
use layerglass::view::{Effect, StepInfo};
use std::rc::Rc;
use yew::prelude::*;

/// Sentences about one command.
const DID_MAX: usize = 6;
/// Longest output whose names are looked at, in pieces.
const PIECES_MAX: usize = 4;

#[derive(Properties, PartialEq)]
struct PieceProps {
    piece: Rc<Piece>,
    /// Where names are looked for, and in which directories.
    known: Option<Rc<Known>>,
    dirs: Rc<Vec<String>>,
}

/// Drawn once, and again only while it grows.
#[component]
fn Output(props: &PieceProps) -> Html {
    let lab = use_lab();
    let show = |word: &str| {
        let path = props.known.as_ref()?.find(word, &props.dirs)?;
        let (lab, title) = (lab.clone(), path.clone());
        let onclick = move |_: MouseEvent| follow(&lab, &path);
        // Keys reach the same through files and matrix: a listing would be a long way for Tab.
        Some(html! { <span class="link" {title} {onclick}>{ word.to_owned() }</span> })
    };
    let spans = |text: &str| sgr::spans(text, &show);
    html! {
        <pre class={classes!("out", props.piece.is_full().then_some("full"))}>{ for props.piece.runs.iter().map(|(err, text)| match err {
            true => html! { <span class="err">{ spans(text) }</span> },
            false => spans(text),
        }) }</pre>
    }
}

/// To what a name in the terminal means.
fn follow(lab: &crate::lab::Lab, path: &str) {
    let inside = lab.view.mounts.iter().any(|it| below(path, &it.target).is_some());
    if inside {
        lab.trace(path.to_owned());
    } else {
        lab.select(path.to_owned(), None);
        lab.act(Action::Tab(Tab::Content));
    }
    if lab.pane != Pane::Stage {
        lab.act(Action::Pane(Pane::Inspect));
    }
}

#[derive(Properties, PartialEq)]
pub struct GroupProps {
    pub entry: Rc<Entry>,
    /// Drawn anew when the language changes.
    pub lang: &'static str,
}

#[component]
pub fn Group(props: &GroupProps) -> Html {
    let lab = use_lab();
    let t = lab.t();
    let entry = &props.entry;
    let dirs = use_memo(Rc::clone(entry), |entry| directories(entry));
    let meanings = use_memo(Rc::clone(entry), |entry| meanings(entry));
    let open = use_state(|| false);
    let words = use_node_ref();
    {
        let words = words.clone();
        use_effect_with(*open, move |open| {
            if let Some(element) = words.cast::<web_sys::Element>().filter(|_| *open) {
                let nearest = web_sys::ScrollIntoViewOptions::new();
                nearest.set_block(web_sys::ScrollLogicalPosition::Nearest);
                element.scroll_into_view_with_scroll_into_view_options(&nearest);
            }
        });
    }
    if let Some(note) = &entry.note {
        return html! { <div class="term-note">{ note_text(&lab, note) }</div> };
    }
    let failed = entry.status.is_some_and(|it| it != 0);
    let known = entry.known.clone().filter(|_| entry.output.len() <= PIECES_MAX);
    html! {
        <div class="term-group" role="group" aria-label={entry.line.clone()}>
            <div class="term-line"><span class="prompt">{ entry.prompt.clone() }</span><span class="cmd">{ entry.line.clone() }</span></div>
            if entry.dropped > 0 { <div class="term-note">{ (t.lines_dropped)(entry.dropped) }</div> }
            { for entry.output.iter().enumerate().map(|(i, piece)| html! {
                <Output key={entry.gone + i} piece={Rc::clone(piece)} known={known.clone()} dirs={Rc::clone(&dirs)} />
            }) }
            if failed {
                <span class="status">{ (t.exit_status)(entry.status.unwrap_or(0)) }</span>
            }
            if !meanings.is_empty() { { explanation(&lab, &meanings, &open, words) } }
            if let Some(step) = &entry.step { { did(&lab, step) } }
        </div>
    }
}

/// What it did, in sentences; files that came and went in one.
fn did(lab: &crate::lab::Lab, step: &StepInfo) -> Html {
    let t = lab.t();
    let passing = step.passing();
    let lasting: Vec<&Effect> = step.lasting().collect();
    html! {
        <>
        { for lasting.iter().take(DID_MAX).map(|effect| {
            let text = (t.effect)(effect, &|layer| lab.layer_name(layer));
            html! { <div class="did">{ text }</div> }
        }) }
        if lasting.len() > DID_MAX { <div class="did">{ (t.more_effects)(lasting.len() - DID_MAX) }</div> }
        if !passing.is_empty() { <div class="did">{ (lab.tools().passing)(&passing.join(lab.tools().separator)) }</div> }
        </>
    }
}

/// Directories in which the names of an output may be: those of the command line, and where it ran.
fn directories(entry: &Entry) -> Vec<String> {
    let find = |word: &str| entry.known.as_ref()?.find(word, std::slice::from_ref(&entry.cwd));
    let mut dirs: Vec<String> = entry.line.split_whitespace().filter_map(find).collect();
    dirs.push(entry.cwd.clone());
    dirs
}

/// Words of the glossary in an output, each with the first line that has it.
fn meanings(entry: &Entry) -> Vec<(String, &'static Card)> {
    if entry.status.is_none() {
        return Vec::new();
    }
    let runs = entry.output.iter().take(PIECES_MAX).flat_map(|it| &it.runs);
    let lines: Vec<String> = runs.flat_map(|(_, text)| text.lines()).map(sgr::plain).collect();
    let found = |card: &'static Card| {
        lines.iter().find(|line| card.fits(line)).map(|line| (line.clone(), card))
    };
    cards().iter().filter_map(found).collect()
}

fn explanation(
    lab: &crate::lab::Lab,
    meanings: &[(String, &'static Card)],
    open: &UseStateHandle<bool>,
    words: NodeRef,
) -> Html {
    let onclick = {
        let open = open.clone();
        move |_| open.set(!*open)
    };
    html! {
        <div class="explain">
            <button type="button" class="explain-button" aria-expanded={open.to_string()} {onclick}><span aria-hidden="true">{ "? " }</span>{ lab.tools().explain }</button>
            if **open {
                <dl ref={words}>{ for meanings.iter().map(|(line, card)| html! {
                    <><dt><code>{ line.trim().to_owned() }</code><strong>{ card.title(lab.lang) }</strong></dt><dd>{ card.text(lab.lang) }</dd></>
                }) }</dl>
            }
        </div>
    }
}
