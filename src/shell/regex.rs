//! POSIX regular expressions (basic and extended, with GNU's additions) on bytes: what `grep`,
//! `sed`, `expr`, `find -regex` and `[[ =~ ]]` share.
//!
//! Leftmost-longest by exploring all ways of the leftmost start, with a memo on visited states so
//! that hostile patterns stay bounded; patterns with back-references fall back to plain
//! backtracking under a step limit.

use std::collections::HashSet;

/// Which grammar a pattern is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    Basic,
    Extended,
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Regex {
    prog: Vec<Op>,
    groups: usize,
    icase: bool,
    has_backrefs: bool,
}

/// Start and end offsets of the whole match and of each group.
pub type Captures = Vec<Option<(usize, usize)>>;

/// Steps of one search before it gives up as "no match": bounds patterns like `\(a*\)*\1`.
const STEPS_MAX: usize = 2_000_000;
/// Largest `{n,m}` (RE_DUP_MAX of glibc).
const REPEAT_MAX: u32 = 32767;

#[derive(Clone, Debug)]
enum Op {
    Byte(u8),
    Any,
    Set(Box<ByteSet>),
    Start,
    End,
    WordEdge,
    NotWordEdge,
    WordStart,
    WordEnd,
    Save(usize),
    /// Forgets the groups in this range (a new round of a repetition).
    Reset(usize, usize),
    Back(usize),
    /// Tries the first way, then the second.
    Split(usize, usize),
    Jump(usize),
    /// Goes on only when something was consumed since the mark was set.
    Mark(usize),
    Progress(usize),
    Match,
}

type ByteSet = [bool; 256];

#[derive(Clone, Debug)]
enum Node {
    Empty,
    Leaf(Op),
    Group(usize, Box<Node>),
    Cat(Vec<Node>),
    Alt(Vec<Node>),
    Repeat { node: Box<Node>, min: u32, max: Option<u32>, groups: (usize, usize) },
}

impl Regex {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// The message of glibc's `regerror`, such as `Unmatched [, [^, [:, [., or [=`.
    pub fn new(pattern: &[u8], syntax: Syntax, icase: bool) -> Result<Regex, &'static str> {
        let mut parser =
            Parser { pat: pattern, at: 0, syntax, groups: 0, depth: 0, backrefs: false };
        let node = parser.alternatives()?;
        if parser.at < pattern.len() {
            return Err("Unmatched ) or \\)");
        }
        let mut regex =
            Regex { prog: Vec::new(), groups: parser.groups, icase, has_backrefs: parser.backrefs };
        let mut marks = 0;
        regex.prog.push(Op::Save(0));
        emit(&node, &mut regex.prog, &mut marks);
        regex.prog.push(Op::Save(1));
        regex.prog.push(Op::Match);
        Ok(regex)
    }

    /// Number of groups.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// The leftmost-longest match at or after `from`. `text` is one line: `^` and `$` match at its
    /// ends only.
    pub fn find_at(&self, text: &[u8], from: usize) -> Option<Captures> {
        // A state that led nowhere from one start leads nowhere from the next: one memo serves all.
        let mut search = self.search(text);
        (from..=text.len()).find_map(|start| search.longest(start))
    }

    pub fn is_match(&self, text: &[u8]) -> bool {
        self.find_at(text, 0).is_some()
    }

    /// The longest match that starts exactly at `start`.
    pub fn match_at(&self, text: &[u8], start: usize) -> Option<Captures> {
        self.search(text).longest(start)
    }

    fn search<'a>(&'a self, text: &'a [u8]) -> Search<'a> {
        Search { regex: self, text, seen: HashSet::new(), best: None, steps: 0 }
    }
}

struct Search<'a> {
    regex: &'a Regex,
    text: &'a [u8],
    seen: HashSet<(usize, usize)>,
    best: Option<Vec<Option<usize>>>,
    steps: usize,
}

/// A way not yet tried.
struct Way {
    pc: usize,
    at: usize,
    slots: Vec<Option<usize>>,
    marks: Vec<usize>,
}

