//! Teams.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use chrono::{DateTime, Utc};

use super::answer::{answer, app, payload, viewer};
use super::connection::connection;
use super::guard::{Gate, needs, requires};
use super::invitation::{InvitationConnection, InvitationStatus};
use super::loader::{AdminsOf, Loaders, MemberCountOf};
use super::membership::MembershipConnection;
use super::page::{page_args, page_cost};
use super::role::Role;
use super::selection;
use super::user::{OrderDirection, User, password_choice, search_text};
use crate::access::{Action, Permission};
use crate::base::Error;
use crate::base::id::{Id, RoleId, TeamId};
use crate::base::page::Page;
use crate::entity::team::{self, TeamType};
use crate::entity::user::{self, Locale};
use crate::invitations;
use crate::memberships::find::{MemberFilter as Members, page_of_team};
use crate::teams::create::{CreateTeam, create};
use crate::teams::find::{self, Filter, List, Listed, OrderField, Sight, Status, sight, status};
use crate::teams::roles;
use crate::teams::update::{UpdateTeam, update};
use crate::users::create::UserForm;

/// Whether a team gives permissions and takes writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Status")]
pub enum TeamStatus {
    /// It does.
    Active,
    /// It was disabled by platform staff.
    Disabled,
    /// Its time is over.
    Expired,
}

/// An organization inside the enterprise.
pub struct Team {
    row: team::Model,
    admins: Option<Vec<user::Model>>,
    member_count: Option<u64>,
    superapp_team: Option<Option<team::Model>>,
}

impl From<team::Model> for Team {
    fn from(row: team::Model) -> Self {
        Self {
            row,
            admins: None,
            member_count: None,
            superapp_team: None,
        }
    }
}

impl From<Listed> for Team {
    fn from(listed: Listed) -> Self {
        let Listed {
            team,
            admins,
            member_count,
            superapp_team,
        } = listed;
        Self {
            row: team,
            admins,
            member_count,
            superapp_team,
        }
    }
}

impl Team {
    /// Whether the viewer sees this much of the team.
    fn shows(&self, ctx: &Context<'_>, least: Sight) -> bool {
        sight(viewer(ctx), &self.row) >= least
    }

    /// The refusal of a field that cannot be null: it costs the team, and so is honest.
    fn require(&self, ctx: &Context<'_>, least: Sight) -> Result<()> {
        if self.shows(ctx, least) {
            Ok(())
        } else {
            Err(Error::Forbidden {
                requires: vec!["TEAM_MEMBER"],
            }
            .into())
        }
    }
}

/// An organization inside the enterprise. Members and platform staff see all of it; the admins of its
/// superapp team id, name, type, status, admins, member count, creation and expiry; the members of teams
/// bound to it id, name, type and status.
#[Object(serial)]
impl Team {
    /// The id.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// The name; unique without regard to case.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// What the team makes.
    #[graphql(name = "type")]
    async fn team_type(&self) -> TeamType {
        self.row.team_type
    }

    /// Whether the team gives permissions and takes writes.
    async fn status(&self, ctx: &Context<'_>) -> TeamStatus {
        status(&self.row, app(ctx).now()).into()
    }

    /// A remark.
    async fn remark(&self, ctx: &Context<'_>) -> Option<&str> {
        self.row
            .remark
            .as_deref()
            .filter(|_| self.shows(ctx, Sight::Full))
    }

    /// When a mini program team expires; null if never.
    async fn expires_at(&self, ctx: &Context<'_>) -> Option<DateTime<Utc>> {
        self.row.expires_at.filter(|_| self.shows(ctx, Sight::Bound))
    }

    /// When the team was made.
    async fn created_at(&self, ctx: &Context<'_>) -> Result<DateTime<Utc>> {
        self.require(ctx, Sight::Bound)?;
        Ok(self.row.created_at)
    }

