//! What the instructions of a stage make of an image's configuration, and how the history puts it.
//!
//! The two builders differ in words and in a few deeds; both are recorded (docker 20.10.24).

use super::fault::Fault;
use super::golang::{expand_ports, go_duration, go_list, is_signal};
use super::instruction::{self, Instruction, What, Words};
use super::words::{self, Vars};
use crate::oci::config::{Healthcheck, Keys, RunConfig};

/// Which builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The builder of DOCKER_BUILDKIT=0.
    Classic,
    Kit,
}

/// Where images look for programs unless they say otherwise.
pub const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Arguments that need no ARG; they never reach the history.
const PREDEFINED: [&str; 10] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "FTP_PROXY",
    "ftp_proxy",
    "NO_PROXY",
    "no_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// What BuildKit tells of the platform, for whoever declares it.
pub const PLATFORM: [(&str, &str); 8] = [
    ("BUILDPLATFORM", "linux/amd64"),
    ("BUILDOS", "linux"),
    ("BUILDARCH", "amd64"),
    ("BUILDVARIANT", ""),
    ("TARGETPLATFORM", "linux/amd64"),
    ("TARGETOS", "linux"),
    ("TARGETARCH", "amd64"),
    ("TARGETVARIANT", ""),
];

/// The arguments of a build: those of the command line, and those before the first FROM.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    /// `--build-arg`, in order.
    pub given: Vars,
    /// ARG before FROM, with values where there are any.
    pub globals: Vec<(String, Option<String>)>,
}

impl Arguments {
    /// Takes the instructions before the first FROM.
    ///
    /// # Errors
    /// A value that cannot be expanded.
    pub fn new(
        given: Vars,
        globals: &[Instruction],
        escape: char,
        dialect: Dialect,
    ) -> Result<Arguments, Fault> {
        let mut arguments = Arguments { given, globals: Vec::new() };
        if dialect == Dialect::Kit {
            let own = PLATFORM.map(|(key, value)| (key.to_owned(), Some(value.to_owned())));
            arguments.globals.extend(own);
        }
        for instruction in globals {
            let What::Arg(args) = &instruction.what else { continue };
            for (key, default) in args {
                let default = match default {
                    Some(text) => Some(
                        words::expand(text, escape, &arguments.global_vars())
                            .map_err(|why| Fault::at(instruction.lines, why))?,
                    ),
                    None => None,
                };
                let given = words::value(&arguments.given, key).map(str::to_owned);
                arguments.globals.push((key.clone(), given.or(default)));
            }
        }
        Ok(arguments)
    }

    /// What may stand in FROM.
    pub fn global_vars(&self) -> Vars {
        let all = self.globals.iter();
        all.filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect()
    }

    fn global(&self, key: &str) -> Option<String> {
        self.globals.iter().rev().find(|it| it.0 == key).and_then(|it| it.1.clone())
    }

    /// Names of the given arguments that `declared` does not know.
    pub fn unused(&self, declared: &[String]) -> Vec<String> {
        let known = |key: &String| declared.contains(key) || PREDEFINED.contains(&key.as_str());
        let names = self.given.iter().map(|it| it.0.clone());
        let mut names: Vec<String> = names.filter(|it| !known(it)).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// A stage so far.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub config: RunConfig,
    pub author: String,
    /// ARG of the stage, with values where there are any.
    pub args: Vec<(String, Option<String>)>,
    cmd_set: bool,
}

impl State {
    /// Begins with a base's configuration; `None` for `scratch`.
    pub fn new(base: Option<&RunConfig>, author: &str, dialect: Dialect) -> State {
        let mut config = base.cloned().unwrap_or_default();
        let has_path = config.env.iter().flatten().any(|it| it.starts_with("PATH="));
        if !has_path {
            config.env.get_or_insert_default().push(PATH.to_owned());
        }
        if base.is_none() && dialect == Dialect::Kit {
            config.working_dir = "/".to_owned();
        }
        config.on_build = None;
        State { config, author: author.to_owned(), args: Vec::new(), cmd_set: false }
    }

