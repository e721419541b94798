//! An answer does not tell by its time who has an account.
//!
//! What is known and what is not are asked for in turns, so that whatever else the machine does falls on both alike.
//! A round whose medians are further apart is noise, or a fault: a fault is there in each round.

use std::time::{Duration, Instant};

use rollcall::entity::{user, user_search};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::support::actor::PASSWORD;
use crate::support::*;

/// How many of each are timed.
const ASKED: usize = 200;
/// How far the medians may be apart, in hundredths.
const APART: f64 = 5.0;
const ROUNDS: usize = 4;

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1_000.0
}

/// Whom the questions are about: `user0`… with a bound address each, and nobody.
async fn people(world: &World) {
    let root = world.super_admin().await;
    for n in 0..ASKED {
        let account = format!("user{n}");
        let input =
            json!({ "name": account, "account": account, "accountType": "MEMBER", "password": PASSWORD });
        root.mutate("createUser", input, "user { id }").await.ok();
    }
    let address = "account_folded || '@example.com'";
    let address = match world.store {
        Store::MariaDb => "CONCAT(account_folded, '@example.com')",
        _ => address,
    };
    world
        .execute(&format!(
            "UPDATE \"user\" SET email = {address}, email_folded = {address} WHERE account LIKE 'user%'"
        ))
        .await;
    world
        .execute("INSERT INTO login_name (login, user_id) SELECT email_folded, id FROM \"user\" WHERE account LIKE 'user%'")
        .await;
    // Found by the address, too, as whoever has one.
    let connection = world.app.database.writer();
    let with_address = user::Entity::find().filter(user::Column::EmailFolded.is_not_null());
    for row in with_address.all(connection).await.unwrap() {
        let found_by = user_search::Model::from(&row).into_active_model();
        found_by.reset_all().update(connection).await.unwrap();
    }
}

/// Asks about each of both in turns; the time that an answer takes, known and unknown.
async fn time<F: Future<Output = Answer>>(ask: impl Fn(String) -> F) -> (f64, f64) {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for n in 0..ASKED {
        // Which comes first changes, too, by the Thue-Morse sequence: whatever work one question leaves behind for
        // the next ones falls on both alike, however many questions later.
        let both = [
            (format!("user{n}"), &mut known),
            (format!("none{n}"), &mut unknown),
        ];
        let turns: Box<dyn Iterator<Item = _>> = if n.count_ones() % 2 == 0 {
            Box::new(both.into_iter())
        } else {
            Box::new(both.into_iter().rev())
        };
        for (who, times) in turns {
            let began = Instant::now();
            let answer = ask(who).await;
            times.push(began.elapsed());
            assert!(answer.codes().is_empty(), "{}", answer.body);
        }
    }
    (median(known), median(unknown))
}

async fn alike<F: Future<Output = Answer>>(world: &World, what: &str, ask: impl Fn(String) -> F) {
    let mut seen = Vec::new();
    for _ in 0..ROUNDS {
        let (known, unknown) = time(&ask).await;
        let apart = (known / unknown - 1.0) * 100.0;
        println!(
            "{:?} {what}: {known:.2} ms known, {unknown:.2} ms unknown, {apart:+.1} %",
            world.store
        );
        if apart.abs() <= APART {
            return;
        }
        seen.push(apart);
        // Past what was counted, for the next round.
        world.pass(chrono::TimeDelta::days(1));
    }
    panic!("{what} takes longer for one than for the other, in hundredths: {seen:?}");
}

async fn who_has_an_account_is_not_told_by_the_time(store: Store) {
    let world = World::with(store, &["--rate-limits", "off"]).await;
    people(&world).await;
    let nobody = &world.nobody();
    alike(&world, "login", |who| async move {
        let input = json!({ "login": who, "password": "Wrong-Whale-42" });
        nobody.mutate("login", input, "step").await
    })
    .await;
    alike(&world, "sendVerificationCode", |who| async move {
        let input = json!({ "email": format!("{who}@example.com"), "purpose": "REGISTER" });
        nobody.mutate("sendVerificationCode", input, "").await
    })
    .await;
    alike(&world, "register", |who| async move {
        let input = json!({
            "name": who, "account": who, "email": format!("{who}@example.com"), "verificationCode": "000000",
            "password": PASSWORD, "passwordConfirmation": PASSWORD,
        });
        nobody.mutate("register", input, "user { id }").await
    })
    .await;
    world.pass(chrono::TimeDelta::minutes(2));
    alike(&world, "requestPasswordReset", |who| async move {
        let input = json!({ "email": format!("{who}@example.com") });
        nobody.mutate("requestPasswordReset", input, "").await
    })
    .await;
}

mod sqlite {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_has_an_account_is_not_told_by_the_time() {
        super::who_has_an_account_is_not_told_by_the_time(Store::Sqlite).await;
    }
}

on_each_server!(who_has_an_account_is_not_told_by_the_time);
