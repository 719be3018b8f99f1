//! One message that says what, where and what to do; the exit code of the table; nothing half-started.

use crate::environment::{Environment, PROGRAM, ran};
use crate::keepers::{begun, prepared};
use crate::metrics_page::{answering, nobody};
use crate::plans;
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use std::net::TcpListener;

/// Tells what commands say, one after the other.
fn told(environment: &Environment, commands: &[&[&str]]) -> String {
    commands
        .iter()
        .map(|arguments| {
            format!(
                "$ shakedown {}\n{}",
                arguments.join(" "),
                environment.told(arguments)
            )
        })
        .collect()
}

#[test]
fn files_and_names_that_are_not_there() {
    let environment = Environment::new();
    environment.write("shop.watch.yaml", plans::PLAN);
    insta::assert_snapshot!(told(
        &environment,
        &[
            &["validate", "no.watch.yaml"],
            &["seal", "no.watch.yaml"],
            &["watch", "no.watch.yaml"],
            &["watch", "shop.watch.yaml"],
            &["--config", "no.yaml", "validate", "shop.watch.yaml"],
            &["verdict"],
            &["explain", "anything"],
            &["watch"],
            &["watch", "--service", "shop"],
            &[
                "watch",
                "--service",
                "shop",
                "--prometheus",
                "http://127.0.0.1:9",
                "--for",
                "soon"
            ],
            &["init", "--service", "shop"],
            &["completions", "tcsh"],
        ],
    ));
    assert!(!environment.ledger().exists(), "nothing was made");
}

#[test]
fn watches_and_records_that_are_not_there() {
    let environment = begun();
    insta::assert_snapshot!(told(
        &environment,
        &[
            &["verdict", "W9"],
            &["verdict", "nine"],
            &["watch", "--resume", "W9"],
            &["explain", "no such criterion"],
            &["explain", "9999"],
            &["ledger", "verify", "W9"],
        ],
    ));
}

#[test]
fn a_wrong_plan_tells_every_problem_at_once() {
    let environment = Environment::new();
    environment.write("shakedown.yaml", &plans::connections(&nobody(), &nobody()));
    let wrong = plans::PLAN
        .replace("judge-every", "judge-evry")
        .replace("+2pp", "+2")
        .replace("then: roll-back}", "then: rollback}")
        .replace("source: prometheus", "source: promethius");
    environment.write("shop.watch.yaml", &wrong);
    insta::assert_snapshot!(told(&environment, &[&["validate", "shop.watch.yaml"]]));
    assert_eq!(
        environment.run(&["watch", "shop.watch.yaml"]).code,
        Some(40)
    );
    assert_eq!(environment.run(&["seal", "shop.watch.yaml"]).code, Some(40));
    assert!(!environment.ledger().exists(), "nothing was sealed");
    environment.write(
        "shakedown.yaml",
        "connections: 1\nsources:\n  prometheus: {kind: promethius}\n",
    );
    insta::assert_snapshot!(
        "wrong_connections",
        told(&environment, &[&["watch", "shop.watch.yaml"]])
    );
}

#[test]
fn sources_that_do_not_answer_refuse_or_know_nothing() {
    let environment = Environment::new();
    environment.write("shop.watch.yaml", plans::PLAN);
    let with = |url: &str| {
        environment.write("shakedown.yaml", &plans::connections(url, &nobody()));
        environment.run(&["validate", "shop.watch.yaml"])
    };
    let down = with(&nobody());
    assert_eq!(down.code, Some(50), "{down:?}");
    assert_eq!(
        down.out.matches("cannot be reached").count(),
        1,
        "said once: {down:?}"
    );
    let refused = with(&answering("401 Unauthorized", ""));
    assert_eq!(refused.code, Some(51), "{refused:?}");
    assert!(refused.out.contains("check the credentials"), "{refused:?}");
    let empty = with(&answering(
        "200 OK",
        r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#,
    ));
    assert_eq!(
        empty.code,
        Some(40),
        "a selector that finds nothing is the plan's: {empty:?}"
    );
    assert!(empty.out.contains("matches no series"), "{empty:?}");
    for (url, code) in [
        (nobody(), 50),
        (answering("403 Forbidden", ""), 51),
        ("nonsense".to_owned(), 2),
        ("ftp://127.0.0.1".to_owned(), 2),
    ] {
        let ran = environment.run(&[
            "init",
            "--prometheus",
            &url,
            "--service",
            "shop",
            "--into",
            "new",
        ]);
        assert_eq!(ran.code, Some(code), "{url}: {ran:?}");
        assert_eq!(
            ran.err
                .lines()
                .filter(|line| line.starts_with("error: "))
                .count(),
            1,
            "{ran:?}"
        );
        assert!(!environment.work().join("new").exists());
        let watch = environment.run(&[
            "watch",
            "--service",
            "shop",
            "--prometheus",
            &url,
            "--by",
            "version",
        ]);
        assert_eq!(watch.code, Some(code), "{url}: {watch:?}");
    }
    assert!(!environment.ledger().exists());
}

