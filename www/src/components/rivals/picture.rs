//! What a driver holds: directories as sheets, each as long as what only it holds; where storage is
//! shared, also the trees that share it, a map of the pieces in use, and gauges. Which of these are
//! drawn follows from the data, never from the driver's name.

use crate::components::shelves::bytes;
use crate::decimal;
use crate::i18n::Rivals;
use crate::lab::Lab;
use layerglass::types::{Gauge, Layout, Volume};
use layerglass::view::rivals::{Item, Role, Step};
use yew::prelude::*;

/// Sheets that are drawn; the others are summed up.
const SHEETS_MAX: usize = 9;
/// Squares of a map.
const SQUARES: u64 = 128;

/// One driver's card.
pub fn lane(lab: &Lab, driver: &str, step: &Step) -> Html {
    let t = lab.lang.rivals();
    let picture = &step.picture;
    let most = largest(lab);
    let used = bytes(step.used.max(0) as u64);
    html! {
        <section class="rivals-lane" aria-label={driver.to_owned()}>
            <header><h3>{ driver.to_owned() }</h3><small>{ t.used }{ lab.tools().colon }{ used }</small></header>
            { sheets(t, &picture.items, most) }
            if let Some(layout) = &picture.layout {
                { map(t, layout) }
                { gauges(t, layout) }
                { frozen(t, layout) }
            }
            if let Some(it) = step.pages { <p class="note pages">{ (t.pages)(it.containers, it.inodes, &bytes(it.bytes)) }</p> }
        </section>
    }
}

/// The most that any item of the run reaches: one scale for all pictures.
fn largest(lab: &Lab) -> u64 {
    let steps = lab.rivals.lanes.iter().flat_map(|it| &it.steps);
    steps.flat_map(|it| &it.picture.items).map(|it| it.own.max(it.refers)).max().unwrap_or(1).max(1)
}

/// What was written last lies on top, as in a pile.
fn sheets(t: &Rivals, items: &[Item], most: u64) -> Html {
    if items.is_empty() {
        return html! { <p class="note">{ t.empty }</p> };
    }
    let shown = items.iter().rev().take(SHEETS_MAX);
    let hidden = &items[..items.len().saturating_sub(SHEETS_MAX)];
    let rest = hidden.iter().map(|it| it.own).sum();
    html! {
        <ul class="rivals-sheets">
            { for shown.map(|it| sheet(t, it, most)) }
            if !hidden.is_empty() { <li class="rest"><small>{ (t.more)(hidden.len(), &bytes(rest)) }</small></li> }
        </ul>
    }
}

fn sheet(t: &Rivals, it: &Item, most: u64) -> Html {
    let class = match it.role {
        Role::Layer => "role-lower",
        Role::Init => "role-work",
        Role::Container => "role-upper",
    };
    let part = |n: u64| format!("width:{}%", decimal::short(n as f64 * 100.0 / most as f64));
    let shared = it.refers.saturating_sub(it.own);
    let size = if shared > 0 { (t.shares)(&bytes(it.own), &bytes(shared)) } else { bytes(it.own) };
    html! {
        <li class={class} title={it.name.clone()}>
            <span class="sheet-words"><strong>{ (t.roles)(it.role) }</strong>{ " " }<span class="sheet-name">{ it.name.clone() }</span></span>
            <span class="sheet-bar" aria-hidden="true"><i class="own" style={part(it.own)}></i><i class="shared" style={part(shared)}></i></span>
            { extents(t, it) }
            <small><span>{ size }</span><span>{ (t.names)(it.names) }</span>if it.marks > 0 { <span class="marks">{ "⊘ " }{ (t.marks)(it.marks) }</span> }</small>
        </li>
    }
}

/// The large file as its extents lie one after the other: what a byte that is written replaces is to be seen, however
/// small it is. Those that it has no room for are one piece at the end, and are counted.
fn extents(t: &Rivals, it: &Item) -> Html {
    if it.extents.is_empty() {
        return html! {};
    }
    let (count, own) = it.extents_in_all();
    let text = (t.extents)(count, &bytes(own));
    let rest = it.further.own + it.further.shared;
    let class = match (it.further.own, it.further.shared) {
        (0, _) => "shared",
        (_, 0) => "own",
        _ => "own-and-shared",
    };
    let part = |(len, shared): &(u64, bool)| html! { <i class={if *shared { "shared" } else { "own" }} style={format!("flex-grow:{len}")}></i> };
    html! { <><span class="sheet-extents" role="img" aria-label={text.clone()}>{ for it.extents.iter().map(part) }if rest > 0 { <i class={class} style={format!("flex-grow:{rest}")}></i> }</span><small>{ text }</small></> }
}

