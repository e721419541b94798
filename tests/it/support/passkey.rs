//! A phone that makes passkeys and signs with them, together with the browser in front of it (Web Authentication,
//! level 3).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use rollcall::base::random;
use sha2::{Digest, Sha256};

use super::{Actor, Value, World, json};

/// The flags of what is signed: present, verified, and that a new key follows.
const PRESENT: u8 = 1;
const VERIFIED: u8 = 4;
const NEW_KEY: u8 = 64;

/// A passkey on a phone. Tests change what an honest one would not.
#[derive(Clone)]
pub struct Passkey {
    /// The page that asks for it.
    pub origin: String,
    /// Whether it looks who holds it.
    pub verifies: bool,
    /// How often it has signed; one that does not count stays at 0.
    pub counter: u32,
    /// What it calls itself.
    pub id: Vec<u8>,
    /// What it calls its user.
    pub user: Vec<u8>,
    rp_id: String,
    key: SigningKey,
}

/// The page of our own origin, as a browser sees it.
pub fn origin(world: &World) -> String {
    world.url.replace("127.0.0.1", "localhost")
}

fn read(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD
        .decode(value.as_str().expect("it is text"))
        .unwrap()
}

fn print(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Passkey {
    /// Makes a passkey of these options; answers it and what the browser sends.
    #[track_caller]
    pub fn make(options: &Value, origin: &str) -> (Self, Value) {
        Self::make_with(options, origin, true)
    }

    /// The same on a phone that does or does not look who holds it.
    #[track_caller]
    pub fn make_with(options: &Value, origin: &str, verifies: bool) -> (Self, Value) {
        assert_eq!(options["attestation"], "none");
        let selection = &options["authenticatorSelection"];
        assert_eq!(selection["residentKey"], "required");
        assert_eq!(selection["userVerification"], "required");
        let algorithms = options["pubKeyCredParams"].as_array().unwrap();
        assert!(algorithms.iter().any(|it| it["alg"] == -7), "{options}");
        let passkey = Self {
            origin: origin.to_owned(),
            verifies,
            counter: 0,
            id: random::bytes::<32>().to_vec(),
            user: read(&options["user"]["id"]),
            rp_id: options["rp"]["id"].as_str().unwrap().to_owned(),
            key: SigningKey::from_slice(&random::bytes::<32>()).unwrap(),
        };
        let answer = passkey.attestation(options);
        (passkey, answer)
    }

    /// What the browser sends of a new key: nobody vouches for it ("none").
    pub fn attestation(&self, options: &Value) -> Value {
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = (point.x().unwrap(), point.y().unwrap());
        // In CBOR: an elliptic curve key (2), for ES256 (-7), on P-256 (1).
        let key = [
            &[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20][..],
            x,
            &[0x22, 0x58, 0x20],
            y,
        ]
        .concat();
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let data = [&self.data(NEW_KEY), &[0; 16][..], &length, &self.id, &key].concat();
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        let object = [
            &b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"[..],
            &length,
            &data,
        ]
        .concat();
        json!({
            "id": print(&self.id), "rawId": print(&self.id), "type": "public-key",
            "clientExtensionResults": { "credProps": { "rk": true } },
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": print(self.client_data("webauthn.create", options).as_bytes()),
                "attestationObject": print(&object),
                "transports": ["internal", "hybrid"],
            },
        })
    }

    /// Signs; answers what the browser sends.
    pub fn sign(&self, options: &Value) -> Value {
        assert_eq!(options["userVerification"], "required");
        assert_eq!(options["rpId"], json!(self.rp_id));
        let data = self.data(0);
        let client_data = self.client_data("webauthn.get", options);
        let signed = [&data[..], &Sha256::digest(client_data.as_bytes())].concat();
        let signature: Signature = self.key.sign(&signed);
        json!({
            "id": print(&self.id), "rawId": print(&self.id), "type": "public-key",
            "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": print(client_data.as_bytes()),
                "authenticatorData": print(&data),
                "signature": print(signature.to_der().as_bytes()),
                "userHandle": print(&self.user),
            },
        })
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        json!({
            "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false,
        })
        .to_string()
    }

    fn data(&self, more: u8) -> Vec<u8> {
        let flags = PRESENT | more | if self.verifies { VERIFIED } else { 0 };
        let relying_party = Sha256::digest(self.rp_id.as_bytes());
        [&relying_party[..], &[flags], &self.counter.to_be_bytes()].concat()
    }
}

/// The options of a passkey that somebody begins to add.
pub async fn options(who: &Actor, password: &str) -> Value {
    let asked = who
        .mutate("addPasskey", json!({ "password": password }), "options")
        .await
        .ok();
    asked.at("addPasskey.options").clone()
}

/// Adds a passkey; answers it and its id.
pub async fn add(world: &World, who: &Actor, password: &str, name: &str) -> (Passkey, String) {
    let (passkey, answer) = Passkey::make(&options(who, password).await, &origin(world));
    let input = json!({ "name": name, "passkey": answer });
    let added = who.mutate("confirmPasskey", input, "passkey { id }").await.ok();
    (passkey, added.text("confirmPasskey.passkey.id"))
}

/// A login that begins with nobody's name: its options and its challenge.
pub async fn start(nobody: &Actor) -> (Value, String) {
    let document = "mutation { startPasskeyLogin { options challenge userErrors { code field message } } }";
    let started = nobody.ask(document).await.ok();
    (
        started.at("startPasskeyLogin.options").clone(),
        started.text("startPasskeyLogin.challenge"),
    )
}
