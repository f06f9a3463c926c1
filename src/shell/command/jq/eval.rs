//! Works a filter out: for each input any number of outputs, each handed on as it comes.
//!
//! Everything ends: steps and depth are counted, and a filter that uses them up stops with an error, since
//! a program of the machine must not hold it up.

use super::ast::{Ast, Format, Function, Op, Pattern, Piece, Update};
use super::builtin;
use super::format;
use super::math;
use super::path;
use super::value::{self, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Steps of one run. A filter over an inspected image takes some hundreds.
const STEPS: u32 = 2_000_000;
/// Filters in filters, calls in calls.
const DEPTH: u32 = 700;

/// Why there are no more outputs.
#[derive(Debug)]
pub enum Stop {
    Error(Value),
    Break(usize),
    /// Used up: no `try` catches it.
    Spent(&'static str),
}

pub type Flow = Result<(), Stop>;
/// Takes an output.
pub type Out<'o> = dyn FnMut(Item) -> Flow + 'o;

/// A value, and where it stands in the input when somebody asks.
#[derive(Clone)]
pub struct Item {
    pub value: Value,
    pub path: Option<Rc<Vec<Value>>>,
}

impl Item {
    pub fn new(value: Value) -> Item {
        Item { value, path: None }
    }

    /// What lies below: its path is one longer.
    fn below(&self, key: Value, value: Value) -> Item {
        let path = self.path.as_ref().map(|path| {
            let mut path = path.to_vec();
            path.push(key);
            Rc::new(path)
        });
        Item { value, path }
    }
}

/// What names mean.
#[derive(Clone, Default)]
pub struct Env(Option<Rc<Node>>);

struct Node {
    what: Binding,
    rest: Env,
}

enum Binding {
    Var(Rc<str>, Value),
    Function(Rc<Function>),
    /// A filter that was given as an argument, with the names of where it was written.
    Filter(Rc<str>, Rc<Ast>, Env),
    Label(Rc<str>, usize),
}

impl Env {
    fn with(&self, what: Binding) -> Env {
        Env(Some(Rc::new(Node { what, rest: self.clone() })))
    }

    pub fn with_var(&self, name: &str, value: Value) -> Env {
        self.with(Binding::Var(name.into(), value))
    }

    fn iter(&self) -> impl Iterator<Item = (&Binding, &Env)> {
        let mut at = self;
        std::iter::from_fn(move || {
            let node = at.0.as_deref()?;
            let here = (&node.what, at);
            at = &node.rest;
            Some(here)
        })
    }
}

/// Counts.
pub struct Meter {
    steps: Cell<u32>,
    depth: Cell<u32>,
    labels: Cell<usize>,
    /// Inputs that are still to come, the next one last.
    inputs: RefCell<Vec<Value>>,
}

impl Meter {
    pub fn new(inputs: Vec<Value>) -> Meter {
        let inputs = RefCell::new(inputs);
        Meter { steps: Cell::new(STEPS), depth: Cell::new(0), labels: Cell::new(0), inputs }
    }

    /// The next input.
    pub fn take(&self) -> Option<Value> {
        self.inputs.borrow_mut().pop()
    }

    /// How many are to come.
    pub fn left(&self) -> usize {
        self.inputs.borrow().len()
    }

    pub fn step(&self) -> Flow {
        match self.steps.get().checked_sub(1) {
            Some(left) => {
                self.steps.set(left);
                Ok(())
            }
            None => Err(Stop::Spent("the filter takes more steps than the machine gives it")),
        }
    }
}

pub fn error(text: impl Into<Rc<str>>) -> Stop {
    Stop::Error(Value::text(text))
}

/// One value of a filter after the other.
pub fn eval(m: &Meter, ast: &Ast, env: &Env, input: Item, out: &mut Out<'_>) -> Flow {
    m.step()?;
    let depth = m.depth.get() + 1;
    if depth > DEPTH {
        return Err(Stop::Spent("the filter is nested deeper than the machine goes"));
    }
    m.depth.set(depth);
    let flow = step(m, ast, env, input, out);
    m.depth.set(depth - 1);
    flow
}

/// The outputs of a filter that is asked for values only.
pub fn values(
    m: &Meter,
    ast: &Ast,
    env: &Env,
    input: &Value,
    out: &mut dyn FnMut(Value) -> Flow,
) -> Flow {
    eval(m, ast, env, Item::new(input.clone()), &mut |item| out(item.value))
}

pub fn collect(m: &Meter, ast: &Ast, env: &Env, input: &Value) -> Result<Vec<Value>, Stop> {
    let mut all = Vec::new();
    values(m, ast, env, input, &mut |value| {
        all.push(value);
        Ok(())
    })?;
    Ok(all)
}

/// Where the outputs of a filter stand.
pub fn paths(m: &Meter, ast: &Ast, env: &Env, input: &Value) -> Result<Vec<Rc<Vec<Value>>>, Stop> {
    let mut all = Vec::new();
    let start = Item { value: input.clone(), path: Some(Rc::default()) };
    eval(m, ast, env, start, &mut |item| match item.path {
        Some(path) => {
            all.push(path);
            Ok(())
        }
        None => Err(error(format!("Invalid path expression with result {}", item.value.brief()))),
    })?;
    Ok(all)
}

fn step(m: &Meter, ast: &Ast, env: &Env, input: Item, out: &mut Out<'_>) -> Flow {
    let plain = |value: Value| Item::new(value);
    match ast {
        Ast::Identity => out(input),
        Ast::Recurse => recurse(m, input, out),
        Ast::Literal(value) => out(plain(value.clone())),
        Ast::Text(format, pieces) => {
            text(m, (*format, pieces), env, &input.value, String::new(), out)
        }
        Ast::Format(format) => {
            let text = format::apply(*format, &input.value).map_err(error)?;
            out(plain(Value::text(text)))
        }
        Ast::Index(term, key) => eval(m, term, env, input.clone(), &mut |at| {
            values(m, key, env, &input.value, &mut |key| {
                let value = path::index(&at.value, &key).map_err(error)?;
                out(at.below(key, value))
            })
        }),
        Ast::Slice(term, from, to) => slice(m, (term, from, to), env, input, out),
        Ast::Each(term) => eval(m, term, env, input, &mut |at| each(m, &at, out)),
        Ast::Pipe(first, second) => {
            eval(m, first, env, input, &mut |item| eval(m, second, env, item, out))
        }
        Ast::Comma(first, second) => {
            eval(m, first, env, input.clone(), out)?;
            eval(m, second, env, input, out)
        }
        Ast::Negate(inner) => values(m, inner, env, &input.value, &mut |value| match value {
            Value::Number(n) => out(plain(Value::Number(-n))),
            other => Err(error(format!("{} ({}) cannot be negated", other.kind(), other.brief()))),
        }),
        Ast::Binary(op, left, right) => values(m, right, env, &input.value, &mut |right| {
            values(m, left, env, &input.value, &mut |left| {
                out(plain(math::binary(*op, &left, &right).map_err(error)?))
            })
        }),
        Ast::And(left, right) => logic(m, (left, right), false, env, &input.value, out),
        Ast::Or(left, right) => logic(m, (left, right), true, env, &input.value, out),
        Ast::Alternative(left, right) => alternative(m, left, right, env, input, out),
        Ast::If(branches, other) => branch(m, branches, other.as_deref(), env, input, out),
        Ast::Try(body, handler) => attempt(m, body, handler.as_deref(), env, input, out),
        Ast::Reduce(source, pattern, start, update) => {
            let mut state = None;
            for first in collect(m, start, env, &input.value)? {
                state = Some(first);
            }
            let mut state = state.unwrap_or(Value::Null);
            values(m, source, env, &input.value, &mut |value| {
                bind(m, pattern, env, &value, &mut |env| {
                    let last = std::mem::replace(&mut state, Value::Null);
                    values(m, update, env, &last, &mut |value| {
                        state = value;
                        Ok(())
                    })
                })
            })?;
            out(plain(state))
        }
        Ast::Foreach(source, pattern, start, update, put) => {
            values(m, start, env, &input.value, &mut |start| {
                let mut state = start;
                values(m, source, env, &input.value, &mut |value| {
                    bind(m, pattern, env, &value, &mut |env| {
                        let last = state.clone();
                        values(m, update, env, &last, &mut |value| {
                            state = value.clone();
                            match put {
                                Some(put) => values(m, put, env, &value, &mut |v| out(plain(v))),
                                None => out(plain(value)),
                            }
                        })
                    })
                })
            })
        }
        Ast::Bind(source, pattern, body) => values(m, source, env, &input.value, &mut |value| {
            bind(m, pattern, env, &value, &mut |env| eval(m, body, env, input.clone(), out))
        }),
        Ast::Var(name) => {
            let found = env.iter().find_map(|(it, _)| match it {
                Binding::Var(var, value) if var == name => Some(value.clone()),
                _ => None,
            });
            out(plain(found.unwrap_or(Value::Null)))
        }
        Ast::Array(None) => out(plain(Value::list(Vec::new()))),
        Ast::Array(Some(inner)) => out(plain(Value::list(collect(m, inner, env, &input.value)?))),
        Ast::Object(entries) => object(m, entries, env, &input.value, Vec::new(), out),
        Ast::Call(name, args) => call(m, name, args, env, input, out),
        Ast::Update(how, target, source) => {
            update(m, *how, (target, source), env, &input.value, out)
        }
        Ast::Define(function, rest) => {
            let env = env.with(Binding::Function(function.clone()));
            eval(m, rest, &env, input, out)
        }
        Ast::Label(name, body) => {
            let number = m.labels.get();
            m.labels.set(number + 1);
            let env = env.with(Binding::Label(name.clone(), number));
            match eval(m, body, &env, input, out) {
                Err(Stop::Break(at)) if at == number => Ok(()),
                other => other,
            }
        }
        Ast::Break(name) => {
            let number = env.iter().find_map(|(it, _)| match it {
                Binding::Label(label, number) if label == name => Some(*number),
                _ => None,
            });
            Err(number.map_or_else(|| error("break"), Stop::Break))
        }
    }
}

/// The value and everything below it.
fn recurse(m: &Meter, at: Item, out: &mut Out<'_>) -> Flow {
    m.step()?;
    out(at.clone())?;
    match at.value {
        Value::List(_) | Value::Map(_) => each(m, &at, &mut |item| recurse(m, item, out)),
        _ => Ok(()),
    }
}

fn each(m: &Meter, at: &Item, out: &mut Out<'_>) -> Flow {
    match &at.value {
        Value::List(all) => all.iter().enumerate().try_for_each(|(i, it)| {
            m.step()?;
            out(at.below(Value::Number(i as f64), it.clone()))
        }),
        Value::Map(all) => all.iter().try_for_each(|(key, it)| {
            m.step()?;
            out(at.below(Value::Text(key.clone()), it.clone()))
        }),
        other => Err(error(format!("Cannot iterate over {} ({})", other.kind(), other.brief()))),
    }
}

fn slice(
    m: &Meter,
    (term, from, to): (&Ast, &Option<Box<Ast>>, &Option<Box<Ast>>),
    env: &Env,
    input: Item,
    out: &mut Out<'_>,
) -> Flow {
    let end = |ast: &Option<Box<Ast>>| match ast {
        Some(ast) => collect(m, ast, env, &input.value),
        None => Ok(vec![Value::Null]),
    };
    let (from, to) = (end(from)?, end(to)?);
    eval(m, term, env, input.clone(), &mut |at| {
        for to in &to {
            for from in &from {
                let key =
                    Value::map(vec![("start".into(), from.clone()), ("end".into(), to.clone())]);
                let value = path::index(&at.value, &key).map_err(error)?;
                out(at.below(key, value))?;
            }
        }
        Ok(())
    })
}

/// A text piece by piece: each filter in it may have several outputs.
fn text(
    m: &Meter,
    (format, pieces): (Format, &[Piece]),
    env: &Env,
    input: &Value,
    so_far: String,
    out: &mut Out<'_>,
) -> Flow {
    let Some((first, rest)) = pieces.split_first() else {
        return out(Item::new(Value::text(so_far)));
    };
    match first {
        Piece::Plain(piece) => text(m, (format, rest), env, input, so_far + piece, out),
        Piece::Filter(ast) => values(m, ast, env, input, &mut |value| {
            let piece = format::apply(format, &value).map_err(error)?;
            text(m, (format, rest), env, input, so_far.clone() + &piece, out)
        }),
    }
}

fn logic(
    m: &Meter,
    (left, right): (&Ast, &Ast),
    decides: bool,
    env: &Env,
    input: &Value,
    out: &mut Out<'_>,
) -> Flow {
    values(m, left, env, input, &mut |left| {
        if left.holds() == decides {
            return out(Item::new(Value::Bool(decides)));
        }
        values(m, right, env, input, &mut |right| out(Item::new(Value::Bool(right.holds()))))
    })
}

/// The outputs of a filter, with what ended it kept apart from what its taker says: that is the error, the
/// filter's own end the answer.
pub fn apart(
    m: &Meter,
    ast: &Ast,
    env: &Env,
    input: Item,
    out: &mut Out<'_>,
) -> Result<Flow, Stop> {
    let mut outer = None;
    let flow = eval(m, ast, env, input, &mut |item| {
        out(item).map_err(|stop| {
            outer = Some(stop);
            Stop::Break(usize::MAX)
        })
    });
    outer.map_or(Ok(flow), Err)
}

fn alternative(
    m: &Meter,
    left: &Ast,
    right: &Ast,
    env: &Env,
    input: Item,
    out: &mut Out<'_>,
) -> Flow {
    let mut any = false;
    let flow = apart(m, left, env, input.clone(), &mut |item| {
        if !item.value.holds() {
            return Ok(());
        }
        any = true;
        out(item)
    })?;
    // An error on the left ends it there.
    if let Err(stop @ (Stop::Break(_) | Stop::Spent(_))) = flow {
        return Err(stop);
    }
    if any { Ok(()) } else { eval(m, right, env, input, out) }
}

fn branch(
    m: &Meter,
    branches: &[(Ast, Ast)],
    other: Option<&Ast>,
    env: &Env,
    input: Item,
    out: &mut Out<'_>,
) -> Flow {
    let Some(((test, then), rest)) = branches.split_first() else {
        return match other {
            Some(other) => eval(m, other, env, input, out),
            None => out(input),
        };
    };
    values(m, test, env, &input.value, &mut |holds| match holds.holds() {
        true => eval(m, then, env, input.clone(), out),
        false => branch(m, rest, other, env, input.clone(), out),
    })
}

/// Errors of the body are caught; those of whoever takes its outputs go on.
fn attempt(
    m: &Meter,
    body: &Ast,
    handler: Option<&Ast>,
    env: &Env,
    input: Item,
    out: &mut Out<'_>,
) -> Flow {
    let flow = apart(m, body, env, input, out)?;
    match (flow, handler) {
        (Err(Stop::Error(what)), Some(handler)) => eval(m, handler, env, Item::new(what), out),
        (Err(Stop::Error(_)), None) => Ok(()),
        (flow, _) => flow,
    }
}

/// The names of a pattern get the parts of a value.
fn bind(
    m: &Meter,
    pattern: &Pattern,
    env: &Env,
    value: &Value,
    then: &mut dyn FnMut(&Env) -> Flow,
) -> Flow {
    match pattern {
        Pattern::Var(name) => then(&env.with_var(name, value.clone())),
        Pattern::List(all) => {
            let mut env = env.clone();
            for (i, inner) in all.iter().enumerate() {
                let part = path::index(value, &Value::Number(i as f64)).map_err(error)?;
                env = bound(m, inner, &env, &part)?;
            }
            then(&env)
        }
        Pattern::Map(all) => {
            let mut env = env.clone();
            for (key, var, inner) in all {
                for key in collect(m, key, &env, value)? {
                    let part = path::index(value, &key).map_err(error)?;
                    if let Some(var) = var {
                        env = env.with_var(var, part.clone());
                    }
                    if let Some(inner) = inner {
                        env = bound(m, inner, &env, &part)?;
                    }
                }
            }
            then(&env)
        }
    }
}

fn bound(m: &Meter, pattern: &Pattern, env: &Env, value: &Value) -> Result<Env, Stop> {
    let mut inner = env.clone();
    bind(m, pattern, env, value, &mut |env| {
        inner = env.clone();
        Ok(())
    })?;
    Ok(inner)
}

/// Every combination of keys and values.
fn object(
    m: &Meter,
    entries: &[(Ast, Ast)],
    env: &Env,
    input: &Value,
    so_far: Vec<(Rc<str>, Value)>,
    out: &mut Out<'_>,
) -> Flow {
    let Some(((key, value), rest)) = entries.split_first() else {
        return out(Item::new(Value::map(so_far)));
    };
    values(m, key, env, input, &mut |key| {
        let Value::Text(key) = key else {
            let (kind, brief) = (key.kind(), key.brief());
            return Err(error(format!("Object keys must be strings: {kind} ({brief})")));
        };
        values(m, value, env, input, &mut |value| {
            let mut all = so_far.clone();
            value::set(&mut all, key.clone(), value);
            object(m, rest, env, input, all, out)
        })
    })
}

fn call(
    m: &Meter,
    name: &Rc<str>,
    args: &[Ast],
    env: &Env,
    input: Item,
    out: &mut Out<'_>,
) -> Flow {
    for (what, here) in env.iter() {
        match what {
            Binding::Filter(filter, ast, env) if filter == name && args.is_empty() => {
                return eval(m, ast, env, input, out);
            }
            Binding::Function(function)
                if function.name == *name && function.params.len() == args.len() =>
            {
                // The function knows itself.
                return apply(m, function, here.clone(), args, env, input, out);
            }
            _ => {}
        }
    }
    builtin::call(m, name, args, env, input, out)
}

/// Calls a function: filters as they are, `$x` for each value of its argument.
fn apply(
    m: &Meter,
    function: &Function,
    inner: Env,
    args: &[Ast],
    env: &Env,
    input: Item,
    out: &mut Out<'_>,
) -> Flow {
    let at = function.params.len() - args.len();
    let Some((arg, rest)) = args.split_first() else {
        return eval(m, &function.body, &inner, input, out);
    };
    let param = function.params.get(at).cloned().unwrap_or_default();
    let filter = |name: &str, ast: Ast| Binding::Filter(name.into(), Rc::new(ast), env.clone());
    match param.strip_prefix('$') {
        None => {
            let inner = inner.with(filter(&param, arg.clone()));
            apply(m, function, inner, rest, env, input, out)
        }
        Some(name) => values(m, arg, env, &input.value, &mut |value| {
            let inner = inner.with(filter(name, Ast::Literal(value.clone()))).with_var(name, value);
            apply(m, function, inner, rest, env, input.clone(), out)
        }),
    }
}

fn update(
    m: &Meter,
    how: Update,
    (target, source): (&Ast, &Ast),
    env: &Env,
    input: &Value,
    out: &mut Out<'_>,
) -> Flow {
    if how == Update::By {
        let mut whole = input.clone();
        for path in paths(m, target, env, input)? {
            let old = path::get(&whole, &path).map_err(error)?;
            let new = collect(m, source, env, &old)?.into_iter().next();
            whole = match new {
                Some(new) => path::set(&whole, &path, new),
                None => path::delete(&whole, &path),
            }
            .map_err(error)?;
        }
        return out(Item::new(whole));
    }
    values(m, source, env, input, &mut |value| {
        let mut whole = input.clone();
        for path in paths(m, target, env, input)? {
            let new = match how {
                Update::Set | Update::By => value.clone(),
                Update::With(op) => {
                    let old = path::get(&whole, &path).map_err(error)?;
                    math::binary(op, &old, &value).map_err(error)?
                }
                Update::Alternative => {
                    let old = path::get(&whole, &path).map_err(error)?;
                    if old.holds() { old } else { value.clone() }
                }
            };
            whole = path::set(&whole, &path, new).map_err(error)?;
        }
        out(Item::new(whole))
    })
}

/// What a comparison makes of two values.
pub fn compare(op: Op, left: &Value, right: &Value) -> Option<bool> {
    let order = left.order(right);
    Some(match op {
        Op::Equal => order.is_eq(),
        Op::Unequal => order.is_ne(),
        Op::Less => order.is_lt(),
        Op::AtMost => order.is_le(),
        Op::More => order.is_gt(),
        Op::AtLeast => order.is_ge(),
        _ => return None,
    })
}
