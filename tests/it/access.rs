//! The permission matrix: each field that somebody may be refused, asked for as each kind of actor.
//!
//! `access.matrix` is printed from what the API really answers. Each cell is also worked out here, from the
//! policy's row and from what `domain.md` says beside it, so that the file is more than what the code happens
//! to do. A new row of the policy does not compile until it has its probe below; a field of the schema without
//! a row fails a test. Print the file anew with `UPDATE_MATRIX=1`.

use std::collections::HashMap;
use std::fmt::Write;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use reqwest::StatusCode;
use rollcall::access::role::administrator;
use rollcall::access::{Action, Requirement};
use rollcall::entity::team::TeamType;

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(the_api_answers_as_the_matrix_says);

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/access.matrix");

const LEGEND: &str = "\
Who may do what, printed from really asking. Do not edit: UPDATE_MATRIX=1 prints it anew.

  yes   it was done, or shown
  rule  the right is there, but a rule of the domain is in the way (a user error)
  no    FORBIDDEN
  out   out of sight: NOT_FOUND, or null as if there were no such thing
  anon  UNAUTHENTICATED: nobody is signed in
  401   the token is refused, whatever is asked

  anon  nobody            super  the super admin        plat  a platform admin
  S.    a member of a superapp team, M. of a mini program team that is bound to it, who holds this preset role:
        adm Administrator, man Member manager, sen Senior developer, dev Developer, ope Operator, rev Reviewer
  cus   a member whose custom role has all permissions of the team's type
  dis   the Administrator of a disabled superapp team   exp   of an expired mini program team
  oth   an Administrator of another superapp team       none  a member of no team
  off   a disabled user, with the token of before
  S>M   S.adm, asking about the mini program team       M>S   M.adm, asking about the superapp team

S., M., dis and exp ask about their own team, all others about the superapp team. \"Another\" is an Operator of that team.
";

/// What somebody is, in the words of `domain.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Nobody,
    SuperAdmin,
    PlatformAdmin,
    /// A member, with the preset role that they hold in the team that is asked about.
    Role(&'static str),
    /// A member, whose custom role in the team has all permissions of its type.
    CustomRole,
    /// An Administrator of the team that is asked about, which is disabled or has expired.
    AdminOfInactive,
    /// An Administrator, but of another team than the one that is asked about.
    AdminElsewhere,
    InNoTeam,
    Disabled,
}

/// How much one sees of the team that is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sight {
    Nothing,
    /// The few fields that bound teams see of each other.
    SomeFields,
    Everything,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum TeamOf {
    Superapp,
    MiniProgram,
    /// A superapp team that is disabled.
    Disabled,
    /// A mini program team that has expired.
    Expired,
}

impl TeamOf {
    /// The kind of resource that the team has.
    fn kind(self) -> &'static str {
        match self {
            Self::Superapp | Self::Disabled => "SUPERAPP",
            Self::MiniProgram | Self::Expired => "MINI_PROGRAM",
        }
    }
}

/// A column of the matrix.
#[derive(Clone, Debug)]
struct Column {
    name: String,
    kind: Kind,
    team: TeamOf,
    sight: Sight,
    actor: Actor,
}

/// A row of the matrix: an action, and which of the cases that `domain.md` tells apart.
#[derive(Clone, Copy, Debug)]
struct Row {
    action: Action,
    case: &'static str,
}

impl Row {
    fn name(self) -> String {
        let field = match self.action.parent() {
            "Query" | "Mutation" => self.action.name(),
            _ => self.action.field(),
        };
        format!("{field} {}", self.case).trim_end().to_owned()
    }
}

/// The id of a passkey that nobody has.
const NO_PASSKEY: &str = "passkey_01h455vb4pex5vsknk084sn02q";
const ANOTHER: &str = "of another";
const ONESELF: &str = "of oneself";
const PRESET: &str = "a preset role";

/// The cases of an action.
fn cases(action: Action) -> &'static [&'static str] {
    match action {
        Action::User => &["another", "oneself"],
        _ if action.parent() == "User" => &[ANOTHER, ONESELF],
        Action::UserCreate => &["a member", "a platform admin"],
        Action::TeamUpdate => &["its remark", "its admins"],
        Action::TeamMembersAdd | Action::TeamMemberCreate => &["as Developer", "as Administrator"],
        Action::TeamMemberUpdate => &[
            "from Developer to Operator",
            "from Developer to Administrator",
            "from Administrator to Developer",
        ],
        Action::TeamMemberRemove => &["a Developer", "an Administrator"],
        Action::SessionRevoke => &[ANOTHER, ONESELF],
        Action::ResourceCreate => &["of the team's kind", "of the other kind"],
        Action::RoleUpdate => &["a custom role", PRESET],
        Action::RoleDelete => &["a custom role", "one in use", PRESET],
        _ => &[""],
    }
}

fn rows() -> impl Iterator<Item = Row> {
    Action::ALL
        .iter()
        .flat_map(|&action| cases(action).iter().map(move |case| Row { action, case }))
}

/// The headings, each before its first action.
fn heading(action: Action) -> Option<&'static str> {
    Some(match action {
        Action::Node => "Open to all",
        Action::Users => "Lists",
        Action::UserStatus => "A user's fields",
        Action::TeamCreatedBy => "A team's fields",
        Action::ProfileUpdate => "The viewer's own account",
        Action::UserCreate => "Users (the targets are members; the other ranks are in ranks.rs)",
        Action::TeamCreate => "Teams",
        Action::TeamMembersAdd => "Members, roles and invitations",
        Action::ResourceCreate => "Resources",
        _ => return None,
    })
}

/// Those who manage the members of some team.
const MANAGERS_ANYWHERE: &[&str] = &[
    "S.adm", "S.man", "S.cus", "M.adm", "M.man", "M.cus", "oth", "S>M", "M>S",
];

