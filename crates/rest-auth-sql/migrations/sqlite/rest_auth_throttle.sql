-- Our own table: hits that count against a limit. Django never sees it.

CREATE TABLE "rest_auth_throttle" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "key" text NOT NULL, "taken_at" datetime NOT NULL, "expires_at" datetime NOT NULL);
CREATE INDEX "rest_auth_throttle_key" ON "rest_auth_throttle" ("key", "taken_at");
CREATE INDEX "rest_auth_throttle_expires" ON "rest_auth_throttle" ("expires_at");
