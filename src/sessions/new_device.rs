//! Tells the owner of a login from a device that has shown no token of ours.
//!
//! Not every client keeps tokens: a kind of device and a place are told of once in a while, and not at each login.

use crate::access::Viewer;
use crate::app::App;
use crate::base::Result;
use crate::entity::database::Transaction;
use crate::entity::user;
use crate::limits::{self, NEW_DEVICE_LETTERS};
use crate::mail::letter::{self, Recipient};

/// How a device is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// Its user has registered by it.
    Registration,
    /// Its user has logged in.
    Login,
}

/// Notes that a user came by a device of this kind from this place, and writes to them if that is news: neither the
/// device of a registration is, nor that of the very first login.
pub async fn meet_in(
    txn: &Transaction,
    app: &App,
    viewer: &Viewer,
    user: &user::Model,
    meeting: Meeting,
) -> Result<()> {
    let origin = &viewer.origin;
    let agent = origin.user_agent.as_deref().unwrap_or_default();
    let place = origin
        .address
        .as_deref()
        .map(limits::source_of)
        .unwrap_or_default();
    let kind = format!("{}/{place}/{agent}", user.id);
    let is_new = limits::was_left_in(txn, app, &NEW_DEVICE_LETTERS, &kind).await?;
    let was_here = user.last_login_at.is_some() || user.registered_at.is_some();
    let is_news = meeting == Meeting::Login && was_here && is_new;
    if let (true, Some(to)) = (is_news, Recipient::of(user)) {
        let (address, agent) = (origin.address.as_deref(), origin.user_agent.as_deref());
        let letter = letter::new_device(&to, &user.account, app.now(), address, agent);
        app.send_in(txn, &letter).await?;
    }
    Ok(())
}
