//! Notes what a step made: ids, and all that is told once.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::state::{Handle, Model, Tokens};
use super::super::step::{Deed, Step};
use super::{Api, Kind, login_of};
use crate::support::authenticator::Authenticator;
use crate::support::{Actor, Answer, Value};

impl Api<'_> {
    /// Notes what this step made, which the model has taken too.
    pub async fn learn(&mut self, model: &Model, step: &Step, answer: &Answer) {
        let new = step.number;
        let field = step.deed.field();
        let text = |path: &str| answer.text(&format!("{field}.{path}"));
        let payload = &answer.body["data"][field];
        if let Some(password) = payload["generatedPassword"].as_str() {
            self.passwords.insert(new, password.to_owned());
        }
        match &step.deed {
            Deed::CreateUser { .. } | Deed::Register { .. } => self.know(Kind::User, new, text("user.id")),
            Deed::CreateMember { .. } => self.know(Kind::User, new, text("membership.user.id")),
            Deed::CreateTeam { .. } | Deed::RegisterTeam { .. } => {
                self.know(Kind::Team, new, text("team.id"));
                if let Deed::CreateTeam {
                    new_admin: Some(_), ..
                } = &step.deed
                {
                    // The one of them whom nobody knows yet.
                    let admins = answer.texts(&format!("{field}.team.admins.*.id"));
                    let unknown: Vec<String> = admins
                        .into_iter()
                        .filter(|id| !self.handles.contains_key(id))
                        .collect();
                    assert_eq!(unknown.len(), 1, "{}", answer.body);
                    self.know(Kind::User, new, unknown[0].clone());
                }
                self.learn_link(new, new).await;
            }
            Deed::ResetLink { team, .. } => self.learn_link(new, *team).await,
            Deed::CreateRole { .. } => self.know(Kind::Role, new, text("role.id")),
            Deed::Invite { .. } => {
                self.know(Kind::Invitation, new, text("invitation.id"));
                self.codes.insert(new, text("code"));
            }
            Deed::CreateResource { .. } => self.know(Kind::Resource, new, text("resource.id")),
            Deed::EnrollTotp { .. } => {
                let device = Authenticator::scan(&text("otpauthUri"));
                self.authenticators.insert(new, device);
            }
            Deed::ConfirmTotp { .. } => {
                let codes = payload["recoveryCodes"].as_array().cloned().unwrap_or_default();
                let codes = codes.iter().filter_map(Value::as_str).map(str::to_owned);
                self.recovery_codes.insert(new, codes.collect());
            }
            _ => {}
        }
        let login = login_of(&step.deed, answer);
        if let Some(challenge) = login["challenge"].as_str() {
            self.challenges.insert(new, challenge.to_owned());
        }
        if let Some(device) = login["deviceToken"].as_str() {
            self.devices.insert(Tokens::Deed(new), device.to_owned());
        }
        for given in [&payload["tokens"], &login["tokens"]] {
            if let (Some(access), Some(refresh)) =
                (given["accessToken"].as_str(), given["refreshToken"].as_str())
            {
                let actor = Actor {
                    token: Some(access.to_owned()),
                    refresh_token: Some(refresh.to_owned()),
                    ..self.nobody.clone()
                };
                self.learn_tokens(model, Tokens::Deed(new), actor);
            }
        }
        let told = model
            .codes
            .iter()
            .find(|(_, code)| code.name == new && code.was_told);
        if let Some(((_, address), _)) = told {
            let code = self.mailed_to(address).await;
            self.mailed.insert(new, code);
        }
    }

    /// Notes tokens, and the session that they are the first of.
    pub(super) fn learn_tokens(&mut self, model: &Model, tokens: Tokens, actor: Actor) {
        let is_first = model
            .issued
            .get(&tokens)
            .is_some_and(|issued| issued.session == tokens);
        if is_first && let Some(access) = &actor.token {
            let claims = access.split('.').nth(1).expect("an access token is a JWT");
            let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
            let claims: Value = serde_json::from_slice(&claims).unwrap();
            let id = claims["sid"].as_str().expect("it names its session").to_owned();
            self.session_names.insert(id.clone(), tokens);
            self.sessions.insert(tokens, id);
        }
        self.tokens.insert(tokens, actor);
    }

    /// The code of the next letter to this address that has one.
    async fn mailed_to(&mut self, address: &str) -> String {
        loop {
            let mail = self.world.mail.to(address).await;
            // One that was sent twice is the same letter.
            if let Some(code) = mail.find_code(6)
                && self.letters.insert(mail.message_id.clone())
            {
                return code.to_owned();
            }
        }
    }

    /// A letter with a code that no step told of, if there is one: all that a step does tell of were waited for.
    pub fn untold_letter(&self) -> Option<String> {
        let mails = self.world.mail.all().into_iter();
        let untold = mails
            .filter(|mail| mail.find_code(6).is_some())
            .find(|mail| !self.letters.contains(&mail.message_id));
        untold.map(|mail| format!("nobody asked for this letter to {}:\n{}", mail.to, mail.text))
    }

    async fn learn_link(&mut self, new: Handle, team: Handle) {
        let root = self.reader().await;
        let document = format!("{{ team(id: \"{}\") {{ registrationLink }} }}", self.team(team));
        let answer = root.ask(&document).await.ok();
        if let Some(link) = answer.at("team.registrationLink").as_str() {
            let (_, token) = link.split_once('#').expect("a link carries its token");
            self.links.insert(new, token.to_owned());
        }
    }
}