impl Search<'_> {
    fn longest(&mut self, start: usize) -> Option<Captures> {
        self.run(start);
        let slots = self.best.take()?;
        Some(slots.chunks(2).map(|it| Some((it[0]?, it[1]?))).collect())
    }

    fn run(&mut self, start: usize) {
        let slots = vec![None; 2 * (self.regex.groups + 1)];
        let mut ways = vec![Way { pc: 0, at: start, slots, marks: Vec::new() }];
        while let Some(way) = ways.pop() {
            self.follow(way, &mut ways);
            if self.steps > STEPS_MAX && self.regex.has_backrefs {
                return;
            }
        }
    }

    fn follow(&mut self, mut way: Way, ways: &mut Vec<Way>) {
        loop {
            self.steps += 1;
            if self.steps > STEPS_MAX && self.regex.has_backrefs {
                return;
            }
            match &self.regex.prog[way.pc] {
                Op::Match => return self.matched(way.slots),
                Op::Split(first, second) => {
                    // A state that was left earlier leads to nothing better the second time.
                    if !self.regex.has_backrefs && !self.seen.insert((way.pc, way.at)) {
                        return;
                    }
                    ways.push(Way {
                        pc: *second,
                        at: way.at,
                        slots: way.slots.clone(),
                        marks: way.marks.clone(),
                    });
                    way.pc = *first;
                    continue;
                }
                Op::Jump(to) => {
                    way.pc = *to;
                    continue;
                }
                op => {
                    let op = op.clone();
                    if !self.simple(&op, &mut way) {
                        return;
                    }
                }
            }
            way.pc += 1;
        }
    }

    /// Runs an operation without branches; false when it fails.
    fn simple(&self, op: &Op, way: &mut Way) -> bool {
        match op {
            Op::Save(slot) => way.slots[*slot] = Some(way.at),
            Op::Reset(from, to) => way.slots[2 * from..2 * to].fill(None),
            Op::Mark(mark) => {
                way.marks.resize(way.marks.len().max(mark + 1), usize::MAX);
                way.marks[*mark] = way.at;
            }
            Op::Progress(mark) => return way.marks.get(*mark) != Some(&way.at),
            Op::Back(group) => return self.back(*group, way),
            Op::Start => return way.at == 0,
            Op::End => return way.at == self.text.len(),
            Op::WordEdge => return self.word(way.at) != self.word_before(way.at),
            Op::NotWordEdge => return self.word(way.at) == self.word_before(way.at),
            Op::WordStart => return self.word(way.at) && !self.word_before(way.at),
            Op::WordEnd => return !self.word(way.at) && self.word_before(way.at),
            Op::Byte(_) | Op::Any | Op::Set(_) => {
                let Some(&byte) = self.text.get(way.at) else { return false };
                way.at += 1;
                return self.accepts(op, byte);
            }
            Op::Split(..) | Op::Jump(_) | Op::Match => unreachable!("handled by the caller"),
        }
        true
    }

    fn accepts(&self, op: &Op, byte: u8) -> bool {
        let icase = self.regex.icase;
        match op {
            Op::Byte(want) if icase => want.eq_ignore_ascii_case(&byte),
            Op::Byte(want) => *want == byte,
            Op::Set(set) if icase => {
                set[usize::from(byte.to_ascii_lowercase())]
                    || set[usize::from(byte.to_ascii_uppercase())]
            }
            Op::Set(set) => set[usize::from(byte)],
            _ => true,
        }
    }

    fn back(&self, group: usize, way: &mut Way) -> bool {
        let (Some(from), Some(to)) = (way.slots[2 * group], way.slots[2 * group + 1]) else {
            return false;
        };
        let want = &self.text[from..to];
        let Some(got) = self.text.get(way.at..way.at + want.len()) else { return false };
        way.at += want.len();
        if self.regex.icase { got.eq_ignore_ascii_case(want) } else { got == want }
    }

    fn word(&self, at: usize) -> bool {
        self.text.get(at).is_some_and(|&b| b.is_ascii_alphanumeric() || b == b'_')
    }

    fn word_before(&self, at: usize) -> bool {
        at > 0 && self.word(at - 1)
    }

    fn matched(&mut self, slots: Vec<Option<usize>>) {
        let longer = self.best.as_ref().is_none_or(|best| slots[1] > best[1]);
        if longer {
            self.best = Some(slots);
        }
    }
}

/// Appends the program of a node.
fn emit(node: &Node, prog: &mut Vec<Op>, marks: &mut usize) {
    match node {
        Node::Empty => {}
        Node::Leaf(op) => prog.push(op.clone()),
        Node::Group(index, inner) => {
            prog.push(Op::Save(2 * index));
            emit(inner, prog, marks);
            prog.push(Op::Save(2 * index + 1));
        }
        Node::Cat(nodes) => nodes.iter().for_each(|it| emit(it, prog, marks)),
        Node::Alt(nodes) => emit_alt(nodes, prog, marks),
        Node::Repeat { node, min, max, groups } => {
            for _ in 0..*min {
                emit(node, prog, marks);
            }
            match max {
                None => emit_star(node, *groups, prog, marks),
                Some(max) => emit_optional(node, max.saturating_sub(*min), prog, marks),
            }
        }
    }
}

