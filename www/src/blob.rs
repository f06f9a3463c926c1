//! Files of the reader as the machine reads them: where they lie, piece by piece. In a Worker a browser
//! can read a part of a file at once; nothing of it is kept but the last piece.

use js_sys::{Array, Uint8Array};
use layerglass::oci::open::Scratch;
use layerglass::oci::source::Source;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use wasm_bindgen::JsValue;
use web_sys::{Blob, FileReaderSync};

thread_local! {
    /// Files by number: a source may go to another thread, an object of JavaScript may not.
    static BLOBS: RefCell<BTreeMap<u32, Blob>> = const { RefCell::new(BTreeMap::new()) };
    static PARTS: RefCell<BTreeMap<u32, Array>> = const { RefCell::new(BTreeMap::new()) };
    static NEXT: Cell<u32> = const { Cell::new(0) };
}

/// Bytes that are read at a time: a little where somebody jumps about, more where they read on.
const JUMP: u64 = 64 << 10;
const RUN: u64 = 2 << 20;
/// Bytes that are collected before they go to the browser.
const PART: usize = 4 << 20;

fn number() -> u32 {
    NEXT.with(|it| it.replace(it.get() + 1))
}

/// A file, or an unpacked archive that the browser keeps.
struct BlobSource {
    number: u32,
    size: u64,
    /// Where the last piece begins, and its bytes.
    piece: Mutex<(u64, Vec<u8>)>,
}

/// The file as a source; `None` where it cannot be read at once, which only a Worker can.
pub fn source(blob: Blob) -> Option<Arc<dyn Source>> {
    FileReaderSync::new().ok()?;
    Some(Arc::new(keep(blob)))
}

fn keep(blob: Blob) -> BlobSource {
    let (number, size) = (number(), blob.size() as u64);
    BLOBS.with(|it| it.borrow_mut().insert(number, blob));
    BlobSource { number, size, piece: Mutex::new((0, Vec::new())) }
}

impl Drop for BlobSource {
    fn drop(&mut self) {
        BLOBS.with(|it| it.borrow_mut().remove(&self.number));
    }
}

impl BlobSource {
    fn read(&self, from: u64, to: u64) -> Result<Vec<u8>, JsValue> {
        let blob = BLOBS.with(|it| it.borrow().get(&self.number).cloned());
        let blob = blob.ok_or(JsValue::NULL)?;
        let part = blob.slice_with_f64_and_f64(from as f64, to as f64)?;
        let buffer = FileReaderSync::new()?.read_as_array_buffer(&part)?;
        Ok(Uint8Array::new(&buffer).to_vec())
    }
}

impl Source for BlobSource {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut piece = self.piece.lock().map_err(|_| io::Error::other("the file is lost"))?;
        let end = piece.0 + piece.1.len() as u64;
        if at < piece.0 || at >= end {
            let more = if at == end { RUN } else { JUMP };
            let to = at.saturating_add(more).min(self.size);
            let bytes = self.read(at.min(to), to).map_err(|_| {
                io::Error::other(
                    "the browser cannot read the file any more: was it changed or moved?",
                )
            })?;
            *piece = (at, bytes);
        }
        let have = &piece.1[(at - piece.0) as usize..];
        let n = have.len().min(buf.len());
        buf[..n].copy_from_slice(&have[..n]);
        Ok(n)
    }
}

/// Room for what is unpacked: the browser keeps it, on disk if it is large.
struct BlobScratch {
    number: u32,
    bytes: Vec<u8>,
}

/// Makes such room.
///
/// # Errors
/// Where the browser could not read it again.
pub fn scratch() -> io::Result<Box<dyn Scratch>> {
    if FileReaderSync::new().is_err() {
        return Ok(Box::new(Vec::new()));
    }
    let number = number();
    PARTS.with(|it| it.borrow_mut().insert(number, Array::new()));
    Ok(Box::new(BlobScratch { number, bytes: Vec::new() }))
}

impl BlobScratch {
    fn flush(&mut self) -> io::Result<()> {
        let bytes = Array::of1(&Uint8Array::from(self.bytes.as_slice()));
        let blob = Blob::new_with_u8_array_sequence(&bytes);
        let blob = blob.map_err(|_| io::Error::other("the browser has no room for the archive"))?;
        PARTS.with(|it| it.borrow().get(&self.number).map(|parts| parts.push(&blob)));
        self.bytes.clear();
        Ok(())
    }
}

impl Drop for BlobScratch {
    fn drop(&mut self) {
        PARTS.with(|it| it.borrow_mut().remove(&self.number));
    }
}

impl Scratch for BlobScratch {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() >= PART { self.flush() } else { Ok(()) }
    }

    fn source(mut self: Box<Self>) -> io::Result<Arc<dyn Source>> {
        self.flush()?;
        let parts = PARTS.with(|it| it.borrow_mut().remove(&self.number)).unwrap_or_default();
        let blob = Blob::new_with_blob_sequence(&parts);
        let blob = blob.map_err(|_| io::Error::other("the browser has no room for the archive"))?;
        Ok(Arc::new(keep(blob)))
    }
}
