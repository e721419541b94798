//! What a deed asks the API for.

use super::super::state::{AccountType, Factor, Handle, Model, Role};
use super::super::step::{Choice, Deed, LoginName, NewPassword, Setting};
use super::{Api, Kind};
use crate::support::{Value, json};

const LOGIN: &str =
    "step challenge deviceToken previousLoginAt failedAttempts tokens { accessToken refreshToken }";
const CONFIRM: &str = "recoveryCodes login { step challenge deviceToken previousLoginAt failedAttempts \
                       tokens { accessToken refreshToken } }";
const REGISTER: &str = "user { id } tokens { accessToken refreshToken }";

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
                Choice::Typed(password) => input["password"] = json!(self.password(password)),
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
                email,
            } => {
                let account_type = account_type.map(AccountType::name);
                let input = json!({
                    "userId": self.user(*user), "name": name, "accountType": account_type, "email": email,
                });
                (input, "")
            }
            Deed::DisableUser(user)
            | Deed::EnableUser(user)
            | Deed::DeleteUser(user)
            | Deed::UnlockUser(user)
            | Deed::UnbindUserTotp(user)
            | Deed::UnbindUserEmail(user) => (json!({ "userId": self.user(*user) }), ""),
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
            Deed::RevokeSession(session) => (json!({ "sessionId": self.session(model, *session) }), ""),
            Deed::Refresh(tokens) => {
                let device = self.tokens.get(tokens);
                let token = device.and_then(|device| device.refresh_token.as_deref());
                let token = token.unwrap_or("no-such-token");
                (json!({ "refreshToken": token }), super::TOKENS)
            }
            deed => self.account_input(model, deed),
        }
    }

    /// The same, of what people do about their own account.
    fn account_input(&self, model: &Model, deed: &Deed) -> (Value, &'static str) {
        let new_password = |mut input: Value, new: NewPassword, field: &str| {
            let confirmation = if new.is_confirmed {
                self.password(new.password)
            } else {
                "Another-Whale-42".to_owned()
            };
            input[field] = json!(self.password(new.password));
            input[format!("{field}Confirmation")] = json!(confirmation);
            input
        };
        let factor = |mut input: Value, factor: Option<Factor>, code_field: &str| {
            match factor {
                Some(code @ Factor::Code { .. }) => input[code_field] = json!(self.factor(code)),
                Some(code @ Factor::Recovery { .. }) => input["recoveryCode"] = json!(self.factor(code)),
                None => {}
            }
            input
        };
        let challenge = |challenge: &Option<Handle>| challenge.map(|challenge| self.challenge(challenge));
        match deed {
            Deed::Login {
                name,
                password,
                device,
            } => {
                let login = match name {
                    // Without regard to case.
                    LoginName::AccountOf(user) => model
                        .users
                        .get(user)
                        .map_or("nobody-of-all".to_owned(), |user| user.account.to_uppercase()),
                    LoginName::Email(email) => email.clone(),
                };
                let device = device.map(|device| {
                    self.devices
                        .get(&device)
                        .map_or("no-such-device", |device| device)
                });
                let input = json!({
                    "login": login, "password": self.password(*password), "deviceToken": device,
                });
                (input, LOGIN)
            }
            Deed::CompleteLogin {
                challenge,
                factor: given,
                password,
            } => {
                let input = factor(
                    json!({ "challenge": self.challenge(*challenge) }),
                    *given,
                    "totpCode",
                );
                let input = match password {
                    Some(new) => new_password(input, *new, "newPassword"),
                    None => input,
                };
                (input, LOGIN)
            }
            Deed::UpdateProfile(name) => (json!({ "name": name }), ""),
            Deed::ChangePassword { current, new } => {
                let input = json!({ "currentPassword": self.password(*current) });
                (new_password(input, *new, "newPassword"), "")
            }
            Deed::SendCode { email, is_to_bind } => {
                let purpose = if *is_to_bind { "BIND_EMAIL" } else { "REGISTER" };
                (json!({ "email": email, "purpose": purpose }), "")
            }
            Deed::Register {
                name,
                account,
                email,
                code,
                password,
                invitation,
            } => {
                let invitation =
                    invitation.map(|code| self.codes.get(&code).map_or("000000000", |code| code));
                let input = json!({
                    "name": name, "account": account, "email": email,
                    "verificationCode": self.mailed(*code), "invitationCode": invitation,
                });
                (new_password(input, *password, "password"), REGISTER)
            }
            Deed::BindEmail {
                email,
                code,
                password,
            } => {
                let input = json!({
                    "email": email, "verificationCode": self.mailed(*code), "password": self.password(*password),
                });
                (input, "")
            }
            Deed::UnbindEmail(password) => (json!({ "password": self.password(*password) }), ""),
            Deed::RequestReset(email) => (json!({ "email": email }), ""),
            Deed::ResetForgotten { email, code, new } => {
                let input = json!({ "email": email, "code": self.mailed(*code) });
                (new_password(input, *new, "newPassword"), "")
            }
            Deed::EnrollTotp {
                password,
                challenge: of,
            } => {
                let password = password.map(|password| self.password(password));
                (
                    json!({ "password": password, "challenge": challenge(of) }),
                    "otpauthUri",
                )
            }
            Deed::ConfirmTotp { code, challenge: of } => (
                json!({ "code": self.factor(*code), "challenge": challenge(of) }),
                CONFIRM,
            ),
            Deed::DisableTotp {
                password,
                factor: given,
            } => {
                let input = json!({ "password": self.password(*password) });
                (factor(input, *given, "code"), "")
            }
            Deed::UpdatePolicy(settings) => {
                let mut input = json!({});
                for setting in settings {
                    let (field, value) = match *setting {
                        Setting::MinimumLength(length) => ("minimumLength", json!(length)),
                        Setting::RefusesPrevious(count) => ("refusesPrevious", json!(count)),
                        Setting::ExpiresAfterDays(days) => ("expiresAfterDays", json!(days)),
                        Setting::ChangeAfterReset(is_needed) => ("changeAfterReset", json!(is_needed)),
                        Setting::LockAfterFailures(count) => ("lockAfterFailures", json!(count)),
                        Setting::FailureWindowMinutes(minutes) => ("failureWindowMinutes", json!(minutes)),
                        Setting::LockMinutes(minutes) => ("lockMinutes", json!(minutes)),
                    };
                    input[field] = value;
                }
                (input, "")
            }
            deed => unreachable!("{deed:?} is done in a way of its own"),
        }
    }
}
