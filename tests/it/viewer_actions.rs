//! What is listed for the viewer is what works: an action stands in `viewerActions` exactly when its mutation is not
//! refused.

use std::collections::BTreeSet;

use async_graphql::resolver_utils::EnumType;
use rollcall::access::viewer_actions::{TeamAction, UserAction};
use rollcall::base::id::{Id, ResourceId, TeamId, UserId};
use rollcall::entity::{membership, resource, team as team_row};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::support::actor::PASSWORD;
use crate::support::crowd::{Crowd, Dice, Person, session, set_team};
use crate::support::*;

on_each_database!(
    a_user_action_is_listed_exactly_when_it_is_not_refused,
    a_team_action_is_listed_exactly_when_it_is_not_refused,
    what_one_may_do_to_users_by_rank,
    what_one_may_do_to_a_team_by_role,
    listed_actions_cost_no_query,
);

/// How many pairs of viewer and object are tried.
const PAIRS: usize = 30;

/// Whether the answer says "never for this pair".
fn is_refusal(answer: &Answer) -> bool {
    let codes = answer.codes();
    for code in &codes {
        assert!(
            ["FORBIDDEN", "NOT_FOUND", "UNAUTHENTICATED"].contains(&code.as_str()),
            "{}",
            answer.body
        );
    }
    // `REQUIRED` without a field: an email that is kept for ever. `INVALID teamId`: no team of this type has a link.
    let never =
        |error: &String| ["USE_OWN_ACCOUNT userId", "REQUIRED", "INVALID teamId"].contains(&error.as_str());
    !codes.is_empty() || answer.user_errors().iter().any(never)
}

/// The mutations that do the action to the user, in a way that changes as little as can be.
fn attempts(action: UserAction, by: &Person, target: &Person, session: &str) -> Vec<(&'static str, Value)> {
    let id = &target.actor.id;
    let own = by.actor.id == *id;
    let of_user = || json!({ "userId": id });
    let mut attempts = match action {
        UserAction::EditName => vec![(
            "updateUser",
            json!({ "userId": id, "name": target.actor.account }),
        )],
        // To each other type: one that can be had is enough.
        UserAction::EditAccountType => ["SUPER_ADMIN", "PLATFORM_ADMIN", "MEMBER"]
            .into_iter()
            .filter(|account_type| *account_type != target.account_type)
            .map(|account_type| {
                (
                    "updateUser",
                    json!({ "userId": id, "accountType": account_type, "preview": true }),
                )
            })
            .collect(),
        UserAction::EditEmail => {
            vec![(
                "updateUser",
                json!({ "userId": id, "email": "some@example.com", "preview": true }),
            )]
        }
        // Without a password: that is asked for after the right.
        UserAction::ResetPassword => vec![("resetUserPassword", of_user())],
        UserAction::UnbindEmail => vec![("unbindUserEmail", of_user())],
        UserAction::Unlock => vec![("unlockUser", of_user())],
        UserAction::Disable => vec![("disableUser", json!({ "userId": id, "preview": true }))],
        UserAction::Enable => vec![("enableUser", of_user())],
        UserAction::Delete => vec![("deleteUser", json!({ "userId": id, "preview": true }))],
        UserAction::EndSessions => vec![("revokeSession", json!({ "sessionId": session }))],
        UserAction::UnbindTotp => vec![("unbindUserTotp", of_user())],
        UserAction::UnbindPasskeys => vec![("unbindUserPasskeys", of_user())],
    };
    if own {
        attempts.extend(match action {
            UserAction::EditName => Some(("updateProfile", json!({ "name": target.actor.account }))),
            UserAction::EditEmail => Some((
                "bindEmail",
                json!({ "email": "no address", "verificationCode": "000000", "password": "Not-This-One-7" }),
            )),
            UserAction::UnbindEmail => Some(("unbindEmail", json!({ "password": "" }))),
            UserAction::UnbindTotp => Some(("disableTotp", json!({ "password": "", "code": "" }))),
            UserAction::UnbindPasskeys => Some((
                "removePasskey",
                json!({ "passkeyId": "passkey_01h455vb4pex5vsknk084sn02q", "password": "" }),
            )),
            _ => None,
        });
    }
    attempts
}

