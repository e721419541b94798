//! Changes one's own name or language.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait};

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::form::Form;
use crate::base::text::Name;
use crate::base::{Error, Result};
use crate::entity::together::Together;
use crate::entity::user::{self, Locale};
use crate::memberships::lock;
use crate::users::index_in::indexing;
use crate::users::update::rename;

/// Changes what is given. `before` is the viewer's row, where it has been read for this request.
pub async fn update_profile(
    app: &App,
    viewer: &Viewer,
    before: Option<user::Model>,
    name: Option<&str>,
    locale: Option<Locale>,
) -> Result<user::Model> {
    let grant = viewer.grant(Action::ProfileUpdate)?;
    let mut form = Form::default();
    let name = form.take_optional("name", name, Name::parse);
    let (name,) = form.finish((name,))?;
    let id = grant.user.user_id;
    if app.database.writes_as_one() {
        // Hardly ever does anybody else change the user meanwhile: that is seen when it is written.
        let user = match before {
            Some(user) => user,
            None => user::Entity::find_by_id(id)
                .one(app.database.reader())
                .await?
                .ok_or(Error::Unauthenticated)?,
        };
        let (changed, event, writes) = change(&user, name.clone(), locale);
        if app.write_if_found(viewer, event, writes).await? {
            return Ok(changed);
        }
    }
    let txn = app.begin().await?;
    let user = lock::users_in(&txn, &[id]).await?.pop();
    let user = user.ok_or(Error::Unauthenticated)?;
    let (changed, event, writes) = change(&user, name, locale);
    app.record_with_in(&txn, viewer, event, writes).await?;
    app.commit(txn).await?;
    Ok(changed)
}

/// The user with what is given, the event of it, and what has to be written: nothing where nothing is new.
fn change(
    before: &user::Model,
    name: Option<Name>,
    locale: Option<Locale>,
) -> (user::Model, Event, Together) {
    let mut event = Event::done(Action::ProfileUpdate).on(before);
    let mut user = before.clone();
    let mut update = user::Entity::update_many()
        .filter(user::Column::Id.eq(user.id))
        // What the event tells, and what the bigrams are made of.
        .filter(user::Column::Name.eq(before.name.as_str()))
        .filter(user::Column::Locale.eq(before.locale))
        .filter(user::Column::AccountFolded.eq(before.account_folded.as_str()))
        .filter(match &before.email_folded {
            Some(email) => user::Column::EmailFolded.eq(email.as_str()),
            None => user::Column::EmailFolded.is_null(),
        });
    if let Some(locale) = locale.filter(|locale| *locale != user.locale) {
        user.locale = locale;
        event = event.changing([Change::untold("locale")]);
        update = update.col_expr(user::Column::Locale, Expr::value(locale));
    }
    let is_renamed = name.as_ref().is_some_and(|name| name.as_str() != before.name);
    if let Some(name) = name.filter(|_| is_renamed) {
        event = event.changing_personal([Change::new("name", Some(&before.name), Some(&name))]);
        update = rename(&mut user, name, update);
    }
    let mut writes = Together::default();
    if is_renamed || user.locale != before.locale {
        writes = writes.update(update.into_query());
    }
    if is_renamed {
        writes = writes.update(indexing(&user));
    }
    (user, event, writes)
}
