//! What each deed does, and what stands in its way: `domain.md`, told once more.
//!
//! The order in which things are asked: who one is, the right to do such a thing at all, whether the object is in sight,
//! the right to do it to this object; and then everything that is wrong with the input, together.

mod accounts;
mod counts;
mod invitations;
mod login;
mod members;
mod resources;
mod roles;
mod sessions;
mod teams;
mod users;

use std::collections::BTreeSet;

pub use accounts::NO_ADDRESS;
pub use sessions::Coming;

use super::state::{
    AccountType, CodeState, Handle, Invitation, MEMBER_MANAGEMENT, Model, Password, Policy, ROOT, Role, Team,
    Tokens,
};
use super::step::{Actor, Choice, Deed, NewPassword, Outcome, Step};

/// What one has to be for a deed of its kind; any one is enough.
enum Need {
    Staff,
    SignedIn,
    Member,
    TeamAdmin,
    Holder(&'static str),
}

/// The most teams that one makes by links.
pub const TEAMS_BY_LINK: usize = 5;

fn forbidden<T>() -> Result<T, Outcome> {
    Err(Outcome::fails("FORBIDDEN"))
}

fn not_found<T>() -> Result<T, Outcome> {
    Err(Outcome::fails("NOT_FOUND"))
}

/// What is wrong with an input.
#[derive(Default)]
struct Errors(BTreeSet<String>);

impl Errors {
    fn require(&mut self, holds: bool, code: &str, field: &str) {
        if !holds {
            self.0.insert(format!("{code} {field}"));
        }
    }

    /// Whether the text is a name: 3-64 characters, of a few kinds; a team's with single spaces inside.
    fn name(&mut self, field: &str, text: &str, spaced: bool) -> bool {
        let is_plain =
            |c: char| c.is_ascii_alphanumeric() || "+=,.@-_".contains(c) || ('一'..='龥').contains(&c);
        let well_formed = if spaced {
            text.split(' ')
                .all(|word| !word.is_empty() && word.chars().all(is_plain))
        } else {
            text.chars().all(is_plain)
        };
        let code = match text.chars().count() {
            0 => "REQUIRED",
            1..3 => "TOO_SHORT",
            65.. => "TOO_LONG",
            _ if !well_formed => "INVALID",
            _ => return true,
        };
        self.require(false, code, field);
        false
    }

    /// Holds a password that somebody chooses for another against the policy.
    fn choice(&mut self, policy: &Policy, field: &str, choice: Choice) {
        match choice {
            Choice::Generated => {}
            Choice::Left => self.require(false, "REQUIRED", field),
            Choice::Both => self.require(false, "INVALID", field),
            Choice::Typed(password) => self.typed_password(policy, field, password),
        }
    }

    fn typed_password(&mut self, policy: &Policy, field: &str, password: Password) {
        if password.length() < policy.minimum_length {
            self.require(false, "TOO_SHORT", field);
        } else {
            self.require(password != Password::Weak, "PASSWORD_TOO_WEAK", field);
        }
    }

    fn new_password(&mut self, policy: &Policy, field: &str, new: NewPassword) {
        self.typed_password(policy, field, new.password);
        self.require(new.is_confirmed, "MISMATCH", &format!("{field}Confirmation"));
    }

    fn done(self) -> Result<(), Outcome> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Outcome::Errors(self.0))
        }
    }
}

impl Choice {
    /// The password that was chosen in this step.
    fn chosen(self, new: Handle) -> Option<Password> {
        match self {
            Self::Generated => Some(Password::Generated(new)),
            Self::Typed(password) => Some(password),
            Self::Left | Self::Both => None,
        }
    }
}

fn may_make(me: Handle, account_type: AccountType) -> bool {
    match account_type {
        AccountType::SuperAdmin => false,
        AccountType::PlatformAdmin => me == ROOT,
        AccountType::Member => true,
    }
}

fn folded(text: &str) -> String {
    text.to_lowercase()
}

impl Model {
    /// Does the step, or foresees it.
    pub fn take(&mut self, step: &Step) -> Outcome {
        let mut after = self.clone();
        let done = after.deed(step);
        let keep = match &done {
            Ok(()) | Err(Outcome::Came { .. }) => !step.preview,
            // A try is counted, though nothing else of it stays.
            Err(_) => step.deed.is_counted(),
        };
        if keep {
            *self = after;
        }
        done.err().unwrap_or(Outcome::Done)
    }

