use super::ignore::Ignore;
use super::instruction::{What, Words};
use super::pattern::{self, Pattern};
use super::plan::{self, Plan};
use super::{Fault, heredoc, source, words};

fn read(text: &str) -> Plan {
    plan::read(text).unwrap_or_else(|fault| panic!("{fault:?}"))
}

fn fault(text: &str) -> Fault {
    plan::read(text).expect_err("it is no Dockerfile")
}

#[test]
fn lines_are_continued_and_comments_left_out() {
    let found = source::read("# c\n\nFROM a\nRUN x \\\n  # no\n\n  && y \\\n&& z\n").unwrap();
    assert_eq!(found.nodes[1].original, "RUN x   && y && z");
    assert_eq!(found.nodes[1].lines, (4, 8));
    assert_eq!(found.with_gaps, ["RUN x   && y && z"]);
    let found = source::read("# escape=`\nFROM a\nRUN dir c:\\\nRUN a `\n b\n").unwrap();
    assert_eq!(found.nodes[1].rest, "dir c:\\");
    assert_eq!(found.nodes[2].rest, "a  b");
}

#[test]
fn directives_stand_at_the_beginning_only() {
    let found = source::read("#syntax=docker/dockerfile:1\n# escape = \\\nFROM a\n").unwrap();
    assert_eq!(found.directives.len(), 2);
    let found = source::read("# a comment\n# escape=`\nFROM a\n").unwrap();
    assert_eq!(found.escape, '\\');
    assert_eq!(source::read("# escape=x\nFROM a\n").unwrap_err().lines, Some((1, 1)));
}

#[test]
fn here_documents_end_at_their_word() {
    let text =
        "FROM a\nRUN <<EOF\necho 1\n\tEOF\nEOF\nCOPY <<-\"A\" <<B /d/\n\tx $y\n\tA\nb\nB\nCMD x\n";
    let plan = read(text);
    let body = &plan.stages[0].body;
    assert_eq!(body[0].heredocs[0].content, "echo 1\n\tEOF\n");
    assert_eq!(body[1].heredocs[0].content, "x $y\n");
    assert!(!body[1].heredocs[0].expand && body[1].heredocs[1].expand);
    assert_eq!(body[1].lines, (6, 10));
    assert_eq!(body.len(), 3);
    assert_eq!(fault("FROM a\nRUN <<EOF\nx\n").text, "unterminated heredoc");
    assert_eq!(heredoc::of_word("<<<x"), None);
}

#[test]
fn every_instruction_has_its_form() {
    let plan = read(
        "ARG V=1\nFROM --platform=linux/amd64 a:$V AS One\nLABEL a=\"b c\" d=e\nENV old the rest\nEXPOSE 80 53/udp\n\
         VOLUME [\"/a b\"]\nHEALTHCHECK --interval=1m30s --retries=3 CMD x || y\nSHELL [\"a\",\"-c\"]\n\
         COPY --from=x --chown=1:2 --exclude=*.o --link a b /c/\nONBUILD RUN x\nCMD [\"a\", 'b']\nSTOPSIGNAL 9\n",
    );
    let stage = &plan.stages[0];
    assert_eq!(stage.alias.as_deref(), Some("one"));
    assert_eq!(
        stage.body[0].what,
        What::Label(vec![("a".into(), "\"b c\"".into()), ("d".into(), "e".into())])
    );
    assert_eq!(stage.body[1].what, What::Env(vec![("old".into(), "the rest".into())]));
    let What::Healthcheck(Some(check)) = &stage.body[4].what else { panic!() };
    assert_eq!(check.interval, Some(90_000_000_000));
    let What::Copy(copying) = &stage.body[6].what else { panic!() };
    assert_eq!((copying.sources.len(), copying.link, copying.exclude.len()), (2, true, 1));
    // What is no JSON is for the shell.
    assert_eq!(stage.body[8].what, What::Cmd(Words::Shell("[\"a\", 'b']".into())));
}

#[test]
fn faults_name_their_lines() {
    for (text, message) in [
        ("RUN x\n", "no build stage in current context"),
        ("FROM\n", "dockerfile parse error on line 1: FROM requires either one or three arguments"),
        ("FROM a\n\nFOO bar\n", "dockerfile parse error on line 3: unknown instruction: FOO"),
        (
            "FROM a\nCOPY x\n",
            "dockerfile parse error on line 2: COPY requires at least two arguments, but only one \
          was provided. Destination could not be determined",
        ),
        ("FROM a\nENV x\n", "ENV must have two arguments"),
        (
            "FROM a\nENV a=b c\n",
            "Syntax error - can't find = in \"c\". Must be of the form: name=value",
        ),
        ("FROM a\nCOPY --foo=1 a b\n", "dockerfile parse error on line 2: unknown flag: foo"),
        (
            "FROM a\nCOPY --chmod a b\n",
            "dockerfile parse error on line 2: missing a value on flag: chmod",
        ),
        (
            "FROM a\nONBUILD FROM x\n",
            "dockerfile parse error on line 2: FROM isn't allowed as an ONBUILD trigger",
        ),
        (
            "FROM a AS 1a\n",
            "dockerfile parse error on line 1: invalid name for build stage: \"1a\", name can't start \
          with a number or contain symbols",
        ),
        ("ARG a\n", "dockerfile contains no stages to build"),
        ("# only\n", "file with no instructions"),
        (
            "FROM a\nHEALTHCHECK --interval=x CMD a\n",
            "dockerfile parse error on line 2: time: invalid duration \"x\"",
        ),
    ] {
        assert_eq!(fault(text).message(), message, "{text:?}");
    }
    let text = "FROM a\nRUN b\nRUN c\nFOO \\\n x\n";
    assert_eq!(
        fault(text).excerpt("Dockerfile", text),
        "Dockerfile:4\n--------------------\n   3 |     RUN c\n   4 | >>> FOO \\\n   5 | >>>  x\n   6 |     \n\
         --------------------\n"
    );
}

