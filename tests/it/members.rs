//! Members of a team: added, given roles, removed, leaving, listed.

use std::collections::HashSet;

use chrono::TimeDelta;

use crate::support::*;

on_each_database!(
    members_are_added_with_their_roles_and_told,
    an_addition_of_several_is_one_event,
    an_addition_is_all_or_nothing_and_names_each_mistake,
    an_addition_has_1_to_100_members,
    a_team_has_at_most_5000_members,
    only_an_admin_adds_an_admin,
    who_does_not_manage_members_adds_none,
    a_member_gets_another_role_and_is_told,
    nobody_changes_their_own_role,
    a_member_manager_cannot_touch_administrators,
    the_last_active_admin_stays,
    a_removed_member_is_out_and_told,
    memberships_out_of_sight_do_not_exist,
    anyone_but_the_last_admin_leaves,
    an_expired_team_can_be_left,
    members_are_listed_and_paged_both_ways,
    members_are_filtered,
    a_lost_role_holds_from_the_next_request_on,
    a_disabled_or_deleted_user_is_refused_from_the_next_request_on,
);

async fn add(by: &Actor, team: &Team, members: &[(&str, String)]) -> Answer {
    let members: Vec<Value> = members
        .iter()
        .map(|(user_id, role_id)| json!({ "userId": user_id, "roleId": role_id }))
        .collect();
    by.mutate(
        "addTeamMembers",
        json!({ "teamId": team.id, "members": members }),
        "memberships { id user { account } role { name } team { name } }",
    )
    .await
}

async fn update(by: &Actor, membership: &str, role: &str) -> Answer {
    let input = json!({ "membershipId": membership, "roleId": role });
    by.mutate("updateTeamMember", input, "membership { id role { name } }")
        .await
}

async fn remove(by: &Actor, membership: &str) -> Answer {
    let input = json!({ "membershipId": membership });
    by.mutate("removeTeamMember", input, "removedMembershipId").await
}

async fn leave(by: &Actor, team: &Team) -> Answer {
    by.mutate("leaveTeam", json!({ "teamId": team.id }), "").await
}

async fn disable(world: &World, user: &Actor) {
    let root = world.super_admin().await;
    root.mutate("disableUser", json!({ "userId": user.id }), "")
        .await
        .ok();
}

fn members_of(team: &Team, arguments: &str) -> String {
    format!(
        "{{ team(id: \"{}\") {{ members({arguments}) {{ totalCount edges {{ cursor }} nodes {{ id user {{ account }} role {{ name }} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }} }}",
        team.id
    )
}

async fn accounts(by: &Actor, team: &Team, arguments: &str) -> Vec<String> {
    let answer = by.ask(&members_of(team, arguments)).await.ok();
    let accounts = answer.texts("team.members.nodes.*.user.account");
    assert_eq!(*answer.at("team.members.totalCount"), json!(accounts.len()));
    accounts
}

async fn members_are_added_with_their_roles_and_told(world: World) {
    let team = world.superapp_team("Blue").await;
    let (mia, ben) = (world.registered("mia", None).await, world.member("ben").await);
    let members = [
        (mia.id.as_str(), team.role("Developer")),
        (ben.id.as_str(), team.role("Administrator")),
    ];
    let answer = add(&team.admin, &team, &members).await.ok();
    // In the order of the input.
    assert_eq!(
        answer.texts("addTeamMembers.memberships.*.user.account"),
        ["mia", "ben"]
    );
    assert_eq!(
        answer.texts("addTeamMembers.memberships.*.role.name"),
        ["Developer", "Administrator"]
    );
    let letter = world.mail.to("mia@example.com").await;
    assert_eq!(letter.subject, "You were added to a team");
    assert!(letter.text.contains("Blue") && letter.text.contains("Developer"));
    assert_eq!(
        mia.menus().await,
        ["ACCOUNT", "SUPERAPP_MANAGEMENT", "OPERATIONS_MANAGEMENT"]
    );
    let events = world
        .rows("SELECT changes FROM audit_event WHERE action = 'addTeamMembers' AND outcome = 'SUCCEEDED'")
        .await;
    assert_eq!(events.len(), 1);
    assert!(events[0]["changes"].as_str().unwrap().contains("Developer"));
}

