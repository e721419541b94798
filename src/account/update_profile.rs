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
use crate::users::update::rename;

/// Changes what is given.
pub async fn update_profile(
    app: &App,
    viewer: &Viewer,
    name: Option<&str>,
    locale: Option<Locale>,
) -> Result<user::Model> {
    let grant = viewer.grant(Action::ProfileUpdate)?;
    let mut form = Form::default();
    let name = form.take_optional("name", name, Name::parse);
    let (name,) = form.finish((name,))?;
    let txn = app.begin().await?;
    let mut user = lock::users_in(&txn, &[grant.user.user_id])
        .await?
        .pop()
        .ok_or(Error::Unauthenticated)?;
    let mut event = Event::done(Action::ProfileUpdate).on(&user);
    let mut writes = Together::default();
    if let Some(name) = name.filter(|name| name.as_str() != user.name) {
        event = event.changing_personal([Change::new("name", Some(&user.name), Some(&name))]);
        writes = rename(&mut user, name);
    }
    if let Some(locale) = locale.filter(|locale| *locale != user.locale) {
        user.locale = locale;
        event = event.changing([Change::untold("locale")]);
        let saying = user::Entity::update_many()
            .col_expr(user::Column::Locale, Expr::value(locale))
            .filter(user::Column::Id.eq(user.id));
        // It is the row that the name is in.
        std::mem::take(&mut writes).execute_in(&txn).await?;
        writes = Together::default().with(saying.into_query());
    }
    app.record_with_in(&txn, viewer, event, writes).await?;
    app.commit(txn).await?;
    Ok(user)
}
