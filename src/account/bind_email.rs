//! Binds an address to one's own account: with a code that was mailed there, and the current password.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::AlreadyBound;
use crate::base::form::Form;
use crate::base::text::Email;
use crate::base::{Error, Result};
use crate::codes::{self, Purpose};
use crate::entity::{login_name, user};
use crate::mail::letter::{self, Recipient};
use crate::memberships::lock;
use crate::passwords::attempt;
use crate::users::index_in;
use crate::users::insert_in::{claim_login_in, taken};

/// Binds the address; the one bound before is free again, and told.
pub async fn bind_email(
    app: &App,
    viewer: &Viewer,
    email: &str,
    code: &str,
    password: &str,
) -> Result<user::Model> {
    let grant = viewer.grant(Action::EmailBind)?;
    let id = grant.user.user_id;
    let mut form = Form::default();
    let email = form.take("email", Email::parse(email));
    let (email,) = form.finish((email,))?;
    attempt::check_current(app, viewer, "password", password).await?;
    let (tally, purpose) = (&viewer.origin.tally, Purpose::BindEmail(id));
    let proof = codes::try_code(app, tally, purpose, &email, code, "verificationCode").await?;

    let txn = app.begin().await?;
    let user = lock::users_in(&txn, &[id])
        .await?
        .pop()
        .ok_or(Error::Unauthenticated)?;
    codes::spend_in(&txn, &proof, "verificationCode").await?;
    let folded = email.folded();
    if user.email_folded.as_ref() == Some(&folded) {
        return Err(Error::user(
            AlreadyBound,
            "email",
            "This address is bound already.",
        ));
    }
    if folded != user.account_folded && !claim_login_in(&txn, id, &folded).await? {
        let flaw = taken();
        return Err(Error::user(flaw.code, "email", flaw.message));
    }
    if let Some(old) = user
        .email_folded
        .as_ref()
        .filter(|old| **old != user.account_folded)
    {
        login_name::Entity::delete_by_id(old).exec(&txn).await?;
    }
    let proposed = user
        .proposed_email
        .clone()
        .filter(|proposed| Email::trusted(proposed.clone()).folded() != folded);
    user::Entity::update_many()
        .col_expr(user::Column::Email, Expr::value(Some(email.as_str().to_owned())))
        .col_expr(user::Column::EmailFolded, Expr::value(Some(folded.clone())))
        .col_expr(user::Column::ProposedEmail, Expr::value(proposed.clone()))
        .filter(user::Column::Id.eq(id))
        .exec(&txn)
        .await?;
    let to = Recipient::at(email.clone(), &user);
    app.send_in(&txn, &letter::email_bound(&to, &user.account, &email))
        .await?;
    if let Some(old) = user.email.clone().map(Email::trusted) {
        let to = Recipient::at(old, &user);
        app.send_in(&txn, &letter::email_replaced(&to, &user.account, &email))
            .await?;
    }
    let change = Change::new("email", user.email.as_ref(), Some(&email));
    app.record_in(
        &txn,
        viewer,
        Event::done(Action::EmailBind)
            .on(&user)
            .changing_personal([change]),
    )
    .await?;
    let user = user::Model {
        email: Some(email.into_string()),
        email_folded: Some(folded),
        proposed_email: proposed,
        ..user
    };
    index_in(&txn, &user).await?;
    app.commit(txn).await?;
    Ok(user)
}
