//! What people type, and what they should not.

use chrono::TimeDelta;

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(
    a_name_is_held_to_its_rule_wherever_it_is_typed,
    an_account_is_held_to_its_rule_wherever_it_is_typed,
    an_email_is_held_to_its_rule_wherever_it_is_typed,
    a_new_password_is_held_to_its_rule_wherever_it_is_typed,
    a_team_name_is_held_to_its_rule_wherever_it_is_typed,
    a_remark_is_held_to_its_rule_wherever_it_is_typed,
    all_that_is_wrong_with_an_input_is_told_together,
    names_are_kept_in_one_normal_form,
    an_explicit_null_is_as_good_as_left_out,
    an_id_of_the_wrong_kind_or_form_names_nothing,
    long_or_odd_text_is_never_our_fault,
);

/// A place where a text is typed: the mutation, its input, and where in the input.
struct Place {
    who: Actor,
    mutation: &'static str,
    input: Value,
    field: &'static str,
}

impl Place {
    fn new(who: &Actor, mutation: &'static str, input: Value, field: &'static str) -> Self {
        Self {
            who: who.clone(),
            mutation,
            input,
            field,
        }
    }

    /// Asks with this text at the place.
    async fn ask(&self, text: impl Into<Value>) -> Answer {
        let mut input = self.input.clone();
        let pointer = format!("/{}", self.field.replace('.', "/"));
        *input.pointer_mut(&pointer).expect("the input has the field") = text.into();
        self.who.mutate(self.mutation, input, "").await
    }
}

/// Every place refuses every text with its code, and nothing is written.
async fn refuse(world: &World, places: &[Place], texts: &[(String, &str)]) {
    let before = world.rows_everywhere().await;
    for place in places {
        for (text, code) in texts {
            let answer = place.ask(text.as_str()).await;
            let errors = answer.user_errors();
            assert!(
                answer.codes().is_empty() && !errors.is_empty(),
                "{} {text:?}: {}",
                place.mutation,
                answer.body
            );
            // A password can be too weak for more than one reason.
            for error in errors {
                let place = format!("{} {}", place.mutation, place.field);
                assert_eq!(
                    format!("{place}: {error}"),
                    format!("{place}: {code} {}", place.rsplit(' ').next().unwrap()),
                    "{text:?}"
                );
            }
        }
    }
    assert_eq!(world.rows_everywhere().await, before);
}

fn texts(texts: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    texts
        .iter()
        .map(|(text, code)| ((*text).to_owned(), *code))
        .collect()
}

/// What looks like a name and is none.
const IMPOSTORS: [&str; 16] = [
    "ｍｉａａ",             // fullwidth
    "mіaa",                 // a Cyrillic і
    "mi\u{200b}aa",         // zero width space
    "mi\u{200d}aa",         // zero width joiner
    "\u{feff}miaa",         // byte order mark
    "\u{202e}miaa",         // right-to-left override
    "mi\u{2066}aa\u{2069}", // isolates
    "mi\u{ad}aa",           // soft hyphen
    "mi\u{0}aa",
    "mi\u{7}aa",
    "miaa\n",
    "mi\taa",
    "mi\u{301}aa", // a combining accent
    "⼀⼀⼀",      // radicals
    "ミアさん",
    "mi😀aa",
];

fn user() -> Value {
    json!({
        "name": "nobody", "account": "nobody", "accountType": "MEMBER", "password": PASSWORD,
        "email": "nobody@example.com",
    })
}

fn team() -> Value {
    json!({ "name": "Green", "type": "SUPERAPP", "remark": "", "newAdmin": {
        "name": "nobody", "account": "nobody", "password": PASSWORD, "email": "nobody@example.com",
    } })
}

fn registration() -> Value {
    json!({
        "name": "nobody", "account": "nobody", "email": "nobody@example.com",
        "verificationCode": "123456", "password": PASSWORD, "passwordConfirmation": PASSWORD,
    })
}

