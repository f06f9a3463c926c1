//! Two images, and two files, beside each other.

use super::super::compare;
use super::super::config::RunConfig;
use super::super::error::{Error, Result};
use super::super::scan::Image;
use super::super::tree::Tree;
use super::contents::Contents;
use super::preview::as_text;
use crate::survey::{Comparison, Content, Hunk, Line, Setting};
use similar::{ChangeTag, TextDiff};
use std::collections::BTreeSet;
use std::io::Read;

/// Bytes of a file that are compared by lines.
const TEXT_MAX: u64 = 1 << 20;
/// Bytes among which the first difference of larger files is looked for.
const LOOK_MAX: u64 = 64 << 20;

pub(super) fn images(old: &Image, new: &Image) -> Comparison {
    let same = old.layers.iter().zip(&new.layers).take_while(|(a, b)| a.diff_id == b.diff_id);
    let shared = same.count();
    let bytes = |image: &Image, from: usize, to: usize| {
        image.layers[from..to].iter().fold(0u64, |sum, layer| sum.saturating_add(layer.size))
    };
    Comparison {
        shared: shared as u32,
        shared_bytes: bytes(old, 0, shared),
        only_old: bytes(old, shared, old.layers.len()),
        only_new: bytes(new, shared, new.layers.len()),
        settings: settings(old, new),
        files: compare::trees(&Tree::of(&old.layers), &Tree::of(&new.layers)),
    }
}

/// The settings that differ, by key.
fn settings(old: &Image, new: &Image) -> Vec<Setting> {
    let (old, new) = (all_settings(old), all_settings(new));
    let mut found: Vec<Setting> = Vec::new();
    let keys: BTreeSet<&String> = old.iter().chain(&new).map(|(key, _)| key).collect();
    for key in keys {
        let of = |list: &[(String, String)]| -> Vec<String> {
            list.iter().filter(|(k, _)| k == key).map(|(_, value)| value.clone()).collect()
        };
        let (mut gone, mut come) = (of(&old), of(&new));
        let kept: Vec<String> = gone.iter().filter(|it| come.contains(it)).cloned().collect();
        gone.retain(|it| !kept.contains(it));
        come.retain(|it| !kept.contains(it));
        let (mut gone, mut come) = (gone.into_iter(), come.into_iter());
        loop {
            let (old, new) = (gone.next(), come.next());
            if old.is_none() && new.is_none() {
                break;
            }
            found.push(Setting { key: key.clone(), old, new });
        }
    }
    found
}

/// What of a configuration makes a difference to a container; one for each member of a set.
fn all_settings(image: &Image) -> Vec<(String, String)> {
    let config = &image.found.config;
    let mut all = Vec::new();
    let mut say = |key: &str, value: String| {
        if !value.is_empty() {
            all.push((key.to_owned(), value));
        }
    };
    say("Architecture", config.architecture.clone());
    say("Os", config.os.clone());
    say("Author", config.author.clone());
    run_settings(&config.config, &mut say);
    all
}

fn run_settings(config: &RunConfig, say: &mut dyn FnMut(&str, String)) {
    let value = serde_json::to_value(config).unwrap_or_default();
    for (key, value) in value.as_object().into_iter().flatten() {
        // Only what a container of the image starts with, not what was open while it was built.
        if key.starts_with("Attach") || key == "Image" || key == "Hostname" {
            continue;
        }
        match value {
            serde_json::Value::Null | serde_json::Value::Bool(false) => {}
            serde_json::Value::String(text) => say(&format!("Config.{key}"), text.clone()),
            // Variables by name, so that a changed one is one line.
            serde_json::Value::Array(list) if key == "Env" => {
                for pair in list.iter().filter_map(|it| it.as_str()) {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    say(&format!("Config.Env.{name}"), value.to_owned());
                }
            }
            serde_json::Value::Object(members) if key == "Labels" => {
                for (name, value) in members {
                    say(&format!("Config.Labels.{name}"), value.as_str().unwrap_or("").to_owned());
                }
            }
            serde_json::Value::Object(members)
                if members.values().all(|it| it.as_object().is_some_and(|it| it.is_empty())) =>
            {
                for name in members.keys() {
                    say(&format!("Config.{key}"), name.clone());
                }
            }
            other => say(&format!("Config.{key}"), other.to_string()),
        }
    }
}

