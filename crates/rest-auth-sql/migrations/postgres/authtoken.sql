-- rest_framework.authtoken

CREATE TABLE authtoken_token (
    key varchar(40) NOT NULL PRIMARY KEY,
    created timestamptz NOT NULL,
    user_id {user_key} NOT NULL UNIQUE,
    CONSTRAINT {fk authtoken_token user_id} FOREIGN KEY (user_id) REFERENCES "{user_table}" (id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX authtoken_token_key_10f0b77e_like ON authtoken_token (key varchar_pattern_ops);
