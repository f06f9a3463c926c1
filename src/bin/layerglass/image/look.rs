//! What `layerglass image` prints of files, histories and sharing: the answers of `oci::analysis` as text.

use super::print::{Failure, Out, layer_number};
use clap::ValueEnum;
use layerglass::oci::analysis::Analysis;
use layerglass::oci::human;
use layerglass::oci::scan::Image;
use layerglass::survey::{
    Comparison, Content, Event, File, Filter, Graph, Hidden, Hunk, Kind, Row, Scope, Sort, State,
    Version,
};
use serde::Serialize;
use std::io::Read;

#[derive(Clone, Copy, ValueEnum)]
pub enum By {
    Path,
    Size,
    Kind,
    Time,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum OfKind {
    File,
    Directory,
    Symlink,
    Fifo,
    Device,
}

/// Which files are wanted, and how they are told.
#[derive(clap::Args)]
pub struct FilterArgs {
    /// Largest first, by kind, youngest first
    #[arg(long, value_name = "BY")]
    sort: Option<By>,
    /// Only such files; may be given several times
    #[arg(long, value_name = "KIND")]
    kind: Vec<OfKind>,
    /// Only files of so many bytes or more
    #[arg(long, value_name = "BYTES")]
    min: Option<u64>,
    /// Only files of so many bytes or fewer
    #[arg(long, value_name = "BYTES")]
    max: Option<u64>,
    /// Only paths that hold this text
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Only below this directory
    #[arg(long, value_name = "PATH")]
    below: Option<String>,
    /// No more than so many
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Print mode, owner, size and layer too
    #[arg(short, long)]
    long: bool,
}

impl FilterArgs {
    pub fn is_given(&self) -> bool {
        self.sort.is_some()
            || !self.kind.is_empty()
            || self.min.is_some()
            || self.max.is_some()
            || self.text.is_some()
            || self.below.is_some()
            || self.limit.is_some()
            || self.long
    }

    fn filter(&self) -> Filter {
        let kinds = self.kind.iter().flat_map(|kind| match kind {
            OfKind::File => vec![Kind::File],
            OfKind::Directory => vec![Kind::Directory],
            OfKind::Symlink => vec![Kind::Symlink],
            OfKind::Fifo => vec![Kind::Fifo],
            OfKind::Device => vec![Kind::CharacterDevice, Kind::BlockDevice],
        });
        Filter {
            below: self.below.clone().unwrap_or_default(),
            text: self.text.clone().unwrap_or_default(),
            kinds: kinds.collect(),
            states: Vec::new(),
            min: self.min.unwrap_or(0),
            max: self.max,
            sort: match self.sort {
                None | Some(By::Path) => Sort::Path,
                Some(By::Size) => Sort::Size,
                Some(By::Kind) => Sort::Kind,
                Some(By::Time) => Sort::Time,
            },
            skip: 0,
            limit: self.limit.unwrap_or(0),
        }
    }
}

/// The tree of the lowest `layer` layers, or what that layer changes.
fn scope(image: &Image, layer: Option<usize>, changes: bool) -> Result<Scope, Failure> {
    let count = image.layers.len();
    let number = layer_number(image, layer)?.unwrap_or(count) as u32;
    Ok(if changes { Scope::Layer(number) } else { Scope::Merged(number) })
}

fn no_layers() -> Failure {
    Failure::Message("the image has no layers".to_owned())
}

pub fn files(
    image: &Image,
    args: &FilterArgs,
    layer: Option<usize>,
    changes: bool,
    as_json: bool,
    out: &mut Out,
) -> Result<(), Failure> {
    let scope = scope(image, layer, changes)?;
    let mut analysis = Analysis::new(image.clone());
    let mut filter = args.filter();
    if changes {
        filter.states = vec![State::Added, State::Changed, State::Removed];
    }
    let found = analysis.list(scope, &filter).ok_or_else(no_layers)?;
    let mut text = String::new();
    for row in &found.rows {
        if as_json {
            out.json(&row.file)?;
        } else {
            if args.long {
                text += &long(&row.file);
            }
            let slash = if row.file.kind == Kind::Directory { "/" } else { "" };
            text += &format!("{}{}{slash}\n", sign(row.file.state, changes), row.name);
        }
    }
    out.text(&text)
}

/// Mode, owner, size, layer.
fn long(file: &File) -> String {
    let layer = file.place.map_or("-".to_owned(), |it| it.layer.to_string());
    let owner = format!("{}:{}", file.uid, file.gid);
    let letter = match file.kind {
        Kind::File => '-',
        Kind::Directory => 'd',
        Kind::Symlink => 'l',
        Kind::Fifo => 'p',
        Kind::CharacterDevice => 'c',
        Kind::BlockDevice => 'b',
    };
    format!("{letter}{:04o} {owner:>9} {:>12} {layer:>4} ", file.mode, file.size)
}

fn sign(state: State, is_wanted: bool) -> &'static str {
    match state {
        _ if !is_wanted => "",
        State::Same => "  ",
        State::Added => "+ ",
        State::Changed => "* ",
        State::Removed => "- ",
    }
}

