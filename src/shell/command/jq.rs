//! jq, as jq 1.6 of Debian 12: filters over JSON, the usual options. What it lacks of the language
//! (modules, `input_line_number`, dates, Oniguruma's own marks, streaming) is an error that names it.

mod ast;
mod builtin;
mod eval;
mod format;
mod functions;
mod lex;
mod math;
mod parse;
mod path;
mod scope;
#[cfg(test)]
mod tests;
mod value;

use super::ctx::Ctx;
use super::{Command, Package, Start, rare};
use eval::{Env, Item, Meter, Stop};
use std::rc::Rc;
use value::{Layout, Value};

pub const COMMAND: Command = rare(Command {
    name: "jq",
    usage: "jq - commandline JSON processor [version 1.6]\n\nUsage:\tjq [options] <jq filter> [file...]\n\tjq [options] --args <jq filter> [strings...]\n\tjq [options] --jsonargs <jq filter> [JSON_TEXTS...]\n",
    summary: "filter JSON",
    package: Package::Other("jq-1.6"),
    trouble: 2,
    start: Start::Patient(main),
});

/// Statuses of their own: wrong use or a file that cannot be read, a filter that is none, what was read
/// is no JSON, an error of the filter.
const USAGE: i32 = 2;
const COMPILE: i32 = 3;
const NO_JSON: i32 = 4;
const FAILED: i32 = 5;

struct Options {
    layout: Layout,
    raw: bool,
    join: bool,
    ascii: bool,
    sorts: bool,
    null_input: bool,
    slurp: bool,
    raw_input: bool,
    exit_status: bool,
    from_file: bool,
    vars: Vec<(Rc<str>, Value)>,
    /// After `--args` and `--jsonargs`.
    positional: Vec<Value>,
    operands: Vec<Vec<u8>>,
}

fn main(ctx: &mut Ctx<'_>) -> i32 {
    let options = match options(ctx) {
        Ok(Some(options)) => options,
        Ok(None) => return 0,
        Err(why) => {
            ctx.warn(why);
            ctx.err(
                "Use jq --help for help with command-line options,\n\
                 or see the jq manpage, or online docs  at https://stedolan.github.io/jq\n",
            );
            return USAGE;
        }
    };
    let mut operands = options.operands.iter();
    let filter = operands.next().map_or(&b"."[..], Vec::as_slice);
    let text = match options.from_file {
        true => match ctx.read_file(filter) {
            Ok(text) => text,
            Err(errno) => {
                let name = String::from_utf8_lossy(filter);
                ctx.warn(format_args!("error: Could not open file {name}: {errno}"));
                return USAGE;
            }
        },
        false => filter.to_vec(),
    };
    let text = String::from_utf8_lossy(&text).into_owned();
    let ast = match compile(&text, &options) {
        Ok(ast) => ast,
        Err((why, at)) => {
            let pad = " ".repeat(at);
            ctx.err(format!(
                "jq: error: {why} at <top-level>, line 1:\n{text}{pad}\njq: 1 compile error\n"
            ));
            return COMPILE;
        }
    };
    let files: Vec<Vec<u8>> = operands.cloned().collect();
    Run { options, ast, last: None, status: 0 }.files(ctx, &files)
}

/// The filter, or what is wrong with it and where.
fn compile(text: &str, options: &Options) -> Result<ast::Ast, (String, usize)> {
    let ast = parse::parse(text).map_err(|trouble| {
        let shell = trouble.why.starts_with("syntax error");
        let hint = if shell { " (Unix shell quoting issues?)" } else { "" };
        (format!("{}{hint}", trouble.why), trouble.at)
    })?;
    let mut vars: Vec<Rc<str>> = options.vars.iter().map(|it| it.0.clone()).collect();
    vars.extend(["ENV".into(), "ARGS".into()]);
    match scope::undefined(&ast, &vars) {
        None => Ok(ast),
        Some(missing) => {
            let name = missing.split(['/', ' ']).next().unwrap_or_default();
            let at = text.find(name).unwrap_or(0);
            Err((missing, at))
        }
    }
}

