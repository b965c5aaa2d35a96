//! The list of hashers a deployment uses. Knows the order of questions, no algorithm.

use std::{fmt, hint::black_box};

use super::{
    ALGORITHMS, EncodedPassword, HasherError, Parameters, PasswordHasher, PasswordTooLong, Salt, identify,
};

/// The hashers of Django's `PASSWORD_HASHERS` in their order: the first one encodes, any one may verify.
pub struct Chain {
    preferred: Box<dyn PasswordHasher>,
    others: Vec<Box<dyn PasswordHasher>>,
}

/// What a check of a password found. As the pair that Django's `verify_password` returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The password is the user's.
    pub correct: bool,
    /// The column should be written again with the preferred hasher. Means something only when `correct`.
    pub must_update: bool,
}

impl Chain {
    /// A chain of the given hashers. Refuses an empty list and two hashers of one algorithm.
    pub fn new(hashers: Vec<Box<dyn PasswordHasher>>) -> Result<Self, HasherError> {
        for (index, hasher) in hashers.iter().enumerate() {
            if hashers[..index].iter().any(|earlier| earlier.algorithm() == hasher.algorithm()) {
                return Err(HasherError::Twice { algorithm: hasher.algorithm() });
            }
        }
        let mut hashers = hashers.into_iter();
        let preferred = hashers.next().ok_or(HasherError::Empty)?;
        Ok(Self { preferred, others: hashers.collect() })
    }

    /// A chain of the algorithms so named, with Django's parameters. The names are those of
    /// [`ALGORITHMS`].
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, HasherError> {
        let hasher = |name| Parameters::named(name)?.hasher();
        Self::new(names.into_iter().map(hasher).collect::<Result<_, _>>()?)
    }

    /// The hasher that makes new columns.
    pub fn preferred(&self) -> &dyn PasswordHasher {
        &*self.preferred
    }

    /// The column for a new password, made by the preferred hasher. As `make_password`.
    pub fn encode(&self, password: &str, salt: &Salt) -> Result<EncodedPassword, PasswordTooLong> {
        self.preferred.encode(password, salt)
    }

    /// Checks a password against a user's column; `None` stands for a password that was not given, and
    /// for a user who does not exist. As `verify_password`.
    ///
    /// Costs one hash, always: a run of the hasher whose column it is, made up to what a new column costs
    /// if it is the preferred one; and a run of the preferred hasher when the user is unknown, or the
    /// column is unusable, of an algorithm not in the list, or cannot be read. Where Django raises an
    /// exception, the password is wrong. A correct password that the preferred hasher could not encode
    /// again is left where it is.
    pub fn check(&self, password: Option<&str>, column: Option<&EncodedPassword>) -> Verdict {
        let found = column.and_then(|column| Some((column, self.hasher_of(column)?)));
        let (Some(password), Some((column, hasher))) = (password, found) else {
            self.spend(password.unwrap_or_default());
            return Verdict { correct: false, must_update: false };
        };
        let changed = hasher.algorithm() != self.preferred.algorithm();
        let must_update = changed || self.preferred.must_update(column);
        if !hasher.can_read(column) {
            self.spend(password);
            return Verdict { correct: false, must_update };
        }
        let correct = hasher.verify(password, column);
        if !correct && !changed && must_update {
            hasher.harden_runtime(password, column);
        }
        let fits = self.preferred.longest_password().is_none_or(|limit| password.len() <= limit);
        Verdict { correct, must_update: must_update && fits }
    }

    /// The hasher for the algorithm a column names.
    fn hasher_of(&self, column: &EncodedPassword) -> Option<&dyn PasswordHasher> {
        let algorithm = identify(column.as_str())?;
        self.hashers().find(|hasher| hasher.algorithm() == algorithm)
    }

    /// All hashers, in order.
    fn hashers(&self) -> impl Iterator<Item = &dyn PasswordHasher> {
        std::iter::once(&self.preferred).chain(&self.others).map(|hasher| &**hasher)
    }

    /// Costs what a check costs, so that time does not tell who exists.
    fn spend(&self, password: &str) {
        let salt = Salt::fixed("0000000000000000000000", [0; 16]).expect("the text is a good salt");
        let encoded = self.preferred.encode(password, &salt).or_else(|_| self.preferred.encode("", &salt));
        let _ = black_box(encoded);
    }
}

impl Default for Chain {
    /// Django's own list: every algorithm but `bcrypt` and `md5`, PBKDF2 with SHA-256 preferred.
    fn default() -> Self {
        let names = ALGORITHMS.into_iter().filter(|&name| name != "bcrypt" && name != "md5");
        Self::named(names).expect("the known algorithms have good parameters")
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.hashers().map(PasswordHasher::algorithm)).finish()
    }
}
