//! The whole API against a small model of `domain.md`: people of every kind do at random what can be done, and after
//! each step the two agree on how it ended and on what is there.
//!
//! Each database plays one history, in one world, from a fixed seed. `MODEL_SEED` sets another, `MODEL_OPERATIONS` how
//! long the history is. One that fails tells its seed and the step at once; then it is made shorter, step by step, as long
//! as it still fails, and printed. With `--nocapture` the test prints what was done how often.

mod api;
mod draw;
mod rules;
mod seen;
mod state;
mod step;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use api::Api;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use draw::Dice;
use state::{Handle, Model, Tokens};
use step::{Actor, Deed, Outcome, Step};

use crate::support::*;

on_each_store!(the_api_does_what_the_model_does);

/// How many operations a history has. Who only looks, foresees or lets time pass does none, and is not counted.
const OPERATIONS: usize = 2_000;
/// After how many steps all that is there is looked at, and not only what a step was about.
const LOOK_AROUND: usize = 40;
/// How many access tokens are tried after each step, of those that it concerns and of others.
const TRIED: usize = 3;
/// How often at least each deed has to be done and to be refused in the run that has the fixed seed.
const A_FEW: usize = 3;
/// How long it may take to make a history shorter.
const PATIENCE: Duration = Duration::from_mins(6);

/// The seed of each database's history where nobody asks for another: histories in which everything happens, in worlds of
/// both kinds.
fn seed_of(store: Store) -> u64 {
    match store {
        Store::Sqlite => 21,
        Store::Postgres => 18,
        Store::MariaDb => 3,
    }
}

/// How often each deed was done, met user errors, was refused.
type Counts = BTreeMap<&'static str, [usize; 3]>;

#[derive(Default)]
struct Tally {
    all: Counts,
    /// Of those, the ones that were only foreseen.
    previews: Counts,
}

impl Tally {
    fn count(&mut self, step: &Step, outcome: &Outcome) {
        let kind = match outcome {
            Outcome::Done | Outcome::Came { .. } | Outcome::Seen(_) => 0,
            Outcome::Errors(_) => 1,
            Outcome::Fails(_) => 2,
        };
        let field = step.deed.field();
        self.all.entry(field).or_default()[kind] += 1;
        if step.preview {
            self.previews.entry(field).or_default()[kind] += 1;
        }
    }

    /// A table for who runs the test with `--nocapture`.
    fn print(&self) {
        println!(
            "{:<28}{:>8}{:>14}{:>10}{:>12}",
            "", "done", "user errors", "refused", "previews"
        );
        for (deed, [done, errors, refused]) in &self.all {
            let previews: usize = self.previews.get(deed).map_or(0, |counts| counts.iter().sum());
            println!("{deed:<28}{done:>8}{errors:>14}{refused:>10}{previews:>12}");
        }
        println!("{:<28}{:>8} operations", "", self.operations());
    }

    /// How many of the steps were operations.
    fn operations(&self) -> usize {
        let sum = |counts: &Counts| -> usize { counts.values().flatten().sum() };
        let of = |deed: &str| -> usize { self.all.get(deed).into_iter().flatten().sum() };
        sum(&self.all) - sum(&self.previews) - of(draw::A_LOOK) - of(draw::TIME_PASSES)
    }

    /// A test in which nothing can go wrong, or nothing right, tells nothing.
    fn is_telling(&self) {
        let operations = self.operations();
        assert!(operations >= OPERATIONS, "{operations} operations were done");
        for deed in draw::drawn() {
            let [done, errors, refused] = self.all.get(deed).copied().unwrap_or_default();
            assert!(done >= A_FEW, "{deed} was done {done} times");
            // Time passes for everybody.
            assert!(
                errors + refused >= A_FEW || deed == draw::TIME_PASSES,
                "{deed} was refused {errors} + {refused} times"
            );
        }
        let mut refusals = 0;
        for (deed, [done, errors, refused]) in &self.previews {
            assert!(*done > 0, "{deed} was never foreseen");
            refusals += errors + refused;
        }
        assert!(refusals >= A_FEW, "{refusals} previews were refused");
    }
}