    /// Who made the team; null when that user was deleted.
    #[graphql(guard = "Gate::team(Action::TeamCreatedBy, self.row.id)", directive = requires::apply(needs(Action::TeamCreatedBy)))]
    async fn created_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(id) = self.row.created_by else {
            return Ok(None);
        };
        let user = ctx
            .data_unchecked::<Loaders>()
            .load_one(id)
            .await
            .map_err(Error::from)?;
        Ok(user.map(User::from))
    }

    /// The team's admins, the longest there first.
    async fn admins(&self, ctx: &Context<'_>) -> Result<Vec<User>> {
        self.require(ctx, Sight::Bound)?;
        let admins = match &self.admins {
            Some(admins) => admins.clone(),
            None => {
                let admins = ctx
                    .data_unchecked::<Loaders>()
                    .load_one(AdminsOf(self.row.id))
                    .await;
                admins.map_err(Error::from)?.unwrap_or_default()
            }
        };
        Ok(admins.into_iter().map(User::from).collect())
    }

    /// How many members the team has.
    async fn member_count(&self, ctx: &Context<'_>) -> Result<u64> {
        self.require(ctx, Sight::Bound)?;
        if let Some(count) = self.member_count {
            return Ok(count);
        }
        let count = ctx
            .data_unchecked::<Loaders>()
            .load_one(MemberCountOf(self.row.id))
            .await;
        Ok(count.map_err(Error::from)?.unwrap_or_default())
    }

    /// The superapp team that a mini program team is bound to.
    async fn superapp_team(&self, ctx: &Context<'_>) -> Result<Option<Team>> {
        if !self.shows(ctx, Sight::Full) {
            return Ok(None);
        }
        if let Some(team) = &self.superapp_team {
            return Ok(team.clone().map(Team::from));
        }
        let Some(id) = self.row.superapp_team_id else {
            return Ok(None);
        };
        let team = ctx
            .data_unchecked::<Loaders>()
            .load_one(id)
            .await
            .map_err(Error::from)?;
        Ok(team.map(Team::from))
    }

    /// The mini program teams that are bound to a superapp team, the newest first.
    #[graphql(
        guard = "Gate::team(Action::TeamMiniProgramTeams, self.row.id)",
        directive = requires::apply(needs(Action::TeamMiniProgramTeams)),
        complexity = "page_cost(first, last) * child_complexity"
    )]
    async fn mini_program_teams(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; 20 by default, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Option<TeamConnection>> {
        let page = Page::parse(&page_args(first, after, last, before))?;
        let list = list(ctx, Filter::default(), (OrderField::CreatedAt, true), page);
        let slice = find::page_of_bound(app(ctx).database.reader(), self.row.id, &list).await?;
        Ok(Some(TeamConnection::new(slice, |listed| {
            (list.order.cursor(&listed.team), listed.into())
        })))
    }

    /// The team's members, the longest there first.
    #[graphql(
        guard = "Gate::team(Action::TeamMembers, self.row.id)",
        directive = requires::apply(needs(Action::TeamMembers)),
        complexity = "page_cost(first, last) * child_complexity"
    )]
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; 20 by default, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which members.")] filter: Option<MemberFilter>,
    ) -> Result<Option<MembershipConnection>> {
        let page = Page::parse(&page_args(first, after, last, before))?;
        let filter = read_member_filter(filter)?;
        let reader = app(ctx).database.reader();
        let slice = page_of_team(reader, self.row.id, &filter, &page, selection::wants_total(ctx)).await?;
        Ok(Some(slice.into()))
    }

    /// The roles that the team can give: the preset ones, then its own.
    #[graphql(
        guard = "Gate::team(Action::TeamRoles, self.row.id)",
        directive = requires::apply(needs(Action::TeamRoles)),
        complexity = "20 * child_complexity"
    )]
    async fn roles(&self, ctx: &Context<'_>) -> Result<Option<Vec<Role>>> {
        let rows = roles::all(app(ctx).database.reader(), &self.row).await?;
        Ok(Some(rows.into_iter().map(Role::from).collect()))
    }

    /// The team's invitations, the newest first.
    #[graphql(
        guard = "Gate::team(Action::TeamInvitations, self.row.id)",
        directive = requires::apply(needs(Action::TeamInvitations)),
        complexity = "page_cost(first, last) * child_complexity"
    )]
    #[allow(clippy::too_many_arguments)] // They are the field's arguments.
    async fn invitations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; 20 by default, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those with this status.")] status: Option<InvitationStatus>,
    ) -> Result<Option<InvitationConnection>> {
        let page = Page::parse(&page_args(first, after, last, before))?;
        let (app, total) = (app(ctx), selection::wants_total(ctx));
        let (reader, status) = (app.database.reader(), status.map(Into::into));
        let slice =
            invitations::find::page_of_team(reader, self.row.id, status, app.now(), &page, total).await?;
        Ok(Some(slice.into()))
    }

    /// What the viewer may do in the team; nothing while it is disabled or expired.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> Vec<Permission> {
        let signed_in = viewer(ctx).signed_in.as_ref();
        signed_in
            .map(|user| user.permissions(self.row.id).iter().collect())
            .unwrap_or_default()
    }
}

/// A list of teams, with what the query shows of each.
fn list(ctx: &Context<'_>, filter: Filter, (order, descending): (OrderField, bool), page: Page) -> List {
    let items = selection::items(ctx);
    List {
        filter,
        order,
        descending,
        page,
        with_admins: selection::selects(&items, "admins"),
        with_member_count: selection::selects(&items, "memberCount"),
        with_superapp_team: selection::selects(&items, "superappTeam"),
        with_total: selection::wants_total(ctx),
    }
}