async fn a_name_is_held_to_its_rule_wherever_it_is_typed(world: World) {
    let root = world.super_admin().await;
    let mia = world.member("mia").await;
    let places = [
        Place::new(&root, "createUser", user(), "name"),
        Place::new(&root, "createTeam", team(), "newAdmin.name"),
        Place::new(
            &root,
            "updateUser",
            json!({ "userId": mia.id, "name": "" }),
            "name",
        ),
        Place::new(&mia, "updateProfile", json!({ "name": "" }), "name"),
        Place::new(&world.nobody(), "register", registration(), "name"),
    ];
    let mut bad = texts(&[
        ("", "REQUIRED"),
        ("mi", "TOO_SHORT"),
        ("张三", "TOO_SHORT"),
        ("m i a", "INVALID"),
        (" mia", "INVALID"),
        ("mia!", "INVALID"),
        ("mia/x", "INVALID"),
        ("<mia>", "INVALID"),
    ]);
    bad.push(("李".repeat(65), "TOO_LONG"));
    bad.push(("a".repeat(65), "TOO_LONG"));
    bad.push(("a".repeat(100_000), "TOO_LONG"));
    bad.extend(IMPOSTORS.map(|text| (text.to_owned(), "INVALID")));
    refuse(&world, &places, &bad).await;
    for good in ["张三丰", "〇〇〇", "张三々", "a+=,.@-_", "Mia", &"李".repeat(64)] {
        for place in [&places[2], &places[3]] {
            place.ask(good).await.ok();
            let viewer = mia.ask("{ viewer { user { name } } }").await.ok();
            assert_eq!(viewer.text("viewer.user.name"), good);
        }
    }
}

async fn an_account_is_held_to_its_rule_wherever_it_is_typed(world: World) {
    let root = world.super_admin().await;
    let places = [
        Place::new(&root, "createUser", user(), "account"),
        Place::new(&root, "createTeam", team(), "newAdmin.account"),
        Place::new(&world.nobody(), "register", registration(), "account"),
    ];
    let mut bad = texts(&[
        ("", "REQUIRED"),
        ("mi", "TOO_SHORT"),
        ("m i a", "INVALID"),
        ("张三丰", "INVALID"),
        ("mia\u{e9}", "INVALID"),
        ("mia!", "INVALID"),
    ]);
    bad.push(("a".repeat(65), "TOO_LONG"));
    bad.push(("a".repeat(100_000), "TOO_LONG"));
    bad.extend(IMPOSTORS.map(|text| (text.to_owned(), "INVALID")));
    refuse(&world, &places, &bad).await;
    for good in ["mia", "a+=,.@-_", "A1B", &"a".repeat(64)] {
        places[0].ask(good).await.ok();
    }
    let accounts = root.ask("{ users { totalCount } }").await.ok();
    assert_eq!(*accounts.at("users.totalCount"), 5);
}

async fn an_email_is_held_to_its_rule_wherever_it_is_typed(world: World) {
    let root = world.super_admin().await;
    let mia = world.member("mia").await;
    let blue = world.superapp_team("Blue").await;
    let bind = json!({ "email": "", "verificationCode": "123456", "password": format!("{PASSWORD}2") });
    let invite = json!({ "teamId": blue.id, "roleId": blue.role("Developer"), "email": "" });
    let code = |purpose: &str| json!({ "email": "", "purpose": purpose });
    let places = [
        Place::new(&root, "createUser", user(), "email"),
        Place::new(&root, "createTeam", team(), "newAdmin.email"),
        Place::new(
            &root,
            "updateUser",
            json!({ "userId": mia.id, "email": "" }),
            "email",
        ),
        Place::new(&mia, "bindEmail", bind, "email"),
        Place::new(&blue.admin, "createInvitation", invite, "email"),
        Place::new(&world.nobody(), "register", registration(), "email"),
        Place::new(&world.nobody(), "sendVerificationCode", code("REGISTER"), "email"),
        Place::new(&mia, "sendVerificationCode", code("BIND_EMAIL"), "email"),
    ];
    let mut bad = texts(&[
        ("", "REQUIRED"),
        ("mia", "INVALID"),
        ("mia@", "INVALID"),
        ("@example.com", "INVALID"),
        ("mia@localhost", "INVALID"),
        ("mia@[127.0.0.1]", "INVALID"),
        ("mia@example..com", "INVALID"),
        (" mia@example.com", "INVALID"),
        ("mia@example.com ", "INVALID"),
        ("mia@example.com,nia@example.com", "INVALID"),
        ("Mia <mia@example.com>", "INVALID"),
        ("\"m a\"@example.com", "INVALID"),
        ("mia@example.com\r\nBcc: nia@example.com", "INVALID"),
        ("mia\u{0}@example.com", "INVALID"),
        ("mіa@example.com", "INVALID"),
        ("mia@exаmple.com", "INVALID"),
        ("mia@ｅxample.com", "INVALID"),
        ("mia@米.com", "INVALID"),
    ]);
    bad.push((format!("{}@example.com", "a".repeat(65)), "INVALID"));
    let domain = vec!["b".repeat(60); 4].join(".");
    bad.push((format!("a@{domain}.{}", "c".repeat(9)), "TOO_LONG"));
    bad.push(("a".repeat(100_000), "TOO_LONG"));
    refuse(&world, &places, &bad).await;
    // The longest that there is: 254 bytes.
    let longest = format!("a@{domain}.{}", "c".repeat(8));
    assert_eq!(longest.len(), 254);
    for good in ["MIA+x@mail.example.com", "a@xn--fiqs8s.cn", &longest] {
        places[2].ask(good).await.ok();
        let viewer = mia.ask("{ viewer { user { proposedEmail } } }").await.ok();
        assert_eq!(viewer.text("viewer.user.proposedEmail"), good);
    }
}

