//! Every limit of the engine, beside its source.

/// Bytes of one path component (`NAME_MAX`, linux/limits.h; observed on 6.18).
pub const NAME_MAX: usize = 255;
/// Bytes of a path with its NUL (`PATH_MAX`, linux/limits.h).
pub const PATH_MAX: usize = 4096;
/// Symbolic links followed in one walk before ELOOP (path_resolution(7)).
pub const SYMLINKS_MAX: usize = 40;
/// Lower layers of one overlay (observed on 6.18: 500 mount, 501 is EINVAL).
pub const OVERLAY_LOWERS_MAX: usize = 500;
/// Overlay stacking depth (observed on 6.18: the third level is EINVAL).
pub const OVERLAY_DEPTH_MAX: usize = 2;
/// Bytes of an absolute redirect (observed on 6.18: 257 is EXDEV).
pub const REDIRECT_MAX: usize = 256;
/// Bytes of an extended attribute's name (xattr(7)).
pub const XATTR_NAME_MAX: usize = 255;
/// Bytes of an extended attribute's value (xattr(7)).
pub const XATTR_SIZE_MAX: usize = 65536;
/// Bytes of all names that listxattr returns (xattr(7)).
pub const XATTR_LIST_MAX: usize = 65536;
/// Bytes of the option string of mount(2): one page (mount(2)).
pub const MOUNT_DATA_MAX: usize = 4096;
/// Bytes a pipe holds (pipe(7)).
pub const PIPE_CAPACITY: usize = 65536;
/// A write of at most this many bytes to a pipe is atomic (pipe(7)).
pub const PIPE_BUF: usize = 4096;
/// Open descriptors of one process (`ulimit -n` of Debian 12).
pub const OPEN_MAX: usize = 1024;
