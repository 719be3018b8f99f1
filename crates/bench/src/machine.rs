//! The machine that the numbers belong to.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

use serde_json::{Value, json};

/// What decides a number beside the code; "not known" where the system does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    pub cpu: String,
    /// Cores that this process may use.
    pub cores: usize,
    pub memory_bytes: u64,
    pub kernel: String,
    pub rustc: String,
}

const NOT_KNOWN: &str = "not known";

impl Machine {
    /// Reads the machine at hand.
    pub fn read() -> Self {
        let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
        Self {
            cpu: field(&file("/proc/cpuinfo"), "model name")
                .unwrap_or_else(|| NOT_KNOWN.to_owned()),
            cores: available_parallelism().map_or(1, usize::from),
            memory_bytes: memory(&file("/proc/meminfo")),
            kernel: first_line(&file("/proc/sys/kernel/osrelease")),
            rustc: rustc(),
        }
    }

    /// Returns one line for people.
    pub fn line(&self) -> String {
        let memory = self.memory_bytes as f64 / (1u64 << 30) as f64;
        format!(
            "{}, {} cores, {memory:.0} GiB, Linux {}, {}",
            self.cpu, self.cores, self.kernel, self.rustc
        )
    }

    pub fn json(&self) -> Value {
        json!({
            "cpu": self.cpu,
            "cores": self.cores,
            "memory_bytes": self.memory_bytes,
            "kernel": self.kernel,
            "rustc": self.rustc,
        })
    }
}

/// Returns the value of the first line `name : value`.
fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    let (_, value) = line.split_once(':')?;
    Some(value.trim().to_owned())
}

/// Reads `MemTotal: 24545004 kB`, which counts kibibytes; 0 where it is missing.
fn memory(text: &str) -> u64 {
    let kibibytes =
        field(text, "MemTotal").and_then(|value| value.strip_suffix(" kB")?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}

fn rustc() -> String {
    let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(program).arg("--version").output();
    output.map_or(NOT_KNOWN.to_owned(), |output| {
        first_line(&String::from_utf8_lossy(&output.stdout))
    })
}

fn first_line(text: &str) -> String {
    text.lines()
        .next()
        .filter(|line| !line.is_empty())
        .unwrap_or(NOT_KNOWN)
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_the_system_are_read() {
        assert_eq!(
            memory("MemTotal:       24545004 kB\nMemFree: 1 kB\n"),
            24_545_004 * 1024
        );
        assert_eq!(memory(""), 0);
        let cpu = "processor\t: 0\nmodel name\t: Some CPU @ 2.00GHz\n";
        assert_eq!(
            field(cpu, "model name").as_deref(),
            Some("Some CPU @ 2.00GHz")
        );
    }

    #[test]
    fn this_machine_has_a_line() {
        let machine = Machine::read();
        assert!(machine.cores >= 1);
        assert!(machine.line().contains("cores"), "{}", machine.line());
    }
}
