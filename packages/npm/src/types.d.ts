// Made from the Rust types: `REGENERATE=1 cargo test --all-features --test types`.

/**
 * One moment of an animation, made of the writes that the engine did.
 */
export type Beat = { kind: BeatKind, 
/**
 * The layer that was written.
 */
layer: Layer, 
/**
 * Where in that layer.
 */
path: string, 
/**
 * Bytes of data moved in this beat.
 */
bytes: number, 
/**
 * The writes themselves, for the text view.
 */
writes: Array<TraceStep>, };

/**
 * What a moment shows.
 */
export type BeatKind = "hit" | "prepare" | "fill" | "place";

/**
 * What is in it.
 */
export type Body = "none" | { "text": { text: string, cut: boolean, } } | { "binary": { hex: string, cut: boolean, } } | { "directory": { names: Array<string>, } } | { "symlink": { target: string, } };

/**
 * A build that the engine remembers.
 */
export type BuildInfo = { 
/**
 * When it ended, RFC 3339: no two end at once.
 */
ended: string, 
/**
 * By the classic builder.
 */
classic: boolean, 
/**
 * The context as it was given.
 */
context: string, 
/**
 * The names that it was to give.
 */
tags: Array<string>, 
/**
 * The image that it made, `sha256:…`; empty if it failed.
 */
image: string, 
/**
 * What went wrong; empty if nothing did.
 */
error: string, 
/**
 * In their order: what the Dockerfile makes layers with, all instructions of the classic builder.
 */
steps: Array<BuildStep>, };

/**
 * A step of a build.
 */
export type BuildStep = { 
/**
 * As the progress names it: `[2/3] RUN make`.
 */
step: string, 
/**
 * Why it was built; `None` if it came from the cache.
 */
miss: Miss | null, 
/**
 * The chain of its layer; empty of a step that made none.
 */
chain: string, 
/**
 * The layer, while the store has it.
 */
layer: number | null, };

/**
 * What one layer has at one path.
 */
export type Cell = { role: Role, 
/**
 * `None` when the layer has nothing here.
 */
node: Node | null, };

/**
 * One path that differs.
 */
export type Change = { 
/**
 * Relative to the mount.
 */
path: string, 
/**
 * What people see of it; `None` when only the layers differ.
 */
seen: TreeChange | null, before: Side, after: Side, 
/**
 * Steps between the two moments that touched it, by number.
 */
steps: Array<number>, 
/**
 * From the text before to the text after, for regular files with text in them.
 */
lines: Array<DiffLine>, 
/**
 * Metadata that differs: name, before, after.
 */
facts: Array<[string, string, string]>, };

/**
 * A container.
 */
export type ContainerInfo = { id: string, 
/**
 * Without its slash.
 */
name: string, 
/**
 * `None`: the image is gone.
 */
image: number | null, 
/**
 * As it was asked for.
 */
image_name: string, 
/**
 * `created`, `running`, `exited`.
 */
status: string, exit_code: number, command: string, created: string, 
/**
 * The writable layer: its directory, where what the container wrote lies, and where the whole is
 * mounted while it runs.
 */
dir: string, files: string, merged: string | null, 
/**
 * The layer with the engine's own files below the writable one.
 */
init_dir: string, 
/**
 * Bytes that it has written; `None` where the driver cannot tell without comparing whole trees.
 */
written: number | null, mounts: Array<MountPoint>, spot: Spot, };

/**
 * A device number.
 */
export type Dev = { major: number, minor: number, };

/**
 * One line of a text difference.
 */
export type DiffLine = { tag: DiffTag, text: string, };

/**
 * Added, removed, or the same on both sides.
 */
export type DiffTag = "same" | "added" | "removed";

/**
 * Everything below the data root. Lists refer to each other by position.
 */
export type Docker = { 
/**
 * `overlay2`, `vfs`.
 */
driver: string, 
/**
 * The data root.
 */
root: string, 
/**
 * Every layer of the store, parents before children.
 */
layers: Array<StoredLayer>, 
/**
 * The newest first.
 */
images: Array<ImageInfo>, 
/**
 * The newest first.
 */
containers: Array<ContainerInfo>, volumes: Array<VolumeInfo>, 
/**
 * The newest first.
 */
builds: Array<BuildInfo>, 
/**
 * Bytes of what the build cache holds and no image has.
 */
cached: number, 
/**
 * Bytes of all layers of images, each counted once.
 */
stored: number, 
/**
 * Bytes of the layers if every image had its own.
 */
unshared: number, 
/**
 * Rows and columns of the graph.
 */
rows: number, columns: number, };

