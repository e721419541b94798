//! Loads what hangs on the rows of one answer, many at a time.
//!
//! A loader lives for one request and holds its audience, and reads through the same scoped selects as
//! everything else: an edge of the graph is no side door.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};

use super::audience::Audience;
use super::identity::Identity;
use crate::app::App;
use crate::audit;
use crate::audit::scope::Shown;
use crate::base::id::{AuditEventId, RoleId, TeamId, UserId};
use crate::base::page::Page;
use crate::base::{Error, Result};
use crate::entity::{passkey, role, session, team, user};
use crate::memberships::find::{Seated, pages_of_users};
use crate::{passkeys, sessions, teams, totp, users};

/// The loaders of one request.
pub type Loaders = DataLoader<Scoped>;

/// Reads for one viewer.
#[derive(Debug)]
pub struct Scoped {
    app: Arc<App>,
    audience: Audience,
}

impl Scoped {
    /// The loaders of a request.
    #[must_use]
    pub fn loaders(app: Arc<App>, identity: &Identity) -> Loaders {
        let audience = identity.audience().clone();
        DataLoader::new(Self { app, audience }, tokio::spawn)
    }
}

/// A failure, told to each of those who waited for it.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct LoadError(Arc<Error>);

impl From<LoadError> for Error {
    fn from(error: LoadError) -> Self {
        Self::internal(error)
    }
}

fn shared<T>(result: Result<T>) -> Result<T, LoadError> {
    result.map_err(|error| LoadError(Arc::new(error)))
}

/// The admins of a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AdminsOf(pub TeamId);

/// The number of a team's members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemberCountOf(pub TeamId);

/// The number of members who hold a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HoldersOf(pub RoleId);

/// A page of a user's memberships.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MembershipsOf(pub UserId, pub Page);

/// Whether a user's dynamic codes are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TotpOf(pub UserId);

/// The passkeys of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PasskeysOf(pub UserId);

/// The sessions of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionsOf(pub UserId);

impl Loader<UserId> for Scoped {
    type Value = user::Model;
    type Error = LoadError;

    async fn load(&self, ids: &[UserId]) -> Result<HashMap<UserId, user::Model>, LoadError> {
        shared(users::find::by_ids(self.app.database.reader(), &self.audience.viewer(), ids).await)
    }
}

impl Loader<TeamId> for Scoped {
    type Value = team::Model;
    type Error = LoadError;

    async fn load(&self, ids: &[TeamId]) -> Result<HashMap<TeamId, team::Model>, LoadError> {
        shared(teams::find::by_ids(self.app.database.reader(), &self.audience.viewer(), ids).await)
    }
}

impl Loader<RoleId> for Scoped {
    type Value = role::Model;
    type Error = LoadError;

    async fn load(&self, ids: &[RoleId]) -> Result<HashMap<RoleId, role::Model>, LoadError> {
        shared(teams::roles::by_ids(self.app.database.reader(), &self.audience.viewer(), ids).await)
    }
}

impl Loader<AuditEventId> for Scoped {
    type Value = Shown;
    type Error = LoadError;

    async fn load(&self, ids: &[AuditEventId]) -> Result<HashMap<AuditEventId, Shown>, LoadError> {
        shared(audit::find::by_ids(self.app.database.reader(), &self.audience.viewer(), ids).await)
    }
}

impl Loader<AdminsOf> for Scoped {
    type Value = Vec<user::Model>;
    type Error = LoadError;

    async fn load(&self, keys: &[AdminsOf]) -> Result<HashMap<AdminsOf, Vec<user::Model>>, LoadError> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let admins = shared(teams::find::admins(self.app.database.reader(), &ids).await)?;
        Ok(admins
            .into_iter()
            .map(|(id, admins)| (AdminsOf(id), admins))
            .collect())
    }
}

impl Loader<MemberCountOf> for Scoped {
    type Value = u64;
    type Error = LoadError;

    async fn load(&self, keys: &[MemberCountOf]) -> Result<HashMap<MemberCountOf, u64>, LoadError> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let counts = shared(teams::find::member_counts(self.app.database.reader(), &ids).await)?;
        Ok(counts
            .into_iter()
            .map(|(id, count)| (MemberCountOf(id), count))
            .collect())
    }
}

impl Loader<HoldersOf> for Scoped {
    type Value = u64;
    type Error = LoadError;

    async fn load(&self, keys: &[HoldersOf]) -> Result<HashMap<HoldersOf, u64>, LoadError> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let counts = shared(teams::roles::count_holders(self.app.database.reader(), &ids).await)?;
        Ok(counts
            .into_iter()
            .map(|(id, count)| (HoldersOf(id), count))
            .collect())
    }
}

impl Loader<MembershipsOf> for Scoped {
    type Value = Vec<Seated>;
    type Error = LoadError;

    async fn load(&self, keys: &[MembershipsOf]) -> Result<HashMap<MembershipsOf, Vec<Seated>>, LoadError> {
        let mut by_page: HashMap<&Page, Vec<UserId>> = HashMap::new();
        for MembershipsOf(user_id, page) in keys {
            by_page.entry(page).or_default().push(*user_id);
        }
        let mut found: HashMap<MembershipsOf, Vec<Seated>> = HashMap::new();
        for (page, ids) in by_page {
            for seated in shared(pages_of_users(self.app.database.reader(), &ids, page).await)? {
                found
                    .entry(MembershipsOf(seated.membership.user_id, page.clone()))
                    .or_default()
                    .push(seated);
            }
        }
        Ok(found)
    }
}

impl Loader<TotpOf> for Scoped {
    type Value = bool;
    type Error = LoadError;

    async fn load(&self, keys: &[TotpOf]) -> Result<HashMap<TotpOf, bool>, LoadError> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let on = shared(totp::are_on(self.app.database.reader(), &ids).await)?;
        Ok(keys.iter().map(|key| (*key, on.contains(&key.0))).collect())
    }
}

impl Loader<PasskeysOf> for Scoped {
    type Value = Vec<passkey::Model>;
    type Error = LoadError;

    async fn load(&self, keys: &[PasskeysOf]) -> Result<HashMap<PasskeysOf, Vec<passkey::Model>>, LoadError> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let passkeys = shared(passkeys::of_users(self.app.database.reader(), &ids).await)?;
        Ok(passkeys
            .into_iter()
            .map(|(id, passkeys)| (PasskeysOf(id), passkeys))
            .collect())
    }
}

impl Loader<SessionsOf> for Scoped {
    type Value = Vec<session::Model>;
    type Error = LoadError;

    async fn load(&self, keys: &[SessionsOf]) -> Result<HashMap<SessionsOf, Vec<session::Model>>, LoadError> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let (reader, now) = (self.app.database.reader(), self.app.now());
        let sessions = shared(sessions::find::of_users(reader, now, &ids).await)?;
        Ok(sessions
            .into_iter()
            .map(|(id, sessions)| (SessionsOf(id), sessions))
            .collect())
    }
}
