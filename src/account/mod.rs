//! What people do to their own account: register, and change what is theirs.
//!
//! A password or an address is changed with the current password alone; nobody's session is enough.

pub mod add_passkey;
pub mod bind_email;
pub mod change_password;
pub mod confirm_passkey;
pub mod confirm_totp;
pub mod disable_totp;
pub mod enroll_totp;
mod enrolling;
pub mod register;
pub mod remove_passkey;
pub mod rename_passkey;
pub mod request_password_reset;
pub mod reset_password;
pub mod send_verification_code;
pub mod unbind_email;
pub mod update_profile;
