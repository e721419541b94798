//! What a verb would take away.

use crate::access::PermissionSet;
use crate::base::error::UserError;
use crate::base::id::{TeamId, UserId};
use crate::entity::{invitation, membership, resource};

/// Permissions that somebody would lose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Who.
    pub user_id: UserId,
    /// In which team.
    pub team_id: TeamId,
    /// Which.
    pub permissions: PermissionSet,
}

/// What a verb would take away. The rows are those of now, since nothing was written.
#[derive(Clone, Debug, Default)]
pub struct Impact {
    /// Sessions that would end.
    pub sessions_ended: u64,
    /// Memberships that would end.
    pub memberships_ended: Vec<membership::Model>,
    /// Codes that can be used now, and could not be then.
    pub invitations_voided: Vec<invitation::Model>,
    /// Who would lose which permissions.
    pub permissions_lost: Vec<Loss>,
    /// Resources that would have no manager any more.
    pub resources_unmanaged: Vec<resource::Model>,
    /// Resources that would be gone.
    pub resources_deleted: Vec<resource::Model>,
    /// What stands in the way, as the verb would say it.
    pub user_errors: Vec<UserError>,
}
