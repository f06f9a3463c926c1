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
/// Bytes of a share link: what browsers, chats and servers pass on whole is far less.
pub const SHARE_LINK_MAX: usize = 100_000;
/// Bytes of what a share link carries, unpacked: room for the longest scenario, escaped.
pub const SHARE_TEXT_MAX: usize = 1_000_000;
/// Commands that a share link carries, as many as a tab keeps.
pub const SHARE_STEPS_MAX: usize = 1_000;
/// Bytes of a tar header that describes another (Go's archive/tar reads as much, and so Docker).
pub const TAR_HEADER_MAX: usize = 1 << 20;
/// Bytes of a manifest, an index or an image's configuration (OCI distribution: 4 MiB a manifest).
pub const IMAGE_DOCUMENT_MAX: u64 = 4 << 20;
/// Bytes of all configurations of an archive together: they stay in memory.
pub const IMAGE_DOCUMENTS_MAX: u64 = 64 << 20;
/// Descriptors of indexes that are followed in one archive, those met again counted again.
pub const IMAGE_DESCRIPTORS_MAX: usize = 10_000;
/// Files of an archive of images: documents and layers, not what is in the layers.
pub const IMAGE_FILES_MAX: usize = 100_000;
/// Layers that lie on each other in Docker's store, whatever the driver (moby, `maxLayerDepth`).
pub const DOCKER_LAYERS_MAX: usize = 125;
/// Layers of an image that is opened. Docker's own limit is 125 (moby, `maxLayerDepth`).
pub const IMAGE_LAYERS_MAX: usize = 1_000;
/// Entries of all layers of an image together: their index stays in memory.
pub const IMAGE_ENTRIES_MAX: usize = 4_000_000;
/// Bytes of memory that the index of an image may take: names, targets, attributes.
pub const IMAGE_INDEX_MAX: usize = 768 << 20;
/// Bytes of one unpacked layer, so that a small archive cannot keep a reader busy for hours.
pub const IMAGE_LAYER_MAX: u64 = 32 << 30;
/// How many times its packed size something may unpack to, once it is larger than
/// `IMAGE_SUSPECT_MIN`. Deflate reaches 1,032 with zeros alone, zstd tens of thousands.
pub const IMAGE_RATIO_MAX: u64 = 100;
/// Unpacked bytes that are not suspicious however small they were packed: a layer may well hold a
/// file of zeros.
pub const IMAGE_SUSPECT_MIN: u64 = 4 << 30;
/// Oddities that are told one by one.
pub const IMAGE_NOTES_MAX: usize = 100;

/// Bytes that `tar` and `gzip` of the machine unpack at most: they hold them in memory.
pub const ARCHIVE_UNPACKED_MAX: u64 = 1 << 30;
