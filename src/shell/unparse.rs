//! The syntax tree as text, the way `type`, `declare -f` and `jobs` show it.

use super::ast::*;

/// A background item on one line.
pub fn item(i: &Item) -> Str {
    let mut p = Printer { out: Vec::new(), depth: 0, flat: true, docs: Vec::new() };
    p.item(i);
    p.out
}

/// A function definition, as `declare -f` prints it.
pub fn function(f: &Function) -> Str {
    let mut p = Printer { out: Vec::new(), depth: 0, flat: false, docs: Vec::new() };
    p.text(&f.name);
    p.text(b" () \n");
    p.body(&f.body);
    p.out
}

/// A function's value in the environment.
pub fn exported(f: &Function) -> Str {
    let mut p = Printer { out: Vec::new(), depth: 0, flat: false, docs: Vec::new() };
    p.body(&f.body);
    let lines = p.out.split(|&b| b == b'\n').map(|it| it.trim_ascii_start());
    let mut out = b"() { ".to_vec();
    for (n, line) in lines.enumerate().skip(1) {
        if n > 1 {
            out.push(b'\n');
        }
        // Lines but the first begin with one blank.
        if !line.is_empty() && line != b"}" {
            out.push(b' ');
        }
        out.extend_from_slice(line);
    }
    out
}

/// A command as `BASH_COMMAND` names it: of a loop or `case` only its head.
pub fn head(c: &Command) -> Str {
    let mut p = Printer { out: Vec::new(), depth: 0, flat: true, docs: Vec::new() };
    match &c.kind {
        Kind::For { var, words, select, .. } => {
            p.text(if *select { b"select " } else { b"for " });
            p.text(var);
            p.text(b" in ");
            match words {
                Some(w) => p.words(w),
                None => p.text(b"\"$@\""),
            }
        }
        Kind::Case { word, .. } => p.text(&[b"case ", &word.raw[..], b" in"].concat()),
        Kind::Arith(w) => p.text(&[b"((", &w.raw[..], b"))"].concat()),
        kind => {
            p.kind(kind);
            p.redirs(&c.redirs);
        }
    }
    p.out
}

struct Printer {
    out: Str,
    depth: usize,
    flat: bool,
    docs: Vec<HereDoc>,
}

impl Printer {
    fn text(&mut self, s: &[u8]) {
        self.out.extend_from_slice(s);
    }

    fn line(&mut self) {
        self.out.push(b'\n');
        for d in std::mem::take(&mut self.docs) {
            self.text(&d.body.raw);
            self.text(&d.delim);
            self.text(b"\n");
        }
        self.out.extend(std::iter::repeat_n(b' ', self.depth * 4));
    }

    /// The body of a function: always in braces.
    fn body(&mut self, c: &Command) {
        match &c.kind {
            Kind::Group(l) => {
                self.text(b"{ \n");
                self.depth += 1;
                self.out.extend(std::iter::repeat_n(b' ', self.depth * 4));
                self.list(l);
                self.depth -= 1;
                self.line();
                self.text(b"}");
            }
            _ => {
                self.text(b"{ \n");
                self.depth += 1;
                self.out.extend(std::iter::repeat_n(b' ', self.depth * 4));
                self.kind(&c.kind);
                self.depth -= 1;
                self.line();
                self.text(b"}");
            }
        }
        self.redirs(&c.redirs);
    }

    fn list(&mut self, l: &List) {
        for (i, it) in l.items.iter().enumerate() {
            self.item(it);
            let last = i + 1 == l.items.len();
            if it.background {
                self.text(b" &");
            }
            if !last {
                if self.flat {
                    self.text(if it.background { b" " } else { b"; " });
                } else {
                    if !it.background {
                        self.text(b";");
                    }
                    self.line();
                }
            }
        }
        if !self.docs.is_empty() && !self.flat {
            let depth = std::mem::take(&mut self.depth);
            self.line();
            self.depth = depth;
        }
    }

    fn item(&mut self, i: &Item) {
        self.pipeline(&i.first);
        for (and, p) in &i.rest {
            self.text(if *and { b" && " } else { b" || " });
            self.pipeline(p);
        }
    }

