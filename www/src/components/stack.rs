//! The stack: the layers as sheets of glass seen from the side, the merged view on top.
//! Names stand at the same place on every sheet, so that looking down means looking through.

use super::glyph::role_word;
use super::matrix::columns::{self, Column};
use super::matrix::{absolute, beat_look, layer_class, role_key};
use crate::decimal;
use crate::lab::{Lab, use_lab};
use crate::player::Frame;
use layerglass::trace::step::Layer;
use layerglass::types::FileType;
use layerglass::view::{BeatKind, MountInfo, Node, Role, Row};
use std::collections::BTreeSet;
use yew::prelude::*;

/// Measures that depend on the width there is.
#[derive(Clone, Copy)]
struct Measures {
    /// Names that fit on a sheet.
    tiles: usize,
    sheet: f64,
    height: f64,
    slant: f64,
    /// Room for the names of the layers beside the sheets; without it they stand above the sheets.
    left: f64,
    margin: f64,
    /// Width of a letter on a sheet.
    letter: f64,
}

const WIDE: Measures = Measures {
    tiles: 7,
    sheet: 760.0,
    height: 86.0,
    slant: 110.0,
    left: 190.0,
    margin: 60.0,
    letter: 8.2,
};
const NARROW: Measures = Measures {
    tiles: 4,
    sheet: 440.0,
    height: 62.0,
    slant: 60.0,
    left: 0.0,
    margin: 24.0,
    letter: 9.4,
};
/// Windows up to this width get the narrow ones, as in the style sheet.
const NARROW_MAX: f64 = 559.0;

fn measures() -> Measures {
    let width = web_sys::window().and_then(|it| it.inner_width().ok()).and_then(|it| it.as_f64());
    if width.is_some_and(|it| it <= NARROW_MAX) { NARROW } else { WIDE }
}

struct Layout<'a> {
    m: Measures,
    rows: Vec<&'a Row>,
    left_out: usize,
    gap: f64,
    /// The sheets below the merged view, from the top; layers without a drawn name lie folded.
    sheets: Vec<Column>,
}

impl Layout<'_> {
    fn new<'a>(mount: &'a MountInfo, scope: &str) -> Layout<'a> {
        // Files first that more than one layer knows; directories only carry files.
        let is_dir = |row: &Row| {
            row.cells.iter().filter_map(|it| it.node.as_ref()).any(|it| it.kind == FileType::Dir)
        };
        let mut rows: Vec<&Row> =
            mount.rows.iter().filter(|row| row.depth > 0 && !is_dir(row)).collect();
        let inside = |row: &&Row| crate::state::below(&row.path, scope).is_some();
        if !scope.is_empty() && mount.layers.len() > columns::MANY && rows.iter().any(inside) {
            rows.retain(inside);
        }
        if rows.is_empty() {
            rows = mount.rows.iter().filter(|row| row.depth > 0).collect();
        }
        let m = measures();
        let left_out = rows.len().saturating_sub(m.tiles);
        if left_out > 0 {
            rows.sort_by_key(|row| !row.is_contested());
            rows.truncate(m.tiles);
            rows.sort_by_key(|row| mount.rows.iter().position(|it| it.path == row.path));
        }
        let sheets = columns::columns(mount, scope, &BTreeSet::new());
        let gap: f64 = if sheets.len() > 5 { 62.0 } else { 112.0 };
        // Names above the sheets need their line.
        let gap = if m.left == 0.0 { gap.min(64.0) + 28.0 } else { gap };
        Layout { m, rows, left_out, gap, sheets }
    }
    fn y(&self, sheet: usize) -> f64 {
        26.0 + sheet as f64 * self.gap
    }
    fn x(&self, tile: usize) -> f64 {
        let start = self.m.left + self.m.slant * 0.5 + self.m.margin * 0.5;
        start + self.step() * (tile as f64 + 0.5)
    }
    /// Room of one name.
    fn step(&self) -> f64 {
        (self.m.sheet - self.m.slant - self.m.margin) / self.rows.len().max(1) as f64
    }
    fn width(&self) -> f64 {
        self.m.left + self.m.sheet + 14.0
    }
    fn height(&self) -> f64 {
        self.y(self.sheets.len()) + self.m.height + 30.0
    }
}

