//! Two hundred guesses at the same moment, and sixteen who bring the same thing, on one node and on two.

use futures::future::join_all;

use crate::support::actor::PASSWORD;
use crate::support::authenticator::Authenticator;
use crate::support::process::Node;
use crate::support::*;

const GUESSES: usize = 200;
const MANY: usize = 16;

/// A world whose limits by source are off, and everywhere that it can be asked.
struct Stage {
    world: World,
    urls: Vec<String>,
    _node: Option<Node>,
}

impl Stage {
    async fn new(store: Store) -> Self {
        let flags = ["--rate-limits", "off"];
        let world = World::with(store, &flags).await;
        let mut urls = vec![world.url.clone()];
        let node = if store == Store::Sqlite {
            None
        } else {
            let arguments = [
                "--database-url",
                &world.database_url,
                "--smtp-url",
                &world.mail.url,
            ];
            Some(Node::start(world.folder.path(), &[&arguments[..], &flags].concat()).await)
        };
        urls.extend(node.iter().map(|node| node.url.clone()));
        Self {
            world,
            urls,
            _node: node,
        }
    }

    /// Asks for the same mutation as often as this, on all nodes by turns, at the same moment.
    async fn all_at_once(
        &self,
        by: &Actor,
        times: usize,
        field: &str,
        input: impl Fn(usize) -> Value,
    ) -> Vec<Answer> {
        let asked = (0..times).map(|n| {
            let (by, input) = (by.at(&self.urls[n % self.urls.len()]), input(n));
            async move { by.mutate(field, input, "").await }
        });
        join_all(asked).await
    }

    /// How many failures the log has of this action on mia: each is a guess that was looked at.
    async fn looked_at(&self, action: &str) -> i64 {
        let events = format!(
            "SELECT COUNT(*) AS n FROM audit_event WHERE action = '{action}' AND outcome = 'FAILED' AND target_account = 'mia'"
        );
        self.world.count(&events).await
    }

    async fn code_for(&self, address: &str) -> String {
        let input = json!({ "email": address, "purpose": "REGISTER" });
        self.world
            .nobody()
            .mutate("sendVerificationCode", input, "")
            .await
            .ok();
        self.world.mail.to(address).await.code(6)
    }

    /// Somebody with dynamic codes; their device, their recovery codes, and a login that waits for a code.
    async fn waiting(&self) -> (Authenticator, Vec<String>, String) {
        let mia = self.world.registered("mia", None).await;
        let (device, codes) = crate::totp::enrol(&self.world, &mia, PASSWORD).await;
        (device, codes, self.challenge().await)
    }

    async fn challenge(&self) -> String {
        let input = json!({ "login": "mia", "password": PASSWORD });
        let answer = self
            .world
            .nobody()
            .mutate("login", input, "step challenge")
            .await
            .ok();
        assert_eq!(answer.text("login.step"), "TOTP_REQUIRED");
        answer.text("login.challenge")
    }
}

fn is_done(answer: &Answer) -> bool {
    answer.codes().is_empty() && answer.user_errors().is_empty()
}

fn done(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| is_done(answer)).count()
}

/// How many answers were these user errors, or this code; and nothing went through, and nothing was our fault.
fn refused(answers: &[Answer], error: &str) -> usize {
    for answer in answers {
        assert!(
            !is_done(answer) && answer.codes() != ["INTERNAL"],
            "{}",
            answer.body
        );
    }
    answers
        .iter()
        .filter(|answer| answer.user_errors() == [error] || answer.codes() == [error])
        .count()
}

async fn guessed_passwords(store: Store) {
    let stage = Stage::new(store).await;
    stage.world.registered("mia", None).await;
    let nobody = stage.world.nobody();
    let guess = |_| json!({ "login": "mia", "password": "Wrong-Whale-42" });
    let answers = stage.all_at_once(&nobody, GUESSES, "login", guess).await;
    let shed = answers
        .iter()
        .filter(|answer| answer.codes() == ["RATE_LIMITED"])
        .count();
    assert_eq!(refused(&answers, "INVALID_CREDENTIALS") + shed, GUESSES);
    assert_eq!(stage.looked_at("login").await, 5);
    let right = |_| json!({ "login": "mia", "password": PASSWORD });
    let answers = stage.all_at_once(&nobody, 4, "login", right).await;
    assert_eq!(refused(&answers, "INVALID_CREDENTIALS"), 4);
    assert_eq!(stage.looked_at("login").await, 5);
}

