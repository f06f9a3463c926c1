//! The stack: the layers as sheets of glass seen from the side, the merged view on top.
//! Names stand at the same place on every sheet, so that looking down means looking through.

use super::glyph::role_word;
use super::matrix::{absolute, layer_class, role_key};
use crate::lab::{Lab, use_lab};
use crate::player::Frame;
use layerglass::types::FileType;
use layerglass::view::{BeatKind, MountInfo, Node, Role, Row};
use yew::prelude::*;

/// Names that fit on a sheet.
const TILES: usize = 7;
const SHEET_W: f64 = 760.0;
const SLANT: f64 = 110.0;
const SHEET_H: f64 = 86.0;
const LEFT: f64 = 190.0;

struct Layout<'a> {
    rows: Vec<&'a Row>,
    left_out: usize,
    gap: f64,
    sheets: usize,
}

impl Layout<'_> {
    fn new(mount: &MountInfo) -> Layout<'_> {
        // Files first that more than one layer knows; directories only carry files.
        let is_dir = |row: &Row| {
            row.cells.iter().filter_map(|it| it.node.as_ref()).any(|it| it.kind == FileType::Dir)
        };
        let mut rows: Vec<&Row> =
            mount.rows.iter().filter(|row| row.depth > 0 && !is_dir(row)).collect();
        if rows.is_empty() {
            rows = mount.rows.iter().filter(|row| row.depth > 0).collect();
        }
        let left_out = rows.len().saturating_sub(TILES);
        if left_out > 0 {
            rows.sort_by_key(|row| !row.is_contested());
            rows.truncate(TILES);
            rows.sort_by_key(|row| mount.rows.iter().position(|it| it.path == row.path));
        }
        let sheets = mount.layers.len() + 1;
        let gap = if sheets > 6 { 62.0 } else { 112.0 };
        Layout { rows, left_out, gap, sheets }
    }
    fn y(&self, sheet: usize) -> f64 {
        26.0 + sheet as f64 * self.gap
    }
    fn x(&self, tile: usize) -> f64 {
        let step = (SHEET_W - SLANT - 60.0) / self.rows.len().max(1) as f64;
        LEFT + SLANT * 0.5 + 30.0 + step * (tile as f64 + 0.5)
    }
    fn width(&self) -> f64 {
        LEFT + SHEET_W + 20.0
    }
    fn height(&self) -> f64 {
        self.y(self.sheets - 1) + SHEET_H + 30.0
    }
}

