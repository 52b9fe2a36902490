//! Who may call, and over what: tokens, signed tokens, allow lists, TLS and client certificates.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair as CertificateKey};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring as provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tonic::transport::Endpoint;
use tonic::{Code, Request, Response, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::client::{Client, Total, channel, get, http, read_answer, request};
use crate::shop::{Shop, refused};

pub(crate) async fn call(
    client: &mut Client,
    method: &str,
    credentials: Option<&str>,
) -> Result<Total, Status> {
    let mut request = Request::new(get("a"));
    if let Some(credentials) = credentials {
        request.metadata_mut().insert("authorization", credentials.parse().expect("a header"));
    }
    client.unary(method, request).await.map(Response::into_inner)
}

fn tokens() -> Value {
    json!({"gateway": {"auth": {"tokens": [
        {"name": "all", "token": "open sesame"},
        {"name": "reader", "token": "look", "allow": ["shop.v1.Cart/Get", "counter/get"]},
    ]}}})
}

#[tokio::test]
async fn without_credentials_nothing_answers_but_health() {
    let shop = Shop::open_with(tokens());
    let mut client = Client::connect(shop.address()).await;
    for method in [
        "Get",
        "Nothing",
        "/everact.v1.ActorService/Describe",
        "/everact.v1.ActorService/Session",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/nowhere/At",
    ] {
        for credentials in [None, Some("Bearer wrong"), Some("Basic look"), Some("look"), Some("Bearer ")] {
            let status = call(&mut client, method, credentials).await.expect_err("not known");
            assert_eq!(status.code(), Code::Unauthenticated, "{method} {credentials:?}");
        }
    }
    for path in
        ["/", "/metrics", "/docs", "/openapi.json", "/v1/carts/a", "/actors/counter/a/get", "/nowhere"]
    {
        let answer = get_page(shop.address(), path, &[]).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer")), "{path}");
    }
    assert_eq!(get_page(shop.address(), "/health", &[]).await.status, 200);
    let mut health = HealthClient::new(channel(shop.address()).await);
    assert!(health.check(HealthCheckRequest::default()).await.is_ok());
    assert_eq!(shop.seen().turns, 0);
}

async fn get_page(
    address: SocketAddr,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
) -> crate::client::Answer {
    let page = move || http(address, "GET", path, headers, b"");
    tokio::task::spawn_blocking(page).await.expect("no panic")
}

#[tokio::test]
async fn a_token_opens_what_its_list_allows() {
    let shop = Shop::open_with(tokens());
    let mut client = Client::connect(shop.address()).await;
    assert!(call(&mut client, "Get", Some("Bearer open sesame")).await.is_ok());
    assert!(call(&mut client, "Get", Some("bearer look")).await.is_ok());
    let status = call(&mut client, "Clear", Some("Bearer look")).await.expect_err("only to look");
    assert_eq!(status.code(), Code::PermissionDenied);
    assert!(
        status.message().contains("reader") && status.message().contains("shop.v1.Cart/Clear"),
        "{status}"
    );
    let status = call(&mut client, "/everact.v1.ActorService/Describe", Some("Bearer look")).await;
    assert_eq!(status.expect_err("only to look").code(), Code::PermissionDenied);
    let look: &[(&str, &str)] = &[("authorization", "Bearer look")];
    assert_eq!(get_page(shop.address(), "/v1/carts/a", look).await.status, 200);
    assert_eq!(get_page(shop.address(), "/v1/carts/a/items", look).await.status, 403);
    assert_eq!(get_page(shop.address(), "/openapi.json", look).await.status, 200);
}

#[tokio::test]
async fn sessions_and_single_asks_obey_the_list_too() {
    use everact_protocol::wire::actor_service_client::ActorServiceClient;
    use everact_protocol::wire::reply::Outcome;
    use everact_protocol::wire::{Ask, AskRequest, SessionRequest};
    let shop = Shop::open_with(tokens());
    let mut client = ActorServiceClient::new(channel(shop.address()).await);
    let with_token = |asks: Vec<Ask>| {
        let mut request = Request::new(tokio_stream::iter([SessionRequest { asks, cancelled: Vec::new() }]));
        request.metadata_mut().insert("authorization", "Bearer look".parse().expect("a header"));
        request
    };
    let ask = |id, handler| Ask {
        id,
        kind: 2,
        handler,
        key: "a".to_owned(),
        payload: b"1".to_vec(),
        ..Ask::default()
    };
    let mut frames =
        client.session(with_token(vec![ask(1, 0), ask(2, 1)])).await.expect("opens").into_inner();
    let mut outcomes = Vec::new();
    while let Some(frame) = frames.message().await.expect("good") {
        outcomes.extend(
            frame
                .replies
                .into_iter()
                .map(|reply| (reply.id, matches!(reply.outcome, Some(Outcome::Payload(_))))),
        );
    }
    outcomes.sort_unstable();
    assert_eq!(outcomes, [(1, false), (2, true)]);
    for (handler, code) in [("add", Code::PermissionDenied), ("get", Code::Ok)] {
        let ask = AskRequest {
            kind: "counter".to_owned(),
            key: "a".to_owned(),
            handler: handler.to_owned(),
            payload: b"1".to_vec(),
            ..AskRequest::default()
        };
        let mut request = Request::new(ask);
        request.metadata_mut().insert("authorization", "Bearer look".parse().expect("a header"));
        let got = client.ask(request).await.map_or_else(|status| status.code(), |_| Code::Ok);
        assert_eq!(got, code, "{handler}");
    }
}

/// Keys that sign, and the set of those that verify.
pub(crate) struct Signers {
    rsa: RsaKeyPair,
    p256: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
    folder: TempDir,
}

impl Signers {
    pub(crate) fn new() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        let p256 = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random)
            .expect("a key");
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).expect("a key");
        let ed25519 = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("a key");
        let rsa = PrivateKeyDer::from_pem_slice(include_bytes!("rsa_of_tests.pem")).expect("a key");
        let rsa = RsaKeyPair::from_pkcs8(rsa.secret_der()).expect("a key");
        let signers = Self { rsa, p256, ed25519, folder: tempfile::tempdir().expect("a folder") };
        std::fs::write(signers.file(), signers.set().to_string()).expect("writes");
        signers
    }

    pub(crate) fn file(&self) -> String {
        self.folder.path().join("keys.json").to_str().expect("utf-8").to_owned()
    }

    pub(crate) fn set(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let point = self.p256.public_key().as_ref();
        let rsa = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(self.rsa.public());
        json!({"keys": [
            {"kty": "RSA", "kid": "r", "use": "sig", "alg": "RS256",
             "n": text(&rsa.n), "e": text(&rsa.e)},
            {"kty": "EC", "kid": "p", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..])},
            {"kty": "OKP", "kid": "e", "crv": "Ed25519", "x": text(self.ed25519.public_key().as_ref())},
            {"kty": "oct", "kid": "shared", "k": text(b"secret")},
        ]})
    }

    pub(crate) fn token(&self, algorithm: &str, key: &str, claims: &Value) -> String {
        let head = json!({"alg": algorithm, "kid": key, "typ": "JWT"}).to_string();
        let signed =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let random = SystemRandom::new();
        let signature = match key {
            "r" => {
                let mut signature = vec![0; self.rsa.public().modulus_len()];
                self.rsa.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).expect("signs");
                signature
            }
            "p" => self.p256.sign(&random, signed.as_bytes()).expect("signs").as_ref().to_vec(),
            _ => self.ed25519.sign(signed.as_bytes()).as_ref().to_vec(),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

pub(crate) fn claims(change: Value) -> Value {
    let mut claims = json!({"sub": "alice", "iss": "https://id.example", "aud": "shop", "exp": now() + 600, "nbf": now() - 5});
    for (name, value) in change.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    claims
}

#[tokio::test]
async fn signed_tokens_are_verified() {
    let signers = Signers::new();
    let shop = Shop::open_with(json!({"gateway": {"auth": {"jwt": {
        "jwks": signers.file(), "issuer": "https://id.example", "audience": "shop", "allow": ["shop.v1.Cart"],
        "subjects": {"bob": ["shop.v1.Cart/Clear"]},
    }}}}));
    let mut client = Client::connect(shop.address()).await;
    let mut code = async |token: &str| {
        let outcome = call(&mut client, "Get", Some(&format!("Bearer {token}"))).await;
        outcome.map_or_else(|status| status.code(), |_| Code::Ok)
    };
    for (algorithm, key) in [("RS256", "r"), ("ES256", "p"), ("EdDSA", "e")] {
        assert_eq!(code(&signers.token(algorithm, key, &claims(json!({})))).await, Code::Ok, "{algorithm}");
    }
    let wrong = [
        claims(json!({"exp": now() - 60})),
        claims(json!({"exp": "soon"})),
        claims(json!({"nbf": now() + 600})),
        claims(json!({"iss": "https://evil.example"})),
        claims(json!({"aud": "bank"})),
        claims(json!({"sub": ""})),
        json!({"sub": "alice", "iss": "https://id.example", "aud": "shop"}),
        json!({"sub": "alice", "exp": now() + 600, "aud": "shop"}),
        json!({"sub": "alice", "exp": now() + 600, "iss": "https://id.example"}),
    ];
    for claims in wrong {
        assert_eq!(code(&signers.token("EdDSA", "e", &claims)).await, Code::Unauthenticated, "{claims}");
    }
    let good = signers.token("EdDSA", "e", &claims(json!({})));
    let (signed, signature) = good.rsplit_once('.').expect("three parts");
    let other = signers.token("EdDSA", "e", &claims(json!({"sub": "bob"})));
    let (other_signed, _) = other.rsplit_once('.').expect("three parts");
    let unsigned = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
    for forged in [
        format!("{other_signed}.{signature}"),
        format!("{signed}."),
        format!("{}.{}.", unsigned, signed.split('.').nth(1).expect("claims")),
        signers.token("EdDSA", "p", &claims(json!({}))),
        signers.token("HS256", "e", &claims(json!({}))),
        signers.token("RS256", "e", &claims(json!({}))),
        "a.b.c".to_owned(),
        "..".to_owned(),
    ] {
        assert_eq!(code(&forged).await, Code::Unauthenticated, "{forged}");
    }
    let bob = signers.token("ES256", "p", &claims(json!({"sub": "bob"})));
    assert_eq!(code(&bob).await, Code::PermissionDenied);
}

#[test]
fn settings_that_would_let_nobody_or_everybody_in_are_refused() {
    let empty = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(empty.path(), r#"{"keys": []}"#).expect("writes");
    let file = empty.path().to_str().expect("utf-8");
    for (settings, named) in [
        (json!({"gateway": {"auth": {}}}), "nobody"),
        (json!({"gateway": {"auth": {"tokens": [{"name": "a"}]}}}), "token"),
        (json!({"gateway": {"auth": {"jwt": {"jwks": "/nowhere/keys.json"}}}}), "/nowhere/keys.json"),
        (json!({"gateway": {"auth": {"jwt": {"jwks": file}}}}), "RS256"),
        (
            json!({"gateway": {"tls": {"certificate": "/nowhere/a.pem", "key": "/nowhere/b.pem"}}}),
            "/nowhere/a.pem",
        ),
        (json!({"listen": "0.0.0.0:0"}), "gateway.tls"),
        (
            json!({"listen": "0.0.0.0:0", "gateway": {"auth": {"tokens": [{"name": "a", "token": "b"}]}}}),
            "gateway.tls",
        ),
        (json!({"listen": "nonsense"}), "listen"),
        (json!({"gateway": {"colour": 1}}), "colour"),
    ] {
        let failure = refused(settings);
        assert!(failure.text.contains(named), "{named}: {failure}");
    }
    Shop::open_with(json!({"listen": "0.0.0.0:0", "gateway": {"insecure": true}}));
}

/// An authority, and what it certifies.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, CertificateKey>,
    folder: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = CertificateKey::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("a certificate");
        let authority = Self { issuer, folder: tempfile::tempdir().expect("a folder") };
        std::fs::write(authority.path("ca.pem"), authority.issuer.pem()).expect("writes");
        authority
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("utf-8").to_owned()
    }

    /// Writes a certificate and its key.
    pub(crate) fn certify(&self, name: &str) -> (String, String) {
        let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("names");
        let key = CertificateKey::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let (file, key_file) = (self.path(&format!("{name}.pem")), self.path(&format!("{name}.key")));
        std::fs::write(&file, certificate.pem()).expect("writes");
        std::fs::write(&key_file, key.serialize_pem()).expect("writes");
        (file, key_file)
    }

    /// A client that trusts this authority, and shows a certificate of its own where it has one.
    pub(crate) fn connector(&self, alpn: &[u8], own: Option<(String, String)>) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(self.path("ca.pem")).expect("a certificate"))
            .expect("an authority");
        let builder = ClientConfig::builder_with_provider(Arc::new(provider::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots);
        let mut config = match own {
            None => builder.with_no_client_auth(),
            Some((file, key)) => {
                let chain = vec![CertificateDer::from_pem_file(file).expect("a certificate")];
                builder
                    .with_client_auth_cert(chain, PrivateKeyDer::from_pem_file(key).expect("a key"))
                    .expect("fits")
            }
        };
        config.alpn_protocols = vec![alpn.to_vec()];
        TlsConnector::from(Arc::new(config))
    }
}

