//! Reflection and health: what is served, and whether.

use std::time::Duration;

use prost::Message;
use prost_reflect::DescriptorPool;
use tokio_stream::{StreamExt, iter};
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ExtensionRequest, ServerReflectionRequest, ServerReflectionResponse};
use tonic_reflection::pb::v1alpha;

use crate::client::{Client, channel};
use crate::shop::{Shop, descriptors};

async fn ask(shop: &Shop, questions: Vec<MessageRequest>) -> Vec<MessageResponse> {
    let mut client = ServerReflectionClient::new(channel(shop.address()).await);
    let questions = questions
        .into_iter()
        .map(|question| ServerReflectionRequest { host: "shop".to_owned(), message_request: Some(question) });
    let answers = client.server_reflection_info(iter(questions.collect::<Vec<_>>())).await.expect("answers");
    let answers: Result<Vec<ServerReflectionResponse>, Status> = answers.into_inner().collect().await;
    answers.expect("good").into_iter().map(|answer| answer.message_response.expect("an answer")).collect()
}

fn names(answer: &MessageResponse) -> Vec<String> {
    let MessageResponse::ListServicesResponse(list) = answer else { panic!("no list: {answer:?}") };
    list.service.iter().map(|service| service.name.clone()).collect()
}

fn files(answer: MessageResponse) -> Vec<Vec<u8>> {
    let MessageResponse::FileDescriptorResponse(files) = answer else { panic!("no files: {answer:?}") };
    files.file_descriptor_proto
}

#[tokio::test]
async fn reflection_lists_what_is_served() {
    let shop = Shop::open();
    let answers = ask(&shop, vec![MessageRequest::ListServices(String::new())]).await;
    let expected = [
        "everact.v1.ActorService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
        "shop.v1.Cart",
        "shop.v1.Meter",
        "shop.v1.Till",
    ];
    assert_eq!(names(&answers[0]), expected);
}

#[tokio::test]
async fn reflection_gives_files_with_all_their_options() {
    let shop = Shop::open();
    let questions = vec![
        MessageRequest::FileContainingSymbol("shop.v1.Cart".to_owned()),
        MessageRequest::FileContainingSymbol("shop.v1.Cart.Add".to_owned()),
        MessageRequest::FileContainingSymbol("shop.v1.AddRequest.cart".to_owned()),
        MessageRequest::FileByFilename("shop/v1/cart.proto".to_owned()),
    ];
    let original = descriptors();
    for answer in ask(&shop, questions).await {
        let files = files(answer);
        // All but the one that nothing here needs.
        assert_eq!(files.len() + 2, original.len(), "a file comes with all that it needs");
        let changed: Vec<&Vec<u8>> = files.iter().filter(|file| !original.contains(file)).collect();
        assert_eq!(changed.len(), 1, "files come as they went in, but for the one with an internal method");
        let pool = |files: &[Vec<u8>]| {
            let mut pool = DescriptorPool::new();
            let files = files
                .iter()
                .map(|file| prost_types::FileDescriptorProto::decode(file.as_slice()).expect("a file"));
            pool.add_file_descriptor_protos(files).expect("whole");
            let cart = pool.get_service_by_name("shop.v1.Cart").expect("declared");
            cart.methods().map(|method| method.name().to_owned()).collect::<Vec<_>>()
        };
        let (mut whole, served) = (pool(&original), pool(&files));
        whole.retain(|method| method != "Audit");
        assert_eq!(served, whole);
        let options = b"/v1/carts/{cart}:clear";
        assert!(changed[0].windows(options.len()).any(|part| part == options), "options of others stay");
    }
}

#[tokio::test]
async fn types_that_only_internal_methods_use_are_not_shown() {
    let shop = Shop::open();
    let shown = |name: &str| MessageRequest::FileContainingSymbol(name.to_owned());
    let hidden = ["AuditRequest", "AuditRequest.Deep", "AuditRequest.Level", "Secret", "Grade"];
    for name in hidden {
        let answer = ask(&shop, vec![shown(&format!("shop.v1.{name}"))]).await.remove(0);
        assert!(matches!(answer, MessageResponse::ErrorResponse(_)), "{name}: {answer:?}");
    }
    for name in ["GetRequest", "Item", "Colour", "SeatTaken"] {
        let answer = ask(&shop, vec![shown(&format!("shop.v1.{name}"))]).await.remove(0);
        let mut pool = DescriptorPool::new();
        let files = files(answer).into_iter().rev();
        let files =
            files.map(|file| prost_types::FileDescriptorProto::decode(file.as_slice()).expect("a file"));
        pool.add_file_descriptor_protos(files).expect("what is left is whole");
        assert!(hidden.iter().all(|name| pool.get_message_by_name(&format!("shop.v1.{name}")).is_none()));
        assert!(
            pool.get_enum_by_name("shop.v1.Grade").is_none()
                && pool.get_enum_by_name("shop.v1.Colour").is_some()
        );
    }
}

#[tokio::test]
async fn reflection_explains_what_a_failed_call_carries() {
    let shop = Shop::open();
    for name in ["google.rpc.ErrorInfo", "google.rpc.RetryInfo", "google.rpc.Status"] {
        let answer = ask(&shop, vec![MessageRequest::FileContainingSymbol(name.to_owned())]).await.remove(0);
        assert!(!files(answer).is_empty(), "{name}");
    }
}

