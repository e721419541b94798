//! Letters on their way.

use std::collections::HashSet;
use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use chrono::TimeDelta;
use rollcall::base::id::LetterId;
use rollcall::base::text::Email;
use rollcall::entity::letter;
use rollcall::entity::user::Locale;
use rollcall::mail::letter::{Recipient, password_reset_code};
use rollcall::mail::outbox::{Carrier, standing};
use rollcall::mail::transport::Transport;
use rollcall::secret::keys::Use;
use sea_orm::{EntityTrait, QueryOrder};

use crate::support::actor::PASSWORD;
use crate::support::process::{Node, run};
use crate::support::*;

on_each_database!(
    a_refused_letter_is_tried_again_after_pauses_that_grow,
    a_letter_is_not_tried_before_its_time,
    a_mail_server_that_is_away_for_a_day_loses_nothing,
    a_letter_is_set_aside_after_three_days,
    letters_are_encrypted_in_the_database,
    a_letter_that_is_sent_twice_has_one_message_id,
    a_mutation_that_fails_queues_no_letter,
    without_a_mail_server_letters_become_private_files,
    a_letter_that_is_refused_for_good_is_listed_and_goes_when_it_is_told_to,
    a_letter_that_the_mail_server_sits_on_holds_up_neither_others_nor_the_end,
    a_server_that_is_killed_amid_a_letter_sends_it_again_as_the_same,
    a_server_that_is_killed_before_it_notes_what_was_taken_sends_it_again_as_the_same,
    a_mail_server_that_refuses_everything_for_an_hour_loses_nothing,
    a_mail_server_that_never_says_a_word_loses_nothing,
    a_mail_server_that_never_says_a_word_is_left_after_a_while,
    a_letter_that_was_set_aside_is_kept_for_30_days,
    letters_of_a_deleted_user_are_thrown_away,
    a_decoy_is_stored_like_a_letter_and_never_sent,
    a_letter_goes_in_the_language_of_who_reads_it,
    what_an_earlier_version_stored_still_goes,
);

/// How long a test waits for what happens beside it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Looks until there is something.
async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    found
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// The letters that wait, the oldest first.
async fn waiting(world: &World) -> Vec<letter::Model> {
    letter::Entity::find()
        .order_by_asc(letter::Column::Id)
        .all(world.app.database.reader())
        .await
        .unwrap()
}

/// Waits until the letter's refusal number `attempts` was noted; answers how long until the next try: 5 seconds at
/// first, then twice as long each time, 3 hours at most. (While a letter is carried, it is leased for 5 minutes,
/// which is none of these.)
async fn put_off(world: &World, id: LetterId, attempts: i32) -> TimeDelta {
    let pause = TimeDelta::seconds((5 << (attempts - 1).min(12)).min(3 * 60 * 60));
    eventually("a letter to be put off", async || {
        let row = waiting(world).await.into_iter().find(|row| row.id == id)?;
        let left = row.due_at - world.app.now();
        let is_noted = row.attempts == attempts && left <= pause && pause - left < TimeDelta::seconds(10);
        is_noted.then_some(left)
    })
    .await
}

async fn send_code(world: &World, email: &str) {
    send_code_at(&world.nobody(), email).await;
}

async fn send_code_at(nobody: &Actor, email: &str) {
    let input = json!({ "email": email, "purpose": "REGISTER" });
    nobody.mutate("sendVerificationCode", input, "").await.ok();
}

async fn the_outbox_is_empty(world: &World) {
    eventually("the outbox to be empty", async || {
        waiting(world).await.is_empty().then_some(())
    })
    .await;
}

