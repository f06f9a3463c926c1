//! The bodies of here-documents.

use super::{Ctx, Parts, Res, blame};
use crate::shell::ast::*;
use crate::shell::parse::Parser;
use crate::shell::text;
use std::sync::{Arc, OnceLock};

/// A here-document whose body has not been reached.
#[derive(Clone, Debug)]
pub(in crate::shell) struct Pending {
    pub slot: Arc<OnceLock<HereDoc>>,
    pub delim: Str,
    pub quoted: bool,
    pub strip: bool,
    pub line: u32,
}

impl Parser<'_> {
    /// Reads the bodies of the here-documents announced on the line that just ended.
    pub(in crate::shell) fn read_here_docs(&mut self) -> Res<()> {
        for p in std::mem::take(&mut self.pending) {
            let doc = self.here_doc(&p)?;
            let _ = p.slot.set(doc);
        }
        Ok(())
    }

    fn here_doc(&mut self, p: &Pending) -> Res<HereDoc> {
        let mut body = Vec::new();
        let mut found = false;
        while self.pos < self.src.len() {
            let end = self.src[self.pos..]
                .iter()
                .position(|&b| b == b'\n')
                .map_or(self.src.len(), |n| self.pos + n);
            let mut line = &self.src[self.pos..end];
            if p.strip {
                let tabs = line.iter().take_while(|&&b| b == b'\t').count();
                line = &line[tabs..];
            }
            if line == p.delim {
                found = true;
                self.pos = (end + 1).min(self.src.len());
                self.line += 1;
                break;
            }
            // An unquoted body joins lines before the delimiter is looked for.
            body.extend_from_slice(line);
            body.push(b'\n');
            self.pos = (end + 1).min(self.src.len());
            self.line += 1;
        }
        if !found {
            self.here_eof = true;
            self.warnings.push((
                self.line,
                format!(
                    "warning: here-document at line {} delimited by end-of-file (wanted `{}')",
                    p.line,
                    text::lossy(&p.delim)
                ),
            ));
        }
        let parts =
            if p.quoted { vec![Part::Quoted(body.clone())] } else { self.here_parts(&body)? };
        let body = Word { parts, raw: body, assign: None };
        Ok(HereDoc { body, delim: p.delim.clone(), quoted: p.quoted })
    }

    /// The body of an unquoted here-document, read by a parser of its own.
    fn here_parts(&mut self, body: &[u8]) -> Res<Vec<Part>> {
        let mut sub = Parser::new(body, self.line);
        sub.extglob = self.extglob;
        let mut out = Parts::default();
        while let Some(b) = sub.byte() {
            sub.quoted_part(b, &mut out, Ctx::Here)?;
        }
        let mut parts = out.done();
        blame(&mut parts, body);
        Ok(vec![Part::Double(parts)])
    }
}
