//! One number for the whole state of a machine: equal digests mean machines that nobody can tell
//! apart, on whatever computer they run.

use super::Machine;
use sha2::{Digest, Sha256};
use std::fmt::Write;

impl Machine {
    /// SHA-256 of the kernel's state and of the list of processes, in hexadecimal.
    pub fn digest(&self) -> String {
        let mut text = self.kernel.state_text();
        for (pid, task) in &self.tasks.map {
            write!(text, "{pid} {} {:?} {:?}", task.parent, task.exit, task.signals).ok();
            writeln!(text, " {:?} {}", task.wake, task.stopped).ok();
        }
        Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