/// Runs `rollcall mail`; answers its code and what it printed.
async fn mail_command(world: &World, arguments: &[&str]) -> (i32, String) {
    let data_dir = world.folder.path().display().to_string();
    let own = ["--data-dir", &data_dir, "--database-url", &world.database_url];
    let output = run(&[&["mail"], arguments, &own].concat(), &[]).await;
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

/// Another process on the same database.
async fn node(world: &World) -> Node {
    let arguments = [
        "--database-url",
        &world.database_url,
        "--smtp-url",
        &world.mail.url,
    ];
    Node::start(world.folder.path(), &arguments).await
}

async fn a_refused_letter_is_tried_again_after_pauses_that_grow(world: World) {
    world.mail.refuse(true);
    send_code(&world, "mia@example.com").await;
    let id = waiting(&world).await[0].id;
    let mut last = TimeDelta::zero();
    for attempts in 1..=5 {
        world.mail.refused(usize::try_from(attempts).unwrap()).await;
        let pause = put_off(&world, id, attempts).await;
        assert!(pause > last, "{pause} after {last}");
        last = pause;
        world.pass(pause + TimeDelta::milliseconds(1));
    }
    assert!(last > TimeDelta::minutes(1), "{last}");
    put_off(&world, id, 6).await;
    world.mail.refuse(false);
    world.pass(TimeDelta::minutes(10));
    let letter = world.mail.to("mia@example.com").await;
    letter.code(6);
    // It is gone from the outbox, and does not come again.
    eventually("the outbox to be empty", async || {
        waiting(&world).await.is_empty().then_some(())
    })
    .await;
    world.pass(TimeDelta::days(1));
    send_code(&world, "nia@example.com").await;
    world.mail.to("nia@example.com").await;
    assert_eq!(world.mail.all().len(), 2);
}

async fn a_letter_is_not_tried_before_its_time(world: World) {
    world.mail.refuse(true);
    send_code(&world, "mia@example.com").await;
    let id = waiting(&world).await[0].id;
    let pause = put_off(&world, id, 1).await;
    world.pass(pause - TimeDelta::seconds(2));
    // The carrier comes by for another letter, and leaves this one.
    send_code(&world, "nia@example.com").await;
    world.mail.refused(2).await;
    let other = waiting(&world).await[1].id;
    put_off(&world, other, 1).await;
    let rows = waiting(&world).await;
    assert_eq!((rows[0].id, rows[0].attempts), (id, 1));
    world.pass(TimeDelta::seconds(2));
    world.mail.refused(3).await;
}

async fn a_mail_server_that_is_away_for_a_day_loses_nothing(world: World) {
    world.mail.refuse(true);
    let addresses = ["mia@example.com", "nia@example.com", "lia@example.com"];
    for address in addresses {
        send_code(&world, address).await;
    }
    let mut tries = 0;
    for _ in 0..12 {
        tries += 3;
        world.mail.refused(tries).await;
        let ids: Vec<LetterId> = waiting(&world).await.iter().map(|row| row.id).collect();
        assert_eq!(ids.len(), 3);
        for id in ids {
            let attempts = i32::try_from(tries / 3).unwrap();
            put_off(&world, id, attempts).await;
        }
        world.pass(TimeDelta::hours(2) + TimeDelta::minutes(50));
    }
    world.mail.refuse(false);
    world.pass(TimeDelta::hours(4));
    for address in addresses {
        world.mail.to(address).await.code(6);
    }
    assert_eq!(world.mail.all().len(), 3);
}

async fn a_letter_is_set_aside_after_three_days(world: World) {
    world.mail.refuse(true);
    send_code(&world, "mia@example.com").await;
    let start = world.app.now();
    let id = waiting(&world).await[0].id;
    for attempts in 1..30 {
        world.mail.refused(usize::try_from(attempts).unwrap()).await;
        let pause = put_off(&world, id, attempts).await;
        world.pass(pause + TimeDelta::milliseconds(1));
    }
    let failed_at = eventually("a letter to be set aside", async || {
        waiting(&world).await[0].failed_at
    })
    .await;
    let tried = failed_at - start;
    assert!(
        tried > TimeDelta::days(2) && tried < TimeDelta::days(4),
        "{tried}"
    );
    // Others go their way; this one stays, for whoever runs the server to see.
    world.mail.refuse(false);
    world.pass(TimeDelta::days(7));
    send_code(&world, "nia@example.com").await;
    world.mail.to("nia@example.com").await;
    assert_eq!(world.mail.all().len(), 1);
    eventually("one letter to be left", async || {
        (waiting(&world).await.len() == 1).then_some(())
    })
    .await;
}

async fn letters_are_encrypted_in_the_database(world: World) {
    let blue = world.superapp_team("Blue").await;
    world.mail.refuse(true);
    send_code(&world, "mia@example.com").await;
    let input = json!({
        "teamId": blue.id, "roleId": blue.role("Developer"), "email": "nia@example.com",
    });
    let selection = "code";
    let invited = blue.admin.mutate("createInvitation", input, selection).await.ok();
    world.mail.refused(2).await;
    let rows = waiting(&world).await;
    assert_eq!(rows.len(), 2);
    for text in [
        "mia@example.com",
        "nia@example.com",
        "Your verification code",
        "You are invited",
    ] {
        assert_eq!(world.tables_with(text).await, [""; 0], "{text}");
    }
    world.mail.refuse(false);
    world.pass(TimeDelta::minutes(10));
    let code = world.mail.to("mia@example.com").await.code(6);
    let invitation = world.mail.to("nia@example.com").await.code(8);
    assert_eq!(invitation, invited.text("createInvitation.code"));
    for row in &rows {
        for code in [&code, &invitation] {
            let mut places = row.sealed.windows(code.len());
            assert!(!places.any(|bytes| bytes == code.as_bytes()));
        }
    }
    // Nor does it show that two letters are alike.
    assert_ne!(rows[0].sealed[..24], rows[1].sealed[..24]);
}

async fn a_letter_that_is_sent_twice_has_one_message_id(world: World) {
    world.mail.refuse(true);
    send_code(&world, "mia@example.com").await;
    let id = waiting(&world).await[0].id;
    put_off(&world, id, 1).await;
    world.execute("CREATE TABLE kept AS SELECT * FROM letter").await;
    world.mail.refuse(false);
    world.pass(TimeDelta::minutes(1));
    let first = world.mail.to("mia@example.com").await;
    eventually("the outbox to be empty", async || {
        waiting(&world).await.is_empty().then_some(())
    })
    .await;
    // As if the server had died between the mail server's answer and noting it.
    world.execute("INSERT INTO letter SELECT * FROM kept").await;
    world.pass(TimeDelta::minutes(1));
    let second = world.mail.to("mia@example.com").await;
    assert!(!first.message_id.is_empty());
    assert_eq!(first.message_id, second.message_id);
    assert_eq!(first.text, second.text);
    send_code(&world, "nia@example.com").await;
    assert_ne!(
        world.mail.to("nia@example.com").await.message_id,
        first.message_id
    );
}

async fn a_mutation_that_fails_queues_no_letter(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let mia = world.registered("mia", None).await;
    world.mail.refuse(true);
    let before = world.rows_everywhere().await;
    // The first member is in order and would be written to; the second is not, and all are left out.
    let role = blue.role("Developer");
    let members = json!([
        { "userId": mia.id, "roleId": role },
        { "userId": root.id, "roleId": role },
    ]);
    let input = json!({ "teamId": blue.id, "members": members });
    blue.admin
        .mutate("addTeamMembers", input, "")
        .await
        .failed(&["STAFF_CANNOT_JOIN members.1.userId"]);
    // The address is proposed and written to, and then the type turns out not to be for them to give.
    let pat = world.platform_admin("pat").await;
    let with_pat = world.rows_everywhere().await;
    let input = json!({ "userId": mia.id, "email": "new@example.com", "accountType": "PLATFORM_ADMIN" });
    pat.mutate("updateUser", input, "").await.refused("FORBIDDEN");
    assert_eq!(world.rows_everywhere().await, with_pat);
    assert_eq!(with_pat.last(), before.last());
    world.mail.refuse(false);
    send_code(&world, "last@example.com").await;
    world.mail.to("last@example.com").await;
    assert_eq!(world.mail.all().len(), 2);
}

/// What the program logs, from the first test that asks on.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn open() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        let log = LOG.get_or_init(|| {
            let log = Self::default();
            let writer = log.clone();
            tracing_subscriber::fmt()
                .with_env_filter("info,rollcall=trace")
                .with_ansi(false)
                .with_writer(move || writer.clone())
                .init();
            log
        });
        log.clone()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

