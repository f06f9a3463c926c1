//! The text in which LVM keeps a volume group: sections, numbers, strings and lists (lvm2 format "Text Format
//! Volume Group", version 1).

use super::model::{Group, Kind, Logical, Physical, Segment};
use std::fmt::Write;

/// A value or a section.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Number(u64),
    Text(String),
    List(Vec<Item>),
    Section(Section),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Section(Vec<(String, Item)>);

impl Section {
    fn get(&self, name: &str) -> Option<&Item> {
        self.0.iter().find(|it| it.0 == name).map(|it| &it.1)
    }

    fn number(&self, name: &str) -> Option<u64> {
        match self.get(name)? {
            Item::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Item::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    fn list(&self, name: &str) -> &[Item] {
        match self.get(name) {
            Some(Item::List(list)) => list,
            _ => &[],
        }
    }

    fn section(&self, name: &str) -> Option<&Section> {
        match self.get(name)? {
            Item::Section(section) => Some(section),
            _ => None,
        }
    }

    fn sections(&self) -> impl Iterator<Item = (&str, &Section)> {
        self.0.iter().filter_map(|(name, item)| match item {
            Item::Section(section) => Some((name.as_str(), section)),
            _ => None,
        })
    }
}

/// Sections in sections, at most: what is on a device may be anything.
const DEPTH_MAX: u32 = 8;

/// What is left of a text.
struct Reader<'a> {
    words: std::iter::Peekable<std::vec::IntoIter<Word<'a>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word<'a> {
    Mark(char),
    Name(&'a str),
    Text(&'a str),
}

fn words(text: &str) -> Option<Vec<Word<'_>>> {
    let mut all = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return Some(all) };
        match first {
            '#' => rest = rest.find('\n').map_or("", |at| &rest[at..]),
            '{' | '}' | '=' | '[' | ']' | ',' => {
                all.push(Word::Mark(first));
                rest = &rest[1..];
            }
            '"' => {
                let end = rest[1..].find('"')? + 1;
                all.push(Word::Text(&rest[1..end]));
                rest = &rest[end + 1..];
            }
            _ => {
                let part = |it: char| it.is_whitespace() || "{}=[],#\"".contains(it);
                let end = rest.find(part).unwrap_or(rest.len());
                all.push(Word::Name(&rest[..end]));
                rest = &rest[end..];
            }
        }
    }
}

impl<'a> Reader<'a> {
    fn section(&mut self, depth: u32) -> Option<Section> {
        let mut section = Section::default();
        while let Some(Word::Name(name)) = self.words.peek().copied() {
            self.words.next();
            let item = match self.words.next()? {
                Word::Mark('=') => self.value()?,
                Word::Mark('{') => {
                    let inner = self.section(depth.checked_sub(1)?)?;
                    (self.words.next()? == Word::Mark('}')).then_some(())?;
                    Item::Section(inner)
                }
                _ => return None,
            };
            section.0.push((name.to_owned(), item));
        }
        Some(section)
    }

