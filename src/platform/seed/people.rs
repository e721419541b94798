//! The users.

use chrono::{DateTime, TimeDelta, Utc};

use super::draw::{Draw, Subject};
use super::names;
use super::plan::Plan;
use crate::base::id::{Id, UserId};
use crate::base::text::fold;
use crate::entity::user::{AccountType, Locale};
use crate::entity::{credential, login_name, user};

/// Domains that nobody has (RFC 2606): a letter that a trial sends reaches no stranger.
const DOMAINS: &[(u64, &str)] = &[
    (50, "example.com"),
    (30, "example.org"),
    (15, "example.net"),
    (5, "mail.example.com"),
];

/// The user with this number: the same whenever it is asked for, so that nobody has to remember a million of them.
pub(super) fn person(plan: &Plan, number: u64) -> user::Model {
    let mut draw = plan.draw(Subject::Person, number);
    let created_at = plan.came(&mut draw, number, plan.users);
    let called = names::person(&mut draw);
    // The number tells namesakes apart; in another order than they came, as people choose it.
    let account = format!("{}{}", called.spelled, scattered(plan, number));
    let is_staff = number < plan.staff;
    let address = format!("{account}@{}", draw.pick_by_share(DOMAINS));
    let (email, proposed_email) = match draw.below(100) {
        _ if is_staff => (Some(address), None),
        0..72 => (Some(address), None),
        72..82 => (None, Some(address)),
        _ => (None, None),
    };
    let registered_at = (email.is_some() && !is_staff && draw.permille(600)).then_some(created_at);
    let disabled_at = (!is_staff && draw.permille(10)).then(|| draw.moment(created_at, plan.until));
    // Until the end of the lock of a policy that nobody has changed.
    let locked_until = draw
        .permille(1)
        .then(|| plan.until + TimeDelta::seconds(i64::try_from(draw.below(900)).unwrap_or_default()));
    let last_login_at = last_login(&mut draw, created_at, disabled_at.unwrap_or(plan.until));
    user::Model {
        id: UserId::drawn(created_at, draw.tail()),
        name_folded: fold(&called.name),
        name: called.name,
        account_folded: fold(&account),
        account,
        account_type: if is_staff {
            AccountType::PlatformAdmin
        } else {
            AccountType::Member
        },
        super_admin_slot: None,
        email_folded: email.as_deref().map(fold),
        email,
        proposed_email,
        locale: if called.is_chinese {
            Locale::ZhCn
        } else {
            Locale::En
        },
        must_change_password: false,
        disabled_at,
        locked_until,
        last_login_at,
        last_login_sort: last_login_at.unwrap_or(DateTime::UNIX_EPOCH),
        created_at,
        registered_at,
    }
}

/// Some have never logged in, most have in the last weeks.
fn last_login(draw: &mut Draw, created_at: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if draw.permille(80) {
        return None;
    }
    let recent = match draw.below(10) {
        0..5 => TimeDelta::days(7),
        5..8 => TimeDelta::days(60),
        _ => TimeDelta::days(800),
    };
    Some(draw.moment((until - recent).max(created_at), until))
}

/// One of as many numbers as there are users, each for one of them.
fn scattered(plan: &Plan, number: u64) -> u64 {
    // A prime that divides no number of users that may be asked for, being larger.
    const STEP: u64 = 15_485_863;
    let shifted = u128::from(number) * u128::from(STEP) + u128::from(plan.seed);
    u64::try_from(shifted % u128::from(plan.users)).unwrap_or_default()
}

/// What the user logs in with.
pub(super) fn login_names(user: &user::Model) -> impl Iterator<Item = login_name::Model> {
    let logins = [Some(&user.account_folded), user.email_folded.as_ref()];
    logins.into_iter().flatten().map(|login| login_name::Model {
        login: login.clone(),
        user_id: user.id,
    })
}

/// The password, which all of them have.
pub(super) fn credential(user: &user::Model, password_hash: &str) -> credential::Model {
    credential::Model {
        user_id: user.id,
        password_hash: password_hash.to_owned(),
        password_set_at: user.created_at,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nobody_logs_in_as_somebody_else() {
        let until = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        for seed in [1, u64::MAX] {
            let plan = Plan::new(seed, 20_000, until);
            let mut logins = HashSet::new();
            let mut last = None;
            for number in 0..plan.users {
                let user = person(&plan, number);
                assert!(last < Some(user.id), "ids are in the order of the users");
                last = Some(user.id);
                for login in login_names(&user) {
                    assert!(logins.insert(login.login), "{}", user.account);
                }
            }
        }
    }
}
