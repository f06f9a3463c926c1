//! `layerglass image`: what is in an archive of images, without a daemon.

#[path = "image/export.rs"]
mod export;
#[path = "image/look.rs"]
mod look;
#[path = "image/open.rs"]
mod open;
#[path = "image/print.rs"]
mod print;

use clap::Subcommand;
use layerglass::oci::analysis::{self, Analysis};
use layerglass::oci::scan::Image;
use layerglass::oci::tree::Tree;
use layerglass::oci::{compare as by_path, dockerfile_of, history, inspect, secrets, waste};
use open::Opened;
use print::{Failure, Out};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(clap::Args)]
#[command(
    after_help = "ARCHIVE is a docker-archive or an OCI layout, as tar (also gzipped) or folder; \
ARCHIVE#NAME:TAG picks one of several images; a digest, its beginning or a platform does too. The exit status is 1 when an archive cannot be read."
)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What every subcommand takes.
#[derive(clap::Args)]
struct Common {
    /// Archives, each maybe with #NAME:TAG
    #[arg(value_name = "ARCHIVE", required = true)]
    archives: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// The image for this platform, such as linux/arm64/v8
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// List the images
    Ls {
        #[command(flatten)]
        common: Common,
        /// List the layers of each image too
        #[arg(long)]
        layers: bool,
    },
    /// Show how an image came to be, as `docker history` does
    History {
        #[command(flatten)]
        common: Common,
        /// Do not shorten anything
        #[arg(long)]
        no_trunc: bool,
        /// Print a Dockerfile instead
        #[arg(long, conflicts_with = "json")]
        dockerfile: bool,
    },
    /// Show all that is known of an image, as `docker image inspect` does
    Inspect {
        #[command(flatten)]
        common: Common,
    },
    /// List the merged files, one path a line
    Files {
        #[command(flatten)]
        common: Common,
        /// Merge only the lowest N layers
        #[arg(long, value_name = "N")]
        layer: Option<usize>,
        /// Print what the layer of --layer (or each layer) changes
        #[arg(long)]
        changes: bool,
        /// Print what each layer does to this path
        #[arg(long, value_name = "PATH", conflicts_with = "changes")]
        trace: Option<String>,
        #[command(flatten)]
        filter: look::FilterArgs,
    },
    /// Draw the tree of merged files, or of what a layer changes
    Tree {
        #[command(flatten)]
        common: Common,
        /// Begin at this directory
        #[arg(long, value_name = "PATH", default_value = "")]
        below: String,
        /// Merge only the lowest N layers
        #[arg(long, value_name = "N")]
        layer: Option<usize>,
        /// Only what that layer adds (+), changes (*) and removes (-)
        #[arg(long)]
        changes: bool,
        /// Go no deeper than this
        #[arg(long, value_name = "N")]
        depth: Option<usize>,
    },
    /// Tell the history of a path through the layers, with differences of its contents
    File {
        /// The archive, maybe with #NAME:TAG
        archive: String,
        path: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// The image for this platform
        #[arg(long, value_name = "OS/ARCH")]
        platform: Option<String>,
    },
    /// Print the contents of a file
    Cat {
        /// The archive, maybe with #NAME:TAG
        archive: String,
        path: String,
        /// As the lowest N layers have it
        #[arg(long, value_name = "N")]
        layer: Option<usize>,
        /// The image for this platform
        #[arg(long, value_name = "OS/ARCH")]
        platform: Option<String>,
    },
    /// Regenerate a Dockerfile from the history
    Dockerfile {
        #[command(flatten)]
        common: Common,
    },
    /// Put two images beside each other: shared layers, settings, files
    Compare {
        #[command(flatten)]
        common: Common,
    },
    /// Show which layers images share and what removing each would free
    Graph {
        #[command(flatten)]
        common: Common,
    },
    /// Show bytes that no container can see, and why
    Waste {
        #[command(flatten)]
        common: Common,
        /// Print all paths, not only the largest twenty
        #[arg(long)]
        all: bool,
    },
    /// Find keys and passwords in the layers, deleted ones too
    Secrets {
        #[command(flatten)]
        common: Common,
    },
    /// Compare two images, or print what each layer of one changes
    Diff {
        #[command(flatten)]
        common: Common,
    },
    /// Write an image as one archive for `docker load` and for tools of OCI
    Save {
        /// The archive, maybe with #NAME:TAG
        archive: String,
        /// The file to write
        #[arg(short, long, value_name = "FILE")]
        output: std::path::PathBuf,
        /// Call it so instead; may be given several times
        #[arg(long, value_name = "NAME:TAG")]
        tag: Vec<String>,
        /// Pack the layers
        #[arg(long, value_name = "HOW", default_value = "none")]
        compress: export::How,
        /// Tell what layers hide in this way; identifiers change if it is another than before
        #[arg(long, value_name = "FORM")]
        marks: Option<export::Form>,
        /// The image for this platform
        #[arg(long, value_name = "OS/ARCH")]
        platform: Option<String>,
    },
    /// Write a layer as a tar
    Layer {
        /// The archive, maybe with #NAME:TAG
        archive: String,
        /// Which, from 1, base first
        #[arg(long, value_name = "N")]
        layer: usize,
        /// The file to write, - for standard output
        #[arg(short, long, value_name = "FILE")]
        output: std::path::PathBuf,
        /// Tell what it hides in this way, instead of byte for byte
        #[arg(long, value_name = "FORM")]
        marks: Option<export::Form>,
        /// The image for this platform
        #[arg(long, value_name = "OS/ARCH")]
        platform: Option<String>,
    },
}

