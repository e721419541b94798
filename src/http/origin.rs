//! Where a request came from.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use ipnet::IpNet;

use super::request_id;
use crate::access::Origin;
use crate::base::tally::Tally;

/// The longest user agent that is kept.
const MOST_USER_AGENT: usize = 512;
/// The most steps of `X-Forwarded-For` that are looked at.
const MOST_PROXIES: usize = 16;

/// Reads the origin. `X-Forwarded-For` is believed of trusted proxies alone, from its end on: the last
/// address that no trusted proxy of ours has is the source (RFC 7239, section 8.1, on why no other can be believed).
pub fn origin(headers: &HeaderMap, peer: SocketAddr, trusted: &[IpNet]) -> Origin {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    Origin {
        address: Some(source(headers, peer.ip(), trusted).to_string()),
        user_agent: headers
            .get(USER_AGENT)
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .map(|agent| {
                agent
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(MOST_USER_AGENT)
                    .collect()
            }),
        request_id: text(request_id::HEADER.as_str()).unwrap_or_default().to_owned(),
        tally: Tally::default(),
    }
}

fn source(headers: &HeaderMap, peer: IpAddr, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let peer = peer.to_canonical();
    if !is_trusted(peer) {
        return peer;
    }
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let mut source = peer;
    for step in forwarded.into_iter().rev().take(MOST_PROXIES) {
        let Ok(address) = step.trim().parse::<IpAddr>() else {
            break;
        };
        source = address.to_canonical();
        if !is_trusted(source) {
            break;
        }
    }
    source
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source_of(peer: &str, forwarded: &str, trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        source(&headers, peer.parse().unwrap(), &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(source_of("9.9.9.9", "1.1.1.1", &[]), "9.9.9.9");
        assert_eq!(source_of("10.0.0.1", "1.1.1.1", &["10.0.0.0/8"]), "1.1.1.1");
        // What the client wrote itself stands before what the proxy added.
        assert_eq!(
            source_of("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2", &["10.0.0.0/8"]),
            "1.1.1.1"
        );
        assert_eq!(source_of("10.0.0.1", "nonsense", &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(source_of("::ffff:10.0.0.1", "::1", &["10.0.0.0/8"]), "::1");
    }
}