/// What the worlds of a history are like.
#[derive(Clone, Copy, Debug)]
struct Kind {
    /// Whether platform staff log in with dynamic codes alone.
    requires_staff_totp: bool,
}

impl Kind {
    fn of(seed: u64) -> Self {
        Self {
            requires_staff_totp: seed.is_multiple_of(2),
        }
    }

    /// All come from one address, and it is what each user and each account may do that is looked at.
    async fn world(self, store: Store) -> World {
        let required = self.requires_staff_totp.to_string();
        World::with(
            store,
            &["--rate-limits", "off", "--require-staff-totp", &required],
        )
        .await
    }
}

/// How a history went.
struct Played {
    steps: Vec<Step>,
    /// Where the two disagree.
    difference: Option<String>,
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number")),
    )
}

/// What no deed does, and why: a part of the name, and the reason.
const NO_DEEDS: &[(&str, &str)] = &[(
    "Passkey",
    "a key that signs stands beside the model; `passkeys` tries what it can and cannot do",
)];

#[test]
fn each_mutation_is_a_deed_or_has_a_reason_not_to_be() {
    let schema = parse_schema(include_str!("../../schema.graphql")).unwrap();
    let mutations: BTreeSet<String> = schema
        .definitions
        .into_iter()
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(definition.node),
            _ => None,
        })
        .filter(|definition| definition.name.node == "Mutation")
        .filter_map(|definition| match definition.kind {
            TypeKind::Object(object) => Some(object.fields),
            _ => None,
        })
        .flatten()
        .map(|field| field.node.name.node.to_string())
        .collect();
    assert!(mutations.len() > 40, "{mutations:?}");
    let drawn: BTreeSet<&str> = draw::drawn().collect();
    for name in &mutations {
        let has_reason = NO_DEEDS.iter().any(|(part, _)| name.contains(part));
        assert!(
            drawn.contains(name.as_str()) != has_reason,
            "{name}: draw it as a deed of the model, or say in NO_DEEDS why not"
        );
    }
    let others = [draw::TIME_PASSES, draw::A_LOOK];
    for name in drawn {
        assert!(mutations.contains(name) || others.contains(&name), "{name}");
    }
}

/// Draws the steps of a history, one after the other.
struct History {
    dice: Dice,
    number: Handle,
    /// How many operations are to come.
    left: usize,
}

impl History {
    fn new(seed: u64, operations: usize) -> Self {
        Self {
            dice: Dice(seed),
            number: 0,
            left: operations,
        }
    }

    fn next(&mut self, model: &Model) -> Option<Step> {
        if self.left == 0 {
            return None;
        }
        self.number += 1;
        let step = draw::step(&mut self.dice, model, self.number);
        self.left -= usize::from(step.is_operation());
        Some(step)
    }
}

/// Tells where a history was when the test failed in the middle of it.
struct Place {
    seed: u64,
    step: Option<Step>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let (true, Some(step)) = (std::thread::panicking(), &self.step) {
            eprintln!("MODEL_SEED={}: it failed in or after {step:?}", self.seed);
        }
    }
}

async fn the_api_does_what_the_model_does(store: Store) {
    let (other_seed, other_length) = (variable("MODEL_SEED"), variable("MODEL_OPERATIONS"));
    let seed = other_seed.unwrap_or_else(|| seed_of(store));
    let operations = other_length.map_or(OPERATIONS, |length| usize::try_from(length).unwrap());
    let started = Instant::now();
    let kind = Kind::of(seed);
    let mut tally = Tally::default();
    let played = {
        let world = kind.world(store).await;
        let mut history = History::new(seed, operations);
        let mut place = Place { seed, step: None };
        play(&world, kind, &mut tally, |model| {
            let step = history.next(model)?;
            place.step = Some(step.clone());
            Some(step)
        })
        .await
    };
    let seconds = started.elapsed().as_secs_f64();
    if let Some(difference) = played.difference {
        let number = played.steps.len();
        // At once, as somebody may lose patience with what follows.
        eprintln!(
            "{store:?}, MODEL_SEED={seed}: in step {number} the API and the model disagree\n{difference}"
        );
        let shortest = shorten(store, kind, played.steps, difference).await;
        let lines: Vec<String> = shortest.steps.iter().map(|step| format!("{step:?}")).collect();
        panic!(
            "MODEL_SEED={seed}: in step {number} the API and the model disagree; they do after\n{}\n\n{}",
            lines.join("\n"),
            shortest.difference.unwrap_or_default()
        );
    }
    println!(
        "{store:?}, MODEL_SEED={seed}, {} steps, {seconds:.1} s",
        played.steps.len()
    );
    tally.print();
    if other_seed.is_none() && other_length.is_none() {
        tally.is_telling();
    }
}

