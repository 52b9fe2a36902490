//! A connection to a running engine, with the caller's credentials on every call.

use everact_protocol::{ConnectConfig, unreachable};
use tonic::Request;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::Channel;

use crate::arguments::Connection;
use crate::failure::Failure;

/// Connects to the engine.
pub(crate) async fn connect(given: &Connection) -> Result<Channel, Failure> {
    let config = ConnectConfig {
        addresses: vec![given.address.clone()],
        authority_file: given.authority_file.clone(),
        certificate_file: given.certificate_file.clone(),
        key_file: given.key_file.clone(),
        ..ConnectConfig::default()
    };
    let mut endpoints = config.endpoints()?;
    let endpoint = endpoints.pop().ok_or_else(|| Failure::usage("--address: one is needed"))?;
    endpoint.connect().await.map_err(|error| unreachable(&given.address, &error).into())
}

/// A request with the caller's token.
pub(crate) fn request<T>(given: &Connection, message: T) -> Result<Request<T>, Failure> {
    let mut request = Request::new(message);
    if let Some(token) = &given.token {
        let value: AsciiMetadataValue = format!("Bearer {token}")
            .parse()
            .map_err(|_| Failure::usage("--token: it holds what no header may hold"))?;
        request.metadata_mut().insert("authorization", value);
    }
    Ok(request)
}

/// Runs the asynchronous part of a command.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::other("Internal", format!("no event loop: {error}")))?.block_on(work)
}