#[test]
fn variables_as_in_dockerfiles() {
    let vars = [("a", "A"), ("e", ""), ("p", "x.y.z"), ("w", "1 2")];
    let vars = vars.map(|(k, v)| (k.to_owned(), v.to_owned()));
    for (text, value) in [
        ("$a-${a}", "A-A"),
        ("'$a' \"$a\" \\$a", "$a A $a"),
        ("${n:-d$a} ${e:-d} ${e-d} ${n-d}", "dA d  d"),
        ("${a:+y} ${e:+y} ${e+y} ${n+y}", "y  y "),
        ("${p#*.} ${p##*.} ${p%.*} ${p%%.*}", "y.z z x.y x"),
        ("${p/./-} ${p//./-}", "x-y.z x-y-z"),
        ("$", "$"),
        ("\"a\\\"b\\n\"", "a\"b\\n"),
    ] {
        assert_eq!(words::expand(text, '\\', &vars), Ok(value.to_owned()), "{text}");
    }
    for (text, why) in [
        ("${n:?no}", "failed to process \"${n:?no}\": n: no"),
        ("${a", "failed to process \"${a\": syntax error: missing '}'"),
        (
            "\"x",
            "failed to process \"\\\"x\": unexpected end of statement while looking for matching double-quote",
        ),
        ("${a^}", "failed to process \"${a^}\": unsupported modifier (^) in substitution"),
    ] {
        assert_eq!(words::expand(text, '\\', &vars), Err(why.to_owned()));
    }
    assert_eq!(words::split("8$w '3 4'", '\\', &vars).unwrap(), ["81", "2", "3 4"]);
    let deep = format!("{}x{}", "${n:-".repeat(40), "}".repeat(40));
    assert!(words::expand(&deep, '\\', &vars).is_err());
}

#[test]
fn patterns_of_both_kinds() {
    let go = |pattern: &str, text: &str| Pattern::new(pattern).unwrap().matches(text);
    assert!(go("a*c", "abbc") && !go("a*c", "ab/c") && go("[a-c]?", "bz") && go("[^a]", "b"));
    assert!(go("a\\*", "a*") && !go("a\\*", "ab"));
    assert!(Pattern::new("[a").is_err() && Pattern::new("a\\").is_err());
    let deep = |pattern: &str, text: &str| Pattern::deep(pattern).unwrap().matches(text);
    assert!(deep("**/x", "x") && deep("**/x", "a/b/x") && !deep("**/x", "ax"));
    assert!(deep("a/**", "a/b/c") && deep("a/**/c", "a/c") && !deep("a/*", "a/b/c"));
    assert_eq!(pattern::without_head("aXbXc", "*X", false), "bXc");
}

#[test]
fn the_last_rule_of_dockerignore_decides() {
    let text = "# c\n*.o\n!keep.o\n/dir\n!dir/in\n**/tmp*\n\n";
    let ignore = Ignore::read(text).unwrap();
    for (path, out) in [
        ("a.o", true),
        ("keep.o", false),
        ("sub/a.o", false),
        ("dir", true),
        ("dir/x", true),
        ("dir/in", false),
        ("dir/in/y", false),
        ("a/b/tmp1", true),
        ("tmp", true),
    ] {
        assert_eq!(ignore.leaves_out(path), out, "{path}");
    }
    assert!(ignore.may_keep_below("dir") && !ignore.may_keep_below("other"));
    assert!(Ignore::read("[a\n").is_err());
}

#[test]
fn stages_that_nobody_needs_are_not_built() {
    let plan = read(
        "FROM a AS one\nFROM b AS two\nFROM one AS three\nCOPY --from=0 x y\nRUN --mount=from=two,target=/x y\nFROM c\n",
    );
    let base = |stage: &plan::Stage| match &stage.from.what {
        What::From { image, .. } => image.clone(),
        _ => String::new(),
    };
    assert_eq!(plan.needed(2, &base), [0, 1, 2]);
    assert_eq!(plan.needed(3, &base), [3]);
    assert_eq!(plan.target(Some("TWO")).unwrap(), 1);
    assert_eq!(plan.target(Some("x")).unwrap_err().text, "target stage \"x\" could not be found");
}
