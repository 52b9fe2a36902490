//! Who calls, as handlers see it: the reserved metadata entry `everact-caller`.

use everact::Metadata;
use everact::metadata::CALLER;
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};
use tokio_rustls::rustls::pki_types::CertificateDer;

/// How a caller showed who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// A fixed token.
    Token,
    /// A signed token.
    Jwt,
    /// A client certificate.
    Certificate,
    /// Nobody asked, or nothing was shown.
    Anonymous,
}

impl By {
    fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Jwt => "jwt",
            Self::Certificate => "certificate",
            Self::Anonymous => "anonymous",
        }
    }
}

/// The entry for a caller. Claims that are over the bound of metadata stay out.
pub(crate) fn entry(by: By, name: &str, claims: Map<String, Value>) -> Metadata {
    let whole = json!({"by": by.name(), "name": name, "claims": claims}).to_string();
    Metadata::of([(CALLER, whole.as_bytes())]).unwrap_or_else(|_| {
        let short = json!({"by": by.name(), "name": name, "claims": {}}).to_string();
        Metadata::of([(CALLER, short.as_bytes())]).unwrap_or_default()
    })
}

/// A client's certificate, verified by TLS already: its name, and what else it says.
pub(crate) fn of_certificate(certificate: &CertificateDer<'_>) -> Option<(String, Map<String, Value>)> {
    let parsed = webpki::EndEntityCert::try_from(certificate).ok()?;
    let parts = subject(parsed.subject()).unwrap_or_default();
    let dns: Vec<&str> = parsed.valid_dns_names().collect();
    let common = parts.iter().find(|(kind, _)| kind == "CN").map(|(_, name)| name.clone());
    let name = common.or_else(|| dns.first().map(|name| (*name).to_owned())).unwrap_or_default();
    let text: Vec<String> = parts.iter().map(|(kind, value)| format!("{kind}={value}")).collect();
    let print: String =
        digest(&SHA256, certificate).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let claims = json!({"subject": text.join(","), "dns": dns, "sha256": print});
    let Value::Object(claims) = claims else { return None };
    Some((name, claims))
}

/// The parts of a subject, from what stands within its outer SEQUENCE: sets of pairs of an object identifier and a text.
fn subject(mut names: &[u8]) -> Option<Vec<(String, String)>> {
    // Whether the outer SEQUENCE is there depends on who cut it out.
    if let (0x30, inner, []) = element(names)? {
        names = inner;
    }
    let mut parts = Vec::new();
    while !names.is_empty() {
        let (0x31, mut set, rest) = element(names)? else { return None };
        names = rest;
        while !set.is_empty() {
            let (0x30, pair, rest) = element(set)? else { return None };
            set = rest;
            let (0x06, identifier, value) = element(pair)? else { return None };
            let (_, value, _) = element(value)?;
            parts.push((kind(identifier), String::from_utf8_lossy(value).into_owned()));
        }
    }
    Some(parts)
}

/// The names of RFC 4514 for what is common, else the identifier's bytes.
fn kind(identifier: &[u8]) -> String {
    let name = match identifier {
        [0x55, 0x04, 3] => "CN",
        [0x55, 0x04, 6] => "C",
        [0x55, 0x04, 7] => "L",
        [0x55, 0x04, 8] => "ST",
        [0x55, 0x04, 10] => "O",
        [0x55, 0x04, 11] => "OU",
        _ => return identifier.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    name.to_owned()
}

/// The tag, the content and what follows of the first DER element.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7F => (usize::from(first), rest),
        0x81 => rest.split_first().map(|(&length, rest)| (usize::from(length), rest))?,
        0x82 => {
            rest.split_first_chunk().map(|(length, rest)| (usize::from(u16::from_be_bytes(*length)), rest))?
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_bytes_make_a_subject_panic(bytes: Vec<u8>) {
            let _ = subject(&bytes);
        }
    }

    #[test]
    fn a_callers_entry_is_json_and_bounded() {
        let of = |claims: Value| {
            let Value::Object(claims) = claims else { panic!("an object") };
            let entry = entry(By::Jwt, "bob", claims);
            let (name, value) = entry.iter().next().expect("one");
            assert_eq!(name, "everact-caller");
            serde_json::from_slice::<Value>(value).expect("JSON")
        };
        assert_eq!(of(json!({"sub": "bob"})), json!({"by": "jwt", "name": "bob", "claims": {"sub": "bob"}}));
        assert_eq!(of(json!({"a": "x".repeat(100_000)}))["claims"], json!({}));
    }
}
