//! Names that two things would have in one scope of generated code.

use crate::language::error_name;
use crate::model::{FileModel, Method, Model, Service};
use crate::names::Scope;
use crate::problem::{Place, Problem};

/// One scope of one language, as it fills.
pub(super) struct Clashes<'p> {
    language: &'static str,
    scope: Scope,
    problems: &'p mut Vec<Problem>,
}

impl<'p> Clashes<'p> {
    pub(super) fn new(language: &'static str, problems: &'p mut Vec<Problem>) -> Self {
        Self { language, scope: Scope::default(), problems }
    }

    /// A thing that the language's own generator names: nothing of ours may have the name.
    pub(super) fn reserve(&mut self, name: String, owner: &str) {
        let _ = self.scope.take(name, owner);
    }

    /// A thing of ours, which stands at a place of the .proto.
    pub(super) fn take(&mut self, name: String, owner: &str, place: &Place) {
        if let Some(other) = self.scope.take(name.clone(), owner) {
            let text =
                format!("{}: {owner} and {other} are both called {name}: rename one of them", self.language);
            self.problems.push(Problem { place: place.clone(), text });
        }
    }

    /// The classes of a file's errors, as `name` makes them of what their messages are called.
    pub(super) fn take_errors(
        &mut self,
        model: &Model<'_>,
        file: &FileModel<'_>,
        name: impl Fn(String) -> String,
    ) {
        for message in file.errors.iter().map(|at| &model.messages[*at]) {
            let owner = format!("error {}", message.nesting.join("."));
            self.take(name(error_name(message)), &owner, &message.place);
        }
    }

    /// Something that the language has no name for.
    pub(super) fn cannot(&mut self, what: &str, place: &Place) {
        let text = format!("{}: {what}", self.language);
        self.problems.push(Problem { place: place.clone(), text });
    }
}

/// Checks that the members of a service's classes have names of their own.
pub(super) fn members(
    language: &'static str,
    service: &Service,
    problems: &mut Vec<Problem>,
    names: impl Fn(&Method) -> Members,
) {
    let mut clashes = Clashes::new(language, problems);
    for method in &service.methods {
        let Members { own, tell_form, future_form } = names(method);
        clashes.take(own, &format!("rpc {}", method.name), &method.place);
        if method.has_tell_form() {
            clashes.take(tell_form, &format!("the tell form of rpc {}", method.name), &method.place);
        }
        if let Some(future_form) = future_form.filter(|_| !method.handler.tell) {
            clashes.take(
                future_form,
                &format!("the asynchronous form of rpc {}", method.name),
                &method.place,
            );
        }
    }
}

/// What a method is called in generated classes.
pub(super) struct Members {
    pub(super) own: String,
    pub(super) tell_form: String,
    pub(super) future_form: Option<String>,
}