async fn without_a_mail_server_letters_become_private_files(world: World) {
    use std::os::unix::fs::PermissionsExt;

    let log = Log::open();
    let world = World::without_mail_server(world.store).await;
    let root = world.super_admin().await;
    let input = json!({
        "name": "mia", "account": "mia", "accountType": "MEMBER", "password": PASSWORD,
        "email": "mia@example.com",
    });
    root.mutate("createUser", input, "").await.ok();
    eventually("the outbox to be empty", async || {
        waiting(&world).await.is_empty().then_some(())
    })
    .await;
    let folder = world.folder.path().join("mail");
    let files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&files[0]), 0o600);
    assert_eq!(mode(&folder), 0o700);
    let text = std::fs::read_to_string(&files[0]).unwrap();
    assert!(text.contains("To: mia@example.com"), "{text}");
    assert!(text.contains("Subject: An account was made for you"));
    let code = text
        .lines()
        .find(|line| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit()))
        .expect("the letter holds a code");
    // The code is as good as one of a mailed letter.
    let mia = Actor::log_in(&world, "mia", PASSWORD).await;
    let input = json!({
        "email": "mia@example.com", "verificationCode": code, "password": format!("{PASSWORD}2"),
    });
    mia.mutate("bindEmail", input, "").await.ok();
    let log = log.text();
    let name = files[0].display().to_string();
    let line = log.lines().find(|line| line.contains(&name));
    let line = line.unwrap_or_else(|| panic!("no line names {name}: {log}"));
    assert!(!line.contains("mia") && !line.contains(&format!("{code} ")));
    for secret in ["mia@example.com", "An account was made", PASSWORD] {
        assert!(!log.contains(secret), "{log}");
    }
    let words = log.split(|c: char| !c.is_ascii_alphanumeric());
    // Times have six digits, too, after a dot; an own word of the code's is none.
    let told = words.filter(|word| *word == code).count();
    let times = log.matches(&format!(".{code}Z")).count();
    assert_eq!(told, times);
}