    fn pipeline(&mut self, p: &Pipeline) {
        if let Some(posix) = p.time {
            self.text(if posix { b"time -p " } else { b"time " });
        }
        if p.bang {
            self.text(b"! ");
        }
        for (i, c) in p.cmds.iter().enumerate() {
            if i > 0 {
                self.text(b" | ");
            }
            self.kind(&c.kind);
            self.redirs(&c.redirs);
        }
    }

    fn redirs(&mut self, rs: &[Redir]) {
        for (i, r) in rs.iter().enumerate() {
            if i > 0 || !self.out.ends_with(b" ") {
                self.text(b" ");
            }
            // A plain descriptor to copy from shows both numbers; a file's own number is left out.
            let input = matches!(r.op, RedirOp::Read | RedirOp::ReadWrite | RedirOp::DupIn);
            let copies = matches!(r.op, RedirOp::DupIn | RedirOp::DupOut);
            let plain = r.word.raw.strip_suffix(b"-").unwrap_or(&r.word.raw);
            let usual = i32::from(!input);
            match &r.fd {
                RedirFd::Number(n) if *n == usual && !copies => {}
                RedirFd::Default if copies && plain.iter().all(u8::is_ascii_digit) => {
                    self.text(usual.to_string().as_bytes());
                }
                RedirFd::Number(n) => self.text(n.to_string().as_bytes()),
                RedirFd::Var(v) => self.text(&[b"{", &v[..], b"}"].concat()),
                RedirFd::Default => {}
            }
            let op: &[u8] = match r.op {
                RedirOp::Read => b"< ",
                RedirOp::Write => b"> ",
                RedirOp::Clobber => b">| ",
                RedirOp::Append => b">> ",
                RedirOp::ReadWrite => b"<> ",
                RedirOp::DupIn if r.word.raw == b"-" => b">&",
                RedirOp::DupIn => b"<&",
                RedirOp::DupOut => b">&",
                RedirOp::Both => b"&> ",
                RedirOp::BothAppend => b"&>> ",
                RedirOp::Here(false) => b"<<",
                RedirOp::Here(true) => b"<<-",
                RedirOp::HereString => b"<<< ",
            };
            self.text(op);
            self.text(&r.word.raw);
            if let Some(d) = r.doc.as_ref().and_then(|d| d.get()) {
                self.docs.push(d.clone());
            }
        }
    }

    fn words(&mut self, ws: &[Word]) {
        for (i, w) in ws.iter().enumerate() {
            if i > 0 {
                self.text(b" ");
            }
            self.text(&w.raw);
        }
    }

    /// `; do` or its like, a body one level deeper, and the closing word.
    fn block(&mut self, l: &List, end: &[u8]) {
        self.depth += 1;
        if self.flat {
            self.text(b" ")
        } else {
            self.line()
        }
        self.list(l);
        self.depth -= 1;
        if !l.items.last().is_some_and(|i| i.background) {
            self.text(b";");
        }
        if self.flat {
            self.text(b" ")
        } else {
            self.line()
        }
        self.text(end);
    }

