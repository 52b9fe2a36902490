//! Names: the words of an identifier, and how languages join them.

/// An identifier in lower snake case, the same in every language and in the core: words begin where a capital follows a small letter or a digit,
/// and at the last capital of a row that a small letter follows. Underscores stay.
///
/// ```
/// assert_eq!(reenact_codegen::names::snake("GetHTTPStatus"), "get_http_status");
/// ```
pub fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (at, &c) in chars.iter().enumerate() {
        if c.is_ascii_uppercase() && at > 0 {
            let before = chars[at - 1];
            let starts = before.is_ascii_lowercase() || before.is_ascii_digit();
            let ends_row =
                before.is_ascii_uppercase() && chars.get(at + 1).is_some_and(char::is_ascii_lowercase);
            if starts || ends_row {
                out.push('_');
            }
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::snake;

    #[test]
    fn names_are_split_where_words_begin() {
        for (name, want) in [
            ("Landed", "landed"),
            ("GetHTTPStatus", "get_http_status"),
            ("Sha256Sum", "sha256_sum"),
            ("HTTPServerPool", "http_server_pool"),
            ("already_snake", "already_snake"),
            ("ABTest", "ab_test"),
            ("X", "x"),
        ] {
            assert_eq!(snake(name), want);
        }
    }
}
