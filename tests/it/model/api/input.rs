//! What a deed asks the API for.

use super::super::state::{AccountType, Handle, Model, Role};
use super::super::step::{Choice, Deed};
use super::{Api, Kind};
use crate::support::{Value, json};

impl Api<'_> {
    /// The input of the mutation, and what to select of its payload.
    pub(super) fn input(&self, model: &Model, deed: &Deed) -> (Value, &'static str) {
        let users = |handles: &[Handle]| handles.iter().map(|user| self.user(*user)).collect::<Vec<_>>();
        let with = |mut input: Value, choice: Choice| {
            match choice {
                Choice::Generated => input["generatePassword"] = json!(true),
                Choice::Left => {}
                Choice::Both => {
                    input["password"] = json!("Blue-Whale-42");
                    input["generatePassword"] = json!(true);
                }
                Choice::Weak => input["password"] = json!("aaaaaaaa"),
            }
            input
        };
        match deed {
            Deed::CreateUser {
                name,
                account,
                account_type,
                password,
            } => {
                let input = json!({ "name": name, "account": account, "accountType": account_type.name() });
                (with(input, *password), "generatedPassword user { id }")
            }
            Deed::UpdateUser {
                user,
                name,
                account_type,
            } => {
                let account_type = account_type.map(AccountType::name);
                let input = json!({ "userId": self.user(*user), "name": name, "accountType": account_type });
                (input, "")
            }
            Deed::DisableUser(user)
            | Deed::EnableUser(user)
            | Deed::DeleteUser(user)
            | Deed::UnlockUser(user) => (json!({ "userId": self.user(*user) }), ""),
            Deed::ResetPassword(user, password) => (
                with(json!({ "userId": self.user(*user) }), *password),
                "generatedPassword",
            ),
            Deed::CreateTeam {
                name,
                team_type,
                admins,
                new_admin,
                superapp_team,
                expires,
            } => {
                let new_admin = new_admin.as_ref().map(
                    |(name, account)| json!({ "name": name, "account": account, "generatePassword": true }),
                );
                let input = json!({
                    "name": name, "type": team_type.name(), "adminIds": users(admins), "newAdmin": new_admin,
                    "superappTeamId": superapp_team.map(|team| self.team(team)),
                    "expiresAt": expires.map(|expires| self.time(expires)),
                });
                (input, "generatedPassword team { id admins { id } }")
            }
            Deed::UpdateTeam {
                team,
                name,
                remark,
                admins,
                superapp_team,
                expires,
                never_expires,
            } => {
                let input = json!({
                    "neverExpires": never_expires,
                    "teamId": self.team(*team), "name": name, "remark": remark,
                    "adminIds": admins.as_ref().map(|admins| users(admins)),
                    "superappTeamId": superapp_team.map(|team| self.team(team)),
                    "expiresAt": expires.map(|expires| self.time(expires)),
                });
                (input, "")
            }
            Deed::DisableTeam(team) | Deed::EnableTeam(team) | Deed::Leave(team) => {
                (json!({ "teamId": self.team(*team) }), "")
            }
            Deed::DeleteTeam { team, confirmed } => {
                let name = model.teams.get(team).map_or("Nowhere", |team| &team.name);
                let typed = if *confirmed { name } else { "Another" };
                (json!({ "teamId": self.team(*team), "confirmName": typed }), "")
            }
            Deed::ResetLink { team, revoke } => (json!({ "teamId": self.team(*team), "revoke": revoke }), ""),
            Deed::RegisterTeam { link, name } => {
                let token = self.links.get(link).map_or("no-such-token", |token| token);
                (json!({ "token": token, "name": name }), "team { id }")
            }
            Deed::AddMembers { team, members } => {
                let member = |(user, role): &(Handle, Role)| json!({ "userId": self.user(*user), "roleId": self.role(*role) });
                let members: Vec<Value> = members.iter().map(member).collect();
                (json!({ "teamId": self.team(*team), "members": members }), "")
            }
            Deed::CreateMember {
                team,
                role,
                name,
                account,
            } => {
                let input = json!({
                    "teamId": self.team(*team), "roleId": self.role(*role), "name": name, "account": account,
                    "generatePassword": true,
                });
                (input, "generatedPassword membership { user { id } }")
            }
            Deed::UpdateMember { team, user, role } => {
                let input = json!({ "membershipId": self.seat(*team, *user), "roleId": self.role(*role) });
                (input, "")
            }
            Deed::RemoveMember { team, user } => (json!({ "membershipId": self.seat(*team, *user) }), ""),
            Deed::CreateRole {
                team,
                name,
                permissions,
            } => {
                let input = json!({ "teamId": self.team(*team), "name": name, "permissions": permissions });
                (input, "role { id }")
            }
            Deed::UpdateRole {
                role,
                name,
                permissions,
            } => {
                let input = json!({ "roleId": self.role(*role), "name": name, "permissions": permissions });
                (input, "")
            }
            Deed::DeleteRole(role) => (json!({ "roleId": self.role(*role) }), ""),
            Deed::Invite { team, role } => {
                let input = json!({ "teamId": self.team(*team), "roleId": self.role(*role) });
                (input, "code invitation { id }")
            }
            Deed::Revoke(code) => (json!({ "invitationId": self.id(Kind::Invitation, *code) }), ""),
            Deed::Join(code) => {
                // A code that was never given has nine digits.
                let code = self.codes.get(code).map_or("000000000", |code| code);
                (json!({ "code": code }), "")
            }
            Deed::CreateResource {
                team,
                kind,
                name,
                manager,
            } => {
                let manager = manager.map(|manager| self.user(manager));
                let input = json!({ "teamId": self.team(*team), "kind": kind.name(), "name": name, "managerId": manager });
                (input, "resource { id }")
            }
            Deed::UpdateResource {
                resource,
                name,
                manager,
                no_manager,
            } => {
                let manager = manager.map(|manager| self.user(manager));
                let id = self.id(Kind::Resource, *resource);
                (
                    json!({ "resourceId": id, "name": name, "managerId": manager, "noManager": no_manager }),
                    "",
                )
            }
            Deed::DeleteResource(resource) => {
                (json!({ "resourceId": self.id(Kind::Resource, *resource) }), "")
            }
            Deed::RevokeSession(session) => (json!({ "sessionId": self.session(*session) }), ""),
            Deed::Refresh(login) => {
                let token = self
                    .logins
                    .get(login)
                    .and_then(|device| device.refresh_token.as_deref());
                (
                    json!({ "refreshToken": token.unwrap_or("no-such-token") }),
                    super::TOKENS,
                )
            }
            Deed::Login { .. } | Deed::Logout | Deed::RevokeOthers | Deed::Look | Deed::Pass(_) => {
                unreachable!("{deed:?} is done in a way of its own")
            }
        }
    }
}
