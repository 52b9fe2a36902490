//! What is wrong with a contract: file, line, column and a sentence that says what to do.

use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What, and what to do about it.
    pub text: String,
}

/// A place in a `.proto` file.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file's name as it is imported.
    pub file: String,
    /// The line, counted from 1; 0 where the request has no positions.
    pub line: u32,
    /// The column, counted from 1.
    pub column: u32,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { file, line, column } = &self.place;
        match line {
            0 => write!(f, "{file}: {}", self.text),
            _ => write!(f, "{file}:{line}:{column}: {}", self.text),
        }
    }
}

/// All that is wrong, as the text for protoc: one line each, in the order of the files.
pub fn report(problems: &mut Vec<Problem>) -> String {
    problems.sort();
    problems.dedup();
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    lines.join("\n")
}