async fn a_new_password_is_held_to_its_rule_wherever_it_is_typed(world: World) {
    let root = world.super_admin().await;
    let mia = world.member("mia").await;
    world.mail.refuse(true);
    let nia = json!({ "name": "nia", "account": "nia", "accountType": "MEMBER", "password": PASSWORD });
    root.mutate("createUser", nia, "").await.ok();
    let login = json!({ "login": "nia", "password": PASSWORD });
    let login = world.nobody().mutate("login", login, "challenge").await.ok();
    let places = [
        Place::new(&root, "createUser", user(), "password"),
        Place::new(&root, "createTeam", team(), "newAdmin.password"),
        Place::new(
            &root,
            "resetUserPassword",
            json!({ "userId": mia.id, "password": "" }),
            "password",
        ),
    ];
    let mut bad = texts(&[
        ("", "REQUIRED"),
        ("Ab1-xyz", "TOO_SHORT"),
        ("ab1-xyz", "TOO_SHORT"),
        ("blue-whale-sings", "PASSWORD_TOO_WEAK"),
        ("BLUEWHALE42", "PASSWORD_TOO_WEAK"),
        ("P@ssw0rd", "PASSWORD_TOO_WEAK"),
    ]);
    bad.push(("Ab1-".repeat(33), "TOO_LONG"));
    bad.push(("Ab1-".repeat(25_000), "TOO_LONG"));
    refuse(&world, &places, &bad).await;
    // Where it is typed twice.
    let before = world.rows_everywhere().await;
    for (text, code) in &bad {
        let twice = [
            (
                &world.nobody(),
                "register",
                json!({
                    "name": "nobody", "account": "nobody", "email": "nobody@example.com",
                    "verificationCode": "123456", "password": text, "passwordConfirmation": text,
                }),
                "password",
            ),
            (
                &mia,
                "changePassword",
                json!({
                    "currentPassword": format!("{PASSWORD}2"), "newPassword": text,
                    "newPasswordConfirmation": text,
                }),
                "newPassword",
            ),
            (
                &world.nobody(),
                "completeLogin",
                json!({
                    "challenge": login.text("login.challenge"), "newPassword": text,
                    "newPasswordConfirmation": text,
                }),
                "newPassword",
            ),
        ];
        for (who, mutation, input, field) in twice {
            who.mutate(mutation, input, "")
                .await
                .failed(&[&format!("{code} {field}")]);
        }
    }
    assert_eq!(world.rows_everywhere().await, before);
}

async fn a_team_name_is_held_to_its_rule_wherever_it_is_typed(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let rename = json!({ "teamId": blue.id, "name": "" });
    let places = [
        Place::new(&root, "createTeam", team(), "name"),
        Place::new(&root, "updateTeam", rename.clone(), "name"),
        Place::new(&blue.admin, "updateTeam", rename, "name"),
    ];
    let mut bad = texts(&[
        ("", "REQUIRED"),
        ("ab", "TOO_SHORT"),
        (" Blue", "INVALID"),
        ("Blue ", "INVALID"),
        ("Blue  Team", "INVALID"),
        ("Blue\u{a0}Team", "INVALID"),
        ("Blue\u{3000}Team", "INVALID"),
        ("Blue\tTeam", "INVALID"),
        ("Blue!", "INVALID"),
    ]);
    bad.push(("李".repeat(65), "TOO_LONG"));
    bad.push(("a".repeat(100_000), "TOO_LONG"));
    bad.extend(IMPOSTORS.map(|text| (text.to_owned(), "INVALID")));
    refuse(&world, &places, &bad).await;
    for good in ["Blue Team 1", "蓝 队 一", "a+=,.@-_", &"李".repeat(64)] {
        for place in &places[1..] {
            place.ask(good).await.ok();
        }
        let name = format!("{{ team(id: \"{}\") {{ name }} }}", blue.id);
        assert_eq!(root.ask(&name).await.ok().text("team.name"), good);
    }
}

