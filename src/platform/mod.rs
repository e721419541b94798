//! What concerns the whole installation: its first start, and the super admin's way back in.

pub mod reset_super_admin;
pub mod start;
