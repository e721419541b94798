//! No password, code, token or TOTP secret stands in a log line, an error, an audit event or a column of the database.
//!
//! A process that logs all that it can is led through everything that takes or gives a secret, also by clients that
//! put it where it does not belong. Each secret is kept, and looked for afterwards, in all the forms that it may take.

use std::collections::{BTreeSet, HashMap};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use rollcall::secret::keys::hex;
use tokio_tungstenite::tungstenite::Message;

use crate::support::actor::PASSWORD;
use crate::support::authenticator::Authenticator;
use crate::support::process::Node;
use crate::support::*;

mod sqlite {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_secret_is_told_where_the_log_is_text() {
        no_secret_is_told(Store::Sqlite, "text").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_secret_is_told_where_the_log_is_json() {
        no_secret_is_told(Store::Sqlite, "json").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_first_start_tells_its_password_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let data = folder.path().join("data");
        let node = Node::start_logging(&data, &["--log", "trace"], &log).await;
        node.stop().await;
        let file = data.join("super-admin-password");
        let password = std::fs::read_to_string(&file).unwrap();
        let mut secrets = Secrets::default();
        secrets.add("the first password", password.trim());
        secrets.add(
            "the secret file",
            std::fs::read_to_string(data.join("secret")).unwrap().trim(),
        );
        let search = secrets.search();
        assert_eq!(search.of(&std::fs::read_to_string(&log).unwrap()), [""; 0]);
        for name in ["rollcall.db", "rollcall.db-wal"] {
            let bytes = std::fs::read(data.join(name)).unwrap_or_default();
            assert_eq!(search.of(&latin(&bytes)), [""; 0], "{name}");
        }
    }
}

mod postgres {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_secret_is_told_where_the_log_is_text() {
        no_secret_is_told(Store::Postgres, "text").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_secret_is_told_where_the_log_is_json() {
        no_secret_is_told(Store::Postgres, "json").await;
    }
}

/// How long what is looked for is at the least.
const SHORTEST: usize = 6;

/// All secrets that were used, by what they are.
#[derive(Default)]
struct Secrets(Vec<(String, Vec<u8>)>);

impl Secrets {
    /// Keeps a secret; answers it.
    fn add(&mut self, what: &str, secret: &str) -> String {
        self.0
            .push((format!("{what}: {secret}"), secret.as_bytes().to_vec()));
        secret.to_owned()
    }

    /// Keeps a secret that an answer holds.
    #[track_caller]
    fn take(&mut self, what: &str, answer: &Answer, path: &str) -> String {
        let secret = answer.text(path);
        self.add(what, &secret)
    }

    /// What looks for all of them at once.
    fn search(&self) -> Search {
        let mut begins = HashMap::<Vec<u8>, Vec<Form>>::new();
        for (what, secret) in &self.0 {
            for form in forms(what, secret) {
                assert!(
                    form.bytes.len() >= SHORTEST,
                    "{what} is too short to be looked for"
                );
                begins
                    .entry(form.bytes[..SHORTEST].to_vec())
                    .or_default()
                    .push(form);
            }
        }
        Search(begins)
    }
}

/// What a secret may look like, in small letters.
struct Form {
    of: String,
    bytes: Vec<u8>,
    /// Whether it is a number and nothing more: times and the like have as many digits, but a code stands alone.
    stands_alone: bool,
}

/// The forms by how they begin.
struct Search(HashMap<Vec<u8>, Vec<Form>>);

impl Search {
    /// What of the secrets stands in the text.
    fn of(&self, text: &str) -> Vec<String> {
        let text = text.to_lowercase();
        let text = text.as_bytes();
        let mut found = BTreeSet::new();
        let mut firsts = vec![false; 1 << 16];
        for begin in self.0.keys() {
            firsts[usize::from(begin[0]) << 8 | usize::from(begin[1])] = true;
        }
        for (place, begin) in text.windows(SHORTEST).enumerate() {
            // Most places are passed by at once.
            if !firsts[usize::from(begin[0]) << 8 | usize::from(begin[1])] {
                continue;
            }
            for form in self.0.get(begin).into_iter().flatten() {
                let Some(after) = text[place..].strip_prefix(form.bytes.as_slice()) else {
                    continue;
                };
                let before = text[..place].last();
                let joins = before.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'.')
                    || after.first().is_some_and(u8::is_ascii_alphanumeric);
                if !(form.stands_alone && joins) {
                    found.insert(form.of.clone());
                }
            }
        }
        found.into_iter().collect()
    }
}

/// Each byte as a character.
fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// All forms of a secret.
fn forms(what: &str, secret: &[u8]) -> Vec<Form> {
    let plain = latin(secret);
    let form = |text: &str, stands_alone| Form {
        of: what.to_owned(),
        bytes: text.to_lowercase().into_bytes(),
        stands_alone,
    };
    let is_number = plain.bytes().all(|byte| byte.is_ascii_digit());
    let mut forms = vec![form(&plain, is_number), form(&hex(secret), false)];
    forms.push(form(format!("{secret:?}").trim_matches(['[', ']']), false));
    forms.extend([percent(&plain), quote(&plain)].map(|text| form(&text, is_number)));
    // As a part of something longer it begins at any of three places of a group.
    for shift in 0..3 {
        let shifted = [&vec![0; shift], secret].concat();
        for engine in [STANDARD, URL_SAFE] {
            let text = engine.encode(&shifted);
            let whole = (shift * 8).div_ceil(6)..shifted.len() * 8 / 6;
            forms.push(form(&text[whole], false));
        }
    }
    forms
}

/// As in a URL.
fn percent(text: &str) -> String {
    let escaped = text.bytes().map(|byte| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02x}"),
    });
    escaped.collect()
}

