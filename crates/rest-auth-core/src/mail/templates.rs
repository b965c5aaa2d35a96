//! The words of mails: our templates, and a deployment's in their place.