async fn a_remark_is_held_to_its_rule_wherever_it_is_typed(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let remark = json!({ "teamId": blue.id, "remark": "" });
    let places = [
        Place::new(&root, "createTeam", team(), "remark"),
        Place::new(&root, "updateTeam", remark.clone(), "remark"),
        Place::new(&blue.admin, "updateTeam", remark, "remark"),
    ];
    let mut bad = texts(&[
        ("a\nb", "INVALID"),
        ("a\u{0}b", "INVALID"),
        ("a\u{7f}b", "INVALID"),
        ("a\u{85}b", "INVALID"),
        ("a\u{200b}b", "INVALID"),
        ("a\u{202e}b", "INVALID"),
        ("a\u{2066}b", "INVALID"),
    ]);
    bad.push(("李".repeat(257), "TOO_LONG"));
    bad.push(("a".repeat(100_000), "TOO_LONG"));
    refuse(&world, &places, &bad).await;
    let document = format!("{{ team(id: \"{}\") {{ remark }} }}", blue.id);
    for good in ["Что угодно, 😀 <b>&amp;</b> '; --", &"李".repeat(256)] {
        for place in &places[1..] {
            place.ask(good).await.ok();
            assert_eq!(root.ask(&document).await.ok().text("team.remark"), good);
        }
    }
    places[1].ask("").await.ok();
    assert!(root.ask(&document).await.ok().at("team.remark").is_null());
}

async fn all_that_is_wrong_with_an_input_is_told_together(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let mia = world.member("mia").await;
    let before = world.rows_everywhere().await;
    let input = json!({
        "name": "m", "account": "米", "accountType": "MEMBER", "password": "short", "email": "none",
    });
    let mut errors = root
        .mutate("createUser", input, "user { id }")
        .await
        .user_errors();
    errors.sort();
    assert_eq!(
        errors,
        [
            "INVALID email",
            "TOO_SHORT account",
            "TOO_SHORT name",
            "TOO_SHORT password"
        ]
    );
    let input = json!({
        "name": "G", "type": "SUPERAPP", "remark": "a\nb", "superappTeamId": blue.id,
        "expiresAt": "2099-01-01T00:00:00Z", "adminIds": ["nonsense", mia.id, blue.id],
        "newAdmin": { "name": "m", "account": "", "email": "none" },
    });
    let mut errors = root
        .mutate("createTeam", input, "team { id }")
        .await
        .user_errors();
    errors.sort();
    assert_eq!(
        errors,
        [
            "INVALID expiresAt",
            "INVALID newAdmin.email",
            "INVALID remark",
            "INVALID superappTeamId",
            "NOT_FOUND adminIds.0",
            "NOT_FOUND adminIds.2",
            "REQUIRED newAdmin.account",
            "REQUIRED newAdmin.password",
            "TOO_SHORT name",
            "TOO_SHORT newAdmin.name",
        ]
    );
    let input = json!({ "userId": mia.id, "name": "m", "email": "none" });
    root.mutate("updateUser", input, "")
        .await
        .failed(&["TOO_SHORT name", "INVALID email"]);
    let input = json!({ "teamId": blue.id, "name": "m", "remark": "a\nb", "adminIds": [] });
    let mut errors = root.mutate("updateTeam", input, "").await.user_errors();
    errors.sort();
    assert_eq!(errors, ["INVALID remark", "REQUIRED adminIds", "TOO_SHORT name"]);
    let members = json!([
        { "userId": "nonsense", "roleId": "nonsense" },
        { "userId": mia.id, "roleId": blue.role("Developer") },
        { "userId": mia.id, "roleId": mia.id },
        { "userId": blue.id, "roleId": blue.role("Developer") },
    ]);
    let input = json!({ "teamId": blue.id, "members": members });
    let mut errors = blue.admin.mutate("addTeamMembers", input, "").await.user_errors();
    errors.sort();
    assert_eq!(
        errors,
        [
            "ALREADY_MEMBER members.2.userId",
            "NOT_FOUND members.0.roleId",
            "NOT_FOUND members.0.userId",
            "NOT_FOUND members.2.roleId",
            "NOT_FOUND members.3.userId",
        ]
    );
    // One good field beside a bad one is not written either.
    let input = json!({ "userId": mia.id, "name": "Renamed", "email": "none" });
    root.mutate("updateUser", input, "")
        .await
        .failed(&["INVALID email"]);
    let input = json!({ "teamId": blue.id, "name": "Renamed", "remark": "a\nb" });
    root.mutate("updateTeam", input, "")
        .await
        .failed(&["INVALID remark"]);
    assert_eq!(world.rows_everywhere().await, before);
    assert_eq!(world.tables_with("Renamed").await, [""; 0]);
}

