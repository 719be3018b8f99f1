//! A spill file takes what must be on record while the ledger cannot be written: on another path, ideally another disk.
//!
//! It holds one watch's records as lines of text, each with its own checksum and on disk before it counts. [`Ledger::absorb`] moves
//! them into the chain in order, once, however often it is tried and wherever it is interrupted.

use crate::append::{Batch, end_of, write_batch};
use crate::encoding::{decode_record, encode_record};
use crate::error::{Failure, LedgerError};
use crate::hexadecimal;
use crate::lease::Lease;
use crate::ledger::Ledger;
use crate::record::Record;
use crate::watch_id::WatchId;
use crate::writer::Work;
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use verification::time::Timestamp;

/// What the first line begins with, and the version of the format.
const TITLE: &str = "shakedown-spill 1";

/// An open spill file of one watch.
#[derive(Debug)]
pub struct Spill {
    path: PathBuf,
    file: File,
    watch: WatchId,
    /// Tells this file from every other that was ever at this path.
    name: String,
    frames: Vec<Frame>,
}

/// What one append put down.
#[derive(Clone, Debug)]
struct Frame {
    at: Timestamp,
    generation: u64,
    records: Vec<Record>,
}

/// A line with its checksum.
fn sealed(text: &str) -> String {
    let sum = hexadecimal::write(&Sha256::digest(text.as_bytes()));
    format!("{text} {sum}\n")
}

/// A line without its checksum, where that is right.
fn unsealed(line: &str) -> Option<&str> {
    let (text, sum) = line.rsplit_once(' ')?;
    (hexadecimal::write(&Sha256::digest(text.as_bytes())) == sum).then_some(text)
}

impl Frame {
    fn text(&self) -> String {
        let records: Vec<String> = self
            .records
            .iter()
            .map(|record| hexadecimal::write(&encode_record(record)))
            .collect();
        let (at, generation) = (self.at.millis(), self.generation);
        format!("{at} {generation} {}", records.join(","))
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        let at = Timestamp::from_millis(parts.next()?.parse().ok()?);
        let generation = parts.next()?.parse().ok()?;
        let records: Option<Vec<Record>> = parts
            .next()?
            .split(',')
            .map(|record| decode_record(&hexadecimal::read(record)?).ok())
            .collect();
        Some(Self {
            at,
            generation,
            records: records?,
        })
    }
}

impl Spill {
    /// Opens the spill file of a watch, or begins one. `owner` (the keeper's name) and `now` tell a new file from earlier ones.
    /// The file's folder must exist. A last line that was cut off by a crash never counted and is dropped.
    ///
    /// # Errors
    /// No permission, no room; the file is damaged before its last line, or is of another watch.
    pub fn open(
        path: impl AsRef<Path>,
        watch: WatchId,
        owner: &str,
        now: Timestamp,
    ) -> Result<Self, LedgerError> {
        let path = path.as_ref();
        let io = |doing| move |error: io::Error| LedgerError::of_io(path, doing, &error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(io("open the spill file"))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(io("read the spill file"))?;
        // A line counts once it has its end.
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let mut spill = Self {
            path: path.to_owned(),
            file,
            watch,
            name: hexadecimal::write(&Sha256::digest(format!("{watch} {} {owner}", now.millis()))),
            frames: Vec::new(),
        };
        spill.read_lines(&bytes[..whole])?;
        spill
            .cut_to(whole as u64)
            .map_err(io("repair the spill file"))?;
        if whole == 0 {
            let title = format!("{TITLE} {watch} {}", spill.name);
            spill.put(&sealed(&title))?;
            sync_folder(path).map_err(io("make the spill file"))?;
        }
        Ok(spill)
    }

    fn read_lines(&mut self, bytes: &[u8]) -> Result<(), LedgerError> {
        let wrong = |line: usize, reason: &'static str| LedgerError::Spill {
            path: self.path.clone(),
            line,
            reason,
        };
        let text = core::str::from_utf8(bytes).map_err(|_| wrong(1, "it is no text"))?;
        for (at, line) in text.lines().enumerate() {
            let at = at + 1;
            let content = unsealed(line).ok_or_else(|| wrong(at, "its checksum does not fit"))?;
            if at == 1 {
                let rest = content
                    .strip_prefix(TITLE)
                    .and_then(|rest| rest.strip_prefix(' '))
                    .and_then(|rest| rest.split_once(' '))
                    .ok_or_else(|| wrong(at, "it is no spill file of a version known here"))?;
                if rest.0 != self.watch.to_string() {
                    return Err(wrong(at, "it is of another watch"));
                }
                self.name = rest.1.to_owned();
            } else {
                let frame = Frame::read(content)
                    .ok_or_else(|| wrong(at, "its records cannot be read by this version"))?;
                self.frames.push(frame);
            }
        }
        Ok(())
    }

    fn cut_to(&mut self, length: u64) -> io::Result<()> {
        if self.file.metadata()?.len() != length {
            self.file.set_len(length)?;
            self.file.sync_all()?;
        }
        self.file.seek(SeekFrom::Start(length)).map(|_| ())
    }

