//! Handlers as the methods of references: `reference.landed(12)` asks, `reference.landed.tell(12)` tells.
//!
//! A plain function in a class costs nothing to call and cannot have a `tell` that knows its reference. So a handler is a
//! `Method`, a descriptor with CPython's flag for such: the interpreter calls it with the reference as first argument,
//! as it does a function, and makes a `BoundMethod` only where the attribute itself is wanted. PyO3 has no way to set
//! that flag, which is why the type is written out here; all of it is CPython's stable interface.

use std::ffi::{c_int, c_uint, c_void};
use std::ptr::null_mut;

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use pyo3::{PyTraverseError, PyVisit, intern};

/// The object in memory. The interpreter makes and frees it by the slots below.
#[repr(C)]
struct Method {
    head: ffi::PyObject,
    /// Owned; null once the garbage collector has cleared it.
    function: *mut ffi::PyObject,
}

/// Makes a method of a function whose first parameter is the reference.
#[pyfunction]
pub(crate) fn method<'py>(py: Python<'py>, function: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if !function.is_callable() {
        return Err(PyTypeError::new_err("a method is made of something that can be called"));
    }
    let of = method_type(py)?;
    // SAFETY: the type is ours, made by `PyType_FromSpec` with the size of `Method`; the allocated object is zeroed and
    // owned by us, so its field may be written before anybody else sees it. A null result is an exception that is set.
    unsafe {
        let made = ffi::PyType_GenericAlloc(of.as_ptr().cast(), 0);
        let made = Bound::from_owned_ptr_or_err(py, made)?;
        (*made.as_ptr().cast::<Method>()).function = function.into_ptr();
        Ok(made)
    }
}

fn method_type(py: Python<'_>) -> PyResult<&Py<PyAny>> {
    static TYPE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    TYPE.get_or_try_init(py, || {
        let slot = |slot: c_int, pfunc: *mut c_void| ffi::PyType_Slot { slot, pfunc };
        let mut slots = [
            slot(ffi::Py_tp_call, call as *mut c_void),
            slot(ffi::Py_tp_descr_get, bind as *mut c_void),
            slot(ffi::Py_tp_getattro, attribute as *mut c_void),
            slot(ffi::Py_tp_traverse, traverse as *mut c_void),
            slot(ffi::Py_tp_clear, clear as *mut c_void),
            slot(ffi::Py_tp_dealloc, free as *mut c_void),
            ffi::PyType_Slot::default(),
        ];
        let flags = ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_HAVE_GC | ffi::Py_TPFLAGS_METHOD_DESCRIPTOR;
        let mut spec = ffi::PyType_Spec {
            name: c"everact._core.Method".as_ptr(),
            basicsize: size_of::<Method>() as c_int,
            itemsize: 0,
            flags: flags as c_uint,
            slots: slots.as_mut_ptr(),
        };
        // SAFETY: the slots are functions of the signatures that CPython asks for, ended by an empty one; spec and slots
        // live until the call is over, after which CPython has copied them. The name is static.
        unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&raw mut spec)).map(Bound::unbind) }
    })
}

/// The function of a method that CPython handed to one of the slots.
///
/// # Safety
/// `method` is an object of the type above, and the interpreter is held.
unsafe fn function(method: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: by the caller's promise the object has this layout.
    unsafe { (*method.cast::<Method>()).function }
}

unsafe extern "C" fn call(
    method: *mut ffi::PyObject,
    given: *mut ffi::PyObject,
    named: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: CPython calls the slot with an object of the type and borrowed arguments, which are passed on as they are.
    // A cleared method belongs to garbage: no code can reach it but finalizers of the same garbage.
    unsafe {
        let function = function(method);
        if function.is_null() {
            ffi::PyErr_SetString(ffi::PyExc_ReferenceError, c"the method's class is gone".as_ptr());
            return null_mut();
        }
        ffi::PyObject_Call(function, given, named)
    }
}

unsafe extern "C" fn bind(
    method: *mut ffi::PyObject,
    reference: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: CPython holds the interpreter and lends both objects for the call; a null reference is one of the class.
    unsafe {
        let function = function(method);
        if reference.is_null() || function.is_null() {
            return ffi::Py_NewRef(method);
        }
        let py = Python::assume_attached();
        let function = Bound::from_borrowed_ptr(py, function).unbind();
        let reference = Bound::from_borrowed_ptr(py, reference).unbind();
        match Bound::new(py, BoundMethod { function, reference }) {
            Ok(bound) => bound.into_ptr(),
            Err(error) => {
                error.restore(py);
                null_mut()
            }
        }
    }
}

