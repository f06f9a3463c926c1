//! A Dockerfile as stages: which there are, which of them a target needs.

use super::fault::Fault;
use super::instruction::{self, Copying, Instruction, What};
use super::source;

/// Stages at most; a file with more is refused.
const STAGES_MAX: usize = 1000;

/// A stage: its FROM and what follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    pub index: usize,
    pub alias: Option<String>,
    pub from: Instruction,
    pub body: Vec<Instruction>,
}

impl Stage {
    /// As BuildKit calls it.
    pub fn name(&self) -> String {
        self.alias.clone().unwrap_or_else(|| format!("stage-{}", self.index))
    }

    /// Whether a word means it.
    fn is_called(&self, word: &str) -> bool {
        self.alias.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(word))
    }
}

/// The whole file.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// ARG before the first FROM.
    pub globals: Vec<Instruction>,
    pub stages: Vec<Stage>,
    pub escape: char,
    pub directives: Vec<(String, String)>,
    pub with_gaps: Vec<String>,
}

/// Reads a Dockerfile.
///
/// # Errors
/// What is wrong, with its lines.
pub fn read(text: &str) -> Result<Plan, Fault> {
    let source = source::read(text)?;
    let mut plan = Plan {
        globals: Vec::new(),
        stages: Vec::new(),
        escape: source.escape,
        directives: source.directives,
        with_gaps: source.with_gaps,
    };
    for node in &source.nodes {
        let instruction = instruction::parse(node, plan.escape)?;
        match (&instruction.what, plan.stages.last_mut()) {
            (What::From { alias, .. }, _) => {
                let (index, alias) = (plan.stages.len(), alias.clone());
                if index == STAGES_MAX {
                    return Err(Fault::at(node.lines, "too many stages"));
                }
                plan.stages.push(Stage { index, alias, from: instruction, body: Vec::new() });
            }
            (_, Some(stage)) => stage.body.push(instruction),
            (What::Arg(_), None) => plan.globals.push(instruction),
            (_, None) => return Err(Fault::at(node.lines, "no build stage in current context")),
        }
    }
    if plan.stages.is_empty() {
        return Err(Fault::new("dockerfile contains no stages to build"));
    }
    Ok(plan)
}

impl Plan {
    /// The stage that a word means, among those before `before`.
    pub fn stage(&self, word: &str, before: usize) -> Option<usize> {
        let known = &self.stages[..before.min(self.stages.len())];
        known.iter().rev().find(|it| it.is_called(word)).map(|it| it.index)
    }

    /// As [`Plan::stage`], by number too: what COPY --from and --target take.
    pub fn stage_or_number(&self, word: &str, before: usize) -> Option<usize> {
        self.stage(word, before)
            .or_else(|| word.parse().ok().filter(|index| *index < before.min(self.stages.len())))
    }

    /// The stage to build.
    ///
    /// # Errors
    /// A target that is none.
    pub fn target(&self, name: Option<&str>) -> Result<usize, Fault> {
        match name {
            None | Some("") => Ok(self.stages.len() - 1),
            Some(name) => self.stage_or_number(name, self.stages.len()).ok_or_else(|| {
                let name = super::words::quoted(name);
                Fault::new(format!("target stage \"{name}\" could not be found"))
            }),
        }
    }

    /// The stages that `target` needs, itself among them, in the order of the file. `base` tells
    /// what the FROM of a stage says once variables are replaced, `from` what COPY's says.
    pub fn needed(&self, target: usize, base: &dyn Fn(&Stage) -> String) -> Vec<usize> {
        let mut needed = vec![false; self.stages.len()];
        let mut waiting = vec![target];
        while let Some(index) = waiting.pop() {
            if std::mem::replace(&mut needed[index], true) {
                continue;
            }
            let stage = &self.stages[index];
            waiting.extend(self.stage(&base(stage), index));
            for instruction in &stage.body {
                waiting.extend(
                    sources(instruction)
                        .into_iter()
                        .filter_map(|it| self.stage_or_number(&it, index)),
                );
            }
        }
        (0..needed.len()).filter(|index| needed[*index]).collect()
    }
}

/// The stages or images that an instruction takes files from.
fn sources(instruction: &Instruction) -> Vec<String> {
    match &instruction.what {
        What::Copy(Copying { from: Some(from), .. }) => vec![from.clone()],
        What::Run(run) => {
            let fields = run.mounts.iter().flat_map(|it| it.split(','));
            fields.filter_map(|it| it.strip_prefix("from=")).map(str::to_owned).collect()
        }
        What::Onbuild(text) => {
            let words = text.split_whitespace();
            words.filter_map(|it| it.strip_prefix("--from=")).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether an instruction makes a layer: BuildKit counts those.
pub fn makes_layer(instruction: &Instruction) -> bool {
    matches!(instruction.what, What::Run(_) | What::Copy(_) | What::Add(_) | What::Workdir(_))
}
