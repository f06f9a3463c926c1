//! The short form, for hosts without a browser's streams.

use super::{Error, Shared};
use crate::limits::{SHARE_LINK_MAX, SHARE_TEXT_MAX};
use flate2::{Decompress, FlushDecompress, Status};
use miniz_oxide::deflate::compress_to_vec;

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// How hard the packer tries, of 10.
const LEVEL: u8 = 9;

/// What stands after the `#` of a link to this.
pub fn link(shared: &Shared) -> String {
    format!("v1:{}", to_letters(&compress_to_vec(shared.to_text().as_bytes(), LEVEL)))
}

/// What a link shares: what stands after its `#`, or the whole link, in either form.
///
/// # Errors
/// Of another version, damaged, too long, or with a value that cannot be: each says which.
pub fn open(link: &str) -> Result<Shared, Error> {
    if link.len() > SHARE_LINK_MAX {
        return Err(Error::TooLong { max: SHARE_LINK_MAX });
    }
    let fragment = link.split_once('#').map_or(link, |it| it.1);
    let Some((version, letters)) = fragment.split_once(':').filter(|it| is_version(it.0)) else {
        return Shared::from_text(fragment);
    };
    if version != "v1" {
        return Err(Error::Version(version.to_owned()));
    }
    let packed = from_letters(letters)?;
    let text = unpack(&packed)?;
    let text = std::str::from_utf8(&text).map_err(|_| Error::Damaged)?;
    // A packed text that lost its end, or was changed, often unpacks all the same.
    let sum = text.rsplit_once("sum=").map_or("", |it| it.1);
    if sum.len() != 16 {
        return Err(Error::Damaged);
    }
    Shared::from_text(text)
}

/// The text in a deflate stream, which ends where the bytes end.
fn unpack(packed: &[u8]) -> Result<Vec<u8>, Error> {
    let mut stream = Decompress::new(false);
    let mut text = Vec::new();
    loop {
        // One more than allowed, so that what is too long shows.
        let room = (text.len() * 2).clamp(4096, SHARE_TEXT_MAX + 1) - text.len();
        text.reserve_exact(room);
        let (read, had) = (stream.total_in() as usize, text.len());
        let status = stream.decompress_vec(&packed[read..], &mut text, FlushDecompress::None);
        let ended = matches!(status, Ok(Status::StreamEnd));
        if text.len() > SHARE_TEXT_MAX {
            return Err(Error::TooLong { max: SHARE_TEXT_MAX });
        }
        if ended && stream.total_in() as usize == packed.len() {
            return Ok(text);
        }
        let stands = stream.total_in() as usize == read && text.len() == had;
        if ended || status.is_err() || stands {
            return Err(Error::Packed);
        }
    }
}

/// The letters of any bytes, packed.
#[cfg(test)]
pub fn letters_of(bytes: &[u8]) -> String {
    to_letters(&compress_to_vec(bytes, LEVEL))
}

fn is_version(text: &str) -> bool {
    text.strip_prefix('v')
        .is_some_and(|it| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit()))
}

fn to_letters(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0_u32, |n, byte| n << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        let letters = (0..=chunk.len()).map(|i| LETTERS[(n >> (18 - 6 * i)) as usize & 63]);
        out.extend(letters.map(char::from));
    }
    out
}

fn from_letters(letters: &str) -> Result<Vec<u8>, Error> {
    let letters = letters.trim_end_matches('=').as_bytes();
    let mut out = Vec::with_capacity(letters.len() * 3 / 4);
    for (i, chunk) in letters.chunks(4).enumerate() {
        let mut n = 0_u32;
        for (j, letter) in chunk.iter().enumerate() {
            let value = LETTERS.iter().position(|it| it == letter);
            let value = value.ok_or(Error::Letter { at: i * 4 + j + 1 })?;
            n |= (value as u32) << (18 - 6 * j);
        }
        if chunk.len() == 1 {
            return Err(Error::Packed);
        }
        out.extend_from_slice(&n.to_be_bytes()[1..chunk.len()]);
    }
    Ok(out)
}
