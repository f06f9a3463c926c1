//! The process beside a running container: starts what the container runs in its tree, waits for
//! it, and clears up. It is what a daemon would do, so it outlives the command that made it.

use super::logs::{self, Keeper};
use crate::cred::Cred;
use crate::errno::Errno;
use crate::oci::engine::containers::Container;
use crate::oci::engine::{Engine, Home};
use crate::shell::command::common::users::Names;
use crate::shell::command::exec::{self, Argv};
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::sys::{Fd, Sys};

/// What to run in a container.
#[derive(Clone)]
pub struct Inside {
    pub argv: Vec<Vec<u8>>,
    pub env: Vec<(Vec<u8>, Vec<u8>)>,
    pub dir: String,
    pub user: String,
    /// The status when there is no such user.
    pub no_user: i32,
}

impl Inside {
    /// What the container's record says.
    pub fn of(container: &Container) -> Inside {
        let mut argv = vec![container.path.clone().into_bytes()];
        argv.extend(container.args.iter().map(|it| it.clone().into_bytes()));
        Inside {
            argv,
            env: env_of(container, &[]),
            dir: container.config.working_dir.clone(),
            user: container.config.user.clone(),
            no_user: 125,
        }
    }
}

/// Where a container looks for programs unless its image says otherwise.
pub const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The environment of a container, and what is added to it.
pub fn env_of(container: &Container, more: &[String]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut env: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let hostname = format!("HOSTNAME={}", container.config.hostname);
    let path = PATH.to_owned();
    let own = container.config.env.iter().flatten();
    for pair in [&path, &hostname].into_iter().chain(own).chain(more) {
        let Some((key, value)) = pair.split_once('=') else { continue };
        match env.iter_mut().find(|(it, _)| it == key.as_bytes()) {
            Some(known) => known.1 = value.into(),
            None => env.push((key.into(), value.into())),
        }
    }
    if !env.iter().any(|(key, _)| key == b"HOME") {
        env.push((b"HOME".to_vec(), b"/root".to_vec()));
    }
    env
}

/// A program in the place of one that is still looked for.
#[derive(Clone)]
struct Nothing;

impl Program for Nothing {
    fn poll(&mut self, _: &mut Os<'_>) -> Poll {
        Poll::Exit(127)
    }
    fn fork(&self) -> Box<dyn Program> {
        Box::new(Nothing)
    }
}

/// Why a process in a container does not come up.
pub struct Trouble {
    pub status: i32,
    pub why: Why,
}

pub enum Why {
    /// What the daemon finds before it asks the runtime.
    Daemon(String),
    /// What the runtime says.
    Runtime(String),
}

impl Trouble {
    fn daemon(status: i32, text: impl Into<String>) -> Trouble {
        Trouble { status, why: Why::Daemon(text.into()) }
    }

    fn runtime(status: i32, text: impl Into<String>) -> Trouble {
        Trouble { status, why: Why::Runtime(text.into()) }
    }
}

/// How a process gets into a container's mounts.
type Enclose<'a> = dyn FnOnce(&mut dyn Sys) -> Result<(), String> + 'a;

/// Starts a process in a container; its number.
///
/// # Errors
/// Whatever is in the way; no process is left then.
pub fn enter(
    os: &mut Os<'_>,
    inside: &Inside,
    fds: &[(Fd, Fd)],
    enclose: Box<Enclose<'_>>,
) -> Result<i32, Trouble> {
    let pid = os.spawn(Box::new(Nothing), fds);
    let mut sys = os.kernel.sys(pid);
    let found = enclose(&mut sys)
        .map_err(|why| Trouble::runtime(125, why))
        .and_then(|()| prepare(&mut sys, inside));
    match found {
        Ok(program) => {
            os.kernel.set_command(pid, &inside.argv);
            if let Some(task) = os.tasks.map.get_mut(&pid) {
                task.program = program;
            }
            Ok(pid)
        }
        Err(trouble) => {
            os.kernel.exit(pid);
            os.tasks.map.remove(&pid);
            Err(trouble)
        }
    }
}

