//! Sessions: storage and expiry.

use tenantry_domain::{
    Revision,
    id::{SessionId, UserId},
    session::{Client, RevokeReason, Session},
};

use super::world::{Outcome, ReadOutcome, World};
use crate::conformance::samples::at;

async fn add(world: &World, session: &Session) {
    world
        .commit(|work| work.sessions().add(session))
        .await
        .done();
}

async fn read(world: &World, session: &Session) -> Option<Session> {
    let sessions = world.store.sessions();
    sessions.lookup(session.id).await.value()
}

pub(super) async fn every_field_is_stored(world: &World) {
    let acme = world.company("Acme").await;
    let plain = world.samples.session(world.samples.user(), None);
    add(world, &plain).await;
    assert_eq!(read(world, &plain).await, Some(plain));
    for reason in RevokeReason::ALL {
        let complete = Session {
            generation: u32::MAX,
            refresh_hash: [0xFF; 32],
            previous_hash: Some([0; 32]),
            rotated_at: at(3),
            expires_at: at(-3),
            revoked: Some((at(4), reason)),
            client: Client {
                address: Some("2001:db8::1".to_owned()),
                user_agent: Some("Ünï/1.0 (履歴書; 'x')".to_owned()),
            },
            ..world.samples.session(world.samples.user(), Some(acme.id))
        };
        add(world, &complete).await;
        assert_eq!(read(world, &complete).await, Some(complete));
    }
}

pub(super) async fn every_field_can_be_updated(world: &World) {
    let acme = world.company("Acme").await;
    let mut session = world.samples.session(world.samples.user(), None);
    add(world, &session).await;
    session.rotate([9; 32], at(60), at(7200));
    session.tenant_id = Some(acme.id);
    session.revoke(RevokeReason::Reuse, at(61));
    world
        .commit(|work| work.sessions().update(&session))
        .await
        .done();
    session.revision = Revision::new(2);
    assert_eq!(read(world, &session).await, Some(session));
}

pub(super) async fn one_refresh_wins(world: &World) {
    let session = world.samples.session(world.samples.user(), None);
    add(world, &session).await;
    let rotated = |hash| {
        let mut session = session.clone();
        session.rotate([hash; 32], at(60), at(7200));
        session
    };
    let (a, b) = (rotated(1), rotated(2));
    let (a, b) = tokio::join!(
        world.commit(|work| work.sessions().update(&a)),
        world.commit(|work| work.sessions().update(&b)),
    );
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
}

pub(super) async fn live_ones_of_a_user_are_found_by_their_last_use(world: &World) {
    let acme = world.company("Acme").await;
    let (ann, bob) = (world.samples.user(), world.samples.user());
    let find = async |user: UserId, now, offset, limit| -> Vec<SessionId> {
        let sessions = world.store.sessions();
        let found = sessions.find_live(user, at(now), offset, limit).await;
        found.value().iter().map(|session| session.id).collect()
    };
    assert_eq!(find(ann, 0, 0, 10).await, []);
    let mut live = Vec::new();
    for (used, tenant) in [(3, None), (1, Some(acme.id)), (2, None), (2, None)] {
        let mut session = world.samples.session(ann, tenant);
        session.rotated_at = at(used);
        add(world, &session).await;
        live.push(session.id);
    }
    let mut revoked = world.samples.session(ann, None);
    revoked.revoke(RevokeReason::Ended, at(1));
    let mut expired = world.samples.session(ann, None);
    expired.expires_at = at(10);
    let foreign = world.samples.session(bob, Some(acme.id));
    for session in [&revoked, &expired, &foreign] {
        add(world, session).await;
    }

    let ordered = [live[0], live[3], live[2], live[1]];
    assert_eq!(find(ann, 10, 0, 10).await, ordered);
    assert_eq!(find(ann, 10, 1, 2).await, ordered[1..3]);
    assert_eq!(find(ann, 10, 4, 10).await, []);
    assert_eq!(find(ann, 9, 4, 10).await, [expired.id]);
    assert_eq!(find(bob, 10, 0, 10).await, [foreign.id]);
    assert_eq!(find(ann, 3600, 0, 10).await, []);
}

pub(super) async fn expired_rows_are_purged_in_batches(world: &World) {
    let mut kept = Vec::new();
    for seconds in [-1, 0, 1] {
        let mut session = world.samples.session(world.samples.user(), None);
        session.expires_at = at(seconds);
        add(world, &session).await;
        if seconds >= 0 {
            kept.push(session);
        }
    }
    for _ in 0..4 {
        let mut old = world.samples.session(world.samples.user(), None);
        old.expires_at = at(-100);
        add(world, &old).await;
    }
    let sessions = world.store.sessions();
    assert_eq!(sessions.purge_expired(at(0), 3).await.value(), 3);
    assert_eq!(sessions.purge_expired(at(0), 3).await.value(), 2);
    assert_eq!(sessions.purge_expired(at(0), 3).await.value(), 0);
    for session in kept {
        assert_eq!(read(world, &session).await, Some(session));
    }
}
