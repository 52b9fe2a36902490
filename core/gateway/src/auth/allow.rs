//! What a caller may call: patterns of `service/method`, with `*` for any run of characters. A kind without a service is
//! called by its own name and its handlers'.

/// Patterns of what may be called.
#[derive(Debug)]
pub(crate) struct AllowList(Vec<String>);

impl AllowList {
    pub(crate) fn new(patterns: &[String]) -> Self {
        Self(patterns.to_vec())
    }

    /// Whether this method is among them.
    pub(crate) fn has(&self, service: &str, method: &str) -> bool {
        self.0.iter().any(|pattern| match pattern.split_once('/') {
            Some((services, methods)) => fits(services, service) && fits(methods, method),
            None => fits(pattern, service),
        })
    }
}

/// Whether a text fits a pattern. Each star takes as little as it can and more where the rest asks for it, so the work is
/// bounded by the product of the lengths.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((star_p, star_t)) = star {
            star = Some((star_p, star_t + 1));
            (p, t) = (star_p + 1, star_t + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_services_and_methods() {
        for (pattern, service, method, allowed) in [
            ("*", "shop.v1.Cart", "Add", true),
            ("shop.v1.Cart", "shop.v1.Cart", "Add", true),
            ("shop.v1.Cart/*", "shop.v1.Cart", "Add", true),
            ("shop.v1.*/Get*", "shop.v1.Cart", "GetTotal", true),
            ("shop.v1.*/Get*", "shop.v1.Cart", "Add", false),
            ("shop.v1.Cart/Add", "shop.v1.Cart", "AddAll", false),
            ("shop.v1.Cart", "shop.v1.CartAdmin", "Add", false),
            ("*.Cart/*a*c", "shop.v1.Cart", "abcabc", true),
            ("*.Cart/*a*d", "shop.v1.Cart", "abcabc", false),
            ("", "shop.v1.Cart", "Add", false),
        ] {
            assert_eq!(
                AllowList::new(&[pattern.to_owned()]).has(service, method),
                allowed,
                "{pattern} {method}"
            );
        }
    }
}
