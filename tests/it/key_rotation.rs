//! The secret is changed under two nodes that serve, step by step as the README says: nobody falls out, and nothing is
//! lost that was sealed or hashed with the line that goes.

use std::collections::BTreeSet;

use tempfile::TempDir;

use crate::support::actor::PASSWORD;
use crate::support::authenticator::Authenticator;
use crate::support::process::Node;
use crate::support::*;

on_each_server!(nobody_falls_out_while_the_secret_is_changed);

/// Two nodes of one database, each with a secret file of its own.
struct Nodes<'w> {
    world: &'w World,
    folders: [TempDir; 2],
    running: [Option<Node>; 2],
}

impl<'w> Nodes<'w> {
    async fn start(world: &'w World, lines: &[&str]) -> Self {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let mut nodes = Self {
            world,
            folders,
            running: [None, None],
        };
        for number in [0, 1] {
            nodes.restart(number, lines).await;
        }
        nodes
    }

    /// Ends a node, and starts it again with these lines in its secret file.
    async fn restart(&mut self, number: usize, lines: &[&str]) {
        if let Some(node) = self.running[number].take() {
            let (status, log) = node.stop().await;
            assert!(status.success(), "{log}");
        }
        let folder = self.folders[number].path();
        std::fs::write(folder.join("secret"), lines.join("\n")).unwrap();
        let arguments = [
            "--database-url",
            &self.world.database_url,
            "--smtp-url",
            &self.world.mail.url,
        ];
        self.running[number] = Some(Node::start(folder, &arguments).await);
    }

    fn url(&self, number: usize) -> &str {
        &self.running[number].as_ref().expect("the node runs").url
    }

    fn nobody(&self, number: usize) -> Actor {
        Actor::nobody(self.url(number))
    }

    /// The names of the keys that a node publishes.
    async fn published(&self, number: usize) -> BTreeSet<String> {
        let url = format!("{}/.well-known/jwks.json", self.url(number));
        let document: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        let keys = document["keys"].as_array().unwrap();
        keys.iter()
            .map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Goes on only when each node knows what the other gives, and publishes so many keys. Answers the names of the keys
    /// that sign.
    async fn agree(&self, published: [usize; 2]) -> [String; 2] {
        let mut signed = Vec::new();
        for (here, there) in [(0, 1), (1, 0)] {
            let input = json!({ "login": "mia", "password": PASSWORD });
            let selection = "tokens { accessToken refreshToken }";
            let answer = self.nobody(here).mutate("login", input, selection).await.ok();
            let mia = self.nobody(there).with_tokens(&answer, "login.tokens");
            assert!(mia.is_signed_in().await);
            let header = jsonwebtoken::decode_header(mia.token.as_ref().unwrap()).unwrap();
            let kid = header.kid.unwrap();
            for number in [here, there] {
                let keys = self.published(number).await;
                assert!(
                    keys.contains(&kid) && keys.len() == published[number],
                    "{kid} {keys:?}"
                );
            }
            signed.push(kid);
            let input = json!({ "refreshToken": mia.refresh_token });
            let nobody = self.nobody(there);
            let answer = nobody.mutate("refreshSession", input, selection).await.ok();
            let next = self.nobody(here).with_tokens(&answer, "refreshSession.tokens");
            assert!(next.is_signed_in().await && mia.is_signed_in().await);
        }
        signed.try_into().unwrap()
    }

    /// Logs in with a second factor.
    async fn second_factor(&self, number: usize, account: &str, factor: Value) -> Answer {
        let input = json!({ "login": account, "password": PASSWORD });
        let answer = self
            .nobody(number)
            .mutate("login", input, "step challenge")
            .await
            .ok();
        assert_eq!(answer.text("login.step"), "TOTP_REQUIRED");
        let mut input = factor;
        input["challenge"] = json!(answer.text("login.challenge"));
        self.nobody(number).mutate("completeLogin", input, "step").await
    }

    /// Has a letter written that the mail server does not take.
    async fn write(&self, number: usize, address: &str) {
        self.world.mail.refuse(true);
        let input = json!({ "email": address, "purpose": "REGISTER" });
        self.nobody(number)
            .mutate("sendVerificationCode", input, "")
            .await
            .ok();
        let waiting = "SELECT COUNT(*) AS n FROM letter WHERE attempts > 0";
        let refused = async {
            while self.world.count(waiting).await == 0 {
                tokio::task::yield_now().await;
            }
        };
        let refused = tokio::time::timeout(std::time::Duration::from_mins(1), refused).await;
        refused.expect("the letter is refused");
    }

    /// Has the mail server take letters again, and makes those that wait due, for the node that starts next.
    async fn let_letters_go(&self) {
        self.world.execute("UPDATE letter SET due_at = created_at").await;
        self.world.mail.refuse(false);
    }
}

/// Somebody with a device that makes dynamic codes, and their recovery codes. The nodes' clocks are the machine's, so the
/// next code is one for a login soon after.
async fn enrolled(world: &World, account: &str) -> (Authenticator, Vec<String>) {
    let who = world.registered(account, None).await;
    let input = json!({ "password": PASSWORD });
    let answer = who.mutate("enrollTotp", input, "otpauthUri").await.ok();
    let device = Authenticator::scan(&answer.text("enrollTotp.otpauthUri"));
    let input = json!({ "code": device.code(&world.app) });
    let answer = who.mutate("confirmTotp", input, "recoveryCodes").await.ok();
    let codes = answer.at("confirmTotp.recoveryCodes").clone();
    (device, serde_json::from_value(codes).unwrap())
}

