//! A device that makes dynamic codes, as an authenticator app does from a scanned URI.

use rollcall::app::App;
use totp_rs::Totp;

/// The device.
#[derive(Clone, Debug)]
pub struct Authenticator(Totp);

impl Authenticator {
    /// Reads what a QR code holds.
    #[track_caller]
    pub fn scan(uri: &str) -> Self {
        Self(Totp::from_url(uri).expect("the URI is one of a key"))
    }

    /// The code of now, by the app's clock.
    pub fn code(&self, app: &App) -> String {
        self.code_at(app, 0)
    }

    /// The code of this many steps from now.
    pub fn code_at(&self, app: &App, steps: i64) -> String {
        let seconds = app.clock.now().timestamp() + steps * 30;
        self.0.generate(u64::try_from(seconds).unwrap()).to_string()
    }

    /// A code that is neither of now nor of a step nearby.
    pub fn wrong_code(&self, app: &App) -> String {
        let near: Vec<String> = (-2..=2).map(|steps| self.code_at(app, steps)).collect();
        (0..1_000_000)
            .map(|number| format!("{number:06}"))
            .find(|code| !near.contains(code))
            .unwrap()
    }
}
