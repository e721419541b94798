//! Ranks: over whose accounts the hands of platform staff go (`domain.md`, "Account types and what they may do").

use rollcall::access::Action;

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(
    staff_act_on_accounts_by_rank,
    staff_make_accounts_by_rank,
    a_member_in_a_team_becomes_no_platform_admin,
    another_account_type_holds_from_the_next_request_on,
);

/// Who acts on whom; then each action with its outcome in each of these cases. `yes`: done. `no`: FORBIDDEN.
/// `own`: `USE_OWN_ACCOUNT`, as the viewer has a way of their own, with the current password. The type that an account
/// has already is no change, and so harms nobody.
const TABLE: &str = "
    actor             super  super  super   plat   plat  plat   plat
    target            self   plat   member  super  self  other  member

    name              yes    yes    yes     no     yes   no     yes
    to MEMBER         no     yes    yes     no     no    no     yes
    to PLATFORM_ADMIN no     yes    yes     no     yes   no     no
    to SUPER_ADMIN    yes    no     no      no     no    no     no
    password          own    yes    yes     no     own   no     yes
    disable           no     yes    yes     no     no    no     yes
    enable            no     yes    yes     no     no    no     yes
    delete            no     yes    yes     no     no    no     yes
    unlock            no     yes    yes     no     no    no     yes
    email             yes    yes    yes     no     yes   no     yes
";

/// The rows of a printed table, each with its first `label` columns of text as its name.
fn read_table(text: &str) -> Vec<(String, Vec<String>)> {
    const LABEL: usize = 18;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let (name, cells) = line.split_at(LABEL);
            (
                name.trim().to_owned(),
                cells.split_whitespace().map(str::to_owned).collect(),
            )
        })
        .collect()
}

struct Staff {
    world: World,
    root: Actor,
    /// How many accounts were made.
    made: std::cell::Cell<usize>,
}

impl Staff {
    async fn new(world: World) -> Self {
        let root = world.super_admin().await;
        Self {
            world,
            root,
            made: std::cell::Cell::new(0),
        }
    }

    fn account(&self) -> String {
        self.made.set(self.made.get() + 1);
        format!("account-{}", self.made.get())
    }

    /// The id of a new account.
    async fn make(&self, account_type: &str) -> String {
        let account = self.account();
        let input =
            json!({ "name": account, "account": account, "accountType": account_type, "password": PASSWORD });
        let made = self.root.mutate("createUser", input, "user { id }").await.ok();
        made.text("createUser.user.id")
    }

    /// What everybody's console shows of the account; null when it is gone.
    async fn shown(&self, id: &str) -> Value {
        let document =
            "query($id: ID!) { user(id: $id) { name accountType status proposedEmail mustChangePassword } }";
        let answer = self.root.ask_with(document, json!({ "id": id })).await;
        answer.ok().at("user").clone()
    }

    /// Does what the row says to the target.
    async fn act(&self, actor: &Actor, row: &str, target: &str) -> Answer {
        let (field, mut input) = match row {
            "name" => ("updateUser", json!({ "name": "Renamed" })),
            "email" => ("updateUser", json!({ "email": "proposed@example.com" })),
            "password" => ("resetUserPassword", json!({ "password": "Red-Whale-43" })),
            "disable" => ("disableUser", json!({})),
            "enable" => ("enableUser", json!({})),
            "delete" => ("deleteUser", json!({})),
            // Of an account that is not locked: the count of its failures alone begins anew.
            "unlock" => ("unlockUser", json!({})),
            row => (
                "updateUser",
                json!({ "accountType": row.strip_prefix("to ").unwrap() }),
            ),
        };
        input["userId"] = json!(target);
        actor.mutate(field, input, "").await
    }
}

/// What a refusal leaves as it was. The last row's letters are on their way while it goes on.
async fn rows_but_letters(world: &World, row: &str) -> Vec<(String, i64)> {
    let mut rows = world.rows_everywhere().await;
    rows.retain(|(table, _)| row != "email" || table != "letters");
    rows
}

/// What the row makes of an account.
fn changed(row: &str, before: &Value) -> Value {
    let mut after = before.clone();
    match row {
        "name" => after["name"] = json!("Renamed"),
        "email" => after["proposedEmail"] = json!("proposed@example.com"),
        "password" => after["mustChangePassword"] = json!(true),
        "disable" => after["status"] = json!("DISABLED"),
        "enable" => after["status"] = json!("ACTIVE"),
        "delete" => after = Value::Null,
        "unlock" => {}
        row => after["accountType"] = json!(row.strip_prefix("to ").unwrap()),
    }
    after
}

