//! The beginning of a build: the Dockerfile and its steps.

use super::*;

impl Classic {
    /// Reads what is to be built.
    pub fn new(
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        request: &Request,
        input: Option<Vec<u8>>,
    ) -> Result<Classic, i32> {
        if request.show != Show::Quiet {
            ctx.err(
                "DEPRECATED: The legacy builder is deprecated and will be removed in a future release.\n            \
                 BuildKit is currently disabled; enable it by removing the DOCKER_BUILDKIT=0\n            \
                 environment-variable.\n\n",
            );
        }
        let mut sources = Sources::find(ctx, engine, request, input).map_err(|why| {
            ctx.err(why + "\n");
            1
        })?;
        let made = prepare(ctx, request, &sources);
        match made {
            Ok((plan, arguments, todo, total)) => Ok(Classic {
                request: request.clone(),
                sources,
                stages: vec![None; plan.stages.len()],
                plan,
                todo,
                at: 0,
                total,
                shown: 0,
                arguments,
                state: State::default(),
                image: None,
                base: None,
                missed: false,
                running: None,
                told: Vec::new(),
                declared: Vec::new(),
                over: None,
            }),
            Err(text) => {
                sources.clear(ctx);
                ctx.err(text + "\n");
                Err(1)
            }
        }
    }
}

/// The plan and its steps in order.
pub(super) fn prepare(
    ctx: &mut Ctx<'_>,
    request: &Request,
    sources: &Sources,
) -> Result<(Plan, Arguments, Vec<Todo>, usize), String> {
    let daemon = |text: String| format!("Error response from daemon: {text}");
    let Some(text) = &sources.text else {
        return Err(format!(
            "unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat {}: no such file or \
             directory",
            sources.missing
        ));
    };
    if request.show != Show::Quiet {
        let size = sources.context.archive_size(ctx.sys).unwrap_or(0);
        ctx.line(format!(
            "Sending build context to Docker daemon {:>8}",
            human::size_with(size, 4)
        ));
    }
    if text.is_empty() {
        return Err(daemon(format!("the Dockerfile ({}) cannot be empty", sources.name)));
    }
    let text = String::from_utf8_lossy(text);
    let plan = plan::read(&text).map_err(|fault| {
        daemon(match (fault.parse, &*fault.text) {
            (true, _) | (_, "no build stage in current context") => fault.message(),
            (false, _) => format!("failed to parse {}: {}", sources.name, fault.text),
        })
    })?;
    let target = match request.target.as_deref() {
        None => plan.stages.len() - 1,
        Some(name) => plan
            .stage_or_number(name, plan.stages.len())
            .ok_or_else(|| daemon(format!("failed to reach build target {name} in Dockerfile")))?,
    };
    let arguments =
        Arguments::new(request.arguments.clone(), &plan.globals, plan.escape, Dialect::Classic)
            .map_err(|fault| fault.text)?;
    let mut todo = Vec::new();
    let step = |stage, instruction: &Instruction| Todo {
        stage,
        instruction: instruction.clone(),
        trigger: false,
    };
    todo.extend(plan.globals.iter().map(|it| step(usize::MAX, it)));
    for stage in &plan.stages[..=target] {
        todo.push(step(stage.index, &stage.from));
        todo.extend(stage.body.iter().map(|it| step(stage.index, it)));
    }
    if !request.labels.is_empty() {
        let text: Vec<String> =
            request.labels.iter().map(|(key, value)| format!("'{key}'='{value}'")).collect();
        let text = format!("LABEL {}", text.join(" "));
        let lines = plan.stages[target].from.lines;
        let label = state::trigger(&text, lines, plan.escape).map_err(|fault| fault.text)?;
        todo.push(step(target, &label));
    }
    let total = todo.len();
    Ok((plan, arguments, todo, total))
}
