//! Words of what is shared: links and what may be wrong with them, embeds, pictures.

use crate::address::Trouble;
use layerglass::share::Error;

/// One struct, two values: a text that lacks a language does not compile.
pub struct Share {
    pub title: &'static str,
    pub about: &'static str,
    pub link: &'static str,
    pub markdown: &'static str,
    pub element: &'static str,
    pub element_about: &'static str,
    pub frame: &'static str,
    pub frame_about: &'static str,
    pub picture: &'static str,
    pub picture_about: &'static str,
    pub copy: &'static str,
    pub copied: &'static str,
    pub open_lab: &'static str,
    pub unknown: fn(&str) -> String,
    version: fn(&str) -> String,
    letter: fn(&str) -> String,
    damaged: &'static str,
    too_long: fn(usize) -> String,
    too_many: fn(usize) -> String,
    value: fn(&str, &str) -> String,
    no_step: fn(usize, usize) -> String,
}

impl Share {
    /// What is wrong with a link, and what to do.
    pub fn trouble(&self, trouble: &Trouble) -> String {
        match trouble {
            Trouble::Packed(kind, detail) => match kind.as_str() {
                "version" => (self.version)(detail),
                "letter" => (self.letter)(detail),
                "long" => (self.too_long)(detail.parse().unwrap_or(0)),
                _ => self.damaged.to_owned(),
            },
            Trouble::Said(error) => match error {
                Error::Version(version) => (self.version)(version),
                Error::Letter { at } => (self.letter)(&at.to_string()),
                Error::Packed | Error::Damaged => self.damaged.to_owned(),
                Error::TooLong { max } => (self.too_long)(*max),
                Error::TooManySteps { max } => (self.too_many)(*max),
                Error::Value { key, value } => (self.value)(key, value),
                Error::NoStep { at, steps } => (self.no_step)(*at, *steps),
            },
        }
    }
}

pub const EN: Share = Share {
    title: "Share",
    about: "A link carries the commands, not the files: whoever opens it gets the same machine, at the same step.",
    link: "Link",
    markdown: "Markdown",
    element: "In a page of yours",
    element_about: "Put the script into the page or the site's settings once; then one element for each picture.",
    frame: "As a frame",
    frame_about: "Where scripts of others are not allowed.",
    picture: "Picture (SVG)",
    picture_about: "For places that show pictures only: the layers as they are now, both themes, with a link to the live ones.",
    copy: "Copy",
    copied: "Copied",
    open_lab: "Open in full lab",
    unknown: |id| {
        format!("The link asks for the lesson “{id}”, which is not here. This is the lab instead.")
    },
    version: |version| {
        format!(
            "This link is of version {version}; this page reads v1. Reload the page, or open the link with a newer Layerglass."
        )
    },
    letter: |at| format!("This link is damaged at letter {at}. Copy it again as a whole."),
    damaged: "A part of this link is missing or changed. Copy it again as a whole.",
    too_long: |max| format!("This link holds more than {max} bytes and is not opened."),
    too_many: |max| format!("This link holds more than {max} commands and is not opened."),
    value: |key, value| format!("This link says {key}={value}, which cannot be."),
    no_step: |at, steps| format!("This link points to step {at}, but holds {steps} commands."),
};

pub const ZH: Share = Share {
    title: "分享",
    about: "链接里存的是命令，不是文件：打开链接的人会得到同一台机器，停在同一步。",
    link: "链接",
    markdown: "Markdown",
    element: "放进自己的网页",
    element_about: "脚本只需在页面或站点设置里放一次，之后每张图一个元素。",
    frame: "用 iframe 嵌入",
    frame_about: "适用于不允许外部脚本的页面。",
    picture: "图片（SVG）",
    picture_about: "适用于只能放图片的地方：各层现在的样子，深浅两色，并带有通往实时页面的链接。",
    copy: "复制",
    copied: "已复制",
    open_lab: "在完整实验室中打开",
    unknown: |id| format!("链接要打开课程“{id}”，这里没有。已改为打开实验。"),
    version: |version| {
        format!("这个链接是 {version} 版，本页只能读 v1。请刷新页面，或用更新的 Layerglass 打开。")
    },
    letter: |at| format!("链接在第 {at} 个字符处损坏。请重新完整复制。"),
    damaged: "链接缺了一部分或被改动过。请重新完整复制。",
    too_long: |max| format!("链接内容超过 {max} 字节，未打开。"),
    too_many: |max| format!("链接里的命令超过 {max} 条，未打开。"),
    value: |key, value| format!("链接中的 {key}={value} 无法使用。"),
    no_step: |at, steps| format!("链接指向第 {at} 步，但其中只有 {steps} 条命令。"),
};