fn name<T: EnumType + PartialEq>(action: T) -> String {
    let item = T::items().iter().find(|item| item.value == action);
    item.unwrap().name.to_owned()
}

async fn listed(by: &Actor, kind: &str, id: &str) -> BTreeSet<String> {
    let document = format!("query($id: ID!) {{ {kind}(id: $id) {{ viewerActions }} }}");
    let answer = by.ask_with(&document, json!({ "id": id })).await.ok();
    let object = answer.at(kind);
    if object.is_null() {
        return BTreeSet::new();
    }
    let actions: Vec<String> = serde_json::from_value(object["viewerActions"].clone()).unwrap();
    let set: BTreeSet<String> = actions.iter().cloned().collect();
    assert_eq!(set.len(), actions.len(), "none is listed twice");
    set
}

async fn a_user_action_is_listed_exactly_when_it_is_not_refused(world: World) {
    let mut dice = Dice::roll();
    let crowd = Crowd::gather(&world, &mut dice).await;
    let seed = dice.seed;
    let viewers: Vec<&Person> = crowd.people.iter().filter(|person| !person.is_disabled).collect();
    let mut pairs: Vec<(&Person, &Person)> = Vec::new();
    // Everybody about themselves, and then whoever about whomever.
    pairs.extend(viewers.iter().map(|viewer| (*viewer, *viewer)));
    while pairs.len() < PAIRS {
        pairs.push((*dice.pick(&viewers), dice.pick(&crowd.people)));
    }
    let (mut open, mut shut) = (0, 0);
    for (by, target) in pairs {
        let listed = listed(&by.actor, "user", &target.actor.id).await;
        let (session, _) = session(&world, &target.actor.id).await;
        for action in UserAction::ALL {
            let mut refused = true;
            for (field, input) in attempts(action, by, target, &session) {
                let answer = by.actor.mutate(field, input, "").await;
                refused &= is_refusal(&answer);
            }
            let action = name(action);
            assert_eq!(
                listed.contains(&action),
                !refused,
                "SEED={seed}: {action}: {} {} on {} {}; listed are {listed:?}",
                by.account_type,
                by.actor.account,
                target.account_type,
                target.actor.account,
            );
            if refused { shut += 1 } else { open += 1 }
        }
        // One who is disabled has no session; where it was not ended, it ends now.
        let input = json!({ "sessionId": session });
        crowd.root.mutate("revokeSession", input, "").await;
    }
    assert!(open > 20 && shut > 20, "SEED={seed}: {open} {shut}");
}

/// A team as it stands: who can be an object of the attempts.
struct Inside {
    /// The memberships with their users and roles.
    seats: Vec<Value>,
    type_name: String,
    was_disabled: bool,
    invitation: String,
    resource: String,
}

async fn look_inside(root: &Actor, team: &Team) -> Inside {
    let document = "query($id: ID!) { team(id: $id) { type status members(first: 100) { nodes {
        id user { id } role { id isAdministrator } } }
        invitations(first: 1) { nodes { id } } resources(first: 1) { nodes { id } } } }";
    let answer = root.ask_with(document, json!({ "id": team.id })).await.ok();
    Inside {
        seats: answer.at("team.members.nodes").as_array().unwrap().clone(),
        type_name: answer.text("team.type"),
        was_disabled: answer.text("team.status") == "DISABLED",
        invitation: answer.text("team.invitations.nodes.0.id"),
        resource: answer.text("team.resources.nodes.0.id"),
    }
}