/**
 * Something that happened to an overlay. Paths are relative to its root.
 */
export type Effect = { "mounted": { overlay: number, } } | { "unmounted": { overlay: number, } } | { "copied_up": { overlay: number, path: string, from: Layer, 
/**
 * Bytes of data copied.
 */
bytes: number, beats: Array<Beat>, } } | { "whited_out": { overlay: number, path: string, beats: Array<Beat>, } } | { "created": { overlay: number, path: string, 
/**
 * In the place of a whiteout.
 */
over_whiteout: boolean, beats: Array<Beat>, } } | { "removed": { overlay: number, path: string, } } | { "made_opaque": { overlay: number, path: string, } } | { "renamed": { overlay: number, from: string, to: string, } } | { "changed": { overlay: number, path: string, } } | { "refused": { overlay: number, path: string, rule: Rule, errno: Errno, } } | { "undefined": { path: string, note: string, } };

/**
 * An error of a system call: Linux x86-64 numbers, names and glibc 2.36 messages.
 */
export type Errno = "EPERM" | "ENOENT" | "ESRCH" | "EINTR" | "EIO" | "ENXIO" | "E2BIG" | "ENOEXEC" | "EBADF" | "ECHILD" | "EAGAIN" | "ENOMEM" | "EACCES" | "EFAULT" | "ENOTBLK" | "EBUSY" | "EEXIST" | "EXDEV" | "ENODEV" | "ENOTDIR" | "EISDIR" | "EINVAL" | "ENFILE" | "EMFILE" | "ENOTTY" | "ETXTBSY" | "EFBIG" | "ENOSPC" | "ESPIPE" | "EROFS" | "EMLINK" | "EPIPE" | "EDOM" | "ERANGE" | "EDEADLK" | "ENAMETOOLONG" | "ENOLCK" | "ENOSYS" | "ENOTEMPTY" | "ELOOP" | "ENODATA" | "EREMOTE" | "EOVERFLOW" | "EILSEQ" | "EOPNOTSUPP" | "EADDRINUSE" | "ENOTCONN" | "ESTALE" | "EDQUOT" | "ECANCELED" | "EUCLEAN";

/**
 * Something a host may want to hear.
 */
export type Event = { "type": "output", stream: Stream, text: string, } | { "type": "step", step: StepRecord, } | { "type": "view", view: View, } | { "type": "goal", step: number, met: Array<boolean>, } | { "type": "waiting", prompt: string, } | { "type": "edit", path: string, editor: string, text: string, } | { "type": "failed", failure: Failure, };

/**
 * An error: `{code, number, message, rule, trace}`.
 */
export type Failure = { 
/**
 * The name of the error number.
 */
code: Errno, 
/**
 * The number itself, as on Linux x86-64.
 */
number: number, message: string, 
/**
 * The last rule of OverlayFS that said no, if one did.
 */
rule: Rule | null, 
/**
 * What the engine did until then.
 */
trace: Array<TraceStep>, };

/**
 * What has become of a file's bytes.
 */
export type Fate = "visible" | "shadowed" | "removed";

/**
 * What an inode is.
 */
export type FileType = "Fifo" | "Chr" | "Dir" | "Blk" | "Reg" | "Symlink" | "Sock";

/**
 * A file system of the simulated machine.
 */
export type FsId = number;

/**
 * Something that came from the host while a command ran, and when: a command line and these make
 * the same step again.
 */
export type Given = { 
/**
 * Rounds of the scheduler that the command had had by then.
 */
round: number, what: Hand, };

/**
 * What a host can give to a command that runs.
 */
export type Hand = { "Input": Array<number> } | "End" | "Interrupt" | { "Save": string };

/**
 * An image.
 */
