//! The picture of a moment as an SVG: for places that show pictures and nothing else. Drawn from [`View`]
//! alone; both themes are in it, chosen by the reader's own setting.

use super::{Cell, MountInfo, Role, Row, TreeRow, View};
use crate::types::FileType;
use std::fmt::Write;

/// Rows and layers that are drawn; what is left out is said.
const ROWS_MAX: usize = 24;
const LAYERS_MAX: usize = 8;
/// Measures in user units, which are pixels where the picture is not scaled.
const ROW: usize = 30;
const COLUMN: usize = 92;
const MARGIN: usize = 16;
const HEAD: usize = 62;

/// What stands on the picture beside what the engine tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    pub title: String,
    /// Chinese words instead of English ones.
    pub chinese: bool,
    /// Where the live one is; empty: nowhere.
    pub link: String,
}

struct Words {
    path: &'static str,
    root: &'static str,
    more: &'static str,
    live: &'static str,
    visible: &'static str,
    hidden: &'static str,
    whiteout: &'static str,
    opaque: &'static str,
    nothing: &'static str,
}

const EN: Words = Words {
    path: "path",
    root: "(root)",
    more: "more",
    live: "open it live",
    visible: "from",
    hidden: "hidden",
    whiteout: "whiteout",
    opaque: "opaque",
    nothing: "Nothing is mounted.",
};
const ZH: Words = Words {
    path: "路径",
    root: "（根）",
    more: "项未显示",
    live: "打开实时页面",
    visible: "来自",
    hidden: "不可见",
    whiteout: "whiteout（遮盖）",
    opaque: "不透明目录",
    nothing: "还没有挂载。",
};

/// Colours of roles after Okabe and Ito, for light and dark.
const STYLE: &str = "\
text{font:13px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#14202b}\
.h{font:600 15px system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif}\
.s{font-size:11px;fill:#485764}.bg{fill:#fff;stroke:#d5dde4}.l{stroke:#d5dde4}\
.u{--r:#e69f00;--f:#fdf0d3}.w{--r:#0072b2;--f:#d9ebf6}.m{--r:#009e73;--f:#d3f0e6}.x{--r:#d55e00;--f:#fde6d7}\
.c{fill:var(--f);stroke:var(--r);stroke-width:2}.d{fill:none;stroke:var(--r);stroke-width:1.4;stroke-dasharray:4 3}\
a text{fill:#00609a}\
@media(prefers-color-scheme:dark){text{fill:#e7eef4}.s{fill:#a9b8c5}.bg{fill:#131b23;stroke:#263340}.l{stroke:#263340}\
.u{--r:#f0b429;--f:#3a2d0c}.w{--r:#56b4e9;--f:#10304a}.m{--r:#2fc79a;--f:#0d372b}.x{--r:#ff8b3d;--f:#40210d}a text{fill:#7cc4f0}}";

/// The mount's layers as a table of names, or the files where nothing is mounted.
pub fn picture(view: &View, mount: Option<&str>, frame: &Frame) -> String {
    let words = if frame.chinese { &ZH } else { &EN };
    let (drawing, words_of_it) = match view.mount(mount) {
        Some(mount) => of_mount(mount, words),
        None => of_tree(view, words),
    };
    let (width, height) = (drawing.width.max(420), drawing.height + MARGIN + 24);
    let language = if frame.chinese { "zh-CN" } else { "en" };
    let line = view.at.checked_sub(1).and_then(|it| view.steps.get(it)).map(|it| it.line.as_str());
    let line = line.and_then(|it| it.lines().next()).unwrap_or_default();
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" xml:lang=\"{language}\" aria-labelledby=\"t d\"><title id=\"t\">{}</title><desc id=\"d\">{}</desc>\
         <style>{STYLE}</style><rect class=\"bg\" x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"10\"/>\
         <text class=\"h\" x=\"{MARGIN}\" y=\"26\">{}</text>{}",
        escaped(&frame.title),
        escaped(&words_of_it),
        width - 1,
        height - 1,
        escaped(&frame.title),
        drawing.body
    );
    let bottom = height - 12;
    let _ = write!(
        out,
        "<text class=\"s\" x=\"{MARGIN}\" y=\"{bottom}\">{}</text>",
        escaped(&short(&prompt(line), 46))
    );
    if frame.link.starts_with("https:") || frame.link.starts_with("http:") {
        let _ = write!(
            out,
            "<a href=\"{}\" target=\"_top\"><text class=\"s\" x=\"{}\" y=\"{bottom}\" text-anchor=\"end\">Layerglass · {} ↗</text></a>",
            escaped(&frame.link),
            width - MARGIN,
            words.live
        );
    }
    out + "</svg>\n"
}