impl Inside {
    /// A member who is no admin, and not this user.
    fn other_than(&self, user: &str) -> Option<&Value> {
        let plain =
            |seat: &&Value| seat["role"]["isAdministrator"] == false && seat["user"]["id"] != json!(user);
        self.seats.iter().find(plain)
    }

    fn admins(&self) -> Vec<&Value> {
        let admins = self
            .seats
            .iter()
            .filter(|seat| seat["role"]["isAdministrator"] == true);
        admins.map(|seat| &seat["user"]["id"]).collect()
    }
}

/// The mutations that do the action to the team, in a way that changes as little as can be: with `preview`, or with a
/// mistake that is found once the right is there.
fn attempts_on_team(
    action: TeamAction,
    by: &Actor,
    team: &Team,
    inside: &Inside,
) -> Vec<(&'static str, Value)> {
    let of_team = || json!({ "teamId": team.id });
    match action {
        TeamAction::Edit => vec![(
            "updateTeam",
            json!({ "teamId": team.id, "remark": "A remark", "preview": true }),
        )],
        TeamAction::SetAdmins => vec![(
            "updateTeam",
            json!({ "teamId": team.id, "adminIds": inside.admins(), "preview": true }),
        )],
        TeamAction::SetStatus => vec![
            ("disableTeam", json!({ "teamId": team.id, "preview": true })),
            ("enableTeam", of_team()),
        ],
        TeamAction::Delete => vec![(
            "deleteTeam",
            json!({ "teamId": team.id, "confirmName": team.name, "preview": true }),
        )],
        TeamAction::ManageMembers => {
            let nobody =
                json!({ "userId": "user_01h455vb4pex5vsknk084sn02q", "roleId": team.role("Developer") });
            let mut attempts = vec![
                (
                    "addTeamMembers",
                    json!({ "teamId": team.id, "members": [nobody] }),
                ),
                (
                    "createTeamMember",
                    json!({ "teamId": team.id, "roleId": team.role("Developer"), "name": "", "account": "" }),
                ),
            ];
            if let Some(seat) = inside.other_than(&by.id) {
                let membership = &seat["id"];
                attempts.push((
                    "updateTeamMember",
                    json!({ "membershipId": membership, "roleId": seat["role"]["id"], "preview": true }),
                ));
                attempts.push((
                    "removeTeamMember",
                    json!({ "membershipId": membership, "preview": true }),
                ));
            }
            attempts
        }
        TeamAction::ManageRoles => vec![
            (
                "createRole",
                json!({ "teamId": team.id, "name": "", "permissions": [] }),
            ),
            (
                "updateRole",
                json!({ "roleId": team.role("custom-0"), "name": "custom-0", "preview": true }),
            ),
            (
                "deleteRole",
                json!({ "roleId": team.role("custom-0"), "preview": true }),
            ),
        ],
        TeamAction::Invite => vec![
            (
                "createInvitation",
                json!({ "teamId": team.id, "roleId": team.role("Developer"), "email": "no address" }),
            ),
            // Once it is revoked, it is left as it is.
            ("revokeInvitation", json!({ "invitationId": inside.invitation })),
        ],
        TeamAction::ManageResources => vec![
            (
                "createResource",
                json!({ "teamId": team.id, "kind": inside.type_name, "name": "" }),
            ),
            (
                "updateResource",
                json!({ "resourceId": inside.resource, "name": "" }),
            ),
            ("deleteResource", json!({ "resourceId": inside.resource })),
        ],
        TeamAction::ManageRegistrationLink => vec![("resetTeamRegistrationLink", of_team())],
        TeamAction::Leave => vec![("leaveTeam", of_team())],
    }
}

/// What an attempt can take: the membership of who makes it, and the team's resource.
struct Rows {
    seat: Option<membership::Model>,
    resource: Option<resource::Model>,
}

