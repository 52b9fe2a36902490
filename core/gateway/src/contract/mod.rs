//! What the gateway serves: the kinds, and for kinds that were generated from a service its methods, by path.

pub(crate) mod annotations;
mod errors;
mod hidden;
pub(crate) mod key;
mod read;

use std::collections::{HashMap, HashSet};

use everact::Codec;
use everact::address::{HandlerId, KindId};
use prost_reflect::{DescriptorPool, MethodDescriptor};

use annotations::{ErrorNotes, HttpRule};
use key::KeyField;

/// Everything that is served.
#[derive(Debug)]
pub(crate) struct Contract {
    /// What the generated code brought along.
    pub(crate) pool: DescriptorPool,
    /// The kinds that are reachable; clients of ours name them by position.
    pub(crate) kinds: Vec<KindEntry>,
    /// The methods of all services.
    pub(crate) methods: Vec<Method>,
    /// Indices of `methods` by path (`/package.Service/Method`).
    pub(crate) by_path: HashMap<String, usize>,
    /// Full names of methods that are not served, because their handlers are internal, and of the messages and enums that only they use.
    pub(crate) internal: HashSet<String>,
    /// The messages that are errors of the application, by type.
    errors: HashMap<String, ErrorNotes>,
    kinds_by_name: HashMap<String, usize>,
}

/// A kind as callers see it.
#[derive(Debug)]
pub(crate) struct KindEntry {
    pub(crate) id: KindId,
    pub(crate) name: String,
    pub(crate) durable: bool,
    pub(crate) codec: Codec,
    pub(crate) service: Option<String>,
    pub(crate) doc: Option<String>,
    /// Those that are reachable; clients of ours name them by position.
    pub(crate) handlers: Vec<HandlerEntry>,
}

/// A handler as callers see it.
#[derive(Debug)]
pub(crate) struct HandlerEntry {
    pub(crate) id: HandlerId,
    pub(crate) name: String,
    pub(crate) read_only: bool,
    /// Under what name allow lists speak of it: the service's method, or the handler itself.
    pub(crate) method: String,
    pub(crate) doc: Option<String>,
    /// The types of the application's errors that it says it raises.
    pub(crate) errors: Vec<String>,
    internal: bool,
}

/// How messages flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One in, one out.
    Unary,
    /// One in, many out.
    ServerStream,
    /// Many in, one out.
    ClientStream,
    /// Many in, many out.
    Both,
}

/// A method of a declared service.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) path: String,
    pub(crate) kind: KindId,
    pub(crate) handler: HandlerId,
    /// The field that names the actor; without one (Spawn's services have such methods) it is the kind's only actor.
    pub(crate) key: Option<KeyField>,
    pub(crate) kind_name: String,
    pub(crate) durable: bool,
    pub(crate) shape: Shape,
    pub(crate) tell: bool,
    pub(crate) deprecated: bool,
    pub(crate) http: Option<HttpRule>,
    pub(crate) doc: Option<String>,
    /// The errors of the application that it says it raises.
    pub(crate) errors: Vec<ErrorNotes>,
    pub(crate) descriptor: MethodDescriptor,
}

impl Contract {
    /// The kind with this name.
    pub(crate) fn kind_named(&self, name: &str) -> Option<&KindEntry> {
        self.kinds_by_name.get(name).map(|at| &self.kinds[*at])
    }

    /// The method on this path.
    pub(crate) fn method(&self, path: &str) -> Option<&Method> {
        self.by_path.get(path).map(|at| &self.methods[*at])
    }

    /// The full names of declared services.
    pub(crate) fn services(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().filter_map(|kind| kind.service.as_deref())
    }
}

impl KindEntry {
    /// The handler with this name.
    pub(crate) fn handler_named(&self, name: &str) -> Option<&HandlerEntry> {
        self.handlers.iter().find(|handler| handler.name == name)
    }

    /// Under what name allow lists speak of this kind: its service, or the kind itself.
    pub(crate) fn service_or_name(&self) -> &str {
        self.service.as_deref().unwrap_or(&self.name)
    }
}

impl Method {
    /// The service's full name.
    pub(crate) fn service(&self) -> &str {
        self.descriptor.parent_service().full_name()
    }

    /// The method's own name.
    pub(crate) fn name(&self) -> &str {
        self.descriptor.name()
    }
}
