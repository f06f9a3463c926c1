//! Random words, expansions, arithmetic, patterns and tests of the shell's grammar.

use layerglass::testing::generate::Rng;

/// Makes words.
pub struct Words {
    pub rng: Rng,
    /// How much may still be nested.
    pub depth: usize,
}

const LITERALS: &[&str] = &[
    "foo", "bar", "a.b.c", "x", "abc", "42", "0", "-n", "-1", "/usr/lib", "Hello", "é", "日本",
    "a=b", "key:val", "tEsT", "10", "007", "--", "1.5", "aXbXc", "%d", "foo_bar", "-", "=",
    "x:y:z", "#c", "a#b", "^", "+", ",",
];
const NAMES: &[&str] =
    &["a", "b", "c", "x", "arr", "map", "unset_one", "1", "2", "@", "*", "#", "?"];
const ELEMENTS: &[&str] = &[
    "arr[0]", "arr[1]", "arr[-1]", "arr[@]", "arr[*]", "map[k]", "map[@]", "arr[7]", "arr[1+1]",
    "map[zz]", "map[*]",
];

impl Words {
    fn below(&mut self, n: usize) -> usize {
        self.rng.below(n)
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        let at = self.rng.below(from.len());
        from[at]
    }

    pub fn literal(&mut self) -> String {
        self.pick(LITERALS).into()
    }

    /// A word, which may expand to several.
    pub fn word(&mut self) -> String {
        let n = if self.rng.one_in(3) { 2 } else { 1 };
        (0..n).map(|_| self.piece()).collect()
    }

    fn deeper<T>(
        &mut self,
        make: impl FnOnce(&mut Words) -> T,
        or: impl FnOnce(&mut Words) -> T,
    ) -> T {
        if self.depth == 0 {
            return or(self);
        }
        self.depth -= 1;
        let made = make(self);
        self.depth += 1;
        made
    }

    fn piece(&mut self) -> String {
        match self.below(24) {
            0..=5 => self.literal(),
            6 | 7 => format!(
                "'{}'",
                self.pick(&[
                    "a b", "", "*", "$a", "x\\y", "\"", " lead", "t  t", "{a,b}", "é~", "!", "a\nb"
                ])
            ),
            8..=10 => format!("\"{}\"", self.inside_quotes()),
            11 => format!(
                "$'{}'",
                self.pick(&[
                    "a\\tb", "\\x41", "\\'", "\\n", "\\u00e9", "\\101", "q\\\\", "\\cA", "\\e", ""
                ])
            ),
            12..=15 => self.deeper(Words::expansion, Words::literal),
            16 => self.deeper(|w| format!("$(({}))", w.arith(2)), Words::literal),
            17 => self.deeper(|w| format!("$(echo {})", w.word()), Words::literal),
            18 => self
                .pick(&[
                    "{a,b}",
                    "{1..3}",
                    "{a..c}",
                    "x{,y}",
                    "{3..1}",
                    "{01..03}",
                    "{a,{b,c}}",
                    "{1..10..4}",
                    "{a}",
                    "{,}",
                    "{a,b",
                    "pre{x,'y z'}post",
                    "{z..w..2}",
                    "{-1..1}",
                ])
                .into(),
            19 => self
                .pick(&[
                    "*", "f?", "[a-f]*", "d/*", "*.txt", "nomatch*", "[!f]*", "~", "~root", "~/x",
                    "\\*", "@(f1|f2)", "a~",
                ])
                .into(),
            20 => format!("\\{}", self.pick(&["a", "$", "\\", " ", "'", "\"", "*", "#", "~"])),
            21 => self
                .pick(&[
                    "$@",
                    "$*",
                    "\"$@\"",
                    "\"$*\"",
                    "$#",
                    "$?",
                    "\"x$@y\"",
                    "$1",
                    "${10}",
                    "\"${@:2}\"",
                    "${#}",
                ])
                .into(),
            22 => self.deeper(|w| format!("`echo {}`", w.literal()), Words::literal),
            _ => self
                .pick(&[
                    "$a",
                    "$b",
                    "$c",
                    "\"$a\"",
                    "${arr[@]}",
                    "\"${arr[@]}\"",
                    "${map[k]}",
                    "$x",
                    "\"${arr[*]}\"",
                ])
                .into(),
        }
    }

