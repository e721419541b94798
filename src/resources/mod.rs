//! Superapps and mini programs that teams own.
//!
//! They are made, renamed and deleted by holders of the team's permission for their kind; one of the team's members
//! manages each, or nobody does. `managed` is the way to one for a verb: it locks the team, by which a team keeps to
//! its limit and a manager is a member for as long as they manage.

pub mod create;
pub mod delete;
pub mod find;
mod managed;
pub mod update;
