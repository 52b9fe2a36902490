//! HTTP with JSON, gRPC-Web, and the pages about them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::Message;
use serde_json::{Value, json};

use crate::client::{Answer, Total, add, http, json as send};
use crate::shop::{Shop, refused};

fn ok(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

#[test]
fn annotated_routes_lead_to_methods() {
    let shop = Shop::open();
    let address = shop.address();
    let body = r#"{"item": {"name": "tea", "count": 2, "priceCents": "150"}}"#;
    assert_eq!(ok(&send(address, "POST", "/v1/carts/a/items", body)), json!({"items": 2, "cents": "300"}));
    let item = r#"{"name": "milk", "count": 1, "price_cents": 50}"#;
    let again = ok(&send(address, "PUT", "/v1/carts/a/item", item));
    // Here the whole of "carts/a" is the key.
    assert_eq!(again, json!({"items": 1, "cents": "50"}));
    assert_eq!(ok(&send(address, "GET", "/v1/carts/carts%2Fa", "")), json!({"items": 1, "cents": "50"}));
    assert_eq!(
        ok(&send(address, "GET", "/v1/carts/a?with_tax=true&like.name=x", "")),
        json!({"items": 2, "cents": "300"})
    );
    let items = ok(&send(address, "GET", "/v1/carts/a/items", ""));
    assert_eq!(items.as_array().map(Vec::len), Some(1));
    assert_eq!(items[0]["priceCents"], "150");
    assert_eq!(ok(&send(address, "POST", "/v1/carts/a:clear", "")), json!({}));
    assert_eq!(ok(&send(address, "GET", "/v1/carts/a", "")), json!({"items": 0, "cents": "0"}));
    assert_eq!(ok(&send(address, "GET", "/v1/meters/-42", "")), json!("-42"));
    assert_eq!(ok(&send(address, "GET", "/v1/meters/0", "")), json!("0"));
}

#[test]
fn every_field_of_a_message_has_its_json() {
    let shop = Shop::open();
    let item = json!({
        "name": "täglich", "count": -1, "priceCents": "9007199254740993", "colour": "COLOUR_RED", "tags": ["a", "b"],
        "notes": {"fresh": true}, "gift": false, "since": "2026-11-21T12:00:00Z", "picture": "AAH/", "weight": 0.5,
    });
    let request = json!({"item": item}).to_string();
    ok(&send(shop.address(), "POST", "/v1/carts/a/items", &request));
    assert_eq!(ok(&send(shop.address(), "GET", "/v1/carts/a/items", "")), json!([item]));
}

#[test]
fn methods_without_an_annotation_are_reached_by_their_names() {
    let shop = Shop::open();
    let list = r#"[{"cart": "a", "item": {"count": 1}}, {"cart": "a", "item": {"count": 2}}]"#;
    assert_eq!(ok(&send(shop.address(), "POST", "/shop.v1.Cart/AddAll", list))["items"], 3);
    let open = r#"[{"cart": "b", "item": {"count": 1}}, {"item": {"count": 2}}]"#;
    assert_eq!(ok(&send(shop.address(), "POST", "/shop.v1.Cart/AddAll", open))["items"], 3);
    let answer = send(shop.address(), "POST", "/shop.v1.Cart/Fail", r#"{"cart": "a", "code": 30}"#);
    assert_eq!(answer.status, 429);
    assert_eq!(answer.header("retry-after"), Some("1"));
    let fault = answer.json();
    assert_eq!((&fault["code"], &fault["status"]), (&json!(8), &json!("RESOURCE_EXHAUSTED")));
    let info = json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "MailboxFull", "domain": "everact.dev", "metadata": {"code": "30"},
    });
    assert_eq!(fault["details"][0], info);
    assert!(fault["details"][1]["retryDelay"].is_string());
}