async fn names_are_kept_in_one_normal_form(world: World) {
    let root = world.super_admin().await;
    // A compatibility ideograph is the unified one by another name.
    let mut input = user();
    input["name"] = json!("\u{f900}\u{f900}\u{f900}");
    let answer = root.mutate("createUser", input, "user { name }").await.ok();
    assert_eq!(answer.text("createUser.user.name"), "豈豈豈");
    let mut input = team();
    input["name"] = json!("\u{f900}\u{f900} \u{f900}");
    input["newAdmin"]["account"] = json!("another");
    let answer = root
        .mutate("createTeam", input.clone(), "team { name }")
        .await
        .ok();
    assert_eq!(answer.text("createTeam.team.name"), "豈豈 豈");
    // In the other form, and in another case, it is the same name.
    input["name"] = json!("豈豈 豈");
    input["newAdmin"]["account"] = json!("third");
    let before = world.rows_everywhere().await;
    root.mutate("createTeam", input, "").await.failed(&["TAKEN name"]);
    assert_eq!(world.rows_everywhere().await, before);
    let search = json!({ "search": "\u{f900}\u{f900}" });
    let document = "query($filter: UserFilter) { users(filter: $filter) { totalCount } }";
    let found = root.ask_with(document, json!({ "filter": search })).await.ok();
    assert_eq!(*found.at("users.totalCount"), 1);
    let remark = json!({ "teamId": answer_id(&root).await, "remark": "Cafe\u{301}" });
    let answer = root.mutate("updateTeam", remark, "team { remark }").await.ok();
    assert_eq!(answer.text("updateTeam.team.remark"), "Café");
}

async fn answer_id(root: &Actor) -> String {
    root.ask("{ teams { nodes { id } } }")
        .await
        .ok()
        .text("teams.nodes.0.id")
}

