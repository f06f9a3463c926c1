//! What a machine was asked and has not answered to the end, and what came of it so far: another
//! machine that is asked the same tells the same, and the page hears each thing once.

use layerglass::machine::journal::Given;
use layerglass::port::{Ask, FromMachine, Stream, Tell, ToMachine};

#[derive(Default)]
pub struct Pending(Vec<One>);

struct One {
    message: ToMachine,
    heard: Heard,
    /// What another machine tells again.
    skip: Heard,
}

/// How much of an answer came.
#[derive(Clone, Copy, Default)]
struct Heard {
    /// Bytes of output, of each stream.
    output: [usize; 2],
    /// Messages of other kinds.
    others: usize,
}

impl Pending {
    /// A message is on its way.
    pub fn asked(&mut self, message: ToMachine) {
        self.0.push(One { message, heard: Heard::default(), skip: Heard::default() });
    }

    /// An answer came; what of it is new.
    pub fn heard(&mut self, message: FromMachine) -> Option<FromMachine> {
        let Some(at) = self.0.iter().position(|it| it.message.id == message.id) else {
            return Some(message);
        };
        let news = self.0[at].heard(message.tell);
        if matches!(news, Some(Tell::End)) {
            self.0.remove(at);
        }
        news.map(|tell| FromMachine { id: message.id, tell })
    }

    /// The messages for another machine, in order. The line that was under way (its number) is given
    /// again what it was given.
    pub fn again(&mut self, under_way: Option<(u32, &[Given])>) -> Vec<ToMachine> {
        let again = |one: &mut One| {
            one.skip = std::mem::take(&mut one.heard);
            let given = under_way.filter(|it| it.0 == one.message.id).map(|it| it.1.to_vec());
            if let (Some(given), Ask::Run { line }) = (given, &one.message.ask) {
                one.message.ask = Ask::Resume { line: line.clone(), given };
            }
            one.message.clone()
        };
        self.0.iter_mut().map(again).collect()
    }

    /// The messages from number `first` on.
    pub fn since(&self, first: u32) -> Vec<ToMachine> {
        let late = self.0.iter().filter(|it| it.message.id >= first);
        late.map(|it| it.message.clone()).collect()
    }

    /// This one starts a machine by itself.
    pub fn is_start(&self, id: u32) -> bool {
        let one = self.0.iter().find(|it| it.message.id == id);
        one.is_some_and(|it| matches!(it.message.ask, Ask::Load { .. } | Ask::Restore { .. }))
    }
}

impl One {
    fn heard(&mut self, tell: Tell) -> Option<Tell> {
        match tell {
            Tell::Output { stream, text } => {
                let at = usize::from(stream == Stream::Err);
                self.heard.output[at] += text.len();
                let old = self.skip.output[at].min(text.len());
                self.skip.output[at] -= old;
                let text = text.get(old..).unwrap_or_default().to_owned();
                (!text.is_empty()).then_some(Tell::Output { stream, text })
            }
            // Comes as often as the machine looks.
            Tell::Waiting { .. } => Some(tell),
            tell => {
                self.heard.others += 1;
                if self.skip.others > 0 {
                    self.skip.others -= 1;
                    return None;
                }
                Some(tell)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(text: &str) -> Tell {
        Tell::Output { stream: Stream::Out, text: text.to_owned() }
    }

    fn hear(pending: &mut Pending, tell: Tell) -> Option<Tell> {
        pending.heard(FromMachine { id: 3, tell }).map(|it| it.tell)
    }

    #[test]
    fn each_thing_is_heard_once() {
        let mut pending = Pending::default();
        let line = "read a; sed p".to_owned();
        pending.asked(ToMachine { id: 3, ask: Ask::Run { line: line.clone() } });
        pending.asked(ToMachine { id: 4, ask: Ask::View });
        assert_eq!(hear(&mut pending, output("one\n")), Some(output("one\n")));
        assert_eq!(hear(&mut pending, Tell::Clear), Some(Tell::Clear));
        let asks: Vec<Ask> = pending.again(Some((3, &[]))).into_iter().map(|it| it.ask).collect();
        assert_eq!(asks, [Ask::Resume { line, given: vec![] }, Ask::View]);
        // In other pieces, which is no difference.
        assert_eq!(hear(&mut pending, output("on")), None);
        assert_eq!(hear(&mut pending, output("e\ntwo\n")), Some(output("two\n")));
        assert_eq!(hear(&mut pending, Tell::Clear), None);
        assert_eq!(hear(&mut pending, Tell::Clear), Some(Tell::Clear));
        assert_eq!(hear(&mut pending, Tell::End), Some(Tell::End));
        assert_eq!(pending.0.len(), 1);
    }

    #[test]
    fn a_start_needs_nothing_before_it() {
        let mut pending = Pending::default();
        pending.asked(ToMachine { id: 1, ask: Ask::Load { scenario: String::new() } });
        pending.asked(ToMachine { id: 2, ask: Ask::View });
        assert!(pending.is_start(1) && !pending.is_start(2) && !pending.is_start(9));
    }
}
