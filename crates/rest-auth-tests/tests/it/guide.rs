//! The story of the documents: `docs/guide/custom_user.md` is run as it stands. Its configuration is configured, its
//! templates are written, its commands are sent, and its answers and mails must be what comes. `$NAME` in an answer or a
//! mail is whatever stands there; later it is that.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rest_auth_tests::app::{self, Client, Database, Response, TestApp};

use crate::custom_user;

/// A block of code, the language that it is marked with, and the line of prose before it.
#[derive(Debug, PartialEq)]
struct Block {
    language: String,
    caption: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let (mut found, mut caption, mut open): (Vec<Block>, _, Option<Block>) = (Vec::new(), "", None);
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                let (language, caption) = (language.to_owned(), caption.to_owned());
                open = Some(Block { language, caption, text: String::new() });
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(block), None) => block.text = block.text.clone() + line + "\n",
            (None, None) if !line.is_empty() => caption = line,
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block has no end");
    found
}

/// What a page has said so far.
#[derive(Default)]
struct Story {
    variables: BTreeMap<String, String>,
    settings: toml::Table,
    app: Option<TestApp>,
    answer: Option<Response>,
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rest-auth-guide-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Story {
    /// A new deployment on a database of Django's, with what the page has configured so far.
    async fn configure(&mut self, text: &str, folder: &Folder, database: Database) {
        database.rows().run(custom_user::profile_table(&database)).await;
        app::merge(&mut self.settings, toml::from_str(text).unwrap());
        let mut settings = self.settings.clone();
        let templates = folder.0.join("templates").display().to_string();
        app::merge(
            &mut settings,
            toml::Table::from_iter([("templates".to_owned(), toml::toml! { folder = templates }.into())]),
        );
        self.app = Some(TestApp::on(database, &settings.to_string()).await);
    }

    async fn send(&mut self, command: &str) {
        let words = words(command, &self.variables);
        let client = self.app.as_ref().expect("the page configures first").client();
        self.answer = Some(curl(&client, &words).await);
    }

    /// The last mail, its subject first.
    async fn mail(&self) -> String {
        let app = self.app.as_ref().expect("the page configures first");
        let mail = app.last_mail_to("ann").await;
        format!("Subject: {}\n\n{}", mail.subject, mail.text.trim())
    }

    /// Compares, and keeps what stands at the place of each new `$NAME`.
    fn expect(&mut self, pattern: &str, found: &str) {
        let pattern = pattern.trim();
        let mut rest = found;
        for (literal, name) in pieces(pattern) {
            rest = rest
                .strip_prefix(literal)
                .unwrap_or_else(|| panic!("the page says\n{pattern}\nand there is\n{found}"));
            let Some(name) = name else { continue };
            let is_of_value = |character: char| character.is_alphanumeric() || "-_:".contains(character);
            let value: String = rest.chars().take_while(|character| is_of_value(*character)).collect();
            assert!(!value.is_empty(), "nothing stands at ${name} of\n{pattern}\nin\n{found}");
            rest = &rest[value.len()..];
            let known = self.variables.entry(name.to_owned()).or_insert_with(|| value.clone());
            assert_eq!(*known, value, "${name}");
        }
        assert_eq!(rest, "", "the page says\n{pattern}");
    }
}

/// Text and the `$NAME` behind it, one after the other.
fn pieces(text: &str) -> Vec<(&str, Option<&str>)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        let end = after.find(|c: char| !c.is_ascii_uppercase()).unwrap_or(after.len());
        pieces.push((before, Some(&after[..end])));
        rest = &after[end..];
    }
    pieces.push((rest, None));
    pieces
}

/// A command's words, as a shell splits them.
fn words(command: &str, variables: &BTreeMap<String, String>) -> Vec<String> {
    let filled = |text: &str| -> String {
        let value =
            |name: &str| variables.get(name).unwrap_or_else(|| panic!("${name} is not known yet")).clone();
        pieces(text)
            .into_iter()
            .map(|(text, name)| text.to_owned() + &name.map(value).unwrap_or_default())
            .collect()
    };
    let (mut words, mut rest) = (Vec::new(), command.trim());
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('\'') {
            let (word, after) = quoted.split_once('\'').expect("a quotation ends");
            words.push(word.to_owned());
            rest = after;
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted
                .match_indices('"')
                .find(|(at, _)| !quoted[..*at].ends_with('\\'))
                .expect("a quotation ends")
                .0;
            words.push(filled(&quoted[..end].replace("\\\"", "\"")));
            rest = &quoted[end + 1..];
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            words.push(filled(&rest[..end]));
            rest = &rest[end..];
        }
        rest = rest.trim_start().trim_start_matches("\\\n").trim_start();
    }
    words
}

