//! Who calls, and what they may call: bearer tokens, fixed or signed, each with a list of what it allows.

mod allow;
mod jwt;
mod signature;
mod tokens;

use std::sync::Arc;

use everact::Failure;
use http::{HeaderMap, header};

use crate::config::{AuthConfig, invalid};
use crate::status::Fault;
use allow::AllowList;
use jwt::Verifier;
use tokens::Tokens;

/// Everybody who may call.
#[derive(Debug)]
pub(crate) struct Auth {
    tokens: Tokens,
    jwt: Option<Verifier>,
}

/// Who calls.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    name: Arc<str>,
    /// Nothing where nobody is asked who they are.
    allowed: Option<Arc<AllowList>>,
}

impl Auth {
    pub(crate) fn read(config: &AuthConfig) -> Result<Self, Failure> {
        if config.tokens.is_empty() && config.jwt.is_none() {
            return Err(invalid("gateway: auth: set tokens or jwt; as it stands nobody may call"));
        }
        Ok(Self {
            tokens: Tokens::read(&config.tokens)?,
            jwt: config.jwt.as_ref().map(Verifier::read).transpose()?,
        })
    }

    /// Who calls with these headers.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> Result<Principal, Fault> {
        let given = headers
            .get(header::AUTHORIZATION)
            .ok_or_else(|| Fault::unauthenticated("send credentials: authorization: Bearer <token>"))?;
        let token = given.to_str().ok().and_then(bearer);
        let token = token.ok_or_else(|| Fault::unauthenticated("authorization is not: Bearer <token>"))?;
        if let Some(principal) = self.tokens.find(token) {
            return Ok(principal);
        }
        match &self.jwt {
            Some(jwt) => jwt.verify(token),
            None => Err(Fault::unauthenticated("the token is not known")),
        }
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl Principal {
    /// Nobody was asked.
    pub(crate) fn anybody() -> Self {
        Self { name: "anybody".into(), allowed: None }
    }

    fn named(name: &str, allowed: Arc<AllowList>) -> Self {
        Self { name: name.into(), allowed: Some(allowed) }
    }

    /// Whether this method may be called.
    pub(crate) fn may(&self, service: &str, method: &str) -> bool {
        self.allowed.as_ref().is_none_or(|allowed| allowed.has(service, method))
    }

    /// Refuses everybody whose credentials do not allow the method, and those who need none.
    pub(crate) fn check_known(&self, service: &str, method: &str) -> Result<(), Fault> {
        if self.allowed.is_none() {
            let text = format!(
                "{service}/{method} shows messages: it needs credentials (gateway: auth), or the setting control (gateway)"
            );
            return Err(Fault::denied(text));
        }
        self.check(service, method)
    }

    /// Refuses what may not be called.
    pub(crate) fn check(&self, service: &str, method: &str) -> Result<(), Fault> {
        if self.may(service, method) {
            return Ok(());
        }
        Err(Fault::denied(format!("{} may not call {service}/{method}", self.name)))
    }
}