export type ImageInfo = { 
/**
 * `sha256:…`
 */
id: string, 
/**
 * `repository:tag`; none of a dangling image.
 */
tags: Array<string>, 
/**
 * As the configuration says, RFC 3339.
 */
created: string, 
/**
 * Base first.
 */
layers: Array<number>, 
/**
 * The steps that made it, the first one first.
 */
steps: Array<ImageStep>, containers: Array<number>, 
/**
 * Bytes of its layers, and of those that another image has too.
 */
size: number, shared: number, 
/**
 * What goes when it is removed and nothing of it is in use: layers, and their bytes.
 */
goes: Array<number>, frees: number, spot: Spot, };

/**
 * A row of `docker history`.
 */
export type ImageStep = { by: string, 
/**
 * The layer that it made; `None` of a step that changed no file.
 */
layer: number | null, };

/**
 * An inode handle inside one file system. For a "real" file system it is the inode number that
 * `stat` shows; an overlay uses its own handles and reports numbers in [`Attr::ino`].
 */
export type Ino = number;

/**
 * Everything about one path.
 */
export type Inspection = { 
/**
 * Absolute path.
 */
path: string, 
/**
 * The overlay mount that it lies in (target), if any.
 */
mount: string | null, 
/**
 * As a process sees it; `None` when it is not there.
 */
seen: NodeReport | null, 
/**
 * What each layer has there, from the top; with nothing at all left out.
 */
layers: Array<NodeReport>, 
/**
 * From the topmost lower version to what is seen; empty when there are not two files.
 */
diff: Array<DiffLine>, };

/**
 * What restores a machine: nothing of its state, all that led there.
 */
export type Kept = { 
/**
 * The version of this form: 1.
 */
layerglass: number, 
/**
 * The text of the scenario.
 */
scenario: string, 
/**
 * The steps after its preparation.
 */
past: Array<Past>, 
/**
 * How many of them are done.
 */
at: number, };

/**
 * A layer of an overlay as people call it.
 */
export type Layer = "Upper" | { "Lower": number } | "Work" | "Base";

/**
 * One layer of a mount.
 */
export type LayerInfo = { layer: Layer, 
/**
 * `upper`, `lower 1` …
 */
label: string, 
/**
 * The directory, as given or as resolved from the root.
 */
path: string, 
/**
 * `ext4`, `tmpfs` …
 */
fs: string, writable: boolean, 
/**
 * A data-only lower layer: its names are not part of the union.
 */
data_only: boolean, 
/**
 * Entries in it, whiteouts included.
 */
entries: number, 
/**
 * Bytes of its regular files.
 */
bytes: number, };

/**
 * Bytes of regular files in all layers, by what has become of them.
 */
export type Ledger = { 
/**
 * Seen through the mount.
 */
visible: number, 
/**
 * Hidden by the same name in a layer above.
 */
shadowed: number, 
/**
 * Hidden by a whiteout or an opaque directory.
 */
removed: number, };

/**
 * Why a step had to be built. What is said of the step before is found by the builders; this is all
 * that they tell.
 */
export type Miss = "NoCache" | "Filtered" | "LayerGone" | "Unknown" | "UnknownOnImage" | "UnknownFromScratch" | { "Instruction": { was: string, } } | { "AroundNew": { name: string, is: string, } } | { "AroundChanged": { name: string, was: string, is: string, } } | { "AroundGone": { name: string, was: string, } } | { "Files": { changes: Array<SourceChange>, more: number, } } | "Base" | "Before" | "Configuration" | { "Arguments": { was: string, is: string, } } | "Nothing";

/**
 * The permission bits of a mode: rwx for three classes, sticky, setgid, setuid (12 bits).
 */
export type Mode = number;

/**
 * One overlay mount with everything that a picture of it needs.
 */
export type MountInfo = { 
/**
 * The file system's number inside the machine: what trace steps call `overlay`.
 */
overlay: number, 
/**
 * Where it is mounted.
 */
target: string, 
/**
 * First word of its line in /proc/mounts.
 */
source: string, 
/**
 * Options as /proc/mounts shows them.
 */
options: string, 
/**
 * No upper layer, or mounted `ro`.
 */
read_only: boolean, 
/**
 * From the top: upper (if any), then lower 1 to n. Cells of a row stand in the same order.
 */
layers: Array<LayerInfo>, 
/**
 * The part of the work directory that is in use now.
 */
work: Array<TreeRow>, 
/**
 * Where `workdir=` is; empty without one.
 */
work_path: string, 
/**
 * Paths of the union and of every layer, parents before children, siblings by name.
 */
rows: Array<Row>, 
/**
 * Rows left out because there are too many.
 */
rows_left_out: number, ledger: Ledger, 
/**
 * The largest files whose bytes nobody sees.
 */
unseen: Array<Unseen>, };

