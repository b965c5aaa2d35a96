//! JSON web tokens of simplejwt and its predecessors.

mod deployment;
mod legacy;
mod requests;
mod tokens;

use crate::cases::VectorFile;

#[test]
fn every_case_of_jwt_holds() {
    VectorFile::parse("jwt", include_str!("../jwt.json")).run(&[
        ("algorithms", tokens::algorithms),
        ("defaults", tokens::defaults),
        ("mint", tokens::mint),
        ("mint_uuid_pk", tokens::mint_uuid_pk),
        ("revoke_claim", tokens::revoke_claim),
        ("rotation", tokens::rotation),
        ("sliding_refresh", tokens::sliding_refresh),
        ("blacklist", tokens::blacklist),
        ("check", requests::check),
        ("authorization_header", requests::authorization_header),
        ("body", requests::body),
        ("cookies", requests::cookies),
        ("cookie_authentication", requests::cookie_authentication),
        ("cookie_refresh", requests::cookie_refresh),
        ("legacy", legacy::legacy),
    ]);
}
