//! The names of a lower file with several of them, two changes in a row, with and without an index.

use super::sheet::Sheet;

/// A slug, words, an operation.
type Change = (&'static str, &'static str, &'static str);

const CHANGES: &[Change] = &[
    ("write-a", "a written to", "open %w m/a WRONLY|APPEND\nwrite %w +\nclose %w"),
    ("chmod-b", "b given another mode", "chmod m/b 0600"),
    ("unlink-a", "a deleted", "unlink m/a"),
    ("unlink-b", "b deleted", "unlink m/b"),
    ("link-a", "a linked", "link m/a m/d"),
    ("rename-a", "a renamed", "rename m/a m/e"),
    ("rename-a-b", "a renamed onto b", "rename m/a m/b"),
    ("rename-onto-a", "another file renamed onto a", "rename m/other m/a"),
    ("exchange-a", "a exchanged with another file", "rename m/a m/other EXCHANGE"),
    ("to-dir", "a moved to a directory", "rename m/a m/dir/a"),
];

const OPTIONS: &[(&str, &str)] = &[
    ("index", "index=on"),
    ("export", "nfs_export=on"),
    ("metacopy", "index=on,metacopy=on"),
    ("none", ""),
];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("names");
    for (slug, options) in OPTIONS {
        for first in CHANGES {
            for second in CHANGES.iter().filter(|it| tells(slug, first, it)) {
                one(&mut sheet, slug, options, first, second);
            }
        }
    }
    sheet
}

/// All pairs with an index; with other options those of the first few, and each change once more.
fn tells(slug: &str, first: &Change, second: &Change) -> bool {
    let few = ["write-a", "unlink-a", "rename-a", "rename-onto-a"];
    slug == "index" || few.contains(&first.0) && (slug == "metacopy" || few.contains(&second.0))
}

fn one(sheet: &mut Sheet, slug: &str, options: &str, first: &Change, second: &Change) {
    let with = if options.is_empty() { "without an index" } else { options };
    let title = format!("of three names {}, then {} ({with})", first.1, second.1);
    sheet
        .case(&format!("{slug}/{}--{}", first.0, second.0), &title, "R7.3 R7.4")
        .layers("l1 u")
        .options(options)
        .do_(["f l1/a abc", "h l1/b l1/a", "h l1/c l1/a", "f l1/other o", "d l1/dir"])
        .do_(["mount", first.2, second.2])
        .do_(["stat m/c", "umount", "mount", "unlink m/c"])
        .done();
}
