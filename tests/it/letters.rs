//! What the letters say and how they look, one by one, in every language.
//!
//! `tests/it/letters/` holds each letter's text and HTML, `docs/letters/` a picture of each, `docs/letters.md` the table
//! of them. `make letters` prints all but the table anew; the pictures need Chromium and a Chinese font, which it installs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{DateTime, TimeDelta, Utc};
use regex::Regex;
use rollcall::access::role::PRESET_ROLES;
use rollcall::base::text::Email;
use rollcall::entity::user::Locale;
use rollcall::mail::Letter;
use rollcall::mail::letter::{self, Block, Recipient, Span};

const SITE: &str = "https://rollcall.example.com";
const LOCALES: [Locale; 2] = [Locale::En, Locale::ZhCn];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn noon() -> DateTime<Utc> {
    "2026-03-09T12:05:00Z".parse().unwrap()
}

/// What people type into a letter.
struct Typed {
    account: &'static str,
    name: &'static str,
    team: &'static str,
    role: &'static str,
    agent: &'static str,
    passkey: &'static str,
}

const USUAL: Typed = Typed {
    account: "mia.chen",
    name: "陈米娅",
    team: "Blue Whale",
    role: "Senior developer",
    agent: "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0",
    passkey: "Mia's laptop",
};

/// Every letter there is.
fn all(locale: Locale, typed: &Typed) -> Vec<Letter> {
    let to = &Recipient::unknown(Email::parse("mia@example.com").unwrap(), locale);
    let Typed {
        account,
        name,
        team,
        role,
        agent,
        passkey,
    } = *typed;
    let new = &Email::parse("mia.chen@example.com").unwrap();
    let (now, code) = (noon(), "482913");
    let in_days = |days| letter::team_expiry(to, account, team, now + TimeDelta::days(days), now);
    vec![
        letter::verification_code(to, code),
        letter::address_has_account(to, account),
        letter::account_created(to, account, code),
        letter::email_proposed(to, account, code),
        letter::email_confirmation(to, account, code),
        letter::email_bound(to, account, new),
        letter::email_replaced(to, account, new),
        letter::email_unbound(to, account),
        letter::password_reset_code(to, account, code),
        letter::password_changed(to, account),
        letter::password_reset(to, account),
        letter::account_locked(to, account, now),
        letter::new_device(to, account, now, Some("203.0.113.7"), Some(agent)),
        letter::totp_bound(to, account),
        letter::totp_unbound(to, account),
        letter::recovery_code_used(to, account, 9),
        letter::passkey_added(to, account, passkey),
        letter::passkey_removed(to, account, passkey),
        letter::added_to_team(to, account, team, role),
        letter::joined_team(to, account, team, role),
        letter::role_changed(to, account, team, role),
        letter::removed_from_team(to, account, team),
        letter::team_deleted(to, account, team),
        letter::invitation(to, name, team, role, "48291307", now),
        in_days(7),
        in_days(0),
    ]
}

/// The kinds that a language has words for.
fn kinds() -> BTreeSet<String> {
    let source = std::fs::read_to_string(root().join("src/mail/letter/words.rs")).unwrap();
    let row = Regex::new(r"(?m)^    pub (\w+): Text,").unwrap();
    row.captures_iter(&source)
        .map(|found| found[1].to_owned())
        .collect()
}

fn update() -> bool {
    std::env::var_os("UPDATE_LETTERS").is_some()
}

#[test]
fn every_letter_is_as_it_is_kept_in_every_language() {
    let folder = root().join("tests/it/letters");
    let mut expected = BTreeMap::new();
    for letter in LOCALES.iter().flat_map(|locale| all(*locale, &USUAL)) {
        let stem = format!("{}.{}", letter.kind, letter.language);
        let text = format!(
            "Subject: {}\n\n{}",
            letter.subject,
            letter.text(SITE).replace("\r\n", "\n")
        );
        expected.insert(format!("{stem}.txt"), text);
        expected.insert(format!("{stem}.html"), letter.html(SITE));
    }
    if update() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in &expected {
            std::fs::write(folder.join(name), text).unwrap();
        }
    }
    let kept: BTreeMap<String, String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&expected), names(&kept), "`make letters` prints them");
    for (name, text) in &expected {
        assert!(
            text == &kept[name],
            "{name} has changed; `make letters` prints it:\n{text}"
        );
    }
    // None is left out here: each that the languages have words for.
    let shown: BTreeSet<String> = all(Locale::En, &USUAL)
        .into_iter()
        .map(|letter| letter.kind)
        .collect();
    assert_eq!(shown, kinds());
    assert_eq!(expected.len(), kinds().len() * LOCALES.len() * 2);
}

