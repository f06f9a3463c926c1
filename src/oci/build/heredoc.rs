//! Here-documents of RUN, COPY and ADD.

/// A here-document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heredoc {
    /// The word that ends it; for COPY also the name of the file.
    pub name: String,
    pub content: String,
    /// Variables in it are replaced (the word had no quotes).
    pub expand: bool,
    /// Tabs before its lines are taken away (`<<-`).
    pub strip: bool,
}

/// Those that an instruction begins, contents still missing.
pub fn begun(name: &str, rest: &str, escape: char) -> Vec<Heredoc> {
    let (name, rest) = match name {
        "ONBUILD" => {
            let (inner, rest) = rest.trim().split_once([' ', '\t']).unwrap_or((rest, ""));
            (inner.to_uppercase(), rest)
        }
        _ => (name.to_owned(), rest),
    };
    if !["RUN", "COPY", "ADD"].contains(&name.as_str()) || rest.trim_start().starts_with('[') {
        return Vec::new();
    }
    raw_words(rest, escape).iter().filter_map(|word| of_word(word)).collect()
}

/// `<<NAME`, `<<-NAME`, `3<<"NAME"`.
pub fn of_word(word: &str) -> Option<Heredoc> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (strip, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let plain: String = rest.chars().filter(|c| !['"', '\'', '\\'].contains(c)).collect();
    let expand = plain == rest;
    (!plain.is_empty()).then(|| Heredoc { name: plain, content: String::new(), expand, strip })
}

/// Words with their quotes.
fn raw_words(text: &str, escape: char) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match quote {
            None if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            None if c == '"' || c == '\'' => quote = Some(c),
            Some(q) if c == q => quote = None,
            _ if c == escape && quote != Some('\'') => {
                word.push(c);
                word.extend(chars.next());
                continue;
            }
            _ => {}
        }
        word.push(c);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
