//! What a build is asked for: options, and the environment of the client.

use super::super::args::Args;
use super::super::cli::Fail;
use crate::drivers::files;
use crate::oci::build::cache::{Build, Told};
use crate::oci::build::words::Vars;
use crate::oci::digest::Digest;
use crate::oci::engine::reference::Reference;
use crate::shell::command::ctx::Ctx;

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    Plain,
    Quiet,
}

/// A secret: its name, and the file or variable that holds it.
#[derive(Clone, Debug)]
pub struct Secret {
    pub id: String,
    pub bytes: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct Request {
    pub classic: bool,
    /// The directory, or `-`.
    pub context: String,
    pub file: Option<String>,
    /// Names as they were given, and what they mean.
    pub tags: Vec<(String, Reference)>,
    pub show: Show,
    pub no_cache: bool,
    pub no_cache_filter: Vec<String>,
    pub pull: bool,
    pub arguments: Vars,
    pub target: Option<String>,
    pub labels: Vars,
    pub secrets: Vec<Secret>,
    pub contexts: Vec<(String, String)>,
    pub iidfile: Option<String>,
    pub explain: bool,
    /// All new layers become one.
    pub squash: bool,
    pub remove: bool,
    pub force_remove: bool,
    /// SOURCE_DATE_EPOCH: the time of everything.
    pub epoch: Option<i64>,
    /// `rewrite-timestamp=true` of `--output`: files too.
    pub rewrite: bool,
}

/// Options that change nothing here, and why.
const WITHOUT_EFFECT: [(&str, &str); 10] = [
    ("platform", "there is one platform, linux/amd64"),
    ("network", "there is no network"),
    ("cache-from", "the cache is the one of this machine"),
    ("cache-to", "the cache is the one of this machine"),
    ("builder", "there is one builder"),
    ("memory", "memory is not limited"),
    ("ulimit", "limits are not simulated"),
    ("add-host", "there is no network"),
    ("ssh", "there is no agent"),
    ("metadata-file", "it is not written"),
];

impl Request {
    /// # Errors
    /// In the client's words.
    pub fn new(ctx: &mut Ctx<'_>, args: &Args) -> Result<Request, Fail> {
        let classic = match ctx.var("DOCKER_BUILDKIT").map(|it| it.to_ascii_lowercase()) {
            None => false,
            Some(value) if value.is_empty() => false,
            Some(value) => match value.as_slice() {
                b"0" | b"f" | b"false" => true,
                b"1" | b"t" | b"true" => false,
                other => {
                    let other = String::from_utf8_lossy(other).into_owned();
                    return Err(Fail::Client(format!(
                        "DOCKER_BUILDKIT environment variable expects boolean value: strconv.ParseBool: parsing \
                         \"{other}\": invalid syntax"
                    )));
                }
            },
        };
        refuse(args, classic)?;
        for (name, why) in WITHOUT_EFFECT {
            if args.value(name).is_some() {
                ctx.err(format!("docker: --{name} has no effect: {why}\n"));
            }
        }
        let show = match args.value("progress").unwrap_or("auto") {
            _ if args.has("quiet") => Show::Quiet,
            "quiet" => Show::Quiet,
            "auto" | "plain" | "tty" => Show::Plain,
            other => {
                return Err(Fail::Client(format!(
                    "ERROR: invalid progress mode {other}, valid values: auto, plain, tty, quiet"
                )));
            }
        };
        let mut request = Request {
            classic,
            context: args.words[0].clone(),
            file: args.value("file").filter(|it| !it.is_empty()).map(str::to_owned),
            tags: Vec::new(),
            show,
            no_cache: args.has("no-cache"),
            no_cache_filter: args
                .values("no-cache-filter")
                .iter()
                .flat_map(|it| it.split(','))
                .map(str::to_lowercase)
                .collect(),
            pull: args.has("pull"),
            arguments: arguments(ctx, args),
            target: args.value("target").filter(|it| !it.is_empty()).map(str::to_owned),
            labels: args.values("label").iter().map(|it| pair(it)).collect(),
            secrets: Vec::new(),
            contexts: Vec::new(),
            iidfile: args.value("iidfile").map(str::to_owned),
            explain: args.has("explain"),
            squash: args.has("squash"),
            remove: args.value("rm") != Some("false"),
            force_remove: args.has("force-rm"),
            epoch: None,
            rewrite: args.values("output").iter().any(|it| it.contains("rewrite-timestamp=true")),
        };
        let prefix = if classic { "" } else { "ERROR: " };
        for tag in args.values("tag") {
            let name = Reference::parse(&tag).map_err(|why| {
                Fail::Client(if classic {
                    format!(
                        "invalid argument \"{tag}\" for \"-t, --tag\" flag: {why}\nSee 'docker build --help'."
                    )
                } else {
                    format!("{prefix}invalid tag \"{tag}\": {why}")
                })
            })?;
            request.tags.push((tag, name));
        }
        for text in args.values("build-context") {
            let Some((name, path)) = text.split_once('=') else {
                return Err(Fail::Client(format!(
                    "ERROR: invalid context value: {text}, expected key=value"
                )));
            };
            request.contexts.push((name.to_lowercase(), path.to_owned()));
        }
        for text in args.values("secret") {
            request.secrets.push(secret(ctx, &text)?);
        }
        request.epoch = epoch(&request.arguments)?;
        if request.file.as_deref() == Some("-") && request.context == "-" {
            let why = "invalid argument: can't use stdin for both build context and dockerfile";
            return Err(Fail::Client(format!("{prefix}{why}")));
        }
        Ok(request)
    }