connection!(TeamConnection, TeamEdge, Team, "team");

/// Which members of a team a list holds; each condition narrows it further.
#[derive(InputObject)]
pub struct MemberFilter {
    /// Those whose name or account holds this text, without regard to case.
    search: Option<String>,
    /// Those with one of these roles; at most 100.
    role_ids: Option<Vec<ID>>,
}

fn read_member_filter(filter: Option<MemberFilter>) -> Result<Members, Error> {
    let Some(filter) = filter else {
        return Ok(Members::default());
    };
    if filter.role_ids.as_ref().is_some_and(|ids| ids.len() > 100) {
        return Err(Error::BadInput("At most 100 roles.".into()));
    }
    let role_ids = filter
        .role_ids
        .map(|ids| ids.iter().map(|id| RoleId::parse(id)).collect());
    Ok(Members {
        search: search_text(filter.search)?,
        role_ids: role_ids.transpose()?,
    })
}

/// Which teams a list holds; each condition narrows it further.
#[derive(InputObject)]
pub struct TeamFilter {
    /// Those whose name holds this text, without regard to case.
    search: Option<String>,
    /// Those of this type.
    #[graphql(name = "type")]
    team_type: Option<TeamType>,
    /// Those with this status.
    status: Option<TeamStatus>,
    /// Those that are bound to this superapp team.
    superapp_team_id: Option<ID>,
}

/// By what teams are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "OrderField")]
pub enum TeamOrderField {
    /// By the time they were made.
    CreatedAt,
    /// By name.
    Name,
}

/// The order of a list of teams.
#[derive(InputObject)]
pub struct TeamOrder {
    /// By what.
    field: TeamOrderField,
    /// In which direction.
    direction: OrderDirection,
}

fn read_filter(filter: Option<TeamFilter>) -> Result<Filter, Error> {
    let Some(filter) = filter else {
        return Ok(Filter::default());
    };
    Ok(Filter {
        search: search_text(filter.search)?,
        team_type: filter.team_type,
        status: filter.status.map(Status::from),
        superapp_team_id: filter.superapp_team_id.map(|id| TeamId::parse(&id)).transpose()?,
    })
}

#[derive(Default)]
pub struct TeamQuery;

#[Object(guard = "super::guard::Never", serial)]
impl TeamQuery {
    /// The team with this id; null when there is none in the viewer's sight.
    #[graphql(guard = "Gate::root(Action::Team)")]
    async fn team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The team's id.")] id: ID,
    ) -> Result<Option<Team>> {
        let Ok(id) = TeamId::parse(&id) else {
            return Ok(None);
        };
        let team = ctx
            .data_unchecked::<Loaders>()
            .load_one(id)
            .await
            .map_err(Error::from)?;
        Ok(team.map(Team::from))
    }

    /// All teams for platform staff, their own for the others; the newest first unless ordered otherwise.
    #[graphql(
        guard = "Gate::root(Action::Teams)",
        directive = requires::apply(needs(Action::Teams)),
        complexity = "page_cost(first, last) * child_complexity"
    )]
    #[allow(clippy::too_many_arguments)] // They are the field's arguments.
    async fn teams(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; 20 by default, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which teams.")] filter: Option<TeamFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<TeamOrder>,
    ) -> Result<Option<TeamConnection>> {
        let viewer = viewer(ctx);
        let grant = viewer.grant(Action::Teams)?;
        let order = order_by.map_or((OrderField::CreatedAt, true), |by| {
            (by.field.into(), by.direction == OrderDirection::Desc)
        });
        let page = Page::parse(&page_args(first, after, last, before))?;
        let list = list(ctx, read_filter(filter)?, order, page);
        let app = app(ctx);
        let slice = find::page(app.database.reader(), &grant, app.now(), &list).await?;
        Ok(Some(TeamConnection::new(slice, |listed| {
            (list.order.cursor(&listed.team), listed.into())
        })))
    }
}

payload! {
    /// The team that was made.
    CreateTeamPayload {
        /// The team.
        team: Team,
        /// The new admin's password that the platform made: shown here and never again.
        generated_password: String,
    }
}
payload! {
    /// The team after the change.
    UpdateTeamPayload {
        /// The team.
        team: Team,
    }
}

