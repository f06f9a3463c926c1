//! Parameter expansion: `$x` and all of `${x…}`.

use super::{Builder, Expander, Mode, Res, Stop, Tilde};
use crate::shell::ast::*;
use crate::shell::pattern::{self, Options};
use crate::shell::state;
use crate::shell::text;
use crate::shell::vars::{Value, double_quote};

/// What a parameter holds.
#[derive(Clone, Debug)]
enum Held {
    Unset,
    One(Str),
    /// Elements of `@` (or `*`: true).
    Many(Vec<Str>, bool),
}

impl Expander<'_, '_> {
    pub(super) fn param(&mut self, p: &Param, quoted: bool, b: &mut Builder) -> Res<()> {
        if p.op == ParamOp::Bad {
            return Err(Stop::Discard(
                Some(format!("{}: bad substitution", text::lossy(&p.raw))),
                1,
            ));
        }
        if let ParamOp::Prefix(kind) = p.op {
            let names = self.sh.vars.keys().filter(|k| k.starts_with(&p.name)).cloned().collect();
            self.emit(Held::Many(names, kind == b'*'), quoted, b);
            return Ok(());
        }
        let (name, index) =
            if p.indirect { self.indirect(p)? } else { (p.name.clone(), p.index.clone()) };
        if p.op == ParamOp::Keys {
            let star = matches!(p.index, Index::All(b'*'));
            let keys = match self.dynamic_list(&name) {
                Some(l) => (0..l.len()).map(|i| i.to_string().into_bytes()).collect(),
                None => self.sh.var(&name).map(|v| v.keys()).unwrap_or_default(),
            };
            self.emit(Held::Many(keys, star), quoted, b);
            return Ok(());
        }
        let held = self.held(&name, &index, p.op == ParamOp::Length)?;
        if let ParamOp::Default { colon, kind, word } = &p.op {
            return self.default(p, &name, &index, held, (*colon, *kind, word), quoted, b);
        }
        if matches!(held, Held::Unset)
            && self.sh.opts.nounset
            && !matches!(p.op, ParamOp::Transform(b'a' | b'A'))
        {
            return Err(unbound(p, &name));
        }
        let held = self.operate(p, &name, &index, held)?;
        self.emit(held, quoted, b);
        Ok(())
    }

    /// `${!x}`: the parameter that x names.
    fn indirect(&mut self, p: &Param) -> Res<(Str, Index)> {
        if let Some(v) = self.sh.vars.get(&p.name).filter(|v| v.nameref) {
            // For a nameref, the name it holds is the value.
            let target = v.get().cloned().unwrap_or_default();
            self.sh.put(b"_", crate::shell::vars::Var::scalar(target));
            return Ok((b"_".to_vec(), Index::None));
        }
        let target = match self.held(&p.name, &p.index, false)? {
            Held::One(s) => s,
            Held::Many(v, _) => v.join(&b' '),
            Held::Unset => Vec::new(),
        };
        if target.is_empty() && !matches!(p.op, ParamOp::Default { .. }) {
            if self.sh.var(&p.name).is_none() {
                let m = format!("{}: invalid indirect expansion", text::lossy(&p.name));
                return Err(Stop::Discard(Some(m), 1));
            }
            let m = format!("{}: invalid variable name", text::lossy(&target));
            return Err(Stop::Discard(Some(m), 1));
        }
        let mut text = b"${".to_vec();
        text.extend_from_slice(&target);
        text.push(b'}');
        let mut parser = crate::shell::parse::Parser::new(&text, self.sh.line);
        match parser.word() {
            Ok(w) => match w.parts.as_slice() {
                [Part::Param(q)] if q.op == ParamOp::Get && !q.indirect => {
                    Ok((q.name.clone(), q.index.clone()))
                }
                _ => Err(Stop::Discard(
                    Some(format!("{}: invalid variable name", text::lossy(&target))),
                    1,
                )),
            },
            Err(_) => Err(Stop::Discard(
                Some(format!("{}: invalid variable name", text::lossy(&target))),
                1,
            )),
        }
    }

