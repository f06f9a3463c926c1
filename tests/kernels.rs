//! What kernels of different versions do: each row of the table of differences has a script here,
//! which runs on every kernel that the machine can be and must say what the row says of that version.

use layerglass::machine::{KernelProfile, Machine, profile};
use layerglass::vfs::{FEATURES, Feature};

/// A lab, a mount with more options, and the last line of the kernel's log.
const PRELUDE: &str = r#"
mkdir l u w m
on() { mount -t overlay o -o "lowerdir=l,upperdir=u,workdir=w${1:+,$1}" m 2>/dev/null && echo mounted || why; }
why() { dmesg | tail -n 1 | sed 's/^\[[ 0-9.]*\] //'; }
"#;

/// A feature, a script, what it prints without the feature and with it.
type Case = (Feature, &'static str, &'static str, &'static str);

const CASES: &[Case] = &[
    (
        Feature::LowerLayers,
        "mkdir a b; mount -t overlay o -o lowerdir=a:b m 2>/dev/null && echo mounted || why",
        "overlayfs: missing upperdir or lowerdir or workdir\n",
        "mounted\n",
    ),
    (
        Feature::OpaqueMkdir,
        "on; mkdir m/d; getfattr --absolute-names -d -m opaque u/d",
        "mounted\n",
        "mounted\n# file: u/d\ntrusted.overlay.opaque=\"y\"\n\n",
    ),
    (
        Feature::ConstantInodes,
        "echo > l/f; on; a=$(stat -c %i m/f); echo >> m/f; b=$(stat -c %i m/f)
         [ $a = $b ]; echo $?; getfattr -d -m - u/f | wc -l",
        "mounted\n1\n0\n",
        "mounted\n0\n3\n",
    ),
    (
        Feature::InUse,
        "on; mkdir n w2; mount -t overlay o -o lowerdir=l,upperdir=u,workdir=w2 n && why | cut -d , -f 1",
        "mounted\n",
        "mounted\noverlayfs: upperdir is in-use as upperdir/workdir of another mount\n",
    ),
    (
        Feature::FollowsCopyUp,
        "echo older > l/f; on; exec 3< m/f; echo new > m/f; cat <&3; stat -L -c %s /dev/fd/3; cat m/f",
        "mounted\nolder\n4\nnew\n",
        "mounted\nnew\n4\nnew\n",
    ),
    (
        Feature::SparseCopyUp,
        "truncate -s 4M l/f; on; chmod 600 m/f; stat -c %b u/f",
        "mounted\n8192\n",
        "mounted\n0\n",
    ),
    (
        Feature::SharedWhiteouts,
        "echo > l/a; echo > l/b; on; rm m/a m/b; stat -c %h u/a; ls w/work | wc -l",
        "mounted\n1\n0\n",
        "mounted\n3\n1\n",
    ),
    (
        Feature::Protattr,
        "echo > l/f; on; chattr +a m/f; lsattr u/f m/f | cut -c 6; getfattr -d -m protattr u/f | sed -n 2p",
        "mounted\na\na\n",
        "mounted\n-\na\ntrusted.overlay.protattr=\"a\"\n",
    ),
    (
        Feature::DataLayers,
        "mkdir d; mount -t overlay o -o metacopy=on,lowerdir=l::d,upperdir=u,workdir=w m 2>/dev/null && echo mounted || why",
        "overlayfs: empty lowerdir\n",
        "mounted\n",
    ),
    (
        Feature::MountApi,
        "on wrong=1; mkdir n; mount -t overlay o -o lowerdir=l:n m; grep -c redirect_dir=on /proc/mounts",
        "overlayfs: unrecognized mount option \"wrong=1\" or missing value\n0\n",
        "overlay: Unknown parameter 'wrong'\n1\n",
    ),
    (
        Feature::Uuid,
        "on; grep -o uuid=on /proc/mounts; getfattr -d -m uuid u | wc -l",
        "mounted\n0\n",
        "mounted\nuuid=on\n3\n",
    ),
    (
        Feature::AppendLayers,
        "mkdir n; mount -t overlay o -o lowerdir+=l,lowerdir+=n m 2>/dev/null && echo mounted; :",
        "",
        "mounted\n",
    ),
    (
        Feature::NestedXattrs,
        "echo > l/f; on; setfattr -n trusted.overlay.opaque -v y m/f 2>&1; getfattr -d -m opaque u/f 2>/dev/null
         touch u/x; setfattr -n trusted.overlay.whiteout u/x; ls m/x 2>&1",
        "mounted\nsetfattr: m/f: Operation not supported\nm/x\n",
        "mounted\n# file: u/f\ntrusted.overlay.overlay.opaque=\"y\"\n\n\
         ls: cannot access 'm/x': No such file or directory\n",
    ),
    (
        Feature::FineStamps,
        "touch a; x=$(stat -c %y a); echo > a; [ \"$x\" = \"$(stat -c %y a)\" ]; echo $?",
        "0\n",
        "1\n",
    ),
    (
        Feature::DataWithoutMetacopy,
        "mkdir d; mount -t overlay o -o lowerdir=l::d,upperdir=u,workdir=w m 2>/dev/null && echo mounted || why",
        "overlayfs: lower data-only dirs require metacopy support.\n",
        "mounted\n",
    ),
    (
        Feature::FsyncModes,
        "on volatile; grep -o '[a-z=]*volatile' /proc/mounts",
        "mounted\nvolatile\n",
        "mounted\nfsync=volatile\n",
    ),
];

/// Features that are an option: it is refused in the words of the time.
const OPTIONS: &[(Feature, &str)] = &[
    (Feature::DefaultPermissions, "default_permissions"),
    (Feature::Redirects, "redirect_dir=on"),
    (Feature::Index, "index=on"),
    (Feature::RedirectFollow, "redirect_dir=nofollow"),
    (Feature::NfsExport, "nfs_export=on"),
    (Feature::Xino, "xino=auto"),
    (Feature::Metacopy, "metacopy=on"),
    (Feature::Volatile, "volatile"),
    (Feature::UserMounts, "userxattr"),
    (Feature::UuidOff, "uuid=off"),
    (Feature::Verity, "verity=on"),
    (Feature::OverrideCreds, "override_creds"),
];

/// What only calls below the shell show: tested beside the engine.
const ELSEWHERE: &[Feature] = &[Feature::Tmpfile];

fn run(kernel: &KernelProfile, script: &str) -> String {
    let ran = Machine::boot_as(kernel).run_script(format!("{PRELUDE}{script}").as_bytes());
    assert_eq!(String::from_utf8_lossy(&ran.stderr()), "", "{}: {script}", kernel.name);
    String::from_utf8_lossy(&ran.stdout()).into_owned()
}

/// Does the case say anything about this kernel? What needs an option that is not there yet does not.
fn applies(feature: Feature, kernel: &KernelProfile) -> bool {
    let has = |it| kernel.overlay.has(it);
    match feature {
        Feature::DataWithoutMetacopy => has(Feature::DataLayers),
        Feature::DataLayers => has(Feature::Metacopy),
        Feature::FsyncModes => has(Feature::Volatile),
        Feature::MountApi => has(Feature::LowerLayers),
        _ => true,
    }
}

#[test]
fn each_kernel_does_what_its_version_does() {
    let mut wrong = Vec::new();
    for kernel in profile::ALL {
        for (feature, script, without, with) in CASES {
            if applies(*feature, kernel) {
                let want = if kernel.overlay.has(*feature) { with } else { without };
                let got = run(kernel, script);
                if got != **want {
                    wrong.push(format!("{feature:?} on {}:\n{got}instead of\n{want}", kernel.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the shell has no words for.
#[test]
fn calls_that_kernels_answer_differently() {
    use layerglass::errno::Errno;
    use layerglass::sys::{AT_FDCWD, Flock, Sys};
    use layerglass::types::OpenFlags;
    for kernel in profile::ALL {
        let has = |feature| kernel.overlay.has(feature);
        let mut machine = Machine::boot_as(kernel);
        let script = format!("{PRELUDE} echo > l/f; on");
        assert_eq!(machine.run_script(script.as_bytes()).status, 0);
        let mut sys = machine.kernel.sys(machine.init());
        let unnamed = OpenFlags::TMPFILE | OpenFlags::RDWR;
        let made = sys.openat(AT_FDCWD, b"/m", unnamed, 0o600).map(drop);
        let want = if has(Feature::Tmpfile) { Ok(()) } else { Err(Errno::EOPNOTSUPP) };
        assert_eq!(made, want, "{}", kernel.name);
        let mut open = |flags| sys.openat(AT_FDCWD, b"/m/f", flags, 0).expect("it is there");
        let (old, new) = (open(OpenFlags::RDONLY), open(OpenFlags::RDWR));
        assert_eq!(sys.flock(old, Flock::Exclusive), Ok(()));
        let want = if has(Feature::FollowsCopyUp) { Err(Errno::EAGAIN) } else { Ok(()) };
        assert_eq!(sys.flock(new, Flock::Exclusive), want, "{}", kernel.name);
        // A lock goes with the file that it is on.
        assert_eq!((sys.close(old), sys.flock(new, Flock::Exclusive)), (Ok(()), Ok(())));
    }
}

#[test]
fn each_kernel_knows_the_options_of_its_version() {
    for kernel in profile::ALL {
        for (feature, option) in OPTIONS {
            let key = option.split('=').next().unwrap_or_default();
            let old = !kernel.overlay.has(Feature::MountApi);
            let want = match kernel.overlay.has(*feature) {
                true => "mounted\n".to_owned(),
                false if key == "redirect_dir" && kernel.overlay.has(Feature::Redirects) => {
                    format!("overlayfs: bad mount option \"{option}\"\n")
                }
                false if old => {
                    format!("overlayfs: unrecognized mount option \"{option}\" or missing value\n")
                }
                false => format!("overlay: Unknown parameter '{key}'\n"),
            };
            assert_eq!(run(kernel, &format!("on {option}")), want, "{option} on {}", kernel.name);
        }
    }
}

#[test]
fn every_difference_has_a_case() {
    for row in FEATURES {
        let shown = CASES.iter().any(|it| it.0 == row.feature)
            || OPTIONS.iter().any(|it| it.0 == row.feature)
            || ELSEWHERE.contains(&row.feature);
        assert!(shown, "{:?}", row.feature);
        let told = profile::ALL.iter().any(|it| row.is_in(it.overlay.version));
        assert!(told, "no kernel to choose has {:?}", row.feature);
    }
}

/// Redirects and copies of metadata that a newer kernel left are not understood.
#[test]
fn what_is_on_disk_and_not_known_means_nothing() {
    let of = |name: &str| profile::by_name(name).expect("a kernel");
    let script = "mkdir l/old; echo > l/old/f; mkdir u/new; setfattr -n trusted.overlay.redirect -v old u/new
        on; ls m/new";
    assert_eq!(run(of("4.9"), script), "mounted\n");
    assert_eq!(run(of("4.14"), script), "mounted\nf\n");
    let script = |option: &str| {
        format!(
            "echo data > l/f; truncate -s 5 u/f; setfattr -n trusted.overlay.metacopy u/f
             on {option}; tr -d '\\0' < m/f"
        )
    };
    assert_eq!(run(of("4.14"), &script("")), "mounted\n");
    assert_eq!(run(of("4.19"), &script("metacopy=on")), "mounted\ndata\n");
}

#[test]
fn kernels_say_who_they_are() {
    for kernel in profile::ALL {
        let script = "uname -r; uname -v; cut -d ' ' -f 3 /proc/version; ls /sys/module/overlay/parameters 2>/dev/null | tr '\\n' ' '";
        let text = run(kernel, script);
        let (release, version) = (kernel.release, kernel.version);
        let has = |feature| kernel.overlay.has(feature);
        let params = [
            ("check_copy_up", has(Feature::Redirects)),
            ("index", has(Feature::Index)),
            ("metacopy", has(Feature::Metacopy)),
            ("nfs_export", has(Feature::NfsExport)),
            ("redirect_always_follow", has(Feature::RedirectFollow)),
            ("redirect_dir", has(Feature::Redirects)),
            ("redirect_max", has(Feature::Redirects)),
            ("xino_auto", has(Feature::Xino)),
        ];
        let params: String =
            params.iter().filter(|it| it.1).map(|it| format!("{} ", it.0)).collect();
        assert_eq!(text, format!("{release}\n{version}\n{release}\n{params}"));
    }
    let newest = &profile::V6_18;
    let script = "cat /sys/module/overlay/parameters/{index,redirect_always_follow,redirect_max}
        stat -c '%a %s' /sys /sys/module /sys/module/overlay/parameters/index; stat -f -c %T /sys
        (echo Y > /sys/module/overlay/parameters/index) 2>&1; mount | grep ' /sys '";
    let want = "N\nY\n256\n555 0\n755 0\n644 4096\nsysfs\n\
        bash: line 7: /sys/module/overlay/parameters/index: Read-only file system\n\
        sysfs on /sys type sysfs (ro,nosuid,nodev,noexec,relatime)\n";
    assert_eq!(run(newest, script), want);
}
