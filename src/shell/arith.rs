//! Shell arithmetic: 64-bit integers, the operators of C, variables by name. It reads and writes
//! variables through a trait and runs in one go; the text it gets has been expanded already.

use super::text::is_name_byte;

/// The variables as arithmetic sees them.
pub trait Vars {
    /// The text of `name` or `name[index]`; an unset one is empty. An error is a complete message.
    fn get(&mut self, name: &[u8], index: Option<&[u8]>) -> Result<Vec<u8>, String>;
    /// Sets `name` or `name[index]`.
    fn set(&mut self, name: &[u8], index: Option<&[u8]>, value: i64) -> Result<(), String>;
}

/// Evaluates an expression. An error is the message bash prints, from the expression on.
pub fn eval(expr: &[u8], vars: &mut dyn Vars) -> Result<i64, String> {
    eval_at(expr, vars, 0)
}

fn eval_at(expr: &[u8], vars: &mut dyn Vars, depth: u32) -> Result<i64, String> {
    let mut e = Eval { src: expr, pos: 0, tok: 0, vars, depth, skip: 0 };
    if depth > 50 {
        return Err(e.fail("expression recursion level exceeded"));
    }
    e.blanks();
    if e.pos == expr.len() {
        return Ok(0);
    }
    let v = e.comma()?;
    e.blanks();
    if e.pos < e.src.len() {
        e.tok = e.pos;
        let m = if e.starts_operand() || e.src[e.pos] == b')' || e.src[e.pos] == b']' {
            "syntax error in expression"
        } else {
            "syntax error: invalid arithmetic operator"
        };
        return Err(e.fail(m));
    }
    Ok(v)
}

struct Eval<'a> {
    src: &'a [u8],
    pos: usize,
    /// Where the last token started.
    tok: usize,
    vars: &'a mut dyn Vars,
    depth: u32,
    /// Inside an operand that is not evaluated.
    skip: u32,
}

/// A place that can be assigned to.
struct Place {
    name: Vec<u8>,
    index: Option<Vec<u8>>,
}

type Res = Result<i64, String>;

/// Operands inside operands; each takes several frames of the host's stack.
const MAX_DEPTH: u32 = 120;

