//! The checks: what a contract may not say, whatever the language.

use crate::model::Model;
use crate::parameter::Parameter;
use crate::problem::Problem;

/// Says all that is wrong.
pub fn check(model: &Model<'_>, parameter: &Parameter, problems: &mut Vec<Problem>) {
    for file in model.files.iter().filter(|file| file.is_asked && !file.services.is_empty()) {
        for language in &parameter.languages {
            language.check(model, file, parameter, problems);
        }
    }
}
