//! The rules of OverlayFS in the reader's language. English is the engine's own sentence.

use super::Lang;

/// The sentence of a rule by its number. `brought` is the Chinese one that came with it.
pub fn rule_sentence(lang: Lang, id: &str, english: &str, brought: Option<&str>) -> String {
    match lang {
        Lang::En => english.to_owned(),
        Lang::Zh => brought.or_else(|| chinese(id)).unwrap_or(english).to_owned(),
    }
}

fn chinese(id: &str) -> Option<&'static str> {
    Some(match id {
        "R2.1" => "各层的同名目录从上到下合并，直到第一个终止处。",
        "R2.1a" => "从上往下，第一个不是目录的同名项胜出，下面不再询问。",
        "R2.1b" => "没有这个名字的层直接跳过。",
        "R2.1c" => "上面是目录，下面的同名项却不是目录：两者不合并，查找到此为止。",
        "R2.1d" => "上面的层已经给出最终答案，这一层不再询问。",
        "R2.1e" => "这一层无法查询，它的错误就是结果。",
        "R2.2" => "合并目录的权限、属主、时间和扩展属性，取自最上面的那个真实目录。",
        "R2.3" => "whiteout 让下面所有层的同名项不可见。",
        "R2.4" => "带 whiteout 属性的空文件，作用与设备号 0:0 的字符设备相同。",
        "R2.5" => "不透明目录让下面所有层的同名内容不可见。",
        "R2.7" => "本次挂载用到的目录，不能再从挂载里进入。",
        "R2.10" => "redirect 说明下层把内容放在哪个名字之下。",
        "R2.12" => "遇到了 redirect，但本次挂载不跟随它。",
        "R2.13" => "没有 origin 的上层合并目录，会在查找时补上 origin，其父目录同时标记为 impure。",
        "R2.14" => {
            "上层文件的 origin 记录了它从哪个下层文件复制而来，显示的是那个文件的 inode 号。"
        }
        "R2.15" => "两个上层对象对应同一个下层对象时，先查到的那个保留它。",
        "R2.16" => "这里只复制了元数据，数据到下层去找。",
        "R2.16a" => "遇到只有元数据的副本，但本次挂载没有启用 metacopy。",
        "R2.16b" => "无法查询的条目，不出现在 impure 目录的列表里。",
        "R2.16c" => "只有元数据的副本，却没有任何下层保存它的数据。",
        "R10" => "挂载期间有层被直接改动：结果没有定义。",
        "R11" => "名字最长 255 字节。",
        _ => return None,
    })
}
