use super::*;

fn sample() -> Shared {
    let given = vec![
        Given { round: 3, what: Hand::Input(b"one\xff\n".to_vec()) },
        Given { round: 9, what: Hand::End },
        Given { round: 12, what: Hand::Interrupt },
        Given { round: 14, what: Hand::Save("a: b & c = 100%\n".to_owned()) },
    ];
    Shared {
        start: Start::Lab("lab".to_owned()),
        past: vec![
            Past { line: "rm 'merged/a b' && echo \"+\"".to_owned(), given: Vec::new() },
            Past { line: "echo 你好 > merged/好".to_owned(), given },
        ],
        at: Some(1),
        looks: vec![("view".to_owned(), "matrix,terminal".to_owned())],
    }
}

#[test]
fn what_is_shared_is_what_is_opened() {
    let text = sample().to_text();
    assert_eq!(Shared::from_text(&text), Ok(sample()));
    // It survives every place that a link is pasted into.
    assert!(
        text.bytes().all(|it| it.is_ascii_graphic() && !b"\"'<>()[]`\\ ".contains(&it)),
        "{text}"
    );
    let blank = Shared::default();
    assert_eq!(Shared::from_text(&blank.to_text()), Ok(blank));
    let inline = Shared { start: Start::Inline("layerglass: 1\nid: x\n".to_owned()), ..sample() };
    assert_eq!(Shared::from_text(&inline.to_text()), Ok(inline));
}

#[test]
fn a_link_written_by_hand() {
    let shared =
        Shared::from_text("lab=lab&run=rm+merged/x&run=ls%20-l&lang=zh&theme=dark&view=stack");
    let shared = shared.expect("it is right");
    assert_eq!(shared.start, Start::Lab("lab".to_owned()));
    let lines: Vec<&str> = shared.past.iter().map(|it| it.line.as_str()).collect();
    assert_eq!(lines, ["rm merged/x", "ls -l"]);
    assert_eq!((shared.at, shared.look("view")), (None, Some("stack")));
}

#[test]
fn what_is_wrong_is_said() {
    let text = sample().to_text();
    let changed = text.replace("rm%20", "mv%20");
    assert_eq!(Shared::from_text(&changed), Err(Error::Damaged));
    for (text, want) in [
        ("run=a&at=2", "the link points to step 2, and has 1 commands"),
        ("at=x", "the link says at=x, which cannot be"),
        ("run=%2", "the link says run=%2, which cannot be"),
        ("run=%FF", "the link says run=\u{fffd}, which cannot be"),
        ("given=1:end", "the link says given=1:end, which cannot be"),
        ("run=a&given=1:what", "the link says given=1:what, which cannot be"),
        (
            "lab=x&sum=0123456789abcdef",
            "a part of the link is missing or changed: copy it again as a whole",
        ),
    ] {
        assert_eq!(Shared::from_text(text).map_err(|it| it.to_string()), Err(want.to_owned()));
    }
    let many = "run=a&".repeat(SHARE_STEPS_MAX + 1);
    assert_eq!(Shared::from_text(&many), Err(Error::TooManySteps { max: SHARE_STEPS_MAX }));
    let long = "x".repeat(SHARE_TEXT_MAX + 1);
    assert_eq!(Shared::from_text(&long), Err(Error::TooLong { max: SHARE_TEXT_MAX }));
}

#[cfg(feature = "containers")]
mod packed {
    use super::*;

    #[test]
    fn the_short_form_is_the_same() {
        let short = link(&sample());
        assert_eq!(open(&short), Ok(sample()));
        assert_eq!(open(&format!("https://example.org/lab/#{short}")), Ok(sample()));
        assert_eq!(open(&sample().to_text()), Ok(sample()));
    }

    #[test]
    fn every_cut_and_every_changed_letter_is_found_or_harmless() {
        let short = link(&sample());
        for end in 3..short.len() {
            assert!(open(&short[..end]).is_err(), "cut at {end}");
        }
        for at in 3..short.len() {
            for letter in ["A", "_", "!"] {
                let changed = format!("{}{letter}{}", &short[..at], &short[at + 1..]);
                // The last bits of the last letter may mean nothing.
                assert!(
                    open(&changed).map_or(true, |it| it == sample()),
                    "{letter} at {at}: {:?}",
                    open(&changed)
                );
            }
        }
        assert_eq!(open("v1:ab!d"), Err(Error::Letter { at: 3 }));
        assert_eq!(open("v2:abcd"), Err(Error::Version("v2".to_owned())));
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let bomb = vec![b'a'; SHARE_TEXT_MAX * 20];
        let letters = super::super::packed::letters_of(&bomb);
        assert_eq!(open(&format!("v1:{letters}")), Err(Error::TooLong { max: SHARE_TEXT_MAX }));
    }

    /// Links that were given away: each opens for ever, to the same.
    #[test]
    fn golden_links() {
        let golden = include_str!("../../tests/share/golden.txt");
        let mut seen = 0;
        for pair in golden.lines().filter(|it| !it.starts_with('#') && !it.is_empty()) {
            let (link, text) = pair.split_once(' ').expect("a link and its text");
            assert_eq!(open(link), Shared::from_text(text), "{link}");
            assert!(open(link).is_ok(), "{link}");
            seen += 1;
        }
        assert!(seen >= 5);
    }
}
