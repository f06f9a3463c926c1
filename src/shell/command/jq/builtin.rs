//! The functions that every filter knows, by name.

use super::ast::Ast;
use super::eval::{self, Env, Flow, Item, Meter, Out, Stop, collect, error, eval, paths, values};
use super::functions::{
    OF_TWO, OF_VALUE, add, elements, from_entries, has, number, split, test, to_entries,
};
use super::path;
use super::value::{self, Value};
use std::rc::Rc;

/// Filters that pass on the input when it is of these kinds.
const KINDS: &[(&str, &[&str])] = &[
    ("nulls", &["null"]),
    ("booleans", &["boolean"]),
    ("numbers", &["number"]),
    ("strings", &["string"]),
    ("arrays", &["array"]),
    ("objects", &["object"]),
    ("iterables", &["array", "object"]),
    ("scalars", &["null", "boolean", "number", "string"]),
    ("values", &["boolean", "number", "string", "array", "object"]),
];

/// Functions of filters, by name and number of arguments.
const OF_FILTERS: &[(&str, usize)] = &[
    ("empty", 0),
    ("error", 0),
    ("error", 1),
    ("recurse", 0),
    ("recurse", 1),
    ("recurse_down", 0),
    ("map", 1),
    ("map_values", 1),
    ("select", 1),
    ("with_entries", 1),
    ("sort_by", 1),
    ("group_by", 1),
    ("unique_by", 1),
    ("min_by", 1),
    ("max_by", 1),
    ("any", 1),
    ("all", 1),
    ("any", 2),
    ("all", 2),
    ("range", 1),
    ("range", 2),
    ("range", 3),
    ("first", 1),
    ("last", 1),
    ("limit", 2),
    ("nth", 1),
    ("nth", 2),
    ("until", 2),
    ("while", 2),
    ("repeat", 1),
    ("path", 1),
    ("paths", 0),
    ("paths", 1),
    ("leaf_paths", 0),
    ("del", 1),
    ("setpath", 2),
    ("to_entries", 0),
    ("in", 1),
    ("IN", 1),
    ("input", 0),
    ("inputs", 0),
    ("test", 2),
    ("isvalid", 1),
    ("env", 0),
    ("add", 1),
    ("splits", 1),
    ("debug", 0),
    ("getpath", 1),
    ("walk", 1),
];

pub fn is_known(name: &str, args: usize) -> bool {
    let value = args == 0
        && (OF_VALUE.iter().any(|it| it.0 == name) || KINDS.iter().any(|it| it.0 == name));
    let two = args == 1 && OF_TWO.iter().any(|it| it.0 == name);
    value || two || OF_FILTERS.contains(&(name, args))
}

pub fn call(
    m: &Meter,
    name: &str,
    args: &[Ast],
    env: &Env,
    input: Item,
    out: &mut Out<'_>,
) -> Flow {
    // Some keep the place of what they pass on.
    match (name, args) {
        ("empty", []) => return Ok(()),
        ("error", []) => return Err(Stop::Error(input.value)),
        ("error", [what]) => {
            return values(m, what, env, &input.value, &mut |it| Err(Stop::Error(it)));
        }
        ("recurse" | "recurse_down", []) => return eval(m, &Ast::Recurse, env, input, out),
        ("recurse", [step]) => return recurse_by(m, step, env, input, out),
        ("select", [test]) => {
            return values(m, test, env, &input.value.clone(), &mut |it| match it.holds() {
                true => out(input.clone()),
                false => Ok(()),
            });
        }
        ("map", [f]) => {
            let each = Ast::Each(Box::new(Ast::Identity));
            let all = Ast::Pipe(Box::new(each), Box::new(f.clone()));
            return eval(m, &Ast::Array(Some(Box::new(all))), env, input, out);
        }
        ("first", [f]) => return limit(m, 1.0, f, env, input, out),
        ("first" | "last", []) => {
            let at = if name == "first" { 0.0 } else { -1.0 };
            let place = Box::new(Ast::Literal(Value::Number(at)));
            return eval(m, &Ast::Index(Box::new(Ast::Identity), place), env, input, out);
        }
        ("limit", [n, f]) => {
            return values(m, n, env, &input.value.clone(), &mut |n| {
                let n = number(&n, "limit needs a number").map_err(error)?;
                limit(m, n, f, env, input.clone(), out)
            });
        }
        ("getpath", [path]) => {
            return values(m, path, env, &input.value.clone(), &mut |path| {
                let keys = elements(&path).map_err(error)?;
                let value = path::get(&input.value, keys).map_err(error)?;
                let place = input.path.as_ref().map(|it| Rc::new([&it[..], keys].concat()));
                out(Item { value, path: place })
            });
        }
        ("last", [f]) => {
            let mut last = None;
            eval(m, f, env, input, &mut |item| {
                last = Some(item);
                Ok(())
            })?;
            return last.map_or(Ok(()), out);
        }
        (kind, []) if KINDS.iter().any(|it| it.0 == kind) => {
            let is = KINDS.iter().any(|it| it.0 == kind && it.1.contains(&input.value.kind()));
            return if is { out(input) } else { Ok(()) };
        }
        _ => {}
    }
    of_values(m, name, args, env, &input.value, &mut |value| out(Item::new(value)))
}

