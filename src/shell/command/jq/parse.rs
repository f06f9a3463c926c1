//! From words to a filter, by precedence.

use super::ast::{Ast, Format, Function, Op, Pattern, Piece, Update};
use super::lex::{self, Part, Token};
use super::value::Value;
use std::rc::Rc;

/// Brackets inside brackets: what a filter of people never needs.
const DEEPEST: usize = 200;

/// Why a filter is none, and where it stopped being one: a place in its text.
pub struct Trouble {
    pub why: String,
    pub at: usize,
}

pub fn parse(text: &str) -> Result<Ast, Trouble> {
    let tokens = lex::tokens(text).map_err(|(why, at)| Trouble { why, at })?;
    let mut parser = Parser { tokens, at: 0, depth: 0, fault: None };
    if parser.peek() == &Token::End {
        return Ok(Ast::Identity);
    }
    let ast = parser.pipe().and_then(|ast| parser.end().map(|()| ast));
    ast.map_err(|why| Trouble { why, at: parser.place() })
}

struct Parser {
    /// Each with its place in the text.
    tokens: Vec<(Token, usize)>,
    at: usize,
    depth: usize,
    /// Where a filter in a text is wrong.
    fault: Option<usize>,
}

/// How strongly an operator binds, and what it makes of its sides.
#[derive(Clone, Copy)]
enum Infix {
    Comma,
    Alternative,
    Update(Update),
    Or,
    And,
    Compare(Op),
    Math(Op),
}

impl Infix {
    fn of(token: &Token) -> Option<Infix> {
        Some(match token {
            Token::Name(name) if name == "or" => Infix::Or,
            Token::Name(name) if name == "and" => Infix::And,
            Token::Sign(sign) => match *sign {
                "," => Infix::Comma,
                "//" => Infix::Alternative,
                "=" => Infix::Update(Update::Set),
                "|=" => Infix::Update(Update::By),
                "+=" => Infix::Update(Update::With(Op::Add)),
                "-=" => Infix::Update(Update::With(Op::Subtract)),
                "*=" => Infix::Update(Update::With(Op::Multiply)),
                "/=" => Infix::Update(Update::With(Op::Divide)),
                "%=" => Infix::Update(Update::With(Op::Remainder)),
                "//=" => Infix::Update(Update::Alternative),
                "==" => Infix::Compare(Op::Equal),
                "!=" => Infix::Compare(Op::Unequal),
                "<" => Infix::Compare(Op::Less),
                "<=" => Infix::Compare(Op::AtMost),
                ">" => Infix::Compare(Op::More),
                ">=" => Infix::Compare(Op::AtLeast),
                "+" => Infix::Math(Op::Add),
                "-" => Infix::Math(Op::Subtract),
                "*" => Infix::Math(Op::Multiply),
                "/" => Infix::Math(Op::Divide),
                "%" => Infix::Math(Op::Remainder),
                _ => return None,
            },
            _ => return None,
        })
    }

    fn strength(self) -> u8 {
        match self {
            Infix::Comma => 1,
            Infix::Alternative => 2,
            Infix::Update(_) => 3,
            Infix::Or => 4,
            Infix::And => 5,
            Infix::Compare(_) => 6,
            Infix::Math(Op::Add | Op::Subtract) => 7,
            Infix::Math(_) => 8,
        }
    }

    fn stands_alone(self) -> bool {
        matches!(self, Infix::Update(_) | Infix::Compare(_))
    }

