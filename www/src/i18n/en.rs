//! English.

use super::Texts;
use layerglass::trace::step::Layer;
use layerglass::view::{BeatKind, Effect};

pub const EN: Texts = Texts {
    tagline: "See through the layers of a container",
    skip: "Skip to the terminal",
    loading: "Starting the simulated machine…",
    failed: "The simulated machine stopped.",
    reload: "Start again",
    lessons: "Lessons",
    lesson_list: "Choose a lesson",
    language: "中文",
    theme: "Theme",
    theme_auto: "Like the system",
    theme_light: "Light",
    theme_dark: "Dark",
    help: "Help and keys",
    close: "Close",
    tab_stage: "Layers",
    tab_terminal: "Terminal",
    tab_lesson: "Lesson",
    tab_inspect: "Inspect",
    stage: "Layers",
    matrix: "Matrix",
    stack: "Stack",
    files: "Files",
    merged: "merged",
    work: "work",
    path: "Path",
    read_only: "read-only",
    writable: "writable",
    nothing_mounted: "Nothing is mounted yet",
    nothing_mounted_text: "These are ordinary directories so far. Mount them on top of each other and one view of all of them appears.",
    mount_now: "Mount the layers",
    which_mount: "Overlay mount",
    contested_only: "Only paths in several layers",
    all_rows: "All paths",
    rows_left_out: |n| format!("{n} more paths are not drawn"),
    legend: "What the marks mean",
    work_idle: "empty between operations",
    root: "(root)",
    role_absent: "nothing here",
    role_visible: "visible",
    role_merged: "merged directory",
    role_shadowed: "hidden by a layer above",
    role_whiteout: "whiteout: hides this name below",
    role_opaque: "opaque: nothing below is merged",
    role_copied_up: "copied up",
    hidden: "not visible",
    kind_file: "file",
    kind_dir: "directory",
    kind_symlink: "symbolic link",
    kind_device: "device",
    kind_fifo: "fifo",
    kind_socket: "socket",
    transport: "Time",
    undo: "Undo",
    redo: "Redo",
    to_start: "To the start",
    to_end: "To the newest step",
    reset: "Reset",
    reset_ask: "Start this lesson over? All steps are forgotten.",
    step_of: |n, of, line| format!("Step {n} of {of}: {line}"),
    start_of_lab: "the beginning",
    speed: "Speed",
    speed_instant: "instant",
    pause: "Pause",
    previous: "Previous",
    next: "Next",
    replay: "Play again",
    beat_of: |n, of| format!("{n}/{of}"),
    terminal: "Terminal",
    terminal_input: "Command line",
    terminal_hint: "Tab completes, ↑ brings back earlier commands, Esc then Tab leaves the line",
    exit_status: |n| format!("exit status {n}"),
    interrupt: "Ctrl-C",
    run: "Run",
    suggestions: "Commands to try",
    full_width: "This line has full-width punctuation (； “ ”), which the shell takes for ordinary letters. Use ; and \" instead.",
    lines_dropped: |n| format!("{n} earlier lines are no longer kept"),
    more_effects: |n| format!("and {n} more changes"),
    went_to: |n| format!("went to step {n}"),
    restored: |done, lost| match (done, lost) {
        (1, 0) => {
            "Picked up where you left off: 1 step was replayed. Reset starts over.".to_owned()
        }
        (n, 0) => {
            format!("Picked up where you left off: {n} steps were replayed. Reset starts over.")
        }
        (n, lost) => format!(
            "Replayed {n} earlier steps; the {lost} after them could not be replayed and are gone."
        ),
    },
    log_broken: "The saved steps of this tab could not be replayed, so the lesson starts over.",
    no_part: "The part of the machine that this command needs could not be loaded, so the command was given up. Check the connection and try again.",
    log_too_long: "This session has become too long to be saved: a reload will start the lesson over.",
    not_the_same: "The replayed machine is not exactly the one before the reload. Use Reset if something looks odd.",
    crashed: "The machine stopped unexpectedly and is being rebuilt from its steps. The last command is left out.",
    rule_more: "What does this number mean?",
    rule_about: "Each decision of the engine follows a numbered rule. Every rule was checked against recordings of a real Linux kernel.",
    rule_read: "Rule and recordings (opens the documentation)",
    inspector: "Inspector",
    select_something: "Select a row or a cell to look inside.",
    trace: "Trace",
    content: "Content",
    inode: "Inode",
    diff: "Diff",
    raw: "Raw",
    trace_intro: "How the kernel finds this path: layers are asked from the top, one name at a time.",
    trace_result: "Result",
    trace_none: "This path is not inside an overlay mount.",
    trace_identity: |layer| format!("st_dev and st_ino come from {layer}"),
    asks: |layer, path| format!("{layer} is asked for {path}"),
    rule_word: "Rule",
    seen_as: "Seen through the mount",
    in_layer: |layer| format!("In {layer}"),
    not_there: "Not there",
    empty_file: "An empty file.",
    cut: "Only the beginning is shown.",
    is_whiteout_body: "A whiteout has no content: a character device 0, 0 that says “not here, and not below”.",
    directory_of: |n| match n {
        0 => "An empty directory.".to_owned(),
        1 => "1 entry".to_owned(),
        n => format!("{n} entries"),
    },
    no_xattrs: "No extended attributes.",
    xattrs: "Extended attributes",
    diff_none: "There are no two versions of this file to compare.",
    diff_same: "Both versions have the same content.",
    raw_options: "Line in /proc/mounts",
    raw_layers: "Layers from the top",
    bytes: "bytes",
    ledger: "Where the bytes are",
    ledger_visible: "visible",
    ledger_shadowed: "shadowed",
    ledger_removed: "removed",
    mean_opaque: "opaque: lower directories of this name are not merged",
    mean_origin: "origin: the lower file that this one was copied up from",
    mean_impure: "impure: may hold entries that were copied up",
    mean_redirect: "redirect: looks below under another name",
    mean_metacopy: "metacopy: metadata only, the data is still below",
    mean_nlink: "nlink: how to count links across layers",
    mean_upper: "upper: which upper file an index entry stands for",
    mean_uuid: "uuid: identity of this overlay, written at the first mount",
    mean_whiteout: "whiteout in its attribute form",
    mean_acl: "access control list",
    v_absent: "not here",
    v_whiteout: "whiteout",
    v_file: "here it is",
    v_dir: "directory",
    v_opaque: "opaque directory",
    v_redirect: "redirect",
    v_metacopy: "metadata only",
    v_hidden: "not asked",
    v_error: "error",
    actions: "Actions",
    act_show: "Show content",
    act_stat: "Status",
    act_trace: "Trace lookup",
    act_append: "Append a line…",
    act_edit: "Edit with vi",
    act_delete: "Delete",
    act_rename: "Rename…",
    act_mkdir: "New directory…",
    act_touch: "New file…",
    act_list: "List",
    act_xattr: "Attributes",
    act_chmod: "Permissions…",
    act_chown: "Owner…",
    act_copy: "Copy…",
    act_mount: "Mount an overlay here…",
    act_umount: "Unmount",
    act_ask_mode: "New permissions, such as 600 or u+x",
    act_ask_owner: "New owner, such as 1000 or daemon",
    act_ask_options: "Mount options",
    act_of: "Actions for",
    still_before: "Before",
    still_after: "After",
    previous_lesson: "Previous lesson",
    lesson_finished: "finished",
    lessons_done: "lessons finished",
    forget_progress: "Forget progress",
    track_start: "Start here",
    track_a: "Track A: the union",
    track_b: "Track B: Docker on top of it",
    track_c: "Track C: building well",
    track_d: "Track D: sharp edges",
    track_e: "Track E: other storage drivers",
    answer_found: |layer| format!("found in {layer}"),
    loading_check: "Fetching the recordings…",
    check_failed: "The recordings could not be read:",
    act_ask_text: "Text to append",
    act_ask_name: "Name",
    act_runs: "Types and runs",
    ok: "Run it",
    cancel: "Cancel",
    editor_title: |path| format!("Editing {path}"),
    editor_note: "Saving does what this editor does on Linux: vi writes a new file and renames it into place, nano writes into the old one.",
    save: "Save and close",
    lesson: "Lesson",
    goals: "Goals",
    goal_done: "done",
    goal_open: "open",
    predict: "What do you expect?",
    predict_try: "Now try it.",
    predict_right: "As you expected: ",
    predict_wrong: "You expected: ",
    predict_truth: "What happened: ",
    hint: "Hint",
    hint_of: |n, of| format!("Hint {n} of {of}"),
    show_me: "Show me",
    lesson_done: "All goals reached.",
    next_lesson: "Next lesson",
    free_play: "Keep playing here as long as you like.",
    step_n_of: |n, of| format!("{n} / {of}"),
    intro: "Introduction",
    intro_titles: [
        "An image is a pile of glass sheets",
        "Two sheets, one picture",
        "A container adds one sheet of its own",
        "Deleted, and still there",
    ],
    intro_texts: [
        "A container image is a stack of read-only directories. Nothing in them ever changes. Lay them on top of each other and look from above.",
        "base brings a system, app brings a web page. From above you see both at once. No file was copied: that is why images are small and start quickly.",
        "Starting a container puts one empty, writable sheet on top. Everything the container changes lands there. The image below stays as it is, and any number of containers can share it.",
        "The page is gone from view, but the image still has it. The top sheet only got a mark that says “nothing here”: a whiteout. That is why deleting files does not make an image smaller.",
    ],
    intro_buttons: ["Show me an image", "Start a container", "Delete a file", "Open the lab"],
    intro_skip: "Go straight to the lab",
    intro_runs: "runs",
    check: "Self-check",
    check_run: "Check this page against Linux",
    check_text: "The page carries recordings of a real kernel. Replay them here, in your browser, and compare every answer.",
    check_running: |done, total| format!("{done} of {total} replayed…"),
    check_done: |same, total, kernel| {
        format!("{same} of {total} recorded kernel traces identical ({kernel})")
    },
    check_differs: "These differ:",
    help_title: "Help",
    help_keys: [
        ("/", "to the command line"),
        ("F6", "next pane (Shift+F6: previous)"),
        ("← →", "one step back or forward (on the time slider)"),
        ("Ctrl+Z  Ctrl+Shift+Z", "undo, redo (outside the command line)"),
        ("Space", "play or pause the animation"),
        ("1 … 8", "matrix, stack, files, table, images, graph, your image, drivers"),
        ("T", "trace the selected path"),
        ("D", "compare two moments"),
        ("I", "inspector"),
        ("H", "next hint"),
        ("G", "goals of the lesson"),
        ("S", "share this moment"),
        ("P", "presenter mode"),
        ("Esc", "leaves a dialog, the comparison, the presentation"),
        ("[ ]", "previous, next lesson"),
        ("Enter", "actions for the selected row"),
    ],
    help_about: "Layerglass is an independent program that behaves like OverlayFS of Linux 6.18. Everything runs in this page; nothing is sent anywhere.",
    effect,
    beat,
    nothing_happened: "No layer was changed.",
};

