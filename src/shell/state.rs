//! What a shell process remembers: variables, functions, options, jobs. Plain data; a subshell gets a copy.

use super::ast::{Function, Str};
use super::text;
use super::vars::{Value, Var};
use crate::store::Map;
use std::sync::Arc;

/// The `set` options.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Opts {
    pub allexport: bool,
    pub braceexpand: bool,
    pub errexit: bool,
    pub errtrace: bool,
    pub functrace: bool,
    pub hashall: bool,
    pub ignoreeof: bool,
    pub monitor: bool,
    pub noclobber: bool,
    pub noexec: bool,
    pub noglob: bool,
    pub nounset: bool,
    pub onecmd: bool,
    pub physical: bool,
    pub pipefail: bool,
    pub posix: bool,
    pub privileged: bool,
    pub verbose: bool,
    pub xtrace: bool,
    pub keyword: bool,
    pub notify: bool,
    pub histexpand: bool,
    pub history: bool,
    pub emacs: bool,
    pub vi: bool,
}

impl Opts {
    /// Names with their letters, in the order of `set -o`.
    pub const TABLE: &'static [(&'static str, u8)] = &[
        ("allexport", b'a'),
        ("braceexpand", b'B'),
        ("emacs", 0),
        ("errexit", b'e'),
        ("errtrace", b'E'),
        ("functrace", b'T'),
        ("hashall", b'h'),
        ("histexpand", b'H'),
        ("history", 0),
        ("ignoreeof", 0),
        ("interactive-comments", 0),
        ("keyword", b'k'),
        ("monitor", b'm'),
        ("noclobber", b'C'),
        ("noexec", b'n'),
        ("noglob", b'f'),
        ("nolog", 0),
        ("notify", b'b'),
        ("nounset", b'u'),
        ("onecmd", b't'),
        ("physical", b'P'),
        ("pipefail", 0),
        ("posix", 0),
        ("privileged", b'p'),
        ("verbose", b'v'),
        ("vi", 0),
        ("xtrace", b'x'),
    ];

    /// The place of an option by its long name.
    pub fn by_name(&mut self, name: &str) -> Option<&mut bool> {
        Some(match name {
            "allexport" => &mut self.allexport,
            "braceexpand" => &mut self.braceexpand,
            "emacs" => &mut self.emacs,
            "errexit" => &mut self.errexit,
            "errtrace" => &mut self.errtrace,
            "functrace" => &mut self.functrace,
            "hashall" => &mut self.hashall,
            "histexpand" => &mut self.histexpand,
            "history" => &mut self.history,
            "ignoreeof" => &mut self.ignoreeof,
            "keyword" => &mut self.keyword,
            "monitor" => &mut self.monitor,
            "noclobber" => &mut self.noclobber,
            "noexec" => &mut self.noexec,
            "noglob" => &mut self.noglob,
            "notify" => &mut self.notify,
            "nounset" => &mut self.nounset,
            "onecmd" => &mut self.onecmd,
            "physical" => &mut self.physical,
            "pipefail" => &mut self.pipefail,
            "posix" => &mut self.posix,
            "privileged" => &mut self.privileged,
            "verbose" => &mut self.verbose,
            "vi" => &mut self.vi,
            "xtrace" => &mut self.xtrace,
            _ => return None,
        })
    }

    /// Is it on?
    pub fn is_on(&self, name: &str) -> bool {
        name == "interactive-comments" || self.clone().by_name(name).is_some_and(|b| *b)
    }

    /// The long name of a letter.
    pub fn long(letter: u8) -> Option<&'static str> {
        Opts::TABLE.iter().find(|t| t.1 == letter && letter != 0).map(|t| t.0)
    }
}

/// The `shopt` options and what they are when a shell starts.
pub const SHOPTS: &[(&str, bool)] = &[
    ("autocd", false),
    ("assoc_expand_once", false),
    ("cdable_vars", false),
    ("cdspell", false),
    ("checkhash", false),
    ("checkjobs", false),
    ("checkwinsize", true),
    ("cmdhist", true),
    ("compat31", false),
    ("compat32", false),
    ("compat40", false),
    ("compat41", false),
    ("compat42", false),
    ("compat43", false),
    ("compat44", false),
    ("complete_fullquote", true),
    ("direxpand", false),
    ("dirspell", false),
    ("dotglob", false),
    ("execfail", false),
    ("expand_aliases", false),
    ("extdebug", false),
    ("extglob", false),
    ("extquote", true),
    ("failglob", false),
    ("force_fignore", true),
    ("globasciiranges", true),
    ("globskipdots", true),
    ("globstar", false),
    ("gnu_errfmt", false),
    ("histappend", false),
    ("histreedit", false),
    ("histverify", false),
    ("hostcomplete", true),
    ("huponexit", false),
    ("inherit_errexit", false),
    ("interactive_comments", true),
    ("lastpipe", false),
    ("lithist", false),
    ("localvar_inherit", false),
    ("localvar_unset", false),
    ("login_shell", false),
    ("mailwarn", false),
    ("no_empty_cmd_completion", false),
    ("nocaseglob", false),
    ("nocasematch", false),
    ("noexpand_translation", false),
    ("nullglob", false),
    ("patsub_replacement", true),
    ("progcomp", true),
    ("progcomp_alias", false),
    ("promptvars", true),
    ("restricted_shell", false),
    ("shift_verbose", false),
    ("sourcepath", true),
    ("varredir_close", false),
    ("xpg_echo", false),
];

