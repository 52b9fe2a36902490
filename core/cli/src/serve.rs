//! `reenact serve`: finds out what a project is made with and runs it the ordinary way, with its engine listening.

use std::path::Path;
use std::process::Command;

use crate::arguments::Serve;
use crate::failure::Failure;

pub(crate) fn run(given: &Serve) -> Result<(), Failure> {
    let mut command = program(&given.folder)?;
    command.args(&given.rest).current_dir(&given.folder).env("REENACT_LISTEN", &given.listen);
    if let Some(data) = &given.data {
        let data = std::path::absolute(data).map_err(|error| Failure::usage(format!("--data: {error}")))?;
        command.env("REENACT_DATA", data);
    }
    eprintln!("{}: listening on {}", words(&command), given.listen);
    become_it(command)
}

/// How the project in this folder is run.
fn program(folder: &Path) -> Result<Command, Failure> {
    let has = |file: &str| folder.join(file).is_file();
    if has("pyproject.toml") {
        let own = std::path::absolute(folder.join(".venv/bin/python")).ok().filter(|python| python.is_file());
        let mut command = own.map_or_else(|| Command::new("python3"), Command::new);
        command.arg("-m").arg(python_module(folder)?);
        return Ok(command);
    }
    let (tool, arguments): (&str, &[&str]) = if has("package.json") {
        ("npm", &["start", "--silent", "--"])
    } else if has("go.mod") {
        ("go", &["run", "."])
    } else if has("pom.xml") {
        ("mvn", &["-q", "compile", "exec:java"])
    } else {
        return Err(Failure::usage(format!(
            "{} holds no project: neither pyproject.toml, package.json, go.mod nor pom.xml",
            folder.display()
        )));
    };
    let mut command = Command::new(tool);
    command.args(arguments);
    Ok(command)
}

/// The package under `src` that can be run.
fn python_module(folder: &Path) -> Result<String, Failure> {
    let mut found: Vec<String> = [folder.join("src"), folder.to_owned()]
        .iter()
        .filter_map(|place| place.read_dir().ok())
        .flatten()
        .filter_map(|entry| entry.ok())
        .filter(|entry| entry.path().join("__main__.py").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    found.sort();
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Failure::usage(format!("{} holds no package with a __main__.py", folder.display()))),
        _ => Err(Failure::usage(format!("which one is to run: {}? Name its folder", found.join(", ")))),
    }
}

fn words(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// The program takes this one's place, so that signals reach it and its exit code is ours.
#[cfg(unix)]
fn become_it(mut command: Command) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt;
    let name = command.get_program().to_string_lossy().into_owned();
    Err(Failure::other("Program", format!("{name} cannot be run: {}", command.exec())))
}

#[cfg(not(unix))]
fn become_it(mut command: Command) -> Result<(), Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .map_err(|error| Failure::other("Program", format!("{name} cannot be run: {error}")))?;
    std::process::exit(status.code().unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_recognized_by_its_files() {
        for (files, expected) in [
            (&["pyproject.toml", "src/thing/__main__.py"][..], "python3 -m thing"),
            (&["package.json"], "npm start --silent --"),
            (&["go.mod"], "go run ."),
            (&["pom.xml"], "mvn -q compile exec:java"),
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            for file in files {
                let path = folder.path().join(file);
                std::fs::create_dir_all(path.parent().expect("it has one")).expect("made");
                std::fs::write(path, "").expect("written");
            }
            assert_eq!(words(&program(folder.path()).expect("recognized")), expected);
        }
        let empty = tempfile::tempdir().expect("a folder");
        assert!(program(empty.path()).is_err());
    }
}