/// Which tree is drawn.
pub struct Drawn<'a> {
    pub below: &'a str,
    pub layer: Option<usize>,
    pub changes: bool,
    pub depth: Option<usize>,
}

#[derive(Serialize)]
struct Branch {
    #[serde(flatten)]
    row: Row,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    children: Vec<Branch>,
}

pub fn tree(image: &Image, drawn: &Drawn<'_>, as_json: bool, out: &mut Out) -> Result<(), Failure> {
    let scope = scope(image, drawn.layer, drawn.changes)?;
    let mut analysis = Analysis::new(image.clone());
    let depth = drawn.depth.unwrap_or(usize::MAX);
    let path = drawn.below.trim_matches('/');
    let rows = analysis.directory(scope, path);
    let rows = rows.ok_or_else(|| Failure::Message(format!("there is no directory /{path}")))?;
    let branches = branches(&mut analysis, scope, rows, depth);
    if as_json {
        return branches.iter().try_for_each(|branch| out.json(branch));
    }
    let mut text = format!("/{path}\n");
    draw(&branches, drawn.changes, "", &mut text);
    out.text(&text)
}

/// What is below the rows, level by level.
fn branches(analysis: &mut Analysis, scope: Scope, rows: Vec<Row>, depth: usize) -> Vec<Branch> {
    let each = rows.into_iter().map(|row| {
        let is_open = row.file.kind == Kind::Directory && depth > 1;
        let inner = if is_open { analysis.directory(scope, &row.file.path) } else { None };
        let children = branches(analysis, scope, inner.unwrap_or_default(), depth - 1);
        Branch { row, children }
    });
    each.collect()
}

fn draw(branches: &[Branch], changes: bool, indent: &str, text: &mut String) {
    for (at, branch) in branches.iter().enumerate() {
        let is_last = at + 1 == branches.len();
        let file = &branch.row.file;
        let (edge, next) = if is_last { ("└── ", "    ") } else { ("├── ", "│   ") };
        let tail = match (&file.kind, &file.target) {
            (Kind::Directory, _) => format!("/ ({})", human::size(branch.row.below.bytes)),
            (_, Some(target)) => format!(" -> {target}"),
            _ => format!(" ({})", human::size(file.size)),
        };
        *text += &format!("{indent}{edge}{}{}{tail}\n", sign(file.state, changes), branch.row.name);
        draw(&branch.children, changes, &format!("{indent}{next}"), text);
    }
}

#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    version: Version,
    /// Against the version before.
    content: Option<Content>,
}

pub fn file(image: Image, path: &str, as_json: bool, out: &mut Out) -> Result<(), Failure> {
    let analysis = Analysis::new(image);
    let versions = analysis.versions(path);
    if versions.is_empty() {
        let path = path.trim_matches('/');
        return Err(Failure::Message(format!("no layer says anything of /{path}")));
    }
    let mut before: Option<File> = None;
    for version in versions {
        let now = match &version.event {
            Event::Added(file) | Event::Changed(file) => Some(file.clone()),
            Event::Removed(_) => None,
        };
        let content = match (&before, &now) {
            (Some(old), Some(new)) => difference(&analysis, old, new)?,
            _ => None,
        };
        let told = Told { version, content };
        if as_json {
            out.json(&told)?
        } else {
            out.text(&told.text())?
        }
        before = now;
    }
    Ok(())
}

/// How the contents of two versions differ, where both have contents.
fn difference(analysis: &Analysis, old: &File, new: &File) -> Result<Option<Content>, Failure> {
    let places = (old.kind == Kind::File && new.kind == Kind::File)
        .then_some(())
        .and_then(|()| Some((old.place?, new.place?)));
    let Some((from, to)) = places else { return Ok(None) };
    let found = analysis.content_diff(from, analysis, to);
    found.map(Some).map_err(|err| Failure::Message(err.to_string()))
}

impl Told {
    fn text(&self) -> String {
        let Version { layer, created_by, event } = &self.version;
        let mut text = format!("layer {layer}: ");
        text += &match event {
            Event::Added(file) => format!("added, {}", described(file)),
            Event::Changed(file) => {
                let what: Vec<&str> = file.changed.iter().map(|it| it.text()).collect();
                let what = if what.is_empty() { "nothing".to_owned() } else { what.join(", ") };
                format!("changed ({what}), {}", described(file))
            }
            Event::Removed(by) => match by {
                Hidden::Whiteout(path) => format!("removed by a whiteout of /{path}"),
                Hidden::Opaque(path) => format!("hidden: /{path} is opaque"),
                Hidden::Replaced(path) => format!("gone: something else is at /{path}"),
            },
        };
        text.push('\n');
        if !created_by.is_empty() {
            text += &format!(
                "    by {}\n",
                created_by.split_whitespace().collect::<Vec<_>>().join(" ")
            );
        }
        match &self.content {
            None | Some(Content::Same) => {}
            Some(Content::Text(hunks)) => hunks.iter().for_each(|hunk| text += &hunk_text(hunk)),
            Some(Content::Binary { first, old, new }) => {
                let first = first.map_or(String::new(), |at| format!(", first at byte {at}"));
                text += &format!("    contents differ{first}; {old} and {new} bytes\n");
            }
        }
        text
    }
}