/// Sends what a `curl` command would send.
async fn curl(client: &Client, words: &[String]) -> Response {
    let mut words = words.iter().map(String::as_str);
    assert_eq!(words.next(), Some("curl"));
    let (mut method, mut headers, mut data, mut url) = (None, Vec::new(), None, None);
    while let Some(word) = words.next() {
        match word {
            "-s" => {}
            "-X" => method = words.next(),
            "-H" => headers.push(words.next().unwrap().split_once(": ").unwrap()),
            "-d" => data = words.next(),
            word => url = Some(word.strip_prefix("http://127.0.0.1:8000").unwrap()),
        }
    }
    let method = method.unwrap_or(if data.is_some() { "POST" } else { "GET" });
    let mut request = client.request(method, url.unwrap());
    for (name, value) in headers {
        if name != "Content-Type" {
            request = request.header(name, value);
        }
    }
    let sent = data.map(|data| serde_json::from_str::<serde_json::Value>(data).unwrap());
    let request = if let Some(body) = &sent { request.json(body) } else { request };
    request.send().await
}

#[tokio::test]
async fn the_guide_to_user_models_does_what_it_says() {
    let page = include_str!("../../../../docs/guide/custom_user.md");
    let blocks = blocks(page);
    let commands = blocks.iter().filter(|block| block.language == "bash").count();
    assert!(commands >= 10, "only {commands} commands were found");
    for (place, _) in custom_user::djangos().await.iter().enumerate() {
        let folder = Folder::new(&format!("custom-user-{place}"));
        // The page shows the configuration first and the templates after it; a deployment starts when both are there.
        for block in blocks.iter().filter(|block| block.language == "jinja") {
            let name = block.caption.strip_prefix('`').and_then(|name| name.strip_suffix("`:")).unwrap();
            let path = folder.0.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, &block.text).unwrap();
        }
        let mut story = Story::default();
        for block in &blocks {
            match block.language.as_str() {
                "toml" => {
                    let database = custom_user::djangos().await.remove(place);
                    story.configure(&block.text, &folder, database).await;
                }
                "bash" => {
                    assert!(story.answer.is_none(), "nobody looked at the answer before {}", block.text);
                    story.send(&block.text).await;
                }
                "json" => {
                    let answer = story.answer.take().expect("an answer follows a command");
                    story.expect(&block.text, &answer.text());
                }
                "text" => {
                    let mail = story.mail().await;
                    story.expect(&block.text, &mail);
                }
                "jinja" | "python" => {}
                other => panic!("nobody runs {other}"),
            }
        }
        assert!(story.answer.is_none(), "nobody looked at the last answer");
    }
}

#[test]
fn a_command_is_split_as_a_shell_splits_it() {
    let variables = BTreeMap::from([("KEY".to_owned(), "k-1".to_owned())]);
    let command = "curl -s http://h/ -H 'A: $KEY' \\\n  -d \"{\\\"key\\\": \\\"$KEY\\\"}\"\n";
    assert_eq!(
        words(command, &variables),
        ["curl", "-s", "http://h/", "-H", "A: $KEY", "-d", "{\"key\": \"k-1\"}"]
    );
}

#[test]
fn a_page_that_is_wrong_is_noticed() {
    let mut story = Story::default();
    story.expect("{\"key\":\"$KEY\"}", "{\"key\":\"abc\"}");
    assert_eq!(story.variables["KEY"], "abc");
    for (pattern, found) in [("{}", "{\"a\":1}"), ("$KEY", "other"), ("a", ""), ("$NEW!", "!")] {
        let noticed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut story = Story { variables: story.variables.clone(), ..Story::default() };
            story.expect(pattern, found);
        }));
        assert!(noticed.is_err(), "{pattern} was found in {found}");
    }
}
