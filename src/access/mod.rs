//! Who may do what, as data.
//!
//! `permission` and `role` hold the tables of `domain.md`, "Roles and permissions"; `policy` is THE
//! table from each action to who may; `viewer` asks it for one person. Guards, `@requires`, scoped
//! reads, menus, `viewerActions`, explanations and the printed matrix are all drawn from these rows. No query stands here.

pub mod explain;
pub mod menu;
pub mod permission;
pub mod policy;
pub mod role;
pub mod viewer;
pub mod viewer_actions;

pub use permission::{Permission, PermissionSet};
pub use policy::{Action, Requirement};
pub use viewer::{Grant, Origin, Seat, SignedIn, Subject, Viewer};
