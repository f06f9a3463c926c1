//! Makes a script that differs short: drops lines, then words, while it still differs.

/// The shortest text found for which `differs` holds. It is asked about many texts at once and names
/// the first that still differs.
pub fn shrink(text: &str, mut differs: impl FnMut(&[String]) -> Option<usize>) -> String {
    let mut best = text.to_owned();
    for split in [lines as fn(&str) -> Vec<String>, words] {
        while let Some(less) = shorter(&best, split, &mut differs) {
            best = less;
        }
    }
    best
}

/// One step: the text without a run of parts, the longest runs first.
fn shorter(
    text: &str,
    split: fn(&str) -> Vec<String>,
    differs: &mut impl FnMut(&[String]) -> Option<usize>,
) -> Option<String> {
    let parts = split(text);
    let most = parts.len().saturating_sub(1).min(40);
    for run in (1..=most).rev() {
        let tries: Vec<String> = (0..=parts.len() - run)
            .map(|from| [&parts[..from], &parts[from + run..]].concat().concat())
            .filter(|it| !it.trim().is_empty())
            .collect();
        for few in tries.chunks(25) {
            if let Some(nth) = differs(few) {
                return Some(few[nth].clone());
            }
        }
    }
    None
}

fn lines(text: &str) -> Vec<String> {
    text.split_inclusive('\n').map(str::to_owned).collect()
}

/// Words with the blanks before them.
fn words(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for c in text.chars() {
        let starts = c.is_whitespace() && !parts.last().is_some_and(|it| it.trim().is_empty());
        match parts.last_mut() {
            Some(part) if !starts => part.push(c),
            _ => parts.push(c.into()),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    #[test]
    fn keeps_only_what_matters() {
        let text = "echo a\nif true; then\necho b; exit 3\nfi\necho c";
        let small = super::shrink(text, |tries| tries.iter().position(|it| it.contains("exit 3")));
        assert_eq!(small, "exit 3");
    }
}
