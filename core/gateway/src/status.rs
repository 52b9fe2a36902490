//! Faults: what went wrong with a call, as gRPC and HTTP say it.
//!
//! A failure of the engine is mapped by its row of the one error table (docs/guide/errors.md). What only the gateway can say
//! (no such service or page, no such content type) has the reason `Unsupported` and no number.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use everact::{ErrorCode, Failure};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use prost::Message;
use serde_json::{Value, json};
use tonic::Code;
use tonic::body::Body;

use crate::application::Application;
use crate::contract::Contract;

/// The domain of our reasons.
pub(crate) const DOMAIN: &str = "everact.dev";
/// Bytes of a text at most: it travels in headers, which clients bound.
const TEXT_BYTES_MAX: usize = 2048;
/// Bytes of encoded details at most: they travel in trailers, which clients bound.
const DETAILS_BYTES_MAX: usize = 5 * 1024;
/// What a client should wait at least before it tries again, in milliseconds.
const RETRY_DELAY_MS: i64 = 100;

/// Why a call has no reply.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) grpc: Code,
    pub(crate) http: StatusCode,
    reason: &'static str,
    /// Its number in the error table; 0 for what only the gateway says.
    number: u16,
    text: String,
    retryable: bool,
    /// What a handler refused with.
    application: Option<Box<Application>>,
}

impl Fault {
    /// An argument that cannot be used.
    pub(crate) fn argument(text: impl Into<String>) -> Self {
        Failure::new(ErrorCode::InvalidArgument, text).into()
    }

    /// A message that does not fit.
    pub(crate) fn payload(text: impl Into<String>) -> Self {
        Failure::new(ErrorCode::InvalidPayload, text).into()
    }

    /// A message over its bound.
    pub(crate) fn too_large(text: impl Into<String>) -> Self {
        Failure::new(ErrorCode::TooLarge, text).into()
    }

    /// Headers over their bound.
    pub(crate) fn headers_too_large(text: impl Into<String>) -> Self {
        Self { http: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, ..Self::too_large(text) }
    }

    /// No credentials, or wrong ones.
    pub(crate) fn unauthenticated(text: impl Into<String>) -> Self {
        Failure::new(ErrorCode::Unauthenticated, text).into()
    }

    /// The credentials are good, but not for this.
    pub(crate) fn denied(text: impl Into<String>) -> Self {
        Failure::new(ErrorCode::PermissionDenied, text).into()
    }

    /// Nothing is here.
    pub(crate) fn not_here(text: impl Into<String>) -> Self {
        Self::unsupported(StatusCode::NOT_FOUND, text)
    }

    /// The gateway does not do this.
    pub(crate) fn unsupported(http: StatusCode, text: impl Into<String>) -> Self {
        let text = cut(text.into());
        Self {
            grpc: Code::Unimplemented,
            http,
            reason: "Unsupported",
            number: 0,
            text,
            retryable: false,
            application: None,
        }
    }

    /// A status that a library made while it read a request.
    pub(crate) fn reading(status: &tonic::Status) -> Self {
        let text = status.message();
        match status.code() {
            Code::OutOfRange | Code::ResourceExhausted => Self::too_large(text),
            Code::Unimplemented => Self::unsupported(StatusCode::NOT_IMPLEMENTED, text),
            Code::Cancelled => Failure::new(ErrorCode::Cancelled, "the caller went away").into(),
            _ => Self::argument(format!("the request cannot be read: {text}")),
        }
    }

    /// As a gRPC status with details.
    pub(crate) fn status(&self) -> tonic::Status {
        tonic::Status::with_details(
            self.grpc,
            self.text.clone(),
            Bytes::from(self.rpc_status().encode_to_vec()),
        )
    }

    /// As the end of a gRPC response.
    pub(crate) fn trailers(&self) -> HeaderMap {
        let mut trailers = HeaderMap::with_capacity(3);
        trailers.insert("grpc-status", HeaderValue::from(self.grpc as i32));
        let text = percent_encoding::utf8_percent_encode(&self.text, MESSAGE).to_string();
        if let Ok(text) = HeaderValue::try_from(text) {
            trailers.insert("grpc-message", text);
        }
        let details = STANDARD_NO_PAD.encode(self.rpc_status().encode_to_vec());
        if let Ok(details) = HeaderValue::try_from(details) {
            trailers.insert("grpc-status-details-bin", details);
        }
        trailers
    }

