//! What `docker info` shows of the driver.

use super::options::Options;
use super::pool::{Pool, State};
use crate::block::{Ask, Tell, What};
use crate::pool::thin::META_BLOCK;
use crate::sys::Sys;

pub fn lines(sys: &mut dyn Sys, home: &str, options: &Options) -> Vec<(String, String)> {
    let Ok(pool) = Pool::open(sys, home, options) else { return Vec::new() };
    let state = pool.state(sys).unwrap_or_default();
    let State { meta_used, meta_total, used, total, block } = state;
    let room = backing(sys, home);
    let in_files = options.pool.is_none() && options.disk.is_none();
    // Files can only grow as far as the file system below has room.
    let left = |free: u64| if in_files { free.min(room) } else { free };
    let mut all = vec![
        ("Pool Name", pool.name.clone()),
        ("Pool Blocksize", human(block)),
        ("Base Device Size", human(options.base_size)),
        ("Backing Filesystem", "ext4".to_owned()),
        ("Udev Sync Supported", "true".to_owned()),
    ];
    if in_files {
        let files = ["data", "metadata"].map(|it| format!("{home}/devicemapper/{it}"));
        let [data, meta] = files.clone().map(|it| loop_of(sys, &it));
        let [data_file, meta_file] = files;
        all.push(("Data file", data));
        all.push(("Metadata file", meta));
        all.push(("Data loop file", data_file));
        all.push(("Metadata loop file", meta_file));
    }
    let truth = |it: bool| it.to_string();
    all.extend([
        ("Data Space Used", human(used * block)),
        ("Data Space Total", human(total * block)),
        ("Data Space Available", human(left((total - used.min(total)) * block))),
        ("Metadata Space Used", human(meta_used * META_BLOCK)),
        ("Metadata Space Total", human(meta_total * META_BLOCK)),
        (
            "Metadata Space Available",
            human(left(meta_total.saturating_sub(meta_used) * META_BLOCK)),
        ),
        ("Thin Pool Minimum Free Space", human(total * options.min_free_space / 100 * block)),
        ("Deferred Removal Enabled", truth(options.deferred_removal)),
        ("Deferred Deletion Enabled", truth(options.deferred_deletion)),
        ("Deferred Deleted Device Count", "0".to_owned()),
        ("Library Version", "1.02.185 (2022-05-18)".to_owned()),
    ]);
    all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Bytes that are free below the data root.
fn backing(sys: &mut dyn Sys, home: &str) -> u64 {
    sys.statfs(home.as_bytes()).map_or(u64::MAX, |it| it.bfree * it.bsize)
}

/// The loop device of a file.
fn loop_of(sys: &mut dyn Sys, file: &str) -> String {
    let Ok(Tell::Devices(all)) = sys.block(&Ask::List) else { return String::new() };
    let of = |what: &What| matches!(what, What::Loop(it) if *it.path == *file.as_bytes());
    all.iter().find(|it| of(&it.what)).map_or(String::new(), crate::block::Device::path)
}

/// Four digits and a unit of 1000, as the daemon writes sizes.
fn human(bytes: u64) -> String {
    let (mut value, mut unit) = (bytes as f64, 0);
    let units = ["B", "kB", "MB", "GB", "TB", "PB"];
    while value >= 1000.0 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = match value {
        it if it >= 1000.0 => 0,
        it if it >= 100.0 => 1,
        it if it >= 10.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::human;

    /// As `docker info` of 19.03 wrote them.
    #[test]
    fn sizes_have_four_digits() {
        for (bytes, want) in [
            (65_536, "65.54kB"),
            (10 << 30, "10.74GB"),
            (100 << 30, "107.4GB"),
            (2 << 30, "2.147GB"),
            (0, "0B"),
        ] {
            assert_eq!(human(bytes), want);
        }
    }
}