/// What `domain.md` says beside the policy's rows: for this row and these columns, this cell.
const EXCEPTIONS: &[(&str, &[&str], &str)] = &[
    // "viewer: null when not signed in" (contract).
    ("viewer", &["anon"], "out"),
    // "create a user: super admin platform admins, members; platform admin members".
    ("createUser a platform admin", &["plat"], "no"),
    // "TEAM_MEMBER_MANAGEMENT: edit the team's name and remark"; "set its admins, expiry, binding" is the staff's.
    (
        "updateTeam its admins",
        &["S.adm", "S.man", "S.cus", "M.adm", "M.man", "M.cus"],
        "no",
    ),
    // "Only a team admin, or staff through the team itself, makes or unmakes a team admin. A member manager cannot
    // touch an administrator."
    (
        "addTeamMembers as Administrator",
        &["S.man", "S.cus", "M.man", "M.cus"],
        "no",
    ),
    (
        "createTeamMember as Administrator",
        &["S.man", "S.cus", "M.man", "M.cus"],
        "no",
    ),
    (
        "updateTeamMember from Developer to Administrator",
        &["S.man", "S.cus", "M.man", "M.cus"],
        "no",
    ),
    (
        "updateTeamMember from Administrator to Developer",
        &["S.man", "S.cus", "M.man", "M.cus"],
        "no",
    ),
    (
        "removeTeamMember an Administrator",
        &["S.man", "S.cus", "M.man", "M.cus"],
        "no",
    ),
    // "end sessions: super admin anyone else, platform admin members"; a member sees none but their own.
    (
        "revokeSession of another",
        &[
            "S.adm", "S.man", "S.sen", "S.dev", "S.ope", "S.rev", "M.adm", "M.man", "M.sen", "M.dev",
            "M.ope", "M.rev", "S.cus", "M.cus", "dis", "exp", "oth", "none", "S>M", "M>S",
        ],
        "out",
    ),
    // "Preset roles can be neither changed nor deleted": they are in everybody's sight.
    ("updateRole a preset role", MANAGERS_ANYWHERE, "no"),
    ("deleteRole a preset role", MANAGERS_ANYWHERE, "no"),
    // "One that is in use cannot be deleted."
    (
        "deleteRole one in use",
        &["S.adm", "S.man", "S.cus", "M.adm", "M.man", "M.cus"],
        "rule",
    ),
    // "A superapp, in a superapp team; a mini program, in a mini program team".
    (
        "createResource of the other kind",
        &["S.adm", "S.sen", "S.cus", "M.adm", "M.sen", "M.cus"],
        "rule",
    ),
    // "join a team: super admin never, platform admin never".
    ("joinTeam", &["super", "plat"], "rule"),
    ("registerTeam", &["super", "plat"], "rule"),
    // "A superapp team gets a registration link": a mini program team has none.
    ("resetTeamRegistrationLink", &["M.adm"], "rule"),
];

/// The cell that the policy's row and `domain.md` ask for.
fn expected(row: Row, column: &Column) -> &'static str {
    if column.kind == Kind::Disabled {
        return "401";
    }
    let name = row.name();
    let exception = EXCEPTIONS
        .iter()
        .find(|(row, columns, _)| *row == name && columns.contains(&column.name.as_str()));
    if let Some((_, _, cell)) = exception {
        return cell;
    }
    let requirements = row.action.requirements();
    let staff = matches!(column.kind, Kind::SuperAdmin | Kind::PlatformAdmin);
    let sees_fellow = staff || is_member(column.kind);
    let or = |otherwise, yes: bool| if yes { "yes" } else { otherwise };
    let here = requirements.is_empty() || requirements.iter().any(|&it| holds_here(it, row, column.kind));
    match (row.action.parent(), row.action) {
        (_, Action::User) if row.case == "another" => or("out", sees_fellow),
        (_, Action::User) => or("out", column.kind != Kind::Nobody),
        (_, Action::Node | Action::Nodes | Action::Team) => or("out", column.sight > Sight::Nothing),
        ("User", _) if column.kind == Kind::Nobody => "out",
        ("User", _) if row.case == ANOTHER && !sees_fellow => "out",
        ("Team", _) if column.sight == Sight::Nothing => "out",
        ("User" | "Team", _) => or("no", here),
        _ if here => "yes",
        _ if column.kind == Kind::Nobody => "anon",
        // Who has the right elsewhere is told nothing of what is out of sight; who has it nowhere is told that.
        _ if requirements.iter().any(|&it| holds_elsewhere(it, column.kind)) => {
            or_out(column.sight >= sight_needed(row.action))
        }
        _ => "no",
    }
}

fn is_member(kind: Kind) -> bool {
    matches!(kind, Kind::Role(_) | Kind::CustomRole | Kind::AdminOfInactive)
}

fn or_out(in_sight: bool) -> &'static str {
    if in_sight { "no" } else { "out" }
}

/// How much of a team one has to see, to see what this mutation is about.
fn sight_needed(action: Action) -> Sight {
    match action {
        // A membership, a role, a resource, an invitation.
        Action::TeamMemberUpdate
        | Action::TeamMemberRemove
        | Action::RoleUpdate
        | Action::RoleDelete
        | Action::ResourceUpdate
        | Action::ResourceDelete
        | Action::InvitationRevoke => Sight::Everything,
        // The team.
        _ => Sight::SomeFields,
    }
}

fn holds_here(requirement: Requirement, row: Row, kind: Kind) -> bool {
    match requirement {
        Requirement::SignedIn => kind != Kind::Nobody,
        Requirement::Oneself => row.case == ONESELF,
        Requirement::SuperAdmin => kind == Kind::SuperAdmin,
        Requirement::PlatformAdmin => kind == Kind::PlatformAdmin,
        Requirement::TeamMember => is_member(kind),
        // "With all of them it is still not Administrator"; "a disabled or expired team gives no permissions to anyone".
        Requirement::TeamAdmin => kind == Kind::Role("Administrator"),
        // The tables of `domain.md`, "Roles and permissions", which agree on this for both types of team.
        Requirement::TeamMemberManagement => {
            matches!(
                kind,
                Kind::CustomRole | Kind::Role("Administrator" | "Member manager")
            )
        }
        Requirement::SuperappManagement | Requirement::MiniProgramManagement => {
            matches!(
                kind,
                Kind::CustomRole | Kind::Role("Administrator" | "Senior developer")
            )
        }
    }
}

fn holds_elsewhere(requirement: Requirement, kind: Kind) -> bool {
    let of_a_team = match requirement {
        Requirement::SignedIn
        | Requirement::Oneself
        | Requirement::SuperAdmin
        | Requirement::PlatformAdmin => false,
        Requirement::TeamMember
        | Requirement::TeamAdmin
        | Requirement::TeamMemberManagement
        | Requirement::SuperappManagement
        | Requirement::MiniProgramManagement => true,
    };
    of_a_team && kind == Kind::AdminElsewhere
}

/// Something that a probe uses up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Target {
    User,
    DisabledUser,
    /// A superapp team.
    Team,
    /// The membership of somebody with this role.
    Membership(&'static str),
    Role,
    RoleInUse,
    Resource,
    Invitation,
    /// The session of another.
    Session,
}

