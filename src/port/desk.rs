//! The desk: archives that a reader opened, beside the machine and not in it. What is opened is read
//! in slices; questions about images that are open are answered at once.

use super::archive::{Ask, Line, Look, Tell};
use crate::oci::analysis::Analysis;
use crate::oci::error::{Error, Result};
use crate::oci::export::{self, LayerBytes, Outgoing};
use crate::oci::layout::Found;
use crate::oci::open::{Archive, Opening, Scratch};
use crate::oci::scan::Scan;
use crate::oci::source::Source;
use crate::survey::{Filter, Kind, Place, Row, Scope, Sort};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, Read, Write};
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// Bytes that one slice reads: some hundredths of a second.
const SLICE: u64 = 6 << 20;
/// Bytes of a file that are shown.
const PREVIEW: usize = 64 << 10;
/// Bytes of a piece on its way to the host.
const PIECE: usize = 1 << 20;
/// Wasted files and differences that are told: the largest, the first.
const LIST_MAX: usize = 2_000;
/// Unpacked bytes of an image that may be put into the machine, where they lie in memory.
pub const PUT_MAX: u64 = 256 << 20;

/// Makes room at the host for an archive that is packed as a whole.
pub type ScratchMaker = fn() -> io::Result<Box<dyn Scratch>>;

/// Takes a piece of a file: its bytes, how many were taken with it, and how many there will be (0: it
/// is not known).
pub type Pieces<'a> = dyn FnMut(Vec<u8>, u64, u64) + 'a;

/// What is on the desk.
#[derive(Default)]
pub struct Desk {
    lent: BTreeMap<u32, Arc<dyn Source>>,
    scratch: Option<ScratchMaker>,
    images: Vec<Option<Analysis>>,
    job: Option<Job>,
    /// Rows of the tree that was last asked for.
    tree: Option<(u32, Scope, Look, Vec<Line>)>,
}

/// An archive that is being opened, by the request with this number.
struct Job {
    id: u32,
    stage: Stage,
}

enum Stage {
    /// The file has not been lent yet.
    Waiting(u32),
    Opening(Box<Opening>),
    Scanning(Box<Scanning>),
}

struct Scanning {
    archive: Archive,
    left: VecDeque<Found>,
    /// The image that is being read; none once all are.
    scan: Option<Scan>,
    layers: u32,
    done: Vec<Analysis>,
    /// Bytes of the images before this one, and of all.
    before: u64,
    total: u64,
}

/// What a host gets of a slice: the request, and the answers; whether that was all.
pub type Slice = (u32, Vec<Tell>, bool);

impl Desk {
    pub fn lend(&mut self, file: u32, source: Arc<dyn Source>) {
        self.lent.insert(file, source);
    }

    pub fn with_scratch(&mut self, make: ScratchMaker) {
        self.scratch = Some(make);
    }

    /// There is something to go on with.
    pub fn is_busy(&self) -> bool {
        match &self.job {
            Some(Job { stage: Stage::Waiting(file), .. }) => self.lent.contains_key(file),
            Some(_) => true,
            None => false,
        }
    }

    /// Begins to open a file; what was being opened is given up, and its request is told.
    pub fn open(&mut self, id: u32, file: u32) -> Option<Slice> {
        let before = self.cancel();
        self.job = Some(Job { id, stage: Stage::Waiting(file) });
        before
    }

    /// Gives up what is being opened.
    pub fn cancel(&mut self) -> Option<Slice> {
        self.job.take().map(|job| (job.id, vec![Tell::Cancelled], true))
    }

    /// Goes on for a slice.
    pub fn slice(&mut self) -> Option<Slice> {
        if !self.is_busy() {
            return None;
        }
        let Job { id, stage } = self.job.take()?;
        Some(match self.step(stage) {
            Ok((Some(stage), tell)) => {
                self.job = Some(Job { id, stage });
                (id, vec![tell], false)
            }
            Ok((None, tell)) => (id, vec![tell], true),
            Err(why) => (id, vec![Tell::Refused { message: why.to_string() }], true),
        })
    }

    fn step(&mut self, stage: Stage) -> Result<(Option<Stage>, Tell)> {
        let progress = |done, total, layer, layers| Tell::Progress { done, total, layer, layers };
        match stage {
            Stage::Waiting(file) => {
                let source = self.lent.get(&file).cloned();
                let source = source.ok_or_else(|| Error::new("", "the file is not there"))?;
                let total = source.size();
                let make = self.scratch;
                let opening = Opening::new(source, || match make {
                    Some(make) => make(),
                    None => Ok(Box::new(Vec::new()) as Box<dyn Scratch>),
                })?;
                Ok((Some(Stage::Opening(Box::new(opening))), progress(0, total, 0, 0)))
            }
            Stage::Opening(mut opening) => {
                let archive = opening.step(SLICE)?;
                let (done, total) = opening.progress();
                let Some(archive) = archive else {
                    return Ok((Some(Stage::Opening(opening)), progress(done, total, 0, 0)));
                };
                let mut scanning = Scanning::new(archive)?;
                let tell = scanning.progress();
                Ok((Some(Stage::Scanning(Box::new(scanning))), tell))
            }
            Stage::Scanning(mut scanning) => {
                if !scanning.step()? {
                    let tell = scanning.progress();
                    return Ok((Some(Stage::Scanning(scanning)), tell));
                }
                let Scanning { archive, done, .. } = *scanning;
                let first = self.images.len() as u32;
                let images = (first..).zip(done.iter().map(Analysis::summary)).collect();
                self.images.extend(done.into_iter().map(Some));
                Ok((None, Tell::Opened { images, notes: archive.contents.notes }))
            }
        }
    }