    fn deed(&mut self, step: &Step) -> Result<(), Outcome> {
        let new = step.number;
        let actor = step.actor;
        match &step.deed {
            Deed::CreateUser {
                name,
                account,
                account_type,
                password,
            } => self.create_user(actor, new, name, account, *account_type, *password),
            Deed::UpdateUser {
                user,
                name,
                account_type,
                email,
            } => self.update_user(
                actor,
                new,
                *user,
                name.as_deref(),
                *account_type,
                email.as_deref(),
            ),
            Deed::DisableUser(user) => {
                self.govern(actor, *user, false)?;
                if !self.users[user].is_disabled {
                    self.spare(*user, &self.teams_of_admin(*user), "userId")?;
                    self.users.get_mut(user).unwrap().is_disabled = true;
                    self.end_sessions(*user, None);
                    self.void_codes(|code| code.issuer == Some(*user));
                }
                Ok(())
            }
            Deed::EnableUser(user) => {
                self.govern(actor, *user, false)?;
                self.users.get_mut(user).unwrap().is_disabled = false;
                Ok(())
            }
            Deed::DeleteUser(user) => self.delete_user(actor, *user),
            Deed::ResetPassword(user, password) => self.reset_password(actor, new, *user, *password),
            Deed::UnlockUser(user) => {
                self.govern(actor, *user, false)?;
                self.lift_locks(*user);
                Ok(())
            }
            Deed::UnbindUserTotp(user) => self.unbind_totp(actor, *user),
            Deed::UnbindUserEmail(user) => self.unbind_user_email(actor, *user),
            Deed::UpdatePolicy(settings) => self.update_policy(actor, settings),
            Deed::CreateTeam { .. } => self.create_team(actor, new, &step.deed),
            Deed::UpdateTeam { .. } => self.update_team(actor, &step.deed),
            Deed::DisableTeam(team) | Deed::EnableTeam(team) => {
                self.guard(actor, &[Need::Staff])?;
                let is_disabled = matches!(step.deed, Deed::DisableTeam(_));
                let Some(row) = self.teams.get_mut(team) else {
                    return not_found();
                };
                row.is_disabled = is_disabled;
                Ok(())
            }
            Deed::DeleteTeam { team, confirmed } => self.delete_team(actor, *team, *confirmed),
            Deed::ResetLink { team, revoke } => self.reset_link(actor, new, *team, *revoke),
            Deed::RegisterTeam { link, name } => self.register_team(actor, new, *link, name),
            Deed::AddMembers { team, members } => self.add_members(actor, *team, members),
            Deed::CreateMember {
                team,
                role,
                name,
                account,
            } => self.create_member(actor, new, *team, *role, name, account),
            Deed::UpdateMember { team, user, role } => self.update_member(actor, *team, *user, *role),
            Deed::RemoveMember { team, user } => self.remove_member(actor, *team, *user),
            Deed::Leave(team) => self.leave(actor, *team),
            Deed::CreateRole {
                team,
                name,
                permissions,
            } => self.create_role(actor, new, *team, name, permissions),
            Deed::UpdateRole {
                role,
                name,
                permissions,
            } => self.update_role(actor, *role, name.as_deref(), permissions.as_deref()),
            Deed::DeleteRole(role) => self.delete_role(actor, *role),
            Deed::Invite { team, role } => self.invite(actor, new, *team, *role),
            Deed::Revoke(invitation) => self.revoke(actor, *invitation),
            Deed::Join(code) => self.join(actor, *code),
            Deed::CreateResource {
                team,
                kind,
                name,
                manager,
            } => self.create_resource(actor, new, *team, *kind, name, *manager),
            Deed::UpdateResource {
                resource,
                name,
                manager,
                no_manager,
            } => self.update_resource(actor, *resource, name.as_deref(), *manager, *no_manager),
            Deed::DeleteResource(resource) => {
                self.manage_resource(actor, *resource)?;
                self.resources.remove(resource);
                Ok(())
            }
            Deed::Login {
                name,
                password,
                device,
            } => self.login(actor, new, name, *password, *device),
            Deed::CompleteLogin {
                challenge,
                factor,
                password,
            } => self.complete_login(actor, new, *challenge, *factor, *password),
            Deed::Refresh(tokens) => self.refresh(actor, new, *tokens),
            Deed::Logout => self.logout(actor),
            Deed::RevokeSession(session) => self.revoke_session(actor, *session),
            Deed::RevokeOthers => self.revoke_others(actor),
            Deed::Look => self
                .guard(actor, &[Need::SignedIn])
                .and_then(|me| Err(Outcome::Seen(Box::new(self.seen_by(me))))),
            Deed::UpdateProfile(name) => self.update_profile(actor, name),
            Deed::ChangePassword { current, new } => self.change_password(actor, *current, *new),
            Deed::SendCode { email, is_to_bind } => self.send_code(actor, new, email, *is_to_bind),
            Deed::Register {
                name,
                account,
                email,
                code,
                password,
                invitation,
            } => self.register(actor, new, (name, account, email), *code, *password, *invitation),
            Deed::BindEmail {
                email,
                code,
                password,
            } => self.bind_email(actor, email, *code, *password),
            Deed::UnbindEmail(password) => self.unbind_email(actor, *password),
            Deed::RequestReset(email) => self.request_reset(actor, new, email),
            Deed::ResetForgotten { email, code, new } => self.reset_forgotten(actor, email, *code, *new),
            Deed::EnrollTotp { password, challenge } => self.enroll_totp(actor, new, *password, *challenge),
            Deed::ConfirmTotp { code, challenge } => self.confirm_totp(actor, new, *code, *challenge),
            Deed::DisableTotp { password, factor } => self.disable_totp(actor, *password, *factor),
            // It has passed already, when the step began.
            Deed::Pass { is_swept, .. } => {
                if *is_swept {
                    self.sweep();
                }
                Ok(())
            }
        }
    }

