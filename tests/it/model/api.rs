//! Does the steps by the API, and reads what is there by it, as a platform admin.

mod input;
mod look;
mod show;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use rollcall::access::Origin;
use rollcall::base::id::{Id, UserId};
use rollcall::sessions::open_in::open_in;

use super::state::{Handle, Model, PRESETS, ROOT, Role, SessionName, TeamType};
use super::step::{Actor as Who, Deed, Outcome, Step};
use crate::support::actor::PASSWORD;
use crate::support::{Actor, Answer, World, json};

const TOKENS: &str = "tokens { accessToken refreshToken }";
const LOGOUT: &str = "mutation { logout { userErrors { code field message } } }";
const REVOKE_OTHERS: &str = "mutation { revokeOtherSessions { userErrors { code field message } } }";

/// What a printed id is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    User,
    Team,
    Role,
    Invitation,
    Resource,
}

/// The server under test, and what its ids mean.
pub struct Api<'w> {
    world: &'w World,
    beginning: DateTime<Utc>,
    nobody: Actor,
    ids: BTreeMap<(Kind, Handle), String>,
    /// By printed ids.
    handles: HashMap<String, Handle>,
    roles: HashMap<String, Role>,
    /// The memberships, also those that ended, by team and user.
    seats: BTreeMap<(Handle, Handle), String>,
    codes: BTreeMap<Handle, String>,
    links: BTreeMap<Handle, String>,
    passwords: BTreeMap<Handle, String>,
    /// The ids of sessions: of the main ones by user, of those that logins opened by step.
    mains: BTreeMap<Handle, String>,
    sessions: BTreeMap<Handle, String>,
    logins: BTreeMap<Handle, Actor>,
    tokens: BTreeMap<Handle, Actor>,
    /// The tokens of sessions that were ended.
    stale: BTreeMap<Handle, Actor>,
    /// Whose token was made since time passed last.
    fresh: BTreeSet<Handle>,
    reader_id: String,
    reader: Option<Actor>,
}

impl<'w> Api<'w> {
    pub async fn new(world: &'w World) -> Self {
        let root = world.super_admin().await;
        let mut api = Self {
            world,
            beginning: world.app.now(),
            nobody: world.nobody(),
            ids: BTreeMap::new(),
            handles: HashMap::new(),
            roles: HashMap::new(),
            seats: BTreeMap::new(),
            codes: BTreeMap::new(),
            links: BTreeMap::new(),
            passwords: [(ROOT, PASSWORD.to_owned())].into(),
            mains: BTreeMap::new(),
            sessions: BTreeMap::new(),
            logins: BTreeMap::new(),
            tokens: BTreeMap::new(),
            stale: BTreeMap::new(),
            fresh: BTreeSet::new(),
            reader_id: String::new(),
            reader: None,
        };
        api.know(Kind::User, ROOT, root.id.clone());
        for team_type in [TeamType::Superapp, TeamType::MiniProgram] {
            let document = format!("{{ presetRoles(teamType: {}) {{ id name }} }}", team_type.name());
            let answer = root.ask(&document).await.ok();
            assert_eq!(answer.texts("presetRoles.*.name"), PRESETS);
            for (column, id) in answer.texts("presetRoles.*.id").into_iter().enumerate() {
                api.roles.insert(id, Role::Preset(team_type, column));
            }
        }
        let input = json!({
            "name": "reader", "account": "reader", "accountType": "PLATFORM_ADMIN", "generatePassword": true,
        });
        let made = root.mutate("createUser", input, "user { id }").await.ok();
        api.reader_id = made.text("createUser.user.id");
        // The model knows of no session yet.
        root.ask(LOGOUT).await.ok();
        api
    }

    fn know(&mut self, kind: Kind, handle: Handle, id: String) {
        self.handles.insert(id.clone(), handle);
        if kind == Kind::Role {
            self.roles.insert(id.clone(), Role::Custom(handle));
        }
        self.ids.insert((kind, handle), id);
    }

    /// The printed id, or one that names nothing.
    fn id(&self, kind: Kind, handle: Handle) -> String {
        let prefix = match kind {
            Kind::User => "user",
            Kind::Team => "team",
            Kind::Role => "role",
            Kind::Invitation => "invitation",
            Kind::Resource => "resource",
        };
        let known = self.ids.get(&(kind, handle)).cloned();
        // Another for each, as one named twice would be one.
        known.unwrap_or_else(|| format!("{prefix}_01h455vb4pex5vsknk08{:06}", handle % 1_000_000))
    }

    fn user(&self, handle: Handle) -> String {
        self.id(Kind::User, handle)
    }

    fn team(&self, handle: Handle) -> String {
        self.id(Kind::Team, handle)
    }

    fn role(&self, role: Role) -> String {
        match role {
            Role::Custom(handle) => self.id(Kind::Role, handle),
            Role::Preset(..) => {
                let found = self.roles.iter().find(|(_, known)| **known == role);
                found.expect("the preset roles are known").0.clone()
            }
        }
    }

