//! The letters in English. `block` tells how a body is written.

mod team;

use super::words::{ENGLISH, Text, Words};

pub(super) const WORDS: Words = Words {
    language: ENGLISH,
    fonts: "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif",
    moment: "%-d %B %Y, %H:%M UTC",
    days: |days| match days {
        1 => "1 day".to_owned(),
        _ => format!("{days} days"),
    },
    unknown: "unknown",
    colon: ": ",
    roles: &[],
    open: "Open Rollcall",
    footer: "This letter was sent automatically by Rollcall at {site} to {to}. Nobody reads replies to it.",

    verification_code: Text {
        subject: "Your verification code",
        body: "Somebody, most likely you, is about to register with this address. Enter this code to go on:

{code}

It works once, within 10 minutes. Nobody from us will ever ask you for it.

If it was not you, ignore this letter. Nothing happens without the code.",
    },
    address_has_account: Text {
        subject: "You have an account already",
        body: "Somebody asked for a code to use this address for an account. It belongs to one already:

> Account: {account}

If it was you, log in with that account. If you do not know its password any more, reset it from the login page.

If it was not you, there is nothing that you need to do: whoever asked was not told that you have an account.",
    },
    account_created: Text {
        subject: "An account was made for you",
        body: "An account was made for you. Log in with it, and with the password that you are given by whoever made it.

> Account: {account}

{site}

To bind this address to the account, log in and enter this code:

{code}

It works once, within 10 minutes; you can ask for a new one there. Until then the address is not used.

If you know nothing of this, ignore this letter.",
    },
    email_proposed: Text {
        subject: "Confirm your address",
        body: "An administrator proposed this address for an account:

> Account: {account}

If the account is yours, log in and enter this code to bind the address to it:

{code}

It works once, within 10 minutes; you can ask for a new one there. Until then the address is not used.

If the account is not yours, ignore this letter.",
    },
    email_confirmation: Text {
        subject: "Confirm your address",
        body: "Enter this code to bind this address to your account:

{code}

> Account: {account}

It works once, within 10 minutes. Nobody from us will ever ask you for it.

If it was not you who asked for it, ignore this letter. Nothing happens without the code.",
    },
    email_bound: Text {
        subject: "An address was bound to your account",
        body: "An address was bound to your account. From now on it logs in, and gets the account's letters.

> Account: {account}
> Bound address: {bound}

If it was not you, tell your administrator at once: somebody else may be using your account.",
    },
    email_replaced: Text {
        subject: "Your address was replaced by another",
        body: "Another address was bound to your account in place of this one. This one no longer logs in, and gets none of the account's letters.

> Account: {account}
> New address: {bound}

If it was not you, tell your administrator at once: somebody else may be using your account.",
    },
    email_unbound: Text {
        subject: "Your address was taken from your account",
        body: "This address is no longer bound to your account. It neither logs in nor gets the account's letters.

> Account: {account}
> Address: {address}

If you did not expect this, tell your administrator.",
    },
    password_reset_code: Text {
        subject: "Reset your password",
        body: "Somebody, most likely you, asked to reset the password of this account:

> Account: {account}

Enter this code to set a new one:

{code}

It works once, within 10 minutes. Nobody from us will ever ask you for it.

If it was not you, ignore this letter. Your password stays as it is.",
    },
    password_changed: Text {
        subject: "Your password was changed",
        body: "The password of your account was changed, and all other devices were signed out.

> Account: {account}

If it was not you, reset your password from the login page now, and tell your administrator.",
    },
    password_reset: Text {
        subject: "Your password was reset",
        body: "An administrator reset the password of your account, and all devices were signed out. You get the new one from them.

> Account: {account}

If you did not expect this, ask your administrator.",
    },
    account_locked: Text {
        subject: "Your account is locked for a while",
        body: "There were too many wrong passwords for your account, so it is locked for a while.

> Account: {account}
> Locked until: {until}

If it was you, you need not wait:

- Reset your password by mail, from the login page.
- Log in from a device that you have used before.
- Ask your administrator to unlock the account.

If it was not you, somebody may be guessing your password. None of the guesses was right. Choose a long password that you use nowhere else, and tell your administrator if this goes on.",
    },
    new_device: Text {
        subject: "A new device logged in to your account",
        body: "Somebody, most likely you, logged in to your account from a device that we do not know.

> Account: {account}
> Time: {when}
> Source address: {address}
> Device: {agent}

If it was you, there is nothing that you need to do.

If it was not you, reset your password from the login page now: this signs all devices out. Then tell your administrator.",
    },
    totp_bound: Text {
        subject: "Two-step login is on",
        body: "An authenticator app was bound to your account. From now on a login asks for a code of it, too.

> Account: {account}

Keep your recovery codes in a safe place: they let you in when the app is lost.

If it was not you, tell your administrator at once.",
    },
    totp_unbound: Text {
        subject: "Two-step login is off",
        body: "The authenticator app was unbound from your account. A login asks for no code of it any more, and the recovery codes are void.

> Account: {account}

If you did not expect this, change your password now, and tell your administrator.",
    },
    recovery_code_used: Text {
        subject: "A recovery code was used",
        body: "A login to your account was completed with a recovery code in place of a code of the authenticator app.

> Account: {account}
> Recovery codes left: {left}

If your app is lost, bind a new one. That makes new recovery codes, too.

If it was not you, reset your password from the login page now, and tell your administrator.",
    },
    passkey_added: Text {
        subject: "A passkey was added to your account",
        body: "A passkey was added to your account. It can log in from now on.

> Account: {account}
> Passkey: {name}

If it was not you, remove it in your account's settings, change your password, and tell your administrator.",
    },
    passkey_removed: Text {
        subject: "A passkey was removed from your account",
        body: "A passkey was removed from your account. It cannot log in any more.

> Account: {account}
> Passkey: {name}

If you did not expect this, change your password now, and tell your administrator.",
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
