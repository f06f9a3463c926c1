//! Programs that only images have.

use crate::shell::command::once::Drain;
use crate::shell::command::{Command, Invocation, Package, Start};
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};

/// All of them: known to containers, absent from the machine itself.
pub static PROGRAMS: &[&Command] =
    &[&NGINX, &HELLO, &super::apt::APT_GET, &super::apt::APT, &ABSENT];

/// The name of the program that stands for those that are not simulated.
pub const STUB: &str = crate::shell::command::exec::FOREIGN;

const ABSENT: Command = Command {
    name: STUB,
    usage: "Usage: {}\n",
    summary: "stands for a program of a package that is not simulated",
    package: Package::Other("not-simulated"),
    trouble: 127,
    start: Start::Swift(|ctx| {
        let name = ctx.prog();
        ctx.err(format!(
            "{name}: not simulated: its file is there, but the program does nothing here\n"
        ));
        127
    }),
};

const NGINX: Command = Command {
    name: "nginx",
    usage: "Usage: nginx [-?hvVtTq] [-s signal] [-p prefix] [-e filename] [-c filename] [-g directives]\n",
    summary: "a web server that serves nobody: it runs until it is stopped",
    package: Package::Other("nginx version: nginx/1.21.1"),
    trouble: 1,
    start: Start::Program(|call| Box::new(Server { call, drain: Drain::default(), began: false })),
};

const HELLO: Command = Command {
    name: "hello",
    usage: "Usage: hello\n",
    summary: "says hello",
    package: Package::Other("hello 1.0"),
    trouble: 1,
    start: Start::Swift(|ctx| {
        ctx.line(
            "\nHello from a container!\nThis text came from a program in the image's only layer.\n",
        );
        0
    }),
};

/// A server: says that it began, then waits for the signal to stop.
#[derive(Clone)]
struct Server {
    call: Invocation,
    drain: Drain,
    began: bool,
}

impl Program for Server {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        if let Some(poll) = self.drain.poll(os, "nginx") {
            return poll;
        }
        let only_looks = self.call.argv.iter().any(|it| it == b"-v" || it == b"-t");
        if !self.began {
            self.began = true;
            let text: &[u8] = match only_looks {
                true if self.call.argv.iter().any(|it| it == b"-t") => {
                    b"nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration \
                      file /etc/nginx/nginx.conf test is successful\n"
                }
                true => b"nginx version: nginx/1.21.1\n",
                false => b"nginx: start worker process\n",
            };
            self.drain.push(2, text.to_vec());
            return Poll::Yield;
        }
        if only_looks {
            return Poll::Exit(0);
        }
        let signals = match os.tasks.map.get_mut(&os.pid) {
            Some(task) => std::mem::take(&mut task.signals),
            None => Vec::new(),
        };
        // QUIT and TERM end it in good order; an interrupt is for whoever has the terminal.
        if signals.iter().any(|signal| matches!(signal, 3 | 15)) {
            return Poll::Exit(0);
        }
        Poll::Blocked
    }

    fn minds_signals(&self) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