    fn seat(&self, team: Handle, user: Handle) -> String {
        let known = self.seats.get(&(team, user)).cloned();
        known.unwrap_or_else(|| "membership_01h455vb4pex5vsknk084sn02q".to_owned())
    }

    fn session(&self, name: SessionName) -> String {
        let known = match name {
            SessionName::Main(user) => self.mains.get(&user),
            SessionName::Login(login) => self.sessions.get(&login),
        };
        known
            .cloned()
            .unwrap_or_else(|| "session_01h455vb4pex5vsknk084sn02q".to_owned())
    }

    fn time(&self, from_now: i64) -> String {
        (self.world.app.now() + TimeDelta::minutes(from_now)).to_rfc3339()
    }

    /// A session of theirs, without the hashing that a login costs.
    async fn sign_in(&self, user_id: &str) -> (String, Actor) {
        let app = &self.world.app;
        let user_id = UserId::parse(user_id).unwrap();
        let txn = app.begin().await.unwrap();
        let (session, tokens) = open_in(&txn, app, &Origin::default(), user_id).await.unwrap();
        txn.commit().await.unwrap();
        let actor = Actor {
            token: Some(tokens.access_token),
            refresh_token: Some(tokens.refresh_token),
            ..self.nobody.clone()
        };
        (session.id.to_string(), actor)
    }

    /// Goes on with a session; where that fails, the actor is left with what they have.
    async fn refreshed(&self, actor: Actor) -> Actor {
        let input = json!({ "refreshToken": actor.refresh_token });
        let answer = self.nobody.mutate("refreshSession", input, TOKENS).await;
        if answer.user_errors().is_empty() {
            actor.with_tokens(&answer, "refreshSession.tokens")
        } else {
            actor
        }
    }

    /// The actor as they come to the server; the model is told when they sign in.
    async fn arrive(&mut self, model: &mut Model, who: Who) -> Actor {
        let garbage = Actor {
            token: Some("garbage".to_owned()),
            ..self.nobody.clone()
        };
        match who {
            Who::Nobody => self.nobody.clone(),
            Who::Stale(handle) => {
                let tokens = if model.is_signed_in(handle) {
                    &self.stale
                } else {
                    &self.tokens
                };
                tokens.get(&handle).cloned().unwrap_or(garbage)
            }
            Who::Person(handle) => {
                let goes_on = model.is_signed_in(handle);
                model.arrive(who);
                if !model.is_signed_in(handle) {
                    return self.tokens.get(&handle).cloned().unwrap_or(garbage);
                }
                let before = self.tokens.remove(&handle);
                let actor = match before {
                    Some(actor) if goes_on && self.fresh.contains(&handle) => actor,
                    Some(actor) if goes_on => self.refreshed(actor).await,
                    ended => {
                        if let Some(ended) = ended {
                            self.stale.insert(handle, ended);
                        }
                        let (session, actor) = self.sign_in(&self.user(handle)).await;
                        self.mains.insert(handle, session);
                        actor
                    }
                };
                self.fresh.insert(handle);
                self.tokens.insert(handle, actor.clone());
                actor
            }
        }
    }

    /// Does the step; answers how it ended, and the whole answer.
    pub async fn take(&mut self, model: &mut Model, step: &Step) -> (Outcome, String) {
        if let Deed::Pass(minutes) = step.deed {
            self.world.pass(TimeDelta::minutes(minutes));
            // An access token holds for fifteen minutes.
            self.fresh.clear();
            self.reader = None;
            return (Outcome::Done, String::new());
        }
        let actor = self.arrive(model, step.actor).await;
        let before = if step.preview {
            self.rows().await
        } else {
            Vec::new()
        };
        let answer = match &step.deed {
            Deed::Look => return (self.look(&actor, model).await, String::new()),
            Deed::Logout => actor.ask(LOGOUT).await,
            Deed::RevokeOthers => actor.ask(REVOKE_OTHERS).await,
            Deed::Login { user, is_right } => self.log_in(&actor, model, step.number, *user, *is_right).await,
            deed => {
                let (mut input, selection) = self.input(model, deed);
                if step.preview {
                    input["preview"] = json!(true);
                }
                actor.mutate(deed.field(), input, selection).await
            }
        };
        let outcome = if answer.body.get("errors").is_some() {
            Outcome::Fails(answer.codes().join(" "))
        } else if answer.user_errors().is_empty() {
            Outcome::Done
        } else {
            Outcome::Errors(answer.user_errors().into_iter().collect())
        };
        if outcome == Outcome::Done && !step.preview {
            self.learn(step, &answer).await;
        }
        if outcome == Outcome::Done && step.preview {
            let after = self.rows().await;
            if before != after {
                let told = format!("{before:?}\n{after:?}\n{}", answer.body);
                return (Outcome::fails("THE PREVIEW WROTE"), told);
            }
        }
        (outcome, answer.body.to_string())
    }

