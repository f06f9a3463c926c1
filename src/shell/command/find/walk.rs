//! The walk of find: one file at a time, as plain data.

use super::super::common::quote;
use super::super::ctx::{Ctx, join};
use super::parse::Plan;
use crate::errno::Errno;
use crate::types::Attr;

/// A file on its turn.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub path: Vec<u8>,
    /// The starting point it was reached from.
    pub root: Vec<u8>,
    pub depth: usize,
    pub attr: Attr,
}

#[derive(Clone, Debug)]
enum Todo {
    /// Look at this name.
    Look { path: Vec<u8>, root: Vec<u8>, depth: usize, dev: Option<u64> },
    /// A directory whose contents were visited (depth first).
    After(Box<Visit>),
}

/// What is still to be visited; the last one is next.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    todo: Vec<Todo>,
    /// The directory that was handed out and may be entered.
    entered: Option<Visit>,
    pub failed: bool,
}

impl Walk {
    pub(super) fn new(roots: &[Vec<u8>]) -> Walk {
        let look = |path: &Vec<u8>| Todo::Look {
            path: path.clone(),
            root: path.clone(),
            depth: 0,
            dev: None,
        };
        Walk { todo: roots.iter().rev().map(look).collect(), entered: None, failed: false }
    }

    /// The next file, in the order of the directories.
    pub(super) fn next(&mut self, ctx: &mut Ctx<'_>, plan: &Plan) -> Option<Visit> {
        loop {
            if let Some(dir) = self.entered.take() {
                self.descend(ctx, &dir);
            }
            match self.todo.pop()? {
                Todo::After(visit) => return Some(*visit),
                Todo::Look { path, root, depth, dev } => {
                    let Some(visit) = self.look(ctx, plan, path, root, depth) else { continue };
                    let crossed = dev.is_some_and(|dev| dev != visit.attr.dev.encode());
                    let enters = visit.attr.is_dir()
                        && visit.depth < plan.max_depth
                        && !(plan.one_fs && crossed);
                    if !enters {
                        return Some(visit);
                    }
                    if !plan.depth_first {
                        self.entered = Some(visit.clone());
                        return Some(visit);
                    }
                    self.todo.push(Todo::After(Box::new(visit.clone())));
                    self.entered = Some(visit);
                }
            }
        }
    }

    /// `-prune`: the directory just handed out is not entered.
    pub(super) fn prune(&mut self) {
        self.entered = None;
    }

    /// `-quit`.
    pub(super) fn stop(&mut self) {
        self.todo.clear();
        self.entered = None;
    }

    fn look(
        &mut self,
        ctx: &mut Ctx<'_>,
        plan: &Plan,
        path: Vec<u8>,
        root: Vec<u8>,
        depth: usize,
    ) -> Option<Visit> {
        let follow = plan.follow || (plan.follow_roots && depth == 0);
        let attr = match if follow { ctx.stat(&path) } else { ctx.lstat(&path) } {
            Err(Errno::ENOENT | Errno::ELOOP) if follow => ctx.lstat(&path),
            other => other,
        };
        match attr {
            Ok(attr) => Some(Visit { path, root, depth, attr }),
            Err(errno) => {
                self.complain(ctx, &path, errno);
                None
            }
        }
    }

    fn descend(&mut self, ctx: &mut Ctx<'_>, dir: &Visit) {
        match ctx.children(&dir.path) {
            Ok(entries) => {
                for entry in entries.into_iter().rev() {
                    self.todo.push(Todo::Look {
                        path: join(&dir.path, &entry.name),
                        root: dir.root.clone(),
                        depth: dir.depth + 1,
                        dev: Some(dir.attr.dev.encode()),
                    });
                }
            }
            Err(errno) => self.complain(ctx, &dir.path, errno),
        }
    }

    fn complain(&mut self, ctx: &mut Ctx<'_>, path: &[u8], errno: Errno) {
        self.failed = true;
        let path = quote::locale(path);
        ctx.flush();
        ctx.warn(format_args!("{path}: {errno}"));
    }
}
