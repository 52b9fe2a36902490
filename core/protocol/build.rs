//! Compiles the runtime protocol, without protoc.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new("../../proto");
    let file = root.join("reenact/v1/runtime.proto");
    println!("cargo:rerun-if-changed={}", file.display());
    let set = protox::compile([&file], [root])?;
    tonic_prost_build::configure().compile_fds(set)?;
    Ok(())
}
