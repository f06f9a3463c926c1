//! Images to measure storage drivers with: a large file beside a directory of a hundred small ones, on
//! busybox.

use super::{Image, Layer, others};
use crate::oci::engine::registry::plan::Plan;

/// A hundred files of 1,000 bytes in `data/dir`.
const SMALL: &str = include_str!("small.txt");

/// Names, key, the large file.
const SIZES: [(&[&str], &str, &str); 2] = [
    (&["lab/drivers:64m", "lab/drivers:latest"], "lab-64m", "data/big 67108864"),
    (&["lab/drivers:1g"], "lab-1g", "data/big 1073741824"),
];

const CREATED: &str = "2021-08-01T00:00:00Z";

pub fn images() -> Vec<Image> {
    SIZES.iter().map(|(names, key, large)| image(names, key, large)).collect()
}

fn image(names: &'static [&'static str], key: &'static str, large: &'static str) -> Image {
    let mut image = others::busybox();
    image.names = names;
    image.created = CREATED;
    let plan = Plan::default().with(SMALL).with(large);
    image.layers.push(Layer { key, time: 1_627_776_000, plan });
    image.steps.push((CREATED, "COPY data /data # buildkit".to_owned(), true));
    image
}