#[component]
pub fn Stack() -> Html {
    let lab = use_lab();
    let Some(mount) = lab.shown() else { return html! {} };
    let t = lab.t();
    let lay = Layout::new(mount);
    let label = format!("{}: {}", t.stack, mount.target);
    html! {
        <div class="stack-scroll">
            <svg class="stack" viewBox={format!("0 0 {} {}", lay.width(), lay.height())} role="group" aria-label={label}>
                <defs>
                    <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2" height="7" class="hatch-line" /></pattern>
                </defs>
                // From the bottom, so that upper sheets lie over lower ones.
                { for mount.layers.iter().enumerate().rev().map(|(i, layer)| {
                    let note = if layer.writable { t.writable } else { t.read_only };
                    sheet(&lay, i + 1, classes!("sheet", layer_class(layer.layer)), &layer.label, note, &layer.path)
                }) }
                { sheet(&lay, 0, classes!("sheet", "role-merged"), t.merged, "", &mount.target) }
                { beams(&lay) }
                { for mount.layers.iter().enumerate().rev().map(|(i, _)| {
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
    let (x, y) = (LEFT, lay.y(index));
    let points = format!(
        "{},{} {},{} {},{} {},{}",
        x + SLANT,
        y,
        x + SHEET_W,
        y,
        x + SHEET_W - SLANT,
        y + SHEET_H,
        x,
        y + SHEET_H
    );
    let edge = format!(
        "{},{} {},{} {},{} {},{}",
        x,
        y + SHEET_H,
        x + SHEET_W - SLANT,
        y + SHEET_H,
        x + SHEET_W - SLANT,
        y + SHEET_H + 5.0,
        x,
        y + SHEET_H + 5.0
    );
    let short = path.rsplit('/').next().unwrap_or(path).to_owned();
    html! {
        <g {class} key={format!("sheet-{index}")}>
            <polygon class="glass" {points} />
            <polygon class="edge" points={edge} />
            <text class="sheet-name" x="8" y={(y + 40.0).to_string()}>{ name.to_owned() }</text>
            <text class="sheet-note" x="8" y={(y + 60.0).to_string()}>{ if note.is_empty() { short.clone() } else { format!("{short} · {note}") } }</text>
            <title>{ path.to_owned() }</title>
        </g>
    }
}

/// Light from what is seen down to where it comes from.
fn beams(lay: &Layout<'_>) -> Html {
    lay.rows
        .iter()
        .enumerate()
        .filter_map(|(tile, row)| {
            row.merged.as_ref()?;
            let from = row.sources().last()? + 1;
            let x = lay.x(tile);
            let (top, end) = (lay.y(0) + SHEET_H * 0.62, lay.y(from) + SHEET_H * 0.35);
            Some(html! { <line class="beam" x1={x.to_string()} x2={x.to_string()} y1={top.to_string()} y2={end.to_string()} /> })
        })
        .collect()
}

fn layer_tile(
    lab: &Lab,
    mount: &MountInfo,
    lay: &Layout<'_>,
    row: &Row,
    tile: usize,
    column: usize,
) -> Html {
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
    tile_html(lay, tile, column + 1, class, &row.name, mark, label, node, onclick)
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
    let (x, y) = (lay.x(tile), lay.y(sheet) + SHEET_H * 0.5);
    let step = (SHEET_W - SLANT - 60.0) / lay.rows.len().max(1) as f64;
    let half = (step * 0.46).min(76.0);
    let points = format!(
        "{},{} {},{} {},{} {},{}",
        x - half + 16.0,
        y - 20.0,
        x + half + 16.0,
        y - 20.0,
        x + half - 16.0,
        y + 20.0,
        x - half - 16.0,
        y + 20.0
    );
    let room = ((half * 2.0) / 8.2) as usize;
    let text: String = if name.chars().count() > room.max(4) {
        name.chars().take(room.max(4) - 1).chain(['…']).collect()
    } else {
        name.to_owned()
    };
    let text = if mark.is_empty() { text } else { format!("{mark} {text}") };
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
            <text x={x.to_string()} y={(y + 5.0).to_string()} text-anchor="middle">{ text }</text>
        </g>
    }
}

/// The moving mark, on the tile of the path that the player is at.
fn ghost(lab: &Lab, mount: &MountInfo, lay: &Layout<'_>) -> Html {
    let Some(frame) = lab.player.frame() else { return html! {} };
    let (path, sheet, class, text) = match frame {
        Frame::Ask { path, layer, stop, .. } => (
            path,
            mount.column(*layer).map(|it| it as f64 + 1.0),
            if *stop { "ball stop" } else { "ball" },
            String::new(),
        ),
        Frame::Beat { kind: BeatKind::Fill, bytes, target, .. } => {
            (target, Some(1.5), "copy filling", format!("{bytes} B"))
        }
        Frame::Beat { kind, layer, target, .. } => {
            let class = if *kind == BeatKind::Place { "copy placed" } else { "copy hit" };
            (target, mount.column(*layer).map(|it| it as f64 + 1.0), class, String::new())
        }
        Frame::Whole { path, .. } => (path, Some(0.0), "pulse", String::new()),
        Frame::Answer => return html! {},
    };
    let (Some(tile), Some(sheet)) = (lay.rows.iter().position(|row| &row.path == path), sheet)
    else {
        return html! {};
    };
    let (x, y) = (lay.x(tile), lay.y(0) + sheet * lay.gap + SHEET_H * 0.5);
    html! {
        <g class={classes!("ghost", class)} style={format!("transform:translate({x}px,{y}px)")} aria-hidden="true">
            <circle r="15" />
            <text y="-20" text-anchor="middle">{ text }</text>
        </g>
    }
}
