//! What a user sets of a connection, and the tonic endpoints that follow from it.

use std::time::Duration;

use everact_kernel::error::{ErrorCode, Failure};
use serde::Deserialize;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

/// A declared kind, as far as a client needs it: what it may ask for, by position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its name.
    pub name: String,
    /// Its handlers; ids are positions.
    pub handlers: Vec<Handler>,
}

/// A declared handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handler {
    /// Its name on the wire.
    pub name: String,
    /// Handling a message twice is the same as handling it once, so that it may be sent again after a lost connection.
    pub repeatable: bool,
}

/// The bounds of a client.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Deadline in milliseconds of asks that name none.
    pub ask_timeout_ms: u64,
    /// Open asks at most.
    pub pending_asks_max: usize,
    /// Bytes of one message at most.
    pub message_bytes_max: usize,
}

/// Where to connect, and as whom (docs/guide/gateway.md lists meanings and units).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "the table in docs/guide/gateway.md is the one description")]
pub struct ConnectConfig {
    pub addresses: Vec<String>,
    pub token: Option<String>,
    pub authority_file: Option<String>,
    pub certificate_file: Option<String>,
    pub key_file: Option<String>,
    pub server_name: Option<String>,
    pub connect_timeout_ms: u64,
    pub keepalive_ms: u64,
    pub retry_first_ms: u64,
    pub retry_most_ms: u64,
}

impl Default for ConnectConfig {
    fn default() -> Self {
        Self {
            addresses: Vec::new(),
            token: None,
            authority_file: None,
            certificate_file: None,
            key_file: None,
            server_name: None,
            connect_timeout_ms: 5_000,
            keepalive_ms: 20_000,
            retry_first_ms: 50,
            retry_most_ms: 5_000,
        }
    }
}

impl ConnectConfig {
    /// One endpoint for each address.
    ///
    /// # Errors
    /// `InvalidConfiguration` names the setting that cannot be used.
    pub fn endpoints(&self) -> Result<Vec<Endpoint>, Failure> {
        if self.addresses.is_empty() {
            return Err(invalid("addresses: at least one is needed, for example http://127.0.0.1:8080"));
        }
        self.addresses.iter().map(|address| self.endpoint(address)).collect()
    }

    fn endpoint(&self, address: &str) -> Result<Endpoint, Failure> {
        let address = with_scheme(address);
        let secure = address.starts_with("https://");
        if !secure && !address.starts_with("http://") {
            return Err(invalid(format!("{address:?} is no address: it begins with http:// or https://")));
        }
        let alive = Duration::from_millis(self.keepalive_ms.max(1_000));
        let endpoint = Endpoint::from_shared(address.clone())
            .map_err(|error| invalid(format!("{address:?} is no address: {error}")))?
            .connect_timeout(Duration::from_millis(self.connect_timeout_ms))
            .tcp_nodelay(true)
            .http2_keep_alive_interval(alive)
            .keep_alive_timeout(alive)
            .keep_alive_while_idle(true)
            .initial_stream_window_size(4 * 1024 * 1024)
            .initial_connection_window_size(8 * 1024 * 1024);
        match secure {
            false => Ok(endpoint),
            true => endpoint
                .tls_config(self.tls()?)
                .map_err(|error| invalid(format!("the certificates cannot be used: {error}"))),
        }
    }

    fn tls(&self) -> Result<ClientTlsConfig, Failure> {
        let mut tls = ClientTlsConfig::new();
        match &self.authority_file {
            None => tls = tls.with_native_roots(),
            Some(file) => tls = tls.ca_certificate(Certificate::from_pem(read("authority_file", file)?)),
        }
        if let Some(name) = &self.server_name {
            tls = tls.domain_name(name);
        }
        match (&self.certificate_file, &self.key_file) {
            (None, None) => Ok(tls),
            (Some(certificate), Some(key)) => Ok(tls.identity(Identity::from_pem(
                read("certificate_file", certificate)?,
                read("key_file", key)?,
            ))),
            _ => Err(invalid("certificate_file and key_file go together")),
        }
    }
}

fn read(setting: &str, file: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| invalid(format!("{setting}: {file} cannot be read: {error}")))
}

fn invalid(text: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::InvalidConfiguration, format!("connect: {}", text.into()))
}

/// An engine that listens says `127.0.0.1:8080`; without a scheme it is reached as it is where there are no certificates.
fn with_scheme(address: &str) -> String {
    if address.contains("://") { address.to_owned() } else { format!("http://{address}") }
}
