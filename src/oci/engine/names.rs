//! Names for containers that were given none.

use crate::oci::digest::Digest;

const HOW: [&str; 24] = [
    "amber", "brisk", "calm", "deft", "eager", "fair", "gentle", "hardy", "ideal", "jolly", "keen",
    "lively", "mellow", "neat", "open", "proud", "quiet", "rapid", "steady", "tidy", "upbeat",
    "vivid", "warm", "zesty",
];

const WHO: [&str; 24] = [
    "ampere",
    "bohr",
    "curie",
    "darwin",
    "euler",
    "faraday",
    "gauss",
    "hopper",
    "ibn_sina",
    "joule",
    "kepler",
    "lovelace",
    "maxwell",
    "noether",
    "ohm",
    "pasteur",
    "ramanujan",
    "sagan",
    "turing",
    "volta",
    "wu",
    "yalow",
    "zuse",
    "tu_youyou",
];

/// A name that follows from an identifier; `again` makes others for the same one.
pub fn of(id: &str, again: usize) -> String {
    let Digest(bytes) = Digest::of(format!("{id} {again}").as_bytes());
    let pick = |words: &[&'static str], byte: u8| words[usize::from(byte) % words.len()];
    let number = if again > 8 { again.to_string() } else { String::new() };
    format!("{}_{}{number}", pick(&HOW, bytes[0]), pick(&WHO, bytes[1]))
}
