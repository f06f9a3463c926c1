//! The graph: a forest of layers from the left, each image to the right of its top layer, containers
//! to the right of their images. Only rows and columns; how large they are is the screen's matter.

use super::{Docker, Spot};

/// Gives everything its place. A layer stands in the row of the first image above it, so that the
/// first chain is a straight line and others branch off downwards.
pub fn lay_out(docker: &mut Docker) {
    let mut columns = vec![0; docker.layers.len()];
    for at in 0..docker.layers.len() {
        columns[at] = docker.layers[at].parent.map_or(0, |parent| columns[parent] + 1);
    }
    let images_at = columns.iter().map(|it| it + 1).max().unwrap_or(0);
    let mut rows: Vec<Option<usize>> = vec![None; docker.layers.len()];
    let mut row = 0;
    for number in in_order(docker) {
        let image = &mut docker.images[number];
        image.spot = Spot { column: images_at, row };
        for &layer in &image.layers {
            rows[layer].get_or_insert(row);
        }
        for (n, &at) in image.containers.iter().enumerate() {
            docker.containers[at].spot = Spot { column: images_at + 1, row: row + n };
        }
        row += image.containers.len().max(1);
    }
    for container in docker.containers.iter_mut().filter(|it| it.image.is_none()) {
        container.spot = Spot { column: images_at + 1, row };
        row += 1;
    }
    for (at, layer) in docker.layers.iter_mut().enumerate() {
        // A layer that no image has is left over; it gets a row of its own.
        let own = *rows[at].get_or_insert_with(|| {
            row += 1;
            row - 1
        });
        layer.spot = Spot { column: columns[at], row: own };
    }
    (docker.rows, docker.columns) = (row, images_at + 2);
}

/// Images so that those with common layers are neighbours: by their chains, as words are sorted by
/// letters; a layer counts as early as it was met.
fn in_order(docker: &Docker) -> Vec<usize> {
    let mut order: Vec<usize> = (0..docker.images.len()).collect();
    order.sort_by(|a, b| docker.images[*a].layers.cmp(&docker.images[*b].layers));
    order
}
