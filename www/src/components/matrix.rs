//! The matrix: a row for each path, a column for each layer. The union's rule at one glance: read
//! from the left, the first hit is what you see.

pub mod columns;
mod light;

use super::actions::on_menu;
use super::glyph::{kind_glyph, kind_word, role_word};
use crate::i18n::Texts;
use crate::lab::{Lab, use_lab};
use crate::player::Frame;
use crate::state::{Action, Dialog};
use columns::Column;
use layerglass::trace::step::Layer;
use layerglass::view::{BeatKind, Cell, Effect, LayerInfo, MountInfo, Node, Role, Row};
use std::collections::BTreeSet;
use web_sys::wasm_bindgen::JsCast;
use yew::prelude::*;

/// With more rows than this, the reader may ask for those that matter only.
const MANY: usize = 12;
/// Column of the merged view in front of the layers.
const MERGED: usize = 0;

#[component]
pub fn Matrix() -> Html {
    let lab = use_lab();
    let focus = use_state(|| (0_usize, 0_usize));
    let grid = use_node_ref();
    let contested = use_state(|| false);
    let folds = use_state(|| true);
    let opened = use_state(BTreeSet::<usize>::new);
    use_flight(&lab, &grid);
    let Some(mount) = lab.shown() else { return html! {} };
    let t = lab.t();
    let all = mount.rows.len();
    let shown: Vec<&Row> = mount
        .rows
        .iter()
        .filter(|row| !*contested || row.depth == 0 || row.is_contested())
        .collect();
    let rows = shown.len();
    let scope = lab.selected.as_deref().and_then(|it| crate::state::below(it, &mount.target));
    let drawn = match *folds {
        true => columns::columns(mount, scope.unwrap_or_default(), &opened),
        false => columns::all(mount),
    };
    let onkeydown = keys((rows, drawn.len() + 2), &focus, grid.clone());
    let columns = drawn.len();
    let light_up = {
        let grid = grid.clone();
        move |target| light::light(&grid, target)
    };
    let onmouseover = {
        let light = light_up.clone();
        move |event: MouseEvent| light(event.target())
    };
    let onmouseleave = {
        let light = light_up.clone();
        move |_: MouseEvent| light(None)
    };
    let onfocusin = move |event: FocusEvent| light_up(event.target());
    let unfold = {
        let opened = opened.clone();
        Callback::from(move |it: Column| {
            opened.set(opened.iter().copied().chain(it.from..it.to).collect())
        })
    };
    html! {
        <div class="matrix-scroll" tabindex="-1">
            if all > MANY || mount.layers.len() > columns::MANY {
                <div class="filter" role="group" aria-label={t.path}>
                    if all > MANY {
                        { filter(&contested, false, t.all_rows) }
                        { filter(&contested, true, t.contested_only) }
                    }
                    if mount.layers.len() > columns::MANY { { fold(&lab, &folds, &opened) } }
                </div>
            }
            <div ref={grid} class={classes!("matrix", (columns > columns::MANY).then_some("many"))} role="grid" {onmouseover} {onmouseleave} {onfocusin} aria-label={t.matrix}
                ~style={format!("--columns:{columns};--rows:{rows}")} {onkeydown}
                aria-rowcount={(rows + 1).to_string()} aria-colcount={(columns + 2).to_string()}>
                { head(&lab, mount, &drawn, &unfold) }
                { for shown.iter().enumerate().map(|(i, row)| row_html(&lab, mount, &drawn, row, i, *focus)) }
                { ghost(&lab, mount, &drawn, &shown) }
            </div>
            if mount.rows_left_out > 0 { <p class="note">{ (t.rows_left_out)(mount.rows_left_out) }</p> }
        </div>
    }
}

fn filter(contested: &UseStateHandle<bool>, value: bool, word: &'static str) -> Html {
    let (on, contested) = (**contested == value, contested.clone());
    html! { <button type="button" class="small" aria-pressed={on.to_string()} onclick={move |_| contested.set(value)}>{ word }</button> }
}

