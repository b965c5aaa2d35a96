//! TLS: whose certificate is believed, and where a redirect from the internet may not lead.

use std::net::IpAddr;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

const AUTHORITY: &[u8] = include_bytes!("../../../tests/certificates/authority.pem");
const KEY: &[u8] = include_bytes!("../../../tests/certificates/server.key.pem");
const SERVER: &[u8] = include_bytes!("../../../tests/certificates/server.pem");
const ELSEWHERE: &[u8] = include_bytes!("../../../tests/certificates/elsewhere.pem");
const EXPIRED: &[u8] = include_bytes!("../../../tests/certificates/expired.pem");

/// Answers every connection with a text, over TLS; its port.
async fn serve(host: &str, certificate: &[u8], answer: String) -> u16 {
    let listener = TcpListener::bind((host, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let chain = vec![CertificateDer::from_pem_slice(certificate).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let Ok(mut tls) = acceptor.accept(tcp).await else { continue };
            let mut bytes = [0; 4096];
            let _ = tls.read(&mut bytes).await;
            let _ = tls.write_all(answer.as_bytes()).await;
            let _ = tls.shutdown().await;
        }
    });
    port
}

fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(AUTHORITY).unwrap()).unwrap();
    roots
}

fn trusting() -> HttpsFetch {
    HttpsFetch::with_roots(roots(), Duration::from_secs(5), true)
}

async fn ask(fetch: &HttpsFetch, url: &str) -> Result<Incoming, FetchError> {
    fetch.fetch(Outgoing::get(url)).await
}

#[tokio::test]
async fn a_server_that_an_authority_vouches_for_is_asked_over_tls() {
    let port = serve("127.0.0.1", SERVER, answer("200 OK", "", "over TLS")).await;
    for host in ["localhost", "127.0.0.1"] {
        let got = ask(&trusting(), &format!("https://{host}:{port}/")).await.unwrap();
        assert_eq!((got.status, got.body.as_slice()), (200, &b"over TLS"[..]), "{host}");
    }
}

#[tokio::test]
async fn a_certificate_of_another_name_of_another_authority_or_of_yesterday_is_refused() {
    let good = || answer("200 OK", "", "not to be read");
    let (server, elsewhere, expired) = (
        serve("127.0.0.1", SERVER, good()).await,
        serve("127.0.0.1", ELSEWHERE, good()).await,
        serve("127.0.0.1", EXPIRED, good()).await,
    );
    let refused = async |fetch: &HttpsFetch, port: u16, why: &str| match ask(
        fetch,
        &format!("https://localhost:{port}/"),
    )
    .await
    {
        Err(FetchError::Unreachable(said)) => assert!(said.contains(why), "{said}"),
        other => panic!("{why}: {other:?}"),
    };
    refused(&trusting(), elsewhere, "not valid for name").await;
    refused(&trusting(), expired, "expired").await;
    refused(&HttpsFetch::new(Duration::from_secs(5), true), server, "UnknownIssuer").await;
    assert!(ask(&trusting(), &format!("https://localhost:{server}/")).await.is_ok());
}

#[tokio::test]
async fn s_91_a_redirect_from_the_internet_into_a_private_network_is_refused() {
    let inner = serve("127.0.0.1", SERVER, answer("200 OK", "", "a secret of the network")).await;
    // For this test one address of the machine is the internet.
    let strict = HttpsFetch {
        is_public: |address| address == "127.0.0.2".parse::<IpAddr>().unwrap(),
        ..HttpsFetch::with_roots(roots(), Duration::from_secs(5), false)
    };
    for location in [
        format!("https://127.0.0.1:{inner}/"),
        // A name is looked at after it was resolved.
        format!("https://localhost:{inner}/"),
        format!("//localhost:{inner}/"),
        format!("http://127.0.0.2:{inner}/"),
    ] {
        let redirect = answer("302 Found", &format!("Location: {location}\r\n"), "");
        let outer = serve("127.0.0.2", SERVER, redirect).await;
        let refused = ask(&strict, &format!("https://127.0.0.2:{outer}/")).await;
        assert!(matches!(refused, Err(FetchError::Forbidden(_))), "{location}: {refused:?}");
    }
    let outer = serve("127.0.0.2", SERVER, answer("200 OK", "", "of the internet")).await;
    assert!(ask(&strict, &format!("https://127.0.0.2:{outer}/")).await.is_ok());
}

#[tokio::test]
async fn s_91_an_answer_that_never_ends_is_given_up() {
    let endless = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nslow";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        tcp.write_all(endless.as_bytes()).await.unwrap();
        std::future::pending::<()>().await;
    });
    let impatient = HttpsFetch::new(Duration::from_millis(200), true);
    let slow = ask(&impatient, &format!("http://127.0.0.1:{port}/")).await;
    assert!(matches!(slow, Err(FetchError::Unreachable(_))), "{slow:?}");
}
