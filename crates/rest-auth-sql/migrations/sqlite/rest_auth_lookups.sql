-- Our own indexes: user names and addresses are looked up without regard to case, and Django has no index for that.

CREATE INDEX "rest_auth_user_username_upper" ON "{user_table}" (upper("{username}"));
CREATE INDEX "rest_auth_user_email_upper" ON "{user_table}" (upper("email"));
CREATE INDEX "rest_auth_emailaddress_email_upper" ON "account_emailaddress" (upper("email"));
-- Whoever checks a token finds the account's key in the index, and need not look for the token's row as well.
CREATE INDEX "rest_auth_token_key_user" ON "authtoken_token" ("key", "user_id", "created");