async fn an_addition_is_all_or_nothing_and_names_each_mistake(world: World) {
    let root = world.super_admin().await;
    let team = world.superapp_team("Blue").await;
    let other = world.mini_program_team("Mini", &team).await;
    let (mia, ben, cam) = (
        world.member("mia").await,
        world.member("ben").await,
        world.registered("cam", None).await,
    );
    let pia = world.platform_admin("pia").await;
    disable(&world, &ben).await;
    let developer = || team.role("Developer");
    let members = [
        (cam.id.as_str(), developer()),
        ("nonsense", developer()),
        ("user_01h455vb4pex5vsknk084sn02q", developer()),
        (root.id.as_str(), developer()),
        (pia.id.as_str(), developer()),
        (ben.id.as_str(), developer()),
        (team.admin.id.as_str(), developer()),
        // A role of the other type of team, one that does not exist, and one that is no id.
        (mia.id.as_str(), other.role("Developer")),
        (mia.id.as_str(), "role_01h455vb4pex5vsknk084sn02q".to_owned()),
        ("nonsense", "nonsense".to_owned()),
        (cam.id.as_str(), developer()),
    ];
    let answer = world.unchanged_by(add(&team.admin, &team, &members)).await;
    // Who is named twice is no member yet.
    let messages = answer.texts("addTeamMembers.userErrors.*.message");
    assert_eq!(messages.last().unwrap(), "This user is in the list twice.");
    answer.failed(&[
        "NOT_FOUND members.1.userId",
        "NOT_FOUND members.2.userId",
        "STAFF_CANNOT_JOIN members.3.userId",
        "STAFF_CANNOT_JOIN members.4.userId",
        "NOT_FOUND members.5.userId",
        "ALREADY_MEMBER members.6.userId",
        "NOT_FOUND members.7.roleId",
        "NOT_FOUND members.8.roleId",
        "NOT_FOUND members.9.userId",
        "NOT_FOUND members.9.roleId",
        "ALREADY_MEMBER members.10.userId",
    ]);
    assert_eq!(accounts(&team.admin, &team, "first: 100").await, ["Blue-admin"]);
}

async fn an_addition_has_1_to_100_members(world: World) {
    let team = world.superapp_team("Blue").await;
    let mia = world.member("mia").await;
    let none = world.unchanged_by(add(&team.admin, &team, &[])).await;
    none.failed(&["REQUIRED members"]);
    let many = vec![(mia.id.as_str(), team.role("Developer")); 101];
    let refused = world.unchanged_by(add(&team.admin, &team, &many)).await;
    refused.failed(&["LIMIT_REACHED members"]);
    // One hundred are read through to the end.
    let refused = world.unchanged_by(add(&team.admin, &team, &many[..100])).await;
    assert_eq!(refused.user_errors().len(), 99);
    assert_eq!(refused.user_errors()[98], "ALREADY_MEMBER members.99.userId");
}

/// Fills the team up by the database: through the API it would take minutes.
async fn fill(world: &World, team: &Team, members: usize) {
    use rollcall::base::id::{Id, MembershipId, UserId};
    use rollcall::entity::{membership, user};
    use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

    // The fillers have nothing to log in with, and nobody looks for them.
    world.breaks(&["user-has-password", "account-logs-in", "user-is-found"]);
    let database = world.app.database.writer();
    let model = user::Entity::find_by_id(UserId::parse(&team.admin.id).unwrap());
    let model = model.one(database).await.unwrap().unwrap();
    let developer = rollcall::base::id::RoleId::parse(&team.role("Developer")).unwrap();
    let seat = membership::Entity::find()
        .filter(membership::Column::UserId.eq(model.id))
        .one(database)
        .await
        .unwrap()
        .unwrap();
    let now = world.app.now();
    for start in (0..members).step_by(500) {
        let users: Vec<user::Model> = (start..members.min(start + 500))
            .map(|number| user::Model {
                id: UserId::new(now),
                account: format!("filler-{number}"),
                account_folded: format!("filler-{number}"),
                ..model.clone()
            })
            .collect();
        let seats = users.iter().map(|user| membership::Model {
            id: MembershipId::new(now),
            user_id: user.id,
            role_id: developer,
            ..seat.clone()
        });
        let seats: Vec<_> = seats.map(IntoActiveModel::into_active_model).collect();
        let users = users.into_iter().map(IntoActiveModel::into_active_model);
        user::Entity::insert_many(users)
            .exec_without_returning(database)
            .await
            .unwrap();
        membership::Entity::insert_many(seats)
            .exec_without_returning(database)
            .await
            .unwrap();
    }
}