fn of_values(
    m: &Meter,
    name: &str,
    args: &[Ast],
    env: &Env,
    input: &Value,
    out: &mut dyn FnMut(Value) -> Flow,
) -> Flow {
    let by = |f: &Ast| keyed(m, f, env, input);
    match (name, args) {
        ("map_values", [f]) => {
            let each = Ast::Each(Box::new(Ast::Identity));
            let update = Ast::Update(super::ast::Update::By, Box::new(each), Box::new(f.clone()));
            values(m, &update, env, input, out)
        }
        ("with_entries", [f]) => {
            let entries = to_entries(input).map_err(error)?;
            let mut all = Vec::new();
            for entry in elements(&entries).map_err(error)? {
                all.extend(collect(m, f, env, entry)?);
            }
            out(from_entries(&Value::list(all)).map_err(error)?)
        }
        ("sort_by", [f]) => out(Value::list(by(f)?.into_iter().map(|it| it.1).collect())),
        ("group_by", [f]) => {
            out(Value::list(groups(by(f)?).into_iter().map(Value::list).collect()))
        }
        ("unique_by", [f]) => {
            let firsts = groups(by(f)?).into_iter().filter_map(|it| it.into_iter().next());
            out(Value::list(firsts.collect()))
        }
        ("min_by", [f]) => out(by(f)?.into_iter().next().map_or(Value::Null, |it| it.1)),
        ("max_by", [f]) => out(by(f)?.into_iter().next_back().map_or(Value::Null, |it| it.1)),
        ("any" | "all", [_, ..]) => {
            let wanted = name == "any";
            let (source, test) = match args {
                [source, test, ..] => (source.clone(), test),
                _ => (Ast::Each(Box::new(Ast::Identity)), &args[0]),
            };
            let mut found = false;
            values(m, &source, env, input, &mut |it| {
                found |= collect(m, test, env, &it)?.iter().any(|it| it.holds() == wanted);
                Ok(())
            })?;
            out(Value::Bool(found == wanted))
        }
        ("range", _) => range(m, args, env, input, out),
        ("until" | "while" | "repeat", _) => loops(m, name, args, env, input, out),
        ("nth", [n]) => {
            values(m, n, env, input, &mut |n| out(path::index(input, &n).map_err(error)?))
        }
        ("nth", [n, f]) => values(m, n, env, input, &mut |n| {
            let n = number(&n, "nth needs a number").map_err(error)?;
            if n < 0.0 {
                return Err(error("Out of bounds negative array index"));
            }
            let mut last = None;
            limit(m, n + 1.0, f, env, Item::new(input.clone()), &mut |item| {
                last = Some(item.value);
                Ok(())
            })?;
            last.map_or(Ok(()), &mut *out)
        }),
        ("path", [f]) => {
            paths(m, f, env, input)?.into_iter().try_for_each(|it| out(Value::List(it)))
        }
        ("paths" | "leaf_paths", _) => {
            for path in paths(m, &Ast::Recurse, env, input)?.into_iter().skip(1) {
                let at = path::get(input, &path).map_err(error)?;
                let wanted = match args {
                    [f] => collect(m, f, env, &at)?.iter().any(Value::holds),
                    _ if name == "leaf_paths" => !matches!(at, Value::List(_) | Value::Map(_)),
                    _ => true,
                };
                if wanted {
                    out(Value::List(path))?;
                }
            }
            Ok(())
        }
        ("del", [f]) => {
            let mut all: Vec<Value> =
                paths(m, f, env, input)?.into_iter().map(Value::List).collect();
            all.sort_by(Value::order);
            let rest = all
                .iter()
                .rev()
                .try_fold(input.clone(), |it, path| path::delete(&it, elements(path)?));
            out(rest.map_err(error)?)
        }
        ("setpath", [path, new]) => values(m, path, env, input, &mut |path| {
            values(m, new, env, input, &mut |new| {
                let keys = elements(&path).map_err(error)?;
                out(path::set(input, keys, new).map_err(error)?)
            })
        }),
        ("IN", [all]) => {
            let mut is = false;
            values(m, all, env, input, &mut |it| {
                is |= it == *input;
                Ok(())
            })?;
            out(Value::Bool(is))
        }
        ("in", [object]) => {
            values(m, object, env, input, &mut |object| out(has(&object, input).map_err(error)?))
        }
        ("test", [pattern, flags]) => values(m, pattern, env, input, &mut |pattern| {
            values(m, flags, env, input, &mut |flags| {
                out(test(input, &pattern, &flags).map_err(error)?)
            })
        }),
        ("splits", [separator]) => values(m, separator, env, input, &mut |separator| {
            let parts = split(input, &separator, "split input and separator must be strings");
            elements(&parts.map_err(error)?).map_err(error)?.iter().cloned().try_for_each(&mut *out)
        }),
        ("walk", [f]) => {
            let inner = match input {
                Value::List(all) => {
                    let mut new = Vec::new();
                    for it in all.iter() {
                        of_values(m, name, args, env, it, &mut |it| {
                            new.push(it);
                            Ok(())
                        })?;
                    }
                    Value::list(new)
                }
                Value::Map(all) => {
                    let mut new = Vec::new();
                    for (key, it) in value::sorted(all) {
                        of_values(m, name, args, env, &it, &mut |it| {
                            value::set(&mut new, key.clone(), it);
                            Ok(())
                        })?;
                    }
                    Value::map(new)
                }
                other => other.clone(),
            };
            m.step()?;
            values(m, f, env, &inner, out)
        }
        ("isvalid", [f]) => match collect(m, f, env, input) {
            Err(Stop::Error(_)) => out(Value::Bool(false)),
            Err(stop) => Err(stop),
            Ok(_) => out(Value::Bool(true)),
        },
        ("add", [f]) => out(add(&Value::list(collect(m, f, env, input)?)).map_err(error)?),
        ("env", []) => out(Value::map(Vec::new())),
        ("debug", []) => out(input.clone()),
        ("input", []) => out(m.take().ok_or_else(|| error("No more inputs"))?),
        ("inputs", []) => loop {
            match m.take() {
                Some(next) => out(next)?,
                None => return Ok(()),
            }
        },
        (_, []) => {
            let f = OF_VALUE.iter().find(|it| it.0 == name).map(|it| it.1);
            let f = f.ok_or_else(|| error(format!("{name}/0 is not defined")))?;
            out(f(input).map_err(error)?)
        }
        (_, [arg]) => {
            let f = OF_TWO.iter().find(|it| it.0 == name).map(|it| it.1);
            let f = f.ok_or_else(|| error(format!("{name}/1 is not defined")))?;
            values(m, arg, env, input, &mut |arg| out(f(input, &arg).map_err(error)?))
        }
        _ => Err(error(format!("{name}/{} is not defined", args.len()))),
    }
}

