//! The memory that passwords are hashed in.
//!
//! Each hash fills 19 MiB from its beginning. To ask the system for that much, have it make each page of it, and give it back
//! is work that the hash itself is not. So who is done leaves it to who comes next; who is alone gives all of it back.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::Block;

/// What is left of those who are done: no more than run at once.
#[derive(Clone, Default)]
pub(super) struct Memory(Arc<Mutex<Vec<Vec<Block>>>>);

impl Memory {
    /// What somebody left, or nothing yet.
    pub fn take(&self) -> Vec<Block> {
        self.left().pop().unwrap_or_default()
    }

    /// Leaves it to the next one.
    pub fn leave(&self, blocks: Vec<Block>) {
        self.left().push(blocks);
    }

    /// Gives all back to the system.
    pub fn clear(&self) {
        let all = std::mem::take(&mut *self.left());
        drop(all);
    }

    fn left(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Memory {
    /// Not what is in it: it is made of passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory")
    }
}
