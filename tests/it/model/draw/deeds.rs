//! Draws what is done, and who could.

use super::super::rules::TEAMS_BY_LINK;
use super::super::state::{AccountType, Handle, MEMBER_MANAGEMENT, ROOT, TeamType, User};
use super::super::step::Deed;
use super::{A_LOOK, Draw, NOTHING, TIME_PASSES};

impl Draw<'_> {
    pub(super) fn deed(&mut self, name: &str) -> (Handle, Deed) {
        match name {
            "createUser"
            | "updateUser"
            | "disableUser"
            | "enableUser"
            | "deleteUser"
            | "resetUserPassword"
            | "unlockUser"
            | "unbindUserTotp"
            | "unbindUserEmail"
            | "updatePasswordPolicy" => (self.staff(), self.user_deed(name)),
            "createTeam"
            | "updateTeam"
            | "disableTeam"
            | "enableTeam"
            | "deleteTeam"
            | "resetTeamRegistrationLink"
            | "registerTeam" => self.team_deed(name),
            "refreshSession" | "logout" | "revokeSession" | "revokeOtherSessions" => self.session_deed(name),
            "login"
            | "completeLogin"
            | "updateProfile"
            | "changePassword"
            | "sendVerificationCode"
            | "register"
            | "bindEmail"
            | "unbindEmail"
            | "requestPasswordReset"
            | "resetPassword"
            | "enrollTotp"
            | "confirmTotp"
            | "disableTotp" => self.account_deed(name),
            A_LOOK => (self.user(), Deed::Look),
            "createRole" | "updateRole" | "deleteRole" => self.role_deed(name),
            "createResource" | "updateResource" | "deleteResource" => self.resource_deed(name),
            TIME_PASSES => (ROOT, self.pass()),
            _ => self.member_deed(name),
        }
    }

    fn user_deed(&mut self, name: &str) -> Deed {
        match name {
            "createUser" => Deed::CreateUser {
                name: self.user_name(),
                account: self.account(),
                account_type: match self.dice.roll(20) {
                    0 => AccountType::SuperAdmin,
                    1..4 => AccountType::PlatformAdmin,
                    _ => AccountType::Member,
                },
                password: self.choice(NOTHING),
            },
            "updateUser" => {
                let account_type = self.dice.coin(50, |dice| match dice.roll(12) {
                    0 => AccountType::SuperAdmin,
                    1..6 => AccountType::PlatformAdmin,
                    _ => AccountType::Member,
                });
                Deed::UpdateUser {
                    user: self.user(),
                    name: self.dice.percent(60).then(|| self.user_name()),
                    email: (account_type.is_none() && self.dice.percent(35)).then(|| self.address()),
                    account_type,
                }
            }
            "disableUser" => Deed::DisableUser(self.user()),
            "enableUser" => {
                let disabled = self.users(|_, user| user.is_disabled);
                match self.dice.pick(&disabled) {
                    Some(user) if self.dice.percent(85) => Deed::EnableUser(user),
                    _ => Deed::EnableUser(self.user()),
                }
            }
            "deleteUser" => Deed::DeleteUser(self.user()),
            "resetUserPassword" => {
                let user = self.user();
                Deed::ResetPassword(user, self.choice(user))
            }
            "unbindUserTotp" => Deed::UnbindUserTotp(self.mostly(|user| user.guarded.totp_is_on())),
            "unbindUserEmail" => Deed::UnbindUserEmail(self.mostly(|user| user.guarded.email.is_some())),
            "updatePasswordPolicy" => self.policy(),
            _ => {
                let now = self.model.now;
                Deed::UnlockUser(self.mostly(|user| now < user.guarded.locked_until))
            }
        }
    }

    /// One of these users, mostly.
    pub(super) fn mostly(&mut self, which: impl Fn(&User) -> bool) -> Handle {
        let users = self.users(|_, user| which(user));
        let user = self.dice.pick(&users).filter(|_| self.dice.percent(75));
        user.unwrap_or_else(|| self.user())
    }

    fn team_deed(&mut self, name: &str) -> (Handle, Deed) {
        let team = self.team();
        let staff = self.staff();
        let deed = match name {
            "createTeam" => self.create_team(),
            "updateTeam" => return self.update_team(team),
            "disableTeam" if self.dice.percent(15) => return (self.user(), Deed::DisableTeam(team)),
            "disableTeam" => Deed::DisableTeam(team),
            "enableTeam" => {
                let disabled = self.teams(|_, team| team.is_disabled);
                Deed::EnableTeam(self.dice.pick(&disabled).unwrap_or(team))
            }
            "deleteTeam" => {
                let model = self.model;
                let bound_to = |team: Handle| {
                    model
                        .teams
                        .values()
                        .any(|other| other.superapp_team == Some(team))
                };
                let free = self.teams(|handle, _| !bound_to(handle));
                let team = self
                    .dice
                    .pick(&free)
                    .filter(|_| !model.teams.is_empty())
                    .unwrap_or(team);
                let team = if self.dice.percent(35) {
                    self.superapp_team()
                } else {
                    team
                };
                Deed::DeleteTeam {
                    team,
                    confirmed: self.dice.percent(85),
                }
            }
            "resetTeamRegistrationLink" => {
                let team = if self.dice.percent(80) {
                    self.superapp_team()
                } else {
                    team
                };
                let actor = if self.dice.percent(40) {
                    staff
                } else {
                    self.holder(team, MEMBER_MANAGEMENT)
                };
                let revoke = self.dice.percent(30);
                return (actor, Deed::ResetLink { team, revoke });
            }
            _ => {
                let links: Vec<Handle> = self.model.teams.values().filter_map(|team| team.link).collect();
                let link = self
                    .dice
                    .pick(&links)
                    .filter(|_| !self.dice.percent(8))
                    .unwrap_or(NOTHING);
                let model = self.model;
                let least = self.users(|handle, user| {
                    model.registered_by(handle) < TEAMS_BY_LINK
                        && !user.is_disabled
                        && !user.account_type.is_staff()
                });
                let actor = self.dice.pick(&least).unwrap_or(ROOT);
                let name = self.team_name();
                return (actor, Deed::RegisterTeam { link, name });
            }
        };
        (staff, deed)
    }

    fn create_team(&mut self) -> Deed {
        let no_superapp = self.superapp_team() == NOTHING;
        let team_type = if no_superapp && self.dice.percent(80) {
            TeamType::Superapp
        } else {
            self.team_type()
        };
        let is_mini = team_type == TeamType::MiniProgram;
        let new_admin = self.dice.percent(35);
        Deed::CreateTeam {
            name: self.team_name(),
            team_type,
            admins: if new_admin && self.dice.percent(70) || self.dice.percent(4) {
                Vec::new()
            } else {
                self.user_list(2)
            },
            new_admin: new_admin.then(|| (self.user_name(), self.account())),
            superapp_team: self
                .dice
                .percent(if is_mini { 96 } else { 4 })
                .then(|| self.superapp_team()),
            expires: self
                .dice
                .percent(if is_mini { 50 } else { 4 })
                .then(|| self.expiry()),
        }
    }

    fn update_team(&mut self, team: Handle) -> (Handle, Deed) {
        let by_staff = self.dice.percent(65);
        let actor = if by_staff {
            self.staff()
        } else {
            self.holder(team, MEMBER_MANAGEMENT)
        };
        let rarely = if by_staff { 40 } else { 5 };
        let is_mini = self
            .model
            .teams
            .get(&team)
            .is_some_and(|team| team.team_type == TeamType::MiniProgram);
        let binding = if is_mini { rarely } else { 3 };
        let deed = Deed::UpdateTeam {
            team,
            name: self.dice.percent(30).then(|| self.team_name()),
            remark: self.dice.coin(30, |dice| {
                if dice.percent(30) {
                    String::new()
                } else {
                    "a remark".to_owned()
                }
            }),
            admins: self.dice.percent(rarely).then(|| {
                let mut admins = if self.dice.percent(4) {
                    Vec::new()
                } else {
                    self.user_list(2)
                };
                if self.dice.percent(60) {
                    admins.push(self.member_of(team));
                }
                admins
            }),
            superapp_team: self.dice.percent(binding).then(|| self.superapp_team()),
            expires: self.dice.percent(binding).then(|| self.expiry()),
            never_expires: false,
        };
        let deed = self.perhaps_for_ever(deed, binding);
        (actor, deed)
    }

    fn perhaps_for_ever(&mut self, mut deed: Deed, chance: usize) -> Deed {
        if let Deed::UpdateTeam {
            expires,
            never_expires,
            ..
        } = &mut deed
        {
            *never_expires = self.dice.percent(chance / 3);
            // Both at once are refused; that an expiry has passed as well is not told then.
            if *never_expires && expires.is_some_and(|expires| expires < 0) {
                *expires = None;
            }
        }
        deed
    }

    fn member_deed(&mut self, name: &str) -> (Handle, Deed) {
        let team = self.team();
        let manager = self.holder(team, MEMBER_MANAGEMENT);
        let by_admin = self.model.is_admin(manager, team);
        let deed = match name {
            "addTeamMembers" => {
                let count = if self.dice.percent(3) {
                    0
                } else {
                    1 + self.dice.roll(3)
                };
                let members = (0..count).map(|_| {
                    let model = self.model;
                    let strangers = self.users(|handle, user| {
                        user.account_type == AccountType::Member
                            && !user.is_disabled
                            && !model
                                .teams
                                .get(&team)
                                .is_some_and(|team| team.members.contains_key(&handle))
                    });
                    let user = self.dice.pick(&strangers).filter(|_| self.dice.percent(85));
                    (user.unwrap_or_else(|| self.user()), self.role(team, by_admin))
                });
                Deed::AddMembers {
                    team,
                    members: members.collect(),
                }
            }
            "createTeamMember" => Deed::CreateMember {
                team,
                role: self.role(team, by_admin),
                name: self.user_name(),
                account: self.account(),
            },
            "updateTeamMember" => Deed::UpdateMember {
                team,
                user: self.member_of(team),
                role: self.role(team, by_admin),
            },
            "removeTeamMember" => Deed::RemoveMember {
                team,
                user: self.member_of(team),
            },
            "leaveTeam" => return (self.member_of(team), Deed::Leave(team)),
            "createInvitation" => Deed::Invite {
                team,
                role: self.role(team, false),
            },
            "revokeInvitation" => return self.revoke(),
            _ => return self.join(),
        };
        (manager, deed)
    }

    fn revoke(&mut self) -> (Handle, Deed) {
        let codes: Vec<Handle> = self.model.invitations.keys().copied().collect();
        let live: Vec<Handle> = codes
            .iter()
            .copied()
            .filter(|code| self.model.usable(*code).is_some())
            .collect();
        let which = if self.dice.percent(60) { &live } else { &codes };
        let Some(code) = self.dice.pick(which) else {
            return (self.member(), Deed::Revoke(NOTHING));
        };
        let team = self.model.invitations[&code].team;
        (self.holder(team, MEMBER_MANAGEMENT), Deed::Revoke(code))
    }

    fn join(&mut self) -> (Handle, Deed) {
        let codes: Vec<Handle> = self.model.invitations.keys().copied().collect();
        let live: Vec<Handle> = codes
            .iter()
            .copied()
            .filter(|code| self.model.usable(*code).is_some())
            .collect();
        let which = if self.dice.percent(75) { &live } else { &codes };
        let code = self
            .dice
            .pick(which)
            .filter(|_| !self.dice.percent(5))
            .unwrap_or(NOTHING);
        (self.member(), Deed::Join(code))
    }

    fn role_deed(&mut self, name: &str) -> (Handle, Deed) {
        if name == "createRole" {
            let team = self.team();
            let deed = Deed::CreateRole {
                team,
                name: self.role_name(),
                permissions: self.permissions(team),
            };
            return (self.holder(team, MEMBER_MANAGEMENT), deed);
        }
        let (team, role) = self.any_role();
        let deed = if name == "updateRole" {
            Deed::UpdateRole {
                role,
                name: self.dice.percent(50).then(|| self.role_name()),
                permissions: self.dice.percent(60).then(|| self.permissions(team)),
            }
        } else {
            Deed::DeleteRole(role)
        };
        (self.holder(team, MEMBER_MANAGEMENT), deed)
    }

    fn resource_deed(&mut self, name: &str) -> (Handle, Deed) {
        let resources: Vec<Handle> = self.model.resources.keys().copied().collect();
        let resource = self
            .dice
            .pick(&resources)
            .filter(|_| !self.dice.percent(5))
            .unwrap_or(NOTHING);
        let team = if name == "createResource" {
            self.team()
        } else {
            self.model.resources.get(&resource).map_or(NOTHING, |it| it.team)
        };
        let team_type = self.model.teams.get(&team).map(|team| team.team_type);
        let team_type = team_type.unwrap_or(TeamType::Superapp);
        let actor = self.holder(team, team_type.resource_permission());
        let deed = match name {
            "createResource" => Deed::CreateResource {
                team,
                kind: if self.dice.percent(8) {
                    self.team_type()
                } else {
                    team_type
                },
                name: self.team_name(),
                manager: self.dice.percent(60).then(|| self.member_of(team)),
            },
            "updateResource" => Deed::UpdateResource {
                resource,
                name: self.dice.percent(50).then(|| self.team_name()),
                manager: self.dice.percent(60).then(|| self.member_of(team)),
                no_manager: self.dice.percent(15),
            },
            _ => Deed::DeleteResource(resource),
        };
        (actor, deed)
    }
}
