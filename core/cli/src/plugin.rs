//! `protoc-gen-everact`: under that name the command is protoc's plugin, so that one program is all that a package carries.

use std::ffi::OsStr;
use std::path::Path;

use everact_codegen::plugin::NAME;

/// Whether the program was called by the plugin's name; what follows it (a version, a platform, `.exe`) is the package's affair.
pub(crate) fn is_called_as(program: &OsStr) -> bool {
    Path::new(program).file_name().is_some_and(|name| name.to_string_lossy().starts_with(NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_decides() {
        for name in [
            "protoc-gen-everact",
            "/usr/bin/protoc-gen-everact",
            "bin/protoc-gen-everact-0.1.0-linux-x86_64.exe",
        ] {
            assert!(is_called_as(OsStr::new(name)), "{name}");
        }
        for name in ["everact", "protoc-gen-everact/everact", ""] {
            assert!(!is_called_as(OsStr::new(name)), "{name}");
        }
    }
}
