//! The process beside a running container: starts what the container runs in its tree, waits for
//! it, and clears up. It is what a daemon would do, so it outlives the command that made it.

use crate::cred::Cred;
use crate::errno::Errno;
use crate::oci::engine::Engine;
use crate::oci::engine::containers::Container;
use crate::shell::command::common::users::Names;
use crate::shell::command::exec::{self, Argv};
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::sys::{AT_FDCWD, Fd, Sys};
use crate::types::OpenFlags;

/// What to run in a container.
#[derive(Clone)]
pub struct Inside {
    pub argv: Vec<Vec<u8>>,
    pub env: Vec<(Vec<u8>, Vec<u8>)>,
    pub dir: String,
    pub user: String,
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
        }
    }
}

/// The environment of a container, and what is added to it.
pub fn env_of(container: &Container, more: &[String]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut env: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let hostname = format!("HOSTNAME={}", container.config.hostname);
    let own = container.config.env.iter().flatten();
    for pair in [&hostname].into_iter().chain(own).chain(more) {
        let Some((key, value)) = pair.split_once('=') else { continue };
        env.retain(|(it, _)| it != key.as_bytes());
        env.push((key.into(), value.into()));
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

/// Starts a process in a tree; its number, or the status and what to say.
pub fn enter(
    os: &mut Os<'_>,
    tree: &str,
    inside: &Inside,
    fds: &[(Fd, Fd)],
) -> Result<i32, (i32, String)> {
    let pid = os.spawn(Box::new(Nothing), fds);
    let found = prepare(os, pid, tree, inside);
    match found {
        Ok(program) => {
            os.kernel.set_command(pid, &inside.argv);
            if let Some(task) = os.tasks.map.get_mut(&pid) {
                task.program = program;
            }
            Ok(pid)
        }
        Err(failed) => {
            os.kernel.exit(pid);
            os.tasks.map.remove(&pid);
            Err(failed)
        }
    }
}

fn prepare(
    os: &mut Os<'_>,
    pid: i32,
    tree: &str,
    inside: &Inside,
) -> Result<Box<dyn Program>, (i32, String)> {
    let runc = "failed to create task for container: failed to create shim task: OCI runtime create failed: \
                runc create failed: unable to start container process";
    let mut sys = os.kernel.sys(pid);
    let failed = |what: &str, errno: Errno| {
        (126, format!("{runc}: {what}: {}", errno.message().to_lowercase()))
    };
    sys.chroot(tree.as_bytes()).map_err(|it| failed("chroot", it))?;
    let dir = if inside.dir.is_empty() { "/" } else { &inside.dir };
    if sys.chdir(dir.as_bytes()).is_err() {
        let _ = crate::drivers::files::mkdir_all(&mut sys, dir, 0o755);
        sys.chdir(dir.as_bytes()).map_err(|it| failed(&format!("chdir to cwd ({dir:?})"), it))?;
    }
    let cred = cred_of(&mut sys, &inside.user).map_err(|why| (126, why))?;
    sys.umask(0o022);
    if let Some(cred) = cred {
        sys.set_cred(&cred).map_err(|it| failed("setuid", it))?;
    }
    let call = Argv { argv: &inside.argv, env: &inside.env };
    exec::program(&mut sys, call).map_err(|errno| {
        let word = String::from_utf8_lossy(&inside.argv[0]).into_owned();
        let why = errno.message().to_lowercase();
        match errno {
            Errno::ENOENT if !word.contains('/') => (
                127,
                format!("{runc}: exec: {word:?}: executable file not found in $PATH: unknown"),
            ),
            Errno::ENOENT => (127, format!("{runc}: exec: {word:?}: stat {word}: {why}: unknown")),
            _ => (126, format!("{runc}: exec: {word:?}: {why}: unknown")),
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
    root: String,
    driver: String,
    id: String,
    /// What runs in the container, once it does.
    pid: Option<i32>,
}

impl Shim {
    pub fn new(engine: &Engine, id: &str) -> Shim {
        let driver = engine.driver.name().to_owned();
        Shim { root: engine.root.clone(), driver, id: id.to_owned(), pid: None }
    }

    /// Mounts the tree and starts the process.
    ///
    /// # Errors
    /// The status, and what the daemon says.
    pub fn start(&mut self, os: &mut Os<'_>, fds: &[(Fd, Fd)]) -> Result<(), (i32, String)> {
        let lost = || (125, "the engine is gone".to_owned());
        let engine = Engine::at(&self.root, &self.driver).ok_or_else(lost)?;
        let mut sys = os.kernel.sys(os.pid);
        let container = engine.container(&mut sys, &self.id).ok_or_else(lost)?;
        let tree = engine.mount_container(&mut sys, &container).map_err(|it| (125, it.0))?;
        match enter(os, &tree, &Inside::of(&container), fds) {
            Ok(pid) => {
                self.pid = Some(pid);
                let _ = engine.started(&mut os.kernel.sys(os.pid), &self.id, pid);
                Ok(())
            }
            Err((status, why)) => {
                let mut sys = os.kernel.sys(os.pid);
                let _ = engine.started(&mut sys, &self.id, 0);
                let _ = engine.ended(&mut sys, &self.id, status, &why);
                Err((status, why))
            }
        }
    }

    fn clear(&self, os: &mut Os<'_>, status: i32) {
        let Some(engine) = Engine::at(&self.root, &self.driver) else { return };
        let _ = engine.ended(&mut os.kernel.sys(os.pid), &self.id, status, "");
    }
}

impl Program for Shim {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        if let Some(task) = os.tasks.map.get_mut(&os.pid) {
            task.signals.clear();
        }
        let Some(pid) = self.pid else { return Poll::Exit(125) };
        if let Some(status) = os.try_wait(pid) {
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

/// The descriptors of a container that nobody is attached to: no input, output into its log.
pub fn detached_fds(os: &mut Os<'_>, log: &str) -> Vec<(Fd, Fd)> {
    let mut sys = os.kernel.sys(os.pid);
    let null = sys.openat(AT_FDCWD, b"/dev/null", OpenFlags::RDONLY, 0);
    let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::APPEND;
    let log = sys.openat(AT_FDCWD, log.as_bytes(), flags, 0o640);
    let mut fds = Vec::new();
    fds.extend(null.map(|fd| (0, fd)));
    if let Ok(log) = log {
        fds.extend([(1, log), (2, log)]);
    }
    fds
}
