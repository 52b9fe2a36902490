//! Layout: text that is one line where it fits and several where it does not, as formatters leave it.
//!
//! A [`Doc`] says where a line may break; a group breaks all of its own places or none (Wadler, "A prettier printer").

use unicode_width::UnicodeWidthStr;

/// A piece of text with places where it may break.
#[derive(Clone, Debug)]
pub enum Doc {
    /// Text without a line break.
    Text(String),
    /// One after the other.
    Row(Vec<Doc>),
    /// Further in by so many columns, where lines break within.
    Indent(usize, Box<Doc>),
    /// One line if it fits, else broken at every place of its own.
    Group(Box<Doc>),
    /// A blank, or a line break.
    Line,
    /// Nothing, or a line break.
    Soft,
    /// Always a line break.
    Hard,
    /// Text that stands only where the group is broken.
    IfBroken(&'static str),
}

/// Text.
pub fn text(text: impl Into<String>) -> Doc {
    Doc::Text(text.into())
}

/// One after the other.
pub fn row(parts: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::Row(parts.into_iter().collect())
}

/// One line if it fits.
pub fn group(doc: Doc) -> Doc {
    Doc::Group(Box::new(doc))
}

/// Further in by so many columns.
pub fn indent(columns: usize, doc: Doc) -> Doc {
    Doc::Indent(columns, Box::new(doc))
}

/// Items with something between them.
pub fn join(items: impl IntoIterator<Item = Doc>, between: &Doc) -> Doc {
    let mut parts = Vec::new();
    for item in items {
        if !parts.is_empty() {
            parts.push(between.clone());
        }
        parts.push(item);
    }
    Doc::Row(parts)
}

/// A text that may break behind and before its outermost pair of brackets, as in `Reply[...]` or `Promise<...>`.
pub fn breakable(whole: &str, brackets: [char; 2], columns: usize) -> Doc {
    let [open, close] = brackets;
    match (whole.find(open), whole.rfind(close)) {
        (Some(start), Some(end)) if start + 1 < end => {
            let inner = breakable(&whole[start + 1..end], brackets, columns);
            let inner = indent(columns, row([Doc::Soft, inner]));
            group(row([text(&whole[..=start]), inner, Doc::Soft, text(&whole[end..])]))
        }
        _ => text(whole),
    }
}

/// A bracketed list that is one line, or one item a line with a comma behind the last.
pub fn list(open: &str, items: Vec<Doc>, close: &str, columns: usize) -> Doc {
    if items.is_empty() {
        return text(format!("{open}{close}"));
    }
    let comma = row([text(","), Doc::Line]);
    let inner = row([Doc::Soft, join(items, &comma), Doc::IfBroken(",")]);
    group(row([text(open), indent(columns, inner), Doc::Soft, text(close)]))
}

/// Generated text as it grows.
pub struct Page {
    text: String,
    width: usize,
    indent: usize,
}

impl Page {
    /// An empty page whose lines have at most so many columns.
    pub fn new(width: usize) -> Self {
        Self { text: String::new(), width, indent: 0 }
    }

