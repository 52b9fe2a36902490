//! The control plane as a foreign caller meets it.

use everact_control::{Control, EveractException, KindOptions, Options, abi_version, errors, restore};

fn wait<T>(future: impl Future<Output = T>) -> T {
    // Foreign executors poll; here one that blocks is enough.
    let mut future = std::pin::pin!(future);
    let thread = std::thread::current();
    let waker = std::task::Waker::from(std::sync::Arc::new(Unpark(thread)));
    let mut context = std::task::Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(value) => return value,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

struct Unpark(std::thread::Thread);

impl std::task::Wake for Unpark {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.unpark();
    }
}

fn options(data: &std::path::Path) -> Options {
    let kinds = vec![KindOptions { name: "airport".into(), durable: true, handlers: vec!["landed".into()] }];
    Options { data: Some(data.to_str().expect("text").into()), kinds, settings: None }
}

fn name(outcome: Result<impl Sized, EveractException>) -> (String, String) {
    let Err(EveractException::Failed { name, text, .. }) = outcome else { panic!("it fails") };
    (name, text)
}

#[test]
fn an_engine_is_opened_looked_at_copied_and_closed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, copy, back) =
        (folder.path().join("data"), folder.path().join("copy"), folder.path().join("back"));
    let text = |path: &std::path::Path| path.to_str().expect("text").to_owned();
    let control = Control::open(options(&data)).expect("opens");
    assert_eq!((control.stats().activations, control.kinds()), (0, vec!["airport".to_owned()]));
    assert_eq!(name(Control::open(options(&data))).0, "DataLocked");
    wait(control.backup(text(&copy))).expect("copies");
    wait(control.shut_down(1_000)).expect("closes");
    assert!(control.is_closed());
    wait(restore(text(&copy), text(&back))).expect("restores");
    wait(Control::open(options(&back)).expect("opens").shut_down(1_000)).expect("closes");
}

#[test]
fn settings_are_checked_by_name() {
    let wrong = Options { settings: Some(r#"{"colour":"red"}"#.into()), ..Options::default() };
    let (name, text) = name(Control::open(wrong));
    assert!(name == "InvalidConfiguration" && text.contains("colour"), "{name}: {text}");
}

#[test]
fn the_error_table_is_the_cores() {
    let locked = errors().into_iter().find(|row| row.name == "DataLocked").expect("it is in the table");
    assert_eq!((locked.number, locked.retryable, abi_version()), (62, false, 1));
}