fn emit_alt(nodes: &[Node], prog: &mut Vec<Op>, marks: &mut usize) {
    let mut jumps = Vec::new();
    for (i, node) in nodes.iter().enumerate() {
        let last = i + 1 == nodes.len();
        let split = prog.len();
        if !last {
            prog.push(Op::Split(split + 1, 0));
        }
        emit(node, prog, marks);
        if !last {
            jumps.push(prog.len());
            prog.push(Op::Jump(0));
            prog[split] = Op::Split(split + 1, prog.len());
        }
    }
    let end = prog.len();
    jumps.into_iter().for_each(|at| prog[at] = Op::Jump(end));
}

fn emit_star(node: &Node, groups: (usize, usize), prog: &mut Vec<Op>, marks: &mut usize) {
    let mark = *marks;
    *marks += 1;
    let split = prog.len();
    prog.push(Op::Split(split + 1, 0));
    prog.push(Op::Mark(mark));
    if groups.0 < groups.1 {
        prog.push(Op::Reset(groups.0, groups.1));
    }
    emit(node, prog, marks);
    prog.push(Op::Progress(mark));
    prog.push(Op::Jump(split));
    prog[split] = Op::Split(split + 1, prog.len());
}

fn emit_optional(node: &Node, times: u32, prog: &mut Vec<Op>, marks: &mut usize) {
    let mut splits = Vec::new();
    for _ in 0..times {
        splits.push(prog.len());
        prog.push(Op::Split(prog.len() + 1, 0));
        emit(node, prog, marks);
    }
    let end = prog.len();
    splits.into_iter().for_each(|at| prog[at] = Op::Split(at + 1, end));
}

