//! Lets a deployment keep the mail templates that it wrote for Django: the tags of Django that mail templates
//! use are written in Jinja's words. Text that is Jinja already stays as it is.
//!
//! Sentences are not translated: `trans` and `blocktrans` print the text that they hold. A tag that is not known
//! here is left for the engine to refuse, with its line.

/// Where a tag stands in the text.
struct Tag<'a> {
    before: &'a str,
    /// `{%`, `{{` or `{#`.
    open: &'a str,
    content: &'a str,
    after: &'a str,
}

/// The template in Jinja's words.
pub(super) fn to_jinja(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(tag) = next_tag(rest) {
        out.push_str(tag.before);
        let (text, after) = match tag.open {
            "{%" => statement(tag.content, tag.after),
            "{{" => (expression(tag.content), tag.after),
            _ => (String::new(), tag.after),
        };
        out.push_str(&text);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn next_tag(text: &str) -> Option<Tag<'_>> {
    let mut from = 0;
    loop {
        let start = from + text[from..].find('{')?;
        let close = match text.as_bytes().get(start + 1) {
            Some(b'%') => "%}",
            Some(b'{') => "}}",
            Some(b'#') => "#}",
            _ => {
                from = start + 1;
                continue;
            }
        };
        let inner = &text[start + 2..];
        let Some(length) = inner.find(close) else {
            from = start + 2;
            continue;
        };
        return Some(Tag {
            before: &text[..start],
            open: &text[start..start + 2],
            content: &inner[..length],
            after: &inner[length + 2..],
        });
    }
}

/// One `{% … %}` in Jinja's words, and what is still to be read.
fn statement<'a>(content: &str, rest: &'a str) -> (String, &'a str) {
    let words = split_words(content);
    let quoted = |text: &str| text.len() > 1 && text.starts_with(['"', '\'']);
    let text = match words.as_slice() {
        ["load", ..] => String::new(),
        ["autoescape", "off"] => "{% autoescape false %}".to_owned(),
        ["autoescape", "on"] => "{% autoescape true %}".to_owned(),
        ["empty"] => "{% else %}".to_owned(),
        ["comment", ..] => {
            let after = rest.split_once("{% endcomment %}").map_or("", |(_, after)| after);
            return (String::new(), after);
        }
        ["trans" | "translate", sentence] if quoted(sentence) => format!("{{{{ {sentence} }}}}"),
        ["trans" | "translate", sentence, "as", name] if quoted(sentence) => {
            format!("{{% set {name} = {sentence} %}}")
        }
        // Of addresses only the one that a reset mail is about is known here.
        ["url", "'password_reset_confirm'" | "\"password_reset_confirm\"", ..] => {
            "{{ password_reset_path }}".to_owned()
        }
        ["user_display", "user"] => "{{ user_display }}".to_owned(),
        ["user_display", "user", "as", name] => format!("{{% set {name} = user_display %}}"),
        ["include", name, "with", given @ ..] => {
            let given: Vec<&str> = given.iter().copied().filter(|word| *word != "only").collect();
            format!("{{% with {} %}}{{% include {name} %}}{{% endwith %}}", assignments(&given))
        }
        ["with", given @ ..] if !given.iter().any(|word| word.ends_with(',')) => {
            format!("{{% with {} %}}", assignments(given))
        }
        ["blocktrans" | "blocktranslate", options @ ..] => match sentence(options, rest) {
            Some(translated) => return translated,
            None => format!("{{%{content}%}}"),
        },
        _ => format!("{{%{}%}}", colons_to_calls(content)),
    };
    (text, rest)
}

fn expression(content: &str) -> String {
    match content.trim() {
        "block.super" => "{{ super() }}".to_owned(),
        _ => format!("{{{{{}}}}}", colons_to_calls(content)),
    }
}

/// The sentence of a `blocktrans`, and what follows it. `None` where it counts or stores: that has no counterpart.
fn sentence<'a>(options: &[&str], rest: &'a str) -> Option<(String, &'a str)> {
    let mut given = Vec::new();
    let mut trimmed = false;
    let mut words = options.iter().copied();
    while let Some(word) = words.next() {
        match word {
            "with" => {}
            "trimmed" => trimmed = true,
            "context" => drop(words.next()),
            "count" | "asvar" => return None,
            word => given.push(word),
        }
    }
    let ends = ["{% endblocktrans %}", "{% endblocktranslate %}"];
    let (at, end) = ends.iter().filter_map(|end| rest.find(end).map(|at| (at, end.len()))).min()?;
    let (body, after) = (&rest[..at], &rest[at + end..]);
    let body = to_jinja(body);
    let body = if trimmed { body.trim().lines().map(str::trim).collect::<Vec<_>>().join(" ") } else { body };
    let text = if given.is_empty() {
        body
    } else {
        format!("{{% with {} %}}{body}{{% endwith %}}", assignments(&given))
    };
    Some((text, after))
}