fn recurse_by(m: &Meter, step: &Ast, env: &Env, at: Item, out: &mut Out<'_>) -> Flow {
    out(at.clone())?;
    // Called through `eval`, which counts how deep this is.
    let again = Ast::Call("recurse".into(), vec![step.clone()]);
    eval(m, step, env, at, &mut |item| eval(m, &again, env, item, out))
}

fn limit(m: &Meter, n: f64, f: &Ast, env: &Env, input: Item, out: &mut Out<'_>) -> Flow {
    // As in jq 1.6, whose limit of nothing lets one pass, and of less than nothing everything.
    if n < 0.0 {
        return eval(m, f, env, input, out);
    }
    let (mut left, mut enough) = (n, false);
    let flow = eval::apart(m, f, env, input, &mut |item| {
        out(item)?;
        left -= 1.0;
        enough = left <= 0.0;
        if enough { Err(Stop::Break(usize::MAX)) } else { Ok(()) }
    });
    match flow {
        Err(_) if enough => Ok(()),
        Err(stop) => Err(stop),
        Ok(flow) => flow,
    }
}

fn range(
    m: &Meter,
    args: &[Ast],
    env: &Env,
    input: &Value,
    out: &mut dyn FnMut(Value) -> Flow,
) -> Flow {
    let mut bounds = Vec::new();
    for arg in args {
        bounds.push(collect(m, arg, env, input)?);
    }
    let one = vec![Value::Number(1.0)];
    let (from, to, by) = match &bounds[..] {
        [to] => (vec![Value::Number(0.0)], to.clone(), one),
        [from, to] => (from.clone(), to.clone(), one),
        [from, to, by, ..] => (from.clone(), to.clone(), by.clone()),
        [] => return Ok(()),
    };
    let n = |it: &Value| number(it, "Range bounds must be numeric").map_err(error);
    for from in &from {
        for to in &to {
            for by in &by {
                let (mut at, to, by) = (n(from)?, n(to)?, n(by)?);
                while by > 0.0 && at < to || by < 0.0 && at > to || by == 0.0 && at < to {
                    m.step()?;
                    out(Value::Number(at))?;
                    at += by;
                }
            }
        }
    }
    Ok(())
}

