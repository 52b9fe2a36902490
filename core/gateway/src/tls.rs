//! TLS: certificates from files, HTTP/2 and HTTP/1.1 by ALPN, and client certificates where an authority is named.

use std::path::Path;
use std::sync::Arc;

use everact::Failure;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::config::{TlsConfig, invalid};
use crate::reload::Reloaded;

/// What turns connections into TLS connections, from the files as they are: a new certificate needs no restart.
pub(crate) fn reloaded(config: &TlsConfig) -> Result<Reloaded<TlsAcceptor>, Failure> {
    let files = [Some(&config.certificate), Some(&config.key), config.client_ca.as_ref()];
    let config = config.clone();
    Reloaded::new(files.into_iter().flatten().cloned().collect::<Vec<_>>(), move || acceptor(&config))
}

fn acceptor(config: &TlsConfig) -> Result<TlsAcceptor, Failure> {
    let provider = Arc::new(ring::default_provider());
    let chain = certificates("certificate", &config.certificate)?;
    let key =
        PrivateKeyDer::from_pem_file(&config.key).map_err(|error| unreadable("key", &config.key, &error))?;
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(format!("gateway: tls: {error}")))?;
    let builder = match &config.client_ca {
        None => builder.with_no_client_auth(),
        Some(file) => builder.with_client_cert_verifier(verifier(provider, file)?),
    };
    let mut server = builder
        .with_single_cert(chain, key)
        .map_err(|error| invalid(format!("gateway: tls: certificate and key do not fit: {error}")))?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(server)))
}

fn verifier(
    provider: Arc<tokio_rustls::rustls::crypto::CryptoProvider>,
    file: &str,
) -> Result<Arc<dyn ClientCertVerifier>, Failure> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("client_ca", file)? {
        roots.add(certificate).map_err(|error| unreadable("client_ca", file, &error))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| unreadable("client_ca", file, &error))
}

fn certificates(setting: &str, file: &str) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_file_iter(Path::new(file)).and_then(Iterator::collect);
    let certificates = read.map_err(|error| unreadable(setting, file, &error))?;
    if certificates.is_empty() {
        return Err(invalid(format!("gateway: tls: {setting}: {file} holds no certificate in PEM")));
    }
    Ok(certificates)
}

fn unreadable(setting: &str, file: &str, error: &dyn std::fmt::Display) -> Failure {
    invalid(format!("gateway: tls: {setting}: {file} cannot be used: {error}"))
}
