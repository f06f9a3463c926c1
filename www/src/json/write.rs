//! What there is to values, and values to text.

use super::{Broken, Value};
use serde::ser::{
    Impossible, Serialize, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// The value of something. `None`: it has what this JSON has not.
pub fn value(it: &impl Serialize) -> Option<Value> {
    it.serialize(Writer).ok()
}

/// The text of a value, to be read by people too.
pub fn pretty(value: &Value) -> String {
    let mut out = String::new();
    put(value, 0, &mut out);
    out
}

fn put(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(it) => out.push_str(if *it { "true" } else { "false" }),
        Value::Number(it) => out.push_str(&it.to_string()),
        Value::Text(it) => quote(it, out),
        Value::List(it) => members(it, ["[", "]"], depth, out, |it, out| put(it, depth + 1, out)),
        Value::Map(it) => members(it, ["{", "}"], depth, out, |(key, it), out| {
            quote(key, out);
            out.push_str(": ");
            put(it, depth + 1, out);
        }),
    }
}

fn members<T>(
    all: &[T],
    [begin, end]: [&str; 2],
    depth: usize,
    out: &mut String,
    one: impl Fn(&T, &mut String),
) {
    out.push_str(begin);
    for (at, it) in all.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        out.push_str(&"  ".repeat(depth + 1));
        one(it, out);
    }
    if !all.is_empty() {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    }
    out.push_str(end);
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

struct Writer;

/// A list or a map that is being written; of a variant, under its name.
struct Parts {
    variant: Option<&'static str>,
    list: Vec<Value>,
    map: Vec<(String, Value)>,
}

impl Parts {
    fn of(variant: Option<&'static str>) -> Parts {
        Parts { variant, list: Vec::new(), map: Vec::new() }
    }

    fn push(&mut self, it: &(impl Serialize + ?Sized)) -> Result<(), Broken> {
        self.list.push(it.serialize(Writer)?);
        Ok(())
    }

    fn put(&mut self, key: &str, it: &(impl Serialize + ?Sized)) -> Result<(), Broken> {
        self.map.push((key.to_owned(), it.serialize(Writer)?));
        Ok(())
    }
}

/// A value, or a variant that holds it.
fn under(variant: Option<&'static str>, value: Value) -> Value {
    match variant {
        Some(name) => Value::Map(vec![(name.to_owned(), value)]),
        None => value,
    }
}

impl Serializer for Writer {
    type Ok = Value;
    type Error = Broken;
    type SerializeSeq = Parts;
    type SerializeTuple = Parts;
    type SerializeTupleStruct = Parts;
    type SerializeTupleVariant = Parts;
    type SerializeMap = Impossible<Value, Broken>;
    type SerializeStruct = Parts;
    type SerializeStructVariant = Parts;

    fn serialize_bool(self, it: bool) -> Result<Value, Broken> {
        Ok(Value::Bool(it))
    }
    fn serialize_i8(self, it: i8) -> Result<Value, Broken> {
        self.serialize_i64(it.into())
    }
    fn serialize_i16(self, it: i16) -> Result<Value, Broken> {
        self.serialize_i64(it.into())
    }
    fn serialize_i32(self, it: i32) -> Result<Value, Broken> {
        self.serialize_i64(it.into())
    }
    fn serialize_i64(self, it: i64) -> Result<Value, Broken> {
        u64::try_from(it).map(Value::Number).map_err(|_| Broken)
    }
    fn serialize_u8(self, it: u8) -> Result<Value, Broken> {
        Ok(Value::Number(it.into()))
    }
    fn serialize_u16(self, it: u16) -> Result<Value, Broken> {
        Ok(Value::Number(it.into()))
    }
    fn serialize_u32(self, it: u32) -> Result<Value, Broken> {
        Ok(Value::Number(it.into()))
    }
    fn serialize_u64(self, it: u64) -> Result<Value, Broken> {
        Ok(Value::Number(it))
    }
    fn serialize_f32(self, _: f32) -> Result<Value, Broken> {
        Err(Broken)
    }
    fn serialize_f64(self, _: f64) -> Result<Value, Broken> {
        Err(Broken)
    }
    fn serialize_char(self, it: char) -> Result<Value, Broken> {
        Ok(Value::Text(it.to_string()))
    }
    fn serialize_str(self, it: &str) -> Result<Value, Broken> {
        Ok(Value::Text(it.to_owned()))
    }
    fn serialize_bytes(self, it: &[u8]) -> Result<Value, Broken> {
        Ok(Value::List(it.iter().map(|it| Value::Number((*it).into())).collect()))
    }
    fn serialize_none(self) -> Result<Value, Broken> {
        Ok(Value::Null)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, it: &T) -> Result<Value, Broken> {
        it.serialize(self)
    }
    fn serialize_unit(self) -> Result<Value, Broken> {
        Ok(Value::Null)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Broken> {
        Ok(Value::Null)
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
    ) -> Result<Value, Broken> {
        Ok(Value::Text(name.to_owned()))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        it: &T,
    ) -> Result<Value, Broken> {
        it.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        it: &T,
    ) -> Result<Value, Broken> {
        Ok(under(Some(name), it.serialize(self)?))
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Parts, Broken> {
        Ok(Parts::of(None))
    }
    fn serialize_tuple(self, _: usize) -> Result<Parts, Broken> {
        Ok(Parts::of(None))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts, Broken> {
        Ok(Parts::of(None))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Parts, Broken> {
        Ok(Parts::of(Some(name)))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Broken> {
        Err(Broken)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts, Broken> {
        Ok(Parts::of(None))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Parts, Broken> {
        Ok(Parts::of(Some(name)))
    }
}

/// What is a list in JSON.
macro_rules! list {
    ($($form:ident $add:ident),*) => {$(
        impl $form for Parts {
            type Ok = Value;
            type Error = Broken;

            fn $add<T: Serialize + ?Sized>(&mut self, it: &T) -> Result<(), Broken> {
                self.push(it)
            }
            fn end(self) -> Result<Value, Broken> {
                Ok(under(self.variant, Value::List(self.list)))
            }
        }
    )*};
}

/// What is a map with known names.
macro_rules! map {
    ($($form:ident),*) => {$(
        impl $form for Parts {
            type Ok = Value;
            type Error = Broken;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, it: &T) -> Result<(), Broken> {
                self.put(key, it)
            }
            fn end(self) -> Result<Value, Broken> {
                Ok(under(self.variant, Value::Map(self.map)))
            }
        }
    )*};
}

list!(
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
);
map!(SerializeStruct, SerializeStructVariant);