    /// How many rows there are of everything, the audit log's too: a preview adds and takes none.
    async fn rows(&self) -> Vec<(String, i64)> {
        let mut rows = self.world.rows_everywhere().await;
        let events = self.world.count("SELECT COUNT(*) AS n FROM audit_event").await;
        rows.push(("audit_event".to_owned(), events));
        rows
    }

    /// Logs in, and changes the password where that is asked for.
    async fn log_in(
        &mut self,
        actor: &Actor,
        model: &Model,
        new: Handle,
        user: Handle,
        is_right: bool,
    ) -> Answer {
        let known = self.passwords.get(&user).filter(|_| is_right);
        let account = model
            .users
            .get(&user)
            .map_or("nobody-of-all", |user| &user.account);
        let input = json!({
            // Without regard to case.
            "login": account.to_uppercase(),
            "password": known.map_or("Wrong-Whale-42", |password| password),
        });
        let selection = format!("step challenge {TOKENS}");
        let mut answer = actor.mutate("login", input, &selection).await;
        let mut field = "login";
        if answer.body["data"]["login"]["step"] == "PASSWORD_CHANGE_REQUIRED" {
            field = "completeLogin";
            let password = format!("Blue-Whale-{new}");
            let input = json!({
                "challenge": answer.text("login.challenge"),
                "newPassword": password, "newPasswordConfirmation": password,
            });
            answer = self.nobody.mutate(field, input, &selection).await;
            self.passwords.insert(user, password);
        }
        if answer.body["data"][field]["tokens"].is_object() {
            let device = self.nobody.with_tokens(&answer, &format!("{field}.tokens"));
            let told = device.ask("{ viewer { session { id } } }").await.ok();
            self.sessions.insert(new, told.text("viewer.session.id"));
            self.logins.insert(new, device);
        }
        answer
    }

    /// Notes the ids, codes and links that a step made.
    async fn learn(&mut self, step: &Step, answer: &Answer) {
        let new = step.number;
        let field = step.deed.field();
        let text = |path: &str| answer.text(&format!("{field}.{path}"));
        if let Some(password) = answer.body["data"][field]["generatedPassword"].as_str() {
            let whose = match &step.deed {
                Deed::ResetPassword(user, _) => *user,
                _ => new,
            };
            self.passwords.insert(whose, password.to_owned());
        }
        match &step.deed {
            Deed::CreateUser { .. } => self.know(Kind::User, new, text("user.id")),
            Deed::CreateMember { .. } => self.know(Kind::User, new, text("membership.user.id")),
            Deed::CreateTeam { .. } | Deed::RegisterTeam { .. } => {
                self.know(Kind::Team, new, text("team.id"));
                if let Deed::CreateTeam {
                    new_admin: Some(_), ..
                } = &step.deed
                {
                    // The one of them whom nobody knows yet.
                    let admins = answer.texts(&format!("{field}.team.admins.*.id"));
                    let unknown: Vec<String> = admins
                        .into_iter()
                        .filter(|id| !self.handles.contains_key(id))
                        .collect();
                    assert_eq!(unknown.len(), 1, "{}", answer.body);
                    self.know(Kind::User, new, unknown[0].clone());
                }
                self.learn_link(new, new).await;
            }
            Deed::ResetLink { team, .. } => self.learn_link(new, *team).await,
            Deed::CreateRole { .. } => self.know(Kind::Role, new, text("role.id")),
            Deed::Invite { .. } => {
                self.know(Kind::Invitation, new, text("invitation.id"));
                self.codes.insert(new, text("code"));
            }
            Deed::CreateResource { .. } => self.know(Kind::Resource, new, text("resource.id")),
            Deed::Refresh(login) => {
                let device = self.nobody.with_tokens(answer, "refreshSession.tokens");
                self.logins.insert(*login, device);
            }
            _ => {}
        }
    }

    async fn learn_link(&mut self, new: Handle, team: Handle) {
        let root = self.reader().await;
        let document = format!("{{ team(id: \"{}\") {{ registrationLink }} }}", self.team(team));
        let answer = root.ask(&document).await.ok();
        if let Some(link) = answer.at("team.registrationLink").as_str() {
            let (_, token) = link.split_once('#').expect("a link carries its token");
            self.links.insert(new, token.to_owned());
        }
    }

    /// A platform admin of whom the model does not know: reading is no step of its.
    async fn reader(&mut self) -> Actor {
        if self.reader.is_none() {
            self.reader = Some(self.sign_in(&self.reader_id).await.1);
        }
        self.reader.clone().expect("the reader is signed in")
    }

    /// What is violated of all that is always true of the data.
    pub async fn violations(&self) -> Option<String> {
        let violated = self.world.violations().await;
        let lines: Vec<String> = violated.iter().map(ToString::to_string).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}