async fn a_team_has_at_most_5000_members(world: World) {
    let team = world.superapp_team("Blue").await;
    fill(&world, &team, 4_998).await;
    let (mia, ben) = (world.member("mia").await, world.member("ben").await);
    let members = [
        (mia.id.as_str(), team.role("Developer")),
        (ben.id.as_str(), team.role("Developer")),
    ];
    let refused = add(&team.admin, &team, &members).await;
    refused.failed(&["LIMIT_REACHED members.1.userId"]);
    let code = team.invite("Developer").await;
    add(&team.admin, &team, &members[..1]).await.ok();
    let refused = world.unchanged_by(ben.mutate("joinTeam", json!({ "code": code }), ""));
    refused.await.failed(&["LIMIT_REACHED code"]);
    let full = team.admin.ask(&members_of(&team, "last: 1")).await.ok();
    assert_eq!(full.at("team.members.totalCount"), 5_000);
    // The code was not used up by it.
    leave(&mia, &team).await.ok();
    ben.mutate("joinTeam", json!({ "code": code }), "").await.ok();
}

async fn only_an_admin_adds_an_admin(world: World) {
    let team = world.superapp_team("Blue").await;
    let mara = team.with(&world, "mara", "Member manager").await;
    let (mia, ben) = (world.member("mia").await, world.member("ben").await);
    let members = [
        (ben.id.as_str(), team.role("Developer")),
        (mia.id.as_str(), team.role("Administrator")),
    ];
    let refused = world.unchanged_by(add(&mara, &team, &members)).await;
    refused.refused("FORBIDDEN");
    add(&mara, &team, &[(&ben.id, team.role("Member manager"))])
        .await
        .ok();
    add(&team.admin, &team, &members[1..]).await.ok();
}

async fn who_does_not_manage_members_adds_none(world: World) {
    let team = world.superapp_team("Blue").await;
    let other = world.superapp_team("Red").await;
    let mini = world.mini_program_team("Mini", &team).await;
    let mia = world.member("mia").await;
    let dan = team.with(&world, "dan", "Senior developer").await;
    // Staff only read in a team.
    for (who, code) in [
        (world.nobody(), "UNAUTHENTICATED"),
        (world.super_admin().await, "FORBIDDEN"),
        (world.platform_admin("pia").await, "FORBIDDEN"),
        (mia.clone(), "FORBIDDEN"),
        (dan, "FORBIDDEN"),
        (mini.admin, "FORBIDDEN"),
        (other.admin, "NOT_FOUND"),
    ] {
        let members = [(mia.id.as_str(), team.role("Developer"))];
        let refused = world.unchanged_by(add(&who, &team, &members)).await;
        refused.refused(code);
    }
    let input = json!({ "teamId": "nonsense", "members": [] });
    team.admin
        .mutate("addTeamMembers", input, "")
        .await
        .refused("NOT_FOUND");
}

async fn a_member_gets_another_role_and_is_told(world: World) {
    let team = world.superapp_team("Blue").await;
    let mini = world.mini_program_team("Mini", &team).await;
    let mia = world.registered("mia", None).await;
    let seat = team.add(&mia, "Developer").await;
    world.mail.to("mia@example.com").await;
    let answer = update(&team.admin, &seat, &team.role("Operator")).await.ok();
    assert_eq!(answer.text("updateTeamMember.membership.role.name"), "Operator");
    let letter = world.mail.to("mia@example.com").await;
    assert_eq!(letter.subject, "Your role changed");
    assert!(letter.text.contains("Blue") && letter.text.contains("Operator"));
    // The same role again is no change, and told nobody.
    world
        .unchanged_by(update(&team.admin, &seat, &team.role("Operator")))
        .await
        .ok();
    // Roles of another type, of nobody, of no form.
    for role in [
        mini.role("Operator"),
        "role_01h455vb4pex5vsknk084sn02q".into(),
        "nonsense".into(),
    ] {
        let refused = world.unchanged_by(update(&team.admin, &seat, &role)).await;
        refused.refused("NOT_FOUND");
    }
}

