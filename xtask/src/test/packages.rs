//! Debian packages: installed when missing, their services never started.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::programs::Program;
use crate::command::{capture, run};

/// Asked by every package before it starts a service; 101 means no.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Installs the packages of `missing`; asks the network for package lists only if those at hand do not serve.
///
/// # Errors
/// If this is no Debian, we are not root, or apt fails; the message says what to type.
pub fn install(missing: &[&Program]) -> Result<()> {
    let names: Vec<&str> = missing.iter().map(|program| program.package).collect();
    let wanted: Vec<String> = missing
        .iter()
        .map(|program| format!("{} ({})", program.name, program.purpose))
        .collect();
    let by_hand = format!(
        "the tests need {}; install it by hand, on Debian: `sudo apt-get install --no-install-recommends {}`",
        wanted.join(" and "),
        names.join(" ")
    );
    if !Path::new("/usr/bin/apt-get").is_file() || !is_root()? {
        bail!(by_hand);
    }
    println!("   installing {}", names.join(", "));
    let policy = Policy::deny(Path::new(POLICY))?;
    if capture(&mut apt(&install_arguments(&names))).is_err() {
        run(&mut apt(&["update"])).context(by_hand.clone())?;
        run(&mut apt(&install_arguments(&names))).context(by_hand)?;
    }
    drop(policy);
    disable_services(&names)
}

fn install_arguments<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend_from_slice(names);
    arguments
}

fn apt(arguments: &[&str]) -> Command {
    let mut apt = Command::new("apt-get");
    apt.args(["-q", "-o", "Dpkg::Use-Pty=0"]).args(arguments);
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    apt
}

/// Whoever owns our process may install.
fn is_root() -> Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let ourselves = fs::metadata("/proc/self").context("reading /proc/self")?;
    Ok(ourselves.uid() == 0)
}

/// The packages also ask for a start with the machine; where a service manager runs, that is taken back.
fn disable_services(names: &[&str]) -> Result<()> {
    if !Path::new("/run/systemd/system").is_dir() {
        return Ok(());
    }
    let units = names.iter().map(|name| format!("{name}.service"));
    run(Command::new("systemctl")
        .args(["disable", "--now"])
        .args(units))
    .context("the packages are installed, but their services are not switched off")
}

/// A policy that lets no service start, taken away with the value; one that is there already stays and counts.
struct Policy(Option<PathBuf>);

impl Policy {
    fn deny(path: &Path) -> Result<Self> {
        let file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o755)
            .open(path);
        match file {
            Ok(mut file) => {
                use std::io::Write;
                let policy = Self(Some(path.to_owned()));
                file.write_all(b"#!/bin/sh\nexit 101\n")?;
                // The mask of the process must not take the right to run away.
                file.set_permissions(fs::Permissions::from_mode(0o755))?;
                Ok(policy)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Self(None)),
            Err(error) => Err(error).with_context(|| format!("writing {}", path.display())),
        }
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        if let Some(path) = &self.0
            && let Err(error) = fs::remove_file(path)
        {
            eprintln!("   {} is left behind ({error}); delete it", path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    #[test]
    fn our_policy_denies_and_goes() {
        let tree = Fixture::new(&[]);
        let path = tree.path().join("policy-rc.d");
        let policy = Policy::deny(&path).unwrap();
        let status = Command::new("sh")
            .arg(&path)
            .arg("prometheus")
            .arg("start")
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(101));
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o755
        );
        drop(policy);
        assert!(!path.exists());
    }

    #[test]
    fn a_policy_of_the_machine_stays() {
        let tree = Fixture::new(&[("policy-rc.d", "#!/bin/sh\nexit 0\n")]);
        let path = tree.path().join("policy-rc.d");
        drop(Policy::deny(&path).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "#!/bin/sh\nexit 0\n");
    }
}
