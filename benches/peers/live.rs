//! The same rows on the kernel that runs here, on tmpfs in a mount namespace of our own.

use super::{Criterion, ROWS, Rig, Shape, listings, measure};
use layerglass::kernel::{LiveSys, Space};
use layerglass::sys::{Sys, ms};

struct Live {
    sys: LiveSys,
    shape: Shape,
    lab: Vec<u8>,
}

impl Rig for Live {
    fn sys<R>(&mut self, f: impl FnOnce(&mut dyn Sys) -> R) -> R {
        f(&mut self.sys)
    }

    fn reset(&mut self) {
        self.sys.chdir(&self.lab).expect("the lab is there");
        self.sys.umount(b"m", ms::UMOUNT_DETACH).expect("mounted");
        for name in ["u", "w"] {
            let path = std::path::PathBuf::from(String::from_utf8_lossy(&self.lab).into_owned());
            let _ = std::fs::remove_dir_all(path.join(name));
        }
        self.shape.mount(&mut self.sys);
    }
}

/// Medians by row; `None` (with the reason printed) where overlays cannot be mounted.
pub fn rows(c: &mut Criterion, shape: Shape) -> Option<Vec<(&'static str, f64)>> {
    let space = match Space::enter(false) {
        Ok(space) => space,
        Err(why) => {
            println!("the kernel is left out: {why}");
            return None;
        }
    };
    let mut sys = LiveSys::new();
    let lab = space.dir.to_string_lossy().into_owned().into_bytes();
    sys.mount(b"tmpfs", &lab, b"tmpfs", 0, b"size=80%,nr_inodes=0").ok()?;
    shape.build(&mut sys, &lab);
    let mut live = Live { sys, shape, lab };
    let mut all: Vec<(&'static str, f64)> = ROWS
        .iter()
        .map(|row| (row.name, measure(c, &format!("kernel/{}", row.name), &mut live, shape, row)))
        .collect();
    all.extend(listings(c, "kernel", &mut live).into_iter().map(|it| (it.0, it.1)));
    Some(all)
}