fn options(ctx: &mut Ctx<'_>) -> Result<Option<Options>, String> {
    let mut options = Options {
        layout: Layout::Spaces(2),
        raw: false,
        join: false,
        ascii: false,
        sorts: false,
        null_input: false,
        slurp: false,
        raw_input: false,
        exit_status: false,
        from_file: false,
        vars: Vec::new(),
        positional: Vec::new(),
        operands: Vec::new(),
    };
    let mut rest = ctx.args().iter();
    let (mut only_operands, mut further) = (false, None);
    while let Some(arg) = rest.next() {
        let text = String::from_utf8_lossy(arg).into_owned();
        if only_operands || !text.starts_with('-') || text == "-" {
            match further {
                Some(json) if !options.operands.is_empty() => {
                    options.positional.push(argument(&text, json, "--jsonargs")?);
                }
                _ => options.operands.push(arg.clone()),
            }
            continue;
        }
        let mut next = || rest.next().map(|it| String::from_utf8_lossy(it).into_owned());
        match text.as_str() {
            "--" => only_operands = true,
            "--arg" | "--argjson" | "--slurpfile" | "--rawfile" => {
                let both = next().zip(next());
                let (name, value) = both.ok_or_else(|| {
                    let shown = if text == "--arg" { "value" } else { "text" };
                    format!("{text} takes two parameters (e.g. {text} varname {shown})")
                })?;
                let value = match text.as_str() {
                    "--arg" | "--argjson" => argument(&value, text == "--argjson", &text)?,
                    _ => {
                        let bytes = ctx.read_file(value.as_bytes()).map_err(|errno| {
                            format!(
                                "Bad JSON in {text} {name} {value}: Could not open {value}: {errno}"
                            )
                        })?;
                        let all = String::from_utf8_lossy(&bytes).into_owned();
                        let parsed =
                            if text == "--rawfile" { Ok(Value::text(all)) } else { slurped(&all) };
                        parsed.map_err(|why| format!("Bad JSON in {text} {name} {value}: {why}"))?
                    }
                };
                options.vars.push((name.into(), value));
            }
            "--args" => further = Some(false),
            "--jsonargs" => further = Some(true),
            "--indent" => {
                let n = next().ok_or("--indent takes one parameter")?;
                options.layout = match n.parse::<usize>() {
                    Ok(0) => Layout::OneLine,
                    Ok(n) if n <= 7 => Layout::Spaces(n),
                    Ok(_) => return Err("Cannot indent more than 7 characters".into()),
                    Err(_) => return Err("Cannot indent less than zero".into()),
                };
            }
            "--tab" => options.layout = Layout::Tabs,
            "--help" => {
                ctx.out(COMMAND.usage);
                return Ok(None);
            }
            "--version" => {
                ctx.line("jq-1.6");
                return Ok(None);
            }
            long if long.starts_with("--") => {
                let short = LONG.iter().find(|it| it.0 == &long[2..]).map(|it| it.1);
                let short = short.ok_or_else(|| format!("Unknown option {long}"))?;
                options.short(short);
            }
            letters => {
                for letter in letters[1..].chars() {
                    match letter {
                        'h' => {
                            ctx.out(COMMAND.usage);
                            return Ok(None);
                        }
                        'V' => {
                            ctx.line("jq-1.6");
                            return Ok(None);
                        }
                        it if LONG.iter().any(|long| long.1 == it) => options.short(it),
                        _ => return Err(format!("Unknown option {letters}")),
                    }
                }
            }
        }
    }
    Ok(Some(options))
}

const LONG: &[(&str, char)] = &[
    ("compact-output", 'c'),
    ("raw-output", 'r'),
    ("join-output", 'j'),
    ("ascii-output", 'a'),
    ("sort-keys", 'S'),
    ("null-input", 'n'),
    ("slurp", 's'),
    ("raw-input", 'R'),
    ("exit-status", 'e'),
    ("from-file", 'f'),
    // Colours are for terminals, and the machine's shows none of jq's.
    ("color-output", 'C'),
    ("monochrome-output", 'M'),
    ("unbuffered", 'u'),
];

