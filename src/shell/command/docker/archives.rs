//! `docker save`, `load`, `export` and `import`.

use super::args::Args;
use super::cli::{Done, Fail};
use super::{Next, change, images};
use crate::drivers::{diff, files};
use crate::oci::compress::Unpacked;
use crate::oci::config::{History, ImageConfig, RootFs, RunConfig};
use crate::oci::digest::{Digest, chain_ids};
use crate::oci::engine::images::Local;
use crate::oci::engine::layers::Writing;
use crate::oci::engine::reference::Reference;
use crate::oci::engine::{Engine, VERSION, timestamp};
use crate::oci::export::{self, LayerBytes, Outgoing};
use crate::oci::layer::Layer;
use crate::oci::layout::{self, Found};
use crate::oci::package::TarPackage;
use crate::oci::scan::Scan;
use crate::shell::command::ctx::Ctx;
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

pub fn save(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    if args.value("output").is_none() && ctx.sys.isatty(1) {
        return Err(Fail::Client(
            "cowardly refusing to save to a terminal. Use the -o flag or redirect".to_owned(),
        ));
    }
    let mut chosen: Vec<(Local, Vec<String>)> = Vec::new();
    for word in &args.words {
        let image = engine.find_image(ctx.sys, word);
        let image = image.ok_or_else(|| Fail::Daemon(format!("No such image: {word}")))?;
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
    let next = give(ctx, args, &bytes, "failed to save image")?;
    for (image, _) in &chosen {
        engine.tell_image(ctx.sys, image.id, "save", &image.id.to_string());
    }
    Ok(next)
}

/// Writes an archive to where `-o` says, or out.
fn give(ctx: &mut Ctx<'_>, args: &Args, bytes: &[u8], failed: &str) -> Done {
    let Some(path) = args.value("output") else {
        ctx.out(bytes);
        return Ok(Next::Exit(0));
    };
    let dir = path.rsplit_once('/').map_or(".", |it| if it.0.is_empty() { "/" } else { it.0 });
    if let Err(errno) = files::stat(ctx.sys, dir) {
        let why = errno.message().to_lowercase();
        return Err(Fail::Client(format!("{failed}: invalid output path: stat {dir}: {why}")));
    }
    let wrong = |errno: crate::errno::Errno| {
        Fail::Client(format!("{failed}: open {path}: {}", errno.message().to_lowercase()))
    };
    files::write(ctx.sys, path, bytes, 0o600).map_err(wrong)?;
    Ok(Next::Exit(0))
}

pub fn export(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    if args.value("output").is_none() && ctx.sys.isatty(1) {
        return Err(Fail::Client(
            "failed to export container: cowardly refusing to save to a terminal. Use the -o flag or redirect"
                .to_owned(),
        ));
    }
    let container = engine.find_container(ctx.sys, &args.words[0])?;
    let mount_id = engine.mount_id(ctx.sys, &container.id)?;
    let tree = engine.driver.get(ctx.sys, &mount_id)?;
    let mut writing = Writing::default();
    let done = diff::native(ctx.sys, &tree, &mut writing);
    if !container.state.running {
        engine.driver.put(ctx.sys, &mount_id)?;
    }
    done.map_err(|errno| crate::drivers::Failure::of("archive", &tree, errno))?;
    engine.tell_container(ctx.sys, &container, "export", &[]);
    give(ctx, args, &writing.finish(), "failed to export container")
}

/// A file of the machine.
fn taken(ctx: &mut Ctx<'_>, path: &str) -> Result<Vec<u8>, Fail> {
    files::read(ctx.sys, path)
        .map_err(|errno| Fail::Client(format!("open {path}: {}", errno.message().to_lowercase())))
}

pub fn import(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let name = args.words.get(1).map(|word| images::reference(word)).transpose()?;
    let word = &args.words[0];
    if word.starts_with("http://") || word.starts_with("https://") {
        let host = word.split('/').nth(2).unwrap_or_default();
        return Err(Fail::Daemon(format!("Get \"{word}\": dial tcp: lookup {host}: no such host")));
    }
    let bytes = match (word.as_str(), &args.input) {
        ("-", None) => return Ok(Next::Input),
        ("-", Some(input)) => input.clone(),
        (path, _) => taken(ctx, path)?,
    };
    let config = change::apply(RunConfig::default(), &args.values("change"))?;
    let stored = engine.import_layer(ctx.sys, bytes)?;
    let now = timestamp(ctx.sys);
    let comment = args.value("message").unwrap_or("Imported from -").to_owned();
    let step =
        History { created: Some(now.clone()), comment: comment.clone(), ..History::default() };
    let config = ImageConfig {
        architecture: "amd64".to_owned(),
        os: "linux".to_owned(),
        config,
        comment,
        created: Some(now),
        docker_version: VERSION.to_owned(),
        history: vec![step],
        rootfs: RootFs { kind: "layers".to_owned(), diff_ids: vec![stored.diff_id] },
        ..ImageConfig::default()
    };
    let raw = serde_json::to_vec(&config).unwrap_or_default();
    let id = engine.put_image(ctx.sys, &raw, None)?;
    if let Some(name) = name {
        engine.name_image(ctx.sys, &name, id)?;
    }
    engine.tell_image(ctx.sys, id, "import", &id.to_string());
    ctx.line(id.to_string());
    Ok(Next::Exit(0))
}

/// The archives of an image's layers.
fn rebuilt(ctx: &mut Ctx<'_>, engine: &Engine, image: &Local) -> Result<Vec<Rebuilt>, Fail> {
    let diff_ids = image.config.rootfs.diff_ids.iter().copied();
    let mut all = Vec::new();
    for (chain, diff_id) in image.chains().into_iter().zip(diff_ids) {
        all.push(Rebuilt { diff_id, bytes: engine.archive(ctx.sys, chain)? });
    }
    Ok(all)
}

pub fn load(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let bytes = match (args.value("input"), &args.input) {
        (Some(path), _) => taken(ctx, path)?,
        (None, Some(input)) => input.clone(),
        (None, None) if ctx.sys.isatty(0) => {
            let why = "requested load from stdin, but stdin is empty";
            return Err(Fail::Client(why.to_owned()));
        }
        (None, None) => return Ok(Next::Input),
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
        engine.register_archive(ctx.sys, parent, layer.diff_id, &|| {
            Unpacked::new(layer.blob.part.clone(), layer.blob.compression)
        })?;
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
    engine.tell_image(ctx.sys, id, "load", &id.to_string());
    if found.tags.is_empty() && !quiet {
        ctx.line(format!("Loaded image ID: {id}"));
    }
    Ok(())
}
