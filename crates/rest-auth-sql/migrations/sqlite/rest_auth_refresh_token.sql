-- Our own table: which refresh tokens come from one login. Django never sees it.

CREATE TABLE "rest_auth_refresh_token" ("jti" varchar(255) NOT NULL PRIMARY KEY, "family" varchar(255) NOT NULL, "started_at" datetime NOT NULL, "parent" varchar(255) NULL UNIQUE, "expires_at" datetime NOT NULL);
CREATE INDEX "rest_auth_refresh_token_family" ON "rest_auth_refresh_token" ("family");
CREATE INDEX "rest_auth_refresh_token_expires" ON "rest_auth_refresh_token" ("expires_at");