/// Folds layers that do not matter for what is selected, or shows them all.
#[inline(never)]
fn fold(lab: &Lab, folds: &UseStateHandle<bool>, opened: &UseStateHandle<BTreeSet<usize>>) -> Html {
    let tools = lab.tools();
    let on = **folds;
    let (folds, opened) = (folds.clone(), opened.clone());
    let onclick = move |_| {
        let any_open = !opened.is_empty();
        opened.set(BTreeSet::new());
        folds.set(!on || any_open);
    };
    html! { <button type="button" class="small" aria-pressed={on.to_string()} title={tools.fold_about} {onclick}>{ tools.fold }</button> }
}

/// The mark flies from where it was to where it is now, in one beat.
#[hook]
fn use_flight(lab: &Lab, grid: &NodeRef) {
    let last = use_mut_ref(|| None::<(f64, f64)>);
    let key = (lab.player.at, lab.player.frames.len(), lab.player.playing);
    let (grid, still, speed) = (grid.clone(), lab.still, lab.speed);
    use_effect_with(key, move |_| {
        // What changes is in view before it moves: the deepest, as what leads there changed for its sake.
        let rows = grid
            .cast::<web_sys::Element>()
            .and_then(|it| it.query_selector_all(".mx-row.changed").ok());
        let row = rows.and_then(|it| it.get(it.length().checked_sub(1)?));
        if let Some(row) = row.and_then(|it| it.dyn_into::<web_sys::Element>().ok()) {
            let nearest = web_sys::ScrollIntoViewOptions::new();
            nearest.set_block(web_sys::ScrollLogicalPosition::Nearest);
            row.scroll_into_view_with_scroll_into_view_options(&nearest);
        }
        let ghost = grid
            .cast::<web_sys::Element>()
            .and_then(|it| it.query_selector(".ghost").ok().flatten());
        let Some(ghost) = ghost else {
            *last.borrow_mut() = None;
            return;
        };
        // Where it stands in the layout: what still flies is measured where it will land.
        let Ok(placed) = ghost.clone().dyn_into::<web_sys::HtmlElement>() else { return };
        let middle = |from: i32, size: i32| f64::from(from) + f64::from(size) / 2.0;
        let now = (
            middle(placed.offset_left(), placed.offset_width()),
            middle(placed.offset_top(), placed.offset_height()),
        );
        if let Some(then) = last.replace(Some(now)).filter(|_| !still && speed > 0.0) {
            super::fly(&ghost, (then.0 - now.0, then.1 - now.1), (400.0 / speed).min(400.0));
        }
    });
}

#[inline(never)]
fn head(lab: &Lab, mount: &MountInfo, drawn: &[Column], unfold: &Callback<Column>) -> Html {
    let t = lab.t();
    let many = drawn.len() > columns::MANY;
    let asked = match lab.player.frame() {
        Some(Frame::Ask { layer, .. }) => Some(*layer),
        _ => None,
    };
    html! {
        <div class="mx-row mx-head" role="row">
            <div class="mx-name" role="columnheader">{ t.path }</div>
            <div class="mx-cell role-merged" role="columnheader" title={mount.target.clone()}>
                <span class="layer-dot" aria-hidden="true"></span>
                <span>{ t.merged }</span>
                <small>{ if mount.read_only { t.read_only } else { t.writable } }</small>
            </div>
            { for drawn.iter().map(|column| {
                if column.is_folded() {
                    let (unfold, column) = (unfold.clone(), *column);
                    let label = (lab.tools().unfold)(column.layers());
                    return html! {
                        <div class="mx-cell folded" role="columnheader"><button type="button" class="unfold" aria-label={label.clone()} title={label}
                            onclick={move |_| unfold.emit(column)}><span aria-hidden="true">{ "⋯" }<small>{ column.layers() }</small></span></button></div>
                    };
                }
                let Some(layer) = mount.layers.get(column.from) else { return html! {} };
                let class = classes!("mx-cell", layer_class(layer.layer),
                    (asked == Some(layer.layer)).then_some("asked"));
                let label = match layer.layer {
                    Layer::Lower(n) if many => format!("L{n}"),
                    _ => layer.label.clone(),
                };
                html! {
                    <div {class} role="columnheader" title={layer.path.clone()} aria-label={many.then(|| layer.label.clone())}>
                        <span class="layer-dot" aria-hidden="true"></span>
                        <span>{ label }</span>
                        if !many { <small>{ if layer.writable { t.writable } else { t.read_only } }</small> }
                    </div>
                }
            }) }
        </div>
    }
}

