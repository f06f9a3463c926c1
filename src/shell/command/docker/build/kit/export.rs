//! The end of a build: the image.

use super::Kit;
use crate::drivers::files;
use crate::oci::build::fault::Fault;
use crate::oci::build::golang::{KitConfig, go_json};
use crate::oci::config::{History, RootFs};
use crate::oci::engine::{Engine, timestamp};
use crate::oci::human;
use crate::shell::command::ctx::Ctx;

/// The configuration in BuildKit's form.
#[derive(serde::Serialize)]
struct Image<'a> {
    architecture: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    author: &'a str,
    config: KitConfig<'a>,
    created: &'a str,
    history: &'a [History],
    os: &'a str,
    rootfs: RootFs,
}

impl Kit {
    pub(super) fn export(&mut self, ctx: &mut Ctx<'_>, engine: &Engine) -> Result<(), Fault> {
        self.progress.begin(ctx, "exporting to image");
        let begun = ctx.sys.clock();
        self.progress.did(ctx, "exporting layers", begun);
        let now = timestamp(ctx.sys);
        let built = &mut self.stages[self.target];
        for (key, value) in &self.request.labels {
            built.state.config.labels.get_or_insert_default().insert(key.clone(), value.clone());
        }
        let created = dated(&mut built.history, self.epoch, &now);
        let image = Image {
            architecture: "amd64",
            author: &built.state.author,
            config: KitConfig::of(&built.state.config),
            created: &created,
            history: &built.history,
            os: "linux",
            rootfs: RootFs { kind: "layers".to_owned(), diff_ids: built.diff_ids.clone() },
        };
        let raw = go_json(&serde_json::to_string(&image).unwrap_or_default()).into_bytes();
        let begun = ctx.sys.clock();
        let id = engine.put_image(ctx.sys, &raw, None);
        let id = id.map_err(|failure| self.failed(ctx, failure.0))?;
        self.progress.did(ctx, &format!("writing image {id}"), begun);
        for (text, name) in self.request.tags.clone() {
            let begun = ctx.sys.clock();
            let tagged = engine.name_image(ctx.sys, &name, id);
            tagged.map_err(|failure| self.failed(ctx, failure.0))?;
            let full = name.full();
            let named = text.rsplit('/').next().is_some_and(|it| it.contains(':'));
            let shown = if named { full } else { full.trim_end_matches(":latest").to_owned() };
            self.progress.did(ctx, &format!("naming to {shown}"), begun);
        }
        self.progress.done(ctx);
        if let Some(path) = &self.request.iidfile {
            let _ = files::write(ctx.sys, path, id.to_string().as_bytes(), 0o644);
        }
        if self.request.show == super::super::options::Show::Quiet {
            ctx.line(id.to_string());
        }
        self.finish(ctx, engine, Ok(id));
        Ok(())
    }
}

/// Gives every row its time: one without a layer has that of the first new layer, or of the layer
/// before it. The time of the image is that of its last row.
fn dated(history: &mut [History], epoch: Option<i64>, now: &str) -> String {
    if let Some(epoch) = epoch {
        let time = human::rfc3339(epoch, 0);
        for row in history.iter_mut().filter(|it| it.comment == "buildkit.dockerfile.v0") {
            row.created = Some(time.clone());
        }
        return time;
    }
    let mut time: Option<String> = None;
    let mut missing = false;
    for row in history.iter() {
        match &row.created {
            Some(created) => {
                time = Some(created.clone());
                if missing {
                    break;
                }
            }
            None => missing = true,
        }
    }
    missing = false;
    for row in history.iter_mut() {
        match &row.created {
            Some(created) if missing => time = Some(created.clone()),
            Some(_) => {}
            None => {
                missing = true;
                row.created.clone_from(&time);
                if row.created.is_none() {
                    row.created = Some(now.to_owned());
                }
            }
        }
    }
    history.last().and_then(|it| it.created.clone()).unwrap_or_else(|| now.to_owned())
}
