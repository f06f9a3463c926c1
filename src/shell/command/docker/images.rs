//! `docker pull`, `images`, `history`, `tag`, `rmi`, `image prune`.

use super::args::Args;
use super::cli::{Done, Fail};
use super::{Next, format};
use crate::oci::digest::{Digest, chain_ids};
use crate::oci::engine::images::Local;
use crate::oci::engine::reference::Reference;
use crate::oci::engine::{Engine, registry};
use crate::oci::history as rows;
use crate::oci::human;
use crate::shell::command::ctx::Ctx;
use crate::shell::command::exec;

/// The name of an image, or why it is none.
pub fn reference(text: &str) -> Result<Reference, Fail> {
    Reference::parse(text).map_err(Fail::Client)
}

pub fn pull(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let quiet = args.has("quiet");
    let name = reference(&args.words[0])?;
    if !quiet && !args.words[0].contains(':') {
        ctx.line("Using default tag: latest");
    }
    fetch(ctx, engine, &name, quiet, false)?;
    ctx.line(name.full());
    Ok(Next::Exit(0))
}

/// Pulls an image with the lines that go with it; to standard error for `docker run`.
pub fn fetch(
    ctx: &mut Ctx<'_>,
    engine: &Engine,
    name: &Reference,
    quiet: bool,
    aside: bool,
) -> Result<Digest, Fail> {
    let say = |ctx: &mut Ctx<'_>, line: String| match (quiet, aside) {
        (true, _) => {}
        (false, true) => ctx.err(line + "\n"),
        (false, false) => ctx.line(line),
    };
    let Some(image) = registry::find(name) else {
        let known = registry::images().iter().any(|it| {
            it.names.iter().any(|it| it.rsplit_once(':').is_some_and(|it| it.0 == name.repository))
        });
        return Err(Fail::Daemon(if known {
            format!("manifest for {name} not found: manifest unknown: manifest unknown")
        } else {
            format!(
                "pull access denied for {}, repository does not exist or may require 'docker login': denied: \
                 requested access to the resource is denied",
                name.repository
            )
        }));
    };
    say(ctx, format!("{}: Pulling from {}", name.tag, name.path()));
    let program: &dyn Fn(&str) -> Vec<u8> = &exec::image;
    let diff_ids = image.diff_ids(program);
    let chains = chain_ids(&diff_ids);
    let have = chains.iter().take_while(|chain| engine.layer(ctx.sys, **chain).is_some()).count();
    let short: Vec<String> =
        image.layers.iter().zip(&diff_ids).map(|(it, id)| it.blob(*id).short()).collect();
    let raw = image.config(diff_ids.clone());
    let known = engine.image(ctx.sys, Digest::of(&raw)).is_some();
    if !known {
        for (at, blob) in short.iter().enumerate() {
            let what = if at < have { "Already exists" } else { "Pulling fs layer" };
            if at < have || !ctx.tty {
                say(ctx, format!("{blob}: {what}"));
            }
        }
        let news = if ctx.tty { &[][..] } else { &short[have..] };
        for blob in news {
            say(ctx, format!("{blob}: Verifying Checksum"));
            say(ctx, format!("{blob}: Download complete"));
        }
    }
    for at in have..chains.len() {
        let mut parts = image.layers[at].parts(program).into_iter();
        let parent = at.checked_sub(1).map(|below| chains[below]);
        engine.register(ctx.sys, parent, Some(diff_ids[at]), &mut || Ok(parts.next()))?;
        say(ctx, format!("{}: Pull complete", short[at]));
    }
    let id = engine.put_image(ctx.sys, &raw, None)?;
    let manifest = registry::Image::manifest(&raw, &diff_ids);
    engine.tag(ctx.sys, name, id)?;
    engine.tag_digest(ctx.sys, &name.repository, manifest, id)?;
    say(ctx, format!("Digest: {manifest}"));
    say(
        ctx,
        match known {
            true => format!("Status: Image is up to date for {name}"),
            false => format!("Status: Downloaded newer image for {name}"),
        },
    );
    Ok(id)
}

/// The image that a word means, or what the daemon says.
pub fn find(ctx: &mut Ctx<'_>, engine: &Engine, text: &str) -> Result<Local, Fail> {
    let found = engine.find_image(ctx.sys, text);
    found.ok_or_else(|| {
        let shown = Reference::parse(text).map_or(text.to_owned(), |it| it.to_string());
        Fail::Daemon(format!("No such image: {shown}"))
    })
}

