//! The chain over the audit log: what is written is sealed, and what is done to it later is found.

// Metrics are small whole numbers; what a flaw is compared with is found or not.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::unnecessary_wraps
)]

use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rollcall::access::{Action, Viewer};
use rollcall::audit::{Event, Flaw, Head, Sealed, Side, Verdict, Wrong, head, record_in, seal, verify};
use rollcall::base::id::{AuditEventId, Id, UserId};
use rollcall::entity::audit_event::{self, AuditOutcome, Column};
use rollcall::entity::{audit_head, audit_personal};
use rollcall::secret::Keys;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    TransactionTrait,
};

use crate::support::process::{Node, run};
use crate::support::*;

on_each_database!(
    what_is_written_is_sealed_soon_in_order,
    an_edit_of_any_column_is_found,
    what_is_cut_out_cut_off_or_moved_is_found,
    a_chain_that_is_made_anew_is_found,
    what_is_put_in_or_edited_before_it_is_sealed_is_found,
    tampering_with_personal_halves_is_found,
    tampering_with_the_head_is_found,
    random_tampering_is_found_at_its_first_place,
    a_deleted_user_leaves_a_whole_log,
    a_changed_secret_goes_on_with_the_chain,
    events_of_before_the_chain_are_sealed_too,
    many_who_seal_make_one_chain,
    the_command_tells_whether_the_log_is_whole,
    the_command_names_the_first_event_of_each_tampering,
    the_head_is_told_by_the_metrics,
    killed_nodes_leave_a_whole_log,
);

/// Events of many kinds: with and without a team, an actor, a target, personal halves. Then the server ends, so that
/// nobody seals but the test.
async fn journey(world: &World) -> Actor {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(world, "mia", "Developer").await;
    mia.mutate("updateProfile", json!({ "name": "Mirabel" }), "")
        .await
        .ok();
    let input = json!({ "login": "mia", "password": "Wrong-Whale-42" });
    world
        .nobody()
        .mutate("login", input, "")
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    mia.ask("{ users { totalCount } }").await.refused("FORBIDDEN");
    let input = json!({ "teamId": blue.id, "name": "Blue Two" });
    blue.admin.mutate("updateTeam", input, "").await.ok();
    blue.invite("Developer").await;
    let input = json!({ "userId": mia.id, "locale": "EN" });
    root.mutate("updateUser", input, "").await;
    mia.mutate("updateProfile", json!({ "locale": "ZH_CN" }), "")
        .await
        .ok();
    world.stop().await;
    world.sealed().await;
    mia
}

/// The events in the order of the chain, and those that are not sealed at the end.
async fn events(world: &World) -> Vec<audit_event::Model> {
    let connection = world.app.database.reader();
    let all = audit_event::Entity::find().order_by_asc(Column::Position);
    let (mut sealed, waiting): (Vec<_>, Vec<_>) = all
        .all(connection)
        .await
        .unwrap()
        .into_iter()
        .partition(|event| event.position.is_some());
    sealed.extend(waiting);
    sealed
}

async fn verdict(world: &World, heads: &[Head]) -> Verdict {
    verify(&world.app.database, &world.app.keys, heads).await.unwrap()
}

async fn current_head(world: &World) -> Head {
    head(world.app.database.reader()).await.unwrap()
}

#[track_caller]
fn whole(verdict: &Verdict) {
    assert_eq!(verdict.flaw, None);
}

/// A flaw of an event that is there.
fn of(event: &audit_event::Model, position: i64, what: Wrong) -> Option<Flaw> {
    Some(Flaw {
        id: Some(event.id),
        position: Some(position),
        what,
    })
}

/// A flaw of an event that is not sealed yet.
fn of_waiting(event: &audit_event::Model, what: Wrong) -> Option<Flaw> {
    Some(Flaw {
        id: Some(event.id),
        position: None,
        what,
    })
}

/// A flaw of an event that is not.
fn at(position: i64, what: Wrong) -> Option<Flaw> {
    Some(Flaw {
        id: None,
        position: Some(position),
        what,
    })
}

/// Writes a row over the one with this id, whatever was changed in it.
async fn overwrite(world: &World, id: AuditEventId, row: audit_event::Model) {
    let done = audit_event::Entity::update_many()
        .set(row.into_active_model().reset_all())
        .filter(Column::Id.eq(id))
        .exec(world.app.database.writer())
        .await
        .unwrap();
    assert_eq!(done.rows_affected, 1);
}

async fn delete_halves(world: &World, id: AuditEventId) {
    audit_personal::Entity::delete_many()
        .filter(audit_personal::Column::EventId.eq(id))
        .exec(world.app.database.writer())
        .await
        .unwrap();
}

async fn cut_out(world: &World, event: &audit_event::Model) {
    delete_halves(world, event.id).await;
    audit_event::Entity::delete_by_id(event.id)
        .exec(world.app.database.writer())
        .await
        .unwrap();
}

async fn set_head(world: &World, head: &Head) {
    audit_head::Entity::update_many()
        .col_expr(audit_head::Column::Position, Expr::value(head.position))
        .col_expr(audit_head::Column::Hash, Expr::value(&head.hash))
        .exec(world.app.database.writer())
        .await
        .unwrap();
}

/// Lets two events change places, with all else as it was. Through a third place: no two may have one at any moment.
async fn change_places(world: &World, one: &audit_event::Model, other: &audit_event::Model) {
    let place = |row: &audit_event::Model, position| audit_event::Model {
        position,
        ..row.clone()
    };
    overwrite(world, one.id, place(one, Some(-1))).await;
    overwrite(world, other.id, place(other, one.position)).await;
    overwrite(world, one.id, place(one, other.position)).await;
}

/// Seals all that waits with these keys.
async fn sealed_by(world: &World, keys: &Keys) {
    while seal(&world.app.database, keys, &world.app.clock).await.unwrap() != Sealed::Nothing {}
}

/// The keys of somebody who does not have the secret.
fn keys_of_another() -> Keys {
    Keys::derive("a secret of somebody else, longer than 32 characters").unwrap()
}

/// The head as it was when this event was the last.
fn head_of(event: &audit_event::Model) -> Head {
    Head {
        position: event.position.unwrap(),
        hash: event.hash.clone().unwrap(),
    }
}

