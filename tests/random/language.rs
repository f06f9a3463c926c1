//! Random scripts over the grammar of the shell. The same seed gives the same script.
//!
//! Nothing here may differ between two runs of one bash: no process numbers, no clocks, no output of
//! two processes at once, and every loop ends.

use super::words::Words;
use layerglass::testing::generate::Rng;

/// A script under construction.
pub struct Maker {
    pub words: Words,
    /// How much may still be nested.
    depth: usize,
    loops: usize,
    functions: usize,
    in_loop: bool,
    in_function: bool,
}

/// The script of a seed.
pub fn script(seed: u64) -> String {
    let rng = Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x0073_6865_6c6c);
    let words = Words { rng, depth: 2 };
    let mut maker =
        Maker { words, depth: 3, loops: 0, functions: 0, in_loop: false, in_function: false };
    maker.whole()
}

impl Maker {
    fn below(&mut self, n: usize) -> usize {
        self.words.rng.below(n)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.words.rng.one_in(n)
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        let at = self.words.rng.below(from.len());
        from[at]
    }

    fn word(&mut self) -> String {
        self.words.word()
    }

    fn whole(&mut self) -> String {
        let mut out = Vec::new();
        if self.one_in(2) {
            out.push(self.options());
        }
        if self.one_in(3) {
            out.push(self.pick(SHOPTS).to_string());
        }
        if self.one_in(4) {
            out.push("mkdir -p d/e; touch f1 f2 d/x.txt d/e/y .hid 'a b'".into());
        }
        let first = self.word();
        out.push(format!("a={first}; arr=(one 'two words' three); declare -A map=([k]=v)"));
        for _ in 0..3 + self.below(6) {
            out.push(self.command());
        }
        if self.one_in(3) {
            out.push("echo \"$? ${PIPESTATUS[@]} $a $b $#\"".into());
        }
        if self.one_in(4) {
            out.push("declare -p a b c arr map 2>&1".into());
        }
        out.join("\n")
    }

    fn options(&mut self) -> String {
        let which = [
            "set -e",
            "set -u",
            "set -x",
            "set -o pipefail",
            "set -euo pipefail",
            "set -f",
            "set -C",
            "set -E",
            "set -a",
            "set -eE",
            "set -T",
            "set -v",
            "set +B",
            "set -o posix",
            "set -ex",
        ];
        self.pick(&which).into()
    }

    fn body(&mut self, least: usize) -> String {
        let n = least + self.below(2);
        let lines: Vec<String> = (0..n.max(1)).map(|_| self.command()).collect();
        lines.join("\n")
    }

    /// A command, which may be compound.
    fn command(&mut self) -> String {
        if self.depth == 0 || self.one_in(2) {
            return self.plain();
        }
        self.depth -= 1;
        let text = self.compound();
        self.depth += 1;
        if self.one_in(8) { format!("{text} {}", self.redirection()) } else { text }
    }

    fn compound(&mut self) -> String {
        match self.below(16) {
            0 | 1 => self.conditional(),
            2 => self.while_loop(),
            3 | 4 => self.for_loop(),
            5 => self.case(),
            6 => format!("{{\n{}\n}}", self.body(1)),
            7 => self.apart(),
            8 | 9 => self.function(),
            10 | 11 => self.pipeline(),
            12 | 13 => self.and_or(),
            14 => self.trap(),
            _ => self.captured(),
        }
    }

    fn apart(&mut self) -> String {
        format!("(\n{}\n)", self.body(1))
    }

    fn captured(&mut self) -> String {
        let body = self.body(1);
        match self.below(4) {
            0 => format!("eval {}", quoted(&body)),
            1 => format!("echo \"$({body}\n)\""),
            2 => format!("b=$({body}\n)"),
            _ => format!("bash -c {} name p1 'p 2'", quoted(&body)),
        }
    }

    fn conditional(&mut self) -> String {
        let cond = self.condition();
        let body = self.body(1);
        match self.below(3) {
            0 => format!("if {cond}\nthen\n{body}\nfi"),
            1 => format!("if {cond}; then\n{body}\nelse\n{}\nfi", self.body(1)),
            _ => {
                let (other, then) = (self.condition(), self.body(1));
                format!(
                    "if {cond}; then\n{body}\nelif {other}; then\n{then}\nelse\n{}\nfi",
                    self.plain()
                )
            }
        }
    }