pub(crate) async fn connect(
    connector: &TlsConnector,
    address: SocketAddr,
) -> std::io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from("localhost").expect("a name");
    connector.connect(name, TcpStream::connect(address).await?).await
}

pub(crate) async fn health_over(connector: &TlsConnector, address: SocketAddr) -> std::io::Result<u16> {
    let mut stream = connect(connector, address).await?;
    stream.write_all(&request("GET", "/health", &[], b"")).await?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all).await?;
    Ok(read_answer(&all).status)
}

#[tokio::test]
async fn tls_speaks_both_versions_of_http() {
    let authority = Authority::new();
    let (certificate, key) = authority.certify("server");
    let shop = Shop::open_with(
        json!({"listen": "127.0.0.1:0", "gateway": {"tls": {"certificate": certificate, "key": key}}}),
    );
    let address = shop.address();
    assert_eq!(health_over(&authority.connector(b"http/1.1", None), address).await.expect("speaks"), 200);
    let connector = authority.connector(b"h2", None);
    let endpoint = Endpoint::from_static("http://localhost");
    let channel = endpoint.connect_with_connector(tower::service_fn(move |_| {
        let connector = connector.clone();
        async move { connect(&connector, address).await.map(TokioIo::new) }
    }));
    let mut client = Client::over(channel.await.expect("connects"));
    assert!(call(&mut client, "Get", None).await.is_ok());
    let stranger = Authority::new();
    assert!(connect(&stranger.connector(b"h2", None), address).await.is_err(), "another authority");
    // What speaks no TLS gets nothing, and harms nobody.
    let mut plain = TcpStream::connect(address).await.expect("connects");
    plain.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("writes");
    let mut said = Vec::new();
    let _ = plain.read_to_end(&mut said).await;
    assert!(!said.starts_with(b"HTTP"));
    assert!(call(&mut client, "Get", None).await.is_ok());
}

#[tokio::test]
async fn clients_show_a_certificate_where_one_is_asked_for() {
    let authority = Authority::new();
    let (certificate, key) = authority.certify("server");
    let tls = json!({"certificate": certificate, "key": key, "client_ca": authority.path("ca.pem")});
    let shop = Shop::open_with(json!({"listen": "0.0.0.0:0", "gateway": {"tls": tls}}));
    let address = SocketAddr::from(([127, 0, 0, 1], shop.address().port()));
    let known = authority.connector(b"http/1.1", Some(authority.certify("client")));
    assert_eq!(health_over(&known, address).await.expect("speaks"), 200);
    assert!(health_over(&authority.connector(b"http/1.1", None), address).await.is_err(), "no certificate");
    let stranger = Authority::new();
    let wrong = authority.connector(b"http/1.1", Some(stranger.certify("client")));
    assert!(health_over(&wrong, address).await.is_err(), "another authority's certificate");
}
