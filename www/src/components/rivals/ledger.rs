//! The ledger: what a step costs on each driver, as bars with their numbers or as a plain table.

use crate::components::shelves::bytes;
use crate::decimal;
use crate::lab::{Lab, use_lab};
use layerglass::types::Meter;
use yew::prelude::*;

/// The measures in the order of their words. The last one is a number, the others are bytes.
fn measures(it: &Meter) -> [u64; 6] {
    [it.copied, it.allocated, it.freed, it.read, it.written, it.metadata]
}

const METADATA: usize = 5;

fn number(measure: usize, value: u64) -> String {
    if measure == METADATA { value.to_string() } else { bytes(value) }
}

#[component]
pub fn Ledger() -> Html {
    let lab = use_lab();
    let t = lab.lang.rivals();
    let plain = lab.rivals.plain;
    let onclick = {
        let lab = lab.clone();
        move |_| lab.rival(|it| it.plain = !it.plain)
    };
    let word = if plain { t.as_chart } else { t.as_table };
    html! {
        <section class="rivals-ledger" aria-label={t.costs}>
            <header><h2>{ t.costs }</h2><button type="button" class="small" {onclick}>{ word }</button></header>
            { if plain { table(&lab) } else { chart(&lab) } }
        </section>
    }
}

/// The largest number that a run has of a measure, so that bars of all steps have one scale.
fn largest(lab: &Lab, measure: usize) -> u64 {
    let steps = lab.rivals.lanes.iter().flat_map(|it| &it.steps);
    let of = |it: &Meter| match measure {
        METADATA => it.metadata,
        _ => measures(it)[..METADATA].iter().copied().max().unwrap_or(0),
    };
    steps.map(|it| of(&it.cost)).max().unwrap_or(0)
}

/// Percent of the room, logarithmic: nothing is nothing, and one is to be seen.
fn width(value: u64, most: u64) -> f64 {
    if value == 0 {
        return 0.0;
    }
    let part = (value as f64).ln_1p() / (most.max(1) as f64).ln_1p();
    (part * 100.0).clamp(1.0, 100.0)
}

fn chart(lab: &Lab) -> Html {
    let t = lab.lang.rivals();
    html! {
        <>
        <p class="note">{ t.scale }</p>
        <div class="rivals-chart">{ for (0..measures(&Meter::default()).len()).map(|it| bars(lab, it)) }</div>
        </>
    }
}

fn bars(lab: &Lab, measure: usize) -> Html {
    let t = lab.lang.rivals();
    let most = largest(lab, measure);
    let rows = lab.rivals.lanes.iter().zip(lab.rivals.step(lab.rivals.at));
    html! {
        <figure>
            <figcaption><strong>{ t.measures[measure] }</strong><small>{ t.measures_about[measure] }</small></figcaption>
            <ul>{ for rows.map(|(lane, step)| {
                let value = measures(&step.cost)[measure];
                let width = width(value, most);
                html! { <li><span class="who">{ lane.driver.clone() }</span><span class="bar-room" aria-hidden="true"><i style={format!("width:{}%", decimal::short(width))}></i></span><span class="value">{ number(measure, value) }</span></li> }
            }) }</ul>
        </figure>
    }
}

fn table(lab: &Lab) -> Html {
    let t = lab.lang.rivals();
    let rows = lab.rivals.lanes.iter().zip(lab.rivals.step(lab.rivals.at));
    html! {
        <div class="table-scroll" tabindex="0" role="group" aria-label={t.costs}>
            <table class="words-table">
                <thead><tr><th scope="col">{ t.driver }</th>{ for t.measures.iter().map(|it| html! { <th scope="col">{ *it }</th> }) }<th scope="col">{ t.used }</th></tr></thead>
                <tbody>{ for rows.map(|(lane, step)| html! {
                    <tr><th scope="row">{ lane.driver.clone() }</th>
                    { for measures(&step.cost).into_iter().enumerate().map(|(at, it)| html! { <td>{ number(at, it) }</td> }) }
                    <td>{ bytes(step.used.max(0) as u64) }</td></tr>
                }) }</tbody>
            </table>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_logarithmic_and_never_hide_a_number() {
        assert_eq!(width(0, 1 << 30), 0.0);
        assert!(width(1, 1 << 30) >= 1.0);
        assert_eq!(width(1 << 30, 1 << 30), 100.0);
        let (a, b, c) = (width(1_000, 1 << 30), width(10_000, 1 << 30), width(100_000, 1 << 30));
        assert!(((b - a) - (c - b)).abs() < 0.1);
    }
}