async fn nobody_falls_out_while_the_secret_is_changed(store: Store) {
    let world = World::new(store).await;
    let old = std::fs::read_to_string(world.folder.path().join("secret")).unwrap();
    let (old, new) = (old.trim(), "a new line that is longer than 32 characters");
    let blue = world.superapp_team("Blue").await;
    let link = blue.token(&world.super_admin().await).await;
    let mia = world.registered("mia", None).await;
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(blue.invite("Developer").await);
    }
    let mut guests = Vec::new();
    for account in ["ada", "bea", "dia"] {
        guests.push(world.registered(account, None).await);
    }
    let (tia, tia_codes) = enrolled(&world, "tia").await;
    let (uta, _) = enrolled(&world, "uta").await;
    let (via, via_codes) = enrolled(&world, "via").await;
    let next = |device: &Authenticator| json!({ "totpCode": device.code_at(&world.app, 1) });
    world.stop().await;

    // As it was.
    let mut nodes = Nodes::start(&world, &[old]).await;
    let [first, other] = nodes.agree([1, 1]).await;
    assert_eq!(first, other);
    assert!(mia.at(nodes.url(0)).is_signed_in().await);

    // The new line is added at the end, node by node: one that does not have it yet is given nothing that it made.
    nodes.write(0, "one@example.com").await;
    nodes.restart(0, &[old, new]).await;
    assert_eq!(nodes.agree([2, 1]).await, [first.clone(), first.clone()]);
    nodes.let_letters_go().await;
    nodes.restart(1, &[old, new]).await;
    assert_eq!(nodes.agree([2, 2]).await, [first.clone(), first.clone()]);
    world.mail.to("one@example.com").await;
    nodes.second_factor(0, "tia", next(&tia)).await.ok();
    let join = async |nodes: &Nodes<'_>, number: usize, who: &Actor, code: &str| {
        let who = who.at(nodes.url(number));
        who.mutate("joinTeam", json!({ "code": code }), "").await
    };
    join(&nodes, 1, &guests[0], &codes[0]).await.ok();

    // It is moved to the top, node by node: it makes, and both verify.
    nodes.write(1, "two@example.com").await;
    nodes.restart(0, &[new, old]).await;
    let [second, still_first] = nodes.agree([2, 2]).await;
    assert_eq!(still_first, first);
    assert_ne!(second, first);
    nodes.let_letters_go().await;
    nodes.restart(1, &[new, old]).await;
    assert_eq!(nodes.agree([2, 2]).await, [second.clone(), second.clone()]);
    world.mail.to("two@example.com").await;
    assert!(mia.at(nodes.url(1)).is_signed_in().await);
    nodes.second_factor(1, "uta", next(&uta)).await.ok();
    let recovery = |code: &str| json!({ "recoveryCode": code });
    nodes.second_factor(0, "tia", recovery(&tia_codes[0])).await.ok();
    join(&nodes, 0, &guests[1], &codes[1]).await.ok();
    let input = json!({ "teamId": blue.id, "roleId": blue.role("Developer") });
    let admin = blue.admin.at(nodes.url(0));
    let fresh = admin.mutate("createInvitation", input, "code").await.ok();
    let fresh = fresh.text("createInvitation.code");
    let input = json!({ "login": "mia", "password": PASSWORD });
    let selection = "tokens { accessToken refreshToken }";
    let answer = nodes.nobody(0).mutate("login", input, selection).await.ok();
    let later = nodes.nobody(0).with_tokens(&answer, "login.tokens");
    let dia = Actor::nobody(nodes.url(0));
    let input = json!({ "login": "dia", "password": PASSWORD });
    let answer = dia.mutate("login", input, selection).await.ok();
    let dia = dia.with_tokens(&answer, "login.tokens");

    // The old line is taken away, node by node.
    nodes.write(0, "three@example.com").await;
    nodes.restart(0, &[new]).await;
    assert_eq!(nodes.agree([1, 2]).await, [second.clone(), second.clone()]);
    nodes.let_letters_go().await;
    nodes.restart(1, &[new]).await;
    assert_eq!(nodes.agree([1, 1]).await, [second.clone(), second]);
    world.mail.to("three@example.com").await;
    for number in [0, 1] {
        assert!(later.at(nodes.url(number)).is_signed_in().await);
        // What the old line made is over: that is why it stays for a month.
        assert!(!mia.at(nodes.url(number)).is_signed_in().await);
        let ask = json!({ "refreshToken": mia.refresh_token });
        let nobody = nodes.nobody(number);
        let answer = nobody.mutate("refreshSession", ask, "").await;
        answer.failed(&["INVALID_CREDENTIALS refreshToken"]);
    }
    // Devices and links were sealed anew; a hashed code cannot be.
    nodes.second_factor(0, "via", next(&via)).await.ok();
    let answer = nodes.second_factor(1, "via", recovery(&via_codes[0])).await;
    answer.failed(&["INVALID_CREDENTIALS recoveryCode"]);
    join(&nodes, 0, &dia, &codes[2])
        .await
        .failed(&["INVALID_INVITATION code"]);
    join(&nodes, 1, &dia, &fresh).await.ok();
    let document = "query($token: String!) { teamRegistration(token: $token) { superappTeamName } }";
    for number in [0, 1] {
        let answer = dia
            .at(nodes.url(number))
            .ask_with(document, json!({ "token": link }))
            .await
            .ok();
        assert_eq!(answer.text("teamRegistration.superappTeamName"), "Blue");
        let root = nodes.nobody(number);
        let input = json!({ "login": "root", "password": PASSWORD });
        let answer = root.mutate("login", input, selection).await.ok();
        let root = root.with_tokens(&answer, "login.tokens");
        assert_eq!(blue.token(&root).await, link);
    }
}