async fn guessed_mailed_codes(store: Store) {
    let stage = Stage::new(store).await;
    let right = stage.code_for("zeb@example.com").await;
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let register = |code: &str| {
        let code = code.to_owned();
        move |n: usize| {
            json!({
                "name": format!("zeb{n}"), "account": format!("zeb{n}"), "email": "zeb@example.com",
                "verificationCode": code, "password": PASSWORD, "passwordConfirmation": PASSWORD,
            })
        }
    };
    let nobody = stage.world.nobody();
    let answers = stage
        .all_at_once(&nobody, GUESSES, "register", register(wrong))
        .await;
    assert_eq!(refused(&answers, "INVALID_CODE verificationCode"), 5);
    let answers = stage.all_at_once(&nobody, 4, "register", register(&right)).await;
    assert_eq!(refused(&answers, "CODE_EXPIRED verificationCode"), 4);
    // Of many who bring a right one, one registers.
    let right = stage.code_for("lea@example.com").await;
    let lea = |n: usize| {
        let mut input = register(&right)(n);
        input["email"] = json!("lea@example.com");
        input
    };
    let answers = stage.all_at_once(&nobody, MANY, "register", lea).await;
    assert_eq!(done(&answers), 1);
    assert_eq!(
        stage
            .world
            .count("SELECT COUNT(*) AS n FROM \"user\" WHERE email = 'lea@example.com'")
            .await,
        1
    );
}

async fn guessed_invitation_codes(store: Store) {
    let stage = Stage::new(store).await;
    let blue = stage.world.superapp_team("Blue").await;
    let mia = stage.world.member("mia").await;
    let right = blue.invite("Developer").await;
    let wrong = |n: usize| {
        let code = (right.parse::<usize>().unwrap() + 1 + n) % 100_000_000;
        json!({ "code": format!("{code:08}") })
    };
    let answers = stage.all_at_once(&mia, GUESSES, "joinTeam", wrong).await;
    assert_eq!(refused(&answers, "INVALID_INVITATION code"), 10);
    let answers = stage
        .all_at_once(&mia, 4, "joinTeam", |_| json!({ "code": right }))
        .await;
    assert_eq!(refused(&answers, "RATE_LIMITED"), 4);
    // Of many who bring a right one, one joins.
    let mut fellows = Vec::new();
    for n in 0..MANY {
        let fellow = stage.world.member(&format!("fellow{n}")).await;
        fellows.push(fellow.at(&stage.urls[n % stage.urls.len()]));
    }
    let joined = fellows
        .iter()
        .map(|fellow| fellow.mutate("joinTeam", json!({ "code": right }), ""));
    let answers = join_all(joined).await;
    assert_eq!(done(&answers), 1);
}

async fn guessed_dynamic_codes(store: Store) {
    let stage = Stage::new(store).await;
    let (device, codes, challenge) = stage.waiting().await;
    let nobody = stage.world.nobody();
    let wrong = device.wrong_code(&stage.world.app);
    let guess = |_| json!({ "challenge": challenge, "totpCode": wrong });
    let answers = stage.all_at_once(&nobody, GUESSES, "completeLogin", guess).await;
    assert_eq!(refused(&answers, "INVALID_CREDENTIALS totpCode"), GUESSES);
    assert_eq!(stage.looked_at("completeLogin").await, 5);
    let right = |_| json!({ "challenge": challenge, "totpCode": device.code(&stage.world.app) });
    let answers = stage.all_at_once(&nobody, 4, "completeLogin", right).await;
    assert_eq!(refused(&answers, "INVALID_CREDENTIALS totpCode"), 4);
    let right = |_| json!({ "challenge": challenge, "recoveryCode": codes[0] });
    let answers = stage.all_at_once(&nobody, 4, "completeLogin", right).await;
    assert_eq!(refused(&answers, "INVALID_CREDENTIALS recoveryCode"), 4);
    assert_eq!(stage.looked_at("completeLogin").await, 5);
}

async fn guessed_recovery_codes(store: Store) {
    let stage = Stage::new(store).await;
    let (_, _, challenge) = stage.waiting().await;
    let nobody = stage.world.nobody();
    let guess = |n: usize| json!({ "challenge": challenge, "recoveryCode": format!("aaaaaa-{n:06}") });
    let answers = stage.all_at_once(&nobody, GUESSES, "completeLogin", guess).await;
    assert_eq!(refused(&answers, "INVALID_CREDENTIALS recoveryCode"), GUESSES);
    assert_eq!(stage.looked_at("completeLogin").await, 5);
}