    /// Adds a line as it is, further in by the page's indentation.
    pub fn line(&mut self, line: impl AsRef<str>) {
        let line = line.as_ref();
        if !line.is_empty() {
            self.text.extend(std::iter::repeat_n(' ', self.indent));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    /// Adds lines.
    pub fn lines<T: AsRef<str>>(&mut self, lines: impl IntoIterator<Item = T>) {
        for line in lines {
            self.line(line);
        }
    }

    /// Adds an empty line.
    pub fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Adds text that may break, and ends the line.
    pub fn put(&mut self, doc: Doc) {
        self.text.extend(std::iter::repeat_n(' ', self.indent));
        let mut column = self.indent;
        layout(&group(doc), self.width, self.indent, &mut column, &mut self.text);
        self.text.push('\n');
    }

    /// What follows stands further in by so many columns, until [`Page::outdent`].
    pub fn indent(&mut self, columns: usize) {
        self.indent += columns;
    }

    /// Ends an [`Page::indent`] of so many columns.
    pub fn outdent(&mut self, columns: usize) {
        self.indent = self.indent.saturating_sub(columns);
    }

    /// Columns that are left on a new line.
    pub fn room(&self) -> usize {
        self.width.saturating_sub(self.indent)
    }

    /// The text.
    pub fn finish(self) -> String {
        self.text
    }
}

/// A part of a doc that waits to be laid out: its indentation, and whether its places break.
type Waiting<'a> = (usize, bool, &'a Doc);

fn layout(doc: &Doc, width: usize, indent: usize, column: &mut usize, out: &mut String) {
    let mut stack: Vec<Waiting<'_>> = vec![(indent, true, doc)];
    while let Some((indent, breaks, doc)) = stack.pop() {
        match doc {
            Doc::Text(text) => {
                out.push_str(text);
                *column += text.width();
            }
            Doc::Row(parts) => stack.extend(parts.iter().rev().map(|part| (indent, breaks, part))),
            Doc::Indent(columns, inner) => stack.push((indent + columns, breaks, inner)),
            Doc::Group(inner) => {
                let fits = fits(width.saturating_sub(*column), inner, &stack);
                stack.push((indent, !fits, inner));
            }
            Doc::Line if !breaks => {
                out.push(' ');
                *column += 1;
            }
            Doc::Soft if !breaks => {}
            Doc::Line | Doc::Soft | Doc::Hard => {
                let kept = out.trim_end_matches(' ').len();
                out.truncate(kept);
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', indent));
                *column = indent;
            }
            Doc::IfBroken(text) if breaks => {
                out.push_str(text);
                *column += text.width();
            }
            Doc::IfBroken(_) => {}
        }
    }
}

/// Whether a group fits on the line, with what stands behind it up to the next place that breaks.
fn fits(room: usize, doc: &Doc, behind: &[Waiting<'_>]) -> bool {
    let mut room = room;
    let mut stack = vec![(false, doc)];
    let mut behind = behind.iter().rev();
    loop {
        let Some((breaks, doc)) = stack.pop() else {
            match behind.next() {
                Some((_, breaks, doc)) => stack.push((*breaks, *doc)),
                None => return true,
            }
            continue;
        };
        let needed = match doc {
            Doc::Text(text) => text.width(),
            Doc::Row(parts) => {
                stack.extend(parts.iter().rev().map(|part| (breaks, part)));
                0
            }
            Doc::Indent(_, inner) => {
                stack.push((breaks, inner));
                0
            }
            Doc::Group(inner) => {
                stack.push((false, inner));
                0
            }
            Doc::Line | Doc::Soft if breaks => return true,
            Doc::Hard => return breaks,
            Doc::Line => 1,
            Doc::IfBroken(text) if breaks => text.width(),
            Doc::Soft | Doc::IfBroken(_) => 0,
        };
        if needed > room {
            return false;
        }
        room -= needed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(width: usize) -> String {
        let mut page = Page::new(width);
        page.put(row([text("call"), list("(", vec![text("first"), text("second")], ")", 4), text(":")]));
        page.finish()
    }

    #[test]
    fn what_fits_is_one_line() {
        assert_eq!(call(20), "call(first, second):\n");
    }

    #[test]
    fn what_stands_behind_counts_too() {
        assert_eq!(call(19), "call(\n    first,\n    second,\n):\n");
    }

    #[test]
    fn an_inner_group_may_stay_whole() {
        let mut page = Page::new(12);
        let inner = group(join(vec![text("aaa"), text("bbb")], &row([text(","), Doc::Line])));
        page.put(row([text("function("), indent(2, row([Doc::Soft, inner])), Doc::Soft, text(")")]));
        assert_eq!(page.finish(), "function(\n  aaa, bbb\n)\n");
    }
}
