//! What `layerglass image` prints, as text and as JSON.

use super::Common;
use layerglass::oci::compare;
use layerglass::oci::layer::What;
use layerglass::oci::scan::Image;
use layerglass::oci::tree::Tree;
use layerglass::oci::{history, human};
use layerglass::survey::{Difference, Finding, Waste};
use serde::Serialize;
use serde_json::json;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

/// Why a command ends early.
pub enum Failure {
    /// Nobody reads any more.
    Pipe,
    Message(String),
    Usage(String),
}

impl Failure {
    pub fn of(name: &str, why: &dyn Display) -> Failure {
        Failure::Message(format!("{name}: {why}"))
    }

    pub fn usage(why: &str) -> Failure {
        Failure::Usage(why.to_owned())
    }
}

impl From<String> for Failure {
    fn from(why: String) -> Failure {
        Failure::Message(why)
    }
}

/// Standard output.
#[derive(Default)]
pub struct Out {
    titles: usize,
}

impl Out {
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(|_| Failure::Pipe)
    }

    pub fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.bytes(text.as_bytes())
    }

    /// One object, one line.
    pub fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value).map_err(|err| Failure::Message(err.to_string()))?;
        self.text(&(text + "\n"))
    }

    /// The archive's name, where there are several and a person reads.
    pub fn title(&mut self, common: &Common, name: &str) -> Result<(), Failure> {
        if common.json || common.archives.len() < 2 {
            return Ok(());
        }
        self.titles += 1;
        let gap = if self.titles > 1 { "\n" } else { "" };
        self.text(&format!("{gap}==> {name} <==\n"))
    }

    /// The exit status of what was done.
    pub fn end(self, done: Result<(), Failure>) -> ExitCode {
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(Failure::Pipe) => ExitCode::from(141),
            Err(Failure::Message(why)) => {
                eprintln!("layerglass image: {why}");
                ExitCode::FAILURE
            }
            Err(Failure::Usage(why)) => {
                eprintln!("layerglass image: {why}");
                ExitCode::from(2)
            }
        }
    }
}

/// The table of `docker images`, and the layers.
pub fn images(
    images: &[Image],
    layers: bool,
    as_json: bool,
    now: i64,
    out: &mut Out,
) -> Result<(), Failure> {
    let mut rows =
        vec![["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"].map(str::to_owned).to_vec()];
    for image in images {
        let found = &image.found;
        let size: u64 = image.layers.iter().map(|layer| layer.size).sum();
        let created = found.config.created.as_deref();
        if as_json {
            out.json(&json!({
                "id": found.id, "tags": found.tags, "created": created, "size": size,
                "architecture": found.config.architecture, "os": found.config.os,
                "manifest": found.manifest, "layers": layer_list(image), "notes": image.notes,
            }))?;
            continue;
        }
        let untagged = ["<none>:<none>".to_owned()];
        let tags = if found.tags.is_empty() { &untagged[..] } else { &found.tags[..] };
        for name in tags {
            let (repository, tag) = split_tag(name);
            let age = human::ago(created, now);
            rows.push(vec![repository, tag, found.id.short(), age, human::size(size)]);
        }
    }
    if as_json {
        return Ok(());
    }
    out.text(&history::lines(&rows))?;
    for image in images.iter().filter(|_| layers) {
        let mut rows = vec![["LAYER", "DIFF ID", "FILES", "SIZE"].map(str::to_owned).to_vec()];
        for (at, layer) in image.layers.iter().enumerate() {
            let (id, files) = (layer.diff_id.to_string(), layer.items.len().to_string());
            rows.push(vec![(at + 1).to_string(), id, files, human::size(layer.size)]);
        }
        out.text(&format!("\n{}\n{}", image.found.id, history::lines(&rows)))?;
    }
    Ok(())
}

fn layer_list(image: &Image) -> Vec<serde_json::Value> {
    let each = image.layers.iter().map(
        |layer| json!({"diff_id": layer.diff_id, "size": layer.size, "entries": layer.items.len()}),
    );
    each.collect()
}

/// `repo:5000/name:tag` into its two parts.
fn split_tag(name: &str) -> (String, String) {
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository.to_owned(), tag.to_owned()),
        _ => (name.to_owned(), "<none>".to_owned()),
    }
}

/// A layer's number as the user says it, from 1.
pub fn layer_number(image: &Image, layer: Option<usize>) -> Result<Option<usize>, Failure> {
    let count = image.layers.len();
    match layer {
        Some(n) if n == 0 || n > count => {
            Err(Failure::Usage(format!("there is no layer {n}: the image has {count}")))
        }
        other => Ok(other),
    }
}

fn kind(what: &What) -> &'static str {
    match what {
        What::Reg => "file",
        What::Dir => "directory",
        What::Symlink(_) => "symlink",
        What::Link(_) => "link",
        What::Fifo => "fifo",
        What::Chr(_) => "character device",
        What::Blk(_) => "block device",
        What::Whiteout => "whiteout",
        What::Opaque => "opaque",
    }
}

