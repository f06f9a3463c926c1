//! What is the same inode, or was copied up from it, lights up together under the pointer and under
//! the focus.

use layerglass::view::{Cell, Row};
use web_sys::wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget};
use yew::prelude::*;

/// The identity of a cell's inode.
fn own(cell: &Cell) -> Option<String> {
    cell.node.as_ref().map(|it| format!("{}/{}", it.dev, it.ino))
}

/// What a layer's cell is the same as: itself, and the file that it was copied up from.
pub fn of_cell(row: &Row, column: usize) -> Option<String> {
    let cell = row.cells.get(column)?;
    let origin = row.origin.filter(|_| cell.node.as_ref().is_some_and(|it| it.copied_up));
    let origin = origin.and_then(|it| own(row.cells.get(it)?));
    let all: Vec<String> = own(cell).into_iter().chain(origin).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

/// What the merged view shows there.
pub fn of_merged(row: &Row) -> Option<String> {
    of_cell(row, row.sources().next()?)
}

/// Lights up what belongs to the cell under the pointer or focus; nothing for a lone inode.
pub fn light(grid: &NodeRef, target: Option<EventTarget>) {
    let Some(grid) = grid.cast::<Element>() else { return };
    each(&grid, ".lit", |it| drop(it.class_list().remove_1("lit")));
    let cell = target
        .and_then(|it| it.dyn_into::<Element>().ok())
        .and_then(|it| it.closest("[data-same]").ok().flatten());
    let Some(same) = cell.and_then(|it| it.get_attribute("data-same")) else { return };
    let mut found: Vec<Element> = Vec::new();
    for one in same.split(' ') {
        each(&grid, &format!("[data-same~='{one}']"), |it| found.push(it));
    }
    let layers = found.iter().filter(|it| !it.class_list().contains("role-merged"));
    let mut layers: Vec<&Element> = layers.collect();
    layers.dedup();
    if layers.len() > 1 {
        found.iter().for_each(|it| drop(it.class_list().add_1("lit")));
    }
}

fn each(grid: &Element, selector: &str, mut act: impl FnMut(Element)) {
    let Ok(list) = grid.query_selector_all(selector) else { return };
    for i in 0..list.length() {
        if let Some(element) = list.get(i).and_then(|it| it.dyn_into::<Element>().ok()) {
            act(element);
        }
    }
}
