//! Compiles the runtime protocol, without protoc.

use std::error::Error;
use std::path::{Path, PathBuf};

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new("../../proto");
    let file = root.join("everact/v1/runtime.proto");
    println!("cargo:rerun-if-changed={}", file.display());
    let set = protox::compile([&file], [root])?;
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("no OUT_DIR")?);
    std::fs::write(out.join("runtime.bin"), set.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(set)?;
    Ok(())
}