    /// The value; `length` when only its length is asked for.
    fn held(&mut self, name: &[u8], index: &Index, length: bool) -> Res<Held> {
        match index {
            Index::All(c) => {
                let values = match self.dynamic_list(name) {
                    Some(l) => l,
                    None => match self.sh.var(name) {
                        Some(v) => v.values(),
                        None => Vec::new(),
                    },
                };
                return Ok(Held::Many(values, *c == b'*'));
            }
            Index::At(w) => {
                let key = self.subscript(name, w)?;
                if !length && self.before_the_first(name, &key) {
                    self.trace.push(format!("{}: bad array subscript", text::lossy(name)));
                }
                return Ok(self.element(name, &key).map_or(Held::Unset, Held::One));
            }
            Index::None => {}
        }
        let sh = &*self.sh;
        let one = |s: String| Held::One(s.into_bytes());
        Ok(match name {
            b"@" => Held::Many(sh.params.to_vec(), false),
            b"*" => Held::Many(sh.params.to_vec(), true),
            b"#" => one(sh.params.len().to_string()),
            b"?" => one(sh.status.to_string()),
            b"$" => one(sh.pid.to_string()),
            b"!" => sh.last_bg.map_or(Held::Unset, |p| one(p.to_string())),
            b"-" => one(sh.flags()),
            b"0" => Held::One(sh.arg0.clone()),
            n if n[0].is_ascii_digit() => {
                let i = text::parse_int(n).unwrap_or(i64::MAX);
                if i == 0 {
                    return Ok(Held::One(sh.arg0.clone()));
                }
                usize::try_from(i - 1)
                    .ok()
                    .and_then(|i| sh.params.get(i))
                    .cloned()
                    .map_or(Held::Unset, Held::One)
            }
            n => self.lookup(n).map_or(Held::Unset, Held::One),
        })
    }

    #[allow(clippy::too_many_arguments, reason = "the pieces of one expansion")]
    fn default(
        &mut self,
        p: &Param,
        name: &[u8],
        index: &Index,
        held: Held,
        (colon, kind, word): (bool, u8, &Word),
        quoted: bool,
        b: &mut Builder,
    ) -> Res<()> {
        let missing = match &held {
            Held::Unset => true,
            Held::One(s) => colon && s.is_empty(),
            Held::Many(v, _) => {
                v.is_empty() || (colon && v.iter().all(Vec::is_empty) && v.len() == 1)
            }
        };
        match (kind, missing) {
            (b'+', true) => {}
            (b'+', false) | (b'-', true) => self.operand(word, quoted, b)?,
            (b'=', true) => {
                if !text::is_name(name) {
                    let m = format!("${}: cannot assign in this way", text::lossy(name));
                    return Err(Stop::Discard(Some(m), 1));
                }
                let value = self.string(word)?;
                match index {
                    Index::At(w) => {
                        let key = self.subscript(name, w)?;
                        self.set_element(name, &key, value.clone(), false)?;
                    }
                    _ => self
                        .sh
                        .assign(name, value.clone())
                        .map_err(|m| Stop::Discard(Some(m), 1))?,
                }
                b.value(&value, quoted);
            }
            (b'?', true) => {
                let mut m = text::lossy(&self.string(&unquoted(word))?).into_owned();
                if m.is_empty() {
                    m = if colon {
                        "parameter null or not set".into()
                    } else {
                        "parameter not set".into()
                    };
                }
                let shown = text::lossy(&p.raw[2..]).into_owned();
                let shown = shown.split([':', '?']).next().unwrap_or_default().to_string();
                return Err(Stop::Exit(format!("{shown}: {m}"), 127));
            }
            _ => self.emit(held, quoted, b),
        }
        Ok(())
    }

    /// The word of `${x:-word}`: split like the result of an expansion unless quoted.
    fn operand(&mut self, word: &Word, quoted: bool, b: &mut Builder) -> Res<()> {
        if quoted {
            return self.double(&word.parts, b);
        }
        for (i, part) in word.parts.iter().enumerate() {
            match part {
                Part::Lit(s) if i == 0 && s.starts_with(b"~") => {
                    let mut t = Builder::new(Mode::Join, Vec::new());
                    self.literal(s, true, word.parts.len() == 1, &mut t, Tilde::Word);
                    let f = t.finish().into_iter().next().unwrap_or_default();
                    b.value(&f.text, false);
                }
                Part::Lit(s) => b.value(s, false),
                Part::Quoted(s) => b.quoted(s),
                Part::Double(inner) => self.double(inner, b)?,
                part => self.part(part, false, b)?,
            }
        }
        Ok(())
    }

