//! The smallest program: it stops itself and waits to be killed, so that a file is executed for as long as
//! a script wants, and whoever started it can see when it runs.

use crate::sys::Sys;
use crate::types::Result;

/// An ELF executable for x86-64 of one segment: `kill(getpid(), SIGSTOP)`, again and again.
pub const PROGRAM: &[u8] = &[
    // Header: class, byte order and version, executable, machine, entry, one program header.
    0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
    2, 0, 0x3e, 0, 1, 0, 0, 0, 0x78, 0, 0x40, 0, 0, 0, 0, 0, //
    0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
    0, 0, 0, 0, 0x40, 0, 0x38, 0, 1, 0, 0, 0, 0, 0, 0, 0, //
    // The whole file, readable and executable, at 0x400000.
    1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
    0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, //
    0x8f, 0, 0, 0, 0, 0, 0, 0, 0x8f, 0, 0, 0, 0, 0, 0, 0, //
    0, 0x10, 0, 0, 0, 0, 0, 0, //
    // mov eax, 39; syscall; mov edi, eax; mov esi, 19; mov eax, 62; syscall; jmp to the beginning
    0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0x89, 0xc7, 0xbe, 19, 0, 0, 0, 0xb8, 62, 0, 0, 0, 0x0f, 0x05,
    0xeb, 0xe9,
];

/// Can the programs of scripts run on the kernel below?
pub const RUNS: bool = cfg!(all(target_arch = "x86_64", target_os = "linux"));

/// Is a file this very program?
///
/// # Errors
/// Of opening and reading it.
pub(super) fn is_program(sys: &mut dyn Sys, path: &[u8]) -> Result<bool> {
    Ok(super::stage::head(sys, path)? == PROGRAM)
}
