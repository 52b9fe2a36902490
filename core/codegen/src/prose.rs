//! Comments of the `.proto` as texts that a program carries, and texts as literals.

/// Columns of a line at most; a longer word stands alone.
const WIDTH: usize = 78;

/// The lines of a comment as a program shows them: prose is filled anew, lists and code keep their lines.
///
/// ```
/// let comment = ["Counts a flight", "that has landed.", "", "- once"].map(str::to_owned);
/// assert_eq!(everact_codegen::prose::lines(&comment), ["Counts a flight that has landed.", "", "- once"]);
/// ```
pub fn lines(comment: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in comment.split(String::is_empty).filter(|lines| !lines.is_empty()) {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        if paragraph.iter().any(|line| line.starts_with([' ', '\t', '-', '*', '|'])) {
            lines.extend_from_slice(paragraph);
        } else {
            fill(paragraph.iter().flat_map(|line| line.split_whitespace()), &mut lines);
        }
    }
    lines
}

/// The same as one text; None for no comment.
pub fn text(comment: &[String]) -> Option<String> {
    let lines = lines(comment);
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn fill<'a>(words: impl Iterator<Item = &'a str>, lines: &mut Vec<String>) {
    let mut line = String::new();
    for word in words {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
}

/// A literal in double quotes, as Go, Java and (with `also` "$") Kotlin read it.
pub fn quoted(text: &str, also: &str) -> String {
    literal(text, '"', also)
}

/// A literal in the quotes that need fewer escapes, as formatters of Python and TypeScript want it.
pub fn lightly_quoted(text: &str) -> String {
    let count = |quote: char| text.chars().filter(|c| *c == quote).count();
    literal(text, if count('\'') < count('"') { '\'' } else { '"' }, "")
}

fn literal(text: &str, quote: char, also: &str) -> String {
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c == quote || c == '\\' || also.contains(c) => out.extend(['\\', c]),
            c if c.is_control() || ('\u{2028}'..='\u{2029}').contains(&c) => {
                out.push_str(&format!("\\u{:04x}", c as u32));
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_hold_any_text() {
        assert_eq!(quoted("a \"b\"\\ $c\n\u{7}", "$"), r#""a \"b\"\\ \$c\n\u0007""#);
        assert_eq!(lightly_quoted("a \"b\""), r#"'a "b"'"#);
        assert_eq!(lightly_quoted("it's \"b\""), r#"'it\'s "b"'"#);
        assert_eq!(lightly_quoted("it's"), r#""it's""#);
    }

    #[test]
    fn long_prose_is_filled_and_no_comment_is_no_text() {
        let word = "word".to_owned();
        let filled = lines(&vec![word; 40]);
        assert!(filled.len() == 3 && filled.iter().all(|line| line.len() <= WIDTH), "{filled:?}");
        assert_eq!((text(&[]), text(&[String::new()])), (None, None));
    }
}