pub fn run(args: &Args) -> ExitCode {
    let mut out = Out::default();
    let done = match &args.command {
        Command::Ls { common, layers } => ls(common, *layers, &mut out),
        Command::History { common, no_trunc, dockerfile } => {
            each(common, &mut out, |image, out| {
                show_history(image, *no_trunc, *dockerfile, common, out)
            })
        }
        Command::Inspect { common } => show_inspect(common, &mut out),
        Command::Files { common, layer, changes, trace, filter } => {
            each(common, &mut out, |image, out| match trace {
                Some(path) => print::trace(image, path, common.json, out),
                None if filter.is_given() => {
                    look::files(image, filter, *layer, *changes, common.json, out)
                }
                None if *changes => print::changes(image, *layer, common.json, out),
                None => files(image, *layer, common.json, out),
            })
        }
        Command::Tree { common, below, layer, changes, depth } => {
            each(common, &mut out, |image, out| {
                let wanted = look::Drawn { below, layer: *layer, changes: *changes, depth: *depth };
                look::tree(image, &wanted, common.json, out)
            })
        }
        Command::File { archive, path, json, platform } => {
            let image = open::image(archive, platform.as_deref());
            image.and_then(|image| look::file(image, path, *json, &mut out))
        }
        Command::Cat { archive, path, layer, platform } => {
            let image = open::image(archive, platform.as_deref());
            image.and_then(|image| look::cat(image, path, *layer, &mut out))
        }
        Command::Dockerfile { common } => each(common, &mut out, |image, out| {
            let text = Analysis::new(image.clone()).dockerfile();
            if common.json { out.json(&text) } else { out.text(&text) }
        }),
        Command::Compare { common } => compare(common, &mut out),
        Command::Graph { common } => graph(common, &mut out),
        Command::Waste { common, all } => each(common, &mut out, |image, out| {
            print::waste(&waste::find(&image.layers), image, *all, common.json, out)
        }),
        Command::Secrets { common } => each(common, &mut out, |image, out| {
            print::secrets(&secrets::report(&image.layers, &image.secrets), image, common.json, out)
        }),
        Command::Diff { common } => diff(common, &mut out),
        Command::Save { archive, output, tag, compress, marks, platform } => {
            open::image(archive, platform.as_deref()).and_then(|mut image| {
                if !tag.is_empty() {
                    image.found.tags.clone_from(tag);
                }
                export::save(&image, *compress, *marks, output)
            })
        }
        Command::Layer { archive, layer, output, marks, platform } => {
            let image = open::image(archive, platform.as_deref());
            image.and_then(|image| export::layer(&image, *layer, *marks, output))
        }
    };
    out.end(done)
}

