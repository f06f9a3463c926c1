use super::*;
use crate::types::{Dev, Timespec};

/// An archive of entries with contents, as the writer makes it.
fn archive(entries: &[(Entry, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (entry, data) in entries {
        bytes.extend(write::headers(entry));
        bytes.extend_from_slice(data);
        bytes.extend(write::padding(data.len() as u64));
    }
    bytes.extend_from_slice(&write::END);
    bytes
}

/// Everything in an archive, or the first error.
fn read_all(bytes: &[u8]) -> Result<Vec<(Entry, Vec<u8>)>, Error> {
    let mut reader = Reader::new(bytes);
    let mut all = Vec::new();
    while let Some(entry) = reader.entry()? {
        let mut data = vec![0; entry.size.min(1 << 20) as usize];
        let mut buf = [0; 1000];
        while let Some((at, n)) = reader.read(&mut buf)? {
            data[at as usize..at as usize + n].copy_from_slice(&buf[..n]);
        }
        all.push((entry, data));
    }
    Ok(all)
}

fn file(path: &str, data: &[u8]) -> (Entry, Vec<u8>) {
    let mut entry = Entry::new(path, Kind::Reg, 0o644);
    entry.size = data.len() as u64;
    (entry, data.to_vec())
}

#[test]
fn entries_round_trip() {
    let long = "d/".repeat(80) + "name";
    let mut odd = file(&long, b"hello");
    odd.0.xattrs = vec![(b"security.capability".to_vec(), vec![1, 0, 0, 2, b'\n', 0])];
    odd.0.uid = 3_000_000;
    odd.0.mtime = Timespec::new(1_600_000_000, 120_000_000);
    let mut link = Entry::new("l", Kind::Symlink(long.clone().into_bytes()), 0o777);
    link.mtime = Timespec::new(-5, 0);
    let plain = |path: &str, kind| (Entry::new(path, kind, 0o600), Vec::new());
    let entries = vec![
        plain("dir/", Kind::Dir),
        odd,
        (link, Vec::new()),
        plain("hard", Kind::Link(b"dir/x".to_vec())),
        plain("c", Kind::Chr(Dev::new(5, 1))),
        plain("b", Kind::Blk(Dev::new(8, 0))),
        plain("p", Kind::Fifo),
        file("文件", &[7; 512]),
        file("empty", b""),
    ];
    assert_eq!(read_all(&archive(&entries)).unwrap(), entries);
}

#[test]
fn every_cut_of_an_archive_is_an_error_or_an_end() {
    let whole = archive(&[file("a", b"hello"), file(&"n".repeat(150), &[1; 700])]);
    for len in 0..whole.len() {
        // Only at the borders of entries may an archive end.
        let border = [0, 1024, whole.len() - 1024, whole.len() - 512].contains(&len);
        let found = read_all(&whole[..len]);
        assert_eq!(found.is_ok(), border, "cut at {len}: {found:?}");
    }
}

#[test]
fn no_flipped_bit_panics_or_hangs() {
    let whole = archive(&[file("a/b", b"hello"), file(&"n".repeat(150), &[1; 700])]);
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            let _ = read_all(&bytes);
        }
    }
}

#[test]
fn errors_name_the_entry_and_the_byte() {
    let mut bytes = archive(&[file("a", b"x"), file("second", b"y")]);
    bytes.truncate(1024 + 512);
    let err = read_all(&bytes).unwrap_err().to_string();
    assert_eq!(
        err,
        "entry \"second\", byte 1024: the archive ends before the contents do, 1 bytes are missing"
    );
    let err = read_all(b"no archive at all").unwrap_err().to_string();
    assert_eq!(err, "byte 0: the archive is cut off");
    assert_eq!(read_all(&[b'x'; 512]).unwrap_err().why, "this is not a tar archive");
}

/// A header of our own with one byte range replaced and the checksum made to fit.
fn forged(entry: &Entry, at: usize, with: &[u8]) -> Vec<u8> {
    let mut block = write::headers(entry);
    let start = block.len() - BLOCK;
    let header = &mut block[start..];
    header[at..at + with.len()].copy_from_slice(with);
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&b| u32::from(b)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

#[test]
fn hostile_claims_are_refused() {
    let (entry, _) = file("f", b"");
    for (at, with, why) in [
        (156, &b"Q"[..], "entries of type 'Q' are not known"),
        (100, b"99999999", "the mode in the header is malformed"),
        (124, &[0xff; 12], "the size in the header is malformed"),
        (329, b"zzzzzzz\0", ""),
    ] {
        let found = read_all(&forged(&entry, at, with));
        match why {
            "" => assert!(found.is_ok(), "only devices have device numbers"),
            why => assert_eq!(found.unwrap_err().why, why),
        }
    }
    let claim = forged(&Entry::new("x", Kind::Reg, 0), 124, b"77777777777\0");
    assert!(read_all(&claim).unwrap_err().why.contains("8589934591 bytes are missing"));
    let mut pax = forged(&entry, 124, b"77777777777\0");
    pax[156] = b'x';
    let pax = forged_flag(pax);
    assert!(read_all(&pax).unwrap_err().why.contains("an extended header claims"));
}

fn forged_flag(mut block: Vec<u8>) -> Vec<u8> {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|&b| u32::from(b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

#[test]
fn sparse_maps_that_lie_are_refused() {
    for (pieces, size, stored) in [
        (vec![(0, 5), (3, 5)], 100, 10),
        (vec![(0, 5), (98, 5)], 100, 10),
        (vec![(0, 5)], 100, 10),
        (vec![(u64::MAX, 5)], 100, 5),
    ] {
        assert!(sparse::check(&pieces, size, stored).is_err(), "{pieces:?}");
    }
    assert!(sparse::check(&[(0, 5), (5, 0), (50, 5)], 55, 10).is_ok());
}
