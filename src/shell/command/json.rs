//! Is a text JSON? Only its shape is looked at; no value is built. Nested data live on a stack of our
//! own, so no input is too deep.

/// The text is one JSON object or array, with white space around it at most.
pub fn is_container(text: &[u8]) -> bool {
    let mut reader = Reader { rest: text.trim_ascii(), open: Vec::new() };
    let is_container = matches!(reader.rest.first(), Some(b'{' | b'['));
    is_container && reader.values().is_some() && reader.rest.is_empty()
}

struct Reader<'a> {
    rest: &'a [u8],
    /// The brackets around this place, outermost first.
    open: Vec<u8>,
}

impl Reader<'_> {
    /// Reads a value with all that is in it. `None`: it is none.
    fn values(&mut self) -> Option<()> {
        loop {
            if self.value()? && self.close().is_none() {
                self.key()?;
                continue;
            }
            while !self.open.is_empty() && self.eat(b",").is_none() {
                self.close()?;
            }
            if self.open.is_empty() {
                return Some(());
            }
            self.key()?;
        }
    }

    /// The end of the innermost object or array, if it is here.
    fn close(&mut self) -> Option<()> {
        let end: &[u8] = if self.open.last()? == &b'{' { b"}" } else { b"]" };
        self.eat(end)?;
        self.open.pop();
        Some(())
    }

    /// One of these bytes, after white space.
    fn eat(&mut self, any: &[u8]) -> Option<u8> {
        self.rest = self.rest.trim_ascii_start();
        let (first, rest) = self.rest.split_first()?;
        any.contains(first).then(|| {
            self.rest = rest;
            *first
        })
    }

    /// Inside an object, the name and the colon before a value.
    fn key(&mut self) -> Option<()> {
        if self.open.last() == Some(&b'{') {
            self.eat(b"\"")?;
            self.string()?;
            self.eat(b":")?;
        }
        Some(())
    }

    /// The beginning of a value: `true` where a bracket was opened.
    fn value(&mut self) -> Option<bool> {
        self.rest = self.rest.trim_ascii_start();
        if let Some(bracket) = self.eat(b"{[") {
            self.open.push(bracket);
            return Some(true);
        }
        if self.eat(b"\"").is_some() {
            self.string()?;
            return Some(false);
        }
        let words = [&b"true"[..], b"false", b"null"];
        let word = words.iter().find(|it| self.rest.starts_with(it));
        match word {
            Some(word) => self.rest = &self.rest[word.len()..],
            None => self.number()?,
        }
        Some(false)
    }

    /// What follows an opening quote, and the closing one.
    fn string(&mut self) -> Option<()> {
        loop {
            let (first, rest) = self.rest.split_first()?;
            self.rest = rest;
            match first {
                b'"' => return Some(()),
                b'\\' => self.escape()?,
                0..=0x1f => return None,
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        let (first, rest) = self.rest.split_first()?;
        let digits = if *first == b'u' { 4 } else { 0 };
        let is_known = b"\"\\/bfnrtu".contains(first);
        let hex = rest.get(..digits)?.iter().all(u8::is_ascii_hexdigit);
        self.rest = &rest[digits..];
        (is_known && hex).then_some(())
    }

    /// `-1.5e+3`, and no zeros before it.
    fn number(&mut self) -> Option<()> {
        self.rest = self.rest.strip_prefix(b"-").unwrap_or(self.rest);
        let is_zero = self.rest.starts_with(b"0");
        let whole = self.digits()?;
        if is_zero && whole > 1 {
            return None;
        }
        if let Some(rest) = self.rest.strip_prefix(b".") {
            self.rest = rest;
            self.digits()?;
        }
        if let [b'e' | b'E', rest @ ..] = self.rest {
            self.rest = match rest {
                [b'+' | b'-', rest @ ..] => rest,
                _ => rest,
            };
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<usize> {
        let count = self.rest.iter().take_while(|it| it.is_ascii_digit()).count();
        self.rest = &self.rest[count..];
        (count > 0).then_some(count)
    }
}

#[cfg(test)]
mod tests {
    use super::is_container;

    /// The judge is the JSON library that the command line uses.
    #[test]
    fn agrees_with_a_complete_reader() {
        let pieces = [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"a\"",
            "\"\\u00e9\\n\"",
            "\"\\x\"",
            "\"\\u12",
            "1",
            "-0.5e+3",
            "01",
            "1.",
            "true",
            "nul",
            "null",
            " ",
            "\n",
        ];
        let mut state = 7_u32;
        let mut next = |n: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as usize % n
        };
        let mut good = 0;
        for _ in 0..200_000 {
            let count = 1 + next(7);
            let text: String = (0..count).map(|_| pieces[next(pieces.len())]).collect();
            let judge = serde_json::from_str::<serde_json::Value>(&text)
                .is_ok_and(|it| it.is_object() || it.is_array());
            assert_eq!(is_container(text.as_bytes()), judge, "{text}");
            good += usize::from(judge);
        }
        assert!(good > 100, "{good}");
    }

    #[test]
    fn depth_is_no_danger() {
        let (open, close) = ("[".repeat(200_000), "]".repeat(200_000));
        assert!(is_container(format!("{open}{close}").as_bytes()));
        assert!(!is_container(open.as_bytes()));
        assert!(is_container(br#"{"a": [1, {"b": {}}, "c"], "d": -1.5E3}"#));
        assert!(!is_container(b"\"text\""));
    }
}