#[test]
fn a_port_in_use_is_said() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = format!("--listen={}", taken.local_addr().unwrap());
    let ran = Environment::new().run(&["shop", &listen, "--version=1", "--pod=a"]);
    assert_eq!(ran.code, Some(53), "{ran:?}");
    assert!(
        ran.err
            .contains(taken.local_addr().unwrap().to_string().as_str()),
        "{ran:?}"
    );
}

/// Runs the program beside a small file system of its own, mounted in a name space of its own.
fn on_a_file_system(
    environment: &Environment,
    options: &str,
    before: &str,
    arguments: &str,
) -> crate::environment::Ran {
    let folder = environment.root().join("small");
    std::fs::create_dir_all(&folder).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=256k tmpfs '{0}' && cd '{1}' && {before} mount -o remount,{options} '{0}' && exec '{PROGRAM}' --ledger '{0}/ledger.sqlite' {arguments}",
        folder.display(),
        environment.work().display(),
    );
    ran(&environment
        .command_of("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .output()
        .unwrap())
}

#[test]
fn a_full_disk_is_said_and_nothing_is_begun() {
    let environment = prepared();
    let small = environment.root().join("small");
    let fill = format!("head -c 250k /dev/zero > '{}/filler' &&", small.display());
    let ran = on_a_file_system(&environment, "rw", &fill, "seal shop.watch.yaml");
    assert_eq!(ran.code, Some(52), "{ran:?}");
    assert!(
        ran.err.contains("no room left for the ledger at "),
        "{ran:?}"
    );
    assert!(ran.out.is_empty());
}

#[test]
fn a_read_only_file_system_is_said() {
    let environment = prepared();
    let ran = on_a_file_system(&environment, "ro", "", "seal shop.watch.yaml");
    assert_eq!(ran.code, Some(54), "{ran:?}");
    assert_eq!(
        ran.err
            .lines()
            .filter(|line| line.starts_with("error: "))
            .count(),
        1,
        "{ran:?}"
    );
    assert!(ran.out.is_empty());
}

#[test]
fn a_ledger_that_is_none_is_said() {
    let environment = prepared();
    environment.write(
        "letters.txt",
        "These are letters and no database, long enough to be looked at.\n",
    );
    insta::assert_snapshot!(told(
        &environment,
        &[
            &["--ledger", "letters.txt", "seal", "shop.watch.yaml"],
            &["--ledger", "letters.txt", "verdict"],
            &["--ledger", ".", "seal", "shop.watch.yaml"],
            &["--ledger", "missing.sqlite", "list"],
        ],
    ));
}

#[tokio::test]
async fn records_that_were_changed_are_found() {
    let environment = begun();
    let mut store = SqliteConnectOptions::new()
        .filename(environment.ledger())
        .connect()
        .await
        .unwrap();
    let changed = sqlx::query("UPDATE records SET at_ms = at_ms + 1 WHERE seq = 3")
        .execute(&mut store)
        .await
        .unwrap();
    assert_eq!(changed.rows_affected(), 1);
    store.close().await.unwrap();
    let verified = environment.run(&["ledger", "verify"]);
    assert_eq!(verified.code, Some(60), "{verified:?}");
    let replayed = environment.run(&["replay"]);
    assert_eq!(replayed.code, Some(60), "{replayed:?}");
    let doctor = environment.run(&["doctor"]);
    assert_eq!(doctor.code, Some(60), "{doctor:?}");
}