/**
 * Something of the machine inside a container: it bypasses the union.
 */
export type MountPoint = { 
/**
 * The volume's name; empty of a directory of the machine.
 */
volume: string, source: string, destination: string, writable: boolean, };

/**
 * One inode in short.
 */
export type Node = { kind: FileType, 
/**
 * Inode number as `stat` shows it.
 */
ino: number, dev: string, 
/**
 * `-rw-r--r--`
 */
mode: string, nlink: number, owner: string, size: number, 
/**
 * Time of the last change of its data, in UTC.
 */
mtime: string, 
/**
 * Target of a symbolic link; `0, 0` of a device.
 */
extra: string, 
/**
 * Has an origin: was copied up from below.
 */
copied_up: boolean, 
/**
 * Metadata only; the data is still below.
 */
metacopy: boolean, 
/**
 * Looks below under this name.
 */
redirect: string | null, };

/**
 * What to create.
 */
export type NodeKind = "Reg" | "Dir" | { "Symlink": Array<number> } | "Fifo" | "Sock" | { "Chr": Dev } | { "Blk": Dev };

/**
 * One inode in full.
 */
export type NodeReport = { 
/**
 * `None` for the merged view and for paths outside overlays.
 */
layer: Layer | null, 
/**
 * Absolute path of this very inode.
 */
path: string, node: Node, 
/**
 * Output of `stat`.
 */
stat: string, xattrs: Array<XattrRow>, body: Body, };

/**
 * What `Machine.create` takes.
 */
export type Options = { 
/**
 * The text of a scenario file. It brings its own preparation, kernel and directory.
 */
scenario?: string, 
/**
 * Commands of the preparation, one a line: steps that cannot be undone.
 */
setup?: string, 
/**
 * Docker's storage driver; `overlay2` without it.
 */
driver?: string, 
/**
 * The kernel to be; `6.18` without it.
 */
kernel?: string, 
/**
 * The directory that the shell starts in; `/root` without it.
 */
dir?: string, 
/**
 * Where the shell's `$RANDOM` starts. There is no other chance in the machine.
 */
seed?: number, 
/**
 * Columns of the terminal; 80 without it.
 */
columns?: number, 
/**
 * A machine that `export()` has described.
 */
state?: Kept, };

/**
 * A step as a host may keep it: enough to do it again on the same machine.
 */
export type Past = { line: string, given: Array<Given>, };

/**
 * One change of a real layer: complete, so that replaying it on the state before gives the
 * state after.
 */
export type RealWrite = { "Create": { dir: Ino, name: Array<number>, kind: NodeKind, mode: number, uid: number, gid: number, xattrs: Array<[Array<number>, Array<number>]>, made: Ino, } } | { "Tmpfile": { dir: Ino, mode: number, uid: number, gid: number, xattrs: Array<[Array<number>, Array<number>]>, made: Ino, } } | { "Link": { ino: Ino, dir: Ino, name: Array<number>, } } | { "Unlink": { dir: Ino, name: Array<number>, } } | { "Rmdir": { dir: Ino, name: Array<number>, } } | { "Rename": { dir: Ino, name: Array<number>, to_dir: Ino, to_name: Array<number>, flags: number, } } | { "SetAttr": { ino: Ino, set: SetAttr, } } | { "SetXattr": { ino: Ino, name: Array<number>, value: Array<number>, mode: XattrMode, } } | { "RemoveXattr": { ino: Ino, name: Array<number>, } } | { "SetFlags": { ino: Ino, flags: number, } } | { "CopyData": { from_fs: FsId, from: Ino, from_off: number, ino: Ino, off: number, len: number, } } | { "Clone": { from: Ino, ino: Ino, len: number, } } | { "Write": { ino: Ino, off: number, bytes: Array<number>, } } | { "WriteRope": { ino: Ino, off: number, segs: Array<Run>, } } | { "Fallocate": { ino: Ino, mode: number, off: number, len: number, } };

