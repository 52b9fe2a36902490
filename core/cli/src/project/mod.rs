//! `everact new`: a project that builds, tests and runs at once, from the files in `templates/`.

mod contract;
mod files;

use std::fs;
use std::path::{Path, PathBuf};

use minijinja::{Environment, UndefinedBehavior, context};

use crate::arguments::New;
use crate::failure::Failure;
use crate::output;

/// The release that a new project depends on.
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(crate) fn create(given: &New) -> Result<(), Failure> {
    check_name(&given.name)?;
    let folder = given.r#in.clone().unwrap_or_else(|| PathBuf::from(".")).join(&given.name);
    if fs::read_dir(&folder).is_ok_and(|mut inside| inside.next().is_some()) {
        return Err(Failure::usage(format!(
            "{} is there and not empty: choose another name",
            folder.display()
        )));
    }
    let templates: Vec<_> = match given.contract {
        true => contract::files(given.lang).collect(),
        false => files::of(given.lang).collect(),
    };
    for (path, text) in templates {
        write(&folder, &render(path, given)?, &render(text, given)?)?;
    }
    if given.contract {
        for (path, text) in contract::generated(given.lang)? {
            write(&folder, &path, &text)?;
        }
    }
    output::line(format_args!("Made {}. Next:\n", folder.display()));
    output::line(format_args!("  cd {}", folder.display()));
    files::steps(given.lang).iter().for_each(|step| output::line(format_args!("  {step}")));
    Ok(())
}

/// A name that every language can use for a package.
fn check_name(name: &str) -> Result<(), Failure> {
    let letters = name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'));
    if !letters || !name.starts_with(|letter: char| letter.is_ascii_alphabetic()) || name.len() > 64 {
        let text = format!(
            "{name:?} is no name for a project: letters, digits, - and _, a letter first, at most 64"
        );
        return Err(Failure::usage(text));
    }
    Ok(())
}

/// Fills in a path or a text; a name that a template misspells is an error, not a gap.
fn render(template: &str, given: &New) -> Result<String, Failure> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let name = given.name.to_ascii_lowercase();
    let module = name.replace('-', "_");
    let (command, steps) = (files::command(given.lang), files::steps(given.lang));
    let generate = contract::generate_steps(given.lang);
    environment
        .render_str(template, context! { name, module, version => VERSION, command, steps, generate })
        .map_err(|error| Failure::other("Internal", format!("a template: {error}")))
}

fn write(folder: &Path, path: &str, text: &str) -> Result<(), Failure> {
    let path = folder.join(path);
    let failed = |error: std::io::Error| Failure::other("Files", format!("{}: {error}", path.display()));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    // A template's last line ends with the text.
    fs::write(&path, format!("{}\n", text.trim_end())).map_err(failed)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;
    use crate::arguments::Language;

    fn new(lang: Language, name: &str, folder: &Path) -> Result<(), Failure> {
        make(lang, false, name, folder)
    }

    fn make(lang: Language, contract: bool, name: &str, folder: &Path) -> Result<(), Failure> {
        create(&New { lang, contract, name: name.to_owned(), r#in: Some(folder.to_owned()) })
    }

    #[test]
    fn every_language_has_a_project_that_begins_with_a_contract() {
        for &lang in Language::value_variants() {
            let folder = tempfile::tempdir().expect("a folder");
            make(lang, true, "my-airport", folder.path()).expect("makes it");
            let project = folder.path().join("my-airport");
            let readme = fs::read_to_string(project.join("README.md")).expect("a page");
            assert!(readme.contains("generate"), "{lang:?}: {readme}");
            assert!(project.join("proto/flights/v1/airports.proto").is_file(), "{lang:?}");
            let made = |place: &str| project.join(place).is_file();
            let actor = match lang {
                Language::Python => made("src/flights/v1/airports_everact.py"),
                Language::TypeScript | Language::JavaScript => made("gen/flights/v1/airports_everact.ts"),
                Language::Go => made("gen/flights/v1/airports_everact.pb.go"),
                Language::Java | Language::Kotlin => {
                    made("src/main/java/com/example/flights/v1/AirportsActor.java")
                }
            };
            assert!(actor, "{lang:?}: the generated code");
        }
    }

    #[test]
    fn every_language_has_a_project_without_gaps() {
        for &lang in Language::value_variants() {
            let folder = tempfile::tempdir().expect("a folder");
            new(lang, "my-airport", folder.path()).expect("makes it");
            let project = folder.path().join("my-airport");
            let readme = fs::read_to_string(project.join("README.md")).expect("a page");
            assert!(readme.starts_with("# my-airport\n"), "{lang:?}: {readme}");
            assert!(new(lang, "my-airport", folder.path()).is_err(), "what is there is left alone");
        }
    }

    #[test]
    fn names_that_are_none_are_refused_before_anything_is_made() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["", "1st", "a b", "../up", "ä"] {
            assert!(new(Language::Go, name, folder.path()).is_err(), "{name:?}");
        }
        assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0);
    }
}