/// The class that gives a layer its colour and pattern.
pub fn layer_class(layer: Layer) -> String {
    match layer {
        Layer::Upper => "role-upper".to_owned(),
        Layer::Lower(n) => format!("role-lower lower-{}", (n.max(1) - 1) % 4 + 1),
        Layer::Work => "role-work".to_owned(),
        Layer::Base => "role-base".to_owned(),
    }
}

fn row_html(
    lab: &Lab,
    mount: &MountInfo,
    columns: &[Column],
    row: &Row,
    index: usize,
    focus: (usize, usize),
) -> Html {
    let t = lab.t();
    // A change that the player has not shown yet is drawn as it was before.
    let pending = lab.player.is_pending(&row.path);
    let earlier = lab.before.mounts.iter().find(|it| it.target == mount.target);
    let empty = Row {
        merged: None,
        cells: vec![Cell { role: Role::Absent, node: None }; mount.layers.len()],
        ..row.clone()
    };
    let drawn =
        if pending { earlier.and_then(|it| it.row(&row.path)).unwrap_or(&empty) } else { row };
    let path = absolute(mount, &row.path);
    let selected = lab.selected.as_deref() == Some(path.as_str());
    let changed = lab.player.step.as_ref().is_some_and(|step| {
        step.effects
            .iter()
            .any(|it| it.overlay() == Some(mount.overlay) && it.path() == Some(&row.path))
    });
    let name = if row.depth == 0 { t.root.to_owned() } else { row.name.clone() };
    let is_dir = row
        .cells
        .iter()
        .any(|it| it.node.as_ref().is_some_and(|n| n.kind == layerglass::types::FileType::Dir));
    let class = classes!(
        "mx-row",
        selected.then_some("selected"),
        changed.then_some("changed"),
        drawn.merged.is_none().then_some("is-hidden")
    );
    let open = {
        let (lab, path) = (lab.clone(), path.clone());
        Callback::from(move |_: MouseEvent| {
            lab.select(path.clone(), None);
            lab.dialog(Dialog::Actions { path: path.clone() });
        })
    };
    html! {
        <div {class} role="row" key={row.path.clone()} oncontextmenu={on_menu(lab, &path)} aria-rowindex={(index + 2).to_string()} aria-selected={selected.to_string()}>
            <div class="mx-name" role="rowheader" ~style={format!("--depth:{}", row.depth)}>
                <button type="button" class="row-name" tabindex={tab(focus == (index, 0))} data-at={format!("{index}-0")}
                    onclick={open} title={path.clone()}>
                    <span class="glyph" aria-hidden="true">{ if is_dir { "▾" } else { "▤" } }</span>
                    <span class="text">{ name }</span>
                </button>
            </div>
            { merged_html(lab, drawn, index, focus, path.clone(), t) }
            { for columns.iter().enumerate().map(|(i, column)| {
                let found = drawn.cells.get(column.from).zip(mount.layers.get(column.from));
                match found.filter(|_| !column.is_folded()) {
                    Some((cell, layer)) => {
                        let same = light::of_cell(drawn, column.from);
                        cell_html(lab, cell, (layer, same), (index, i + 2), focus, path.clone(), t)
                    }
                    None => html! { <div class="mx-cell folded" role="gridcell"></div> },
                }
            }) }
            { join(drawn, columns) }
        </div>
    }
}

/// Absolute path of a row.
pub fn absolute(mount: &MountInfo, path: &str) -> String {
    match (mount.target.as_str(), path) {
        (target, "") => target.to_owned(),
        ("/", path) => format!("/{path}"),
        (target, path) => format!("{target}/{path}"),
    }
}

