//! What is done to a text on its way out of an answer.

/// One filter of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Trim,
    Lower,
    /// What stands before the first `x`; all of it where there is none.
    Before(String),
    /// What stands after the first `x`; nothing where there is none.
    After(String),
    /// What stands after the last `x`; all of it where there is none.
    Last(String),
    /// The piece with this number, counted from 0.
    Split(String, usize),
    /// UTF-8 that was read as Latin-1; as it is where it cannot be that.
    RedecodeUtf8,
}

impl Filter {
    pub(super) fn parse(word: &str) -> Result<Self, String> {
        let (name, argument) = word.split_once(':').map_or((word, ""), |(name, argument)| (name, argument));
        match (name, argument.is_empty()) {
            ("trim", true) => Ok(Self::Trim),
            ("lower", true) => Ok(Self::Lower),
            ("redecode_utf8", true) => Ok(Self::RedecodeUtf8),
            ("before", false) => Ok(Self::Before(argument.to_owned())),
            ("after", false) => Ok(Self::After(argument.to_owned())),
            ("last", false) => Ok(Self::Last(argument.to_owned())),
            ("split", false) => match argument.rsplit_once(':').map(|(by, number)| (by, number.parse())) {
                Some((by, Ok(number))) if !by.is_empty() => Ok(Self::Split(by.to_owned(), number)),
                _ => Err(format!("`{word}` is no filter: write split:TEXT:NUMBER")),
            },
            _ => Err(format!(
                "`{word}` is no filter: there are trim, lower, before:x, after:x, last:x, split:x:n, redecode_utf8"
            )),
        }
    }

    pub(super) fn apply(&self, text: &str) -> Option<String> {
        match self {
            Self::Trim => Some(text.trim().to_owned()),
            Self::Lower => Some(text.to_lowercase()),
            Self::Before(by) => text.split(by.as_str()).next().map(str::to_owned),
            Self::After(by) => text.split_once(by.as_str()).map(|(_, after)| after.to_owned()),
            Self::Last(by) => text.rsplit(by.as_str()).next().map(str::to_owned),
            Self::Split(by, number) => text.split(by.as_str()).nth(*number).map(str::to_owned),
            Self::RedecodeUtf8 => {
                let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
                let decoded = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
                Some(decoded.unwrap_or_else(|| text.to_owned()))
            }
        }
    }
}