/// A letter that the mail server refuses until it is set aside, which takes an hour.
async fn refused_for_good(world: &World, email: &str) -> LetterId {
    world.mail.refuse_for_good(true);
    send_code(world, email).await;
    let id = waiting(world).await[0].id;
    for attempts in 1..=4 {
        world.mail.refused(attempts).await;
        let attempts = i32::try_from(attempts).unwrap();
        // While it is carried, its lease of 5 minutes runs: what is put off longer has been noted.
        eventually("a refusal to be noted", async || {
            let row = &waiting(world).await[0];
            let left = row.due_at - world.app.now();
            (row.attempts == attempts && left > TimeDelta::minutes(9)).then_some(())
        })
        .await;
        if attempts < 4 {
            assert!(waiting(world).await[0].failed_at.is_none());
            world.pass(TimeDelta::minutes(31));
        }
    }
    eventually("the letter to be set aside", async || {
        waiting(world).await[0].failed_at
    })
    .await;
    id
}

async fn a_letter_that_is_refused_for_good_is_listed_and_goes_when_it_is_told_to(world: World) {
    let id = refused_for_good(&world, "mia@example.com").await;
    let standing = standing(world.app.database.reader()).await.unwrap();
    assert_eq!((standing.waiting, standing.set_aside), (0, 1));
    let (code, said) = mail_command(&world, &["list"]).await;
    assert_eq!(code, 0, "{said}");
    for part in [
        &id.to_string(),
        "verification_code",
        "attempts  4",
        "given up",
        "SMTP 550 5.1.1\n",
        "1 of 1 letters",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    // Neither there nor anywhere in the database does the answer stand, which named the address.
    assert!(!said.contains("mia") && !said.contains("nobody here"), "{said}");
    assert_eq!(world.tables_with("nobody here").await, [""; 0]);
    // Nothing, something else, and what waits nowhere.
    let (code, _) = mail_command(&world, &["retry"]).await;
    assert_eq!(code, 2);
    let (code, _) = mail_command(&world, &["retry", "user_01h455vb4pex5vsknk084sn02q"]).await;
    assert_eq!(code, 2);
    let other = "letter_01h455vb4pex5vsknk084sn02q";
    let (code, said) = mail_command(&world, &["retry", other]).await;
    assert!(code == 1 && said.contains(other), "{said}");
    world.mail.refuse_for_good(false);
    let (code, said) = mail_command(&world, &["retry", &id.to_string()]).await;
    assert!(code == 0 && said.contains(&format!("{id} due")), "{said}");
    world.mail.to("mia@example.com").await.code(6);
    the_outbox_is_empty(&world).await;
    let (code, said) = mail_command(&world, &["retry", "--all"]).await;
    assert!(code == 0 && said.contains("0 due"), "{said}");
    assert_eq!(world.mail.all().len(), 1);
}

async fn a_letter_that_the_mail_server_sits_on_holds_up_neither_others_nor_the_end(world: World) {
    world.mail.ignore(Some("mia@example.com"));
    send_code(&world, "mia@example.com").await;
    world.mail.refused(1).await;
    // Ten a day from one source is the limit.
    for number in 0..9 {
        let address = format!("n{number}@example.com");
        send_code(&world, &address).await;
        world.mail.to(&address).await;
    }
    let began = std::time::Instant::now();
    world.stop().await;
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    // It is still there, and another process sends it when the lease is over.
    assert_eq!(waiting(&world).await.len(), 1);
    world.mail.ignore(None);
    world.execute("UPDATE letter SET due_at = created_at").await;
    let _node = node(&world).await;
    world.mail.to("mia@example.com").await.code(6);
    assert_eq!(world.mail.all().len(), 10);
}

async fn a_server_that_is_killed_amid_a_letter_sends_it_again_as_the_same(world: World) {
    // The process is to be alone with the outbox.
    world.stop().await;
    let first = node(&world).await;
    world.mail.fall_silent(true);
    send_code_at(&world.nobody().at(&first.url), "mia@example.com").await;
    let taken = world.mail.to("mia@example.com").await;
    first.kill().await;
    assert_eq!(waiting(&world).await.len(), 1);
    world.mail.fall_silent(false);
    world.execute("UPDATE letter SET due_at = created_at").await;
    let _second = node(&world).await;
    let again = world.mail.to("mia@example.com").await;
    assert_eq!(again.message_id, taken.message_id);
    assert_eq!(again.code(6), taken.code(6));
    the_outbox_is_empty(&world).await;
    assert_eq!(world.mail.all().len(), 2);
}

async fn a_server_that_is_killed_before_it_notes_what_was_taken_sends_it_again_as_the_same(world: World) {
    // The process is to be alone with the outbox.
    world.stop().await;
    let first = node(&world).await;
    world.mail.wait();
    send_code_at(&world.nobody().at(&first.url), "mia@example.com").await;
    let taken = world.mail.to("mia@example.com").await;
    // The mail server has it and says so; who sent it comes to note nothing any more.
    first.freeze().await;
    world.mail.go_on().await;
    first.kill().await;
    assert_eq!(waiting(&world).await.len(), 1);
    // Nobody takes it up before its lease is over.
    let second = node(&world).await;
    send_code_at(&world.nobody().at(&second.url), "nia@example.com").await;
    world.mail.to("nia@example.com").await;
    eventually("one letter to be left", async || {
        (waiting(&world).await.len() == 1).then_some(())
    })
    .await;
    world.execute("UPDATE letter SET due_at = created_at").await;
    let again = world.mail.to("mia@example.com").await;
    assert_eq!(again.message_id, taken.message_id);
    assert_eq!(again.code(6), taken.code(6));
    the_outbox_is_empty(&world).await;
    assert_eq!(world.mail.all().len(), 3);
}

/// How many letters wait, for how long the oldest has, and how many were set aside, by the metrics.
async fn told(world: &World) -> (u32, TimeDelta, u32) {
    let age: f64 = world.metric("rollcall_mail_oldest_waiting_age_seconds").await;
    (
        world.metric("rollcall_mail_waiting_letters").await,
        TimeDelta::from_std(Duration::from_secs_f64(age)).unwrap(),
        world.metric("rollcall_mail_set_aside_letters").await,
    )
}

async fn a_mail_server_that_refuses_everything_for_an_hour_loses_nothing(world: World) {
    world.mail.refuse(true);
    let addresses = ["mia@example.com", "nia@example.com", "lia@example.com"];
    for address in addresses {
        send_code(&world, address).await;
    }
    let begun = world.app.now();
    let mut attempts = 0;
    while world.app.now() - begun < TimeDelta::hours(1) {
        attempts += 1;
        world.mail.refused(usize::try_from(attempts).unwrap() * 3).await;
        let rows = waiting(&world).await;
        assert_eq!(rows.len(), 3);
        let mut longest = TimeDelta::zero();
        for row in rows {
            longest = longest.max(put_off(&world, row.id, attempts).await);
        }
        let (waiting, age, set_aside) = told(&world).await;
        assert_eq!((waiting, set_aside), (3, 0));
        let passed = world.app.now() - begun;
        assert!(
            age >= passed - TimeDelta::seconds(1) && age < passed + TimeDelta::seconds(20),
            "{age} of {passed}"
        );
        world.pass(longest + TimeDelta::milliseconds(1));
    }
    assert!(attempts > 8, "{attempts}");
    world.mail.refuse(false);
    world.pass(TimeDelta::hours(2));
    for address in addresses {
        world.mail.to(address).await.code(6);
    }
    the_outbox_is_empty(&world).await;
    assert_eq!(told(&world).await, (0, TimeDelta::zero(), 0));
    let ids: HashSet<String> = world.mail.all().into_iter().map(|mail| mail.message_id).collect();
    assert_eq!((ids.len(), world.mail.all().len()), (3, 3));
}

async fn a_mail_server_that_never_says_a_word_loses_nothing(world: World) {
    world.mail.hang(true);
    let addresses = ["mia@example.com", "nia@example.com", "lia@example.com"];
    for address in addresses {
        // Nobody who asks waits for the mail server.
        send_code(&world, address).await;
    }
    world.mail.refused(3).await;
    let (letters, _, set_aside) = told(&world).await;
    assert_eq!((letters, set_aside), (3, 0));
    let began = std::time::Instant::now();
    world.stop().await;
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert_eq!(waiting(&world).await.len(), 3);
    world.mail.hang(false);
    // As if the leases were over.
    world.execute("UPDATE letter SET due_at = created_at").await;
    let _node = node(&world).await;
    for address in addresses {
        world.mail.to(address).await.code(6);
    }
    the_outbox_is_empty(&world).await;
    assert_eq!(world.mail.all().len(), 3);
}

async fn a_mail_server_that_never_says_a_word_is_left_after_a_while(world: World) {
    // Another carrier in the place of the server's, with less patience.
    world.stop().await;
    let from = "Rollcall <no-reply@example.com>";
    let carrier = Carrier {
        database: world.app.database.clone(),
        keys: world.app.keys.clone(),
        clock: world.app.clock.clone(),
        transport: Transport::smtp(&world.mail.url, from, world.app.public_url.clone()).unwrap(),
        patience: Duration::from_millis(200),
    };
    world.mail.hang(true);
    let to = Recipient::unknown(Email::parse("mia@example.com").unwrap(), Locale::En);
    let txn = world.app.begin().await.unwrap();
    let letter = password_reset_code(&to, "account", "123456");
    world.app.send_in(&txn, &letter).await.unwrap();
    world.app.commit(txn).await.unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let carried = tokio::spawn(carrier.deliver(world.app.outbox.clone(), stopped));
    let id = waiting(&world).await[0].id;
    for attempts in 1..=3 {
        world.mail.refused(usize::try_from(attempts).unwrap()).await;
        let pause = put_off(&world, id, attempts).await;
        assert_eq!(waiting(&world).await[0].failure.as_deref(), Some("timeout"));
        world.pass(pause + TimeDelta::milliseconds(1));
    }
    world.mail.refused(4).await;
    put_off(&world, id, 4).await;
    world.mail.hang(false);
    world.pass(TimeDelta::minutes(5));
    assert_eq!(world.mail.to("mia@example.com").await.code(6), "123456");
    the_outbox_is_empty(&world).await;
    assert_eq!(world.mail.all().len(), 1);
    stop.send(true).unwrap();
    carried.await.unwrap();
}

async fn a_letter_that_was_set_aside_is_kept_for_30_days(world: World) {
    let id = refused_for_good(&world, "mia@example.com").await;
    world.mail.refuse_for_good(false);
    world.mail.refuse(true);
    // One that waits, and is older than that by then, stays: it is still on its way.
    send_code(&world, "nia@example.com").await;
    let other = waiting(&world).await[1].id;
    put_off(&world, other, 1).await;
    let sweep = async || rollcall::platform::sweep::sweep(&world.app).await.unwrap();
    world
        .execute("UPDATE letter SET due_at = '2100-01-01 00:00:00' WHERE failed_at IS NULL")
        .await;
    world.pass(TimeDelta::days(30) - TimeDelta::minutes(1));
    sweep().await;
    let (letters, age, set_aside) = told(&world).await;
    assert_eq!((letters, set_aside), (1, 1));
    assert!(age > TimeDelta::days(29), "{age}");
    assert!(mail_command(&world, &["list"]).await.1.contains(&id.to_string()));
    world.pass(TimeDelta::minutes(2));
    sweep().await;
    let left: Vec<LetterId> = waiting(&world).await.iter().map(|row| row.id).collect();
    assert_eq!(left, [other]);
    let (letters, _, set_aside) = told(&world).await;
    assert_eq!((letters, set_aside), (1, 0));
    assert!(!mail_command(&world, &["list"]).await.1.contains(&id.to_string()));
}

async fn letters_of_a_deleted_user_are_thrown_away(world: World) {
    let root = world.super_admin().await;
    let (mia, nia) = (
        world.registered("mia", None).await,
        world.registered("nia", None).await,
    );
    the_outbox_is_empty(&world).await;
    world.mail.refuse(true);
    for user in [&mia, &nia] {
        let input = json!({ "userId": user.id, "generatePassword": true });
        root.mutate("resetUserPassword", input, "").await.ok();
    }
    assert_eq!(waiting(&world).await.len(), 2);
    root.mutate("deleteUser", json!({ "userId": mia.id }), "")
        .await
        .ok();
    assert_eq!(waiting(&world).await.len(), 1);
    world.mail.refuse(false);
    world.pass(TimeDelta::hours(1));
    assert_eq!(
        world.mail.to("nia@example.com").await.subject,
        "Your password was reset"
    );
    world.all_letters_arrive().await;
    let resets = world.mail.all();
    let resets = resets
        .iter()
        .filter(|mail| mail.subject == "Your password was reset");
    assert_eq!(resets.count(), 1);
}

async fn a_decoy_is_stored_like_a_letter_and_never_sent(world: World) {
    let to = Recipient::unknown(Email::parse("mia@example.com").unwrap(), Locale::ZhCn);
    let txn = world.app.begin().await.unwrap();
    let decoy = password_reset_code(&to, "account", "000000").decoy();
    world.app.send_in(&txn, &decoy).await.unwrap();
    let real = password_reset_code(&to, "account", "123456");
    world.app.send_in(&txn, &real).await.unwrap();
    let rows = letter::Entity::find().all(&txn).await.unwrap();
    let length = |kind: &str| rows.iter().find(|row| row.kind == kind).unwrap().sealed.len();
    assert!(length("decoy").abs_diff(length("password_reset_code")) < 20);
    world.app.commit(txn).await.unwrap();
    the_outbox_is_empty(&world).await;
    world.mail.to("mia@example.com").await;
    let arrived: Vec<String> = world.mail.all().iter().map(|mail| mail.code(6)).collect();
    assert_eq!(arrived, ["123456"]);
}

async fn a_letter_goes_in_the_language_of_who_reads_it(world: World) {
    let ask = async |email: &str, locale: &str| {
        let input = json!({ "email": email, "purpose": "REGISTER", "locale": locale });
        world
            .nobody()
            .mutate("sendVerificationCode", input, "")
            .await
            .ok();
        world.mail.to(email).await
    };
    let letter = ask("mia@example.com", "ZH_CN").await;
    assert_eq!(letter.subject, "您的验证码");
    for part in [
        "Content-Language: zh-CN",
        "multipart/alternative",
        "Subject: =?utf-8?",
    ] {
        assert!(letter.raw.contains(part), "{part}: {}", letter.raw);
    }
    // The code is found in the source, too, and the text stands before the HTML.
    let code = letter.code(6);
    assert!(letter.raw.lines().any(|line| line == code), "{}", letter.raw);
    assert!(letter.raw.find("text/plain") < letter.raw.find("text/html"));
    assert!(letter.html.contains("<html lang=\"zh-CN\">") && letter.html.contains("您的验证码"));
    assert!(letter.html.contains(&format!(">{code}<")), "{}", letter.html);
    // Whoever has an account is written to in their own language, whatever is asked for.
    let input = json!({
        "name": "mia", "account": "mia", "email": "mia@example.com", "verificationCode": code, "locale": "ZH_CN",
        "password": PASSWORD, "passwordConfirmation": PASSWORD,
    });
    let selection = "user { id } tokens { accessToken refreshToken }";
    let answer = world.nobody().mutate("register", input, selection).await.ok();
    let mia = Actor {
        id: answer.text("register.user.id"),
        ..world.nobody().with_tokens(&answer, "register.tokens")
    };
    world.pass(TimeDelta::minutes(2));
    assert_eq!(ask("mia@example.com", "EN").await.subject, "您已拥有账号");
    // Preset roles have Chinese names there, and an invitation speaks the inviter's language.
    let blue = world.superapp_team("Blue").await;
    let members = json!([{ "userId": mia.id, "roleId": blue.role("Member manager") }]);
    let input = json!({ "teamId": blue.id, "members": members });
    blue.admin.mutate("addTeamMembers", input, "").await.ok();
    let letter = world.mail.to("mia@example.com").await;
    assert_eq!(letter.subject, "您已被添加到团队");
    assert!(
        letter.text.contains("团队：Blue\n角色：成员管理员\n账号：mia\n"),
        "{}",
        letter.text
    );
    let input = json!({ "teamId": blue.id, "roleId": blue.role("Developer"), "email": "nia@example.com" });
    mia.mutate("createInvitation", input, "").await.ok();
    let letter = world.mail.to("nia@example.com").await;
    assert!(letter.text.contains("邀请人：mia\n"), "{}", letter.text);
    letter.code(8);
}

async fn what_an_earlier_version_stored_still_goes(world: World) {
    world.mail.refuse(true);
    send_code(&world, "mia@example.com").await;
    let id = waiting(&world).await[0].id;
    put_off(&world, id, 1).await;
    let old = json!({
        "kind": "verification_code", "to": "mia@example.com", "subject": "Your verification code",
        "text": "This is the code:\r\n\r\n123456\r\n\r\nIt works once.\r\n\r\n-- \r\nRollcall\r\n",
    });
    let sealed = world.app.keys.seal(
        Use::Mail,
        rollcall::base::id::Id::uuid(id).as_bytes(),
        old.to_string().as_bytes(),
    );
    let row = letter::ActiveModel {
        id: sea_orm::Set(id),
        sealed: sea_orm::Set(sealed),
        ..Default::default()
    };
    letter::Entity::update(row)
        .exec(world.app.database.writer())
        .await
        .unwrap();
    world.mail.refuse(false);
    world.pass(TimeDelta::minutes(1));
    let letter = world.mail.to("mia@example.com").await;
    assert_eq!(letter.code(6), "123456");
    assert!(letter.text.contains("This is the code:") && letter.html.contains(">123456<"));
}