impl Rows {
    async fn of(world: &World, team: &Team, inside: &Inside, by: &Actor) -> Self {
        let reader = world.app.database.reader();
        let seat = membership::Entity::find()
            .filter(membership::Column::TeamId.eq(TeamId::parse(&team.id).unwrap()))
            .filter(membership::Column::UserId.eq(UserId::parse(&by.id).unwrap()));
        let resource = resource::Entity::find_by_id(ResourceId::parse(&inside.resource).unwrap());
        Self {
            seat: seat.one(reader).await.unwrap(),
            resource: resource.one(reader).await.unwrap(),
        }
    }
}

/// Gives back what the attempts took: rows, and that the team is disabled.
async fn restore(world: &World, team: &Team, inside: &Inside, before: Rows, by: &Actor) {
    if inside.was_disabled {
        let past = Some(world.app.now());
        set_team(world, &team.id, team_row::Column::DisabledAt, past).await;
    }
    let after = Rows::of(world, team, inside, by).await;
    let writer = world.app.database.writer();
    if let (Some(row), None) = (before.seat, after.seat) {
        membership::Entity::insert(row.into_active_model())
            .exec_without_returning(writer)
            .await
            .unwrap();
    }
    if let (Some(row), None) = (before.resource, after.resource) {
        resource::Entity::insert(row.into_active_model())
            .exec_without_returning(writer)
            .await
            .unwrap();
    }
}

async fn a_team_action_is_listed_exactly_when_it_is_not_refused(world: World) {
    let mut dice = Dice::roll();
    let crowd = Crowd::gather(&world, &mut dice).await;
    let seed = dice.seed;
    let viewers: Vec<&Person> = crowd.people.iter().filter(|person| !person.is_disabled).collect();
    let (mut open, mut shut) = (0, 0);
    let everyone = viewers
        .iter()
        .flat_map(|by| crowd.teams.iter().map(move |team| (*by, team)));
    for (by, team) in everyone {
        let inside = look_inside(&crowd.root, team).await;
        let before = Rows::of(&world, team, &inside, &by.actor).await;
        let listed = listed(&by.actor, "team", &team.id).await;
        for action in TeamAction::ALL {
            let place = format!(
                "SEED={seed}: {}: {} {} on {}; listed are {listed:?}",
                name(action),
                by.account_type,
                by.actor.account,
                team.name
            );
            for (field, input) in attempts_on_team(action, &by.actor, team, &inside) {
                let answer = by.actor.mutate(field, input, "").await;
                let refused = is_refusal(&answer);
                assert_eq!(
                    listed.contains(&name(action)),
                    !refused,
                    "{place}; {field}: {}",
                    answer.body
                );
                if refused {
                    shut += 1;
                } else {
                    open += 1;
                }
            }
        }
        restore(&world, team, &inside, before, &by.actor).await;
    }
    assert!(open > 20 && shut > 20, "SEED={seed}: {open} {shut}");
}

async fn what_one_may_do_to_users_by_rank(world: World) {
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Developer").await;
    let nia = world.registered("nia", None).await;
    let pam = world.platform_admin("pam").await;
    let pia = world.platform_admin("pia").await;
    let root = world.super_admin().await;
    let all = "DELETE DISABLE EDIT_ACCOUNT_TYPE EDIT_EMAIL EDIT_NAME ENABLE END_SESSIONS RESET_PASSWORD UNBIND_EMAIL UNBIND_PASSKEYS UNBIND_TOTP UNLOCK";
    let own = "EDIT_EMAIL EDIT_NAME END_SESSIONS UNBIND_EMAIL UNBIND_PASSKEYS UNBIND_TOTP";
    let but_its_type = all.replace("EDIT_ACCOUNT_TYPE ", "");
    let cases = [
        (&root, &root, own),
        (&root, &pam, all),
        (&root, &mia, all),
        (&pam, &root, ""),
        (&pam, &pam, own),
        (&pam, &pia, ""),
        (&pam, &mia, but_its_type.as_str()),
        (&mia, &mia, own),
        // Who registered with an email keeps one.
        (
            &nia,
            &nia,
            "EDIT_EMAIL EDIT_NAME END_SESSIONS UNBIND_PASSKEYS UNBIND_TOTP",
        ),
        (&root, &nia, all),
        (&mia, &blue.admin, ""),
        (&blue.admin, &mia, ""),
    ];
    for (by, of, wanted) in cases {
        let found = listed(by, "user", &of.id).await;
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(found.join(" "), wanted, "{} on {}", by.account, of.account);
    }
    // Who logs in is told what they may do as who they are from now on.
    let input = json!({ "login": "nia", "password": PASSWORD });
    let answer = world
        .nobody()
        .mutate("login", input, "user { viewerActions }")
        .await
        .ok();
    assert_eq!(
        *answer.at("login.user.viewerActions"),
        json!([
            "EDIT_NAME",
            "EDIT_EMAIL",
            "UNBIND_TOTP",
            "UNBIND_PASSKEYS",
            "END_SESSIONS"
        ])
    );
}

