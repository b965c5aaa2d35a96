//! The process as the commands see it: what it was started with, and whom it talks to. Tests bring their own.

use std::ffi::OsString;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// What a process was started with, and its streams.
#[derive(Debug)]
pub struct Process {
    /// The command line, the program's name first.
    pub arguments: Vec<OsString>,
    /// The environment.
    pub variables: Vec<(OsString, OsString)>,
    /// Where relative paths begin.
    pub folder: PathBuf,
    /// Whom it talks to.
    pub console: Console,
}

impl Process {
    /// This process.
    pub fn current() -> io::Result<Self> {
        Ok(Self {
            arguments: std::env::args_os().collect(),
            variables: std::env::vars_os().collect(),
            folder: std::env::current_dir()?,
            console: Console::standard(),
        })
    }

    /// The value of a variable, if it is set to anything.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().find(|(known, _)| known == name);
        found.and_then(|(_, value)| value.to_str()).filter(|value| !value.is_empty())
    }
}

/// Who answers questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// A person at a terminal, which is told not to show passwords.
    Typed,
    /// A script that plays a person: it is asked the same questions. For tests.
    Played,
    /// Nobody: lines are read without a question.
    Piped,
}

/// What a command writes to; shared with what it does later.
type Output = Arc<Mutex<Box<dyn Write + Send>>>;

/// Standard input, output and errors.
pub struct Console {
    answers: Answers,
    input: Box<dyn BufRead + Send>,
    output: Output,
    errors: Box<dyn Write + Send>,
}

impl Console {
    /// This process's own.
    pub fn standard() -> Self {
        let answers = if io::stdin().is_terminal() { Answers::Typed } else { Answers::Piped };
        let input = Box::new(io::BufReader::new(io::stdin()));
        let output: Box<dyn Write + Send> = Box::new(io::stdout());
        Self { answers, input, output: Arc::new(Mutex::new(output)), errors: Box::new(io::stderr()) }
    }

    /// Other streams. For tests.
    pub fn new(
        answers: Answers,
        input: impl BufRead + Send + 'static,
        output: impl Write + Send + 'static,
        errors: impl Write + Send + 'static,
    ) -> Self {
        let output: Box<dyn Write + Send> = Box::new(output);
        Self {
            answers,
            input: Box::new(input),
            output: Arc::new(Mutex::new(output)),
            errors: Box::new(errors),
        }
    }

    /// Whether somebody is there to be asked.
    pub fn is_interactive(&self) -> bool {
        self.answers != Answers::Piped
    }

    /// Writes a line of the command's result.
    pub fn say(&mut self, line: &str) {
        say(&self.output, line);
    }

    /// Says a line when it is called, from wherever.
    pub(crate) fn announcer(&self, line: String) -> impl FnOnce() + Send + 'static {
        let output = Arc::clone(&self.output);
        move || say(&output, &line)
    }

    /// Writes a line about what went wrong.
    pub fn complain(&mut self, line: &str) {
        let _ = writeln!(self.errors, "{line}");
    }

    /// Asks for a line. `None` at the end of the input.
    pub fn ask(&mut self, question: &str) -> io::Result<Option<String>> {
        self.put_question(question)?;
        self.read_line()
    }

    /// Asks for a line that is not shown as it is typed. `None` at the end of the input.
    pub fn ask_hidden(&mut self, question: &str) -> io::Result<Option<String>> {
        self.put_question(question)?;
        if self.answers != Answers::Typed {
            return self.read_line();
        }
        match rpassword::read_password() {
            Ok(line) => Ok(Some(line)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn put_question(&mut self, question: &str) -> io::Result<()> {
        if self.is_interactive() {
            let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
            write!(output, "{question}")?;
            output.flush()?;
        }
        Ok(())
    }

    fn read_line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        if self.input.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.strip_suffix('\n').unwrap_or(&line);
        Ok(Some(line.strip_suffix('\r').unwrap_or(line).to_owned()))
    }
}

fn say(output: &Output, line: &str) {
    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
    // Whoever closed the stream does not want to know.
    let _ = writeln!(output, "{line}");
    let _ = output.flush();
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console").field("answers", &self.answers).finish_non_exhaustive()
    }
}
