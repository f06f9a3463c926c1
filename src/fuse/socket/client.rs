//! The caller's side.

use super::{ERRORS, INPUT, OUTPUT, RUN, Run, STATUS, receive, send};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Runs a program on the machine that listens there, with our standard streams; its status.
///
/// # Errors
/// When nobody listens, or the connection breaks.
pub fn call(socket: &Path, run: &Run) -> io::Result<i32> {
    let mut stream = UnixStream::connect(socket)?;
    send(&mut stream, RUN, &serde_json::to_vec(run)?)?;
    let input = stream.try_clone()?;
    std::thread::spawn(move || pass_input(input));
    loop {
        let (kind, bytes) = receive(&mut stream)?;
        let done = match kind {
            OUTPUT => io::stdout().write_all(&bytes).and_then(|()| io::stdout().flush()),
            ERRORS => io::stderr().write_all(&bytes),
            STATUS => {
                let status = bytes.first_chunk::<4>().map(|it| i32::from_le_bytes(*it));
                return status.ok_or_else(|| io::ErrorKind::InvalidData.into());
            }
            _ => return Err(io::ErrorKind::InvalidData.into()),
        };
        // A reader that has gone away ends us quietly, as SIGPIPE would.
        if done.is_err() {
            return Ok(141);
        }
    }
}

/// Passes standard input on, unless it is a terminal that nobody types into.
fn pass_input(mut stream: UnixStream) {
    let mut stdin = io::stdin();
    let mut buf = vec![0; 65536];
    while !stdin.is_terminal() {
        match stdin.read(&mut buf) {
            Ok(n) if n > 0 => {
                if send(&mut stream, INPUT, &buf[..n]).is_err() {
                    return;
                }
            }
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            _ => break,
        }
    }
    let _ = send(&mut stream, INPUT, b"");
}
