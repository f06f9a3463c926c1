use super::*;
use std::collections::{BTreeMap, BTreeSet};

const SMALL: Geometry = Geometry {
    unit: 4096,
    units: 4000,
    longest: 64,
    whole: false,
    in_place: false,
    measure: Measure::items(6),
    node: 16384,
};

fn data(pool: &Pool, volume: Volume) -> (u64, u64) {
    let usage = pool.usage(volume, Class::Data).unwrap();
    (usage.total, usage.exclusive)
}

/// containers.md G: a snapshot costs no data, the first byte of a big file one block of 4 KiB; once the file is
/// gone from the snapshot the original has it alone.
#[test]
fn a_snapshot_shares_and_a_write_takes_one_unit() {
    for whole in [false, true] {
        let mut pool = Pool::new(Geometry { whole, ..SMALL });
        let base = pool.create();
        pool.write(Stream::data(base, 257).span(0, 1000)).unwrap();
        let snap = pool.snapshot(base).unwrap();
        assert_eq!(
            (pool.used(), data(&pool, base), data(&pool, snap)),
            (1000, (1000, 0), (1000, 0))
        );
        pool.write(Stream::data(snap, 257).span(500, 1)).unwrap();
        assert_eq!(pool.used(), 1001);
        assert_eq!(data(&pool, snap), (1000, 1));
        let runs = pool.runs(Stream::data(snap, 257).between(0, 1000)).unwrap();
        let own: Vec<_> = runs.iter().filter(|it| !it.shared).map(|it| (it.at, it.len)).collect();
        assert_eq!(own, [(500, 1)]);
        pool.remove(snap, 257).unwrap();
        assert_eq!(
            (pool.used(), data(&pool, base), data(&pool, snap)),
            (1000, (1000, 1000), (0, 0))
        );
        pool.delete(base);
        assert_eq!(pool.used(), 0);
    }
}

/// Btrfs keeps an extent while a part of it is in use; the others do not.
#[test]
fn what_was_written_at_once_may_stay_whole() {
    for (whole, used) in [(true, 11), (false, 10)] {
        let mut pool = Pool::new(Geometry { whole, ..SMALL });
        let base = pool.create();
        pool.write(Stream::data(base, 1).span(0, 10)).unwrap();
        pool.write(Stream::data(base, 1).span(4, 1)).unwrap();
        assert_eq!((pool.used(), data(&pool, base)), (used, (10, 10)));
        pool.write(Stream::data(base, 1).span(0, 10)).unwrap();
        assert_eq!(pool.used(), 10);
    }
}

#[test]
fn a_thin_pool_writes_its_own_in_place() {
    let mut pool = Pool::new(Geometry { in_place: true, ..SMALL });
    let base = pool.create();
    pool.write(Stream::data(base, 0).span(0, 8)).unwrap();
    pool.write(Stream::data(base, 0).span(2, 8)).unwrap();
    assert_eq!(pool.spent().allocated, 10);
    let snap = pool.snapshot(base).unwrap();
    pool.write(Stream::data(base, 0).span(0, 2)).unwrap();
    pool.write(Stream::data(base, 0).span(1, 3)).unwrap();
    assert_eq!(
        (pool.spent().allocated, data(&pool, base), data(&pool, snap)),
        (14, (10, 4), (10, 4))
    );
}

#[test]
fn a_full_pool_says_so_and_changes_nothing() {
    let mut pool = Pool::new(Geometry { units: 10, ..SMALL });
    let base = pool.create();
    pool.write(Stream::data(base, 1).span(0, 8)).unwrap();
    assert_eq!(pool.write(Stream::data(base, 1).span(0, 3)), Err(Errno::ENOSPC));
    assert_eq!((pool.used(), data(&pool, base)), (8, (8, 8)));
    pool.write(Stream::data(base, 1).span(0, 2)).unwrap();
    assert_eq!(pool.free(), 2);
}