impl Target {
    const ALL: [Self; 10] = [
        Self::User,
        Self::DisabledUser,
        Self::Team,
        Self::Membership("Developer"),
        Self::Membership("Administrator"),
        Self::Role,
        Self::RoleInUse,
        Self::Resource,
        Self::Invitation,
        Self::Session,
    ];
}

/// The world of the probes.
struct Stage {
    world: World,
    root: Actor,
    superapp: Team,
    mini_program: Team,
    /// Teams that give nobody any permission.
    disabled: Team,
    expired: Team,
    /// An admin of each of those who has not left it yet.
    leavers: HashMap<TeamOf, Actor>,
    /// A team that anybody may join.
    open: Team,
    /// A member of each team who stays, and whom nobody changes.
    fellows: HashMap<TeamOf, Actor>,
    /// Those who are an admin of each team from the first to the last.
    admins: HashMap<TeamOf, Vec<String>>,
    /// Targets that a refused probe has left as they were.
    spare: HashMap<(Target, TeamOf), Vec<String>>,
    used: Option<(Target, TeamOf, String)>,
    made: usize,
    /// What every table holds, while nothing has changed since it was counted.
    rows: Option<Vec<(String, i64)>>,
}

/// The preset roles, with their names in the matrix.
const ROLES: [(&str, &str); 6] = [
    ("adm", "Administrator"),
    ("man", "Member manager"),
    ("sen", "Senior developer"),
    ("dev", "Developer"),
    ("ope", "Operator"),
    ("rev", "Reviewer"),
];

async fn set_stage(world: World) -> (Stage, Vec<Column>) {
    use Sight::{Everything, Nothing, SomeFields};
    use TeamOf::{Disabled, Expired, MiniProgram, Superapp};

    let superapp = world.superapp_team("alpha").await;
    let mini_program = world.mini_program_team("beta", &superapp).await;
    let other = world.superapp_team("gamma").await;
    let open = world.superapp_team("delta").await;
    let disabled_team = world.superapp_team("epsilon").await;
    let expired_team = world.mini_program_team("zeta", &superapp).await;
    let (mut members, mut with_custom_role) = (Vec::new(), Vec::new());
    let (mut admins, mut fellows, mut leavers) = (HashMap::new(), HashMap::new(), HashMap::new());
    for (letter, which, team) in [("S", Superapp, &superapp), ("M", MiniProgram, &mini_program)] {
        for (short, role) in ROLES {
            let actor = team.with(&world, &format!("{}-{short}", team.name), role).await;
            members.push((format!("{letter}.{short}"), role, which, actor));
        }
        let fellow = team
            .with(&world, &format!("{}-fellow", team.name), "Operator")
            .await;
        fellows.insert(which, fellow);
        let administrator = members[members.len() - ROLES.len()].3.id.clone();
        admins.insert(which, vec![team.admin.id.clone(), administrator]);
    }
    for (which, team, team_type) in [
        (Superapp, &superapp, TeamType::Superapp),
        (MiniProgram, &mini_program, TeamType::MiniProgram),
    ] {
        let all: Vec<&str> = administrator(team_type)
            .permissions
            .iter()
            .map(|it| it.name())
            .collect();
        let role = team.make_role("Everything", &all).await;
        let holder = world.member(&format!("{}-cus", team.name)).await;
        team.add_with(&holder, &role).await;
        with_custom_role.push((which, holder));
    }
    for (which, team) in [(Disabled, &disabled_team), (Expired, &expired_team)] {
        let fellow = team
            .with(&world, &format!("{}-fellow", team.name), "Operator")
            .await;
        let leaver = team
            .with(&world, &format!("{}-leaver", team.name), "Administrator")
            .await;
        fellows.insert(which, fellow);
        leavers.insert(which, leaver);
        admins.insert(which, vec![team.admin.id.clone()]);
    }
    let platform_admin = world.platform_admin("pam").await;
    let lonely = world.member("nora").await;
    let disabled = world.member("otto").await;
    // The fixtures log the super admin in often, and the number of sessions is limited: this one is the newest.
    let root = world.super_admin().await;
    root.mutate("disableUser", json!({ "userId": disabled.id }), "")
        .await
        .ok();

    let mut columns = Vec::new();
    let mut column = |name: &str, kind, team, sight, actor: &Actor| {
        let (name, actor) = (name.to_owned(), actor.clone());
        columns.push(Column {
            name,
            kind,
            team,
            sight,
            actor,
        });
    };
    column("anon", Kind::Nobody, Superapp, Nothing, &world.nobody());
    column("super", Kind::SuperAdmin, Superapp, Everything, &root);
    column("plat", Kind::PlatformAdmin, Superapp, Everything, &platform_admin);
    for (name, role, team, actor) in &members {
        column(name, Kind::Role(role), *team, Everything, actor);
    }
    for ((which, holder), name) in with_custom_role.iter().zip(["S.cus", "M.cus"]) {
        column(name, Kind::CustomRole, *which, Everything, holder);
    }
    for (name, which, team) in [("dis", Disabled, &disabled_team), ("exp", Expired, &expired_team)] {
        column(name, Kind::AdminOfInactive, which, Everything, &team.admin);
    }
    column("oth", Kind::AdminElsewhere, Superapp, Nothing, &other.admin);
    column("none", Kind::InNoTeam, Superapp, Nothing, &lonely);
    column("off", Kind::Disabled, Superapp, Nothing, &disabled);
    let (superapp_admin, mini_program_admin) = (&members[0].3, &members[ROLES.len()].3);
    column(
        "S>M",
        Kind::AdminElsewhere,
        MiniProgram,
        SomeFields,
        superapp_admin,
    );
    column(
        "M>S",
        Kind::AdminElsewhere,
        Superapp,
        SomeFields,
        mini_program_admin,
    );

    let mut stage = Stage {
        world,
        root,
        superapp,
        mini_program,
        disabled: disabled_team,
        expired: expired_team,
        leavers,
        open,
        fellows,
        admins,
        spare: HashMap::new(),
        used: None,
        made: 0,
        rows: None,
    };
    stage.end_the_teams_that_end().await;
    (stage, columns)
}

impl Stage {
    fn team(&self, which: TeamOf) -> Team {
        match which {
            TeamOf::Superapp => self.superapp.clone(),
            TeamOf::MiniProgram => self.mini_program.clone(),
            TeamOf::Disabled => self.disabled.clone(),
            TeamOf::Expired => self.expired.clone(),
        }
    }

