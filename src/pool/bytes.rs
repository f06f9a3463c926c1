//! Bytes that were written to a device itself, beside the file system on it.

use crate::store::Tree;
use std::sync::Arc;

/// Bytes of a page: zeros that nobody wrote take no room.
const PAGE: u64 = 4096;

/// A device's bytes; what was never written is zero. Clone is cheap.
#[derive(Clone, Debug, Default)]
pub struct Bytes {
    pages: Tree<u64, Arc<[u8]>>,
}

impl Bytes {
    pub fn read(&self, at: u64, buf: &mut [u8]) {
        each(at, buf.len(), |page, from, range| {
            let part = &mut buf[range];
            match self.pages.get(&page) {
                Some(bytes) => part.copy_from_slice(&bytes[from..from + part.len()]),
                None => part.fill(0),
            }
        });
    }

    pub fn write(&mut self, at: u64, data: &[u8]) {
        each(at, data.len(), |page, from, range| self.put(page, from, &data[range]));
    }

    /// Zeros from `from` to `to`.
    pub fn clear(&mut self, from: u64, to: u64) {
        let first = self.pages.from(&(from / PAGE)).map(|(page, _)| *page);
        let hit: Vec<u64> = first.take_while(|page| page * PAGE < to).collect();
        for page in hit {
            let (low, high) = ((page * PAGE).max(from), ((page + 1) * PAGE).min(to));
            if low < high {
                self.put(page, (low - page * PAGE) as usize, &vec![0; (high - low) as usize]);
            }
        }
    }

    fn put(&mut self, page: u64, from: usize, part: &[u8]) {
        let mut bytes =
            self.pages.get(&page).map_or_else(|| vec![0; PAGE as usize], |it| it.to_vec());
        bytes[from..from + part.len()].copy_from_slice(part);
        if bytes.iter().all(|it| *it == 0) {
            self.pages.remove(&page);
        } else {
            self.pages.insert(page, bytes.into());
        }
    }
}

/// The pages of a range: which, where in it, and which part of the range.
fn each(at: u64, len: usize, mut f: impl FnMut(u64, usize, std::ops::Range<usize>)) {
    let mut done = 0;
    while done < len {
        let place = at + done as u64;
        let from = (place % PAGE) as usize;
        let part = (PAGE as usize - from).min(len - done);
        f(place / PAGE, from, done..done + part);
        done += part;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_zeros_take_no_room() {
        let mut bytes = Bytes::default();
        bytes.write(PAGE - 2, b"over");
        let before = bytes.clone();
        let mut buf = [1; 8];
        bytes.read(PAGE - 4, &mut buf);
        assert_eq!(&buf, b"\0\0over\0\0");
        bytes.clear(PAGE - 1, PAGE + 1);
        bytes.read(PAGE - 4, &mut buf);
        assert_eq!(&buf, b"\0\0o\0\0r\0\0");
        bytes.write(0, &[0; 3 * PAGE as usize]);
        assert_eq!(bytes.pages.len(), 0);
        before.read(PAGE - 2, &mut buf[..4]);
        assert_eq!(&buf[..4], b"over");
    }
}
