//! A value of one or more columns, as JSON.

use super::rows::{permissions, team_status, time, user_status};
use super::selection::Cold;
use super::table::{Kind, Type};
use super::write::Writer;
use crate::access::menu::menus;
use crate::access::role;
use crate::base::id::{self, RoleId, TeamId};

impl Writer<'_> {
    /// Writes the value of a field of an object in this row.
    pub(super) fn leaf(&mut self, kind: Kind, columns: [usize; 3], on: Type, row: usize) -> Result<(), Cold> {
        let rows = self.rows;
        match kind {
            Kind::Id => {
                let id = self.uuid(row, columns[0])?;
                self.text("\"");
                self.text(on.prefix());
                self.text("_");
                self.out.extend_from_slice(&id::digits(id));
                self.text("\"");
            }
            Kind::Text => match rows.text(row, columns[0])? {
                None => self.text("null"),
                Some(text) => serde_json::to_writer(&mut self.out, text).map_err(|_| Cold)?,
            },
            Kind::Enum => {
                let name = rows.text(row, columns[0])?.ok_or(Cold)?;
                self.quoted(name);
            }
            Kind::Time => match rows.time(row, columns[0])? {
                None => self.text("null"),
                Some(at) => time(&mut self.out, at)?,
            },
            Kind::Flag => {
                let is = rows.flag(row, columns[0])?.ok_or(Cold)?;
                self.flag(is);
            }
            Kind::UserStatus => {
                let status = user_status(rows, row, columns, self.now)?;
                self.quoted(status);
            }
            Kind::TeamStatus => {
                let status = team_status(rows, row, columns, self.now)?;
                self.quoted(status);
            }
            Kind::Permissions => {
                let held = permissions(rows, row, columns)?;
                self.list(held.iter(), |writer, permission| {
                    writer.quoted(permission.name());
                    Ok(())
                })?;
            }
            Kind::IsAdministrator => {
                let id = RoleId(self.uuid(row, columns[0])?);
                self.flag(role::is_administrator(id));
            }
            Kind::ViewerPermissions => {
                let id = TeamId(self.uuid(row, columns[0])?);
                let user = self.viewer.signed_in.as_ref();
                let held = user.map(|user| user.permissions(id)).unwrap_or_default();
                self.list(held.iter(), |writer, permission| {
                    writer.quoted(permission.name());
                    Ok(())
                })?;
            }
            Kind::Menus => {
                let user = self.viewer.signed_in.as_ref().ok_or(Cold)?;
                self.list(menus(user), |writer, menu| {
                    writer.quoted(menu.name());
                    Ok(())
                })?;
            }
            Kind::Object(_) | Kind::Memberships | Kind::Cold => return Err(Cold),
        }
        Ok(())
    }
}
