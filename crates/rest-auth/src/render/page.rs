//! The pages that Django answers outside of any view. Plain on purpose: nothing of the request is in them.

/// 404: no endpoint has this address.
pub(crate) const NOT_FOUND: &str = "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>Not Found</title>\n</head>\n<body>\n  \
     <h1>Not Found</h1><p>The requested resource was not found on this server.</p>\n</body>\n</html>\n";

/// 400: the request is refused before an endpoint sees it.
pub(crate) const BAD_REQUEST: &str = "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>Bad Request (400)</title>\n</head>\n<body>\n  \
     <h1>Bad Request (400)</h1><p></p>\n</body>\n</html>\n";

/// 500: something broke here.
pub(crate) const SERVER_ERROR: &str = "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>Server Error (500)</title>\n</head>\n<body>\n  \
     <h1>Server Error (500)</h1><p></p>\n</body>\n</html>\n";

/// Asks whoever opens the link in a confirmation mail to confirm.
pub(crate) const CONFIRM_EMAIL: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n  <meta charset=\"utf-8\">\n  \
     <meta name=\"viewport\" content=\"width=device-width\">\n  <title>Confirm Email Address</title>\n</head>\n<body>\n  \
     <h1>Confirm Email Address</h1>\n  <p>Please confirm that this email address is yours.</p>\n  \
     <form method=\"post\"><button type=\"submit\">Confirm</button></form>\n</body>\n</html>\n";

/// The link in a confirmation mail is of no use any more.
pub(crate) const INVALID_LINK: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n  <meta charset=\"utf-8\">\n  \
     <meta name=\"viewport\" content=\"width=device-width\">\n  <title>Confirm Email Address</title>\n</head>\n<body>\n  \
     <h1>Confirm Email Address</h1>\n  <p>This email confirmation link expired or is invalid.</p>\n</body>\n</html>\n";

/// A mail with a link is on its way.
pub(crate) const EMAIL_SENT: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n  <meta charset=\"utf-8\">\n  \
     <meta name=\"viewport\" content=\"width=device-width\">\n  <title>Verify Your Email Address</title>\n</head>\n<body>\n  \
     <h1>Verify Your Email Address</h1>\n  <p>We have sent you an email with a link that confirms your address.</p>\n\
     </body>\n</html>\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_for_an_unknown_address_has_djangos_length() {
        assert_eq!(NOT_FOUND.len(), 179);
    }
}
