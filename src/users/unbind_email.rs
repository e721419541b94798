//! Takes the bound email from another user's account, by platform staff.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::find::governed_in;
use super::index_in::index_in;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::{NotBound, UseOwnAccount};
use crate::base::id::UserId;
use crate::base::text::Email;
use crate::base::{Error, Result};
use crate::entity::database::Transaction;
use crate::entity::{login_name, user};
use crate::mail::letter::{self, Recipient};

/// Unbinds the email: it neither logs in nor resets any more, is free for others, and is told.
pub async fn unbind_email(app: &App, viewer: &Viewer, id: UserId) -> Result<user::Model> {
    let grant = viewer.grant(Action::UserEmailUnbind)?;
    if id == grant.user.user_id {
        return Err(Error::user(
            UseOwnAccount,
            "userId",
            "Unbind your own address with the current password.",
        ));
    }
    let txn = app.begin().await?;
    let mut user = governed_in(&txn, &grant, id).await?;
    let event = Event::done(Action::UserEmailUnbind).on(&user);
    let change = unbind_in(&txn, app, &mut user, "userId").await?;
    app.record_in(&txn, viewer, event.changing_personal([change]))
        .await?;
    app.commit(txn).await?;
    Ok(user)
}

/// Takes the email from the locked user, and writes to it; `field` is the input's that asked for it.
pub async fn unbind_in(txn: &Transaction, app: &App, user: &mut user::Model, field: &str) -> Result<Change> {
    let (Some(email), Some(folded)) = (user.email.take(), user.email_folded.take()) else {
        return Err(Error::user(NotBound, field, "No address is bound."));
    };
    // The account's own name stays, where the two are one.
    if folded != user.account_folded {
        login_name::Entity::delete_by_id(folded).exec(txn).await?;
    }
    user::Entity::update_many()
        .col_expr(user::Column::Email, Expr::value(None::<String>))
        .col_expr(user::Column::EmailFolded, Expr::value(None::<String>))
        .filter(user::Column::Id.eq(user.id))
        .exec(txn)
        .await?;
    index_in(txn, user).await?;
    let change = Change::new("email", Some(&email), None::<&str>);
    let to = Recipient::at(Email::trusted(email), user);
    let letter = letter::email_unbound(&to, &user.account);
    app.send_in(txn, &letter).await?;
    Ok(change)
}
