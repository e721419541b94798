//! The audit log: what users did in these years, in order, and sealed as it is written.

use chrono::{DateTime, Utc};

use super::crews::Brief;
use super::draw::{Draw, Subject, place};
use super::people::person;
use super::plan::Plan;
use crate::access::Action;
use crate::access::viewer::{Origin, Viewer};
use crate::audit::{Chain, Change, Event};
use crate::base::Result;
use crate::base::id::{AuditEventId, Id};
use crate::entity::audit_event::AuditOutcome;
use crate::entity::{audit_event, audit_personal, user};

/// What happens, with how many of a thousand events are of it.
#[derive(Clone, Copy, Debug)]
enum Deed {
    LogIn,
    MistypePassword,
    Register,
    CreateUser,
    UpdateProfile,
    ChangePassword,
    CreateTeam,
    AddMember,
    Invite,
    UpdateTeam,
    LookWhereForbidden,
}

const DEEDS: &[(u64, Deed)] = &[
    (560, Deed::LogIn),
    (60, Deed::MistypePassword),
    (70, Deed::Register),
    (50, Deed::CreateUser),
    (60, Deed::UpdateProfile),
    (30, Deed::ChangePassword),
    (15, Deed::CreateTeam),
    (90, Deed::AddMember),
    (40, Deed::Invite),
    (20, Deed::UpdateTeam),
    (5, Deed::LookWhereForbidden),
];

const AGENTS: &[(u64, &str)] = &[
    (
        50,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    ),
    (
        25,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    ),
    (
        20,
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ),
    (5, "curl/8.14.1"),
];

/// The event with this number, which is the next one of the chain: itself and its personal halves.
pub(super) fn event(
    plan: &Plan,
    crews: &[Brief],
    chain: &mut Chain,
    number: u64,
) -> Result<(audit_event::Model, Vec<audit_personal::Model>)> {
    let mut draw = plan.draw(Subject::Event, number);
    // No event is older than the first users.
    let since = person(plan, plan.staff).created_at;
    let at = plan.came(&mut draw, number, plan.events).max(since);
    let deed = *draw.pick_by_share(DEEDS);
    let origin = Origin {
        address: Some(address(&mut draw)),
        user_agent: Some((*draw.pick_by_share(AGENTS)).to_owned()),
        request_id: format!("{:016x}", draw.next()),
        ..Origin::default()
    };
    let viewer = Viewer {
        signed_in: None,
        origin,
    };
    let event = told(plan, crews, &mut draw, at, deed);
    chain.link(AuditEventId::drawn(at, draw.tail()), at, &viewer, event)
}

/// An address that is nobody's: of the networks for documents (RFC 5737).
fn address(draw: &mut Draw) -> String {
    let network = *draw.pick(&["192.0.2", "198.51.100", "203.0.113"]);
    format!("{network}.{}", draw.between(1, 254))
}

fn told(plan: &Plan, crews: &[Brief], draw: &mut Draw, at: DateTime<Utc>, deed: Deed) -> Event {
    // Who was there by then.
    let there = plan.come_by(at, plan.users).saturating_sub(plan.staff + 1).max(1);
    let somebody = |draw: &mut Draw| person(plan, plan.staff + draw.below(there));
    let newest = || person(plan, (plan.staff + there).min(plan.users - 1));
    let staff = |draw: &mut Draw| person(plan, draw.below(plan.staff));
    match deed {
        Deed::LogIn => {
            let user = somebody(draw);
            Event::done(Action::Login).by(&user).on(&user)
        }
        Deed::MistypePassword => Event::not_done(Action::Login, AuditOutcome::Failed).on(&somebody(draw)),
        Deed::Register => {
            let user = newest();
            Event::done(Action::Register).by(&user).on(&user)
        }
        Deed::CreateUser => {
            let made = newest();
            let changes = [Change::new("accountType", None::<&str>, Some("MEMBER"))];
            Event::done(Action::UserCreate)
                .by(&staff(draw))
                .on(&made)
                .changing(changes)
        }
        Deed::UpdateProfile => {
            let user = somebody(draw);
            let name = Change::new("name", Some(format!("{}-1", user.account)), Some(&user.name));
            Event::done(Action::ProfileUpdate)
                .by(&user)
                .on(&user)
                .changing_personal([name])
        }
        Deed::ChangePassword => {
            let user = somebody(draw);
            Event::done(Action::PasswordChange)
                .by(&user)
                .on(&user)
                .changing([Change::untold("password")])
        }
        Deed::LookWhereForbidden => Event::not_done(Action::Users, AuditOutcome::Refused).by(&somebody(draw)),
        Deed::CreateTeam | Deed::AddMember | Deed::Invite | Deed::UpdateTeam => {
            let crew = crew(plan, crews, draw, at);
            in_crew(
                crew,
                deed,
                &person(plan, crew.admin),
                &staff(draw),
                &somebody(draw),
            )
        }
    }
}

/// A team that was there by then.
fn crew<'c>(plan: &Plan, crews: &'c [Brief], draw: &mut Draw, at: DateTime<Utc>) -> &'c Brief {
    let there = plan.come_by(at, plan.teams).max(1);
    &crews[place(draw.below(there))]
}

fn in_crew(crew: &Brief, deed: Deed, admin: &user::Model, staff: &user::Model, other: &user::Model) -> Event {
    let role = Change::new("role", None::<&str>, Some("Developer"));
    let event = match deed {
        Deed::AddMember => Event::done(Action::TeamMembersAdd)
            .by(admin)
            .on(other)
            .changing([role]),
        Deed::Invite => Event::done(Action::InvitationCreate)
            .by(admin)
            .on_named(crew.id, "Developer")
            .changing([role]),
        Deed::UpdateTeam => Event::done(Action::TeamUpdate)
            .by(admin)
            .on_named(crew.id, &crew.name)
            .changing([Change::new("remark", None::<&str>, Some(&crew.name))]),
        _ => Event::done(Action::TeamCreate)
            .by(staff)
            .on_named(crew.id, &crew.name)
            .changing([
                Change::new("name", None::<&str>, Some(&crew.name)),
                Change::new("createdAt", None::<&str>, Some(crew.created_at.to_rfc3339())),
            ]),
    };
    event.in_team(crew.id)
}
