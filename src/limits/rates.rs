//! How often what everybody may ask can be asked: for each source address, and for each user who is signed in.
//!
//! These are far above what people do, and what a household or an office behind one address does; they bound what one
//! machine can make us do. What is guessed or mailed has limits of its own, which are much lower.

use chrono::TimeDelta;

use super::{Limit, source_of, take};
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::base::Result;
use crate::base::settings::Switch;

/// How often a public field can be asked.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// What is asked.
    pub action: Action,
    /// How often.
    pub most: i32,
    /// In how many minutes.
    pub minutes: i64,
}

/// The rates, of every mutation that is open to all and of the queries that cost much.
pub const RATES: [Rate; 15] = [
    rate(Action::VerificationCodeSend, 120, 60),
    rate(Action::Register, 120, 60),
    rate(Action::Login, 300, 5),
    rate(Action::LoginComplete, 300, 5),
    rate(Action::SessionRefresh, 3_000, 5),
    rate(Action::Logout, 3_000, 5),
    rate(Action::PasswordResetRequest, 120, 60),
    rate(Action::PasswordReset, 60, 60),
    rate(Action::TotpEnroll, 60, 15),
    rate(Action::TotpConfirm, 60, 15),
    rate(Action::PasskeyLoginStart, 300, 5),
    rate(Action::PasskeyLoginFinish, 300, 5),
    rate(Action::PasskeyAdd, 60, 15),
    rate(Action::PasskeyConfirm, 60, 15),
    rate(Action::PasswordStrength, 300, 5),
];

const fn rate(action: Action, most: i32, minutes: i64) -> Rate {
    Rate {
        action,
        most,
        minutes,
    }
}

/// Counts that somebody asks for this, and refuses it where they have asked too often.
pub async fn admit(app: &App, viewer: &Viewer, action: Action) -> Result<()> {
    let Some(rate) = RATES.iter().find(|rate| rate.action == action) else {
        return Ok(());
    };
    if app.settings.rate_limits == Switch::Off {
        return Ok(());
    }
    let limit = Limit {
        name: action.name(),
        most: rate.most,
        window: TimeDelta::minutes(rate.minutes),
        lock: None,
    };
    let source = viewer.origin.address.as_deref().map(source_of);
    let user = viewer.signed_in.as_ref().map(|user| user.user_id.to_string());
    for subject in source.into_iter().chain(user) {
        take(app, &viewer.origin.tally, &limit, &subject)
            .await?
            .or_rate_limited()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_public_mutation_has_its_rate() {
        for action in Action::ALL {
            let is_public = action.parent() == "Mutation" && action.requirements().is_empty();
            let rates = RATES.iter().filter(|rate| rate.action == *action).count();
            assert!(!is_public || rates == 1, "{action:?}");
            assert!(rates <= 1, "{action:?}");
        }
    }
}