    /// What is remembered of this build.
    pub fn told(&self, ended: String, steps: Vec<Told>, outcome: Result<Digest, String>) -> Build {
        Build {
            ended,
            classic: self.classic,
            context: self.context.clone(),
            tags: self.tags.iter().map(|it| it.1.to_string()).collect(),
            steps,
            outcome,
        }
    }

    /// Whether standard input is needed.
    pub fn reads_input(&self) -> bool {
        self.context == "-" || self.file.as_deref() == Some("-")
    }
}

fn refuse(args: &Args, classic: bool) -> Result<(), Fail> {
    if args.has("squash") && !classic {
        return Err(Fail::Client(
            "ERROR: experimental flag squash is removed with BuildKit. You should squash inside build using a \
             multi-stage Dockerfile for efficiency."
                .to_owned(),
        ));
    }
    if args.has("push") {
        return Err(Fail::Client(
            "docker build: --push is not simulated: use docker push".to_owned(),
        ));
    }
    let call = args.value("call").filter(|it| *it != "build").map(|it| format!("--call={it}"));
    let call = call.or_else(|| args.has("check").then(|| "--check".to_owned()));
    if let Some(call) = call {
        return Err(Fail::Client(format!("docker build: {call} is not simulated: build it")));
    }
    for output in args.values("output") {
        let kind = output.split(',').find_map(|it| it.strip_prefix("type="));
        if !matches!(kind, Some("docker" | "image")) || output.contains("dest=") {
            return Err(Fail::Client(format!(
                "docker build: --output {output} is not simulated: build an image, then use docker save or docker cp"
            )));
        }
    }
    Ok(())
}

fn pair(text: &str) -> (String, String) {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    (key.to_owned(), value.to_owned())
}

/// `--build-arg`: a name alone takes the client's variable, if it is set.
fn arguments(ctx: &Ctx<'_>, args: &Args) -> Vars {
    let mut all = Vars::new();
    if let Some(epoch) = ctx.var("SOURCE_DATE_EPOCH") {
        let text = String::from_utf8_lossy(epoch).into_owned();
        all.push(("SOURCE_DATE_EPOCH".to_owned(), text));
    }
    for text in args.values("build-arg") {
        if text.contains('=') {
            all.push(pair(&text));
        } else if let Some(value) = ctx.var(&text) {
            all.push((text, String::from_utf8_lossy(value).into_owned()));
        }
    }
    all
}

fn epoch(arguments: &Vars) -> Result<Option<i64>, Fail> {
    match crate::oci::build::words::value(arguments, "SOURCE_DATE_EPOCH") {
        None | Some("") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| {
            Fail::Client(format!("ERROR: failed to solve: invalid SOURCE_DATE_EPOCH: {text}"))
        }),
    }
}

/// `id=NAME,src=FILE`, `id=NAME,env=VARIABLE`.
fn secret(ctx: &mut Ctx<'_>, text: &str) -> Result<Secret, Fail> {
    let field = |names: &[&str]| {
        let fields = text.split(',').filter_map(|it| it.split_once('='));
        fields.filter(|it| names.contains(&it.0)).map(|it| it.1.to_owned()).next_back()
    };
    let id = field(&["id"]).unwrap_or_default();
    let file = field(&["src", "source"]);
    let variable = field(&["env"]);
    let bytes = match (&file, &variable) {
        (None, Some(name)) => ctx.var(name).map(<[u8]>::to_vec),
        (None, None) if ctx.var(&id).is_some() => ctx.var(&id).map(<[u8]>::to_vec),
        (file, _) => {
            let path = file.clone().unwrap_or_else(|| id.clone());
            Some(files::read(ctx.sys, &path).map_err(|errno| {
                let why = errno.message().to_lowercase();
                Fail::Client(format!("ERROR: failed to stat {path}: stat {path}: {why}"))
            })?)
        }
    };
    let id = if id.is_empty() { file.unwrap_or_default() } else { id };
    Ok(Secret { id, bytes: bytes.unwrap_or_default() })
}