/// Absolute path of a row in one layer.
fn in_layer(layer: &str, path: &str) -> String {
    if path.is_empty() {
        layer.to_owned()
    } else {
        format!("{}/{path}", layer.trim_end_matches('/'))
    }
}

fn tab(is_focus: bool) -> &'static str {
    if is_focus { "0" } else { "-1" }
}

fn merged_html(
    lab: &Lab,
    row: &Row,
    index: usize,
    focus: (usize, usize),
    path: String,
    t: &Texts,
) -> Html {
    let onclick = {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| lab.trace(path.clone()))
    };
    let source = row.sources().next();
    let (class, glyph, label) = match &row.merged {
        Some(node) => ("seen", kind_glyph(node), format!("{}: {}", t.merged, describe(node, t))),
        None => ("unseen", "", format!("{}: {}", t.merged, t.hidden)),
    };
    let extra = source.is_some().then_some("has-source");
    html! {
        <div class={classes!("mx-cell", "role-merged", class, extra)} role="gridcell" data-same={light::of_merged(row)}>
            <button type="button" tabindex={tab(focus == (index, 1))} data-at={format!("{index}-1")} {onclick} aria-label={label.clone()} title={label}>
                <span class="glyph" aria-hidden="true">{ glyph }</span>
            </button>
        </div>
    }
}

#[allow(clippy::too_many_arguments)]
fn cell_html(
    lab: &Lab,
    cell: &Cell,
    (info, same): (&LayerInfo, Option<String>),
    at: (usize, usize),
    focus: (usize, usize),
    path: String,
    t: &Texts,
) -> Html {
    let (layer, label) = (info.layer, &info.label);
    let relative = lab
        .shown()
        .and_then(|it| crate::state::below(&path, &it.target))
        .unwrap_or_default()
        .to_owned();
    let asked = lab.selected.as_deref() == Some(path.as_str()) && lab.layer == Some(layer);
    let class = classes!(
        "mx-cell",
        layer_class(layer),
        format!("is-{}", role_key(cell.role)),
        asked.then_some("picked"),
        cell.node.as_ref().is_some_and(|it| it.copied_up).then_some("copied-up")
    );
    let text = match &cell.node {
        Some(node) => format!("{label}: {}, {}", role_word(cell.role, t), describe(node, t)),
        None => format!("{label}: {}", role_word(cell.role, t)),
    };
    let glyph = match (&cell.node, cell.role) {
        (None, _) => "",
        (Some(_), Role::Whiteout) => "⊘",
        (Some(node), _) => kind_glyph(node),
    };
    let onclick = {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| {
            lab.select(path.clone(), Some(layer));
            lab.act(Action::Tab(crate::state::Tab::Content));
        })
    };
    let oncontextmenu = cell.node.as_ref().map(|_| {
        let open = on_menu(lab, &in_layer(&info.path, &relative));
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            open.emit(event);
        })
    });
    html! {
        <div {class} role="gridcell" data-same={same} {oncontextmenu}>
            <button type="button" tabindex={tab(focus == at)} data-at={format!("{}-{}", at.0, at.1)} {onclick} aria-label={text.clone()} title={text}>
                <span class="glyph" aria-hidden="true">{ glyph }</span>
                if cell.node.as_ref().is_some_and(|it| it.copied_up) {
                    <span class="badge" aria-hidden="true">{ "⤒" }</span>
                }
                if cell.role == Role::Shadowed {
                    <span class="badge" aria-hidden="true">{ "≡" }</span>
                }
            </button>
        </div>
    }
}

/// The key of a role for CSS.
pub fn role_key(role: Role) -> &'static str {
    match role {
        Role::Absent => "absent",
        Role::Visible => "visible",
        Role::Merged => "merged",
        Role::Shadowed => "shadowed",
        Role::Whiteout => "whiteout",
        Role::Opaque => "opaque",
    }
}