/// Takes the events from this one on out of the chain, as if they waited; the head goes back.
async fn unseal_from(world: &World, events: &[audit_event::Model], position: i64) {
    let before = events
        .iter()
        .find(|event| event.position == Some(position - 1))
        .map_or(Head::nothing(), head_of);
    let txn = world.app.begin().await.unwrap();
    audit_event::Entity::update_many()
        .col_expr(Column::Position, Expr::value(None::<i64>))
        .col_expr(Column::PreviousHash, Expr::value(None::<String>))
        .col_expr(Column::Hash, Expr::value(None::<String>))
        .col_expr(
            Column::SealedAt,
            Expr::value(None::<chrono::DateTime<chrono::Utc>>),
        )
        .filter(Column::Position.gte(position))
        .exec(&txn)
        .await
        .unwrap();
    audit_head::Entity::update_many()
        .col_expr(audit_head::Column::Position, Expr::value(before.position))
        .col_expr(audit_head::Column::Hash, Expr::value(before.hash))
        .exec(&txn)
        .await
        .unwrap();
    txn.commit().await.unwrap();
}

/// The whole log, to be put back after each tampering.
struct Copy {
    events: Vec<audit_event::Model>,
    halves: Vec<audit_personal::Model>,
    head: Head,
}

impl Copy {
    async fn of(world: &World) -> Self {
        whole(&verdict(world, &[]).await);
        let connection = world.app.database.reader();
        Self {
            events: events(world).await,
            halves: audit_personal::Entity::find().all(connection).await.unwrap(),
            head: current_head(world).await,
        }
    }

    async fn restore(&self, world: &World) {
        let txn = world.app.begin().await.unwrap();
        audit_personal::Entity::delete_many().exec(&txn).await.unwrap();
        audit_event::Entity::delete_many().exec(&txn).await.unwrap();
        let rows = self
            .events
            .iter()
            .cloned()
            .map(IntoActiveModel::into_active_model);
        audit_event::Entity::insert_many(rows)
            .exec_without_returning(&txn)
            .await
            .unwrap();
        let rows = self
            .halves
            .iter()
            .cloned()
            .map(IntoActiveModel::into_active_model);
        audit_personal::Entity::insert_many(rows)
            .exec_without_returning(&txn)
            .await
            .unwrap();
        audit_head::Entity::delete_many().exec(&txn).await.unwrap();
        let row = audit_head::Model {
            id: 1,
            position: self.head.position,
            hash: self.head.hash.clone(),
        };
        audit_head::Entity::insert(row.into_active_model())
            .exec_without_returning(&txn)
            .await
            .unwrap();
        txn.commit().await.unwrap();
    }
}

async fn what_is_written_is_sealed_soon_in_order(world: World) {
    let mia = world.member("mia").await;
    for name in ["Mira", "Mirabel", "Mirabella"] {
        mia.mutate("updateProfile", json!({ "name": name }), "")
            .await
            .ok();
    }
    // Nobody but the server seals here.
    let soon = async {
        while world
            .count("SELECT COUNT(*) AS n FROM audit_event WHERE position IS NULL")
            .await
            > 0
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), soon)
        .await
        .expect("the events are sealed");
    let events = events(&world).await;
    assert!(events.len() >= 6);
    let mut by_time = events.clone();
    by_time.sort_by_key(|event| (event.created_at, event.id));
    for (event, position) in by_time.iter().zip(1..) {
        assert_eq!(event.position, Some(position));
    }
    let verdict = verdict(&world, &[]).await;
    whole(&verdict);
    assert_eq!(verdict.waiting, 0);
    assert_eq!(verdict.head, head_of(events.last().unwrap()));
    assert_eq!(verdict.head, current_head(&world).await);
}

/// An event with one column changed.
type Edit = fn(&mut audit_event::Model);

async fn an_edit_of_any_column_is_found(world: World) {
    journey(&world).await;
    let copy = Copy::of(&world).await;
    let last = copy.head.position;
    let edits: [(&str, Edit, Wrong); 19] = [
        (
            "id",
            |event| event.id = AuditEventId::new(event.created_at),
            Wrong::Edited,
        ),
        (
            "created_at",
            |event| event.created_at += chrono::TimeDelta::microseconds(1),
            Wrong::Edited,
        ),
        (
            "action",
            |event| event.action = "login".to_owned() + &event.action,
            Wrong::Edited,
        ),
        (
            "outcome",
            |event| {
                event.outcome = match event.outcome {
                    AuditOutcome::Succeeded => AuditOutcome::Refused,
                    _ => AuditOutcome::Succeeded,
                }
            },
            Wrong::Edited,
        ),
        (
            "actor_id",
            |event| event.actor_id = Some(UserId::new(event.created_at)),
            Wrong::Edited,
        ),
        (
            "actor_account",
            |event| event.actor_account = Some("somebody".to_owned()),
            Wrong::Edited,
        ),
        (
            "target_id",
            |event| event.target_id = Some("user_01h455vb4pex5vsknk084sn02q".to_owned()),
            Wrong::Edited,
        ),
        (
            "target_account",
            |event| event.target_account = Some(String::new()),
            Wrong::Edited,
        ),
        (
            "target_name",
            |event| event.target_name = Some("Another".to_owned()),
            Wrong::Edited,
        ),
        (
            "team_id",
            |event| event.team_id = Some(Id::new(event.created_at)),
            Wrong::Edited,
        ),
        ("changes", |event| event.changes.push(' '), Wrong::Edited),
        ("request_id", |event| event.request_id.push('0'), Wrong::Edited),
        (
            "actor_digest",
            |event| event.actor_digest = Some("0".repeat(64)),
            Wrong::Edited,
        ),
        (
            "target_digest",
            |event| event.target_digest = Some("0".repeat(64)),
            Wrong::Edited,
        ),
        (
            "own_hash",
            |event| event.own_hash = Some("0".repeat(64)),
            Wrong::Edited,
        ),
        ("no own_hash", |event| event.own_hash = None, Wrong::NotOurs),
        (
            "previous_hash",
            |event| event.previous_hash = Some("0".repeat(64)),
            Wrong::OutOfPlace,
        ),
        ("hash", |event| event.hash = Some("0".repeat(64)), Wrong::Forged),
        (
            "sealed_at",
            |event| event.sealed_at = Some(event.created_at),
            Wrong::Forged,
        ),
    ];
    for place in [2, last / 2, last] {
        let event = copy
            .events
            .iter()
            .find(|event| event.position == Some(place))
            .unwrap();
        for (column, edit, what) in edits {
            let mut edited = event.clone();
            edit(&mut edited);
            assert_ne!(edited, *event, "{column}");
            // Foreign keys hold an event's id; who tampers may take what hangs on it away.
            if edited.id != event.id {
                delete_halves(&world, event.id).await;
            }
            let expected = of(&edited, place, what);
            overwrite(&world, event.id, edited).await;
            let verdict = verdict(&world, &[]).await;
            assert_eq!(verdict.flaw, expected, "{column} of {event:?}");
            assert_eq!(verdict.head.position, place - 1, "all before it fit");
            copy.restore(&world).await;
        }
        // Out of its place, behind the end, and to a place that there is not.
        for position in [None, Some(last + 10), Some(0), Some(-5)] {
            let mut edited = event.clone();
            edited.position = position;
            let below = position.filter(|position| *position < 1);
            let expected = match below {
                Some(below) => of(event, below, Wrong::OutOfPlace),
                // The last one of all leaves no gap, but the database's head.
                None if place == last && position.is_none() => at(last, Wrong::CutOff(last)),
                None => at(place, Wrong::Missing),
            };
            overwrite(&world, event.id, edited).await;
            assert_eq!(verdict(&world, &[]).await.flaw, expected, "{position:?}");
            copy.restore(&world).await;
        }
    }
    whole(&verdict(&world, &[]).await);
}