    fn inside_loop(&mut self) -> String {
        let was = std::mem::replace(&mut self.in_loop, true);
        let body = self.body(1);
        self.in_loop = was;
        body
    }

    fn while_loop(&mut self) -> String {
        self.loops += 1;
        let n = self.loops;
        let body = self.inside_loop();
        match self.below(4) {
            0 => format!("n{n}=0\nwhile (( n{n}++ < 3 ))\ndo\n{body}\ndone"),
            1 => format!("n{n}=3\nuntil [ $n{n} -le 0 ]; do\nn{n}=$((n{n}-1))\n{body}\ndone"),
            2 => {
                let names = self.pick(&["line", "a b", "-r line", "-a got", "x _ y"]);
                let here = self.heredoc_text();
                format!(
                    "while read {names}; do\n{body}\necho \"[$line|$a|$b|${{got[*]}}|$x|$y]\"\ndone <<'EOT'\n{here}EOT"
                )
            }
            _ => format!("for ((n{n}=0; n{n}<3; n{n}++)); do\n{body}\ndone"),
        }
    }

    fn for_loop(&mut self) -> String {
        let name = self.pick(&["i", "a", "v", "w"]);
        let count = self.below(4);
        let words: Vec<String> = (0..count).map(|_| self.word()).collect();
        let body = self.inside_loop();
        let list = match self.below(4) {
            0 => " in \"$@\"".into(),
            1 => " in \"${arr[@]}\"".into(),
            _ => format!(" in {}", words.join(" ")),
        };
        format!("for {name}{list}; do\necho \"<${name}>\"\n{body}\ndone")
    }

    fn case(&mut self) -> String {
        let subject = self.word();
        let mut out = format!("case {subject} in\n");
        for _ in 0..1 + self.below(3) {
            let pattern = self.words.pattern();
            let (body, end) = (self.plain(), self.pick(&[";;", ";;", ";;&", ";&"]));
            let open = self.pick(&["(", ""]);
            out.push_str(&format!("{open}{pattern})\n{body}\n{end}\n"));
        }
        if self.one_in(2) {
            out.push_str("*) echo other;;\n");
        }
        out + "esac"
    }

    fn function(&mut self) -> String {
        let was = (self.in_function, self.in_loop);
        (self.in_function, self.in_loop) = (true, false);
        let body = self.body(2);
        (self.in_function, self.in_loop) = was;
        self.functions += 1;
        let n = self.functions;
        let head = match self.below(3) {
            0 => format!("f{n} ()"),
            1 => format!("function f{n}"),
            _ => format!("f{n}()"),
        };
        let (open, close) = if self.one_in(5) { ("(", ")") } else { ("{", "}") };
        let args: Vec<String> = (0..self.below(3)).map(|_| self.word()).collect();
        let show = if self.one_in(6) { format!("\ndeclare -f f{n}") } else { String::new() };
        format!("{head} {open}\n{body}\n{close}{show}\nf{n} {}", args.join(" "))
    }

    fn pipeline(&mut self) -> String {
        let bang = self.pick(&["", "", "", "! "]);
        let left = self.producer();
        let right = self.pick(&[
            "cat",
            "wc -l",
            "sort",
            "while read -r l; do echo \"=$l\"; done",
            "tr a-z A-Z",
            "{ read x; echo \"x=$x\"; cat >/dev/null; }",
            "(cat; exit 3)",
            "grep -c .",
            "mapfile -t m",
            "head -n 1",
            "sed 's/a/<&>/g'",
            "cat -A",
        ]);
        if self.one_in(4) {
            format!("{bang}{left} | cat | {right}")
        } else {
            format!("{bang}{left} | {right}")
        }
    }

    fn producer(&mut self) -> String {
        match self.below(4) {
            0 => format!("printf '%s\\n' {} {}", self.word(), self.word()),
            1 => "printf '%s\\n' \"${arr[@]}\"".into(),
            2 => format!("{{ echo {}; false; }}", self.word()),
            _ => format!("echo {}", self.word()),
        }
    }

