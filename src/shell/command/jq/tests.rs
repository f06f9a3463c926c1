use super::value::{Layout, Value};
use super::{parse, scope};

fn print(text: &str) -> String {
    let value: Value = serde_json::from_str(text).expect("JSON");
    value.print(Layout::OneLine, false)
}

#[test]
fn numbers_are_printed_with_the_digits_that_tell_them() {
    for (text, shown) in
        [("1.0", "1"), ("1e16", "1e+16"), ("1e15", "1000000000000000"), ("1e-4", "0.0001")]
    {
        assert_eq!(print(text), shown);
    }
}

#[test]
fn keys_keep_their_order_and_the_last_of_two_counts() {
    assert_eq!(print(r#"{"b":1,"a":2,"b":3}"#), r#"{"b":3,"a":2}"#);
}

#[test]
fn no_filter_is_too_deep_for_the_stack() {
    for text in ["[".repeat(100_000), "-".repeat(100_000) + "1", "(".repeat(500) + &")".repeat(500)]
    {
        assert!(parse::parse(&text).is_err());
    }
}

#[test]
fn names_are_known_before_anything_runs() {
    let missing = |text: &str| {
        let ast = parse::parse(text).map_err(|it| it.why).expect("a filter");
        scope::undefined(&ast, &[])
    };
    assert_eq!(missing("def f(x): x; f(1)"), None);
    assert_eq!(missing("def f: g; def g: 1; f"), Some("g/0 is not defined".into()));
    assert_eq!(missing(". as [$a] | $b"), Some("$b is not defined".into()));
}
