//! The limit answers what Rollcall answers: otherwise it would be a limit of something else.

#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

use std::path::PathBuf;
use std::process::Command;

use bench::machine::postgres::connect;
use bench::machine::server::Home;
use bench::machine::site::Site;
use bench::plan::requests::crowd;
use bench::workload::Workload;
use tokio_postgres::Client;

/// Rollcall's own program: it is built where this test is.
fn rollcall() -> PathBuf {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_bench")).with_file_name("rollcall");
    assert!(
        program.exists(),
        "cargo builds it with the whole workspace: `make test`"
    );
    program
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_answers_the_same_bytes() {
    let server = std::env::var("TEST_POSTGRES_URL").expect("`make test` starts a PostgreSQL");
    let name = format!("bench_{}", rollcall::base::random::digits(16));
    let admin = connect(&server).await.unwrap();
    admin
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    let (place, _) = server.rsplit_once('/').unwrap();
    let url = format!("{place}/{name}");
    let folder = tempfile::tempdir().unwrap();
    let home = Home {
        program: rollcall(),
        folder: folder.path().to_owned(),
        database_url: Some(url.clone()),
    };
    let limit = PathBuf::from(env!("CARGO_BIN_EXE_bench"));
    let mut site = Site::on_postgres(home.clone(), &url, 1000, (&limit, &[]))
        .await
        .unwrap();
    let database = connect(&url).await.unwrap();
    let before = renamed(&database).await;
    for workload in Workload::ALL.into_iter().filter(|workload| workload.has_limit()) {
        // It asks both for each request, and compares.
        let crowd = crowd(&mut site, workload, 4).await;
        let crowd = crowd.unwrap_or_else(|error| panic!("{workload}: {error}"));
        assert_eq!(crowd.len(), 4, "{workload}");
    }
    // What the limit wrote is a part of the audit log like all the rest.
    site.settle().await.unwrap();
    let written = renamed(&database).await - before;
    assert_eq!(written, 4 * 3 * 2, "each name, by each server");
    let verified = Command::new(&home.program)
        .args(["audit", "verify"])
        .env_clear()
        .env("ROLLCALL_DATA_DIR", &home.folder)
        .env("ROLLCALL_DATABASE_URL", &url)
        .status()
        .unwrap();
    assert!(verified.success());
    drop(site);
    admin
        .batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
        .await
        .unwrap();
}

async fn renamed(database: &Client) -> i64 {
    let events = "SELECT count(*) FROM audit_event WHERE action = 'updateProfile'";
    database.query_one(events, &[]).await.unwrap().get(0)
}
