//! The files of new projects, by language: path and text are templates both.

use crate::arguments::Language;

type Files = &'static [(&'static str, &'static str)];

macro_rules! files {
    ($language:literal: $($path:literal = $file:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../templates/", $language, "/", $file, ".jinja")))),*]
    };
}

const PYTHON: Files = files! { "python":
    "pyproject.toml" = "pyproject.toml",
    "src/{{ module }}/__init__.py" = "init.py",
    "src/{{ module }}/__main__.py" = "main.py",
    "src/{{ module }}/airport.py" = "airport.py",
    "tests/test_airport.py" = "test_airport.py",
    "README.md" = "README.md",
    ".gitignore" = "gitignore",
};

const NODE: Files = files! { "node":
    "package.json" = "package.json",
    "src/main.js" = "main.js",
    "src/airport.js" = "airport.js",
    "test/airport.test.js" = "airport.test.js",
    "README.md" = "README.md",
    ".gitignore" = "gitignore",
};

const GO: Files = files! { "go":
    "go.mod" = "go.mod",
    "main.go" = "main.go",
    "airport.go" = "airport.go",
    "airport_test.go" = "airport_test.go",
    "README.md" = "README.md",
    ".gitignore" = "gitignore",
};

const JAVA: Files = files! { "java":
    "pom.xml" = "pom.xml",
    "src/main/java/{{ module }}/Main.java" = "Main.java",
    "src/main/java/{{ module }}/Airport.java" = "Airport.java",
    "src/test/java/{{ module }}/AirportTest.java" = "AirportTest.java",
    "README.md" = "README.md",
    ".gitignore" = "gitignore",
};

/// The files of a language's project.
pub(crate) fn of(language: Language) -> Files {
    match language {
        Language::Python => PYTHON,
        Language::Node => NODE,
        Language::Go => GO,
        Language::Java => JAVA,
    }
}

/// What to type after making it.
pub(crate) fn next_steps(language: Language) -> &'static [&'static str] {
    match language {
        Language::Python => &[
            "python3 -m venv .venv && .venv/bin/pip install -e '.[test]'",
            ".venv/bin/pytest",
            "reenact serve",
        ],
        Language::Node => &["npm install", "npm test", "reenact serve"],
        Language::Go => &["go mod tidy", "go test ./...", "reenact serve"],
        Language::Java => &["mvn -q test", "reenact serve"],
    }
}