/**
 * The part that a layer plays at one path, as the engine's lookup told it.
 */
export type Role = "absent" | "visible" | "merged" | "shadowed" | "whiteout" | "opaque";

/**
 * One path of the union.
 */
export type Row = { 
/**
 * Relative to the mount; "" is its root.
 */
path: string, name: string, 
/**
 * 0 for the root.
 */
depth: number, 
/**
 * What the mount shows; `None` when the path is hidden.
 */
merged: Node | null, 
/**
 * One for each layer, from the top.
 */
cells: Array<Cell>, 
/**
 * Column of the lower file that the upper one was copied up from.
 */
origin: number | null, };

/**
 * Why something happened.
 */
export type Rule = "UpperOnly" | "MountRefused" | "Mounted" | "WorkdirCleaned" | "WorkdirStuck" | "UpperProbed" | "VolatileMarked" | "UuidWritten" | "ReadOnly" | "MergeDirs" | "FirstHitWins" | "AbsentGoOn" | "WrongTypeStops" | "Hidden" | "LookupError" | "TopMetadata" | "WhiteoutStops" | "XattrWhiteout" | "OpaqueStops" | "Overlapping" | "RedirectFollowed" | "RedirectNotFollowed" | "FixOrigin" | "OriginFound" | "DuplicateOrigin" | "MetacopyGoOn" | "MetacopyOff" | "BadEntryHidden" | "IndexBad" | "OriginMismatch" | "MetacopyNoData" | "DataFound" | "DataMissing" | "NoDigest" | "ReadDirPassthrough" | "ReadDirMerged" | "ReadDirSnapshot" | "ReadDirRemoved" | "ReadDirIno" | "ImpureCleared" | "CopyUp" | "NoCopyUp" | "CopyUpParents" | "CopyUpTmpfile" | "CopyUpWorkdir" | "OriginSet" | "HardlinkBroken" | "ImpureSet" | "CopyUpNoData" | "ParentTimes" | "CopyUpNoSpace" | "CopyUpUnlinked" | "RemoveUpper" | "RemoveWhiteout" | "SharedWhiteout" | "MergedEmpty" | "ClearEmpty" | "CreateOverWhiteout" | "OpaqueOverWhiteout" | "CreateUpper" | "OpaqueMkdir" | "NoWhiteoutByHand" | "DirRemoved" | "Stale" | "RenameDirXdev" | "RenameWhiteout" | "RenameSwapWhiteout" | "RenamePlain" | "RenameImpure" | "RenameOpaque" | "RedirectSet" | "RedirectKept" | "RedirectTooLong" | "RenameNotEmpty" | "RenameFlags" | "MetacopyMade" | "MetacopyFilled" | "Link" | "IndexFound" | "IndexMade" | "LinkUp" | "NlinkKept" | "IndexLeft" | "IndexCleared" | "HandleFound" | "HandleStale" | "Tmpfile" | "Permission" | "XattrEscaped" | "Protattr" | "LayerChanged" | "NameTooLong" | "AufsMounted" | "AufsRefused" | "AufsScratch" | "AufsBranchAdded" | "AufsBranchRemoved" | "AufsBranchChanged" | "AufsFlushed" | "AufsNothingWritable" | "AufsMerged" | "AufsFirstHit" | "AufsAbsent" | "AufsWhiteout" | "AufsWhiteoutIgnored" | "AufsOpaque" | "AufsTypeStops" | "AufsNotAsked" | "AufsNameForbidden" | "AufsListed" | "AufsCopyUp" | "AufsNoCopyUp" | "AufsParentsFirst" | "AufsZerosSkipped" | "AufsNumberKept" | "AufsPseudoLink" | "AufsPseudoLinkUsed" | "AufsTopDown" | "AufsRoundRobin" | "AufsMostFree" | "AufsPolicyOverruled" | "AufsOverWhiteout" | "AufsMadeOpaque" | "AufsRemoved" | "AufsWhiteoutMade" | "AufsNotEmpty" | "AufsSwept" | "AufsOrphaned" | "AufsRenameXdev" | "AufsRenameWhiteout" | "AufsRenamePlain" | "AufsOtherBranch" | "AufsLink" | "AufsLowerDirectoryRefuses";

