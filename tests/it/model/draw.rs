//! Draws the next step: mostly one that can be done, often one that nearly can.

mod accounts;
mod deeds;

use super::state::{
    ADMINISTRATOR, AccountType, HOUR, Handle, MEMBER_MANAGEMENT, MINUTE, Model, ROOT, Role, Seconds,
    TeamType, Tokens,
};
use super::step::{Actor, Choice, Deed, Step};

/// A generator of numbers that a seed tells (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(sides.max(1)).unwrap()).unwrap()
    }

    /// Whether something happens that does so many times in a hundred.
    pub fn percent(&mut self, chance: usize) -> bool {
        self.roll(100) < chance
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        (!of.is_empty()).then(|| of[self.roll(of.len())].clone())
    }

    fn coin<T>(&mut self, chance: usize, draw: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.percent(chance).then(|| draw(self))
    }
}

/// Names nothing, ever.
pub const NOTHING: Handle = Handle::MAX;

pub const TIME_PASSES: &str = "time passes";
pub const A_LOOK: &str = "a look around";

/// How often each deed is drawn. Users and teams go so often that a world stays small, and the last of thousands of steps
/// takes little longer than the first.
const WEIGHTS: &[(&str, usize)] = &[
    ("createUser", 7),
    ("updateUser", 6),
    ("disableUser", 5),
    ("enableUser", 4),
    ("deleteUser", 8),
    ("resetUserPassword", 3),
    ("unlockUser", 3),
    ("createTeam", 5),
    ("updateTeam", 8),
    ("disableTeam", 4),
    ("enableTeam", 5),
    ("deleteTeam", 6),
    ("resetTeamRegistrationLink", 4),
    ("registerTeam", 4),
    ("addTeamMembers", 10),
    ("createTeamMember", 4),
    ("updateTeamMember", 10),
    ("removeTeamMember", 6),
    ("leaveTeam", 4),
    ("createRole", 6),
    ("updateRole", 5),
    ("deleteRole", 4),
    ("createInvitation", 7),
    ("revokeInvitation", 4),
    ("joinTeam", 10),
    ("createResource", 6),
    ("updateResource", 4),
    ("deleteResource", 4),
    ("login", 20),
    ("completeLogin", 14),
    ("refreshSession", 8),
    ("logout", 6),
    ("revokeSession", 5),
    ("revokeOtherSessions", 4),
    ("updateProfile", 4),
    ("changePassword", 6),
    ("sendVerificationCode", 9),
    ("register", 9),
    ("bindEmail", 8),
    ("unbindEmail", 4),
    ("unbindUserEmail", 5),
    ("requestPasswordReset", 6),
    ("resetPassword", 10),
    ("enrollTotp", 8),
    ("confirmTotp", 9),
    ("disableTotp", 5),
    ("unbindUserTotp", 5),
    ("updatePasswordPolicy", 5),
    (A_LOOK, 8),
    (TIME_PASSES, 9),
];

/// The mutations that are drawn.
pub fn drawn() -> impl Iterator<Item = &'static str> {
    WEIGHTS.iter().map(|(name, _)| *name)
}

/// The next step of a history that has come to this.
pub fn step(dice: &mut Dice, model: &Model, number: Handle) -> Step {
    let all: usize = WEIGHTS.iter().map(|(_, weight)| weight).sum();
    let mut roll = dice.roll(all);
    let mut drawn = WEIGHTS[0].0;
    for (name, weight) in WEIGHTS {
        if roll < *weight {
            drawn = name;
            break;
        }
        roll -= weight;
    }
    // Without people and teams there is little to do.
    if model.users.len() < 4 {
        drawn = "createUser";
    } else if model.teams.is_empty() {
        drawn = "createTeam";
    }
    let mut draw = Draw { dice, model, number };
    let (actor, deed) = draw.deed(drawn);
    // Who signs in or goes on is mostly nobody yet.
    let comes = match &deed {
        Deed::SendCode { is_to_bind, .. } => !is_to_bind,
        Deed::EnrollTotp { challenge, .. } | Deed::ConfirmTotp { challenge, .. } => challenge.is_some(),
        Deed::Login { .. }
        | Deed::CompleteLogin { .. }
        | Deed::Refresh(_)
        | Deed::Register { .. }
        | Deed::RequestReset(_)
        | Deed::ResetForgotten { .. } => true,
        _ => false,
    };
    let actor = if comes && draw.dice.percent(90) {
        Actor::Nobody
    } else if matches!(deed, Deed::Logout) && draw.dice.percent(40) {
        // By a token that may be good no more.
        draw.any_device()
    } else {
        draw.mistaken(actor)
    };
    let preview = deed.has_preview() && dice.percent(25);
    Step {
        number,
        actor,
        deed,
        preview,
    }
}

