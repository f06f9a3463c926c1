//! Archives of the host: files, compressed files, folders.

use super::print::Failure;
use layerglass::oci::error::{Error, Result as OciResult};
use layerglass::oci::layout::{self, Contents, Found};
use layerglass::oci::package::{Package, TarPackage};
use layerglass::oci::scan::{Image, Scan};
use layerglass::oci::source::{Part, Source};
use layerglass::oci::{compress, source};
use layerglass::tar::name;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// An archive, and which image of it is meant.
pub struct Opened {
    pub package: Box<dyn Package>,
    pub contents: Contents,
    pub tag: Option<String>,
    pub name: String,
}

/// A file of the host.
struct Disk {
    file: Mutex<File>,
    size: u64,
}

impl Source for Disk {
    fn size(&self) -> u64 {
        self.size
    }
    fn read_at(&self, at: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file.lock().map_err(|_| io::Error::other("the file is lost"))?;
        file.seek(SeekFrom::Start(at))?;
        file.read(buf)
    }
}

fn disk(mut file: File) -> io::Result<Arc<dyn Source>> {
    let size = file.seek(SeekFrom::End(0))?;
    Ok(Arc::new(Disk { file: Mutex::new(file), size }))
}

/// A folder of the host that holds the files of an archive.
struct Folder(PathBuf);

impl Package for Folder {
    fn open(&self, name: &str) -> OciResult<Option<Part>> {
        let inside = name::below_root(name.as_bytes()).map_err(|why| Error::new(name, why))?;
        if inside != name.as_bytes() {
            return Err(Error::new(name, "is no name of a file in the folder"));
        }
        match File::open(self.0.join(name)) {
            Ok(file) => disk(file).map(|it| Some(Part::whole(it))),
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(err) => Err(err),
        }
        .map_err(|err| Error::new(name, err))
    }
}

/// Opens what an argument names.
pub fn archive(argument: &str) -> Result<Opened, Failure> {
    let (name, tag) = match argument.rsplit_once('#') {
        Some((name, tag)) if !Path::new(argument).exists() => (name, Some(tag.to_owned())),
        _ => (argument, None),
    };
    let failed = |why: &dyn std::fmt::Display| Failure::of(name, why);
    let path = Path::new(name);
    let package: Box<dyn Package> = if path.is_dir() {
        Box::new(Folder(path.to_owned()))
    } else {
        let file = File::open(path).map_err(|err| failed(&reason(&err)))?;
        let source = unpacked(file).map_err(|err| failed(&err))?;
        Box::new(TarPackage::open(source).map_err(|err| failed(&err))?)
    };
    let contents = layout::find(package.as_ref()).map_err(|err| failed(&err))?;
    Ok(Opened { package, contents, tag, name: name.to_owned() })
}

/// An error of the host without its number.
fn reason(err: &io::Error) -> String {
    match err.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => err.to_string(),
    }
}

/// The file itself, or what is packed in it, in a temporary file without a name.
fn unpacked(file: File) -> io::Result<Arc<dyn Source>> {
    let source = disk(file)?;
    let part = Part::whole(source.clone());
    let packed = compress::detect(&part.peek(6)?).map_err(|name| {
        let why = format!("the archive is packed with {name}; gzip and zstd are read");
        io::Error::new(io::ErrorKind::InvalidData, why)
    })?;
    if packed == compress::Compression::None {
        return Ok(source);
    }
    let mut scratch = scratch()?;
    let most = layerglass::limits::IMAGE_LAYER_MAX;
    let mut bytes = compress::Unpacked::new(source::Part::whole(source), packed).take(most + 1);
    let count = io::copy(&mut bytes, &mut scratch)?;
    if count > most {
        let why = format!("the archive unpacks to more than {} GiB", most >> 30);
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    scratch.flush()?;
    disk(scratch)
}

/// A file that is gone when it is closed.
fn scratch() -> io::Result<File> {
    for attempt in 0..100 {
        let name = format!("layerglass-{}-{attempt}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let opened = File::options().read(true).write(true).create_new(true).open(&path);
        match opened {
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
            Err(err) => return Err(err),
            Ok(file) => {
                // Where open files cannot be removed it stays until the system clears its folder.
                let _ = fs::remove_file(&path);
                return Ok(file);
            }
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// The images that a tag means; all without one.
pub fn chosen<'a>(contents: &'a Contents, tag: Option<&str>) -> Vec<&'a Found> {
    let Some(tag) = tag else { return contents.images.iter().collect() };
    let latest = format!("{tag}:latest");
    let is_meant = |found: &&Found| {
        let by_id = tag.len() >= 6 && found.id.hex().starts_with(tag.trim_start_matches("sha256:"));
        by_id || found.tags.iter().any(|it| it == tag || *it == latest)
    };
    contents.images.iter().filter(is_meant).collect()
}

/// The one image that an argument means, read.
pub fn image(argument: &str) -> Result<Image, Failure> {
    let Opened { package, contents, tag, name } = archive(argument)?;
    for note in &contents.notes {
        eprintln!("layerglass image: {name}: {note}");
    }
    let found = chosen(&contents, tag.as_deref());
    match found[..] {
        [one] => scan(&name, package.as_ref(), one.clone()),
        [] => Err(Failure::of(
            &name,
            &format!("no image {}; there are: {}", tag.unwrap_or_default(), names(&contents)),
        )),
        _ => Err(Failure::of(
            &name,
            &format!("several images, choose one with {name}#NAME:TAG: {}", names(&contents)),
        )),
    }
}

fn names(contents: &Contents) -> String {
    let name = |found: &Found| match &found.tags[..] {
        [] => found.id.short(),
        tags => tags.join(", "),
    };
    contents.images.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// Reads the layers; oddities go to standard error.
pub fn scan(name: &str, package: &dyn Package, found: Found) -> Result<Image, Failure> {
    let image = Scan::new(package, found).and_then(Scan::finish);
    let image = image.map_err(|err| Failure::of(name, &err))?;
    for note in image.notes.iter().take(20) {
        eprintln!("layerglass image: {name}: {note}");
    }
    if image.notes.len() > 20 {
        eprintln!("layerglass image: {name}: {} more like these", image.notes.len() - 20);
    }
    Ok(image)
}
