#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::future::{Future, pending, poll_fn, ready};

use futures_util::FutureExt;
use tenantry_domain::{
    Revision, Timestamp,
    id::{ProjectId, TenantId, UserId},
    name::ProjectName,
    project::Project,
};

use super::*;
use crate::ports::{PortError, PortErrorKind, Refusal};

fn project() -> Project {
    Project {
        id: ProjectId::from_uuid(Uuid::nil()),
        tenant_id: TenantId::from_uuid(Uuid::nil()),
        name: ProjectName::parse("a").expect("a name"),
        description: None,
        created_by: UserId::from_uuid(Uuid::nil()),
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
        revision: Revision::FIRST,
    }
}

fn lane() -> Lane {
    Lane::of::<Project>(project().id)
}

/// Polls a future once.
fn now<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    future.now_or_never()
}

async fn free(lanes: &Lanes) -> Turn<'_> {
    lanes.enter(lane(), true).await.expect("a turn")
}

#[test]
fn turns_are_taken_in_order() {
    let lanes = Lanes::default();
    let first = now(&mut Box::pin(free(&lanes))).expect("free");
    let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(free(&lanes))).collect();
    assert!(waiting.iter_mut().all(|turn| now(turn).is_none()));
    drop(first);
    while let [next, others @ ..] = waiting.as_mut_slice() {
        let turn = now(next).expect("its turn");
        assert!(turn.has_waited());
        assert!(others.iter_mut().all(|turn| now(turn).is_none()));
        drop(turn);
        drop(waiting.remove(0));
    }
    assert!(lanes.lock().is_empty());
}

#[test]
fn a_full_lane_is_busy() {
    let lanes = Lanes::default();
    let _first = now(&mut Box::pin(free(&lanes))).expect("free");
    let mut waiting: Vec<_> = (0..MAX_WAITING).map(|_| Box::pin(free(&lanes))).collect();
    assert!(waiting.iter_mut().all(|turn| now(turn).is_none()));
    let refused = now(&mut Box::pin(lanes.enter(lane(), true)));
    assert!(matches!(refused, Some(Err(Error::Busy))));
    waiting.pop();
    assert!(now(&mut Box::pin(free(&lanes))).is_none(), "room again");
    let other = Lane::of::<Project>(ProjectId::from_uuid(Uuid::max()));
    assert!(now(&mut Box::pin(lanes.enter(other, true))).is_some());
}

#[test]
fn cancelled_use_cases_leave_the_lane() {
    let lanes = Lanes::default();
    let first = now(&mut Box::pin(free(&lanes))).expect("free");
    let mut waiting: Vec<_> = (0..4).map(|_| Box::pin(free(&lanes))).collect();
    assert!(waiting.iter_mut().all(|turn| now(turn).is_none()));
    drop(waiting.remove(0));
    drop(first);
    // Called, but not polled since.
    drop(waiting.remove(0));
    let turn = now(&mut waiting[0]).expect("its turn");
    assert!(now(&mut waiting[1]).is_none());
    drop(waiting);
    drop(turn);
    assert!(lanes.lock().is_empty());
}

#[test]
fn a_turn_ends_as_soon_as_its_commit_is_queued() {
    let lanes = Lanes::default();
    let mut first = now(&mut Box::pin(free(&lanes))).expect("free");
    assert_eq!(first.row::<Project>(), None);
    let updated = project();
    let mut commit = Box::pin(first.commit(pending(), &updated));
    assert!(now(&mut commit).is_none());

    let mut second = now(&mut Box::pin(free(&lanes))).expect("its turn");
    assert!(!second.must_decide_again());
    let left = second.row::<Project>().expect("the row");
    assert_eq!(left.revision, updated.revision.next());
    assert!(second.must_decide_again());
    let done = ready(Ok(()));
    now(&mut Box::pin(second.commit(done, &left)))
        .expect("done")
        .expect("committed");
    assert!(!second.must_decide_again());
    drop(second);

    let mut fresh = Box::pin(lanes.enter(lane(), false));
    assert!(now(&mut fresh).is_none(), "a commit is running");
    drop(commit);
    let mut turn = now(&mut fresh).expect("done").expect("a turn");
    assert_eq!(turn.row::<Project>(), None);
    drop(turn);
    drop(first);
    assert!(lanes.lock().is_empty());
}

#[test]
fn a_refused_row_is_not_left() {
    for error in [
        CommitError::Refused(Refusal::Quota),
        PortError::new(PortErrorKind::Unavailable, "down").into(),
    ] {
        let lanes = Lanes::default();
        let mut first = now(&mut Box::pin(free(&lanes))).expect("free");
        // Pending when it is queued, and when it is awaited.
        let mut polls = 0;
        let refused = poll_fn(|_| {
            polls += 1;
            match polls {
                1 | 2 => Poll::Pending,
                _ => Poll::Ready(Err(error.clone())),
            }
        });
        let updated = project();
        let mut commit = Box::pin(first.commit(refused, &updated));
        assert!(now(&mut commit).is_none());
        // The second turn decides on the row before it is refused.
        let mut second = now(&mut Box::pin(free(&lanes))).expect("its turn");
        let left = second.row::<Project>().expect("the row");
        let mut based = Box::pin(second.commit(pending(), &left));
        assert!(now(&mut based).is_none());
        assert!(now(&mut commit).expect("done").is_err());
        let mut third = Box::pin(free(&lanes));
        assert!(now(&mut third).is_none(), "it waits for the second commit");
        drop(based);
        let mut third = now(&mut third).expect("its turn");
        assert_eq!(third.row::<Project>(), None);
    }
}
