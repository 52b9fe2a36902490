//! Path templates of google.api.http: `/v1/{name=shelves/*}/books/{id}:verb`.
//!
//! Grammar: `/` segments [`:` verb]; a segment is `*`, `**` (last only), a literal, or `{field.path}` with `=` and segments of
//! its own.

use percent_encoding::percent_decode_str;

/// A template, ready to be matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    segments: Vec<Segment>,
    verb: Option<String>,
    variables: Vec<Variable>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    One,
    Rest,
}

/// A field that a path binds: from which segment, up to which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) field: String,
    start: usize,
    end: usize,
}

/// A parameter of a path in OpenAPI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    /// The field that it is the whole of.
    pub(crate) field: Option<String>,
}

impl Template {
    /// Reads a template; `None` where it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('/')?;
        let (path, verb) = split_verb(rest);
        let mut template =
            Self { segments: Vec::new(), verb: verb.map(str::to_owned), variables: Vec::new() };
        let verb_fits = verb.is_none_or(|verb| !verb.is_empty() && !verb.contains(['/', '{', '}']));
        for part in split_outside(path) {
            match part.strip_prefix('{') {
                None => template.segments.push(segment(part)?),
                Some(inner) => template.variable(inner.strip_suffix('}')?)?,
            }
        }
        let rest_is_last = template.segments.iter().rev().skip(1).all(|segment| *segment != Segment::Rest);
        (verb_fits && rest_is_last).then_some(template)
    }

    fn variable(&mut self, inner: &str) -> Option<()> {
        let (field, pattern) = inner.split_once('=').unwrap_or((inner, "*"));
        let is_path = !field.is_empty() && field.split('.').all(|name| !name.is_empty());
        if !is_path || field.contains(['{', '}', '/', '*']) {
            return None;
        }
        let start = self.segments.len();
        for part in pattern.split('/') {
            self.segments.push(segment(part)?);
        }
        self.variables.push(Variable { field: field.to_owned(), start, end: self.segments.len() });
        Some(())
    }

    /// The literal that the path begins with, to look routes up by.
    pub(crate) fn head(&self) -> Option<&str> {
        match self.segments.first() {
            Some(Segment::Literal(text)) => Some(text),
            _ => None,
        }
    }

    /// The fields that the path binds.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|variable| variable.field.as_str())
    }

    /// How particular it is: of two that match, the one that says more wins.
    pub(crate) fn weight(&self) -> (usize, bool) {
        let literals = self.segments.iter().filter(|segment| matches!(segment, Segment::Literal(_))).count();
        (literals, self.verb.is_some())
    }

    /// Whether it ends with a verb of its own: `:verb`.
    pub(crate) fn has_verb(&self) -> bool {
        self.verb.is_some()
    }

    /// The values of the fields in a path that matches.
    pub(crate) fn matches<'a>(&'a self, path: &str) -> Option<Vec<(&'a str, String)>> {
        let mut path = path.strip_prefix('/')?;
        if let Some(verb) = &self.verb {
            path = path.strip_suffix(verb.as_str())?.strip_suffix(':')?;
        }
        let parts: Vec<&str> = path.split('/').collect();
        let open = self.segments.last() == Some(&Segment::Rest);
        let fits =
            if open { parts.len() + 1 >= self.segments.len() } else { parts.len() == self.segments.len() };
        let same = |(segment, part): (&Segment, &&str)| match segment {
            Segment::Literal(text) => percent_decode_str(part).decode_utf8().is_ok_and(|part| part == *text),
            Segment::One => !part.is_empty(),
            Segment::Rest => true,
        };
        if !fits || !self.segments.iter().zip(&parts).all(same) {
            return None;
        }
        self.variables
            .iter()
            .map(|variable| Some((variable.field.as_str(), self.value(variable, &parts)?)))
            .collect()
    }

    fn value(&self, variable: &Variable, parts: &[&str]) -> Option<String> {
        let to_the_end = self.segments.get(variable.end - 1) == Some(&Segment::Rest);
        let end = if to_the_end { parts.len() } else { variable.end };
        let bound = parts.get(variable.start..end)?;
        if variable.end - variable.start == 1 && !to_the_end {
            return Some(percent_decode_str(bound.first()?).decode_utf8().ok()?.into_owned());
        }
        // Of several segments, an escaped slash stays escaped: it parts no segments.
        let decode = |part: &&str| {
            let kept = part.replace("%2F", "%252F").replace("%2f", "%252f");
            percent_decode_str(&kept).decode_utf8().ok().map(|part| part.into_owned())
        };
        Some(bound.iter().map(decode).collect::<Option<Vec<_>>>()?.join("/"))
    }

    /// The path as OpenAPI writes it, where a parameter is one segment: `{name=shelves/*}` is `shelves/{name}`.
    pub(crate) fn openapi(&self) -> (String, Vec<Parameter>) {
        let mut path = String::new();
        let mut parameters: Vec<Parameter> = Vec::new();
        for (at, segment) in self.segments.iter().enumerate() {
            path.push('/');
            if let Segment::Literal(text) = segment {
                path.push_str(text);
                continue;
            }
            let bound = self.variables.iter().find(|variable| (variable.start..variable.end).contains(&at));
            let field = bound.map(|variable| variable.field.clone());
            let mut name = field.clone().unwrap_or_else(|| "segment".to_owned());
            if parameters.iter().any(|parameter| parameter.name == name) {
                name = format!("{name}_{at}");
            }
            path.push_str(&format!("{{{name}}}"));
            let whole = bound.is_some_and(|variable| variable.end - variable.start == 1);
            parameters.push(Parameter { name, field: field.filter(|_| whole) });
        }
        if let Some(verb) = &self.verb {
            path.push(':');
            path.push_str(verb);
        }
        (path, parameters)
    }
}