impl Options {
    fn short(&mut self, letter: char) {
        match letter {
            'c' => self.layout = Layout::OneLine,
            'r' => self.raw = true,
            'j' => (self.raw, self.join) = (true, true),
            'a' => self.ascii = true,
            'S' => self.sorts = true,
            'n' => self.null_input = true,
            's' => self.slurp = true,
            'R' => self.raw_input = true,
            'e' => self.exit_status = true,
            'f' => self.from_file = true,
            _ => {}
        }
    }
}

fn argument(text: &str, json: bool, option: &str) -> Result<Value, String> {
    if !json {
        return Ok(Value::text(text));
    }
    serde_json::from_str(text).map_err(|_| format!("invalid JSON text passed to {option}"))
}

fn slurped(text: &str) -> Result<Value, String> {
    let all: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
    all.map(Value::list).map_err(|err| trouble(text, &err))
}

/// What is no JSON, in jq's manner: the kind, and the place where the word ends that is wrong.
fn trouble(text: &str, err: &serde_json::Error) -> String {
    let words = err.to_string();
    let is_open = words.contains("control character");
    if err.is_eof() || is_open {
        let what = if is_open || words.contains("string") { "string" } else { "JSON term" };
        return format!("Unfinished {what} at EOF at {}", position(text, text.len()));
    }
    let lines: usize = text.split_inclusive('\n').take(err.line().max(1) - 1).map(str::len).sum();
    let at = (lines + err.column().max(1) - 1).min(text.len());
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    if words.contains("trailing comma") {
        let what = match rest.first() {
            Some(b'}') => "Objects must consist of key:value pairs",
            _ => "Expected another array element",
        };
        return format!("{what} at {}", position(text, at + 1));
    }
    if let Some(bracket @ (b']' | b'}')) = rest.first() {
        return format!("Unmatched '{}' at {}", char::from(*bracket), position(text, at + 1));
    }
    let what = if words.contains("recursion limit") {
        "Exceeds depth limit for parsing"
    } else if words.contains("expected `,`") || words.contains("expected `:`") {
        "Expected separator between values"
    } else if words.contains("expected ident") {
        "Invalid literal"
    } else {
        "Invalid numeric literal"
    };
    let ends = |it: &u8| b",:[]{}\"".contains(it) || it.is_ascii_whitespace();
    let end = rest.iter().position(ends).map_or(text.len(), |it| at + it + 1);
    format!("{what} at {}", position(text, end))
}

/// Line and column after so many bytes.
fn position(text: &str, end: usize) -> String {
    let before = &text.as_bytes()[..end];
    let lines = before.iter().filter(|it| **it == b'\n').count();
    let column = before.iter().rev().take_while(|it| **it != b'\n').count();
    format!("line {}, column {column}", lines + 1)
}

/// What is read, with the place that errors name.
struct Read {
    value: Value,
    at: String,
}

struct Run {
    options: Options,
    ast: ast::Ast,
    last: Option<Value>,
    status: i32,
}

impl Run {
    fn files(mut self, ctx: &mut Ctx<'_>, files: &[Vec<u8>]) -> i32 {
        let stdin = [b"-".to_vec()];
        let from = if files.is_empty() && !self.options.null_input { &stdin[..] } else { files };
        let (mut texts, mut missing) = (Vec::new(), false);
        for file in from {
            let shown = if file == b"-" && files.is_empty() {
                "<stdin>".into()
            } else {
                String::from_utf8_lossy(file)
            };
            let read = if files.is_empty() { ctx.read_input(file) } else { ctx.read_file(file) };
            match read {
                Ok(bytes) => {
                    texts.push((shown.into_owned(), String::from_utf8_lossy(&bytes).into_owned()))
                }
                Err(errno) => {
                    ctx.warn(format_args!("error: Could not open file {shown}: {errno}"));
                    missing = true;
                }
            }
        }
        let (inputs, broken) = self.inputs(&texts);
        if self.options.null_input {
            let rest = inputs.into_iter().rev().map(|it| it.value).collect();
            self.filter(
                ctx,
                Read { value: Value::Null, at: "<unknown>".into() },
                &Meter::new(rest),
            );
        } else {
            let (values, places): (Vec<_>, Vec<_>) =
                inputs.into_iter().map(|it| (it.value, it.at)).unzip();
            let meter = Meter::new(values.into_iter().rev().collect());
            // `input` takes from the same heap.
            while let Some(value) = meter.take() {
                let at = places.get(places.len() - 1 - meter.left()).cloned().unwrap_or_default();
                self.filter(ctx, Read { value, at }, &meter);
            }
        }
        if let Some(why) = broken {
            ctx.err(format!("parse error: {why}\n"));
            return if missing { USAGE } else { NO_JSON };
        }
        match (missing, self.status, &self.last) {
            (true, ..) => USAGE,
            (_, 0, last) if self.options.exit_status => match last {
                Some(value) => i32::from(!value.holds()),
                None => 4,
            },
            (_, status, _) => status,
        }
    }

