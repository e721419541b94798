//! The letters in Simplified Chinese. `block` tells how a body is written.

mod team;

use super::words::{Text, Words};

pub(super) const WORDS: Words = Words {
    language: "zh-CN",
    fonts: "-apple-system,BlinkMacSystemFont,'PingFang SC','Hiragino Sans GB','Microsoft YaHei','Noto Sans CJK SC','Source Han Sans SC',sans-serif",
    moment: "%Y年%-m月%-d日 %H:%M（UTC）",
    days: |days| format!("{days} 天"),
    unknown: "未知",
    colon: "：",
    roles: &[
        ("Administrator", "管理员"),
        ("Member manager", "成员管理员"),
        ("Senior developer", "高级开发人员"),
        ("Developer", "开发人员"),
        ("Operator", "运营人员"),
        ("Reviewer", "审核人员"),
    ],
    open: "打开 Rollcall",
    footer: "本邮件由 Rollcall（{site}）自动发送至 {to}，请勿直接回复。",

    verification_code: Text {
        subject: "您的验证码",
        body: "您（或他人）正在使用此邮箱地址注册账号。请输入以下验证码以继续：

{code}

验证码 10 分钟内有效，且只能使用一次。我们绝不会以任何理由向您索要验证码。

如非您本人操作，请忽略本邮件；没有验证码，任何人都无法使用此邮箱注册。",
    },
    address_has_account: Text {
        subject: "您已拥有账号",
        body: "有人申请将此邮箱地址用于一个账号，但该邮箱已属于以下账号：

> 账号：{account}

如果是您本人操作，请直接使用该账号登录；如果忘记了密码，可以在登录页面重置。

如非您本人操作，则无需处理：申请人不会得知您已拥有账号。",
    },
    account_created: Text {
        subject: "已为您创建账号",
        body: "已为您创建一个账号。请使用该账号登录，密码由创建者另行告知。

> 账号：{account}

{site}

如需将此邮箱绑定到该账号，请在登录后输入以下验证码：

{code}

验证码 10 分钟内有效，且只能使用一次；过期后可在登录后重新获取。绑定之前，此邮箱不会被启用。

如果您对此毫不知情，请忽略本邮件。",
    },
    email_proposed: Text {
        subject: "请确认您的邮箱地址",
        body: "管理员为以下账号填写了此邮箱地址：

> 账号：{account}

如果这是您的账号，请在登录后输入以下验证码，将此邮箱绑定到该账号：

{code}

验证码 10 分钟内有效，且只能使用一次；过期后可在登录后重新获取。绑定之前，此邮箱不会被启用。

如果这不是您的账号，请忽略本邮件。",
    },
    email_confirmation: Text {
        subject: "请确认您的邮箱地址",
        body: "请输入以下验证码，将此邮箱绑定到您的账号：

{code}

> 账号：{account}

验证码 10 分钟内有效，且只能使用一次。我们绝不会以任何理由向您索要验证码。

如非您本人操作，请忽略本邮件；没有验证码，此邮箱不会被绑定。",
    },
    email_bound: Text {
        subject: "您的账号已绑定邮箱",
        body: "您的账号已绑定以下邮箱地址。此后可使用该邮箱登录，与账号有关的邮件也将发送到该邮箱。

> 账号：{account}
> 绑定邮箱：{bound}

如非您本人操作，请立即联系管理员：可能有他人正在使用您的账号。",
    },
    email_replaced: Text {
        subject: "您的账号邮箱已被更换",
        body: "您的账号已绑定另一个邮箱地址，取代了此邮箱。此后无法再使用此邮箱登录，也不会再收到与账号有关的邮件。

> 账号：{account}
> 新邮箱：{bound}

如非您本人操作，请立即联系管理员：可能有他人正在使用您的账号。",
    },
    email_unbound: Text {
        subject: "您的邮箱已与账号解绑",
        body: "此邮箱已与您的账号解除绑定。此后无法再使用该邮箱登录，也不会再收到与账号有关的邮件。

> 账号：{account}
> 邮箱：{address}

如果您对此并不知情，请联系管理员。",
    },
    password_reset_code: Text {
        subject: "重置您的密码",
        body: "您（或他人）申请重置以下账号的密码：

> 账号：{account}

请输入以下验证码以设置新密码：

{code}

验证码 10 分钟内有效，且只能使用一次。我们绝不会以任何理由向您索要验证码。

如非您本人操作，请忽略本邮件，您的密码不会改变。",
    },
    password_changed: Text {
        subject: "您的密码已修改",
        body: "您的账号密码已修改，其他所有设备均已退出登录。

> 账号：{account}

如非您本人操作，请立即在登录页面重置密码，并联系管理员。",
    },
    password_reset: Text {
        subject: "您的密码已被重置",
        body: "管理员重置了您的账号密码，所有设备均已退出登录。新密码由管理员另行告知。

> 账号：{account}

如果您对此并不知情，请联系管理员。",
    },
    account_locked: Text {
        subject: "您的账号已被暂时锁定",
        body: "由于多次输入错误的密码，您的账号已被暂时锁定。

> 账号：{account}
> 锁定至：{until}

如果是您本人操作，您不必等待，可以：

- 在登录页面通过邮件重置密码；
- 使用曾经登录过的设备登录；
- 请管理员解除锁定。

如非您本人操作，则可能有人在尝试猜测您的密码，这些猜测均未成功。请设置一个足够长且不在别处使用的密码；如果再次发生，请联系管理员。",
    },
    new_device: Text {
        subject: "您的账号在新设备上登录",
        body: "您（或他人）在一台我们未曾见过的设备上登录了您的账号。

> 账号：{account}
> 时间：{when}
> 来源地址：{address}
> 设备：{agent}

如果是您本人操作，则无需处理。

如非您本人操作，请立即在登录页面重置密码，这会使所有设备退出登录；随后请联系管理员。",
    },
    totp_bound: Text {
        subject: "两步验证已开启",
        body: "您的账号已绑定身份验证器。此后登录时，还需输入身份验证器生成的动态码。

> 账号：{account}

请妥善保管恢复码：身份验证器丢失时，可凭恢复码登录。

如非您本人操作，请立即联系管理员。",
    },
    totp_unbound: Text {
        subject: "两步验证已关闭",
        body: "您的账号已解除与身份验证器的绑定。此后登录时不再需要动态码，原有的恢复码也已失效。

> 账号：{account}

如果您对此并不知情，请立即修改密码，并联系管理员。",
    },
    recovery_code_used: Text {
        subject: "恢复码已被使用",
        body: "有人使用恢复码代替身份验证器的动态码，登录了您的账号。

> 账号：{account}
> 剩余恢复码：{left}

如果您的身份验证器已丢失，请绑定新的身份验证器，届时会同时生成新的恢复码。

如非您本人操作，请立即在登录页面重置密码，并联系管理员。",
    },
    passkey_added: Text {
        subject: "您的账号已添加通行密钥",
        body: "您的账号已添加一个通行密钥，此后可使用它登录。

> 账号：{account}
> 通行密钥：{name}

如非您本人操作，请在账号设置中将其移除，修改密码，并联系管理员。",
    },
    passkey_removed: Text {
        subject: "您的账号已移除通行密钥",
        body: "您的账号已移除一个通行密钥，此后无法再使用它登录。

> 账号：{account}
> 通行密钥：{name}

如果您对此并不知情，请立即修改密码，并联系管理员。",
    },
    added_to_team: team::ADDED_TO_TEAM,
    joined_team: team::JOINED_TEAM,
    role_changed: team::ROLE_CHANGED,
    removed_from_team: team::REMOVED_FROM_TEAM,
    team_deleted: team::TEAM_DELETED,
    invitation: team::INVITATION,
    team_expires: team::TEAM_EXPIRES,
    team_expired: team::TEAM_EXPIRED,
};