async fn nobody_changes_their_own_role(world: World) {
    let team = world.superapp_team("Blue").await;
    let ada = team.with(&world, "ada", "Administrator").await;
    let mara = team.with(&world, "mara", "Member manager").await;
    for (who, role) in [
        (&ada, "Developer"),
        (&ada, "Administrator"),
        (&mara, "Developer"),
        (&mara, "Administrator"),
    ] {
        let own = team.membership_of(who).await;
        let refused = world.unchanged_by(update(who, &own, &team.role(role))).await;
        refused.failed(&["OWN_ROLE membershipId"]);
    }
}

async fn a_member_manager_cannot_touch_administrators(world: World) {
    let team = world.superapp_team("Blue").await;
    let ada = team.with(&world, "ada", "Administrator").await;
    let mara = team.with(&world, "mara", "Member manager").await;
    let mo = team.with(&world, "mo-", "Member manager").await;
    let dan = team.with(&world, "dan", "Developer").await;
    let (ada_seat, dan_seat, mo_seat) = (
        team.membership_of(&ada).await,
        team.membership_of(&dan).await,
        team.membership_of(&mo).await,
    );
    for refused in [
        world
            .unchanged_by(update(&mara, &ada_seat, &team.role("Developer")))
            .await,
        world
            .unchanged_by(update(&mara, &ada_seat, &team.role("Administrator")))
            .await,
        world
            .unchanged_by(update(&mara, &dan_seat, &team.role("Administrator")))
            .await,
        world.unchanged_by(remove(&mara, &ada_seat)).await,
    ] {
        refused.refused("FORBIDDEN");
    }
    update(&mara, &dan_seat, &team.role("Reviewer")).await.ok();
    update(&mara, &mo_seat, &team.role("Developer")).await.ok();
    remove(&mara, &dan_seat).await.ok();
    // An admin may all of it.
    update(&team.admin, &mo_seat, &team.role("Administrator"))
        .await
        .ok();
    update(&team.admin, &ada_seat, &team.role("Developer")).await.ok();
    remove(&team.admin, &mo_seat).await.ok();
}

async fn the_last_active_admin_stays(world: World) {
    let root = world.super_admin().await;
    let team = world.superapp_team("Blue").await;
    let ada = team.with(&world, "ada", "Administrator").await;
    let own = team.membership_of(&team.admin).await;
    disable(&world, &ada).await;
    let last = &team.admin;
    let user = json!({ "userId": last.id });
    for (refused, field) in [
        (world.unchanged_by(leave(last, &team)).await, "teamId"),
        (world.unchanged_by(remove(last, &own)).await, "membershipId"),
        (
            world
                .unchanged_by(root.mutate("disableUser", user.clone(), ""))
                .await,
            "userId",
        ),
        (
            world
                .unchanged_by(root.mutate("deleteUser", user.clone(), ""))
                .await,
            "userId",
        ),
    ] {
        let refused = refused.failed(&[&format!("LAST_TEAM_ADMIN {field}")]);
        assert!(
            refused.raw.contains("Blue"),
            "the error names the team: {}",
            refused.raw
        );
    }
    // The disabled admin does not count, and so may go.
    let seat = team.membership_of(&ada).await;
    update(last, &seat, &team.role("Developer")).await.ok();
    // A second active one frees the first.
    let ben = team.with(&world, "ben", "Administrator").await;
    update(&ben, &own, &team.role("Developer")).await.ok();
    remove(&ben, &own).await.ok();
    let refused = world.unchanged_by(leave(&ben, &team)).await;
    refused.failed(&["LAST_TEAM_ADMIN teamId"]);
}

async fn a_removed_member_is_out_and_told(world: World) {
    let team = world.superapp_team("Blue").await;
    let mia = world.registered("mia", None).await;
    let seat = team.add(&mia, "Member manager").await;
    world.mail.to("mia@example.com").await;
    let answer = remove(&team.admin, &seat).await.ok();
    assert_eq!(answer.text("removeTeamMember.removedMembershipId"), seat);
    let letter = world.mail.to("mia@example.com").await;
    assert_eq!(letter.subject, "You were removed from a team");
    assert!(letter.text.contains("Blue"));
    assert_eq!(mia.menus().await, ["ACCOUNT"]);
    let refused = world.unchanged_by(remove(&team.admin, &seat)).await;
    refused.refused("NOT_FOUND");
    // The account itself goes on, and can come back.
    assert!(mia.is_signed_in().await);
    team.add(&mia, "Developer").await;
}

