-- Our own table: codes that hand a social login over to a front end, by their digests. Django never sees it.

CREATE TABLE "rest_auth_social_code" ("digest" varchar(64) NOT NULL PRIMARY KEY, "content" text NOT NULL, "expires_at" datetime NOT NULL, "used_at" datetime NULL);
CREATE INDEX "rest_auth_social_code_expires" ON "rest_auth_social_code" ("expires_at");
