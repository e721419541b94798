//! What the metrics tell.

use std::str::FromStr;

use super::world::World;

impl World {
    /// The value of a metric that has no labels, now.
    pub async fn metric<T: FromStr>(&self, name: &str) -> T {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/metrics", listener.local_addr().unwrap());
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let served = tokio::spawn(rollcall::http::serve_metrics(self.app.clone(), listener, stopped));
        let text = reqwest::get(&url).await.unwrap().text().await.unwrap();
        stop.send(true).unwrap();
        served.await.unwrap().unwrap();
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let value = value.unwrap_or_else(|| panic!("{name} in {text}"));
        value.parse().unwrap_or_else(|_| panic!("{name} is {value}"))
    }
}
