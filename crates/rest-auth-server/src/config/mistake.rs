//! Something wrong with the configuration, on one line.

use std::fmt;

/// Where a key was given. Sorts as one reads: the file from its top, then the environment, then the command line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In the file.
    File {
        /// The file, as it was named.
        file: String,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
    },
    /// In the file as a whole.
    WholeFile(String),
    /// In this variable of the environment.
    Variable(String),
    /// In this option of the command line.
    Option(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::WholeFile(file) => f.write_str(file),
            Self::Variable(name) => f.write_str(name),
            Self::Option(name) => f.write_str(name),
        }
    }
}

/// Something wrong with the configuration. Shown on one line:
/// ``rest-auth.toml:12:3: account.email_verificaton: unknown key; did you mean `email_verification`?``
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where the key was given; `None` if nowhere.
    pub origin: Option<Origin>,
    /// The key with its section; `None` where the file cannot be read that far.
    pub key: Option<String>,
    /// What is wrong. Never a secret's value.
    pub message: String,
    /// What would be right.
    pub hint: Option<String>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = String::new();
        for part in [self.origin.as_ref().map(ToString::to_string), self.key.clone()].into_iter().flatten() {
            line.push_str(&part);
            line.push_str(": ");
        }
        line.push_str(&self.message);
        if let Some(hint) = &self.hint {
            line.push_str("; ");
            line.push_str(hint);
        }
        // Names of keys and files are anybody's text: what is one mistake stays one line.
        for c in line.chars() {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { fmt::Write::write_char(f, c)? }
        }
        Ok(())
    }
}