/// Seconds since 1970, for how long ago something was.
fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |it| i64::try_from(it.as_secs()).unwrap_or(i64::MAX))
}

/// Does something with the image of each archive.
fn each(
    common: &Common,
    out: &mut Out,
    mut show: impl FnMut(&Image, &mut Out) -> Result<(), Failure>,
) -> Result<(), Failure> {
    for archive in &common.archives {
        let image = open::image(archive, common.platform.as_deref())?;
        out.title(common, archive)?;
        show(&image, out)?;
    }
    Ok(())
}

fn ls(common: &Common, layers: bool, out: &mut Out) -> Result<(), Failure> {
    let mut images = Vec::new();
    for archive in &common.archives {
        let Opened { archive, tag, name } = open::archive(archive)?;
        for found in archive.contents.chosen(tag.as_deref(), common.platform.as_deref()) {
            images.push(open::scan(&name, archive.package.as_ref(), found.clone())?);
        }
        for note in &archive.contents.notes {
            eprintln!("layerglass image: {name}: {note}");
        }
    }
    print::images(&images, layers, common.json, now(), out)
}

fn show_history(
    image: &Image,
    full: bool,
    dockerfile: bool,
    common: &Common,
    out: &mut Out,
) -> Result<(), Failure> {
    let sizes: Vec<u64> = image.layers.iter().map(|layer| layer.size).collect();
    let rows = history::rows(&image.found.config, &sizes, &[image.found.id], now())?;
    if dockerfile {
        return out.text(&dockerfile_of::text(&rows, &image.found.config.config));
    }
    if common.json {
        for row in &rows {
            out.json(row)?;
        }
        return Ok(());
    }
    out.text(&history::table(&rows, full))
}

/// One list for all archives, as Docker prints it for several names.
fn show_inspect(common: &Common, out: &mut Out) -> Result<(), Failure> {
    let mut all = Vec::new();
    for archive in &common.archives {
        let image = open::image(archive, common.platform.as_deref())?;
        let size = image.layers.iter().map(|layer| layer.size).sum();
        all.push(inspect::Inspect::new(
            image.found.id,
            &image.found.config,
            &image.found.tags,
            size,
        ));
    }
    out.text(&(inspect::pretty(&all) + "\n"))
}

fn files(image: &Image, layer: Option<usize>, json: bool, out: &mut Out) -> Result<(), Failure> {
    let most = print::layer_number(image, layer)?.unwrap_or(image.layers.len());
    let tree = Tree::of(&image.layers[..most]);
    if json {
        return print::files_json(&tree, out);
    }
    let mut text = Vec::new();
    for name in tree.names() {
        text.extend(name);
        text.push(b'\n');
    }
    out.bytes(&text)
}

fn compare(common: &Common, out: &mut Out) -> Result<(), Failure> {
    let [old, new] = &common.archives[..] else {
        return Err(Failure::usage("compare takes two archives"));
    };
    let platform = common.platform.as_deref();
    let (old, new) = (open::image(old, platform)?, open::image(new, platform)?);
    let found = Analysis::new(old).compared(&Analysis::new(new));
    look::comparison(&found, common.json, out)
}

/// All images of all archives.
fn graph(common: &Common, out: &mut Out) -> Result<(), Failure> {
    let mut sources = Vec::new();
    for argument in &common.archives {
        let Opened { archive, tag, name } = open::archive(argument)?;
        for found in archive.contents.chosen(tag.as_deref(), common.platform.as_deref()) {
            let image = open::scan(&name, archive.package.as_ref(), found.clone())?;
            sources.push(analysis::source(&image));
        }
    }
    look::graph(&analysis::graph(&sources, &[]), common.json, out)
}

fn diff(common: &Common, out: &mut Out) -> Result<(), Failure> {
    let images = common.archives.iter().map(|it| open::image(it, common.platform.as_deref()));
    let images = images.collect::<Result<Vec<Image>, Failure>>()?;
    match &images[..] {
        [one] => print::changes(one, None, common.json, out),
        [old, new] => {
            let found = by_path::trees(&Tree::of(&old.layers), &Tree::of(&new.layers));
            print::differences(&found, common.json, out)
        }
        _ => Err(Failure::usage("diff takes one or two archives")),
    }
}
