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

/// Text with escapes as spans. Other control sequences are dropped.
pub fn spans(text: &str) -> Html {
    let mut out: Vec<Html> = Vec::new();
    let mut style = Style::default();
    let mut rest = text;
    while let Some(at) = rest.find('\x1b') {
        push(&mut out, &style, &rest[..at]);
        rest = &rest[at + 1..];
        let Some(body) = rest.strip_prefix('[') else { continue };
        let end = body.find(|c: char| ('@'..='~').contains(&c)).unwrap_or(body.len());
        if body[end..].starts_with('m') {
            style.apply(&body[..end]);
        }
        rest = body.get(end + 1..).unwrap_or("");
    }
    push(&mut out, &style, rest);
    out.into_iter().collect()
}

fn push(out: &mut Vec<Html>, style: &Style, text: &str) {
    if text.is_empty() {
        return;
    }
    let text = text.replace('\r', "");
    if *style == Style::default() {
        out.push(html! { { text } });
    } else {
        out.push(html! { <span class={style.classes()}>{ text }</span> });
    }
}
