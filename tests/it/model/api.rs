//! Does the steps by the API, and reads what is there by it, as a platform admin.

mod input;
mod learn;
mod look;
mod show;

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use rollcall::base::id::{Id, UserId};
use rollcall::entity::user;
use rollcall::platform::sweep::sweep;
use rollcall::teams::expiry::notify_due;
use sea_orm::EntityTrait;

use super::rules::Coming;
use super::state::{
    Factor, Handle, Issued, MINUTE, Model, PRESETS, Password, ROOT, Role, Seconds, SessionName, TeamType,
    Tokens,
};
use super::step::{Actor as Who, Deed, Outcome, Step};
use crate::support::actor::PASSWORD;
use crate::support::authenticator::Authenticator;
use crate::support::{Actor, Answer, Value, World, json};

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
    /// The passwords that the platform made.
    passwords: BTreeMap<Handle, String>,
    tokens: BTreeMap<Tokens, Actor>,
    /// The ids of sessions, by their first tokens.
    sessions: BTreeMap<Tokens, String>,
    session_names: HashMap<String, Tokens>,
    /// The tokens by which each user came last, whether or not there still is such a user.
    mains: BTreeMap<Handle, Tokens>,
    /// What makes devices known, by the login that was answered it.
    devices: BTreeMap<Tokens, String>,
    challenges: BTreeMap<Handle, String>,
    authenticators: BTreeMap<Handle, Authenticator>,
    recovery_codes: BTreeMap<Handle, Vec<String>>,
    /// The codes that were mailed.
    mailed: BTreeMap<Handle, String>,
    /// The Message-IDs of their letters.
    letters: HashSet<String>,
    reader_id: String,
    reader: Option<(Actor, DateTime<Utc>)>,
}

/// How a step ended.
pub struct Taken {
    pub outcome: Outcome,
    /// What was answered, where something was asked.
    pub answer: Option<Answer>,
    /// What more there is to tell.
    pub told: String,
}

impl<'w> Api<'w> {
    pub async fn new(world: &'w World) -> Self {
        // The clock stands, and moves with the steps alone: what a step finds does not depend on how long a machine takes.
        // It begins with a minute, and so with a dynamic code.
        let clock = &world.app.clock;
        clock.stop();
        let minute = TimeDelta::seconds(MINUTE);
        let into_minute = TimeDelta::microseconds(
            clock.now().timestamp_micros() % minute.num_microseconds().expect("a minute is short"),
        );
        clock.advance(minute - into_minute);
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
            passwords: BTreeMap::new(),
            tokens: BTreeMap::new(),
            sessions: BTreeMap::new(),
            session_names: HashMap::new(),
            mains: BTreeMap::new(),
            devices: BTreeMap::new(),
            challenges: BTreeMap::new(),
            authenticators: BTreeMap::new(),
            recovery_codes: BTreeMap::new(),
            mailed: BTreeMap::new(),
            letters: HashSet::new(),
            reader_id: String::new(),
            reader: None,
        };
        let root = user::Entity::find().one(world.app.database.reader()).await;
        let root_id = root.unwrap().expect("the super admin is there").id.to_string();
        api.know(Kind::User, ROOT, root_id.clone());
        let root = api.sign_in(&root_id).await;
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

    fn session(&self, model: &Model, name: SessionName) -> String {
        let tokens = match name {
            SessionName::Main(user) => model.users.get(&user).and_then(|user| user.main),
            SessionName::Of(tokens) => Some(tokens),
        };
        let issued = tokens.and_then(|tokens| model.issued.get(&tokens));
        let known = issued
            .and_then(|issued| self.sessions.get(&issued.session))
            .cloned();
        known.unwrap_or_else(|| "session_01h455vb4pex5vsknk084sn02q".to_owned())
    }

    fn password(&self, password: Password) -> String {
        match password {
            Password::First => PASSWORD.to_owned(),
            Password::Typed(number) => format!("Blue-Whale-{number:05}"),
            Password::Generated(step) => {
                let known = self.passwords.get(&step).cloned();
                known.unwrap_or_else(|| format!("Lost-Whale-{step:05}"))
            }
            Password::Weak => "aaaaaaaa".to_owned(),
        }
    }

    fn mailed(&self, code: Handle) -> String {
        self.mailed
            .get(&code)
            .cloned()
            .unwrap_or_else(|| "000000".to_owned())
    }

    fn challenge(&self, step: Handle) -> String {
        let known = self.challenges.get(&step).cloned();
        known.unwrap_or_else(|| "no-such-challenge".to_owned())
    }

    /// A dynamic code, or a recovery code: the text of one of the two.
    fn factor(&self, factor: Factor) -> String {
        let wrong = || "000000".to_owned();
        match factor {
            Factor::Code { secret, away } => {
                let device = self.authenticators.get(&secret);
                device.map_or_else(wrong, |device| device.code_at(&self.world.app, away))
            }
            Factor::Recovery { batch, number } => {
                let codes = self.recovery_codes.get(&batch);
                codes.map_or_else(wrong, |codes| codes[number].clone())
            }
        }
    }

    fn time(&self, from_now: Seconds) -> String {
        (self.world.app.now() + TimeDelta::seconds(from_now)).to_rfc3339()
    }

