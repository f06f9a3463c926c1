//! The prose of lessons: the small part of Markdown that it may use, and what both languages owe their
//! readers. Finds faults; draws nothing.

use super::{Said, Scenario};
use std::collections::BTreeSet;

/// A text of the scenario, and the line that it belongs to.
pub type Text<'a> = (usize, &'a Said);

/// Words that the glossary has another word for: (not this, but that).
const TERMS: &[(&str, &str)] = &[
    ("写时拷贝", "写时复制"),
    ("写入时复制", "写时复制"),
    ("文件夹", "目录"),
    ("白化", "whiteout"),
    ("空白文件", "whiteout"),
    ("合并层", "合并视图"),
    ("不透明文件", "不透明目录"),
    ("影像层", "镜像层"),
    ("构建高速缓存", "构建缓存"),
    ("装载", "挂载"),
    ("軟", "软"),
];

/// Every text that a learner reads.
pub fn texts(scenario: &Scenario) -> Vec<Text<'_>> {
    let mut all: Vec<Text<'_>> = vec![(1, &scenario.title)];
    if !scenario.summary.en.is_empty() {
        all.push((1, &scenario.summary));
    }
    for step in &scenario.steps {
        all.push((step.line, &step.say));
        if let Some(predict) = &step.predict {
            all.push((predict.line, &predict.ask));
            all.extend(predict.choices.iter().map(|it| (it.line, &it.text)));
        }
        all.extend(step.goals.iter().map(|it| (it.line, &it.label)));
        all.extend(step.hints.iter().map(|it| (step.line, it)));
    }
    let end = scenario.steps.last().map_or(1, |it| it.line);
    all.extend(scenario.closing.iter().map(|it| (end, it)));
    all
}

/// What is wrong with a text in its two languages.
pub fn faults(said: &Said) -> Vec<String> {
    let mut out = Vec::new();
    for (key, text) in [("en", &said.en), ("zh", &said.zh)] {
        out.extend(markup(text).into_iter().map(|why| format!("`{key}` text: {why}")));
    }
    if outside_code(&said.en).any(|part| part.chars().any(is_han)) {
        out.push("`en` text: Chinese characters in it".to_owned());
    }
    let only_code = !outside_code(&said.en).any(|part| part.chars().any(char::is_alphabetic));
    if !only_code && !outside_code(&said.zh).any(|part| part.chars().any(is_han)) {
        out.push("`zh` text: no Chinese in it".to_owned());
    }
    out.extend(chinese(&said.zh).into_iter().map(|why| format!("`zh` text: {why}")));
    out
}

/// Paragraphs, `- ` lists, `code` and **strong**: nothing else.
fn markup(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for line in text.lines() {
        let odd = ["# ", "## ", "### ", "> ", "* ", "+ ", "| ", "```", "1. "];
        if let Some(start) = odd.iter().find(|it| line.starts_with(**it)) {
            out.push(format!("a line starts with `{start}`: only paragraphs and `- ` lists"));
        }
    }
    for block in text.split("\n\n") {
        if block.matches('`').count() % 2 == 1 {
            out.push("a ` without its partner".to_owned());
        }
        let strong: usize = outside_code(block).map(|part| part.matches("**").count()).sum();
        if strong % 2 == 1 {
            out.push("a ** without its partner".to_owned());
        }
        if outside_code(block).any(|part| part.contains("](")) {
            out.push("a link: a lesson has none".to_owned());
        }
    }
    out
}

/// Punctuation and terms of the Chinese text.
fn chinese(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for part in outside_code(text) {
        let chars: Vec<char> = part.chars().collect();
        for pair in chars.windows(2) {
            if is_han(pair[0]) && matches!(pair[1], ',' | ';' | ':' | '?' | '!' | '(') {
                out.push(format!("`{}{}`: full-width punctuation there", pair[0], pair[1]));
            }
        }
        for (bad, good) in TERMS.iter().filter(|it| part.contains(it.0)) {
            out.push(format!("`{bad}`: this project says `{good}`"));
        }
    }
    out
}

fn is_han(c: char) -> bool {
    matches!(c as u32, 0x3400..=0x4DBF | 0x4E00..=0x9FFF)
}

/// The parts between code words.
fn outside_code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').step_by(2)
}

/// The code words of a text.
pub fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Code words that name a file: with a slash inside, or with an ending that files have. Patterns,
/// options and anything with a blank are not names.
pub fn paths(said: &Said) -> BTreeSet<String> {
    let names = |word: &&str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        let file = [".txt", ".conf", ".html", ".md", ".sh", ".log"];
        let bare = word.trim_end_matches('/');
        word.chars().all(plain)
            && !word.starts_with('-')
            && bare.chars().any(|c| c.is_ascii_alphabetic())
            && (word.contains('/') || file.iter().any(|end| word.ends_with(end)))
    };
    [&said.en, &said.zh]
        .into_iter()
        .flat_map(|it| code(it))
        .filter(names)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(en: &str, zh: &str) -> Said {
        Said { en: en.to_owned(), zh: zh.to_owned() }
    }

    #[test]
    fn good_prose_has_no_faults() {
        let it = said(
            "Mount **it** on `merged`.\n\n- one\n- two",
            "在 `merged` 上**挂载**。\n\n- 一\n- 二",
        );
        assert_eq!(faults(&it), [""; 0]);
        assert_eq!(faults(&said("`rm a`", "`rm a`")), [""; 0]);
    }

    #[test]
    fn faults_are_named() {
        let first = |en: &str, zh: &str| faults(&said(en, zh)).first().cloned().unwrap_or_default();
        assert!(first("see `x", "看 `x`").contains("without its partner"));
        assert!(first("a **b", "甲").contains("**"));
        assert!(first("[a](b)", "甲").contains("link"));
        assert!(first("# A", "甲").contains("paragraphs"));
        assert!(first("good", "good").contains("no Chinese"));
        assert!(first("目录", "目录").contains("Chinese characters"));
        assert!(first("well", "好,好").contains("full-width"));
        assert!(first("a folder", "一个文件夹").contains("目录"));
    }

    #[test]
    fn names_of_files_are_found() {
        let it = said("`merged/a.txt` and `note.txt`, `-o x/y`, `0, 0`, `ls`", "`work/`");
        let found: Vec<String> = paths(&it).into_iter().collect();
        assert_eq!(found, ["merged/a.txt", "note.txt", "work/"]);
    }
}
