-- dj_rest_auth.mfa

CREATE TABLE "dj_rest_auth_mfa_authenticator" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "type" varchar(20) NOT NULL, "data" text NOT NULL CHECK ((JSON_VALID("data") OR "data" IS NULL)), "created_at" datetime NOT NULL, "last_used_at" datetime NULL, "user_id" {user_key} NOT NULL REFERENCES "{user_table}" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX "dj_rest_auth_mfa_authenticator_user_id_e953f0ca" ON "dj_rest_auth_mfa_authenticator" ("user_id");
CREATE UNIQUE INDEX "dj_rest_auth_mfa_authenticator_user_id_type_62322d58_uniq" ON "dj_rest_auth_mfa_authenticator" ("user_id", "type");