async fn what_is_cut_out_cut_off_or_moved_is_found(world: World) {
    journey(&world).await;
    let copy = Copy::of(&world).await;
    let last = copy.head.position;
    let event = |position: i64| {
        copy.events
            .iter()
            .find(move |event| event.position == Some(position))
            .unwrap()
    };
    for place in 1..last {
        cut_out(&world, event(place)).await;
        assert_eq!(verdict(&world, &[]).await.flaw, at(place, Wrong::Missing));
        copy.restore(&world).await;
    }
    // The tail: what forgets the database's head, and what does not.
    for left in [last - 1, last / 2, 1] {
        for gone in copy.events.iter().filter(|event| event.position > Some(left)) {
            cut_out(&world, gone).await;
        }
        assert_eq!(verdict(&world, &[]).await.flaw, at(left + 1, Wrong::CutOff(last)));
        set_head(&world, &head_of(event(left))).await;
        whole(&verdict(&world, &[]).await);
        // A head of before holds still; one of after tells.
        whole(&verdict(&world, &[head_of(event(1)), head_of(event(left))]).await);
        let heads = [head_of(event(1)), copy.head.clone()];
        assert_eq!(
            verdict(&world, &heads).await.flaw,
            at(left + 1, Wrong::CutOff(last))
        );
        copy.restore(&world).await;
    }
    // All of it.
    for gone in &copy.events {
        cut_out(&world, gone).await;
    }
    set_head(&world, &Head::nothing()).await;
    assert_eq!(verdict(&world, &[]).await.flaw, at(1, Wrong::Empty));
    let heads = [copy.head.clone()];
    assert_eq!(verdict(&world, &heads).await.flaw, at(1, Wrong::CutOff(last)));
    copy.restore(&world).await;
    // Two change places, with their hashes or without.
    for (one, other) in [(1, 2), (2, last), (last - 1, last)] {
        let (first, second) = (event(one), event(other));
        for with_hashes in [false, true] {
            let place = |row: &audit_event::Model, of: &audit_event::Model| {
                let mut row = row.clone();
                row.position = of.position;
                if with_hashes {
                    row.previous_hash.clone_from(&of.previous_hash);
                    row.hash.clone_from(&of.hash);
                }
                row
            };
            // Through a third place: no two may have one at any moment.
            let mut aside = first.clone();
            aside.position = Some(last + 1);
            overwrite(&world, first.id, aside).await;
            overwrite(&world, second.id, place(second, first)).await;
            overwrite(&world, first.id, place(first, second)).await;
            let what = if with_hashes {
                Wrong::Forged
            } else {
                Wrong::OutOfPlace
            };
            assert_eq!(verdict(&world, &[]).await.flaw, of(second, one, what));
            copy.restore(&world).await;
        }
    }
    whole(&verdict(&world, std::slice::from_ref(&copy.head)).await);
}

async fn a_chain_that_is_made_anew_is_found(world: World) {
    journey(&world).await;
    let copy = Copy::of(&world).await;
    let last = copy.head.position;
    let place = last / 2;
    let event = copy
        .events
        .iter()
        .find(|event| event.position == Some(place))
        .unwrap();
    let others = keys_of_another();
    let mut edited = event.clone();
    edited.actor_account = Some("somebody".to_owned());
    // Without the key: the chain is whole in itself, but its hashes are not ours. The whole of it as well as a part.
    for (place, event) in [(1, &copy.events[0]), (place, event)] {
        unseal_from(&world, &copy.events, place).await;
        sealed_by(&world, &others).await;
        assert_eq!(current_head(&world).await.position, last);
        let found = verdict(&world, &[]).await;
        assert_eq!(found.flaw, of(event, place, Wrong::Forged));
        assert_eq!(found.head.position, place - 1, "all before it fit");
        copy.restore(&world).await;
    }
    // Another log in its place, from the first event on: neither the events' own hashes nor the chain's are ours.
    write_another_log(&world, &copy.events, &others).await;
    let first = events(&world).await.remove(0);
    assert_eq!(verdict(&world, &[]).await.flaw, of(&first, 1, Wrong::Edited));
    copy.restore(&world).await;
    // By the server itself, after an edit: the event's own hash tells.
    edited.position = None;
    edited.previous_hash = None;
    edited.hash = None;
    edited.sealed_at = None;
    unseal_from(&world, &copy.events, place).await;
    overwrite(&world, event.id, edited.clone()).await;
    world.sealed().await;
    assert_eq!(verdict(&world, &[]).await.flaw, of(event, place, Wrong::Edited));
    copy.restore(&world).await;
    // By the server itself, after one was cut out: only a head that was kept elsewhere tells.
    unseal_from(&world, &copy.events, place).await;
    cut_out(&world, event).await;
    world.sealed().await;
    whole(&verdict(&world, &[]).await);
    assert_eq!(
        verdict(&world, std::slice::from_ref(&copy.head)).await.flaw,
        at(last, Wrong::CutOff(last))
    );
    let found = verdict(&world, &[head_of(event)]).await.flaw.unwrap();
    assert_eq!((found.position, found.what), (Some(place), Wrong::OtherHead));
    copy.restore(&world).await;
    whole(&verdict(&world, std::slice::from_ref(&copy.head)).await);
}

