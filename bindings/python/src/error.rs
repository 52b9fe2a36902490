//! Failures as the exceptions that `everact/_generated/errors.py` holds, one class a row of the core's table.

use everact_boundary::engine::{ErrorCode, Failure};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyModule;

static FROM_CODE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The exception for a failure.
#[cold]
pub(crate) fn exception(py: Python<'_>, failure: &Failure) -> PyErr {
    let made = FROM_CODE
        .get_or_try_init(py, || {
            let module = PyModule::import(py, "everact._generated.errors")?;
            module.getattr("from_code").map(Bound::unbind)
        })
        .and_then(|from_code| from_code.call1(py, (failure.code as u16, failure.text.as_str())));
    match made {
        Ok(exception) => PyErr::from_value(exception.into_bound(py)),
        Err(error) => error,
    }
}

/// The exception for a row of the table.
#[cold]
pub(crate) fn plain(py: Python<'_>, code: ErrorCode) -> PyErr {
    exception(py, &Failure::plain(code))
}