async fn staff_act_on_accounts_by_rank(world: World) {
    let staff = Staff::new(world).await;
    let platform_admin = staff.world.platform_admin("pam").await;
    let table = read_table(TABLE);
    let mut wrong = Vec::new();
    for (row, cells) in &table[2..] {
        for ((actor, target), wanted) in table[0].1.iter().zip(&table[1].1).zip(cells) {
            let case = format!("{row}: {actor} on {target}");
            let by = if actor == "super" {
                &staff.root
            } else {
                &platform_admin
            };
            let id = match target.as_str() {
                "self" => by.id.clone(),
                "super" => staff.root.id.clone(),
                "member" => staff.make("MEMBER").await,
                _ => staff.make("PLATFORM_ADMIN").await,
            };
            if row == "enable" && matches!(target.as_str(), "member" | "plat" | "other") {
                let input = json!({ "userId": id });
                staff.root.mutate("disableUser", input, "").await.ok();
            }
            let before = staff.shown(&id).await;
            let rows = rows_but_letters(&staff.world, row).await;
            let answer = staff.act(by, row, &id).await;
            let cell = match (answer.codes().as_slice(), answer.user_errors().as_slice()) {
                ([], []) => "yes",
                ([code], []) if code == "FORBIDDEN" => "no",
                ([], [error]) if error == "USE_OWN_ACCOUNT userId" => "own",
                _ => panic!("{case}: {}", answer.body),
            };
            if cell != wanted {
                wrong.push(format!("{case}: {cell}, and not {wanted}"));
                continue;
            }
            if cell == "yes" {
                assert_eq!(staff.shown(&id).await, changed(row, &before), "{case}");
            } else {
                assert_eq!(rows_but_letters(&staff.world, row).await, rows, "{case}");
                assert_eq!(staff.shown(&id).await, before, "{case}");
            }
            if cell == "no" {
                let requires = &answer.body["errors"][0]["extensions"]["requires"];
                assert_eq!(*requires, json!(Action::UserUpdate.requirement_names()), "{case}");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn staff_make_accounts_by_rank(world: World) {
    let staff = Staff::new(world).await;
    let platform_admin = staff.world.platform_admin("pam").await;
    let member = staff.world.member("mia").await;
    for (actor, account_type, allowed) in [
        (&staff.root, "SUPER_ADMIN", false),
        (&staff.root, "PLATFORM_ADMIN", true),
        (&staff.root, "MEMBER", true),
        (&platform_admin, "SUPER_ADMIN", false),
        (&platform_admin, "PLATFORM_ADMIN", false),
        (&platform_admin, "MEMBER", true),
        (&member, "SUPER_ADMIN", false),
        (&member, "PLATFORM_ADMIN", false),
        (&member, "MEMBER", false),
    ] {
        let account = staff.account();
        let input =
            json!({ "name": account, "account": account, "accountType": account_type, "password": PASSWORD });
        let before = staff.world.rows_everywhere().await;
        let answer = actor
            .mutate("createUser", input, "user { account accountType }")
            .await;
        if allowed {
            let answer = answer.ok();
            assert_eq!(answer.text("createUser.user.account"), account);
            assert_eq!(answer.text("createUser.user.accountType"), account_type);
        } else {
            answer.refused("FORBIDDEN");
            assert_eq!(
                staff.world.rows_everywhere().await,
                before,
                "{} makes {account_type}",
                actor.account
            );
        }
    }
}

async fn a_member_in_a_team_becomes_no_platform_admin(world: World) {
    let team = world.superapp_team("alpha").await;
    let mia = team.with(&world, "mia", "Developer").await;
    let root = world.super_admin().await;
    let input = json!({ "userId": mia.id, "accountType": "PLATFORM_ADMIN" });
    let before = world.rows_everywhere().await;
    root.mutate("updateUser", input.clone(), "user { accountType }")
        .await
        .failed(&["HAS_MEMBERSHIPS accountType"]);
    assert_eq!(world.rows_everywhere().await, before);
    assert!(mia.is_signed_in().await);
    mia.mutate("leaveTeam", json!({ "teamId": team.id }), "")
        .await
        .ok();
    let answer = root
        .mutate("updateUser", input, "user { accountType }")
        .await
        .ok();
    assert_eq!(answer.text("updateUser.user.accountType"), "PLATFORM_ADMIN");
    // And so cannot come back.
    let members = json!([{ "userId": mia.id, "roleId": team.role("Developer") }]);
    team.admin
        .mutate(
            "addTeamMembers",
            json!({ "teamId": team.id, "members": members }),
            "",
        )
        .await
        .failed(&["STAFF_CANNOT_JOIN members.0.userId"]);
}

async fn another_account_type_holds_from_the_next_request_on(world: World) {
    let root = world.super_admin().await;
    let pam = world.platform_admin("pam").await;
    pam.ask("{ users { totalCount } }").await.ok();
    let input = json!({ "userId": pam.id, "accountType": "MEMBER" });
    root.mutate("updateUser", input, "").await.ok();
    // The sessions of before are over; those of after are a member's.
    assert!(!pam.is_signed_in().await);
    let pam = Actor::log_in(&world, "pam", &format!("{PASSWORD}2")).await;
    pam.ask("{ users { totalCount } }").await.refused("FORBIDDEN");
    assert_eq!(pam.menus().await, ["ACCOUNT"]);
}