/// An event of nobody, as a verb writes it, but with these keys.
async fn record(world: &World, keys: &Keys) {
    let txn = world.app.begin().await.unwrap();
    record_in(
        &txn,
        keys,
        world.app.now(),
        &Viewer::default(),
        Event::done(Action::Logout),
    )
    .await
    .unwrap();
    txn.commit().await.unwrap();
}

/// Writes another log in the place of these events: as many of them, all with these keys, and a head that fits.
async fn write_another_log(world: &World, events: &[audit_event::Model], keys: &Keys) {
    for event in events {
        cut_out(world, event).await;
    }
    set_head(world, &Head::nothing()).await;
    for _ in events {
        record(world, keys).await;
    }
    sealed_by(world, keys).await;
    let head = current_head(world).await;
    assert_eq!(usize::try_from(head.position).unwrap(), events.len());
}

async fn what_is_put_in_or_edited_before_it_is_sealed_is_found(world: World) {
    journey(&world).await;
    let copy = Copy::of(&world).await;
    let next = copy.head.position + 1;
    // By somebody without the key.
    let others = keys_of_another();
    record(&world, &others).await;
    let put_in = events(&world).await.pop().unwrap();
    let before = verdict(&world, &[]).await;
    assert_eq!(
        (before.waiting, before.flaw),
        (1, of_waiting(&put_in, Wrong::Edited))
    );
    world.sealed().await;
    assert_eq!(verdict(&world, &[]).await.flaw, of(&put_in, next, Wrong::Edited));
    copy.restore(&world).await;
    // With no hash at all, as if it were of a time before there were any.
    record(&world, &others).await;
    let mut put_in = events(&world).await.pop().unwrap();
    put_in.own_hash = None;
    overwrite(&world, put_in.id, put_in.clone()).await;
    assert_eq!(
        verdict(&world, &[]).await.flaw,
        of_waiting(&put_in, Wrong::NotOurs)
    );
    world.sealed().await;
    assert_eq!(verdict(&world, &[]).await.flaw, of(&put_in, next, Wrong::NotOurs));
    copy.restore(&world).await;
    // One of ours, edited while it waited.
    record(&world, &world.app.keys).await;
    let mut edited = events(&world).await.pop().unwrap();
    "login".clone_into(&mut edited.action);
    overwrite(&world, edited.id, edited.clone()).await;
    assert_eq!(
        verdict(&world, &[]).await.flaw,
        of_waiting(&edited, Wrong::Edited)
    );
    world.sealed().await;
    assert_eq!(verdict(&world, &[]).await.flaw, of(&edited, next, Wrong::Edited));
    copy.restore(&world).await;
    record(&world, &world.app.keys).await;
    world.sealed().await;
    whole(&verdict(&world, &[]).await);
}

async fn tampering_with_personal_halves_is_found(world: World) {
    let mia = journey(&world).await;
    let mia_id = UserId::parse(&mia.id).unwrap();
    let copy = Copy::of(&world).await;
    let connection = world.app.database.writer();
    let sides = [("ACTOR", Side::Actor), ("TARGET", Side::Target)];
    let mut seen = 0;
    for event in copy.events.iter().rev() {
        for (name, side) in sides {
            let of_half = |row: &&audit_personal::Model| row.event_id == event.id && row.side == name;
            let Some(half) = copy.halves.iter().find(of_half) else {
                continue;
            };
            seen += 1;
            let edits: [fn(&mut audit_personal::Model); 3] = [
                |row| row.data = row.data.replace(':', ": "),
                |row| row.salt.push('0'),
                |row| row.user_id = UserId::new(chrono::DateTime::UNIX_EPOCH),
            ];
            for edit in edits {
                let mut edited = half.clone();
                edit(&mut edited);
                edited
                    .into_active_model()
                    .reset_all()
                    .update(connection)
                    .await
                    .unwrap();
                let expected = of(event, event.position.unwrap(), Wrong::PersonalEdited(side));
                assert_eq!(verdict(&world, &[]).await.flaw, expected);
                half.clone()
                    .into_active_model()
                    .reset_all()
                    .update(connection)
                    .await
                    .unwrap();
            }
            half.clone().into_active_model().delete(connection).await.unwrap();
            let expected = of(event, event.position.unwrap(), Wrong::PersonalMissing(side));
            assert_eq!(verdict(&world, &[]).await.flaw, expected);
            half.clone().into_active_model().insert(connection).await.unwrap();
        }
    }
    assert!(seen > 20, "{seen}");
    // A half that the event never had.
    let without = copy
        .events
        .iter()
        .find(|event| event.target_digest.is_none())
        .unwrap();
    let row = audit_personal::Model {
        event_id: without.id,
        side: "TARGET".to_owned(),
        user_id: mia_id,
        salt: "0".repeat(32),
        data: "{}".to_owned(),
    };
    row.into_active_model().insert(connection).await.unwrap();
    let position = without.position.unwrap();
    let expected = of(without, position, Wrong::PersonalEdited(Side::Target));
    assert_eq!(verdict(&world, &[]).await.flaw, expected);
}

async fn tampering_with_the_head_is_found(world: World) {
    journey(&world).await;
    let copy = Copy::of(&world).await;
    let (last, event) = (copy.head.position, copy.events.last().unwrap());
    let other = |position: i64, hash: &str| Head {
        position,
        hash: hash.to_owned(),
    };
    set_head(&world, &other(last, &"0".repeat(64))).await;
    assert_eq!(verdict(&world, &[]).await.flaw, of(event, last, Wrong::OtherHead));
    set_head(&world, &other(last + 1, &copy.head.hash)).await;
    assert_eq!(
        verdict(&world, &[]).await.flaw,
        at(last + 1, Wrong::CutOff(last + 1))
    );
    set_head(&world, &head_of(&copy.events[0])).await;
    assert_eq!(verdict(&world, &[]).await.flaw, at(last, Wrong::HeadBehind(1)));
    set_head(&world, &other(0, "none")).await;
    assert_eq!(verdict(&world, &[]).await.flaw, at(0, Wrong::OtherHead));
    world.execute("DELETE FROM audit_head").await;
    assert_eq!(verdict(&world, &[]).await.flaw, at(0, Wrong::NoHead));
    copy.restore(&world).await;
    // A head that was never one of this log.
    let heads = [other(2, &"ab".repeat(32))];
    assert_eq!(
        verdict(&world, &heads).await.flaw,
        of(&copy.events[1], 2, Wrong::OtherHead)
    );
    whole(&verdict(&world, &[Head::nothing()]).await);
}

