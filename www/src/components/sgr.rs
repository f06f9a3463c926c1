//! Colours in terminal output: the SGR escapes that `ls`, `grep` and `diff` print.

use yew::prelude::*;

#[derive(Clone, Debug, Default, PartialEq)]
struct Style {
    bold: bool,
    reverse: bool,
    fore: Option<u8>,
    back: Option<u8>,
}

impl Style {
    fn apply(&mut self, codes: &str) {
        let mut codes = codes.split([';', ':']).map(|it| it.parse::<u16>().unwrap_or(0));
        while let Some(code) = codes.next() {
            match code {
                0 => *self = Style::default(),
                1 => self.bold = true,
                7 => self.reverse = true,
                22 => self.bold = false,
                27 => self.reverse = false,
                30..=37 => self.fore = Some((code - 30) as u8),
                39 => self.fore = None,
                40..=47 => self.back = Some((code - 40) as u8),
                49 => self.back = None,
                90..=97 => self.fore = Some((code - 90 + 8) as u8),
                // 256 and true colours: skip their arguments.
                38 | 48 => match codes.next() {
                    Some(5) => drop(codes.next()),
                    Some(2) => drop(codes.nth(2)),
                    _ => {}
                },
                _ => {}
            }
        }
    }

    fn classes(&self) -> Classes {
        classes!(
            self.bold.then_some("b"),
            self.reverse.then_some("rev"),
            self.fore.map(|n| format!("f{n}")),
            self.back.map(|n| format!("g{n}")),
        )
    }
}

/// Text without escapes.
pub fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\x1b') {
        out.push_str(&rest[..at]);
        let body = rest[at + 1..].strip_prefix('[').unwrap_or(&rest[at + 1..]);
        let end = body.find(|c: char| ('@'..='~').contains(&c)).unwrap_or(body.len());
        rest = body.get(end + 1..).unwrap_or("");
    }
    out + rest
}

/// Text with escapes as spans. Other control sequences are dropped. A word that `show` knows is drawn by
/// it.
pub fn spans(text: &str, show: &dyn Fn(&str) -> Option<Html>) -> Html {
    let mut out: Vec<Html> = Vec::new();
    let mut style = Style::default();
    let mut rest = text;
    while let Some(at) = rest.find('\x1b') {
        push(&mut out, &style, &rest[..at], show);
        rest = &rest[at + 1..];
        let Some(body) = rest.strip_prefix('[') else { continue };
        let end = body.find(|c: char| ('@'..='~').contains(&c)).unwrap_or(body.len());
        if body[end..].starts_with('m') {
            style.apply(&body[..end]);
        }
        rest = body.get(end + 1..).unwrap_or("");
    }
    push(&mut out, &style, rest, show);
    out.into_iter().collect()
}

fn push(out: &mut Vec<Html>, style: &Style, text: &str, show: &dyn Fn(&str) -> Option<Html>) {
    if text.is_empty() {
        return;
    }
    let text = words(&text.replace('\r', ""), show);
    if *style == Style::default() {
        out.push(text);
    } else {
        out.push(html! { <span class={style.classes()}>{ text }</span> });
    }
}

/// The words of a text; what is not shown in a way of its own stays one piece.
fn words(text: &str, show: &dyn Fn(&str) -> Option<Html>) -> Html {
    let mut out: Vec<Html> = Vec::new();
    let mut plain = String::new();
    for part in text.split_inclusive(char::is_whitespace) {
        let word = part.trim_end();
        match show(word).filter(|_| !word.is_empty()) {
            Some(shown) => {
                out.push(html! { { std::mem::take(&mut plain) } });
                out.push(shown);
                plain.push_str(&part[word.len()..]);
            }
            None => plain.push_str(part),
        }
    }
    if !plain.is_empty() {
        out.push(html! { { plain } });
    }
    out.into_iter().collect()
}
