//! Names without details: one per line, in columns, across, separated by commas.

use super::color;
use super::entry::Entry;
use super::options::{Layout, Options};
use crate::shell::command::common::width;
use crate::shell::command::ctx::Ctx;

/// Where bytes that are no UTF-8 stand until they are printed (a private plane).
const KEPT: u32 = 0x10_fe00;

/// A character that stands for one raw byte.
pub fn keep_byte(byte: u8) -> char {
    char::from_u32(KEPT + u32::from(byte)).unwrap_or('?')
}

/// Gives raw bytes back.
pub fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for ch in text.chars() {
        match (ch as u32).checked_sub(KEPT) {
            Some(byte @ 0..=255) => out.push(byte as u8),
            _ => out.extend(ch.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    out
}

/// The name with its colour.
pub fn painted(o: &Options, entry: &Entry, shown: &str) -> String {
    match color::code(entry).filter(|_| o.color) {
        Some(code) => format!("\x1b[{code}m{shown}\x1b[0m"),
        None => shown.to_string(),
    }
}

/// Prints a text; before the first colour of all comes a reset.
pub fn emit(ctx: &mut Ctx<'_>, colored: &mut bool, text: &str) {
    match text.find("\x1b[").filter(|_| !*colored) {
        Some(at) => {
            *colored = true;
            ctx.out(bytes(&format!("{}\x1b[0m{}", &text[..at], &text[at..])));
        }
        None => ctx.out(bytes(text)),
    }
}

/// One entry ready to be set: its text and the columns that it takes.
struct Cell {
    text: String,
    width: usize,
}

pub fn print(ctx: &mut Ctx<'_>, o: &Options, entries: &[Entry], colored: &mut bool) {
    let cells = cells(o, entries);
    match o.layout {
        Layout::Columns | Layout::Across if o.width > 0 => columns(ctx, o, &cells, colored),
        Layout::Commas => commas(ctx, o, &cells, colored),
        Layout::Columns | Layout::Across => one_line(ctx, &cells, colored),
        Layout::OnePerLine | Layout::Long => {
            for cell in &cells {
                emit(ctx, colored, &cell.text);
                ctx.out(o.eol);
            }
        }
    }
}

fn cells(o: &Options, entries: &[Entry]) -> Vec<Cell> {
    let aligned = matches!(o.layout, Layout::Columns | Layout::Across) && o.width > 0;
    let some_quoted = aligned && entries.iter().any(|e| o.is_quoted(&e.name));
    let in_columns = o.layout != Layout::Commas;
    let ino_width = entries.iter().map(|e| e.ino.to_string().len()).max().unwrap_or(0);
    let block_width =
        entries.iter().map(|e| o.blocks.show(e.bytes_used()).len()).max().unwrap_or(0);
    entries
        .iter()
        .map(|entry| {
            let mut text = String::new();
            if o.inode {
                let pad = if in_columns { ino_width } else { 0 };
                text.push_str(&format!("{:>pad$} ", entry.ino));
            }
            if o.show_blocks {
                let pad = if in_columns { block_width } else { 0 };
                text.push_str(&format!("{:>pad$} ", o.blocks.show(entry.bytes_used())));
            }
            if o.context {
                text.push_str("? ");
            }
            if some_quoted && !o.is_quoted(&entry.name) {
                text.push(' ');
            }
            let shown = o.name(&entry.name);
            let mode = entry.attr.map_or(0, |a| a.mode.bits());
            let mark = o.indicator(entry.kind, mode);
            let width = width::of(&text) + width::of(&shown) + mark.len();
            text.push_str(&painted(o, entry, &shown));
            text.push_str(mark);
            Cell { text, width }
        })
        .collect()
}

/// Spaces (and tabs where they fit) from one column to another.
fn indent(o: &Options, mut from: usize, to: usize) -> String {
    let mut gap = String::new();
    while from < to {
        if o.tabs != 0 && to / o.tabs > (from + 1) / o.tabs {
            gap.push('\t');
            from += o.tabs - from % o.tabs;
        } else {
            gap.push(' ');
            from += 1;
        }
    }
    gap
}

/// The most columns that fit: (number, width of each).
fn fit(o: &Options, cells: &[Cell], by_columns: bool) -> Vec<usize> {
    let most = (o.width / 3 + usize::from(!o.width.is_multiple_of(3))).clamp(1, cells.len().max(1));
    for cols in (1..=most).rev() {
        let rows = cells.len().div_ceil(cols);
        let mut widths = vec![3; cols];
        for (at, cell) in cells.iter().enumerate() {
            let col = if by_columns { at / rows } else { at % cols };
            let last = col == cols - 1;
            widths[col] = widths[col].max(cell.width + if last { 0 } else { 2 });
        }
        if widths.iter().sum::<usize>() < o.width || cols == 1 {
            return widths;
        }
    }
    vec![0]
}

fn columns(ctx: &mut Ctx<'_>, o: &Options, cells: &[Cell], colored: &mut bool) {
    if cells.is_empty() {
        return;
    }
    let by_columns = o.layout == Layout::Columns;
    let widths = fit(o, cells, by_columns);
    let cols = widths.len();
    let rows = cells.len().div_ceil(cols);
    for row in 0..rows {
        let mut line = String::new();
        let mut pos = 0;
        let mut start = 0;
        for (col, wide) in widths.iter().enumerate() {
            let at = if by_columns { col * rows + row } else { row * cols + col };
            let Some(cell) = cells.get(at) else { break };
            line.push_str(&indent(o, pos, start));
            line.push_str(&cell.text);
            pos = start + cell.width;
            start += wide;
        }
        line.push_str(o.eol);
        emit(ctx, colored, &line);
    }
}

fn commas(ctx: &mut Ctx<'_>, o: &Options, cells: &[Cell], colored: &mut bool) {
    let mut pos = 0;
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            if o.width == 0 || pos + cell.width + 2 < o.width {
                ctx.out(", ");
                pos += 2;
            } else {
                ctx.out(format!(",{}", o.eol));
                pos = 0;
            }
        }
        emit(ctx, colored, &cell.text);
        pos += cell.width;
    }
    if !cells.is_empty() {
        ctx.out(o.eol);
    }
}

fn one_line(ctx: &mut Ctx<'_>, cells: &[Cell], colored: &mut bool) {
    let all: Vec<&str> = cells.iter().map(|c| c.text.as_str()).collect();
    if !all.is_empty() {
        emit(ctx, colored, &all.join("  "));
        ctx.out("\n");
    }
}