#[allow(clippy::too_many_lines)] // A table.
async fn an_explicit_null_is_as_good_as_left_out(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let green = world.mini_program_team("Green", &blue).await;
    let mia = world.registered("mia", None).await;
    let expiry = world.app.now() + TimeDelta::days(30);
    let remark = json!({ "teamId": green.id, "remark": "kept", "expiresAt": expiry.to_rfc3339() });
    root.mutate("updateTeam", remark, "").await.ok();
    let everything = "{ users(orderBy: { field: ACCOUNT, direction: ASC }) { nodes { account name accountType email proposedEmail locale } }
        teams { nodes { name remark expiresAt superappTeam { name } admins { account } } } }";
    let before = root.ask(everything).await.ok();
    // Changes that change nothing.
    for (who, mutation, input) in [
        (&mia, "updateProfile", json!({ "name": null, "locale": null })),
        (
            &root,
            "updateUser",
            json!({ "userId": mia.id, "name": null, "accountType": null, "email": null }),
        ),
        (
            &root,
            "updateTeam",
            json!({
                "teamId": green.id, "name": null, "remark": null, "adminIds": null,
                "superappTeamId": null, "expiresAt": null,
            }),
        ),
        (
            &green.admin,
            "updateTeam",
            json!({ "teamId": green.id, "adminIds": null, "expiresAt": null }),
        ),
    ] {
        who.mutate(mutation, input, "").await.ok();
    }
    assert_eq!(root.ask(everything).await.ok().body, before.body);
    // What is needed is missed, and nothing is our fault.
    let nobody = world.nobody();
    let challenge = json!({ "challenge": "none", "newPassword": null, "newPasswordConfirmation": null });
    for (who, mutation, input, errors) in [
        (
            &root,
            "createUser",
            json!({ "name": "nia", "account": "nia", "accountType": "MEMBER", "password": null, "generatePassword": null, "email": null, "locale": null }),
            vec!["REQUIRED password"],
        ),
        (
            &root,
            "resetUserPassword",
            json!({ "userId": mia.id, "password": null, "generatePassword": null }),
            vec!["REQUIRED password"],
        ),
        (
            &root,
            "createTeam",
            json!({ "name": "Red", "type": "MINI_PROGRAM", "adminIds": null, "newAdmin": null, "superappTeamId": null, "expiresAt": null, "remark": null }),
            vec!["REQUIRED adminIds", "REQUIRED superappTeamId"],
        ),
        (
            &nobody,
            "completeLogin",
            challenge,
            vec!["INVALID_CREDENTIALS challenge"],
        ),
        (
            &nobody,
            "refreshSession",
            json!({ "refreshToken": null }),
            vec!["REQUIRED refreshToken"],
        ),
        (
            &nobody,
            "register",
            {
                let mut input = registration();
                input["invitationCode"] = json!(null);
                input["locale"] = json!(null);
                input
            },
            vec!["INVALID_CODE verificationCode"],
        ),
    ] {
        who.mutate(mutation, input, "").await.failed(&errors);
    }
    // What is optional in something new may be null.
    let input = json!({ "email": "nia@example.com", "purpose": "REGISTER", "locale": null });
    nobody.mutate("sendVerificationCode", input, "").await.ok();
    let input = json!({ "teamId": blue.id, "roleId": blue.role("Developer"), "email": null });
    blue.admin.mutate("createInvitation", input, "").await.ok();
    let input = json!({ "name": "nia", "account": "nia", "accountType": "MEMBER", "password": null, "generatePassword": true, "email": null, "locale": null });
    root.mutate("createUser", input, "").await.ok();
    let input = json!({
        "name": "Red", "type": "SUPERAPP", "adminIds": [mia.id], "newAdmin": null,
        "superappTeamId": null, "expiresAt": null, "remark": null,
    });
    root.mutate("createTeam", input, "").await.ok();
    // All arguments of all lists.
    let document = "query($id: ID!, $null: Int, $text: String, $users: UserFilter, $order: UserOrder,
            $teams: TeamFilter, $by: TeamOrder, $members: MemberFilter, $status: InvitationStatus) {
        users(first: $null, after: $text, last: $null, before: $text, filter: $users, orderBy: $order) {
            nodes { memberships(first: $null, after: $text, last: $null, before: $text) { totalCount } }
        }
        teams(first: $null, after: $text, last: $null, before: $text, filter: $teams, orderBy: $by) { totalCount }
        team(id: $id) {
            miniProgramTeams(first: $null, after: $text, last: $null, before: $text) { totalCount }
            members(first: $null, after: $text, last: $null, before: $text, filter: $members) { totalCount }
            invitations(first: $null, after: $text, last: $null, before: $text, status: $status) { totalCount }
        }
        viewer { memberships(first: $null, after: $text, last: $null, before: $text) { totalCount } }
    }";
    let nulls = json!({
        "id": blue.id, "null": null, "text": null, "users": null, "order": null, "teams": null,
        "by": null, "members": null, "status": null,
    });
    let with_nulls = root.ask_with(document, nulls).await.ok();
    let inner = json!({
        "id": blue.id,
        "users": { "search": null, "accountType": null, "teamId": null, "status": null },
        "teams": { "search": null, "type": null, "status": null, "superappTeamId": null },
        "members": { "search": null, "roleIds": null },
    });
    assert_eq!(root.ask_with(document, inner).await.ok().body, with_nulls.body);
    let left_out = root.ask_with(document, json!({ "id": blue.id })).await.ok();
    assert_eq!(left_out.body, with_nulls.body);
}

