//! The self-check: recorded kernel traces, replayed a slice at a time.

use super::{Server, Tell};

/// A self-check under way.
pub(super) struct Check {
    id: u32,
    cases: Vec<(String, String)>,
    done: usize,
    differs: Vec<String>,
    kernel: String,
}

impl Server {
    pub(super) fn start_check(&mut self, id: u32, cases: Vec<(String, String)>) {
        let Some((_, first)) = cases.first() else {
            let message = "there are no recorded traces".to_owned();
            self.tell(id, Tell::Error { message });
            self.tell(id, Tell::End);
            return;
        };
        if !cfg!(any(feature = "testing", feature = "all-commands")) {
            self.outgrow(id);
            return;
        }
        let kernel = super::replay::recorded_on(first);
        self.check = Some(Check { id, cases, done: 0, differs: Vec::new(), kernel });
    }

    /// Replays a few recorded cases.
    pub(super) fn check_slice(&mut self) {
        let Some(mut check) = self.check.take() else { return };
        for (name, text) in check.cases.iter().skip(check.done).take(4) {
            check.done += 1;
            if let Err(why) = super::replay::same(text) {
                check.differs.push(format!("{name}: {why}"));
            }
        }
        let (done, total) = (check.done, check.cases.len());
        let same = done - check.differs.len();
        let (differs, kernel) = (check.differs.clone(), check.kernel.clone());
        self.tell(check.id, Tell::Checked { same, done, total, differs, kernel });
        if done == total {
            self.tell(check.id, Tell::End);
        } else {
            self.check = Some(check);
        }
    }
}