/// `file, 12 B, inode 131`
fn describe(node: &Node, t: &Texts) -> String {
    let mut text = format!("{}, {} B, inode {}", kind_word(node.kind, t), node.size, node.ino);
    if node.copied_up {
        text = format!("{text}, {}", t.role_copied_up);
    }
    text
}

/// The line from what is seen to where it comes from.
fn join(row: &Row, columns: &[Column]) -> Html {
    let last = row.sources().last().filter(|_| row.merged.is_some());
    let Some(last) = last.and_then(|it| columns::place(columns, it)) else { return html! {} };
    html! { <span class="join" aria-hidden="true" ~style={format!("--to:{}", last + 1)}></span> }
}

/// What moves: the ball of a lookup, the copy on its way up, the whiteout.
#[inline(never)]
fn ghost(lab: &Lab, mount: &MountInfo, columns: &[Column], shown: &[&Row]) -> Html {
    let Some(frame) = lab.player.frame() else { return html! {} };
    let row_of = |path: &str| shown.iter().position(|row| row.path == path);
    let column_of = |layer: Layer| columns::place(columns, mount.column(layer)?).map(|it| it + 1);
    let (row, column, class, text) = match frame {
        Frame::Ask { path, layer, stop, .. } => {
            let class = if *stop { "ball stop" } else { "ball" };
            (row_of(path), column_of(*layer), class, String::new())
        }
        Frame::Beat { kind, layer, bytes, target, effect, .. } => {
            let (class, text) = beat_look(lab, *effect, *kind, *bytes);
            let layer = if *kind == BeatKind::Hit { *layer } else { Layer::Upper };
            (row_of(target), column_of(layer), class, text)
        }
        Frame::Whole { path, .. } => (row_of(path), Some(MERGED), "pulse", String::new()),
        Frame::Answer => return html! {},
    };
    let (Some(row), Some(column)) = (row, column) else { return html! {} };
    html! {
        <span class={classes!("ghost", class)} aria-hidden="true" ~style={format!("--x:{column};--y:{row}")}>if !text.is_empty() { <small>{ text }</small> }</span>
    }
}

/// How a moment of an effect looks: the mark, and what stands beside it.
pub fn beat_look(lab: &Lab, effect: usize, kind: BeatKind, bytes: u64) -> (&'static str, String) {
    let step = lab.player.step.as_ref().and_then(|it| it.effects.get(effect));
    let is_whiteout = matches!(step, Some(Effect::WhitedOut { .. }));
    match (kind, is_whiteout) {
        (BeatKind::Hit, _) => ("copy hit", String::new()),
        (BeatKind::Prepare, false) => ("copy waiting", lab.t().work.to_owned()),
        (BeatKind::Fill, false) => ("copy filling", format!("{} · {bytes} B", lab.t().work)),
        (BeatKind::Place, false) => ("copy placed", String::new()),
        (BeatKind::Place, true) => ("mark placed", String::new()),
        (_, true) => ("mark waiting", lab.t().work.to_owned()),
    }
}

fn keys(
    (rows, columns): (usize, usize),
    focus: &UseStateHandle<(usize, usize)>,
    grid: NodeRef,
) -> Callback<KeyboardEvent> {
    let focus = focus.clone();
    Callback::from(move |event: KeyboardEvent| {
        let (row, column) = *focus;
        let at = match event.key().as_str() {
            "ArrowDown" => ((row + 1).min(rows.saturating_sub(1)), column),
            "ArrowUp" => (row.saturating_sub(1), column),
            "ArrowRight" => (row, (column + 1).min(columns - 1)),
            "ArrowLeft" => (row, column.saturating_sub(1)),
            "Home" if event.ctrl_key() => (0, 0),
            "Home" => (row, 0),
            "End" if event.ctrl_key() => (rows.saturating_sub(1), columns - 1),
            "End" => (row, columns - 1),
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        focus.set(at);
        let Some(grid) = grid.cast::<web_sys::Element>() else { return };
        let found = grid.query_selector(&format!("[data-at='{}-{}']", at.0, at.1)).ok().flatten();
        if let Some(button) = found.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = button.focus();
        }
    })
}