/// A row of `docker images`.
struct Row {
    repository: String,
    tag: String,
    digest: String,
    image: Local,
}

pub fn list(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let mut rows = Vec::new();
    let mut images = engine.images(ctx.sys);
    let created = |it: &Local| it.config.created.as_deref().and_then(human::parse_time);
    images.sort_by(|a, b| created(b).cmp(&created(a)).then_with(|| a.id.cmp(&b.id)));
    let wanted = args.words.first();
    let parents: Vec<String> =
        images.iter().filter_map(|it| engine.image_metadata(ctx.sys, it.id, "parent")).collect();
    for image in images {
        let digests = engine.digests(ctx.sys, image.id);
        let tags = engine.tags(ctx.sys, image.id);
        if tags.is_empty() && wanted.is_none() {
            // Steps of a build are shown with -a only.
            if !parents.contains(&image.id.to_string()) || args.has("all") {
                let none = || "<none>".to_owned();
                rows.push(Row {
                    repository: none(),
                    tag: none(),
                    digest: none(),
                    image: image.clone(),
                });
            }
        }
        for tag in tags {
            let Ok(name) = Reference::parse(&tag) else { continue };
            let matches = wanted.is_none_or(|it| *it == name.repository || *it == tag);
            let digest =
                digests.iter().find_map(|it| it.strip_prefix(&format!("{}@", name.repository)));
            let digest = digest.unwrap_or("<none>").to_owned();
            if matches {
                rows.push(Row {
                    repository: name.repository,
                    tag: name.tag,
                    digest,
                    image: image.clone(),
                });
            }
        }
    }
    let now = ctx.sys.clock().sec;
    let full = args.has("no-trunc");
    let shown = |id: Digest| if full { id.to_string() } else { id.short() };
    if args.has("quiet") {
        for row in &rows {
            ctx.line(shown(row.image.id));
        }
        return Ok(Next::Exit(0));
    }
    let mut table = Vec::new();
    for row in &rows {
        let size = human::size(engine.image_size(ctx.sys, &row.image));
        table.push(vec![
            ("Repository", row.repository.clone()),
            ("Tag", row.tag.clone()),
            ("Digest", row.digest.clone()),
            ("ID", shown(row.image.id)),
            ("CreatedSince", human::ago(row.image.config.created.as_deref(), now)),
            ("Size", size),
        ]);
    }
    let mut columns = vec![
        ("REPOSITORY", "Repository"),
        ("TAG", "Tag"),
        ("IMAGE ID", "ID"),
        ("CREATED", "CreatedSince"),
        ("SIZE", "Size"),
    ];
    if args.has("digests") {
        columns.insert(2, ("DIGEST", "Digest"));
    }
    format::table(ctx, &columns, &table, args.value("format"))
}

pub fn history(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let image = find(ctx, engine, &args.words[0])?;
    let mut sizes = Vec::new();
    for chain in image.chains() {
        sizes.push(engine.layer(ctx.sys, chain).map_or(0, |it| it.size));
    }
    let now = ctx.sys.clock().sec;
    let mut ids = vec![image.id];
    while let Some(parent) = ids.last().and_then(|id| engine.image_metadata(ctx.sys, *id, "parent"))
    {
        match Digest::parse(&parent) {
            Some(parent) if ids.len() < 200 => ids.push(parent),
            _ => break,
        }
    }
    let found = rows::rows(&image.config, &sizes, &ids, now).map_err(Fail::Daemon)?;
    let full = args.has("no-trunc");
    if args.has("quiet") {
        for row in &found {
            ctx.line(if full { row.id.clone() } else { rows::short_id(&row.id) });
        }
        return Ok(Next::Exit(0));
    }
    match args.value("format") {
        Some(format) => {
            for row in &found {
                let mut row = row.clone();
                if !full {
                    row.id = rows::short_id(&row.id);
                    row.created_by = rows::shortened(&row.created_by, 45);
                }
                let text = serde_json::to_string(&row).unwrap_or_default();
                let line = format::one(format, &text)?;
                ctx.line(line);
            }
        }
        None => ctx.out(rows::table(&found, full)),
    }
    Ok(Next::Exit(0))
}

pub fn tag(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let image = find(ctx, engine, &args.words[0])?;
    let name = reference(&args.words[1])?;
    engine.tag(ctx.sys, &name, image.id)?;
    engine.tagged_now(ctx.sys, image.id)?;
    Ok(Next::Exit(0))
}

