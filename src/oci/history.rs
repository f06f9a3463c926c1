//! `docker history`: how an image came to be, newest step first.

use super::config::ImageConfig;
use super::digest::Digest;
use super::human;
use serde::Serialize;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Row {
    /// The image as of this step; only the last is known of an image that was not built here.
    #[serde(rename = "ID")]
    pub id: String,
    #[serde(skip)]
    pub created: Option<String>,
    pub created_at: String,
    pub created_since: String,
    pub created_by: String,
    pub size: String,
    #[serde(skip)]
    pub bytes: u64,
    pub comment: String,
    /// The layer that the step made, from 1.
    #[serde(skip)]
    pub layer: Option<usize>,
}

/// What stands for an image that is not known.
pub const MISSING: &str = "<missing>";

/// The rows, newest first. `sizes` are those of the layers, `ids` the images of the last steps,
/// newest first.
///
/// # Errors
/// In Docker's words, when history and layers do not fit together.
pub fn rows(
    config: &ImageConfig,
    sizes: &[u64],
    ids: &[Digest],
    now: i64,
) -> Result<Vec<Row>, String> {
    let mut layers = 0;
    let mut rows = Vec::new();
    for step in &config.history {
        let layer = (!step.empty_layer).then_some(layers);
        if layer.is_some() {
            layers += 1;
        }
        if layers > sizes.len() {
            return Err("too many non-empty layers in History section".to_owned());
        }
        let bytes = layer.map_or(0, |layer| sizes[layer]);
        rows.push(Row {
            id: MISSING.to_owned(),
            created: step.created.clone(),
            created_at: step.created.clone().unwrap_or_default(),
            created_since: human::ago(step.created.as_deref(), now),
            created_by: step.created_by.clone(),
            size: human::size(bytes),
            bytes,
            comment: step.comment.clone(),
            layer: layer.map(|layer| layer + 1),
        });
    }
    rows.reverse();
    for (row, id) in rows.iter_mut().zip(ids) {
        row.id = id.to_string();
    }
    Ok(rows)
}

/// The table that `docker history` prints.
pub fn table(rows: &[Row], full: bool) -> String {
    let head = ["IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"];
    let mut lines = vec![head.map(str::to_owned).to_vec()];
    for row in rows {
        let by = row.created_by.replace('\t', " ");
        let by = if full { by } else { shortened(&by.replace('\n', " "), 45) };
        let id = if full { row.id.clone() } else { short_id(&row.id) };
        lines.push(vec![id, row.created_since.clone(), by, row.size.clone(), row.comment.clone()]);
    }
    self::lines(&lines)
}

/// An identifier as the tables show it.
pub fn short_id(id: &str) -> String {
    match id.strip_prefix("sha256:") {
        Some(hex) => hex.chars().take(12).collect(),
        None => id.to_owned(),
    }
}

/// At most so many characters, an ellipsis for the rest.
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// A table as Docker lays it out: three spaces between columns, none narrower than ten.
pub fn lines(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let widest = rows.iter().map(|row| row[column].chars().count() + 3).max();
        widest.unwrap_or(0).max(10)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            text += cell;
            if column + 1 < columns {
                text.extend(std::iter::repeat_n(' ', widths[column] - cell.chars().count()));
            }
        }
        text.push('\n');
    }
    text
}
