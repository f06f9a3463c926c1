//! A short text in little room.

use std::ops::Deref;
use std::sync::Arc;

const INLINE: usize = 14;

/// Bytes that lie where the label lies when they are few, which names nearly always are; others are
/// shared.
#[derive(Clone, Debug)]
pub enum Label {
    Short(u8, [u8; INLINE]),
    Long(Arc<Box<[u8]>>),
}

impl Default for Label {
    fn default() -> Label {
        Label::Short(0, [0; INLINE])
    }
}

impl From<&[u8]> for Label {
    fn from(text: &[u8]) -> Label {
        if text.len() > INLINE {
            return Label::Long(Arc::new(text.into()));
        }
        let mut bytes = [0; INLINE];
        bytes[..text.len()].copy_from_slice(text);
        Label::Short(text.len() as u8, bytes)
    }
}

impl Deref for Label {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Label::Short(len, bytes) => &bytes[..usize::from(*len)],
            Label::Long(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_any_length_are_kept() {
        assert_eq!(size_of::<Label>(), 16);
        for len in [0, 1, 14, 15, 255] {
            let text = vec![b'n'; len];
            assert_eq!(&*Label::from(&text[..]), &text[..]);
        }
    }
}
