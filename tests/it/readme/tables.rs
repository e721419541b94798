//! The tables between `<!-- table: NAME -->` and `<!-- end -->`.

use std::collections::BTreeSet;

use rollcall::access::permission::Permission;
use rollcall::access::policy::{Action, Reach, may_make, reach};
use rollcall::access::role::{PresetRole, administrator, presets};
use rollcall::entity::team::TeamType;
use rollcall::entity::user::AccountType;
use rollcall::graphql::error::Code;
use rollcall::graphql::sdl;
use rollcall::limits::rates::RATES;
use rollcall::users::create::type_name;

use super::operation::{commands, settings};
use super::{DOCUMENTS, read, root};

#[test]
fn the_tables_are_what_the_program_says() {
    let update = std::env::var_os("UPDATE_README").is_some();
    let mut drawn = BTreeSet::new();
    for document in DOCUMENTS {
        let (found, expected) = redraw(document, &mut drawn);
        if found == expected {
            continue;
        }
        if update {
            std::fs::write(root().join(document), expected).unwrap();
        } else {
            let line = found
                .lines()
                .zip(expected.lines())
                .find(|(found, expected)| found != expected)
                .map_or_else(String::new, |(found, expected)| {
                    format!("\n  it says:    {found}\n  it has to:  {expected}\n")
                });
            panic!(
                "a table of {document} is out of date: {line}`UPDATE_README=1 make test ARGS=readme` draws it anew"
            );
        }
    }
    let all: BTreeSet<&str> = TABLES.iter().map(|(name, _)| *name).collect();
    assert_eq!(drawn, all, "each table stands in one of the documents");
}

/// The document as it is, and as it has to be.
fn redraw(document: &str, drawn: &mut BTreeSet<&'static str>) -> (String, String) {
    let found = read(document);
    let mut expected = String::new();
    let mut rest = found.as_str();
    while let Some((before, after)) = rest.split_once("<!-- table: ") {
        let (name, after) = after.split_once(" -->\n").expect("a table's marker ends");
        let (_, after) = after
            .split_once("<!-- end -->")
            .unwrap_or_else(|| panic!("the table {name:?} of {document} has no end"));
        let (name, draw) = TABLES
            .iter()
            .find(|(known, _)| *known == name)
            .unwrap_or_else(|| panic!("{document} asks for a table {name:?}, which nobody draws"));
        drawn.insert(name);
        let drawing = draw();
        for part in [before, "<!-- table: ", name, " -->\n", &drawing, "<!-- end -->"] {
            expected.push_str(part);
        }
        rest = after;
    }
    expected += rest;
    (found, expected)
}

type Draw = fn() -> String;

const TABLES: [(&str, Draw); 9] = [
    ("requirements", requirements),
    ("reach", over_whom),
    ("preset roles", preset_roles),
    ("preset role ids", preset_role_ids),
    ("user error codes", user_error_codes),
    ("error codes", error_codes),
    ("rates", rates),
    ("settings", settings),
    ("commands", commands),
];

pub fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let cell = |cell: &String| {
        if cell.is_empty() {
            " |".to_owned()
        } else {
            format!(" {cell} |")
        }
    };
    let line = |cells: &[String]| format!("|{}\n", cells.iter().map(cell).collect::<String>());
    let header: Vec<String> = header.iter().map(|&cell| cell.to_owned()).collect();
    let rule = vec!["---".to_owned(); header.len()];
    let rows = rows.into_iter().map(|row| {
        assert_eq!(row.len(), header.len());
        line(
            &row.iter()
                .map(|cell| cell.replace('|', "\\|"))
                .collect::<Vec<_>>(),
        )
    });
    line(&header) + &line(&rule) + &rows.collect::<String>()
}

pub fn code(text: &str) -> String {
    format!("`{text}`")
}

pub fn codes<'t>(texts: impl IntoIterator<Item = &'t str>, between: &str) -> String {
    texts.into_iter().map(code).collect::<Vec<_>>().join(between)
}

