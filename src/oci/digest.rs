//! SHA-256 digests and the identifiers made of them.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// `None` for anything but `sha256:` with 64 lower-case digits.
    pub fn parse(text: &str) -> Option<Digest> {
        Digest::from_hex(text.strip_prefix("sha256:")?)
    }

    /// As [`Digest::parse`], without the algorithm.
    pub fn from_hex(hex: &str) -> Option<Digest> {
        let digits = hex.as_bytes();
        if digits.len() != 64 || !digits.iter().all(|b| b"0123456789abcdef".contains(b)) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Digest(bytes))
    }

    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The twelve digits that Docker shows.
    pub fn short(&self) -> String {
        self.hex()[..12].to_owned()
    }

    /// The chain ID of a layer with this diff ID on top of the chain `below`.
    pub fn chained(self, below: Option<Digest>) -> Digest {
        match below {
            None => self,
            Some(below) => Digest::of(format!("{below} {self}").as_bytes()),
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, ser: S) -> Result<S::Ok, S::Error> {
        ser.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(de: D) -> Result<Digest, D::Error> {
        let text = <std::borrow::Cow<'de, str> as Deserialize>::deserialize(de)?;
        let bad = || serde::de::Error::custom(format!("{text:?} is no sha256 digest"));
        Digest::parse(&text).ok_or_else(bad)
    }
}

/// A digest in the making.
#[derive(Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

/// The chain IDs of layers, base first.
pub fn chain_ids(diff_ids: &[Digest]) -> Vec<Digest> {
    let mut below = None;
    let chained = diff_ids.iter().map(|diff_id| {
        let chain = diff_id.chained(below);
        below = Some(chain);
        chain
    });
    chained.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_layer_is_the_one_that_docker_knows() {
        let empty = Digest::of(&crate::tar::write::END);
        let known = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";
        assert_eq!(empty.to_string(), known);
        assert_eq!(Digest::parse(known), Some(empty));
        assert_eq!(Digest::parse(&known.to_uppercase()), None);
        assert_eq!(Digest::parse("sha256:5f70"), None);
    }
}
