//! Messages, clients and servers of the contract and of the runtime protocol, from tonic's own generator.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files =
        protox::compile(["bench/v1/door.proto", "everact/v1/runtime.proto"], ["../proto", "../../../proto"])?;
    // The client brings its own connections.
    tonic_prost_build::configure().build_transport(false).compile_fds(files)?;
    println!("cargo::rerun-if-changed=../proto");
    Ok(())
}