/// What is done to a log, by places that are counted from its beginning.
#[derive(Clone, Debug)]
enum Tampering {
    Edit {
        place: usize,
        column: usize,
        text: String,
    },
    CutOut {
        place: usize,
    },
    Swap {
        one: usize,
        other: usize,
    },
}

fn tamperings() -> impl Strategy<Value = Vec<Tampering>> {
    let one = prop_oneof![
        4 => (0..100_usize, 0..7_usize, "\\PC{1,8}")
            .prop_map(|(place, column, text)| Tampering::Edit { place, column, text }),
        1 => (0..100_usize).prop_map(|place| Tampering::CutOut { place }),
        1 => (0..100_usize, 0..100_usize).prop_map(|(one, other)| Tampering::Swap { one, other }),
    ];
    prop::collection::vec(one, 1..4)
}

async fn random_tampering_is_found_at_its_first_place(world: World) {
    journey(&world).await;
    let copy = Copy::of(&world).await;
    let count = copy.events.len();
    let mut runner = TestRunner::deterministic();
    for _ in 0..48 {
        let tampering = tamperings().new_tree(&mut runner).unwrap().current();
        let mut first = usize::MAX;
        let mut touched = std::collections::HashSet::new();
        for step in &tampering {
            match step {
                Tampering::Edit { place, column, text } => {
                    let place = place % count;
                    if !touched.insert(place) {
                        continue;
                    }
                    let mut row = copy.events[place].clone();
                    // Longer than before, or another: in any case not what it was.
                    match column {
                        0 => row.action = format!("{}{text}", row.action).chars().take(48).collect(),
                        1 => row.actor_account = Some(text.clone()),
                        2 => row.target_name = Some(text.clone()),
                        3 => row.changes.push_str(text),
                        4 => row.target_id = Some(text.clone()),
                        5 => row.hash = Some(text.clone()),
                        _ => row.own_hash = Some(text.clone()),
                    }
                    overwrite(&world, row.id, row).await;
                    first = first.min(place);
                }
                Tampering::CutOut { place } => {
                    let place = place % count;
                    if touched.insert(place) {
                        cut_out(&world, &copy.events[place]).await;
                        first = first.min(place);
                    }
                }
                Tampering::Swap { one, other } => {
                    let (one, other) = (one % count, other % count);
                    if one == other || touched.contains(&one) || touched.contains(&other) {
                        continue;
                    }
                    touched.extend([one, other]);
                    change_places(&world, &copy.events[one], &copy.events[other]).await;
                    first = first.min(one).min(other);
                }
            }
        }
        if first == usize::MAX {
            continue;
        }
        let flaw = verdict(&world, &[])
            .await
            .flaw
            .unwrap_or_else(|| panic!("{tampering:?}"));
        let position = i64::try_from(first + 1).unwrap();
        assert_eq!(flaw.position, Some(position), "{tampering:?}: {flaw}");
        copy.restore(&world).await;
    }
    whole(&verdict(&world, &[]).await);
}

async fn a_deleted_user_leaves_a_whole_log(world: World) {
    let root = world.super_admin().await;
    let (mia, lia) = (world.member("mia").await, world.member("lia").await);
    lia.mutate("updateProfile", json!({ "name": "Liana" }), "")
        .await
        .ok();
    world.sealed().await;
    let before = current_head(&world).await;
    for user in [&mia, &lia] {
        root.mutate("deleteUser", json!({ "userId": user.id }), "")
            .await
            .ok();
    }
    world.sealed().await;
    let of_mia = audit_personal::Column::UserId.eq(UserId::parse(&mia.id).unwrap());
    let left = audit_personal::Entity::find().filter(of_mia);
    assert!(left.all(world.app.database.reader()).await.unwrap().is_empty());
    let verdict = verdict(&world, &[before]).await;
    whole(&verdict);
    assert_eq!(verdict.waiting, 0);
}

async fn a_changed_secret_goes_on_with_the_chain(world: World) {
    journey(&world).await;
    let old = std::fs::read_to_string(world.app.settings.secret_file()).unwrap();
    let new = "a new secret, which is longer than 32 characters";
    let both = Keys::derive(&format!("{new}\n{old}")).unwrap();
    let last = current_head(&world).await.position;
    for _ in 0..2 {
        record(&world, &both).await;
        assert!(matches!(
            seal(&world.app.database, &both, &world.app.clock).await.unwrap(),
            Sealed::Batch { count: 1, .. }
        ));
    }
    let database = &world.app.database;
    let all = verify(database, &both, &[]).await.unwrap();
    whole(&all);
    assert_eq!(all.head.position, last + 2);
    // Each part needs its line.
    let found = verify(database, &world.app.keys, &[])
        .await
        .unwrap()
        .flaw
        .unwrap();
    assert_eq!((found.position, found.what), (Some(last + 1), Wrong::Edited));
    let found = verify(database, &Keys::derive(new).unwrap(), &[]).await.unwrap();
    let found = found.flaw.unwrap();
    assert_eq!((found.position, found.what), (Some(1), Wrong::Edited));
}

async fn events_of_before_the_chain_are_sealed_too(world: World) {
    journey(&world).await;
    let all = events(&world).await;
    unseal_from(&world, &all, 1).await;
    // As a version that made neither hashes nor a chain left them.
    for event in &all[..3] {
        let mut row = event.clone();
        row.own_hash = None;
        row.position = None;
        row.previous_hash = None;
        row.hash = None;
        row.sealed_at = None;
        overwrite(&world, event.id, row).await;
    }
    assert_eq!(verdict(&world, &[]).await.waiting, all.len() as u64);
    world.sealed().await;
    let found = verdict(&world, &[]).await;
    whole(&found);
    assert_eq!(usize::try_from(found.head.position).unwrap(), all.len());
    // The chain covers them like the others.
    let mut edited = events(&world).await.remove(1);
    edited.changes.push(' ');
    overwrite(&world, edited.id, edited.clone()).await;
    assert_eq!(verdict(&world, &[]).await.flaw, of(&edited, 2, Wrong::Forged));
}