fn prompt(line: &str) -> String {
    if line.is_empty() { String::new() } else { format!("$ {line}") }
}

struct Drawing {
    body: String,
    width: usize,
    height: usize,
}

fn of_mount(mount: &MountInfo, words: &Words) -> (Drawing, String) {
    let layers = mount.layers.len().min(LAYERS_MAX);
    let rows = &mount.rows[..mount.rows.len().min(ROWS_MAX)];
    let label =
        |row: &Row| if row.path.is_empty() { words.root.to_owned() } else { row.name.clone() };
    let names = rows.iter().map(|it| it.depth * 2 + columns(&label(it))).max().unwrap_or(8);
    let left = MARGIN + (names.clamp(10, 34) + 4) * 8;
    let mut body = String::new();
    let head = |at: usize, class: &str, text: &str| {
        let x = left + at * COLUMN;
        format!(
            "<g class=\"{class}\"><rect class=\"c\" x=\"{}\" y=\"40\" width=\"10\" height=\"10\" rx=\"3\"/></g>\
             <text class=\"s\" x=\"{}\" y=\"50\">{}</text>",
            x,
            x + 15,
            escaped(&short(text, 10))
        )
    };
    let _ = write!(body, "<text class=\"s\" x=\"{MARGIN}\" y=\"50\">{}</text>", words.path);
    body += &head(0, "m", "merged");
    for (i, layer) in mount.layers[..layers].iter().enumerate() {
        body += &head(i + 1, if layer.writable { "u" } else { "w" }, &layer.label);
    }
    let mut said = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        let y = HEAD + n * ROW;
        let x = MARGIN + row.depth * 14;
        let _ = write!(
            body,
            "<path class=\"l\" d=\"M{MARGIN} {y}H{}\"/><text x=\"{x}\" y=\"{}\">{} {}</text>",
            left + (layers + 1) * COLUMN - MARGIN,
            y + 20,
            glyph(row),
            escaped(&short(&label(row), 34))
        );
        if row.merged.is_some() {
            body += &cell(left, y, "m", "c", sign(row.merged.as_ref().map(|it| it.kind)));
        }
        for (i, it) in row.cells.iter().take(layers).enumerate() {
            let class = if mount.layers[i].writable { "u" } else { "w" };
            body += &of_cell(it, left + (i + 1) * COLUMN, y, class);
        }
        said.push(sentence(mount, row, &label(row), words));
    }
    let mut height = HEAD + rows.len() * ROW;
    let left_out =
        mount.rows.len() - rows.len() + mount.rows_left_out + (mount.layers.len() - layers);
    if left_out > 0 {
        let _ = write!(
            body,
            "<text class=\"s\" x=\"{MARGIN}\" y=\"{}\">+ {left_out} {}</text>",
            height + 18,
            words.more
        );
        height += ROW;
    }
    (Drawing { body, width: left + (layers + 1) * COLUMN, height }, said.join("; "))
}

/// What is at a path, in words: for those who do not see the picture.
fn sentence(mount: &MountInfo, row: &Row, name: &str, words: &Words) -> String {
    let from: Vec<&str> =
        row.sources().filter_map(|it| Some(mount.layers.get(it)?.label.as_str())).collect();
    let role = |role: Role| row.cells.iter().any(|it| it.role == role);
    let what = if row.merged.is_none() {
        let by = if role(Role::Whiteout) { words.whiteout } else { words.hidden };
        if by == words.hidden { by.to_owned() } else { format!("{} ({by})", words.hidden) }
    } else if role(Role::Opaque) {
        format!("{} {} ({})", words.visible, from.join(", "), words.opaque)
    } else {
        format!("{} {}", words.visible, from.join(", "))
    };
    format!("{name}: {what}")
}

fn of_cell(cell_of: &Cell, x: usize, y: usize, class: &str) -> String {
    let kind = cell_of.node.as_ref().map(|it| it.kind);
    match cell_of.role {
        Role::Absent => String::new(),
        Role::Visible | Role::Merged => cell(x, y, class, "c", sign(kind)),
        Role::Opaque => cell(x, y, class, "c", "▣"),
        Role::Shadowed => cell(x, y, class, "d", "≡"),
        Role::Whiteout => cell(x, y, "x", "c", "⊘"),
    }
}

fn cell(x: usize, y: usize, role: &str, class: &str, sign: &str) -> String {
    format!(
        "<g class=\"{role}\"><rect class=\"{class}\" x=\"{x}\" y=\"{}\" width=\"44\" height=\"22\" rx=\"6\"/></g>\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{sign}</text>",
        y + 4,
        x + 22,
        y + 20
    )
}

