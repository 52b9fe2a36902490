//! The .proto files that the command brings along, and `everact protos`, which writes them where other generators find them.

use std::fs;
use std::path::Path;

use protox::file::{File, FileResolver};

use crate::arguments::Protos;
use crate::failure::Failure;
use crate::output;

/// Name and text of each.
const BROUGHT: [(&str, &str); 4] = [
    ("everact/v1/options.proto", include_str!("../../../proto/everact/v1/options.proto")),
    ("google/api/annotations.proto", include_str!("../proto/google/api/annotations.proto")),
    ("google/api/field_behavior.proto", include_str!("../proto/google/api/field_behavior.proto")),
    ("google/api/http.proto", include_str!("../proto/google/api/http.proto")),
];

pub(crate) fn run(given: &Protos) -> Result<(), Failure> {
    for (name, text) in BROUGHT {
        let path = given.out.join(name);
        let failed = |error: std::io::Error| Failure::other("Files", format!("{}: {error}", path.display()));
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
        fs::write(&path, text).map_err(failed)?;
        output::line(path.display());
    }
    Ok(())
}

/// Finds them for the compiler, after the user's own folders.
#[derive(Debug)]
pub(crate) struct Brought;

impl FileResolver for Brought {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match BROUGHT.iter().find(|(known, _)| *known == name) {
            Some((name, text)) => File::from_source(name, text),
            None => Err(protox::Error::file_not_found(name)),
        }
    }
}