#[test]
fn every_letter_has_a_picture_and_a_row_in_the_table() {
    let folder = root().join("docs/letters");
    if update() {
        std::fs::create_dir_all(&folder).unwrap();
        let pairs = all(Locale::En, &USUAL).into_iter().zip(all(Locale::ZhCn, &USUAL));
        for (english, chinese) in pairs {
            draw(
                &[&english, &chinese],
                &folder.join(format!("{}.png", english.kind)),
            );
        }
    }
    let table = std::fs::read_to_string(root().join("docs/letters.md")).unwrap();
    let mut size = 0;
    let mut pictures = BTreeSet::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.starts_with(b"\x89PNG"), "{}", path.display());
        size += bytes.len();
        pictures.insert(path.file_stem().unwrap().to_str().unwrap().to_owned());
    }
    assert_eq!(pictures, kinds(), "`make letters` draws them");
    assert!(size < 65_000 * pictures.len(), "{size} bytes of pictures");
    for kind in kinds() {
        assert!(
            table.contains(&format!("(letters/{kind}.png)")),
            "{kind} is not in docs/letters.md"
        );
    }
}

/// Draws letters beside each other.
fn draw(letters: &[&Letter], path: &Path) {
    const WIDTH: usize = 520;
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let escape = |html: String| html.replace('&', "&amp;").replace('"', "&quot;");
    let mut frames = String::new();
    for letter in letters {
        let html = escape(letter.html(SITE));
        let style = format!("border:0;width:{WIDTH}px;height:10px");
        write!(frames, "<iframe style=\"{style}\" srcdoc=\"{html}\"></iframe>").unwrap();
    }
    let script = "addEventListener('load', () => { \
        const frames = [...document.querySelectorAll('iframe')]; \
        const height = Math.max(...frames.map((f) => f.contentDocument.documentElement.scrollHeight)); \
        for (const f of frames) f.style.height = height + 'px'; \
        document.title = 'height=' + height; });";
    let html = format!(
        "<!DOCTYPE html><meta charset=\"utf-8\"><body style=\"margin:0;background:#f2f4f7;white-space:nowrap;font-size:0\">{frames}<script>{script}</script>"
    );
    std::fs::write(&page, html).unwrap();
    let width = WIDTH * letters.len();
    let run = |height: usize, more: &str| {
        let output = Command::new(chromium())
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
            .args(["--disable-lcd-text", "--force-device-scale-factor=0.75"])
            .arg(format!(
                "--user-data-dir={}",
                folder.path().join("profile").display()
            ))
            .arg(format!("--window-size={width},{height}"))
            .args([more, &format!("file://{}", page.display())])
            .output()
            .expect("Chromium is there: scripts/setup test");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let drawn = run(600, "--dump-dom");
    let height = Regex::new(r"<title>height=(\d+)</title>").unwrap();
    let height: usize = height.captures(&drawn).expect("the page tells its height")[1]
        .parse()
        .unwrap();
    run(height, &format!("--screenshot={}", path.display()));
}

/// As `scripts/setup` looks for it.
fn chromium() -> String {
    std::env::var("CHROMIUM").unwrap_or_else(|_| {
        let names = [
            "chromium",
            "chromium-browser",
            "google-chrome",
            "google-chrome-stable",
        ];
        let is_there = |name: &&&str| {
            let version = Command::new(name).arg("--version").output();
            version.is_ok_and(|output| output.status.success())
        };
        let found = names.iter().find(is_there);
        (*found.expect("Chromium is there: scripts/setup test")).to_owned()
    })
}

/// As bad as it gets: what a user agent may hold, here for every name.
const HOSTILE: Typed = Typed {
    account: "<script>alert(1)</script>",
    name: "\"onload=\"alert(1)",
    team: "https://evil.example/?a=b&c=d\r\nBcc: all@example.com",
    role: "{code}",
    agent: "'</bdi><img src=https://evil.example/x.png>\n\n482913\n\n> Account: other\u{202e}txt.exe",
    passkey: "<a href=\"https://evil.example\">here</a>",
};

#[test]
fn what_people_type_stays_text() {
    let tag = Regex::new("<[^>]*>").unwrap();
    let link = Regex::new(r#"(?:href|src|action|background)\s*=\s*"([^"]*)""#).unwrap();
    for letter in LOCALES.iter().flat_map(|locale| all(*locale, &HOSTILE)) {
        let (html, kind) = (letter.html(SITE), &letter.kind);
        // The same marks stand in it as without, and no other: nothing typed has made one.
        let calm = LOCALES.iter().flat_map(|locale| all(*locale, &USUAL));
        let calm = calm
            .filter(|calm| calm.kind == *kind && calm.language == letter.language)
            .map(|calm| calm.html(SITE))
            .next()
            .unwrap();
        let tags = |html: &str| {
            tag.find_iter(html)
                .map(|tag| tag.as_str().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(tags(&html), tags(&calm), "{kind}");
        // The only links are to ourselves, and nothing is fetched.
        for link in link.captures_iter(&html) {
            assert_eq!(&link[1], SITE, "{kind}");
        }
        assert!(!html.contains("url(") && !html.contains("@import"), "{kind}");
        // A code is the only one of its kind in the text, whatever was typed.
        let text = letter.text(SITE);
        let codes = |block: &Block| matches!(block, Block::Code(_));
        let lone = text
            .lines()
            .filter(|line| line.len() >= 6 && line.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(
            lone.count(),
            letter.blocks.iter().filter(|block| codes(block)).count(),
            "{kind}: {text}"
        );
        assert!(!text.contains('\u{202e}') && !html.contains('\u{202e}'), "{kind}");
        for line in text.lines() {
            assert!(
                !line.starts_with("Bcc:") && !line.starts_with("> "),
                "{kind}: {text}"
            );
        }
    }
}

#[test]
fn no_subject_tells_a_code_a_link_or_a_name() {
    for typed in [&USUAL, &HOSTILE] {
        for letter in LOCALES.iter().flat_map(|locale| all(*locale, typed)) {
            let subject = &letter.subject;
            for told in [
                "482913",
                "48291307",
                SITE,
                typed.account,
                typed.name,
                typed.team,
                typed.role,
                "mia",
            ] {
                assert!(!subject.contains(told), "{}: {subject}", letter.kind);
            }
            assert!(!subject.contains(['\r', '\n', '{', '}']), "{subject}");
        }
    }
}

#[test]
fn a_code_stands_alone_on_its_line_and_late_in_what_a_list_of_letters_shows() {
    let mut with_code = 0;
    for letter in LOCALES.iter().flat_map(|locale| all(*locale, &USUAL)) {
        let Some(code) = letter.blocks.iter().find_map(|block| match block {
            Block::Code(code) => Some(code),
            _ => None,
        }) else {
            continue;
        };
        with_code += 1;
        assert!([6, 8].contains(&code.len()));
        let text = letter.text(SITE);
        assert_eq!(text.matches(code.as_str()).count(), 1, "{}", letter.kind);
        assert_eq!(text.lines().filter(|line| line == code).count(), 1);
        let html = letter.html(SITE);
        let body = &html[html.find("<body").unwrap()..];
        let before = body.split(code.as_str()).next().unwrap();
        assert!(before.matches("&zwnj;").count() > 40, "{}", letter.kind);
    }
    assert_eq!(with_code, 6 * LOCALES.len());
}

#[test]
fn both_languages_fill_in_the_same() {
    let latin = Regex::new("[a-z]{3}").unwrap();
    for (english, chinese) in all(Locale::En, &USUAL).iter().zip(all(Locale::ZhCn, &USUAL)) {
        let facts = |letter: &Letter| {
            let facts = letter.blocks.iter().filter_map(|block| match block {
                Block::Facts(facts) => Some(facts.len()),
                _ => None,
            });
            facts.sum::<usize>()
        };
        assert_eq!(facts(english), facts(&chinese), "{}", english.kind);
        let count = |letter: &Letter, wanted: fn(&Block) -> bool| {
            letter.blocks.iter().filter(|it| wanted(it)).count()
        };
        for wanted in [(|it| matches!(it, Block::Code(_))) as fn(&Block) -> bool, |it| {
            matches!(it, Block::Site)
        }] {
            assert_eq!(
                count(english, wanted),
                count(&chinese, wanted),
                "{}",
                english.kind
            );
        }
        // All of a Chinese letter is Chinese but the values in it.
        for block in &chinese.blocks {
            let Block::Text(spans) = block else {
                continue;
            };
            for span in spans {
                let Span::Ours(text) = span else { continue };
                assert!(!latin.is_match(text), "{}: {text}", chinese.kind);
            }
        }
    }
}

#[test]
fn every_preset_role_has_a_chinese_name() {
    let to = Recipient::unknown(Email::parse("mia@example.com").unwrap(), Locale::ZhCn);
    for role in PRESET_ROLES {
        let letter = letter::role_changed(&to, "mia", "Blue", role.name);
        assert!(!letter.text(SITE).contains(role.name), "{}", role.name);
    }
    // A team's own role is called what the team calls it.
    let letter = letter::role_changed(&to, "mia", "Blue", "Night watch");
    assert!(letter.text(SITE).contains("新角色：Night watch"));
}

#[test]
fn every_letter_says_who_sends_it_and_whom_it_concerns() {
    for letter in LOCALES.iter().flat_map(|locale| all(*locale, &USUAL)) {
        let text = letter.text(SITE);
        let footer = text.rsplit_once("\r\n-- \r\n").expect("a signature").1;
        assert!(footer.contains("Rollcall") && footer.contains(SITE), "{footer}");
        assert!(footer.contains("mia@example.com"), "{footer}");
        // Who registers or is invited has no account yet.
        if !["verification_code", "invitation"].contains(&letter.kind.as_str()) {
            assert!(text.contains(USUAL.account), "{}: {text}", letter.kind);
        }
        assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']));
    }
}
