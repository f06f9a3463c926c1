//! `docker save` and `docker load`.

use super::args::Args;
use super::cli::{Done, Fail};
use super::{Next, images};
use crate::drivers::{Answer, Failure, Part, Sink, apply, files};
use crate::oci::compress::Unpacked;
use crate::oci::digest::{Digest, chain_ids};
use crate::oci::engine::Engine;
use crate::oci::engine::images::Local;
use crate::oci::engine::reference::Reference;
use crate::oci::export::{self, LayerBytes, Outgoing};
use crate::oci::layer::Layer;
use crate::oci::layout::{self, Found};
use crate::oci::package::TarPackage;
use crate::oci::scan::Scan;
use crate::shell::command::ctx::Ctx;
use crate::tar::{Entry, Reader, write};
use crate::types::Result as Errno;
use std::io::Write;
use std::sync::Arc;

/// A layer's archive, made again from the driver's files.
struct Rebuilt {
    diff_id: Digest,
    bytes: Vec<u8>,
}

impl LayerBytes for Rebuilt {
    fn diff_id(&self) -> Digest {
        self.diff_id
    }
    fn unpacked(&self) -> u64 {
        self.bytes.len() as u64
    }
    fn write_to(&self, out: &mut dyn Write) -> std::io::Result<()> {
        out.write_all(&self.bytes)
    }
}

/// Writes entries as an archive.
#[derive(Default)]
struct Writing(Vec<u8>);

impl Sink for Writing {
    fn entry(&mut self, entry: &Entry) -> Errno<()> {
        self.0.extend(write::headers(entry));
        Ok(())
    }
    fn data(&mut self, bytes: &[u8]) -> Errno<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
    fn end(&mut self, entry: &Entry) -> Errno<()> {
        self.0.extend(write::padding(entry.size));
        Ok(())
    }
}

pub fn save(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    if args.value("output").is_none() && ctx.sys.isatty(1) {
        return Err(Fail::Client(
            "cowardly refusing to save to a terminal. Use the -o flag or redirect".to_owned(),
        ));
    }
    let mut chosen: Vec<(Local, Vec<String>)> = Vec::new();
    for word in &args.words {
        let image = images::find(ctx, engine, word)?;
        // A name goes along only when it was named.
        let tag = Reference::parse(word).ok().map(|it| it.to_string());
        let tag = tag.filter(|tag| engine.tags(ctx.sys, image.id).contains(tag));
        match chosen.iter_mut().find(|it| it.0.id == image.id) {
            Some(known) => known.1.extend(tag),
            None => chosen.push((image, tag.into_iter().collect())),
        }
    }
    let mut layers = Vec::new();
    for (image, _) in &chosen {
        layers.push(rebuilt(ctx, engine, image)?);
    }
    let outgoing: Vec<Outgoing<'_>> = chosen
        .iter()
        .zip(&layers)
        .map(|((image, tags), layers)| Outgoing {
            config: &image.raw,
            tags,
            layers: layers.iter().map(|it| it as &dyn LayerBytes).collect(),
        })
        .collect();
    let mut bytes = Vec::new();
    export::archive(&outgoing, &mut bytes).map_err(|err| Fail::Client(err.to_string()))?;
    match args.value("output") {
        None => ctx.out(&bytes),
        Some(path) => files::write(ctx.sys, path, &bytes, 0o600).map_err(|errno| {
            Fail::Client(format!("open {path}: {}", errno.message().to_lowercase()))
        })?,
    }
    Ok(Next::Exit(0))
}

/// The archives of an image's layers, each proved by its digest.
fn rebuilt(ctx: &mut Ctx<'_>, engine: &Engine, image: &Local) -> Result<Vec<Rebuilt>, Fail> {
    let mut all = Vec::new();
    let mut below: Option<String> = None;
    for chain in image.chains() {
        let stored = engine.layer(ctx.sys, chain);
        let stored = stored.ok_or_else(|| Fail::Daemon(format!("layer {chain} does not exist")))?;
        let mut writing = Writing::default();
        engine.driver.diff(ctx.sys, &stored.cache_id, below.as_deref(), &mut writing)?;
        writing.0.extend_from_slice(&write::END);
        let bytes = writing.0;
        if Digest::of(&bytes) != stored.diff_id {
            return Err(Fail::Daemon(format!(
                "layer {} came from another tool and cannot be written again byte for byte",
                stored.diff_id
            )));
        }
        all.push(Rebuilt { diff_id: stored.diff_id, bytes });
        below = Some(stored.cache_id);
    }
    Ok(all)
}

pub fn load(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let bytes = match args.value("input") {
        Some(path) => files::read(ctx.sys, path).map_err(|errno| {
            Fail::Client(format!("open {path}: {}", errno.message().to_lowercase()))
        })?,
        None => ctx.read_all(0).map_err(|errno| Fail::Client(errno.message().to_lowercase()))?,
    };
    let bad = |err: crate::oci::Error| Fail::Daemon(err.to_string());
    let package = TarPackage::open(Arc::new(bytes)).map_err(bad)?;
    for found in layout::find(&package).map_err(bad)?.images {
        // Everything is verified before anything is kept.
        let image = Scan::new(&package, found).and_then(Scan::finish).map_err(bad)?;
        keep(ctx, engine, &image.found, &image.layers, args.has("quiet"))?;
    }
    Ok(Next::Exit(0))
}

fn keep(
    ctx: &mut Ctx<'_>,
    engine: &Engine,
    found: &Found,
    layers: &[Arc<Layer>],
    quiet: bool,
) -> Result<(), Fail> {
    let chains = chain_ids(&found.config.rootfs.diff_ids);
    for (at, layer) in layers.iter().enumerate() {
        let parent = at.checked_sub(1).map(|below| chains[below]);
        let unpacked = Unpacked::new(layer.blob.part.clone(), layer.blob.compression);
        let mut reader = Reader::new(unpacked);
        engine.register(ctx.sys, parent, Some(layer.diff_id), &mut || next(&mut reader))?;
    }
    let id = engine.put_image(ctx.sys, &found.raw, None)?;
    for tag in &found.tags {
        let name = Reference::parse(tag).map_err(Fail::Daemon)?;
        engine.tag(ctx.sys, &name, id)?;
        engine.tagged_now(ctx.sys, id)?;
        if !quiet {
            ctx.line(format!("Loaded image: {name}"));
        }
    }
    if found.tags.is_empty() && !quiet {
        ctx.line(format!("Loaded image ID: {id}"));
    }
    Ok(())
}

/// The next entry of a layer with its contents.
fn next(reader: &mut Reader<Unpacked>) -> Answer<Option<Part>> {
    let bad = |err: crate::tar::Error| Failure(err.to_string());
    let Some(entry) = reader.entry().map_err(bad)? else { return Ok(None) };
    let mut data = Vec::new();
    let mut buf = vec![0; files::CHUNK];
    while let Some((at, n)) = reader.read(&mut buf).map_err(bad)? {
        // Holes of a sparse file are filled with zeros; what lies behind its data too.
        data.resize(at as usize, 0);
        data.extend_from_slice(&buf[..n]);
    }
    if entry.sparse.is_some() && entry.size < (1 << 32) {
        data.resize(entry.size as usize, 0);
    }
    Ok(Some(apply::part(entry, data)))
}
