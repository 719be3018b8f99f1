//! The whole help as one text: a change of the command line is seen in review.

use crate::environment::Environment;

const COMMANDS: &[&[&str]] = &[
    &[],
    &["demo"],
    &["init"],
    &["validate"],
    &["seal"],
    &["watch"],
    &["verdict"],
    &["list"],
    &["explain"],
    &["report"],
    &["replay"],
    &["ledger"],
    &["ledger", "show"],
    &["ledger", "verify"],
    &["ledger", "export"],
    &["hold"],
    &["roll-back"],
    &["confirm"],
    &["release"],
    &["outcome"],
    &["doctor"],
    &["completions"],
    &["man"],
    &["schema"],
];

#[test]
fn the_help_of_every_command() {
    let environment = Environment::new();
    let mut reference = String::new();
    for words in COMMANDS {
        let mut arguments = words.to_vec();
        arguments.push("--help");
        let ran = environment.run(&arguments);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{words:?}");
        reference.push_str(&format!(
            "$ shakedown {}\n\n{}\n",
            arguments.join(" "),
            ran.out
        ));
    }
    insta::assert_snapshot!(reference);
}

#[test]
fn every_command_of_the_help_is_in_the_reference() {
    let help = Environment::new().run(&["--help"]).out;
    let listed = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        // Words that go on in a second line stand further right.
        .filter_map(|line| {
            line.strip_prefix("  ")
                .filter(|rest| !rest.starts_with(' '))
        })
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help");
    let mut count = 0;
    for name in listed {
        assert!(
            COMMANDS.iter().any(|words| words.first() == Some(&name)),
            "{name}"
        );
        count += 1;
    }
    assert!(count > 15, "{help}");
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let manual = Environment::new().run(&["man"]);
    assert_eq!(manual.code, Some(0));
    for words in COMMANDS {
        let title = format!(
            ".TH shakedown{}",
            words
                .iter()
                .map(|word| format!("-{word}"))
                .collect::<String>()
        );
        assert!(manual.out.contains(&title), "{title}");
    }
}

#[test]
fn schemas_are_json() {
    let environment = Environment::new();
    for of in ["plan", "connections", "report"] {
        let ran = environment.run(&["schema", of]);
        let schema: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert!(schema["$schema"].is_string(), "{of}");
    }
}
