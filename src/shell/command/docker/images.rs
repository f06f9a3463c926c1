//! `docker pull`, `images`, `history`, `tag`, `rmi`, `image prune`.

use super::args::Args;
use super::cli::{Done, Fail};
use super::json::Json;
use super::system::{asked, no_filters};
use super::{Next, format};
use crate::oci::digest::Digest;
use crate::oci::engine::Engine;
use crate::oci::engine::events::Attributes;
use crate::oci::engine::images::Local;
use crate::oci::engine::reference::Reference;
use crate::oci::engine::remote::Remote;
use crate::oci::engine::transfer::Pulled;
use crate::oci::history as rows;
use crate::oci::human;
use crate::shell::command::ctx::Ctx;
use crate::shell::command::exec;

mod tree;

/// The name of an image, or why it is none.
pub fn reference(text: &str) -> Result<Reference, Fail> {
    Reference::parse(text).map_err(Fail::Client)
}

pub fn pull(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let quiet = args.has("quiet");
    let word = &args.words[0];
    let name = reference(word)?;
    if args.has("all-tags") {
        return pull_all(ctx, engine, &name, quiet);
    }
    let bare = word.rsplit('/').next().is_some_and(|it| !it.contains([':', '@']));
    if !quiet && bare {
        ctx.line("Using default tag: latest");
    }
    fetch(ctx, engine, &name, quiet, false)?;
    ctx.line(name.full());
    Ok(Next::Exit(0))
}

fn pull_all(ctx: &mut Ctx<'_>, engine: &Engine, name: &Reference, quiet: bool) -> Done {
    let remote = Remote::of(name.host())?;
    let mut news = false;
    for tag in remote.tags(ctx.sys, &name.path()) {
        let name = Reference { tag, ..name.clone() };
        let pulled = fetch_from(ctx, engine, &remote, &name, quiet, false)?;
        told(ctx, engine, pulled.id, &name, "pull");
        news |= !pulled.known;
    }
    if !quiet {
        let what = if news { "Downloaded newer image for" } else { "Image is up to date for" };
        ctx.line(format!("Status: {what} {}", name.repository));
    }
    ctx.line(name.full_repository());
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
    let remote = Remote::of(name.host())?;
    let pulled = fetch_from(ctx, engine, &remote, name, quiet, aside)?;
    told(ctx, engine, pulled.id, name, "pull");
    let what = match pulled.known {
        true => "Image is up to date for",
        false => "Downloaded newer image for",
    };
    say(ctx, quiet, aside, format!("Status: {what} {name}"));
    Ok(pulled.id)
}

/// The daemon remembers what came from a registry, and what went there, by its name.
fn told(ctx: &mut Ctx<'_>, engine: &Engine, id: Digest, name: &Reference, action: &str) {
    let labels = engine.image(ctx.sys, id).and_then(|it| it.config.config.labels);
    let mut all: Attributes = labels.unwrap_or_default();
    all.insert("name".to_owned(), name.repository.clone());
    engine.tell(ctx.sys, ("image", action), &name.to_string(), &all);
}

fn say(ctx: &mut Ctx<'_>, quiet: bool, aside: bool, line: String) {
    match (quiet, aside) {
        (true, _) => {}
        (false, true) => ctx.err(line + "\n"),
        (false, false) => ctx.line(line),
    }
}

