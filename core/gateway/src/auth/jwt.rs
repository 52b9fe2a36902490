//! Signed tokens: a key from the key set by its `kid`, a signature of the key's own algorithm, and the claims exp, nbf,
//! iss and aud.

use std::collections::HashMap;
use std::sync::Arc;

use everact::Failure;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

use super::Principal;
use super::allow::AllowList;
use super::caller::By;
use super::signature;
use crate::config::{JwtConfig, invalid};
use crate::status::Fault;

/// Checks signed tokens.
#[derive(Debug)]
pub(crate) struct Verifier {
    keys: Vec<Key>,
    allowed: Arc<AllowList>,
    subjects: HashMap<String, Arc<AllowList>>,
}

/// A key with what its tokens must be.
#[derive(Debug)]
struct Key {
    id: Option<String>,
    key: DecodingKey,
    validation: Validation,
}

impl Verifier {
    pub(crate) fn read(config: &JwtConfig) -> Result<Self, Failure> {
        signature::install();
        let fault = |text: String| invalid(format!("gateway: auth: jwt: jwks: {}: {text}", config.jwks));
        let text = std::fs::read(&config.jwks).map_err(|error| fault(format!("cannot be read: {error}")))?;
        let set: JwkSet =
            serde_json::from_slice(&text).map_err(|error| fault(format!("is no key set: {error}")))?;
        let keys: Vec<Key> = set.keys.iter().filter_map(|jwk| key(jwk, config)).collect();
        if keys.is_empty() {
            return Err(fault("holds no key for RS256, ES256 or EdDSA".to_owned()));
        }
        let list = |patterns: &Vec<String>| Arc::new(AllowList::new(patterns));
        Ok(Self {
            keys,
            allowed: list(&config.allow),
            subjects: config.subjects.iter().map(|(name, allow)| (name.clone(), list(allow))).collect(),
        })
    }

    /// Who calls with this token.
    pub(crate) fn verify(&self, token: &str) -> Result<Principal, Fault> {
        let header = decode_header(token).map_err(|_| Fault::unauthenticated("the token is not known"))?;
        let candidates = self.keys.iter().filter(|key| match (&header.kid, &key.id) {
            (Some(wanted), Some(id)) => wanted == id,
            _ => true,
        });
        let mut why = "no key fits the token".to_owned();
        for key in candidates {
            match decode::<Map<String, Value>>(token, &key.key, &key.validation) {
                Ok(token) => return self.principal(token.claims),
                Err(error) => why = format!("the token is not valid: {error}"),
            }
        }
        Err(Fault::unauthenticated(why))
    }

    fn principal(&self, claims: Map<String, Value>) -> Result<Principal, Fault> {
        let subject = claims.get("sub").and_then(Value::as_str).filter(|subject| !subject.is_empty());
        let subject = subject
            .map(str::to_owned)
            .ok_or_else(|| Fault::unauthenticated("the token names no subject (sub)"))?;
        let allowed = self.subjects.get(&subject).unwrap_or(&self.allowed);
        Ok(Principal::named(By::Jwt, &subject, claims, allowed.clone()))
    }
}

/// A key of the set, where it is one that signs and that we verify.
fn key(jwk: &Jwk, config: &JwtConfig) -> Option<Key> {
    if jwk.common.public_key_use.as_ref().is_some_and(|its| *its != PublicKeyUse::Signature) {
        return None;
    }
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        _ => return None,
    };
    let mut validation = Validation::new(algorithm);
    validation.leeway = config.leeway_seconds;
    validation.validate_nbf = true;
    let mut required = vec!["exp"];
    match &config.issuer {
        Some(issuer) => {
            required.push("iss");
            validation.set_issuer(&[issuer]);
        }
        None => validation.iss = None,
    }
    match &config.audience {
        Some(audience) => {
            required.push("aud");
            validation.set_audience(&[audience]);
        }
        None => validation.validate_aud = false,
    }
    validation.set_required_spec_claims(&required);
    Some(Key { id: jwk.common.key_id.clone(), key: DecodingKey::from_jwk(jwk).ok()?, validation })
}
