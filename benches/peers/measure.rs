//! How it is measured: processor time of this thread, of a batch of operations at once, the median
//! of several batches.

use crate::rows::Row;
use crate::shape::Shape;
use layerglass::sys::Sys;
use rustix::time::{ClockId, clock_gettime};

/// A union ready to be measured, in either world.
pub trait Rig {
    fn with(&mut self, f: &mut dyn FnMut(&mut dyn Sys));
    /// Back to a freshly mounted union with nothing remembered.
    fn reset(&mut self);
}

/// Processor time of this thread that `f` takes, the kernel's part of it included.
pub fn nanos(f: impl FnOnce()) -> f64 {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
    };
    let start = now();
    f();
    now() - start
}

pub fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Median nanoseconds of one operation.
pub fn measure(rig: &mut dyn Rig, shape: Shape, row: &Row, batches: usize) -> f64 {
    let limit = row.limit.min(shape.files);
    let batch = row.batch.min(limit);
    let mut next = limit;
    let mut samples = Vec::new();
    for _ in 0..batches {
        let fresh = next + batch > limit;
        if fresh {
            rig.reset();
            next = 0;
        }
        let paths: Vec<Vec<u8>> =
            (next..next + batch).map(|n| (row.path)(shape, n).into_bytes()).collect();
        rig.with(&mut |sys| {
            if fresh {
                (row.warm)(sys, shape);
            }
            (next..next + batch).for_each(|n| (row.prepare)(sys, shape, n));
            let all = paths.iter().zip(next..);
            let spent = nanos(|| all.for_each(|(path, n)| (row.run)(sys, path, n)));
            samples.push(spent / batch as f64);
        });
        next += batch;
    }
    median(samples)
}
