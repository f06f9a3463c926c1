//! What is wrong with a Dockerfile or went wrong with a step, and where.

/// A failure that knows its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// First and last line, from 1; `None` if it belongs to no line.
    pub lines: Option<(usize, usize)>,
    pub text: String,
    /// The instruction itself is wrong, so the message names the line.
    pub parse: bool,
}

impl Fault {
    /// Belongs to no line.
    pub fn new(text: impl Into<String>) -> Fault {
        Fault { lines: None, text: text.into(), parse: false }
    }

    pub fn at(lines: (usize, usize), text: impl Into<String>) -> Fault {
        Fault { lines: Some(lines), text: text.into(), parse: false }
    }

    /// An instruction that cannot be understood.
    pub fn parse(lines: (usize, usize), text: impl Into<String>) -> Fault {
        Fault { lines: Some(lines), text: text.into(), parse: true }
    }

    /// Gives it a place, unless it has one.
    #[must_use]
    pub fn or_at(mut self, lines: (usize, usize)) -> Fault {
        self.lines = self.lines.or(Some(lines));
        self
    }

    /// The message as BuildKit's frontend gives it.
    pub fn message(&self) -> String {
        match self.lines {
            Some((line, _)) if self.parse => {
                format!("dockerfile parse error on line {line}: {}", self.text)
            }
            _ => self.text.clone(),
        }
    }

    /// The lines around it as BuildKit's client shows them; nothing for a fault without a place.
    pub fn excerpt(&self, name: &str, text: &str) -> String {
        let Some((first, last)) = self.lines else { return String::new() };
        let lines: Vec<&str> = text.split('\n').collect();
        if first == 0 || first > lines.len() {
            return String::new();
        }
        let last = last.clamp(first, lines.len());
        // One line gets two neighbours on each side, several get one.
        let around = if first == last { 2 } else { 1 };
        let from = first.saturating_sub(around).max(1);
        let to = (last + around).min(lines.len());
        let rule = "-".repeat(20);
        let mut shown = format!("{name}:{first}\n{rule}\n");
        for (at, line) in lines.iter().enumerate().take(to).skip(from - 1) {
            let mark = if (first..=last).contains(&(at + 1)) { ">>>" } else { "   " };
            shown += &format!(" {:3} | {mark} {}\n", at + 1, line.trim_end_matches('\r'));
        }
        shown + &rule + "\n"
    }
}
