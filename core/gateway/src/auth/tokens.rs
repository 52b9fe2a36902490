//! Fixed bearer tokens, kept and compared as digests: in constant time, and all of them, whichever fits.

use std::sync::Arc;

use everact::Failure;
use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use serde_json::Map;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::Principal;
use super::allow::AllowList;
use super::caller::By;
use crate::config::{TokenConfig, invalid};

/// All fixed tokens.
#[derive(Debug)]
pub(crate) struct Tokens(Vec<([u8; SHA256_OUTPUT_LEN], Principal)>);

impl Tokens {
    pub(crate) fn read(config: &[TokenConfig]) -> Result<Self, Failure> {
        let entries = config.iter().map(|entry| {
            let allowed = Arc::new(AllowList::new(&entry.allow));
            Ok((sha256(entry)?, Principal::named(By::Token, &entry.name, Map::new(), allowed)))
        });
        Ok(Self(entries.collect::<Result<_, Failure>>()?))
    }

    /// Those of a file: a JSON array like the setting.
    pub(crate) fn read_file(file: &str) -> Result<Self, Failure> {
        let fault = |text: String| invalid(format!("gateway: auth: tokens_file: {file}: {text}"));
        let text = std::fs::read(file).map_err(|error| fault(format!("cannot be read: {error}")))?;
        let entries: Vec<TokenConfig> =
            serde_json::from_slice(&text).map_err(|error| fault(format!("is no list of tokens: {error}")))?;
        Self::read(&entries)
    }

    /// Whose token it is.
    pub(crate) fn find(&self, token: &str) -> Option<Principal> {
        let given = digest(&SHA256, token.as_bytes());
        let (mut found, mut place) = (Choice::from(0), 0u64);
        for (at, (known, _)) in self.0.iter().enumerate() {
            let same = known.as_slice().ct_eq(given.as_ref());
            place.conditional_assign(&(at as u64), same);
            found |= same;
        }
        bool::from(found).then(|| self.0[place as usize].1.clone())
    }
}

fn sha256(entry: &TokenConfig) -> Result<[u8; SHA256_OUTPUT_LEN], Failure> {
    let name = &entry.name;
    match (&entry.token, &entry.sha256) {
        (Some(token), None) if !token.is_empty() => {
            let made = digest(&SHA256, token.as_bytes());
            made.as_ref().try_into().map_err(|_| invalid("gateway: auth: no digest"))
        }
        (None, Some(digits)) => hex(digits).ok_or_else(|| {
            invalid(format!("gateway: auth: tokens: {name}: sha256 is not 64 hexadecimal digits"))
        }),
        _ => Err(invalid(format!("gateway: auth: tokens: {name}: give either token or sha256"))),
    }
}

fn hex(digits: &str) -> Option<[u8; SHA256_OUTPUT_LEN]> {
    if digits.len() != 2 * SHA256_OUTPUT_LEN || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; SHA256_OUTPUT_LEN];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, token: Option<&str>, sha256: Option<&str>) -> TokenConfig {
        TokenConfig {
            name: name.to_owned(),
            token: token.map(str::to_owned),
            sha256: sha256.map(str::to_owned),
            allow: vec!["*".to_owned()],
        }
    }

    #[test]
    fn tokens_are_known_by_themselves_and_by_their_digest() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let given = [entry("one", Some("first"), None), entry("two", None, Some(abc))];
        let tokens = Tokens::read(&given).expect("usable");
        assert_eq!(&*tokens.find("first").expect("known").name, "one");
        assert_eq!(&*tokens.find("abc").expect("known").name, "two");
        assert!(tokens.find("").is_none() && tokens.find("firs").is_none() && tokens.find(abc).is_none());
        for wrong in [entry("a", None, None), entry("a", Some(""), None), entry("a", None, Some("ab"))] {
            assert!(Tokens::read(&[wrong]).is_err());
        }
    }
}
