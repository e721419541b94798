//! Threads that hash passwords: as many as may hash at once, which take what waits in the order that it came.
//!
//! Each goes from one hash to the next without being woken in between, and hashes in the memory of the last: to ask the
//! system for 19 MiB, have it make each page of them and give them back is work that the hash itself is not. Who finds
//! nothing to do gives all of it back.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use argon2::Block;
use crossbeam_channel::{Receiver, Sender, bounded};

/// What a thread has to do, in this memory.
pub(super) type Work = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// Starts the threads. They end once whoever gives them work is gone, and at most `room` works wait.
pub(super) fn start(threads: usize, room: usize) -> io::Result<Sender<Work>> {
    let (give, take) = bounded(room);
    for _ in 0..threads {
        let take = take.clone();
        thread::Builder::new()
            .name("hash".to_owned())
            .spawn(move || work(&take))?;
    }
    Ok(give)
}

fn work(queue: &Receiver<Work>) {
    let mut memory = Vec::new();
    loop {
        let next = queue.try_recv().or_else(|_| {
            memory = Vec::new();
            queue.recv()
        });
        let Ok(next) = next else { return };
        // Who waits for it finds that it never came; those behind it wait for this thread.
        if catch_unwind(AssertUnwindSafe(|| next(&mut memory))).is_err() {
            memory = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn what_waits_is_done_in_its_order_and_in_one_memory() {
        let (give, take) = bounded(3);
        let (tell, told) = mpsc::channel();
        for size in [4, 2, 3] {
            let tell = tell.clone();
            let next: Work = Box::new(move |memory| {
                tell.send((size, memory.len())).unwrap();
                memory.resize(size, Block::default());
            });
            give.send(next).unwrap();
        }
        drop((give, tell));
        work(&take);
        assert_eq!(told.iter().collect::<Vec<_>>(), [(4, 0), (2, 4), (3, 2)]);
    }

    #[test]
    fn a_thread_with_nothing_to_do_keeps_no_memory_and_survives_what_panics() {
        let give = start(1, 1).unwrap();
        let (tell, told) = mpsc::channel();
        // It has nothing to do as soon as it is faster than we are with the next.
        let found = (0..10_000).map(|_| {
            let tell = tell.clone();
            let next: Work = Box::new(move |memory| {
                tell.send(memory.len()).unwrap();
                memory.resize(1, Block::default());
            });
            give.send(next).unwrap();
            told.recv().unwrap()
        });
        assert!(found.skip(1).any(|found| found == 0));
        give.send(Box::new(|_| panic!("as a bug would"))).unwrap();
        give.send(Box::new(move |_| tell.send(7).unwrap())).unwrap();
        assert_eq!(told.recv(), Ok(7));
    }
}
