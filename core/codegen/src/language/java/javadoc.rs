//! Javadoc: comments as text that is no markup, filled to the width as google-java-format fills it.

use crate::format::Page;

/// What stands below a comment's text.
#[derive(Default)]
pub(super) struct Tags<'a> {
    /// Names and what they are.
    pub(super) parameters: &'a [(&'a str, &'a str)],
    /// What is returned.
    pub(super) returns: Option<&'a str>,
    /// What is thrown, and when.
    pub(super) throws: Option<(&'a str, &'a str)>,
}

impl Tags<'_> {
    fn lines(&self, is_deprecated: bool) -> Vec<String> {
        let mut lines: Vec<String> =
            self.parameters.iter().map(|(name, what)| format!("@param {name} {what}")).collect();
        lines.extend(self.returns.map(|what| format!("@return {what}")));
        lines.extend(self.throws.map(|(name, what)| format!("@throws {name} {what}")));
        if is_deprecated {
            lines.push("@deprecated Marked so in the .proto.".to_owned());
        }
        lines
    }
}

/// Writes a comment, and the annotation of what is deprecated.
pub(super) fn javadoc(page: &mut Page, docs: &[String], tags: &Tags<'_>, is_deprecated: bool) {
    let tags = tags.lines(is_deprecated);
    let room = page.room().saturating_sub(3);
    let mut lines: Vec<String> = Vec::new();
    for (at, paragraph) in paragraphs(docs).into_iter().enumerate() {
        if at > 0 {
            lines.push(String::new());
        }
        match paragraph {
            Paragraph::Prose(words) => fill(&mut lines, if at > 0 { "<p>" } else { "" }, &words, room),
            Paragraph::Verbatim(verbatim) => {
                lines.push("<pre>".to_owned());
                lines.extend(verbatim);
                lines.push("</pre>".to_owned());
            }
        }
    }
    match lines.as_slice() {
        [line] if tags.is_empty() && line.chars().count() + 7 <= page.room() => {
            page.line(format!("/** {line} */"))
        }
        _ => {
            if !tags.is_empty() {
                lines.push(String::new());
            }
            page.line("/**");
            for line in lines {
                page.line(format!(" * {line}").trim_end());
            }
            for tag in tags {
                page.line(format!(" * {tag}"));
            }
            page.line(" */");
        }
    }
    if is_deprecated {
        // In full: a file deprecated.proto has an outer class of that name.
        page.line("@java.lang.Deprecated");
    }
}

enum Paragraph {
    Prose(Vec<String>),
    Verbatim(Vec<String>),
}

/// Paragraphs of a comment; one with lines that stand further in, or that begin like items of a list, keeps its lines.
fn paragraphs(docs: &[String]) -> Vec<Paragraph> {
    docs.split(String::is_empty)
        .filter(|lines| !lines.is_empty())
        .map(|lines| {
            let keeps = |line: &String| line.starts_with([' ', '\t', '-', '*', '|']);
            if lines.iter().any(keeps) {
                Paragraph::Verbatim(lines.to_vec())
            } else {
                let words = lines.iter().flat_map(|line| line.split_whitespace());
                Paragraph::Prose(marked_code(words))
            }
        })
        .collect()
}

/// A comment's lines as text that Javadoc shows as it is.
pub(super) fn escaped(docs: &[String]) -> Vec<String> {
    let escape = |line: &String| {
        let mut out = String::with_capacity(line.len());
        for c in line.chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '@' => out.push_str("&#64;"),
                '\\' => out.push_str("&#92;"),
                _ => out.push(c),
            }
        }
        out.replace("*/", "*&#47;")
    };
    docs.iter().map(escape).collect()
}

/// A word between backquotes is code.
fn marked_code<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let marked = words.map(|word| {
        let mut parts = word.splitn(3, '`');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(before), Some(code), Some(behind)) if !code.is_empty() => {
                format!("{before}{{@code {code}}}{behind}")
            }
            _ => word.to_owned(),
        }
    });
    marked.collect()
}

fn fill(lines: &mut Vec<String>, start: &str, words: &[String], room: usize) {
    let mut line = start.to_owned();
    let mut is_first = true;
    // google-java-format breaks at blanks, those within {@code ...} too.
    for word in words.iter().flat_map(|word| word.split(' ')) {
        let needed = line.chars().count() + usize::from(!is_first) + word.chars().count();
        if !is_first && needed > room {
            lines.push(std::mem::take(&mut line));
            is_first = true;
        }
        if !is_first {
            line.push(' ');
        }
        line.push_str(word);
        is_first = false;
    }
    lines.push(line);
}
