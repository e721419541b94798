//! Fills an empty database, for trials and benchmarks: people with Chinese and English names, teams of both types, who is
//! in them with which role, and what they did.
//!
//! One thread makes the rows (`people`, `crews`, `events`, from numbers that are drawn by a seed), and the one transaction
//! of `store` writes them meanwhile. Whoever kills it has the empty database of before. The same seed, number and last
//! moment make the same data, but for what nobody may guess: the codes of invitations, the tokens of links, and the
//! hashes of the audit log.

mod crews;
mod draw;
mod events;
mod inside;
mod names;
mod people;
mod plan;
mod store;
mod writing;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use self::crews::{Brief, Crews};
use self::plan::Plan;
use self::store::Store;
use self::writing::{Out, Parcel};
use crate::app::App;
use crate::audit::{self, Chain, Head, Sealed};
use crate::base::error::UserErrorCode::Invalid;
use crate::base::password::Password;
use crate::base::{Error, Result};
use crate::entity::team::TeamType;
use crate::entity::{team_search, user_search};
use crate::secret::Keys;

/// How few users and how many: two teams want members, and memory holds what is said of each team.
pub const USERS: std::ops::RangeInclusive<u64> = 50..=10_000_000;
/// How many users, or events, go at a time.
const BATCH: u64 = 10_000;
/// How many teams: with their members they are about as many rows.
const TEAMS: usize = 100;
/// How many parcels wait for the writer.
const WAITING: usize = 4;

/// What is to be made.
#[derive(Debug)]
pub struct Seeding {
    /// How many users, the super admin aside.
    pub users: u64,
    /// What is drawn: the same number draws the same.
    pub seed: u64,
    /// The last moment that the data tells of.
    pub until: DateTime<Utc>,
    /// The password of all users.
    pub password: Password,
}

/// How far it is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// What is being done.
    pub step: &'static str,
    /// How much of it is done, of how much; of nothing where that is not known.
    pub done: u64,
    /// Of how much.
    pub of: u64,
}

/// What was made.
#[derive(Debug)]
pub struct Seeded {
    /// How many rows of each table.
    pub rows: BTreeMap<&'static str, u64>,
    /// Some accounts, with what they are.
    pub accounts: Vec<(String, String)>,
}

/// Fills the database, which has been migrated and started, and tells how far it is.
pub async fn seed(app: &App, seeding: Seeding, mut tell: impl FnMut(Progress)) -> Result<Seeded> {
    if !USERS.contains(&seeding.users) {
        return Err(Error::user(Invalid, "users", "There are 50 to 10,000,000 users."));
    }
    let password_hash = app.hasher.hash(&seeding.password).await?;
    // What has happened before comes before in the chain.
    while let Sealed::Batch { .. } = audit::seal(&app.database, &app.keys, &app.clock).await? {}
    let mut store = Store::begin(app).await?;
    let head = store.head().await?;
    if !store.is_empty().await? {
        return Err(Error::user(
            Invalid,
            "users",
            "There are users or teams in this database already.",
        ));
    }
    store.make_ready().await?;
    let plan = Arc::new(Plan::new(seeding.seed, seeding.users, seeding.until));
    let (parcels, incoming) = mpsc::channel(WAITING);
    let out = Out {
        parcels,
        backend: app.database.writer().get_database_backend(),
    };
    let maker = {
        let (plan, keys) = (plan.clone(), app.keys.clone());
        tokio::task::spawn_blocking(move || make(&plan, &keys, &password_hash, head, &out))
    };
    let written = write(&mut store, &plan, incoming, &mut tell).await;
    // The maker ends with the channel; its own failure, if there is one, is what matters.
    let made = maker.await.map_err(Error::internal)?;
    let (rows, crews) = match (written, made) {
        (Ok(rows), Ok(crews)) => (rows, crews),
        (Err(error), _) | (Ok(_), Err(error)) => return Err(error),
    };
    let of = store.left() as u64;
    for done in 0..of {
        tell(Progress {
            step: "indexes and keys",
            done,
            of,
        });
        store.finish_one().await?;
    }
    tell(Progress {
        step: "the commit",
        done: 0,
        of: 0,
    });
    store.commit().await?;
    tell(Progress {
        step: "statistics",
        done: 0,
        of: 0,
    });
    store::take_stock(app).await?;
    Ok(Seeded {
        rows,
        accounts: accounts(&plan, &crews),
    })
}