fn sign(kind: Option<FileType>) -> &'static str {
    match kind {
        Some(FileType::Dir) => "▾",
        Some(FileType::Symlink) => "↪",
        Some(FileType::Reg) => "▤",
        Some(_) => "⌸",
        None => "",
    }
}

fn glyph(row: &Row) -> &'static str {
    let first = row.cells.iter().find_map(|it| it.node.as_ref());
    match row.merged.as_ref() {
        None => "⊘",
        Some(node) => sign(Some(first.map_or(node.kind, |_| node.kind))),
    }
}

fn of_tree(view: &View, words: &Words) -> (Drawing, String) {
    let rows = &view.tree[..view.tree.len().min(ROWS_MAX)];
    let mut body = format!("<text class=\"s\" x=\"{MARGIN}\" y=\"50\">{}</text>", words.nothing);
    for (n, row) in rows.iter().enumerate() {
        let _ = write!(
            body,
            "<text x=\"{}\" y=\"{}\">{} {}</text>",
            MARGIN + row.depth * 18,
            HEAD + n * 22 + 16,
            of_row(row),
            escaped(&short(&row.name, 40))
        );
    }
    let mut height = HEAD + rows.len() * 22;
    if view.tree.len() > rows.len() {
        let _ = write!(
            body,
            "<text class=\"s\" x=\"{MARGIN}\" y=\"{}\">+ {} {}</text>",
            height + 16,
            view.tree.len() - rows.len(),
            words.more
        );
        height += 22;
    }
    let names: Vec<&str> = rows.iter().map(|it| it.name.as_str()).collect();
    (Drawing { body, width: 420, height }, format!("{} {}", words.nothing, names.join(", ")))
}

fn of_row(row: &TreeRow) -> &'static str {
    if row.whiteout { "⊘" } else { sign(Some(row.kind)) }
}

/// Columns of a terminal that a text takes; East Asian letters take two.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if (c as u32) >= 0x1100 { 2 } else { 1 }).sum()
}

/// The text, or its beginning if it takes more columns than that.
fn short(text: &str, most: usize) -> String {
    if columns(text) <= most {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if columns(&out) + 2 > most {
            break;
        }
        out.push(c);
    }
    out + "…"
}

/// Text in XML; control characters, which XML cannot hold, are shown as a box.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c < ' ' || c == '\u{fffe}' || c == '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::{Ask, Server, ToMachine};

    /// The picture after these commands on an empty machine.
    fn view_of(lines: &[&str]) -> View {
        let mut server = Server::new();
        let scenario = crate::scenario::BLANK.to_owned();
        server.ask(ToMachine { id: 1, ask: Ask::Load { scenario } });
        while server.pump().1 {}
        for line in lines {
            server.ask(ToMachine { id: 2, ask: Ask::Run { line: (*line).to_owned() } });
            while server.pump().1 {}
        }
        server.view()
    }

    const MOUNT: &str = "mkdir -p lower upper work merged; echo a > lower/a; echo b > 'lower/<b> & \"c\"'; \
         mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged";

    #[test]
    fn what_is_drawn_is_what_is_there() {
        let frame = Frame {
            title: "A & B".to_owned(),
            link: "https://example.org/#x".to_owned(),
            ..Frame::default()
        };
        let before = picture(&view_of(&[MOUNT]), None, &frame);
        let after = picture(&view_of(&[MOUNT, "rm merged/a"]), None, &frame);
        assert!(!before.contains('⊘') && after.contains('⊘'));
        assert!(after.contains("a: hidden (whiteout)"), "{after}");
        assert!(after.contains("&lt;b&gt; &amp; &quot;c&quot;"), "{after}");
        assert!(
            after.contains("<title id=\"t\">A &amp; B</title>") && after.contains("$ rm merged/a")
        );
        assert!(after.contains("<a href=\"https://example.org/#x\""));
        // Nothing that a script could be in, whatever the names are.
        assert!(!after.contains("<b>") && !after.contains("<script"));
        let frame = Frame { chinese: true, link: "javascript:alert(1)".to_owned(), ..frame };
        let zh = picture(&view_of(&[MOUNT, "rm merged/a"]), None, &frame);
        assert!(zh.contains("不可见（") || zh.contains("不可见 ("));
        assert!(!zh.contains("javascript"));
    }

    #[test]
    fn too_much_is_left_out_and_said() {
        let many = "for i in $(seq 100 160); do echo > lower/f$i; done";
        let drawn = picture(&view_of(&["mkdir lower", many]), None, &Frame::default());
        assert!(drawn.contains("Nothing is mounted.") && drawn.contains("more</text>"), "{drawn}");
        let drawn =
            picture(&view_of(&[&format!("mkdir lower; {many}"), MOUNT]), None, &Frame::default());
        assert!(drawn.contains(" more</text>") && drawn.len() < 40_000);
    }
}
