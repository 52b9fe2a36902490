//! A batch for the store, of which one item may be at fault: the others are not to suffer for it.
//!
//! A store answers for a whole batch when it meets damage in the middle of it. Which item was at fault shows when the batch is
//! done in halves, and those again, until it stands alone: a few more calls, and only then. What fails for another reason (a
//! full disk, a failed sync) fails for all.

use std::panic::{AssertUnwindSafe, catch_unwind};

use everact_kernel::error::{ErrorCode, Failure};
use everact_store::StoreError;

/// A store's error in the words of the table.
pub(crate) fn failure(error: &StoreError) -> Failure {
    Failure::new(error.code(), error.to_string())
}

/// What is done with a batch: an answer for each item, in order.
type Work<'w, T, R> = dyn FnMut(&[T]) -> Result<Vec<R>, StoreError> + 'w;

/// Does `work` on all items and gives each its own result, in order.
pub(crate) fn apart<T, R>(items: &[T], work: &mut Work<'_, T, R>) -> Vec<Result<R, Failure>> {
    // A store that panics must not leave those waiting who wait for its answer.
    let outcome = catch_unwind(AssertUnwindSafe(|| work(items)))
        .unwrap_or_else(|_| Err(StoreError::Unavailable("the store panicked".into())));
    match outcome {
        Ok(answers) => answered(answers, items.len()),
        Err(error) if items.len() > 1 && is_of_one(&error) => {
            let (first, second) = items.split_at(items.len() / 2);
            let mut results = apart(first, work);
            results.extend(apart(second, work));
            results
        }
        Err(error) => items.iter().map(|_| Err(failure(&error))).collect(),
    }
}

/// Whether one item of the batch may be the reason.
fn is_of_one(error: &StoreError) -> bool {
    matches!(error, StoreError::Corrupted(_) | StoreError::Invalid(_))
}

/// A store that leaves items without an answer has broken its contract: nothing counts as done that it does not say.
fn answered<R>(answers: Vec<R>, asked: usize) -> Vec<Result<R, Failure>> {
    let given = answers.len();
    let mut results: Vec<_> = answers.into_iter().map(Ok).collect();
    results.truncate(asked);
    results.resize_with(asked, || Err(unanswered(given, asked)));
    results
}

pub(crate) fn unanswered(answers: usize, asked: usize) -> Failure {
    Failure::new(ErrorCode::Internal, format!("the store gave {answers} answers for {asked} actors"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a hundred items when the store fails at these ones.
    fn failing(bad: &[usize], error: &StoreError) -> (Vec<usize>, usize) {
        let items: Vec<usize> = (0..100).collect();
        let mut calls = 0;
        let results = apart(&items, &mut |items| {
            calls += 1;
            match items.iter().any(|item| bad.contains(item)) {
                true => Err(error.clone()),
                false => Ok(items.to_vec()),
            }
        });
        assert!(
            results
                .iter()
                .enumerate()
                .all(|(at, result)| result.as_ref().is_ok_and(|item| *item == at) || result.is_err())
        );
        let failed = results.iter().enumerate().filter(|(_, result)| result.is_err()).map(|(at, _)| at);
        (failed.collect(), calls)
    }

    #[test]
    fn only_the_damaged_fail() {
        let damage = StoreError::Corrupted("a row".into());
        assert_eq!(failing(&[], &damage), (vec![], 1));
        let (failed, calls) = failing(&[42], &damage);
        assert_eq!(failed, [42]);
        assert!(calls < 16, "{calls} calls");
        assert_eq!(failing(&[0, 50, 99], &damage).0, [0, 50, 99]);
    }

    #[test]
    fn what_concerns_all_is_asked_once() {
        let (failed, calls) = failing(&[42], &StoreError::Unavailable("disk full".into()));
        assert_eq!((failed.len(), calls), (100, 1));
    }

    #[test]
    fn who_gets_no_answer_has_failed_and_a_panic_is_a_failure() {
        let results = apart(&[1, 2, 3], &mut |_| Ok(vec![()]));
        assert_eq!(results.iter().filter(|result| result.is_err()).count(), 2);
        let results = apart(&[1, 2], &mut |_| -> Result<Vec<()>, StoreError> { panic!("a broken store") });
        assert!(
            results
                .iter()
                .all(|result| result.as_ref().is_err_and(|failure| failure.code == ErrorCode::Unavailable))
        );
    }
}
