//! Which HTTP method and path lead to which method: those of google.api.http, and one for every method without.

use std::collections::HashMap;

use everact::{ErrorCode, Failure};
use http::Method as HttpMethod;

use super::cors::Cors;
use super::template::Template;
use crate::config::GatewayConfig;
use crate::contract::annotations::HttpRule;
use crate::contract::{Contract, Method, Shape};
use crate::openapi::Docs;

/// All routes.
pub(crate) struct Routes {
    routes: Vec<Route>,
    /// Indices of `routes` by the path's first literal; those without one stand under the empty text.
    by_head: HashMap<String, Vec<usize>>,
    pub(crate) cors: Cors,
    pub(crate) docs: Option<Docs>,
}

/// One way to a method.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) verb: HttpMethod,
    pub(crate) template: Template,
    /// Its index in the contract.
    pub(crate) method: usize,
    pub(crate) body: Body,
    /// The field of the reply that is the whole response.
    pub(crate) response_body: Option<String>,
}

/// What of a request its body is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// There is none; fields come by path and query.
    Nothing,
    /// All that the path does not bind.
    Whole,
    /// One field.
    Field(String),
}

/// Where a path leads.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    /// To a method, with the fields that the path binds.
    Route(&'a Route, Vec<(&'a str, String)>),
    /// To methods, but not by this verb.
    OtherVerbs(Vec<HttpMethod>),
    /// Nowhere.
    Nothing,
}

impl Routes {
    pub(crate) fn new(contract: &Contract, config: &GatewayConfig) -> Result<Self, Failure> {
        let mut routes = Vec::new();
        for (at, method) in contract.methods.iter().enumerate() {
            // A stream in both directions has no form as one request with one response.
            if method.shape != Shape::Both {
                add(&mut routes, method, at)?;
            }
        }
        routes.sort_by_key(|route| std::cmp::Reverse(route.template.weight()));
        let mut by_head: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, route) in routes.iter().enumerate() {
            by_head.entry(route.template.head().unwrap_or_default().to_owned()).or_default().push(at);
        }
        let cors = Cors::read(&config.cors)?;
        let docs = config.docs.then(|| Docs::new(contract, &routes, config.auth.is_some()));
        Ok(Self { routes, by_head, cors, docs })
    }

    /// Where a request leads.
    pub(crate) fn find(&self, verb: &HttpMethod, path: &str) -> Found<'_> {
        let head = path.strip_prefix('/').unwrap_or(path).split('/').next().unwrap_or_default();
        let mut others = Vec::new();
        // A path whose ending is a route's own verb (`:clear`) is that, not a longer name.
        let mut is_custom = false;
        for at in [head, ""].iter().filter_map(|head| self.by_head.get(*head)).flatten() {
            let route = &self.routes[*at];
            if is_custom && !route.template.has_verb() {
                continue;
            }
            let Some(bound) = route.template.matches(path) else { continue };
            if route.verb == *verb {
                return Found::Route(route, bound);
            }
            is_custom |= route.template.has_verb();
            others.push(route.verb.clone());
        }
        if others.is_empty() { Found::Nothing } else { Found::OtherVerbs(others) }
    }
}

fn add(routes: &mut Vec<Route>, method: &Method, at: usize) -> Result<(), Failure> {
    let Some(rule) = &method.http else {
        let template = Template::parse(&method.path);
        let template = template.ok_or_else(|| refuse(method, &format!("{} is no path", method.path)))?;
        routes.push(Route {
            verb: HttpMethod::POST,
            template,
            method: at,
            body: Body::Whole,
            response_body: None,
        });
        return Ok(());
    };
    routes.push(route(method, at, rule)?);
    for rule in &rule.additional_bindings {
        routes.push(route(method, at, rule)?);
    }
    Ok(())
}

fn route(method: &Method, at: usize, rule: &HttpRule) -> Result<Route, Failure> {
    let (verb, path) = rule.route().ok_or_else(|| refuse(method, "google.api.http names no path"))?;
    let verb = HttpMethod::from_bytes(verb.as_bytes())
        .map_err(|_| refuse(method, &format!("{verb:?} is no HTTP method")))?;
    let template =
        Template::parse(path).ok_or_else(|| refuse(method, &format!("{path:?} is no path template")))?;
    let input = method.descriptor.input();
    let has = |path: &str| {
        let mut message = Some(input.clone());
        path.split('.').all(|name| {
            let field = message.take().and_then(|message| message.get_field_by_name(name));
            message = field.as_ref().and_then(|field| field.kind().as_message().cloned());
            field.is_some_and(|field| !field.is_list() && !field.is_map())
        })
    };
    if let Some(field) = template.fields().find(|field| !has(field)) {
        return Err(refuse(
            method,
            &format!("the path binds {field}, which {} does not have", input.full_name()),
        ));
    }
    let body = match rule.body.as_str() {
        "" => Body::Nothing,
        "*" => Body::Whole,
        field if input.get_field_by_name(field).is_some() => Body::Field(field.to_owned()),
        field => {
            return Err(refuse(
                method,
                &format!("the body is {field}, which {} does not have", input.full_name()),
            ));
        }
    };
    let streams = method.shape == Shape::ClientStream;
    if streams && (body != Body::Whole || template.fields().next().is_some()) {
        return Err(refuse(method, "a stream of requests needs body: \"*\" and a path without fields"));
    }
    let response_body = Some(rule.response_body.clone()).filter(|field| !field.is_empty());
    if let Some(field) =
        response_body.iter().find(|field| method.descriptor.output().get_field_by_name(field).is_none())
    {
        return Err(refuse(method, &format!("the response is {field}, which the reply does not have")));
    }
    Ok(Route { verb, template, method: at, body, response_body })
}

fn refuse(method: &Method, text: &str) -> Failure {
    let name = method.descriptor.full_name();
    Failure::new(ErrorCode::InvalidDeclaration, format!("{name}: google.api.http: {text}"))
}