async fn memberships_out_of_sight_do_not_exist(world: World) {
    let team = world.superapp_team("Blue").await;
    let other = world.superapp_team("Red").await;
    let mini = world.mini_program_team("Mini", &team).await;
    let dan = team.with(&world, "dan", "Developer").await;
    let seat = team.membership_of(&dan).await;
    let mini_seat = mini.membership_of(&mini.admin).await;
    for (who, seat, code) in [
        (&other.admin, seat.as_str(), "NOT_FOUND"),
        (&mini.admin, &seat, "NOT_FOUND"),
        (&team.admin, &mini_seat, "NOT_FOUND"),
        (&dan, &seat, "FORBIDDEN"),
        (&world.super_admin().await, &seat, "FORBIDDEN"),
        (&world.nobody(), &seat, "UNAUTHENTICATED"),
        (&team.admin, "nonsense", "NOT_FOUND"),
        (&team.admin, "membership_01h455vb4pex5vsknk084sn02q", "NOT_FOUND"),
    ] {
        let refused = world
            .unchanged_by(update(who, seat, &team.role("Operator")))
            .await;
        refused.refused(code);
        let refused = world.unchanged_by(remove(who, seat)).await;
        refused.refused(code);
    }
    for (who, seen) in [
        (&dan, true),
        (&team.admin, true),
        (&mini.admin, false),
        (&other.admin, false),
    ] {
        let answer = who
            .ask(&format!("{{ node(id: \"{seat}\") {{ id }} }}"))
            .await
            .ok();
        assert_eq!(answer.at("node").is_object(), seen);
    }
}

async fn anyone_but_the_last_admin_leaves(world: World) {
    let team = world.superapp_team("Blue").await;
    let other = world.superapp_team("Red").await;
    let mini = world.mini_program_team("Mini", &team).await;
    let dan = team.with(&world, "dan", "Developer").await;
    let ada = team.with(&world, "ada", "Administrator").await;
    let mia = world.member("mia").await;
    for (who, team, code) in [
        (&world.nobody(), &team, "UNAUTHENTICATED"),
        (&world.super_admin().await, &team, "FORBIDDEN"),
        (&mia, &team, "FORBIDDEN"),
        (&mini.admin, &team, "FORBIDDEN"),
        (&dan, &other, "NOT_FOUND"),
    ] {
        let refused = world.unchanged_by(leave(who, team)).await;
        refused.refused(code);
    }
    leave(&dan, &team).await.ok();
    assert_eq!(dan.menus().await, ["ACCOUNT"]);
    leave(&team.admin, &team).await.ok();
    let refused = world.unchanged_by(leave(&ada, &team)).await;
    let refused = refused.failed(&["LAST_TEAM_ADMIN teamId"]);
    assert!(refused.raw.contains("Blue"));
    assert_eq!(accounts(&ada, &team, "first: 10").await, ["ada"]);
}

async fn an_expired_team_can_be_left(world: World) {
    let team = world.superapp_team("Blue").await;
    let expiry = (world.app.now() + TimeDelta::minutes(5)).to_rfc3339();
    let input = json!({ "type": "MINI_PROGRAM", "superappTeamId": team.id, "expiresAt": expiry });
    let mini = world.team("Mini", input).await;
    let dan = mini.with(&world, "dan", "Developer").await;
    let seat = mini.membership_of(&dan).await;
    world.pass(TimeDelta::minutes(5));
    for refused in [
        world
            .unchanged_by(update(&mini.admin, &seat, &mini.role("Operator")))
            .await,
        world.unchanged_by(remove(&mini.admin, &seat)).await,
    ] {
        refused.refused("FORBIDDEN");
    }
    leave(&dan, &mini).await.ok();
    let refused = world.unchanged_by(leave(&mini.admin, &mini)).await;
    refused.failed(&["LAST_TEAM_ADMIN teamId"]);
    // Users can be deleted out of it too.
    let root = world.super_admin().await;
    let refused = world.unchanged_by(root.mutate("deleteUser", json!({ "userId": mini.admin.id }), ""));
    refused.await.failed(&["LAST_TEAM_ADMIN userId"]);
}