#[tokio::test]
async fn every_service_that_is_listed_can_be_described() {
    let shop = Shop::open();
    let list = ask(&shop, vec![MessageRequest::ListServices(String::new())]).await;
    for name in names(&list[0]) {
        let answer = ask(&shop, vec![MessageRequest::FileContainingSymbol(name.clone())]).await.remove(0);
        let mut pool = DescriptorPool::new();
        let mut left = files(answer);
        while !left.is_empty() {
            let before = left.len();
            // What is needed comes first in a pool, and in any order in an answer.
            left.retain(|file| pool.decode_file_descriptor_proto(file.as_slice()).is_err());
            assert!(left.len() < before, "{name}: something that is needed is not there");
        }
        assert!(pool.get_service_by_name(&name).is_some(), "{name}");
    }
}

#[tokio::test]
async fn reflection_knows_extensions_and_says_what_it_does_not_know() {
    let shop = Shop::open();
    let options = "google.protobuf.MethodOptions".to_owned();
    let extension = |number| ExtensionRequest { containing_type: options.clone(), extension_number: number };
    let mut answers = ask(
        &shop,
        vec![
            MessageRequest::AllExtensionNumbersOfType(options.clone()),
            MessageRequest::FileContainingExtension(extension(72_295_728)),
            MessageRequest::FileContainingExtension(extension(1)),
            MessageRequest::FileContainingSymbol("shop.v1.Nothing".to_owned()),
            MessageRequest::FileByFilename("nothing.proto".to_owned()),
        ],
    )
    .await;
    let MessageResponse::AllExtensionNumbersResponse(numbers) = answers.remove(0) else {
        panic!("no numbers")
    };
    assert!(numbers.extension_number.contains(&72_295_728) && numbers.extension_number.contains(&58_210));
    assert!(!files(answers.remove(0)).is_empty());
    for answer in answers {
        let MessageResponse::ErrorResponse(error) = answer else { panic!("found: {answer:?}") };
        assert_eq!(error.error_code, Code::NotFound as i32);
    }
}

#[tokio::test]
async fn reflection_speaks_its_older_version_too() {
    let shop = Shop::open();
    let mut client =
        v1alpha::server_reflection_client::ServerReflectionClient::new(channel(shop.address()).await);
    let question = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(
            v1alpha::server_reflection_request::MessageRequest::ListServices(String::new()),
        ),
    };
    let mut answers = client.server_reflection_info(iter([question])).await.expect("answers").into_inner();
    assert!(answers.message().await.expect("good").is_some());
}

#[tokio::test]
async fn reflection_can_be_turned_off() {
    let shop = Shop::open_with(serde_json::json!({"gateway": {"reflection": false}}));
    let mut client = ServerReflectionClient::new(channel(shop.address()).await);
    let refused = client.server_reflection_info(iter([ServerReflectionRequest::default()])).await;
    assert_eq!(refused.expect_err("off").code(), Code::Unimplemented);
}

fn of(service: &str) -> Request<HealthCheckRequest> {
    Request::new(HealthCheckRequest { service: service.to_owned() })
}

#[tokio::test]
async fn health_follows_the_life_of_the_gateway() {
    const SERVING: i32 = 1;
    const NOT_SERVING: i32 = 2;
    let shop = Shop::open();
    let mut client = HealthClient::new(channel(shop.address()).await);
    for service in ["", "shop.v1.Cart", "shop.v1.Meter", "everact.v1.ActorService"] {
        assert_eq!(client.check(of(service)).await.expect("known").into_inner().status, SERVING, "{service}");
    }
    assert_eq!(client.check(of("shop.v1.Bank")).await.expect_err("unknown").code(), Code::NotFound);
    let mut watch = client.watch(of("shop.v1.Cart")).await.expect("watches").into_inner();
    let mut next = async || watch.message().await.expect("good").expect("a status").status;
    assert_eq!(next().await, SERVING);
    // An open call keeps the connection for a while.
    let mut other = Client::connect(shop.address()).await;
    let open = tokio::spawn(async move { other.total("Wait", crate::client::get("a")).await });
    while shop.engine.stats().open_asks == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    shop.gateway.begin_close(Duration::from_secs(2));
    assert_eq!(next().await, NOT_SERVING);
    shop.gateway.begin_close(Duration::from_secs(2));
    let again = tokio::time::timeout(Duration::from_millis(200), watch.message()).await;
    assert!(!matches!(again, Ok(Ok(Some(_)))), "a change is told once: {again:?}");
    open.abort();
}

#[test]
fn health_answers_over_http_too() {
    let shop = Shop::open();
    let answer = crate::client::json(shop.address(), "GET", "/health", "");
    assert_eq!((answer.status, answer.json()), (200, serde_json::json!({"status": "SERVING"})));
}

#[test]
fn prometheus_reads_what_the_engine_has_done() {
    let shop = Shop::open();
    assert_eq!(crate::client::json(shop.address(), "POST", "/actors/counter/a/add", "1").status, 200);
    let answer = crate::client::json(shop.address(), "GET", "/metrics", "");
    assert_eq!(answer.status, 200);
    let kind = answer.header("content-type").expect("a type");
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let page = String::from_utf8(answer.body.clone()).expect("text");
    assert!(page.contains("everact_turns_total{kind=\"counter\",handler=\"add\"} 1\n"), "{page}");
    assert_eq!(crate::client::json(shop.address(), "POST", "/metrics", "").status, 405);
}