#[allow(clippy::too_many_lines)] // A table.
async fn an_id_of_the_wrong_kind_or_form_names_nothing(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Developer").await;
    let membership = blue.membership_of(&mia).await;
    let admin = &blue.admin;
    let invitation = blue.role("Developer");
    let before = world.rows_everywhere().await;
    let unknown = |kind: &str| format!("{kind}_01890a5dacb966774bbcceb302");
    let bad = |kind: &str, other: &str| {
        vec![
            String::new(),
            "nonsense".to_owned(),
            other.to_owned(),
            unknown(kind),
            format!("{kind}_"),
            format!("{kind}_01h455vb4pex5vsknk084sn02"),
            format!("{kind}_81h455vb4pex5vsknk084sn02q"),
            format!("{}_01h455vb4pex5vsknk084sn02q", kind.to_uppercase()),
            "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
            format!("{kind}_米"),
            format!("{kind}_\u{0}1h455vb4pex5vsknk084sn02q"),
            "x".repeat(100_000),
        ]
    };
    for (who, mutation, input, field, kind, other) in [
        (
            &root,
            "updateUser",
            json!({ "name": "Renamed" }),
            "userId",
            "user",
            &blue.id,
        ),
        (
            &root,
            "resetUserPassword",
            json!({ "generatePassword": true }),
            "userId",
            "user",
            &blue.id,
        ),
        (&root, "disableUser", json!({}), "userId", "user", &blue.id),
        (&root, "enableUser", json!({}), "userId", "user", &membership),
        (&root, "deleteUser", json!({}), "userId", "user", &blue.id),
        (
            &root,
            "updateTeam",
            json!({ "name": "Renamed" }),
            "teamId",
            "team",
            &mia.id,
        ),
        (
            admin,
            "updateTeam",
            json!({ "name": "Renamed" }),
            "teamId",
            "team",
            &mia.id,
        ),
        (
            &root,
            "updateTeam",
            json!({ "teamId": blue.id }),
            "superappTeamId",
            "team",
            &mia.id,
        ),
        (
            &root,
            "createTeam",
            {
                let mut input = team();
                input["type"] = json!("MINI_PROGRAM");
                input
            },
            "superappTeamId",
            "team",
            &mia.id,
        ),
        (
            admin,
            "addTeamMembers",
            json!({ "members": [{ "userId": mia.id, "roleId": blue.role("Developer") }] }),
            "teamId",
            "team",
            &mia.id,
        ),
        (
            admin,
            "updateTeamMember",
            json!({ "roleId": blue.role("Operator") }),
            "membershipId",
            "membership",
            &mia.id,
        ),
        (
            admin,
            "updateTeamMember",
            json!({ "membershipId": membership }),
            "roleId",
            "role",
            &mia.id,
        ),
        (
            admin,
            "removeTeamMember",
            json!({}),
            "membershipId",
            "membership",
            &mia.id,
        ),
        (&mia, "leaveTeam", json!({}), "teamId", "team", &mia.id),
        (
            admin,
            "createInvitation",
            json!({ "roleId": blue.role("Developer") }),
            "teamId",
            "team",
            &mia.id,
        ),
        (
            admin,
            "createInvitation",
            json!({ "teamId": blue.id }),
            "roleId",
            "role",
            &mia.id,
        ),
        (
            admin,
            "revokeInvitation",
            json!({}),
            "invitationId",
            "invitation",
            &invitation,
        ),
    ] {
        for id in bad(kind, other) {
            let mut input = input.clone();
            input[field] = json!(id);
            let answer = who.mutate(mutation, input, "").await;
            let short: String = id.chars().take(60).collect();
            if (mutation, field, id.as_str()) == ("updateTeam", "superappTeamId", unknown(kind).as_str()) {
                // A superapp team is bound to no other: which one does not matter.
                answer.failed(&["INVALID superappTeamId"]);
                continue;
            }
            assert_eq!(
                answer.codes(),
                ["NOT_FOUND"],
                "{mutation} {field} {short:?}: {}",
                answer.body
            );
        }
    }
    assert_eq!(world.rows_everywhere().await, before);
    // In a list of the input it is a user error with its place.
    for id in bad("user", &blue.id) {
        let input = json!({ "teamId": blue.id, "adminIds": [blue.admin.id, id] });
        root.mutate("updateTeam", input, "")
            .await
            .failed(&["NOT_FOUND adminIds.1"]);
    }
    // And an id in a query names nothing.
    for id in bad("team", &mia.id) {
        let document = "query($id: ID!) { team(id: $id) { id } user(id: $id) { id } node(id: $id) { id } }";
        if id != mia.id {
            let answer = root.ask_with(document, json!({ "id": id })).await.ok();
            assert_eq!(
                answer.body["data"],
                json!({ "team": null, "user": null, "node": null })
            );
        }
    }
    assert_eq!(world.rows_everywhere().await, before);
}