    /// As a gRPC response of headers only.
    pub(crate) fn grpc_response(&self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.headers_mut() = self.trailers();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        response
    }

    /// As an HTTP response: the JSON form of google.rpc.Status.
    pub(crate) fn http_response(&self) -> Response<Body> {
        let (kind, json) = match &self.application {
            Some(application) => ("application/problem+json", application.problem()),
            None => ("application/json", self.json()),
        };
        let body = Bytes::from(json.to_string());
        let mut response = Response::new(Body::new(http_body_util::Full::new(body)));
        *response.status_mut() = self.http;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if self.http == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.retryable && self.http != StatusCode::GATEWAY_TIMEOUT {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }

    fn json(&self) -> Value {
        let mut details = vec![json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": self.reason,
            "domain": DOMAIN,
            "metadata": self.metadata(),
        })];
        if self.retryable {
            let delay = format!("{}.{:03}s", RETRY_DELAY_MS / 1000, RETRY_DELAY_MS % 1000);
            details.push(json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}));
        }
        let (code, status) = (self.grpc as i32, code_name(self.grpc));
        json!({"code": code, "status": status, "message": self.text, "details": details})
    }

    fn metadata(&self) -> std::collections::HashMap<String, String> {
        (self.number != 0).then(|| ("code".to_owned(), self.number.to_string())).into_iter().collect()
    }

    fn rpc_status(&self) -> rpc::Status {
        if let Some(application) = &self.application {
            return self.application_status(application);
        }
        let info = rpc::ErrorInfo {
            reason: self.reason.to_owned(),
            domain: DOMAIN.to_owned(),
            metadata: self.metadata(),
        };
        let mut details = vec![rpc::any("google.rpc.ErrorInfo", &info)];
        if self.retryable {
            let nanos = i32::try_from(RETRY_DELAY_MS % 1000).unwrap_or_default() * 1_000_000;
            let delay = prost_types::Duration { seconds: RETRY_DELAY_MS / 1000, nanos };
            details.push(rpc::any("google.rpc.RetryInfo", &rpc::RetryInfo { retry_delay: Some(delay) }));
        }
        rpc::Status { code: self.grpc as i32, message: self.text.clone(), details }
    }
}

impl Fault {
    /// The type as the reason, the fields as texts and as a tree; without the fields where they would fill the trailers.
    fn application_status(&self, application: &Application) -> rpc::Status {
        let with = |fields: bool| {
            let mut info = rpc::ErrorInfo {
                reason: application.kind.clone(),
                domain: DOMAIN.to_owned(),
                metadata: self.metadata(),
            };
            let mut details = Vec::new();
            if fields {
                for (name, text) in application.texts() {
                    info.metadata.entry(name).or_insert(text);
                }
                let untyped = || rpc::any("google.protobuf.Struct", &application.fields());
                details.push(application.typed.clone().unwrap_or_else(untyped));
            }
            details.insert(0, rpc::any("google.rpc.ErrorInfo", &info));
            rpc::Status { code: self.grpc as i32, message: self.text.clone(), details }
        };
        let whole = with(true);
        if whole.encoded_len() > DETAILS_BYTES_MAX { with(false) } else { whole }
    }

    /// With the fields of an application's error as the message that the contract declares.
    pub(crate) fn typed(mut self, contract: &Contract) -> Self {
        if let Some(application) = &mut self.application {
            application.typed = contract.detail(&application.kind, &application.details);
        }
        self
    }

    /// For clients of ours: an application's error as it is, to be read by them.
    pub(crate) fn raw(failure: Failure) -> Self {
        let text = failure.text.clone();
        let mut fault = Self::from(failure);
        if fault.application.take().is_some() {
            fault.text = text;
        }
        fault
    }
}

