//! The cache of the classic builder: images that were made of the same image in the same way.

use super::*;

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
        let reason = if self.request.no_cache {
            "--no-cache was given".to_owned()
        } else if self.missed {
            "a step before it was built anew".to_owned()
        } else {
            match find_child(ctx, engine, parent, probe) {
                Ok(image) => {
                    self.say(ctx, " ---> Using cache");
                    self.image = Some(image);
                    self.say_id(ctx);
                    self.told.push(Told { step, cached: true, reason: String::new() });
                    return Ok(true);
                }
                Err(reason) => reason,
            }
        };
        self.missed = true;
        if self.request.explain {
            self.say(ctx, &format!(" ---> layerglass: not cached: {reason}"));
        }
        self.told.push(Told { step, cached: false, reason });
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
) -> Result<Local, String> {
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
        None if parent.is_none() => "nothing was built from scratch in this way before".to_owned(),
        None => "nothing was built on this image before".to_owned(),
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

fn difference(old: &RunConfig, new: &RunConfig) -> String {
    let text = |it: &RunConfig| it.cmd.clone().unwrap_or_default().join(" ");
    let (was, is) = (text(old), text(new));
    if was == is {
        return "the configuration of the image differs: environment, labels, ports or user"
            .to_owned();
    }
    let copies = |text: &str| text.contains("#(nop) COPY ") || text.contains("#(nop) ADD ");
    let place = |text: &str| text.rsplit(" in ").next().unwrap_or_default().to_owned();
    if copies(&was) && copies(&is) && place(&was) == place(&is) {
        return "the digest of the files that it copies is another one".to_owned();
    }
    let body = |text: &str| text.split_once("/bin/sh").map_or(String::new(), |it| it.1.to_owned());
    if (was.starts_with('|') || is.starts_with('|')) && body(&was) == body(&is) {
        let args = |text: &str| text.split("/bin/sh").next().unwrap_or_default().trim().to_owned();
        return format!("arguments were `{}` and are `{}`", args(&was), args(&is));
    }
    format!("the instruction is new here: it was `{was}`")
}