/// Starts a process with a tree as its root, in the mounts of whoever asks.
///
/// # Errors
/// The status, and what the runtime says.
pub fn enter_tree(
    os: &mut Os<'_>,
    tree: &str,
    inside: &Inside,
    fds: &[(Fd, Fd)],
) -> Result<i32, (i32, String)> {
    let enclose = |sys: &mut dyn Sys| {
        // The working directory comes into being.
        sys.chroot(tree.as_bytes()).map_err(|errno| errno.message().to_lowercase())?;
        if !inside.dir.is_empty() && sys.chdir(inside.dir.as_bytes()).is_err() {
            let _ = crate::drivers::files::mkdir_all(sys, &inside.dir, 0o755);
        }
        Ok(())
    };
    said(enter(os, inside, fds, Box::new(enclose)))
}

/// Starts a process in the container's mounts, made for it.
///
/// # Errors
/// The status, and what the runtime says.
pub fn enter_container(
    os: &mut Os<'_>,
    engine: &Engine,
    container: &Container,
    tree: &str,
    inside: &Inside,
    fds: &[(Fd, Fd)],
) -> Result<i32, (i32, String)> {
    let enclose =
        |sys: &mut dyn Sys| engine.enclose(sys, container, tree).map_err(|failure| failure.0);
    said(enter(os, inside, fds, Box::new(enclose)))
}

fn said(begun: Result<i32, Trouble>) -> Result<i32, (i32, String)> {
    begun.map_err(|Trouble { status, why }| match why {
        Why::Daemon(why) => (status, why),
        Why::Runtime(why) => (status, format!("{RUNTIME}: {why}")),
    })
}

/// Makes the process what it shall be: directory, user, program.
fn prepare(sys: &mut dyn Sys, inside: &Inside) -> Result<Box<dyn Program>, Trouble> {
    let cred = cred_of(sys, &inside.user).map_err(|why| Trouble::daemon(inside.no_user, why))?;
    let dir = if inside.dir.is_empty() { "/" } else { &inside.dir };
    sys.chdir(dir.as_bytes()).map_err(|errno| {
        let why = errno.message().to_lowercase();
        Trouble::runtime(
            126,
            format!("chdir to cwd ({dir:?}) set in config.json failed: {why}: unknown"),
        )
    })?;
    sys.umask(0o022);
    if let Some(cred) = cred {
        sys.set_cred(&cred).map_err(|errno| {
            let why = errno.message().to_lowercase();
            Trouble::runtime(126, format!("setting user: {why}: unknown"))
        })?;
    }
    let call = Argv { argv: &inside.argv, env: &inside.env };
    exec::program(sys, call).map_err(|errno| {
        let word = String::from_utf8_lossy(&inside.argv[0]).into_owned();
        let why = errno.message().to_lowercase();
        match errno {
            Errno::ENOENT if !word.contains('/') => Trouble::runtime(
                127,
                format!("exec: {word:?}: executable file not found in $PATH: unknown"),
            ),
            Errno::ENOENT => {
                Trouble::runtime(127, format!("exec: {word:?}: stat {word}: {why}: unknown"))
            }
            _ => Trouble::runtime(126, format!("exec: {word:?}: {why}: unknown")),
        }
    })
}

/// Who `USER[:GROUP]` is inside; `None` for root.
fn cred_of(sys: &mut dyn Sys, user: &str) -> Result<Option<Cred>, String> {
    if user.is_empty() || user == "root" || user == "0" {
        return Ok(None);
    }
    let passwd = crate::drivers::files::read(sys, "/etc/passwd").unwrap_or_default();
    let group = crate::drivers::files::read(sys, "/etc/group").unwrap_or_default();
    let names = Names::parse(&passwd, &group);
    let (name, group) = user.split_once(':').unwrap_or((user, ""));
    let known = names.by_user_name(name).map(|it| (it.uid, it.gid));
    let (uid, gid) = match (known, name.parse::<u32>()) {
        (Some(known), _) => known,
        (None, Ok(uid)) => (uid, 0),
        (None, Err(_)) => {
            return Err(format!("unable to find user {name}: no matching entries in passwd file"));
        }
    };
    let gid = match group {
        "" => gid,
        group => names.gid_of(group).or_else(|| group.parse().ok()).ok_or_else(|| {
            format!("unable to find group {group}: no matching entries in group file")
        })?,
    };
    Ok(Some(Cred::user(uid, gid)))
}

