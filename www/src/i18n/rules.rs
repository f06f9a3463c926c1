//! The rules of OverlayFS in the reader's language. English is the engine's own sentence.

use super::Lang;

/// The sentence of a rule by its number.
pub fn rule_sentence(lang: Lang, id: &str, english: &str) -> String {
    match lang {
        Lang::En => english.to_owned(),
        Lang::Zh => chinese(id).unwrap_or(english).to_owned(),
    }
}

fn chinese(id: &str) -> Option<&'static str> {
    Some(match id {
        "R2.1" => "各层的同名目录从上到下合并，直到第一个终止处。",
        "R2.1a" => "从上往下第一个非目录项胜出，下面不再询问。",
        "R2.1b" => "没有这个名字的层直接跳过。",
        "R2.3" => "whiteout 让下面所有层的同名项不可见。",
        _ => return None,
    })
}