    /// The environment as pairs.
    pub fn env(&self) -> Vars {
        let all = self.config.env.iter().flatten();
        all.filter_map(|it| it.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    }

    /// What variables mean: the environment goes before arguments.
    pub fn vars(&self) -> Vars {
        let args = self.args.iter().filter_map(|(key, value)| Some((key.clone(), value.clone()?)));
        args.chain(self.env()).collect()
    }

    /// What a command runs with: the environment, and arguments that it does not hide.
    pub fn run_env(&self, arguments: &Arguments) -> Vec<String> {
        let env = self.env();
        let mut all = self.config.env.clone().unwrap_or_default();
        for (key, value) in self.visible_args() {
            if words::value(&env, &key).is_none() {
                if let Some(value) = value {
                    all.push(format!("{key}={value}"));
                }
            }
        }
        for (key, value) in &arguments.given {
            if PREDEFINED.contains(&key.as_str()) && words::value(&env, key).is_none() {
                all.push(format!("{key}={value}"));
            }
        }
        all
    }

    /// The arguments, each once, the last declaration counts.
    fn visible_args(&self) -> Vec<(String, Option<String>)> {
        let mut all: Vec<(String, Option<String>)> = Vec::new();
        for (key, value) in &self.args {
            match all.iter_mut().find(|it| it.0 == *key) {
                Some(known) => known.1.clone_from(value),
                None => all.push((key.clone(), value.clone())),
            }
        }
        all
    }

    /// Words before a RUN's command in the history: `|2 A=1 B=2`.
    pub fn args_prefix(&self, arguments: &Arguments, dialect: Dialect) -> Vec<String> {
        let env = self.env();
        match dialect {
            Dialect::Kit => {
                let value = |key: &str, value: Option<String>| {
                    words::value(&env, key).map(str::to_owned).or(value).unwrap_or_default()
                };
                let all = self.visible_args().into_iter();
                let pairs: Vec<String> =
                    all.map(|(key, it)| format!("{key}={}", value(&key, it))).collect();
                match pairs.len() {
                    0 => Vec::new(),
                    count => [format!("|{count}")].into_iter().chain(pairs).collect(),
                }
            }
            Dialect::Classic => {
                let hidden = |key: &str| words::value(&env, key).is_some();
                let mut pairs: Vec<String> = self
                    .visible_args()
                    .into_iter()
                    .filter(|(key, _)| !hidden(key))
                    .filter_map(|(key, value)| Some(format!("{key}={}", value?)))
                    .collect();
                pairs.sort();
                let proxies =
                    arguments.given.iter().any(|(key, _)| PREDEFINED.contains(&key.as_str()));
                if pairs.is_empty() && !proxies {
                    return Vec::new();
                }
                [format!("|{}", pairs.len())].into_iter().chain(pairs).collect()
            }
        }
    }

    /// The shell that commands in shell form are for.
    pub fn shell(&self) -> Vec<String> {
        let default = || vec!["/bin/sh".to_owned(), "-c".to_owned()];
        self.config.shell.clone().unwrap_or_else(default)
    }

    /// Carries out an instruction that changes the configuration alone; what the history says of it.
    /// `None` for one that BuildKit does not mention. RUN, COPY, ADD, FROM are not for here.
    ///
    /// # Errors
    /// Values that are none, with the instruction's lines.
    pub fn apply(
        &mut self,
        instruction: &Instruction,
        arguments: &Arguments,
        escape: char,
        dialect: Dialect,
    ) -> Result<Option<String>, Fault> {
        let vars = self.vars();
        let expand = |text: &str| {
            words::expand(text, escape, &vars).map_err(|why| Fault::at(instruction.lines, why))
        };
        let wrong = |text: String| Fault::at(instruction.lines, text);
        Ok(Some(match &instruction.what {
            What::Env(pairs) => {
                let mut text = "ENV".to_owned();
                for (key, value) in pairs {
                    let (key, value) = (expand(key)?, expand(value)?);
                    text += &format!(" {key}={value}");
                    self.set_env(&key, &value);
                }
                text
            }
            What::Label(pairs) => {
                let mut text = "LABEL".to_owned();
                for (key, value) in pairs {
                    let (key, value) = (expand(key)?, expand(value)?);
                    text += &format!(" {key}={value}");
                    self.config.labels.get_or_insert_default().insert(key, value);
                }
                text
            }
            What::Maintainer(name) => {
                self.author.clone_from(name);
                format!("MAINTAINER {name}")
            }
            What::Arg(args) => self.arg(args, arguments, &expand)?,
            What::Cmd(words) => {
                self.cmd_set = true;
                let argv = self.argv(words);
                self.config.args_escaped = dialect == Dialect::Kit;
                let text = format!("CMD {}", go_list(&argv));
                self.config.cmd = (!argv.is_empty()).then_some(argv);
                text
            }
            What::Entrypoint(words) => {
                let argv = self.argv(words);
                if !self.cmd_set {
                    self.config.cmd = None;
                }
                let text = format!("ENTRYPOINT {}", go_list(&argv));
                self.config.entrypoint = (!argv.is_empty()).then_some(argv);
                text
            }
            What::Expose(ports) => self.expose(ports, escape, dialect).map_err(wrong)?,
            What::Volume(paths) => {
                let mut all = Vec::new();
                for path in paths {
                    let path = expand(path)?;
                    self.config
                        .volumes
                        .get_or_insert_default()
                        .insert(path.clone(), Default::default());
                    all.push(path);
                }
                format!("VOLUME [{}]", all.join(" "))
            }
            What::User(user) => {
                let user = expand(user)?;
                let text = format!("USER {user}");
                self.config.user = user;
                text
            }
            What::Workdir(dir) => {
                let dir = self.joined(&expand(dir)?);
                let text = format!("WORKDIR {dir}");
                self.config.working_dir = dir;
                text
            }
            What::Stopsignal(signal) => {
                let signal = expand(signal)?;
                if !is_signal(&signal) {
                    return Err(wrong(format!("invalid signal: {signal}")));
                }
                let text = format!("STOPSIGNAL {signal}");
                self.config.stop_signal = Some(signal);
                text
            }
            What::Healthcheck(check) => self.healthcheck(check.as_ref(), dialect),
            What::Shell(words) => {
                let text = format!("SHELL [{}]", words.join(" "));
                self.config.shell = Some(words.clone());
                text
            }
            What::Onbuild(trigger) => {
                self.config.on_build.get_or_insert_default().push(trigger.clone());
                match dialect {
                    Dialect::Kit => return Ok(None),
                    Dialect::Classic => format!("ONBUILD {trigger}"),
                }
            }
            What::From { .. } | What::Run(_) | What::Copy(_) | What::Add(_) => return Ok(None),
        }))
    }

    /// What RUN runs.
    pub fn run_argv(&self, words: &Words) -> Vec<String> {
        self.argv(words)
    }

    fn argv(&self, words: &Words) -> Vec<String> {
        match words {
            Words::Shell(line) if line.is_empty() => self.shell(),
            words => words.argv(&self.shell()),
        }
    }

    pub fn set_env(&mut self, key: &str, value: &str) {
        let env = self.config.env.get_or_insert_default();
        let pair = format!("{key}={value}");
        match env.iter_mut().find(|it| it.split('=').next() == Some(key)) {
            Some(known) => *known = pair,
            None => env.push(pair),
        }
    }

    fn arg(
        &mut self,
        args: &[(String, Option<String>)],
        arguments: &Arguments,
        expand: &dyn Fn(&str) -> Result<String, Fault>,
    ) -> Result<String, Fault> {
        let mut text = "ARG".to_owned();
        for (key, default) in args {
            let default = default.as_deref().map(expand).transpose()?;
            text += &match &default {
                Some(default) => format!(" {key}={default}"),
                None => format!(" {key}"),
            };
            let given = words::value(&arguments.given, key).map(str::to_owned);
            self.args.push((key.clone(), given.or(default).or_else(|| arguments.global(key))));
        }
        Ok(text)
    }

    /// A directory as seen from the working directory.
    pub fn joined(&self, dir: &str) -> String {
        let whole = match dir.starts_with('/') {
            true => dir.to_owned(),
            false => format!("{}/{dir}", self.config.working_dir),
        };
        format!("/{}", super::ignore::clean(&whole))
    }

    fn expose(
        &mut self,
        ports: &[String],
        escape: char,
        dialect: Dialect,
    ) -> Result<String, String> {
        let vars = self.vars();
        let mut raw = Vec::new();
        for port in ports {
            raw.extend(words::split(port, escape, &vars)?);
        }
        let mut all = Keys::new();
        for port in &raw {
            for port in expand_ports(port)? {
                all.insert(port, Default::default());
            }
        }
        let shown: Vec<String> = all.keys().map(|it| format!("{it}:{{}}")).collect();
        self.config.exposed_ports.get_or_insert_default().extend(all);
        raw.sort();
        Ok(match dialect {
            Dialect::Kit => format!("EXPOSE map[{}]", shown.join(" ")),
            Dialect::Classic => format!("EXPOSE {}", raw.join(" ")),
        })
    }

    fn healthcheck(&mut self, check: Option<&Healthcheck>, dialect: Dialect) -> String {
        let none = Healthcheck { test: Some(vec!["NONE".to_owned()]), ..Healthcheck::default() };
        let new = check.cloned().unwrap_or(none);
        let time = |nanos: Option<i64>| format!("\"{}\"", go_duration(nanos.unwrap_or(0)));
        let retries = new.retries.unwrap_or(0);
        let retries = match u32::try_from(retries).ok().and_then(char::from_u32) {
            Some(c) if (' '..='~').contains(&c) && c != '\'' => format!("'{c}'"),
            _ => format!("'\\x{retries:02x}'"),
        };
        let text = format!(
            "HEALTHCHECK &{{{} {} {} {} {} {retries}}}",
            go_list(new.test.as_deref().unwrap_or_default()),
            time(new.interval),
            time(new.timeout),
            time(new.start_period),
            time(new.start_interval),
        );
        let old = self.config.healthcheck.take().filter(|_| dialect == Dialect::Classic);
        let old = old.unwrap_or_default();
        // The old builder fills what is missing from the check before.
        self.config.healthcheck = Some(Healthcheck {
            test: new.test,
            interval: new.interval.or(old.interval),
            timeout: new.timeout.or(old.timeout),
            start_period: new.start_period.or(old.start_period),
            start_interval: new.start_interval.or(old.start_interval),
            retries: new.retries.or(old.retries),
        });
        text
    }
}

/// The instruction of a trigger that a base left behind.
///
/// # Errors
/// A trigger that is none.
pub fn trigger(text: &str, lines: (usize, usize), escape: char) -> Result<Instruction, Fault> {
    let source = super::source::read(text)?;
    let mut node = source.nodes[0].clone();
    node.lines = lines;
    instruction::parse(&node, escape)
}
