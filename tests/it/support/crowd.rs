//! A random world: users of all kinds in teams of all kinds, the same for the same seed.

use rollcall::access::Permission;
use rollcall::base::id::{Id, TeamId, UserId};
use rollcall::entity::team::TeamType;
use rollcall::entity::{team, user};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::actor::Actor;
use super::world::{Role, Team, World};

/// Random numbers from a seed (splitmix64).
#[derive(Debug)]
pub struct Dice {
    pub seed: u64,
    state: u64,
}

impl Dice {
    /// With the seed of `SEED`, or a new one; a test that fails tells it.
    pub fn roll() -> Self {
        let given = std::env::var("SEED")
            .ok()
            .map(|seed| seed.parse().expect("SEED is a number"));
        let seed = given.unwrap_or_else(|| u64::from_le_bytes(rollcall::base::random::bytes()));
        Self { seed, state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    /// Whether it happens, so many times in a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    pub fn pick<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        &items[self.below(items.len())]
    }
}

/// A user, with a session of their own; of a disabled one it is none any more.
#[derive(Clone, Debug)]
pub struct Person {
    pub actor: Actor,
    pub account_type: &'static str,
    pub is_disabled: bool,
}

/// The users and teams of a random world.
#[derive(Debug)]
pub struct Crowd {
    pub root: Actor,
    pub people: Vec<Person>,
    pub teams: Vec<Team>,
}

const MEMBERS: usize = 6;

impl Crowd {
    /// Users of all account types, some of them disabled, locked or registered by themselves, in teams of both types,
    /// some of them disabled or expired, with preset and custom roles, each with a code and a resource.
    pub async fn gather(world: &World, dice: &mut Dice) -> Self {
        let root = world.super_admin().await;
        let mut people = vec![Person {
            actor: root.clone(),
            account_type: "SUPER_ADMIN",
            is_disabled: false,
        }];
        for place in 0..MEMBERS + 2 {
            let account_type = if place < MEMBERS {
                "MEMBER"
            } else {
                "PLATFORM_ADMIN"
            };
            people.push(person(world, &root, &format!("user-{place}"), account_type).await);
        }
        let members: Vec<Actor> = people
            .iter()
            .filter(|person| person.account_type == "MEMBER")
            .map(|person| person.actor.clone())
            .collect();
        let mut teams: Vec<Team> = Vec::new();
        for (place, team_type) in [TeamType::Superapp, TeamType::Superapp]
            .into_iter()
            .chain([TeamType::MiniProgram; 3])
            .enumerate()
        {
            let bound_to = (team_type == TeamType::MiniProgram).then(|| teams[dice.below(2)].id.clone());
            let admin = dice.pick(&members).clone();
            let mut team = found(&root, &format!("team-{place}"), admin, bound_to).await;
            for number in 0..2 {
                team.roles.push(
                    custom_role(
                        &team.admin,
                        dice,
                        &team.id,
                        team_type,
                        &format!("custom-{number}"),
                    )
                    .await,
                );
            }
            stock(&team, team_type).await;
            for member in &members {
                if member.id != team.admin.id && dice.chance(50) {
                    let role = dice.pick(&team.roles).name.clone();
                    team.add(member, &role).await;
                }
            }
            teams.push(team);
        }
        // At the end, when nobody has to do anything more: the states.
        for (place, team) in teams.iter().enumerate() {
            let column = match dice.below(10) {
                0 | 1 => team::Column::DisabledAt,
                2 | 3 if place >= 2 => team::Column::ExpiresAt,
                _ => continue,
            };
            let past = Some(world.app.now() - chrono::TimeDelta::seconds(1));
            set_team(world, &team.id, column, past).await;
        }
        for person in people
            .iter_mut()
            .filter(|person| person.account_type != "SUPER_ADMIN")
        {
            let soon = Some(world.app.now() + chrono::TimeDelta::minutes(10));
            for (column, percent) in [(user::Column::LockedUntil, 25), (user::Column::RegisteredAt, 40)] {
                if dice.chance(percent) {
                    set_user(world, &person.actor.id, column, soon).await;
                }
            }
            if dice.chance(25) {
                // The only admin of a team is not disabled.
                let input = json!({ "userId": person.actor.id });
                let answer = root.mutate("disableUser", input, "user { id }").await;
                person.is_disabled = answer.user_errors().is_empty();
            }
        }
        Self { root, people, teams }
    }
}

/// Sets a time of a user to what no mutation sets it to.
async fn set_user(
    world: &World,
    id: &str,
    column: user::Column,
    time: Option<chrono::DateTime<chrono::Utc>>,
) {
    let changed = user::Entity::update_many()
        .col_expr(column, Expr::value(time))
        .filter(user::Column::Id.eq(UserId::parse(id).unwrap()))
        .exec(world.app.database.writer())
        .await
        .unwrap();
    assert_eq!(changed.rows_affected, 1);
}

/// Sets a time of a team to what no mutation sets it to.
pub async fn set_team(
    world: &World,
    id: &str,
    column: team::Column,
    time: Option<chrono::DateTime<chrono::Utc>>,
) {
    let changed = team::Entity::update_many()
        .col_expr(column, Expr::value(time))
        .filter(team::Column::Id.eq(TeamId::parse(id).unwrap()))
        .exec(world.app.database.writer())
        .await
        .unwrap();
    assert_eq!(changed.rows_affected, 1);
}

/// Opens a session for the user without a password.
pub async fn session(world: &World, id: &str) -> (String, String) {
    let txn = world.app.begin().await.unwrap();
    let (row, tokens) = world.open_session_in(&txn, UserId::parse(id).unwrap()).await;
    world.app.commit(txn).await.unwrap();
    (row.id.to_string(), tokens.access_token)
}

async fn person(world: &World, root: &Actor, account: &str, account_type: &'static str) -> Person {
    let input =
        json!({ "name": account, "account": account, "accountType": account_type, "generatePassword": true });
    let made = root.mutate("createUser", input, "user { id }").await.ok();
    let id = made.text("createUser.user.id");
    let (_, token) = session(world, &id).await;
    let actor = Actor {
        token: Some(token),
        account: account.to_owned(),
        id,
        ..world.nobody()
    };
    Person {
        actor,
        account_type,
        is_disabled: false,
    }
}

async fn found(root: &Actor, name: &str, admin: Actor, bound_to: Option<String>) -> Team {
    let team_type = if bound_to.is_some() {
        "MINI_PROGRAM"
    } else {
        "SUPERAPP"
    };
    let input =
        json!({ "name": name, "type": team_type, "adminIds": [admin.id], "superappTeamId": bound_to });
    let made = root
        .mutate("createTeam", input, "team { id roles { id name } }")
        .await
        .ok();
    Team {
        id: made.text("createTeam.team.id"),
        name: name.to_owned(),
        admin,
        roles: serde_json::from_value(made.at("createTeam.team.roles").clone()).unwrap(),
    }
}

/// A code and a resource of the team, so that there is something to revoke, to change and to delete.
async fn stock(team: &Team, team_type: TeamType) {
    team.invite("Developer").await;
    let kind = match team_type {
        TeamType::Superapp => "SUPERAPP",
        TeamType::MiniProgram => "MINI_PROGRAM",
    };
    let input = json!({ "teamId": team.id, "kind": kind, "name": "Resource" });
    team.admin.mutate("createResource", input, "").await.ok();
}

async fn custom_role(by: &Actor, dice: &mut Dice, team_id: &str, team_type: TeamType, name: &str) -> Role {
    let known = Permission::ALL.iter().copied();
    let permissions: Vec<&str> = known
        .filter(|permission| permission.team_types().any(|known| known == team_type))
        .filter(|_| dice.chance(40))
        .map(Permission::name)
        .collect();
    let input = json!({ "teamId": team_id, "name": name, "permissions": permissions });
    let made = by.mutate("createRole", input, "role { id }").await.ok();
    Role {
        id: made.text("createRole.role.id"),
        name: name.to_owned(),
    }
}