fn fetch_from(
    ctx: &mut Ctx<'_>,
    engine: &Engine,
    remote: &Remote,
    name: &Reference,
    quiet: bool,
    aside: bool,
) -> Result<Pulled, Fail> {
    let path = name.path();
    let Some(offer) = remote.manifest(ctx.sys, name) else {
        let known = remote.knows(ctx.sys, &path) || !remote.is_hub();
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
    let tag = if name.digest.is_some() { name.to_string() } else { name.tag.clone() };
    say(ctx, quiet, aside, format!("{tag}: Pulling from {path}"));
    let mut news: Vec<(String, String)> = Vec::new();
    let mut tell = |layer: &str, what: &str| news.push((layer.to_owned(), what.to_owned()));
    let pulled = engine.pull(ctx.sys, remote, name, &offer, &exec::image, &mut tell)?;
    report(ctx, quiet, aside, &news);
    say(ctx, quiet, aside, format!("Digest: {}", pulled.digest));
    Ok(pulled)
}

/// What became of the layers. On a terminal there is one line a layer, which is rewritten in place: what
/// stays to be seen is the last.
fn report(ctx: &mut Ctx<'_>, quiet: bool, aside: bool, news: &[(String, String)]) {
    for (at, (layer, what)) in news.iter().enumerate() {
        let later = news[at + 1..].iter().any(|it| it.0 == *layer);
        if !(ctx.tty && later) {
            say(ctx, quiet, aside, format!("{layer}: {what}"));
        }
    }
}

pub fn push(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let quiet = args.has("quiet");
    let word = &args.words[0];
    let name = reference(word)?;
    let bare = word.rsplit('/').next().is_some_and(|it| !it.contains([':', '@']));
    let all = args.has("all-tags");
    if all && !bare {
        return Err(Fail::Client("tag can't be used with --all-tags/-a".to_owned()));
    }
    if bare && !all && !quiet {
        ctx.line("Using default tag: latest");
    }
    let tags: Vec<Reference> = match all {
        false => vec![name.clone()],
        true => {
            let tags = engine.repository_tags(ctx.sys, &name.repository).into_iter();
            tags.map(|tag| Reference { tag, ..name.clone() }).collect()
        }
    };
    say(ctx, quiet, false, format!("The push refers to repository [{}]", name.full_repository()));
    let repository = engine.repository_tags(ctx.sys, &name.repository);
    if repository.is_empty() {
        let shown = &name.repository;
        let text = format!("An image does not exist locally with the tag: {shown}");
        return Err(Fail::Client(text));
    }
    for name in tags {
        let missing = || Fail::Client(format!("tag does not exist: {name}"));
        if !repository.contains(&name.tag) {
            return Err(missing());
        }
        let image = engine.find_image(ctx.sys, &name.to_string()).ok_or_else(missing)?;
        let mut news: Vec<(String, String)> = Vec::new();
        let mut tell = |layer: &str, what: &str| news.push((layer.to_owned(), what.to_owned()));
        let done = engine.push(ctx.sys, &image, &name, &exec::image, &mut tell);
        report(ctx, quiet, false, &news);
        let (digest, size) = done.map_err(|failure| Fail::Client(failure.0))?;
        told(ctx, engine, image.id, &name, "push");
        say(ctx, quiet, false, format!("{}: digest: {digest} size: {size}", name.tag));
    }
    if quiet {
        let shown = if all { name.full_repository() } else { name.full() };
        ctx.line(shown);
    }
    Ok(Next::Exit(0))
}

/// The image that a word means, or what the daemon says.
pub fn find(ctx: &mut Ctx<'_>, engine: &Engine, text: &str) -> Result<Local, Fail> {
    let found = engine.find_image(ctx.sys, text);
    found.ok_or_else(|| {
        let shown = Reference::parse(text).map_or(text.to_owned(), |it| it.to_string());
        Fail::Daemon(format!("No such image: {shown}"))
    })
}

/// What `--filter` keeps.
#[derive(Default)]
struct Filters {
    dangling: Option<bool>,
    references: Vec<String>,
    labels: Vec<String>,
    /// Seconds since 1970.
    before: Option<i64>,
    since: Option<i64>,
}

impl Filters {
    fn read(ctx: &mut Ctx<'_>, engine: &Engine, words: &[String]) -> Result<Filters, Fail> {
        let mut all = Filters::default();
        for word in words {
            let (key, value) = filter(word)?;
            let created = |ctx: &mut Ctx<'_>| -> Result<Option<i64>, Fail> {
                let image = find(ctx, engine, value)?;
                Ok(image.config.created.as_deref().and_then(human::parse_time))
            };
            match key {
                "dangling" => all.dangling = Some(value == "true" || value == "1"),
                "reference" => all.references.push(value.to_owned()),
                "label" => all.labels.push(value.to_owned()),
                "before" => all.before = created(ctx)?,
                "since" => all.since = created(ctx)?,
                _ => return Err(Fail::Daemon(format!("invalid filter '{key}'"))),
            }
        }
        Ok(all)
    }

    fn pass(&self, image: &Local) -> bool {
        let created = image.config.created.as_deref().and_then(human::parse_time).unwrap_or(0);
        let labels = image.config.config.labels.clone().unwrap_or_default();
        self.before.is_none_or(|it| created < it)
            && self.since.is_none_or(|it| created > it)
            && self.labels.iter().all(|label| match label.split_once('=') {
                Some((key, value)) => labels.get(key).is_some_and(|it| it == value),
                None => labels.contains_key(label),
            })
    }
}