#[test]
fn what_is_not_right_is_refused_and_named() {
    let shop = Shop::open();
    let address = shop.address();
    for (verb, path, body, status, named) in [
        ("POST", "/v1/carts/a/items", "{", 400, "JSON"),
        ("POST", "/v1/carts/a/items", "[]", 400, "object"),
        ("POST", "/v1/carts/a/items", r#"{"colour": 1}"#, 400, "colour"),
        ("POST", "/v1/carts/a/items", r#"{"item": {"count": 3000000000}}"#, 400, "item.count"),
        ("POST", "/v1/carts/a/items", r#"{"item": {"count": 1.5}}"#, 400, "item.count"),
        (
            "POST",
            "/v1/carts/a/items",
            r#"{"item": {"priceCents": "99999999999999999999"}}"#,
            400,
            "item.priceCents",
        ),
        ("POST", "/v1/carts/a/items", r#"{"item": {"colour": "GREEN"}}"#, 400, "item.colour"),
        ("POST", "/v1/carts/a/items", r#"{"item": {"since": "yesterday"}}"#, 400, "item.since"),
        (
            "POST",
            "/v1/carts/a/items",
            r#"{"item": {"since": "2026-11-30T10:00:00.1234567891Z"}}"#,
            400,
            "item.since",
        ),
        ("POST", "/v1/carts/a/items", r#"{} {}"#, 400, ""),
        ("POST", "/v1/carts/a/items?with_tax=true", "{}", 400, "with_tax"),
        ("GET", "/v1/carts/a?colour=1", "", 400, "colour"),
        ("GET", "/v1/carts/a?with_tax=maybe", "", 400, "with_tax"),
        ("GET", "/v1/carts/a?with_tax=true&with_tax=true", "", 400, "with_tax"),
        ("GET", "/v1/carts/a?cart=b", "", 400, "cart"),
        ("GET", "/v1/carts/a?like=b", "", 400, "like"),
        ("GET", "/v1/meters/many", "", 400, "meter"),
        ("GET", "/v1/carts/", "", 404, "/v1/carts/"),
        ("DELETE", "/v1/carts/a", "", 405, "GET"),
        ("GET", "/v1/carts/a:clear", "", 405, "only POST is"),
        ("GET", "/shop.v1.Cart/Wait", "", 405, "POST"),
        ("POST", "/shop.v1.Cart/Steal", "{}", 404, ""),
        ("POST", "/shop.v1.Cart/Talk", "{}", 404, ""),
        ("POST", "/shop.v1.Cart/AddAll", "{}", 400, "array"),
        ("POST", "/shop.v1.Cart/AddAll", "[]", 400, ""),
        ("POST", "/shop.v1.Cart/AddAll", r#"[{"cart": "a"}, {"cart": "b"}]"#, 400, "cart"),
        ("GET", "/nowhere", "", 404, "/nowhere"),
    ] {
        let answer = send(address, verb, path, body);
        assert_eq!(answer.status, status, "{verb} {path} {body}: {}", String::from_utf8_lossy(&answer.body));
        let text = answer.json()["message"].as_str().expect("a text").to_owned();
        assert!(text.contains(named), "{verb} {path} {body}: {text}");
    }
    assert_eq!(shop.seen().turns, 0);
}

#[test]
fn a_body_must_say_that_it_is_json() {
    let shop = Shop::open();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        let answer = http(shop.address(), "POST", "/v1/carts/a/items", &[("content-type", kind)], b"{}");
        assert_eq!(answer.status, 415, "{kind}");
    }
    let headers = [("content-type", "application/json; charset=utf-8"), ("content-encoding", "br")];
    assert_eq!(http(shop.address(), "POST", "/v1/carts/a/items", &headers, b"{}").status, 415);
}

#[test]
fn a_page_of_another_origin_cannot_call_without_having_asked() {
    let shop = Shop::open_with(json!({"gateway": {"cors": {"origins": ["https://shop.example"]}}}));
    let kind = ("content-type", "application/json");
    let post = |headers: &[(&str, &str)]| {
        http(shop.address(), "POST", "/actors/counter/a/nothing", headers, b"").status
    };
    for stray in ["https://evil.example", "http://shop:81", "null"] {
        assert_eq!(post(&[("origin", stray)]), 415, "{stray}");
        assert_eq!(post(&[("origin", stray), ("content-type", "text/plain")]), 415, "{stray}");
        assert_eq!(post(&[("origin", stray), kind]), 204, "{stray} has asked first, or is no page");
    }
    assert_eq!(shop.seen().turns, 3);
    for own in ["http://shop", "https://SHOP", "https://shop.example"] {
        assert_eq!(post(&[("origin", own)]), 204, "{own}");
    }
    assert_eq!(post(&[]), 204);
}

#[test]
fn actors_without_a_service_are_reached_by_name() {
    let shop = Shop::open();
    let address = shop.address();
    assert_eq!(ok(&send(address, "POST", "/actors/counter/a%2Fb/add", "5")), json!(5));
    assert_eq!(ok(&send(address, "POST", "/actors/counter/a%2Fb/get", "")), json!(5));
    assert_eq!(send(address, "POST", "/actors/counter/a/nothing", "").status, 204);
    for (verb, path, body, status) in [
        ("POST", "/actors/counter/a/add", "x", 400),
        ("POST", "/actors/counter/a/steal", "", 404),
        ("POST", "/actors/bank/a/add", "", 404),
        ("POST", "/actors/cart/a/add", "", 404),
        ("POST", "/actors/counter//add", "", 400),
        ("POST", "/actors/counter/a", "", 404),
        ("POST", "/actors/counter/%ff/add", "", 400),
        ("GET", "/actors/counter/a/add", "", 405),
    ] {
        assert_eq!(send(address, verb, path, body).status, status, "{verb} {path}");
    }
}

#[test]
fn headers_are_metadata_and_marks() {
    let shop = Shop::open();
    let kind = ("content-type", "application/json");
    for _ in 0..2 {
        let headers = [kind, ("idempotency-key", "once"), ("trace", "7"), ("cookie", "secret")];
        let answer =
            http(shop.address(), "POST", "/v1/carts/a/items", &headers, br#"{"item": {"count": 1}}"#);
        assert_eq!(ok(&answer)["items"], 1);
    }
    let metadata = shop.seen().metadata;
    let names: Vec<&str> = metadata.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["trace", "everact-caller"]);
    assert_eq!(metadata[0].1, b"7");
    let answer = http(shop.address(), "GET", "/v1/carts/a", &[("trace", "8")], b"");
    assert_eq!(answer.header("trace"), Some("8"));
    let headers = [kind, ("prefer", "respond-async")];
    let answer = http(shop.address(), "POST", "/v1/carts/a/items", &headers, br#"{"item": {"count": 1}}"#);
    assert_eq!(answer.status, 202);
    let answer = http(shop.address(), "GET", "/v1/carts/a", &[("grpc-timeout", "soon")], b"");
    assert_eq!(answer.status, 400);
}

/// A gRPC-Web request: one message in a frame.
fn framed(message: &[u8]) -> Vec<u8> {
    [&[0][..], &(message.len() as u32).to_be_bytes(), message].concat()
}

#[test]
fn grpc_web_is_spoken_over_http_1() {
    let shop = Shop::open();
    let body = framed(&add("a", 2, 150).encode_to_vec());
    let kind = [("content-type", "application/grpc-web+proto"), ("x-grpc-web", "1"), ("trace", "7")];
    let answer = http(shop.address(), "POST", "/shop.v1.Cart/Add", &kind, &body);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/grpc-web+proto")));
    assert_eq!(answer.header("trace"), Some("7"));
    let message = framed(&Total { items: 2, cents: 300 }.encode_to_vec());
    let (said, trailers) = answer.body.split_at(message.len());
    assert_eq!(said, message);
    assert_eq!(trailers[0], 0x80, "trailers are a frame of their own");
    assert!(String::from_utf8_lossy(&trailers[5..]).contains("grpc-status:0"));
    let text = [("content-type", "application/grpc-web-text"), ("accept", "application/grpc-web-text")];
    let answer = http(shop.address(), "POST", "/shop.v1.Cart/Add", &text, STANDARD.encode(&body).as_bytes());
    assert_eq!(answer.header("content-type"), Some("application/grpc-web-text+proto"));
    let answer = http(shop.address(), "POST", "/shop.v1.Cart/Steal", &kind, &body);
    assert_eq!((answer.status, answer.header("grpc-status")), (200, Some("12")));
    assert_eq!(http(shop.address(), "GET", "/shop.v1.Cart/Add", &kind, b"").status, 405);
}

#[test]
fn pages_of_other_origins_call_where_they_may() {
    let shop = Shop::open_with(json!({"gateway": {"cors": {"origins": ["https://shop.example"]}}}));
    let preflight = |origin: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type,x-grpc-web"),
        ];
        http(shop.address(), "OPTIONS", "/shop.v1.Cart/Add", &headers, b"")
    };
    let answer = preflight("https://shop.example");
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://shop.example"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("content-type,x-grpc-web"));
    assert_eq!(preflight("https://evil.example").header("access-control-allow-origin"), None);
    let answer = http(shop.address(), "GET", "/v1/carts/a", &[("origin", "https://shop.example")], b"");
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://shop.example"));
    let body = framed(&add("a", 2, 150).encode_to_vec());
    let headers = [("content-type", "application/grpc-web"), ("origin", "https://shop.example")];
    let answer = http(shop.address(), "POST", "/shop.v1.Cart/Add", &headers, &body);
    assert!(
        answer.header("access-control-expose-headers").is_some_and(|names| names.contains("grpc-status"))
    );
    let failure = refused(json!({"gateway": {"cors": {"origins": ["shop.example"]}}}));
    assert!(failure.text.contains("shop.example"), "{failure}");
}

#[test]
fn the_document_describes_every_route() {
    let shop = Shop::open();
    let document = ok(&send(shop.address(), "GET", "/openapi.json", ""));
    assert_eq!(document["openapi"], "3.1.0");
    let mut routes: Vec<String> = Vec::new();
    for (path, verbs) in document["paths"].as_object().expect("paths") {
        routes.extend(verbs.as_object().expect("verbs").keys().map(|verb| format!("{verb} {path}")));
    }
    routes.sort();
    let expected = [
        "get /actors/counter/{key}/get",
        "get /v1/carts/{cart}",
        "get /v1/carts/{cart}/items",
        "get /v1/meters/{meter}",
        "patch /v1/carts/{cart}/item",
        "post /actors/counter/{key}/add",
        "post /actors/counter/{key}/get",
        "post /actors/counter/{key}/nothing",
        "post /actors/counter/{key}/refuse",
        "post /actors/counter/{key}/wait",
        "post /shop.v1.Cart/AddAll",
        "post /shop.v1.Cart/Fail",
        "post /shop.v1.Cart/Wait",
        "post /shop.v1.Till/Look",
        "post /shop.v1.Till/Open",
        "post /v1/carts/{cart}/items",
        "post /v1/carts/{cart}:clear",
        "put /v1/carts/{cart}/item",
    ];
    assert_eq!(routes, expected);
    let mut ids: Vec<&str> =
        operations(&document).map(|its| its["operationId"].as_str().expect("an id")).collect();
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all, "each operation has an id of its own");
    references(&document, &document);
}

fn operations(document: &Value) -> impl Iterator<Item = &Value> {
    let paths = document["paths"].as_object().expect("paths").values();
    paths.flat_map(|verbs| verbs.as_object().expect("verbs").values())
}

/// Every reference leads somewhere.
fn references(document: &Value, part: &Value) {
    match part {
        Value::Object(object) => {
            if let Some(Value::String(target)) = object.get("$ref") {
                let pointer = target.strip_prefix('#').expect("within the document");
                assert!(document.pointer(pointer).is_some(), "{target}");
            }
            object.values().for_each(|part| references(document, part));
        }
        Value::Array(items) => items.iter().for_each(|part| references(document, part)),
        _ => {}
    }
}

#[test]
fn the_document_tells_messages_as_json_writes_them() {
    let shop = Shop::open();
    let document = ok(&send(shop.address(), "GET", "/openapi.json", ""));
    let schema = |name: &str| document["components"]["schemas"][name].clone();
    let item = schema("shop.v1.Item");
    assert_eq!(item["properties"]["priceCents"]["format"], "int64");
    assert_eq!(item["properties"]["notes"]["additionalProperties"]["type"], "boolean");
    assert_eq!(item["properties"]["colour"]["anyOf"][0]["enum"], json!(["COLOUR_UNSPECIFIED", "COLOUR_RED"]));
    assert_eq!(item["additionalProperties"], false);
    let add = &document["paths"]["/v1/carts/{cart}/items"]["post"];
    let body = &add["requestBody"]["content"]["application/json"]["schema"];
    assert!(body["properties"].get("item").is_some() && body["properties"].get("cart").is_none(), "{body}");
    let get = &document["paths"]["/v1/carts/{cart}"]["get"];
    let names: Vec<&str> = get["parameters"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["name"].as_str().expect("a name"))
        .collect();
    assert!(
        names.contains(&"cart") && names.contains(&"with_tax") && names.contains(&"like.name"),
        "{names:?}"
    );
    let fail = &document["paths"]["/shop.v1.Cart/Fail"]["post"];
    let body = &fail["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!((&body["required"], &body["properties"]["cart"]["minLength"]), (&json!(["cart"]), &json!(1)));
    let list = &document["paths"]["/v1/carts/{cart}/items"]["get"];
    assert_eq!(list["responses"]["200"]["content"]["application/json"]["schema"]["type"], "array");
}

#[test]
fn a_page_lets_routes_be_tried() {
    let shop = Shop::open();
    for path in ["/", "/docs"] {
        let answer = send(shop.address(), "GET", path, "");
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")));
        let page = String::from_utf8(answer.body).expect("utf-8");
        assert!(page.contains("openapi.json") && !page.contains("http://") && !page.contains("https://"));
    }
    let shop = Shop::open_with(json!({"gateway": {"docs": false}}));
    assert_eq!(send(shop.address(), "GET", "/openapi.json", "").status, 404);
}