/// The histories that are played are those of the model alone: it is known at once what they are good for.
#[test]
fn each_deed_is_done_and_refused() {
    let stores = [Store::Sqlite, Store::Postgres, Store::MariaDb];
    let kinds = stores.map(|store| Kind::of(seed_of(store)).requires_staff_totp);
    assert!(
        kinds.contains(&true) && kinds.contains(&false),
        "both kinds of world"
    );
    for store in stores {
        let seed = seed_of(store);
        let mut tally = Tally::default();
        let mut model = Model::new(Kind::of(seed).requires_staff_totp);
        let mut history = History::new(seed, OPERATIONS);
        while let Some(step) = history.next(&model) {
            model.now += step.time();
            if !matches!(step.deed, Deed::Pass { .. }) {
                model.arrive(step.number, step.actor);
            }
            let outcome = model.take(&step);
            tally.count(&step, &outcome);
        }
        println!("{store:?}, MODEL_SEED={seed}, {} steps", history.number);
        tally.print();
        tally.is_telling();
    }
}

/// Plays a history to its end, or to where the API and the model disagree.
async fn play(
    world: &World,
    kind: Kind,
    tally: &mut Tally,
    mut next: impl FnMut(&Model) -> Option<Step>,
) -> Played {
    let mut api = Api::new(world).await;
    let mut model = Model::new(kind.requires_staff_totp);
    let mut shown = Shown::of(&model);
    let mut steps: Vec<Step> = Vec::new();
    let mut difference = None;
    while let Some(step) = next(&model) {
        steps.push(step.clone());
        difference = take(&mut api, &mut model, &mut shown, &step, tally).await;
        if difference.is_none() && steps.len().is_multiple_of(LOOK_AROUND) {
            difference = look_around(&mut api, &model).await;
        }
        if difference.is_some() {
            break;
        }
    }
    if difference.is_none() {
        difference = look_around(&mut api, &model).await;
    }
    if difference.is_some() {
        world.breaks_the_data();
    }
    Played { steps, difference }
}

/// What the model shows of everybody and of every team.
struct Shown {
    users: BTreeMap<Handle, String>,
    teams: BTreeMap<Handle, String>,
}

impl Shown {
    fn of(model: &Model) -> Self {
        let users = model.users.keys().map(|user| (*user, model.show_user(*user)));
        let teams = model.teams.keys().map(|team| (*team, model.show_team(*team)));
        Self {
            users: users.collect(),
            teams: teams.collect(),
        }
    }
}

/// The handles of those of whom the text is another now, or is there only before or now.
fn changed(before: &BTreeMap<Handle, String>, now: &BTreeMap<Handle, String>) -> Vec<Handle> {
    let all: BTreeSet<Handle> = before.keys().chain(now.keys()).copied().collect();
    let is_other = |handle: &Handle| before.get(handle) != now.get(handle);
    all.into_iter().filter(is_other).collect()
}

/// Takes a step with both; answers where they disagree.
async fn take(
    api: &mut Api<'_>,
    model: &mut Model,
    shown: &mut Shown,
    step: &Step,
    tally: &mut Tally,
) -> Option<String> {
    let taken = api.take(model, step).await;
    let outcome = taken.outcome;
    let expected = model.take(step);
    tally.count(step, &outcome);
    if outcome != expected {
        let answer = taken.answer.map(|answer| answer.body.to_string());
        return Some(format!(
            "the model expects {expected:#?}\nthe API answers {outcome:#?}\n{}\n{}",
            answer.unwrap_or_default(),
            taken.told
        ));
    }
    if let (Outcome::Done | Outcome::Came { .. }, Some(answer), false) =
        (&outcome, &taken.answer, step.preview)
    {
        api.learn(model, step, answer).await;
    }
    // What the step names, and whatever it changed by the model. Who is refused outright reached nothing, which the look
    // at everything holds.
    let (mut users, mut teams) = match outcome {
        Outcome::Fails(_) => Default::default(),
        _ => step.deed.names(),
    };
    let before = std::mem::replace(shown, Shown::of(model));
    users.extend(changed(&before.users, &shown.users));
    teams.extend(changed(&before.teams, &shown.teams));
    let mut tokens = tokens_to_try(model, &users, step.number);
    if let Actor::Device(of_actor) = step.actor {
        tokens.push(of_actor);
    }
    look(api, model, teams, users, &tokens).await
}