/// Compares two files by lines if both are text of moderate length, by bytes otherwise.
pub(super) fn contents(mut old: Contents, mut new: Contents) -> Result<Content> {
    let sizes = (old.size(), new.size());
    if old.digest() == new.digest() && sizes.0 == sizes.1 {
        return Ok(Content::Same);
    }
    if sizes.0.max(sizes.1) <= TEXT_MAX {
        let whole = |it: &mut Contents| {
            let mut bytes = Vec::new();
            it.read_to_end(&mut bytes).map_err(|err| Error::new(it.name(), err)).map(|_| bytes)
        };
        let (old, new) = (whole(&mut old)?, whole(&mut new)?);
        if old == new {
            return Ok(Content::Same);
        }
        if let (Some(a), Some(b)) = (text(&old), text(&new)) {
            return Ok(Content::Text(lines(a, b)));
        }
        let first = old.iter().zip(&new).take_while(|(a, b)| a == b).count() as u64;
        let first = Some(first);
        return Ok(Content::Binary { first, old: sizes.0, new: sizes.1 });
    }
    let first = first_difference(&mut old, &mut new)?;
    Ok(Content::Binary { first, old: sizes.0, new: sizes.1 })
}

fn text(bytes: &[u8]) -> Option<&str> {
    as_text(bytes).filter(|text| text.len() == bytes.len())
}

/// Where two files that are not the same first differ; a shorter one differs where it ends.
fn first_difference(old: &mut Contents, new: &mut Contents) -> Result<Option<u64>> {
    let (mut a, mut b) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    let mut at = 0;
    loop {
        let (m, n) = (fill(old, &mut a)?, fill(new, &mut b)?);
        let same = a[..m].iter().zip(&b[..n]).take_while(|(a, b)| a == b).count();
        at += same as u64;
        if same < m.max(n) {
            return Ok(Some(at));
        }
        if at >= LOOK_MAX || m == 0 {
            return Ok(None);
        }
    }
}

/// Fills the buffer as far as the file goes.
fn fill(from: &mut Contents, buf: &mut [u8]) -> Result<usize> {
    let mut done = 0;
    while done < buf.len() {
        match from.read(&mut buf[done..]) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(err) => return Err(Error::new(from.name(), err)),
        }
    }
    Ok(done)
}

pub(super) fn lines(old: &str, new: &str) -> Vec<Hunk> {
    let diff = TextDiff::from_lines(old, new);
    let groups = diff.grouped_ops(3);
    let each = groups.iter().map(|ops| {
        let mut lines = Vec::new();
        let (mut first, mut counts) = ((u32::MAX, u32::MAX), (0, 0));
        for op in ops {
            first.0 = first.0.min(op.old_range().start as u32);
            first.1 = first.1.min(op.new_range().start as u32);
            counts.0 += op.old_range().len() as u32;
            counts.1 += op.new_range().len() as u32;
            for change in diff.iter_changes(op) {
                let sign = match change.tag() {
                    ChangeTag::Equal => ' ',
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                };
                let text = change.value().trim_end_matches('\n').to_owned();
                lines.push(Line { sign, text });
            }
        }
        // An empty range is said to begin at the line before it.
        let start = |first: u32, count: u32| if count == 0 { first } else { first + 1 };
        Hunk {
            old: (start(first.0, counts.0), counts.0),
            new: (start(first.1, counts.1), counts.1),
            lines,
        }
    });
    each.collect()
}