/// What a square of the map stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Square {
    /// The most references that a piece in it has.
    refs: u32,
    /// A piece in it belongs to one alone.
    own: bool,
}

impl Square {
    /// A single piece that was copied must not vanish among those that are shared.
    fn class(self) -> &'static str {
        match (self.own, self.refs > 1) {
            (true, true) => "own-and-shared",
            (false, true) => "shared",
            _ => "own",
        }
    }
}

/// The squares share out what is in use, in the order of its place.
fn squares(layout: &Layout) -> Vec<Square> {
    let total: u64 = layout.runs.iter().map(|it| it.len).sum();
    let each = total.div_ceil(SQUARES).max(1);
    let mut out = vec![Square::default(); total.div_ceil(each) as usize];
    let mut at = 0;
    for run in layout.runs.iter().filter(|it| it.len > 0) {
        let (from, to) = (at / each, (at + run.len - 1) / each);
        for square in &mut out[from as usize..=to as usize] {
            square.refs = square.refs.max(run.refs);
            square.own |= run.refs < 2;
        }
        at += run.len;
    }
    out
}

fn map(t: &Rivals, layout: &Layout) -> Html {
    let (own, shared): (Vec<_>, Vec<_>) = layout.runs.iter().partition(|it| it.refs < 2);
    let sum = |runs: Vec<&layerglass::types::Run>| runs.iter().map(|it| it.len).sum();
    let text = (t.map_text)(sum(own), sum(shared));
    html! {
        <figure class="rivals-map">
            <figcaption><small>{ (t.map)(&bytes(layout.unit)) }</small></figcaption>
            <div class="squares" role="img" aria-label={text.clone()}>{ for squares(layout).into_iter().map(|it| html! { <i class={it.class()}>{ if it.refs > 2 { it.refs.to_string() } else { String::new() } }</i> }) }</div>
            <small>{ text }</small>
            <p class="rivals-key" aria-hidden="true"><i class="own"></i>{ t.own }<i class="shared"></i>{ t.shared }</p>
        </figure>
    }
}

fn gauges(t: &Rivals, layout: &Layout) -> Html {
    let words = [t.gauge_data, t.gauge_metadata];
    let gauge = |(word, it): (&&'static str, &Gauge)| {
        let text = (t.gauge)(&bytes(it.used), &bytes(it.total));
        html! { <label class="rivals-gauge"><span>{ *word }</span><meter min="0" max={it.total.to_string()} value={it.used.to_string()}>{ text.clone() }</meter><small>{ text }</small></label> }
    };
    html! { <>{ for words.iter().zip(&layout.gauges).map(gauge) }</> }
}

/// Snapshots that no container and no layer is: they hold what a tree came from.
fn frozen(t: &Rivals, layout: &Layout) -> Html {
    let all: Vec<&Volume> = layout.volumes.iter().filter(|it| it.frozen).collect();
    if all.is_empty() {
        return html! {};
    }
    html! {
        <ul class="rivals-frozen">{ for all.into_iter().take(SHEETS_MAX).map(|it| html! {
            <li><code>{ it.name.clone() }</code>{ " " }<small>{ (t.shares)(&bytes(it.exclusive), &bytes(it.refers.saturating_sub(it.exclusive))) }</small></li>
        }) }</ul>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use layerglass::types::Run;

    #[test]
    fn a_map_has_a_square_for_every_piece_or_group_of_pieces() {
        let run = |at, len, refs| Run { at, len, refs };
        let of = |runs: Vec<Run>| squares(&Layout { runs, ..Layout::default() });
        let refs = |all: &[Square]| all.iter().map(|it| it.refs).collect::<Vec<_>>();
        assert_eq!(of(vec![]), []);
        assert_eq!(refs(&of(vec![run(0, 2, 1), run(9, 1, 3)])), [1, 1, 3]);
        let many = of(vec![run(0, 1_000_000, 2), run(2_000_000, 1, 1), run(2_000_001, 900_000, 1)]);
        assert!(many.len() <= SQUARES as usize);
        assert_eq!((many[0].class(), many[many.len() - 1].class()), ("shared", "own"));
    }

    #[test]
    fn one_piece_among_many_is_to_be_seen() {
        let run = |at, len, refs| Run { at, len, refs };
        let runs = vec![run(0, 500_000, 3), run(500_000, 1, 1), run(500_001, 500_000, 3)];
        let all = squares(&Layout { runs, ..Layout::default() });
        assert_eq!(all.iter().filter(|it| it.class() == "own-and-shared").count(), 1);
    }
}
