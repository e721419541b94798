//! For whom authenticators make passkeys: the host of the public URL.

use std::net::IpAddr;

use webauthn_rs::prelude::{Url, Webauthn, WebauthnBuilder};

use crate::app::App;
use crate::base::{Error, Result};

/// What holds answers against the challenges of this installation, all nodes of which have the same public URL.
///
/// Browsers take a domain name alone, and no address; for one of the machine itself that is `localhost`, where they ask
/// for no TLS either. A console of an allowed origin is served where it is beneath the same name: other pages get no
/// signature out of a browser.
pub(super) fn relying_party(app: &App) -> Result<Webauthn> {
    let mut url = Url::parse(&app.public_url).map_err(Error::internal)?;
    let address = url
        .host_str()
        .and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
    if address.is_some_and(|address| address.is_loopback()) {
        url.set_host(Some("localhost")).map_err(Error::internal)?;
    }
    let Some(name) = url.domain().map(str::to_owned) else {
        return Err(Error::BadInput(
            "Passkeys need a public URL with a domain name, which this server does not have.".into(),
        ));
    };
    let beneath = format!(".{name}");
    let is_ours = |origin: &Url| {
        origin
            .domain()
            .is_some_and(|domain| domain == name || domain.ends_with(&beneath))
    };
    let mut builder = WebauthnBuilder::new(&name, &url)
        .map_err(Error::internal)?
        .rp_name("Rollcall");
    let allowed = app.settings.allowed_origins.iter();
    for origin in allowed
        .filter_map(|origin| Url::parse(origin).ok())
        .filter(is_ours)
    {
        builder = builder.append_allowed_origin(&origin);
    }
    builder.build().map_err(Error::internal)
}