    fn inside_quotes(&mut self) -> String {
        let n = 1 + self.below(3);
        (0..n)
            .map(|_| match self.below(8) {
                0 | 1 => self.literal(),
                2 => self
                    .pick(&[
                        "\\\"", "\\$", "\\\\", "\\a", "'", "  ", "*", "\\`", "~", "{a,b}", "\t",
                    ])
                    .into(),
                3 => self.deeper(|w| format!("$(echo {})", w.word()), Words::literal),
                4 => self.deeper(|w| format!("$(({}))", w.arith(1)), Words::literal),
                5 => self.pick(&["$a", "$b", "$@", "$*", "${arr[@]}", "$1", "$#"]).into(),
                _ => self.deeper(Words::expansion, Words::literal),
            })
            .collect()
    }

    fn name(&mut self) -> &'static str {
        if self.rng.one_in(3) { self.pick(ELEMENTS) } else { self.pick(NAMES) }
    }

    fn expansion(&mut self) -> String {
        let name = self.name();
        match self.below(19) {
            0 | 1 => format!("${{{name}}}"),
            2 => format!("${{#{name}}}"),
            3 | 4 => {
                let op = self.pick(&[":-", "-", ":+", "+", ":=", "=", ":?", "?", ":-", ":+"]);
                format!("${{{name}{op}{}}}", self.word())
            }
            5..=7 => {
                let op = self.pick(&["#", "##", "%", "%%"]);
                format!("${{{name}{op}{}}}", self.pattern())
            }
            8..=10 => {
                let op = self.pick(&["/", "//", "/#", "/%"]);
                let (pattern, by) = (self.pattern(), self.replacement());
                format!("${{{name}{op}{pattern}/{by}}}")
            }
            11 | 12 => {
                let op = self.pick(&["^", "^^", ",", ",,", "^^[a-f]", ",,X", "^?"]);
                format!("${{{name}{op}}}")
            }
            13 | 14 => {
                let (from, len) = (
                    self.pick(&["0", "1", "2", " -1", " -2", "1+1", "9", "a"]),
                    self.pick(&["", ":1", ":2", ":0", ":-1", ":9", ":1+1"]),
                );
                format!("${{{name}:{from}{len}}}")
            }
            15 | 16 => format!(
                "${{{name}@{}}}",
                self.pick(&["Q", "U", "L", "u", "a", "A", "E", "K", "k", "P"])
            ),
            17 => self
                .pick(&[
                    "${!a}",
                    "${!arr[@]}",
                    "${!map[@]}",
                    "${!a*}",
                    "${!ar@}",
                    "${!x}",
                    "${!1}",
                    "${!unset_one}",
                ])
                .into(),
            _ => self
                .pick(&[
                    "${}", "${a b}", "${a!}", "${#a:1}", "${a:}", "${a:::}", "${#}", "${##}",
                    "${#-}", "${-}", "${@}", "${a//}",
                ])
                .into(),
        }
    }

    fn replacement(&mut self) -> String {
        match self.below(4) {
            0 => self.pick(&["", "&", "\\&", "<&>", "/", "\\/", "\"&\"", "'q q'"]).into(),
            1 => "$b".into(),
            _ => self.literal(),
        }
    }

    /// A pattern of the shell.
    pub fn pattern(&mut self) -> String {
        let n = 1 + self.below(3);
        (0..n)
            .map(|_| {
                self.pick(&[
                    "*",
                    "?",
                    "[a-z]",
                    "[!x]",
                    "a",
                    "b",
                    "o",
                    ".",
                    "x",
                    "[[:digit:]]",
                    "\"*\"",
                    "\\*",
                    "foo",
                    "$a",
                    "'a b'",
                    "[0-9]",
                    "X",
                    "/",
                    "é",
                    "[[:upper:]]",
                    ":",
                    "[^a]",
                    "\"$a\"",
                    "[a",
                    "]",
                    "-",
                    "l",
                    "@(a|b)",
                    "+(o)",
                ])
            })
            .collect()
    }

    /// An arithmetic expression.
    pub fn arith(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .pick(&[
                    "1",
                    "2",
                    "0",
                    "7",
                    "-3",
                    "a",
                    "b",
                    "x",
                    "0x1f",
                    "010",
                    "2#101",
                    "16#ff",
                    "arr[0]",
                    "n9",
                    "36#z",
                    "${#arr[@]}",
                    "arr[-1]",
                    "9223372036854775807",
                    "64#_",
                    "c",
                ])
                .into();
        }
        let (left, right) = (self.arith(depth - 1), self.arith(depth - 1));
        match self.below(12) {
            0..=4 => {
                let op = self.pick(&[
                    "+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^", "&&", "||", "==",
                    "!=", "<", ">", "<=", ">=", ",",
                ]);
                format!("{left} {op} {right}")
            }
            5 => format!("({left})"),
            6 => format!("{left} ? {right} : {}", self.arith(0)),
            7 => format!("{}{left}", self.pick(&["!", "~", "-", "+", "- -"])),
            8 => format!(
                "{} {} {right}",
                self.pick(&["b", "c", "arr[1]", "z"]),
                self.pick(&["=", "+=", "-=", "*=", "<<=", "|=", "/=", "%="])
            ),
            9 => self
                .pick(&[
                    "b++", "--b", "++c", "c--", "arr[2]++", "1++", "b+++c", "a.b", "08", "1 2",
                    "$a", "2#3", "b=", "(1", "'1'", "1 ? 2",
                ])
                .into(),
            _ => left,
        }
    }

    /// What stands between `[[` and `]]`.
    pub fn cond(&mut self, depth: usize) -> String {
        let (left, right) = (self.word_one(), self.word_one());
        if depth > 0 && self.rng.one_in(3) {
            let other = self.cond(depth - 1);
            let this = self.cond(depth - 1);
            return match self.below(4) {
                0 => format!("{this} && {other}"),
                1 => format!("{this} || {other}"),
                2 => format!("! {this}"),
                _ => format!("( {this} )"),
            };
        }
        match self.below(9) {
            0 => format!(
                "-{} {left}",
                self.pick(&["z", "n", "e", "f", "d", "v", "o", "s", "r", "L"])
            ),
            1 | 2 => format!("{left} {} {}", self.pick(&["==", "=", "!="]), self.pattern()),
            3 => format!(
                "{left} =~ {}",
                self.pick(&[
                    "^a", "b+", "[0-9]+", "(a)(b)?", "\\.", "^$", "o{2}", "a|b", "$a", "\"a.b\"",
                    "(", "[", "x*$"
                ])
            ),
            4 => format!("{left} {} {right}", self.pick(&["<", ">", "==", "!="])),
            5 => format!(
                "{} {} {}",
                self.arith(0),
                self.pick(&["-eq", "-ne", "-lt", "-le", "-gt", "-ge"]),
                self.arith(0)
            ),
            6 => left,
            7 => format!("f1 {} f2", self.pick(&["-nt", "-ot", "-ef"])),
            _ => format!("-n {left}"),
        }
    }

    /// The arguments of `test`.
    pub fn test(&mut self) -> String {
        let (left, right) = (self.word_one(), self.word_one());
        match self.below(8) {
            0 => left,
            1 => format!(
                "-{} {left}",
                self.pick(&["z", "n", "e", "f", "d", "v", "s", "t", "x", "q"])
            ),
            2 => format!("{left} {} {right}", self.pick(&["=", "!=", "==", "\\<", "\\>"])),
            3 => format!("{left} {} {right}", self.pick(&["-eq", "-lt", "-ge", "-ne", "-foo"])),
            4 => format!("! {left}"),
            5 => format!("{left} -a {right}"),
            6 => format!("-n {left} -o -z {right}"),
            _ => format!("{left} = {right} -a x"),
        }
    }

    /// A word that is usually one.
    fn word_one(&mut self) -> String {
        match self.below(5) {
            0 => self.literal(),
            1 => format!("\"{}\"", self.inside_quotes()),
            2 => "\"$a\"".into(),
            3 => self
                .pick(&["$a", "$b", "''", "f1", "d", "\"\"", "arr", "arr[0]", "map[k]", "5", "abc"])
                .into(),
            _ => self.word(),
        }
    }

    /// A short text of commands for `eval`.
    pub fn simple_text(&mut self) -> String {
        match self.below(5) {
            0 => format!("echo {}", self.word()),
            1 => "a=1; echo $a".into(),
            2 => "echo 'unclosed".into(),
            3 => "if true; then echo y; fi".into(),
            _ => "fi".into(),
        }
    }
}
