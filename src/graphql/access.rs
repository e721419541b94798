//! Why somebody has a permission, or has not.

use async_graphql::{Context, ID, Object, Result};

use super::answer::{app, viewer};
use super::guard::{Gate, needs, requires};
use super::membership::Membership;
use super::role::Role;
use super::team::Team;
use super::user::User;
use crate::access::explain::AccessReason;
use crate::access::{Action, Permission};
use crate::base::id::{Id, TeamId, UserId};
use crate::entity::user::AccountType;
use crate::memberships::find::Seated;
use crate::teams::explain_access::{Explained, explain_access};

/// Whether a user has a permission in a team, and why.
pub struct AccessExplanation(Explained);

/// Whether a user has a permission in a team, and why.
#[Object(serial)]
impl AccessExplanation {
    /// Whether the user has the permission in the team: what `viewer.can` answers to that very user.
    async fn allowed(&self) -> bool {
        self.0.explanation.allowed
    }

    /// What decides: the role that grants it, or the first thing that is in the way.
    async fn reason(&self) -> AccessReason {
        self.0.explanation.reason()
    }

    /// Everything that is in the way, so that all of it can be mended at once; empty when the user has the permission.
    async fn missing(&self) -> &[AccessReason] {
        &self.0.explanation.missing
    }

    /// The same in English sentences.
    async fn explanation(&self) -> &str {
        &self.0.explanation.text
    }

    /// The permission that was asked about.
    async fn permission(&self) -> Permission {
        self.0.permission
    }

    /// The user who was asked about.
    async fn user(&self) -> User {
        self.0.user.clone().into()
    }

    /// The user's account type.
    async fn account_type(&self) -> AccountType {
        self.0.user.account_type
    }

    /// The team that was asked about.
    async fn team(&self) -> Team {
        self.0.team.clone().into()
    }

    /// The user's membership in the team; null when they are no member.
    async fn membership(&self) -> Option<Membership> {
        let (membership, role) = self.0.seat.clone()?;
        let seated = Seated {
            membership,
            user: Some(self.0.user.clone()),
            team: Some(self.0.team.clone()),
            role,
        };
        Some(seated.into())
    }

    /// The role that the user holds in the team; null when they are no member.
    async fn role(&self) -> Option<Role> {
        let (_, role) = self.0.seat.clone()?;
        Some(role.into())
    }

    /// The roles of the team that grant the permission, the preset ones first; empty when teams of this type do not
    /// know it.
    async fn roles_that_grant(&self) -> Vec<Role> {
        self.0.roles_that_grant.iter().cloned().map(Role::from).collect()
    }
}

#[derive(Default)]
pub struct AccessQuery;

#[Object(guard = "super::guard::Never", serial)]
impl AccessQuery {
    /// Why a user has a permission in a team, or has not: for platform staff, and for the team's admins. Null when user
    /// or team is not in the viewer's sight.
    #[graphql(
        guard = "Gate::root(Action::AccessExplain)",
        directive = requires::apply(needs(Action::AccessExplain)),
        complexity = "20 * child_complexity"
    )]
    async fn explain_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user.")] user_id: ID,
        #[graphql(desc = "The permission.")] permission: Permission,
        #[graphql(desc = "The team.")] team_id: ID,
    ) -> Result<Option<AccessExplanation>> {
        let (Ok(user_id), Ok(team_id)) = (UserId::parse(&user_id), TeamId::parse(&team_id)) else {
            return Ok(None);
        };
        let explained = explain_access(app(ctx), viewer(ctx), user_id, permission, team_id).await?;
        Ok(explained.map(AccessExplanation))
    }
}
