//! The glossary: what a word in a listing or an error message means, in both languages. A card says
//! which lines of output it belongs to; it explains words and knows nothing of the machine's state.

use super::Lang;

/// One word explained.
pub struct Card {
    #[cfg_attr(not(test), allow(dead_code, reason = "names the card"))]
    id: &'static str,
    /// A line of output that has this word in it.
    fits: fn(&str) -> bool,
    title: [&'static str; 2],
    text: [&'static str; 2],
}

impl Card {
    pub const fn title(&self, lang: Lang) -> &'static str {
        self.title[lang as usize]
    }
    pub const fn text(&self, lang: Lang) -> &'static str {
        self.text[lang as usize]
    }
    pub fn fits(&self, line: &str) -> bool {
        (self.fits)(line)
    }
}

/// All cards.
pub const fn cards() -> &'static [Card] {
    CARDS
}

const CARDS: &[Card] = &[
    Card {
        id: "whiteout",
        fits: |it| {
            it.starts_with("c---------") && it.contains(" 0, 0 ")
                || it.contains("character special file")
        },
        title: ["Whiteout: c … 0, 0", "whiteout（遮盖）：c … 0, 0"],
        text: [
            "A character device with the numbers 0, 0. In a layer it says: this name does not exist, whatever the layers below have. The view never shows it.",
            "设备号为 0, 0 的字符设备。它在层里的意思是：这个名字不存在，不管下面的层有什么。视图里永远看不到它。",
        ],
    },
    Card {
        id: "links",
        fits: |it| {
            it.starts_with("c--------- ")
                && !it.starts_with("c--------- 1 ")
                && it.contains(" 0, 0 ")
        },
        title: ["More than one link", "链接数大于 1"],
        text: [
            "All whiteouts of a mount are hard links to one device that stays in the work directory, so each of them shows more than one link. Older kernels made a new device each time.",
            "同一次挂载的所有 whiteout 都是同一个设备的硬链接，原件留在 work 目录里，所以链接数大于 1。较早的内核每次都新建一个设备。",
        ],
    },
    Card {
        id: "opaque",
        fits: |it| it.contains("overlay.opaque"),
        title: ["Opaque directory", "不透明目录（opaque）"],
        text: [
            "With the value y, directories of this name in lower layers are not merged. It is set when a directory is made in the place of a whiteout.",
            "值为 y 时，下层的同名目录不再合并进来。在 whiteout 的位置上新建目录时，内核会设置它。",
        ],
    },
    Card {
        id: "origin",
        fits: |it| it.contains("overlay.origin"),
        title: ["Origin", "origin（来源）"],
        text: [
            "A file handle of the lower file that this one was copied up from. Thanks to it the view keeps the inode number.",
            "写时复制之前那个下层文件的句柄。有了它，视图里的 inode 号才能保持不变。",
        ],
    },
    Card {
        id: "impure",
        fits: |it| it.contains("overlay.impure"),
        title: ["Impure directory", "impure 目录"],
        text: [
            "This directory of upper may hold entries that were copied up: a listing has to look up their inode numbers below.",
            "upper 的这个目录里可能有写时复制上来的条目，列目录时要到下层去查它们的 inode 号。",
        ],
    },
    Card {
        id: "redirect",
        fits: |it| it.contains("overlay.redirect"),
        title: ["Redirect", "redirect（重定向）"],
        text: [
            "The directory was renamed. Its contents are still found in the layers below under the name that stands here.",
            "目录改过名。它的内容在下层仍要按这里写的名字去找。",
        ],
    },
    Card {
        id: "metacopy",
        fits: |it| it.contains("overlay.metacopy"),
        title: ["Metadata only", "只有元数据（metacopy）"],
        text: [
            "Only owner, mode, times and attributes were copied up. The data is still read from the layer below, until somebody writes.",
            "只复制了属主、权限、时间和扩展属性。数据仍从下层读取，直到有人写入。",
        ],
    },
    Card {
        id: "mount",
        fits: |it| {
            it.contains(" type overlay (")
                || it.contains(" overlay rw,")
                || it.contains(" overlay ro,")
        },
        title: ["An overlay mount", "overlay 挂载"],
        text: [
            "lowerdir lists the read-only layers, the topmost first. upperdir takes every change. workdir is where changes are prepared. Without upperdir the mount is read-only.",
            "lowerdir 列出只读的各层，最上面的写在最前。upperdir 接收所有改动。workdir 用来准备改动。没有 upperdir 的挂载是只读的。",
        ],
    },
    Card {
        id: "erofs",
        fits: |it| it.contains("Read-only file system"),
        title: ["Read-only file system (EROFS)", "Read-only file system（只读文件系统，EROFS）"],
        text: [
            "There is no layer that could take the change: the overlay has no upperdir, or it was mounted with ro.",
            "没有哪一层能接收这个改动：overlay 没有 upperdir，或者挂载时指定了 ro。",
        ],
    },
    Card {
        id: "exdev",
        fits: |it| it.contains("Invalid cross-device link"),
        title: [
            "Invalid cross-device link (EXDEV)",
            "Invalid cross-device link（跨设备链接，EXDEV）",
        ],
        text: [
            "A directory that comes from a lower layer cannot be renamed as a whole, unless the mount has redirect_dir=on. mv then copies it and deletes the old one.",
            "来自下层的目录不能整个改名，除非挂载时开启了 redirect_dir=on。这时 mv 会先复制一份，再删除原来的。",
        ],
    },
    Card {
        id: "estale",
        fits: |it| it.contains("Stale file handle"),
        title: ["Stale file handle (ESTALE)", "Stale file handle（失效的文件句柄，ESTALE）"],
        text: [
            "What the mount remembers and what is in the layers no longer fit together: a layer was changed or exchanged.",
            "挂载所记住的和层里实际的内容对不上了：有层被改动或替换过。",
        ],
    },
    Card {
        id: "refused",
        fits: |it| it.contains("wrong fs type, bad option, bad superblock"),
        title: ["The mount was refused", "挂载被拒绝"],
        text: [
            "mount prints this for any refusal that the kernel reports as EINVAL. The true reason is the last line of dmesg.",
            "凡是内核以 EINVAL 拒绝的挂载，mount 都打印这一句。真正的原因在 dmesg 的最后一行。",
        ],
    },
    Card {
        id: "busy",
        fits: |it| it.contains("target is busy") || it.contains("Device or resource busy"),
        title: ["Busy (EBUSY)", "忙（EBUSY）"],
        text: [
            "Somebody still stands in it: a shell whose working directory it is, an open file, or another mount that uses the same upperdir or workdir.",
            "还有人占着它：工作目录在其中的 shell、打开的文件，或者使用同一个 upperdir、workdir 的另一个挂载。",
        ],
    },
    Card {
        id: "temporary",
        fits: |it| {
            it.split_whitespace().last().is_some_and(|it| {
                it.strip_prefix('#').is_some_and(|rest| {
                    !rest.is_empty() && rest.chars().all(|c| c.is_ascii_hexdigit())
                })
            })
        },
        title: ["A name such as #1 in work", "work 里形如 #1 的名字"],
        text: [
            "The kernel prepares new entries under such names in the work directory and then moves them into upper. The one that stays is the whiteout that all others are links to.",
            "内核先在 work 目录里用这样的名字备好新条目，再移进 upper。一直留着的那个，是所有 whiteout 共用的原件。",
        ],
    },
    Card {
        id: "uuid",
        fits: |it| it.contains("overlay.uuid"),
        title: ["uuid", "uuid"],
        text: [
            "The identity of this overlay, written into upper at the first mount.",
            "这个 overlay 的标识，首次挂载时写入 upper。",
        ],
    },
    Card {
        id: "orphan",
        fits: |it| it.contains("orphan whiteout"),
        title: ["Orphan whiteout", "孤儿 whiteout"],
        text: [
            "A whiteout with nothing below it to hide. It is harmless until a lower layer brings a file with that name.",
            "下面没有任何东西可遮的 whiteout。平时无害，直到某个下层带来同名文件。",
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Vec<&'static str> {
        CARDS.iter().filter(|it| it.fits(line)).map(|it| it.id).collect()
    }

    #[test]
    fn lines_find_their_cards() {
        assert_eq!(
            found("c--------- 2 root root 0, 0 Jan  1 00:00 in_lower.txt"),
            ["whiteout", "links"]
        );
        assert_eq!(found("c--------- 1 root root 0, 0 Jan  1 00:00 x"), ["whiteout"]);
        assert_eq!(found("trusted.overlay.opaque=\"y\""), ["opaque"]);
        assert_eq!(found("└── #1"), ["temporary"]);
        assert_eq!(found("-rw-r--r-- 1 root root 9 Jan  1 00:00 in_both.txt"), [""; 0]);
    }

    #[test]
    fn no_card_is_empty() {
        for card in CARDS {
            for lang in [Lang::En, Lang::Zh] {
                assert!(!card.title(lang).is_empty() && !card.text(lang).is_empty(), "{}", card.id);
            }
        }
    }
}