/// Writes what comes.
async fn write(
    store: &mut Store,
    plan: &Plan,
    mut incoming: mpsc::Receiver<Parcel>,
    tell: &mut impl FnMut(Progress),
) -> Result<BTreeMap<&'static str, u64>> {
    let mut rows = BTreeMap::new();
    while let Some(parcel) = incoming.recv().await {
        match parcel {
            Parcel::Rows(table, count, form) => {
                store.write(form).await?;
                let done = rows.entry(table).or_insert(0);
                *done += count as u64;
                let (step, of) = match table {
                    "user" => ("users", plan.users),
                    "membership" => ("memberships", plan.memberships),
                    "audit_event" => ("audit events", plan.events),
                    _ => continue,
                };
                tell(Progress {
                    step,
                    done: *done,
                    of,
                });
            }
            Parcel::Head(head) => store.move_head(&head).await?,
        }
    }
    Ok(rows)
}

/// Makes all rows, parents first; answers what there is to tell of the teams.
fn make(plan: &Plan, keys: &Keys, password_hash: &str, head: Head, out: &Out) -> Result<Vec<Brief>> {
    let mut from = 0;
    while from < plan.users {
        let to = (from + BATCH).min(plan.users);
        let users: Vec<_> = (from..to).map(|number| people::person(plan, number)).collect();
        let logins = users.iter().flat_map(people::login_names).collect();
        let credentials = users
            .iter()
            .map(|user| people::credential(user, password_hash))
            .collect();
        let found_by = users.iter().map(user_search::Model::from).collect();
        out.rows(users)?;
        out.rows::<user_search::Model, _>(found_by)?;
        out.rows(logins)?;
        out.rows::<crate::entity::credential::Model, _>(credentials)?;
        from = to;
    }
    let briefs = make_crews(plan, keys, out)?;
    let mut chain = Chain::after(keys, head);
    let mut from = 0;
    while from < plan.events {
        let to = (from + BATCH).min(plan.events);
        let (mut events, mut halves) = (Vec::new(), Vec::new());
        for number in from..to {
            let (event, own) = events::event(plan, &briefs, &mut chain, number)?;
            events.push(event);
            halves.extend(own);
        }
        out.rows(events)?;
        out.rows(halves)?;
        from = to;
    }
    out.send(Parcel::Head(chain.head().clone()))?;
    Ok(briefs)
}

fn make_crews(plan: &Plan, keys: &Keys, out: &Out) -> Result<Vec<Brief>> {
    let (mut crews, mut briefs) = (Crews::new(plan, keys), Vec::new());
    let sizes = plan.sizes();
    for (at, some) in sizes.chunks(TEAMS).enumerate() {
        let first = (at * TEAMS) as u64;
        let (mut teams, mut roles, mut seats) = (Vec::new(), Vec::new(), Vec::new());
        let (mut resources, mut invitations, mut notices) = (Vec::new(), Vec::new(), Vec::new());
        for (number, size) in (first..).zip(some) {
            let crew = crews.next(number, *size);
            teams.push(crew.team);
            roles.extend(crew.roles);
            seats.extend(crew.seats);
            resources.extend(crew.resources);
            invitations.extend(crew.invitations);
            notices.extend(crew.notices);
            briefs.push(crew.brief);
        }
        let found_by = teams.iter().map(team_search::Model::from).collect();
        out.rows(teams)?;
        out.rows::<team_search::Model, _>(found_by)?;
        out.rows(roles)?;
        out.rows(seats)?;
        out.rows(resources)?;
        out.rows(invitations)?;
        out.rows(notices)?;
    }
    Ok(briefs)
}

/// One of each kind, to log in as.
fn accounts(plan: &Plan, crews: &[Brief]) -> Vec<(String, String)> {
    let mut accounts = vec![(people::person(plan, 0).account, "a platform admin".to_owned())];
    for team_type in [TeamType::Superapp, TeamType::MiniProgram] {
        if let Some(crew) = crews.iter().find(|crew| crew.team_type == team_type) {
            let account = people::person(plan, crew.admin).account;
            accounts.push((account, format!("an administrator of {}", crew.name)));
        }
    }
    let member = (plan.staff..plan.users)
        .filter(|number| crews.iter().take(100).all(|crew| crew.admin != *number))
        .map(|number| people::person(plan, number))
        .find(|user| user.disabled_at.is_none() && user.locked_until.is_none());
    accounts.extend(member.map(|user| (user.account, "a member".to_owned())));
    accounts
}
