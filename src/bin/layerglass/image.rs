//! `layerglass image`: what is in an archive of images, without a daemon.

#[path = "image/open.rs"]
mod open;
#[path = "image/print.rs"]
mod print;

use clap::Subcommand;
use layerglass::oci::scan::Image;
use layerglass::oci::tree::Tree;
use layerglass::oci::{compare, dockerfile_of, history, inspect, secrets, waste};
use open::Opened;
use print::{Failure, Out};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(clap::Args)]
#[command(
    after_help = "ARCHIVE is a docker-archive or an OCI layout, as tar (also gzipped) or folder; \
ARCHIVE#NAME:TAG picks one of several images. The exit status is 1 when an archive cannot be read."
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
        Command::Files { common, layer, changes, trace } => {
            each(common, &mut out, |image, out| match trace {
                Some(path) => print::trace(image, path, common.json, out),
                None if *changes => print::changes(image, *layer, common.json, out),
                None => files(image, *layer, common.json, out),
            })
        }
        Command::Waste { common, all } => each(common, &mut out, |image, out| {
            print::waste(&waste::find(&image.layers), image, *all, common.json, out)
        }),
        Command::Secrets { common } => each(common, &mut out, |image, out| {
            print::secrets(&secrets::report(&image.layers, &image.secrets), image, common.json, out)
        }),
        Command::Diff { common } => diff(common, &mut out),
        Command::Save { archive, output } => print::save(archive, output),
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
        let image = open::image(archive)?;
        out.title(common, archive)?;
        show(&image, out)?;
    }
    Ok(())
}

fn ls(common: &Common, layers: bool, out: &mut Out) -> Result<(), Failure> {
    let mut images = Vec::new();
    for archive in &common.archives {
        let Opened { package, contents, tag, name } = open::archive(archive)?;
        for found in open::chosen(&contents, tag.as_deref()) {
            images.push(open::scan(&name, package.as_ref(), found.clone())?);
        }
        for note in &contents.notes {
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
        return out.text(&dockerfile_of::text(&rows));
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
        let image = open::image(archive)?;
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

fn diff(common: &Common, out: &mut Out) -> Result<(), Failure> {
    let images = common.archives.iter().map(|it| open::image(it));
    let images = images.collect::<Result<Vec<Image>, Failure>>()?;
    match &images[..] {
        [one] => print::changes(one, None, common.json, out),
        [old, new] => {
            let found = compare::trees(&Tree::of(&old.layers), &Tree::of(&new.layers));
            print::differences(&found, common.json, out)
        }
        _ => Err(Failure::usage("diff takes one or two archives")),
    }
}
