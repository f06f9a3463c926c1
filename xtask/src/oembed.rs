//! A page of its own for each built-in scenario, which services that make previews can read (oEmbed 1.0, Open
//! Graph), and the JSON that it points at.
//!
//! Both need the address of the site (`cargo xtask dist --site URL`); without one they say nothing that would
//! be wrong elsewhere: addresses are relative to the file.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::embed::quote;
use crate::repo;
use crate::semantics::escaped;

/// The variable that carries the address from `dist` to the step of Trunk.
pub const SITE: &str = "LAYERGLASS_SITE";
/// Of an embedded frame, in CSS pixels.
const WIDTH: u32 = 860;
const HEIGHT: u32 = 480;

/// What a scenario says of itself, in both languages.
struct About {
    id: String,
    title: [String; 2],
    summary: [String; 2],
}

/// The address, checked: with a scheme, without a query, with a slash at its end.
///
/// # Errors
/// What is wrong with it.
pub fn address(site: &str) -> Result<String> {
    let plain = site.starts_with("https://") || site.starts_with("http://");
    ensure!(
        plain && !site.contains(['?', '#', '"', '<', ' ']),
        "--site takes an address such as https://example.org/layers/, not {site}"
    );
    Ok(format!("{}/", site.trim_end_matches('/')))
}

/// Writes `scenarios/ID.html` and `scenarios/ID.oembed.json`.
pub fn write(dir: &Path) -> Result<()> {
    let site = std::env::var(SITE).ok().map(|it| address(&it)).transpose()?;
    let base = site.as_deref().unwrap_or("../");
    for path in repo::files_below(&repo::root().join("static/scenarios"), &["yaml"])? {
        let text = std::fs::read_to_string(&path)?;
        let about = about(&text).with_context(|| format!("{}", path.display()))?;
        let out = dir.join("scenarios");
        std::fs::write(out.join(format!("{}.oembed.json", about.id)), json(&about, base))?;
        std::fs::write(out.join(format!("{}.html", about.id)), page(&about, base))?;
    }
    Ok(())
}

fn about(text: &str) -> Result<About> {
    let id =
        text.lines().find_map(|it| it.strip_prefix("id: ")).context("no id")?.trim().to_owned();
    let title = both(text, "title").context("no title")?;
    let summary = both(text, "summary").unwrap_or_else(|| title.clone());
    Ok(About { id, title, summary })
}

/// `KEY: {en: "…", zh: "…"}`, on one line or with a line for each language.
fn both(text: &str, key: &str) -> Option<[String; 2]> {
    let at = text.lines().position(|it| it.starts_with(&format!("{key}:")))?;
    let here: String = text
        .lines()
        .skip(at)
        .enumerate()
        .take_while(|(i, it)| *i == 0 || it.starts_with(' '))
        .map(|(_, it)| it.to_owned() + "\n")
        .collect();
    let of = |language: &str| {
        let (_, rest) = here.split_once(&format!("{language}: \""))?;
        let end = rest.char_indices().find(|(i, c)| *c == '"' && !rest[..*i].ends_with('\\'))?.0;
        Some(rest[..end].replace("\\\"", "\""))
    };
    Some([of("en")?, of("zh")?])
}

fn json(about: &About, base: &str) -> String {
    let title = escaped(&about.title[0]);
    let frame = format!(
        "<iframe src=\"{base}embed.html#lab={}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" title=\"{title}\" \
         sandbox=\"allow-scripts\" loading=\"lazy\" style=\"border:0;max-width:100%\"></iframe>",
        about.id
    );
    let picture = format!("{base}posters/{}.en.svg", about.id);
    format!(
        "{{\n  \"version\": \"1.0\",\n  \"type\": \"rich\",\n  \"provider_name\": \"Layerglass\",\n  \"provider_url\": {},\n  \
         \"title\": {},\n  \"html\": {},\n  \"width\": {WIDTH},\n  \"height\": {HEIGHT},\n  \"thumbnail_url\": {},\n  \
         \"thumbnail_width\": 640,\n  \"thumbnail_height\": 320\n}}\n",
        quote(base),
        quote(&about.title[0]),
        quote(&frame),
        quote(&picture)
    )
}

fn page(about: &About, base: &str) -> String {
    let [title, chinese] = about.title.each_ref().map(|it| escaped(it));
    let [summary, summary_zh] = about.summary.each_ref().map(|it| escaped(it));
    let id = &about.id;
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} · Layerglass</title>\n\
         <meta name=\"description\" content=\"{summary}\">\n<meta property=\"og:title\" content=\"{title}\">\n\
         <meta property=\"og:description\" content=\"{summary}\">\n<meta property=\"og:image\" content=\"{base}posters/{id}.en.svg\">\n\
         <link rel=\"alternate\" type=\"application/json+oembed\" href=\"{base}scenarios/{id}.oembed.json\" title=\"{title}\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<style>\n\
         :root {{ color-scheme: light dark; font: 17px/1.6 system-ui, sans-serif; }}\n\
         body {{ max-width: 46rem; margin: 3rem auto; padding: 0 1rem; }}\nimg {{ width: 100%; }}\n\
         a.open {{ display: inline-block; padding: .6em 1.1em; border-radius: .5em; background: #00609a; color: #fff; text-decoration: none; }}\n\
         </style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n<p>{summary}</p>\n\
         <p><a class=\"open\" href=\"../#lab={id}\">Open in the lab</a></p>\n\
         <h2 lang=\"zh-CN\">{chinese}</h2>\n<p lang=\"zh-CN\">{summary_zh}</p>\n\
         <p><a class=\"open\" lang=\"zh-CN\" href=\"../#lab={id}&amp;lang=zh-CN\">在实验室中打开</a></p>\n\
         <img src=\"../posters/{id}.en.svg\" alt=\"\">\n</main>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_says_what_it_is_in_both_languages() -> Result<()> {
        for path in repo::files_below(&repo::root().join("static/scenarios"), &["yaml"])? {
            let about = about(&std::fs::read_to_string(&path)?)?;
            assert!(
                about.title.iter().chain(&about.summary).all(|it| it.chars().count() > 3),
                "{}",
                about.id
            );
            let (json, page) =
                (json(&about, "https://example.org/"), page(&about, "https://example.org/"));
            assert!(json.contains("\\\"https://example.org/embed.html#lab="), "{json}");
            assert!(page.contains("https://example.org/scenarios/"), "{page}");
        }
        Ok(())
    }

    #[test]
    fn addresses() {
        assert_eq!(address("https://example.org/a").unwrap(), "https://example.org/a/");
        assert!(address("example.org").is_err() && address("https://e.org/?a").is_err());
    }
}