fn segment(part: &str) -> Option<Segment> {
    match part {
        "" => None,
        "*" => Some(Segment::One),
        "**" => Some(Segment::Rest),
        literal if literal.contains(['{', '}', '*']) => None,
        literal => Some(Segment::Literal(literal.to_owned())),
    }
}

/// The verb follows the last colon that stands outside of braces, in the last segment.
fn split_verb(path: &str) -> (&str, Option<&str>) {
    match path.rfind(':') {
        Some(at) if !path[at..].contains(['}', '/']) => (&path[..at], Some(&path[at + 1..])),
        _ => (path, None),
    }
}

/// Splits at slashes outside of braces.
fn split_outside(path: &str) -> Vec<&str> {
    let mut inside = false;
    path.split(|c| {
        match c {
            '{' => inside = true,
            '}' => inside = false,
            _ => {}
        }
        c == '/' && !inside
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values(template: &str, path: &str) -> Option<Vec<(String, String)>> {
        let template = Template::parse(template).expect("a template");
        let values = template.matches(path)?;
        Some(values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn one(name: &str, value: &str) -> Option<Vec<(String, String)>> {
        Some(vec![(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn paths_bind_fields() {
        assert_eq!(values("/v1/carts/{id}", "/v1/carts/7"), one("id", "7"));
        assert_eq!(values("/v1/carts/{id}", "/v1/carts/a%20b%2Fc"), one("id", "a b/c"));
        assert_eq!(values("/v1/carts/{id}", "/v1/carts/"), None);
        assert_eq!(values("/v1/carts/{id}", "/v1/carts/7/items"), None);
        assert_eq!(values("/v1/{name=shelves/*}", "/v1/shelves/7"), one("name", "shelves/7"));
        assert_eq!(values("/v1/{name=shelves/*}", "/v1/racks/7"), None);
        assert_eq!(values("/v1/{name=files/**}", "/v1/files/a/b%2Fc"), one("name", "files/a/b%2Fc"));
        assert_eq!(values("/v1/{cart.id}:clear", "/v1/7:clear"), one("cart.id", "7"));
        assert_eq!(values("/v1/{id}:clear", "/v1/7"), None);
        assert_eq!(values("/v1/**", "/v1/a/b"), Some(Vec::new()));
        assert_eq!(values("/v1/carts", "/v1/carts"), Some(Vec::new()));
        assert_eq!(values("/v1/{id}", "/v1/%ff"), None);
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for text in [
            "",
            "v1",
            "/",
            "/v1//a",
            "/v1/{}",
            "/v1/{a",
            "/v1/{a=}",
            "/**/a",
            "/v1/{a..b}",
            "/a*",
            "/v1:",
            "/{a={b}}",
        ] {
            assert_eq!(Template::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(template in "[/{}a=*.:%]{0,20}", path in "/[/a*:%2Ff]{0,20}") {
            if let Some(template) = Template::parse(&template) {
                let _ = template.matches(&path);
                let _ = template.openapi();
            }
        }
    }

    #[test]
    fn openapi_has_a_parameter_for_each_segment_that_is_free() {
        let openapi = |text: &str| Template::parse(text).expect("a template").openapi();
        let (path, parameters) = openapi("/v1/{name=shelves/*}/books/{book.id}:read");
        assert_eq!(path, "/v1/shelves/{name}/books/{book.id}:read");
        assert_eq!(
            parameters.iter().map(|one| one.field.as_deref()).collect::<Vec<_>>(),
            [None, Some("book.id")]
        );
        assert_eq!(openapi("/{a=x/*/y/**}").0, "/x/{a}/y/{a_3}");
        assert_eq!(openapi("/v1/carts").0, "/v1/carts");
    }
}
