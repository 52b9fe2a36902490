//! What a user sets under `gateway`: TLS, who may call, who may call from a browser, and every bound.

use everact::{ErrorCode, Failure};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The settings of a gateway.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GatewayConfig {
    /// Serve others than this machine without TLS or without credentials.
    pub insecure: bool,
    /// Certificates, for TLS.
    pub tls: Option<TlsConfig>,
    /// Which kinds are reachable from the network.
    pub serve: Serve,
    /// Who may call what; without it everybody who reaches the port may call everything.
    pub auth: Option<AuthConfig>,
    /// Pages of other origins that a browser lets call.
    pub cors: CorsConfig,
    /// Whether dead letters and producers may be looked at and decided where the gateway asks for no credentials.
    pub control: bool,
    /// Whether gRPC reflection answers.
    pub reflection: bool,
    /// Whether `/openapi.json` and the page to try it answer.
    pub docs: bool,
    /// The bounds.
    pub limits: LimitsConfig,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            insecure: false,
            tls: None,
            serve: Serve::default(),
            auth: None,
            cors: CorsConfig::default(),
            control: false,
            reflection: true,
            docs: true,
            limits: LimitsConfig::default(),
        }
    }
}

/// Which kinds are reachable from the network, by any way in. Internal handlers never are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Serve {
    /// Those with a contract, and those that are exposed by name.
    #[default]
    Exposed,
    /// All: for a port that only the user's own processes reach.
    All,
}

/// Certificates, as files in PEM.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The server's certificate and those between it and its authority.
    pub certificate: String,
    /// Its private key.
    pub key: String,
    /// The authorities whose clients may connect; a client without such a certificate is turned away.
    #[serde(default)]
    pub client_ca: Option<String>,
}

/// Who may call.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthConfig {
    /// Fixed bearer tokens.
    pub tokens: Vec<TokenConfig>,
    /// A file with more of them, a JSON array like `tokens`; read again when it changes.
    pub tokens_file: Option<String>,
    /// Signed tokens.
    pub jwt: Option<JwtConfig>,
    /// What may be called without credentials.
    pub anonymous: Option<AnonymousConfig>,
}

/// Calls without credentials.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnonymousConfig {
    /// What they may call.
    pub allow: Vec<String>,
}

/// A fixed bearer token: `token` itself or its SHA-256 in hexadecimal digits.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenConfig {
    /// Who calls with it.
    pub name: String,
    /// The token.
    #[serde(default)]
    pub token: Option<String>,
    /// The token's SHA-256, so that the configuration holds no secret.
    #[serde(default)]
    pub sha256: Option<String>,
    /// What it may call.
    #[serde(default = "everything")]
    pub allow: Vec<String>,
}

impl std::fmt::Debug for TokenConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenConfig")
            .field("name", &self.name)
            .field("allow", &self.allow)
            .finish_non_exhaustive()
    }
}

/// Signed tokens (JWT) and the keys that verify them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JwtConfig {
    /// A file with the keys, a JSON Web Key Set.
    pub jwks: String,
    /// The `iss` that a token must have.
    #[serde(default)]
    pub issuer: Option<String>,
    /// The `aud` that a token must have.
    #[serde(default)]
    pub audience: Option<String>,
    /// Seconds by which clocks may differ.
    #[serde(default = "leeway")]
    pub leeway_seconds: u64,
    /// What every `sub` may call that `subjects` does not name.
    #[serde(default = "everything")]
    pub allow: Vec<String>,
    /// What certain ones may call, by `sub`.
    #[serde(default)]
    pub subjects: std::collections::HashMap<String, Vec<String>>,
}

fn everything() -> Vec<String> {
    vec!["*".to_owned()]
}

fn leeway() -> u64 {
    30
}

/// Pages of other origins.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CorsConfig {
    /// For example `https://shop.example`; `*` lets every page call.
    pub origins: Vec<String>,
}

/// Every bound of the gateway, with its unit. Messages have the engine's bound, `message_bytes_max`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "the table in docs/guide/configuration.md is the one description")]
pub struct LimitsConfig {
    pub connections_max: u32,
    pub streams_max: u32,
    pub open_asks_max: u32,
    pub header_bytes_max: u32,
    pub metadata_bytes_max: usize,
    pub handshake_timeout_ms: u64,
    pub idle_timeout_ms: u64,
    pub keepalive_interval_ms: u64,
    pub keepalive_timeout_ms: u64,
    pub body_timeout_ms: u64,
    pub write_timeout_ms: u64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            connections_max: 4096,
            streams_max: 1024,
            open_asks_max: 65_536,
            header_bytes_max: 16 * 1024,
            metadata_bytes_max: 64 * 1024,
            handshake_timeout_ms: 10_000,
            idle_timeout_ms: 600_000,
            keepalive_interval_ms: 30_000,
            keepalive_timeout_ms: 20_000,
            body_timeout_ms: 30_000,
            write_timeout_ms: 30_000,
        }
    }
}

impl GatewayConfig {
    /// Reads the object `gateway` of an engine's configuration.
    ///
    /// # Errors
    /// `InvalidConfiguration` names what cannot be used.
    pub fn read(given: &Map<String, Value>) -> Result<Self, Failure> {
        let config: Self = serde_json::from_value(Value::Object(given.clone()))
            .map_err(|error| invalid(format!("gateway: {}", named(given, &error))))?;
        config.limits.check()?;
        Ok(config)
    }
}

/// What serde says of a value that does not fit, with the setting's name.
fn named(given: &Map<String, Value>, error: &serde_json::Error) -> String {
    let alone = |(name, value): (&String, &Value)| {
        let one = Map::from_iter([(name.clone(), value.clone())]);
        Some(format!("{name}: {}", serde_json::from_value::<GatewayConfig>(Value::Object(one)).err()?))
    };
    given.iter().find_map(alone).unwrap_or_else(|| error.to_string())
}

impl LimitsConfig {
    fn check(&self) -> Result<(), Failure> {
        let all = [
            ("connections_max", u64::from(self.connections_max)),
            ("streams_max", u64::from(self.streams_max)),
            ("open_asks_max", u64::from(self.open_asks_max)),
            ("header_bytes_max", u64::from(self.header_bytes_max)),
            ("handshake_timeout_ms", self.handshake_timeout_ms),
            ("idle_timeout_ms", self.idle_timeout_ms),
            ("keepalive_interval_ms", self.keepalive_interval_ms),
            ("keepalive_timeout_ms", self.keepalive_timeout_ms),
            ("body_timeout_ms", self.body_timeout_ms),
            ("write_timeout_ms", self.write_timeout_ms),
        ];
        match all.iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(invalid(format!("gateway: limits: {name} must be at least 1"))),
            None => Ok(()),
        }
    }
}

/// A configuration that cannot be used.
pub(crate) fn invalid(text: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::InvalidConfiguration, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_used_is_named() {
        let given = [
            (r#"{"colour": 1}"#, "colour"),
            (r#"{"limits": {"streams_max": -1}}"#, "limits"),
            (r#"{"limits": {"streams_max": 0}}"#, "streams_max"),
            (r#"{"tls": {"certificate": "a"}}"#, "tls"),
            (r#"{"auth": {"tokens": [{}]}}"#, "auth"),
        ];
        for (json, name) in given {
            let given: Map<String, Value> = serde_json::from_str(json).expect("json");
            let failure = GatewayConfig::read(&given).expect_err("the configuration cannot be used");
            assert_eq!(failure.code, ErrorCode::InvalidConfiguration, "{json}");
            assert!(failure.text.contains(name), "{json}: {}", failure.text);
        }
    }
}
