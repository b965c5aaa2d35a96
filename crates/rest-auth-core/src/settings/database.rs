//! `[database]`: where the rows are.

use super::section::section;
use super::{OrFalse, Seconds};

section! {
    /// Where the rows are: Django's own tables, on SQLite or PostgreSQL.
    Database in "database" {
        /// "sqlite:///ABSOLUTE/PATH", "sqlite://RELATIVE/PATH", "sqlite::memory:",
        /// "postgres://USER:PASSWORD@HOST:PORT/NAME".
        url: String = "sqlite://rest-auth.sqlite3".to_owned();
        /// A file that holds the address, instead of the address itself: it may have a password in it.
        url_file: OrFalse<String> = OrFalse::off();
        /// Connections to PostgreSQL.
        max_connections: u32 = 10;
        /// Connections that read an SQLite file, beside the one that writes.
        readers: u32 = 4;
        /// How long a request waits for a connection, or for its turn to write, before it is answered 503.
        acquire_timeout: Seconds = Seconds(5);
        /// How long to wait for another process that has locked an SQLite file.
        busy_timeout: Seconds = Seconds(20);
        /// How many bytes of an SQLite file readers map into memory, instead of copying pages out of it. What they look at
        /// then counts as memory of the process, and is the first that a busy machine takes back. 0: none, if the disk may
        /// fail: reading from a mapping that cannot be read ends the process.
        mmap_size: u32 = 268_435_456;
        /// How often sessions, confirmation keys and hits of throttles that have expired are deleted, a few at a time. false: only by
        /// `rest-auth clearsessions`.
        clear_expired: OrFalse<Seconds> = OrFalse::of(Seconds(3600));
    }
}