/// The process itself.
#[derive(Clone)]
pub struct Shim {
    home: Home,
    id: String,
    /// What runs in the container, once it does.
    pid: Option<i32>,
    /// The container's mounts.
    mounts: Option<u32>,
    /// Nobody but the log has what the container writes.
    alone: bool,
    log: Keeper,
}

/// What the daemon says before the words of the runtime.
const RUNTIME: &str = "failed to create task for container: failed to create shim task: OCI runtime create \
    failed: runc create failed: unable to start container process";

impl Shim {
    pub fn new(engine: &Engine, id: &str, alone: bool) -> Shim {
        let (home, id, log) = (engine.home(), id.to_owned(), Keeper::default());
        Shim { home, id, pid: None, mounts: None, alone, log }
    }

    /// Mounts the tree and starts the process.
    ///
    /// # Errors
    /// The status, and what the daemon says.
    pub fn start(&mut self, os: &mut Os<'_>, fds: &[(Fd, Fd)]) -> Result<(), (i32, String)> {
        let lost = || (125, "the engine is gone".to_owned());
        let engine = self.home.engine().ok_or_else(lost)?;
        let mut sys = os.kernel.sys(os.pid);
        let mut container = engine.container(&mut sys, &self.id).ok_or_else(lost)?;
        let prepared = engine.prepare(&mut sys, &mut container);
        let inside = Inside::of(&container);
        let begun = prepared.map_err(|failure| Trouble::daemon(125, failure.0)).and_then(|tree| {
            let enclose = |sys: &mut dyn Sys| {
                engine.enclose(sys, &container, &tree).map_err(|failure| failure.0)
            };
            enter(os, &inside, fds, Box::new(enclose))
        });
        match begun {
            Ok(pid) => {
                self.pid = Some(pid);
                self.mounts = os.kernel.mounts_of(pid);
                os.kernel.listen(pid, self.alone);
                logs::append(&mut os.kernel.sys(os.pid), &logs::path(&engine, &self.id), b"");
                let _ = engine.started(&mut os.kernel.sys(os.pid), &self.id, pid);
                Ok(())
            }
            Err(Trouble { status, why }) => {
                let why = match why {
                    Why::Daemon(why) => why,
                    Why::Runtime(why) => format!("{RUNTIME}: {why}"),
                };
                let _ = engine.failed(&mut os.kernel.sys(os.pid), &self.id, status, &why);
                Err((status, why))
            }
        }
    }

    /// What the container wrote goes into its log.
    fn keep_log(&mut self, os: &mut Os<'_>, pid: i32, over: bool) {
        let heard = os.kernel.heard(pid);
        let mut lines = self.log.take(heard);
        if over {
            lines.extend(self.log.rest());
            os.kernel.stop_listening(pid);
        }
        if !lines.is_empty()
            && let Some(engine) = self.home.engine()
        {
            let path = logs::path(&engine, &self.id);
            logs::append(&mut os.kernel.sys(os.pid), &path, &lines);
            os.kernel.services.logged += 1;
            os.kernel.activity += 1;
        }
    }

    /// What else runs in the container ends with its first process.
    fn clear(&self, os: &mut Os<'_>, status: i32) {
        for pid in self.mounts.map(|it| os.kernel.pids_with(it)).unwrap_or_default() {
            if let Some(task) = os.tasks.map.get_mut(&pid) {
                task.signals.push(9);
            }
        }
        let Some(engine) = self.home.engine() else { return };
        let _ = engine.ended(&mut os.kernel.sys(os.pid), &self.id, status);
    }
}

impl Program for Shim {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        if let Some(task) = os.tasks.map.get_mut(&os.pid) {
            task.signals.clear();
        }
        let Some(pid) = self.pid else { return Poll::Exit(125) };
        let ended = os.try_wait(pid);
        self.keep_log(os, pid, ended.is_some());
        if let Some(status) = ended {
            self.clear(os, status);
            return Poll::Exit(status);
        }
        Poll::Blocked
    }

    fn minds_signals(&self) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