#[component]
pub fn Stack() -> Html {
    let lab = use_lab();
    let Some(mount) = lab.shown() else { return html! {} };
    let t = lab.t();
    let scope = lab.selected.as_deref().and_then(|it| crate::state::below(it, &mount.target));
    let lay = Layout::new(mount, scope.unwrap_or_default());
    let label = format!("{}: {}", t.stack, mount.target);
    html! {
        <div class="stack-scroll">
            <svg class={classes!("stack", (lay.m.left == 0.0).then_some("narrow"))} viewBox={format!("0 0 {} {}", decimal::short(lay.width()), decimal::short(lay.height()))} role="group" aria-label={label}>
                <defs>
                    <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2" height="7" class="hatch-line" /></pattern>
                </defs>
                // From the bottom, so that upper sheets lie over lower ones.
                { for lay.sheets.iter().enumerate().rev().map(|(i, column)| {
                    let Some(layer) = mount.layers.get(column.from) else { return html! {} };
                    if column.is_folded() {
                        let note = (lab.tools().unfold_not)(column.layers());
                        return sheet(&lay, i + 1, classes!("sheet", "role-lower", "folded-sheet"), "⋯", &note, "");
                    }
                    let note = if layer.writable { t.writable } else { t.read_only };
                    sheet(&lay, i + 1, classes!("sheet", layer_class(layer.layer)), &layer.label, note, &layer.path)
                }) }
                { sheet(&lay, 0, classes!("sheet", "role-merged"), t.merged, "", &mount.target) }
                { beams(&lay) }
                { for lay.sheets.iter().enumerate().rev().filter(|it| !it.1.is_folded()).map(|(i, _)| {
                    lay.rows.iter().enumerate().map(|(tile, row)| layer_tile(&lab, mount, &lay, row, tile, i)).collect::<Html>()
                }) }
                { for lay.rows.iter().enumerate().map(|(tile, row)| merged_tile(&lab, mount, &lay, row, tile)) }
                { ghost(&lab, mount, &lay) }
            </svg>
            if lay.left_out > 0 { <p class="note">{ (t.rows_left_out)(lay.left_out) }</p> }
        </div>
    }
}

fn sheet(
    lay: &Layout<'_>,
    index: usize,
    class: Classes,
    name: &str,
    note: &str,
    path: &str,
) -> Html {
    let (x, y) = (lay.m.left + 2.0, lay.y(index));
    let (slant, wide, high) = (lay.m.slant, lay.m.sheet, lay.m.height);
    let (end, low) = (x + wide - slant, y + high);
    let points = corners([(x + slant, y), (x + wide, y), (end, low), (x, low)]);
    let edge = corners([(x, low), (end, low), (end, low + 5.0), (x, low + 5.0)]);
    let short = cut(path.rsplit('/').next().unwrap_or(path), NOTE_LETTERS);
    let note = match (short.is_empty(), note.is_empty()) {
        (true, _) => note.to_owned(),
        (_, true) => short,
        _ => format!("{short} · {note}"),
    };
    html! {
        <g {class} key={format!("sheet-{index}")}>
            <polygon class="glass" {points} />
            <polygon class="edge" points={edge} />
            if lay.m.left == 0.0 {
                <text class="sheet-name" x={decimal::short(x + slant + 4.0)} y={decimal::short(y - 7.0)}>{ name.to_owned() }<tspan class="sheet-note" dx="10">{ note }</tspan></text>
            } else {
                <text class="sheet-name" x="8" y={decimal::short(y + 40.0)}>{ name.to_owned() }</text>
                <text class="sheet-note" x="8" y={decimal::short(y + 60.0)}>{ note }</text>
            }
            <title>{ path.to_owned() }</title>
        </g>
    }
}

/// The corners of a sheet or a plate, as SVG has them.
fn corners(all: [(f64, f64); 4]) -> String {
    all.map(|(x, y)| format!("{},{}", decimal::short(x), decimal::short(y))).join(" ")
}

/// How much of a directory's name fits beside its sheet; the whole path is in the sheet's title.
const NOTE_LETTERS: usize = 10;

/// The text, or its beginning where it is longer than so many letters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() > most {
        text.chars().take(most - 1).chain(['…']).collect()
    } else {
        text.to_owned()
    }
}

/// Light from what is seen down to where it comes from.
fn beams(lay: &Layout<'_>) -> Html {
    lay.rows
        .iter()
        .enumerate()
        .filter_map(|(tile, row)| {
            row.merged.as_ref()?;
            let from = columns::place(&lay.sheets, row.sources().last()?)? + 1;
            let x = lay.x(tile);
            let (top, end) = (lay.y(0) + lay.m.height * 0.62, lay.y(from) + lay.m.height * 0.35);
            Some(html! { <line class="beam" x1={decimal::short(x)} x2={decimal::short(x)} y1={decimal::short(top)} y2={decimal::short(end)} /> })
        })
        .collect()
}

fn layer_tile(
    lab: &Lab,
    mount: &MountInfo,
    lay: &Layout<'_>,
    row: &Row,
    tile: usize,
    sheet: usize,
) -> Html {
    let column = lay.sheets[sheet].from;
    let pending = lab.player.is_pending(&row.path);
    let earlier = lab
        .before
        .mounts
        .iter()
        .find(|it| it.target == mount.target)
        .and_then(|it| it.row(&row.path));
    let cell = match (pending, earlier) {
        (true, Some(old)) => old.cells.get(column),
        (true, None) => None,
        _ => row.cells.get(column),
    };
    let Some((cell, node)) = cell.and_then(|cell| Some((cell, cell.node.as_ref()?))) else {
        return html! {};
    };
    let class = classes!(
        "tile",
        layer_class(mount.layers[column].layer),
        format!("is-{}", role_key(cell.role))
    );
    let label =
        format!("{} · {}: {}", row.path, mount.layers[column].label, role_word(cell.role, lab.t()));
    let path = absolute(mount, &row.path);
    let onclick = {
        let (lab, layer) = (lab.clone(), mount.layers[column].layer);
        Callback::from(move |_: MouseEvent| lab.select(path.clone(), Some(layer)))
    };
    let mark = if cell.role == Role::Whiteout { "⊘" } else { "" };
    tile_html(lay, tile, sheet + 1, class, &row.name, mark, label, node, onclick)
}

