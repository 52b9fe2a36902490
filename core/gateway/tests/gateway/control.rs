//! Who may look into dead letters and decide about them: the protocol's `Control`, beside the setting of that name.

use everact_protocol::wire::actor_service_client::ActorServiceClient;
use everact_protocol::wire::control_response::Outcome;
use everact_protocol::wire::{ControlRequest, ControlResponse};
use serde_json::{Value, json};
use tonic::{Code, Request, Status};

use crate::client::channel;
use crate::shop::Shop;

async fn control(shop: &Shop, topic: &Value, token: Option<&str>) -> Result<ControlResponse, Status> {
    let mut request = Request::new(ControlRequest { topic: topic.to_string() });
    if let Some(token) = token {
        let credentials = format!("Bearer {token}");
        request.metadata_mut().insert("authorization", credentials.parse().expect("a header"));
    }
    let answer = ActorServiceClient::new(channel(shop.address()).await).control(request).await;
    answer.map(tonic::Response::into_inner)
}

/// Asks for the list, and for what would change something.
async fn refused_with(shop: &Shop, token: Option<&str>) -> [Code; 2] {
    let mut codes = [Code::Ok; 2];
    for (topic, code) in
        [json!({"topic": "dead_letters"}), json!({"topic": "dead_drop", "id": 1})].iter().zip(&mut codes)
    {
        match control(shop, topic, token).await {
            Ok(answer) => assert!(answer.outcome.is_some()),
            Err(status) => *code = status.code(),
        }
    }
    codes
}

#[tokio::test]
async fn control_is_for_those_whose_list_names_it() {
    for setting in [false, true] {
        let shop = Shop::open_with(json!({"gateway": {"control": setting, "auth": {
            "anonymous": {"allow": ["shop.v1.Cart/Get"]},
            "tokens": [
                {"name": "all", "token": "open sesame"},
                {"name": "keeper", "token": "mend", "allow": ["everact.v1.ActorService/Control"]},
                {"name": "reader", "token": "look", "allow": ["shop.v1.Cart", "everact.v1.ActorService/Describe"]},
            ],
        }}}));
        for (token, code) in [
            (Some("open sesame"), Code::Ok),
            (Some("mend"), Code::Ok),
            (Some("look"), Code::PermissionDenied),
            (Some("wrong"), Code::Unauthenticated),
            (None, Code::Unauthenticated),
        ] {
            assert_eq!(refused_with(&shop, token).await, [code; 2], "control: {setting}, {token:?}");
        }
        let letters = control(&shop, &json!({"topic": "dead_letters"}), Some("mend")).await.expect("allowed");
        let Some(Outcome::Answer(letters)) = letters.outcome else { panic!("{letters:?}") };
        assert_eq!(
            serde_json::from_str::<Value>(&letters).expect("JSON"),
            json!({"dead_letters": [], "next": null})
        );
    }
}

#[tokio::test]
async fn where_nobody_is_asked_who_they_are_the_setting_decides() {
    for (setting, code) in [(false, Code::PermissionDenied), (true, Code::Ok)] {
        let shop = Shop::open_with(json!({"gateway": {"control": setting}}));
        assert_eq!(refused_with(&shop, None).await, [code; 2]);
    }
}