/// One active function call or sourced file.
#[derive(Clone, Debug)]
pub struct Call {
    /// Function name, or `source`.
    pub name: Str,
    /// The file it came from.
    pub source: Str,
    /// The line of the call.
    pub line: u32,
    /// Its local variables' outer values.
    pub saved: Map<Str, Option<Var>>,
    /// A function rather than a sourced file.
    pub function: bool,
    /// The options to put back (`local -`).
    pub opts: Option<Opts>,
    /// Traps that the function does not inherit, to put back unless it sets its own.
    pub outer_traps: Vec<(Str, Str)>,
}

/// The longest value of a variable: a script must not use up the memory of the host.
pub const MAX_VALUE: usize = 64 << 20;

/// A background job.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: usize,
    pub pids: Vec<i32>,
    /// Statuses of the ended ones, by position.
    pub ended: Vec<Option<i32>>,
    pub text: Str,
    /// Ended by this signal.
    pub signal: Option<i32>,
    /// Its end has been told.
    pub told: bool,
    /// The array of a coprocess.
    pub coproc: Option<Str>,
}

impl Job {
    /// A job that has just started.
    pub fn new(id: usize, pids: Vec<i32>, text: Str) -> Job {
        let ended = vec![None; pids.len()];
        Job { id, pids, ended, text, signal: None, told: false, coproc: None }
    }

    /// All its processes are over.
    pub fn is_done(&self) -> bool {
        self.ended.iter().all(Option::is_some)
    }
    /// The status of its last process.
    pub fn status(&self) -> i32 {
        self.ended.last().copied().flatten().unwrap_or(0)
    }
}

/// A shell's memory.
#[derive(Clone, Debug)]
pub struct Shell {
    pub vars: Arc<Map<Str, Var>>,
    pub funcs: Arc<Map<Str, (Arc<Function>, Str)>>,
    pub exported_funcs: Vec<Str>,
    pub aliases: Arc<Map<Str, Str>>,
    pub opts: Opts,
    pub shopts: Map<&'static str, bool>,
    pub params: Arc<Vec<Str>>,
    pub arg0: Str,
    /// The file whose commands run, for messages and `BASH_SOURCE`.
    pub source: Str,
    pub interactive: bool,
    /// `c`, `s` (standard input) or `f` (file).
    pub mode: u8,
    pub status: i32,
    pub pipestatus: Vec<i32>,
    pub last_bg: Option<i32>,
    /// Statuses of background processes that have been waited for and may be asked for again.
    pub gone: Map<i32, i32>,
    /// The command that runs, for `BASH_COMMAND`.
    pub command: Option<Arc<super::ast::Command>>,
    pub pid: i32,
    pub subshell: u32,
    pub line: u32,
    pub calls: Vec<Call>,
    pub jobs: Vec<Job>,
    pub dirs: Vec<Str>,
    pub traps: Map<Str, Str>,
    pub hashed: Map<Str, (Str, u32)>,
    pub seed: u32,
    pub start: i64,
    pub optpos: usize,
    pub history: Vec<Str>,
    /// Nested `source` and function calls.
    pub depth: u32,
    /// Old values of variables touched by an expansion that may have to run again.
    pub undo: Option<Vec<(Str, Option<Var>)>>,
}

impl Shell {
    /// A shell as it starts, with an environment.
    pub fn new(arg0: &[u8], env: &[(Str, Str)]) -> Shell {
        let opts = Opts { braceexpand: true, hashall: true, ..Opts::default() };
        let mut sh = Shell {
            vars: Arc::default(),
            funcs: Arc::default(),
            exported_funcs: Vec::new(),
            aliases: Arc::default(),
            opts,
            shopts: SHOPTS.iter().copied().collect(),
            params: Arc::default(),
            arg0: arg0.to_vec(),
            source: Vec::new(),
            interactive: false,
            mode: b's',
            status: 0,
            pipestatus: Vec::new(),
            last_bg: None,
            gone: Map::new(),
            command: None,
            pid: 1,
            subshell: 0,
            line: 0,
            calls: Vec::new(),
            jobs: Vec::new(),
            dirs: Vec::new(),
            traps: Map::new(),
            hashed: Map::new(),
            seed: 42,
            start: 0,
            optpos: 0,
            history: Vec::new(),
            depth: 0,
            undo: None,
        };
        sh.initial_vars(env);
        sh
    }

