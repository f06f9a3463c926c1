//! A message as the bytes that pass between a page and its machine.

use serde::{Serialize, de::DeserializeOwned};

/// The bytes of a message; nothing where it holds what the format cannot say, which no message does.
pub fn encode<T: Serialize>(message: &T) -> Option<Vec<u8>> {
    postcard::to_allocvec(message).ok()
}

/// The message of such bytes; nothing for any others.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}