async fn what_works_once_works_once(store: Store) {
    let stage = Stage::new(store).await;
    let (device, codes, _) = stage.waiting().await;
    let nobody = stage.world.nobody();
    // Each with tries enough for all: what decides is the one use.
    let root = stage.world.super_admin().await;
    let input = json!({ "lockAfterFailures": 20 });
    root.mutate("updatePasswordPolicy", input, "").await.ok();
    let challenge = stage.challenge().await;
    let left = async || stage.world.count("SELECT COUNT(*) AS n FROM recovery_code").await;
    let before = left().await;
    let recovery = |_| json!({ "challenge": challenge, "recoveryCode": codes[0] });
    let answers = stage.all_at_once(&nobody, MANY, "completeLogin", recovery).await;
    assert_eq!(done(&answers), 1);
    assert_eq!(left().await, before - 1);
    // Those who came after the one are failures, and with those to come they would be too many.
    let found = root
        .ask("{ users(filter: { search: \"mia\" }) { nodes { id } } }")
        .await
        .ok();
    let input = json!({ "userId": found.text("users.nodes.0.id") });
    root.mutate("unlockUser", input, "").await.ok();
    let challenge = stage.challenge().await;
    stage.world.begin_step();
    let code = device.code(&stage.world.app);
    let dynamic = |_| json!({ "challenge": challenge, "totpCode": code });
    let answers = stage.all_at_once(&nobody, MANY, "completeLogin", dynamic).await;
    assert_eq!(done(&answers), 1);
    // A login that waits for a new password.
    let input = json!({ "name": "nia", "account": "nia", "accountType": "MEMBER", "password": PASSWORD });
    root.mutate("createUser", input, "").await.ok();
    let input = json!({ "login": "nia", "password": PASSWORD });
    let answer = nobody.mutate("login", input, "challenge").await.ok();
    let challenge = answer.text("login.challenge");
    let change = |n: usize| {
        let new = format!("Red-Whale-{n:02}");
        json!({ "challenge": challenge, "newPassword": new, "newPasswordConfirmation": new })
    };
    let answers = stage.all_at_once(&nobody, MANY, "completeLogin", change).await;
    assert_eq!(done(&answers), 1);
    // A code that sets a forgotten password; it has five tries.
    stage.world.pass(chrono::TimeDelta::seconds(61));
    nobody
        .mutate("requestPasswordReset", json!({ "email": "mia@example.com" }), "")
        .await
        .ok();
    let code = loop {
        let mail = stage.world.mail.to("mia@example.com").await;
        if mail.subject.contains("Reset") {
            break mail.code(6);
        }
    };
    let reset = |n: usize| {
        let new = format!("Gold-Whale-{n:02}");
        json!({ "email": "mia@example.com", "code": code, "newPassword": new, "newPasswordConfirmation": new })
    };
    let answers = stage.all_at_once(&nobody, MANY, "resetPassword", reset).await;
    assert_eq!(done(&answers), 1);
}

async fn a_refresh_token_works_once_and_no_session_is_lost(store: Store) {
    let stage = Stage::new(store).await;
    let mia = stage.world.registered("mia", None).await;
    let nobody = stage.world.nobody();
    let mut token = mia.refresh_token.clone();
    let document = "mutation($input: RefreshSessionInput!) { refreshSession(input: $input) \
        { tokens { accessToken refreshToken } userErrors { code field } } }";
    for round in 1..=3 {
        let variables = json!({ "input": { "refreshToken": token } });
        let asked = (0..MANY).map(|n| {
            let (by, variables) = (nobody.at(&stage.urls[n % stage.urls.len()]), variables.clone());
            async move { by.ask_with(document, variables).await }
        });
        let answers = join_all(asked).await;
        let (through, others): (Vec<_>, Vec<_>) = answers.into_iter().partition(is_done);
        assert_eq!(through.len(), 1);
        assert_eq!(refused(&others, "INVALID_CREDENTIALS refreshToken"), MANY - 1);
        // The session goes on, by what the one got and by the access token of before.
        let next = mia.with_tokens(&through[0], "refreshSession.tokens");
        for url in &stage.urls {
            for actor in [&mia, &next] {
                assert!(actor.at(url).is_signed_in().await);
            }
        }
        token = next.refresh_token;
        let generations = "SELECT SUM(generation) AS n FROM session";
        assert_eq!(stage.world.count(generations).await, round);
    }
}

mod sqlite {
    use super::*;

    macro_rules! on_one_node {
        ($($name:ident),+ $(,)?) => {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(Store::Sqlite).await;
            }
        )+};
    }

    on_one_node!(
        guessed_passwords,
        guessed_mailed_codes,
        guessed_invitation_codes,
        guessed_dynamic_codes,
        guessed_recovery_codes,
        what_works_once_works_once,
        a_refresh_token_works_once_and_no_session_is_lost,
    );
}

on_each_server!(
    guessed_passwords,
    guessed_mailed_codes,
    guessed_invitation_codes,
    guessed_dynamic_codes,
    guessed_recovery_codes,
    what_works_once_works_once,
    a_refresh_token_works_once_and_no_session_is_lost,
);