/// A method has its function's attributes beside its own.
unsafe extern "C" fn attribute(method: *mut ffi::PyObject, name: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as above; `PyObject_GetAttr` looks at the function as any other code would.
    unsafe {
        let found = ffi::PyObject_GenericGetAttr(method, name);
        let function = function(method);
        if !found.is_null()
            || function.is_null()
            || ffi::PyErr_ExceptionMatches(ffi::PyExc_AttributeError) == 0
        {
            return found;
        }
        ffi::PyErr_Clear();
        ffi::PyObject_GetAttr(function, name)
    }
}

unsafe extern "C" fn traverse(method: *mut ffi::PyObject, visit: ffi::visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: the garbage collector calls this with an object of the type; since Python 3.9 an object of a type on the heap
    // shows that type too.
    unsafe {
        for part in [ffi::Py_TYPE(method).cast(), function(method)] {
            if !part.is_null() {
                let stop = visit(part, arg);
                if stop != 0 {
                    return stop;
                }
            }
        }
        0
    }
}

unsafe extern "C" fn clear(method: *mut ffi::PyObject) -> c_int {
    // SAFETY: the field is emptied before the reference is given up, so that code which runs then finds it empty.
    unsafe {
        let function = std::mem::replace(&mut (*method.cast::<Method>()).function, null_mut());
        ffi::Py_XDECREF(function);
        0
    }
}

unsafe extern "C" fn free(method: *mut ffi::PyObject) {
    // SAFETY: no other code has the object any more; it is untracked first, then its parts and its memory are given back, and
    // the reference to its type that every object of a type on the heap owns.
    unsafe {
        let of = ffi::Py_TYPE(method);
        ffi::PyObject_GC_UnTrack(method.cast());
        clear(method);
        ffi::PyObject_GC_Del(method.cast());
        ffi::Py_DECREF(of.cast());
    }
}

// A handler of one reference. Called, it asks. Its documentation is the handler's, see the getter.
#[pyclass(frozen, module = "everact._core", weakref)]
pub(crate) struct BoundMethod {
    function: Py<PyAny>,
    reference: Py<PyAny>,
}

impl BoundMethod {
    /// The call with one message and nothing else, as nearly every call is: CPython keeps its arguments on the stack.
    #[inline]
    fn call_with<'py>(&self, message: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (function, reference) = (self.function.as_ptr(), self.reference.as_ptr());
        // SAFETY: three living objects and the null that ends them; the result is an owned object, or null and an
        // exception that is set.
        unsafe {
            let made = ffi::PyObject_CallFunctionObjArgs(
                function,
                reference,
                message.as_ptr(),
                null_mut::<ffi::PyObject>(),
            );
            Bound::from_owned_ptr_or_err(message.py(), made)
        }
    }
}

#[pymethods]
impl BoundMethod {
    #[pyo3(signature = (*given, **named))]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        given: &Bound<'py, PyTuple>,
        named: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if given.len() == 1 && named.is_none() {
            let message = given.get_borrowed_item(0)?;
            return self.call_with(&message);
        }
        let mut all = Vec::with_capacity(given.len() + 1);
        all.push(self.reference.bind(py).clone());
        all.extend(given.iter());
        self.function.bind(py).call(PyTuple::new(py, all)?, named)
    }

    /// Sends the message without waiting for its turn.
    #[pyo3(signature = (*given, **named))]
    fn tell<'py>(
        &self,
        py: Python<'py>,
        given: Bound<'py, PyTuple>,
        named: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let table = self.__everact_handler__(py)?;
        self.reference.bind(py).call_method1(intern!(py, "_tell"), (table, given, named))
    }

    #[getter]
    fn __everact_handler__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.function.bind(py).getattr(intern!(py, "__everact_handler__"))
    }

    #[getter]
    fn __self__(&self, py: Python<'_>) -> Py<PyAny> {
        self.reference.clone_ref(py)
    }

    #[getter]
    fn __func__(&self, py: Python<'_>) -> Py<PyAny> {
        self.function.clone_ref(py)
    }

    /// The method as the interpreter would have made it of a function, for `inspect`.
    #[getter]
    fn __wrapped__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let of = py.import(intern!(py, "types"))?.getattr(intern!(py, "MethodType"))?;
        of.call1((&self.function, &self.reference))
    }

    #[getter]
    fn __doc__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.function.bind(py).getattr(intern!(py, "__doc__"))
    }

    /// What its function has: a name, what it returns.
    fn __getattr__<'py>(&self, py: Python<'py>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.function.bind(py).getattr(name.cast::<pyo3::types::PyString>()?)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| {
            let other = other.get();
            other.function.is(&self.function) && other.reference.is(&self.reference)
        })
    }

    fn __hash__(&self) -> usize {
        self.function.as_ptr() as usize ^ (self.reference.as_ptr() as usize).rotate_left(1)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let name = self.function.bind(py).getattr(intern!(py, "__qualname__"))?;
        Ok(format!("<handler {name} of {}>", self.reference.bind(py).repr()?))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.function)?;
        visit.call(&self.reference)
    }
}
