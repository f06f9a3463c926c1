//! What a filter is made of.

use super::value::Value;
use std::rc::Rc;

#[derive(Clone, Debug)]
pub enum Ast {
    Identity,
    /// `..`
    Recurse,
    Literal(Value),
    /// A text with `\(…)` in it, each through the format.
    Text(Format, Vec<Piece>),
    Format(Format),
    /// `TERM[KEY]`, `TERM.name`; the key is worked out on the input.
    Index(Box<Ast>, Box<Ast>),
    Slice(Box<Ast>, Option<Box<Ast>>, Option<Box<Ast>>),
    /// `TERM[]`
    Each(Box<Ast>),
    Pipe(Box<Ast>, Box<Ast>),
    Comma(Box<Ast>, Box<Ast>),
    Negate(Box<Ast>),
    Binary(Op, Box<Ast>, Box<Ast>),
    And(Box<Ast>, Box<Ast>),
    Or(Box<Ast>, Box<Ast>),
    /// `A // B`
    Alternative(Box<Ast>, Box<Ast>),
    If(Vec<(Ast, Ast)>, Option<Box<Ast>>),
    Try(Box<Ast>, Option<Box<Ast>>),
    Reduce(Box<Ast>, Pattern, Box<Ast>, Box<Ast>),
    /// Source, pattern, start, update, what is put out.
    Foreach(Box<Ast>, Pattern, Box<Ast>, Box<Ast>, Option<Box<Ast>>),
    Bind(Box<Ast>, Pattern, Box<Ast>),
    Var(Rc<str>),
    Array(Option<Box<Ast>>),
    Object(Vec<(Ast, Ast)>),
    Call(Rc<str>, Vec<Ast>),
    Update(Update, Box<Ast>, Box<Ast>),
    Define(Rc<Function>, Box<Ast>),
    Label(Rc<str>, Box<Ast>),
    Break(Rc<str>),
}

#[derive(Debug)]
pub struct Function {
    pub name: Rc<str>,
    /// `f` takes a filter, `$x` a value.
    pub params: Vec<Rc<str>>,
    pub body: Ast,
}

#[derive(Clone, Debug)]
pub enum Pattern {
    Var(Rc<str>),
    List(Vec<Pattern>),
    /// Key, the variable that gets the value too (`$key`), pattern.
    Map(Vec<(Ast, Option<Rc<str>>, Option<Pattern>)>),
}

#[derive(Clone, Debug)]
pub enum Piece {
    Plain(String),
    Filter(Ast),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
    Csv,
    Tsv,
    Html,
    Uri,
    Sh,
    Base64,
    Base64d,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// `=`, `|=`, `+=` and the like, `//=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    Set,
    By,
    With(Op),
    Alternative,
}