    /// A session of theirs, without the hashing that a login costs.
    async fn sign_in(&self, user_id: &str) -> Actor {
        let app = &self.world.app;
        let user_id = UserId::parse(user_id).unwrap();
        let txn = app.begin().await.unwrap();
        let (_, tokens) = self.world.open_session_in(&txn, user_id).await;
        txn.commit().await.unwrap();
        Actor {
            token: Some(tokens.access_token),
            refresh_token: Some(tokens.refresh_token),
            ..self.nobody.clone()
        }
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

    /// The actor as they come to the server; the model is told.
    async fn arrive(&mut self, model: &mut Model, step: &Step) -> Actor {
        let garbage = Actor {
            token: Some("garbage".to_owned()),
            ..self.nobody.clone()
        };
        let user = match step.actor {
            Who::Nobody => return self.nobody.clone(),
            Who::Device(tokens) => return self.tokens.get(&tokens).cloned().unwrap_or(garbage),
            Who::Person(user) => user,
        };
        let before = self
            .mains
            .get(&user)
            .and_then(|tokens| self.tokens.get(tokens))
            .cloned();
        let coming = model.coming(user);
        model.arrive(step.number, step.actor);
        let actor = match (coming, before) {
            (Coming::Stays, before) => return before.unwrap_or(garbage),
            (Coming::GoesOn, Some(before)) => self.refreshed(before).await,
            _ => self.sign_in(&self.user(user)).await,
        };
        let tokens = Tokens::Arrival(step.number);
        self.mains.insert(user, tokens);
        self.learn_tokens(model, tokens, actor.clone());
        actor
    }

    /// Does the step.
    pub async fn take(&mut self, model: &mut Model, step: &Step) -> Taken {
        model.now += step.time();
        let clock = &self.world.app.clock;
        clock.advance(self.beginning + TimeDelta::seconds(model.now) - clock.now());
        let done = |outcome| Taken {
            outcome,
            answer: None,
            told: String::new(),
        };
        if let Deed::Pass { is_swept, .. } = step.deed {
            // What waits for the clock, here and now: it would else come in the middle of a later step.
            notify_due(&self.world.app).await.unwrap();
            if is_swept {
                sweep(&self.world.app).await.unwrap();
            }
            return done(Outcome::Done);
        }
        let actor = self.arrive(model, step).await;
        let before = if step.preview {
            self.rows().await
        } else {
            Vec::new()
        };
        let answer = match &step.deed {
            Deed::Look => return done(self.look(&actor, model).await),
            Deed::Logout => actor.ask(LOGOUT).await,
            Deed::RevokeOthers => actor.ask(REVOKE_OTHERS).await,
            deed => {
                let (mut input, selection) = self.input(model, deed);
                if step.preview {
                    input["preview"] = json!(true);
                }
                actor.mutate(deed.field(), input, selection).await
            }
        };
        let outcome = self.outcome(&step.deed, &answer);
        if outcome == Outcome::Done && step.preview {
            let after = self.rows().await;
            if before != after {
                return Taken {
                    outcome: Outcome::fails("THE PREVIEW WROTE"),
                    answer: Some(answer),
                    told: format!("{before:?}\n{after:?}"),
                };
            }
        }
        Taken {
            outcome,
            answer: Some(answer),
            told: String::new(),
        }
    }

    fn outcome(&self, deed: &Deed, answer: &Answer) -> Outcome {
        if answer.body.get("errors").is_some() {
            return Outcome::Fails(answer.codes().join(" "));
        }
        if !answer.user_errors().is_empty() {
            return Outcome::Errors(answer.user_errors().into_iter().collect());
        }
        let login = login_of(deed, answer);
        match login["step"].as_str() {
            None => Outcome::Done,
            Some(step) => Outcome::Came {
                step: step.to_owned(),
                failed: login["failedAttempts"]
                    .as_u64()
                    .map(|count| usize::try_from(count).unwrap()),
                before: self.seconds(&login["previousLoginAt"]),
            },
        }
    }

    /// How many rows there are of everything, the audit log's too: a preview adds and takes none.
    async fn rows(&self) -> Vec<(String, i64)> {
        let mut rows = self.world.rows_everywhere().await;
        let events = self.world.count("SELECT COUNT(*) AS n FROM audit_event").await;
        rows.push(("audit_event".to_owned(), events));
        rows
    }

    /// A platform admin of whom the model does not know: reading is no step of its.
    async fn reader(&mut self) -> Actor {
        let now = self.world.app.now();
        let fresh = self.reader.clone().filter(|(_, until)| now < *until);
        if let Some((reader, _)) = fresh {
            return reader;
        }
        let reader = self.sign_in(&self.reader_id).await;
        let until = now + TimeDelta::seconds(Issued::ACCESS_LIFE);
        self.reader = Some((reader.clone(), until));
        reader
    }

    /// Of which session each of these tokens is accepted.
    async fn accepted(&self, tokens: &[Tokens]) -> Vec<Option<Tokens>> {
        let asked = tokens.iter().map(|tokens| async move {
            let actor = self.tokens.get(tokens)?;
            let answer = actor.ask("{ viewer { session { id } } }").await;
            let id = answer.body.pointer("/data/viewer/session/id")?.as_str()?;
            Some(self.session_names[id])
        });
        futures::future::join_all(asked).await
    }

    /// What is violated of all that is always true of the data.
    async fn violations(&self) -> Option<String> {
        let violated = self.world.violations().await;
        let lines: Vec<String> = violated.iter().map(ToString::to_string).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

/// What an answer tells of a login, if the deed is part of one.
fn login_of<'a>(deed: &Deed, answer: &'a Answer) -> &'a Value {
    let payload = &answer.body["data"][deed.field()];
    match deed {
        Deed::Login { .. } | Deed::CompleteLogin { .. } => payload,
        Deed::ConfirmTotp { .. } => &payload["login"],
        _ => &Value::Null,
    }
}