    fn operate(&mut self, p: &Param, name: &[u8], index: &Index, held: Held) -> Res<Held> {
        Ok(match &p.op {
            ParamOp::Length => {
                let n = match (&held, name, index) {
                    (_, b"@" | b"*", Index::None) => self.sh.params.len(),
                    (Held::Many(v, _), ..) => v.len(),
                    (Held::One(s), ..) => text::count(s),
                    (Held::Unset, ..) => 0,
                };
                Held::One(n.to_string().into_bytes())
            }
            ParamOp::Trim { front, long, pat } => {
                let pat = self.pattern(pat)?;
                let o = self.options(false);
                map(held, |s| match pattern::trim_point(&pat, &s, *front, *long, o) {
                    Some(n) if *front => s[n..].to_vec(),
                    Some(n) => s[..n].to_vec(),
                    None => s,
                })
            }
            ParamOp::Replace { mode, pat, rep } => self.replace(*mode, pat, rep.as_ref(), held)?,
            ParamOp::Slice(off, len) => self.slice(name, index, off, len.as_ref(), held)?,
            ParamOp::Case { kind, all, pat } => {
                let pat = match pat {
                    Some(w) => Some(self.pattern(w)?),
                    None => None,
                };
                let o = self.options(false);
                map(held, |s| change_case(&s, *kind, *all, pat.as_deref(), o))
            }
            ParamOp::Transform(c) => self.transform(p, *c, name, held)?,
            _ => held,
        })
    }

    fn options(&self, nocase: bool) -> Options {
        Options {
            extglob: self.sh.shopt("extglob"),
            nocase: nocase && self.sh.shopt("nocasematch"),
        }
    }

    fn replace(&mut self, mode: u8, pat: &Word, rep: Option<&Word>, held: Held) -> Res<Held> {
        let mut pat = self.pattern(pat)?;
        let mut mode = mode;
        // A replacement keeps its backslashes apart: an unquoted & is the match.
        let rep = match rep {
            Some(w) => self.joined(w, Tilde::Word, Mode::Join)?,
            None => super::Field::default(),
        };
        if mode == b'/' && pat.is_empty() {
            mode = b'0';
        }
        if mode == b'%' || mode == b'#' {
            pat = std::mem::take(&mut pat);
        }
        let amp = self.sh.shopt("patsub_replacement");
        let o = self.options(true);
        Ok(map(held, |s| replace_in(&s, mode, &pat, &rep, amp, o)))
    }

    fn slice(
        &mut self,
        name: &[u8],
        index: &Index,
        off: &Word,
        len: Option<&Word>,
        held: Held,
    ) -> Res<Held> {
        let named = |stop: Stop| match stop {
            Stop::Discard(Some(m), status) => {
                Stop::Discard(Some(format!("{}: {m}", text::lossy(name))), status)
            }
            stop => stop,
        };
        let off = self.arith_word(off).map_err(named)?;
        let len = match len {
            Some(w) => Some(self.arith_word(w).map_err(named)?),
            None => None,
        };
        let bad = |n: i64| Stop::Discard(Some(format!("{n}: substring expression < 0")), 1);
        Ok(match held {
            Held::Unset => Held::Unset,
            Held::One(s) => {
                let chars = text::chars(&s);
                let n = chars.len() as i64;
                let from = if off < 0 { off + n } else { off };
                if from < 0 || from > n {
                    return Ok(Held::One(Vec::new()));
                }
                let to = match len {
                    None => n,
                    Some(l) if l < 0 => {
                        let to = n + l;
                        if to < from {
                            return Err(bad(l));
                        }
                        to
                    }
                    Some(l) => from.saturating_add(l).min(n),
                };
                Held::One(chars[from as usize..to as usize].concat())
            }
            Held::Many(mut v, star) => {
                let positional = matches!(index, Index::None) && (name == b"@" || name == b"*");
                if let (Index::All(_), Some(Value::Indexed(m))) =
                    (index, self.sh.var(name).map(|v| &v.value))
                {
                    // Offsets of an indexed array are subscripts.
                    let top = m.last_key_value().map_or(0, |(k, _)| k + 1);
                    let from = if off < 0 { off + top } else { off };
                    if let Some(l) = len.filter(|l| *l < 0) {
                        return Err(bad(l));
                    }
                    let take = len.map_or(usize::MAX, |l| l as usize);
                    let v = if from < 0 {
                        Vec::new()
                    } else {
                        m.iter()
                            .skip_while(|e| *e.0 < from)
                            .map(|e| e.1.clone())
                            .take(take)
                            .collect()
                    };
                    return Ok(Held::Many(v, star));
                }
                if positional {
                    v.insert(0, self.sh.arg0.clone());
                }
                let n = v.len() as i64;
                let mut from = if off < 0 { off + n } else { off };
                if positional && off == 0 && self.sh.params.is_empty() && len == Some(0) {
                    return Ok(Held::Many(Vec::new(), star));
                }
                if from < 0 || from > n {
                    return Ok(Held::Many(Vec::new(), star));
                }
                if positional && off < 0 {
                    from = from.max(0);
                }
                if let Some(l) = len.filter(|l| *l < 0) {
                    return Err(bad(l));
                }
                let to = len.map_or(n, |l| from.saturating_add(l).min(n));
                Held::Many(v[from as usize..to as usize].to_vec(), star)
            }
        })
    }

