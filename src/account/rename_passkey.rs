//! Gives one's own passkey another name.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::form::Form;
use crate::base::id::PasskeyId;
use crate::base::text::PasskeyName;
use crate::base::{Error, Result};
use crate::entity::passkey;
use crate::memberships::lock;
use crate::passkeys;

/// Renames it.
pub async fn rename_passkey(app: &App, viewer: &Viewer, id: PasskeyId, name: &str) -> Result<passkey::Model> {
    let grant = viewer.grant(Action::PasskeyRename)?;
    let mut form = Form::default();
    let name = form.take("name", PasskeyName::parse(name));
    let (name,) = form.finish((name,))?;
    let txn = app.begin().await?;
    let user = lock::users_in(&txn, &[grant.user.user_id])
        .await?
        .pop()
        .ok_or(Error::Unauthenticated)?;
    let before = passkeys::own_in(&txn, user.id, id).await?;
    let after = passkey::Model {
        name: name.into_string(),
        ..before.clone()
    };
    passkey::Entity::update_many()
        .col_expr(passkey::Column::Name, Expr::value(&after.name))
        .filter(passkey::Column::Id.eq(id))
        .exec(&txn)
        .await?;
    let mut event = Event::done(Action::PasskeyRename).on(&user);
    if before.name != after.name {
        let change = Change::new("passkey", Some(&before.name), Some(&after.name));
        event = event.changing_personal([change]);
    }
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(after)
}
