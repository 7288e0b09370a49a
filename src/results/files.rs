//! Files that appear whole or not at all.

use super::ResultsError;
use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A file that is written under a temporary name and takes its place in
/// [`AtomicFile::commit`]. Dropped before that, it leaves nothing behind.
#[derive(Debug)]
pub struct AtomicFile {
    place: PathBuf,
    temporary: PathBuf,
    file: Option<BufWriter<File>>,
}

impl AtomicFile {
    /// Begins to write `place`, whose directory must exist.
    pub fn create(place: &Path) -> Result<Self, ResultsError> {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        // The process number keeps two shards in one directory apart, and a number
        // after it two machines on which it is the same.
        let temporary = |at: u32| place.with_file_name(format!(".{name}.{}-{at}.tmp", std::process::id()));
        let mut at = 0;
        let (temporary, file) = loop {
            match File::create_new(temporary(at)) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => at += 1,
                file => break (temporary(at), file.map_err(ResultsError::io(&temporary(at)))?),
            }
        };
        Ok(AtomicFile { place: place.into(), temporary, file: Some(BufWriter::new(file)) })
    }

    /// Writes the whole content of `place` at once.
    pub fn write_all(place: &Path, content: &[u8]) -> Result<(), ResultsError> {
        let mut file = Self::create(place)?;
        file.append(content)?;
        file.commit()
    }

    /// Adds to the content.
    pub fn append(&mut self, content: &[u8]) -> Result<(), ResultsError> {
        let file = self.file.as_mut().expect("present until commit");
        file.write_all(content).map_err(ResultsError::io(&self.place))
    }

    /// Makes sure that everything is on the disk and puts the file in its place.
    pub fn commit(mut self) -> Result<(), ResultsError> {
        let file = self.file.take().expect("present until commit");
        file.into_inner()
            .map_err(|e| e.into_error())
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.temporary, &self.place))
            .map_err(ResultsError::io(&self.place))
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        // After a commit there is nothing of that name; nobody needs to know.
        let _ = fs::remove_file(&self.temporary);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unfinished_file_leaves_the_old_one_alone() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("a.csv");
        AtomicFile::write_all(&place, b"old").unwrap();
        let mut file = AtomicFile::create(&place).unwrap();
        file.append(b"half of the ne").unwrap();
        drop(file);
        assert_eq!(fs::read(&place).unwrap(), b"old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn a_temporary_name_of_another_machine_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("a.csv");
        let (mine, theirs) = (AtomicFile::create(&place).unwrap(), AtomicFile::create(&place).unwrap());
        assert_ne!(mine.temporary, theirs.temporary, "though the process number is the same");
        theirs.commit().unwrap();
        mine.commit().unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_error_names_the_file() {
        let error = AtomicFile::write_all(Path::new("/no/such/place/a.csv"), b"").unwrap_err().to_string();
        assert!(error.contains("/no/such/place"), "{error}");
    }
}
