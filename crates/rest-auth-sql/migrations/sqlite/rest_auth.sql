-- Our own table: mails that wait to be sent. Django never sees it.

CREATE TABLE "rest_auth_outbox" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "created_at" datetime NOT NULL, "recipient" text NOT NULL, "mail" text NOT NULL CHECK (JSON_VALID("mail")), "attempts" integer NOT NULL, "next_attempt_at" datetime NOT NULL, "locked_until" datetime NULL, "given_up" bool NOT NULL, "last_error" text NOT NULL);
CREATE INDEX "rest_auth_outbox_due" ON "rest_auth_outbox" ("next_attempt_at") WHERE NOT "given_up";