    /// Disables one team and lets another expire, once there is one of everything in them: no probe can put it there
    /// any more, and none uses it up.
    async fn end_the_teams_that_end(&mut self) {
        for which in [TeamOf::Disabled, TeamOf::Expired] {
            for target in Target::ALL {
                let id = self.make(target, which).await;
                self.spare.entry((target, which)).or_default().push(id);
            }
        }
        let input = json!({ "teamId": self.disabled.id });
        self.root.mutate("disableTeam", input, "").await.ok();
        // The clock would end all sessions on the way, and staff set no expiry that is past.
        let sql = "UPDATE team SET expires_at = created_at WHERE name_folded = 'zeta'";
        self.world.execute(sql).await;
    }

    fn unique(&mut self, what: &str) -> String {
        self.made += 1;
        format!("{what}-{}", self.made)
    }

    /// A target that no probe has changed.
    async fn target(&mut self, target: Target, which: TeamOf) -> String {
        let spare = self.spare.entry((target, which)).or_default().pop();
        let id = match spare {
            Some(id) => id,
            None => self.make(target, which).await,
        };
        self.used = Some((target, which, id.clone()));
        id
    }

    async fn make(&mut self, target: Target, which: TeamOf) -> String {
        self.rows = None;
        let team = self.team(which);
        if target == Target::Invitation {
            let input = json!({ "teamId": team.id, "roleId": team.role("Developer") });
            let made = team
                .admin
                .mutate("createInvitation", input, "invitation { id }")
                .await
                .ok();
            return made.text("createInvitation.invitation.id");
        }
        if target == Target::Resource {
            let input = json!({ "teamId": team.id, "kind": which.kind(), "name": self.unique("resource") });
            let made = team
                .admin
                .mutate("createResource", input, "resource { id }")
                .await
                .ok();
            return made.text("createResource.resource.id");
        }
        if matches!(target, Target::Role | Target::RoleInUse) {
            let role = team.make_role(&self.unique("role"), &[]).await;
            if target == Target::RoleInUse {
                let account = self.unique("holder");
                let user = self.world.member(&account).await;
                team.add_with(&user, &role).await;
            }
            return role;
        }
        let account = self.unique("target");
        let input =
            json!({ "name": account, "account": account, "accountType": "MEMBER", "password": PASSWORD });
        let made = self.root.mutate("createUser", input, "user { id }").await.ok();
        let id = made.text("createUser.user.id");
        match target {
            Target::Team => {
                let input = json!({ "name": account, "type": "SUPERAPP", "adminIds": [id] });
                let made = self.root.mutate("createTeam", input, "team { id }").await.ok();
                made.text("createTeam.team.id")
            }
            Target::DisabledUser => {
                let input = json!({ "userId": id });
                self.root.mutate("disableUser", input, "").await.ok();
                id
            }
            Target::Membership(role) => {
                let user = Actor {
                    id,
                    ..self.world.nobody()
                };
                team.add(&user, role).await
            }
            Target::Session => {
                let user = Actor::log_in(&self.world, &account, PASSWORD).await;
                user.session().await
            }
            Target::User | Target::Role | Target::RoleInUse | Target::Resource | Target::Invitation => id,
        }
    }

    /// Asks for a field of an object that is looked up by its id.
    async fn field(&self, by: &Actor, root: &str, id: &str, action: Action, selection: &str) -> Answer {
        let document = format!(
            "query($id: ID!) {{ {root}(id: $id) {{ id {}{selection} }} }}",
            action.name()
        );
        by.ask_with(&document, json!({ "id": id })).await
    }

    /// Asks for a mutation; one that is refused leaves every row as it was, and no letter.
    async fn mutate(&mut self, by: &Actor, field: &str, input: Value, selection: &str) -> Answer {
        let before = match self.rows.take() {
            Some(rows) => rows,
            None => self.world.rows_everywhere().await,
        };
        let answer = by.mutate(field, input, selection).await;
        if !answer.codes().is_empty() {
            let after = self.world.rows_everywhere().await;
            assert_eq!(after, before, "{field} was refused: {}", answer.body);
            self.rows = Some(after);
        }
        answer
    }