/// What `grpc-message` does not carry as it is.
const MESSAGE: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS.add(b'%');

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        let row = failure.code.row();
        let is_own = failure.code == ErrorCode::ApplicationError;
        if let Some(application) = is_own.then(|| Application::read(&failure.text)).flatten() {
            return Self {
                grpc: application
                    .grpc(|name| CODES.iter().find(|(_, its)| *its == name).map(|(code, _)| *code)),
                http: application.http(),
                reason: row.name,
                number: row.code as u16,
                text: cut(application.message.clone()),
                retryable: false,
                application: Some(Box::new(application)),
            };
        }
        Self {
            grpc: code_named(row.grpc),
            http: StatusCode::from_u16(row.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            reason: row.name,
            number: row.code as u16,
            text: cut(failure.text),
            retryable: row.retryable,
            application: None,
        }
    }
}

/// At most so much of a text, in whole characters.
fn cut(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        let end = (0..=TEXT_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        text.truncate(end);
    }
    text
}

const CODES: [(Code, &str); 17] = [
    (Code::Ok, "OK"),
    (Code::Cancelled, "CANCELLED"),
    (Code::Unknown, "UNKNOWN"),
    (Code::InvalidArgument, "INVALID_ARGUMENT"),
    (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
    (Code::NotFound, "NOT_FOUND"),
    (Code::AlreadyExists, "ALREADY_EXISTS"),
    (Code::PermissionDenied, "PERMISSION_DENIED"),
    (Code::ResourceExhausted, "RESOURCE_EXHAUSTED"),
    (Code::FailedPrecondition, "FAILED_PRECONDITION"),
    (Code::Aborted, "ABORTED"),
    (Code::OutOfRange, "OUT_OF_RANGE"),
    (Code::Unimplemented, "UNIMPLEMENTED"),
    (Code::Internal, "INTERNAL"),
    (Code::Unavailable, "UNAVAILABLE"),
    (Code::DataLoss, "DATA_LOSS"),
    (Code::Unauthenticated, "UNAUTHENTICATED"),
];

fn code_named(name: &str) -> Code {
    CODES.iter().find(|(_, its)| *its == name).map_or(Code::Internal, |(code, _)| *code)
}

fn code_name(code: Code) -> &'static str {
    CODES.iter().find(|(its, _)| *its == code).map_or("INTERNAL", |(_, name)| name)
}

/// The messages of google.rpc that errors travel in.
mod rpc {
    use std::collections::HashMap;

    use prost::Message;

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Status {
        #[prost(int32, tag = "1")]
        pub(super) code: i32,
        #[prost(string, tag = "2")]
        pub(super) message: String,
        #[prost(message, repeated, tag = "3")]
        pub(super) details: Vec<prost_types::Any>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct ErrorInfo {
        #[prost(string, tag = "1")]
        pub(super) reason: String,
        #[prost(string, tag = "2")]
        pub(super) domain: String,
        #[prost(map = "string, string", tag = "3")]
        pub(super) metadata: HashMap<String, String>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct RetryInfo {
        #[prost(message, optional, tag = "1")]
        pub(super) retry_delay: Option<prost_types::Duration>,
    }

    pub(super) fn any(name: &str, message: &impl Message) -> prost_types::Any {
        prost_types::Any { type_url: format!("type.googleapis.com/{name}"), value: message.encode_to_vec() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use everact::error::ERRORS;

    #[test]
    fn every_row_of_the_error_table_has_its_status() {
        for row in ERRORS {
            let fault = Fault::from(Failure::plain(row.code));
            assert_eq!((code_name(fault.grpc), fault.http.as_u16()), (row.grpc, row.http), "{}", row.name);
            let details = rpc::Status::decode(fault.status().details()).expect("details").details;
            let info = rpc::ErrorInfo::decode(details[0].value.as_slice()).expect("an ErrorInfo");
            assert_eq!((info.reason.as_str(), info.domain.as_str()), (row.name, DOMAIN));
            assert_eq!(info.metadata["code"], (row.code as u16).to_string());
            assert_eq!(details.len() > 1, row.retryable, "{}", row.name);
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let fault = Fault::argument("ä".repeat(TEXT_BYTES_MAX));
        assert!(fault.text.len() <= TEXT_BYTES_MAX && fault.text.ends_with('ä'));
    }
}
