//! What tonic's generator wrote of the contract.
#![allow(dead_code, reason = "the client and the peer use different parts of it")]

tonic::include_proto!("bench.v1");

/// The runtime protocol.
pub mod runtime {
    tonic::include_proto!("everact.v1");
}
