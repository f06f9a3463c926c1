//! The device mapper's tables: what a mapped device consists of, and how that is written.
//!
//! A line of a table is `START LENGTH TARGET ARGUMENTS`, in sectors. Known are the targets that thin pools
//! and volumes need: `linear`, `thin-pool`, `thin`, `zero` and `error`.

use crate::errno::Errno;
use crate::pool::thin::Features;
use crate::types::{Dev, Result};

/// Major number of mapped devices.
pub const MAJOR: u32 = 253;
/// The targets with their versions, as `dmsetup targets` lists them on Linux 6.
pub const TARGETS: &[(&str, &str)] = &[
    ("thin", "v1.23.0"),
    ("thin-pool", "v1.23.0"),
    ("zero", "v1.2.0"),
    ("linear", "v1.4.0"),
    ("error", "v1.7.0"),
];

/// What a part of a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Linear { on: Dev, offset: u64 },
    Pool { meta: Dev, data: Dev, block: u64, low_water: u64, features: Features },
    Thin { pool: Dev, id: u32 },
    Zero,
    Error,
}

/// A line of a table, in sectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub start: u64,
    pub len: u64,
    pub kind: Kind,
}

impl Target {
    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Linear { .. } => "linear",
            Kind::Pool { .. } => "thin-pool",
            Kind::Thin { .. } => "thin",
            Kind::Zero => "zero",
            Kind::Error => "error",
        }
    }

    /// Devices that it stands on.
    pub fn below(&self) -> Vec<Dev> {
        match self.kind {
            Kind::Linear { on, .. } => vec![on],
            Kind::Pool { meta, data, .. } => vec![meta, data],
            Kind::Thin { pool, .. } => vec![pool],
            Kind::Zero | Kind::Error => Vec::new(),
        }
    }

    /// The line as `dmsetup table` shows it.
    pub fn line(&self) -> String {
        let dev = |it: Dev| format!("{}:{}", it.major, it.minor);
        let arguments = match self.kind {
            Kind::Linear { on, offset } => format!(" {} {offset}", dev(on)),
            Kind::Pool { meta, data, block, low_water, features } => {
                let words = words(features);
                let list: String = words.iter().map(|it| format!(" {it}")).collect();
                format!(" {} {} {block} {low_water} {}{list}", dev(meta), dev(data), words.len())
            }
            Kind::Thin { pool, id } => format!(" {} {id}", dev(pool)),
            Kind::Zero | Kind::Error => String::new(),
        };
        format!("{} {} {}{arguments}", self.start, self.len, self.name())
    }

    /// Reads a line; `device` finds the number of a device by its path or its `MAJOR:MINOR`.
    ///
    /// # Errors
    /// `EINVAL` for a target that is not known or has other arguments; those of `device`.
    pub fn read(line: &str, mut device: impl FnMut(&str) -> Result<Dev>) -> Result<Target> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [start, len, name, rest @ ..] = &words[..] else { return Err(Errno::EINVAL) };
        let (start, len) = (number(start)?, number(len)?);
        let kind = match (*name, rest) {
            ("linear", [on, offset]) => Kind::Linear { on: device(on)?, offset: number(offset)? },
            ("thin", [pool, id]) => {
                let id = number(id)?.try_into().map_err(|_| Errno::EINVAL)?;
                Kind::Thin { pool: device(pool)?, id }
            }
            ("thin-pool", [meta, data, block, low_water, rest @ ..]) => {
                let block = number(block)?;
                // Between 64 KiB and 1 GiB, in steps of 64 KiB (dm-thin.c).
                if !(128..=2_097_152).contains(&block) || block % 128 != 0 {
                    return Err(Errno::EINVAL);
                }
                Kind::Pool {
                    meta: device(meta)?,
                    data: device(data)?,
                    block,
                    low_water: number(low_water)?,
                    features: features(rest)?,
                }
            }
            ("zero", []) => Kind::Zero,
            ("error", []) => Kind::Error,
            _ => return Err(Errno::EINVAL),
        };
        if len == 0 { Err(Errno::EINVAL) } else { Ok(Target { start, len, kind }) }
    }
}

