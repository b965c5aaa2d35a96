-- rest_framework.authtoken

CREATE TABLE "authtoken_token" ("key" varchar(40) NOT NULL PRIMARY KEY, "created" datetime NOT NULL, "user_id" {user_key} NOT NULL UNIQUE REFERENCES "{user_table}" ("id") DEFERRABLE INITIALLY DEFERRED);
