use super::*;

fn messages(src: &str) -> Vec<String> {
    let mut p = Parser::new(src.as_bytes(), 1);
    loop {
        match p.complete_command() {
            Ok(Some(_)) => {}
            Ok(None) => return Vec::new(),
            Err(e) => {
                return e.messages().into_iter().map(|m| format!("line {}: {m}", e.line)).collect();
            }
        }
    }
}

#[test]
fn accepts_what_bash_accepts() {
    for s in [
        "echo a b c",
        "a=1 b='x y' cmd >out 2>&1 <in",
        "if true; then echo; elif false; then :; else :; fi",
        "for i in a b; do echo $i; done; for i; do :; done",
        "for ((i=0;i<3;i++)); do echo $i; done",
        "case x in (a|b) echo;; c) ;; *) : ;& z) esac",
        "f() { echo; } >x; function g { :; }",
        "echo $(case a in a) echo b;; esac)",
        "cat <<A <<'B'\n$x\nA\ny\nB\necho",
        "[[ a == b* && ( -f x || ! x =~ ^(a|b)$ ) ]]",
        "echo \"${a:-\"x y\"}\" ${#a[@]} ${!a[*]} ${a[$((1+2))]} ${a/x/y} ${a:1:2} ${a@Q} ${a^^}",
        "a=(1 2 [5]=x\n y) b+=(z) c[1]=2; declare -A m=([a]=1)",
        "(( x = 1 + (2) )); ((echo a); echo b)",
        "echo $((1+2)) $( (echo) ) `echo \\`echo\\``",
        "while read -r l; do echo; done < <(ls)",
        "! true | cat |& tee; time -p sleep 1 &",
        "exec {fd}>x 3<>y 3>&-",
        "{ echo a; } && ( b ) || c",
    ] {
        assert_eq!(messages(s), Vec::<String>::new(), "{s}");
    }
}

#[test]
fn complains_as_bash_does() {
    for (s, m) in [
        ("echo )", &["line 1: syntax error near unexpected token `)'", "line 1: `echo )'"][..]),
        ("echo \"abc", &["line 1: unexpected EOF while looking for matching `\"'"]),
        ("if true; then", &["line 2: syntax error: unexpected end of file"]),
        ("echo ok\nfi", &["line 2: syntax error near unexpected token `fi'", "line 2: `fi'"]),
        (
            "echo a | | b",
            &["line 1: syntax error near unexpected token `|'", "line 1: `echo a | | b'"],
        ),
        ("f() echo", &["line 1: syntax error near unexpected token `echo'", "line 1: `f() echo'"]),
        ("[[ a b ]]", &["line 1: conditional binary operator expected"]),
        ("echo $((1+", &["line 1: unexpected EOF while looking for matching `)'"]),
    ] {
        assert_eq!(messages(s), m, "{s}");
    }
}