/// Random edits of several trees against the plainest model: a map of places, and sets of who has what.
#[test]
fn edits_agree_with_a_plain_model() {
    type Model = BTreeMap<Volume, BTreeMap<(u64, u64), u64>>;
    for (seed, in_place) in [(7u64, false), (8, true), (9, false)] {
        let mut pool = Pool::new(Geometry {
            in_place,
            measure: Measure::items(4 + seed as usize % 3),
            ..SMALL
        });
        let (mut model, mut fresh) = (Model::new(), 0u64);
        model.insert(pool.create(), BTreeMap::new());
        let mut word = seed;
        for step in 0..500 {
            word = word
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let roll = |at: u32, most: u64| (word >> at) % most;
            let volume = *model.keys().nth(roll(10, model.len() as u64) as usize).unwrap();
            let (object, at, len) = (roll(20, 4), roll(24, 40), 1 + roll(34, 12));
            match roll(40, 20) {
                0 if model.len() < 6 => {
                    let tree = model[&volume].clone();
                    model.insert(pool.snapshot(volume).unwrap(), tree);
                }
                1 if model.len() > 1 => {
                    model.remove(&volume);
                    pool.delete(volume);
                }
                2 => {
                    pool.remove(volume, object).unwrap();
                    model.get_mut(&volume).unwrap().retain(|key, _| key.0 != object);
                }
                3..=6 => {
                    pool.discard(Stream::data(volume, object).span(at, len)).unwrap();
                    let gone = (object, at)..(object, at + len);
                    model.get_mut(&volume).unwrap().retain(|key, _| !gone.contains(key));
                }
                7 => {
                    let from = Stream::data(volume, object).span(at, len);
                    pool.share(from, Stream::data(volume, object ^ 1), at / 2).unwrap();
                    let tree = model.get_mut(&volume).unwrap();
                    for n in 0..len {
                        let (from, to) = ((object, at + n), (object ^ 1, at / 2 + n));
                        match tree.get(&from).copied() {
                            Some(unit) => tree.insert(to, unit),
                            None => tree.remove(&to),
                        };
                    }
                }
                _ => {
                    pool.touch(volume, object, 0, 1).unwrap();
                    pool.write(Stream::data(volume, object).span(at, len)).unwrap();
                    for n in at..at + len {
                        let key = (object, n);
                        let old = model[&volume].get(&key).copied();
                        let alone = old.is_some_and(|old| {
                            model
                                .values()
                                .flat_map(|it| it.values())
                                .filter(|it| **it == old)
                                .count()
                                == 1
                        });
                        if !(in_place && alone) {
                            fresh += 1;
                            model.get_mut(&volume).unwrap().insert(key, fresh);
                        }
                    }
                }
            }
            if step % 5 == 0 {
                agrees(&pool, &model, step);
            }
        }
    }
}

fn agrees(pool: &Pool, model: &BTreeMap<Volume, BTreeMap<(u64, u64), u64>>, step: u32) {
    let mut refs: BTreeMap<u64, u32> = BTreeMap::new();
    model.values().flat_map(|it| it.values()).for_each(|it| *refs.entry(*it).or_default() += 1);
    assert_eq!(pool.used(), refs.len() as u64, "step {step}");
    let mut places: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for (volume, tree) in model {
        let own = tree.values().filter(|it| refs[it] == 1).count() as u64;
        assert_eq!(data(pool, *volume), (tree.len() as u64, own), "step {step}");
        for object in 0..4 {
            let mut seen = BTreeMap::new();
            for run in pool.runs(Stream::data(*volume, object).all()).unwrap() {
                for n in 0..run.len {
                    let unit = tree[&(object, run.at + n)];
                    seen.insert((object, run.at + n), unit);
                    places.entry(unit).or_default().insert(run.start + n);
                    assert_eq!(run.shared, refs[&unit] > 1, "step {step}");
                }
            }
            let want: BTreeMap<_, _> = tree
                .iter()
                .filter(|it| it.0.0 == object)
                .map(|(key, unit)| (*key, *unit))
                .collect();
            assert_eq!(seen, want, "step {step}");
        }
    }
    // One unit of the model is one unit of the device.
    assert!(places.values().all(|it| it.len() == 1), "step {step}");
}
