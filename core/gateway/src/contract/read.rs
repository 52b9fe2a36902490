//! Reads the contract out of an engine's configuration, and refuses what could not be served.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use everact::address::{HandlerId, KindId};
use everact::kind::wire_name;
use everact::{Codec, Config, ErrorCode, Failure, KindConfig};
use prost_reflect::{DescriptorPool, MethodDescriptor};

use super::annotations::{is_key, is_spawn, method_notes};
use super::key::KeyField;
use super::{Contract, HandlerEntry, KindEntry, Method, Shape, errors, hidden};
use crate::config::{Serve, invalid};

impl Contract {
    /// What this configuration declares.
    ///
    /// # Errors
    /// `InvalidConfiguration` where the descriptors cannot be read, `InvalidDeclaration` where a service cannot be served.
    pub(crate) fn read(config: &Config, serve: Serve) -> Result<Self, Failure> {
        let pool = pool(&config.descriptors)?;
        let mut kinds: Vec<KindEntry> = config.kinds.iter().enumerate().map(kind_entry).collect();
        let (mut methods, mut internal) = (Vec::new(), HashSet::new());
        for kind in &mut kinds {
            let Some(service) = kind.service.clone() else { continue };
            let service = pool
                .get_service_by_name(&service)
                .ok_or_else(|| refuse(&kind.name, format!("the descriptors hold no service {service}")))?;
            for method in service.methods() {
                match method_entry(kind, &method, &pool)? {
                    Some(entry) => methods.push(entry),
                    None => drop(internal.insert(method.full_name().to_owned())),
                }
            }
        }
        let mut exposed = config.kinds.iter().map(|kind| kind.exposed);
        kinds.retain(|kind| {
            exposed.next().unwrap_or_default() || serve == Serve::All || kind.service.is_some()
        });
        for kind in &mut kinds {
            kind.handlers.retain(|handler| !handler.internal);
        }
        let declared = config.kinds.iter().filter_map(|kind| kind.service.as_deref());
        let services = declared.filter_map(|name| pool.get_service_by_name(name));
        internal.extend(hidden::types(&pool, services, &internal));
        let errors = errors::all(&pool);
        let by_path = methods.iter().enumerate().map(|(at, method)| (method.path.clone(), at)).collect();
        let kinds_by_name = kinds.iter().enumerate().map(|(at, kind)| (kind.name.clone(), at)).collect();
        Ok(Self { pool, kinds, methods, by_path, internal, errors, kinds_by_name })
    }
}

/// All files, dependencies first. Two kinds may bring the same file along.
fn pool(descriptors: &[String]) -> Result<DescriptorPool, Failure> {
    let mut pool = DescriptorPool::new();
    for (at, encoded) in descriptors.iter().enumerate() {
        let bytes = STANDARD
            .decode(encoded)
            .map_err(|error| invalid(format!("descriptors[{at}] is not base64: {error}")))?;
        pool.decode_file_descriptor_proto(bytes.as_slice())
            .map_err(|error| invalid(format!("descriptors[{at}] cannot be used: {error}")))?;
    }
    Ok(pool)
}

fn kind_entry((at, kind): (usize, &KindConfig)) -> KindEntry {
    KindEntry {
        id: KindId(at as u16),
        name: kind.name.clone(),
        durable: kind.durable,
        codec: kind.codec,
        service: kind.service.clone().filter(|_| kind.codec == Codec::Protobuf),
        doc: kind.doc.clone(),
        handlers: kind
            .handlers
            .iter()
            .enumerate()
            .map(|(at, handler)| HandlerEntry {
                id: HandlerId(at as u16),
                name: handler.name.clone(),
                read_only: handler.read_only,
                method: handler.name.clone(),
                doc: handler.doc.clone(),
                errors: Vec::new(),
                internal: handler.internal,
            })
            .collect(),
    }
}

/// The entry of a method; nothing where its handler is internal.
fn method_entry(
    kind: &mut KindEntry,
    method: &MethodDescriptor,
    pool: &DescriptorPool,
) -> Result<Option<Method>, Failure> {
    let wanted = wire_name(method.name());
    let notes = method_notes(method);
    let handler = kind.handlers.iter_mut().find(|handler| handler.name == wanted);
    let handler = handler.ok_or_else(|| {
        refuse(&kind.name, format!("{} needs a handler {wanted}, which is not declared", method.full_name()))
    })?;
    handler.method = method.name().to_owned();
    handler.internal |= notes.internal;
    if handler.internal {
        return Ok(None);
    }
    let errors = errors::of_method(pool, method, &notes.errors);
    handler.errors = errors.iter().map(|error| error.kind.clone()).collect();
    let doc = handler.doc.clone();
    let handler = handler.id;
    let shape = match (method.is_client_streaming(), method.is_server_streaming()) {
        (false, false) => Shape::Unary,
        (false, true) => Shape::ServerStream,
        (true, false) => Shape::ClientStream,
        (true, true) => Shape::Both,
    };
    Ok(Some(Method {
        path: format!("/{}/{}", method.parent_service().full_name(), method.name()),
        kind: kind.id,
        handler,
        key: key_field(kind, method)?,
        kind_name: kind.name.clone(),
        durable: kind.durable,
        shape,
        tell: notes.tell && shape == Shape::Unary,
        deprecated: notes.deprecated,
        http: notes.http,
        doc,
        errors,
        descriptor: method.clone(),
    }))
}

/// The one field of a method's request that names the actor.
fn key_field(kind: &KindEntry, method: &MethodDescriptor) -> Result<Option<KeyField>, Failure> {
    let input = method.input();
    let marked: Vec<_> = input.fields().filter(is_key).collect();
    let field = match marked.as_slice() {
        [field] => field,
        [] if is_spawn(method.parent_service()) => return Ok(None),
        _ => {
            let text = format!(
                "{} marks {} fields with (everact.v1.key), {} needs exactly one",
                input.full_name(),
                marked.len(),
                method.full_name()
            );
            return Err(refuse(&kind.name, text));
        }
    };
    KeyField::of(field).map(Some).ok_or_else(|| {
        refuse(&kind.name, format!("{} is the key, but neither a string nor an integer", field.full_name()))
    })
}

fn refuse(kind: &str, text: String) -> Failure {
    Failure::new(ErrorCode::InvalidDeclaration, format!("{kind}: {text}"))
}

#[cfg(test)]
mod tests {
    use super::wire_name;

    #[test]
    fn methods_have_the_names_that_the_generator_gives_them() {
        let names = [
            ("Landed", "landed"),
            ("GetHTTPStatus", "get_http_status"),
            ("Sha256Sum", "sha256_sum"),
            ("ABTest", "ab_test"),
            ("already_snake", "already_snake"),
        ];
        for (name, handler) in names {
            assert_eq!(wire_name(name), handler);
        }
    }
}
