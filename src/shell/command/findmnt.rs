//! `findmnt`: the mount table as a tree or a list.

use super::common::mounts::{self, Mount};
use super::common::size::human;
use super::common::width;
use super::ctx::Ctx;
use super::mount::type_matches;
use super::realpath::{Missing, canonical};
use super::{Command, Package, Start, rare};

pub const COMMAND: Command = rare(Command {
    name: "findmnt",
    usage: "\nUsage:\n {} [options]\n {} [options] <device> | <mountpoint>\n {} [options] <device> <mountpoint>\n {} [options] [--source <device>] [--target <path> | --mountpoint <dir>]\n\nFind a (mounted) filesystem.\n",
    summary: "find mounted file systems",
    package: Package::UtilLinux,
    trouble: 1,
    start: Start::Swift(run),
});

const COLUMNS: &[&str] = &[
    "SOURCE",
    "TARGET",
    "FSTYPE",
    "OPTIONS",
    "VFS-OPTIONS",
    "FS-OPTIONS",
    "LABEL",
    "UUID",
    "PARTLABEL",
    "PARTUUID",
    "MAJ:MIN",
    "ACTION",
    "OLD-TARGET",
    "OLD-OPTIONS",
    "SIZE",
    "AVAIL",
    "USED",
    "USE%",
    "FSROOT",
    "TID",
    "ID",
    "OPT-FIELDS",
    "PROPAGATION",
    "FREQ",
    "PASSNO",
    "PARENT",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Tree,
    List,
    Raw,
    Pairs,
    Json,
}

struct Wish {
    columns: Vec<String>,
    headings: bool,
    shape: Shape,
    types: Option<String>,
    options: Option<String>,
    source: Option<String>,
    mountpoint: Option<String>,
    inside: Option<String>,
    either: Option<String>,
    submounts: bool,
    first_only: bool,
    real: bool,
    pseudo: bool,
    invert: bool,
    bytes: bool,
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "s|fstab m|mtab k|kernel p|poll=? w|timeout= A|all a|ascii b|bytes C|nocanonicalize c|canonicalize \
         D|df d|direction= e|evaluate F|tab-file= f|first-only i|invert J|json l|list N|task= \
         n|noheadings O|options= o|output= |output-all P|pairs |pseudo |real R|submounts r|raw \
         S|source= T|target= M|mountpoint= t|types= U|uniq u|notruncate v|nofsroot x|verify |tree \
         |shadowed |vfs-all h V",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut wish = Wish {
        columns: ["TARGET", "SOURCE", "FSTYPE", "OPTIONS"].map(String::from).to_vec(),
        headings: true,
        shape: Shape::Tree,
        types: None,
        options: None,
        source: None,
        mountpoint: None,
        inside: None,
        either: None,
        submounts: false,
        first_only: false,
        real: false,
        pseudo: false,
        invert: false,
        bytes: false,
    };
    for given in &parsed.options {
        let value = given.text();
        match given.id {
            "b" => wish.bytes = true,
            "D" => {
                wish.columns = ["SOURCE", "FSTYPE", "SIZE", "USED", "AVAIL", "USE%", "TARGET"]
                    .map(String::from)
                    .to_vec();
                wish.shape = Shape::List;
            }
            "f" => wish.first_only = true,
            "i" => wish.invert = true,
            "J" => wish.shape = Shape::Json,
            "l" => wish.shape = Shape::List,
            "n" => wish.headings = false,
            "O" => wish.options = Some(value),
            "o" => {
                if let Err(status) = pick_columns(ctx, &mut wish, &value) {
                    return status;
                }
            }
            "output-all" => wish.columns = COLUMNS.iter().map(|c| c.to_string()).collect(),
            "P" => wish.shape = Shape::Pairs,
            "pseudo" => wish.pseudo = true,
            "real" => wish.real = true,
            "R" => wish.submounts = true,
            "r" => wish.shape = Shape::Raw,
            "S" => wish.source = Some(value),
            "T" => wish.inside = Some(value),
            "M" => wish.mountpoint = Some(value),
            "t" => wish.types = Some(value),
            "V" => {
                let line = ctx.call.command.version_line();
                ctx.line(line);
                return 0;
            }
            "h" => {
                let usage = ctx.call.command.usage.replace("{}", "findmnt");
                ctx.out(usage);
                return 0;
            }
            _ => {}
        }
    }
    let words: Vec<String> =
        parsed.operands.iter().map(|w| String::from_utf8_lossy(w).into_owned()).collect();
    match &words[..] {
        [] => {}
        [one] => wish.either = Some(one.clone()),
        [source, target, ..] => {
            wish.source = Some(source.clone());
            wish.mountpoint = Some(target.clone());
        }
    }
    search(ctx, &wish)
}

