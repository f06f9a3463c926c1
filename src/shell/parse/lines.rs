//! Line numbers of commands that are run out of place: a command substitution counts from the line of
//! the command it belongs to.

use crate::shell::ast::*;
use std::sync::Arc;

/// A list whose first command stands on `line`; each further line of commands is the next one.
pub fn from(list: &Arc<List>, line: u32) -> Arc<List> {
    let mut at = line;
    let mut before: Option<u32> = None;
    let mut out = List { items: Vec::with_capacity(list.items.len()) };
    for item in &list.items {
        let here = first_line(&item.first);
        if let (Some(before), Some(here)) = (before, here) {
            at += u32::from(here > before);
        }
        let by = i64::from(at) - i64::from(here.unwrap_or(at));
        out.items.push(shift_item(item, by));
        before = here.or(before);
    }
    Arc::new(out)
}

fn first_line(p: &Pipeline) -> Option<u32> {
    p.cmds.first().map(|it| it.line)
}

fn shift_item(item: &Item, by: i64) -> Item {
    let rest = item.rest.iter().map(|(and, p)| (*and, shift_pipeline(p, by)));
    Item {
        first: shift_pipeline(&item.first, by),
        rest: rest.collect(),
        background: item.background,
    }
}

fn shift_pipeline(p: &Arc<Pipeline>, by: i64) -> Arc<Pipeline> {
    let cmds = p.cmds.iter().map(|it| shift_command(it, by)).collect();
    Arc::new(Pipeline { cmds, ..(**p).clone() })
}

fn shift_list(list: &Arc<List>, by: i64) -> Arc<List> {
    Arc::new(List { items: list.items.iter().map(|it| shift_item(it, by)).collect() })
}

fn shift_command(c: &Arc<Command>, by: i64) -> Arc<Command> {
    let line = |line: u32| u32::try_from(i64::from(line) + by).unwrap_or(line);
    let list = |it: &Arc<List>| shift_list(it, by);
    let mut c = (**c).clone();
    c.line = line(c.line);
    match &mut c.kind {
        Kind::Group(it) | Kind::Subshell(it) => *it = list(it),
        Kind::If { branches, otherwise } => {
            branches.iter_mut().for_each(|it| *it = (list(&it.0), list(&it.1)));
            if let Some(it) = otherwise {
                *it = list(it);
            }
        }
        Kind::While { cond, body, .. } => (*cond, *body) = (list(cond), list(body)),
        Kind::For { body, .. } | Kind::ArithFor { body, .. } => *body = list(body),
        Kind::Case { arms, .. } => arms.iter_mut().for_each(|it| it.body = list(&it.body)),
        Kind::Function(f) => {
            let moved = Function {
                name: f.name.clone(),
                body: shift_command(&f.body, by),
                line: line(f.line),
            };
            *f = Arc::new(moved);
        }
        Kind::Coproc(it) => {
            *it = Arc::new(Coproc { name: it.name.clone(), body: shift_command(&it.body, by) });
        }
        Kind::Simple { .. } | Kind::Cond(_) | Kind::Arith(_) => {}
    }
    Arc::new(c)
}
