//! The super admin's way back in: for who has the server's machine.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::password::Password;
use crate::base::{Error, Result};
use crate::entity::user::{self, AccountType};
use crate::memberships::lock;
use crate::passwords::{check, policy, set_in};
use crate::sessions::end_in::end_in;
use crate::{passkeys, totp};

/// Gives the super admin a generated password, which has to be changed; lifts a lock, switches dynamic codes
/// off, removes all passkeys and ends all sessions. Works beside a running server. Answers the account and the password.
pub async fn reset_super_admin(app: &App) -> Result<(String, Password)> {
    let policy = policy::current(app.database.reader()).await?;
    let password = check::generate(&policy);
    let hash = app.hasher.hash(&password).await?;
    let found = user::Entity::find()
        .filter(user::Column::AccountType.eq(AccountType::SuperAdmin))
        .one(app.database.reader())
        .await?
        .ok_or(Error::NotFound)?;
    let txn = app.begin().await?;
    let user = lock::users_in(&txn, &[found.id])
        .await?
        .pop()
        .ok_or(Error::NotFound)?;
    set_in::set_in(&txn, app, &policy, user.id, hash, true).await?;
    totp::remove_in(&txn, user.id).await?;
    passkeys::remove_all_in(&txn, user.id).await?;
    end_in(&txn, user.id, None).await?;
    let event = Event::done(Action::UserPasswordReset)
        .on(&user)
        .changing([Change::untold("password")]);
    app.record_in(&txn, &Viewer::default(), event).await?;
    app.commit(txn).await?;
    Ok((user.account, password))
}