    fn and_or(&mut self) -> String {
        let mut out = self.simple_condition();
        for _ in 0..1 + self.below(2) {
            let op = self.pick(&["&&", "||"]);
            out = format!("{out} {op} {}", self.plain_line());
        }
        out
    }

    fn trap(&mut self) -> String {
        let what = self.pick(&[
            "echo trap:$?",
            "echo \"t $a\"",
            "",
            "echo in; false",
            "-",
            "echo $LINENO",
        ]);
        let signal = self.pick(&["EXIT", "ERR", "USR1", "EXIT", "DEBUG", "RETURN", "TERM", "ERR"]);
        let then = self.pick(&["", "\ntrap -p", "\nkill -USR1 $$", "\ntrap", "\nfalse"]);
        let then = if then.contains("USR1") && signal != "USR1" { "" } else { then };
        format!("trap -- '{what}' {signal}{then}")
    }

    fn condition(&mut self) -> String {
        if self.one_in(4) { self.plain_line() } else { self.simple_condition() }
    }

    fn simple_condition(&mut self) -> String {
        match self.below(7) {
            0 => self.pick(&["true", "false", "! true", ":"]).into(),
            1 | 2 => format!("[[ {} ]]", self.words.cond(2)),
            3 => format!("(( {} ))", self.words.arith(2)),
            4 => format!("[ {} ]", self.words.test()),
            5 => format!("test {}", self.words.test()),
            _ => format!("grep -q {} f1", self.words.literal()),
        }
    }

    fn plain_line(&mut self) -> String {
        let line = self.plain();
        if line.contains('\n') { "echo line".into() } else { line }
    }

    fn redirection(&mut self) -> String {
        match self.below(10) {
            0 => ">f1".into(),
            1 => ">>f2".into(),
            2 => "2>&1".into(),
            3 => "<<<".to_string() + &self.word(),
            4 => "2>/dev/null".into(),
            5 => ">/dev/null 2>&1".into(),
            6 => "&>f1".into(),
            7 => "<f1".into(),
            8 => format!("3>{}", self.word()),
            _ => self
                .pick(&[
                    "<missing",
                    ">&2",
                    "<&-",
                    ">&-",
                    "3>&1 >&2 2>&3",
                    ">|f1",
                    "{fd}>f2",
                    "4<f1",
                ])
                .into(),
        }
    }

