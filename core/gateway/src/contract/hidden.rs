//! What reflection does not show: the messages and enums that nothing but internal methods use.

use std::collections::HashSet;

use prost_reflect::{DescriptorPool, Kind, MessageDescriptor, ServiceDescriptor};

/// Full names of the types that only internal methods lead to. A type that any other message has a field of stays, or that
/// message could not be read.
pub(super) fn types(
    pool: &DescriptorPool,
    services: impl Iterator<Item = ServiceDescriptor>,
    internal: &HashSet<String>,
) -> HashSet<String> {
    let (mut within, mut shown) = (HashSet::new(), HashSet::new());
    for method in services.flat_map(|service| service.methods().collect::<Vec<_>>()) {
        let found = if internal.contains(method.full_name()) { &mut within } else { &mut shown };
        for message in [method.input(), method.output()] {
            follow(&message, found);
        }
    }
    for message in pool.all_messages().filter(|message| !within.contains(message.full_name())) {
        follow(&message, &mut shown);
    }
    within.retain(|name| !shown.contains(name));
    within
}

/// A message and all that its fields lead to.
fn follow(message: &MessageDescriptor, found: &mut HashSet<String>) {
    if !found.insert(message.full_name().to_owned()) {
        return;
    }
    // What a type stands in is shown with it.
    if let Some(parent) = message.parent_message() {
        follow(&parent, found);
    }
    for field in message.fields() {
        match field.kind() {
            Kind::Message(inner) => follow(&inner, found),
            Kind::Enum(values) => {
                found.insert(values.full_name().to_owned());
                if let Some(parent) = values.parent_message() {
                    follow(&parent, found);
                }
            }
            _ => {}
        }
    }
}