const ASSIGN: &[&str] = &["=", "*=", "/=", "%=", "+=", "-=", "<<=", ">>=", "&=", "^=", "|="];
const LEVELS: &[&[&str]] = &[
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

impl Eval<'_> {
    fn fail(&self, m: &str) -> String {
        let expr = String::from_utf8_lossy(self.src).trim_start_matches([' ', '\t']).to_string();
        let tok = String::from_utf8_lossy(&self.src[self.tok.min(self.src.len())..]).into_owned();
        if self.depth > 50 {
            return format!("{expr}: {m} (error token is \"{}\")", expr);
        }
        format!("{expr}: {m} (error token is \"{tok}\")")
    }

    fn blanks(&mut self) {
        while self.src.get(self.pos).is_some_and(|b| matches!(b, b' ' | b'\t' | b'\n')) {
            self.pos += 1;
        }
    }

    fn peek(&mut self) -> Option<u8> {
        self.blanks();
        self.src.get(self.pos).copied()
    }

    fn starts_operand(&self) -> bool {
        self.src.get(self.pos).is_some_and(|b| is_name_byte(*b) || *b == b'(')
    }

    /// The operator at the current position, the longest there is.
    fn op(&mut self) -> &'static str {
        self.blanks();
        const OPS: &[&str] = &[
            "<<=", ">>=", "**", "&&", "||", "==", "!=", "<=", ">=", "<<", ">>", "++", "--", "*=",
            "/=", "%=", "+=", "-=", "&=", "^=", "|=", "=", "+", "-", "*", "/", "%", "<", ">", "&",
            "^", "|", "!", "~", "?", ":", ",", "(", ")",
        ];
        let rest = &self.src[self.pos..];
        OPS.iter().find(|o| rest.starts_with(o.as_bytes())).copied().unwrap_or("")
    }

    fn take(&mut self, op: &str) {
        self.tok = self.pos;
        self.pos += op.len();
    }

    fn comma(&mut self) -> Res {
        let mut v = self.assignment()?;
        while self.op() == "," {
            self.take(",");
            v = self.assignment()?;
        }
        Ok(v)
    }

    fn assignment(&mut self) -> Res {
        self.depth_check()?;
        let start = self.pos;
        self.blanks();
        if self.src.get(self.pos).is_some_and(|b| is_name_byte(*b) && !b.is_ascii_digit()) {
            let place = self.place()?;
            let op = self.op();
            if ASSIGN.contains(&op) {
                self.take(op);
                let right = self.assignment()?;
                self.depth -= 1;
                if self.skip > 0 {
                    return Ok(0);
                }
                let v = if op == "=" {
                    right
                } else {
                    let left = self.load(&place)?;
                    self.binary(&op[..op.len() - 1], left, right)?
                };
                self.store(&place, v)?;
                return Ok(v);
            }
            self.pos = start;
        }
        let v = self.ternary();
        self.depth -= 1;
        v
    }

    fn depth_check(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fail("expression recursion level exceeded"));
        }
        Ok(())
    }

    fn ternary(&mut self) -> Res {
        let c = self.level(0)?;
        if self.op() != "?" {
            if ASSIGN.contains(&self.op()) {
                self.tok = self.pos;
                return Err(self.fail("attempted assignment to non-variable"));
            }
            return Ok(c);
        }
        self.take("?");
        if matches!(self.peek(), None | Some(b':')) {
            self.tok = self.pos;
            return Err(self.fail("expression expected"));
        }
        let a = self.skipping(c == 0, Self::comma)?;
        if self.op() != ":" {
            self.tok = if self.pos < self.src.len() { self.pos } else { self.tok };
            return Err(self.fail("`:' expected for conditional expression"));
        }
        self.take(":");
        if self.peek().is_none() {
            self.tok = self.pos - 1;
            return Err(self.fail("expression expected"));
        }
        let b = self.skipping(c != 0, Self::assignment)?;
        Ok(if c != 0 { a } else { b })
    }

    fn skipping(&mut self, skip: bool, f: impl FnOnce(&mut Self) -> Res) -> Res {
        self.skip += u32::from(skip);
        let v = f(self);
        self.skip -= u32::from(skip);
        v
    }

    fn level(&mut self, n: usize) -> Res {
        if n == LEVELS.len() {
            return self.power();
        }
        let mut left = self.level(n + 1)?;
        loop {
            let op = self.op();
            if !LEVELS[n].contains(&op) {
                return Ok(left);
            }
            self.take(op);
            left = match op {
                "&&" => {
                    let r = self.skipping(left == 0, |e| e.level(n + 1))?;
                    i64::from(left != 0 && r != 0)
                }
                "||" => {
                    let r = self.skipping(left != 0, |e| e.level(n + 1))?;
                    i64::from(left != 0 || r != 0)
                }
                _ => {
                    let r = self.level(n + 1)?;
                    self.binary(op, left, r)?
                }
            };
        }
    }

    fn binary(&mut self, op: &str, a: i64, b: i64) -> Res {
        Ok(match op {
            "|" => a | b,
            "^" => a ^ b,
            "&" => a & b,
            "==" => i64::from(a == b),
            "!=" => i64::from(a != b),
            "<=" => i64::from(a <= b),
            ">=" => i64::from(a >= b),
            "<" => i64::from(a < b),
            ">" => i64::from(a > b),
            "<<" => a.wrapping_shl(b as u32),
            ">>" => a.wrapping_shr(b as u32),
            "+" => a.wrapping_add(b),
            "-" => a.wrapping_sub(b),
            "*" => a.wrapping_mul(b),
            "/" | "%" => {
                if b == 0 {
                    if self.skip > 0 {
                        return Ok(0);
                    }
                    return Err(self.division());
                }
                if op == "/" { a.wrapping_div(b) } else { a.wrapping_rem(b) }
            }
            _ => 0,
        })
    }

    fn division(&mut self) -> String {
        // The token is the divisor.
        let mut at = self.tok;
        if matches!(self.src.get(at), Some(b'/' | b'%')) {
            at += 1;
            while self.src.get(at) == Some(&b' ') || self.src.get(at) == Some(&b'=') {
                at += 1;
            }
        }
        self.tok = at;
        self.fail("division by 0")
    }

    fn power(&mut self) -> Res {
        let base = self.unary()?;
        if self.op() != "**" {
            return Ok(base);
        }
        self.take("**");
        self.depth_check()?;
        let exp = self.power()?;
        self.depth -= 1;
        if exp < 0 {
            if self.skip > 0 {
                return Ok(0);
            }
            return Err(self.fail("exponent less than 0"));
        }
        Ok(base.wrapping_pow(exp.min(i64::from(u32::MAX)) as u32))
    }

    fn unary(&mut self) -> Res {
        let op = self.op();
        match op {
            "!" | "~" | "-" | "+" => {
                self.take(op);
                self.depth_check()?;
                let v = self.unary()?;
                self.depth -= 1;
                Ok(match op {
                    "!" => i64::from(v == 0),
                    "~" => !v,
                    "-" => v.wrapping_neg(),
                    _ => v,
                })
            }
            "++" | "--" => {
                let at = self.pos;
                self.take(op);
                self.blanks();
                if self.src.get(self.pos).is_some_and(|b| is_name_byte(*b) && !b.is_ascii_digit()) {
                    let place = self.place()?;
                    if self.skip > 0 {
                        return Ok(0);
                    }
                    let v = self.load(&place)?.wrapping_add(if op == "++" { 1 } else { -1 });
                    self.store(&place, v)?;
                    return Ok(v);
                }
                // Two signs.
                self.pos = at + 1;
                self.depth_check()?;
                let v = self.unary()?;
                self.depth -= 1;
                Ok(if op == "--" { v.wrapping_neg() } else { v })
            }
            _ => self.operand(),
        }
    }

    fn operand(&mut self) -> Res {
        let Some(b) = self.peek() else {
            return Err(self.fail("syntax error: operand expected"));
        };
        if b == b'(' {
            self.take("(");
            let v = self.comma()?;
            if self.peek() != Some(b')') {
                self.tok = if self.pos >= self.src.len() { self.tok } else { self.pos };
                return Err(self.fail("missing `)'"));
            }
            self.take(")");
            return Ok(v);
        }
        self.tok = self.pos;
        if b.is_ascii_digit() {
            return self.number();
        }
        if !is_name_byte(b) {
            return Err(self.fail("syntax error: operand expected"));
        }
        let place = self.place()?;
        let op = self.op();
        if op == "++" || op == "--" {
            let at = self.tok;
            self.take(op);
            self.tok = at;
            if self.skip > 0 {
                return Ok(0);
            }
            let v = self.load(&place)?;
            self.store(&place, v.wrapping_add(if op == "++" { 1 } else { -1 }))?;
            return Ok(v);
        }
        if self.skip > 0 {
            return Ok(0);
        }
        self.load(&place)
    }

    /// A number: decimal, octal, hexadecimal, or `base#digits`.
    fn number(&mut self) -> Res {
        let start = self.pos;
        let rest = &self.src[start..];
        let len = rest.iter().take_while(|b| is_name_byte(**b) || matches!(b, b'#' | b'@')).count();
        let text = &rest[..len];
        self.pos += len;
        let (base, digits) = match text.iter().position(|&b| b == b'#') {
            Some(n) => {
                let base = std::str::from_utf8(&text[..n])
                    .ok()
                    .and_then(|t| t.parse::<i64>().ok())
                    .unwrap_or(0);
                if !(2..=64).contains(&base) {
                    return Err(self.fail("invalid arithmetic base"));
                }
                (base, &text[n + 1..])
            }
            None if text.len() > 1 && text[0] == b'0' && matches!(text[1], b'x' | b'X') => {
                (16, &text[2..])
            }
            None if text.len() > 1 && text[0] == b'0' => (8, &text[1..]),
            None => (10, text),
        };
        if digits.is_empty() && base != 16 {
            return Err(self.fail("invalid integer constant"));
        }
        let mut v = 0i64;
        for &b in digits {
            let d = match b {
                b'0'..=b'9' => i64::from(b - b'0'),
                b'a'..=b'z' => i64::from(b - b'a') + 10,
                b'A'..=b'Z' if base <= 36 => i64::from(b - b'A') + 10,
                b'A'..=b'Z' => i64::from(b - b'A') + 36,
                b'@' => 62,
                b'_' => 63,
                _ => 99,
            };
            if d >= base {
                return Err(self.fail("value too great for base"));
            }
            v = v.wrapping_mul(base).wrapping_add(d);
        }
        Ok(v)
    }

    fn place(&mut self) -> Result<Place, String> {
        self.blanks();
        self.tok = self.pos;
        let len = self.src[self.pos..].iter().take_while(|b| is_name_byte(**b)).count();
        let name = self.src[self.pos..self.pos + len].to_vec();
        self.pos += len;
        let mut index = None;
        if self.src.get(self.pos) == Some(&b'[') {
            let (mut depth, mut end) = (0, self.pos);
            loop {
                match self.src.get(end) {
                    Some(b'[') => depth += 1,
                    Some(b']') => {
                        depth -= 1;
                        if depth == 0 {
                            break;
                        }
                    }
                    None => return Err(self.fail("bad array subscript")),
                    _ => {}
                }
                end += 1;
            }
            index = Some(self.src[self.pos + 1..end].to_vec());
            self.pos = end + 1;
        }
        Ok(Place { name, index })
    }

    fn load(&mut self, p: &Place) -> Res {
        let text = self.vars.get(&p.name, p.index.as_deref())?;
        if let Ok(n) = std::str::from_utf8(&text).unwrap_or("x").parse::<i64>() {
            if !(text.len() > 1 && text[0] == b'0')
                && text.first().is_some_and(|b| b.is_ascii_digit())
            {
                return Ok(n);
            }
        }
        eval_at(&text, self.vars, self.depth + 1)
    }

    fn store(&mut self, p: &Place, v: i64) -> Result<(), String> {
        self.vars.set(&p.name, p.index.as_deref(), v)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Default)]
    struct Map(BTreeMap<Vec<u8>, Vec<u8>>);
    impl Vars for Map {
        fn get(&mut self, name: &[u8], _: Option<&[u8]>) -> Result<Vec<u8>, String> {
            Ok(self.0.get(name).cloned().unwrap_or_default())
        }
        fn set(&mut self, name: &[u8], _: Option<&[u8]>, v: i64) -> Result<(), String> {
            self.0.insert(name.to_vec(), v.to_string().into_bytes());
            Ok(())
        }
    }

    #[test]
    fn evaluates() {
        let mut m = Map::default();
        for (e, v) in [
            ("1+2*3", 7),
            ("(1+2)*3", 9),
            ("2**3**2", 512),
            ("-2**2", 4),
            ("x=5,x+=2,x", 7),
            ("x++ + ++x", 16),
            ("x", 9),
            ("0x1f + 010 + 2#101", 44),
            ("1?2:3", 2),
            ("0||0", 0),
            ("1&&2", 1),
            ("!0 + ~0", 0),
            ("7/2 % 2", 1),
            ("1<<4>>1", 8),
            ("y = x > 3 ? 10 : 20", 10),
            ("0 && (z=1)", 0),
            ("z", 0),
            ("", 0),
            ("36#z", 35),
            ("64#_", 63),
            ("5 - -3", 8),
            ("a=b=4", 4),
        ] {
            assert_eq!(eval(e.as_bytes(), &mut m), Ok(v), "{e}");
        }
    }

    #[test]
    fn complains() {
        let mut m = Map::default();
        for (e, v) in [
            ("1+", "1+: syntax error: operand expected (error token is \"+\")"),
            ("1/0", "1/0: division by 0 (error token is \"0\")"),
            ("08", "08: value too great for base (error token is \"08\")"),
            ("1 2", "1 2: syntax error in expression (error token is \"2\")"),
            ("a b", "a b: syntax error in expression (error token is \"b\")"),
            ("1.5", "1.5: syntax error: invalid arithmetic operator (error token is \".5\")"),
        ] {
            assert_eq!(eval(e.as_bytes(), &mut m), Err(v.into()), "{e}");
        }
    }
}