    /// Really does what the row says, as the column's actor. Also answers the user errors that only tell that the
    /// input was wrong on purpose, where a right one would cost more than it shows.
    #[allow(clippy::too_many_lines)] // A table: one arm an action.
    async fn probe(&mut self, row: Row, column: &Column) -> (Answer, &'static [&'static str]) {
        let Row { action, case } = row;
        let (by, which) = (&column.actor, column.team);
        let team = self.team(which);
        let field = action.name();
        let done = |answer| (answer, &[][..]);
        match action {
            Action::Node => done(
                by.ask_with(
                    "query($id: ID!) { node(id: $id) { id } }",
                    json!({ "id": team.id }),
                )
                .await,
            ),
            Action::Nodes => done(
                by.ask_with(
                    "query($id: ID!) { nodes(ids: [$id]) { id } }",
                    json!({ "id": team.id }),
                )
                .await,
            ),
            Action::Viewer => done(by.ask("{ viewer { menus } }").await),
            Action::User => {
                let id = self.looked_at(case == "oneself", column);
                done(
                    by.ask_with("query($id: ID!) { user(id: $id) { name } }", json!({ "id": id }))
                        .await,
                )
            }
            Action::Team => done(
                by.ask_with(
                    "query($id: ID!) { team(id: $id) { name } }",
                    json!({ "id": team.id }),
                )
                .await,
            ),
            Action::Permissions => done(by.ask("{ permissions { permission } }").await),
            Action::RegistrationSettings => done(by.ask("{ registrationSettings { open } }").await),
            Action::PasswordStrength => done(by.ask("{ passwordStrength(password: \"a\") { score } }").await),
            Action::PasswordPolicyUpdate => {
                let input = json!({ "lockMinutes": 15 });
                done(
                    self.mutate(by, field, input, "passwordPolicy { lockMinutes }")
                        .await,
                )
            }
            Action::Users => done(by.ask("{ users { nodes { id } } }").await),
            Action::Teams => done(by.ask("{ teams { nodes { id } } }").await),
            Action::Invariants => done(by.ask("{ invariants { holds } }").await),
            Action::AccessExplain => {
                let about = self.fellows[&which].id.clone();
                let document = "query($user: ID!, $team: ID!) { explainAccess(userId: $user, permission: DATA_DASHBOARD, teamId: $team) { allowed } }";
                done(
                    by.ask_with(document, json!({ "user": about, "team": team.id }))
                        .await,
                )
            }
            Action::PresetRoles => done(by.ask("{ presetRoles(teamType: SUPERAPP) { id } }").await),
            Action::AuditEvents => done(by.ask("{ auditEvents { nodes { id } } }").await),
            Action::AuditEventsFollow => done(self.probe_subscription(by).await),

            Action::UserStatus
            | Action::UserEmail
            | Action::UserProposedEmail
            | Action::UserLocale
            | Action::UserMustChangePassword
            | Action::UserTotpEnabled
            | Action::UserLastLoginAt => {
                let id = self.looked_at(case == ONESELF, column);
                done(self.field(by, "user", &id, action, "").await)
            }
            Action::UserMemberships => {
                let id = self.looked_at(case == ONESELF, column);
                done(self.field(by, "user", &id, action, " { nodes { id } }").await)
            }
            Action::UserSessions | Action::UserPasskeys => {
                let id = self.looked_at(case == ONESELF, column);
                done(self.field(by, "user", &id, action, " { id }").await)
            }

            Action::TeamCreatedBy | Action::TeamRoles => {
                done(self.field(by, "team", &team.id, action, " { id }").await)
            }
            Action::TeamMemberCandidates => {
                let arguments = "(search: \"somebody\") { userId }";
                done(self.field(by, "team", &team.id, action, arguments).await)
            }
            Action::TeamMiniProgramTeams
            | Action::TeamMembers
            | Action::TeamInvitations
            | Action::TeamResources => done(
                self.field(by, "team", &team.id, action, " { nodes { id } }")
                    .await,
            ),

            Action::VerificationCodeSend
            | Action::Register
            | Action::Login
            | Action::LoginComplete
            | Action::SessionRefresh
            | Action::TotpEnroll
            | Action::TotpConfirm
            | Action::PasskeyLoginFinish
            | Action::PasskeyAdd
            | Action::PasskeyConfirm
            | Action::PasswordResetRequest
            | Action::PasswordReset
            | Action::Logout => self.probe_door(action, column).await,

            Action::ProfileUpdate => done(
                self.mutate(by, field, json!({ "locale": "EN" }), "user { id }")
                    .await,
            ),
            Action::PasswordChange => {
                let input = json!({
                    "currentPassword": "Not-This-One-7", "newPassword": "Red-Whale-43", "newPasswordConfirmation": "Red-Whale-43",
                });
                (self.mutate(by, field, input, "").await, &["INCORRECT_PASSWORD"])
            }
            Action::EmailBind => {
                let input = json!({ "email": "bound@example.com", "verificationCode": "000000", "password": "Not-This-One-7" });
                (
                    self.mutate(by, field, input, "user { id }").await,
                    &["INCORRECT_PASSWORD"],
                )
            }
            // What can be no password counts as no try: too many lock the account.
            Action::EmailUnbind => (
                self.mutate(by, field, json!({ "password": "" }), "user { id }")
                    .await,
                &["INCORRECT_PASSWORD"],
            ),
            Action::UserEmailUnbind => {
                // Nothing is bound, and who may learns that.
                let id = self.target(Target::User, which).await;
                let input = json!({ "userId": id });
                (self.mutate(by, field, input, "user { id }").await, &["NOT_BOUND"])
            }
            // Nothing is bound, and who may learns that.
            Action::TotpDisable => {
                let input = json!({ "password": "", "code": "000000" });
                (self.mutate(by, field, input, "user { id }").await, &["NOT_BOUND"])
            }
            Action::UserTotpUnbind | Action::UserPasskeysUnbind => {
                let id = self.target(Target::User, which).await;
                let input = json!({ "userId": id });
                (self.mutate(by, field, input, "user { id }").await, &["NOT_BOUND"])
            }
            Action::PasskeyLoginStart => done(
                by.ask("mutation { startPasskeyLogin { challenge userErrors { code } } }")
                    .await,
            ),
            // They have none, and learn that.
            Action::PasskeyRename => {
                let input = json!({ "passkeyId": NO_PASSKEY, "name": "Phone" });
                (
                    self.mutate(by, field, input, "passkey { id }").await,
                    &["NOT_BOUND"],
                )
            }
            Action::PasskeyRemove => {
                let input = json!({ "passkeyId": NO_PASSKEY, "password": "" });
                (self.mutate(by, field, input, "user { id }").await, &["NOT_BOUND"])
            }
            Action::TeamJoin => {
                self.rows = None;
                let code = self.open.invite("Developer").await;
                let answer = by
                    .mutate(field, json!({ "code": code }), "membership { id }")
                    .await;
                if answer.body["data"]["joinTeam"]["membership"].is_object() {
                    let input = json!({ "teamId": self.open.id });
                    by.mutate("leaveTeam", input, "").await.ok();
                }
                done(answer)
            }

            Action::SessionRevoke | Action::OtherSessionsRevoke => {
                done(self.probe_sessions(row, column).await)
            }
            Action::UserCreate
            | Action::UserUpdate
            | Action::UserPasswordReset
            | Action::UserUnlock
            | Action::UserDisable
            | Action::UserEnable
            | Action::UserDelete => done(self.probe_users(row, column).await),
            Action::TeamCreate
            | Action::TeamUpdate
            | Action::TeamMembersAdd
            | Action::TeamMemberCreate
            | Action::TeamMemberUpdate
            | Action::TeamMemberRemove
            | Action::TeamLeave
            | Action::InvitationCreate
            | Action::InvitationRevoke => done(self.probe_teams(row, column).await),
            Action::TeamDisable | Action::TeamEnable | Action::TeamDelete => {
                done(self.probe_team_status(action, column).await)
            }
            Action::ResourceCreate | Action::ResourceUpdate | Action::ResourceDelete => {
                done(self.probe_resources(row, column).await)
            }
            Action::RoleCreate | Action::RoleUpdate | Action::RoleDelete => {
                done(self.probe_roles(row, column).await)
            }
            Action::TeamRegistration
            | Action::TeamRegistrationLink
            | Action::TeamLinkReset
            | Action::TeamRegister => done(self.probe_links(action, column).await),
        }
    }

    /// Whose fields are looked at.
    fn looked_at(&self, oneself: bool, column: &Column) -> String {
        // Nobody has no self to look at.
        if oneself && column.kind != Kind::Nobody {
            column.actor.id.clone()
        } else {
            self.fellows[&column.team].id.clone()
        }
    }

    /// Follows the audit log, and hears of what they do themselves. A connection that is refused is told as a request
    /// that is.
    async fn probe_subscription(&self, by: &Actor) -> Answer {
        self.world.followed_by(0).await;
        let mut socket = Socket::speaking(&by.url).await;
        let payload = by.token.as_ref().map(|token| json!({ "authorization": token }));
        socket
            .say(json!({ "type": "connection_init", "payload": payload }))
            .await;
        let body = if let Err(code) = socket.next().await {
            assert_eq!(code, 4401);
            let error = json!({ "path": ["auditEvents"], "extensions": { "code": "UNAUTHENTICATED" } });
            json!({ "data": { "auditEvents": null }, "errors": [error] })
        } else {
            let filter = json!({ "actions": ["updateProfile"], "actorId": by.id });
            socket.subscribe("1", &filter, "id").await;
            self.world.followed_by(1).await;
            by.mutate("updateProfile", json!({ "locale": "EN" }), "")
                .await
                .ok();
            socket.hear().await["payload"].take()
        };
        let is_refused = by.token.is_some() && body.get("errors").is_some();
        Answer {
            status: if is_refused {
                StatusCode::UNAUTHORIZED
            } else {
                StatusCode::OK
            },
            raw: body.to_string(),
            body,
        }
    }

    async fn probe_door(&mut self, action: Action, column: &Column) -> (Answer, &'static [&'static str]) {
        let (by, field) = (&column.actor, action.name());
        match action {
            Action::VerificationCodeSend => {
                let input = json!({ "email": "no address", "purpose": "REGISTER" });
                (self.mutate(by, field, input, "resendAfter").await, &["INVALID"])
            }
            Action::Register => {
                let account = self.unique("register");
                let input = json!({
                    "name": account, "account": account, "email": format!("{account}@example.com"),
                    "verificationCode": "000000", "password": PASSWORD, "passwordConfirmation": PASSWORD,
                });
                (
                    self.mutate(by, field, input, "user { id }").await,
                    &["INVALID_CODE"],
                )
            }
            Action::Login => {
                let input = json!({ "login": self.unique("unknown"), "password": PASSWORD });
                (
                    self.mutate(by, field, input, "step").await,
                    &["INVALID_CREDENTIALS"],
                )
            }
            Action::LoginComplete => {
                let input = json!({ "challenge": "nonsense", "newPassword": PASSWORD, "newPasswordConfirmation": PASSWORD });
                (
                    self.mutate(by, field, input, "step").await,
                    &["INVALID_CREDENTIALS"],
                )
            }
            Action::PasswordResetRequest => {
                let input = json!({ "email": "no address" });
                (self.mutate(by, field, input, "resendAfter").await, &["INVALID"])
            }
            Action::PasswordReset => {
                let input = json!({
                    "email": "nobody@example.com", "code": "000000",
                    "newPassword": "Red-Whale-43", "newPasswordConfirmation": "Red-Whale-43",
                });
                (self.mutate(by, field, input, "").await, &["INVALID_CODE"])
            }
            Action::TotpEnroll => {
                let input = json!({ "challenge": "nonsense" });
                (
                    self.mutate(by, field, input, "secret").await,
                    &["INVALID_CREDENTIALS"],
                )
            }
            Action::TotpConfirm => {
                let input = json!({ "code": "000000", "challenge": "nonsense" });
                (
                    self.mutate(by, field, input, "recoveryCodes").await,
                    &["INVALID_CREDENTIALS"],
                )
            }
            Action::PasskeyAdd => {
                let input = json!({ "challenge": "nonsense" });
                (
                    self.mutate(by, field, input, "options").await,
                    &["INVALID_CREDENTIALS"],
                )
            }
            Action::PasskeyConfirm => {
                let input = json!({ "name": "Phone", "passkey": {}, "challenge": "nonsense" });
                (
                    self.mutate(by, field, input, "passkey { id }").await,
                    &["INVALID_CREDENTIALS"],
                )
            }
            Action::PasskeyLoginFinish => {
                let input = json!({ "challenge": "nonsense", "passkey": {} });
                (
                    self.mutate(by, field, input, "step").await,
                    &["INVALID_CREDENTIALS"],
                )
            }
            Action::SessionRefresh => {
                let input = json!({ "refreshToken": "nonsense" });
                (
                    self.mutate(by, field, input, "tokens { accessToken }").await,
                    &["INVALID_CREDENTIALS"],
                )
            }
            _ => {
                // In a session of its own: the actor needs the old one.
                self.rows = None;
                let leaver = self.another_session(column).await;
                (
                    leaver
                        .ask("mutation { logout { userErrors { code field message } } }")
                        .await,
                    &[],
                )
            }
        }
    }

    /// A further session of the actor, for what ends one: the actor needs the one that it has.
    async fn another_session(&self, column: &Column) -> Actor {
        let account = &column.actor.account;
        match column.kind {
            Kind::Nobody | Kind::Disabled => column.actor.clone(),
            Kind::SuperAdmin => Actor::log_in(&self.world, account, PASSWORD).await,
            _ => Actor::log_in(&self.world, account, &format!("{PASSWORD}2")).await,
        }
    }

    async fn probe_sessions(&mut self, Row { action, case }: Row, column: &Column) -> Answer {
        let by = &column.actor;
        if action == Action::OtherSessionsRevoke {
            self.rows = None;
            let document = "mutation { revokeOtherSessions { count userErrors { code field message } } }";
            return by.ask(document).await;
        }
        let is_somebody = !matches!(column.kind, Kind::Nobody | Kind::Disabled);
        let id = if case == ONESELF && is_somebody {
            self.rows = None;
            self.another_session(column).await.session().await
        } else {
            self.target(Target::Session, column.team).await
        };
        let input = json!({ "sessionId": id });
        self.mutate(by, action.name(), input, "revokedSessionId").await
    }

    async fn probe_users(&mut self, Row { action, case }: Row, column: &Column) -> Answer {
        let (by, field) = (&column.actor, action.name());
        if action == Action::UserCreate {
            let account = self.unique("made");
            let account_type = if case == "a member" {
                "MEMBER"
            } else {
                "PLATFORM_ADMIN"
            };
            let input = json!({ "name": account, "account": account, "accountType": account_type, "password": PASSWORD });
            return self.mutate(by, field, input, "user { id }").await;
        }
        let target = match action {
            Action::UserEnable => Target::DisabledUser,
            _ => Target::User,
        };
        let id = self.target(target, column.team).await;
        let (input, selection) = match action {
            Action::UserUpdate => (json!({ "userId": id, "name": "Renamed" }), "user { id }"),
            Action::UserPasswordReset => (
                json!({ "userId": id, "generatePassword": true }),
                "generatedPassword",
            ),
            Action::UserDelete => (json!({ "userId": id }), "deletedUserId"),
            _ => (json!({ "userId": id }), "user { id }"),
        };
        self.mutate(by, field, input, selection).await
    }

    async fn probe_teams(&mut self, Row { action, case }: Row, column: &Column) -> Answer {
        let (by, which, field) = (&column.actor, column.team, action.name());
        let by = match self.leavers.get(&which).filter(|_| action == Action::TeamLeave) {
            // Nobody could put the actor back.
            Some(leaver) => &leaver.clone(),
            None => by,
        };
        let team = self.team(which);
        let (input, selection) = match action {
            Action::TeamCreate => {
                let admin = self.target(Target::User, which).await;
                let input = json!({ "name": self.unique("team"), "type": "SUPERAPP", "adminIds": [admin] });
                (input, "team { id }")
            }
            Action::TeamUpdate if case == "its admins" => (
                json!({ "teamId": team.id, "adminIds": self.admins[&which] }),
                "team { id }",
            ),
            Action::TeamUpdate => (
                json!({ "teamId": team.id, "remark": self.unique("remark") }),
                "team { id }",
            ),
            Action::TeamMembersAdd => {
                let role = team.role(case.trim_start_matches("as "));
                let user = self.target(Target::User, which).await;
                let input = json!({ "teamId": team.id, "members": [{ "userId": user, "roleId": role }] });
                (input, "memberships { id }")
            }
            Action::TeamMemberCreate => {
                let (role, account) = (team.role(case.trim_start_matches("as ")), self.unique("made"));
                let input = json!({ "teamId": team.id, "roleId": role, "name": account, "account": account, "password": PASSWORD });
                (input, "membership { id }")
            }
            Action::TeamMemberUpdate => {
                let words: Vec<&str> = case.split(' ').collect();
                let from = if words[1] == "Developer" {
                    "Developer"
                } else {
                    "Administrator"
                };
                let id = self.target(Target::Membership(from), which).await;
                (
                    json!({ "membershipId": id, "roleId": team.role(words[3]) }),
                    "membership { id }",
                )
            }
            Action::TeamMemberRemove => {
                let role = if case == "a Developer" {
                    "Developer"
                } else {
                    "Administrator"
                };
                let id = self.target(Target::Membership(role), which).await;
                (json!({ "membershipId": id }), "removedMembershipId")
            }
            Action::TeamLeave => (json!({ "teamId": team.id }), ""),
            Action::InvitationCreate => (
                json!({ "teamId": team.id, "roleId": team.role("Developer") }),
                "code",
            ),
            _ => {
                let id = self.target(Target::Invitation, which).await;
                (json!({ "invitationId": id }), "invitation { id }")
            }
        };
        let answer = self.mutate(by, field, input, selection).await;
        if action == Action::TeamLeave && answer.body["data"]["leaveTeam"].is_object() {
            // For the probes that come after. (A mutation that was done leaves no count behind.)
            match column.kind {
                Kind::Role(role) => drop(team.add(by, role).await),
                Kind::CustomRole => drop(team.add_with(by, &team.own_role("Everything").await).await),
                _ => {}
            }
        }
        answer
    }

    async fn probe_team_status(&mut self, action: Action, column: &Column) -> Answer {
        let id = self.target(Target::Team, column.team).await;
        let (input, selection) = if action == Action::TeamDelete {
            let named = format!("{{ team(id: \"{id}\") {{ name }} }}");
            let name = self.root.ask(&named).await.ok().text("team.name");
            (json!({ "teamId": id, "confirmName": name }), "deletedTeamId")
        } else {
            (json!({ "teamId": id }), "team { id }")
        };
        self.mutate(&column.actor, action.name(), input, selection).await
    }

    async fn probe_resources(&mut self, Row { action, case }: Row, column: &Column) -> Answer {
        let (by, which, field) = (&column.actor, column.team, action.name());
        let name = self.unique("resource");
        if action == Action::ResourceCreate {
            let of_the_other_kind = case == "of the other kind";
            let kind = match (which.kind(), of_the_other_kind) {
                ("SUPERAPP", true) => "MINI_PROGRAM",
                (_, true) => "SUPERAPP",
                (kind, false) => kind,
            };
            let input = json!({ "teamId": self.team(which).id, "kind": kind, "name": name });
            return self.mutate(by, field, input, "resource { id }").await;
        }
        let id = self.target(Target::Resource, which).await;
        let (input, selection) = if action == Action::ResourceUpdate {
            (json!({ "resourceId": id, "name": name }), "resource { id }")
        } else {
            (json!({ "resourceId": id }), "deletedResourceId")
        };
        self.mutate(by, field, input, selection).await
    }

    async fn probe_roles(&mut self, Row { action, case }: Row, column: &Column) -> Answer {
        let (by, which, field) = (&column.actor, column.team, action.name());
        let team = self.team(which);
        if action == Action::RoleCreate {
            let name = self.unique("role");
            let input = json!({ "teamId": team.id, "name": name, "permissions": ["DATA_DASHBOARD"] });
            let answer = self.mutate(by, field, input, "role { id }").await;
            if answer.body["data"]["createRole"]["role"].is_object() {
                // A team has 50 at most: what was made is a target for the probes that come after.
                let made = answer.text("createRole.role.id");
                self.spare.entry((Target::Role, which)).or_default().push(made);
            }
            return answer;
        }
        let id = match case {
            PRESET => team.role("Developer"),
            "one in use" => self.target(Target::RoleInUse, which).await,
            _ => self.target(Target::Role, which).await,
        };
        let name = self.unique("role");
        let (input, selection) = if action == Action::RoleUpdate {
            (json!({ "roleId": id, "name": name }), "role { id }")
        } else {
            (json!({ "roleId": id }), "deletedRoleId")
        };
        self.mutate(by, field, input, selection).await
    }

    async fn probe_links(&mut self, action: Action, column: &Column) -> Answer {
        let (by, field) = (&column.actor, action.name());
        let id = self.team(column.team).id;
        match action {
            Action::TeamRegistrationLink => self.field(by, "team", &id, action, "").await,
            Action::TeamLinkReset => {
                self.mutate(by, field, json!({ "teamId": id }), "team { id }")
                    .await
            }
            _ => {
                let token = self.superapp.token(&self.root).await;
                if action == Action::TeamRegistration {
                    let document =
                        "query($token: String!) { teamRegistration(token: $token) { superappTeamName } }";
                    return by.ask_with(document, json!({ "token": token })).await;
                }
                let name = self.unique("registered");
                let answer = self
                    .mutate(by, field, json!({ "token": token, "name": name }), "team { id }")
                    .await;
                // For the probes that come after: who asks is in no more teams than before.
                if let Some(made) = answer.body["data"]["registerTeam"]["team"]["id"].as_str() {
                    let input = json!({ "teamId": made, "confirmName": name });
                    self.root.mutate("deleteTeam", input, "").await.ok();
                }
                answer
            }
        }
    }

    /// One cell.
    async fn cell(&mut self, row: Row, column: &Column) -> String {
        let place = format!("{} as {}", row.name(), column.name);
        let (answer, wrong_on_purpose) = self.probe(row, column).await;
        let cell = read(row, &answer, wrong_on_purpose, &place);
        if cell != "yes"
            && let Some((target, which, id)) = self.used.take()
        {
            self.spare.entry((target, which)).or_default().push(id);
        }
        self.used = None;
        cell
    }
}

