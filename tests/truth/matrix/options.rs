//! Mount options: each value alone, each pair of those that bear on each other, with and without
//! an upper layer.

use super::sheet::Sheet;

/// Options that imply or exclude each other.
const BOUND: &[&[&str]] = &[
    &["redirect_dir=on", "redirect_dir=follow", "redirect_dir=nofollow", "redirect_dir=off"],
    &["metacopy=on", "metacopy=off"],
    &["index=on", "index=off"],
    &["nfs_export=on", "nfs_export=off"],
    &["userxattr"],
    &["verity=on", "verity=require", "verity=off"],
];

/// The others.
const FREE: &[&str] = &[
    "xino=on",
    "xino=auto",
    "xino=off",
    "uuid=on",
    "uuid=auto",
    "uuid=null",
    "uuid=off",
    "fsync=auto",
    "fsync=strict",
    "fsync=volatile",
    "volatile",
    "volatile,fsync=strict",
    "default_permissions",
    "override_creds",
    "nooverride_creds",
];

/// What is refused by its spelling alone.
const WRONG: &[&str] = &[
    "redirect_dir",
    "redirect_dir=",
    "redirect_dir=yes",
    "redirect_dir=ON",
    "index",
    "index=1",
    "index=auto",
    "nfs_export=yes",
    "xino",
    "xino=1",
    "metacopy=follow",
    "verity",
    "verity=off,verity=yes",
    "uuid=yes",
    "fsync",
    "fsync=never",
    "volatile=1",
    "userxattr=on",
    "default_permissions=1",
    "override_creds=on",
    "upperdir",
    "lowerdir+=l1",
    "datadir+=l1",
    "context=x",
    "size=1m",
    "xwhiteouts",
    "bogus",
    "bogus=1",
];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("options");
    let alone = BOUND.iter().copied().flatten().chain(FREE);
    alone.for_each(|option| one(&mut sheet, option));
    for (nth, first) in BOUND.iter().enumerate() {
        for second in &BOUND[nth + 1..] {
            for a in *first {
                second.iter().for_each(|b| pair(&mut sheet, a, b));
            }
        }
    }
    for word in WRONG {
        wrong(&mut sheet, word);
    }
    sheet
}

fn slug(option: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '=' { c } else { '-' };
    option.chars().map(plain).collect::<String>().replace('=', "-is-")
}

/// An option alone: what is shown, what the mount writes, and what new directories and a changed
/// file look like.
fn one(sheet: &mut Sheet, option: &str) {
    let title = format!("{option}: what the mount shows and writes, and what a change does");
    sheet
        .case(&format!("alone/{}", slug(option)), &title, "R1.6 R5.9 R4.2")
        .layers("l1 u")
        .do_(["f l1/a aa", "h l1/b l1/a", "f l1/c cc", "d l1/d", "d u/d"])
        .do_([format!("mount +{option}").as_str(), "mounts", "mkdir m/new", "mkdir m/d/new"])
        .do_(["chmod m/a 0600", "chmod m/c 0600", "rename m/d m/e", "unlink m/b"])
        .do_(["statfs m", "umount"])
        .do_([format!("mount +{option}").as_str(), "mounts"])
        .done();
}

fn pair(sheet: &mut Sheet, a: &str, b: &str) {
    let title = format!("{a} and {b}, with an upper layer and without");
    let name = format!("pairs/{}--{}", slug(a), slug(b));
    let mut draft = sheet
        .case(&name, &title, "R1.4 R1.6")
        .layers("l1 l2 u")
        .head("observe", "raw")
        .do_(["f l1/a aa", "h l1/b l1/a", "d l1/d", "d l2/d"]);
    for order in [format!("{a},{b}"), format!("{b},{a}")] {
        draft = draft.do_([format!("mount +{order}").as_str(), "mounts", "umount"]);
    }
    draft
        .do_([format!("mount lowerdir=l1:l2,{a},{b}").as_str(), "mounts", "umount"])
        .do_([format!("mount +{a},{b}").as_str(), "chmod m/a 0600", "rename m/d m/e", "look"])
        .done();
}

fn wrong(sheet: &mut Sheet, word: &str) {
    let title = format!("the option {word} is no option");
    sheet
        .case(&format!("wrong/{}", slug(word)), &title, "R1.3")
        .layers("l1 u")
        .do_([format!("mount +{word}").as_str(), "mounts"])
        .do_([format!("mount {word},lowerdir=l1,upperdir=u,workdir=w").as_str(), "mounts"])
        .done();
}