    fn initial_vars(&mut self, env: &[(Str, Str)]) {
        for (k, v) in env {
            if text::is_name(k) {
                self.put(k, Var { export: true, ..Var::scalar(v.clone()) });
            } else if let Some(name) = k.strip_prefix(b"BASH_FUNC_".as_slice()) {
                self.import_function(name.strip_suffix(b"%%").unwrap_or(name), v);
            }
        }
        let level = self.get(b"SHLVL").and_then(|s| text::parse_int(&s)).unwrap_or(0) + 1;
        self.put(b"SHLVL", Var { export: true, ..Var::scalar(level.to_string()) });
        for (k, v) in [
            ("IFS", " \t\n"),
            ("PS4", "+ "),
            ("OPTIND", "1"),
            ("BASH", "/bin/bash"),
            ("BASH_VERSION", "5.2.15(1)-release"),
            ("HOSTTYPE", "x86_64"),
            ("MACHTYPE", "x86_64-pc-linux-gnu"),
            ("OSTYPE", "linux-gnu"),
            ("HOSTNAME", "lab"),
            ("OPTERR", "1"),
        ] {
            self.put(k.as_bytes(), Var::scalar(v));
        }
        if self.get(b"PATH").is_none() {
            self.put(
                b"PATH",
                Var::scalar("/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin:."),
            );
        }
        let version = ["5", "2", "15", "1", "release", "x86_64-pc-linux-gnu"];
        let info = Var::list(version.iter().map(|s| s.as_bytes().to_vec()));
        self.put(b"BASH_VERSINFO", Var { readonly: true, ..info });
        for (k, v) in [("UID", "0"), ("EUID", "0")] {
            self.put(k.as_bytes(), Var { integer: true, readonly: true, ..Var::scalar(v) });
        }
    }

    /// A `shopt` option.
    pub fn shopt(&self, name: &str) -> bool {
        self.shopts.get(name).copied().unwrap_or(false)
    }

    /// The variable itself, namerefs followed.
    pub fn var(&self, name: &[u8]) -> Option<&Var> {
        let v = self.vars.get(name)?;
        if v.nameref {
            if let Some(target) = v.get() {
                if target != name {
                    return self.vars.get(base_name(target));
                }
            }
        }
        Some(v)
    }

    /// What a nameref stands for, or the name itself.
    pub fn resolve(&self, name: &[u8]) -> Str {
        let mut name = name.to_vec();
        for _ in 0..8 {
            match self.vars.get(&name) {
                Some(v) if v.nameref => match v.get() {
                    Some(t) if *t != name && !t.is_empty() => name = t.clone(),
                    _ => break,
                },
                _ => break,
            }
        }
        name
    }

    /// A variable's scalar value, without the dynamic ones.
    pub fn get(&self, name: &[u8]) -> Option<Str> {
        self.var(name).and_then(|v| v.get().cloned())
    }

    /// Sets a whole variable, whatever it was.
    pub fn put(&mut self, name: &[u8], var: Var) {
        let old = Arc::make_mut(&mut self.vars).insert(name.to_vec(), var);
        if let Some(undo) = &mut self.undo {
            undo.push((name.to_vec(), old));
        }
    }

    /// Removes a variable.
    pub fn remove(&mut self, name: &[u8]) {
        let old = Arc::make_mut(&mut self.vars).remove(name);
        if let Some(undo) = &mut self.undo {
            undo.push((name.to_vec(), old));
        }
    }

    /// Sets a scalar, keeping attributes. The error is a message after the prefix.
    pub fn assign(&mut self, name: &[u8], value: Str) -> Result<(), String> {
        let name = self.resolve(name);
        let mut var = self.vars.get(&name).cloned().unwrap_or_default();
        if var.readonly {
            return Err(format!("{}: readonly variable", text::lossy(&name)));
        }
        if value.len() > MAX_VALUE {
            return Err(format!("xrealloc: cannot allocate {} bytes", value.len()));
        }
        let value = if var.upper || var.lower { case(&value, var.upper) } else { value };
        match &mut var.value {
            Value::Indexed(m) => {
                m.insert(0, value);
            }
            Value::Assoc(a) => a.set(b"0".to_vec(), value),
            v => *v = Value::Scalar(value),
        }
        var.export |= self.opts.allexport;
        self.side_effects(&name, &var);
        self.put(&name, var);
        Ok(())
    }

