//! Whether what a command needs is there, found out without starting it.

use crate::problem::ProbeProblem;
use rustix::fs::{Access, access};
use std::path::{Path, PathBuf};

/// Finds `program` as the system will: by path where it has a slash, in PATH otherwise.
pub(crate) fn find(program: &str) -> Result<(), ProbeProblem> {
    let candidates: Vec<PathBuf> = if program.contains('/') {
        vec![PathBuf::from(program)]
    } else {
        std::env::var_os("PATH")
            .map(|path| {
                std::env::split_paths(&path)
                    .map(|directory| directory.join(program))
                    .collect()
            })
            .unwrap_or_default()
    };
    let found: Vec<PathBuf> = candidates
        .into_iter()
        .filter(|path| path.is_file())
        .collect();
    if found
        .iter()
        .any(|path| access(path, Access::EXEC_OK).is_ok())
    {
        return Ok(());
    }
    Err(match found.into_iter().next() {
        Some(path) => ProbeProblem::NotExecutable { path },
        None => ProbeProblem::NoProgram {
            program: program.to_owned(),
        },
    })
}

/// Checks that files can be made in `directory`, without making one.
pub(crate) fn writable_directory(directory: &Path) -> Result<(), ProbeProblem> {
    access(directory, Access::WRITE_OK | Access::EXEC_OK).map_err(|errno| ProbeProblem::Marks {
        path: directory.to_owned(),
        why: std::io::Error::from(errno).to_string(),
    })
}
