//! The letters about teams in English.

use crate::mail::letter::words::Text;

pub const ADDED_TO_TEAM: Text = Text {
    subject: "You were added to a team",
    body: "You are now a member of a team.

> Team: {team}
> Role: {role}
> Account: {account}

{site}

If you did not expect this, ask the team's administrators. You can leave the team at any time.",
};

pub const JOINED_TEAM: Text = Text {
    subject: "You are now a member of a team",
    body: "You are now a member of a team.

> Team: {team}
> Role: {role}
> Account: {account}

{site}

If it was not you, change your password at once, and tell your administrator.",
};

pub const ROLE_CHANGED: Text = Text {
    subject: "Your role changed",
    body: "You have another role in a team. What you may do there changed at once.

> Team: {team}
> New role: {role}
> Account: {account}

If you did not expect this, ask the team's administrators.",
};

pub const REMOVED_FROM_TEAM: Text = Text {
    subject: "You were removed from a team",
    body: "You are no longer a member of a team. Your account stays as it is.

> Team: {team}
> Account: {account}

If you did not expect this, ask the team's administrators.",
};

pub const TEAM_DELETED: Text = Text {
    subject: "A team was deleted",
    body: "A team that you were a member of was deleted. Your account stays as it is.

> Team: {team}
> Account: {account}

If you did not expect this, ask your administrator.",
};

pub const INVITATION: Text = Text {
    subject: "You are invited to a team",
    body: "You are invited to join a team:

> Team: {team}
> Role: {role}
> Invited by: {inviter}

Register or log in, and enter this invitation code:

{code}

{site}

It works once, until {until}. Do not pass it on: whoever enters it first joins.

If you know nothing of this, ignore this letter.",
};

pub const TEAM_EXPIRES: Text = Text {
    subject: "A team expires in {left}",
    body: "A team is about to expire. From then on nobody can work in it until it is extended. Nothing of it is lost.

> Team: {team}
> Expires: {when}
> Your account: {account}

Platform staff can extend it. If it is no longer needed, there is nothing that you need to do.",
};

pub const TEAM_EXPIRED: Text = Text {
    subject: "A team has expired",
    body: "A team has expired. Nobody can work in it until it is extended. Nothing of it is lost.

> Team: {team}
> Expired: {when}
> Your account: {account}

Platform staff can extend it. If it is no longer needed, there is nothing that you need to do.",
};
