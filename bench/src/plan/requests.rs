//! The requests of each workload, and their right answers.

use std::sync::Arc;

use crate::http::{Connection, post};
use crate::load::{Crowd, Exchange, Right};
use crate::machine::server::{ADMIN, PASSWORD, Server};
use crate::machine::site::Site;
use crate::workload::{self, Workload};
use crate::{Error, Result};

/// What each of `count` connections asks. The right answers are Rollcall's own, and the limit's have to be the same bytes.
pub async fn crowd(site: &mut Site, workload: Workload, count: usize) -> Result<Crowd> {
    let requests = match workload {
        Workload::Login => return Ok(logins(site, count)),
        Workload::Rights => by_members(site, count, |_| vec![workload::viewer()]).await?,
        Workload::Rename => {
            by_members(site, count, |place| {
                let name = |letter| workload::rename(&format!("bench-{place}-{letter}"));
                vec![name('a'), name('b'), name('c')]
            })
            .await?
        }
        _ => {
            let token = site.staff_token().await?;
            let bodies = bodies(site, workload).await?;
            vec![bodies.iter().map(|body| post(Some(&token), body)).collect()]
        }
    };
    if let Some(limit) = &site.limit {
        limit.thaw()?;
    }
    let mut crowd = Crowd::new();
    for of_one in requests {
        crowd.push(Arc::new(answered(site, of_one).await?));
    }
    // All of platform staff ask the same.
    Ok((0..count)
        .map(|place| crowd[place % crowd.len()].clone())
        .collect())
}

async fn bodies(site: &Site, workload: Workload) -> Result<Vec<String>> {
    Ok(match workload {
        Workload::FarPage => {
            let pages = i64::try_from(site.users / 20)?;
            let cursor = site.cursor((pages / 2).clamp(2, 1000)).await?;
            vec![workload::users(Some(&cursor))]
        }
        Workload::Search => {
            let searches = site.searches().await?;
            searches
                .iter()
                .map(|(team, text)| workload::found_users(team, text))
                .collect()
        }
        Workload::OneUser => {
            let ids = site.user_ids().await?;
            ids.iter().map(|id| workload::user(id)).collect()
        }
        _ => vec![workload::users(None)],
    })
}

async fn by_members(
    site: &mut Site,
    count: usize,
    bodies: impl Fn(usize) -> Vec<String>,
) -> Result<Vec<Vec<Vec<u8>>>> {
    let tokens = site.member_tokens().await?;
    if tokens.len() < count {
        return Err(format!("{} members for {count} connections", tokens.len()).into());
    }
    let of_one = |(place, token): (usize, &String)| {
        let bodies = bodies(place);
        bodies.iter().map(|body| post(Some(token), body)).collect()
    };
    Ok(tokens.iter().take(count).enumerate().map(of_one).collect())
}

/// Logins of members, each at a connection of its own.
fn logins(site: &Site, count: usize) -> Crowd {
    let of_one = |account: &String| {
        Arc::new(vec![Exchange {
            request: post(None, &workload::login(account, PASSWORD)),
            right: Right::Holds("\"step\":\"DONE\""),
        }])
    };
    let nobody_else = ADMIN.to_owned();
    if site.members.is_empty() {
        return vec![of_one(&nobody_else)];
    }
    // From the end: the first ones are the viewers of other workloads.
    site.members.iter().rev().take(count).map(of_one).collect()
}

async fn answered(site: &Site, requests: Vec<Vec<u8>>) -> Result<Vec<Exchange>> {
    let mut exchanges = Vec::with_capacity(requests.len());
    let mut rollcall = Connection::open(site.rollcall.address).await?;
    let mut limit = match &site.limit {
        Some(limit) => Some(Connection::open(limit.address).await?),
        None => None,
    };
    for request in requests {
        let right = right(&mut rollcall, &request).await?;
        if let Some(limit) = &mut limit {
            let other = limit.ask(&request).await?;
            if other.status != 200 || other.body != right {
                return Err(differ(&right, other.status, other.body));
            }
        }
        exchanges.push(Exchange {
            request,
            right: Right::Same(right),
        });
    }
    Ok(exchanges)
}

async fn right(rollcall: &mut Connection, request: &[u8]) -> Result<Vec<u8>> {
    let answer = rollcall.ask(request).await?;
    let text = String::from_utf8_lossy(answer.body);
    if answer.status == 200 && !text.contains("\"errors\"") && !text.contains("\"userErrors\":[{") {
        Ok(answer.body.to_vec())
    } else {
        Err(format!("Rollcall answers {} {text}", answer.status).into())
    }
}

fn differ(right: &[u8], status: u16, other: &[u8]) -> Error {
    format!(
        "the limit answers other bytes.\nRollcall: {}\nthe limit: {status} {}",
        String::from_utf8_lossy(right),
        String::from_utf8_lossy(other)
    )
    .into()
}

/// Freezes the one and thaws the other.
pub fn alone(chosen: &Server, others: &[Option<&Server>]) -> Result<()> {
    for other in others.iter().flatten() {
        other.freeze()?;
    }
    chosen.thaw()
}
