//! One operation: its parameters, its body, its responses.

use std::collections::BTreeMap;

use prost_reflect::{FieldDescriptor, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::schema::Schemas;
use crate::contract::annotations::ErrorNotes;
use crate::contract::{HandlerEntry, KindEntry, Method, Shape};
use crate::http::template::Parameter;
use crate::http::{Route, RouteBody, query::is_text};

/// Levels of messages within messages whose fields become query parameters.
const QUERY_DEPTH: usize = 3;

/// The operation of a declared method's route; `nth` of several routes to the same one.
pub(super) fn of_route(
    method: &Method,
    route: &Route,
    (nth, in_path): (usize, Vec<Parameter>),
    schemas: &mut Schemas,
) -> Value {
    let input = method.descriptor.input();
    let mut parameters: Vec<Value> = method.durable.then(idempotency_key).into_iter().collect();
    for parameter in &in_path {
        let field = parameter.field.as_deref().and_then(|path| field_at(&input, path));
        let schema = field.map_or_else(|| json!({"type": "string"}), |field| schemas.field(&field));
        let schema = not_empty(schema);
        parameters.push(json!({"name": parameter.name, "in": "path", "required": true, "schema": schema}));
    }
    let mut taken: Vec<String> = route.template.fields().map(str::to_owned).collect();
    let mut operation = json!({
        "operationId": operation_id(method, nth),
        "tags": [method.service()],
        "summary": method.name(),
        "deprecated": method.deprecated,
    });
    match &route.body {
        RouteBody::Whole => operation["requestBody"] = whole_body(method, &input, &taken, schemas),
        RouteBody::Field(name) => {
            taken.push(name.clone());
            let schema = input.get_field_by_name(name).map(|field| schemas.field(&field)).unwrap_or_default();
            operation["requestBody"] = content(&schema, false);
            query(&input, "", &taken, QUERY_DEPTH, schemas, &mut parameters);
        }
        RouteBody::Nothing => query(&input, "", &taken, QUERY_DEPTH, schemas, &mut parameters),
    }
    operation["parameters"] = Value::Array(parameters);
    described(&mut operation, method.doc.as_deref());
    operation["responses"] = responses(method, route, schemas);
    operation
}

fn operation_id(method: &Method, nth: usize) -> String {
    let name = method.descriptor.full_name();
    if nth == 0 { name.to_owned() } else { format!("{name}.{}", nth + 1) }
}

fn field_at(message: &MessageDescriptor, path: &str) -> Option<FieldDescriptor> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let field = message.get_field_by_name(name)?;
    match rest {
        None => Some(field),
        Some(rest) => field_at(field.kind().as_message()?, rest),
    }
}

/// A text of at least one character.
fn not_empty(mut schema: Value) -> Value {
    if schema["type"] == "string" && schema.get("format").is_none() {
        schema["minLength"] = json!(1);
    }
    schema
}

/// The whole request but for what the path binds.
fn whole_body(method: &Method, input: &MessageDescriptor, taken: &[String], schemas: &mut Schemas) -> Value {
    let mut whole = schemas.object(input, |field| !taken.iter().any(|taken| taken == field.name()));
    let key = method.key.as_ref().filter(|key| key.is_text() && !taken.contains(&key.name));
    if let Some(field) = key.and_then(|key| input.get_field(key.number)) {
        let name = field.json_name().to_owned();
        whole["properties"][&name] = not_empty(schemas.field(&field));
        whole["required"] = json!([name]);
    }
    if method.shape == Shape::ClientStream {
        // Only the first must name the actor.
        whole =
            json!({"type": "array", "prefixItems": [whole], "items": schemas.message(input), "minItems": 1});
    }
    content(&whole, key.is_some())
}

fn content(schema: &Value, required: bool) -> Value {
    json!({"required": required, "content": {"application/json": {"schema": schema}}})
}

/// Query parameters for the fields that are neither in the path nor in the body.
fn query(
    message: &MessageDescriptor,
    prefix: &str,
    taken: &[String],
    depth: usize,
    schemas: &mut Schemas,
    out: &mut Vec<Value>,
) {
    for field in message.fields() {
        let name = format!("{prefix}{}", field.name());
        if taken.contains(&name) || field.is_map() {
            continue;
        }
        match field.kind().as_message() {
            Some(inner)
                if !is_text(inner.full_name()) && inner.full_name() != "google.protobuf.BoolValue" =>
            {
                if depth > 1 && !field.is_list() {
                    query(inner, &format!("{name}."), taken, depth - 1, schemas, out);
                }
            }
            _ => out.push(json!({"name": name, "in": "query", "schema": schemas.field(&field)})),
        }
    }
}

