//! Who calls, and what they may call: bearer tokens, fixed or signed, each with a list of what it allows.

mod allow;
mod caller;
mod jwt;
mod signature;
mod tokens;

use std::sync::{Arc, LazyLock};

use everact::{Failure, Finding, Metadata};
use http::{HeaderMap, header};
use serde_json::{Map, Value};
use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::config::{AuthConfig, invalid};
use crate::reload::Reloaded;
use crate::shared::Shared;
use crate::status::Fault;
use allow::AllowList;
use caller::By;
use jwt::Verifier;
use tokens::Tokens;

const SEND_CREDENTIALS: &str = "send credentials: authorization: Bearer <token>";

/// Everybody who may call.
#[derive(Debug)]
pub(crate) struct Auth {
    tokens: Tokens,
    tokens_file: Option<Reloaded<Tokens>>,
    jwt: Option<Reloaded<Verifier>>,
    anonymous: Option<Principal>,
}

/// Who calls.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    name: Arc<str>,
    by: By,
    /// Nothing where nobody is asked who they are.
    allowed: Option<Arc<AllowList>>,
    /// What handlers are told of it.
    caller: Arc<Metadata>,
}

/// The client of a connection, by the certificate that it showed.
#[derive(Clone, Debug)]
pub(crate) struct Peer(Principal);

impl Auth {
    pub(crate) fn read(config: &AuthConfig) -> Result<Self, Failure> {
        if config.tokens.is_empty()
            && config.tokens_file.is_none()
            && config.jwt.is_none()
            && config.anonymous.is_none()
        {
            return Err(invalid(
                "gateway: auth: set tokens, tokens_file, jwt or anonymous; as it stands nobody may call",
            ));
        }
        let tokens_file = config.tokens_file.clone().map(|file| {
            let read = file.clone();
            Reloaded::new([file], move || Tokens::read_file(&read))
        });
        let jwt = config.jwt.clone().map(|jwt| {
            let file = jwt.jwks.clone();
            Reloaded::new([file], move || Verifier::read(&jwt))
        });
        let anonymous = config.anonymous.as_ref().map(|anonymous| {
            Principal::named(By::Anonymous, "", Map::new(), Arc::new(AllowList::new(&anonymous.allow)))
        });
        Ok(Self {
            tokens: Tokens::read(&config.tokens)?,
            tokens_file: tokens_file.transpose()?,
            jwt: jwt.transpose()?,
            anonymous,
        })
    }

    /// Who calls with these headers; `notice` hears of files that cannot be used.
    fn admit(&self, headers: &HeaderMap, notice: impl Fn(Failure)) -> Result<Principal, Fault> {
        let Some(given) = headers.get(header::AUTHORIZATION) else {
            let anonymous = self.anonymous.clone();
            return anonymous.ok_or_else(|| Fault::unauthenticated(SEND_CREDENTIALS));
        };
        let token = given.to_str().ok().and_then(bearer);
        let token = token.ok_or_else(|| Fault::unauthenticated("authorization is not: Bearer <token>"))?;
        if let Some(principal) = self.tokens.find(token) {
            return Ok(principal);
        }
        if let Some(principal) = self.tokens_file.as_ref().and_then(|file| file.get(&notice).find(token)) {
            return Ok(principal);
        }
        match &self.jwt {
            Some(jwt) => jwt.get(notice).verify(token),
            None => Err(Fault::unauthenticated("the token is not known")),
        }
    }
}

/// Who makes a request: by its token, else by its connection's certificate, else nobody in particular.
pub(crate) fn admit<B>(shared: &Shared, request: &http::Request<B>) -> Result<Principal, Fault> {
    admit_parts(shared, request.headers(), request.extensions())
}

/// The same for a request that was taken apart.
pub(crate) fn admit_parts(
    shared: &Shared,
    headers: &HeaderMap,
    extensions: &http::Extensions,
) -> Result<Principal, Fault> {
    match (&shared.auth, extensions.get::<Peer>()) {
        (Some(auth), _) => {
            auth.admit(headers, |failure| shared.engine.observe(Finding::ServiceTrouble { failure }))
        }
        (None, Some(peer)) => Ok(peer.0.clone()),
        (None, None) => Ok(Principal::anybody()),
    }
}

impl Peer {
    /// Who showed this certificate.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (name, claims) = caller::of_certificate(certificate)?;
        let caller = Arc::new(caller::entry(By::Certificate, &name, claims));
        Some(Self(Principal { name: name.into(), by: By::Certificate, allowed: None, caller }))
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl Principal {
    /// Nobody was asked.
    pub(crate) fn anybody() -> Self {
        static CALLER: LazyLock<Arc<Metadata>> =
            LazyLock::new(|| Arc::new(caller::entry(By::Anonymous, "", Map::new())));
        Self { name: "".into(), by: By::Anonymous, allowed: None, caller: CALLER.clone() }
    }

    fn named(by: By, name: &str, claims: Map<String, Value>, allowed: Arc<AllowList>) -> Self {
        let caller = Arc::new(caller::entry(by, name, claims));
        Self { name: name.into(), by, allowed: Some(allowed), caller }
    }

    /// The metadata entry that says who calls.
    pub(crate) fn caller(&self) -> &Arc<Metadata> {
        &self.caller
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
        Err(self.refusal(&format!("{service}/{method}")))
    }

    /// Refuses callers without credentials what their list does not name; whoever showed some may see what is served.
    pub(crate) fn check_sight(&self, service: &str, method: &str) -> Result<(), Fault> {
        match self.by {
            By::Anonymous => self.check(service, method),
            _ => Ok(()),
        }
    }

    /// Whether it is a caller without credentials that may call none of these methods.
    pub(crate) fn is_shut_out<'a>(&self, mut methods: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
        self.by == By::Anonymous && !methods.any(|(service, method)| self.may(service, method))
    }

    /// Why a call is refused.
    pub(crate) fn refusal(&self, wanted: &str) -> Fault {
        match self.by {
            By::Anonymous => Fault::unauthenticated(format!("{wanted}: {SEND_CREDENTIALS}")),
            _ => Fault::denied(format!("{} may not call {wanted}", self.name)),
        }
    }
}
