//! Small trees of files for tests.

use std::path::Path;

use tempfile::TempDir;

/// A folder that goes away with the value.
pub struct Fixture(TempDir);

impl Fixture {
    /// Creates a folder with the given files, named by path.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        for (path, content) in files {
            let path = folder.path().join(path);
            let parent = path.parent().expect("the path has a folder");
            std::fs::create_dir_all(parent).expect("a folder can be made in a temporary one");
            std::fs::write(&path, content).expect("a file can be written in a temporary folder");
        }
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn relative(&self, path: &Path) -> String {
        crate::files::shown(self.path(), path)
    }
}
