//! Linux error numbers, the only error type of the engine.
//!
//! The number says *what*; the reason is in the trace (see [`crate::trace`]).

use std::fmt;

/// An error of a system call: Linux x86-64 numbers, names and glibc 2.36 messages.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i32)]
#[allow(clippy::upper_case_acronyms, reason = "the field's own names")]
pub enum Errno {
    /// Operation not permitted.
    EPERM = 1,
    /// No such file or directory.
    ENOENT = 2,
    /// No such process.
    ESRCH = 3,
    /// Interrupted system call.
    EINTR = 4,
    /// Input/output error.
    EIO = 5,
    /// No such device or address.
    ENXIO = 6,
    /// Argument list too long.
    E2BIG = 7,
    /// Exec format error.
    ENOEXEC = 8,
    /// Bad file descriptor.
    EBADF = 9,
    /// No child processes.
    ECHILD = 10,
    /// Resource temporarily unavailable.
    EAGAIN = 11,
    /// Cannot allocate memory.
    ENOMEM = 12,
    /// Permission denied.
    EACCES = 13,
    /// Bad address.
    EFAULT = 14,
    /// Block device required.
    ENOTBLK = 15,
    /// Device or resource busy.
    EBUSY = 16,
    /// File exists.
    EEXIST = 17,
    /// Invalid cross-device link.
    EXDEV = 18,
    /// No such device.
    ENODEV = 19,
    /// Not a directory.
    ENOTDIR = 20,
    /// Is a directory.
    EISDIR = 21,
    /// Invalid argument.
    EINVAL = 22,
    /// Too many open files in system.
    ENFILE = 23,
    /// Too many open files.
    EMFILE = 24,
    /// Inappropriate ioctl for device.
    ENOTTY = 25,
    /// Text file busy.
    ETXTBSY = 26,
    /// File too large.
    EFBIG = 27,
    /// No space left on device.
    ENOSPC = 28,
    /// Illegal seek.
    ESPIPE = 29,
    /// Read-only file system.
    EROFS = 30,
    /// Too many links.
    EMLINK = 31,
    /// Broken pipe.
    EPIPE = 32,
    /// Numerical argument out of domain.
    EDOM = 33,
    /// Numerical result out of range.
    ERANGE = 34,
    /// Resource deadlock avoided.
    EDEADLK = 35,
    /// File name too long.
    ENAMETOOLONG = 36,
    /// No locks available.
    ENOLCK = 37,
    /// Function not implemented.
    ENOSYS = 38,
    /// Directory not empty.
    ENOTEMPTY = 39,
    /// Too many levels of symbolic links.
    ELOOP = 40,
    /// No data available.
    ENODATA = 61,
    /// Object is remote.
    EREMOTE = 66,
    /// Value too large for defined data type.
    EOVERFLOW = 75,
    /// Invalid or incomplete multibyte or wide character.
    EILSEQ = 84,
    /// Operation not supported.
    EOPNOTSUPP = 95,
    /// Address already in use.
    EADDRINUSE = 98,
    /// Transport endpoint is not connected.
    ENOTCONN = 107,
    /// Stale file handle.
    ESTALE = 116,
    /// Disk quota exceeded.
    EDQUOT = 122,
    /// Operation canceled.
    ECANCELED = 125,
    /// Structure needs cleaning.
    EUCLEAN = 117,
}

