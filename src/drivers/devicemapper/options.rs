//! The options of `storage-opts` that begin with `dm.`.

use crate::drivers::{Answer, Failure};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bytes of every device.
    pub base_size: u64,
    /// Bytes of the sparse files of loop-lvm.
    pub data_size: u64,
    pub meta_size: u64,
    /// Bytes of a block of the pool.
    pub block: u64,
    /// Per cent of the pool that new devices may not take.
    pub min_free_space: u64,
    /// A pool that there is.
    pub pool: Option<String>,
    /// A device that the driver makes a pool of.
    pub disk: Option<String>,
    pub deferred_removal: bool,
    pub deferred_deletion: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            base_size: 10 << 30,
            data_size: 100 << 30,
            meta_size: 2 << 30,
            block: 64 << 10,
            min_free_space: 10,
            pool: None,
            disk: None,
            deferred_removal: false,
            deferred_deletion: false,
        }
    }
}

impl Options {
    /// # Errors
    /// An option that is not known or not simulated, a value that cannot be read.
    pub fn set(&mut self, key: &str, value: &str) -> Answer<()> {
        let bad = || Failure(format!("devmapper: invalid value {value:?} of {key}"));
        match key.to_lowercase().as_str() {
            "dm.basesize" => self.base_size = bytes(value).ok_or_else(bad)?,
            "dm.loopdatasize" => self.data_size = bytes(value).ok_or_else(bad)?,
            "dm.loopmetadatasize" => self.meta_size = bytes(value).ok_or_else(bad)?,
            "dm.blocksize" => {
                self.block =
                    bytes(value).filter(|it| it % 65_536 == 0 && *it > 0).ok_or_else(bad)?;
            }
            "dm.fs" if value == "ext4" => {}
            "dm.fs" => {
                return Err(Failure(format!("devmapper: Unsupported filesystem {value}")));
            }
            "dm.thinpooldev" => {
                let name = value.strip_prefix("/dev/mapper/").unwrap_or(value);
                self.pool = Some(name.to_owned());
            }
            "dm.directlvm_device" => self.disk = Some(value.to_owned()),
            "dm.min_free_space" => {
                let percent = value.strip_suffix('%').and_then(|it| it.parse().ok());
                self.min_free_space = percent.filter(|it| *it < 100).ok_or_else(bad)?;
            }
            "dm.use_deferred_removal" => self.deferred_removal = truth(value).ok_or_else(bad)?,
            "dm.use_deferred_deletion" => {
                self.deferred_deletion = truth(value).ok_or_else(bad)?;
            }
            // They choose between ways that all lead to the same here.
            "dm.mountopt"
            | "dm.mkfsarg"
            | "dm.blkdiscard"
            | "dm.override_udev_sync_check"
            | "dm.libdm_log_level"
            | "dm.directlvm_device_force"
            | "dm.thinp_percent"
            | "dm.thinp_metapercent"
            | "dm.thinp_autoextend_threshold"
            | "dm.thinp_autoextend_percent"
            | "dm.xfs_nospace_max_retries" => {}
            _ => return Err(Failure(format!("devmapper: Unknown option {key}"))),
        }
        Ok(())
    }
}

fn truth(value: &str) -> Option<bool> {
    match value {
        "1" | "t" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// `20G`, `512M`: powers of 1024, as the daemon reads them.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|it: char| !it.is_ascii_digit());
    let shift = match text[digits.len()..].to_ascii_lowercase().trim() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_or_refused() {
        let mut options = Options::default();
        options.set("dm.basesize", "20G").unwrap();
        options.set("dm.min_free_space", "5%").unwrap();
        options.set("dm.thinpooldev", "/dev/mapper/docker-thinpool").unwrap();
        assert_eq!((options.base_size, options.min_free_space), (20 << 30, 5));
        assert_eq!(options.pool.as_deref(), Some("docker-thinpool"));
        for (key, value) in [
            ("dm.basesize", "much"),
            ("dm.fs", "xfs"),
            ("dm.min_free_space", "5"),
            ("dm.nothing", "1"),
        ] {
            assert!(options.set(key, value).is_err(), "{key}={value}");
        }
    }
}
