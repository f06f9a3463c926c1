//! Images that a build stands on or copies from: local ones, or those of the built-in registry. BuildKit
//! keeps what it fetches in its cache: `docker images` does not show it.

use super::super::cli::Fail;
use super::super::images;
use super::progress::Progress;
use crate::oci::build::cache::{Cache, Fetched};
use crate::oci::config::ImageConfig;
use crate::oci::digest::{Digest, chain_ids};
use crate::oci::engine::Engine;
use crate::oci::engine::reference::Reference;
use crate::oci::engine::remote::Remote;
use crate::oci::engine::transfer::{self, Contents};
use crate::shell::command::ctx::Ctx;
use crate::shell::command::exec;

/// An image to build on.
#[derive(Clone, Debug)]
pub struct Base {
    /// Its name as the progress shows it.
    pub shown: String,
    pub config: ImageConfig,
    /// The image's record, if it is local.
    pub id: Option<Digest>,
    /// Layers have to be fetched first.
    missing: bool,
    name: Option<Reference>,
}

impl Base {
    pub fn chain(&self) -> Option<Digest> {
        chain_ids(&self.config.rootfs.diff_ids).last().copied()
    }
}

/// Finds an image by its name.
///
/// # Errors
/// In the words of BuildKit.
pub fn find(
    ctx: &mut Ctx<'_>,
    engine: &Engine,
    cache: &mut Cache,
    text: &str,
    pull: bool,
) -> Result<Base, String> {
    let local = engine.find_image(ctx.sys, text);
    let name = Reference::parse(text);
    let again = pull && in_registry(ctx, name.as_ref().ok());
    if let Some(image) = local.filter(|_| !again) {
        let shown = match &name {
            Ok(name) => name.full(),
            Err(_) => text.to_owned(),
        };
        return Ok(Base {
            shown,
            config: image.config,
            id: Some(image.id),
            missing: false,
            name: None,
        });
    }
    let name = name.map_err(|why| {
        let text = crate::oci::build::words::quoted(text);
        format!("failed to parse stage name \"{text}\": {why}")
    })?;
    let full = name.full();
    let remote = Remote::of(name.host()).map_err(|it| it.0)?;
    let Some(offer) = remote.manifest(ctx.sys, &name) else {
        let path = name.path();
        return Err(if remote.knows(ctx.sys, &path) || !remote.is_hub() {
            format!("{full}: not found")
        } else {
            format!(
                "{full}: failed to resolve source metadata for {full}: pull access denied, repository does not \
                 exist or may require authorization: server message: insufficient_scope: authorization failed \
                 ({path})"
            )
        });
    };
    let manifest = offer.digest;
    let Contents { raw, config, .. } =
        transfer::contents(ctx.sys, &remote, &offer).map_err(|it| format!("{full}: {it}"))?;
    let diff_ids = config.rootfs.diff_ids.clone();
    let text = String::from_utf8_lossy(&raw).into_owned();
    let fetched = Fetched { config: text, manifest: manifest.to_string() };
    cache.fetched.insert(full.clone(), fetched);
    let missing =
        chain_ids(&diff_ids).into_iter().any(|chain| engine.layer(ctx.sys, chain).is_none());
    let shown = format!("{full}@{manifest}");
    Ok(Base { shown, config, id: None, missing, name: Some(name) })
}

/// Whether a registry has the image.
fn in_registry(ctx: &mut Ctx<'_>, name: Option<&Reference>) -> bool {
    let Some(name) = name else { return false };
    Remote::of(name.host()).is_ok_and(|remote| remote.manifest(ctx.sys, name).is_some())
}

/// Fetches the layers that are missing, with the lines that go with it; whether there were any.
///
/// # Errors
/// The driver's.
pub fn layers(
    ctx: &mut Ctx<'_>,
    engine: &Engine,
    base: &Base,
    progress: &Progress,
) -> Result<bool, String> {
    let (true, Some(name)) = (base.missing, &base.name) else { return Ok(false) };
    let remote = Remote::of(name.host()).map_err(|it| it.0)?;
    let Some(offer) = remote.manifest(ctx.sys, name) else { return Ok(false) };
    progress.line(ctx, &format!("resolve {} done", base.shown));
    let found = transfer::contents(ctx.sys, &remote, &offer).map_err(|it| it.0)?;
    let diff_ids = &base.config.rootfs.diff_ids;
    let chains = chain_ids(diff_ids);
    for (at, (blob, _)) in found.blobs.iter().enumerate() {
        if engine.layer(ctx.sys, chains[at]).is_some() {
            continue;
        }
        let parent = at.checked_sub(1).map(|below| chains[below]);
        let begun = ctx.sys.clock();
        engine
            .pull_layer(ctx.sys, &remote, parent, (diff_ids[at], *blob), &exec::image)
            .map_err(|it| it.0)?;
        progress.did(ctx, &format!("extracting {blob}"), begun);
    }
    Ok(true)
}

/// The image for the classic builder: pulled under its name, with the lines of `docker pull`.
///
/// # Errors
/// In the daemon's words.
pub fn classic(
    ctx: &mut Ctx<'_>,
    engine: &Engine,
    text: &str,
    pull: bool,
    quiet: bool,
) -> Result<Base, String> {
    let name = Reference::parse(text);
    let local = engine.find_image(ctx.sys, text);
    let again = pull && in_registry(ctx, name.as_ref().ok());
    let image = match local.filter(|_| !again) {
        Some(image) => image,
        None => {
            let name = name?;
            let id =
                images::fetch(ctx, engine, &name, quiet, false).map_err(|fail| match fail {
                    Fail::Daemon(text) => text,
                    other => other.line(),
                })?;
            engine.image(ctx.sys, id).ok_or_else(|| format!("No such image: {name}"))?
        }
    };
    let id = Some(image.id);
    Ok(Base { shown: text.to_owned(), config: image.config, id, missing: false, name: None })
}
