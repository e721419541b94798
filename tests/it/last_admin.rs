//! Whoever takes a team's admins away at the same moment, by whatever verb and on whatever node: one active admin stays.

use futures::future::BoxFuture;

use crate::support::arena::{Arena, Meeting, ask, went_or_failed};
use crate::support::*;

on_each_server!(
    two_admins_are_not_both_taken_away,
    one_admin_is_taken_away_in_two_ways,
    of_five_admins_one_stays,
);

/// A way to take an admin away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Another admin removes them.
    Remove,
    /// Another admin gives them another role.
    Demote,
    /// They leave.
    Leave,
    /// Staff disable them.
    Disable,
    /// Staff delete them.
    Delete,
    /// Staff name another as the one admin.
    Replace,
    /// The super admin makes them a platform admin, whom no team may have: never, while they are in one.
    Promote,
}

const WAYS: [Way; 7] = [
    Way::Remove,
    Way::Demote,
    Way::Leave,
    Way::Disable,
    Way::Delete,
    Way::Replace,
    Way::Promote,
];

impl Way {
    /// How it may fail, when others came first.
    fn failures(self) -> &'static [&'static str] {
        match self {
            // Who asks was taken away, or who it is about.
            Self::Remove | Self::Demote => &[
                "LAST_TEAM_ADMIN membershipId",
                "FORBIDDEN",
                "NOT_FOUND",
                "UNAUTHENTICATED",
            ],
            Self::Leave => &[
                "LAST_TEAM_ADMIN teamId",
                "FORBIDDEN",
                "NOT_FOUND",
                "UNAUTHENTICATED",
            ],
            Self::Disable | Self::Delete => &["LAST_TEAM_ADMIN userId", "NOT_FOUND"],
            // Who was to stay is disabled, deleted or of the staff.
            Self::Replace => &[
                "LAST_TEAM_ADMIN adminIds",
                "NOT_FOUND adminIds.0",
                "STAFF_CANNOT_JOIN adminIds.0",
            ],
            Self::Promote => &["HAS_MEMBERSHIPS accountType", "NOT_FOUND"],
        }
    }
}

/// A team, and its admins with their memberships.
struct Board {
    team: Team,
    admins: Vec<Actor>,
    seats: Vec<String>,
}

impl Board {
    async fn found(arena: &Arena, admins: usize) -> Self {
        let admins = arena.members(admins).await;
        let team = arena.team(&admins).await;
        let document =
            "query($id: ID!) { team(id: $id) { members(first: 10) { nodes { id user { id } } } } }";
        let found = arena.roots[0]
            .ask_with(document, json!({ "id": team.id }))
            .await
            .ok();
        let (seats, users) = (
            found.texts("team.members.nodes.*.id"),
            found.texts("team.members.nodes.*.user.id"),
        );
        let seat = |admin: &Actor| seats[users.iter().position(|id| *id == admin.id).unwrap()].clone();
        Self {
            seats: admins.iter().map(seat).collect(),
            admins,
            team,
        }
    }

    /// Takes this admin away, with the next one acting or staying.
    fn take<'a>(&'a self, root: &'a Actor, way: Way, whom: usize) -> BoxFuture<'a, Answer> {
        let (user, seat) = (&self.admins[whom], &self.seats[whom]);
        let next = &self.admins[(whom + 1) % self.admins.len()];
        let (of_user, of_seat) = (json!({ "userId": user.id }), json!({ "membershipId": seat }));
        match way {
            Way::Remove => ask(next, "removeTeamMember", of_seat),
            Way::Demote => {
                let input = json!({ "membershipId": seat, "roleId": self.team.role("Developer") });
                ask(next, "updateTeamMember", input)
            }
            Way::Leave => ask(user, "leaveTeam", json!({ "teamId": self.team.id })),
            Way::Disable => ask(root, "disableUser", of_user),
            Way::Delete => ask(root, "deleteUser", of_user),
            Way::Replace => {
                let input = json!({ "teamId": self.team.id, "adminIds": [next.id] });
                ask(root, "updateTeam", input)
            }
            Way::Promote => {
                let input = json!({ "userId": user.id, "accountType": "PLATFORM_ADMIN" });
                ask(root, "updateUser", input)
            }
        }
    }