fn responses(method: &Method, route: &Route, schemas: &mut Schemas) -> Value {
    let output = method.descriptor.output();
    let one = match &route.response_body {
        Some(name) => output.get_field_by_name(name).map(|field| schemas.field(&field)).unwrap_or_default(),
        None => schemas.message(&output),
    };
    let schema =
        if method.shape == Shape::ServerStream { json!({"type": "array", "items": one}) } else { one };
    let mut responses = faults();
    refusals(&method.errors, schemas, &mut responses);
    responses.insert(
        "200".to_owned(),
        json!({
            "description": "The reply.",
            "content": {"application/json": {"schema": schema}},
        }),
    );
    Value::Object(responses)
}

/// What something does, in the words of those who wrote it.
fn described(operation: &mut Value, doc: Option<&str>) {
    if let Some(doc) = doc {
        operation["description"] = json!(doc);
    }
}

/// A response for each status of the errors that a method lists. Other failures may have that status too.
fn refusals(errors: &[ErrorNotes], schemas: &mut Schemas, responses: &mut Map<String, Value>) {
    let mut by_status: BTreeMap<u16, Vec<&ErrorNotes>> = BTreeMap::new();
    for error in errors {
        by_status.entry(error.status).or_default().push(error);
    }
    for (status, errors) in by_status {
        let kinds: Vec<&str> = errors.iter().map(|error| error.kind.as_str()).collect();
        let mut problems: Vec<Value> = errors.iter().map(|error| problem(error, schemas)).collect();
        let schema = if problems.len() == 1 { problems.remove(0) } else { json!({"oneOf": problems}) };
        let response = json!({
            "description": format!("Refused: {}.", kinds.join(", ")),
            "content": {
                "application/problem+json": {"schema": schema},
                "application/json": {"schema": fault_schema()},
            },
        });
        responses.insert(status.to_string(), response);
    }
}

/// An error of the application as problem+json: its fields are in `details`, and beside it where their names are free.
fn problem(error: &ErrorNotes, schemas: &mut Schemas) -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "details"],
        "properties": {
            "type": {"const": error.kind},
            "title": {"type": "string"},
            "status": {"const": error.status},
            "detail": {"type": "string"},
            "details": schemas.message(&error.message),
        },
    })
}

/// The operation of a handler of a kind without a service.
pub(super) fn of_handler(kind: &KindEntry, handler: &HandlerEntry) -> Value {
    let (doc, handler) = (handler.doc.as_deref(), handler.name.as_str());
    let mut responses = faults();
    responses.insert(
        "200".to_owned(),
        json!({
            "description": "The reply.",
            "content": {"application/json": {"schema": {}}},
        }),
    );
    responses.insert("204".to_owned(), json!({"description": "The handler replied nothing."}));
    let mut parameters: Vec<Value> = kind.durable.then(idempotency_key).into_iter().collect();
    let text = json!({"type": "string", "minLength": 1});
    parameters.push(json!({"name": "key", "in": "path", "required": true, "schema": text}));
    let mut operation = json!({
        "operationId": format!("actors.{}.{handler}", kind.name),
        "tags": [kind.name],
        "summary": handler,
        "parameters": parameters,
        "requestBody": {"content": {"application/json": {"schema": {}}}},
        "responses": responses,
    });
    described(&mut operation, doc);
    operation
}

/// The same of a read-only handler as a GET: its message, where it takes one, is in the query.
pub(super) fn of_reader(kind: &KindEntry, handler: &HandlerEntry) -> Value {
    let mut operation = of_handler(kind, handler);
    if let Value::Object(operation) = &mut operation {
        operation.remove("requestBody");
    }
    operation["operationId"] = json!(format!("actors.{}.{}.get", kind.name, handler.name));
    let text = json!({"type": "string"});
    operation["parameters"] = json!([
        {"name": "key", "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}},
        {"name": "message", "in": "query", "required": false, "description": "The message, as JSON.", "schema": text},
    ]);
    operation
}

fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "A repeated request with the same key is applied once and gets the same reply.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 256, "pattern": "^[!-~]+$"},
    })
}

fn faults() -> Map<String, Value> {
    let fault = || json!({"$ref": "#/components/responses/Fault"});
    Map::from_iter([("4XX".to_owned(), fault()), ("5XX".to_owned(), fault())])
}

/// What every fault looks like: google.rpc.Status in JSON.
pub(super) fn fault() -> Value {
    json!({
        "description": "What went wrong; `details` name the error and say whether to try again.",
        "content": {"application/json": {"schema": fault_schema()}},
    })
}

fn fault_schema() -> Value {
    json!({
        "type": "object",
        "required": ["code", "status", "message", "details"],
        "properties": {
            "code": {"type": "integer", "description": "The gRPC status code."},
            "status": {"type": "string", "description": "Its name."},
            "message": {"type": "string"},
            "details": {"type": "array", "items": {
                "type": "object",
                "required": ["@type"],
                "properties": {"@type": {"type": "string"}, "reason": {"type": "string"}},
            }},
        },
    })
}
