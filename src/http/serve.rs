//! Serves until told to stop, and then lets the requests under way end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::router::router;
use super::socket::Sockets;
use crate::app::App;
use crate::platform::sweep::keep_sweeping;
use crate::teams::expiry::keep_notifying;

/// How long requests under way may take to end.
const GRACE: Duration = Duration::from_secs(10);
/// How long connections may take to close.
const FAREWELL: Duration = Duration::from_secs(5);

/// Serves on the listener until `stop` says so, and carries mail, seals the audit log, sweeps and tells of expiries
/// meanwhile.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mail = app.carry_mail(stop.clone())?;
    let sweeper = tokio::spawn(keep_sweeping(app.clone(), stop.clone()));
    // Told to stop when the last request has ended, so that its event is sealed.
    let (stop_sealing, sealing_stopped) = watch::channel(false);
    let sealer = app.seal_events(sealing_stopped);
    let notifier = tokio::spawn(keep_notifying(app.clone(), stop.clone()));
    let feed = tokio::spawn(app.feed.clone().carry(app.database.clone(), stop.clone()));
    let sockets = Sockets::new(stop.clone());
    let looking = tokio::spawn(sockets.clone().keep_looking(app.clone(), stop.clone()));
    let service = router(&app, sockets.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let mut told = stop.clone();
    let server = axum::serve(listener, service)
        .with_graceful_shutdown(async move {
            // An error means that nobody is left who could tell.
            let _ = told.changed().await;
        })
        .into_future();
    let overdue = async {
        let _ = stop.changed().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = server => served?,
        () = overdue => tracing::warn!("requests under way were cut off"),
    }
    // These are no requests any more to the server: each is told that it stops, and closes by itself.
    if tokio::time::timeout(FAREWELL, sockets.all_closed())
        .await
        .is_err()
    {
        tracing::warn!("connections were cut off");
    }
    let _ = stop_sealing.send(true);
    sealer.await?;
    looking.await?;
    feed.await?;
    mail.await?;
    sweeper.await?;
    notifier.await?;
    Ok(())
}
