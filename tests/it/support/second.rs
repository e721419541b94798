//! A second node over a world's database. It runs in this process, and goes by the world's clock: a node of its own hears of
//! none but that on the wall.

use std::sync::Arc;

use rollcall::app::App;
use rollcall::base::settings::Settings;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::World;

/// The node, with all that one does but for the sweep.
pub struct Second {
    pub app: Arc<App>,
    pub url: String,
    stop: watch::Sender<bool>,
    served: JoinHandle<()>,
}

impl Second {
    /// With lanes, as every node that serves.
    pub async fn of(world: &World) -> Self {
        Self::with(world, true, |_| {}).await
    }

    /// Without lanes: all that it reads goes by the pool.
    pub async fn without_lanes(world: &World) -> Self {
        Self::with(world, false, |_| {}).await
    }

    /// With lanes, and with other settings than the world's.
    pub async fn with_settings(world: &World, change: impl FnOnce(&mut Settings)) -> Self {
        Self::with(world, true, change).await
    }

    async fn with(world: &World, has_lanes: bool, change: impl FnOnce(&mut Settings)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut settings = (*world.app.settings).clone();
        change(&mut settings);
        let mut app = App::open(settings, world.app.clock.clone()).await.unwrap();
        app.sweeps_every = world.app.sweeps_every;
        if has_lanes {
            let replica = app.settings.database_replica_url.as_ref();
            app.database
                .open_lanes(&app.settings.database_url(), replica.map(|url| url.0.as_str()));
            app.database.lanes_are_up().await;
        }
        let app = Arc::new(app);
        let (stop, stopped) = watch::channel(false);
        let serving = app.clone();
        let served =
            tokio::spawn(async move { rollcall::http::serve(serving, listener, stopped).await.unwrap() });
        Self {
            app,
            url,
            stop,
            served,
        }
    }

    /// Stops it as an operator does, and waits until it has.
    pub async fn end(self) {
        self.stop.send(true).unwrap();
        self.served.await.unwrap();
    }
}
