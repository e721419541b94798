//! Puts the nouns together.

use std::sync::{Arc, LazyLock};

use async_graphql::{MergedObject, SDLExportOptions};

use super::access::AccessQuery;
use super::account::AccountMutation;
use super::audit::AuditQuery;
use super::audit_feed::Subscription;
use super::invariant::InvariantQuery;
use super::invitation::InvitationMutation;
use super::login::LoginMutation;
use super::node::NodeQuery;
use super::passkey::PasskeyMutation;
use super::passkey_login::PasskeyLoginMutation;
use super::password_policy::{PasswordMutation, PasswordQuery};
use super::password_reset::PasswordResetMutation;
use super::permission::PermissionQuery;
use super::registration_settings::RegistrationQuery;
use super::resource::ResourceMutation;
use super::role::RoleQuery;
use super::role_mutation::RoleMutation;
use super::session::SessionMutation;
use super::session_revoke::SessionRevokeMutation;
use super::team_member::TeamMemberMutation;
use super::team_mutation::TeamMutation;
use super::team_query::TeamQuery;
use super::team_registration::{TeamRegistrationMutation, TeamRegistrationQuery};
use super::team_status::TeamStatusMutation;
use super::totp::TotpMutation;
use super::user_mutation::UserMutation;
use super::user_query::UserQuery;
use super::user_rescue::UserRescueMutation;
use super::viewer::ViewerQuery;
use crate::app::App;
use crate::base::settings::Switch;

/// How deep a document may nest: twice what the console needs, and enough for introspection.
const MOST_DEPTH: usize = 16;
/// How many fields an answer may have at the most, by what the document's pages can hold.
const MOST_COMPLEXITY: usize = 30_000;

/// Where reading begins.
#[derive(Default, MergedObject)]
#[graphql(serial)]
pub struct Query(
    NodeQuery,
    ViewerQuery,
    UserQuery,
    TeamQuery,
    TeamRegistrationQuery,
    RoleQuery,
    PermissionQuery,
    AccessQuery,
    RegistrationQuery,
    PasswordQuery,
    AuditQuery,
    InvariantQuery,
);

/// Everything that changes something. Each takes one `input` and answers one payload, whose
/// `userErrors` tell what has to be mended.
#[derive(Default, MergedObject)]
#[graphql(serial)]
pub struct Mutation(
    LoginMutation,
    SessionMutation,
    SessionRevokeMutation,
    AccountMutation,
    PasswordResetMutation,
    TotpMutation,
    PasskeyMutation,
    PasskeyLoginMutation,
    UserMutation,
    UserRescueMutation,
    TeamMutation,
    TeamStatusMutation,
    TeamRegistrationMutation,
    TeamMemberMutation,
    RoleMutation,
    InvitationMutation,
    ResourceMutation,
    PasswordMutation,
);

/// The schema.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, Subscription> {
    async_graphql::Schema::build(Query::default(), Mutation::default(), Subscription)
        .limit_depth(MOST_DEPTH)
        .limit_complexity(MOST_COMPLEXITY)
        .limit_directives(20)
}

/// The schema that serves.
#[must_use]
pub fn schema(app: Arc<App>) -> Schema {
    let mut builder = builder();
    if app.settings.introspection == Switch::Off {
        builder = builder.disable_introspection();
    }
    builder.data(app).finish()
}

/// Printed once: it never changes while the program runs, and whoever likes may ask for it.
static SDL: LazyLock<String> = LazyLock::new(print_sdl);

/// The schema in its definition language; `schema.graphql` is exactly this.
#[must_use]
pub fn sdl() -> &'static str {
    &SDL
}

fn print_sdl() -> String {
    let sdl = builder()
        .finish()
        .sdl_with_options(SDLExportOptions::new().prefer_single_line_descriptions());
    let mut text = sdl
        .lines()
        .map(|line| line.replace('\t', "  ").trim_end().to_owned() + "\n")
        .collect::<String>();
    while text.ends_with("\n\n") {
        text.pop();
    }
    text.trim_start().to_owned()
}