/// What an answer says, in the words of the legend; a code that the legend does not have stands for itself.
fn read(row: Row, answer: &Answer, wrong_on_purpose: &[&str], place: &str) -> String {
    let Row { action, .. } = row;
    let codes = answer.codes();
    if answer.status == 401 {
        assert_eq!(codes, ["UNAUTHENTICATED"], "{place}");
        return "401".to_owned();
    }
    let data = &answer.body["data"];
    match codes.as_slice() {
        [] => {}
        [code] => {
            let error = &answer.body["errors"][0];
            if code == "FORBIDDEN" {
                let requires = &error["extensions"]["requires"];
                assert_eq!(*requires, json!(action.requirement_names()), "{place}");
            }
            // A refusal costs the field, and no more than that.
            let (path, object) = match action.parent() {
                "Query" | "Mutation" | "Subscription" => (json!([action.name()]), data),
                "User" => (json!(["user", action.name()]), &data["user"]),
                _ => (json!(["team", action.name()]), &data["team"]),
            };
            assert_eq!(error["path"], path, "{place}: {}", answer.body);
            assert!(object.is_object(), "{place}: {}", answer.body);
            assert!(object[action.name()].is_null(), "{place}: {}", answer.body);
            return match code.as_str() {
                "FORBIDDEN" => "no".to_owned(),
                "NOT_FOUND" => "out".to_owned(),
                "UNAUTHENTICATED" => "anon".to_owned(),
                other => other.to_owned(),
            };
        }
        more => return more.join(" "),
    }
    if action.parent() == "Mutation" {
        let errors = answer.user_errors();
        let known = |error: &String| {
            let code = error.split(' ').next().unwrap_or_default();
            wrong_on_purpose.contains(&code)
        };
        return if errors.iter().all(known) { "yes" } else { "rule" }.to_owned();
    }
    let shown = match action {
        Action::Nodes => &data["nodes"][0],
        _ if action.parent() == "User" => &data["user"],
        _ if action.parent() == "Team" => &data["team"],
        _ => &data[action.name()],
    };
    if shown.is_null() { "out" } else { "yes" }.to_owned()
}