    fn transform(&mut self, p: &Param, c: u8, name: &[u8], held: Held) -> Res<Held> {
        Ok(match c {
            c if !b"QEPAaUuLKk".contains(&c) => match held {
                Held::Unset => Held::Unset,
                _ => {
                    let m = format!("{}: bad substitution", text::lossy(&p.raw));
                    return Err(Stop::Exit(m, 127));
                }
            },
            b'Q' => map(held, |s| {
                if text::needs_ansi(&s) { text::ansi_quote(&s) } else { text::single_quote(&s) }
            }),
            b'E' => map(held, |s| text::unescape(&s, text::Escapes::Ansi).0),
            b'U' => map(held, |s| state::case(&s, true)),
            b'L' => map(held, |s| state::case(&s, false)),
            b'u' => map(held, |s| change_case(&s, b'^', false, None, Options::default())),
            b'P' => {
                let sh = &*self.sh;
                map(held, |s| crate::shell::prompt::expand(sh, &s))
            }
            b'a' => match self.sh.var(name) {
                Some(v) => {
                    let letters = v.letters().into_bytes();
                    match held {
                        Held::Many(v, star) => {
                            Held::Many(v.iter().map(|_| letters.clone()).collect(), star)
                        }
                        _ => Held::One(letters),
                    }
                }
                None => Held::Unset,
            },
            b'A' => match self.sh.var(name).cloned() {
                Some(v) => {
                    let letters = v.letters();
                    let mut out = Vec::new();
                    if !letters.is_empty() {
                        out.extend_from_slice(format!("declare -{letters} ").as_bytes());
                    }
                    out.extend_from_slice(name);
                    match &v.value {
                        Value::Scalar(s) => {
                            out.push(b'=');
                            out.extend(text::single_quote(s));
                        }
                        _ => out.extend(v.shown(true)),
                    }
                    Held::One(out)
                }
                None => Held::Unset,
            },
            b'K' | b'k' => match (held, self.sh.var(name).cloned()) {
                (Held::Many(vals, star), Some(v)) => {
                    let keys = v.keys();
                    if c == b'k' {
                        let flat = keys.into_iter().zip(vals).flat_map(|(k, v)| [k, v]).collect();
                        return Ok(Held::Many(flat, star));
                    }
                    let mut out = Vec::new();
                    for (i, (k, val)) in keys.iter().zip(vals).enumerate() {
                        if i > 0 {
                            out.push(b' ');
                        }
                        out.extend_from_slice(k);
                        out.push(b' ');
                        out.extend(double_quote(&val));
                    }
                    if matches!(v.value, Value::Assoc(_)) {
                        out.push(b' ');
                    }
                    Held::One(out)
                }
                (Held::One(s), _) => Held::One(text::single_quote(&s)),
                (h, _) => h,
            },
            _ => held,
        })
    }

