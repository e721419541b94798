//! What a server says when it is ready.

use std::io::{IsTerminal, Write};

use rollcall::app::{App, write_private_once};
use rollcall::base::password::Password;
use rollcall::base::settings::Switch;
use rollcall::platform::start::FirstLogin;

use super::Failure;

/// Says where everything is, and, at the first start, how to log in.
pub fn greet(app: &App, first: Option<FirstLogin>) -> Result<(), Failure> {
    let url = &app.public_url;
    let mut lines = vec![
        format!("Rollcall is ready at {url}"),
        format!("  the API:    {url}/graphql"),
    ];
    if app.settings.introspection == Switch::On {
        lines.push(format!("  to try it:  {url}/graphiql"));
    }
    if let Some(address) = app.settings.metrics_listen {
        lines.push(format!("  metrics:    http://{address}/metrics"));
    }
    lines.push(format!("  the schema: {url}/schema.graphql"));
    if app.settings.smtp_url.is_none() {
        let folder = app.settings.mail_dir();
        lines.push(format!(
            "  mail:       files in {}, as no SMTP server is set",
            folder.display()
        ));
    }
    if let Some(first) = first {
        lines.extend(first_login(app, first)?);
    }
    // At once, and without regard to whether anybody listens: a closed pipe is no reason not to serve.
    let _ = std::io::stdout().write_all(format!("{}\n", lines.join("\n")).as_bytes());
    Ok(())
}

/// Says how the super admin logs in for the first time, where nothing is served yet.
pub fn tell_first_login(app: &App, first: FirstLogin) -> Result<(), Failure> {
    let lines = first_login(app, first)?.join("\n");
    let _ = std::io::stdout().write_all(format!("The super admin was made:\n{lines}\n").as_bytes());
    Ok(())
}

fn first_login(app: &App, first: FirstLogin) -> Result<[String; 2], Failure> {
    let FirstLogin {
        account,
        generated_password,
    } = first;
    let password = tell_password(app, generated_password)?;
    Ok([
        format!("  log in as:  {account}"),
        format!("  password:   {password}"),
    ])
}

/// Where the super admin's first password is found: on a terminal, or in a file of its owner's.
fn tell_password(app: &App, generated: Option<Password>) -> Result<String, Failure> {
    let Some(password) = generated else {
        return Ok("the one that you set".to_owned());
    };
    if std::io::stdout().is_terminal() {
        let text = password.expose();
        return Ok(format!(
            "{text}   (shown this once; it has to be changed at the first login)"
        ));
    }
    let path = app.settings.data_dir.join("super-admin-password");
    // One of an earlier database of this folder is no password any more.
    if path.exists() {
        std::fs::remove_file(&path)?;
    }
    write_private_once(&path, &format!("{}\n", password.expose()))?;
    Ok(format!(
        "in the file {}; it has to be changed at the first login",
        path.display()
    ))
}
