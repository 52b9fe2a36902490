//! Errors of the application: what a handler refused with, in the words of gRPC and of HTTP.
//!
//! Their failure's text is JSON that the SDKs write: `{"type", "message", "status", "grpc"?, "details"}`. Over the runtime
//! protocol it goes as it is. Over gRPC it is a code with `google.rpc.ErrorInfo` (reason: the type) and the fields as the
//! message that a .proto declares them as, else as a `google.protobuf.Struct`; over HTTP a status with
//! `application/problem+json`.

use http::StatusCode;
use prost_types::value::Kind;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tonic::Code;

/// Members that problem+json keeps for itself.
const OF_PROBLEMS: [&str; 6] = ["type", "title", "status", "detail", "instance", "details"];

/// An error that a handler raised.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Application {
    /// Which one: lower snake case.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default = "conflict")]
    status: u16,
    #[serde(default)]
    grpc: Option<String>,
    /// Its fields.
    #[serde(default)]
    pub(crate) details: Map<String, Value>,
    /// The message of a .proto that they are.
    #[serde(skip)]
    pub(crate) typed: Option<prost_types::Any>,
}

/// The status of an error that gives none.
pub(crate) fn conflict() -> u16 {
    StatusCode::CONFLICT.as_u16()
}

impl Application {
    /// What a failure's text says; nothing where it is not such JSON.
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The HTTP status: one that says that the caller's call failed.
    pub(crate) fn http(&self) -> StatusCode {
        let in_range = (400..=599).contains(&self.status);
        StatusCode::from_u16(self.status).ok().filter(|_| in_range).unwrap_or(StatusCode::CONFLICT)
    }

    /// The gRPC code: the one given, else what google.api.http says of the status.
    pub(crate) fn grpc(&self, named: impl Fn(&str) -> Option<Code>) -> Code {
        let given = self.grpc.as_deref().and_then(named).filter(|code| *code != Code::Ok);
        given.unwrap_or_else(|| match self.http().as_u16() {
            400 | 422 => Code::InvalidArgument,
            401 => Code::Unauthenticated,
            403 => Code::PermissionDenied,
            404 | 410 => Code::NotFound,
            409 => Code::FailedPrecondition,
            412 => Code::FailedPrecondition,
            429 => Code::ResourceExhausted,
            499 => Code::Cancelled,
            501 => Code::Unimplemented,
            503 => Code::Unavailable,
            504 => Code::DeadlineExceeded,
            400..=499 => Code::FailedPrecondition,
            _ => Code::Internal,
        })
    }

    /// As problem+json (RFC 9457): the fields beside its own members where their names are free, and all of them in `details`.
    pub(crate) fn problem(&self) -> Value {
        let title = self.kind.replace('_', " ");
        let mut problem = json!({
            "type": self.kind,
            "title": title,
            "status": self.http().as_u16(),
            "detail": self.message,
            "details": self.details,
        });
        for (name, value) in self.details.iter().filter(|(name, _)| !OF_PROBLEMS.contains(&name.as_str())) {
            problem[name] = value.clone();
        }
        problem
    }

    /// Its fields as texts, for `ErrorInfo.metadata`.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (String, String)> {
        self.details.iter().map(|(name, value)| match value {
            Value::String(text) => (name.clone(), text.clone()),
            other => (name.clone(), other.to_string()),
        })
    }

    /// Its fields with their types.
    pub(crate) fn fields(&self) -> prost_types::Struct {
        prost_types::Struct {
            fields: self.details.iter().map(|(name, value)| (name.clone(), tree(value))).collect(),
        }
    }
}

fn tree(value: &Value) -> prost_types::Value {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(value) => Kind::BoolValue(*value),
        Value::Number(value) => Kind::NumberValue(value.as_f64().unwrap_or_default()),
        Value::String(value) => Kind::StringValue(value.clone()),
        Value::Array(items) => {
            Kind::ListValue(prost_types::ListValue { values: items.iter().map(tree).collect() })
        }
        Value::Object(fields) => Kind::StructValue(prost_types::Struct {
            fields: fields.iter().map(|(name, value)| (name.clone(), tree(value))).collect(),
        }),
    };
    prost_types::Value { kind: Some(kind) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_follow_from_the_status_unless_given() {
        let code = |text: &str| Application::read(text).expect("an error").grpc(|_| Some(Code::Aborted));
        assert_eq!(code(r#"{"type":"a"}"#), Code::FailedPrecondition);
        assert_eq!(code(r#"{"type":"a","status":404}"#), Code::NotFound);
        assert_eq!(code(r#"{"type":"a","status":418}"#), Code::FailedPrecondition);
        assert_eq!(code(r#"{"type":"a","status":200}"#), Code::FailedPrecondition, "no error is a success");
        assert_eq!(code(r#"{"type":"a","status":404,"grpc":"ABORTED"}"#), Code::Aborted);
        assert!(Application::read("seat taken").is_none());
    }

    #[test]
    fn a_problem_has_the_fields_beside_its_own_members() {
        let text = r#"{"type":"seat_taken","message":"12A","details":{"seat":"12A","status":"sold"}}"#;
        let problem = Application::read(text).expect("an error").problem();
        assert_eq!((&problem["seat"], &problem["status"]), (&json!("12A"), &json!(409)));
        assert_eq!(problem["details"]["status"], "sold");
        assert_eq!((&problem["title"], &problem["type"]), (&json!("seat taken"), &json!("seat_taken")));
    }
}
