//! The tables of what an operator sets and runs.

use std::process::Command;

use clap::Args;
use rollcall::base::settings::Settings;

use super::tables::{code, codes, table};

/// The arguments of the settings, whose help tells the default where it is no fixed text.
pub fn settings() -> String {
    let command = Settings::augment_args(clap::Command::new("rollcall"));
    let rows = command
        .get_arguments()
        .filter(|argument| argument.get_env().is_some())
        .map(|argument| {
            let variable = argument.get_env().unwrap().to_str().unwrap();
            let help = argument.get_help().unwrap().to_string();
            let (about, told) = match help.split_once(" [default: ") {
                Some((before, rest)) => {
                    let (default, after) = rest.split_once(']').unwrap();
                    (format!("{before}{after}"), Some(default.to_owned()))
                }
                None => (help, None),
            };
            let fixed: Vec<&str> = argument
                .get_default_values()
                .iter()
                .map(|value| value.to_str().unwrap())
                .collect();
            let default = match (told, fixed.is_empty()) {
                (Some(told), true) => told,
                (None, false) => code(&fixed.join(",")),
                (None, true) => "none".to_owned(),
                (Some(_), false) => panic!("{variable} tells two defaults"),
            };
            let choices = argument.get_possible_values();
            let choices = if choices.is_empty() {
                String::new()
            } else {
                let names: Vec<&str> = choices
                    .iter()
                    .map(clap::builder::PossibleValue::get_name)
                    .collect();
                format!(" ({})", codes(names, ", "))
            };
            vec![
                code(variable),
                default,
                format!("{}{choices}", about.trim_end_matches('.')),
            ]
        });
    table(&["variable", "default", ""], rows)
}

/// What the program's own help says.
pub fn commands() -> String {
    let mut rows = Vec::new();
    add_commands(&mut rows, &[]);
    table(&["command", ""], rows)
}

fn add_commands(rows: &mut Vec<Vec<String>>, path: &[&str]) {
    let help = help(path);
    let (_, listed) = help.split_once("\nCommands:\n").expect("the help lists commands");
    for line in listed.lines().take_while(|line| !line.is_empty()) {
        let (name, about) = line.trim().split_once("  ").expect("a command has a text");
        if name == "help" {
            continue;
        }
        let path: Vec<&str> = path.iter().copied().chain([name]).collect();
        let own = self::help(&path);
        if own.contains("\nCommands:\n") {
            add_commands(rows, &path);
            continue;
        }
        let written = format!("rollcall {}", path.join(" "));
        let (before, _) = own.split_once("\nOptions:").unwrap();
        let choices = before
            .split_once("[possible values: ")
            .and_then(|(_, rest)| rest.split_once(']'))
            .map_or_else(String::new, |(values, _)| {
                format!(" [{}]", values.replace(", ", " / "))
            });
        let alone = if name == "serve" { "`rollcall`, " } else { "" };
        rows.push(vec![
            format!("{alone}`{written}{choices}`"),
            about.trim().to_owned(),
        ]);
    }
}

fn help(path: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rollcall"))
        .args(path)
        .arg("-h")
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
