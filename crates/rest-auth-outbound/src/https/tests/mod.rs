mod tls;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use super::*;

/// Answers each connection in turn with a text, and gives back what was sent.
fn server(answers: Vec<String>) -> (u16, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = std::thread::spawn(move || {
        let mut heard = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut bytes = vec![0; 4096];
            let mut text = String::new();
            // Headers and body may come apart.
            while !text.contains("\r\n\r\n") || (text.contains("content-length: 3") && !text.ends_with("a=b"))
            {
                let read = stream.read(&mut bytes).unwrap();
                if read == 0 || bytes[0] == 22 {
                    break;
                }
                text.push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
            heard.push(text);
            let _ = stream.write_all(answer.as_bytes());
        }
        heard
    });
    (port, task)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
}

fn fetch() -> HttpsFetch {
    HttpsFetch::new(Duration::from_secs(2), true)
}

#[tokio::test]
async fn a_request_is_sent_and_its_answer_read() {
    let (port, heard) = server(vec![answer("201 Created", "Content-Type: application/json\r\n", "{}")]);
    let request = Outgoing {
        method: Method::Post,
        url: format!("http://127.0.0.1:{port}/token?x=y"),
        headers: vec![("Authorization".to_owned(), "Basic abc".to_owned())],
        body: Some("a=b".to_owned()),
    };
    let got = fetch().fetch(request).await.unwrap();
    assert_eq!(
        (got.status, got.content_type.as_str(), got.body.as_slice()),
        (201, "application/json", &b"{}"[..])
    );
    let heard = heard.join().unwrap().remove(0);
    assert!(heard.starts_with("POST /token?x=y HTTP/1.1\r\n"), "{heard}");
    assert!(
        heard.contains(&format!("host: 127.0.0.1:{port}\r\n")) && heard.contains("authorization: Basic abc")
    );
    assert!(heard.contains("user-agent: rest-auth/") && heard.ends_with("\r\n\r\na=b"), "{heard}");
}

#[tokio::test]
async fn s_91_a_private_address_is_not_asked_whatever_leads_there() {
    let strict = HttpsFetch::new(Duration::from_secs(2), false);
    for url in
        ["https://127.0.0.1/", "https://localhost/", "https://10.0.0.1/", "https://[::1]/", "http://1.1.1.1/"]
    {
        let refused = strict.fetch(Outgoing::get(url)).await;
        assert!(matches!(refused, Err(FetchError::Forbidden(_))), "{url}: {refused:?}");
    }
    // Resolvers differ in whether this is an address at all.
    let number = strict.fetch(Outgoing::get("https://2130706433/")).await;
    assert!(matches!(number, Err(FetchError::Forbidden(_) | FetchError::Unreachable(_))), "{number:?}");
    // Even where private addresses may be asked, plain HTTP goes to nobody else.
    let refused = fetch().fetch(Outgoing::get("http://1.1.1.1/")).await;
    assert!(matches!(refused, Err(FetchError::Forbidden(_))), "{refused:?}");
}

#[tokio::test]
async fn a_redirect_is_followed_without_the_secret_where_it_leads_elsewhere() {
    let (second, heard_second) = server(vec![answer("200 OK", "", "there")]);
    let elsewhere = format!("Location: http://127.0.0.1:{second}/there\r\n");
    let (first, heard_first) = server(vec![answer("302 Found", &elsewhere, "")]);
    let mut request = Outgoing::get(format!("http://127.0.0.1:{first}/here"));
    request.headers.push(("Authorization".to_owned(), "Bearer secret".to_owned()));
    assert_eq!(fetch().fetch(request).await.unwrap().body, b"there");
    assert!(heard_first.join().unwrap()[0].contains("Bearer secret"));
    assert!(!heard_second.join().unwrap()[0].contains("secret"));
}

#[tokio::test]
async fn s_91_redirects_end_and_lead_to_nothing_that_may_not_be_asked() {
    let (port, _heard) = server(vec![answer("302 Found", "Location: /again\r\n", ""); 4]);
    let endless = fetch().fetch(Outgoing::get(format!("http://127.0.0.1:{port}/"))).await;
    assert!(matches!(endless, Err(FetchError::Malformed(_))), "{endless:?}");
    let (port, _heard) = server(vec![answer("302 Found", "Location: file:///etc/passwd\r\n", "")]);
    let file = fetch().fetch(Outgoing::get(format!("http://127.0.0.1:{port}/"))).await;
    assert!(matches!(file, Err(FetchError::Forbidden(_))), "{file:?}");
}

#[tokio::test]
async fn a_redirected_post_is_an_answer_and_is_not_followed() {
    let (port, _heard) = server(vec![answer("307 Temporary Redirect", "Location: /there\r\n", "")]);
    let mut request = Outgoing::get(format!("http://127.0.0.1:{port}/"));
    request.method = Method::Post;
    assert_eq!(fetch().fetch(request).await.unwrap().status, 307);
}

#[tokio::test]
async fn s_91_an_answer_has_a_size_and_a_time() {
    let (port, _heard) = server(vec![answer("200 OK", "", &"x".repeat(LARGEST + 1))]);
    let large = fetch().fetch(Outgoing::get(format!("http://127.0.0.1:{port}/"))).await;
    assert!(matches!(large, Err(FetchError::Malformed(_))), "{large:?}");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let impatient = HttpsFetch::new(Duration::from_millis(100), true);
    let slow = impatient.fetch(Outgoing::get(format!("http://127.0.0.1:{port}/"))).await;
    assert!(matches!(slow, Err(FetchError::Unreachable(_))), "{slow:?}");
}

#[tokio::test]
async fn what_is_no_http_is_told_apart_and_a_header_cannot_be_split() {
    let (port, _heard) = server(vec!["SSH-2.0-x\r\n".to_owned()]);
    let other = fetch().fetch(Outgoing::get(format!("http://127.0.0.1:{port}/"))).await;
    assert!(matches!(other, Err(FetchError::Malformed(_))), "{other:?}");

    let (port, _heard) = server(vec![answer("200 OK", "", "")]);
    let mut request = Outgoing::get(format!("http://127.0.0.1:{port}/"));
    request.headers.push(("Authorization".to_owned(), "Bearer a\r\nX: y".to_owned()));
    assert!(matches!(fetch().fetch(request).await, Err(FetchError::Forbidden(_))));
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let (port, _heard) = server(vec!["no TLS".to_owned()]);
    let refused = fetch().fetch(Outgoing::get(format!("https://127.0.0.1:{port}/"))).await;
    assert!(matches!(refused, Err(FetchError::Unreachable(_))), "{refused:?}");
}