fn number(text: &str) -> Result<u64> {
    text.parse().map_err(|_| Errno::EINVAL)
}

fn features(list: &[&str]) -> Result<Features> {
    let mut found = Features::default();
    let words = match list {
        [] => &[][..],
        [count, words @ ..] if number(count)? == words.len() as u64 => words,
        _ => return Err(Errno::EINVAL),
    };
    for word in words {
        let flag = match *word {
            "skip_block_zeroing" => &mut found.skip_block_zeroing,
            "ignore_discard" => &mut found.ignore_discard,
            "no_discard_passdown" => &mut found.no_discard_passdown,
            "read_only" => &mut found.read_only,
            "error_if_no_space" => &mut found.error_if_no_space,
            _ => return Err(Errno::EINVAL),
        };
        *flag = true;
    }
    Ok(found)
}

fn words(features: Features) -> Vec<&'static str> {
    let all = [
        (features.skip_block_zeroing, "skip_block_zeroing"),
        (features.ignore_discard, "ignore_discard"),
        (features.no_discard_passdown, "no_discard_passdown"),
        (features.read_only, "read_only"),
        (features.error_if_no_space, "error_if_no_space"),
    ];
    all.into_iter().filter(|it| it.0).map(|it| it.1).collect()
}

/// A mapped device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    pub uuid: String,
    /// The table in force; none before the first `resume`.
    pub live: Vec<Target>,
    /// The table that `resume` puts in force.
    pub loaded: Option<Vec<Target>>,
    pub suspended: bool,
    /// The pool that its table makes of it.
    pub pool: Option<u32>,
}

/// What dmsetup asks: the ioctls of `/dev/mapper/control`.
#[derive(Clone, Copy, Debug)]
pub enum Request<'a> {
    /// `DM_DEV_CREATE`.
    Create {
        name: &'a str,
        uuid: &'a str,
    },
    /// `DM_TABLE_LOAD`: lines of a table.
    Load {
        name: &'a str,
        table: &'a str,
    },
    /// `DM_DEV_SUSPEND` with and without its flag.
    Suspend {
        name: &'a str,
    },
    Resume {
        name: &'a str,
    },
    /// `DM_DEV_REMOVE`.
    Remove {
        name: &'a str,
    },
    /// `DM_TARGET_MSG`: the answer is text, mostly none.
    Message {
        name: &'a str,
        text: &'a str,
    },
    /// `DM_TABLE_STATUS`: a line for each target.
    Status {
        name: &'a str,
    },
    /// How many hold the device open: mounts, and devices that stand on it.
    Opened {
        name: &'a str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_and_shown() {
        let device = |text: &str| match text {
            "7:0" => Ok(Dev::new(7, 0)),
            "7:1" => Ok(Dev::new(7, 1)),
            _ => Err(Errno::ENODEV),
        };
        for line in [
            "0 2097152 thin-pool 7:1 7:0 128 1024 1 skip_block_zeroing",
            "0 2097152 thin-pool 7:1 7:0 128 0 0",
            "0 6291456 thin 7:0 3",
            "0 100 linear 7:0 2048",
            "0 1 error",
        ] {
            assert_eq!(Target::read(line, device).unwrap().line(), line);
        }
        for (line, errno) in [
            ("0 100 linear 7:9 0", Errno::ENODEV),
            ("0 100 striped 2 64 7:0 0 7:1 0", Errno::EINVAL),
            ("0 100 thin-pool 7:1 7:0 100 0", Errno::EINVAL),
            ("0 100 thin-pool 7:1 7:0 128 0 1 nothing", Errno::EINVAL),
            ("0 0 zero", Errno::EINVAL),
            ("", Errno::EINVAL),
        ] {
            assert_eq!(Target::read(line, device), Err(errno), "{line}");
        }
    }
}