pub fn remove(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let mut status = 0;
    for word in &args.words {
        if let Err(fail) = remove_one(ctx, engine, word, args.has("force")) {
            let (Fail::Daemon(text) | Fail::Client(text) | Fail::Usage(text)) = fail;
            ctx.flush();
            ctx.err(format!("Error response from daemon: {text}\n"));
            status = 1;
        }
    }
    Ok(Next::Exit(status))
}

fn remove_one(ctx: &mut Ctx<'_>, engine: &Engine, word: &str, force: bool) -> Result<(), Fail> {
    let image = find(ctx, engine, word)?;
    let tags = engine.tags(ctx.sys, image.id);
    let digests = engine.digests(ctx.sys, image.id);
    let named = Reference::parse(word).ok().map(|it| it.to_string()).filter(|it| tags.contains(it));
    let id = image.id.to_string();
    let users: Vec<_> =
        engine.containers(ctx.sys).into_iter().filter(|it| it.image == id).collect();
    let short = image.id.short();
    if let Some(user) = users.first() {
        let last = named.as_ref().is_none_or(|_| tags.len() == 1);
        let user_id = &user.id[..12];
        if last && user.state.running {
            let by = if named.is_some() && tags.len() == 1 {
                "unable to remove repository reference"
            } else {
                "unable to delete"
            };
            let what = if named.is_some() { format!("\"{word}\"") } else { short.clone() };
            let must = if named.is_some() { " (must force)" } else { " (cannot be forced)" };
            let is = if named.is_some() {
                format!("container {user_id} is using its referenced image {short}")
            } else {
                format!("image is being used by running container {user_id}")
            };
            return Err(Fail::Daemon(format!("conflict: {by} {what}{must} - {is}")));
        }
        if last && !force {
            let text = match &named {
                Some(_) => format!(
                    "conflict: unable to remove repository reference \"{word}\" (must force) - container \
                     {user_id} is using its referenced image {short}"
                ),
                None => format!(
                    "conflict: unable to delete {short} (must be forced) - image is being used by stopped \
                     container {user_id}"
                ),
            };
            return Err(Fail::Daemon(text));
        }
    }
    if named.is_none() && tags.len() > 1 && !force {
        return Err(Fail::Daemon(format!(
            "conflict: unable to delete {short} (must be forced) - image is referenced in multiple repositories"
        )));
    }
    let going: Vec<String> = match &named {
        Some(name) if tags.len() > 1 => vec![name.clone()],
        Some(name) => [name.clone()].into_iter().chain(digests).collect(),
        None => tags.iter().cloned().chain(digests).collect(),
    };
    for name in &going {
        engine.untag(ctx.sys, name)?;
        ctx.line(format!("Untagged: {name}"));
    }
    if engine.tags(ctx.sys, image.id).is_empty() && users.is_empty() {
        for gone in engine.forget_image(ctx.sys, &image)? {
            ctx.line(format!("Deleted: {gone}"));
        }
    }
    Ok(())
}

pub fn prune(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let used: Vec<String> = engine.containers(ctx.sys).into_iter().map(|it| it.image).collect();
    let before = disk(ctx, engine);
    let mut lines = Vec::new();
    for image in engine.images(ctx.sys) {
        let tags = engine.tags(ctx.sys, image.id);
        if used.contains(&image.id.to_string()) || (!args.has("all") && !tags.is_empty()) {
            continue;
        }
        for name in tags.into_iter().chain(engine.digests(ctx.sys, image.id)) {
            engine.untag(ctx.sys, &name)?;
            lines.push(format!("untagged: {name}"));
        }
        for gone in engine.forget_image(ctx.sys, &image)? {
            lines.push(format!("deleted: {gone}"));
        }
    }
    if !lines.is_empty() {
        ctx.line("Deleted Images:");
        lines.into_iter().for_each(|line| ctx.line(line));
        ctx.line("");
    }
    let freed = human::size(before.saturating_sub(disk(ctx, engine)));
    ctx.line(format!("Total reclaimed space: {freed}"));
    Ok(Next::Exit(0))
}

/// Bytes of all layers.
fn disk(ctx: &mut Ctx<'_>, engine: &Engine) -> u64 {
    engine.layers(ctx.sys).iter().map(|it| it.size).sum()
}