/**
 * A run of file content.
 */
export type Run = { "Hole": number } | { "Zero": number } | { "Bytes": Array<number> };

/**
 * A change of attributes; `None` leaves a field alone. `ctime` always becomes now.
 */
export type SetAttr = { mode: Mode | null, uid: number | null, gid: number | null, size: number | null, atime: SetTime | null, mtime: SetTime | null, 
/**
 * Only touch (a `chown(-1, -1)`): ctime changes, nothing else.
 */
touch: boolean, 
/**
 * Privileges go before something else is done, which brings its own stamps.
 */
strips: boolean, };

/**
 * A time to set.
 */
export type SetTime = "Now" | { "To": Timespec };

/**
 * A path at one moment.
 */
export type Side = { node: Node | null, 
/**
 * The layer that shows it: the topmost of a merged directory.
 */
layer: Layer | null, 
/**
 * The part that each layer plays, from the top.
 */
roles: Array<Role>, };

/**
 * What a slice of work brought.
 */
export type Slice = { events: Array<Event>, state: State, 
/**
 * Something that was given to the command that runs is still unread.
 */
unread: boolean, };

/**
 * What became of a file that a step copies.
 */
export type SourceChange = { "New": { path: string, } } | { "Gone": { path: string, } } | { "Contents": { path: string, } } | { "Mode": { path: string, was: string, is: string, } } | { "Owner": { path: string, was: string, is: string, } };

/**
 * Where something stands in the graph: layers from the left, then images, then containers.
 */
export type Spot = { column: number, row: number, };

/**
 * Whether there is more to do.
 */
export type State = "busy" | "waiting" | "idle";

/**
 * One step of the journal.
 */
export type StepInfo = { 
/**
 * 1 is the first.
 */
n: number, 
/**
 * The command line.
 */
line: string, 
/**
 * Exit status.
 */
status: number, 
/**
 * What it did to overlays, in order.
 */
effects: Array<Effect>, 
/**
 * The scenario's preparation, not the learner's doing.
 */
setup: boolean, };

/**
 * A command that has ended. `trace` of it is asked for by [`Headless::trace_of`], since it may be
 * long.
 */
export type StepRecord = { 
/**
 * Its number in the journal; 1 is the first.
 */
n: number, 
/**
 * The command line.
 */
cmd: string, 
/**
 * Exit status.
 */
status: number, 
/**
 * What it printed; bytes that are no UTF-8 are replaced.
 */
stdout: string, stderr: string, 
/**
 * What it did to overlays, in order.
 */
effects: Array<Effect>, 
/**
 * Part of the preparation.
 */
setup: boolean, };

/**
 * A layer of the store.
 */
export type StoredLayer = { chain: string, diff_id: string, 
/**
 * The directory of the driver, and where the layer's own files lie.
 */
dir: string, files: string, 
/**
 * Bytes.
 */
size: number, 
/**
 * The layer that it stands on.
 */
parent: number | null, 
/**
 * The instruction that made it, as the first image says that has it.
 */
by: string, 
/**
 * Who has it: images, and containers of these images.
 */
images: Array<number>, containers: Array<number>, spot: Spot, };

/**
 * Which output.
 */
export type Stream = "out" | "err";

/**
 * Seconds and nanoseconds since 1970-01-01 UTC.
 */
export type Timespec = { sec: number, nsec: number, };

/**
 * The lookup of one path, step by step.
 */
export type TraceReport = { 
/**
 * Absolute path.
 */
path: string, 
/**
 * Target of the overlay mount; `None` outside overlays.
 */
mount: string | null, rows: Array<TraceRow>, 
/**
 * The inode it ends at.
 */
result: Node | null, errno: Errno | null, 
/**
 * The layer that `st_dev` and `st_ino` come from.
 */
identity_from: Layer | null, 
/**
 * The `stat` line: `dev 0:32 ino 131 size 9 -rw-r--r--`.
 */
stat: string, };

/**
 * One question to one layer.
 */
export type TraceRow = { 
/**
 * Relative to the mount: the component asked for.
 */
path: string, layer: Layer, verdict: Verdict, rule: Rule, 
/**
 * The number of the rule in the semantics document.
 */
rule_id: string, 
/**
 * The rule in one English sentence.
 */
sentence: string, 
/**
 * The same in Chinese, where the page does not have it itself.
 */
chinese: string | null, };