/// `key=value` of a `--filter`.
pub fn filter(word: &str) -> Result<(&str, &str), Fail> {
    word.split_once('=').ok_or_else(|| {
        Fail::Usage(format!(
            "invalid argument \"{word}\" for \"-f, --filter\" flag: bad format of filter (expected name=value)"
        ))
    })
}

/// `app*:1*`: a pattern over a whole name, or over the repository when it has no tag. No star goes over a
/// slash.
fn pattern_matches(pattern: &str, tag: &str, repository: &str) -> bool {
    let text = if pattern.contains(':') { tag } else { repository };
    fn fits(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.first(), text.first()) {
            (None, None) => true,
            (Some(b'*'), _) => {
                fits(&pattern[1..], text)
                    || text.first().is_some_and(|&b| b != b'/') && fits(pattern, &text[1..])
            }
            (Some(b'?'), Some(&b)) if b != b'/' => fits(&pattern[1..], &text[1..]),
            (Some(a), Some(b)) if a == b => fits(&pattern[1..], &text[1..]),
            _ => false,
        }
    }
    fits(pattern.as_bytes(), text.as_bytes())
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
    let created = |it: &Local| it.config.created.as_deref().and_then(human::parse_instant);
    images.sort_by(|a, b| created(b).cmp(&created(a)).then_with(|| a.id.cmp(&b.id)));
    let wanted = args.words.first();
    let filters = Filters::read(ctx, engine, &args.values("filter"))?;
    images.retain(|image| filters.pass(image));
    let parents: Vec<String> =
        images.iter().filter_map(|it| engine.image_metadata(ctx.sys, it.id, "parent")).collect();
    for image in images {
        let digests = engine.digests(ctx.sys, image.id);
        let tags = engine.tags(ctx.sys, image.id);
        if filters.dangling.is_some_and(|is| is != tags.is_empty()) {
            continue;
        }
        if tags.is_empty() && wanted.is_none() && filters.references.is_empty() {
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
            let matches = wanted.into_iter().chain(&filters.references).all(|it| {
                *it == name.repository || *it == tag || pattern_matches(it, &tag, &name.repository)
            });
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
    if args.has("tree") {
        return tree::print(ctx, engine, &rows);
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
            (
                "CreatedAt",
                human::go_time(&human::whole_seconds(
                    row.image.config.created.as_deref().unwrap_or_default(),
                )),
            ),
            ("Containers", "N/A".to_owned()),
            ("SharedSize", "N/A".to_owned()),
            ("UniqueSize", "N/A".to_owned()),
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
                row.created_at = human::whole_seconds(&row.created_at);
                let mut object = Json::of(&row);
                if let Json::Map(pairs) = &mut object {
                    pairs.sort_by(|a, b| a.0.cmp(&b.0));
                }
                let line = match format {
                    "json" => object.escaped(),
                    format => format::apply(format, &object)?,
                };
                ctx.line(line);
            }
        }
        None => ctx.out(rows::table(&found, full)),
    }
    Ok(Next::Exit(0))
}

pub fn tag(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let target = &args.words[1];
    let name = Reference::parse(target).map_err(|why| {
        Fail::Client(format!(
            "Error parsing reference: \"{target}\" is not a valid repository/tag: {why}"
        ))
    })?;
    let image = find(ctx, engine, &args.words[0])?;
    engine.name_image(ctx.sys, &name, image.id)?;
    Ok(Next::Exit(0))
}

pub fn remove(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let mut status = 0;
    for word in &args.words {
        if let Err(fail) = remove_one(ctx, engine, word, args.has("force")) {
            ctx.flush();
            ctx.err(fail.line() + "\n");
            status = 1;
        }
    }
    Ok(Next::Exit(status))
}

