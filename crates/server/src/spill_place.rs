//! Where records go while the ledger cannot be written.

use ledger::WatchId;
use rustix::process::getuid;
use sha2::{Digest, Sha256};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Survives a restart of the machine, as the system's temporary folder may not.
const LASTING: &str = "/var/tmp";

/// The spill file of a watch: in a folder of this user alone, which is made, under a name that no other ledger's watch has. `None`
/// where there is no such folder; then nothing automatic is done while the ledger cannot be written.
#[must_use]
pub fn spill_path(ledger: &Path, watch: WatchId) -> Option<PathBuf> {
    let lasting = Path::new(LASTING);
    let among = if lasting.is_dir() {
        lasting.to_path_buf()
    } else {
        std::env::temp_dir()
    };
    let folder = among.join(format!("shakedown-{}", getuid().as_raw()));
    if let Err(error) = own_folder(&folder) {
        tracing::warn!(folder = %folder.display(), error, "there is no place for records beside the ledger");
        return None;
    }
    let whole = std::fs::canonicalize(ledger)
        .or_else(|_| std::path::absolute(ledger))
        .unwrap_or_else(|_| ledger.to_path_buf());
    let name: String = Sha256::digest(whole.as_os_str().as_encoded_bytes())
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Some(folder.join(format!("{name}-{watch}.spill")))
}

/// Makes a folder that nobody else can write: what stands in a spill file is believed.
fn own_folder(folder: &Path) -> Result<(), String> {
    match std::fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(error.to_string());
        }
        _ => {}
    }
    // Of the folder itself: a link may lead anywhere.
    let found = std::fs::symlink_metadata(folder).map_err(|error| error.to_string())?;
    if !found.is_dir() || found.uid() != getuid().as_raw() || found.mode() & 0o077 != 0 {
        return Err("it is not a folder of this user alone".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ledgers_of_one_name_in_two_folders_have_two_spill_files() {
        let watch: WatchId = "W1".parse().unwrap();
        let one = spill_path(Path::new("/one/shakedown.ledger"), watch).unwrap();
        let two = spill_path(Path::new("/two/shakedown.ledger"), watch).unwrap();
        assert_ne!(one, two);
        assert_eq!(
            one,
            spill_path(Path::new("/one/shakedown.ledger"), watch).unwrap()
        );
    }

    #[test]
    fn a_folder_that_others_can_write_is_not_trusted() {
        let place = std::env::temp_dir().join(format!("spill-place-{}", std::process::id()));
        own_folder(&place).unwrap();
        own_folder(&place).unwrap();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        std::fs::set_permissions(&place, open).unwrap();
        assert!(own_folder(&place).is_err());
        std::fs::remove_dir(&place).unwrap();
        std::os::unix::fs::symlink(std::env::temp_dir(), &place).unwrap();
        assert!(own_folder(&place).is_err());
        std::fs::remove_file(&place).unwrap();
    }
}
