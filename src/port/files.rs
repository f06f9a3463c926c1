//! Files in and out of the machine, and the desk of archives behind the port.

use super::{FromMachine, Server, Tell, archive};

/// Bytes of a piece on its way to the host.
const PIECE: usize = 1 << 20;

/// What takes messages at once, before the slice is over: pieces of large files do not pile up.
pub type Out = Box<dyn FnMut(FromMachine)>;

impl Server {
    /// Pieces of files go here as they come; otherwise they come with the other answers.
    pub fn set_out(&mut self, out: Out) {
        self.out = Some(out);
    }

    /// A file of the machine, in pieces.
    pub(super) fn fetch(&mut self, id: u32, path: &str) {
        let path = self.absolute(path);
        let bytes = self.session.read_file(path.as_bytes());
        let total = bytes.len() as u64;
        let mut done = 0;
        // An empty file is a piece too.
        for piece in bytes.chunks(PIECE).chain(bytes.is_empty().then_some(&[][..])) {
            done += piece.len() as u64;
            let tell = Tell::Piece { bytes: piece.to_vec(), done, total };
            send(&mut self.out, &mut self.tells, id, tell);
        }
    }
}

fn send(out: &mut Option<Out>, tells: &mut Vec<FromMachine>, id: u32, tell: Tell) {
    match out {
        Some(out) => out(FromMachine { id, tell }),
        None => tells.push(FromMachine { id, tell }),
    }
}

#[cfg(not(feature = "containers"))]
impl Server {
    /// A machine with containers has to answer this.
    pub(super) fn of_archive(&mut self, id: u32, _: archive::Ask) {
        self.outgrow(id);
    }
}

#[cfg(feature = "containers")]
mod with_desk {
    use super::super::desk::{ScratchMaker, Slice};
    use super::{Server, Tell, archive, send};
    use crate::oci::source::Source;
    use std::sync::Arc;

    impl Server {
        /// Lends a file of the host under a number.
        pub fn lend(&mut self, file: u32, source: Arc<dyn Source>) {
            self.desk.lend(file, source);
        }

        /// How the host makes room for archives that are packed as a whole; in memory without it.
        pub fn set_scratch(&mut self, make: ScratchMaker) {
            self.desk.with_scratch(make);
        }

        /// Answers what is asked about archives; the opening of one goes on in slices.
        pub(in super::super) fn of_archive(&mut self, id: u32, ask: archive::Ask) {
            match ask {
                archive::Ask::Open { file, .. } => {
                    let before = self.desk.open(id, file);
                    self.tell_slice(before);
                    return;
                }
                archive::Ask::Cancel => {
                    let given_up = self.desk.cancel();
                    self.tell_slice(given_up);
                }
                archive::Ask::Put { image, name } => {
                    let tell = match self.put(image, &name) {
                        Ok(path) => archive::Tell::Put { path },
                        Err(message) => archive::Tell::Refused { message },
                    };
                    self.tell(id, Tell::Archive(tell));
                }
                ask => {
                    let Server { desk, out, tells, .. } = self;
                    let answer = desk.answer(ask, &mut |bytes, done, total| {
                        send(out, tells, id, Tell::Piece { bytes, done, total });
                    });
                    if let Some(answer) = answer {
                        self.tell(id, Tell::Archive(answer));
                    }
                }
            }
            self.tell(id, Tell::End);
        }

        /// Goes on with what is being opened.
        pub(in super::super) fn desk_slice(&mut self) {
            let slice = self.desk.slice();
            self.tell_slice(slice);
        }

        fn tell_slice(&mut self, slice: Option<Slice>) {
            let Some((id, tells, is_over)) = slice else { return };
            for tell in tells {
                self.tell(id, Tell::Archive(tell));
            }
            if is_over {
                self.tell(id, Tell::End);
            }
        }

        /// Puts an image as an archive beside the reader's own files: part of the next command, so undo
        /// takes it away with that one.
        fn put(&mut self, image: u32, name: &str) -> Result<String, String> {
            if self.session.is_running() {
                return Err("a command is running".to_owned());
            }
            let bytes = self.desk.whole(image).map_err(|why| why.to_string())?;
            let path = self.absolute(name);
            let done = self.session.put(path.as_bytes(), bytes);
            done.map(|()| path.clone()).map_err(|errno| format!("{path}: {}", errno.message()))
        }
    }
}