    fn value(&mut self) -> Option<Item> {
        match self.words.next()? {
            Word::Text(text) => Some(Item::Text(text.to_owned())),
            Word::Name(word) => word.parse().ok().map(Item::Number),
            Word::Mark('[') => {
                let mut list = Vec::new();
                loop {
                    match self.words.next()? {
                        Word::Mark(']') => return Some(Item::List(list)),
                        Word::Mark(',') => {}
                        Word::Text(text) => list.push(Item::Text(text.to_owned())),
                        Word::Name(word) => list.push(Item::Number(word.parse().ok()?)),
                        Word::Mark(_) => return None,
                    }
                }
            }
            Word::Mark(_) => None,
        }
    }
}

/// Reads a group; `None` for what is none.
pub fn read(text: &str) -> Option<Group> {
    let mut reader = Reader { words: words(text)?.into_iter().peekable() };
    let top = reader.section(DEPTH_MAX)?;
    let (name, own) = top.sections().next()?;
    let mut group = Group {
        name: name.to_owned(),
        id: own.text("id")?,
        seqno: own.number("seqno")?,
        extent: own.number("extent_size").filter(|it| *it > 0)?,
        physical: Vec::new(),
        logical: Vec::new(),
    };
    let volumes = own.section("physical_volumes")?;
    for (_, it) in volumes.sections() {
        group.physical.push(Physical {
            id: it.text("id")?,
            device: it.text("device")?,
            size: it.number("dev_size")?,
            start: it.number("pe_start")?,
            extents: it.number("pe_count")?,
        });
    }
    let index = |wanted: &str| volumes.sections().position(|(name, _)| name == wanted);
    for (name, it) in own.section("logical_volumes").into_iter().flat_map(Section::sections) {
        let count = it.number("segment_count")?;
        let segments = (1..=count.min(1000)).map(|n| {
            let part = it.section(&format!("segment{n}"))?;
            let (start, count) = (part.number("start_extent")?, part.number("extent_count")?);
            let kind = match part.text("type")?.as_str() {
                "striped" => {
                    let [Item::Text(volume), Item::Number(at)] = part.list("stripes") else {
                        return None;
                    };
                    Kind::Linear { on: index(volume)?, at: *at }
                }
                "thin-pool" => Kind::Pool {
                    meta: part.text("metadata")?,
                    data: part.text("pool")?,
                    transaction: part.number("transaction_id")?,
                    chunk: part.number("chunk_size")?,
                    zero: part.number("zero_new_blocks") != Some(0),
                },
                "thin" => Kind::Thin {
                    pool: part.text("thin_pool")?,
                    id: part.number("device_id")?,
                    transaction: part.number("transaction_id")?,
                    origin: part.text("origin"),
                },
                _ => return None,
            };
            Some(Segment { start, count, kind })
        });
        let has = |list: &str, word: &str| it.list(list).contains(&Item::Text(word.to_owned()));
        group.logical.push(Logical {
            name: name.to_owned(),
            id: it.text("id")?,
            visible: has("status", "VISIBLE"),
            skip: has("flags", "ACTIVATION_SKIP"),
            created: it.number("creation_time").unwrap_or(0),
            profile: it.text("profile"),
            segments: segments.collect::<Option<Vec<Segment>>>()?,
        });
    }
    Some(group)
}

/// Writes a group, as lvm 2.03 does on devices: without indents.
pub fn write(group: &Group, by: &str, host: &str, now: u64) -> String {
    let mut out = String::new();
    let Group { name, id, seqno, extent, .. } = group;
    let _ = write!(
        out,
        "{name} {{\nid = \"{id}\"\nseqno = {seqno}\nformat = \"lvm2\"\nstatus = [\"RESIZEABLE\", \"READ\", \"WRITE\"]\n\
         flags = []\nextent_size = {extent}\nmax_lv = 0\nmax_pv = 0\nmetadata_copies = 0\n\nphysical_volumes {{\n"
    );
    for (n, it) in group.physical.iter().enumerate() {
        let Physical { id, device, size, start, extents } = it;
        let _ = write!(
            out,
            "\npv{n} {{\nid = \"{id}\"\ndevice = \"{device}\"\n\nstatus = [\"ALLOCATABLE\"]\nflags = []\n\
             dev_size = {size}\npe_start = {start}\npe_count = {extents}\n}}\n"
        );
    }
    out += "}\n\n";
    if !group.logical.is_empty() {
        out += "logical_volumes {\n";
        group.logical.iter().for_each(|it| volume(&mut out, it, host));
        out += "}\n\n";
    }
    let _ = write!(
        out,
        "}}\n# Generated by LVM2 version {}\n\ncontents = \"Text Format Volume Group\"\nversion = 1\n\n\
         description = \"Write from {by}.\"\n\ncreation_host = \"{host}\"\ncreation_time = {now}\n\n",
        super::VERSION
    );
    out
}

fn volume(out: &mut String, it: &Logical, host: &str) {
    let visible = if it.visible { ", \"VISIBLE\"" } else { "" };
    let skip = if it.skip { "\"ACTIVATION_SKIP\"" } else { "" };
    let Logical { name, id, created, segments, .. } = it;
    let _ = write!(
        out,
        "\n{name} {{\nid = \"{id}\"\nstatus = [\"READ\", \"WRITE\"{visible}]\nflags = [{skip}]\n\
         creation_time = {created}\ncreation_host = \"{host}\"\n"
    );
    if let Some(profile) = &it.profile {
        let _ = writeln!(out, "profile = \"{profile}\"");
    }
    let _ = writeln!(out, "segment_count = {}", segments.len());
    for (n, Segment { start, count, kind }) in segments.iter().enumerate() {
        let _ = write!(
            out,
            "\nsegment{} {{\nstart_extent = {start}\nextent_count = {count}\n\n",
            n + 1
        );
        let _ = match kind {
            Kind::Linear { on, at } => write!(
                out,
                "type = \"striped\"\nstripe_count = 1\n\nstripes = [\n\"pv{on}\", {at}\n]\n"
            ),
            Kind::Pool { meta, data, transaction, chunk, zero } => write!(
                out,
                "type = \"thin-pool\"\nmetadata = \"{meta}\"\npool = \"{data}\"\ntransaction_id = {transaction}\n\
                 chunk_size = {chunk}\ndiscards = \"passdown\"\nzero_new_blocks = {}\n",
                u8::from(*zero)
            ),
            Kind::Thin { pool, id, transaction, origin } => {
                let origin = origin.iter().map(|it| format!("origin = \"{it}\"\n"));
                let origin: String = origin.collect();
                write!(
                    out,
                    "type = \"thin\"\nthin_pool = \"{pool}\"\ntransaction_id = {transaction}\ndevice_id = {id}\n{origin}"
                )
            }
        };
        out.push_str("}\n");
    }
    out.push_str("}\n");
}