/// `until`, `while` and `repeat`, whose updates have one output as a rule.
fn loops(
    m: &Meter,
    name: &str,
    args: &[Ast],
    env: &Env,
    input: &Value,
    out: &mut dyn FnMut(Value) -> Flow,
) -> Flow {
    let (test, update) = match args {
        [test, update] => (Some(test), update),
        [update] => (None, update),
        _ => return Ok(()),
    };
    let mut todo = vec![input.clone()];
    while let Some(at) = todo.pop() {
        m.step()?;
        let holds = match test {
            Some(test) => collect(m, test, env, &at)?.last().is_some_and(Value::holds),
            None => true,
        };
        match (name, holds) {
            ("until", true) => {
                out(at)?;
                continue;
            }
            ("while", false) => continue,
            ("until", false) => {}
            ("repeat", _) => {
                for next in collect(m, update, env, &at)?.into_iter().rev() {
                    todo.push(next.clone());
                    out(next)?;
                }
                continue;
            }
            _ => out(at.clone())?,
        }
        todo.extend(collect(m, update, env, &at)?.into_iter().rev());
    }
    Ok(())
}

/// The elements with what a filter makes of them, sorted by that.
fn keyed(m: &Meter, f: &Ast, env: &Env, input: &Value) -> Result<Vec<(Value, Value)>, Stop> {
    let Value::List(all) = input else {
        let (kind, brief) = (input.kind(), input.brief());
        return Err(error(format!("{kind} ({brief}) cannot be sorted, as it is not an array")));
    };
    let mut keyed = Vec::new();
    for it in all.iter() {
        keyed.push((Value::list(collect(m, f, env, it)?), it.clone()));
    }
    keyed.sort_by(|a, b| a.0.order(&b.0));
    Ok(keyed)
}

fn groups(keyed: Vec<(Value, Value)>) -> Vec<Vec<Value>> {
    let mut all: Vec<(Value, Vec<Value>)> = Vec::new();
    for (key, value) in keyed {
        match all.last_mut() {
            Some((last, group)) if *last == key => group.push(value),
            _ => all.push((key, vec![value])),
        }
    }
    all.into_iter().map(|it| it.1).collect()
}