fn described(file: &File) -> String {
    let (kind, size) = (file.kind.text(), human::size(file.size));
    let target = file.target.as_ref().map_or(String::new(), |to| format!(" -> {to}"));
    format!("{kind} {:04o} {}:{} {size}{target}", file.mode, file.uid, file.gid)
}

fn hunk_text(hunk: &Hunk) -> String {
    let range = |(at, count): (u32, u32)| match count {
        1 => at.to_string(),
        _ => format!("{at},{count}"),
    };
    let mut text = format!("    @@ -{} +{} @@\n", range(hunk.old), range(hunk.new));
    for line in &hunk.lines {
        text += &format!("    {}{}\n", line.sign, line.text);
    }
    text
}

pub fn cat(image: Image, path: &str, layer: Option<usize>, out: &mut Out) -> Result<(), Failure> {
    let scope = scope(&image, layer, false)?;
    let mut analysis = Analysis::new(image);
    let shown = path.trim_matches('/');
    let file = analysis.file(scope, path);
    let file = file.ok_or_else(|| Failure::Message(format!("there is no /{shown}")))?;
    let failed = |err: &dyn std::fmt::Display| Failure::Message(err.to_string());
    let place = file.place.filter(|_| file.kind == Kind::File);
    let place = place.ok_or_else(|| Failure::Message(format!("/{shown} is no regular file")))?;
    let mut contents = analysis.contents(place).map_err(|err| failed(&err))?;
    let mut buf = vec![0; 256 << 10];
    loop {
        match contents.read(&mut buf) {
            Ok(0) => return Ok(()),
            Ok(n) => out.bytes(&buf[..n])?,
            Err(err) => return Err(failed(&format!("/{shown}: {err}"))),
        }
    }
}

pub fn comparison(found: &Comparison, as_json: bool, out: &mut Out) -> Result<(), Failure> {
    if as_json {
        return out.json(found);
    }
    let (shared, bytes) = (found.shared, human::size(found.shared_bytes));
    let mut text = format!("{shared} layers shared, {bytes}\n");
    text += &format!("only in the first: {}\n", human::size(found.only_old));
    text += &format!("only in the second: {}\n", human::size(found.only_new));
    for it in &found.settings {
        text += &match (&it.old, &it.new) {
            (Some(old), Some(new)) => format!("{}: {old} -> {new}\n", it.key),
            (Some(old), None) => format!("{}: {old} is gone\n", it.key),
            (None, Some(new)) => format!("{}: {new} is new\n", it.key),
            (None, None) => continue,
        };
    }
    for it in &found.files {
        let what: Vec<&str> = it.changed.iter().map(|it| it.text()).collect();
        let what = if what.is_empty() { String::new() } else { format!(" ({})", what.join(", ")) };
        text += &format!("{} {}{what}\n", it.kind, it.path);
    }
    out.text(&text)
}

fn short(id: &str) -> &str {
    let hex = id.strip_prefix("sha256:").unwrap_or(id);
    hex.get(..12).unwrap_or(hex)
}

pub fn graph(graph: &Graph, as_json: bool, out: &mut Out) -> Result<(), Failure> {
    if as_json {
        return out.json(graph);
    }
    let mut text = String::new();
    for (at, layer) in graph.layers.iter().enumerate() {
        if layer.parent.is_none() {
            chain(graph, at as u32, 0, &mut text);
        }
    }
    for image in &graph.images {
        let name = if image.names.is_empty() {
            short(&image.id).to_owned()
        } else {
            image.names.join(", ")
        };
        text += &format!(
            "{name}: {}, {} shared; rmi frees {} in {} layers\n",
            human::size(image.size),
            human::size(image.shared),
            human::size(image.freed.bytes),
            image.freed.layers.len()
        );
    }
    let (together, apart) = (human::size(graph.bytes), human::size(graph.unshared));
    text += &format!("together {together}, without sharing {apart}\n");
    out.text(&text)
}

/// A layer and what stands on it; one that carries a single layer stays at its indent.
fn chain(graph: &Graph, mut at: u32, indent: usize, text: &mut String) {
    loop {
        let layer = &graph.layers[at as usize];
        let names: Vec<&str> = (layer.images.iter())
            .map(|image| &graph.images[*image as usize])
            .filter(|image| image.layers.last() == Some(&at))
            .map(|image| image.names.first().map_or(short(&image.id), |it| it.as_str()))
            .collect();
        let names =
            if names.is_empty() { String::new() } else { format!("  <- {}", names.join(", ")) };
        *text += &format!(
            "{:indent$}{} {:>8} in {} images{names}\n",
            "",
            short(&layer.chain_id),
            human::size(layer.size),
            layer.images.len()
        );
        let above = graph.layers.iter().enumerate().filter(|(_, it)| it.parent == Some(at));
        let above: Vec<u32> = above.map(|(above, _)| above as u32).collect();
        match above[..] {
            [] => return,
            [one] => at = one,
            _ => return above.iter().for_each(|above| chain(graph, *above, indent + 2, text)),
        }
    }
}
