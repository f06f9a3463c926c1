//! The same rows on the kernel that runs here, on tmpfs in a mount namespace of our own.

use crate::measure::{Rig, measure};
use crate::rows::{ROWS, listings};
use crate::shape::Shape;
use layerglass::kernel::{LiveSys, Space};
use layerglass::sys::Sys;

struct Live {
    sys: LiveSys,
    shape: Shape,
    lab: Vec<u8>,
}

impl Rig for Live {
    fn with(&mut self, f: &mut dyn FnMut(&mut dyn Sys)) {
        f(&mut self.sys);
    }

    fn reset(&mut self) {
        self.shape.remount(&mut self.sys, &self.lab);
    }
}

/// Nanoseconds by row.
///
/// # Errors
/// Why overlays cannot be mounted here.
pub fn rows(shape: Shape, batches: usize) -> Result<Vec<(&'static str, f64)>, String> {
    let space = Space::enter(false)?;
    let mut sys = LiveSys::new();
    let lab = space.dir.to_string_lossy().into_owned().into_bytes();
    let data = b"size=80%,nr_inodes=0";
    sys.mount(b"tmpfs", &lab, b"tmpfs", 0, data).map_err(|it| format!("no tmpfs: {it:?}"))?;
    shape.build(&mut sys, &lab);
    let mut live = Live { sys, shape, lab };
    let mut all: Vec<(&'static str, f64)> =
        ROWS.iter().map(|row| (row.name, measure(&mut live, shape, row, batches))).collect();
    all.extend(listings(&mut live).into_iter().map(|it| (it.0, it.1)));
    Ok(all)
}