    fn row(&self) -> String {
        format!("SELECT id FROM team WHERE name = '{}'", self.team.name)
    }

    async fn active_admins(&self, arena: &Arena) -> i64 {
        let sql = format!(
            "SELECT COUNT(*) AS n FROM membership JOIN team ON team.id = membership.team_id \
             JOIN role ON role.id = membership.role_id JOIN \"user\" ON \"user\".id = membership.user_id \
             WHERE team.name = '{}' AND role.kind = 'PRESET' AND role.name = 'Administrator' \
             AND \"user\".disabled_at IS NULL",
            self.team.name
        );
        arena.world.count(&sql).await
    }

    /// Takes admins away in these ways at the same moment; answers how many of them went through.
    async fn race(&self, arena: &Arena, meeting: Meeting<'_>, ways: &[(Way, usize)]) -> usize {
        let asked = ways
            .iter()
            .enumerate()
            .map(|(place, (way, whom))| self.take(&arena.roots[place % 2], *way, *whom));
        let answers = arena.meet(meeting, asked.collect()).await;
        let mut went = 0;
        for (answer, (way, _)) in answers.iter().zip(ways) {
            went += usize::from(went_or_failed(answer, way.failures(), ways));
        }
        went
    }
}

/// Every two ways, each with itself too.
fn pairs() -> impl Iterator<Item = (Way, Way)> {
    let upper = |place: usize| WAYS[place..].iter().map(move |other| (WAYS[place], *other));
    (0..WAYS.len()).flat_map(upper)
}

/// Both ways at the two admins of a team: one each, or one of them both.
async fn every_pair(arena: &Arena, whom: [usize; 2]) {
    for (one, other) in pairs() {
        for round in 0..2 {
            let board = Board::found(arena, 2).await;
            let row = board.row();
            let meeting = if round == 0 {
                Meeting::At(&row)
            } else {
                Meeting::Free
            };
            let ways = [(one, whom[0]), (other, whom[1])];
            let went = board.race(arena, meeting, &ways).await;
            let left = board.active_admins(arena).await;
            let nothing_can_go = one == Way::Promote && other == Way::Promote;
            let told = format!("{one:?} and {other:?} of {whom:?}, {meeting:?}: {went} went, {left} left");
            if nothing_can_go {
                assert_eq!((went, left), (0, 2), "{told}");
                continue;
            }
            assert!(went >= 1 && left == 1, "{told}");
            // Where both would leave nobody, and none of them gives the team another admin, one went through.
            if whom[0] != whom[1] && one != Way::Replace && other != Way::Replace {
                assert_eq!(went, 1, "{told}");
            }
        }
    }
}

async fn two_admins_are_not_both_taken_away(store: Store) {
    every_pair(&Arena::open(store).await, [0, 1]).await;
}

async fn one_admin_is_taken_away_in_two_ways(store: Store) {
    every_pair(&Arena::open(store).await, [0, 0]).await;
}

async fn of_five_admins_one_stays(store: Store) {
    let arena = Arena::open(store).await;
    for shift in 0..WAYS.len() {
        // Five of the seven ways, each at another admin, and one way at all of them.
        let mixed: Vec<(Way, usize)> = (0..5)
            .map(|whom| (WAYS[(shift + whom) % WAYS.len()], whom))
            .collect();
        let same: Vec<(Way, usize)> = (0..5).map(|whom| (WAYS[shift], whom)).collect();
        for ways in [mixed, same] {
            for round in 0..2 {
                let board = Board::found(&arena, 5).await;
                let row = board.row();
                let meeting = if round == 0 {
                    Meeting::At(&row)
                } else {
                    Meeting::Free
                };
                let went = board.race(&arena, meeting, &ways).await;
                let left = board.active_admins(&arena).await;
                let nothing_can_go = ways.iter().all(|(way, _)| *way == Way::Promote);
                let told = format!("{ways:?}, {meeting:?}: {went} went, {left} left");
                assert!(left >= 1 && (went == 0) == nothing_can_go, "{told}");
            }
        }
    }
}