/// `a=b.c d=e` and the older `b.c as a and e as d`, as Jinja's `a=b.c, d=e`.
fn assignments(words: &[&str]) -> String {
    let mut list = Vec::new();
    let mut rest = words;
    loop {
        rest = match rest {
            [] => return list.join(", "),
            ["and", more @ ..] => more,
            [value, "as", name, more @ ..] => {
                list.push(format!("{name}={}", colons_to_calls(value)));
                more
            }
            [pair, more @ ..] => {
                list.push(colons_to_calls(pair));
                more
            }
        };
    }
}

/// The words of a tag. Quotes hold words together.
fn split_words(content: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut quote) = (None, None);
    for (at, c) in content.char_indices() {
        match quote {
            Some(open) => quote = (c != open).then_some(open),
            None if c.is_whitespace() => {
                words.extend(start.take().map(|from: usize| &content[from..at]));
                continue;
            }
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None => {}
        }
        start.get_or_insert(at);
    }
    words.extend(start.map(|from| &content[from..]));
    words
}

/// `x|default:"y"` becomes `x|default("y")`.
fn colons_to_calls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(bar) = rest.find(['|', '"', '\'']) {
        let (before, tail) = rest.split_at(bar);
        out.push_str(before);
        if !tail.starts_with('|') {
            let length = quoted_length(tail);
            out.push_str(&tail[..length]);
            rest = &tail[length..];
            continue;
        }
        let name = tail[1..].find(|c: char| !c.is_alphanumeric() && c != '_').map_or(tail.len(), |at| at + 1);
        let (filter, after) = tail.split_at(name);
        out.push_str(filter);
        rest = match after.strip_prefix(':') {
            Some(argument) if filter.len() > 1 && !argument.starts_with(char::is_whitespace) => {
                let length = argument_length(argument);
                out.push('(');
                out.push_str(&argument[..length]);
                out.push(')');
                &argument[length..]
            }
            _ => after,
        };
    }
    out.push_str(rest);
    out
}

fn argument_length(text: &str) -> usize {
    if text.starts_with(['"', '\'']) {
        return quoted_length(text);
    }
    text.find(|c: char| c.is_whitespace() || matches!(c, '|' | ')' | ',' | '%' | '}')).unwrap_or(text.len())
}

/// The length of a text in quotes, with them.
fn quoted_length(text: &str) -> usize {
    let quote = text.chars().next().unwrap_or('"');
    text[1..].find(quote).map_or(text.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jinja_stays_as_it_is() {
        for text in [
            "Hello {{ user.username|default('you') }}, {% if a and b != \"x|y:z\" %}{{ c }}{% endif %}",
            "{% extends \"account/email/base_message.txt\" %}{% block content %}{% endblock content %}",
            "{%- for key, value in {\"a\": 1}|items -%}{{ value }}{%- endfor -%}",
            "{% with a=1, b=2 %}{{ a }}{% endwith %} } {x} { %} {{ unclosed",
            "{% autoescape false %}{{ x[1:2] }}{% endautoescape %}",
        ] {
            assert_eq!(to_jinja(text), text);
        }
    }

    #[test]
    fn the_tags_of_django_become_jinjas() {
        for (django, jinja) in [
            ("{% load i18n account %}x", "x"),
            ("{% autoescape off %}x{% endautoescape %}", "{% autoescape false %}x{% endautoescape %}"),
            ("{% trans \"It's time\" %}", "{{ \"It's time\" }}"),
            ("{% user_display user as who %}", "{% set who = user_display %}"),
            ("a{% comment \"why\" %}{{ b }}{% endcomment %}c{# d #}e", "ace"),
            ("{{ name|default:\"a|b\"|upper }}", "{{ name|default(\"a|b\")|upper }}"),
            ("{{ block.super }}", "{{ super() }}"),
            ("{% if names|length > 1 %}", "{% if names|length > 1 %}"),
            ("{% include 'x.txt' with a=b only %}", "{% with a=b %}{% include 'x.txt' %}{% endwith %}"),
            ("{% with a=b c=d|join:', ' %}", "{% with a=b, c=d|join(', ') %}"),
        ] {
            assert_eq!(to_jinja(django), jinja);
        }
    }

    #[test]
    fn a_block_of_sentences_keeps_its_text_and_its_names() {
        let django = "{% blocktrans with site=current_site.name and user.email as mail trimmed %}\n  Dear {{ site }},\n  \
                      you.\n{% endblocktrans %}!";
        let jinja = "{% with site=current_site.name, mail=user.email %}Dear {{ site }}, you.{% endwith %}!";
        assert_eq!(to_jinja(django), jinja);
        assert_eq!(to_jinja("{% blocktranslate %}Hi {{ a }}{% endblocktranslate %}"), "Hi {{ a }}");
    }

    #[test]
    fn what_has_no_counterpart_is_left_for_the_engine_to_refuse() {
        for text in ["{% blocktrans count n=3 %}x{% plural %}y{% endblocktrans %}", "{% url 'home' %}"] {
            assert_eq!(to_jinja(text), text);
        }
    }

    #[test]
    fn no_text_breaks_the_reader() {
        for text in [
            "",
            "{",
            "{%",
            "{% %}",
            "{{}}",
            "{# ",
            "{% trans %}",
            "{{ a|",
            "{{ a|b: }}",
            "{{ '",
            "é{% é|é:'é %}",
        ] {
            to_jinja(text);
        }
    }
}