async fn many_who_seal_make_one_chain(world: World) {
    let mut actors = Vec::new();
    for account in ["mia", "lia", "nia", "kia"] {
        actors.push(world.member(account).await);
    }
    let before = events(&world).await.len();
    let writers = actors.iter().map(|actor| async move {
        for n in 0..12 {
            let name = format!("{}-{n}", actor.account);
            actor
                .mutate("updateProfile", json!({ "name": name }), "")
                .await
                .ok();
        }
    });
    let (done, ended) = tokio::sync::watch::channel(false);
    let sealers: Vec<_> = (0..3)
        .map(|_| {
            let (app, ended) = (world.app.clone(), ended.clone());
            tokio::spawn(async move {
                let mut sealed = 0;
                while !*ended.borrow() {
                    // Who does not get its turn has lost nothing; no attempt fails.
                    if let Sealed::Batch { count, .. } =
                        seal(&app.database, &app.keys, &app.clock).await.unwrap()
                    {
                        sealed += count;
                    }
                    tokio::task::yield_now().await;
                }
                sealed
            })
        })
        .collect();
    futures::future::join_all(writers).await;
    done.send(true).unwrap();
    for sealer in sealers {
        sealer.await.unwrap();
    }
    world.sealed().await;
    let found = verdict(&world, &[]).await;
    whole(&found);
    assert_eq!(found.waiting, 0);
    let events = events(&world).await;
    assert_eq!(events.len(), before + 48);
    for (event, position) in events.iter().zip(1..) {
        assert_eq!(event.position, Some(position));
    }
}

