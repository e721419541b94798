//! What is in a team: its members with their roles, roles of its own, and what it owns.

use chrono::{DateTime, Utc};

use super::draw::{Draw, place};
use super::names;
use crate::access::PermissionSet;
use crate::access::role::{administrator, presets};
use crate::base::id::{Id, MembershipId, ResourceId, RoleId};
use crate::base::text::fold;
use crate::entity::resource::ResourceKind;
use crate::entity::role::RoleKind;
use crate::entity::team::TeamType;
use crate::entity::{membership, resource, role, team, user};

/// How many of a thousand members have which of the preset roles, in their order; the first admin comes on top.
const SHARES: [u64; 6] = [20, 50, 150, 450, 190, 140];
/// What teams call roles of their own.
const CUSTOM: [(&str, &str); 6] = [
    ("Release manager", "发布经理"),
    ("Data analyst", "数据分析师"),
    ("Support lead", "客服主管"),
    ("Tester", "测试工程师"),
    ("Auditor", "审计员"),
    ("Designer", "设计师"),
];

/// What the preset roles of a type are held together by.
pub(super) fn scope_of_preset(team_type: TeamType) -> String {
    sea_orm::ActiveEnum::to_value(&team_type)
}

/// A third of the teams have roles of their own.
pub(super) fn custom_roles(
    draw: &mut Draw,
    team: &team::Model,
    number: u64,
    until: DateTime<Utc>,
) -> Vec<role::Model> {
    if number % 3 != 1 {
        return Vec::new();
    }
    let known = administrator(team.team_type).permissions;
    let first = draw.below(CUSTOM.len() as u64);
    let count = draw.between(1, 4);
    let named = (first..first + count).map(|at| CUSTOM[place(at % CUSTOM.len() as u64)]);
    named
        .map(|(english, chinese)| {
            let created_at = draw.moment(team.created_at, until);
            let name = if team.name.is_ascii() { english } else { chinese };
            let permissions: PermissionSet = (0..draw.between(1, 5)).map(|_| *draw.pick(known)).collect();
            role::Model {
                id: RoleId::drawn(created_at, draw.tail()),
                team_id: Some(team.id),
                team_type: team.team_type,
                scope: team.scope.clone(),
                kind: RoleKind::Custom,
                name: name.to_owned(),
                name_folded: fold(name),
                permissions: Some(permissions.print()),
                created_at,
                deleted_at: None,
            }
        })
        .collect()
}

/// The memberships of a team; the first is that of an administrator.
pub(super) fn seats(
    draw: &mut Draw,
    team: &team::Model,
    roles: &[role::Model],
    members: &[(u64, user::Model)],
    until: DateTime<Utc>,
) -> Vec<membership::Model> {
    let shares: Vec<(u64, RoleId)> = SHARES
        .into_iter()
        .zip(presets(team.team_type).map(|role| role.id))
        .collect();
    let seat = |(at, (_, user)): (usize, &(u64, user::Model))| {
        let since = team.created_at.max(user.created_at);
        let (mut role_id, mut role_scope) = (*draw.pick_by_share(&shares), scope_of_preset(team.team_type));
        if at == 0 {
            role_id = administrator(team.team_type).id;
        } else if !roles.is_empty() && draw.permille(250) {
            let role = draw.pick(roles);
            (role_id, role_scope) = (role.id, role.scope.clone());
        }
        let joined_at = if at == 0 { since } else { draw.moment(since, until) };
        membership::Model {
            id: MembershipId::drawn(joined_at, draw.tail()),
            user_id: user.id,
            team_id: team.id,
            team_type: team.team_type,
            team_scope: team.scope.clone(),
            role_id,
            role_scope,
            joined_at,
        }
    };
    members.iter().enumerate().map(seat).collect()
}

/// What the team owns; most of it has a manager.
pub(super) fn resources(
    draw: &mut Draw,
    team: &team::Model,
    seats: &[membership::Model],
    until: DateTime<Utc>,
) -> Vec<resource::Model> {
    let kind = match team.team_type {
        TeamType::Superapp => ResourceKind::Superapp,
        TeamType::MiniProgram => ResourceKind::MiniProgram,
    };
    (0..draw.below(4))
        .map(|number| {
            let name = names::resource(draw, &team.name, number);
            let manager_id = draw.permille(800).then(|| draw.pick(seats).user_id);
            let created_at = draw.moment(team.created_at, until);
            resource::Model {
                id: ResourceId::drawn(created_at, draw.tail()),
                team_id: team.id,
                team_type: team.team_type,
                team_scope: team.scope.clone(),
                kind,
                name_folded: fold(&name),
                name,
                manager_id,
                created_at,
            }
        })
        .collect()
}