struct Parser<'a> {
    pat: &'a [u8],
    at: usize,
    syntax: Syntax,
    groups: usize,
    depth: usize,
    backrefs: bool,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.pat.get(self.at).copied()
    }

    fn looking_at(&self, text: &[u8]) -> bool {
        self.pat[self.at..].starts_with(text)
    }

    fn extended(&self) -> bool {
        self.syntax == Syntax::Extended
    }

    /// A token that is `\x` in basic and `x` in extended syntax.
    fn eat_special(&mut self, byte: u8) -> bool {
        let text: &[u8] = if self.extended() { &[byte] } else { &[b'\\', byte] };
        let hit = self.looking_at(text);
        if hit {
            self.at += text.len();
        }
        hit
    }

    fn at_special(&self, byte: u8) -> bool {
        if self.extended() { self.looking_at(&[byte]) } else { self.looking_at(&[b'\\', byte]) }
    }

    fn alternatives(&mut self) -> Result<Node, &'static str> {
        let mut nodes = vec![self.sequence()?];
        while self.eat_special(b'|') {
            nodes.push(self.sequence()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Alt(nodes) })
    }

    fn sequence(&mut self) -> Result<Node, &'static str> {
        let mut nodes = Vec::new();
        while self.at < self.pat.len() && !self.at_special(b'|') {
            if self.at_special(b')') && (self.depth > 0 || !self.extended()) {
                break;
            }
            let groups = self.groups;
            let atom = self.atom(nodes.is_empty())?;
            let node = self.repeats(atom, groups)?;
            nodes.push(node);
        }
        Ok(match nodes.len() {
            0 => Node::Empty,
            1 => nodes.remove(0),
            _ => Node::Cat(nodes),
        })
    }

    fn repeats(&mut self, mut node: Node, groups_before: usize) -> Result<Node, &'static str> {
        loop {
            let bounds = if self.peek() == Some(b'*') {
                self.at += 1;
                (0, None)
            } else if self.eat_special(b'+') {
                (1, None)
            } else if self.eat_special(b'?') {
                (0, Some(1))
            } else if self.at_special(b'{') {
                match self.bounds()? {
                    Some(bounds) => bounds,
                    None => return Ok(node),
                }
            } else {
                return Ok(node);
            };
            let groups = (groups_before + 1, self.groups + 1);
            node = Node::Repeat { node: Box::new(node), min: bounds.0, max: bounds.1, groups };
        }
    }

    /// `{n}`, `{n,}`, `{,m}`, `{n,m}`; `None` where the brace is literal (extended syntax).
    fn bounds(&mut self) -> Result<Option<(u32, Option<u32>)>, &'static str> {
        let start = self.at;
        self.eat_special(b'{');
        let min = self.number();
        let comma = self.peek() == Some(b',');
        self.at += usize::from(comma);
        let max = if comma { self.number() } else { min };
        if !self.eat_special(b'}') || (min.is_none() && !comma) {
            self.at = start;
            if self.extended() {
                return Ok(None);
            }
            let closed = self.pat[start..].windows(2).any(|it| it == b"\\}");
            return Err(if closed { "Invalid content of \\{\\}" } else { "Unmatched \\{" });
        }
        let min = min.unwrap_or(0);
        if max.is_some_and(|max| max < min) {
            return Err("Invalid content of \\{\\}");
        }
        if min > REPEAT_MAX || max.is_some_and(|it| it > REPEAT_MAX) {
            return Err("Regular expression too big");
        }
        Ok(Some((min, max)))
    }

    fn number(&mut self) -> Option<u32> {
        let start = self.at;
        while self.peek().is_some_and(|it| it.is_ascii_digit()) {
            self.at += 1;
        }
        std::str::from_utf8(&self.pat[start..self.at]).ok()?.parse().ok()
    }

    fn atom(&mut self, first: bool) -> Result<Node, &'static str> {
        if self.eat_special(b'(') {
            return self.group();
        }
        let byte = self.pat[self.at];
        self.at += 1;
        let anchor_end =
            self.at == self.pat.len() || self.at_special(b'|') || self.at_special(b')');
        let op = match byte {
            b'.' => Op::Any,
            b'[' => Op::Set(self.bracket()?),
            b'\\' => return self.escape(),
            b'^' if first || self.extended() => Op::Start,
            b'$' if anchor_end || self.extended() => Op::End,
            b'*' | b'+' | b'?' if first && self.extended() => return Ok(Node::Empty),
            _ => Op::Byte(byte),
        };
        Ok(Node::Leaf(op))
    }

    fn group(&mut self) -> Result<Node, &'static str> {
        self.groups += 1;
        let index = self.groups;
        self.depth += 1;
        if self.depth > 200 {
            return Err("Regular expression too big");
        }
        let inner = self.alternatives()?;
        self.depth -= 1;
        if !self.eat_special(b')') {
            return Err("Unmatched ( or \\(");
        }
        Ok(Node::Group(index, Box::new(inner)))
    }

    fn escape(&mut self) -> Result<Node, &'static str> {
        let Some(byte) = self.peek() else { return Err("Trailing backslash") };
        self.at += 1;
        let op = match byte {
            b'1'..=b'9' => {
                let group = usize::from(byte - b'0');
                if group > self.groups {
                    return Err("Invalid back reference");
                }
                self.backrefs = true;
                Op::Back(group)
            }
            b'w' => Op::Set(word_set(true)),
            b'W' => Op::Set(word_set(false)),
            b's' => Op::Set(Box::new(std::array::from_fn(|i| is_space(i as u8)))),
            b'S' => Op::Set(Box::new(std::array::from_fn(|i| !is_space(i as u8)))),
            b'b' => Op::WordEdge,
            b'B' => Op::NotWordEdge,
            b'<' => Op::WordStart,
            b'>' => Op::WordEnd,
            b'`' => Op::Start,
            b'\'' => Op::End,
            _ => Op::Byte(byte),
        };
        Ok(Node::Leaf(op))
    }

    fn bracket(&mut self) -> Result<Box<ByteSet>, &'static str> {
        const UNMATCHED: &str = "Unmatched [, [^, [:, [., or [=";
        let mut set = Box::new([false; 256]);
        let negated = self.peek() == Some(b'^');
        self.at += usize::from(negated);
        let start = self.at;
        loop {
            let byte = self.peek().ok_or(UNMATCHED)?;
            if byte == b']' && self.at > start {
                self.at += 1;
                break;
            }
            if self.looking_at(b"[:") {
                let end = self.pat[self.at + 2..].windows(2).position(|it| it == b":]");
                let end = self.at + 2 + end.ok_or(UNMATCHED)?;
                add_class(&mut set, &self.pat[self.at + 2..end])?;
                self.at = end + 2;
                continue;
            }
            let low = self.bracket_byte().ok_or(UNMATCHED)?;
            let is_range = self.peek() == Some(b'-') && self.pat.get(self.at + 1) != Some(&b']');
            let high = if is_range {
                self.at += 1;
                self.bracket_byte().ok_or(UNMATCHED)?
            } else {
                low
            };
            if high < low {
                return Err("Invalid range end");
            }
            set[usize::from(low)..=usize::from(high)].fill(true);
        }
        if negated {
            set.iter_mut().for_each(|it| *it = !*it);
        }
        Ok(set)
    }

    /// One byte of a bracket expression, `[.x.]` and `[=x=]` too.
    fn bracket_byte(&mut self) -> Option<u8> {
        let collating = self.looking_at(b"[.") || self.looking_at(b"[=");
        if collating {
            let byte = *self.pat.get(self.at + 2)?;
            self.at += 5;
            return (self.at <= self.pat.len()).then_some(byte);
        }
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn word_set(positive: bool) -> Box<ByteSet> {
    Box::new(std::array::from_fn(|i| {
        let byte = i as u8;
        (byte.is_ascii_alphanumeric() || byte == b'_') == positive
    }))
}

fn add_class(set: &mut ByteSet, class: &[u8]) -> Result<(), &'static str> {
    let test: fn(u8) -> bool = match class {
        b"alpha" => |b| b.is_ascii_alphabetic(),
        b"digit" => |b| b.is_ascii_digit(),
        b"alnum" => |b| b.is_ascii_alphanumeric(),
        b"upper" => |b| b.is_ascii_uppercase(),
        b"lower" => |b| b.is_ascii_lowercase(),
        b"space" => is_space,
        b"blank" => |b| b == b' ' || b == b'\t',
        b"punct" => |b| b.is_ascii_punctuation(),
        b"print" => |b| (0x20..0x7f).contains(&b),
        b"graph" => |b| b.is_ascii_graphic(),
        b"cntrl" => |b| b.is_ascii_control(),
        b"xdigit" => |b| b.is_ascii_hexdigit(),
        _ => return Err("Invalid character class name"),
    };
    for byte in 0..=255u8 {
        set[usize::from(byte)] |= test(byte);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(pattern: &str, text: &str, syntax: Syntax) -> Option<Vec<String>> {
        let regex = Regex::new(pattern.as_bytes(), syntax, false).unwrap();
        let found = regex.find_at(text.as_bytes(), 0)?;
        Some(
            found
                .into_iter()
                .map(|it| it.map_or("-".into(), |(from, to)| text[from..to].to_string()))
                .collect(),
        )
    }

    #[test]
    fn extended() {
        let ere = |pattern, text| find(pattern, text, Syntax::Extended);
        assert_eq!(ere("a|ab", "xab").unwrap(), ["ab"]);
        assert_eq!(ere("(a|ab)(c|bcd)?", "abcd").unwrap(), ["abcd", "a", "bcd"]);
        assert_eq!(ere("^[0-9]+$", "123").unwrap(), ["123"]);
        assert_eq!(ere("^[0-9]+$", "12a"), None);
        assert_eq!(ere("x{2,3}", "xxxx").unwrap(), ["xxx"]);
        assert_eq!(ere("(a*)*", "aab").unwrap()[0], "aa");
        assert_eq!(ere(r"\bfoo\b", "a foo b").unwrap(), ["foo"]);
        assert_eq!(ere("[[:upper:]][^]x]", "aBc").unwrap(), ["Bc"]);
        assert_eq!(ere("a{", "a{").unwrap(), ["a{"]);
    }

    #[test]
    fn basic() {
        let bre = |pattern, text| find(pattern, text, Syntax::Basic);
        assert_eq!(bre(r"\(a\)\1", "baa").unwrap(), ["aa", "a"]);
        assert_eq!(bre("a+", "aa+").unwrap(), ["a+"]);
        assert_eq!(bre("*a", "b*a").unwrap(), ["*a"]);
        assert_eq!(bre(r"a\|b", "xb").unwrap(), ["b"]);
        assert_eq!(bre(r"x\{2\}", "axx").unwrap(), ["xx"]);
        assert_eq!(bre("a^b$c", "a^b$c").unwrap(), ["a^b$c"]);
    }

    #[test]
    fn errors_are_worded_like_glibc() {
        let err = |pattern: &str, syntax| Regex::new(pattern.as_bytes(), syntax, false).err();
        assert_eq!(err("[a", Syntax::Basic), Some("Unmatched [, [^, [:, [., or [="));
        assert_eq!(err(r"\(a", Syntax::Basic), Some("Unmatched ( or \\("));
        assert_eq!(err("(a", Syntax::Extended), Some("Unmatched ( or \\("));
        assert_eq!(err(r"a\{2", Syntax::Basic), Some("Unmatched \\{"));
        assert_eq!(err("a\\", Syntax::Basic), Some("Trailing backslash"));
    }

    #[test]
    fn hostile_patterns_end() {
        let regex = Regex::new(b"(a*)*b", Syntax::Extended, false).unwrap();
        assert!(!regex.is_match(&[b'a'; 2000]));
    }
}
