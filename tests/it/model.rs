//! The whole API against a small model of `domain.md`: people of every kind do at random what can be done, and after
//! each step the two agree on how it ended and on what is there.
//!
//! `MODEL_SEED` sets the seed, `MODEL_STEPS` how many steps each history has. A history that fails is made shorter, step by
//! step, as long as it still fails, and then printed. With `--nocapture` the test prints what was done how often.

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

on_each_database!(the_api_does_what_the_model_does);

/// How many histories are played, each in a world of its own, and of how many steps.
const HISTORIES: u64 = 4;
const STEPS: u32 = 550;
/// The seed of the first history of a run that asks for no other: one of those in which everything happens.
const FIRST_SEED: u64 = 11;
/// After how many steps all that is there is looked at, and not only what a step was about.
const LOOK_AROUND: u32 = 40;
/// How many access tokens are tried after each step, of those that it concerns and of others.
const TRIED: usize = 3;
/// How often at least each deed has to be done and to be refused in the run that has the fixed seed.
const A_FEW: usize = 3;
/// How long it may take to make a history shorter.
const PATIENCE: Duration = Duration::from_mins(3);

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

    fn add(&mut self, other: Self) {
        for (sums, counted) in [(&mut self.all, other.all), (&mut self.previews, other.previews)] {
            for (deed, counts) in counted {
                let sums = sums.entry(deed).or_default();
                for (sum, count) in sums.iter_mut().zip(counts) {
                    *sum += count;
                }
            }
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
        println!("{:<28}{:>8} in all", "", self.steps());
    }

    fn steps(&self) -> usize {
        self.all.values().flatten().sum()
    }

    /// A test in which nothing can go wrong, or nothing right, tells nothing.
    fn is_telling(&self) {
        let all = self.steps();
        assert!(all >= 2_080, "{all} steps were done");
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
    let others = [draw::TIME_PASSES, "a look around"];
    for name in drawn {
        assert!(mutations.contains(name) || others.contains(&name), "{name}");
    }
}

async fn the_api_does_what_the_model_does(world: World) {
    let first_seed = variable("MODEL_SEED").unwrap_or(FIRST_SEED);
    let steps = variable("MODEL_STEPS").map_or(STEPS, |steps| u32::try_from(steps).unwrap());
    let store = world.store;
    let started = Instant::now();
    let histories = (0..HISTORIES).map(|number| async move {
        let seed = first_seed + number;
        let kind = Kind::of(seed);
        let world = kind.world(store).await;
        let mut tally = Tally::default();
        let mut dice = Dice(seed);
        let next = |model: &Model, number: Handle, taken: u32| {
            (taken < steps).then(|| draw::step(&mut dice, model, number))
        };
        let played = play(&world, kind, &mut tally, next).await;
        (seed, played, tally)
    });
    let mut tally = Tally::default();
    for (seed, played, counted) in futures::future::join_all(histories).await {
        if let Some(difference) = played.difference {
            let shortest = shorten(store, Kind::of(seed), played.steps, difference).await;
            let lines: Vec<String> = shortest.steps.iter().map(|step| format!("{step:?}")).collect();
            panic!(
                "MODEL_SEED={seed}: the API and the model disagree after\n{}\n\n{}",
                lines.join("\n"),
                shortest.difference.unwrap_or_default()
            );
        }
        tally.add(counted);
    }
    println!(
        "{store:?}, MODEL_SEED={first_seed}, {:.1} s",
        started.elapsed().as_secs_f64()
    );
    tally.print();
    if variable("MODEL_STEPS").is_none() && variable("MODEL_SEED").is_none() {
        tally.is_telling();
    }
}

/// The histories that are played are those of the model alone: it is known at once what they are good for.
#[test]
fn each_deed_is_done_and_refused() {
    let first_seed = variable("MODEL_SEED").unwrap_or(FIRST_SEED);
    let mut tally = Tally::default();
    for seed in first_seed..first_seed + HISTORIES {
        let mut model = Model::new(Kind::of(seed).requires_staff_totp);
        let mut dice = Dice(seed);
        for number in 1..=STEPS {
            let step = draw::step(&mut dice, &model, number);
            model.now += step.time();
            if !matches!(step.deed, Deed::Pass { .. }) {
                model.arrive(number, step.actor);
            }
            let outcome = model.take(&step);
            tally.count(&step, &outcome);
        }
    }
    tally.print();
    tally.is_telling();
}

/// Plays a history to its end, or to where the API and the model disagree.
async fn play(
    world: &World,
    kind: Kind,
    tally: &mut Tally,
    mut next: impl FnMut(&Model, Handle, u32) -> Option<Step>,
) -> Played {
    let mut api = Api::new(world).await;
    let mut model = Model::new(kind.requires_staff_totp);
    let mut steps = Vec::new();
    let (mut number, mut taken) = (1, 0);
    while let Some(step) = next(&model, number, taken) {
        number += 1;
        taken += 1;
        steps.push(step.clone());
        let difference = take(&mut api, &mut model, &step, tally).await;
        let difference = match difference {
            None if taken % LOOK_AROUND == 0 => look_around(&mut api, &model).await,
            other => other,
        };
        if let Some(difference) = difference {
            world.breaks_the_data();
            return Played {
                steps,
                difference: Some(difference),
            };
        }
    }
    let difference = look_around(&mut api, &model).await;
    if difference.is_some() {
        world.breaks_the_data();
    }
    Played { steps, difference }
}

/// Takes a step with both; answers where they disagree.
async fn take(api: &mut Api<'_>, model: &mut Model, step: &Step, tally: &mut Tally) -> Option<String> {
    let before = model.clone();
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
    for handle in before.users.keys().chain(model.users.keys()) {
        if before.show_user(*handle) != model.show_user(*handle) {
            users.push(*handle);
        }
    }
    for handle in before.teams.keys().chain(model.teams.keys()) {
        if before.show_team(*handle) != model.show_team(*handle) {
            teams.push(*handle);
        }
    }
    let mut tokens = tokens_to_try(model, &users, step.number);
    if let Actor::Device(of_actor) = step.actor {
        tokens.push(of_actor);
    }
    let mut difference = look(api, model, teams, users).await;
    if difference.is_none() {
        difference = try_tokens(api, model, tokens).await;
    }
    match difference {
        None => api.violations().await,
        difference => difference,
    }
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

/// Tries these access tokens with both; answers which one of them takes and the other does not.
async fn try_tokens(api: &Api<'_>, model: &Model, tokens: Vec<Tokens>) -> Option<String> {
    let accepted = api.accepted(&tokens).await;
    let mut told = tokens.into_iter().zip(accepted);
    let (tokens, told) = told.find(|(tokens, told)| {
        let owner = model.owner_of(*tokens);
        owner.map(|(_, session)| session) != *told
    })?;
    let expected = model.owner_of(tokens);
    Some(format!(
        "{tokens:?}: the model takes it for {expected:?}, the API for {told:?}"
    ))
}

async fn look_around(api: &mut Api<'_>, model: &Model) -> Option<String> {
    let (teams, users) = (model.teams.keys().copied(), model.users.keys().copied());
    let difference = look(api, model, teams.collect(), users.collect()).await;
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
    let newest = model.issued.keys().rev().take(LOOK_AROUND as usize).copied();
    try_tokens(api, model, newest.collect()).await
}

/// Looks at these with both; answers where they see something else.
async fn look(api: &mut Api<'_>, model: &Model, teams: Vec<Handle>, users: Vec<Handle>) -> Option<String> {
    let once = |handles: Vec<Handle>| {
        handles
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    };
    let (teams, users) = (once(teams), once(users));
    let (told_teams, told_users) = api.show(&teams, &users).await;
    let teams = teams.iter().zip(told_teams);
    let teams = teams.map(|(handle, told)| (format!("team {handle}"), model.show_team(*handle), told));
    let users = users.iter().zip(told_users);
    let users = users.map(|(handle, told)| (format!("user {handle}"), model.show_user(*handle), told));
    let mut all = teams.chain(users);
    let (what, expected, told) = all.find(|(_, expected, told)| expected != told)?;
    Some(format!("{what}: the model has\n{expected}the API tells\n{told}"))
}

/// Takes out of a history what it can do without and still fail.
async fn shorten(store: Store, kind: Kind, mut steps: Vec<Step>, difference: String) -> Played {
    let (started, mut difference) = (Instant::now(), difference);
    let mut size = steps.len() / 2;
    while size > 0 {
        let mut start = 0;
        while start < steps.len() {
            if started.elapsed() > PATIENCE {
                size = 1;
                break;
            }
            let end = (start + size).min(steps.len());
            let shorter = [&steps[..start], &steps[end..]].concat();
            let world = kind.world(store).await;
            let mut rest = shorter.iter();
            let played = play(&world, kind, &mut Tally::default(), |_, _, _| {
                rest.next().cloned()
            })
            .await;
            match played.difference {
                Some(found) => (steps, difference) = (played.steps, found),
                None => start = end,
            }
        }
        size /= 2;
    }
    Played {
        steps,
        difference: Some(difference),
    }
}