    fn join(self, left: Ast, right: Ast) -> Ast {
        let (l, r) = (Box::new(left), Box::new(right));
        match self {
            Infix::Comma => Ast::Comma(l, r),
            Infix::Alternative => Ast::Alternative(l, r),
            Infix::Update(how) => Ast::Update(how, l, r),
            Infix::Or => Ast::Or(l, r),
            Infix::And => Ast::And(l, r),
            Infix::Compare(op) | Infix::Math(op) => Ast::Binary(op, l, r),
        }
    }
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |it| &it.0)
    }

    /// Where the token stands that is wrong; at the end, the last one.
    fn place(&self) -> usize {
        let last = self.tokens.len().saturating_sub(2);
        self.fault.unwrap_or_else(|| self.tokens.get(self.at.min(last)).map_or(0, |it| it.1))
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn eat(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Token::Sign(it) if *it == sign);
        self.at += usize::from(is);
        is
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Name(it) if it == word)
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let is = self.is_word(word);
        self.at += usize::from(is);
        is
    }

    fn need(&mut self, sign: &str) -> Result<(), String> {
        if self.eat(sign) { Ok(()) } else { Err(self.unexpected(Some(sign))) }
    }

    fn need_word(&mut self, word: &str) -> Result<(), String> {
        if self.eat_word(word) { Ok(()) } else { Err(self.unexpected(Some(word))) }
    }

    fn end(&mut self) -> Result<(), String> {
        if self.peek() == &Token::End { Ok(()) } else { Err(self.unexpected(None)) }
    }

    fn unexpected(&self, wanted: Option<&str>) -> String {
        let what = match self.peek() {
            Token::Name(name) if is_keyword(name) => name.clone(),
            Token::Name(_) => "IDENT".into(),
            Token::Field(_) => "FIELD".into(),
            Token::Var(_) => "'$'".into(),
            Token::Number(_) => "LITERAL".into(),
            Token::Text(_) => "QQSTRING_START".into(),
            Token::Format(_) => "FORMAT".into(),
            Token::Sign("]" | "}" | ")") if !self.is_inside() => "INVALID_CHARACTER".into(),
            Token::Sign(sign) => format!("'{sign}'"),
            Token::End => "$end".into(),
        };
        // jq names what it expects when that is one thing.
        let wanted = match wanted {
            _ if self.at == 0 => Some("$end"),
            Some("]" | ")") => None,
            wanted => wanted,
        };
        let wanted = wanted.map_or(String::new(), |it| match it {
            "$end" => ", expecting $end".to_owned(),
            it => format!(", expecting '{it}'"),
        });
        format!("syntax error, unexpected {what}{wanted}")
    }

    /// Is a bracket open here?
    fn is_inside(&self) -> bool {
        let before = self.tokens.iter().take(self.at);
        let open = before.fold(0_i32, |open, it| match it.0 {
            Token::Sign("[" | "{" | "(") => open + 1,
            Token::Sign("]" | "}" | ")") => open - 1,
            _ => open,
        });
        open > 0
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEEPEST { Err("the filter is nested too deep".into()) } else { Ok(()) }
    }

    fn pipe(&mut self) -> Result<Ast, String> {
        self.deeper()?;
        let ast = self.pipe_inside()?;
        self.depth -= 1;
        Ok(ast)
    }

    fn pipe_inside(&mut self) -> Result<Ast, String> {
        if self.eat_word("def") {
            let function = self.function()?;
            return Ok(Ast::Define(Rc::new(function), Box::new(self.pipe()?)));
        }
        if self.eat_word("label") {
            let Token::Var(name) = self.next() else { return Err(self.unexpected(Some("$"))) };
            self.need("|")?;
            return Ok(Ast::Label(name.into(), Box::new(self.pipe()?)));
        }
        let start = self.at;
        let left = self.infix(0)?;
        // `TERM as $x | BODY` reaches as far as it can, but binds its term alone.
        if self.is_word("as") {
            self.at = start;
            let mut left = self.infix_to_as()?;
            self.need_word("as")?;
            let pattern = self.pattern()?;
            self.need("|")?;
            let body = self.pipe()?;
            let (infix, source) = left.pop().ok_or("syntax error")?;
            let mut ast = Ast::Bind(Box::new(source), pattern, Box::new(body));
            let mut next = infix;
            while let (Some(infix), Some((before, side))) = (next, left.pop()) {
                ast = infix.join(side, ast);
                next = before;
            }
            return Ok(ast);
        }
        if self.eat("|") {
            return Ok(Ast::Pipe(Box::new(left), Box::new(self.pipe()?)));
        }
        Ok(left)
    }

    /// The sides of the operators before `as`, each with the operator before it.
    fn infix_to_as(&mut self) -> Result<Vec<(Option<Infix>, Ast)>, String> {
        let mut all = vec![(None, self.unary()?)];
        while !self.is_word("as") {
            let infix = Infix::of(self.peek()).ok_or_else(|| self.unexpected(None))?;
            self.at += 1;
            all.push((Some(infix), self.unary()?));
        }
        Ok(all)
    }

    fn infix(&mut self, least: u8) -> Result<Ast, String> {
        self.deeper()?;
        let mut left = self.unary()?;
        while let Some(infix) = Infix::of(self.peek()) {
            let strength = infix.strength();
            if strength < least.max(1) {
                break;
            }
            self.at += 1;
            let right_first = matches!(infix, Infix::Alternative);
            let right = self.infix(if right_first { strength } else { strength + 1 })?;
            left = infix.join(left, right);
            let again = Infix::of(self.peek());
            if infix.stands_alone() && again.is_some_and(|it| it.strength() == strength) {
                return Err(self.unexpected(None));
            }
        }
        self.depth -= 1;
        Ok(left)
    }

    fn unary(&mut self) -> Result<Ast, String> {
        if self.eat("-") {
            self.deeper()?;
            let ast = Ast::Negate(Box::new(self.unary()?));
            self.depth -= 1;
            return Ok(ast);
        }
        self.postfix()
    }

    fn postfix(&mut self) -> Result<Ast, String> {
        let mut ast = self.term()?;
        loop {
            let boxed = Box::new(ast);
            ast = match self.peek().clone() {
                Token::Field(name) => {
                    self.at += 1;
                    Ast::Index(boxed, Box::new(Ast::Literal(Value::text(name))))
                }
                Token::Sign(".") => {
                    self.at += 1;
                    match self.next() {
                        Token::Text(parts) => {
                            Ast::Index(boxed, Box::new(self.text(Format::Text, parts)?))
                        }
                        _ => {
                            self.at -= 1;
                            return Err(
                                self.unexpected(None) + ", expecting FORMAT or QQSTRING_START"
                            );
                        }
                    }
                }
                Token::Sign("[") => {
                    self.at += 1;
                    self.brackets(boxed)?
                }
                Token::Sign("?") => {
                    self.at += 1;
                    Ast::Try(boxed, None)
                }
                _ => return Ok(*boxed),
            };
        }
    }

    /// What stands after `TERM[`.
    fn brackets(&mut self, term: Box<Ast>) -> Result<Ast, String> {
        if self.eat("]") {
            return Ok(Ast::Each(term));
        }
        if self.eat(":") {
            let to = self.pipe()?;
            self.need("]")?;
            return Ok(Ast::Slice(term, None, Some(Box::new(to))));
        }
        let key = self.pipe()?;
        if self.eat(":") {
            let to = if self.eat("]") {
                None
            } else {
                let to = self.pipe()?;
                self.need("]")?;
                Some(Box::new(to))
            };
            return Ok(Ast::Slice(term, Some(Box::new(key)), to));
        }
        self.need("]")?;
        Ok(Ast::Index(term, Box::new(key)))
    }

    fn term(&mut self) -> Result<Ast, String> {
        let start = self.at;
        Ok(match self.next() {
            Token::Number(n) => Ast::Literal(Value::Number(n)),
            Token::Text(parts) => self.text(Format::Text, parts)?,
            Token::Format(format) => match self.peek().clone() {
                Token::Text(parts) => {
                    self.at += 1;
                    self.text(format, parts)?
                }
                _ => Ast::Format(format),
            },
            Token::Field(name) => {
                Ast::Index(Box::new(Ast::Identity), Box::new(Ast::Literal(Value::text(name))))
            }
            Token::Var(name) => Ast::Var(name.into()),
            Token::Sign(".") => match self.peek().clone() {
                Token::Text(parts) => {
                    self.at += 1;
                    Ast::Index(Box::new(Ast::Identity), Box::new(self.text(Format::Text, parts)?))
                }
                _ => Ast::Identity,
            },
            Token::Sign("..") => Ast::Recurse,
            Token::Sign("(") => {
                let ast = self.pipe()?;
                self.need(")")?;
                ast
            }
            Token::Sign("[") => {
                if self.eat("]") {
                    return Ok(Ast::Array(None));
                }
                let ast = self.pipe()?;
                self.need("]")?;
                Ast::Array(Some(Box::new(ast)))
            }
            Token::Sign("{") => self.object()?,
            Token::Name(name) => match name.as_str() {
                "if" => self.if_()?,
                "try" => {
                    let body = self.postfix_of_try()?;
                    let handler = if self.eat_word("catch") {
                        Some(Box::new(self.postfix_of_try()?))
                    } else {
                        None
                    };
                    Ast::Try(Box::new(body), handler)
                }
                "reduce" => {
                    let (source, pattern) = self.source()?;
                    let (start, update, _) = self.loops(false)?;
                    Ast::Reduce(source, pattern, start, update)
                }
                "foreach" => {
                    let (source, pattern) = self.source()?;
                    let (start, update, out) = self.loops(true)?;
                    Ast::Foreach(source, pattern, start, update, out)
                }
                "break" => match self.next() {
                    Token::Var(name) => Ast::Break(name.into()),
                    _ => return Err("break requires a label to break to".into()),
                },
                "def" => {
                    let function = self.function()?;
                    Ast::Define(Rc::new(function), Box::new(self.pipe()?))
                }
                _ if is_keyword(&name) => {
                    self.at = start;
                    return Err(self.unexpected(None));
                }
                _ => self.call(name)?,
            },
            _ => {
                self.at = start;
                return Err(self.unexpected(None));
            }
        })
    }

    fn postfix_of_try(&mut self) -> Result<Ast, String> {
        self.deeper()?;
        let ast = self.postfix()?;
        self.depth -= 1;
        Ok(ast)
    }

    fn call(&mut self, name: String) -> Result<Ast, String> {
        let mut args = Vec::new();
        if self.eat("(") {
            loop {
                args.push(self.pipe()?);
                if !self.eat(";") {
                    break;
                }
            }
            self.need(")")?;
        }
        let literal = match (name.as_str(), args.len()) {
            ("null", 0) => Some(Value::Null),
            ("true", 0) => Some(Value::Bool(true)),
            ("false", 0) => Some(Value::Bool(false)),
            _ => None,
        };
        Ok(literal.map_or_else(|| Ast::Call(name.into(), args), Ast::Literal))
    }

    fn if_(&mut self) -> Result<Ast, String> {
        let mut branches = Vec::new();
        loop {
            let test = self.pipe()?;
            self.need_word("then")?;
            branches.push((test, self.pipe()?));
            if self.eat_word("elif") {
                continue;
            }
            // In jq 1.6 there is always an `else`.
            if !self.eat_word("else") {
                return Err(self.unexpected(None));
            }
            let other = Some(Box::new(self.pipe()?));
            self.need_word("end")?;
            return Ok(Ast::If(branches, other));
        }
    }

    /// `TERM as PATTERN`
    fn source(&mut self) -> Result<(Box<Ast>, Pattern), String> {
        let term = self.postfix()?;
        self.need_word("as")?;
        Ok((Box::new(term), self.pattern()?))
    }

    #[expect(clippy::type_complexity, reason = "start, update and what is put out")]
    fn loops(&mut self, puts_out: bool) -> Result<(Box<Ast>, Box<Ast>, Option<Box<Ast>>), String> {
        self.need("(")?;
        let start = Box::new(self.pipe()?);
        self.need(";")?;
        let update = Box::new(self.pipe()?);
        let out = if puts_out && self.eat(";") { Some(Box::new(self.pipe()?)) } else { None };
        self.need(")")?;
        Ok((start, update, out))
    }

    fn function(&mut self) -> Result<Function, String> {
        let Token::Name(name) = self.next() else {
            self.at -= 1;
            return Err(self.unexpected(None));
        };
        let mut params = Vec::new();
        if self.eat("(") {
            loop {
                match self.next() {
                    Token::Name(name) => params.push(name.into()),
                    Token::Var(name) => params.push(format!("${name}").into()),
                    _ => {
                        self.at -= 1;
                        return Err(self.unexpected(None));
                    }
                }
                if !self.eat(";") {
                    break;
                }
            }
            self.need(")")?;
        }
        self.need(":")?;
        let body = self.pipe()?;
        self.need(";")?;
        Ok(Function { name: name.into(), params, body })
    }

    fn pattern(&mut self) -> Result<Pattern, String> {
        self.deeper()?;
        let pattern = match self.next() {
            Token::Var(name) => Pattern::Var(name.into()),
            Token::Sign("[") => {
                let mut all = vec![self.pattern()?];
                while self.eat(",") {
                    all.push(self.pattern()?);
                }
                self.need("]")?;
                Pattern::List(all)
            }
            Token::Sign("{") => {
                let mut all = vec![self.pattern_of_key()?];
                while self.eat(",") {
                    all.push(self.pattern_of_key()?);
                }
                self.need("}")?;
                Pattern::Map(all)
            }
            _ => {
                self.at -= 1;
                return Err(self.unexpected(None));
            }
        };
        self.depth -= 1;
        Ok(pattern)
    }

    fn pattern_of_key(&mut self) -> Result<(Ast, Option<Rc<str>>, Option<Pattern>), String> {
        let (key, var) = match self.next() {
            Token::Var(name) => (Ast::Literal(Value::text(name.clone())), Some(Rc::from(name))),
            Token::Name(name) => (Ast::Literal(Value::text(name)), None),
            Token::Text(parts) => (self.text(Format::Text, parts)?, None),
            Token::Sign("(") => {
                let key = self.pipe()?;
                self.need(")")?;
                (key, None)
            }
            _ => {
                self.at -= 1;
                return Err(self.unexpected(None));
            }
        };
        let inner = if self.eat(":") {
            Some(self.pattern()?)
        } else if var.is_some() {
            None
        } else {
            return Err(self.unexpected(Some(":")));
        };
        Ok((key, var, inner))
    }

    fn object(&mut self) -> Result<Ast, String> {
        let mut all = Vec::new();
        if self.eat("}") {
            return Ok(Ast::Object(all));
        }
        loop {
            all.push(self.entry()?);
            if !self.eat(",") {
                break;
            }
        }
        self.need("}")?;
        Ok(Ast::Object(all))
    }

    /// `key: value`, or a key that says where its value is.
    fn entry(&mut self) -> Result<(Ast, Ast), String> {
        let here = |key: Ast| Ast::Index(Box::new(Ast::Identity), Box::new(key));
        let (key, short) = match self.next() {
            Token::Name(name) => {
                let key = Ast::Literal(Value::text(name));
                (key.clone(), Some(here(key)))
            }
            Token::Var(name) => {
                let key = Ast::Literal(Value::text(name.clone()));
                (key, Some(Ast::Var(name.into())))
            }
            Token::Text(parts) => {
                let key = self.text(Format::Text, parts)?;
                (key.clone(), Some(here(key)))
            }
            Token::Number(n) => (Ast::Literal(Value::Number(n)), None),
            Token::Sign("(") => {
                let key = self.pipe()?;
                self.need(")")?;
                (key, None)
            }
            _ => {
                self.at -= 1;
                return Err(self.unexpected(None));
            }
        };
        if self.eat(":") {
            let mut value = self.object_value()?;
            while self.eat("|") {
                value = Ast::Pipe(Box::new(value), Box::new(self.object_value()?));
            }
            return Ok((key, value));
        }
        match short {
            Some(value) => Ok((key, value)),
            None => Err(self.unexpected(Some(":"))),
        }
    }

    fn object_value(&mut self) -> Result<Ast, String> {
        // As in jq 1.6, a calculation needs brackets here.
        self.unary()
    }

    fn text(&mut self, format: Format, parts: Vec<Part>) -> Result<Ast, String> {
        if let [Part::Plain(text)] = &parts[..] {
            return Ok(Ast::Literal(Value::text(text.as_str())));
        }
        let mut pieces = Vec::new();
        for part in parts {
            pieces.push(match part {
                Part::Plain(text) => Piece::Plain(text),
                Part::Inner(tokens) => {
                    let mut inner = Parser { tokens, at: 0, depth: self.depth, fault: None };
                    let ast = inner.deeper().and_then(|()| inner.pipe());
                    let ast = ast.and_then(|ast| inner.end().map(|()| ast));
                    if ast.is_err() {
                        self.fault = Some(inner.place());
                    }
                    Piece::Filter(ast?)
                }
            });
        }
        Ok(Ast::Text(format, pieces))
    }
}

fn is_keyword(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "def", "if", "then", "elif", "else", "end", "as", "reduce", "foreach", "try", "catch",
        "label", "import", "include", "and", "or", "__loc__",
    ];
    WORDS.contains(&name)
}