    fn side_effects(&mut self, name: &[u8], var: &Var) {
        match name {
            b"RANDOM" => self.seed = var.get().and_then(|s| text::parse_int(s)).unwrap_or(0) as u32,
            b"OPTIND" => self.optpos = 0,
            b"PATH" => self.hashed.clear(),
            _ => {}
        }
    }

    /// Undoes what the expansion did since `undo` was set.
    pub fn roll_back(&mut self) {
        for (name, old) in self.undo.take().unwrap_or_default().into_iter().rev() {
            let vars = Arc::make_mut(&mut self.vars);
            match old {
                Some(v) => vars.insert(name, v),
                None => vars.remove(&name),
            };
        }
    }

    /// Makes a variable local to the running function.
    pub fn make_local(&mut self, name: &[u8]) -> bool {
        let old = self.vars.get(name).cloned();
        let Some(call) = self.calls.iter_mut().rev().find(|c| c.function) else { return false };
        if call.saved.contains_key(name) {
            return true;
        }
        let keep = old.as_ref().filter(|_| name == b"-");
        debug_assert!(keep.is_none());
        call.saved.insert(name.to_vec(), old);
        self.remove(name);
        true
    }

    /// Ends the innermost call: locals go back.
    pub fn end_call(&mut self) {
        if let Some(call) = self.calls.pop() {
            if let Some(opts) = call.opts {
                self.opts = opts;
            }
            for (name, action) in call.outer_traps {
                self.traps.get_or_insert_with(name, || action);
            }
            for (name, old) in call.saved {
                match old {
                    Some(v) => self.put(&name, v),
                    None => self.remove(&name),
                }
            }
        }
    }

    /// The environment of a program.
    pub fn environment(&self) -> Vec<(Str, Str)> {
        let mut v: Vec<(Str, Str)> = self
            .vars
            .iter()
            .filter(|(_, v)| v.export && !v.is_array())
            .filter_map(|(k, v)| Some((k.clone(), v.get()?.clone())))
            .collect();
        v.sort_by_key(|(k, _)| super::vars::hash(k) & 1023);
        for name in &self.exported_funcs {
            if let Some((f, _)) = self.funcs.get(name) {
                let key = [b"BASH_FUNC_", &name[..], b"%%"].concat();
                v.push((key, super::unparse::exported(f)));
            }
        }
        v
    }

    /// A function that the environment brings, as `name` and `() { … }`.
    fn import_function(&mut self, name: &[u8], text: &[u8]) {
        let whole = [name, b" ", text].concat();
        let Ok(Some(list)) = super::parse::Parser::new(&whole, 1).complete_command() else {
            return;
        };
        let [item] = list.items.as_slice() else { return };
        let [command] = item.first.cmds.as_slice() else { return };
        if let super::ast::Kind::Function(f) = &command.kind {
            let entry = (f.clone(), b"environment".to_vec());
            Arc::make_mut(&mut self.funcs).insert(f.name.clone(), entry);
            self.exported_funcs.push(f.name.clone());
        }
    }

    /// What stands before a message.
    pub fn prefix(&self) -> String {
        // The children of a shell at a prompt as well.
        if self.interactive || self.mode == b'i' {
            return format!("{}: ", text::lossy(&self.arg0));
        }
        let name = if self.calls.is_empty() { &self.arg0 } else { &self.source };
        format!("{}: line {}: ", text::lossy(name), self.line)
    }

    /// `$-`.
    pub fn flags(&self) -> String {
        let mut s = String::new();
        for c in b"abefhiklmnprtuvxBCEHPT" {
            if *c == b'i' {
                if self.interactive {
                    s.push('i');
                }
            } else if Opts::long(*c).is_some_and(|n| self.opts.is_on(n)) {
                s.push(*c as char);
            }
        }
        if self.mode != b'f' {
            s.push(self.mode as char);
        }
        s
    }

    /// The next `$RANDOM`.
    pub fn random(&mut self) -> u32 {
        let (h, l) = (self.seed / 127_773, self.seed % 127_773);
        let t = i64::from(l) * 16807 - i64::from(h) * 2836;
        self.seed = if t < 0 { (t + 0x7fff_ffff) as u32 } else { t as u32 };
        if self.seed == 0 {
            self.seed = 123_459_876;
        }
        ((self.seed >> 16) ^ (self.seed & 0xffff)) & 0x7fff
    }

    /// The status variables after a pipeline.
    pub fn set_status(&mut self, status: i32) {
        self.status = status;
        self.pipestatus = vec![status];
    }
}

/// `name` of `name[index]`.
pub fn base_name(s: &[u8]) -> &[u8] {
    s.split(|&b| b == b'[').next().unwrap_or(s)
}

/// Upper or lower case of a whole text.
pub fn case(s: &[u8], upper: bool) -> Str {
    let mut out = Vec::new();
    for ch in text::chars(s) {
        text::push_case(&mut out, ch, upper);
    }
    out
}