fn pick_columns(ctx: &mut Ctx<'_>, wish: &mut Wish, list: &str) -> Result<(), i32> {
    let add = list.starts_with('+');
    if !add {
        wish.columns.clear();
    }
    for word in list.trim_start_matches('+').split(',') {
        let upper = word.to_uppercase();
        if !COLUMNS.contains(&upper.as_str()) {
            ctx.warn(format_args!("unknown column: {word}"));
            return Err(1);
        }
        wish.columns.push(upper);
    }
    Ok(())
}

/// One line to print: the mount and how deep it stands.
struct Line {
    mount: Mount,
    prefix: String,
}

fn search(ctx: &mut Ctx<'_>, wish: &Wish) -> i32 {
    let table = mounts::read(ctx);
    let filtered = wish.types.is_some()
        || wish.options.is_some()
        || wish.source.is_some()
        || wish.mountpoint.is_some()
        || wish.inside.is_some()
        || wish.either.is_some()
        || wish.real
        || wish.pseudo;
    let mut lines = Vec::new();
    if !filtered {
        // A tree is made even for a list: it is only printed flat.
        for root in table.iter().filter(|m| !table.iter().any(|p| p.id == m.parent)) {
            grow(&table, root, &[], wish.shape == Shape::Tree, &mut lines);
        }
        if wish.shape != Shape::Tree {
            lines =
                table.iter().map(|m| Line { mount: m.clone(), prefix: String::new() }).collect();
        }
    } else {
        let found = matching(ctx, wish, &table);
        for mount in found {
            if wish.submounts {
                grow(&table, &mount, &[], wish.shape == Shape::Tree, &mut lines);
            } else {
                lines.push(Line { mount, prefix: String::new() });
            }
        }
    }
    if lines.is_empty() {
        return 1;
    }
    if wish.first_only {
        lines.truncate(1);
    }
    print(ctx, wish, &lines);
    0
}

fn matching(ctx: &mut Ctx<'_>, wish: &Wish, table: &[Mount]) -> Vec<Mount> {
    let real = |ctx: &mut Ctx<'_>, word: &str| match canonical(ctx, word.as_bytes(), Missing::Last)
    {
        Ok(path) => String::from_utf8_lossy(&path).into_owned(),
        Err(_) => word.to_string(),
    };
    if let Some(file) = &wish.inside {
        let path = real(ctx, file);
        let found = mounts::of_path(table, path.as_bytes()).cloned();
        return found.into_iter().filter(|m| keeps(wish, m)).collect();
    }
    let target = wish.mountpoint.as_ref().map(|w| real(ctx, w));
    let mut found: Vec<Mount> = table
        .iter()
        .filter(|m| {
            (keeps(wish, m)
                && wish.source.as_ref().is_none_or(|s| *s == m.source)
                && target.as_ref().is_none_or(|t| *t == m.target))
                != wish.invert
        })
        .cloned()
        .collect();
    if let Some(word) = &wish.either {
        let path = real(ctx, word);
        // The mount point that was mounted last wins; else the word is a source.
        let by_target = found.iter().rfind(|m| m.target == path).cloned();
        found = match by_target {
            Some(mount) => vec![mount],
            None => found.into_iter().filter(|m| m.source == *word || m.source == path).collect(),
        };
    }
    found
}

