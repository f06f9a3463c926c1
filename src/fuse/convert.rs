//! Words of the engine as words of `fuser`, and back.

use crate::errno::Errno;
use crate::types::{Attr, Dev, FileType, SetTime, Timespec};
use fuser::{FileAttr, INodeNo, TimeOrNow};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub fn errno(err: Errno) -> fuser::Errno {
    fuser::Errno::from_i32(err.number())
}

pub fn file_type(kind: FileType) -> fuser::FileType {
    match kind {
        FileType::Fifo => fuser::FileType::NamedPipe,
        FileType::Chr => fuser::FileType::CharDevice,
        FileType::Dir => fuser::FileType::Directory,
        FileType::Blk => fuser::FileType::BlockDevice,
        FileType::Reg => fuser::FileType::RegularFile,
        FileType::Symlink => fuser::FileType::Symlink,
        FileType::Sock => fuser::FileType::Socket,
    }
}

/// `number` is the inode number to show.
pub fn attr(attr: &Attr, number: u64) -> FileAttr {
    FileAttr {
        ino: INodeNo(number),
        size: attr.size,
        blocks: attr.blocks,
        atime: system_time(attr.atime),
        mtime: system_time(attr.mtime),
        ctime: system_time(attr.ctime),
        crtime: system_time(attr.btime),
        kind: file_type(attr.kind),
        perm: attr.mode.0,
        nlink: attr.nlink,
        uid: attr.uid,
        gid: attr.gid,
        rdev: device_number(attr.rdev),
        blksize: attr.blksize,
        flags: 0,
    }
}

pub fn system_time(time: Timespec) -> SystemTime {
    let nanos = Duration::from_nanos(u64::from(time.nsec));
    let secs = Duration::from_secs(time.sec.unsigned_abs());
    let whole =
        if time.sec >= 0 { UNIX_EPOCH.checked_add(secs) } else { UNIX_EPOCH.checked_sub(secs) };
    whole.and_then(|it| it.checked_add(nanos)).unwrap_or(UNIX_EPOCH)
}

/// `fuser` 0.18 subtracts the nanoseconds of a time before 1970 instead of adding them: this takes
/// them out again.
pub fn set_time(time: TimeOrNow) -> SetTime {
    let time = match time {
        TimeOrNow::Now => return SetTime::Now,
        TimeOrNow::SpecificTime(time) => time,
    };
    SetTime::To(match time.duration_since(UNIX_EPOCH) {
        Ok(past) => Timespec::new(past.as_secs() as i64, past.subsec_nanos()),
        Err(before) => {
            let before = before.duration();
            Timespec::new(-(before.as_secs() as i64), before.subsec_nanos())
        }
    })
}

/// The present time of the real system.
pub fn now() -> Timespec {
    let past = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timespec::new(past.as_secs() as i64, past.subsec_nanos())
}

/// A device in the 32 bits of the protocol: 12 for the major number, 20 for the minor.
pub fn device_number(dev: Dev) -> u32 {
    dev.minor & 0xff | dev.major << 8 | (dev.minor & !0xff) << 12
}

pub fn device(number: u32) -> Dev {
    Dev::new(number >> 8 & 0xfff, number & 0xff | number >> 12 & 0xf_ff00)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_survive() {
        for dev in [Dev::new(0, 0), Dev::new(8, 1), Dev::new(4095, 0xf_ffff), Dev::new(259, 300)] {
            assert_eq!(device(device_number(dev)), dev);
        }
        assert_eq!(device_number(Dev::new(8, 1)), 0x801);
    }

    #[test]
    fn times_before_1970() {
        let time = Timespec::new(-2, 800_000_000);
        let real = UNIX_EPOCH - Duration::from_millis(1200);
        assert_eq!(system_time(time), real);
        // As fuser hands it over.
        let odd = UNIX_EPOCH - Duration::new(2, 800_000_000);
        assert_eq!(set_time(TimeOrNow::SpecificTime(odd)), SetTime::To(time));
    }
}
