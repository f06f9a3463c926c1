//! Names that a filter uses and nobody defines.

use super::ast::{Ast, Pattern, Piece};
use super::builtin;
use std::rc::Rc;

/// The first such name, as jq complains of it before it starts.
pub fn undefined(ast: &Ast, vars: &[Rc<str>]) -> Option<String> {
    Scope { vars: vars.to_vec(), ..Scope::default() }.missing(ast)
}

#[derive(Clone, Default)]
struct Scope {
    vars: Vec<Rc<str>>,
    functions: Vec<(Rc<str>, usize)>,
    labels: Vec<Rc<str>>,
}

impl Scope {
    fn missing(&self, ast: &Ast) -> Option<String> {
        let all = |list: &[&Ast]| list.iter().find_map(|it| self.missing(it));
        match ast {
            Ast::Identity | Ast::Recurse | Ast::Literal(_) | Ast::Format(_) | Ast::Array(None) => {
                None
            }
            Ast::Text(_, pieces) => pieces.iter().find_map(|it| match it {
                Piece::Filter(ast) => self.missing(ast),
                Piece::Plain(_) => None,
            }),
            Ast::Each(a) | Ast::Negate(a) | Ast::Array(Some(a)) => self.missing(a),
            Ast::Index(a, b)
            | Ast::Pipe(a, b)
            | Ast::Comma(a, b)
            | Ast::And(a, b)
            | Ast::Or(a, b)
            | Ast::Alternative(a, b)
            | Ast::Binary(_, a, b)
            | Ast::Update(_, a, b) => all(&[a, b]),
            Ast::Slice(a, b, c) => {
                let ends = [b, c].into_iter().flatten().find_map(|it| self.missing(it));
                self.missing(a).or(ends)
            }
            Ast::If(branches, other) => {
                let first = branches.iter().find_map(|(a, b)| all(&[a, b]));
                first.or_else(|| other.as_ref().and_then(|it| self.missing(it)))
            }
            Ast::Try(a, b) => {
                self.missing(a).or_else(|| b.as_ref().and_then(|it| self.missing(it)))
            }
            Ast::Reduce(source, pattern, start, update) => all(&[source, start]).or_else(|| {
                self.pattern(pattern).and_then(|it| it.missing(update).map_or(Ok(()), Err)).err()
            }),
            Ast::Foreach(source, pattern, start, update, put) => {
                all(&[source, start]).or_else(|| match self.pattern(pattern) {
                    Err(missing) => Some(missing),
                    Ok(inner) => inner
                        .missing(update)
                        .or_else(|| put.as_ref().and_then(|it| inner.missing(it))),
                })
            }
            Ast::Bind(source, pattern, body) => self.missing(source).or_else(|| {
                self.pattern(pattern).and_then(|it| it.missing(body).map_or(Ok(()), Err)).err()
            }),
            Ast::Var(name) if self.vars.contains(name) => None,
            Ast::Var(name) => Some(format!("${name} is not defined")),
            Ast::Object(entries) => entries.iter().find_map(|(a, b)| all(&[a, b])),
            Ast::Call(name, args) => {
                let known = self.functions.contains(&(name.clone(), args.len()))
                    || builtin::is_known(name, args.len());
                let missing = format!("{name}/{} is not defined", args.len());
                if known { args.iter().find_map(|it| self.missing(it)) } else { Some(missing) }
            }
            Ast::Define(function, rest) => {
                let mut outer = self.clone();
                outer.functions.push((function.name.clone(), function.params.len()));
                let mut inner = outer.clone();
                for param in &function.params {
                    let name: Rc<str> = param.trim_start_matches('$').into();
                    inner.functions.push((name.clone(), 0));
                    if param.starts_with('$') {
                        inner.vars.push(name);
                    }
                }
                inner.missing(&function.body).or_else(|| outer.missing(rest))
            }
            Ast::Label(name, body) => {
                let mut inner = self.clone();
                inner.labels.push(name.clone());
                inner.missing(body)
            }
            Ast::Break(name) if self.labels.contains(name) => None,
            Ast::Break(name) => Some(format!("$*label-{name} is not defined")),
        }
    }

    /// With the names that a pattern gives.
    fn pattern(&self, pattern: &Pattern) -> Result<Scope, String> {
        let mut scope = self.clone();
        match pattern {
            Pattern::Var(name) => scope.vars.push(name.clone()),
            Pattern::List(all) => {
                for it in all {
                    scope = scope.pattern(it)?;
                }
            }
            Pattern::Map(all) => {
                for (key, var, inner) in all {
                    if let Some(missing) = scope.missing(key) {
                        return Err(missing);
                    }
                    scope.vars.extend(var.clone());
                    if let Some(inner) = inner {
                        scope = scope.pattern(inner)?;
                    }
                }
            }
        }
        Ok(scope)
    }
}
