//! Passkeys (Web Authentication, level 3): keys that stay on a user's devices, and prove the user by a signature.
//!
//! An authenticator signs only once it has verified its user, by a finger, a face or a PIN: that is asked for each time,
//! so that a passkey is two factors by itself. It signs a challenge of ours and the origin of the page, so that a page
//! of somebody else gets nothing that works here. Each answer works once: that of a login without a name by its row in
//! `passkey_answer`, that of a second factor by the login's challenge, which goes with it, and that of an enrolment by
//! its row. What we keep of a passkey is public.

mod challenge;
mod check_in;
mod confirm_in;
mod enroll_in;
mod find;
mod relying_party;
mod remove_in;

pub use challenge::{Challenge, Ticket, challenge, challenge_of};
pub use check_in::{Checked, answered_by, check_in, spend_in};
pub use confirm_in::confirm_in;
pub use enroll_in::enroll_in;
pub use find::{by_id, of_user_in, of_users, own_in};
pub use remove_in::{remove_all_in, remove_in};
