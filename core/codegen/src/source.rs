//! Positions and comments: what protoc remembers of a file's text.

use std::collections::HashMap;

use crate::descriptor::{File, Location};
use crate::problem::Place;

/// Where the parts of one file stand, by the path that leads to them.
pub struct Sources<'a> {
    file: &'a str,
    by_path: HashMap<&'a [i32], &'a Location>,
}

/// The numbers of descriptor fields in paths.
pub mod step {
    /// `FileDescriptorProto.message_type`, then an index.
    pub const MESSAGE: i32 = 4;
    /// `FileDescriptorProto.service`, then an index.
    pub const SERVICE: i32 = 6;
    /// `ServiceDescriptorProto.method`, then an index.
    pub const METHOD: i32 = 2;
    /// `DescriptorProto.field`, then an index.
    pub const FIELD: i32 = 2;
    /// `DescriptorProto.nested_type`, then an index.
    pub const NESTED: i32 = 3;
    /// `DescriptorProto.options`.
    pub const MESSAGE_OPTIONS: i32 = 7;
    /// `ServiceDescriptorProto.options`.
    pub const SERVICE_OPTIONS: i32 = 3;
    /// `MethodDescriptorProto.options`.
    pub const METHOD_OPTIONS: i32 = 4;
    /// The name of a message, service or method.
    pub const NAME: i32 = 1;
    /// `MethodDescriptorProto.input_type`.
    pub const INPUT: i32 = 2;
    /// `MethodDescriptorProto.output_type`.
    pub const OUTPUT: i32 = 3;
}

impl<'a> Sources<'a> {
    /// The positions of a file; none where the request has none.
    pub fn new(file: &'a File) -> Self {
        let locations = file.source_code_info.iter().flat_map(|info| &info.location);
        // The first of several locations of one path is the one that has the comments.
        let mut by_path = HashMap::new();
        for location in locations {
            by_path.entry(location.path.as_slice()).or_insert(location);
        }
        Self { file: &file.name, by_path }
    }

    /// The place of a part, or of the nearest part around it that has one.
    pub fn place(&self, path: &[i32]) -> Place {
        let found = (1..=path.len()).rev().find_map(|length| self.by_path.get(&path[..length]));
        let (line, column) = match found.map(|location| location.span.as_slice()) {
            Some([line, column, ..]) => (*line, *column),
            _ => (-1, -1),
        };
        let counted = |from_zero: i32| u32::try_from(from_zero).map_or(0, |at| at.saturating_add(1));
        Place { file: self.file.to_owned(), line: counted(line), column: counted(column) }
    }

    /// The comment of a part: before it, or else behind it. Lines have no blank before them that all lines have.
    pub fn docs(&self, path: &[i32]) -> Vec<String> {
        let Some(location) = self.by_path.get(path) else { return Vec::new() };
        let before = lines_of(&location.leading_comments);
        if before.is_empty() { lines_of(&location.trailing_comments) } else { before }
    }
}

fn lines_of(comment: &str) -> Vec<String> {
    let lines: Vec<&str> = comment.lines().map(str::trim_end).collect();
    let indent = lines
        .iter()
        .filter(|line| !line.is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    let cut = lines.iter().map(|line| line.get(indent..).unwrap_or("").to_owned());
    let mut kept: Vec<String> = cut.skip_while(String::is_empty).collect();
    while kept.last().is_some_and(String::is_empty) {
        kept.pop();
    }
    kept
}