    /// The values of all texts, and what ended them early.
    fn inputs(&self, texts: &[(String, String)]) -> (Vec<Read>, Option<String>) {
        let whole = || texts.iter().map(|it| it.1.as_str()).collect::<String>();
        let place = |name: &str, text: &str, end: usize| {
            // jq reads lines: the one in which a value ends is read by then.
            let line = text[end..].find('\n').map_or(text.len(), |it| end + it + 1);
            format!("{name}:{}", text[..line].matches('\n').count())
        };
        let last = texts.last().map_or("<unknown>", |it| &it.0);
        match (self.options.raw_input, self.options.slurp) {
            (true, true) => {
                let all = whole();
                let at = place(last, &all, all.len());
                (vec![Read { value: Value::text(all), at }], None)
            }
            (true, false) => {
                let all = whole();
                let line = |(i, it): (usize, &str)| Read {
                    value: Value::text(it),
                    at: format!("{last}:{}", i + 1),
                };
                (all.lines().enumerate().map(line).collect(), None)
            }
            (false, slurp) => {
                let mut all = Vec::new();
                for (name, text) in texts {
                    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
                    while let Some(next) = stream.next() {
                        match next {
                            Ok(value) => {
                                let at = place(name, text, stream.byte_offset().min(text.len()));
                                all.push(Read { value, at });
                            }
                            Err(err) if slurp => return (Vec::new(), Some(trouble(text, &err))),
                            Err(err) => return (all, Some(trouble(text, &err))),
                        }
                    }
                }
                if slurp {
                    let at = all.last().map_or_else(|| "<stdin>:0".into(), |it| it.at.clone());
                    let value = Value::list(all.into_iter().map(|it| it.value).collect());
                    return (vec![Read { value, at }], None);
                }
                (all, None)
            }
        }
    }

    fn env(&self) -> Env {
        let named = Value::map(self.options.vars.clone());
        let positional = Value::list(self.options.positional.clone());
        let args = vec![("positional".into(), positional), ("named".into(), named)];
        let start = Env::default().with_var("ENV", Value::map(Vec::new()));
        let start = start.with_var("ARGS", Value::map(args));
        self.options.vars.iter().fold(start, |env, (name, it)| env.with_var(name, it.clone()))
    }

    fn filter(&mut self, ctx: &mut Ctx<'_>, read: Read, meter: &Meter) {
        let env = self.env();
        let options = &self.options;
        let mut last = None;
        let flow = eval::eval(meter, &self.ast, &env, Item::new(read.value), &mut |item| {
            let text = match &item.value {
                Value::Text(text) if options.raw => text.to_string(),
                other => other.print(options.layout, options.sorts),
            };
            let text = if options.ascii { escaped(&text) } else { text };
            ctx.out(text);
            if !options.join {
                ctx.out("\n");
            }
            last = Some(item.value);
            Ok(())
        });
        if last.is_some() {
            self.last = last;
        }
        let why = match flow {
            Ok(()) | Err(Stop::Error(Value::Null)) => return,
            Err(Stop::Error(Value::Text(text))) => format!(": {text}"),
            Err(Stop::Error(other)) => {
                format!(" (not a string): {}", other.print(Layout::OneLine, false))
            }
            Err(Stop::Break(_)) => ": break".into(),
            Err(Stop::Spent(why)) => format!(": {why}"),
        };
        ctx.err(format!("jq: error (at {}){why}\n", read.at));
        self.status = FAILED;
    }
}

/// Everything beyond ASCII as `\uXXXX`.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|it| out.push_str(&format!("\\u{it:04x}")));
        }
    }
    out
}
