//! What the layers above the database cost: whole requests in process, without sockets and HTTP's own reading.
//!
//! Run with `cargo bench -p rest-auth-tests --bench requests`. The database is SQLite in memory with one user, so a
//! look-up costs a few microseconds; `--bench store` tells how many.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use divan::Bencher;
use http::StatusCode;
use http_body_util::BodyExt as _;
use rest_auth::RestAuth;
use rest_auth_core::model::Timestamp;
use rest_auth_core::settings::{self, Settings};
use rest_auth_core::{App, AppParts};
use rest_auth_sql::{Options, SqlStore, UserModel};
use rest_auth_tests::population::{Population, token};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

fn main() {
    divan::main();
}

/// A whole site with a user.
struct Site {
    runtime: Runtime,
    router: Router,
}

static SITE: LazyLock<Site> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    let store = runtime.block_on(async {
        let model = UserModel::new(&settings::UserModel::default()).expect("the default is good");
        let store = SqlStore::open("sqlite::memory:", Options::default(), model).expect("the URL is good");
        store.migrate(Timestamp::from_seconds(0)).await.expect("tables can be made");
        Population::settle(&store, 1).await.expect("a user can be made");
        store
    });
    let app = App::build(Settings::default(), AppParts::new(Arc::new(store))).expect("the defaults are good");
    Site { runtime, router: RestAuth::new(app).site() }
});

fn bench(bencher: Bencher, status: StatusCode, request: impl Fn() -> Request) {
    let Site { runtime, router } = &*SITE;
    bencher.with_inputs(request).bench_local_values(|request| {
        runtime.block_on(async {
            let answer = router.clone().oneshot(request).await.expect("a router answers");
            assert_eq!(answer.status(), status);
            answer.into_body().collect().await.expect("the body is there").to_bytes()
        })
    });
}

fn post(path: &str, body: &'static str) -> Request {
    let request = Request::post(path).header("host", "localhost").header("content-type", "application/json");
    request.body(Body::from(body)).expect("the request is well formed")
}

/// Negotiate, authenticate by a token, look up, represent, render.
#[divan::bench]
fn details_with_a_token(bencher: Bencher) {
    let authorization = format!("Token {}", token(0));
    bench(bencher, StatusCode::OK, || {
        let request = Request::get("/rest-auth/user/").header("host", "localhost");
        request
            .header("authorization", &authorization)
            .body(Body::empty())
            .expect("the request is well formed")
    });
}

/// Negotiate, find no credentials, render the refusal.
#[divan::bench]
fn details_without_a_token(bencher: Bencher) {
    bench(bencher, StatusCode::UNAUTHORIZED, || {
        let request = Request::get("/rest-auth/user/").header("host", "localhost");
        request.body(Body::empty()).expect("the request is well formed")
    });
}

/// Parse JSON, read the form, render what is missing.
#[divan::bench]
fn login_without_a_password(bencher: Bencher) {
    bench(bencher, StatusCode::BAD_REQUEST, || {
        post("/rest-auth/login/", r#"{"username": "load-0000000", "password": ""}"#)
    });
}

/// The same for a form with more fields, all of them wrong.
#[divan::bench]
fn registration_with_nothing_right(bencher: Bencher) {
    bench(bencher, StatusCode::BAD_REQUEST, || {
        post(
            "/rest-auth/registration/",
            r#"{"username": "a b", "email": "nobody", "password1": "x", "password2": null}"#,
        )
    });
}
