//! `everact serve`: finds out what a project is made with and runs it the ordinary way, with its engine listening.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::arguments::Serve;
use crate::failure::Failure;

/// How a project is run, and what must be done before.
struct Program {
    build: Option<Command>,
    run: Command,
}

pub(crate) fn run(given: &Serve) -> Result<(), Failure> {
    let Program { build, run: mut command } = program(&given.folder)?;
    if let Some(build) = build {
        finish(build, &given.folder)?;
    }
    command.args(&given.rest).current_dir(&given.folder).env("EVERACT_LISTEN", &given.listen);
    let is_loopback = ["127.", "localhost:", "[::1]:"].iter().any(|begin| given.listen.starts_with(begin));
    if is_loopback && std::env::var_os("EVERACT_GATEWAY").is_none() {
        // To try things on one's own machine every kind answers; elsewhere only what is exposed does.
        command.env("EVERACT_GATEWAY", r#"{"serve":"all"}"#);
    }
    if let Some(data) = &given.data {
        command.env("EVERACT_DATA", absolute(data)?);
    }
    eprintln!("{}: listening on {}", words(&command), given.listen);
    become_it(command)
}

/// How the project in this folder is run.
fn program(folder: &Path) -> Result<Program, Failure> {
    let has = |file: &str| folder.join(file).is_file();
    if has("pyproject.toml") {
        let own = absolute(&folder.join(".venv/bin/python"))?;
        let python = if own.is_file() { own.into_os_string() } else { "python3".into() };
        return Ok(Program { build: None, run: command(python, &["-m", &python_module(folder)?]) });
    }
    if has("package.json") {
        return node_program(folder);
    }
    if has("pom.xml") {
        return Ok(Program { build: None, run: command("mvn", &["-q", "compile", "exec:java"]) });
    }
    if has("go.mod") {
        return go_program(folder);
    }
    Err(Failure::usage(format!(
        "{} holds no project: neither pyproject.toml, package.json, go.mod nor pom.xml",
        folder.display()
    )))
}

/// What `npm start` would run, without npm and its shell, which would keep signals to themselves. A script that needs a shell is npm's.
/// A project with a script `build` is built first.
fn node_program(folder: &Path) -> Result<Program, Failure> {
    let path = folder.join("package.json");
    let wrong = |text: String| Failure::usage(format!("{}: {text}", path.display()));
    let text = std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
    let package: Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let script =
        package["scripts"]["start"].as_str().ok_or_else(|| wrong("it has no script `start`".to_owned()))?;
    let build =
        package["scripts"]["build"].is_string().then(|| command("npm", &["run", "--silent", "build"]));
    let is_plain = |letter: char| {
        letter.is_ascii_alphanumeric() || matches!(letter, ' ' | '-' | '_' | '.' | '/' | ':' | '@')
    };
    let mut words = script.split(' ').filter(|word| !word.is_empty());
    let Some(program) = words.next().filter(|_| script.chars().all(is_plain)) else {
        return Ok(Program { build, run: command("npm", &["start", "--silent", "--"]) });
    };
    let mut run = Command::new(program);
    let places = std::env::var_os("PATH").unwrap_or_default();
    let own = [absolute(&folder.join("node_modules/.bin"))?];
    let places = std::env::join_paths(own.into_iter().chain(std::env::split_paths(&places)));
    run.args(words).env("PATH", places.map_err(|error| Failure::usage(format!("PATH: {error}")))?);
    Ok(Program { build, run })
}

/// Built and then run, because `go run` would keep signals and the exit code to itself.
fn go_program(folder: &Path) -> Result<Program, Failure> {
    let folder = absolute(folder)?;
    let name = folder.file_name().unwrap_or("serve".as_ref()).to_string_lossy();
    let built = folder.join("bin").join(format!("{name}{EXE_SUFFIX}"));
    let mut build = command("go", &["build", "-o"]);
    build.arg(&built).arg(".");
    Ok(Program { build: Some(build), run: Command::new(built) })
}

fn command(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
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

/// Runs a command to its end, which is to be a good one; what it says is seen.
fn finish(mut command: Command, folder: &Path) -> Result<(), Failure> {
    match command.current_dir(folder).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::other("Program", format!("{}: {status}", words(&command)))),
        Err(error) => Err(cannot_be_run(&command, &error)),
    }
}

/// The program takes this one's place, so that signals reach it and its exit code is ours.
#[cfg(unix)]
fn become_it(mut command: Command) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(cannot_be_run(&command, &error))
}

#[cfg(not(unix))]
fn become_it(mut command: Command) -> Result<(), Failure> {
    let status = command.status().map_err(|error| cannot_be_run(&command, &error))?;
    std::process::exit(status.code().unwrap_or(1))
}

fn cannot_be_run(command: &Command, error: &std::io::Error) -> Failure {
    let name = command.get_program().to_string_lossy();
    Failure::other("Program", format!("{name} cannot be run: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How a folder with these files is run.
    fn program_of(files: &[(&str, &str)]) -> Result<Program, Failure> {
        let folder = tempfile::tempdir().expect("a folder");
        for (file, text) in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().expect("it has one")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        program(folder.path())
    }

    fn runs(files: &[(&str, &str)]) -> String {
        words(&program_of(files).expect("recognized").run)
    }

    #[test]
    fn a_project_is_recognized_by_its_files() {
        assert_eq!(runs(&[("pyproject.toml", ""), ("src/thing/__main__.py", "")]), "python3 -m thing");
        assert_eq!(runs(&[("pom.xml", "")]), "mvn -q compile exec:java");
        let go = program_of(&[("go.mod", "")]).expect("recognized");
        assert!(words(&go.build.expect("is built first")).ends_with(&format!("{} .", words(&go.run))));
        assert!(program_of(&[]).is_err());
    }

    #[test]
    fn a_start_script_is_run_without_a_shell_where_it_needs_none() {
        let package = |script: &str| serde_json::json!({"scripts": {"start": script}}).to_string();
        assert_eq!(runs(&[("package.json", &package("node  src/main.js"))]), "node src/main.js");
        for script in ["tsc && node main.js", "NAME=x node main.js", "node 'a b.js'", "node $MAIN", ""] {
            assert_eq!(runs(&[("package.json", &package(script))]), "npm start --silent --", "{script}");
        }
        for wrong in ["", "{}", "[]", r#"{"scripts": {"test": "node"}}"#] {
            assert!(program_of(&[("package.json", wrong)]).is_err(), "{wrong}");
        }
    }
}