/// The newest tokens of these users, and a few others by turns.
fn tokens_to_try(model: &Model, users: &[Handle], number: Handle) -> Vec<Tokens> {
    let whose = |tokens: &Tokens| model.sessions[&model.issued[tokens].session].user;
    let all: Vec<Tokens> = model.issued.keys().copied().collect();
    let newest = all.iter().rev().filter(|tokens| users.contains(&whose(tokens)));
    let place = number as usize * TRIED;
    let by_turns = (place..place + TRIED).filter_map(|place| all.get(place % all.len().max(1)));
    newest.take(TRIED).chain(by_turns).copied().collect()
}

async fn look_around(api: &mut Api<'_>, model: &Model) -> Option<String> {
    let (teams, users) = (model.teams.keys().copied(), model.users.keys().copied());
    let newest = model.issued.keys().rev().take(LOOK_AROUND).copied();
    let tokens: Vec<Tokens> = newest.collect();
    let difference = look(api, model, teams.collect(), users.collect(), &tokens).await;
    if difference.is_some() {
        return difference;
    }
    let policy = api.policy().await;
    if policy != model.policy {
        return Some(format!(
            "the model has {:?}, the API tells {policy:?}",
            model.policy
        ));
    }
    api.untold_letter()
}

/// Looks at these with both, and tries these access tokens; answers where they see something else, or that something does
/// not hold that always does.
async fn look(
    api: &mut Api<'_>,
    model: &Model,
    teams: Vec<Handle>,
    users: Vec<Handle>,
    tokens: &[Tokens],
) -> Option<String> {
    let once = |handles: Vec<Handle>| {
        handles
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    };
    let (teams, users) = (once(teams), once(users));
    let told = api.tell(&teams, &users, tokens).await;
    let teams = teams.iter().zip(told.teams);
    let teams = teams.map(|(handle, told)| (format!("team {handle}"), model.show_team(*handle), told));
    let users = users.iter().zip(told.users);
    let users = users.map(|(handle, told)| (format!("user {handle}"), model.show_user(*handle), told));
    let mut all = teams.chain(users);
    if let Some((what, expected, told)) = all.find(|(_, expected, told)| expected != told) {
        return Some(format!("{what}: the model has\n{expected}the API tells\n{told}"));
    }
    for (tokens, told) in tokens.iter().zip(told.accepted) {
        let expected = model.owner_of(*tokens);
        if expected.map(|(_, session)| session) != told {
            return Some(format!(
                "{tokens:?}: the model takes it for {expected:?}, the API for {told:?}"
            ));
        }
    }
    told.violated
}

/// Takes out of a history what it can do without and still fail.
async fn shorten(store: Store, kind: Kind, mut steps: Vec<Step>, mut difference: String) -> Played {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut size = steps.len() / 2;
    'patient: while size > 0 {
        let mut start = 0;
        while start < steps.len() {
            let end = (start + size).min(steps.len());
            let shorter = [&steps[..start], &steps[end..]].concat();
            let world = kind.world(store).await;
            // Whatever fails there is told here.
            world.breaks_the_data();
            let mut rest = shorter.iter();
            let mut tally = Tally::default();
            let played = play(&world, kind, &mut tally, |_| rest.next().cloned());
            match tokio::time::timeout_at(deadline, played).await {
                Err(_) => break 'patient,
                Ok(Played {
                    steps: left,
                    difference: Some(found),
                }) => (steps, difference) = (left, found),
                Ok(_) => start = end,
            }
        }
        size /= 2;
    }
    Played {
        steps,
        difference: Some(difference),
    }
}
