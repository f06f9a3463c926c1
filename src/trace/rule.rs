//! The rules of OverlayFS and of AUFS by name: explanation, coverage mark and document section in one.

use serde::{Deserialize, Serialize};

macro_rules! rules {
    (
        $($(#[doc = $doc:literal])+ $name:ident = $id:literal,)*
        aufs:
        $($(#[doc = $aufs_doc:literal])+ $aufs:ident = $aufs_id:literal, $chinese:literal,)*
    ) => {
        /// Why something happened.
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Rule { $($(#[doc = $doc])+ $name,)* $($(#[doc = $aufs_doc])+ $aufs,)* }

        impl Rule {
            /// The rules of OverlayFS.
            pub const ALL: &'static [Rule] = &[$(Rule::$name,)*];
            /// The rules of AUFS.
            pub const AUFS: &'static [Rule] = &[$(Rule::$aufs,)*];

            /// The number of the rule in docs/SEMANTICS.md (spec section), or in docs/AUFS.md.
            pub const fn id(self) -> &'static str {
                match self {
                    $(Rule::$name => $id,)*
                    $(#[cfg(feature = "all-commands")] Rule::$aufs => $aufs_id,)*
                    #[cfg(not(feature = "all-commands"))]
                    _ => "",
                }
            }

            /// One sentence, as shown to people.
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Rule::$name => concat!($($doc),+).trim_ascii(),)*
                    $(
                        #[cfg(feature = "all-commands")]
                        Rule::$aufs => concat!($($aufs_doc),+).trim_ascii(),
                    )*
                    #[cfg(not(feature = "all-commands"))]
                    _ => "",
                }
            }

            /// The same in Chinese, where the engine brings it: a page that has never seen a union
            /// of this kind need not know its rules.
            pub const fn chinese(self) -> Option<&'static str> {
                match self {
                    $(#[cfg(feature = "all-commands")] Rule::$aufs => Some($chinese),)*
                    _ => None,
                }
            }
        }
    };
}

rules! {
    /// The upper directory is the only layer that is ever written.
    UpperOnly = "R0.1",
    /// The mount was refused.
    MountRefused = "R1.3",
    /// The overlay was mounted.
    Mounted = "R1.6",
    /// What an earlier mount left in the work directory is removed.
    WorkdirCleaned = "R1.5",
    /// The work directory could not be emptied, so the mount is read-only.
    WorkdirStuck = "R1.5a",
    /// What the upper file system can do is tried out in the work directory.
    UpperProbed = "R1.5b",
    /// A volatile mount leaves a mark in the work directory that refuses every later mount.
    VolatileMarked = "R1.8",
    /// A new overlay gets a uuid, kept in an attribute of the upper root.
    UuidWritten = "R1.6a",
    /// An overlay that is mounted read-only, or without an upper layer, cannot be changed.
    ReadOnly = "R1.7",

    /// Directories of the same name in several layers are merged, from the top down to the first stop.
    MergeDirs = "R2.1",
    /// The first layer from the top that has a non-directory provides it; nothing below is asked.
    FirstHitWins = "R2.1a",
    /// A layer that lacks the name is passed over.
    AbsentGoOn = "R2.1b",
    /// A directory above and something else below do not merge: the lookup stops there.
    WrongTypeStops = "R2.1c",
    /// A layer above has answered for good, so this one is not asked.
    Hidden = "R2.1d",
    /// A layer could not be asked: its error is the answer.
    LookupError = "R2.1e",
    /// A merged directory shows the mode, owner, times and attributes of its topmost real directory.
    TopMetadata = "R2.2",
    /// A whiteout hides the name in every layer below.
    WhiteoutStops = "R2.3",
    /// An empty file that carries the whiteout attribute hides the name just as a device 0:0 does.
    XattrWhiteout = "R2.4",
    /// An opaque directory hides everything of its name in the layers below.
    OpaqueStops = "R2.5",
    /// A directory that plays a part in this mount may not be entered through the mount.
    Overlapping = "R2.7",
    /// A redirect says under which name lower layers keep the content.
    RedirectFollowed = "R2.10",
    /// This mount does not follow redirects, and one is there.
    RedirectNotFollowed = "R2.12",
    /// A merged upper directory without origin gets one, and its parent is marked impure, by the mere lookup.
    FixOrigin = "R2.13",
    /// The origin handle of an upper file names the lower file it was copied from: its inode number is shown.
    OriginFound = "R2.14",
    /// Two upper objects claim the same lower one: whichever was looked up first keeps it.
    DuplicateOrigin = "R2.15",
    /// A copy of metadata alone: the data is looked for in lower layers.
    MetacopyGoOn = "R2.16",
    /// This mount does not use copies of metadata alone, and one is there.
    MetacopyOff = "R2.16a",
    /// An entry that cannot be looked up is left out of the listing of an impure directory.
    BadEntryHidden = "R2.16b",
    /// The index has something for this object that does not fit it.
    IndexBad = "R2.17",
    /// The lower object is not the one that the upper one was copied from, and this mount minds.
    OriginMismatch = "R2.18",
    /// A copy of metadata alone whose data is in no lower layer.
    MetacopyNoData = "R2.16c",
    /// The data is in a data-only layer: looked for when it is needed, under the path of the redirect.
    DataFound = "R8.3",
    /// No data-only layer has a regular file at the end of the redirect.
    DataMissing = "R8.3a",
    /// The data should have a digest, and has none.
    NoDigest = "R8.2",

    /// A directory with one real directory behind it is listed as that directory lists itself.
    ReadDirPassthrough = "R3.1",
    /// A merged listing has the entries of the lowest layer first, then those that upper layers add.
    ReadDirMerged = "R3.2",
    /// A listing that has begun does not change; going back to the start makes a new one.
    ReadDirSnapshot = "R3.5",
    /// A removed directory cannot be listed.
    ReadDirRemoved = "R3.7",
    /// Listed inode numbers are those that stat shows.
    ReadDirIno = "R3.9",
    /// Nothing copied up is left in the directory, so its impure mark goes.
    ImpureCleared = "R3.10",

    /// The object is in a lower layer, so it is copied up before it is changed.
    CopyUp = "R4.1",
    /// Reading never copies anything up.
    NoCopyUp = "R4.1a",
    /// Directories on the way are copied up first, from the top, without their contents.
    CopyUpParents = "R4.2",
    /// A regular file is copied into an unnamed file, which then gets its name in the upper layer.
    CopyUpTmpfile = "R4.2a",
    /// Anything else is built in the work directory and moved into place.
    CopyUpWorkdir = "R4.2b",
    /// The copy remembers the lower object it came from.
    OriginSet = "R4.2c",
    /// A lower file with several names loses that bond when one of them is copied up.
    HardlinkBroken = "R4.2d",
    /// The directory is marked impure: it holds something copied up.
    ImpureSet = "R4.2e",
    /// Opened for truncation: no data is copied.
    CopyUpNoData = "R4.2f",
    /// The parent gets its times back: a copy-up does not show in them.
    ParentTimes = "R4.2g",
    /// There was no room for the copy: it is gone, its parents stay.
    CopyUpNoSpace = "R4.2h",
    /// The name was deleted meanwhile: there is no place to copy up to.
    CopyUpUnlinked = "R4.3",

    /// Nothing in lower layers has this name: the upper object is removed and nothing is left.
    RemoveUpper = "R5.1",
    /// A lower layer has this name: a whiteout takes its place in the upper layer.
    RemoveWhiteout = "R5.1a",
    /// All whiteouts of a mount share one inode, kept in the work directory.
    SharedWhiteout = "R5.3",
    /// A directory may be removed when its merged listing is empty.
    MergedEmpty = "R5.5",
    /// A directory that holds only whiteouts is first exchanged for an opaque, empty one.
    ClearEmpty = "R5.5a",
    /// The new object is built in the work directory and takes the whiteout's place.
    CreateOverWhiteout = "R5.8",
    /// A directory made over a whiteout is opaque: what was deleted stays deleted.
    OpaqueOverWhiteout = "R5.8a",
    /// The new object is made in the upper directory.
    CreateUpper = "R5.9",
    /// This kernel marks every new directory in a merged one opaque.
    OpaqueMkdir = "R5.9a",
    /// A character device 0:0 would be a whiteout: nobody may make one through the overlay.
    NoWhiteoutByHand = "R5.10",
    /// The directory itself has been removed.
    DirRemoved = "R5.11",
    /// What the overlay remembers of this name is no longer there: a layer was changed under it.
    Stale = "R5.12",

    /// A directory that a lower layer knows cannot be moved without redirects.
    RenameDirXdev = "R6.1",
    /// The old name gets a whiteout, since a lower layer has it.
    RenameWhiteout = "R6.2",
    /// The whiteout at the new name moves to the old one.
    RenameSwapWhiteout = "R6.2a",
    /// No lower layer has the old name: a plain rename.
    RenamePlain = "R6.2b",
    /// Something copied up arrives from another directory, which makes the new one impure.
    RenameImpure = "R6.3",
    /// A directory of the upper layer alone becomes opaque when it lands in a merged one.
    RenameOpaque = "R6.4",
    /// A merged directory gets a redirect: under which name the layers below have its content.
    RedirectSet = "R6.10",
    /// An older redirect says already where the content is, and stays.
    RedirectKept = "R6.11",
    /// The path in the layers below is too long for a redirect, so the object cannot be moved.
    RedirectTooLong = "R6.13",
    /// The target is a directory that is not empty.
    RenameNotEmpty = "R6.5",
    /// Unknown flags.
    RenameFlags = "R6.0",

    /// Of a file whose data is not written, metadata alone is copied up: the data stays below.
    MetacopyMade = "R8.1",
    /// A copy of metadata alone gets its data, since it is about to be written.
    MetacopyFilled = "R8.1a",

    /// A new name for an existing file: the file and the directory are copied up, the upper file gets a link.
    Link = "R7.1",
    /// A lower file with several names is copied up into the index: every name finds the one copy there.
    IndexFound = "R7.3",
    /// The copy gets its place in the index, named by the handle of the lower object.
    IndexMade = "R7.3a",
    /// The copy is there already: it gets one more name in the upper layer.
    LinkUp = "R7.3b",
    /// How many names the merged file has is kept beside the upper one.
    NlinkKept = "R7.4",
    /// Without names an object leaves the index; where handles are given out, a whiteout stays.
    IndexLeft = "R7.6",
    /// What an earlier mount left in the index without a name, or unfinished, is cleared.
    IndexCleared = "R7.7",
    /// A file handle leads back to the object, wherever it is now: by the index, or by a walk from the root.
    HandleFound = "R7.9",
    /// What the file handle named is gone.
    HandleStale = "R7.9a",
    /// An unnamed file in the upper layer.
    Tmpfile = "R7.8",

    /// The caller is asked by the merged object, the layer is asked as the mounter.
    Permission = "R9.1",
    /// Private attributes of the overlay are hidden; setting one stores it under an escaped name.
    XattrEscaped = "R9.3",
    /// Append-only and immutable are kept in an attribute beside the upper inode.
    Protattr = "R9.6",

    /// A layer was changed while mounted: what happens is not defined.
    LayerChanged = "R10",
    /// Names have at most 255 bytes.
    NameTooLong = "R11",

    aufs:
    /// The branches are stacked in the order of the option, the first one on top.
    AufsMounted = "A1.1", "分支按选项中的顺序叠放，第一个在最上面。",
    /// The mount, or the change of branches, was refused; the kernel log says why.
    AufsRefused = "A1.2", "挂载或分支变更被拒绝，原因见内核日志。",
    /// A writable branch gets .wh..wh.aufs, .wh..wh.orph and .wh..wh.plnk for what the union keeps there.
    AufsScratch = "A1.3", "可写分支里会建立 .wh..wh.aufs、.wh..wh.orph 和 .wh..wh.plnk，供联合文件系统自用。",
    /// A branch was added while the union is mounted: its files show at once.
    AufsBranchAdded = "A1.4", "挂载期间新增了一个分支，其中的文件立即可见。",
    /// A branch was taken out: its files are no longer seen.
    AufsBranchRemoved = "A1.5", "移除了一个分支，其中的文件不再可见。",
    /// What may be done in a branch has changed.
    AufsBranchChanged = "A1.6", "分支的读写权限改变了。",
    /// Before the pseudo-links go, every name of a copied file gets a real link.
    AufsFlushed = "A1.7", "伪链接消失之前，被复制文件的每个名字都会得到真正的硬链接。",
    /// No branch that would do can be written.
    AufsNothingWritable = "A1.8", "没有合适的可写分支。",

    /// Directories of the same name are merged, from the top down to the first stop.
    AufsMerged = "A2.1", "同名目录从上到下合并，直到第一个终止处。",
    /// The first branch from the top that has something else than a directory provides it.
    AufsFirstHit = "A2.2", "从上往下，第一个不是目录的同名项胜出。",
    /// A branch that lacks the name is passed over.
    AufsAbsent = "A2.3", "没有这个名字的分支直接跳过。",
    /// A file .wh.NAME hides NAME in this branch and in all below.
    AufsWhiteout = "A2.4", "文件 .wh.NAME 让本分支及下面所有分支中的 NAME 不可见。",
    /// In a read-only branch without +wh a file .wh.NAME hides nothing.
    AufsWhiteoutIgnored = "A2.5", "只读分支没有 +wh 时，其中的 .wh.NAME 不起作用。",
    /// A directory with .wh..wh..opq in it hides everything of its name in the branches below.
    AufsOpaque = "A2.6", "含有 .wh..wh..opq 的目录，让下面所有分支的同名内容不可见。",
    /// A directory above and something else below do not merge: the lookup stops there.
    AufsTypeStops = "A2.7", "上面是目录，下面的同名项却不是目录：两者不合并，查找到此为止。",
    /// A branch above has answered for good, so this one is not asked.
    AufsNotAsked = "A2.8", "上面的分支已经给出最终答案，这一分支不再询问。",
    /// Names that begin with .wh. belong to AUFS: nobody reaches or makes one through the union.
    AufsNameForbidden = "A2.9", "以 .wh. 开头的名字归 AUFS 自用，不能通过联合挂载访问或创建。",

    /// A listing has each name of all branches once, without those that whiteouts hide and without AUFS's own.
    AufsListed = "A3.1", "列目录时，所有分支的名字各出现一次，被 whiteout 遮住的和 AUFS 自用的除外。",

    /// What lies in a branch that cannot be written is copied to one that can before it is changed.
    AufsCopyUp = "A4.1", "只读分支里的对象，先复制到可写分支，再修改。",
    /// Reading never copies anything up.
    AufsNoCopyUp = "A4.2", "只读取从不触发复制。",
    /// Directories on the way are made first, from the top, without their contents.
    AufsParentsFirst = "A4.3", "先从上到下建好路径上的目录，不带其中的内容。",
    /// Blocks of zeros are not copied: they stay holes in the copy.
    AufsZerosSkipped = "A4.4", "全零的块不复制，在副本里仍是空洞。",
    /// The copy shows the inode number of what it was copied from.
    AufsNumberKept = "A4.5", "副本沿用原文件的 inode 号。",
    /// A file with several names gets one more in .wh..wh.plnk, so that all of them find the one copy.
    AufsPseudoLink = "A4.6", "有多个名字的文件会在 .wh..wh.plnk 里再得到一个名字，所有名字都能找到同一个副本。",
    /// The other name of a copied file becomes a real link to the copy.
    AufsPseudoLinkUsed = "A4.7", "被复制文件的另一个名字，成为指向副本的真正硬链接。",

    /// The highest writable branch that has the parent directory gets it (tdp).
    AufsTopDown = "A5.1", "放到拥有父目录的最高可写分支（tdp）。",
    /// Writable branches take turns (rr).
    AufsRoundRobin = "A5.2", "各可写分支轮流接收（rr）。",
    /// The writable branch with the most free space gets it (mfs, pmfs).
    AufsMostFree = "A5.3", "放到剩余空间最多的可写分支（mfs、pmfs）。",
    /// A whiteout or an opaque directory above the chosen branch would hide it, so it goes above.
    AufsPolicyOverruled = "A5.4", "所选分支之上有 whiteout 或不透明目录会遮住它，因此放到更上面。",
    /// The whiteout of this name goes, now that something stands there again.
    AufsOverWhiteout = "A5.5", "这个名字重新有了内容，它的 whiteout 随即删除。",
    /// A directory made where something was hidden is opaque, or the hidden entries would show again.
    AufsMadeOpaque = "A5.6", "在被遮住的名字上新建的目录是不透明的，否则被遮住的内容会重新出现。",

    /// No branch below has the name: it is removed, and nothing stays.
    AufsRemoved = "A6.1", "下面的分支没有这个名字：直接删除，不留痕迹。",
    /// A branch below has the name, so a whiteout is left: one more name of .wh..wh.aufs.
    AufsWhiteoutMade = "A6.2", "下面的分支还有这个名字，所以留下 whiteout：.wh..wh.aufs 的又一个名字。",
    /// Something can still be seen in the directory.
    AufsNotEmpty = "A6.3", "目录里还有看得见的内容。",
    /// The directory is empty to look at: the whiteouts in it go with it.
    AufsSwept = "A6.4", "目录看上去是空的，其中的 whiteout 一并删除。",
    /// The removed directory waits in .wh..wh.orph until its last user is gone.
    AufsOrphaned = "A6.5", "被删除的目录在 .wh..wh.orph 里，直到最后一个使用者离开。",

    /// A directory that a branch below has too, or that cannot be written, is not moved: mv copies instead.
    AufsRenameXdev = "A7.1", "下面的分支也有、或不可写的目录不能移动：mv 改为复制。",
    /// A branch below has the old name, so a whiteout stays there.
    AufsRenameWhiteout = "A7.2", "下面的分支还有旧名字，所以在旧名字处留下 whiteout。",
    /// No branch below has the old name: a plain rename in one branch.
    AufsRenamePlain = "A7.3", "下面的分支没有旧名字：只在一个分支里改名。",
    /// The new name is taken or hidden in a branch above, where the file is not.
    AufsOtherBranch = "A7.4", "新名字在更上面的分支里已被占用或遮住，而文件不在那里。",
    /// A new name is made in the branch of the file, or of its copy.
    AufsLink = "A8.1", "新名字建在文件（或其副本）所在的分支里。",
    /// A directory of a lower branch forbids it; with dirperm1 only the top one would be asked.
    AufsLowerDirectoryRefuses = "A9.1", "下层分支的目录不允许；用 dirperm1 时只看最上面的目录。",
}