    /// Writes a line and waits for the disk; a line that failed is taken back.
    fn put(&mut self, line: &str) -> Result<(), LedgerError> {
        let io = |error: io::Error| LedgerError::of_io(&self.path, "write the spill file", &error);
        let before = self.file.stream_position().map_err(io)?;
        let done = self
            .file
            .write_all(line.as_bytes())
            .and_then(|()| self.file.sync_all());
        if let Err(error) = done {
            // Where that fails too, the next to open the file drops the line, which has no end.
            let _ = self.file.set_len(before);
            let _ = self.file.seek(SeekFrom::Start(before));
            return Err(LedgerError::of_io(
                &self.path,
                "write the spill file",
                &error,
            ));
        }
        Ok(())
    }

    /// Puts records down for the watch's chain: all or none, and on disk on return. Blocks for as long as the disk takes.
    ///
    /// # Errors
    /// The file cannot be written either: an action must then not be taken, but paged.
    pub fn append(
        &mut self,
        lease: &Lease,
        records: &[Record],
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        if records.is_empty() {
            return Ok(());
        }
        let frame = Frame {
            at,
            generation: lease.generation,
            records: records.to_vec(),
        };
        self.put(&sealed(&frame.text()))?;
        self.frames.push(frame);
        Ok(())
    }

    /// The watch whose records it takes.
    #[must_use]
    pub const fn watch(&self) -> WatchId {
        self.watch
    }

    /// Records that it holds, oldest first: what happened after the end of the chain.
    pub fn records(&self) -> impl Iterator<Item = (Timestamp, &Record)> {
        self.frames
            .iter()
            .flat_map(|frame| frame.records.iter().map(|record| (frame.at, record)))
    }

    /// Removes the file; what it held is in the chain.
    fn remove(self) -> Result<(), LedgerError> {
        let io = |error: io::Error| LedgerError::of_io(&self.path, "remove the spill file", &error);
        std::fs::remove_file(&self.path).map_err(io)?;
        sync_folder(&self.path).map_err(io)
    }
}

/// Makes sure that a file that was made or removed stays so.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if folder != Path::new("") => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

struct Absorb {
    lease: Lease,
    spill: String,
    frames: Vec<(Timestamp, u64, Batch)>,
    now: Timestamp,
}

impl Work for Absorb {
    type Answer = u64;

    async fn write(&self, connection: &mut SqliteConnection) -> Result<u64, Failure> {
        let mut end = end_of(connection, &self.lease).await?;
        let row: Option<(i64,)> = sqlx::query_as("SELECT absorbed FROM spills WHERE spill = $1")
            .bind(self.spill.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        let before = row.map_or(0, |(absorbed,)| {
            usize::try_from(absorbed).unwrap_or(usize::MAX)
        });
        let fresh = self.frames.get(before..).unwrap_or(&[]);
        let (Some(first), Some(last)) = (fresh.first(), fresh.last()) else {
            return Ok(0);
        };
        let note = Record::Note {
            text: format!(
                "the ledger could not be written from {} to {}: what follows was kept in a spill file by lease generation {}",
                crate::calendar::rfc3339(first.0),
                crate::calendar::rfc3339(last.0),
                first.1,
            ),
        };
        let watch = self.lease.watch;
        let note = Batch::of(core::slice::from_ref(&note));
        end = write_batch(connection, watch, end, &note, self.now).await?;
        let start = end.seq;
        for (at, _, batch) in fresh {
            end = write_batch(connection, watch, end, batch, *at).await?;
        }
        sqlx::query(
            "INSERT INTO spills (spill, watch, absorbed) VALUES ($1, $2, $3)
             ON CONFLICT (spill) DO UPDATE SET absorbed = excluded.absorbed",
        )
        .bind(self.spill.as_str())
        .bind(watch.number())
        .bind(i64::try_from(self.frames.len()).unwrap_or(i64::MAX))
        .execute(connection)
        .await?;
        Ok(end.seq - start)
    }
}

impl Ledger {
    /// Moves the records of a spill file into the chain of its watch, each with the time at which it was put down, and removes the
    /// file. Absorb before the next append, so that the chain stays in order. Safe to repeat after any interruption: a record that
    /// is in the chain is not appended again.
    ///
    /// Returns how many records were appended.
    ///
    /// # Errors
    /// The lease is lost or of another watch, the store still fails, or the file cannot be removed (its records are in the chain
    /// and will not be appended again).
    pub async fn absorb(
        &self,
        spill: Spill,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<u64, LedgerError> {
        if spill.watch != lease.watch {
            return Err(LedgerError::Spill {
                path: spill.path,
                line: 1,
                reason: "it is of another watch",
            });
        }
        let frames = spill.frames.iter();
        let absorbed = self
            .write(Absorb {
                lease: lease.clone(),
                spill: spill.name.clone(),
                frames: frames
                    .map(|frame| (frame.at, frame.generation, Batch::of(&frame.records)))
                    .collect(),
                now,
            })
            .await?;
        spill.remove()?;
        Ok(absorbed)
    }
}