async fn members_are_listed_and_paged_both_ways(world: World) {
    let team = world.superapp_team("Blue").await;
    let mut expected = vec!["Blue-admin".to_owned()];
    for account in ["zoe", "adam", "mia", "ben"] {
        team.with(&world, account, "Developer").await;
        expected.push(account.to_owned());
    }
    let dan = team.with(&world, "dan", "Operator").await;
    expected.push("dan".to_owned());
    for who in [&team.admin, &dan, &world.super_admin().await] {
        assert_eq!(accounts(who, &team, "first: 20").await, expected);
    }
    for (size, from, end, ahead, behind) in [
        ("first", "after", "endCursor", "hasNextPage", "hasPreviousPage"),
        ("last", "before", "startCursor", "hasPreviousPage", "hasNextPage"),
    ] {
        let mut cursor = String::new();
        let mut pages = Vec::new();
        for page in 0..3 {
            let answer = dan
                .ask(&members_of(&team, &format!("{size}: 2{cursor}")))
                .await
                .ok();
            assert_eq!(answer.at("team.members.totalCount"), 6);
            let info = answer.at("team.members.pageInfo");
            assert_eq!(info[ahead], json!(page < 2), "{}", answer.body);
            assert_eq!(info[behind], json!(page > 0), "{}", answer.body);
            cursor = format!(", {from}: {}", info[end]);
            pages.push(answer.texts("team.members.nodes.*.user.account"));
        }
        if size == "last" {
            pages.reverse();
        }
        assert_eq!(pages.concat(), expected);
    }
    // A page stands where it stood, whoever leaves meanwhile.
    let first = dan.ask(&members_of(&team, "first: 2")).await.ok();
    let end = first.text("team.members.pageInfo.endCursor");
    let zoe = first.text("team.members.nodes.1.id");
    remove(&team.admin, &zoe).await.ok();
    let next = dan
        .ask(&members_of(&team, &format!("first: 2, after: \"{end}\"")))
        .await
        .ok();
    assert_eq!(next.texts("team.members.nodes.*.user.account"), ["adam", "mia"]);
    for bad in ["first: 101", "first: 1, last: 1", "before: \"nonsense\""] {
        dan.ask(&members_of(&team, bad)).await.refused("BAD_USER_INPUT");
    }
}

async fn members_are_filtered(world: World) {
    let team = world.superapp_team("Blue").await;
    let root = world.super_admin().await;
    for (account, name, role) in [
        ("wei_1", "张三丰", "Developer"),
        ("wei-1", "张三疯", "Operator"),
        ("Weix1", "Li+Wei", "Developer"),
    ] {
        let input =
            json!({ "name": name, "account": account, "accountType": "MEMBER", "password": actor::PASSWORD });
        let made = root.mutate("createUser", input, "user { id }").await.ok();
        let user = Actor {
            id: made.text("createUser.user.id"),
            ..world.nobody()
        };
        team.add(&user, role).await;
    }
    let (developer, operator) = (team.role("Developer"), team.role("Operator"));
    for (filter, expected) in [
        ("{}".to_owned(), vec!["Blue-admin", "wei_1", "wei-1", "Weix1"]),
        ("{search: \"WEI\"}".to_owned(), vec!["wei_1", "wei-1", "Weix1"]),
        ("{search: \"wei_\"}".to_owned(), vec!["wei_1"]),
        ("{search: \"%\"}".to_owned(), vec![]),
        ("{search: \"三丰\"}".to_owned(), vec!["wei_1"]),
        ("{search: \"张三\"}".to_owned(), vec!["wei_1", "wei-1"]),
        ("{search: \"li+\"}".to_owned(), vec!["Weix1"]),
        (format!("{{roleIds: [\"{operator}\"]}}"), vec!["wei-1"]),
        (
            format!("{{roleIds: [\"{operator}\", \"{developer}\"]}}"),
            vec!["wei_1", "wei-1", "Weix1"],
        ),
        (
            format!("{{roleIds: [\"{developer}\"], search: \"x\"}}"),
            vec!["Weix1"],
        ),
        ("{roleIds: []}".to_owned(), vec![]),
    ] {
        let arguments = format!("filter: {filter}");
        assert_eq!(
            accounts(&team.admin, &team, &arguments).await,
            expected,
            "{filter}"
        );
    }
    for (filter, code) in [
        ("{roleIds: [\"nonsense\"]}".to_owned(), "NOT_FOUND"),
        (
            format!("{{roleIds: {:?}}}", vec![&developer; 101]),
            "BAD_USER_INPUT",
        ),
    ] {
        let answer = team
            .admin
            .ask(&members_of(&team, &format!("filter: {filter}")))
            .await;
        answer.refused(code);
    }
}