/// One object for each merged path.
pub fn files_json(tree: &Tree, out: &mut Out) -> Result<(), Failure> {
    for (path, place) in tree.iter() {
        let item = tree.item(place);
        let target = match &item.what {
            What::Symlink(to) => Some(String::from_utf8_lossy(to).into_owned()),
            _ => None,
        };
        out.json(&json!({
            "path": String::from_utf8_lossy(path), "type": kind(&item.what),
            "mode": format!("{:04o}", item.mode), "uid": item.uid, "gid": item.gid,
            "size": item.size, "mtime": human::rfc3339(item.mtime.sec, item.mtime.nsec),
            "layer": place.layer + 1, "target": target, "content": item.content,
        }))?;
    }
    Ok(())
}

/// What each layer, or one, does to those below it.
pub fn changes(
    image: &Image,
    only: Option<usize>,
    as_json: bool,
    out: &mut Out,
) -> Result<(), Failure> {
    let only = layer_number(image, only)?;
    let mut below = Tree::default();
    for (at, layer) in image.layers.iter().enumerate() {
        let mut tree = below.clone();
        tree.push(layer.clone(), &mut |_, _| {});
        let number = at + 1;
        if only.is_none_or(|only| only == number) {
            let found = compare::trees(&below, &tree);
            if as_json {
                out.json(&json!({"layer": number, "diff_id": layer.diff_id, "changes": found}))?;
            } else {
                let size = human::size(layer.size);
                out.text(&format!("layer {number} {} {size}\n", layer.diff_id))?;
                differences(&found, false, out)?;
            }
        }
        below = tree;
    }
    Ok(())
}

pub fn differences(found: &[Difference], as_json: bool, out: &mut Out) -> Result<(), Failure> {
    let mut text = String::new();
    for it in found {
        if as_json {
            out.json(it)?;
        } else {
            text += &format!("{} {}\n", it.kind, it.path);
        }
    }
    out.text(&text)
}

/// What each layer does to one path.
pub fn trace(image: &Image, path: &str, as_json: bool, out: &mut Out) -> Result<(), Failure> {
    let path = path.trim_matches('/');
    let mut seen = false;
    for (at, layer) in image.layers.iter().enumerate() {
        for item in layer.items.iter().filter(|item| &*item.path == path.as_bytes()) {
            seen = true;
            let number = at + 1;
            if as_json {
                out.json(&json!({
                    "layer": number, "type": kind(&item.what), "mode": format!("{:04o}", item.mode),
                    "uid": item.uid, "gid": item.gid, "size": item.size, "content": item.content,
                }))?;
            } else {
                let (mode, uid, gid) = (item.mode, item.uid, item.gid);
                let (kind, size) = (kind(&item.what), human::size(item.size));
                let content = item.content.map_or(String::new(), |it| format!(" {}", it.short()));
                out.text(&format!(
                    "layer {number}: {kind} {mode:04o} {uid}:{gid} {size}{content}\n"
                ))?;
            }
        }
    }
    if seen { Ok(()) } else { Err(Failure::Message(format!("no layer says anything of /{path}"))) }
}

/// The step of the history that made a layer.
fn step(image: &Image, layer: usize) -> String {
    let steps = image.found.config.history.iter().filter(|step| !step.empty_layer);
    let by = steps.map(|step| step.created_by.as_str()).nth(layer - 1).unwrap_or_default();
    let by = by.split_whitespace().collect::<Vec<_>>().join(" ");
    if by.is_empty() { String::new() } else { format!(" ({})", history::shortened(&by, 60)) }
}

pub fn waste(
    found: &Waste,
    image: &Image,
    all: bool,
    as_json: bool,
    out: &mut Out,
) -> Result<(), Failure> {
    if as_json {
        return out.json(found);
    }
    let (wasted, total) = (human::size(found.wasted), human::size(found.total));
    let count = found.files.len();
    out.text(&format!("{wasted} of {total} wasted in {count} paths\n"))?;
    for it in found.files.iter().take(if all { count } else { 20 }) {
        out.text(&format!(
            "{:>8}  /{}: {} in layer {}{}, bytes in layer {}\n",
            human::size(it.bytes),
            it.path,
            it.reason.text(),
            it.by,
            step(image, it.by),
            it.layer
        ))?;
    }
    if !all && count > 20 {
        out.text(&format!("and {} more, see --all\n", count - 20))?;
    }
    Ok(())
}

pub fn secrets(
    found: &[Finding],
    image: &Image,
    as_json: bool,
    out: &mut Out,
) -> Result<(), Failure> {
    for it in found {
        if as_json {
            out.json(it)?;
            continue;
        }
        out.text(&match it.layer {
            0 => format!("configuration: {} ({})\n", it.path, it.kind),
            layer => {
                let hidden =
                    if it.visible { "" } else { ", hidden by a higher layer and still there" };
                format!("layer {layer}: /{} ({}){hidden}{}\n", it.path, it.kind, step(image, layer))
            }
        })?;
    }
    if found.is_empty() && !as_json {
        out.text("nothing found\n")?;
    }
    Ok(())
}
