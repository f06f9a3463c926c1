//! What is built: the Dockerfile's text, its context, what the context leaves out.

use super::options::Request;
use crate::drivers::files;
use crate::oci::build::context::Context;
use crate::oci::build::ignore::Ignore;
use crate::oci::build::{copy, ignore};
use crate::oci::engine::{Engine, random_id};
use crate::shell::command::ctx::Ctx;

/// A Dockerfile and its context.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    pub context: Context,
    /// The Dockerfile as it is called in messages.
    pub name: String,
    /// Its text; `None` if it is not there.
    pub text: Option<Vec<u8>>,
    /// The text of `.dockerignore`, if there is one.
    pub ignored: Option<String>,
    /// Where it was not found.
    pub missing: String,
    /// Directories that go when the build is over.
    pub temporary: Vec<String>,
}

/// A directory for the time of the build.
///
/// # Errors
/// The disk's, in words.
pub fn temporary(ctx: &mut Ctx<'_>, engine: &Engine) -> Result<String, String> {
    let id = random_id(ctx.sys, "builder");
    let path = format!("{}/tmp/docker-builder{}", engine.root, &id[..9]);
    let mask = ctx.sys.umask(0);
    let made = files::mkdir_all(ctx.sys, &path, 0o700);
    ctx.sys.umask(mask);
    made.map_err(|errno| format!("mkdir {path}: {}", errno.message().to_lowercase()))?;
    Ok(path)
}

impl Sources {
    /// Finds everything.
    ///
    /// # Errors
    /// In the client's words.
    pub fn find(
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        request: &Request,
        input: Option<Vec<u8>>,
    ) -> Result<Sources, String> {
        let mut found = Sources::default();
        match found.fill(ctx, engine, request, input) {
            Ok(()) => Ok(found),
            Err(why) => {
                found.clear(ctx);
                Err(why)
            }
        }
    }

    fn fill(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        request: &Request,
        input: Option<Vec<u8>>,
    ) -> Result<(), String> {
        "Dockerfile".clone_into(&mut self.name);
        let path = request.context.as_str();
        if path != "-" {
            let remote = ["http://", "https://", "git@", "git://", "github.com/"];
            if remote.iter().any(|it| path.starts_with(it)) {
                return Err(format!("context {path}: not simulated: the machine has no network"));
            }
            match files::stat(ctx.sys, path) {
                Ok(attr) if attr.is_dir() => {}
                Ok(_) => {
                    return Err(format!(
                        "unable to prepare context: context must be a directory: {path}"
                    ));
                }
                Err(_) => {
                    return Err(format!("unable to prepare context: path \"{path}\" not found"));
                }
            }
            self.context = Context::at(&absolute(ctx, path));
            return self.dockerfile(ctx, request, input);
        }
        let input = input.unwrap_or_default();
        let dir = temporary(ctx, engine)?;
        self.temporary.push(dir.clone());
        self.context = Context::at(&dir);
        if is_archive(&input) {
            copy::unpack(ctx.sys, input, &dir)
                .map_err(|why| format!("failed to read the context from standard input: {why}"))?;
            return self.dockerfile(ctx, request, None);
        }
        self.text = Some(input);
        Ok(())
    }

    fn dockerfile(
        &mut self,
        ctx: &mut Ctx<'_>,
        request: &Request,
        input: Option<Vec<u8>>,
    ) -> Result<(), String> {
        let root = self.context.root.clone();
        let from_input = request.file.as_deref() == Some("-");
        let at = match request.file.as_deref() {
            None | Some("-") => format!("{root}/Dockerfile"),
            Some(file) if request.context == "-" => format!("{root}/{}", ignore::clean(file)),
            Some(file) => file.to_owned(),
        };
        if !from_input {
            at.rsplit('/').next().unwrap_or_default().clone_into(&mut self.name);
        }
        self.missing.clone_from(&at);
        self.text = if from_input { input } else { files::read(ctx.sys, &at).ok() };
        for path in [format!("{at}.dockerignore"), format!("{root}/.dockerignore")] {
            if let Ok(text) = files::read(ctx.sys, &path) {
                let text = String::from_utf8_lossy(&text).into_owned();
                self.context.ignore = Ignore::read(&text)
                    .map_err(|why| format!("error reading .dockerignore: {why}"))?;
                self.ignored = Some(text);
                break;
            }
        }
        Ok(())
    }

    /// Removes what was only there for the build.
    pub fn clear(&mut self, ctx: &mut Ctx<'_>) {
        for dir in self.temporary.drain(..) {
            let _ = files::remove_all(ctx.sys, dir.as_bytes());
        }
    }
}

/// A path from the root.
pub fn absolute(ctx: &mut Ctx<'_>, path: &str) -> String {
    if path.starts_with('/') {
        return format!("/{}", ignore::clean(path));
    }
    let here = ctx.sys.getcwd().unwrap_or_default();
    let here = String::from_utf8_lossy(&here).into_owned();
    format!("/{}", ignore::clean(&format!("{here}/{path}")))
}

fn is_archive(bytes: &[u8]) -> bool {
    let packed = bytes.starts_with(&[0x1f, 0x8b])
        || bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
        || bytes.starts_with(b"BZh")
        || bytes.starts_with(&[0xfd, b'7', b'z', b'X', b'Z', 0]);
    packed || (bytes.len() >= 262 && &bytes[257..262] == b"ustar")
}
