//! The table of subcommands: names, options, operands, and who does the work.

use super::args::Args;
use super::cli::{Done, MANY};
use super::{
    archives, build, commit, containers, copy, events, exec, host, images, inspect, logs, networks,
    pause, ports, run, stop, system, volumes,
};
use crate::oci::engine::Engine;
use crate::shell::command::ctx::Ctx;

/// A subcommand.
pub struct Sub {
    /// All names: `ps`, `container ls`, …
    pub names: &'static [&'static str],
    /// What stands after the name in the usage line.
    pub usage: &'static str,
    pub what: &'static str,
    pub table: &'static str,
    /// Fewest and most operands.
    pub operands: (usize, usize),
    pub run: fn(&mut Ctx<'_>, &Engine, &Args) -> Done,
}

macro_rules! sub {
    ($names:expr, $usage:expr, $what:expr, $table:expr, $operands:expr, $run:path) => {
        Sub {
            names: $names,
            usage: $usage,
            what: $what,
            table: $table,
            operands: $operands,
            run: $run,
        }
    };
}

const RUN: &str = "+ d|detach i|interactive t|tty |rm |name= v|volume= e|env= w|workdir= u|user= |entrypoint= \
    h|hostname= |read-only |tmpfs= p|publish= P|publish-all l|label= |network= |restart= |pull= |init q|quiet \
    |add-host= |cap-add= |cap-drop= |cidfile= c|cpu-shares= |cpus= |dns= |env-file= |health-cmd= |log-driver= |log-opt= \
    m|memory= |memory-swap= |mount= |no-healthcheck |pids-limit= |platform= |privileged |security-opt= |shm-size= \
    |stop-signal= |stop-timeout= |storage-opt= |ulimit=";