/// As in JSON.
fn quote(text: &str) -> String {
    let quoted = json!(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// Somebody who walks through everything, and remembers.
struct Walk {
    url: String,
    secrets: Secrets,
    /// All errors of all answers.
    errors: Vec<String>,
    /// The last device token.
    device: String,
}

impl Walk {
    fn nobody(&self) -> Actor {
        Actor::nobody(&self.url)
    }

    async fn ask(&mut self, by: &Actor, document: &str, variables: Value) -> Answer {
        let answer = by.ask_with(document, variables).await;
        self.hear(&answer.body);
        answer
    }

    async fn mutate(&mut self, by: &Actor, field: &str, input: Value, selection: &str) -> Answer {
        let answer = by.mutate(field, input, selection).await;
        self.hear(&answer.body);
        answer
    }

    /// Asks with what is no good; all of the answer is an error.
    async fn send(&mut self, request: reqwest::RequestBuilder) -> String {
        let response = request.send().await.expect("the server answers");
        let head = format!("{} {:?}", response.status(), response.headers());
        let body = response.text().await.unwrap();
        if let Ok(body) = serde_json::from_str::<Value>(&body) {
            self.hear(&body);
        } else {
            self.errors.push(body.clone());
        }
        self.errors.push(head);
        body
    }

    fn hear(&mut self, body: &Value) {
        if let Some(errors) = body.get("errors") {
            self.errors.push(errors.to_string());
        }
        for payload in body["data"]
            .as_object()
            .into_iter()
            .flat_map(|data| data.values())
        {
            if let Some(errors) = payload.get("userErrors") {
                self.errors.push(errors.to_string());
            }
        }
    }

    /// Keeps the tokens of a login, registration or refresh.
    #[track_caller]
    fn signed_in(&mut self, answer: &Answer, path: &str) -> Actor {
        let access = self
            .secrets
            .take("an access token", answer, &format!("{path}.accessToken"));
        let (_, signature) = access.rsplit_once('.').expect("a token is signed");
        self.secrets.add("the signature of an access token", signature);
        let refresh = self
            .secrets
            .take("a refresh token", answer, &format!("{path}.refreshToken"));
        self.secrets
            .0
            .push(("the tag of a refresh token".to_owned(), tag(&refresh)));
        self.nobody().with_tokens(answer, path)
    }

    async fn log_in(&mut self, account: &str, password: &str) -> Actor {
        let selection = "step deviceToken user { id } tokens { accessToken refreshToken }";
        let input = json!({ "login": account, "password": password });
        let nobody = self.nobody();
        let answer = self.mutate(&nobody, "login", input, selection).await.ok();
        let device = self.secrets.take("a device token", &answer, "login.deviceToken");
        self.secrets
            .0
            .push(("the tag of a device token".to_owned(), tag(&device)));
        self.device = device;
        Actor {
            id: answer.text("login.user.id"),
            account: account.to_owned(),
            ..self.signed_in(&answer, "login.tokens")
        }
    }

    async fn challenge(&mut self, account: &str, password: &str) -> String {
        let input = json!({ "login": account, "password": password });
        let nobody = self.nobody();
        let answer = self.mutate(&nobody, "login", input, "challenge").await.ok();
        let challenge = self.secrets.take("a challenge", &answer, "login.challenge");
        self.secrets
            .0
            .push(("the tag of a challenge".to_owned(), tag(&challenge)));
        challenge
    }

    /// Asks for a code by mail, and reads it.
    async fn mailed(
        &mut self,
        world: &World,
        by: &Actor,
        (field, input): (&str, Value),
        address: &str,
    ) -> String {
        self.mutate(by, field, input, "").await.ok();
        let code = world.mail.to(address).await.code(6);
        self.secrets.add(&format!("the code of {field}"), &code)
    }
}

/// What a key is in bytes (RFC 4648, section 6).
fn from_base32(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let value = alphabet
            .iter()
            .position(|other| *other == letter)
            .expect("it is base32");
        bits = (bits << 5 | u32::try_from(value).unwrap()) & 0xfff;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    bytes
}

/// What makes a token one: its last bytes, which only the server can make.
fn tag(token: &str) -> Vec<u8> {
    let bytes = URL_SAFE_NO_PAD.decode(token).expect("a token is base64");
    bytes[bytes.len() - 16..].to_vec()
}

/// A password that no rule of a name or an account lets through, and that other texts escape.
fn password(of: &str) -> String {
    format!("Whale!{of}\"42\\ %")
}

async fn no_secret_is_told(store: Store, format: &str) {
    let world = World::new(store).await;
    // The process is to be alone.
    world.stop().await;
    let aside = tempfile::tempdir().unwrap();
    let log = aside.path().join("log");
    let arguments = [
        "--database-url",
        &world.database_url,
        "--smtp-url",
        &world.mail.url,
        "--log",
        "trace",
        "--log-format",
        format,
    ];
    let node = Node::start_logging(world.folder.path(), &arguments, &log).await;
    let mut walk = Walk {
        url: node.url.clone(),
        secrets: Secrets::default(),
        errors: Vec::new(),
        device: String::new(),
    };
    walk.secrets.add("the super admin's password", PASSWORD);
    let root = through_registrations_and_logins(&mut walk, &world).await;
    through_teams_and_staff(&mut walk, &world, &root).await;
    let before = walk.errors.len();
    through_mistakes(&mut walk, &root).await;
    assert!(walk.errors.len() > before + 80, "{}", walk.errors.len() - before);
    through_a_socket(&mut walk, &root).await;
    let events = all_events(&mut walk, &root).await;
    node.stop().await;

    let search = walk.secrets.search();
    let log = std::fs::read_to_string(&log).unwrap();
    let kept = everything_kept(&world).await;
    let mut found = Vec::new();
    for (place, texts) in [
        ("the log", log.lines().collect()),
        ("an error", walk.errors.iter().map(String::as_str).collect()),
        ("an event", events.iter().map(String::as_str).collect::<Vec<_>>()),
    ] {
        for text in texts {
            let told = search.of(text).into_iter();
            found.extend(told.map(|secret| format!("{secret} in {place}: {text:.600}")));
        }
    }
    for (place, text) in &kept {
        found.extend(
            search
                .of(text)
                .into_iter()
                .map(|secret| format!("{secret} in {place}")),
        );
    }
    assert!(found.is_empty(), "{} times:\n{}", found.len(), found.join("\n"));

    // What is no secret is found in each of these by the same search.
    let find = |what: &str, text: &str| {
        let mut known = Secrets::default();
        known.add("known", what);
        known.search().of(text).len() == 1
    };
    for (place, text) in &kept {
        let is_told = find("mirabel", text) && find("mirabel2@example.com", text);
        let tells = ["the table user", "the table login_name", "the files of SQLite"];
        assert!(is_told || !tells.contains(&place.as_str()), "{place}");
    }
    assert!(kept.iter().any(|(place, _)| place == "the table user") && kept.len() > 20);
    assert!(find("mirabel", &events.concat()) && find("verificationCode", &walk.errors.concat()));
    assert!(find("/graphql/ws", &log) && log.contains("DEBUG"));
    let answered = log.matches("a request was answered").count();
    assert!(answered > 150, "{answered} requests were logged");
    // And a secret would be, whatever form it took.
    for form in [
        PASSWORD.to_owned(),
        hex(PASSWORD.as_bytes()),
        STANDARD.encode(format!("mirabel:{PASSWORD}")),
    ] {
        let told = format!("UPDATE \"user\" SET name = '{form}' WHERE account = 'mirabel'");
        world.execute(&told).await;
        let users = world
            .all_rows()
            .await
            .into_iter()
            .find(|(table, _)| table == "user")
            .unwrap();
        let users = &users.1.join("\n");
        assert_eq!(
            search.of(users),
            [format!("the super admin's password: {PASSWORD}")],
            "{form}"
        );
    }
    // She is still folded to her own name.
    world.breaks(&["user-is-folded"]);
}

/// All rows of all tables as text, bytes in hexadecimal, and the files of the data folder, but for the secret.
async fn everything_kept(world: &World) -> Vec<(String, String)> {
    let mut kept = Vec::new();
    for (table, rows) in world.all_rows().await {
        kept.push((format!("the table {table}"), rows.join("\n")));
    }
    let mut files = String::new();
    for file in std::fs::read_dir(world.folder.path()).unwrap() {
        let file = file.unwrap();
        if file.file_name() != "secret" && file.file_type().unwrap().is_file() {
            files.push_str(&latin(&std::fs::read(file.path()).unwrap()));
        }
    }
    if world.store == Store::Sqlite {
        kept.push(("the files of SQLite".to_owned(), files));
    } else {
        kept.push(("the data folder".to_owned(), files));
    }
    kept
}

async fn through_registrations_and_logins(walk: &mut Walk, world: &World) -> Actor {
    let nobody = walk.nobody();
    let root = walk.log_in("root", PASSWORD).await;
    // A member registers, with an invitation, after wrong tries.
    let admins = walk.secrets.add("a team admin's password", &password("admin"));
    let input = json!({
        "name": "Blue", "type": "SUPERAPP",
        "newAdmin": { "name": "Blue-admin", "account": "Blue-admin", "password": admins },
    });
    let made = walk
        .mutate(
            &root,
            "createTeam",
            input,
            "team { id roles { id name } registrationLink }",
        )
        .await
        .ok();
    let link = made.text("createTeam.team.registrationLink");
    let (_, token) = link.split_once('#').unwrap();
    let token = walk.secrets.add("a registration link's token", token);
    let team = made.text("createTeam.team.id");
    let roles = made.at("createTeam.team.roles").as_array().unwrap();
    let developer = roles.iter().find(|role| role["name"] == "Developer").unwrap()["id"].clone();
    let challenge = walk.challenge("Blue-admin", &admins).await;
    let changed = walk
        .secrets
        .add("a team admin's own password", &password("changed"));
    let input = json!({
        "challenge": challenge, "newPassword": changed, "newPasswordConfirmation": changed,
    });
    let selection = "deviceToken tokens { accessToken refreshToken }";
    let answer = walk.mutate(&nobody, "completeLogin", input, selection).await.ok();
    walk.secrets
        .take("a device token", &answer, "completeLogin.deviceToken");
    let admin = walk.signed_in(&answer, "completeLogin.tokens");
    let invite = json!({ "teamId": team, "roleId": developer });
    let made = walk
        .mutate(&admin, "createInvitation", invite.clone(), "code")
        .await
        .ok();
    let invitation = walk
        .secrets
        .take("an invitation code", &made, "createInvitation.code");
    let address = "mirabel@example.com";
    let input = json!({ "email": address, "purpose": "REGISTER" });
    let code = walk
        .mailed(world, &nobody, ("sendVerificationCode", input), address)
        .await;
    let mias = walk.secrets.add("a member's password", &password("member"));
    let mut input = json!({
        "name": "Mirabel", "account": "mirabel", "email": address, "verificationCode": "000000",
        "password": mias, "passwordConfirmation": mias, "invitationCode": invitation,
    });
    walk.mutate(&nobody, "register", input.clone(), "user { id }")
        .await
        .failed(&["INVALID_CODE verificationCode"]);
    input["verificationCode"] = json!(code);
    let selection = "user { id } tokens { accessToken refreshToken }";
    let answer = walk
        .mutate(&nobody, "register", input.clone(), selection)
        .await
        .ok();
    let mia = Actor {
        id: answer.text("register.user.id"),
        ..walk.signed_in(&answer, "register.tokens")
    };
    // The same again: all of it is used up.
    let again = walk.mutate(&nobody, "register", input, "user { id }").await;
    assert_eq!(again.user_errors().len(), 1);
    // Wrong passwords, and a right one in the place of the account.
    let wrong = walk.secrets.add("a wrong password", &password("wrong"));
    for (login, password) in [("mirabel", &wrong), ("nobody", &wrong), (mias.as_str(), &mias)] {
        let input = json!({ "login": login, "password": password });
        walk.mutate(&nobody, "login", input, "step")
            .await
            .failed(&["INVALID_CREDENTIALS"]);
    }
    let other = walk.log_in("mirabel", &mias).await;
    let input = json!({ "login": "mirabel", "password": mias, "deviceToken": walk.device });
    walk.mutate(&nobody, "login", input, "step").await.ok();
    // A dynamic code and recovery codes.
    walk.mutate(&mia, "enrollTotp", json!({ "password": wrong }), "secret")
        .await
        .failed(&["INCORRECT_PASSWORD password"]);
    let selection = "secret otpauthUri qrCodeSvg";
    let enrolled = walk
        .mutate(&mia, "enrollTotp", json!({ "password": mias }), selection)
        .await
        .ok();
    let secret = walk.secrets.take("a TOTP secret", &enrolled, "enrollTotp.secret");
    walk.secrets
        .0
        .push(("a TOTP secret's bytes".to_owned(), from_base32(&secret)));
    walk.secrets
        .take("an otpauth URI", &enrolled, "enrollTotp.otpauthUri");
    let device = Authenticator::scan(&enrolled.text("enrollTotp.otpauthUri"));
    let code = walk.secrets.add("a dynamic code", &device.code(&world.app));
    let confirmed = walk
        .mutate(&mia, "confirmTotp", json!({ "code": code }), "recoveryCodes")
        .await
        .ok();
    let recovery =
        serde_json::from_value::<Vec<String>>(confirmed.at("confirmTotp.recoveryCodes").clone()).unwrap();
    for code in &recovery {
        walk.secrets.add("a recovery code", code);
        walk.secrets
            .add("a recovery code without its dash", &code.replace('-', ""));
    }
    let challenge = walk.challenge("mirabel", &mias).await;
    for (field, code) in [
        ("totpCode", device.wrong_code(&world.app)),
        ("recoveryCode", "aaaaaa-aaaaaa".to_owned()),
        // The one in the other's place.
        ("totpCode", recovery[1].clone()),
    ] {
        let input = json!({ "challenge": challenge, field: code });
        let answer = walk.mutate(&nobody, "completeLogin", input, "step").await;
        assert_eq!(answer.user_errors().len(), 1);
    }
    let challenge = walk.challenge("mirabel", &mias).await;
    let code = walk
        .secrets
        .add("another dynamic code", &device.code_at(&world.app, 1));
    let selection = "tokens { accessToken refreshToken }";
    let input = json!({ "challenge": challenge, "totpCode": code });
    let answer = walk
        .mutate(&nobody, "completeLogin", input.clone(), selection)
        .await
        .ok();
    let mia = Actor {
        id: mia.id,
        ..walk.signed_in(&answer, "completeLogin.tokens")
    };
    walk.mutate(&nobody, "completeLogin", input, "step")
        .await
        .failed(&["INVALID_CREDENTIALS challenge"]);
    let challenge = walk.challenge("mirabel", &mias).await;
    let input = json!({ "challenge": challenge, "recoveryCode": recovery[0] });
    walk.mutate(&nobody, "completeLogin", input, "step").await.ok();
    // Tokens that go on, and those that do not.
    let input = json!({ "refreshToken": other.refresh_token });
    let fresh = walk
        .mutate(&nobody, "refreshSession", input.clone(), selection)
        .await
        .ok();
    walk.signed_in(&fresh, "refreshSession.tokens");
    for input in [
        input,
        json!({ "refreshToken": other.token }),
        json!({ "refreshToken": mias }),
    ] {
        walk.mutate(&nobody, "refreshSession", input, "")
            .await
            .failed(&["INVALID_CREDENTIALS refreshToken"]);
    }
    for token in [
        &other.refresh_token,
        &Some(mias.clone()),
        &Some(format!("{}x", mia.token.as_ref().unwrap())),
    ] {
        let wrong = Actor {
            token: token.clone(),
            ..nobody.clone()
        };
        let answer = walk.ask(&wrong, "{ viewer { menus } }", json!({})).await;
        assert_eq!(answer.status, 401);
    }
    // Their own account.
    let address = "mirabel2@example.com";
    let input = json!({ "email": address, "purpose": "BIND_EMAIL" });
    let code = walk
        .mailed(world, &mia, ("sendVerificationCode", input), address)
        .await;
    let input = json!({ "email": address, "verificationCode": "000000", "password": mias });
    walk.mutate(&mia, "bindEmail", input, "")
        .await
        .failed(&["INVALID_CODE verificationCode"]);
    let input = json!({ "email": address, "verificationCode": code, "password": mias });
    walk.mutate(&mia, "bindEmail", input, "").await.ok();
    let next = walk.secrets.add("a member's new password", &password("next"));
    for (current, new, again, error) in [
        (&wrong, &next, &next, Some("INCORRECT_PASSWORD currentPassword")),
        (&mias, &mias, &mias, Some("PASSWORD_REUSED newPassword")),
        (&mias, &next, &wrong, Some("MISMATCH newPasswordConfirmation")),
        (&mias, &next, &next, None),
    ] {
        let input =
            json!({ "currentPassword": current, "newPassword": new, "newPasswordConfirmation": again });
        let answer = walk.mutate(&mia, "changePassword", input, "").await;
        assert_eq!(answer.user_errors(), Vec::from_iter(error));
    }
    let off = json!({ "password": next, "recoveryCode": recovery[2] });
    walk.mutate(&mia, "disableTotp", off, "").await.ok();
    // Invitations and links.
    let wrong = json!({ "code": "00000000" });
    walk.mutate(&mia, "joinTeam", wrong, "")
        .await
        .failed(&["INVALID_INVITATION code"]);
    let made = walk.mutate(&admin, "createInvitation", invite, "code").await.ok();
    let code = walk
        .secrets
        .take("an invitation code", &made, "createInvitation.code");
    let answer = walk.mutate(&mia, "joinTeam", json!({ "code": code }), "").await;
    assert_eq!(answer.user_errors().len(), 1);
    let document = "query($token: String!) { teamRegistration(token: $token) { superappTeamName } }";
    for token in [&token, &format!("{token}x"), &next] {
        walk.ask(&nobody, document, json!({ "token": token })).await;
        let input = json!({ "token": token, "name": format!("Mini {}", token.len()) });
        walk.mutate(&mia, "registerTeam", input, "team { id }").await;
    }
    let selection = "team { registrationLink }";
    let answer = walk
        .mutate(
            &admin,
            "resetTeamRegistrationLink",
            json!({ "teamId": team }),
            selection,
        )
        .await
        .ok();
    let link = answer.text("resetTeamRegistrationLink.team.registrationLink");
    walk.secrets
        .add("a registration link's new token", link.split_once('#').unwrap().1);
    root
}

async fn through_teams_and_staff(walk: &mut Walk, world: &World, root: &Actor) {
    let nobody = walk.nobody();
    // Passwords that staff type and those that are made for them.
    let typed = walk.secrets.add("a typed password", &password("typed"));
    let address = "nia@example.com";
    let input = json!({
        "name": "nia", "account": "nia", "accountType": "MEMBER", "password": typed, "email": address,
    });
    let made = walk.mutate(root, "createUser", input, "user { id }").await.ok();
    let nia = made.text("createUser.user.id");
    let proposed = world.mail.to(address).await.code(6);
    walk.secrets.add("the code of a proposed address", &proposed);
    let input =
        json!({ "name": "lia", "account": "lia", "accountType": "PLATFORM_ADMIN", "generatePassword": true });
    let made = walk
        .mutate(root, "createUser", input, "user { id } generatedPassword")
        .await
        .ok();
    let generated = walk
        .secrets
        .take("a generated password", &made, "createUser.generatedPassword");
    let lia = made.text("createUser.user.id");
    let challenge = walk.challenge("lia", &generated).await;
    let own = walk.secrets.add("a platform admin's password", &password("own"));
    let input = json!({ "challenge": challenge, "newPassword": own, "newPasswordConfirmation": own });
    walk.mutate(&nobody, "completeLogin", input, "step").await.ok();
    let challenge = walk.challenge("nia", &typed).await;
    let changed = walk
        .secrets
        .add("a member's changed password", &password("fresh"));
    let input = json!({ "challenge": challenge, "newPassword": changed, "newPasswordConfirmation": changed });
    let answer = walk
        .mutate(
            &nobody,
            "completeLogin",
            input,
            "tokens { accessToken refreshToken }",
        )
        .await
        .ok();
    let signed_in = walk.signed_in(&answer, "completeLogin.tokens");
    let input = json!({ "email": address, "verificationCode": proposed, "password": changed });
    walk.mutate(&signed_in, "bindEmail", input, "").await.ok();
    let input = json!({ "userId": lia, "generatePassword": true });
    let reset = walk
        .mutate(root, "resetUserPassword", input, "generatedPassword")
        .await
        .ok();
    walk.secrets.take(
        "a generated password",
        &reset,
        "resetUserPassword.generatedPassword",
    );
    let typed = walk
        .secrets
        .add("a password that staff reset", &password("reset"));
    let input = json!({ "userId": nia, "password": typed });
    walk.mutate(root, "resetUserPassword", input, "").await.ok();
    // By mail: what was bound before is told of first.
    let input = json!({ "email": address });
    walk.mutate(&nobody, "requestPasswordReset", input, "").await.ok();
    let code = loop {
        let mail = world.mail.to(address).await;
        if mail.subject.contains("Reset") {
            break mail.code(6);
        }
    };
    walk.secrets.add("the code of a reset", &code);
    let forgotten = walk.secrets.add("a password set by mail", &password("forgotten"));
    for code in ["000000", &code] {
        let input = json!({
            "email": address, "code": code, "newPassword": forgotten, "newPasswordConfirmation": forgotten,
        });
        walk.mutate(&nobody, "resetPassword", input, "").await;
    }
    let session = walk.log_in("nia", &forgotten).await;
    walk.mutate(root, "deleteUser", json!({ "userId": session.id }), "")
        .await
        .ok();
    let document = "query($password: String!) { passwordStrength(password: $password) { score } }";
    let weighed = walk
        .secrets
        .add("a password that is only weighed", &password("weighed"));
    walk.ask(&nobody, document, json!({ "password": weighed }))
        .await
        .ok();
}

/// Secrets where they do not belong.
async fn through_mistakes(walk: &mut Walk, root: &Actor) {
    let secret = walk
        .secrets
        .add("a password in a wrong place", &password("place"));
    let name = walk
        .secrets
        .add("a password that could be a name", "Whale_in_a_wrong_place_42");
    let quoted = json!(secret).to_string();
    // In fields that have other rules.
    for (field, input) in [
        (
            "createUser",
            json!({ "name": secret, "account": secret, "accountType": "MEMBER", "password": "short", "email": secret }),
        ),
        (
            "createUser",
            json!({ "name": "kia", "account": "kia", "accountType": secret, "password": secret }),
        ),
        (
            "createUser",
            json!({ "name": "kia", "account": "kia", "accountType": name, "password": secret }),
        ),
        (
            "createUser",
            json!({ "name": "kia", "account": "kia", "accountType": "MEMBER", "password": [secret, { "a": secret }] }),
        ),
        (
            "createUser",
            json!({ "name": "kia", "account": "kia", "accountType": "MEMBER", "password": secret.repeat(20) }),
        ),
        ("createUser", json!(secret)),
        ("createUser", json!([secret])),
        (
            "createTeam",
            json!({ "name": secret, "type": secret, "adminIds": [secret] }),
        ),
        (
            "createTeam",
            json!({ "name": "Red", "type": "SUPERAPP", "adminIds": secret }),
        ),
        ("updateTeam", json!({ "teamId": secret, "expiresAt": secret })),
        ("updateTeam", json!({ "teamId": secret, "name": secret })),
        ("deleteTeam", json!({ "teamId": secret, "confirmName": secret })),
        ("updateUser", json!({ "userId": secret, "email": secret })),
        ("disableUser", json!({ "userId": secret, "preview": secret })),
        ("revokeSession", json!({ "sessionId": secret })),
        ("updatePasswordPolicy", json!({ "minimumLength": secret })),
        ("updateProfile", json!({ "name": secret, "locale": name })),
        (
            "sendVerificationCode",
            json!({ "email": secret, "purpose": "REGISTER" }),
        ),
        (
            "sendVerificationCode",
            json!({ "email": "kia@example.com", "purpose": secret }),
        ),
        ("joinTeam", json!({ "code": secret })),
        ("registerTeam", json!({ "token": secret, "name": secret })),
        ("confirmTotp", json!({ "code": secret })),
        (
            "login",
            json!({ "login": { "password": secret }, "password": secret }),
        ),
        (
            "login",
            json!({ "login": "mirabel", "password": secret, "deviceToken": secret }),
        ),
        (
            "completeLogin",
            json!({ "challenge": secret, "newPassword": secret }),
        ),
        ("refreshSession", json!({ "refreshToken": [secret] })),
    ] {
        walk.mutate(root, field, input, "").await;
    }
    // In documents: where nothing is found, of a wrong type, cut off, with more behind.
    for document in [
        format!("{{ user(id: {quoted}) {{ id }} team(id: {quoted}) {{ id }} node(id: {quoted}) {{ id }} }}"),
        format!("{{ users(first: {quoted}) {{ totalCount }} }}"),
        format!("{{ users(filter: {{ status: {name} }}) {{ totalCount }} }}"),
        format!("{{ users(filter: {{ search: {{ a: {quoted} }} }}) {{ totalCount }} }}"),
        format!("{{ auditEvents(filter: {{ actions: [{quoted}] }}) {{ totalCount }} }}"),
        format!("{{ auditEvents(filter: {{ from: {quoted} }}) {{ totalCount }} }}"),
        format!("{{ auditEvents(after: {quoted}) {{ totalCount }} }}"),
        format!("{{ passwordStrength(password: {quoted}, {quoted}) {{ score }} }}"),
        format!("{{ passwordStrength(password: {quoted} {{ score }} }}"),
        format!("mutation {{ login(input: {{ login: \"mirabel\", password: {quoted} }} {{ step }}"),
        format!("mutation {{ login(input: {{ login: \"mirabel\", password: \"{name} }}) {{ step }} }}"),
        format!("mutation {{ login(input: {{ login: \"mirabel\", password: {name} }}) {{ step }} }}"),
        format!("mutation {{ login(input: {{ login: \"mirabel\", password: '{name}' }}) {{ step }} }}"),
        format!("query($password: Int = {quoted}) {{ viewer {{ menus }} }}"),
        format!("{{ viewer @include(if: {quoted}) {{ menus }} }}"),
        secret.clone(),
    ] {
        walk.ask(root, &document, json!({})).await;
    }
    for variables in [
        json!({ "n": secret }),
        json!({ "n": [secret] }),
        json!({ "n": { "a": secret } }),
    ] {
        for kind in ["Int!", "[Int!]!", "ID!", "Boolean!", "AuditFilter", "DateTime!"] {
            let document = format!("query($n: {kind}) {{ users(first: $n) {{ totalCount }} }}");
            walk.ask(root, &document, variables.clone()).await;
        }
    }
    // In requests that are none.
    let client = root.client.clone();
    let url = format!("{}/graphql", walk.url);
    let post = || client.post(&url).header("content-type", "application/json");
    for body in [
        format!("{{ \"query\": \"{{ viewer {{ menus }} }}\", \"variables\": {quoted} }}"),
        format!("{{ \"query\": {{ \"password\": {quoted} }} }}"),
        format!("{{ \"query\": [{quoted}] }}"),
        format!("{{ \"query\": {quoted}"),
        format!("{{ \"query\": {quoted}, \"variables\": 1 }}"),
        format!("{{ \"query\": \"{{ viewer {{ menus }} }}\", \"operationName\": [{quoted}] }}"),
        format!("{{ \"query\": \"{{ viewer {{ menus }} }}\", \"extensions\": {quoted} }}"),
        format!("{{ {quoted}: {quoted} }}"),
        format!("[{quoted}]"),
        quoted.clone(),
        secret.clone(),
        format!("{quoted}{}", " ".repeat(300 * 1024)),
    ] {
        walk.send(post().body(body)).await;
    }
    walk.send(
        client
            .post(&url)
            .header("content-type", "text/plain")
            .body(secret.clone()),
    )
    .await;
    walk.send(
        post()
            .header("authorization", format!("Basic {}", STANDARD.encode(&secret)))
            .body("{}"),
    )
    .await;
    walk.send(
        post()
            .header("authorization", format!("Bearer {}", hex(secret.as_bytes())))
            .body("{}"),
    )
    .await;
    let get = |pairs: &[(&str, &str)]| {
        let mut url: reqwest::Url = url.parse().unwrap();
        url.query_pairs_mut().extend_pairs(pairs);
        client.get(url)
    };
    let weigh = "query($password: String!) { passwordStrength(password: $password) { score } }";
    let input = json!({ "password": secret }).to_string();
    let inline =
        format!("mutation {{ login(input: {{ login: \"mirabel\", password: {quoted} }}) {{ step }} }}");
    for pairs in [
        vec![("query", weigh), ("variables", input.as_str())],
        vec![("query", weigh), ("variables", quoted.as_str())],
        vec![("query", weigh), ("variables", &input[..input.len() - 2])],
        vec![("query", inline.as_str())],
        vec![("query", &inline[..inline.len() - 9])],
        vec![("query", "{ viewer { menus } }"), ("extensions", quoted.as_str())],
        vec![
            ("query", "{ viewer { menus } }"),
            ("operationName", secret.as_str()),
        ],
        vec![("password", secret.as_str())],
    ] {
        walk.send(get(&pairs)).await;
    }
    for path in ["/graphiql", "/nowhere", "/", "/schema.graphql"] {
        let mut url: reqwest::Url = format!("{}{path}", walk.url).parse().unwrap();
        url.query_pairs_mut().append_pair("password", &secret);
        let answer = client.get(url).send().await.unwrap();
        assert!(!answer.text().await.unwrap().contains("Whale!"), "{path}");
    }
    // What is no place for a secret, and was told of because it is none.
    let input = json!({ "email": "kia@example.com" });
    walk.mutate(root, "register", input, "").await;
}

/// The token of `connection_init`, and messages that are none.
async fn through_a_socket(walk: &mut Walk, root: &Actor) {
    let root = root.at(&walk.url);
    let secret = walk.secrets.add("a password in a message", &password("message"));
    let token = root.token.clone().unwrap();
    let bearer = format!("Bearer {token}");
    for (headers, payload) in [
        (vec![], json!({ "authorization": token })),
        (vec![], json!({ "Authorization": bearer })),
        (vec![("authorization", bearer.as_str())], Value::Null),
    ] {
        let headers = [vec![("sec-websocket-protocol", "graphql-transport-ws")], headers].concat();
        let mut socket = Socket::open(&walk.url, &headers).await.unwrap();
        socket
            .say(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
            .subscribe(
                "1",
                &json!({ "actions": ["updateProfile"] }),
                "id action actorAccount",
            )
            .await;
        socket.say(json!({ "type": "ping", "payload": {} })).await;
        assert_eq!(socket.hear().await["type"], "pong");
        walk.mutate(&root, "updateProfile", json!({ "name": "Root" }), "")
            .await
            .ok();
        socket.event("1").await;
        for query in [
            format!(
                "subscription {{ auditEvents(filter: {{ actions: {} }}) {{ id }}",
                json!(secret)
            ),
            format!(
                "subscription {{ auditEvents(filter: {{ outcome: {} }}) {{ id }} }}",
                json!(secret)
            ),
            format!(
                "query {{ passwordStrength(password: {}) {{ score }} }}",
                json!(secret)
            ),
        ] {
            socket
                .say(json!({ "type": "subscribe", "id": "2", "payload": { "query": query } }))
                .await;
            walk.errors.push(socket.hear().await.to_string());
        }
        socket
            .subscribe("3", &json!({ "outcome": secret, "actions": secret }), "id")
            .await;
        walk.errors.push(socket.hear().await.to_string());
    }
    let told = [
        json!({ "type": "connection_init", "payload": secret }),
        json!({ "type": "connection_init", "payload": { "authorization": secret } }),
        json!({ "type": secret }),
        json!({ "type": "subscribe", "id": [secret], "payload": { "query": secret } }),
        json!({ "type": "subscribe", "id": "1", "payload": secret }),
        json!({ "type": "subscribe", "id": "1", "payload": { "query": "{ a }", "variables": secret } }),
        json!(secret),
        json!([secret]),
    ];
    let cut = json!({ "type": "connection_init", "payload": { "authorization": token } }).to_string();
    let told = told
        .iter()
        .map(Value::to_string)
        .chain([cut[..cut.len() - 3].to_owned(), secret.clone()]);
    for message in told {
        let mut socket = Socket::speaking(&walk.url).await;
        socket.send(Message::text(message)).await;
        walk.errors.push(socket.farewell().await);
    }
}

/// All events, as their reader sees them.
async fn all_events(walk: &mut Walk, root: &Actor) -> Vec<String> {
    let document = "query($after: String) { auditEvents(first: 100, after: $after) {
        nodes { id action outcome actor { id account name email } actorAccount targetId targetName team { id name }
            changes { field before after } address userAgent requestId createdAt }
        pageInfo { hasNextPage endCursor }
    } }";
    let (mut events, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = walk.ask(root, document, json!({ "after": after })).await.ok();
        let nodes = page.at("auditEvents.nodes").as_array().unwrap();
        events.extend(nodes.iter().map(Value::to_string));
        if page.at("auditEvents.pageInfo.hasNextPage") == false {
            break;
        }
        after = page.at("auditEvents.pageInfo.endCursor").clone();
    }
    assert!(events.len() > 20, "{}", events.len());
    events
}