struct Draw<'a> {
    dice: &'a mut Dice,
    model: &'a Model,
    /// Of the step that is drawn.
    number: Handle,
}

impl Draw<'_> {
    fn any_device(&mut self) -> Actor {
        let all: Vec<Tokens> = self.model.issued.keys().copied().collect();
        Actor::Device(self.dice.pick(&all).unwrap_or(Tokens::Deed(NOTHING)))
    }

    /// Now and then somebody else than who could, or the same by a device that they logged in from.
    fn mistaken(&mut self, actor: Handle) -> Actor {
        match self.dice.roll(100) {
            0..2 => Actor::Nobody,
            2..5 => self.any_device(),
            5..9 => {
                let disabled: Vec<Handle> = self.users(|_, user| user.is_disabled);
                Actor::Person(self.dice.pick(&disabled).unwrap_or(actor))
            }
            9..18 => Actor::Person(self.user()),
            18..30 => {
                let model = self.model;
                let good = model.issued.keys().copied().filter(|tokens| {
                    let owner = model.owner_of(*tokens);
                    owner.is_some_and(|(owner, _)| owner == actor)
                });
                let good: Vec<Tokens> = good.collect();
                let device = self.dice.pick(&good).map(Actor::Device);
                device.unwrap_or(Actor::Person(actor))
            }
            _ => Actor::Person(actor),
        }
    }

    fn users(&self, which: impl Fn(Handle, &super::state::User) -> bool) -> Vec<Handle> {
        let users = self.model.users.iter();
        users
            .filter(|(handle, user)| which(**handle, user))
            .map(|(handle, _)| *handle)
            .collect()
    }

    fn any_user(&mut self, which: impl Fn(Handle, &super::state::User) -> bool) -> Handle {
        let users = self.users(which);
        self.dice.pick(&users).unwrap_or(NOTHING)
    }

    /// Anybody; rarely somebody who is no more.
    fn user(&mut self) -> Handle {
        if self.dice.percent(4) {
            return NOTHING;
        }
        self.any_user(|_, _| true)
    }

    /// A member of the platform, mostly.
    fn member(&mut self) -> Handle {
        if self.dice.percent(12) {
            return self.user();
        }
        self.any_user(|_, user| user.account_type == AccountType::Member)
    }

    fn staff(&mut self) -> Handle {
        if self.dice.percent(50) {
            return ROOT;
        }
        let staff = self.users(|_, user| user.account_type.is_staff() && !user.is_disabled);
        self.dice.pick(&staff).unwrap_or(ROOT)
    }

    fn teams(&self, which: impl Fn(Handle, &super::state::Team) -> bool) -> Vec<Handle> {
        let teams = self.model.teams.iter();
        teams
            .filter(|(handle, team)| which(**handle, team))
            .map(|(handle, _)| *handle)
            .collect()
    }

    fn team(&mut self) -> Handle {
        if self.dice.percent(3) {
            return NOTHING;
        }
        let model = self.model;
        // Those that are active are where most can be done.
        let active = self.teams(|_, team| model.is_active(team));
        if !active.is_empty() && self.dice.percent(85) {
            return self.dice.pick(&active).unwrap();
        }
        let all = self.teams(|_, _| true);
        self.dice.pick(&all).unwrap_or(NOTHING)
    }

    fn team_type(&mut self) -> TeamType {
        if self.dice.percent(50) {
            TeamType::Superapp
        } else {
            TeamType::MiniProgram
        }
    }

    fn superapp_team(&mut self) -> Handle {
        if self.dice.percent(12) {
            return self.team();
        }
        let model = self.model;
        let active = self.teams(|_, team| team.team_type == TeamType::Superapp && model.is_active(team));
        self.dice.pick(&active).unwrap_or(NOTHING)
    }

    /// Somebody who holds the permission in the team.
    fn holder(&mut self, team: Handle, permission: &str) -> Handle {
        let model = self.model;
        let holders = self.users(|handle, user| !user.is_disabled && model.holds(handle, team, permission));
        let admins = self.users(|handle, user| !user.is_disabled && model.is_admin(handle, team));
        let who = if self.dice.percent(60) { &admins } else { &holders };
        match self.dice.pick(who) {
            Some(who) => who,
            None => self.member_of(team),
        }
    }

    fn member_of(&mut self, team: Handle) -> Handle {
        let members: Vec<Handle> = self
            .model
            .teams
            .get(&team)
            .map(|team| team.members.keys().copied().collect())
            .unwrap_or_default();
        match self.dice.pick(&members) {
            Some(member) if !self.dice.percent(8) => member,
            _ => self.user(),
        }
    }

    /// A role for a member of the team; rarely one that the team does not have.
    fn role(&mut self, team: Handle, may_be_admin: bool) -> Role {
        let Some(row) = self.model.teams.get(&team) else {
            return Role::Preset(TeamType::Superapp, 3);
        };
        if self.dice.percent(6) {
            let other = self.team_type();
            return Role::Preset(other, self.dice.roll(6));
        }
        let own = |handle: Handle| self.model.roles[&handle].team == team;
        let custom: Vec<Handle> = self
            .model
            .roles
            .keys()
            .copied()
            .filter(|handle| own(*handle))
            .collect();
        if self.dice.percent(30)
            && let Some(handle) = self.dice.pick(&custom)
        {
            return Role::Custom(handle);
        }
        if self.dice.percent(if may_be_admin { 20 } else { 3 }) {
            return Role::Preset(row.team_type, ADMINISTRATOR);
        }
        Role::Preset(row.team_type, 1 + self.dice.roll(5))
    }

    fn any_role(&mut self) -> (Handle, Role) {
        let roles: Vec<Handle> = self.model.roles.keys().copied().collect();
        match self.dice.pick(&roles) {
            Some(handle) if !self.dice.percent(6) => (self.model.roles[&handle].team, Role::Custom(handle)),
            _ => {
                let team = self.team();
                let role = if self.dice.percent(50) {
                    Role::Custom(NOTHING)
                } else {
                    Role::Preset(TeamType::Superapp, self.dice.roll(6))
                };
                (team, role)
            }
        }
    }

    // Texts.

    fn bad_name(&mut self) -> String {
        let bad = ["", "ab", "no!", "too  many", "way-too-long-"];
        let text = bad[self.dice.roll(bad.len())];
        if text.starts_with("way") {
            text.repeat(6)
        } else {
            text.to_owned()
        }
    }

    fn user_name(&mut self) -> String {
        if self.dice.percent(8) {
            return self.bad_name();
        }
        // None so short that a password which the platform makes could hold it.
        let names = ["ann.lee", "Ben.K", "李小明", "cam_2", "dee@work"];
        names[self.dice.roll(names.len())].to_owned()
    }

    /// One of so few that some are taken.
    fn account(&mut self) -> String {
        if self.dice.percent(6) {
            return self.bad_name();
        }
        let number = self.dice.roll(120);
        match self.dice.roll(20) {
            // One that somebody's address could be.
            0 => format!("mail-{}@example.com", self.dice.roll(14)),
            1 | 2 => format!("ACC-{number}"),
            _ => format!("acc-{number}"),
        }
    }

    fn team_name(&mut self) -> String {
        if self.dice.percent(8) {
            return self.bad_name();
        }
        let number = self.dice.roll(40);
        match self.dice.roll(10) {
            0 => format!("TEAM {number}"),
            _ => format!("Team {number}"),
        }
    }

    fn role_name(&mut self) -> String {
        if self.dice.percent(8) {
            return self.bad_name();
        }
        if self.dice.percent(8) {
            return ["administrator", "Developer", "REVIEWER"][self.dice.roll(3)].to_owned();
        }
        format!("Role {}", self.dice.roll(15))
    }

    /// How a password is chosen for this user.
    fn choice(&mut self, user: Handle) -> Choice {
        match self.dice.roll(20) {
            0 => Choice::Left,
            1 => Choice::Both,
            2..8 => Choice::Typed(self.typed_password(user)),
            _ => Choice::Generated,
        }
    }

    /// Hours and a half from now.
    fn expiry(&mut self) -> Seconds {
        if self.dice.percent(10) {
            return -30 * MINUTE;
        }
        30 * MINUTE + HOUR * Seconds::try_from(self.dice.roll(72)).unwrap()
    }

    fn permissions(&mut self, team: Handle) -> Vec<&'static str> {
        let team_type = self.model.teams.get(&team).map(|team| team.team_type);
        let mut team_type = team_type.unwrap_or(TeamType::Superapp);
        if self.dice.percent(7) {
            team_type = self.team_type();
        }
        let table = team_type.table();
        let mut permissions: Vec<&'static str> = (0..self.dice.roll(4))
            .map(|_| table[self.dice.roll(table.len())].0)
            .collect();
        if self.dice.percent(50) {
            permissions.push(MEMBER_MANAGEMENT);
        }
        permissions
    }

    fn user_list(&mut self, most: usize) -> Vec<Handle> {
        (0..=self.dice.roll(most)).map(|_| self.member()).collect()
    }
}
