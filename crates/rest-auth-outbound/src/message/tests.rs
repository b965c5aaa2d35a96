use rest_auth_core::mail::Mail;
use rest_auth_core::model::Timestamp;

use super::*;

fn queued(change: impl FnOnce(&mut Mail)) -> QueuedMail {
    let mut mail = Mail {
        from: "webmaster@localhost".to_owned(),
        to: "ann@example.org".to_owned(),
        subject: "[example.com] Please Confirm Your Email Address".to_owned(),
        text: "Hello!\n\nGo to http://example.com/Nw:1r31eq:nXI/\n\n.\nBye".to_owned(),
        html: None,
    };
    change(&mut mail);
    QueuedMail { id: 7, mail, created: Timestamp::from_micros(1_700_000_000_123_456), attempts: 0 }
}

fn written(change: impl FnOnce(&mut Mail), transfer: Transfer) -> String {
    String::from_utf8(message(&queued(change), transfer).unwrap().as_bytes().to_vec()).unwrap()
}

#[test]
fn a_mail_has_djangos_headers_and_no_others() {
    for transfer in [Transfer::SevenBit, Transfer::EightBit] {
        let expected = "Content-Type: text/plain; charset=\"utf-8\"\r\nMIME-Version: 1.0\r\n\
            Content-Transfer-Encoding: 7bit\r\nSubject: [example.com] Please Confirm Your Email Address\r\n\
            From: webmaster@localhost\r\nTo: ann@example.org\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n\
            Message-ID: <1700000000123456.7.rest-auth@localhost>\r\n\r\nHello!\r\n\r\n\
            Go to http://example.com/Nw:1r31eq:nXI/\r\n\r\n.\r\nBye";
        assert_eq!(written(|_| {}, transfer), expected);
    }
}

#[test]
fn a_second_try_is_the_same_text() {
    let html = |mail: &mut Mail| mail.html = Some("<p>Hello</p>".to_owned());
    assert_eq!(written(html, Transfer::SevenBit), written(html, Transfer::SevenBit));
}

#[test]
fn text_beyond_ascii_stays_readable_in_a_file_and_is_encoded_for_smtp() {
    let greek = |mail: &mut Mail| {
        mail.subject = "Καλημέρα".to_owned();
        mail.text = "Καλημέρα, http://example.com/?key=a:b".to_owned();
    };
    let file = written(greek, Transfer::EightBit);
    assert!(file.contains("Content-Transfer-Encoding: 8bit\r\n"), "{file}");
    assert!(file.ends_with("\r\n\r\nΚαλημέρα, http://example.com/?key=a:b"), "{file}");
    let smtp = written(greek, Transfer::SevenBit);
    assert!(smtp.is_ascii(), "{smtp}");
    assert!(smtp.contains("Subject: =?utf-8?b?"), "{smtp}");
}

#[test]
fn a_long_link_is_not_broken() {
    let link = format!("https://example.com/{}/", "k".repeat(300));
    let mail = written(|mail| mail.text = format!("Go to {link}"), Transfer::SevenBit);
    assert!(mail.contains(&link), "{mail}");
    let too_long = written(|mail| mail.text = "k".repeat(999), Transfer::SevenBit);
    assert!(too_long.lines().all(|line| line.len() <= 78), "{too_long}");
}

#[test]
fn an_html_part_comes_second_in_an_alternative() {
    let mail = written(|mail| mail.html = Some("<p>Hello</p>".to_owned()), Transfer::EightBit);
    let boundary = "===1700000000123456-7-0===";
    assert!(
        mail.contains(&format!("Content-Type: multipart/alternative; boundary=\"{boundary}\"\r\n")),
        "{mail}"
    );
    let parts: Vec<&str> = mail.split(&format!("--{boundary}")).collect();
    assert_eq!(parts.len(), 4, "{mail}");
    assert!(parts[1].contains("text/plain; charset=\"utf-8\""), "{mail}");
    assert!(parts[2].contains("text/html; charset=\"utf-8\"") && parts[2].contains("<p>Hello</p>"), "{mail}");
}

#[test]
fn s_108_a_text_cannot_end_its_part() {
    let mail = written(
        |mail| {
            mail.text = "x\n--===1700000000123456-7-0===\nContent-Type: text/html\n\nforged".to_owned();
            mail.html = Some("<p>Hello</p>".to_owned());
        },
        Transfer::EightBit,
    );
    assert!(mail.contains("boundary=\"===1700000000123456-7-1===\""), "{mail}");
}

#[test]
fn s_108_no_header_has_a_second_line() {
    for (change, expected) in [
        ((|mail| mail.subject = "x\r\nBcc: eve@example.com".to_owned()) as fn(&mut Mail), "Subject: x  Bcc:"),
        (
            |mail| mail.from = "A\r\nBcc: eve@example.com <a@example.org>".to_owned(),
            "From: =?utf-8?b?QSAgQmNjOiBldmVAZXhhbXBsZS5jb20=?= <a@example.org>",
        ),
    ] {
        let mail = written(change, Transfer::SevenBit);
        let (head, _) = mail.split_once("\r\n\r\n").unwrap();
        assert!(!head.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{head}");
        assert!(head.contains(expected), "{head}");
    }
    for to in [
        "a@example.org\r\nBcc: eve@example.com",
        "a@example.org>\r\nRCPT TO:<eve@example.com",
        "a b@c.org",
        "x",
        "",
    ] {
        let result = message(&queued(|mail| mail.to = to.to_owned()), Transfer::SevenBit);
        assert!(matches!(result, Err(MailError::Permanent(_))), "{to:?}");
    }
}

#[test]
fn senders_are_written_in_the_ways_that_django_takes() {
    for (from, expected) in [
        ("shop@example.com", "From: shop@example.com\r\n"),
        ("The Shop <shop@example.com>", "From: \"The Shop\" <shop@example.com>\r\n"),
        ("\"The \\\"Shop\\\"\" <shop@example.com>", "From: \"The \\\"Shop\\\"\" <shop@example.com>\r\n"),
        (
            "Example.com, Inc. <shop@example.com>",
            "From: =?utf-8?b?RXhhbXBsZS5jb20sIEluYy4=?= <shop@example.com>\r\n",
        ),
        ("<shop@example.com>", "From: shop@example.com\r\n"),
    ] {
        let mail = written(|mail| mail.from = from.to_owned(), Transfer::SevenBit);
        assert!(mail.contains(expected), "{from}: {mail}");
        assert!(is_sender(from));
    }
    for from in ["", "shop", "The Shop", "Shop <shop>", "a@b@", "@example.com"] {
        assert!(!is_sender(from), "{from}");
    }
}

#[test]
fn every_address_that_can_sign_up_can_be_written_to() {
    for (to, expected) in [
        ("ann@localhost", "ann@localhost"),
        ("ann@[127.0.0.1]", "ann@[127.0.0.1]"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("a!#$%&'*+/=?^_`{}|~-b@example.org", "a!#$%&'*+/=?^_`{}|~-b@example.org"),
        ("\"ann lee\"@example.org", "\"ann lee\"@example.org"),
    ] {
        let mail = written(|mail| mail.to = to.to_owned(), Transfer::SevenBit);
        assert!(mail.contains(&format!("To: {expected}\r\n")), "{to}: {mail}");
    }
}

#[test]
fn a_damaged_date_is_no_panic() {
    for micros in [i64::MIN, -1, i64::MAX] {
        let queued = QueuedMail { created: Timestamp::from_micros(micros), ..queued(|_| {}) };
        message(&queued, Transfer::SevenBit).unwrap();
    }
}
