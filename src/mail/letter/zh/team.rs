//! The letters about teams in Chinese.

use crate::mail::letter::words::Text;

pub const ADDED_TO_TEAM: Text = Text {
    subject: "您已被添加到团队",
    body: "您已成为以下团队的成员：

> 团队：{team}
> 角色：{role}
> 账号：{account}

{site}

如果您对此并不知情，请联系该团队的管理员。您可以随时退出团队。",
};

pub const JOINED_TEAM: Text = Text {
    subject: "您已成为团队成员",
    body: "您已成为以下团队的成员：

> 团队：{team}
> 角色：{role}
> 账号：{account}

{site}

如非您本人操作，请立即修改密码，并联系平台管理人员。",
};

pub const ROLE_CHANGED: Text = Text {
    subject: "您的团队角色已变更",
    body: "您在以下团队中的角色已变更，相应的权限已立即生效：

> 团队：{team}
> 新角色：{role}
> 账号：{account}

如果您对此并不知情，请联系该团队的管理员。",
};

pub const REMOVED_FROM_TEAM: Text = Text {
    subject: "您已被移出团队",
    body: "您不再是以下团队的成员，您的账号不受影响：

> 团队：{team}
> 账号：{account}

如果您对此并不知情，请联系该团队的管理员。",
};

pub const TEAM_DELETED: Text = Text {
    subject: "团队已被删除",
    body: "您所在的以下团队已被删除，您的账号不受影响：

> 团队：{team}
> 账号：{account}

如果您对此并不知情，请联系平台管理人员。",
};

pub const INVITATION: Text = Text {
    subject: "邀请您加入团队",
    body: "您受邀加入以下团队：

> 团队：{team}
> 角色：{role}
> 邀请人：{inviter}

请注册或登录，然后输入以下邀请码：

{code}

{site}

邀请码只能使用一次，有效期至 {until}。请勿转发：最先输入邀请码的人将加入团队。

如果您对此毫不知情，请忽略本邮件。",
};

pub const TEAM_EXPIRES: Text = Text {
    subject: "有团队将在 {left}后到期",
    body: "以下团队即将到期。到期后，任何人都无法在该团队中工作，直至延长有效期；团队的数据不会丢失。

> 团队：{team}
> 到期时间：{when}
> 您的账号：{account}

平台管理人员可以延长团队的有效期。如果不再需要该团队，则无需处理。",
};

pub const TEAM_EXPIRED: Text = Text {
    subject: "有团队已到期",
    body: "以下团队已到期。任何人都无法在该团队中工作，直至延长有效期；团队的数据不会丢失。

> 团队：{team}
> 到期时间：{when}
> 您的账号：{account}

平台管理人员可以延长团队的有效期。如果不再需要该团队，则无需处理。",
};