fn remove_one(ctx: &mut Ctx<'_>, engine: &Engine, word: &str, force: bool) -> Result<(), Fail> {
    let image = find(ctx, engine, word)?;
    let short = image.id.short();
    let all = engine.references(ctx.sys, image.id);
    let named = Reference::parse(word).ok().map(|it| it.to_string()).filter(|it| all.contains(it));
    let users = engine.users(ctx.sys, image.id);
    if let Some(name) = named {
        if let (Some(user), false, 1) = (users.last(), force, all.len()) {
            return Err(Fail::Daemon(format!(
                "conflict: unable to remove repository reference \"{word}\" (must force) - container {} is \
                 using its referenced image {short}",
                &user.id[..12]
            )));
        }
        untag(ctx, engine, &name)?;
        // Names by digest go with the last tag of their repository.
        let repository = name.split_once('@').map_or(name.rsplit_once(':'), Some);
        let repository = repository.map_or("", |it| it.0).to_owned();
        let of_it = |it: &String| {
            it.strip_prefix(&repository)
                .is_some_and(|rest| rest.starts_with([':', '@']) && !rest.contains('/'))
        };
        let left = engine.references(ctx.sys, image.id);
        if !left.iter().any(|it| of_it(it) && !it.contains('@')) {
            for digest in left.iter().filter(|it| of_it(it)) {
                untag(ctx, engine, digest)?;
            }
        }
        if !engine.references(ctx.sys, image.id).is_empty() {
            return Ok(());
        }
        // Who still needs it keeps it, without a word.
        if engine.needs(ctx.sys, image.id).is_some() {
            return Ok(());
        }
    } else {
        let repositories: std::collections::BTreeSet<&str> = all
            .iter()
            .filter_map(|it| it.split_once('@').or_else(|| it.rsplit_once(':')).map(|it| it.0))
            .collect();
        if repositories.len() > 1 && !force {
            return Err(Fail::Daemon(format!(
                "conflict: unable to delete {short} (must be forced) - image is referenced in multiple \
                 repositories"
            )));
        }
        if let Some((why, hard)) = engine.needs(ctx.sys, image.id)
            && (hard || !force)
        {
            let may = if hard { "cannot be forced" } else { "must be forced" };
            let text = format!("conflict: unable to delete {short} ({may}) - {why}");
            return Err(Fail::Daemon(text));
        }
        for name in &all {
            untag(ctx, engine, name)?;
        }
    }
    for gone in engine.forget_image(ctx.sys, &image)? {
        ctx.line(format!("Deleted: {gone}"));
    }
    Ok(())
}

fn untag(ctx: &mut Ctx<'_>, engine: &Engine, name: &str) -> Result<(), Fail> {
    engine.untag(ctx.sys, name)?;
    ctx.line(format!("Untagged: {name}"));
    Ok(())
}

pub fn prune(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    no_filters(args)?;
    let what = match args.has("all") {
        true => "all images without at least one container associated to them",
        false => "all dangling images",
    };
    if let Some(next) = asked(args, &format!("WARNING! This will remove {what}.\n")) {
        return Ok(next);
    }
    let freed = sweep(ctx, engine, args.has("all"))?;
    ctx.line(format!("Total reclaimed space: {}", human::size_with(freed, 4)));
    Ok(Next::Exit(0))
}

/// Removes images that nobody needs, and says which; the bytes.
pub fn sweep(ctx: &mut Ctx<'_>, engine: &Engine, all: bool) -> Result<u64, Fail> {
    let used: Vec<String> = engine.containers(ctx.sys).into_iter().map(|it| it.image).collect();
    let before = disk(ctx, engine);
    let mut lines = Vec::new();
    // What others stand on loses its names first, so that it goes with the last of them.
    let mut images = engine.images(ctx.sys);
    images.sort_by_key(|it| engine.children(ctx.sys, it.id).is_empty());
    for image in images {
        let tags = engine.tags(ctx.sys, image.id);
        let gone = engine.image(ctx.sys, image.id).is_none();
        let stands = !engine.children(ctx.sys, image.id).is_empty();
        if gone
            || stands && tags.is_empty()
            || used.contains(&image.id.to_string())
            || (!all && !tags.is_empty())
        {
            continue;
        }
        for name in tags.into_iter().chain(engine.digests(ctx.sys, image.id)) {
            engine.untag(ctx.sys, &name)?;
            lines.push(format!("untagged: {name}"));
        }
        if stands {
            continue;
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
    Ok(before.saturating_sub(disk(ctx, engine)))
}

/// Bytes of all layers.
fn disk(ctx: &mut Ctx<'_>, engine: &Engine) -> u64 {
    engine.layers(ctx.sys).iter().map(|it| it.size).sum()
}
