//! What the kernel counts of a process (`proc(5)`).

use std::fs;

use crate::Result;

/// How long a tick of `/proc/PID/stat` is: Linux tells all programs 100 a second.
const TICK_MICROS: u64 = 10_000;

/// The CPU time in microseconds that a process has taken, all its threads together.
pub fn cpu(pid: u32) -> Result<u64> {
    let [user, system, _, _] = times(pid)?;
    Ok((user + system) * TICK_MICROS)
}

/// The same of a process and all its children, those that have ended too.
pub fn cpu_of_family(pid: u32) -> Result<u64> {
    let mut ticks: u64 = times(pid)?.iter().sum();
    for child in children(pid)? {
        // One that has just ended is counted with its parent the next time.
        ticks += times(child).map_or(0, |[user, system, _, _]| user + system);
    }
    Ok(ticks * TICK_MICROS)
}

/// The memory in KiB that a process has resident.
pub fn resident(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("a process without memory")?.parse()?)
}

/// The processor's name and the number of cores.
#[must_use]
pub fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("a processor", |(_, name)| name.trim());
    format!("{name}, {} cores", cores())
}

/// How many cores there are.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// User and system time in ticks, and that of the children that have ended.
fn times(pid: u32) -> Result<[u64; 4]> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name before may hold anything, a bracket too.
    let (_, fields) = stat.rsplit_once(')').ok_or("an unknown form of /proc/PID/stat")?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut next = || fields.next().unwrap_or_default().parse::<u64>();
    Ok([next()?, next()?, next()?, next()?])
}

fn children(pid: u32) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let list = fs::read_to_string(task?.path().join("children"))?;
        found.extend(
            list.split_whitespace()
                .filter_map(|child| child.parse::<u32>().ok()),
        );
    }
    Ok(found)
}