fn effect(effect: &Effect, name: &dyn Fn(Layer) -> String) -> String {
    match effect {
        Effect::Mounted { .. } => "Mounted: there is one view of all layers.".to_owned(),
        Effect::Unmounted { .. } => "Unmounted; the layers keep what they have.".to_owned(),
        Effect::CopiedUp { path, from, bytes: 0, .. } => {
            format!("{path} was copied up from {} to upper; no data had to be copied.", name(*from))
        }
        Effect::CopiedUp { path, from, bytes, .. } => {
            format!("{path} was copied up from {} to upper, {bytes} bytes.", name(*from))
        }
        Effect::WhitedOut { path, .. } => {
            format!("A whiteout for {path} was put into upper. The file below is untouched.")
        }
        Effect::Created { path, over_whiteout: true, .. } => {
            format!("{path} took the place of its whiteout in upper.")
        }
        Effect::Created { path, .. } => format!("{path} was created in upper."),
        Effect::Removed { path, .. } => {
            format!("{path} was removed from upper; nothing below had it.")
        }
        Effect::MadeOpaque { path, .. } => {
            format!("{path} became opaque: nothing below shows through.")
        }
        Effect::Renamed { from, to, .. } => format!("{from} was renamed to {to}."),
        Effect::Changed { path, .. } => format!("{path} was changed in upper."),
        Effect::Refused { path, errno, .. } if path.is_empty() => {
            format!("The kernel refused it: {}.", errno.message())
        }
        Effect::Refused { path, errno, .. } => format!("{path}: refused, {}.", errno.message()),
        Effect::Undefined { path, .. } => format!(
            "{path} was changed underneath a live mount: Linux leaves the result undefined."
        ),
    }
}

fn beat(kind: BeatKind, path: &str, layer: &str, bytes: u64) -> String {
    match kind {
        BeatKind::Hit => format!("{path} is found in {layer}, which is read-only."),
        BeatKind::Prepare => "A new entry is prepared in the work directory.".to_owned(),
        BeatKind::Fill if bytes == 0 => {
            "It gets owner, mode, times and attributes; there is no data to copy.".to_owned()
        }
        BeatKind::Fill => format!(
            "A copy is filled in the work directory: {bytes} bytes, owner, mode, times, attributes."
        ),
        BeatKind::Place => {
            format!("It is moved to {path} in {layer} in one go. The view now comes from there.")
        }
    }
}