/// Runs `rollcall audit …` beside the world's server; answers the exit code and what it printed.
async fn audit(world: &World, arguments: &[&str]) -> (Option<i32>, String, String) {
    let data_dir = world.folder.path().display().to_string();
    let settings = ["--data-dir", &data_dir, "--database-url", &world.database_url];
    let output = run(&[&["audit"], arguments, &settings].concat(), &[]).await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

async fn the_command_tells_whether_the_log_is_whole(world: World) {
    let mia = world.member("mia").await;
    world.sealed().await;
    let (code, printed, _) = audit(&world, &["head"]).await;
    let exported: Head = printed.parse().unwrap();
    assert_eq!((code, &exported), (Some(0), &current_head(&world).await));
    assert_eq!(printed, format!("{exported}\n"));
    mia.mutate("updateProfile", json!({ "name": "Mirabel" }), "")
        .await
        .ok();
    world.sealed().await;
    let newest = current_head(&world).await;
    let file = world.folder.path().join("heads");
    let file_name = file.display().to_string();
    std::fs::write(&file, format!("{exported}\n\n{newest}\n")).unwrap();
    let expected = format!(
        "events:  {}\nhead:    {newest}\nwaiting: 0\nwhole:   yes\n",
        newest.position
    );
    for arguments in [
        vec!["verify"],
        vec!["verify", "--head", &printed],
        vec!["verify", "--head-file", &file_name, "--head", &printed],
    ] {
        let (code, printed, said) = audit(&world, &arguments).await;
        assert_eq!((code, printed.as_str()), (Some(0), expected.as_str()), "{said}");
    }
    // Bad use.
    std::fs::write(&file, format!("{exported}\nnonsense\n")).unwrap();
    for (arguments, named) in [
        (vec!["verify", "--head", "nonsense"], "--head"),
        (vec!["verify", "--head-file", "/no/such/file"], "/no/such/file"),
        (vec!["verify", "--head-file", &file_name], "line 2"),
        (vec!["nonsense"], "nonsense"),
    ] {
        let (code, _, said) = audit(&world, &arguments).await;
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(named), "{said}");
    }
    // A head that the log does not reach.
    let beyond = format!("{} {}", newest.position + 1, newest.hash);
    let (code, printed, said) = audit(&world, &["verify", "--head", &beyond]).await;
    assert_eq!(code, Some(1));
    let first = format!("first:   position {}: it is missing", newest.position + 1);
    assert!(
        printed.contains("whole:   no\n") && printed.contains(&first),
        "{printed}"
    );
    assert!(said.contains("the audit log is not whole"), "{said}");
    // With another secret nothing can be told, and in a wrong folder there is nothing.
    std::fs::write(&file, "a secret of somebody else, longer than 32 characters").unwrap();
    let (code, _, said) = audit(&world, &["verify", "--secret-file", &file_name]).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("the secret file is not the one"), "{said}");
    let elsewhere = world.folder.path().join("elsewhere");
    let elsewhere_name = elsewhere.display().to_string();
    let output = run(&["audit", "verify", "--data-dir", &elsewhere_name], &[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(!elsewhere.exists());
}

/// What the command says does not fit first, in a log of which only so many events fit.
async fn first_flaw(world: &World, arguments: &[&str], fitting: i64) -> String {
    let (code, printed, said) = audit(world, arguments).await;
    assert_eq!(code, Some(1), "{printed}{said}");
    let first = printed
        .strip_prefix("whole:   no\nfirst:   ")
        .and_then(|rest| rest.strip_suffix(&format!("\nbefore:  {fitting} that fit\n")))
        .unwrap_or_else(|| panic!("{printed}"));
    // To whoever reads only the errors too.
    assert!(
        said.ends_with(&format!("error: the audit log is not whole: {first}\n")),
        "{said}"
    );
    first.to_owned()
}

async fn the_command_names_the_first_event_of_each_tampering(world: World) {
    journey(&world).await;
    let copy = Copy::of(&world).await;
    let (log, last) = (&copy.events, copy.head.position);
    let exported = copy.head.to_string();
    let place = last / 2;
    let event = &log[usize::try_from(place).unwrap() - 1];
    let alone: &[&str] = &["verify"];
    let with_head: &[&str] = &["verify", "--head", &exported];
    let (code, _, said) = audit(&world, with_head).await;
    assert_eq!(code, Some(0), "{said}");
    // An edit.
    let mut edited = event.clone();
    edited.changes.push(' ');
    overwrite(&world, event.id, edited).await;
    let others_secret = "with a secret that is not in the secret file any more";
    assert_eq!(
        first_flaw(&world, alone, place - 1).await,
        format!(
            "{} at position {place}: it was edited, or written {others_secret}",
            event.id
        )
    );
    copy.restore(&world).await;
    // A cut.
    cut_out(&world, event).await;
    assert_eq!(
        first_flaw(&world, alone, place - 1).await,
        format!("position {place}: it is missing: it was cut out")
    );
    copy.restore(&world).await;
    // A tail that is cut off, with the database's own head: nothing but the exported one tells.
    for gone in log.iter().filter(|event| event.position > Some(place)) {
        cut_out(&world, gone).await;
    }
    set_head(&world, &head_of(event)).await;
    let (code, printed, said) = audit(&world, alone).await;
    assert_eq!(code, Some(0), "{printed}{said}");
    assert_eq!(
        first_flaw(&world, with_head, place).await,
        format!(
            "position {}: it is missing: the log went up to position {last}, and its tail was cut off",
            place + 1
        )
    );
    copy.restore(&world).await;
    // Two that change places: the one that comes first now is named.
    let next = &log[usize::try_from(place).unwrap()];
    change_places(&world, event, next).await;
    assert_eq!(
        first_flaw(&world, alone, place - 1).await,
        format!(
            "{} at position {place}: it is not in its place: events were moved, or what stood before it was changed",
            next.id
        )
    );
    copy.restore(&world).await;
    // A chain that is made anew with another key, and a whole log.
    let others = keys_of_another();
    unseal_from(&world, log, 1).await;
    sealed_by(&world, &others).await;
    assert_eq!(
        first_flaw(&world, alone, 0).await,
        format!(
            "{} at position 1: its hash is not ours: it was forged, or sealed {others_secret}",
            log[0].id
        )
    );
    copy.restore(&world).await;
    write_another_log(&world, log, &others).await;
    let first = events(&world).await.remove(0);
    assert_eq!(
        first_flaw(&world, alone, 0).await,
        format!(
            "{} at position 1: it was edited, or written {others_secret}",
            first.id
        )
    );
    copy.restore(&world).await;
    let (code, _, said) = audit(&world, with_head).await;
    assert_eq!(code, Some(0), "{said}");
}

async fn the_head_is_told_by_the_metrics(world: World) {
    world.member("mia").await;
    world.stop().await;
    world.sealed().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/metrics", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let served = tokio::spawn(rollcall::http::serve_metrics(
        world.app.clone(),
        listener,
        stopped,
    ));
    let metrics = async || {
        let response = reqwest::get(&url).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(
            response.headers()["content-type"],
            "text/plain; version=0.0.4; charset=utf-8"
        );
        response.text().await.unwrap()
    };
    let value = |text: &str, name: &str| {
        let found = text
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name} ")));
        found
            .unwrap_or_else(|| panic!("{name} in {text}"))
            .parse::<f64>()
            .unwrap()
    };
    let Head { position, hash } = current_head(&world).await;
    let text = metrics().await;
    assert!(
        text.contains(&format!("\nrollcall_audit_head_position {position}\n")),
        "{text}"
    );
    let info = format!("\nrollcall_audit_head_info{{position=\"{position}\",hash=\"{hash}\"}} 1\n");
    assert!(text.contains(&info), "{text}");
    assert_eq!(value(&text, "rollcall_audit_unsealed_events") as u32, 0);
    assert_eq!(
        value(&text, "rollcall_audit_oldest_unsealed_age_seconds") as u32,
        0
    );
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        for about in ["HELP", "TYPE"] {
            assert!(text.contains(&format!("# {about} {name} ")), "{name}");
        }
    }
    record(&world, &world.app.keys).await;
    record(&world, &world.app.keys).await;
    world.pass(chrono::TimeDelta::seconds(90));
    let text = metrics().await;
    assert_eq!(value(&text, "rollcall_audit_unsealed_events") as u32, 2);
    let age = value(&text, "rollcall_audit_oldest_unsealed_age_seconds");
    assert!((90.0..120.0).contains(&age), "{age}");
    assert_eq!(
        reqwest::get(url.replace("/metrics", "/")).await.unwrap().status(),
        404
    );
    // And not on the public address.
    stop.send(true).unwrap();
    served.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_tells_its_head_in_its_log_and_serves_metrics_where_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let password = crate::support::actor::PASSWORD;
    let flags = [
        "--super-admin-password",
        password,
        "--metrics-listen",
        "127.0.0.1:0",
    ];
    let node = Node::start(folder.path(), &flags).await;
    let input = json!({ "login": "admin", "password": password });
    Actor::nobody(&node.url).mutate("login", input, "step").await.ok();
    let metrics = node
        .greeting
        .lines()
        .find_map(|line| line.trim().strip_prefix("metrics:"));
    let metrics = metrics.expect("the greeting names the metrics").trim().to_owned();
    let text = reqwest::get(&metrics).await.unwrap().text().await.unwrap();
    assert!(text.contains("rollcall_audit_head_position "), "{text}");
    let public = reqwest::get(format!("{}/metrics", node.url)).await.unwrap();
    assert_eq!(public.status(), 404);
    let (status, log) = node.stop().await;
    assert!(status.success());
    // All is sealed before it ends, and the last head is told.
    let data_dir = folder.path().display().to_string();
    let output = run(&["audit", "head", "--data-dir", &data_dir], &[]).await;
    let head: Head = String::from_utf8(output.stdout).unwrap().parse().unwrap();
    let told = log
        .lines()
        .rfind(|line| line.contains("rollcall::audit::head"))
        .unwrap();
    assert!(told.contains("INFO"), "{told}");
    assert!(
        told.contains(&format!("position={} hash=\"{}\"", head.position, head.hash)),
        "{told}"
    );
    let output = run(&["audit", "verify", "--data-dir", &data_dir], &[]).await;
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("waiting: 0\nwhole:   yes\n"), "{printed}");
}