async fn a_lost_role_holds_from_the_next_request_on(world: World) {
    let team = world.superapp_team("Blue").await;
    let mara = team.with(&world, "mara", "Member manager").await;
    let mia = world.member("mia").await;
    let seat = team.membership_of(&mara).await;
    let invite = || async {
        let input = json!({ "teamId": team.id, "roleId": team.role("Developer") });
        mara.mutate("createInvitation", input, "code").await
    };
    invite().await.ok();
    update(&team.admin, &seat, &team.role("Developer")).await.ok();
    let members = [(mia.id.as_str(), team.role("Developer"))];
    world.unchanged_by(invite()).await.refused("FORBIDDEN");
    world
        .unchanged_by(add(&mara, &team, &members))
        .await
        .refused("FORBIDDEN");
    update(&team.admin, &seat, &team.role("Member manager"))
        .await
        .ok();
    add(&mara, &team, &members).await.ok();
    remove(&team.admin, &seat).await.ok();
    world.unchanged_by(invite()).await.refused("FORBIDDEN");
    let query = format!("{{ team(id: \"{}\") {{ id }} }}", team.id);
    assert!(mara.ask(&query).await.ok().at("team").is_null());
    assert_eq!(mara.menus().await, ["ACCOUNT"]);
}

async fn a_disabled_or_deleted_user_is_refused_from_the_next_request_on(world: World) {
    let root = world.super_admin().await;
    let team = world.superapp_team("Blue").await;
    for (field, account) in [("disableUser", "mara"), ("deleteUser", "milo")] {
        let user = team.with(&world, account, "Member manager").await;
        let elsewhere = Actor::log_in(&world, account, &format!("{}2", actor::PASSWORD)).await;
        assert!(user.is_signed_in().await && elsewhere.is_signed_in().await);
        root.mutate(field, json!({ "userId": user.id }), "").await.ok();
        for device in [&user, &elsewhere] {
            let input = json!({ "teamId": team.id, "roleId": team.role("Developer") });
            let refused = world
                .unchanged_by(device.mutate("createInvitation", input, "code"))
                .await;
            assert_eq!(refused.status, 401);
            refused.refused("UNAUTHENTICATED");
            assert!(!device.is_signed_in().await);
            let input = json!({ "refreshToken": device.refresh_token });
            let nobody = world.nobody();
            let refused = world.unchanged_by(nobody.mutate("refreshSession", input, ""));
            refused.await.failed(&["INVALID_CREDENTIALS refreshToken"]);
        }
    }
    let listed = accounts(&team.admin, &team, "first: 10").await;
    let listed: HashSet<&str> = listed.iter().map(String::as_str).collect();
    assert_eq!(listed, HashSet::from(["Blue-admin", "mara"]));
}

async fn an_addition_of_several_is_one_event(world: World) {
    let team = world.superapp_team("Blue").await;
    let (mia, nia) = (world.member("mia").await, world.member("nia").await);
    let role = team.role("Developer");
    let members = json!([{ "userId": mia.id, "roleId": role }, { "userId": nia.id, "roleId": role }]);
    let input = json!({ "teamId": team.id, "members": members });
    team.admin.mutate("addTeamMembers", input, "").await.ok();
    let events = world
        .rows("SELECT target_id, changes FROM audit_event WHERE action = 'addTeamMembers'")
        .await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["target_id"], json!(team.id));
    let changes: Value = serde_json::from_str(events[0]["changes"].as_str().unwrap()).unwrap();
    let told: Vec<&str> = changes
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["after"].as_str().unwrap())
        .collect();
    assert_eq!(
        told,
        [
            format!("{} as Developer", mia.id),
            format!("{} as Developer", nia.id)
        ]
    );
}
