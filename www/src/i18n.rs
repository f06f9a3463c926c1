//! The words of the page in English and Chinese: one struct, two values, so that a text that
//! lacks a language does not compile. What the simulated commands print is never translated.

mod archive;
mod en;
mod glossary;
mod rivals;
mod rules;
mod share;
mod shelf;
mod tools;
mod zh;

pub use archive::Archive;
pub use glossary::{Card, cards};
pub use rivals::Rivals;
pub use rules::rule_sentence;
pub use share::Share;
pub use shelf::Shelf;
pub use tools::Tools;

use layerglass::view::Effect;

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    #[default]
    En,
    Zh,
}

impl Lang {
    /// The language tag for `lang=`.
    pub const fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh-CN",
        }
    }
    /// The key in scenario files.
    pub const fn key(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh",
        }
    }
    /// The language that a tag such as `zh-Hans-CN` asks for.
    pub fn from_tag(tag: &str) -> Option<Lang> {
        let tag = tag.to_ascii_lowercase();
        match tag.get(..2)? {
            "en" => Some(Lang::En),
            "zh" => Some(Lang::Zh),
            _ => None,
        }
    }
    pub const fn other(self) -> Lang {
        match self {
            Lang::En => Lang::Zh,
            Lang::Zh => Lang::En,
        }
    }
    /// All texts in this language.
    pub const fn t(self) -> &'static Texts {
        match self {
            Lang::En => &en::EN,
            Lang::Zh => &zh::ZH,
        }
    }
    /// Texts of what is beside the lab: comparing, taking along, presenting.
    pub const fn tools(self) -> &'static Tools {
        match self {
            Lang::En => &tools::EN,
            Lang::Zh => &tools::ZH,
        }
    }
    /// Texts of what is shared: links, embeds, pictures.
    pub const fn share(self) -> &'static Share {
        match self {
            Lang::En => &share::EN,
            Lang::Zh => &share::ZH,
        }
    }
    /// Texts of the archives that a reader opens.
    pub const fn archive(self) -> &'static Archive {
        match self {
            Lang::En => &archive::EN,
            Lang::Zh => &archive::ZH,
        }
    }
    /// Texts of the storage drivers side by side.
    pub const fn rivals(self) -> &'static Rivals {
        match self {
            Lang::En => &rivals::EN,
            Lang::Zh => &rivals::ZH,
        }
    }
    /// Texts of the shelves and the graph.
    pub const fn shelf(self) -> &'static Shelf {
        match self {
            Lang::En => &shelf::EN,
            Lang::Zh => &shelf::ZH,
        }
    }
}

