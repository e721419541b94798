//! What is asked.

use std::fmt;

use serde_json::{Value, json};

/// The fields that a list of users shows of each.
const USER: &str = "id name account accountType status email createdAt \
    memberships(first: 20) { nodes { id joinedAt team { id name type } role { id name } } }";

/// A kind of request, as in the table of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, clap::ValueEnum)]
pub enum Workload {
    /// The first page of all users.
    #[value(name = "W1")]
    FirstPage,
    /// Page 1,000.
    #[value(name = "W2")]
    FarPage,
    /// Users by type, team and text, with their number.
    #[value(name = "W3")]
    Search,
    /// The viewer's menus, teams, roles and permissions.
    #[value(name = "W4")]
    Rights,
    /// One user by id.
    #[value(name = "W5")]
    OneUser,
    /// A new name.
    #[value(name = "W6")]
    Rename,
    /// A login.
    #[value(name = "W7")]
    Login,
    /// The first page during a storm of logins.
    #[value(name = "W8")]
    Storm,
}

impl Workload {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::FirstPage,
        Self::FarPage,
        Self::Search,
        Self::Rights,
        Self::OneUser,
        Self::Rename,
        Self::Login,
        Self::Storm,
    ];

    /// What it is, in the report.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::FirstPage => "first page of `users`: 20 with memberships, team, role",
            Self::FarPage => "the same at page 1,000",
            Self::Search => "`users` by type, team and text, with `totalCount`",
            Self::Rights => "`viewer` with menus, memberships, team, role, permissions",
            Self::OneUser => "one user by id, with teams",
            Self::Rename => "`updateProfile`: a write with its audit event",
            Self::Login => "`login`",
            Self::Storm => "W1 during a storm of logins",
        }
    }

    /// Whether the limit answers it too.
    #[must_use]
    pub fn has_limit(self) -> bool {
        !matches!(self, Self::Login | Self::Storm)
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = Self::ALL
            .iter()
            .position(|other| other == self)
            .unwrap_or_default();
        write!(f, "W{}", place + 1)
    }
}

fn body(operation: &str, document: &str, variables: &Value) -> String {
    json!({ "query": document, "operationName": operation, "variables": variables }).to_string()
}

/// A page of all users; the first, or the one after a cursor.
#[must_use]
pub fn users(after: Option<&str>) -> String {
    let document = format!(
        "query Users($after: String) {{ users(first: 20, after: $after) {{ nodes {{ {USER} }} \
         pageInfo {{ hasNextPage endCursor }} }} }}"
    );
    body("Users", &document, &json!({ "after": after }))
}

/// The members of a team who hold a text.
#[must_use]
pub fn found_users(team_id: &str, search: &str) -> String {
    let document = format!(
        "query FoundUsers($filter: UserFilter) {{ users(first: 20, filter: $filter) {{ nodes {{ {USER} }} \
         pageInfo {{ hasNextPage endCursor }} totalCount }} }}"
    );
    let filter = json!({ "search": search, "accountType": "MEMBER", "teamId": team_id });
    body("FoundUsers", &document, &json!({ "filter": filter }))
}

/// What the viewer may do.
#[must_use]
pub fn viewer() -> String {
    let document = "query Viewer { viewer { user { id name account accountType } menus memberships(first: 20) { nodes { \
         id joinedAt team { id name type status } role { id name permissions } } } } }";
    body("Viewer", document, &json!({}))
}

/// One user.
#[must_use]
pub fn user(id: &str) -> String {
    let document = format!("query User($id: ID!) {{ user(id: $id) {{ {USER} }} }}");
    body("User", &document, &json!({ "id": id }))
}

/// A new name for the viewer.
#[must_use]
pub fn rename(name: &str) -> String {
    let document = "mutation Rename($input: UpdateProfileInput!) { updateProfile(input: $input) { \
         user { id name locale } userErrors { code field message } } }";
    body("Rename", document, &json!({ "input": { "name": name } }))
}

/// A login.
#[must_use]
pub fn login(account: &str, password: &str) -> String {
    let document = "mutation Login($input: LoginInput!) { login(input: $input) { \
         step tokens { accessToken } userErrors { code message } } }";
    body(
        "Login",
        document,
        &json!({ "input": { "login": account, "password": password } }),
    )
}