/**
 * One event.
 */
export type TraceStep = { "Call": { what: string, } } | { "Return": { value: number, errno: Errno | null, } } | { "Begin": { overlay: FsId, verb: Verb, path: string, } } | { "End": { overlay: FsId, verb: Verb, errno: Errno | null, } } | { "Lookup": { overlay: FsId, path: string, layer: Layer, verdict: Verdict, rule: Rule, } } | { "Decide": { overlay: FsId, path: string, rule: Rule, errno: Errno | null, } } | { "Write": { overlay: FsId, layer: Layer, fs: FsId, path: string, write: RealWrite, errno: Errno | null, } } | { "Log": { line: string, } } | { "Undefined": { path: string, note: string, } };

/**
 * As `docker diff` says it: A, C, D.
 */
export type TreeChange = "added" | "changed" | "deleted";

/**
 * What differs between two moments in one mount.
 */
export type TreeDiff = { from: number, to: number, 
/**
 * The mount that was compared: its target. `None` when there was none at either moment.
 */
mount: string | null, 
/**
 * It was there at the first moment, and at the second.
 */
mounted: [boolean, boolean], changes: Array<Change>, 
/**
 * Changes that are left out because there are too many.
 */
left_out: number, };

/**
 * One line of a plain tree of files.
 */
export type TreeRow = { 
/**
 * Absolute path.
 */
path: string, name: string, 
/**
 * 0 for what stands directly in the root of the tree.
 */
depth: number, kind: FileType, size: number, 
/**
 * A character device 0,0: a whiteout where a layer holds it.
 */
whiteout: boolean, 
/**
 * Something is mounted here (its file system type).
 */
mounted: string | null, 
/**
 * The part that a mount gives this directory: `upper`, `lower 1`, `work`, `merged`.
 */
role: string | null, };

/**
 * A file whose bytes nobody sees.
 */
export type Unseen = { 
/**
 * Relative to the mount.
 */
path: string, layer: Layer, bytes: number, fate: Fate, };

/**
 * Verbs that frame a group of steps.
 */
export type Verb = "Mount" | "Lookup" | "CopyUp" | "Create" | "Link" | "Unlink" | "Rmdir" | "Rename" | "ReadDir" | "SetAttr" | "SetXattr" | "Open" | "Write" | "Unmount";

/**
 * What a layer answered to a lookup.
 */
export type Verdict = "Absent" | "Whiteout" | { "File": FileType } | "Dir" | "OpaqueDir" | { "Redirect": string } | "Metacopy" | "Hidden" | { "Error": Errno };

/**
 * The whole picture at one moment.
 */
export type View = { 
/**
 * Overlay mounts in mount order; the newest is last.
 */
mounts: Array<MountInfo>, 
/**
 * The files of the directory that the scenario watches, mounts included.
 */
tree: Array<TreeRow>, 
/**
 * Where the tree starts.
 */
tree_root: string, 
/**
 * Working directory of the shell.
 */
cwd: string, 
/**
 * The prompt, ready to print.
 */
prompt: string, 
/**
 * Steps done so far: the position of the time slider.
 */
at: number, 
/**
 * All steps that the journal knows, undone ones too.
 */
steps: Array<StepInfo>, 
/**
 * What the container engine holds; `None` as long as it was not used.
 */
docker: Docker | null, 
/**
 * A short digest of the whole state, equal on every host.
 */
digest: string, };

/**
 * A volume.
 */
export type VolumeInfo = { name: string, 
/**
 * Where its files are.
 */
files: string, size: number, containers: Array<number>, };

/**
 * How `setxattr(2)` treats an attribute that is there, or not.
 */
export type XattrMode = "Set" | "Create" | "Replace";

/**
 * An extended attribute with what it means.
 */
export type XattrRow = { name: string, 
/**
 * As getfattr prints it (text or 0s/0x form).
 */
value: string, 
/**
 * One of `opaque origin impure redirect metacopy nlink upper uuid whiteout xattr acl`, if it
 * is one that the overlay uses.
 */
meaning: string | null, };
