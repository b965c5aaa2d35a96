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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_for_an_unknown_address_has_djangos_length() {
        assert_eq!(NOT_FOUND.len(), 179);
    }
}
