//! The machine's side: a process for each call, which runs between the requests of the mount.

use super::{ERRORS, INPUT, OUTPUT, RUN, Run, STATUS, receive, send};
use crate::errno::Errno;
use crate::fuse::host::{Host, State};
use crate::machine::Ran;
use crate::sys::{Fd, Sys};
use crate::vfs::Pid;
use std::collections::VecDeque;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

/// Slices of the scheduler before others get their turn.
const TURN: u64 = 16;
/// How long to wait for input before the clock is looked at again.
const BEAT: Duration = Duration::from_millis(5);
/// Others get the machine between two turns.
const BREATH: Duration = Duration::from_micros(20);

/// A socket that takes calls until it is dropped.
pub struct Listening(PathBuf);

impl Listening {
    /// Listens at a path, where nobody else does.
    ///
    /// # Errors
    /// Those of binding; `AddrInUse` when somebody answers there already, or something else is there.
    pub fn new(host: &Host, path: &Path) -> io::Result<Listening> {
        let listener = UnixListener::bind(path).or_else(|err| {
            // A socket that is left over from a machine that is gone may be taken; anything else may not.
            let left = std::fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket());
            let taken = err.kind() != io::ErrorKind::AddrInUse || !left;
            if taken || UnixStream::connect(path).is_ok() {
                return Err(err);
            }
            std::fs::remove_file(path)?;
            UnixListener::bind(path)
        })?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        let host = host.clone();
        host.lock().machine.keep_real_time();
        std::thread::Builder::new().name("socket".into()).spawn(move || {
            for stream in listener.incoming().flatten() {
                let host = host.clone();
                std::thread::spawn(move || {
                    // A caller that goes away is no error of ours.
                    let _ = serve(&host, stream);
                });
            }
        })?;
        Ok(Listening(path.to_owned()))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn serve(host: &Host, mut stream: UnixStream) -> io::Result<()> {
    let (kind, bytes) = receive(&mut stream)?;
    if kind != RUN {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let run: Run = serde_json::from_slice(&bytes)?;
    let input = listen(stream.try_clone()?);
    let mut call = Call::start(&mut host.lock(), &run).map_err(io::Error::from_raw_os_error)?;
    let res = call.attend(host, &mut stream, &input);
    call.end(&mut host.lock());
    res
}

/// What the caller sends, from a thread of its own.
fn listen(mut stream: UnixStream) -> Receiver<Vec<u8>> {
    let (tell, heard) = mpsc::sync_channel(16);
    std::thread::spawn(move || {
        while let Ok((INPUT, bytes)) = receive(&mut stream) {
            if tell.send(bytes).is_err() {
                return;
            }
        }
    });
    heard
}

/// A program that was started from outside, and the ends of its streams.
struct Call {
    /// Holds the ends.
    holder: Pid,
    pid: Pid,
    input: Option<Fd>,
    output: Fd,
    errors: Fd,
    /// Not yet taken by the program.
    pending: VecDeque<u8>,
    at_end: bool,
}

impl Call {
    fn start(state: &mut State, run: &Run) -> Result<Call, i32> {
        let machine = &mut state.machine;
        let holder = machine.kernel.fork(machine.init(), &[]);
        let mut sys = machine.kernel.sys(holder);
        let mut pipe = || sys.pipe().map_err(Errno::number);
        let (input, output, errors) = (pipe()?, pipe()?, pipe()?);
        let fds = [(0, input.0), (1, output.1), (2, errors.1)];
        let pid = machine.start_on(holder, &fds, run.script.as_deref(), &run.argv);
        for (_, fd) in fds {
            let _ = machine.kernel.sys(holder).close(fd);
        }
        let (input, output, errors) = (Some(input.1), output.0, errors.0);
        Ok(Call { holder, pid, input, output, errors, pending: VecDeque::new(), at_end: false })
    }

    fn attend(
        &mut self,
        host: &Host,
        stream: &mut UnixStream,
        heard: &Receiver<Vec<u8>>,
    ) -> io::Result<()> {
        loop {
            let mut state = host.lock();
            if state.over {
                return Err(io::ErrorKind::NotConnected.into());
            }
            Host::real_clock(&mut state.machine);
            self.feed(&mut state);
            let ran = state.machine.run(Some(self.pid), TURN);
            state.machine.requests.clear();
            let brought = state.bring_all().unwrap_or(true);
            state.let_waiting_try();
            let output = take(&mut state, self.holder, self.output);
            let errors = take(&mut state, self.holder, self.errors);
            let status = match ran {
                Ran::Over | Ran::Empty => Some(state.machine.status(self.pid).unwrap_or(0)),
                Ran::More | Ran::Waiting => None,
            };
            drop(state);
            for (kind, bytes) in [(OUTPUT, &output), (ERRORS, &errors)] {
                if !bytes.is_empty() {
                    send(stream, kind, bytes)?;
                }
            }
            match status {
                Some(status) if output.is_empty() && errors.is_empty() => {
                    return send(stream, STATUS, &status.to_le_bytes());
                }
                Some(_) => continue,
                None => {}
            }
            let idle = ran == Ran::Waiting && !brought && output.is_empty() && errors.is_empty();
            self.hear(heard, if idle { BEAT } else { BREATH })?;
        }
    }

    /// Takes what the caller sent meanwhile.
    fn hear(&mut self, heard: &Receiver<Vec<u8>>, wait: Duration) -> io::Result<()> {
        // A program that does not read holds the caller back.
        if self.pending.len() > 1 << 20 {
            std::thread::sleep(wait);
            return Ok(());
        }
        match heard.recv_timeout(wait) {
            Ok(bytes) if bytes.is_empty() => self.at_end = true,
            Ok(bytes) => self.pending.extend(bytes),
            Err(RecvTimeoutError::Timeout) => {}
            // The caller is gone, and so is whoever would read the output.
            Err(RecvTimeoutError::Disconnected) => return Err(io::ErrorKind::BrokenPipe.into()),
        }
        Ok(())
    }

    /// Hands input to the program as far as its pipe takes it.
    fn feed(&mut self, state: &mut State) {
        let Some(fd) = self.input else { return };
        while !self.pending.is_empty() {
            let (first, _) = self.pending.as_slices();
            let part = &first[..first.len().min(4096)];
            match state.machine.kernel.sys(self.holder).write(fd, part) {
                Ok(n) if n > 0 => drop(self.pending.drain(..n)),
                Ok(_) | Err(Errno::EAGAIN) => return,
                // Nobody reads any more.
                Err(_) => self.pending.clear(),
            }
        }
        if self.at_end {
            let _ = state.machine.kernel.sys(self.holder).close(fd);
            self.input = None;
        }
    }

    /// The call is over; a program whose caller has gone away is killed with what it started.
    fn end(&self, state: &mut State) {
        let machine = &mut state.machine;
        let mut family = vec![self.pid];
        let mut at = 0;
        while let Some(&parent) = family.get(at) {
            let of_parent = machine.tasks.map.iter().filter(|(_, it)| it.parent == parent);
            family.extend(of_parent.map(|(pid, _)| *pid));
            at += 1;
        }
        let is_over = machine.status(self.pid).is_some();
        if !is_over {
            for pid in &family {
                if let Some(task) = machine.tasks.map.get_mut(pid).filter(|it| it.exit.is_none()) {
                    task.signals.push(9);
                    task.stopped = false;
                }
            }
            machine.run(Some(self.pid), 1_000);
        }
        machine.tasks.map.remove(&self.pid);
        machine.kernel.exit(self.holder);
    }
}

/// What a stream holds at the moment.
fn take(state: &mut State, holder: Pid, fd: Fd) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buf = [0; 8192];
    loop {
        match state.machine.kernel.sys(holder).read(fd, &mut buf) {
            Ok(n) if n > 0 => all.extend_from_slice(&buf[..n]),
            _ => return all,
        }
    }
}