/// A user who is made together with something else.
#[derive(InputObject)]
pub struct NewUserInput {
    /// The name: 3-64 Chinese characters, ASCII letters, digits and `+ = , . @ - _`.
    name: String,
    /// The account: 3-64 ASCII letters, digits and `+ = , . @ - _`.
    account: String,
    /// A password; or leave it out and have one generated.
    #[graphql(secret)]
    password: Option<String>,
    /// Whether the platform makes the password.
    generate_password: Option<bool>,
    /// An email, which is only proposed: a code goes to it, and its owner binds it.
    email: Option<String>,
    /// The language of the user's letters; English by default.
    locale: Option<Locale>,
}

/// A team to be made.
#[derive(InputObject)]
pub struct CreateTeamInput {
    /// The name: 3-64 characters as in a user's name, with single spaces inside.
    name: String,
    /// What the team makes.
    #[graphql(name = "type")]
    team_type: TeamType,
    /// Members of the platform who become its admins; at most 100.
    admin_ids: Option<Vec<ID>>,
    /// A user who is made with the team and becomes its admin.
    new_admin: Option<NewUserInput>,
    /// The superapp team that a mini program team is bound to.
    superapp_team_id: Option<ID>,
    /// When a mini program team expires.
    expires_at: Option<DateTime<Utc>>,
    /// A remark of at most 256 characters.
    remark: Option<String>,
}

/// A change of a team. What is left out stays.
#[derive(InputObject)]
pub struct UpdateTeamInput {
    /// The team.
    team_id: ID,
    /// The name.
    name: Option<String>,
    /// The remark; an empty one takes it away.
    remark: Option<String>,
    /// All admins, for platform staff: one left out loses the membership, one new gets the role.
    admin_ids: Option<Vec<ID>>,
    /// The superapp team that a mini program team is bound to; for platform staff.
    superapp_team_id: Option<ID>,
    /// When a mini program team expires; for platform staff.
    expires_at: Option<DateTime<Utc>>,
}

#[derive(Default)]
pub struct TeamMutation;

#[Object(guard = "super::guard::Never", serial)]
impl TeamMutation {
    /// Makes a team with its admins: members of the platform, or one who is made with it.
    #[graphql(guard = "Gate::root(Action::TeamCreate)", directive = requires::apply(needs(Action::TeamCreate)))]
    async fn create_team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The team.")] input: CreateTeamInput,
    ) -> Result<Option<CreateTeamPayload>> {
        let admin_ids: Vec<String> = input
            .admin_ids
            .unwrap_or_default()
            .into_iter()
            .map(|id| id.0)
            .collect();
        let new_admin = input.new_admin.as_ref().map(|new| UserForm {
            name: &new.name,
            account: &new.account,
            password: password_choice(new.password.as_ref(), new.generate_password),
            email: new.email.as_deref(),
            locale: new.locale,
        });
        let done = async {
            let team = CreateTeam {
                name: &input.name,
                team_type: input.team_type,
                admin_ids: &admin_ids,
                new_admin,
                superapp_team_id: input
                    .superapp_team_id
                    .as_deref()
                    .map(|id| TeamId::parse(id))
                    .transpose()?,
                expires_at: input.expires_at,
                remark: input.remark.as_deref(),
            };
            create(app(ctx), viewer(ctx), team).await
        };
        let payload = |(team, generated_password): (team::Model, _)| CreateTeamPayload {
            team: Some(team.into()),
            generated_password,
            ..Default::default()
        };
        answer(ctx, Action::TeamCreate, None, done.await, payload)
            .await
            .map(Some)
    }

    /// Changes a team: platform staff everything, holders of `TEAM_MEMBER_MANAGEMENT` its name and remark.
    #[graphql(guard = "Gate::root(Action::TeamUpdate)", directive = requires::apply(needs(Action::TeamUpdate)))]
    async fn update_team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The change.")] input: UpdateTeamInput,
    ) -> Result<Option<UpdateTeamPayload>> {
        let admin_ids: Option<Vec<String>> = input
            .admin_ids
            .map(|ids| ids.into_iter().map(|id| id.0).collect());
        let done = async {
            let change = UpdateTeam {
                name: input.name.as_deref(),
                remark: input.remark.as_deref(),
                admin_ids: admin_ids.as_deref(),
                superapp_team_id: input
                    .superapp_team_id
                    .as_deref()
                    .map(|id| TeamId::parse(id))
                    .transpose()?,
                expires_at: input.expires_at,
            };
            update(app(ctx), viewer(ctx), TeamId::parse(&input.team_id)?, change).await
        };
        let payload = |team: team::Model| UpdateTeamPayload {
            team: Some(team.into()),
            ..Default::default()
        };
        answer(ctx, Action::TeamUpdate, Some(&input.team_id), done.await, payload)
            .await
            .map(Some)
    }
}