    fn image(&self, number: u32) -> Result<&Analysis> {
        let image = self.images.get(number as usize).and_then(Option::as_ref);
        image.ok_or_else(|| Error::new("", "the image is not open"))
    }

    /// Answers a question about images that are open.
    pub fn answer(&mut self, ask: Ask, pieces: &mut Pieces<'_>) -> Option<Tell> {
        let done = self.try_to_answer(ask, pieces);
        done.unwrap_or_else(|why| Some(Tell::Refused { message: why.to_string() }))
    }

    fn try_to_answer(&mut self, ask: Ask, pieces: &mut Pieces<'_>) -> Result<Option<Tell>> {
        Ok(Some(match ask {
            // Not about images that are open: `Server` sees to them.
            Ask::Open { .. } | Ask::Cancel | Ask::Put { .. } => return Ok(None),
            Ask::Close { image } => {
                if let Some(it) = self.images.get_mut(image as usize) {
                    *it = None;
                }
                self.tree = None;
                return Ok(None);
            }
            Ask::Rows { image, scope, look, skip, limit } => {
                self.rows(image, scope, look, skip, limit)?
            }
            Ask::Versions { image, path } => {
                let versions = self.image(image)?.versions(&path);
                Tell::Versions { path, versions }
            }
            Ask::Preview { image, place } => {
                let preview = self.image(image)?.preview(place, 0, PREVIEW)?;
                Tell::Preview { place, preview }
            }
            Ask::Difference { old: (a, old), new: (b, new) } => {
                let content = self.image(a)?.content_diff(old, self.image(b)?, new)?;
                Tell::Difference { old, new, content }
            }
            Ask::Findings { image } => {
                let it = self.image(image)?;
                let mut waste = it.waste();
                waste.files.truncate(LIST_MAX);
                let (secrets, dockerfile) = (it.secrets(), it.dockerfile());
                Tell::Findings { image, waste, secrets, dockerfile }
            }
            Ask::Compare { old, new } => {
                let mut comparison = self.image(old)?.compared(self.image(new)?);
                comparison.files.truncate(LIST_MAX);
                Tell::Compared { old, new, comparison }
            }
            Ask::Fetch { image, place } => {
                self.fetch(image, place, pieces)?;
                return Ok(None);
            }
            Ask::Export { image } => {
                let total = self.unpacked(image)?;
                let mut out = Out { buf: Vec::new(), done: 0, total, pieces };
                self.write(image, &mut out)?;
                out.flush().map_err(|err| Error::new("", err))?;
                return Ok(None);
            }
        }))
    }

    fn fetch(&self, image: u32, place: Place, pieces: &mut Pieces<'_>) -> Result<()> {
        let mut contents = self.image(image)?.contents(place)?;
        let (total, name) = (contents.size(), contents.name().to_owned());
        let mut done = 0;
        loop {
            let mut piece = Vec::new();
            let read = (&mut contents).take(PIECE as u64).read_to_end(&mut piece);
            done += read.map_err(|err| Error::new(&name, err))? as u64;
            let is_last = piece.len() < PIECE;
            pieces(piece, done, total);
            if is_last {
                return Ok(());
            }
        }
    }

    fn unpacked(&self, image: u32) -> Result<u64> {
        let layers = &self.image(image)?.image().layers;
        Ok(layers.iter().fold(0, |sum, it| sum.saturating_add(it.unpacked)))
    }

    fn write(&self, image: u32, out: &mut dyn Write) -> Result<()> {
        let image = self.image(image)?.image();
        let layers = image.layers.iter().map(|it| &**it as &dyn LayerBytes);
        let outgoing = Outgoing {
            config: &image.found.raw,
            tags: &image.found.tags,
            layers: layers.collect(),
        };
        export::archive(&[outgoing], out).map_err(|err| Error::new("", err))
    }

    /// The image as one archive in memory.
    ///
    /// # Errors
    /// One that is too large for that.
    pub fn whole(&self, image: u32) -> Result<Vec<u8>> {
        let size = self.unpacked(image)?;
        if size > PUT_MAX {
            let (has, most) = (size >> 20, PUT_MAX >> 20);
            let why = format!(
                "the layers unpack to {has} MiB; what runs lies in memory, at most {most} MiB of it"
            );
            return Err(Error::new("", why));
        }
        let mut bytes = Vec::new();
        self.write(image, &mut bytes)?;
        Ok(bytes)
    }