    // Who may.

    /// Who asks and in which session, if they say. A token that is no good is refused, whatever is asked.
    fn come(&self, actor: Actor) -> Result<Option<(Handle, Tokens)>, Outcome> {
        let tokens = match actor {
            Actor::Nobody => return Ok(None),
            Actor::Person(user) => self.users.get(&user).and_then(|user| user.main),
            Actor::Device(tokens) => Some(tokens),
        };
        match tokens.and_then(|tokens| self.owner_of(tokens)) {
            Some(come) => Ok(Some(come)),
            None => Err(Outcome::fails("UNAUTHENTICATED")),
        }
    }

    /// Somebody who is signed in, and by which session.
    fn guard_session(&self, actor: Actor) -> Result<(Handle, Tokens), Outcome> {
        self.come(actor)?.ok_or_else(|| Outcome::fails("UNAUTHENTICATED"))
    }

    fn guard(&self, actor: Actor, needs: &[Need]) -> Result<Handle, Outcome> {
        let (handle, _) = self.guard_session(actor)?;
        let teams = || self.teams.iter();
        let holds = needs.iter().any(|need| match need {
            Need::SignedIn => true,
            Need::Staff => self.users[&handle].account_type.is_staff(),
            Need::Member => teams().any(|(_, team)| team.members.contains_key(&handle)),
            Need::TeamAdmin => teams().any(|(id, _)| self.is_admin(handle, *id)),
            Need::Holder(permission) => teams().any(|(id, _)| self.holds(handle, *id, permission)),
        });
        if holds { Ok(handle) } else { forbidden() }
    }

    /// Whether the user is an admin of the team, while it is active.
    pub fn is_admin(&self, user: Handle, team: Handle) -> bool {
        self.teams.get(&team).is_some_and(|team| {
            self.is_active(team)
                && team
                    .members
                    .get(&user)
                    .is_some_and(|role| role.is_administrator())
        })
    }

    /// Whether the user has the permission in the team.
    pub fn holds(&self, user: Handle, team: Handle, permission: &str) -> bool {
        let Some(row) = self.teams.get(&team) else {
            return false;
        };
        self.is_active(row)
            && row
                .members
                .get(&user)
                .is_some_and(|role| self.gives(*role, permission))
    }

    /// Whether the role gives its holders the permission.
    pub fn gives(&self, role: Role, permission: &str) -> bool {
        match role {
            Role::Preset(team_type, column) => team_type
                .table()
                .iter()
                .any(|(name, columns)| *name == permission && columns[column]),
            Role::Custom(handle) => {
                let role = self.roles.get(&handle);
                role.is_some_and(|role| role.permissions.contains(permission))
            }
        }
    }