async fn the_api_answers_as_the_matrix_says(world: World) {
    let (mut stage, columns) = set_stage(world).await;
    let mut table = vec![(
        String::new(),
        columns.iter().map(|column| column.name.clone()).collect(),
    )];
    let mut wrong = Vec::new();
    for row in rows() {
        let mut cells = Vec::new();
        for column in &columns {
            let cell = stage.cell(row, column).await;
            let wanted = expected(row, column);
            if cell != wanted {
                wrong.push(format!(
                    "{} as {}: {cell}, and not {wanted}",
                    row.name(),
                    column.name
                ));
            }
            cells.push(cell);
        }
        table.push((row.name(), cells));
    }
    assert!(
        wrong.is_empty(),
        "the API does not do what domain.md says:\n{}",
        wrong.join("\n")
    );
    compare(&print(&table));
}

/// The table, aligned, with its headings.
fn print(table: &[(String, Vec<String>)]) -> String {
    let width = table.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let line = |(name, cells): &(String, Vec<String>)| {
        let mut line = format!("{name:width$}");
        for (cell, column) in cells.iter().zip(&table[0].1) {
            let width = column.len().max(4);
            write!(line, "  {cell:width$}").unwrap();
        }
        line.trim_end().to_owned() + "\n"
    };
    let mut text = format!("{LEGEND}\n{}", line(&table[0]));
    for (row, printed) in rows().zip(&table[1..]) {
        if let (Some(heading), true) = (heading(row.action), row.case == cases(row.action)[0]) {
            write!(text, "\n# {heading}\n").unwrap();
        }
        text += &line(printed);
    }
    text
}