    fn kind(&mut self, k: &Kind) {
        match k {
            Kind::Simple { assigns, words } => {
                for (i, a) in assigns.iter().enumerate() {
                    if i > 0 {
                        self.text(b" ");
                    }
                    self.assign(a);
                }
                if !assigns.is_empty() && !words.is_empty() {
                    self.text(b" ");
                }
                self.words(words);
            }
            Kind::Group(l) if self.flat => {
                self.text(b"{ ");
                self.list(l);
                self.text(b"; }");
            }
            Kind::Group(l) => {
                self.text(b"{ ");
                self.depth += 1;
                self.line();
                self.list(l);
                self.depth -= 1;
                self.line();
                self.text(b"}");
            }
            Kind::Subshell(l) => {
                self.text(b"( ");
                self.list(l);
                self.text(b" )");
            }
            Kind::If { branches, otherwise } => {
                for (i, (c, b)) in branches.iter().enumerate() {
                    self.text(if i == 0 { b"if " } else { b"elif " });
                    self.list(c);
                    self.text(b"; then");
                    let last = i + 1 == branches.len() && otherwise.is_none();
                    self.block(b, if last { b"fi" } else { b"" });
                }
                if let Some(o) = otherwise {
                    self.text(b"else");
                    self.block(o, b"fi");
                }
            }
            Kind::While { until, cond, body } => {
                self.text(if *until { b"until " } else { b"while " });
                self.list(cond);
                self.text(b"; do");
                self.block(body, b"done");
            }
            Kind::For { var, words, body, select } => {
                self.text(if *select { b"select " } else { b"for " });
                self.text(var);
                self.text(b" in ");
                match words {
                    Some(w) => self.words(w),
                    None => self.text(b"\"$@\""),
                }
                self.text(b";");
                if self.flat {
                    self.text(b" ")
                } else {
                    self.line()
                }
                self.text(b"do");
                self.block(body, b"done");
            }
            Kind::ArithFor { exprs, body } => {
                self.text(b"for ((");
                self.text(
                    &[
                        &exprs[0].raw[..],
                        b"; ",
                        exprs[1].raw.trim_ascii(),
                        b"; ",
                        exprs[2].raw.trim_ascii(),
                    ]
                    .concat(),
                );
                self.text(b"))");
                if self.flat {
                    self.text(b" ")
                } else {
                    self.line()
                }
                self.text(b"do");
                self.block(body, b"done");
            }
            Kind::Case { word, arms } => self.case(word, arms),
            Kind::Function(f) => {
                self.text(b"function ");
                self.text(&f.name);
                self.text(b" () ");
                self.line();
                self.body(&f.body);
            }
            Kind::Cond(c) => {
                self.text(b"[[ ");
                self.cond(c);
                self.text(b" ]]");
            }
            Kind::Coproc(c) => {
                self.text(b"coproc ");
                self.text(&c.name);
                self.text(b" ");
                self.kind(&c.body.kind);
                self.redirs(&c.body.redirs);
            }
            Kind::Arith(w) => {
                self.text(b"(( ");
                self.text(w.raw.trim_ascii());
                self.text(b" ))");
            }
        }
    }

    fn case(&mut self, word: &Word, arms: &[Arm]) {
        self.text(b"case ");
        self.text(&word.raw);
        self.text(b" in ");
        self.depth += 1;
        for a in arms {
            self.line();
            for (i, p) in a.pats.iter().enumerate() {
                if i > 0 {
                    self.text(b" | ");
                }
                self.text(&p.raw);
            }
            self.text(b")");
            self.depth += 1;
            if !a.body.items.is_empty() {
                self.line();
                self.list(&a.body);
            }
            self.depth -= 1;
            self.line();
            self.text(match a.end {
                b'&' => b";&",
                b't' => b";;&",
                _ => b";;",
            });
        }
        self.depth -= 1;
        self.line();
        self.text(b"esac");
    }

    fn cond(&mut self, c: &Cond) {
        match c {
            Cond::Not(c) => {
                self.text(b"! ");
                self.cond(c);
            }
            Cond::And(a, b) => {
                self.cond(a);
                self.text(b" && ");
                self.cond(b);
            }
            Cond::Or(a, b) => {
                self.cond(a);
                self.text(b" || ");
                self.cond(b);
            }
            Cond::Paren(c) => {
                self.text(b"( ");
                self.cond(c);
                self.text(b" )");
            }
            Cond::Unary(op, w) => self.text(&[&op[..], b" ", &w.raw].concat()),
            Cond::Binary(op, a, b) => self.text(&[&a.raw[..], b" ", op, b" ", &b.raw].concat()),
        }
    }

    fn assign(&mut self, a: &Assign) {
        self.text(&a.name);
        if let Some(i) = &a.index {
            self.text(&[b"[", &i.raw[..], b"]"].concat());
        }
        self.text(if a.append { b"+=" } else { b"=" });
        match &a.value {
            Value::Scalar(w) => self.text(&w.raw),
            Value::Array(items) => {
                self.text(b"(");
                for (i, e) in items.iter().enumerate() {
                    if i > 0 {
                        self.text(b" ");
                    }
                    if let Some(x) = &e.index {
                        self.text(&[b"[", &x.raw[..], b"]="].concat());
                    }
                    self.text(&e.word.raw);
                }
                self.text(b")");
            }
        }
    }
}