    fn rows(
        &mut self,
        number: u32,
        scope: Scope,
        look: Look,
        skip: u32,
        limit: u32,
    ) -> Result<Tell> {
        let no_layer = || Error::new("", "there is no such layer");
        self.image(number)?;
        let of = |lines: Vec<Line>, total, bytes| Tell::Rows {
            image: number,
            scope,
            skip,
            total,
            bytes,
            rows: lines,
        };
        let Some(image) = self.images.get_mut(number as usize).and_then(Option::as_mut) else {
            return Err(no_layer());
        };
        match look {
            Look::List(filter) => {
                let found = image.list(scope, &Filter { skip, limit, ..filter });
                let found = found.ok_or_else(no_layer)?;
                let rows = found.rows.into_iter().map(|row| Line { depth: 0, open: None, row });
                Ok(of(rows.collect(), found.total, found.bytes))
            }
            Look::Tree { open, sort } => {
                let look = Look::Tree { open: open.clone(), sort };
                let known =
                    self.tree.take().filter(|it| (it.0, it.1, &it.2) == (number, scope, &look));
                let lines = match known {
                    Some(known) => known.3,
                    None => {
                        let mut lines = Vec::new();
                        let open: BTreeSet<String> = open.into_iter().collect();
                        branch(image, scope, "", 0, &open, sort, &mut lines)
                            .ok_or_else(no_layer)?;
                        lines
                    }
                };
                let total = lines.len() as u32;
                let bytes = lines.iter().filter(|it| it.depth == 0).map(|it| bytes(&it.row));
                let bytes = bytes.fold(0, u64::saturating_add);
                let some = lines.iter().skip(skip as usize).take(limit as usize).cloned().collect();
                self.tree = Some((number, scope, look, lines));
                Ok(of(some, total, bytes))
            }
        }
    }
}

/// The children of a directory, and those of the open ones among them.
fn branch(
    image: &mut Analysis,
    scope: Scope,
    dir: &str,
    depth: u32,
    open: &BTreeSet<String>,
    sort: Sort,
    out: &mut Vec<Line>,
) -> Option<()> {
    let mut rows = image.directory(scope, dir)?;
    match sort {
        Sort::Path => {}
        Sort::Size => rows.sort_by_key(|it| std::cmp::Reverse(bytes(it))),
        Sort::Kind => rows.sort_by_key(|it| (it.file.kind, std::cmp::Reverse(bytes(it)))),
        Sort::Time => rows.sort_by_key(|it| std::cmp::Reverse(it.file.mtime)),
    }
    for row in rows {
        let is_dir = row.file.kind == Kind::Directory;
        let is_open = is_dir && open.contains(&row.file.path);
        let path = row.file.path.clone();
        out.push(Line { depth, open: is_dir.then_some(is_open), row });
        if is_open {
            branch(image, scope, &path, depth + 1, open, sort, out);
        }
    }
    Some(())
}

/// Bytes of a row with what is below it.
fn bytes(row: &Row) -> u64 {
    let own = if row.file.kind == Kind::Directory { 0 } else { row.file.size };
    own.saturating_add(row.below.bytes)
}

impl Scanning {
    fn new(archive: Archive) -> Result<Scanning> {
        let mut left: VecDeque<Found> = archive.contents.images.iter().cloned().collect();
        let mut total = 0;
        for found in &left {
            total += Scan::new(archive.package.as_ref(), found.clone())?.progress().1;
        }
        let first = left.pop_front().ok_or_else(|| Error::new("", "the archive holds no image"))?;
        let layers = first.layers.len() as u32;
        let scan = Some(Scan::new(archive.package.as_ref(), first)?);
        Ok(Scanning { archive, left, scan, done: Vec::new(), before: 0, total, layers })
    }

    /// Goes on for a slice; `true` when all images are read.
    fn step(&mut self) -> Result<bool> {
        let Some(scan) = &mut self.scan else { return Ok(true) };
        if !scan.step(SLICE)? {
            return Ok(false);
        }
        self.before += scan.progress().1;
        if let Some(scan) = self.scan.take() {
            self.done.push(Analysis::new(scan.into_image()));
        }
        let Some(next) = self.left.pop_front() else { return Ok(true) };
        self.layers = next.layers.len() as u32;
        self.scan = Some(Scan::new(self.archive.package.as_ref(), next)?);
        Ok(false)
    }

    fn progress(&mut self) -> Tell {
        let (done, layer) = match &mut self.scan {
            Some(scan) => (scan.progress().0, scan.at_layer() as u32),
            None => (0, 0),
        };
        let (total, layers) = (self.total, self.layers);
        Tell::Progress { done: self.before + done, total, layer, layers }
    }
}

/// Cuts what is written into pieces.
struct Out<'a, 'b> {
    buf: Vec<u8>,
    done: u64,
    total: u64,
    pieces: &'a mut Pieces<'b>,
}

impl Write for Out<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buf.extend_from_slice(bytes);
        if self.buf.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.buf.is_empty() {
            self.done += self.buf.len() as u64;
            (self.pieces)(std::mem::take(&mut self.buf), self.done, self.total.max(self.done));
        }
        Ok(())
    }
}