fn keeps(wish: &Wish, mount: &Mount) -> bool {
    let pseudo = !mount.source.starts_with('/');
    wish.types.as_ref().is_none_or(|t| type_matches(t, &mount.fstype))
        && wish.options.as_ref().is_none_or(|wanted| {
            let options = mount.options();
            wanted.split(',').all(|w| options.split(',').any(|o| o == w))
        })
        && !(wish.real && pseudo)
        && !(wish.pseudo && !pseudo)
}

/// Adds a mount and what is mounted below it. `last` tells of each level whether it has ended.
fn grow(table: &[Mount], mount: &Mount, last: &[bool], tree: bool, lines: &mut Vec<Line>) {
    let mut prefix = String::new();
    if tree {
        for (at, ended) in last.iter().enumerate() {
            prefix.push_str(match (at + 1 == last.len(), ended) {
                (true, true) => "└─",
                (true, false) => "├─",
                (false, true) => "  ",
                (false, false) => "│ ",
            });
        }
    }
    lines.push(Line { mount: mount.clone(), prefix });
    let below: Vec<&Mount> =
        table.iter().filter(|m| m.parent == mount.id && m.id != mount.id).collect();
    for (at, child) in below.iter().enumerate() {
        let mut deeper = last.to_vec();
        deeper.push(at + 1 == below.len());
        grow(table, child, &deeper, tree, lines);
    }
}

fn cell(ctx: &mut Ctx<'_>, wish: &Wish, mount: &Mount, column: &str) -> String {
    let bind = mount.root != "/";
    match column {
        "SOURCE" if bind && !mount.source.is_empty() => format!("{}[{}]", mount.source, mount.root),
        "SOURCE" => mount.source.clone(),
        "TARGET" => mount.target.clone(),
        "FSTYPE" => mount.fstype.clone(),
        "OPTIONS" => mount.options(),
        "VFS-OPTIONS" => mount.vfs_options.clone(),
        "FS-OPTIONS" => mount.fs_options.clone(),
        "MAJ:MIN" => mount.device.clone(),
        "FSROOT" => mount.root.clone(),
        "ID" => mount.id.to_string(),
        "PARENT" => mount.parent.to_string(),
        "OPT-FIELDS" => mount.propagation.clone(),
        "FREQ" | "PASSNO" => "0".into(),
        "PROPAGATION" => propagation(&mount.propagation),
        "SIZE" | "AVAIL" | "USED" | "USE%" => space(ctx, wish, mount, column),
        _ => String::new(),
    }
}

fn propagation(fields: &str) -> String {
    let mut all = Vec::new();
    if fields.contains("shared:") {
        all.push("shared");
    } else if !fields.contains("unbindable") {
        all.push("private");
    }
    if fields.contains("master:") {
        all.retain(|w| *w != "private");
        if all.is_empty() {
            all.push("private");
        }
        all.push("slave");
    }
    if fields.contains("unbindable") {
        all.push("unbindable");
    }
    all.join(",")
}

fn space(ctx: &mut Ctx<'_>, wish: &Wish, mount: &Mount, column: &str) -> String {
    let Ok(fs) = ctx.sys.statfs(mount.target.as_bytes()) else { return String::new() };
    if fs.blocks == 0 {
        return String::new();
    }
    let used = fs.blocks.saturating_sub(fs.bfree);
    let show = |blocks: u64| {
        let bytes = blocks * fs.bsize;
        if wish.bytes { bytes.to_string() } else { rounded(bytes) }
    };
    match column {
        "SIZE" => show(fs.blocks),
        "AVAIL" => show(fs.bavail),
        "USED" => show(used),
        _ => format!("{:.0}%", used as f64 * 100.0 / fs.blocks as f64),
    }
}