fn compare(printed: &str) {
    let committed = std::fs::read_to_string(FILE).unwrap_or_default();
    if committed == printed {
        return;
    }
    if std::env::var_os("UPDATE_MATRIX").is_some_and(|value| value == "1") {
        std::fs::write(FILE, printed).unwrap();
        return;
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (committed.lines().collect(), printed.lines().collect());
    let gone = old
        .iter()
        .filter(|line| !new.contains(line))
        .map(|line| format!("- {line}"));
    let come = new
        .iter()
        .filter(|line| !old.contains(line))
        .map(|line| format!("+ {line}"));
    let diff: Vec<String> = gone.chain(come).collect();
    panic!(
        "tests/it/access.matrix is not what the API does. If the change is meant, run this test with UPDATE_MATRIX=1 and commit the file.\n{}",
        diff.join("\n")
    );
}

/// The fields that the matrix has to cover: all of `Query` and `Mutation`, and all that are guarded.
fn fields_of_the_schema() -> Vec<String> {
    let document = parse_schema(rollcall::graphql::sdl()).unwrap();
    let mut fields = Vec::new();
    for definition in document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else {
            continue;
        };
        let parent = definition.node.name.node;
        let TypeKind::Object(object) = definition.node.kind else {
            continue;
        };
        for field in object.fields {
            let guarded = field
                .node
                .directives
                .iter()
                .any(|directive| directive.node.name.node == "requires");
            if guarded || matches!(parent.as_str(), "Query" | "Mutation" | "Subscription") {
                fields.push(format!("{parent}.{}", field.node.name.node));
            }
        }
    }
    fields.sort();
    fields
}

#[test]
fn each_root_field_and_each_guarded_field_has_its_row_and_no_row_is_left_over() {
    let mut rows: Vec<String> = Action::ALL
        .iter()
        .map(|action| action.field().to_owned())
        .collect();
    rows.sort();
    assert_eq!(rows, fields_of_the_schema());
}

#[test]
fn each_exception_is_about_a_row_that_exists() {
    let names: Vec<String> = rows().map(Row::name).collect();
    for (row, _, _) in EXCEPTIONS {
        assert!(names.iter().any(|name| name == row), "{row}");
    }
}
