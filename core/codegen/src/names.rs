//! Names: the words of an identifier, how languages join them, and the words that they keep for themselves.

use std::collections::BTreeMap;

pub use everact_kernel::kind::wire_name as snake;

/// The kind of a service that gives none: its name in lower snake case without a trailing `Service` or `Actor`.
///
/// ```
/// assert_eq!(everact_codegen::names::kind("ShoppingCartService"), "shopping_cart");
/// ```
pub fn kind(service: &str) -> String {
    let short = service.strip_suffix("Service").or_else(|| service.strip_suffix("Actor"));
    snake(short.filter(|short| !short.is_empty()).unwrap_or(service))
}

/// Whether a text may name a kind or a handler.
pub fn is_wire_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// `GetAll` and `get_all` are `getAll`.
pub fn lower_camel(name: &str) -> String {
    let camel = upper_camel(name);
    let mut chars = camel.chars();
    chars.next().map_or(String::new(), |first| first.to_ascii_lowercase().to_string() + chars.as_str())
}

/// `getAll` and `get_all` are `GetAll`.
pub fn upper_camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut starts = true;
    for c in name.chars() {
        if c == '_' {
            starts = true;
        } else if starts {
            out.push(c.to_ascii_uppercase());
            starts = false;
        } else {
            out.push(c);
        }
    }
    out
}

/// `GetAll` is `GET_ALL`.
pub fn upper_snake(name: &str) -> String {
    snake(name).to_ascii_uppercase()
}

/// A name with an underscore behind it where the language or the generated class has the name for itself.
pub fn free(name: String, taken: &[&[&str]]) -> String {
    if taken.iter().any(|words| words.contains(&name.as_str())) { name + "_" } else { name }
}

/// Who has a name in one scope of generated code.
#[derive(Default)]
pub struct Scope {
    owners: BTreeMap<String, String>,
}

impl Scope {
    /// Takes a name for an owner ("rpc Landed"); gives the other owner where it is taken.
    pub fn take(&mut self, name: String, owner: &str) -> Option<String> {
        if let Some(other) = self.owners.get(&name) {
            return (other != owner).then(|| other.clone());
        }
        self.owners.insert(name, owner.to_owned());
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_where_words_begin() {
        for (name, want) in [
            ("Landed", "landed"),
            ("GetHTTPStatus", "get_http_status"),
            ("Sha256Sum", "sha256_sum"),
            ("HTTPServerPool", "http_server_pool"),
            ("already_snake", "already_snake"),
            ("ABTest", "ab_test"),
            ("X", "x"),
        ] {
            assert_eq!(snake(name), want);
        }
    }

    #[test]
    fn a_kind_has_no_service_or_actor_at_its_end() {
        for (service, want) in [
            ("CartService", "cart"),
            ("CartActor", "cart"),
            ("Service", "service"),
            ("Actor", "actor"),
            ("ActorService", "actor"),
            ("Airports", "airports"),
        ] {
            assert_eq!(kind(service), want);
        }
    }

    #[test]
    fn camels() {
        assert_eq!(lower_camel("GetHTTPStatus"), "getHTTPStatus");
        assert_eq!(lower_camel("get_all"), "getAll");
        assert_eq!(upper_camel("get_all_2"), "GetAll2");
    }
}