const TABLE: &[(Errno, &str, &str)] = &[
    (Errno::EPERM, "EPERM", "Operation not permitted"),
    (Errno::ENOENT, "ENOENT", "No such file or directory"),
    (Errno::ESRCH, "ESRCH", "No such process"),
    (Errno::EINTR, "EINTR", "Interrupted system call"),
    (Errno::EIO, "EIO", "Input/output error"),
    (Errno::ENXIO, "ENXIO", "No such device or address"),
    (Errno::E2BIG, "E2BIG", "Argument list too long"),
    (Errno::ENOEXEC, "ENOEXEC", "Exec format error"),
    (Errno::EBADF, "EBADF", "Bad file descriptor"),
    (Errno::ECHILD, "ECHILD", "No child processes"),
    (Errno::EAGAIN, "EAGAIN", "Resource temporarily unavailable"),
    (Errno::ENOMEM, "ENOMEM", "Cannot allocate memory"),
    (Errno::EACCES, "EACCES", "Permission denied"),
    (Errno::EFAULT, "EFAULT", "Bad address"),
    (Errno::ENOTBLK, "ENOTBLK", "Block device required"),
    (Errno::EBUSY, "EBUSY", "Device or resource busy"),
    (Errno::EEXIST, "EEXIST", "File exists"),
    (Errno::EXDEV, "EXDEV", "Invalid cross-device link"),
    (Errno::ENODEV, "ENODEV", "No such device"),
    (Errno::ENOTDIR, "ENOTDIR", "Not a directory"),
    (Errno::EISDIR, "EISDIR", "Is a directory"),
    (Errno::EINVAL, "EINVAL", "Invalid argument"),
    (Errno::ENFILE, "ENFILE", "Too many open files in system"),
    (Errno::EMFILE, "EMFILE", "Too many open files"),
    (Errno::ENOTTY, "ENOTTY", "Inappropriate ioctl for device"),
    (Errno::ETXTBSY, "ETXTBSY", "Text file busy"),
    (Errno::EFBIG, "EFBIG", "File too large"),
    (Errno::ENOSPC, "ENOSPC", "No space left on device"),
    (Errno::ESPIPE, "ESPIPE", "Illegal seek"),
    (Errno::EROFS, "EROFS", "Read-only file system"),
    (Errno::EMLINK, "EMLINK", "Too many links"),
    (Errno::EPIPE, "EPIPE", "Broken pipe"),
    (Errno::EDOM, "EDOM", "Numerical argument out of domain"),
    (Errno::ERANGE, "ERANGE", "Numerical result out of range"),
    (Errno::EDEADLK, "EDEADLK", "Resource deadlock avoided"),
    (Errno::ENAMETOOLONG, "ENAMETOOLONG", "File name too long"),
    (Errno::ENOLCK, "ENOLCK", "No locks available"),
    (Errno::ENOSYS, "ENOSYS", "Function not implemented"),
    (Errno::ENOTEMPTY, "ENOTEMPTY", "Directory not empty"),
    (Errno::ELOOP, "ELOOP", "Too many levels of symbolic links"),
    (Errno::ENODATA, "ENODATA", "No data available"),
    (Errno::EREMOTE, "EREMOTE", "Object is remote"),
    (Errno::EOVERFLOW, "EOVERFLOW", "Value too large for defined data type"),
    (Errno::EILSEQ, "EILSEQ", "Invalid or incomplete multibyte or wide character"),
    (Errno::EOPNOTSUPP, "EOPNOTSUPP", "Operation not supported"),
    (Errno::EADDRINUSE, "EADDRINUSE", "Address already in use"),
    (Errno::ENOTCONN, "ENOTCONN", "Transport endpoint is not connected"),
    (Errno::ESTALE, "ESTALE", "Stale file handle"),
    (Errno::EDQUOT, "EDQUOT", "Disk quota exceeded"),
    (Errno::ECANCELED, "ECANCELED", "Operation canceled"),
    (Errno::EUCLEAN, "EUCLEAN", "Structure needs cleaning"),
];

impl Errno {
    /// `ENOENT` and so on. ENOTSUP is spelled EOPNOTSUPP, as the number is the same.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The Linux number, positive.
    pub fn number(self) -> i32 {
        self as i32
    }

    /// What `strerror(3)` of glibc prints.
    pub fn message(self) -> &'static str {
        self.row().2
    }

    /// The error with this Linux number, if the engine knows it.
    pub fn from_number(number: i32) -> Option<Errno> {
        TABLE.iter().find(|row| row.0 as i32 == number).map(|row| row.0)
    }

    /// The error called `name` (`ENOTSUP` and `EWOULDBLOCK` are accepted as aliases).
    pub fn from_name(name: &str) -> Option<Errno> {
        let name = match name {
            "ENOTSUP" => "EOPNOTSUPP",
            "EWOULDBLOCK" => "EAGAIN",
            it => it,
        };
        TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    fn row(self) -> &'static (Errno, &'static str, &'static str) {
        TABLE.iter().find(|row| row.0 == self).expect("every variant stands in the table")
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Errno {}

impl serde::Serialize for Errno {
    fn serialize<S: serde::Serializer>(&self, ser: S) -> Result<S::Ok, S::Error> {
        ser.serialize_str(self.name())
    }
}

impl<'de> serde::Deserialize<'de> for Errno {
    fn deserialize<D: serde::Deserializer<'de>>(de: D) -> Result<Errno, D::Error> {
        let name = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(de)?;
        Errno::from_name(&name).ok_or_else(|| serde::de::Error::custom("unknown errno name"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_round_trip() {
        for (errno, name, _) in TABLE {
            assert_eq!(Errno::from_name(name), Some(*errno));
            assert_eq!(Errno::from_number(errno.number()), Some(*errno));
        }
        assert_eq!(Errno::from_name("ENOTSUP"), Some(Errno::EOPNOTSUPP));
        assert_eq!(Errno::ENOENT.message(), "No such file or directory");
    }
}
