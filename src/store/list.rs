//! A short list of names with values, in the order in which they came: at most two pieces of memory
//! however many names there are. A short name lies beside its value; of a longer one a part of its
//! hash does, and where its text is.

/// Bytes of a name that lies beside its value.
const SHORT: usize = 7;
/// In the place of the length: a longer name.
const LONG: u8 = 0xff;

#[derive(Clone, Debug)]
struct Rec<V> {
    /// Length and bytes; or [`LONG`], three bytes of the hash, and the position of the text.
    key: [u8; 8],
    value: V,
}

/// What is looked for.
enum Key {
    Short(u64),
    Long(u32),
}

/// Names of up to 256 bytes, oldest first.
#[derive(Clone, Debug)]
pub struct NameList<V> {
    recs: Vec<Rec<V>>,
    /// The longer names, each with a byte for its length less one before it, in the order of the
    /// records.
    text: Vec<u8>,
}

impl<V> Default for NameList<V> {
    fn default() -> Self {
        NameList { recs: Vec::new(), text: Vec::new() }
    }
}

/// A hash of a name, eight bytes at a time.
pub fn name_hash(name: &[u8]) -> u32 {
    const MUL: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = name.len() as u64;
    let mut chunks = name.chunks_exact(8);
    for chunk in &mut chunks {
        hash = (hash ^ word(chunk)).wrapping_mul(MUL).rotate_left(29);
    }
    let hash = (hash ^ word(chunks.remainder())).wrapping_mul(MUL);
    (hash ^ hash >> 32) as u32
}

/// Up to eight bytes as a number.
fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

impl Key {
    fn of(name: &[u8]) -> Key {
        if name.len() <= SHORT {
            return Key::Short(word(name) << 8 | name.len() as u64);
        }
        Key::Long(name_hash(name) << 8 | u32::from(LONG))
    }
}

impl<V> Rec<V> {
    fn at(&self) -> usize {
        let [.., a, b, c, d] = self.key;
        u32::from_le_bytes([a, b, c, d]) as usize
    }

    fn move_to(&mut self, at: usize) {
        self.key[4..].copy_from_slice(&(at as u32).to_le_bytes());
    }

    fn is_long(&self) -> bool {
        self.key[0] == LONG
    }
}

impl<V> NameList<V> {
    pub fn len(&self) -> usize {
        self.recs.len()
    }
    pub fn is_empty(&self) -> bool {
        self.recs.is_empty()
    }

    fn name<'a>(&'a self, rec: &'a Rec<V>) -> &'a [u8] {
        if !rec.is_long() {
            return &rec.key[1..=usize::from(rec.key[0])];
        }
        let at = rec.at() + 1;
        let len = usize::from(self.text[at - 1]) + 1;
        &self.text[at..at + len]
    }

    fn find(&self, name: &[u8]) -> Option<usize> {
        match Key::of(name) {
            Key::Short(key) => self.recs.iter().position(|it| u64::from_le_bytes(it.key) == key),
            Key::Long(key) => self.recs.iter().position(|it| {
                let [a, b, c, d, ..] = it.key;
                u32::from_le_bytes([a, b, c, d]) == key && self.name(it) == name
            }),
        }
    }

    pub fn get(&self, name: &[u8]) -> Option<&V> {
        self.find(name).map(|at| &self.recs[at].value)
    }

    pub fn get_mut(&mut self, name: &[u8]) -> Option<&mut V> {
        let at = self.find(name)?;
        Some(&mut self.recs[at].value)
    }

    /// Adds a name that is not there as the youngest.
    pub fn push(&mut self, name: &[u8], value: V) {
        if self.recs.len() == self.recs.capacity() {
            self.recs.reserve_exact(self.recs.len() / 4 + 2);
        }
        let key = match Key::of(name) {
            Key::Short(key) => key,
            Key::Long(key) => {
                let at = self.text.len() as u64;
                self.push_text(name);
                u64::from(key) | at << 32
            }
        };
        self.recs.push(Rec { key: key.to_le_bytes(), value });
    }

    fn push_text(&mut self, name: &[u8]) {
        debug_assert!(name.len() <= 256);
        let need = name.len() + 1;
        if self.text.len() + need > self.text.capacity() {
            self.text.reserve_exact(need + self.text.len() / 4);
        }
        self.text.push((name.len() - 1) as u8);
        self.text.extend_from_slice(name);
    }

    pub fn remove(&mut self, name: &[u8]) -> Option<V> {
        let index = self.find(name)?;
        let old = self.recs.remove(index);
        if old.is_long() {
            let (at, len) = (old.at(), name.len() + 1);
            self.text.drain(at..at + len);
            for rec in self.recs[index..].iter_mut().filter(|it| it.is_long()) {
                rec.move_to(rec.at() - len);
            }
        }
        Some(old.value)
    }

    /// The name at an index, by age.
    pub fn nth(&self, index: usize) -> Option<(&[u8], &V)> {
        self.recs.get(index).map(|it| (self.name(it), &it.value))
    }

    /// From the oldest to the youngest.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&[u8], &V)> + ExactSizeIterator {
        self.recs.iter().map(|it| (self.name(it), &it.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_keep_their_order() {
        let mut list = NameList::default();
        let names = [&b"a"[..], b"twelve bytes", b"", b"seven b", b"exactly8", &[b'x'; 255]];
        for (value, name) in names.iter().enumerate() {
            list.push(name, value);
        }
        for (value, name) in names.iter().enumerate() {
            assert_eq!(list.get(name), Some(&value));
        }
        assert_eq!(
            (list.get(b"b"), list.get(b"twelve bytez"), list.get(b"a\0")),
            (None, None, None)
        );
        assert_eq!(list.remove(b"twelve bytes"), Some(1));
        assert_eq!(list.remove(b"twelve bytes"), None);
        let left: Vec<(&[u8], usize)> = list.iter().map(|(name, it)| (name, *it)).collect();
        assert_eq!(
            left,
            [(names[0], 0), (names[2], 2), (names[3], 3), (names[4], 4), (names[5], 5)]
        );
    }

    #[test]
    fn a_hash_sees_every_byte() {
        let names = [&b"f1"[..], b"f2", b"1f", b"abcdefgh", b"abcdefgi", b"abcdefgh\0", b"\0", b""];
        let mut all: Vec<u32> = names.iter().map(|it| name_hash(it)).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), names.len());
    }
}
