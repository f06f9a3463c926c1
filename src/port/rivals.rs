//! The messages about storage drivers side by side, and the machine's part in them: the script runs in
//! slices beside whatever else the machine does.

use super::Server;
use crate::view::rivals::Step;
use serde::{Deserialize, Serialize};

/// What a host wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Which drivers are there?
    Built,
    /// Runs a script on machines with these drivers; one that still runs is given up.
    Start { drivers: Vec<String>, script: String },
    /// Gives up what runs.
    Stop,
}

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tell {
    /// The drivers to choose from.
    Built { drivers: Vec<String> },
    /// A step has ended on one of the machines, by its place in what was asked.
    Step { at: usize, step: Box<Step> },
    /// All scripts are at their end.
    Over,
    /// The script was given up before its end.
    Stopped,
    /// It cannot be done: why.
    Refused { message: String },
}

/// A machine with containers has to answer this.
#[cfg(not(feature = "containers"))]
impl Server {
    pub(super) fn of_rivals(&mut self, id: u32, _: Ask) {
        self.outgrow(id);
    }
}

#[cfg(feature = "containers")]
mod bout {
    use super::{Ask, Server, Tell};
    use crate::port::Tell as Told;
    use crate::rivals::{Bout, built};

    /// Rounds of one machine in a slice: some milliseconds.
    const ROUNDS: u64 = 8;

    /// A script under way, by the request with this number.
    pub struct Job {
        id: u32,
        bout: Bout,
    }

    impl Server {
        pub(in super::super) fn of_rivals(&mut self, id: u32, ask: Ask) {
            match ask {
                Ask::Built => {
                    let drivers = built().into_iter().map(str::to_owned).collect();
                    self.tell(id, Told::Rivals(Tell::Built { drivers }));
                }
                Ask::Stop => self.stop_rivals(),
                Ask::Start { drivers, script } => {
                    self.stop_rivals();
                    match Bout::new(&drivers, &script) {
                        Ok(bout) => {
                            self.bout = Some(Job { id, bout });
                            return;
                        }
                        Err(message) => self.tell(id, Told::Rivals(Tell::Refused { message })),
                    }
                }
            }
            self.tell(id, Told::End);
        }

        fn stop_rivals(&mut self) {
            if let Some(job) = self.bout.take() {
                self.tell(job.id, Told::Rivals(Tell::Stopped));
                self.tell(job.id, Told::End);
            }
        }

        /// Goes on with the script for a slice.
        pub(in super::super) fn rivals_slice(&mut self) {
            let Some(Job { id, mut bout }) = self.bout.take() else { return };
            if let Some((at, step)) = bout.go_on(ROUNDS) {
                self.tell(id, Told::Rivals(Tell::Step { at, step: Box::new(step) }));
            }
            if bout.is_over() {
                self.tell(id, Told::Rivals(Tell::Over));
                self.tell(id, Told::End);
            } else {
                self.bout = Some(Job { id, bout });
            }
        }
    }
}

#[cfg(feature = "containers")]
pub use bout::Job;

#[cfg(all(test, feature = "containers"))]
mod tests {
    use super::*;
    use crate::port::{Ask as Asked, Tell as Told, ToMachine};

    fn told(server: &mut Server) -> Vec<Tell> {
        let mut all = Vec::new();
        loop {
            let (messages, more) = server.pump();
            all.extend(messages.into_iter().filter_map(|it| match it.tell {
                Told::Rivals(tell) => Some(tell),
                _ => None,
            }));
            if !more {
                return all;
            }
        }
    }

    fn ask(server: &mut Server, id: u32, ask: Ask) {
        server.ask(ToMachine { id, ask: Asked::Rivals(ask) });
    }

    #[test]
    fn a_script_runs_beside_the_machine_and_can_be_given_up() {
        let mut server = Server::new();
        let drivers = vec!["overlay2".to_owned(), "vfs".to_owned()];
        let start =
            |script: &str| Ask::Start { drivers: drivers.clone(), script: script.to_owned() };
        ask(&mut server, 1, start("echo one\nfalse"));
        let all = told(&mut server);
        let steps = all.iter().filter(|it| matches!(it, Tell::Step { .. })).count();
        assert_eq!((steps, all.last()), (4, Some(&Tell::Over)));
        ask(&mut server, 2, start("while true; do :; done"));
        server.pump();
        ask(&mut server, 3, Ask::Stop);
        assert_eq!(told(&mut server), [Tell::Stopped]);
        let twice = vec!["vfs".to_owned(); 2];
        ask(&mut server, 4, Ask::Start { drivers: twice, script: String::new() });
        assert!(matches!(&told(&mut server)[..], [Tell::Refused { .. }]));
        ask(&mut server, 5, Ask::Built);
        assert!(matches!(&told(&mut server)[..], [Tell::Built { drivers }] if drivers.len() >= 2));
    }
}
