//! The JSON Schema of the scenario format. Keys come from the lists that the reader itself uses, so that
//! the two cannot part.

use super::format::{KEYS, STEP_KEYS};
use crate::machine::profile;
use serde_json::{Map, Value, json};

/// Keys that a scenario cannot do without.
const NEEDED: &[&str] = &["layerglass", "id", "title", "steps", "solutions"];
const STEP_NEEDED: &[&str] = &["say", "answer", "goals", "hints"];

/// The schema of a whole file.
pub fn schema() -> Value {
    let mut top = object(KEYS, NEEDED, top_key);
    top["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    top["title"] = json!("Layerglass scenario");
    top["description"] = json!(
        "A lesson: prose in two languages, a prepared machine, goals as predicates. Every scalar is text."
    );
    top["$defs"] = json!({
        "said": said(),
        "step": object(STEP_KEYS, STEP_NEEDED, step_key),
        "goal": goal(),
        "predict": predict(),
        "choice": choice(),
    });
    top
}

fn object(keys: &[&str], needed: &[&str], of: fn(&str) -> Value) -> Value {
    let properties: Map<String, Value> =
        keys.iter().map(|key| ((*key).to_owned(), of(key))).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": false,
    })
}

fn top_key(key: &str) -> Value {
    match key {
        "layerglass" => json!({"const": "1", "description": "version of the format"}),
        "id" => text("the name in links: letters, digits and dashes"),
        "title" => said_ref("the name in the list"),
        "summary" => said_ref("one sentence for the list"),
        "kernel" => {
            let names: Vec<&str> = profile::ALL.iter().map(|it| it.name).collect();
            json!({"enum": names, "description": "kernel profile; 6.18 if left out"})
        }
        "dir" => text("where the shell starts and relative paths begin; /lab if left out"),
        "host" => text(
            "files, one a line: `path [mode] : text`; directories end with / and may share a line",
        ),
        "setup" => text("commands that run before the learner may, one a line"),
        "focus" => text("the mount to show first"),
        "steps" => list("#/$defs/step", "tasks, in order"),
        "closing" => said_ref("what the learner has seen, with the rule"),
        "solutions" => {
            json!({"type": "array", "minItems": 1, "items": {"type": "string"}, "description": "other ways through the whole lesson, each a script"})
        }
        _ => json!({}),
    }
}

fn step_key(key: &str) -> Value {
    match key {
        "say" => said_ref("paragraphs, `- ` lists, `code` and **strong** words"),
        "predict" => json!({"$ref": "#/$defs/predict"}),
        "suggest" => {
            json!({"type": "array", "items": {"type": "string"}, "description": "commands offered as buttons"})
        }
        "answer" => text("what \"Show me\" types, one command a line"),
        "goals" => list("#/$defs/goal", "what must be true for the step to be done"),
        "hints" => {
            json!({"type": "array", "minItems": 2, "maxItems": 3, "items": {"$ref": "#/$defs/said"}, "description": "from a nudge to the command"})
        }
        _ => json!({}),
    }
}

fn said() -> Value {
    json!({
        "type": "object",
        "properties": {"en": {"type": "string"}, "zh": {"type": "string"}},
        "required": ["en", "zh"],
        "additionalProperties": false,
    })
}

fn goal() -> Value {
    json!({
        "type": "object",
        "properties": {
            "check": {"type": "string", "description": "a predicate, see docs/SCENARIOS.md"},
            "en": {"type": "string"},
            "zh": {"type": "string"},
        },
        "required": ["check", "en", "zh"],
        "additionalProperties": false,
    })
}

fn predict() -> Value {
    json!({
        "type": "object",
        "description": "a question to answer before anything is typed",
        "properties": {
            "ask": {"$ref": "#/$defs/said"},
            "choices": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/choice"}},
        },
        "required": ["ask", "choices"],
        "additionalProperties": false,
    })
}

fn choice() -> Value {
    json!({
        "type": "object",
        "properties": {
            "en": {"type": "string"},
            "zh": {"type": "string"},
            "right": {"enum": ["yes", "no"], "description": "exactly one choice is right"},
            "check": {"type": "string", "description": "what would be true after the step if this choice were right"},
        },
        "required": ["en", "zh"],
        "additionalProperties": false,
    })
}

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

fn said_ref(description: &str) -> Value {
    json!({"$ref": "#/$defs/said", "description": description})
}

fn list(of: &str, description: &str) -> Value {
    json!({"type": "array", "minItems": 1, "items": {"$ref": of}, "description": description})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_described() {
        let schema = schema();
        for (keys, at) in [(KEYS, &schema), (STEP_KEYS, &schema["$defs"]["step"])] {
            for key in keys {
                assert_ne!(at["properties"][key], json!({}), "{key}");
            }
        }
    }
}
