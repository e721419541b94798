//! Changes a user's name, account type or proposed email, by platform staff.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait, UpdateMany};

use super::create::type_name;
use super::find::governed_in;
use super::index_in::indexing;
use crate::access::{Action, Grant, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::{AlreadyBound, HasMemberships};
use crate::base::form::Form;
use crate::base::id::UserId;
use crate::base::text::{Email, Name};
use crate::base::{Error, Result};
use crate::codes::{self, Purpose};
use crate::entity::database::Transaction;
use crate::entity::together::Together;
use crate::entity::user::{self, AccountType};
use crate::impact::{Outcome, Run, Scope, Watch};
use crate::mail::letter::{self, Recipient};
use crate::memberships;
use crate::sessions::end_in::end_in;

/// What to change; what is left out stays.
#[derive(Debug)]
pub struct UpdateUser<'a> {
    /// The name.
    pub name: Option<&'a str>,
    /// The account type.
    pub account_type: Option<AccountType>,
    /// An address, which is only proposed.
    pub email: Option<&'a str>,
}

/// Changes the user. Another account type ends their sessions.
pub async fn update(
    app: &App,
    viewer: &Viewer,
    id: UserId,
    input: UpdateUser<'_>,
    run: Run,
) -> Result<Outcome<user::Model>> {
    let grant = viewer.grant(Action::UserUpdate)?;
    let mut form = Form::default();
    let name = form.take_optional("name", input.name, Name::parse);
    let email = form.take_optional("email", input.email, Email::parse);

    let txn = app.begin().await?;
    let mut user = governed_in(&txn, &grant, id).await?;
    let mut watch = run.watch_in(&txn, app, Scope::user(id)).await?;
    let (name, email) = form.finish((name, email))?;
    let mut event = Event::done(Action::UserUpdate).on(&user);
    if let Some(name) = name.filter(|name| name.as_str() != user.name) {
        event = event.changing_personal([Change::new("name", Some(&user.name), Some(&name))]);
        let update = user::Entity::update_many().filter(user::Column::Id.eq(id));
        let update = rename(&mut user, name, update);
        let writes = Together::default().update(update.into_query());
        writes.update(indexing(&user)).execute_in(&txn).await?;
    }
    if let Some(account_type) = input
        .account_type
        .filter(|account_type| *account_type != user.account_type)
    {
        let (before, after) = (type_name(user.account_type), type_name(account_type));
        retype_in(&txn, &grant, &mut watch, &mut user, account_type).await?;
        event = event.changing([Change::new("accountType", Some(before), Some(after))]);
    }
    if let Some(email) = &email
        && user.email_folded.as_ref() == Some(&email.folded())
    {
        return Err(Error::user(
            AlreadyBound,
            "email",
            "This address is bound already.",
        ));
    }
    if let Some(email) = email {
        let change = Change::between("proposedEmail", user.proposed_email.as_ref(), Some(&email));
        event = event.changing_personal(change);
        propose_in(&txn, app, &mut user, &email).await?;
    }
    app.record_in(&txn, viewer, event).await?;
    watch.end(app, txn, user).await
}

/// Gives the user another name, and the update its columns.
pub fn rename(
    user: &mut user::Model,
    name: Name,
    update: UpdateMany<user::Entity>,
) -> UpdateMany<user::Entity> {
    user.name_folded = name.folded();
    user.name = name.into_string();
    update
        .col_expr(user::Column::Name, Expr::value(user.name.clone()))
        .col_expr(user::Column::NameFolded, Expr::value(user.name_folded.clone()))
}

async fn retype_in(
    txn: &Transaction,
    grant: &Grant<'_>,
    watch: &mut Watch,
    user: &mut user::Model,
    account_type: AccountType,
) -> Result<()> {
    grant.to_turn(user.account_type, account_type)?;
    if account_type.is_staff() && memberships::find::count_of_user(txn, user.id).await? > 0 {
        watch.note::<()>(Err(Error::user(
            HasMemberships,
            "accountType",
            "A member who is in a team cannot become a platform admin until out of all teams.",
        )))?;
    }
    user.account_type = account_type;
    user::Entity::update_many()
        .col_expr(user::Column::AccountType, Expr::value(account_type))
        .filter(user::Column::Id.eq(user.id))
        .exec(txn)
        .await?;
    end_in(txn, user.id, None).await?;
    Ok(())
}

/// Notes the address as proposed and writes to it; its owner binds it with the code.
async fn propose_in(txn: &Transaction, app: &App, user: &mut user::Model, email: &Email) -> Result<()> {
    user.proposed_email = Some(email.as_str().to_owned());
    user::Entity::update_many()
        .col_expr(
            user::Column::ProposedEmail,
            Expr::value(user.proposed_email.clone()),
        )
        .filter(user::Column::Id.eq(user.id))
        .exec(txn)
        .await?;
    let code = codes::issue_in(txn, app, Purpose::BindEmail(user.id), email).await?;
    let to = Recipient::at(email.clone(), user);
    app.send_in(txn, &letter::email_proposed(&to, &user.account, &code))
        .await
}
