//! JSON of the files that a reader keeps: texts, whole numbers, lists and maps. There is no floating point in
//! them, and the tables that reading and printing it takes would weigh more than all of this.

mod parse;
mod read;
mod write;

pub use parse::parse;
pub use read::read;
pub use write::{pretty, value};

/// A value; a map keeps the order it was written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(u64),
    Text(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

impl Value {
    /// What a map has under a name.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let Value::Map(pairs) = self else { return None };
        pairs.iter().find(|it| it.0 == key).map(|it| &it.1)
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// What is wrong is not told: a file is one of ours or it is not.
#[derive(Debug)]
pub struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not in the form that is expected")
    }
}

impl std::error::Error for Broken {}

impl serde::de::Error for Broken {
    fn custom<T: std::fmt::Display>(_: T) -> Broken {
        Broken
    }
}

impl serde::ser::Error for Broken {
    fn custom<T: std::fmt::Display>(_: T) -> Broken {
        Broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Kind {
        Plain,
        One(u16),
        Named { bytes: Vec<u8> },
        Two(bool, Option<String>),
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Sample {
        text: String,
        none: Option<u32>,
        some: Option<Box<Kind>>,
        kinds: Vec<Kind>,
        pair: (u64, char),
        #[serde(default)]
        late: Vec<String>,
    }

    fn sample() -> Sample {
        Sample {
            text: "a\"b\\\n\u{1}é看\u{1f600}\t/".to_owned(),
            none: None,
            some: Some(Box::new(Kind::One(7))),
            kinds: vec![Kind::Plain, Kind::Named { bytes: vec![0, 255] }, Kind::Two(true, None)],
            pair: (u64::MAX, '看'),
            late: Vec::new(),
        }
    }

    #[test]
    fn it_is_written_as_serde_json_writes_it() {
        let ours = value(&sample()).unwrap();
        assert_eq!(pretty(&ours), serde_json::to_string_pretty(&sample()).unwrap());
    }

    #[test]
    fn it_is_read_from_any_json_of_its_form() {
        for text in [
            serde_json::to_string(&sample()).unwrap(),
            serde_json::to_string_pretty(&sample()).unwrap(),
        ] {
            assert_eq!(read::<Sample>(&parse(&text).unwrap()), Some(sample()));
        }
        let odd = r#" { "late" : [ "\u00e9\ud83d\ude00\/" ] , "more":{"a":[]}, "text":"","none":null,
            "some":null,"kinds":[],"pair":[0,"x"] } "#;
        let odd: Sample = read(&parse(odd).unwrap()).unwrap();
        assert_eq!(odd.late, ["é\u{1f600}/"]);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\"}",
            "{\"a\":1,}",
            "1 2",
            "01",
            "-1",
            "1.5",
            "1e3",
            "tru",
            "\"",
            "\"\\x\"",
            "\"\\ud83d\"",
            "\"\\ud83d\\u0041\"",
            "\"\n\"",
            "[1 2]",
            "18446744073709551616",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"[".repeat(100_000)), None, "nor is what is too deep");
        assert_eq!(read::<Sample>(&Value::Null), None);
        assert_eq!(read::<Kind>(&Value::Text("Other".to_owned())), None);
    }
}