    /// Whether the team can give the role: a preset one of its type, or one of its own.
    fn has_role(&self, team: Handle, role: Role) -> bool {
        match role {
            Role::Preset(team_type, _) => self.teams[&team].team_type == team_type,
            Role::Custom(handle) => self.roles.get(&handle).is_some_and(|role| role.team == team),
        }
    }

    /// Whether the user sees anything of the team.
    pub fn sees(&self, user: Handle, team: Handle) -> bool {
        let Some(row) = self.teams.get(&team) else {
            return false;
        };
        self.users[&user].account_type.is_staff()
            || row.members.contains_key(&user)
            // An admin of its superapp team, or a member of a team that is bound to it.
            || row.superapp_team.is_some_and(|superapp| self.is_admin(user, superapp))
            || self
                .teams
                .values()
                .any(|bound| bound.superapp_team == Some(team) && bound.members.contains_key(&user))
    }

    /// The way into a team, for who holds the permission there.
    fn enter(&self, user: Handle, team: Handle, permission: &str) -> Result<(), Outcome> {
        if !self.sees(user, team) {
            not_found()
        } else if self.holds(user, team, permission) {
            Ok(())
        } else {
            forbidden()
        }
    }

    /// The way of platform staff to another's account. The super admin reaches anyone else, a platform admin the
    /// members; `oneself`: and both reach themselves.
    fn govern(&self, actor: Actor, target: Handle, oneself: bool) -> Result<Handle, Outcome> {
        let me = self.guard(actor, &[Need::Staff])?;
        let Some(user) = self.users.get(&target) else {
            return not_found();
        };
        let reaches = if me == target {
            oneself
        } else {
            me == ROOT || user.account_type == AccountType::Member
        };
        if reaches { Ok(me) } else { forbidden() }
    }

    /// The same, of what is done to one's own account in another way.
    fn govern_another(&self, actor: Actor, target: Handle) -> Result<(), Outcome> {
        if self.guard(actor, &[Need::Staff])? == target {
            return Err(Outcome::error("USE_OWN_ACCOUNT", "userId"));
        }
        self.govern(actor, target, false)?;
        Ok(())
    }

    // What follows.

    /// Revokes those of the live codes.
    fn void_codes(&mut self, which: impl Fn(&Invitation) -> bool) {
        let now = self.now;
        for code in self.invitations.values_mut() {
            if code.state == CodeState::Open && now < code.expires && which(code) {
                code.state = CodeState::Revoked;
            }
        }
    }

    /// Revokes the codes of those who may no longer issue them for the team.
    fn void_codes_of_the_unentitled(&mut self, team: Handle) {
        let may = |user: &Handle| {
            let role = self.teams[&team].members.get(user);
            role.is_some_and(|role| self.gives(*role, MEMBER_MANAGEMENT))
        };
        let unentitled: BTreeSet<Handle> = self.users.keys().copied().filter(|user| !may(user)).collect();
        self.void_codes(|code| {
            code.team == team && code.issuer.is_some_and(|user| unentitled.contains(&user))
        });
    }

    fn take_out(&mut self, team: Handle, user: Handle) {
        self.teams.get_mut(&team).unwrap().members.remove(&user);
        for resource in self.resources.values_mut().filter(|it| it.team == team) {
            resource.manager = resource.manager.filter(|manager| *manager != user);
        }
        self.void_codes_of_the_unentitled(team);
    }

    pub fn teams_of_admin(&self, user: Handle) -> Vec<Handle> {
        let is_admin = |team: &Team| {
            team.members
                .get(&user)
                .is_some_and(|role| role.is_administrator())
        };
        self.teams
            .iter()
            .filter(|(_, team)| is_admin(team))
            .map(|(handle, _)| *handle)
            .collect()
    }

    /// Whether each of the teams has an active admin without this one.
    fn spare(&self, without: Handle, teams: &[Handle], field: &str) -> Result<(), Outcome> {
        let has_other = |team: &Handle| {
            self.teams[team].members.iter().any(|(user, role)| {
                *user != without && role.is_administrator() && !self.users[user].is_disabled
            })
        };
        if teams.iter().all(has_other) {
            Ok(())
        } else {
            Err(Outcome::error("LAST_TEAM_ADMIN", field))
        }
    }

    fn take_account(&self, errors: &mut Errors, field: &str, account: &str) {
        if errors.name(field, account, false) {
            errors.require(self.holder(account).is_none(), "TAKEN", field);
        }
    }
}
