//! Teams and their members.
//!
//! Staff make and govern teams; holders of the team's own permissions work inside of them, and staff
//! never do. `manage` is the way into a team for both: it locks the team's row and asks again, under the lock,
//! what the viewer may do there, so that a right that was just taken away decides nothing any more.

pub mod add_members;
pub mod candidates;
mod chosen_admins;
pub mod create;
pub mod create_member;
pub mod create_role;
pub mod delete;
pub mod delete_role;
pub mod disable;
pub mod enable;
pub mod expiry;
pub mod explain_access;
pub mod find;
mod insert_in;
pub mod leave;
pub mod letters;
pub mod link;
pub mod list;
pub mod manage;
mod order;
pub mod register;
pub mod remove_member;
pub mod reset_link;
mod role_form;
pub mod roles;
pub mod update;
pub mod update_member;
pub mod update_role;
