//! The scenarios that every page of Layerglass has, by id.

const ALL: &[&str] = &[
    include_str!("../../../../static/scenarios/lab/00-image-container-delete.yaml"),
    include_str!("../../../../static/scenarios/lab/01-the-lab.yaml"),
    include_str!("../../../../static/scenarios/track-a/01-one-view.yaml"),
    include_str!("../../../../static/scenarios/track-a/02-copy-up.yaml"),
    include_str!("../../../../static/scenarios/track-a/03-whiteout.yaml"),
    include_str!("../../../../static/scenarios/track-a/04-many-lowers.yaml"),
    include_str!("../../../../static/scenarios/track-a/05-opaque.yaml"),
    include_str!("../../../../static/scenarios/track-a/06-rules-of-the-house.yaml"),
    include_str!("../../../../static/scenarios/track-b/01-image-is-layers.yaml"),
    include_str!("../../../../static/scenarios/track-b/02-the-hunt-for-nginx.yaml"),
    include_str!("../../../../static/scenarios/track-b/03-start-a-container.yaml"),
    include_str!("../../../../static/scenarios/track-b/04-docker-diff.yaml"),
    include_str!("../../../../static/scenarios/track-b/05-two-containers.yaml"),
    include_str!("../../../../static/scenarios/track-b/06-stop-rm-volume.yaml"),
    include_str!("../../../../static/scenarios/track-b/07-commit-and-roll-back.yaml"),
    include_str!("../../../../static/scenarios/track-b/08-push-and-pull.yaml"),
    include_str!("../../../../static/scenarios/track-b/09-a-layer-is-a-tar.yaml"),
    include_str!("../../../../static/scenarios/track-c/01-the-build-cache.yaml"),
    include_str!("../../../../static/scenarios/track-c/02-rm-does-not-shrink.yaml"),
    include_str!("../../../../static/scenarios/track-c/03-chown-doubles.yaml"),
    include_str!("../../../../static/scenarios/track-c/04-secrets-stay.yaml"),
    include_str!("../../../../static/scenarios/track-c/05-multi-stage.yaml"),
    include_str!("../../../../static/scenarios/track-d/01-a-rename-that-copies.yaml"),
    include_str!("../../../../static/scenarios/track-d/02-inodes-links-and-open-files.yaml"),
    include_str!("../../../../static/scenarios/track-d/03-metadata-and-data-apart.yaml"),
    include_str!("../../../../static/scenarios/track-d/04-three-faults.yaml"),
    include_str!("../../../../static/scenarios/track-e/01-aufs-then-and-now.yaml"),
    include_str!("../../../../static/scenarios/track-e/02-btrfs-shares-extents.yaml"),
    include_str!("../../../../static/scenarios/track-e/03-zfs-clones.yaml"),
    include_str!("../../../../static/scenarios/track-e/04-a-pool-of-blocks.yaml"),
    include_str!("../../../../static/scenarios/track-e/05-copies-of-everything.yaml"),
    include_str!("../../../../static/scenarios/track-e/06-why-overlay2-won.yaml"),
];

/// The text of one, or what is said of an id that there is not.
pub fn text(id: &str) -> Result<&'static str, String> {
    let ids = ALL.iter().map(|it| id_of(it));
    ALL.iter().copied().find(|it| id_of(it) == id).ok_or_else(|| {
        format!("no built-in scenario `{id}`; there are {}", ids.collect::<Vec<_>>().join(", "))
    })
}

fn id_of(text: &str) -> &str {
    text.lines().find_map(|it| it.strip_prefix("id:")).unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_the_folder_are_listed() {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("static/scenarios");
        let tracks = std::fs::read_dir(dir).expect("the scenarios");
        let files =
            tracks.flat_map(|it| std::fs::read_dir(it.expect("a track").path()).expect("a track"));
        assert_eq!(files.count(), ALL.len());
        assert!(ALL.iter().all(|it| text(id_of(it)).is_ok_and(|found| found == *it)));
        assert!(text("nowhere").is_err_and(|why| why.contains("whiteout")));
    }
}
