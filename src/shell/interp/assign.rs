//! Assignments: scalars, elements, whole arrays.

use crate::shell::ast::*;
use crate::shell::expand::{Expander, Stop, set_element};
use crate::shell::text;
use crate::shell::vars::{Assoc, Value as Held, Var};
use crate::store::Map;

impl Expander<'_, '_> {
    /// Performs an assignment; the value as `set -x` shows it.
    pub fn assignment(&mut self, a: &Assign) -> Result<Str, Stop> {
        let fail = |m: String| Stop::Discard(Some(m), 1);
        match &a.value {
            Value::Array(items) => {
                self.array(&a.name, a.append, items)?;
                Ok(Vec::new())
            }
            Value::Scalar(w) => {
                let mut v = self.value(w)?;
                let shown = v.clone();
                match &a.index {
                    Some(i) => {
                        let key = self.subscript(&a.name, i)?;
                        if key.is_empty() && !i.raw.is_empty() {
                            return Err(fail(format!(
                                "{}[{}]: bad array subscript",
                                text::lossy(&a.name),
                                text::lossy(&i.raw)
                            )));
                        }
                        if i.raw.is_empty() {
                            return Err(fail(format!(
                                "{}[]: bad array subscript",
                                text::lossy(&a.name)
                            )));
                        }
                        if self.sh.var(&a.name).is_some_and(|v| v.integer) {
                            v = self.integer_value(&a.name, Some(&key), a.append, &v)?;
                            self.set_element(&a.name, &key, v, false)?;
                        } else {
                            self.set_element(&a.name, &key, v, a.append)?;
                        }
                    }
                    None => self.scalar(&a.name, a.append, v)?,
                }
                Ok(shown)
            }
        }
    }

    /// `name=value` with the attributes of the variable.
    pub fn scalar(&mut self, name: &[u8], append: bool, v: Str) -> Result<(), Stop> {
        let target = self.sh.resolve(name);
        let fail = |m: String| Stop::Discard(Some(m), 1);
        if let Some(open) = target.iter().position(|&b| b == b'[') {
            let key = target[open + 1..target.len() - 1].to_vec();
            return set_element(self.sh, &target[..open], &key, v, append).map_err(fail);
        }
        let integer = self.sh.var(name).is_some_and(|v| v.integer);
        let v = if integer {
            self.integer_value(name, None, append, &v)?
        } else if append {
            let mut old = self.lookup(name).unwrap_or_default();
            old.extend(v);
            old
        } else {
            v
        };
        self.sh.assign(name, v).map_err(fail)
    }

    fn integer_value(
        &mut self,
        name: &[u8],
        key: Option<&[u8]>,
        append: bool,
        v: &[u8],
    ) -> Result<Str, Stop> {
        let mut n = self.arith(v)?;
        if append {
            let old = match key {
                Some(k) => self.element(name, k),
                None => self.lookup(name),
            };
            n = n.wrapping_add(self.arith(&old.unwrap_or_default())?);
        }
        Ok(n.to_string().into_bytes())
    }

    /// `name=( … )`.
    pub fn array(&mut self, name: &[u8], append: bool, items: &[Element]) -> Result<(), Stop> {
        let name = self.sh.resolve(name);
        let mut var = self.sh.vars.get(&name).cloned().unwrap_or_default();
        if var.readonly {
            return Err(Stop::Discard(
                Some(format!("{}: readonly variable", text::lossy(&name))),
                1,
            ));
        }
        var.bare = false;
        if let Held::Assoc(old) = &var.value {
            let mut map = if append { old.clone() } else { Assoc::default() };
            self.fill_assoc(&name, &mut map, items)?;
            var.value = Held::Assoc(map);
        } else {
            let mut map = match (&var.value, append) {
                (Held::Indexed(m), true) => m.clone(),
                (Held::Scalar(s), true) => Map::from([(0, s.clone())]),
                _ => Map::new(),
            };
            self.fill_indexed(&var, &mut map, items)?;
            var.value = Held::Indexed(map);
        }
        self.sh.put(&name, var);
        Ok(())
    }

    fn fill_indexed(
        &mut self,
        var: &Var,
        map: &mut Map<i64, Str>,
        items: &[Element],
    ) -> Result<(), Stop> {
        let mut next = map.last_key_value().map_or(0, |(k, _)| k + 1);
        for e in items {
            let values = match &e.index {
                Some(i) => {
                    next = self.arith_word(i)?;
                    if next < 0 {
                        next += map.last_key_value().map_or(0, |(k, _)| k + 1);
                    }
                    vec![self.value(&e.word)?]
                }
                None => self.words(std::slice::from_ref(&e.word))?,
            };
            for mut v in values {
                if var.integer {
                    v = self.arith(&v)?.to_string().into_bytes();
                }
                if var.upper || var.lower {
                    v = crate::shell::state::case(&v, var.upper);
                }
                if e.append {
                    let mut old = map.get(&next).cloned().unwrap_or_default();
                    old.extend(v);
                    v = old;
                }
                map.insert(next, v);
                next += 1;
            }
        }
        Ok(())
    }

    fn fill_assoc(&mut self, name: &[u8], map: &mut Assoc, items: &[Element]) -> Result<(), Stop> {
        let mut key: Option<Str> = None;
        for e in items {
            match &e.index {
                Some(i) => {
                    let k = self.string(i)?;
                    let mut v = self.value(&e.word)?;
                    if e.append {
                        let mut old = map.get(&k).cloned().unwrap_or_default();
                        old.extend(v);
                        v = old;
                    }
                    if k.is_empty() {
                        let m = format!(
                            "[{}]={}: bad array subscript",
                            text::lossy(&i.raw),
                            text::lossy(&v)
                        );
                        return Err(Stop::Discard(Some(m), 1));
                    }
                    map.set(k, v);
                }
                None => {
                    // Alternating keys and values.
                    let v = self.string(&e.word)?;
                    match key.take() {
                        None => key = Some(v),
                        Some(k) => map.set(k, v),
                    }
                }
            }
        }
        if let Some(k) = key {
            map.set(k, Vec::new());
        }
        let _ = name;
        Ok(())
    }
}
