//! A shop that is open: an engine with carts, meters and counters, a host for them, and a gateway before it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use everact::{Config, Engine, Failure};
use everact_gateway::{Gateway, Plan};
use serde_json::{Value, json};

use crate::host::{Host, Seen};

/// A gateway with all that stands behind it, which goes in this order.
pub(crate) struct Shop {
    pub(crate) gateway: Gateway,
    pub(crate) engine: Arc<Engine>,
    pub(crate) host: Host,
}

/// The files of the shop's contract, dependencies first, with their options.
pub(crate) fn descriptors() -> Vec<Vec<u8>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let includes = [here.join("tests/proto"), here.join("../../proto")];
    let mut compiler = protox::Compiler::new(includes).expect("the folders are there");
    compiler.include_imports(true).open_file("shop/v1/till.proto").expect("the contract is right");
    compiler.descriptor_pool().files().map(|file| file.encode_to_vec()).collect()
}

/// The configuration, with these settings instead of the usual ones.
pub(crate) fn config(settings: Value) -> Config {
    let handlers = |names: &[&str]| -> Vec<Value> {
        names.iter().map(|name| json!({"name": name, "read_only": *name == "get"})).collect()
    };
    let descriptors: Vec<String> = descriptors().iter().map(|file| STANDARD.encode(file)).collect();
    let cart = ["add", "get", "list", "add_all", "talk", "clear", "wait", "fail", "audit", "change"];
    let mut counter = handlers(&["add", "get", "nothing", "wait", "refuse"]);
    counter.push(json!({"name": "reset", "internal": true}));
    let mut carts = handlers(&cart);
    carts[7]["doc"] = json!("Fails.");
    let mut config = json!({
        "listen": "127.0.0.1:0",
        "descriptors": descriptors,
        "kinds": [
            {"name": "cart", "durable": true, "codec": "protobuf", "service": "shop.v1.Cart", "handlers": carts},
            {"name": "meter", "durable": false, "codec": "protobuf", "service": "shop.v1.Meter", "handlers": handlers(&["read"])},
            {"name": "counter", "durable": false, "exposed": true, "doc": "Counts.", "handlers": counter},
            {"name": "till", "durable": false, "codec": "protobuf", "service": "shop.v1.Till", "handlers": handlers(&["open", "look"])},
            {"name": "ledger", "durable": false, "handlers": handlers(&["add", "get"])},
        ],
    });
    for (name, value) in settings.as_object().expect("an object") {
        config[name] = value.clone();
    }
    Config::read(config.to_string().as_bytes(), |_| None).expect("the configuration is right")
}

impl Shop {
    pub(crate) fn open() -> Self {
        Self::open_with(json!({}))
    }

    pub(crate) fn open_with(settings: Value) -> Self {
        let config = config(settings);
        let plan = Plan::read(&config).expect("the plan is right").expect("it listens");
        let engine = Arc::new(Engine::open(config, None).expect("opens"));
        let host = Host::start(engine.clone());
        let gateway = Gateway::start(engine.clone(), plan).expect("starts");
        Self { gateway, engine, host }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.gateway.address()
    }

    pub(crate) fn seen(&self) -> Seen {
        self.host.seen()
    }
}

/// Why a configuration is refused.
pub(crate) fn refused(settings: Value) -> Failure {
    match Plan::read(&config(settings)) {
        Err(failure) => failure,
        Ok(_) => panic!("the configuration cannot be used"),
    }
}
