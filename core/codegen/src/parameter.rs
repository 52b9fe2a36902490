//! The plugin's parameter: which languages, and the settings that each language's own plugin has too.

use crate::language::Language;

/// What was asked for on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The languages to write, in the order of their names, each once.
    pub languages: Vec<Language>,
    /// Go: put files beside their `.proto` instead of under their import path (`paths=source_relative`).
    pub go_source_relative: bool,
    /// Go: a prefix of import paths to leave out of file names (`module=`).
    pub go_module: Option<String>,
    /// Go: import paths of files, instead of their `go_package` (`Mfile.proto=path`).
    pub go_packages: Vec<(String, String)>,
    /// TypeScript: the ending of imported modules (`import_extension=none`, `js` or `ts`), with its dot. `.js` unless said
    /// otherwise: Node's module resolution (`nodenext`) demands it, and bundlers understand it too.
    pub ts_extension: &'static str,
}

impl Parameter {
    /// Reads the parameter's text: settings with commas between them.
    ///
    /// # Errors
    ///
    /// A sentence about the first setting that is not known, or that no language is asked for.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut read = Self {
            languages: Vec::new(),
            go_source_relative: false,
            go_module: None,
            go_packages: Vec::new(),
            ts_extension: ".js",
        };
        let mut names_languages = false;
        for setting in text.split(',').map(str::trim).filter(|setting| !setting.is_empty()) {
            // `lang=python,go` reaches us as two settings.
            match setting.split_once('=') {
                Some(("lang", value)) => {
                    names_languages = true;
                    read.add_languages(value)?;
                }
                None if names_languages => read.add_languages(setting)?,
                Some((name, value)) => {
                    names_languages = false;
                    read.set(name, value)?;
                }
                None => return Err(unknown(setting)),
            }
        }
        read.languages.sort_unstable();
        read.languages.dedup();
        if read.languages.is_empty() {
            return Err(format!("no language to generate: give lang={}", Language::names().join(",")));
        }
        Ok(read)
    }

    fn add_languages(&mut self, names: &str) -> Result<(), String> {
        for name in names.split('+') {
            let found = Language::named(name).ok_or_else(|| {
                format!("lang={name}: no such language; known are {}", Language::names().join(", "))
            })?;
            self.languages.push(found);
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match (name, value) {
            ("paths", "source_relative") => self.go_source_relative = true,
            ("paths", "import") => self.go_source_relative = false,
            ("module", _) => self.go_module = Some(value.to_owned()),
            ("import_extension", "none" | "") => self.ts_extension = "",
            ("import_extension", "js" | ".js") => self.ts_extension = ".js",
            ("import_extension", "ts" | ".ts") => self.ts_extension = ".ts",
            _ => match name.strip_prefix('M') {
                Some(file) if file.ends_with(".proto") => {
                    self.go_packages.push((file.to_owned(), value.to_owned()));
                }
                _ => return Err(unknown(&format!("{name}={value}"))),
            },
        }
        Ok(())
    }
}

fn unknown(setting: &str) -> String {
    format!(
        "{setting}: no such setting; known are lang=, paths=source_relative, module=, Mfile.proto=import/path, import_extension=none|js|ts"
    )
}