    fn heredoc_text(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..self.below(4) {
            let line = self.pick(&[
                "one two three",
                "  lead",
                "a\\b",
                "x\\",
                "tab\there",
                "$a ${b}",
                "`echo q`",
                "",
                "$((1+2))",
                "'q' \"d\"",
                "c:d:e",
                "\\$a",
                "\\\\ back",
            ]);
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// A simple command, perhaps with redirections, assignments before it, or a here-document.
    fn plain(&mut self) -> String {
        if self.one_in(12) {
            let (text, mark) =
                (self.heredoc_text(), self.pick(&["EOT", "'EOT'", "-EOT", "\"EOT\""]));
            let target = self.pick(&["cat", "read -r a b", "mapfile -t arr", "cat -A", "tr a b"]);
            return format!("{target} <<{mark}\n{text}EOT");
        }
        let mut line = self.builtin();
        if self.one_in(7) {
            line = format!("{line} {}", self.redirection());
        }
        if self.one_in(14) {
            line = format!("{}={} {line}", self.pick(&["a", "IFS", "b", "x"]), self.word());
        }
        line
    }

    fn args(&mut self, most: usize) -> String {
        let n = self.below(most + 1);
        (0..n).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    fn builtin(&mut self) -> String {
        match self.below(34) {
            0..=4 => format!("echo {}", self.args(3)),
            5..=7 => self.printf(),
            8..=10 => self.assignment(),
            11 => format!("set -- {}", self.args(4)),
            12 => self
                .pick(&[
                    "shift",
                    "shift 2",
                    "shift 9; echo $?",
                    "unset a",
                    "unset 'arr[1]'",
                    "unset -v b",
                    "unset -f f1",
                    "unset map",
                ])
                .into(),
            13 => format!("(( {} ))", self.words.arith(3)),
            14 => format!("let '{}'", self.words.arith(2)),
            15 => self.declaration(),
            16 => self.reading(),
            17 => self.leaving(),
            18 => format!("[[ {} ]]; echo $?", self.words.cond(3)),
            19 => format!("[ {} ]; echo $?", self.words.test()),
            20 => format!("eval {}", quoted(&self.words.simple_text())),
            21 => self
                .pick(&[
                    "cd d",
                    "cd ..",
                    "cd -",
                    "pwd",
                    "cd nowhere",
                    "pushd d",
                    "popd",
                    "dirs",
                    "cd",
                    "cd /lab",
                    "cd ''",
                ])
                .into(),
            22 => self.options(),
            23 => self.pick(SHOPTS).into(),
            24 => self
                .pick(&[
                    "type echo",
                    "command -v if cat cd f1",
                    "type -t for echo nothing",
                    "hash -r",
                    "command -V echo",
                    "type f1",
                    "builtin echo b",
                    "command echo c",
                    "alias x=y; alias",
                    "caller",
                    "getopts ab: o -a -b val; echo $o $OPTIND $OPTARG",
                    "getopts a o -z; echo $o $OPTIND",
                ])
                .into(),
            25 => "echo \"$@\" $# \"$*\" ${@:1:2} ${*: -1}".into(),
            26 => format!("for v in {}; do printf '[%s]' \"$v\"; done; echo", self.args(3)),
            27 => format!("f{} {}", self.functions.max(1), self.args(2)),
            28 => format!("echo $(( {} ))", self.words.arith(3)),
            29 => format!("nosuchcommand {}", self.args(1)),
            30 => self.files(),
            31 => format!(
                "echo {}",
                self.pick(&[
                    "$?",
                    "${#arr[@]}",
                    "${!arr[@]}",
                    "${PIPESTATUS[@]}",
                    "$-",
                    "${FUNCNAME[0]}",
                    "$LINENO",
                    "$BASH_SUBSHELL",
                    "${map[@]@Q}",
                    "${arr[@]@A}",
                    "${BASH_LINENO[@]}",
                    "$_"
                ])
            ),
            32 => format!("printf '<%s>\\n' {}", self.args(3)),
            _ => format!(
                "IFS={}; echo $a ${{arr[*]}} \"${{arr[*]}}\"; unset IFS",
                self.pick(&[":", "''", "' '", "x", "$' \\t\\n'", "ab"])
            ),
        }
    }

    fn files(&mut self) -> String {
        self.pick(&[
            "exec 3>f1; echo three >&3; exec 3>&-; cat f1",
            "cat f1",
            "echo *",
            "echo d/* .[a-z]*",
            "echo hi >f1",
            "cat <f2",
            ": >f1; cat f1",
            "echo **/*",
            "ls",
            "cat < <(echo sub)",
            "echo a >&7",
            "exec 4<f1; read x <&4; echo $x; exec 4<&-",
            ". ./f1",
            "source nofile",
            "echo 'echo sourced $1' >f3; . ./f3 arg",
            "wc -l < f1",
            "cat f1 nofile",
            "echo [!d]*",
            "rm -f f1",
            "{ echo o; echo e >&2; } 2>&1",
            "echo ?1",
            "exec 5<>f2; echo x >&5",
        ])
        .into()
    }

    fn printf(&mut self) -> String {
        let formats = [
            "%s\\n",
            "%5s|%-5s|\\n",
            "%d\\n",
            "%x %o\\n",
            "%05d|%+d\\n",
            "%q\\n",
            "%b\\n",
            "%c%c\\n",
            "%.2s\\n",
            "%*s|\\n",
            "%%|%s\\n",
            "\\x41\\101\\t|\\n",
            "%s %s\\n",
            "%i %u\\n",
            "%e %g\\n",
            "%.3f\\n",
            "%z\\n",
            "%#x %#o\\n",
            "% d\\n",
            "%-10.3s|\\n",
            "\\u00e9\\n",
            "%Q\\n",
            "%(%Y)T\\n",
            "%s",
        ];
        let (format, args) = (self.pick(&formats), self.args(3));
        let to = if self.one_in(8) { "-v b " } else { "" };
        if format.contains("%(") {
            return "printf '%(%Y-%m-%d)T\\n' 0".into();
        }
        format!("printf {to}'{format}' {args}")
    }

    fn assignment(&mut self) -> String {
        let (value, more) = (self.word(), self.word());
        match self.below(12) {
            0..=2 => format!("{}={value}", self.pick(&["a", "b", "c", "x"])),
            3 => format!("a+={value}"),
            4 => format!("arr=({value} {more})"),
            5 => format!("arr+=({value})"),
            6 => format!("arr[{}]={value}", self.pick(&["0", "5", "-1", "a", "1+1", "-9", ""])),
            7 => format!("map[{}]={value}", self.pick(&["k", "'a b'", "$a", "x"])),
            8 => format!("arr=([3]={value} {more} [1]=z)"),
            9 => format!("a={value} b={more}"),
            10 => "a=$b$c".into(),
            _ => format!("arr[1]+={value}"),
        }
    }

    fn declaration(&mut self) -> String {
        let value = self.word();
        let local = if self.in_function { "local" } else { "declare" };
        match self.below(12) {
            0 => format!("{local} a={value}"),
            1 => format!("{local} -i b={value}"),
            2 => format!("{local} -u c={value}; echo $c"),
            3 => format!("{local} -r ro{}={value}", self.below(3)),
            4 => format!("export a={value}; bash -c 'echo \"[$a]\"'"),
            5 => format!("{local} -a arr=({value})"),
            6 => format!("{local} -n ref=a; ref={value}; echo $a"),
            7 => "declare -p a arr map".into(),
            8 => format!("readonly r{}={value}; r0=again", self.below(2)),
            9 => format!("{local} -l c={value}; echo $c"),
            10 => format!("{local} -x x; x={value}; env | grep ^x="),
            _ => "declare -p nothing; local z".into(),
        }
    }

    fn reading(&mut self) -> String {
        let word = self.word();
        let form = self.pick(&[
            "read a b",
            "read -r a",
            "IFS=: read a b c",
            "read -d x a",
            "read -n 3 a",
            "read -a arr",
            "read",
            "read -N 2 a",
            "IFS= read -r a",
            "IFS=' x' read a b",
            "read -r -d '' a",
            "mapfile arr",
            "mapfile -t -n 1 arr",
            "read -u 9 a",
            "read 1x",
        ]);
        format!("{form} <<<{word}; echo \"$?|$a|$b|$c|$REPLY|${{arr[*]}}\"")
    }

    fn leaving(&mut self) -> String {
        if self.in_loop && self.one_in(2) {
            return self
                .pick(&[
                    "break",
                    "continue",
                    "break 2",
                    "[[ $i ]] && continue",
                    "continue 2",
                    "break 0",
                ])
                .into();
        }
        if self.in_function && self.one_in(2) {
            return self
                .pick(&[
                    "return",
                    "return 3",
                    "return 256",
                    "[ x ] && return",
                    "return -1",
                    "return x",
                ])
                .into();
        }
        self.pick(&[
            "false",
            "(exit 4)",
            "exit 7",
            "! false",
            "true",
            "return 2",
            "break",
            "(exit 256)",
            "exit x",
            "exit",
        ])
        .into()
    }
}

const SHOPTS: &[&str] = &[
    "shopt -s nullglob",
    "shopt -s extglob",
    "shopt -s dotglob",
    "shopt -s nocasematch",
    "shopt -s failglob",
    "shopt -s globstar",
    "shopt -s lastpipe",
    "shopt -s inherit_errexit",
    "shopt -s nocaseglob",
    "shopt -u nullglob",
    "shopt -s expand_aliases",
    "shopt -s xpg_echo",
    "shopt -s localvar_inherit",
    "shopt -s shift_verbose",
    "shopt -u extglob",
    "shopt nullglob extglob; echo $?",
];

/// A text as one word.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