pub static SUBS: &[Sub] = &[
    sub!(
        &["pull", "image pull"],
        "NAME[:TAG|@DIGEST]",
        "Download an image from a registry",
        "a|all-tags q|quiet |platform=",
        (1, 1),
        images::pull
    ),
    sub!(
        &["push", "image push"],
        "NAME[:TAG]",
        "Upload an image to a registry",
        "a|all-tags q|quiet |disable-content-trust |platform=",
        (1, 1),
        images::push
    ),
    sub!(
        &["build", "image build", "buildx build", "builder build", "buildx b"],
        "PATH | URL | -",
        "Build an image from a Dockerfile",
        build::TABLE,
        (1, 1),
        build::build
    ),
    sub!(
        &["builder prune", "buildx prune"],
        "",
        "Remove build cache",
        "a|all f|force |filter= |keep-storage=",
        (0, 0),
        build::prune
    ),
    sub!(&["buildx du"], "", "Disk usage of the build cache", "|verbose", (0, 0), build::usage),
    sub!(
        &["builder explain"],
        "",
        "Tell why each step of the last build was or was not cached (Layerglass only)",
        "",
        (0, 0),
        build::explain
    ),
    sub!(
        &["images", "image ls", "image list"],
        "[REPOSITORY[:TAG]]",
        "List images",
        "a|all |digests |no-trunc q|quiet |tree |format= f|filter=",
        (0, 1),
        images::list
    ),
    sub!(
        &["history", "image history"],
        "IMAGE",
        "Show the history of an image",
        "H|human |no-trunc q|quiet |format=",
        (1, 1),
        images::history
    ),
    sub!(
        &["tag", "image tag"],
        "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
        "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
        "",
        (2, 2),
        images::tag
    ),
    sub!(
        &["rmi", "image rm", "image remove"],
        "IMAGE [IMAGE...]",
        "Remove one or more images",
        "f|force |no-prune",
        (1, MANY),
        images::remove
    ),
    sub!(
        &["save", "image save"],
        "IMAGE [IMAGE...]",
        "Save one or more images to a tar archive (streamed to STDOUT by default)",
        "o|output=",
        (1, MANY),
        archives::save
    ),
    sub!(
        &["load", "image load"],
        "",
        "Load an image from a tar archive or STDIN",
        "i|input= q|quiet",
        (0, 0),
        archives::load
    ),
    sub!(
        &["image prune"],
        "",
        "Remove unused images",
        "a|all f|force |filter=",
        (0, 0),
        images::prune
    ),
    sub!(
        &["inspect"],
        "NAME|ID [NAME|ID...]",
        "Return low-level information on Docker objects",
        "f|format= s|size |type=",
        (1, MANY),
        inspect::any
    ),
    sub!(
        &["image inspect"],
        "IMAGE [IMAGE...]",
        "Display detailed information on one or more images",
        "f|format=",
        (1, MANY),
        inspect::images
    ),
    sub!(
        &["container inspect"],
        "CONTAINER [CONTAINER...]",
        "Display detailed information on one or more containers",
        "f|format= s|size",
        (1, MANY),
        inspect::containers
    ),
    sub!(
        &["run", "container run"],
        "IMAGE [COMMAND] [ARG...]",
        "Create and run a new container from an image",
        RUN,
        (1, MANY),
        run::run
    ),
    sub!(
        &["create", "container create"],
        "IMAGE [COMMAND] [ARG...]",
        "Create a new container",
        RUN,
        (1, MANY),
        run::create
    ),
    sub!(
        &["start", "container start"],
        "CONTAINER [CONTAINER...]",
        "Start one or more stopped containers",
        "a|attach i|interactive",
        (1, MANY),
        run::start
    ),
    sub!(
        &["exec", "container exec"],
        "CONTAINER COMMAND [ARG...]",
        "Execute a command in a running container",
        "+ d|detach i|interactive t|tty e|env= w|workdir= u|user= |privileged",
        (2, MANY),
        exec::exec
    ),
    sub!(
        &["stop", "container stop"],
        "CONTAINER [CONTAINER...]",
        "Stop one or more running containers",
        "t|time= s|signal=",
        (1, MANY),
        stop::stop
    ),
    sub!(
        &["kill", "container kill"],
        "CONTAINER [CONTAINER...]",
        "Kill one or more running containers",
        "s|signal=",
        (1, MANY),
        stop::kill
    ),
    sub!(
        &["restart", "container restart"],
        "CONTAINER [CONTAINER...]",
        "Restart one or more containers",
        "t|time= s|signal=",
        (1, MANY),
        stop::restart
    ),
    sub!(
        &["rm", "container rm", "container remove"],
        "CONTAINER [CONTAINER...]",
        "Remove one or more containers",
        "f|force v|volumes l|link",
        (1, MANY),
        stop::remove
    ),
    sub!(
        &["container prune"],
        "",
        "Remove all stopped containers",
        "f|force |filter=",
        (0, 0),
        containers::prune
    ),
    sub!(
        &["ps", "container ls", "container list", "container ps"],
        "",
        "List containers",
        "a|all s|size q|quiet |no-trunc l|latest n|last= |format= f|filter=",
        (0, 0),
        containers::list
    ),
    sub!(
        &["diff", "container diff"],
        "CONTAINER",
        "Inspect changes to files or directories on a container's filesystem",
        "",
        (1, 1),
        containers::diff
    ),
    sub!(
        &["commit", "container commit"],
        "CONTAINER [REPOSITORY[:TAG]]",
        "Create a new image from a container's changes",
        "m|message= a|author= p|pause c|change=",
        (1, 2),
        commit::commit
    ),
    sub!(
        &["cp", "container cp"],
        "CONTAINER:SRC_PATH DEST_PATH|SRC_PATH CONTAINER:DEST_PATH",
        "Copy files/folders between a container and the local filesystem",
        "a|archive q|quiet L|follow-link",
        (2, 2),
        copy::copy
    ),
    sub!(
        &["export", "container export"],
        "CONTAINER",
        "Export a container's filesystem as a tar archive",
        "o|output=",
        (1, 1),
        archives::export
    ),
    sub!(
        &["import", "image import"],
        "file|URL|- [REPOSITORY[:TAG]]",
        "Import the contents from a tarball to create a filesystem image",
        "c|change= m|message= |platform=",
        (1, MANY),
        archives::import
    ),
    sub!(
        &["pause", "container pause"],
        "CONTAINER [CONTAINER...]",
        "Pause all processes within one or more containers",
        "",
        (1, MANY),
        pause::pause
    ),
    sub!(
        &["unpause", "container unpause"],
        "CONTAINER [CONTAINER...]",
        "Unpause all processes within one or more containers",
        "",
        (1, MANY),
        pause::unpause
    ),
    sub!(
        &["wait", "container wait"],
        "CONTAINER [CONTAINER...]",
        "Block until one or more containers stop, then print their exit codes",
        "",
        (1, MANY),
        pause::wait
    ),
    sub!(
        &["port", "container port"],
        "CONTAINER [PRIVATE_PORT[/PROTO]]",
        "List port mappings or a specific mapping for the container",
        "",
        (1, 2),
        ports::list
    ),
    sub!(
        &["update", "container update"],
        "CONTAINER [CONTAINER...]",
        "Update configuration of one or more containers",
        "c|cpu-shares= |cpus= m|memory= |memory-swap= |pids-limit= |restart=",
        (1, MANY),
        host::update
    ),
    sub!(
        &["rename", "container rename"],
        "CONTAINER NEW_NAME",
        "Rename a container",
        "",
        (2, 2),
        containers::rename
    ),
    sub!(
        &["logs", "container logs"],
        "CONTAINER",
        "Fetch the logs of a container",
        "f|follow n|tail= t|timestamps |since= |until= |details",
        (1, 1),
        logs::logs
    ),
    sub!(
        &["attach", "container attach"],
        "CONTAINER",
        "Attach local standard input, output, and error streams to a running container",
        "|detach-keys= |no-stdin |sig-proxy",
        (1, 1),
        logs::attach
    ),
    sub!(
        &["events", "system events"],
        "",
        "Get real time events from the server",
        "f|filter= |format= |since= |until=",
        (0, 0),
        events::events
    ),
    sub!(
        &["top", "container top"],
        "CONTAINER",
        "Display the running processes of a container",
        "",
        (1, 1),
        containers::top
    ),
    sub!(
        &["volume create"],
        "[VOLUME]",
        "Create a volume",
        "d|driver= |label= |name= o|opt=",
        (0, 1),
        volumes::create
    ),
    sub!(&["volume ls", "volume list"], "", "List volumes", "q|quiet", (0, 0), volumes::list),
    sub!(
        &["volume inspect"],
        "VOLUME [VOLUME...]",
        "Display detailed information on one or more volumes",
        "f|format=",
        (1, MANY),
        inspect::volumes
    ),
    sub!(
        &["volume rm", "volume remove"],
        "VOLUME [VOLUME...]",
        "Remove one or more volumes",
        "f|force",
        (1, MANY),
        volumes::remove
    ),
    sub!(
        &["volume prune"],
        "",
        "Remove unused local volumes",
        "a|all f|force |filter=",
        (0, 0),
        volumes::prune
    ),
    sub!(
        &["network create"],
        "NETWORK",
        "Create a network",
        "|attachable d|driver= |gateway= |internal |label= o|opt= |subnet=",
        (1, 1),
        networks::create
    ),
    sub!(
        &["network connect"],
        "NETWORK CONTAINER",
        "Connect a container to a network",
        "",
        (2, 2),
        networks::connect
    ),
    sub!(
        &["network disconnect"],
        "NETWORK CONTAINER",
        "Disconnect a container from a network",
        "f|force",
        (2, 2),
        networks::disconnect
    ),
    sub!(
        &["network prune"],
        "",
        "Remove all unused networks",
        "|filter= f|force",
        (0, 0),
        networks::prune
    ),
    sub!(
        &["network ls", "network list"],
        "",
        "List networks",
        "q|quiet |no-trunc |format= f|filter=",
        (0, 0),
        networks::list
    ),
    sub!(
        &["network inspect"],
        "NETWORK [NETWORK...]",
        "Display detailed information on one or more networks",
        "f|format= v|verbose",
        (1, MANY),
        inspect::networks
    ),
    sub!(
        &["network rm", "network remove"],
        "NETWORK [NETWORK...]",
        "Remove one or more networks",
        "f|force",
        (1, MANY),
        networks::remove
    ),
    sub!(
        &["info", "system info"],
        "",
        "Display system-wide information",
        "f|format=",
        (0, 0),
        system::info
    ),
    sub!(
        &["system prune"],
        "",
        "Remove unused data",
        "a|all |filter= f|force |volumes",
        (0, 0),
        system::prune
    ),
    sub!(&["system df"], "", "Show docker disk usage", "v|verbose |format=", (0, 0), system::df),
    sub!(
        &["version"],
        "",
        "Show the Docker version information",
        "f|format=",
        (0, 0),
        system::version
    ),
];