    fn emit(&mut self, held: Held, quoted: bool, b: &mut Builder) {
        match held {
            Held::Unset => {}
            Held::One(s) => b.value(&s, quoted),
            Held::Many(v, star) => {
                let sep: &[u8] = match b.ifs() {
                    _ if self.sh.get(b"IFS").is_none() => b" ",
                    [] => b"",
                    ifs => &ifs[..text::char_len(ifs)],
                };
                let sep = sep.to_vec();
                if quoted && star {
                    let joined = v.join(&sep[..]);
                    b.value(&joined, true);
                    if !v.is_empty() {
                        b.quoted(b"");
                    }
                    return;
                }
                if b.joins() {
                    let sep = if star { sep } else { b" ".to_vec() };
                    let joined = v.join(&sep[..]);
                    b.value(&joined, quoted);
                    return;
                }
                for (i, s) in v.iter().enumerate() {
                    if i > 0 {
                        b.next_field();
                    }
                    if quoted {
                        b.quoted(s);
                    } else {
                        b.value(s, false);
                    }
                }
            }
        }
    }
}

/// The message of `${x?message}` loses its quotes, whatever stands around it.
fn unquoted(word: &Word) -> Word {
    let mut parser = crate::shell::parse::Parser::new(&word.raw, 0);
    parser.brace_message().unwrap_or_else(|_| word.clone())
}

fn unbound(p: &Param, name: &[u8]) -> Stop {
    let shown = match &p.index {
        Index::At(w) => format!("{}[{}]", text::lossy(name), text::lossy(&w.raw)),
        _ if p.raw.starts_with(b"${") => text::lossy(name).into_owned(),
        _ if name[0].is_ascii_digit() || !text::is_name(name) => format!("${}", text::lossy(name)),
        _ => text::lossy(name).into_owned(),
    };
    Stop::Exit(format!("{shown}: unbound variable"), 127)
}

fn map(held: Held, f: impl Fn(Str) -> Str) -> Held {
    match held {
        Held::Unset => Held::One(f(Vec::new())),
        Held::One(s) => Held::One(f(s)),
        Held::Many(v, star) => Held::Many(v.into_iter().map(f).collect(), star),
    }
}

fn change_case(s: &[u8], kind: u8, all: bool, pat: Option<&[u8]>, o: Options) -> Str {
    let mut out = Vec::new();
    for (i, ch) in text::chars(s).into_iter().enumerate() {
        let hit = (all || i == 0) && pat.is_none_or(|p| pattern::matches(p, ch, o));
        if !hit {
            out.extend_from_slice(ch);
            continue;
        }
        let upper = match kind {
            b'^' => true,
            b',' => false,
            _ => !text::first_char(ch).0.is_some_and(char::is_uppercase),
        };
        text::push_case(&mut out, ch, upper);
    }
    out
}

fn replace_in(s: &[u8], mode: u8, pat: &[u8], rep: &super::Field, amp: bool, o: Options) -> Str {
    let put = |out: &mut Str, hit: &[u8]| {
        if !amp || !rep.pat.contains(&b'&') {
            out.extend_from_slice(&rep.text);
            return;
        }
        let mut it = rep.pat.iter();
        while let Some(&b) = it.next() {
            match b {
                b'\\' => out.extend(it.next()),
                b'&' => out.extend_from_slice(hit),
                b => out.push(b),
            }
        }
    };
    let mut out = Vec::new();
    match mode {
        b'#' => match pattern::trim_point(pat, s, true, true, o) {
            Some(n) => {
                put(&mut out, &s[..n]);
                out.extend_from_slice(&s[n..]);
            }
            None => return s.to_vec(),
        },
        b'%' => match pattern::trim_point(pat, s, false, true, o) {
            Some(n) => {
                out.extend_from_slice(&s[..n]);
                put(&mut out, &s[n..]);
            }
            None => return s.to_vec(),
        },
        b'/' | b'a' => {
            let mut at = 0;
            while let Some((from, to)) = pattern::find(pat, s, at, o) {
                out.extend_from_slice(&s[at..from]);
                if to == from {
                    break;
                }
                put(&mut out, &s[from..to]);
                at = to;
                if mode == b'/' || at >= s.len() {
                    break;
                }
            }
            out.extend_from_slice(&s[at..]);
        }
        _ => return s.to_vec(),
    }
    out
}
