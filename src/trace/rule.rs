//! The rules of OverlayFS by name: explanation, coverage mark and document section in one.

use serde::{Deserialize, Serialize};

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $name:ident = $id:literal,)*) => {
        /// Why something happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Rule { $($(#[doc = $doc])+ $name,)* }

        impl Rule {
            pub const ALL: &'static [Rule] = &[$(Rule::$name,)*];

            /// The number of the rule in docs/SEMANTICS.md (spec section).
            pub const fn id(self) -> &'static str {
                match self { $(Rule::$name => $id,)* }
            }

            /// One sentence, as shown to people.
            pub const fn sentence(self) -> &'static str {
                match self { $(Rule::$name => concat!($($doc),+).trim_ascii(),)* }
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
}