/// The rows of the policy, those with the same requirements together.
fn requirements() -> String {
    let mut rows: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for action in Action::ALL {
        let root = matches!(action.parent(), "Query" | "Mutation");
        let field = if root { action.name() } else { action.field() };
        let needed = action.requirement_names();
        match rows.iter_mut().find(|(other, _)| *other == needed) {
            Some((_, fields)) => fields.push(field),
            None => rows.push((needed, vec![field])),
        }
    }
    let rows = rows.into_iter().map(|(needed, fields)| {
        let who = if needed.is_empty() {
            "everybody".to_owned()
        } else {
            codes(needed, ", ")
        };
        vec![who, codes(fields, ", ")]
    });
    table(&["who", "may ask for"], rows)
}

fn rates() -> String {
    let rows = RATES.iter().map(|rate| {
        let window = match rate.minutes {
            60 => "hour".to_owned(),
            minutes => format!("{minutes} minutes"),
        };
        vec![code(rate.action.name()), rate.most.to_string(), window]
    });
    table(&["field", "times", "in"], rows)
}

fn over_whom() -> String {
    const STAFF: [AccountType; 2] = [AccountType::SuperAdmin, AccountType::PlatformAdmin];
    let makes = |actor| {
        let all = [
            AccountType::SuperAdmin,
            AccountType::PlatformAdmin,
            AccountType::Member,
        ];
        let made = all.into_iter().filter(|made| may_make(actor, *made));
        codes(made.map(type_name), ", ")
    };
    let mut rows = vec![vec![
        code(Action::UserCreate.name()),
        makes(STAFF[0]),
        makes(STAFF[1]),
    ]];
    for action in [
        Action::UserUpdate,
        Action::UserPasswordReset,
        Action::UserEmailUnbind,
        Action::UserUnlock,
        Action::UserDisable,
        Action::UserEnable,
        Action::UserDelete,
        Action::SessionRevoke,
    ] {
        let cell = |actor| {
            match reach(action, actor) {
                Reach::Anyone => "anyone",
                Reach::AnyoneElse => "anyone else",
                Reach::MembersAndOneself => "members, and oneself",
                Reach::Members => "members",
                Reach::Oneself => "oneself",
                Reach::Nobody => "nobody",
            }
            .to_owned()
        };
        rows.push(vec![code(action.name()), cell(STAFF[0]), cell(STAFF[1])]);
    }
    table(&["", "the super admin", "a platform admin"], rows)
}

fn preset_roles() -> String {
    let of_type = |team_type: TeamType, name: &str| {
        let roles: Vec<&PresetRole> = presets(team_type).collect();
        let header: Vec<&str> = std::iter::once(name)
            .chain(roles.iter().map(|role| role.name))
            .collect();
        let rows = administrator(team_type)
            .permissions
            .iter()
            .map(|permission: &Permission| {
                let cells = roles.iter().map(|role| {
                    let granted = role.permissions.contains(permission);
                    (if granted { "●" } else { "" }).to_owned()
                });
                std::iter::once(code(permission.name())).chain(cells).collect()
            });
        table(&header, rows)
    };
    format!(
        "{}\n{}",
        of_type(TeamType::Superapp, "SUPERAPP"),
        of_type(TeamType::MiniProgram, "MINI_PROGRAM")
    )
}

fn preset_role_ids() -> String {
    let rows = presets(TeamType::Superapp)
        .zip(presets(TeamType::MiniProgram))
        .map(|(superapp, mini_program)| {
            assert_eq!(superapp.name, mini_program.name);
            vec![
                superapp.name.to_owned(),
                code(&superapp.id.to_string()),
                code(&mini_program.id.to_string()),
            ]
        });
    table(&["role", "SUPERAPP", "MINI_PROGRAM"], rows)
}

/// The values of the schema's enum, with their descriptions.
fn user_error_codes() -> String {
    let sdl = sdl();
    let (_, body) = sdl
        .split_once("enum UserErrorCode {\n")
        .expect("the schema has the enum");
    let (body, _) = body.split_once("\n}").unwrap();
    let mut rows = Vec::new();
    let mut about = String::new();
    for line in body.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix('"') {
            about = String::from(text.trim_end_matches('"'));
        } else {
            rows.push(vec![code(line), std::mem::take(&mut about)]);
        }
    }
    table(&["code", ""], rows)
}

fn error_codes() -> String {
    let rows = Code::ALL.map(|(error, about)| vec![code(error.name()), about.to_owned()]);
    table(&["code", ""], rows)
}
