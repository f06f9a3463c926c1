//! Archives of the host: files, compressed files, folders.

use super::print::Failure;
use layerglass::oci::error::{Error, Result as OciResult};
use layerglass::oci::layout::{self, Found};
use layerglass::oci::open::{Archive, Opening, Scratch};
use layerglass::oci::package::Package;
use layerglass::oci::scan::{Image, Scan};
use layerglass::oci::source::{Part, Source};
use layerglass::tar::name;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// An archive, and which image of it is meant.
pub struct Opened {
    pub archive: Archive,
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
            Ok(file) if file.metadata().is_ok_and(|it| !it.is_file()) => {
                return Err(Error::new(name, "is no regular file"));
            }
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
    let archive = if path.is_dir() {
        let package: Box<dyn Package> = Box::new(Folder(path.to_owned()));
        let contents = layout::find(package.as_ref()).map_err(|err| failed(&err))?;
        Archive { package, contents }
    } else {
        let file = File::open(path).map_err(|err| failed(&reason(&err)))?;
        let source = disk(file).map_err(|err| failed(&err))?;
        let opening = Opening::new(source, temporary).map_err(|err| failed(&err))?;
        opening.finish().map_err(|err| failed(&err))?
    };
    Ok(Opened { archive, tag, name: name.to_owned() })
}

/// An error of the host without its number.
fn reason(err: &io::Error) -> String {
    match err.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => err.to_string(),
    }
}

/// What is packed as a whole is unpacked into a temporary file without a name.
struct Temporary(BufWriter<File>);

impl Scratch for Temporary {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }
    fn source(self: Box<Self>) -> io::Result<Arc<dyn Source>> {
        disk(self.0.into_inner().map_err(io::IntoInnerError::into_error)?)
    }
}

fn temporary() -> io::Result<Box<dyn Scratch>> {
    Ok(Box::new(Temporary(BufWriter::with_capacity(256 << 10, scratch()?))))
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

/// The one image that an argument means, read.
pub fn image(argument: &str, platform: Option<&str>) -> Result<Image, Failure> {
    let Opened { archive, tag, name } = archive(argument)?;
    for note in &archive.contents.notes {
        eprintln!("layerglass image: {name}: {note}");
    }
    let found = archive.contents.one(tag.as_deref(), platform);
    let found = found.map_err(|err| Failure::of(&name, &err))?;
    scan(&name, archive.package.as_ref(), found.clone())
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
