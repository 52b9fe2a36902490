//! Writes the layout and the error table for every SDK, and the page of limits, so that nothing is spelled twice by hand.

mod go;
mod java;
mod limits;
mod python;
mod typescript;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file to generate: its path from the repository's root and its content.
pub struct Generated {
    /// Path from the root.
    pub path: PathBuf,
    /// Whole content.
    pub text: String,
}

/// Every generated file.
pub fn all() -> Vec<Generated> {
    let mut files = python::files();
    files.extend(typescript::files());
    files.extend(go::files());
    files.extend(java::files());
    files.extend(limits::files());
    files
}

/// The files on disk under `root` that differ from what the tables say.
pub fn stale(root: &Path) -> Vec<PathBuf> {
    all()
        .into_iter()
        .filter(|file| fs::read_to_string(root.join(&file.path)).ok().as_ref() != Some(&file.text))
        .map(|file| file.path)
        .collect()
}

/// Writes every file under `root`.
pub fn write(root: &Path) -> io::Result<()> {
    for file in all() {
        let path = root.join(&file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, file.text)?;
    }
    Ok(())
}

fn generated(path: &str, text: String) -> Generated {
    Generated { path: PathBuf::from(path), text }
}

/// `lower_snake` as `UPPER_SNAKE`.
fn upper(name: &str) -> String {
    name.to_uppercase()
}

/// `lower_snake` or `UPPER_SNAKE` as `UpperCamel`.
fn camel(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let word = word.to_lowercase();
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
                .unwrap_or_default()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use everact_kernel::error::ERRORS;

    use super::stale;
    use crate::layout::LAYOUTS;
    use std::path::Path;

    #[test]
    fn the_codes_of_records_are_no_errors_numbers() {
        let beside_errors =
            LAYOUTS.iter().filter(|layout| layout.fields.iter().any(|field| field.name == "code"));
        for (name, code) in beside_errors.flat_map(|layout| layout.codes) {
            assert!(*code != 0 && ERRORS.iter().all(|row| row.code as u16 != *code), "{name}");
        }
    }

    /// Go has one name for a code and for the function that reads a field, if they are spelt alike.
    #[test]
    fn no_code_is_called_as_a_field_of_its_record() {
        for layout in LAYOUTS {
            let fields = || layout.fields.iter().map(|field| field.name.to_uppercase());
            let clash = layout.codes.iter().find(|(code, _)| fields().any(|field| field == *code));
            assert!(clash.is_none(), "{}: {clash:?}", layout.name);
        }
    }

    #[test]
    fn generated_files_are_fresh() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let stale = stale(&root);
        assert!(stale.is_empty(), "stale: {stale:?}; repair with: cargo run -p everact-boundary --bin emit");
    }
}