fn merged_tile(lab: &Lab, mount: &MountInfo, lay: &Layout<'_>, row: &Row, tile: usize) -> Html {
    let pending = lab.player.is_pending(&row.path);
    let earlier = lab
        .before
        .mounts
        .iter()
        .find(|it| it.target == mount.target)
        .and_then(|it| it.row(&row.path));
    let node =
        if pending { earlier.and_then(|it| it.merged.as_ref()) } else { row.merged.as_ref() };
    let Some(node) = node else { return html! {} };
    let source =
        row.sources().next().and_then(|it| mount.layers.get(it)).map(|it| layer_class(it.layer));
    let path = absolute(mount, &row.path);
    let onclick = {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| lab.trace(path.clone()))
    };
    let class = classes!(
        "tile",
        "role-merged",
        "is-seen",
        source.map(|it| format!("from-{}", it.split(' ').next().unwrap_or("")))
    );
    let label = format!("{} · {}", row.path, lab.t().role_visible);
    tile_html(lay, tile, 0, class, &row.name, "", label, node, onclick)
}

#[allow(clippy::too_many_arguments)]
fn tile_html(
    lay: &Layout<'_>,
    tile: usize,
    sheet: usize,
    class: Classes,
    name: &str,
    mark: &str,
    label: String,
    _node: &Node,
    onclick: Callback<MouseEvent>,
) -> Html {
    let (x, y) = (lay.x(tile), lay.y(sheet) + lay.m.height * 0.5);
    let half = (lay.step() * 0.46).min(76.0);
    let points = corners([
        (x - half + 16.0, y - 20.0),
        (x + half + 16.0, y - 20.0),
        (x + half - 16.0, y + 20.0),
        (x - half - 16.0, y + 20.0),
    ]);
    let marked = if mark.is_empty() { 0.0 } else { 2.0 };
    let room = ((half * 2.0 - 20.0) / lay.m.letter - marked).max(0.0) as usize;
    let text = cut(name, room.max(4));
    let text = if mark.is_empty() { text } else { format!("{mark} {text}") };
    // A name that is cut stands in the label as it is seen.
    let label = if text.contains('…') { format!("{text} · {label}") } else { label };
    let onkeydown = {
        let onclick = onclick.clone();
        Callback::from(move |event: KeyboardEvent| {
            if matches!(event.key().as_str(), "Enter" | " ") {
                event.prevent_default();
                event.stop_propagation();
                if let Ok(click) = MouseEvent::new("click") {
                    onclick.emit(click);
                }
            }
        })
    };
    html! {
        <g {class} role="button" tabindex="0" aria-label={label.clone()} {onclick} {onkeydown}>
            <title>{ label }</title>
            <polygon class="plate" points={points.clone()} />
            <polygon class="hatched" {points} />
            <text x={decimal::short(x)} y={decimal::short(y + 5.0)} text-anchor="middle">{ text }</text>
        </g>
    }
}

/// The moving mark, on the tile of the path that the player is at.
fn ghost(lab: &Lab, mount: &MountInfo, lay: &Layout<'_>) -> Html {
    let Some(frame) = lab.player.frame() else { return html! {} };
    let sheet_of =
        |layer: Layer| Some(columns::place(&lay.sheets, mount.column(layer)?)? as f64 + 1.0);
    let (path, sheet, class, text) = match frame {
        Frame::Ask { path, layer, stop, .. } => {
            (path, sheet_of(*layer), if *stop { "ball stop" } else { "ball" }, String::new())
        }
        Frame::Beat { kind, layer, bytes, target, effect, .. } => {
            let (class, text) = beat_look(lab, *effect, *kind, *bytes);
            // What is in the work directory hovers below the sheet that it will lie on.
            let sheet = match kind {
                BeatKind::Prepare | BeatKind::Fill => Some(1.5),
                _ => sheet_of(*layer),
            };
            (target, sheet, class, text)
        }
        Frame::Whole { path, .. } => (path, Some(0.0), "pulse", String::new()),
        Frame::Answer => return html! {},
    };
    let (Some(tile), Some(sheet)) = (lay.rows.iter().position(|row| &row.path == path), sheet)
    else {
        return html! {};
    };
    let (x, y) = (lay.x(tile), lay.y(0) + sheet * lay.gap + lay.m.height * 0.5);
    html! {
        <g class={classes!("ghost", class)} ~style={format!("transform:translate({}px,{}px)", decimal::short(x), decimal::short(y))} aria-hidden="true">
            <circle r="15" />
            <text y="-20" text-anchor="middle">{ text }</text>
        </g>
    }
}