/// Writes of verbs, each of which has to come through although something else goes on.
async fn writes_go_on(actor: &Actor) {
    let writes = async {
        for n in 0..10 {
            let name = format!("{}-{n}", actor.account);
            actor
                .mutate("updateProfile", json!({ "name": name }), "")
                .await
                .ok();
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(10), writes).await;
    done.expect("a write waits for nobody");
}

/// Where several write at once: the same on both servers. (On SQLite who writes is alone.)
mod with_many_writers {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn an_event_that_is_committed_late_is_sealed_once_at_the_end_on_postgres() {
        committed_late(World::new(Store::Postgres).await).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_event_that_is_committed_late_is_sealed_once_at_the_end_on_mariadb() {
        committed_late(World::new(Store::MariaDb).await).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_sealer_that_hangs_or_dies_keeps_nobody_waiting_on_postgres() {
        hanging_sealer(World::new(Store::Postgres).await).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_sealer_that_hangs_or_dies_keeps_nobody_waiting_on_mariadb() {
        hanging_sealer(World::new(Store::MariaDb).await).await;
    }
}

async fn committed_late(world: World) {
    let mia = world.member("mia").await;
    let late = world.app.begin().await.unwrap();
    let event = Event::done(Action::Logout);
    world
        .app
        .record_in(&late, &Viewer::default(), event)
        .await
        .unwrap();
    // Others write, and are sealed, while it is open.
    writes_go_on(&mia).await;
    world.sealed().await;
    let before = current_head(&world).await;
    whole(&verdict(&world, &[]).await);
    late.commit().await.unwrap();
    world.sealed().await;
    let events = events(&world).await;
    let last = events.last().unwrap();
    assert_eq!(
        (last.action.as_str(), last.position),
        ("logout", Some(before.position + 1))
    );
    let earlier = &events[events.len() - 5];
    assert!(last.id < earlier.id && last.created_at < earlier.created_at);
    assert_eq!(events.iter().filter(|event| event.id == last.id).count(), 1);
    whole(&verdict(&world, &[before]).await);
}

async fn hanging_sealer(world: World) {
    let mia = world.member("mia").await;
    world.sealed().await;
    let before = current_head(&world).await;
    // Another node, in the middle of its sealing: it has the head, and has given an event its place.
    let node = sea_orm::Database::connect(&world.database_url).await.unwrap();
    let sealing = node.begin().await.unwrap();
    sealing
        .execute_unprepared("SELECT * FROM audit_head FOR UPDATE")
        .await
        .unwrap();
    writes_go_on(&mia).await;
    let waiting = events(&world).await.pop().unwrap();
    assert_eq!(waiting.position, None);
    audit_event::Entity::update_many()
        .col_expr(Column::Position, Expr::value(1_000_000_i64))
        .filter(Column::Id.eq(waiting.id))
        .exec(&sealing)
        .await
        .unwrap();
    writes_go_on(&mia).await;
    // Who would seal finds it taken, and does not wait.
    let database = &world.app.database;
    let attempt = seal(database, &world.app.keys, &world.app.clock);
    let attempt = tokio::time::timeout(Duration::from_secs(5), attempt).await;
    assert_eq!(attempt.expect("it does not wait").unwrap(), Sealed::Elsewhere);
    assert_eq!(current_head(&world).await, before);
    // It is killed. Nothing of what it did is left, and the others go on.
    let (own_id, kill) = match world.store {
        Store::MariaDb => ("CAST(CONNECTION_ID() AS SIGNED)", "KILL CONNECTION"),
        _ => ("CAST(pg_backend_pid() AS BIGINT)", "SELECT pg_terminate_backend"),
    };
    let own_id =
        sea_orm::Statement::from_string(sealing.get_database_backend(), format!("SELECT {own_id} AS n"));
    let row = sealing.query_one_raw(own_id).await.unwrap().unwrap();
    let id: i64 = row.try_get("", "n").unwrap();
    let id = if world.store == Store::MariaDb {
        format!(" {id}")
    } else {
        format!("({id}::int)")
    };
    world.execute(&format!("{kill}{id}")).await;
    world.sealed().await;
    let found = verdict(&world, std::slice::from_ref(&before)).await;
    whole(&found);
    assert!(found.head.position >= before.position + 20);
    drop(sealing);
}

/// Kills servers in the middle of writing and sealing; what was answered is in the log, and the log is whole.
async fn killed_nodes_leave_a_whole_log(world: World) {
    let actors = [world.member("mia").await, world.member("lia").await];
    world.stop().await;
    let before = events(&world).await.len();
    let flags = [
        "--database-url",
        &world.database_url,
        "--smtp-url",
        &world.mail.url,
    ];
    let mut answered = 0;
    for round in 0..4 {
        let node = Node::start(world.folder.path(), &flags).await;
        let (count, mut counted) = tokio::sync::watch::channel(0);
        let writers: Vec<_> = actors
            .iter()
            .map(|actor| {
                let (actor, count) = (actor.at(&node.url), count.clone());
                tokio::spawn(async move {
                    let document = "mutation($input: UpdateProfileInput!) \
                                    { updateProfile(input: $input) { userErrors { code } } }";
                    for n in 0.. {
                        let body = json!({ "query": document, "variables": { "input": { "name": format!("name-{n}") } } });
                        let request = actor.client.post(format!("{}/graphql", actor.url)).json(&body);
                        let sent = request.bearer_auth(actor.token.as_ref().unwrap()).send().await;
                        let Ok(response) = sent else { return };
                        if response.text().await.is_ok_and(|text| text.contains("\"userErrors\":[]")) {
                            count.send_modify(|count| *count += 1);
                        }
                    }
                })
            })
            .collect();
        // Long enough for some sealing, and each time at another moment of it.
        let enough = counted
            .wait_for(|count| *count > 40 + round * 7)
            .await
            .map(|_| ());
        enough.unwrap();
        drop(node);
        for writer in writers {
            writer.await.unwrap();
        }
        answered += *counted.borrow();
    }
    world.sealed().await;
    let found = verdict(&world, &[]).await;
    whole(&found);
    let events = events(&world).await;
    assert!(
        events.len() >= before + answered,
        "{} {before} {answered}",
        events.len()
    );
    for (event, position) in events.iter().zip(1..) {
        assert_eq!(event.position, Some(position));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_there_twice_is_found_where_the_constraints_are_gone() {
    let world = World::new(Store::Postgres).await;
    journey(&world).await;
    let copy = Copy::of(&world).await;
    let event = &copy.events[2];
    world
        .execute("ALTER TABLE audit_event DROP CONSTRAINT audit_event_pkey CASCADE")
        .await;
    world
        .execute("ALTER TABLE audit_event DROP CONSTRAINT audit_event_position")
        .await;
    let insert = async |row: &audit_event::Model| {
        audit_event::Entity::insert(row.clone().into_active_model())
            .exec_without_returning(world.app.database.writer())
            .await
            .unwrap();
    };
    // One that is a whole copy has no place of its own.
    insert(event).await;
    assert_eq!(verdict(&world, &[]).await.flaw, of(event, 3, Wrong::OutOfPlace));
    copy.restore(&world).await;
    // One that is sealed again has one, but not its own id.
    let mut again = event.clone();
    again.position = None;
    again.previous_hash = None;
    again.hash = None;
    again.sealed_at = None;
    insert(&again).await;
    world.sealed().await;
    let found = verdict(&world, &[]).await.flaw.unwrap();
    assert_eq!((found.id, found.what), (Some(event.id), Wrong::IdTwice));
}
