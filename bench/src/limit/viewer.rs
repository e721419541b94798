//! Who asks, and what they may do: one statement, at each request.

use rollcall::access::menu::{Menu, menus};
use rollcall::access::role::{is_administrator, permissions_of, while_active};
use rollcall::access::{Seat, SignedIn};
use rollcall::base::id::{Id, MembershipId, RoleId, SessionId, TeamId, UserId};
use rollcall::entity::role::RoleKind;
use rollcall::entity::team::TeamType;
use rollcall::entity::user::AccountType;
use tokio_postgres::Row;
use uuid::Uuid;

use super::json::Json;
use super::lanes::{Error, Micros};
use super::page::MOST_MEMBERSHIPS;
use super::token::Named;

/// Session, user, teams, roles and permissions.
pub const VIEWER: &str = r#"
    SELECT u.account_type, m.id, m.team_id, m.team_type, m.role_id, t.disabled_at, t.expires_at, t.superapp_team_id,
           r.kind, r.permissions
    FROM session s
    JOIN "user" u ON u.id = s.user_id
    LEFT JOIN membership m ON m.user_id = u.id
    LEFT JOIN team t ON t.id = m.team_id
    LEFT JOIN role r ON r.id = m.role_id
    WHERE s.id = $1 AND s.user_id = $2 AND s.expires_at > now() AND u.disabled_at IS NULL"#;

/// The same with what a viewer sees of themselves, the oldest team first.
pub const RIGHTS: &str = r#"
    SELECT u.account_type, m.id, m.team_id, m.team_type, m.role_id, t.disabled_at, t.expires_at, t.superapp_team_id,
           r.kind, r.permissions, u.name, u.account, m.joined_at, t.name, r.name,
           u.account_folded, u.email_folded
    FROM session s
    JOIN "user" u ON u.id = s.user_id
    LEFT JOIN membership m ON m.user_id = u.id
    LEFT JOIN team t ON t.id = m.team_id
    LEFT JOIN role r ON r.id = m.role_id
    WHERE s.id = $1 AND s.user_id = $2 AND s.expires_at > now() AND u.disabled_at IS NULL
    ORDER BY m.joined_at, m.id"#;

/// The viewer that the rows tell of; none where the session is over.
pub fn read(rows: &[Row], named: Named, now: i64) -> Result<Option<SignedIn>, Error> {
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let mut viewer = SignedIn {
        user_id: UserId(named.user),
        account: String::new(),
        account_type: match first.try_get(0)? {
            "SUPER_ADMIN" => AccountType::SuperAdmin,
            "PLATFORM_ADMIN" => AccountType::PlatformAdmin,
            _ => AccountType::Member,
        },
        session_id: SessionId(named.session),
        seats: Vec::with_capacity(rows.len()),
    };
    for row in rows {
        let Some(membership_id) = row.try_get::<_, Option<Uuid>>(1)? else {
            continue;
        };
        let role_id = RoleId(row.try_get(4)?);
        let active = is_active(row, now)?;
        let permissions = permissions_of(role_id, kind(row)?, row.try_get(9)?);
        viewer.seats.push(Seat {
            membership_id: MembershipId(membership_id),
            team_id: TeamId(row.try_get(2)?),
            team_type: match row.try_get(3)? {
                "SUPERAPP" => TeamType::Superapp,
                _ => TeamType::MiniProgram,
            },
            superapp_team_id: row.try_get::<_, Option<Uuid>>(7)?.map(TeamId::from_uuid),
            role_id,
            team_is_active: active,
            is_administrator: is_administrator(role_id),
            permissions: while_active(active, permissions),
        });
    }
    Ok(Some(viewer))
}

/// Whether the row's team gives rights.
fn is_active(row: &Row, now: i64) -> Result<bool, Error> {
    let disabled_at: Option<Micros> = row.try_get(5)?;
    Ok(disabled_at.is_none() && !is_over(row, now)?)
}

fn is_over(row: &Row, now: i64) -> Result<bool, Error> {
    let expires_at: Option<Micros> = row.try_get(6)?;
    Ok(expires_at.is_some_and(|at| at.0 <= now))
}

/// Writes what the viewer sees of themselves, from the rows of [`RIGHTS`].
pub fn write(viewer: &SignedIn, rows: &[Row], now: i64) -> Result<Vec<u8>, Error> {
    let first = rows.first().ok_or("a viewer has a row")?;
    let mut json = Json::new(2048);
    json.raw("{\"data\":{\"viewer\":{\"user\":{\"id\":")
        .id("user_", viewer.user_id.0)
        .raw(",\"name\":")
        .text(first.try_get(10)?)
        .raw(",\"account\":")
        .text(first.try_get(11)?)
        .raw(",\"accountType\":")
        .text(first.try_get(0)?)
        .raw("},\"menus\":[");
    for menu in menus(viewer) {
        json.text(name(menu)).raw(",");
    }
    json.no_comma().raw("],\"memberships\":{\"nodes\":[");
    for (seat, row) in viewer.seats.iter().zip(rows).take(MOST_MEMBERSHIPS) {
        let disabled_at: Option<Micros> = row.try_get(5)?;
        let status = match disabled_at {
            Some(_) => "DISABLED",
            None if is_over(row, now)? => "EXPIRED",
            None => "ACTIVE",
        };
        json.raw("{\"id\":")
            .id("membership_", seat.membership_id.0)
            .raw(",\"joinedAt\":")
            .time(row.try_get::<_, Micros>(12)?.0)
            .raw(",\"team\":{\"id\":")
            .id("team_", seat.team_id.0)
            .raw(",\"name\":")
            .text(row.try_get(13)?)
            .raw(",\"type\":")
            .text(row.try_get(3)?)
            .raw(",\"status\":")
            .text(status)
            .raw("},\"role\":{\"id\":")
            .id("role_", seat.role_id.0)
            .raw(",\"name\":")
            .text(row.try_get(14)?)
            .raw(",\"permissions\":[");
        let kind = kind(row)?;
        for permission in permissions_of(seat.role_id, kind, row.try_get(9)?).iter() {
            json.text(permission.name()).raw(",");
        }
        json.no_comma().raw("]}},");
    }
    json.no_comma().raw("]}}}}");
    Ok(json.into_bytes())
}

fn kind(row: &Row) -> Result<RoleKind, Error> {
    Ok(match row.try_get(8)? {
        "PRESET" => RoleKind::Preset,
        _ => RoleKind::Custom,
    })
}

fn name(menu: Menu) -> &'static str {
    match menu {
        Menu::Account => "ACCOUNT",
        Menu::UserManagement => "USER_MANAGEMENT",
        Menu::TeamManagement => "TEAM_MANAGEMENT",
        Menu::SuperappManagement => "SUPERAPP_MANAGEMENT",
        Menu::MiniProgramManagement => "MINI_PROGRAM_MANAGEMENT",
        Menu::OperationsManagement => "OPERATIONS_MANAGEMENT",
        Menu::PlatformManagement => "PLATFORM_MANAGEMENT",
        Menu::SecurityCenter => "SECURITY_CENTER",
    }
}