#[allow(clippy::too_many_lines)] // A table.
async fn long_or_odd_text_is_never_our_fault(world: World) {
    world.registered("mia", None).await;
    let blue = world.superapp_team("Blue").await;
    // The first login from where nobody has registered brings its letter.
    Actor::log_in(&world, "mia", PASSWORD).await;
    Actor::log_in(&world, "mia", PASSWORD).await;
    let before = world.rows_everywhere().await;
    let odd = [
        "x".repeat(50_000),
        "\u{0}".to_owned(),
        "mia\u{0}".to_owned(),
        "\u{301}".repeat(5_000),
        "\u{fdfa}".repeat(2_000),
        "\u{10ffff}".to_owned(),
        "'; DROP TABLE user; --".to_owned(),
        "${jndi:ldap://x}".to_owned(),
        "İİİ".to_owned(),
    ];
    for text in odd {
        let short: String = text.chars().take(20).collect();
        // The count of wrong passwords is not what is looked at here.
        world.pass(TimeDelta::minutes(16));
        let mia = Actor::log_in(&world, "mia", PASSWORD).await;
        let root = world.super_admin().await;
        let admin = Actor::log_in(&world, "Blue-admin", &format!("{PASSWORD}2")).await;
        let nobody = world.nobody();
        for answer in [
            nobody
                .mutate("login", json!({ "login": text, "password": PASSWORD }), "step")
                .await,
            nobody
                .mutate("login", json!({ "login": "mia", "password": text }), "step")
                .await,
            nobody
                .mutate(
                    "completeLogin",
                    json!({ "challenge": text, "newPassword": text }),
                    "step",
                )
                .await,
            nobody
                .mutate("refreshSession", json!({ "refreshToken": text }), "")
                .await,
            nobody
                .mutate(
                    "sendVerificationCode",
                    json!({ "email": text, "purpose": "REGISTER" }),
                    "",
                )
                .await,
            {
                let mut input = registration();
                input["verificationCode"] = json!(text);
                input["invitationCode"] = json!(text);
                nobody.mutate("register", input, "").await
            },
            mia.mutate("joinTeam", json!({ "code": text }), "").await,
        ] {
            assert!(
                answer.codes().is_empty() && !answer.user_errors().is_empty(),
                "{short:?}: {}",
                answer.body
            );
        }
        let input = json!({
            "currentPassword": text, "newPassword": "Red-Whale-42", "newPasswordConfirmation": "Red-Whale-42",
        });
        mia.mutate("changePassword", input, "")
            .await
            .failed(&["INCORRECT_PASSWORD currentPassword"]);
        for (who, document) in [
            (
                &root,
                "query($text: String) { users(filter: { search: $text }) { totalCount } }",
            ),
            (
                &root,
                "query($text: String) { teams(filter: { search: $text }) { totalCount } }",
            ),
            (
                &mia,
                "query($text: String) { teams(filter: { search: $text }) { totalCount } }",
            ),
        ] {
            let answer = who.ask_with(document, json!({ "text": text })).await;
            match &answer.codes()[..] {
                [] => assert_eq!(answer.body["data"].to_string().matches(":0").count(), 1),
                codes => assert_eq!(codes, ["BAD_USER_INPUT"], "{short:?}: {}", answer.body),
            }
        }
        let document = "query($id: ID!, $text: String) { team(id: $id) { name members(filter: { search: $text }) { totalCount } } }";
        let answer = admin
            .ask_with(document, json!({ "id": blue.id, "text": text }))
            .await;
        let codes = answer.codes();
        assert!(
            codes.is_empty() || codes == ["BAD_USER_INPUT"],
            "{short:?}: {}",
            answer.body
        );
    }
    // Sessions alone came.
    let others = |rows: Vec<(String, i64)>| {
        let kept = rows.into_iter().filter(|(table, _)| table != "session");
        kept.collect::<Vec<_>>()
    };
    assert_eq!(others(world.rows_everywhere().await), others(before));
}
