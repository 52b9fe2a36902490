//! Texts that several commands and pages show.

use serde_json::Value;

/// A table for people: columns as wide as what stands in them, numbers to the right.
pub(super) fn table(head: &[&str], numbers: &[usize], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|name| name.len()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded = cells.enumerate().map(|(at, cell)| {
            let width = widths.get(at).copied().unwrap_or_default();
            if numbers.contains(&at) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(&mut head.iter().copied())];
    lines.extend(rows.iter().map(|row| line(&mut row.iter().map(String::as_str))));
    lines.join("\n")
}

/// An actor's key or a process' number.
pub(super) fn who(resident: &Value) -> String {
    text(&resident["key"]).or_else(|| text(&resident["process"])).unwrap_or_default()
}

/// `KIND/KEY`, or the kind and the number.
pub(super) fn named(resident: &Value) -> String {
    match text(&resident["kind"]) {
        Some(kind) => format!("{kind}/{}", who(resident)),
        None => who(resident),
    }
}

/// A member as text; nothing for null.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        value => Some(value.to_string()),
    }
}

/// The same, a dash for null.
pub(super) fn cell(value: &Value) -> String {
    text(value).unwrap_or_else(|| "-".to_owned())
}

/// Bytes as people read them.
pub(super) fn bytes(value: &Value) -> String {
    let Some(bytes) = value.as_u64() else { return "-".to_owned() };
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

/// Names joined by slashes; nothing for an empty list.
pub(super) fn path(value: &Value) -> Option<String> {
    let names: Vec<&str> = value.as_array()?.iter().filter_map(Value::as_str).collect();
    (!names.is_empty()).then(|| names.join("/"))
}

/// A list of texts with commas; nothing for an empty one.
pub(super) fn list(value: &Value) -> Option<String> {
    let shown: Vec<String> =
        value.as_array()?.iter().map(|one| if one.is_object() { named(one) } else { cell(one) }).collect();
    (!shown.is_empty()).then(|| shown.join(", "))
}

/// A time of day, in UTC, from milliseconds since the Unix epoch.
pub(super) fn clock(at_ms: i64) -> String {
    let (of_day, ms) = (at_ms.div_euclid(1_000).rem_euclid(86_400), at_ms.rem_euclid(1_000));
    format!("{:02}:{:02}:{:02}.{ms:03}", of_day / 3_600, of_day / 60 % 60, of_day % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_table_is_as_wide_as_what_stands_in_it() {
        let rows =
            [vec!["cart".to_owned(), "7".to_owned()], vec!["k\u{e4}nguru".to_owned(), "1000".to_owned()]];
        assert_eq!(table(&["KIND", "N"], &[1], &rows), "KIND        N\ncart        7\nk\u{e4}nguru  1000");
    }

    #[test]
    fn values_are_shown_as_people_read_them() {
        assert_eq!(named(&json!({"kind": "cart", "key": "7"})), "cart/7");
        assert_eq!(named(&json!({"kind": null, "process": "9"})), "9");
        assert_eq!(
            (bytes(&json!(9_999)), bytes(&json!(12_345_678))),
            ("9999 B".to_owned(), "12 MB".to_owned())
        );
        assert_eq!(clock(1_700_000_000_123), "22:13:20.123");
        assert_eq!((path(&json!(["a", "b"])), path(&json!([]))), (Some("a/b".to_owned()), None));
        assert_eq!(list(&json!(["x", {"process": "3"}])), Some("x, 3".to_owned()));
    }
}
