//! Where google-java-format breaks the few forms that generated code consists of: heads of classes and methods, and fields with a chain of calls.

use crate::format::Page;

/// How far in a continued line stands.
const STEP: usize = 4;

/// The head of a class: broken before `extends` where it does not fit.
pub(super) fn class_head(page: &mut Page, class: &str, base: &str) {
    let whole = format!("{class} extends {base} {{");
    if whole.len() <= page.room() {
        page.line(whole);
    } else {
        page.lines([class.to_owned(), format!("    extends {base} {{")]);
    }
}

/// A field that is set to a chain of calls, each on lines of its own: `type<arguments> NAME = call(...).flag();`.
pub(super) struct Field<'a> {
    /// Modifiers and type, without type arguments.
    pub(super) r#type: String,
    /// Type arguments.
    pub(super) of: [&'a str; 2],
    /// The field's name.
    pub(super) name: &'a str,
    /// The first call, without its arguments.
    pub(super) call: String,
    /// Its arguments.
    pub(super) arguments: Vec<String>,
    /// The calls behind it.
    pub(super) calls: Vec<Call>,
}

/// A call behind another.
pub(super) struct Call {
    /// Its name, with the dot.
    name: String,
    /// What it is given.
    arguments: Vec<String>,
}

impl Call {
    pub(super) fn new(name: &str, arguments: Vec<String>) -> Self {
        Self { name: name.to_owned(), arguments }
    }

    /// The call that a text is: `.name(argument)`.
    pub(super) fn of(text: String) -> Self {
        let (name, rest) = text.split_once('(').unwrap_or((&text, ")"));
        let argument = rest.strip_suffix(')').unwrap_or(rest).to_owned();
        Self {
            name: name.to_owned(),
            arguments: Some(argument).into_iter().filter(|it| !it.is_empty()).collect(),
        }
    }

    fn flat(&self) -> String {
        format!("{}({})", self.name, self.arguments.join(", "))
    }
}

impl Field<'_> {
    /// Writes it.
    pub(super) fn write(&self, page: &mut Page) {
        let Self { r#type, of, name, .. } = self;
        let typed = format!("{type}<{}, {}>", of[0], of[1]);
        if typed.len() + name.len() + " =".len() < page.room() {
            page.line(format!("{typed} {name} ="));
            self.value(page, STEP);
            return;
        }
        if typed.len() <= page.room() {
            page.line(typed);
        } else {
            page.line(format!("{type}<"));
            let joined = format!("        {}, {}>", of[0], of[1]);
            if joined.len() <= page.room() {
                page.line(joined);
            } else {
                page.lines([format!("        {},", of[0]), format!("        {}>", of[1])]);
            }
        }
        page.line(format!("    {name} ="));
        self.value(page, 2 * STEP);
    }

    fn value(&self, page: &mut Page, columns: usize) {
        let Self { call, arguments, calls, .. } = self;
        page.indent(columns);
        let joined = arguments.join(", ");
        let flat = format!("{call}({joined}){};", calls.iter().map(Call::flat).collect::<String>());
        if flat.len() <= page.room() {
            page.line(flat);
        } else {
            let end = if calls.is_empty() { ";" } else { "" };
            let first = format!("{call}({joined}){end}");
            if first.len() <= page.room() {
                page.line(first);
            } else {
                page.line(format!("{call}("));
                items(page, if calls.is_empty() { STEP } else { 2 * STEP }, arguments, &format!("){end}"));
            }
            page.indent(STEP);
            for (at, call) in calls.iter().enumerate() {
                let end = if at + 1 == calls.len() { ";" } else { "" };
                let flat = call.flat() + end;
                if flat.chars().count() <= page.room() {
                    page.line(flat);
                } else {
                    page.line(format!("{}(", call.name));
                    items(page, STEP, &call.arguments, &format!("){end}"));
                }
            }
            page.outdent(STEP);
        }
        page.outdent(columns);
    }
}

/// Items on one line, or one a line.
fn items(page: &mut Page, columns: usize, items: &[String], behind: &str) {
    page.indent(columns);
    let joined = items.join(", ") + behind;
    if joined.len() <= page.room() {
        page.line(joined);
    } else if let [most @ .., last] = items {
        page.lines(most.iter().map(|item| format!("{item},")));
        page.line(format!("{last}{behind}"));
    }
    page.outdent(columns);
}

/// A method's head: on one line; or broken before `throws`; or with its parameters on a line of their own; or with its name on one.
pub(super) fn signature(page: &mut Page, r#type: &str, name: &str, parameters: &[String], behind: &str) {
    let start = format!("{type} {name}(");
    if start.len() > page.room() {
        page.line(r#type);
        page.indent(STEP);
        open(page, &format!("{name}("), parameters, behind);
        page.outdent(STEP);
    } else {
        open(page, &start, parameters, behind);
    }
}

fn open(page: &mut Page, start: &str, parameters: &[String], behind: &str) {
    let throws = behind.starts_with(" throws");
    let whole = format!("{start}{})", parameters.join(", "));
    if whole.len() + behind.len() <= page.room() {
        page.line(whole + behind);
    } else if throws && whole.len() <= page.room() {
        page.lines([whole, format!("   {behind}")]);
    } else {
        page.line(start);
        let joined = STEP + parameters.join(", ").len() + 1 + behind.len() <= page.room();
        items(page, STEP, parameters, &if throws && !joined { ")".to_owned() } else { format!("){behind}") });
        if throws && !joined {
            page.line(format!("   {behind}"));
        }
    }
}