async fn what_one_may_do_to_a_team_by_role(world: World) {
    let blue = world.superapp_team("Blue").await;
    let red = world.mini_program_team("Red", &blue).await;
    let mut cast = Vec::new();
    for (team, role) in [
        (&blue, "Member manager"),
        (&blue, "Senior developer"),
        (&blue, "Reviewer"),
        (&red, "Senior developer"),
    ] {
        let account = format!("{}-{role}", team.name).replace(' ', "-");
        cast.push(team.with(&world, &account, role).await);
    }
    let pam = world.platform_admin("pam").await;
    let nobody = world.member("nora").await;
    let admin = "EDIT INVITE LEAVE MANAGE_MEMBERS MANAGE_REGISTRATION_LINK MANAGE_RESOURCES MANAGE_ROLES";
    let staff = "DELETE EDIT MANAGE_REGISTRATION_LINK SET_ADMINS SET_STATUS";
    let cases = [
        (&pam, &blue, staff),
        (&pam, &red, "DELETE EDIT SET_ADMINS SET_STATUS"),
        (&blue.admin, &blue, admin),
        (
            &red.admin,
            &red,
            "EDIT INVITE LEAVE MANAGE_MEMBERS MANAGE_RESOURCES MANAGE_ROLES",
        ),
        (&cast[0], &blue, "EDIT INVITE LEAVE MANAGE_MEMBERS MANAGE_ROLES"),
        (&cast[1], &blue, "LEAVE MANAGE_RESOURCES"),
        (&cast[2], &blue, "LEAVE"),
        (&cast[3], &red, "LEAVE MANAGE_RESOURCES"),
        // In sight, and another's.
        (&blue.admin, &red, ""),
        (&red.admin, &blue, ""),
        (&nobody, &blue, ""),
    ];
    for (by, team, wanted) in cases {
        let found = listed(by, "team", &team.id).await;
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(found.join(" "), wanted, "{} on {}", by.account, team.name);
    }
    // While the team is disabled, it takes no writes but those of staff, and leaving.
    pam.mutate("disableTeam", json!({ "teamId": blue.id }), "")
        .await
        .ok();
    for (by, wanted) in [(&pam, staff), (&blue.admin, "LEAVE"), (&cast[0], "LEAVE")] {
        let found = listed(by, "team", &blue.id).await;
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(found.join(" "), wanted, "{} on the disabled team", by.account);
    }
}

async fn listed_actions_cost_no_query(world: World) {
    let blue = world.superapp_team("Blue").await;
    for account in ["mia", "nia", "lia"] {
        blue.with(&world, account, "Developer").await;
    }
    let root = world.super_admin().await;
    let asked = root.ask("{ users { nodes { viewerActions } } }");
    assert_eq!(world.statements_of(asked).await.len(), 2);
    let asked = root.ask("{ teams { nodes { viewerActions viewerPermissions } } }");
    assert_eq!(world.statements_of(asked).await.len(), 2);
}
