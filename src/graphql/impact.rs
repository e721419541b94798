//! What a preview tells.

use async_graphql::{Context, Object, Result};

use super::answer::answer;
use super::error::UserError;
use super::invitation::Invitation;
use super::loader::Loaders;
use super::membership::Membership;
use super::resource::Resource;
use super::team::Team;
use super::user::User;
use crate::access::{Action, Permission};
use crate::base;
use crate::impact::{self, Loss, Outcome, Run};

/// How many items of a list are shown; its count tells of the rest.
const SHOWN: usize = 100;

/// The payload of a mutation that can be previewed.
pub trait Foresees: From<Vec<UserError>> {
    /// Puts in what was foreseen.
    fn foresee(&mut self, impact: Impact);
}

/// What a mutation would take away. Nothing was written: the objects are shown as they are now. Lists hold at most 100
/// items; their counts tell how many there are.
pub struct Impact(impact::Impact);

/// Permissions that somebody would lose.
pub struct PermissionLoss(Loss);

/// What a mutation would take away. Nothing was written: the objects are shown as they are now. Lists hold at most 100
/// items; their counts tell how many there are.
#[Object(serial)]
impl Impact {
    /// How many sessions would end.
    async fn sessions_ended(&self) -> u64 {
        self.0.sessions_ended
    }

    /// The memberships that would end.
    #[graphql(complexity = "20 * child_complexity")]
    async fn memberships_ended(&self) -> Vec<Membership> {
        shown(&self.0.memberships_ended)
    }

    /// How many memberships would end.
    async fn memberships_ended_count(&self) -> usize {
        self.0.memberships_ended.len()
    }

    /// The invitations whose codes would stop working.
    #[graphql(complexity = "20 * child_complexity")]
    async fn invitations_voided(&self) -> Vec<Invitation> {
        shown(&self.0.invitations_voided)
    }

    /// How many invitations' codes would stop working.
    async fn invitations_voided_count(&self) -> usize {
        self.0.invitations_voided.len()
    }

    /// Who would lose which permissions.
    #[graphql(complexity = "20 * child_complexity")]
    async fn permissions_lost(&self) -> Vec<PermissionLoss> {
        let losses = self.0.permissions_lost.iter().take(SHOWN);
        losses.cloned().map(PermissionLoss).collect()
    }

    /// How many members would lose permissions.
    async fn permissions_lost_count(&self) -> usize {
        self.0.permissions_lost.len()
    }

    /// The resources that would have no manager any more.
    #[graphql(complexity = "20 * child_complexity")]
    async fn resources_unmanaged(&self) -> Vec<Resource> {
        shown(&self.0.resources_unmanaged)
    }

    /// How many resources would have no manager any more.
    async fn resources_unmanaged_count(&self) -> usize {
        self.0.resources_unmanaged.len()
    }

    /// The resources that would be gone.
    #[graphql(complexity = "20 * child_complexity")]
    async fn resources_deleted(&self) -> Vec<Resource> {
        shown(&self.0.resources_deleted)
    }

    /// How many resources would be gone.
    async fn resources_deleted_count(&self) -> usize {
        self.0.resources_deleted.len()
    }

    /// What stands in the way: the user errors that would come.
    async fn user_errors(&self) -> Vec<UserError> {
        self.0.user_errors.iter().cloned().map(UserError::from).collect()
    }
}

fn shown<R: Clone, T: From<R>>(rows: &[R]) -> Vec<T> {
    rows.iter().take(SHOWN).cloned().map(T::from).collect()
}

/// Permissions that somebody would lose.
#[Object(serial)]
impl PermissionLoss {
    /// Who would lose them; null when out of the viewer's sight.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let user = ctx.data_unchecked::<Loaders>().load_one(self.0.user_id).await;
        Ok(user.map_err(base::Error::from)?.map(User::from))
    }

    /// In which team; null when out of the viewer's sight.
    async fn team(&self, ctx: &Context<'_>) -> Result<Option<Team>> {
        let team = ctx.data_unchecked::<Loaders>().load_one(self.0.team_id).await;
        Ok(team.map_err(base::Error::from)?.map(Team::from))
    }

    /// Which.
    async fn permissions(&self) -> Vec<Permission> {
        self.0.permissions.iter().collect()
    }
}

/// Makes the payload of a mutation that can be previewed. A preview that meets an error leaves no event either.
pub async fn answer_outcome<T, P: Foresees>(
    ctx: &Context<'_>,
    action: Action,
    run: Run,
    done: base::Result<Outcome<T>>,
    payload: impl FnOnce(T) -> P,
) -> Result<P> {
    let impact = match (done, run) {
        (Ok(Outcome::Foreseen(impact)), _) => impact,
        (Err(base::Error::Invalid(user_errors)), Run::Preview) => impact::Impact {
            user_errors,
            ..impact::Impact::default()
        },
        (Err(error), Run::Preview) => return Err(error.into()),
        (Ok(Outcome::Done(done)), _) => return Ok(payload(done)),
        (Err(error), Run::ForReal) => return answer(ctx, action, Err(error), payload).await,
    };
    let user_errors = impact.user_errors.iter().cloned().map(UserError::from);
    let mut payload = P::from(user_errors.collect());
    payload.foresee(Impact(impact));
    Ok(payload)
}
