//! The OpenAPI 3.1 document of all HTTP routes, and a page to try them. Both are made once, when the gateway starts.

mod operation;
mod schema;

use bytes::Bytes;
use everact::Codec;
use serde_json::{Map, Value, json};

use crate::contract::Contract;
use crate::http::Route;
use schema::Schemas;

const PAGE: &str = include_str!("page.html");

/// What is served about what is served.
pub(crate) struct Docs {
    document: Bytes,
}

impl Docs {
    pub(crate) fn new(contract: &Contract, routes: &[Route], with_auth: bool) -> Self {
        Self { document: Bytes::from(document(contract, routes, with_auth).to_string()) }
    }

    /// The page on this path, with its content type.
    pub(crate) fn page(&self, path: &str) -> Option<(&'static str, Bytes)> {
        match path {
            "/openapi.json" => Some(("application/json", self.document.clone())),
            "/" | "/docs" => Some(("text/html; charset=utf-8", Bytes::from_static(PAGE.as_bytes()))),
            _ => None,
        }
    }
}

fn document(contract: &Contract, routes: &[Route], with_auth: bool) -> Value {
    let mut schemas = Schemas::default();
    let mut paths: Map<String, Value> = Map::new();
    let mut tags: Vec<String> = Vec::new();
    for (at, route) in routes.iter().enumerate() {
        let method = &contract.methods[route.method];
        let nth = routes[..at].iter().filter(|other| other.method == route.method).count();
        let (path, parameters) = route.template.openapi();
        let operation = operation::of_route(method, route, (nth, parameters), &mut schemas);
        add(&mut paths, path, route.verb.as_str(), operation);
        tags.push(method.service().to_owned());
    }
    for kind in contract.kinds.iter().filter(|kind| kind.codec == Codec::Json) {
        for handler in &kind.handlers {
            let path = format!("/actors/{}/{{key}}/{}", escaped(&kind.name), escaped(&handler.name));
            if handler.read_only {
                add(&mut paths, path.clone(), "GET", operation::of_reader(kind, handler));
            }
            add(&mut paths, path, "POST", operation::of_handler(kind, handler));
        }
        tags.push(kind.name.clone());
    }
    tags.sort();
    tags.dedup();
    let mut components = json!({"schemas": schemas.finish(), "responses": {"Fault": operation::fault()}});
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Actors",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The actors of this engine, over HTTP with JSON.",
        },
        "servers": [{"url": "/"}],
        "tags": tags.iter().map(|name| tag(contract, name)).collect::<Vec<_>>(),
        "paths": paths,
    });
    if with_auth {
        components["securitySchemes"] = json!({"bearer": {"type": "http", "scheme": "bearer"}});
        document["security"] = json!([{"bearer": []}]);
    }
    document["components"] = components;
    document
}

/// A kind, by its service's name or its own, with what its declaration says of it.
fn tag(contract: &Contract, name: &str) -> Value {
    let kind = contract.kinds.iter().find(|kind| kind.service_or_name() == name);
    match kind.and_then(|kind| kind.doc.as_deref()) {
        Some(doc) => json!({"name": name, "description": doc}),
        None => json!({"name": name}),
    }
}

fn add(paths: &mut Map<String, Value>, path: String, verb: &str, operation: Value) {
    let item = paths.entry(path).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(item) = item {
        item.entry(verb.to_ascii_lowercase()).or_insert(operation);
    }
}

fn escaped(name: &str) -> String {
    percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%5F", "_")
        .replace("%2D", "-")
        .replace("%2E", ".")
}
