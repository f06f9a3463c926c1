//! JSON whose keys stay in their order, as Go's structs print them.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::fmt;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// A time in RFC 3339: a text in JSON, and in Go's own form where it is printed.
    Time(String),
    List(Vec<Json>),
    Map(Vec<(String, Json)>),
}

/// Pairs in their order.
pub fn map(pairs: Vec<(&str, Json)>) -> Json {
    Json::Map(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

pub fn text(text: &str) -> Json {
    Json::Text(text.to_owned())
}

impl Json {
    /// Any value as a tree.
    pub fn of(value: &impl Serialize) -> Json {
        let text = serde_json::to_string(value).unwrap_or_default();
        Json::parse(&text)
    }

    /// The tree of a text; null for what is none.
    pub fn parse(text: &str) -> Json {
        serde_json::from_str(text).unwrap_or(Json::Null)
    }

    /// On one line.
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// On one line, as Go's `json.Marshal` writes it: what could end a script in HTML is escaped.
    pub fn escaped(&self) -> String {
        let line = self.line();
        let line = line.replace('<', "\\u003c").replace('>', "\\u003e");
        line.replace('&', "\\u0026")
    }

    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Map(pairs) => pairs.iter().find(|(it, _)| it == key).map(|(_, value)| value),
            _ => None,
        }
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Json> {
        match self {
            Json::Map(pairs) => pairs.iter_mut().find(|(it, _)| it == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// What Go's templates take for true.
    pub fn is_true(&self) -> bool {
        match self {
            Json::Null => false,
            Json::Bool(is) => *is,
            Json::Int(n) => *n != 0,
            Json::Float(n) => *n != 0.0,
            Json::Text(text) => !text.is_empty(),
            Json::Time(_) => true,
            Json::List(all) => !all.is_empty(),
            Json::Map(all) => !all.is_empty(),
        }
    }
}

/// As Go's `%v` prints it.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => f.write_str("<no value>"),
            Json::Bool(is) => write!(f, "{is}"),
            Json::Int(n) => write!(f, "{n}"),
            Json::Float(n) => write!(f, "{n}"),
            Json::Text(text) => f.write_str(text),
            Json::Time(text) => f.write_str(&crate::oci::human::go_time(text)),
            Json::List(all) => {
                let words: Vec<String> = all.iter().map(Json::to_string).collect();
                write!(f, "[{}]", words.join(" "))
            }
            Json::Map(all) => {
                let mut words: Vec<String> =
                    all.iter().map(|(key, value)| format!("{key}:{value}")).collect();
                words.sort();
                write!(f, "map[{}]", words.join(" "))
            }
        }
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, ser: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => ser.serialize_none(),
            Json::Bool(is) => ser.serialize_bool(*is),
            Json::Int(n) => ser.serialize_i64(*n),
            Json::Float(n) => ser.serialize_f64(*n),
            Json::Text(text) | Json::Time(text) => ser.serialize_str(text),
            Json::List(all) => {
                let mut list = ser.serialize_seq(Some(all.len()))?;
                all.iter().try_for_each(|it| list.serialize_element(it))?;
                list.end()
            }
            Json::Map(all) => {
                let mut map = ser.serialize_map(Some(all.len()))?;
                all.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
    fn visit_bool<E>(self, is: bool) -> Result<Json, E> {
        Ok(Json::Bool(is))
    }
    fn visit_i64<E>(self, n: i64) -> Result<Json, E> {
        Ok(Json::Int(n))
    }
    fn visit_u64<E>(self, n: u64) -> Result<Json, E> {
        Ok(i64::try_from(n).map_or(Json::Float(n as f64), Json::Int))
    }
    fn visit_f64<E>(self, n: f64) -> Result<Json, E> {
        Ok(Json::Float(n))
    }
    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut all = Vec::new();
        while let Some(it) = seq.next_element()? {
            all.push(it);
        }
        Ok(Json::List(all))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut all = Vec::new();
        while let Some(it) = map.next_entry()? {
            all.push(it);
        }
        Ok(Json::Map(all))
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(de: D) -> Result<Json, D::Error> {
        de.deserialize_any(Tree)
    }
}