/// Every text of the page.
pub struct Texts {
    pub tagline: &'static str,
    pub skip: &'static str,
    pub loading: &'static str,
    pub failed: &'static str,
    pub reload: &'static str,
    // bar
    pub lessons: &'static str,
    pub lesson_list: &'static str,
    pub language: &'static str,
    pub theme: &'static str,
    pub theme_auto: &'static str,
    pub theme_light: &'static str,
    pub theme_dark: &'static str,
    pub help: &'static str,
    pub close: &'static str,
    pub tab_stage: &'static str,
    pub tab_terminal: &'static str,
    pub tab_lesson: &'static str,
    pub tab_inspect: &'static str,
    // stage
    pub stage: &'static str,
    pub matrix: &'static str,
    pub stack: &'static str,
    pub files: &'static str,
    pub merged: &'static str,
    pub work: &'static str,
    pub path: &'static str,
    pub read_only: &'static str,
    pub writable: &'static str,
    pub nothing_mounted: &'static str,
    pub nothing_mounted_text: &'static str,
    pub mount_now: &'static str,
    pub which_mount: &'static str,
    pub contested_only: &'static str,
    pub all_rows: &'static str,
    pub rows_left_out: fn(usize) -> String,
    pub legend: &'static str,
    pub work_idle: &'static str,
    pub root: &'static str,
    // roles
    pub role_absent: &'static str,
    pub role_visible: &'static str,
    pub role_merged: &'static str,
    pub role_shadowed: &'static str,
    pub role_whiteout: &'static str,
    pub role_opaque: &'static str,
    pub role_copied_up: &'static str,
    pub hidden: &'static str,
    // kinds
    pub kind_file: &'static str,
    pub kind_dir: &'static str,
    pub kind_symlink: &'static str,
    pub kind_device: &'static str,
    pub kind_fifo: &'static str,
    pub kind_socket: &'static str,
    // transport
    pub transport: &'static str,
    pub undo: &'static str,
    pub redo: &'static str,
    pub to_start: &'static str,
    pub to_end: &'static str,
    pub reset: &'static str,
    pub reset_ask: &'static str,
    pub step_of: fn(usize, usize, &str) -> String,
    pub start_of_lab: &'static str,
    pub speed: &'static str,
    pub speed_instant: &'static str,
    pub pause: &'static str,
    pub previous: &'static str,
    pub next: &'static str,
    pub replay: &'static str,
    pub beat_of: fn(usize, usize) -> String,
    // terminal
    pub terminal: &'static str,
    pub terminal_input: &'static str,
    pub terminal_hint: &'static str,
    pub exit_status: fn(i32) -> String,
    pub interrupt: &'static str,
    pub run: &'static str,
    pub suggestions: &'static str,
    pub full_width: &'static str,
    pub lines_dropped: fn(usize) -> String,
    pub more_effects: fn(usize) -> String,
    pub went_to: fn(usize) -> String,
    pub restored: fn(usize, usize) -> String,
    pub log_broken: &'static str,
    pub no_part: &'static str,
    pub log_too_long: &'static str,
    pub not_the_same: &'static str,
    pub crashed: &'static str,
    pub rule_more: &'static str,
    pub rule_about: &'static str,
    pub rule_read: &'static str,
    // inspector
    pub inspector: &'static str,
    pub select_something: &'static str,
    pub trace: &'static str,
    pub content: &'static str,
    pub inode: &'static str,
    pub diff: &'static str,
    pub raw: &'static str,
    pub trace_intro: &'static str,
    pub trace_result: &'static str,
    pub trace_none: &'static str,
    pub trace_identity: fn(&str) -> String,
    pub asks: fn(&str, &str) -> String,
    pub rule_word: &'static str,
    pub seen_as: &'static str,
    pub in_layer: fn(&str) -> String,
    pub not_there: &'static str,
    pub empty_file: &'static str,
    pub cut: &'static str,
    pub is_whiteout_body: &'static str,
    pub directory_of: fn(usize) -> String,
    pub no_xattrs: &'static str,
    pub xattrs: &'static str,
    pub diff_none: &'static str,
    pub diff_same: &'static str,
    pub raw_options: &'static str,
    pub raw_layers: &'static str,
    pub bytes: &'static str,
    pub ledger: &'static str,
    pub ledger_visible: &'static str,
    pub ledger_shadowed: &'static str,
    pub ledger_removed: &'static str,
    // xattr meanings
    pub mean_opaque: &'static str,
    pub mean_origin: &'static str,
    pub mean_impure: &'static str,
    pub mean_redirect: &'static str,
    pub mean_metacopy: &'static str,
    pub mean_nlink: &'static str,
    pub mean_upper: &'static str,
    pub mean_uuid: &'static str,
    pub mean_whiteout: &'static str,
    pub mean_acl: &'static str,
    // verdicts
    pub v_absent: &'static str,
    pub v_whiteout: &'static str,
    pub v_file: &'static str,
    pub v_dir: &'static str,
    pub v_opaque: &'static str,
    pub v_redirect: &'static str,
    pub v_metacopy: &'static str,
    pub v_hidden: &'static str,
    pub v_error: &'static str,
    // actions
    pub actions: &'static str,
    pub act_show: &'static str,
    pub act_stat: &'static str,
    pub act_trace: &'static str,
    pub act_append: &'static str,
    pub act_edit: &'static str,
    pub act_delete: &'static str,
    pub act_rename: &'static str,
    pub act_mkdir: &'static str,
    pub act_touch: &'static str,
    pub act_list: &'static str,
    pub act_xattr: &'static str,
    pub act_chmod: &'static str,
    pub act_chown: &'static str,
    pub act_copy: &'static str,
    pub act_mount: &'static str,
    pub act_umount: &'static str,
    pub act_ask_mode: &'static str,
    pub act_ask_owner: &'static str,
    pub act_ask_options: &'static str,
    pub act_of: &'static str,
    pub still_before: &'static str,
    pub still_after: &'static str,
    pub previous_lesson: &'static str,
    pub lesson_finished: &'static str,
    pub lessons_done: &'static str,
    pub forget_progress: &'static str,
    pub track_start: &'static str,
    pub track_a: &'static str,
    pub track_b: &'static str,
    pub track_c: &'static str,
    pub track_d: &'static str,
    pub track_e: &'static str,
    pub answer_found: fn(&str) -> String,
    pub loading_check: &'static str,
    pub check_failed: &'static str,
    pub act_ask_text: &'static str,
    pub act_ask_name: &'static str,
    pub act_runs: &'static str,
    pub ok: &'static str,
    pub cancel: &'static str,
    // editor
    pub editor_title: fn(&str) -> String,
    pub editor_note: &'static str,
    pub save: &'static str,
    // lesson
    pub lesson: &'static str,
    pub goals: &'static str,
    pub goal_done: &'static str,
    pub goal_open: &'static str,
    pub predict: &'static str,
    pub predict_try: &'static str,
    pub predict_right: &'static str,
    pub predict_wrong: &'static str,
    pub predict_truth: &'static str,
    pub hint: &'static str,
    pub hint_of: fn(usize, usize) -> String,
    pub show_me: &'static str,
    pub lesson_done: &'static str,
    pub next_lesson: &'static str,
    pub free_play: &'static str,
    pub step_n_of: fn(usize, usize) -> String,
    // intro
    pub intro: &'static str,
    pub intro_titles: [&'static str; 4],
    pub intro_texts: [&'static str; 4],
    pub intro_buttons: [&'static str; 4],
    pub intro_skip: &'static str,
    pub intro_runs: &'static str,
    // self-check
    pub check: &'static str,
    pub check_run: &'static str,
    pub check_text: &'static str,
    pub check_running: fn(usize, usize) -> String,
    pub check_done: fn(usize, usize, &str) -> String,
    pub check_differs: &'static str,
    // help
    pub help_title: &'static str,
    pub help_keys: [(&'static str, &'static str); 16],
    pub help_about: &'static str,
    // narration
    pub effect: fn(&Effect, &dyn Fn(layerglass::trace::step::Layer) -> String) -> String,
    pub beat: fn(layerglass::view::BeatKind, &str, &str, u64) -> String,
    pub nothing_happened: &'static str,
}