/// Sizes as util-linux rounds them: to the nearest tenth, without `.0`.
fn rounded(bytes: u64) -> String {
    if bytes < 1024 {
        return if bytes == 0 { "0".into() } else { format!("{bytes}B") };
    }
    let letters = ["K", "M", "G", "T", "P", "E"];
    let power = (bytes.ilog2() / 10) as usize;
    let unit = 1u128 << (10 * power);
    let tenths = (u128::from(bytes) * 10 + unit / 2) / unit;
    if tenths >= 10240 && power < letters.len() {
        return human(bytes, 1024);
    }
    let (whole, tenth) = (tenths / 10, tenths % 10);
    let letter = letters[power - 1];
    if tenth == 0 { format!("{whole}{letter}") } else { format!("{whole}.{tenth}{letter}") }
}

fn print(ctx: &mut Ctx<'_>, wish: &Wish, lines: &[Line]) {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for line in lines {
        let mut row = Vec::new();
        for column in &wish.columns {
            let text = cell(ctx, wish, &line.mount, column);
            let tree = column == "TARGET" && wish.shape == Shape::Tree;
            row.push(if tree { format!("{}{text}", line.prefix) } else { text });
        }
        rows.push(row);
    }
    match wish.shape {
        Shape::Pairs => {
            for row in &rows {
                let pairs: Vec<String> = wish
                    .columns
                    .iter()
                    .zip(row)
                    .map(|(name, value)| {
                        format!("{}=\"{value}\"", name.replace([':', '-'], "_").replace('%', "PCT"))
                    })
                    .collect();
                ctx.line(pairs.join(" "));
            }
        }
        Shape::Json => json(ctx, wish, &rows),
        Shape::Raw => {
            if wish.headings {
                ctx.line(wish.columns.join(" "));
            }
            for row in &rows {
                let cells: Vec<String> = row.iter().map(|c| c.replace(' ', "\\x20")).collect();
                ctx.line(cells.join(" "));
            }
        }
        Shape::Tree | Shape::List => aligned(ctx, wish, &rows),
    }
}

fn aligned(ctx: &mut Ctx<'_>, wish: &Wish, rows: &[Vec<String>]) {
    let mut all: Vec<&Vec<String>> = rows.iter().collect();
    if wish.headings {
        all.insert(0, &wish.columns);
    }
    let widths: Vec<usize> = (0..wish.columns.len())
        .map(|at| {
            let head = width::of(&wish.columns[at]);
            let least = if wish.headings { head } else { 0 };
            rows.iter().map(|r| width::of(&r[at])).max().unwrap_or(0).max(least)
        })
        .collect();
    for row in all {
        let mut text = String::new();
        for (at, cell) in row.iter().enumerate() {
            let right = matches!(
                wish.columns[at].as_str(),
                "SIZE" | "AVAIL" | "USED" | "USE%" | "TID" | "ID" | "FREQ" | "PASSNO" | "PARENT"
            );
            let gap = " ".repeat(widths[at].saturating_sub(width::of(cell)));
            let last = at + 1 == row.len();
            if at > 0 {
                text.push(' ');
            }
            match (right, last) {
                (true, _) => text.push_str(&format!("{gap}{cell}")),
                (false, true) => text.push_str(cell),
                (false, false) => text.push_str(&format!("{cell}{gap}")),
            }
        }
        ctx.line(text.trim_end());
    }
}

fn json(ctx: &mut Ctx<'_>, wish: &Wish, rows: &[Vec<String>]) {
    ctx.out("{\n   \"filesystems\": [\n");
    for (at, row) in rows.iter().enumerate() {
        ctx.out("      {\n");
        for (col, value) in row.iter().enumerate() {
            let name = wish.columns[col].to_lowercase();
            let value = if value.is_empty() { "null".into() } else { format!("{value:?}") };
            let comma = if col + 1 == row.len() { "" } else { "," };
            ctx.line(format!("         \"{name}\": {value}{comma}"));
        }
        ctx.line(if at + 1 == rows.len() { "      }" } else { "      }," });
    }
    ctx.out("   ]\n}\n");
}
