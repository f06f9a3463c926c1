//! The cache of the classic builder: images that were made of the same image in the same way.

use super::*;
use crate::survey::Miss;

impl Classic {
    /// Takes an image from the cache, if one was made of the present one in the same way.
    pub(super) fn hit(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        todo: &Todo,
        probe: &RunConfig,
    ) -> Made<bool> {
        let parent = self.image.as_ref().map(|it| it.id);
        let step = todo.instruction.original.clone();
        let miss = if self.request.no_cache {
            Miss::NoCache
        } else if self.missed {
            Miss::Before
        } else {
            match find_child(ctx, engine, parent, probe) {
                Ok(image) => {
                    self.say(ctx, " ---> Using cache");
                    let made = image.config.history.last().is_some_and(|it| !it.empty_layer);
                    let layer = image.chains().last().copied().filter(|_| made);
                    self.image = Some(image);
                    self.say_id(ctx);
                    self.told.push(Told { step, miss: None, layer });
                    return Ok(true);
                }
                Err(miss) => miss,
            }
        };
        self.missed = true;
        if self.request.explain {
            self.say(ctx, &format!(" ---> layerglass: not cached: {miss}"));
        }
        self.told.push(Told { step, miss: Some(miss), layer: None });
        Ok(false)
    }
}

/// The image that was made of `parent` by a container of this configuration: the newest. Or why there
/// is none.
fn find_child(
    ctx: &mut Ctx<'_>,
    engine: &Engine,
    parent: Option<Digest>,
    probe: &RunConfig,
) -> Result<Local, Miss> {
    let wanted = parent.map(|it| it.to_string());
    let mut best: Option<Local> = None;
    let mut near: Option<RunConfig> = None;
    for image in engine.images(ctx.sys) {
        let Some(config) = &image.config.container_config else { continue };
        if engine.image_metadata(ctx.sys, image.id, "parent") != wanted {
            continue;
        }
        if same(config, probe) {
            let newer = best.as_ref().is_none_or(|it| it.config.created < image.config.created);
            if newer {
                best = Some(image);
            }
        } else if near.as_ref().is_none_or(|it| alike(it, probe) < alike(config, probe)) {
            near = Some(config.clone());
        }
    }
    best.ok_or_else(|| match near {
        None if parent.is_none() => Miss::UnknownFromScratch,
        None => Miss::UnknownOnImage,
        Some(config) => difference(&config, probe),
    })
}

/// How many leading letters two commands share.
fn alike(config: &RunConfig, probe: &RunConfig) -> usize {
    let text = |it: &RunConfig| it.cmd.clone().unwrap_or_default().join(" ");
    text(config).chars().zip(text(probe).chars()).take_while(|(a, b)| a == b).count()
}

/// What the classic cache compares.
fn same(a: &RunConfig, b: &RunConfig) -> bool {
    let keys = |it: &Option<crate::oci::config::Keys>| it.clone().unwrap_or_default();
    a.user == b.user
        && a.cmd == b.cmd
        && a.env.clone().unwrap_or_default() == b.env.clone().unwrap_or_default()
        && a.labels.clone().unwrap_or_default() == b.labels.clone().unwrap_or_default()
        && keys(&a.exposed_ports) == keys(&b.exposed_ports)
        && keys(&a.volumes) == keys(&b.volumes)
        && a.entrypoint.clone().unwrap_or_default() == b.entrypoint.clone().unwrap_or_default()
        && a.tty == b.tty
}

fn difference(old: &RunConfig, new: &RunConfig) -> Miss {
    let text = |it: &RunConfig| it.cmd.clone().unwrap_or_default().join(" ");
    let (was, is) = (text(old), text(new));
    if was == is {
        return Miss::Configuration;
    }
    let copies = |text: &str| text.contains("#(nop) COPY ") || text.contains("#(nop) ADD ");
    let place = |text: &str| text.rsplit(" in ").next().unwrap_or_default().to_owned();
    if copies(&was) && copies(&is) && place(&was) == place(&is) {
        return Miss::Files { changes: Vec::new(), more: 0 };
    }
    let body = |text: &str| text.split_once("/bin/sh").map_or(String::new(), |it| it.1.to_owned());
    if (was.starts_with('|') || is.starts_with('|')) && body(&was) == body(&is) {
        let args = |text: &str| text.split("/bin/sh").next().unwrap_or_default().trim().to_owned();
        return Miss::Arguments { was: args(&was), is: args(&is) };
    }
    Miss::Instruction { was }
}
