-- Purpose: what a text or a document lets its reader do must not be stored: secrets by their names, in the log that a CRM's
--   export brings along.
-- Grain: macros without_tokens(text) and without_secrets(document): the same, with *** for each secret.
-- Reads: nothing. Writes: without_tokens, without_secrets (and the macros of the patterns that they are made of).
-- Caller: flows/warehouse.py.

-- What the patterns are made of: names of secrets; a string; a list or an object that has such in it.
CREATE OR REPLACE MACRO secret_names() AS
'authorization|cookie|token|secret|passw|pwd|passphrase|signature|credential|jwt'
|| '|(?:api|access|private|signing|encryption)[-_ ]?key';

CREATE OR REPLACE MACRO json_string() AS '"(?:[^"\\]|\\.)*"';

CREATE OR REPLACE MACRO json_nested(inside) AS '[\[{](?:[^"\[\]{}]|' || json_string() || '|' || inside || ')*[\]}]';

-- Regular expressions do not count: what is nested deeper than this is not looked through but left out.
CREATE OR REPLACE MACRO json_value() AS
json_string() || '|-?[0-9][0-9.eE+-]*|'
|| json_nested(json_nested(json_nested(json_nested(json_nested(json_string())))));

CREATE OR REPLACE MACRO secret_member() AS '("[^"\\]*(?:' || secret_names() || ')[^"\\]*"\s*:\s*)';

-- A change or a header that is told as an object: {"field": "apiKey", "before": ...}.
CREATE OR REPLACE MACRO secret_object() AS
'\{(?:[^"\[\]{}]|' || json_string() || '|' || json_nested(json_nested(json_string())) || ')*'
|| '"(?:field|fieldName|property|attribute|header|name|key)"\s*:\s*"[\w.-]*(?:' || secret_names() || ')[\w.-]*"'
|| '(?:[^"\[\]{}]|' || json_string() || '|' || json_nested(json_nested(json_string())) || ')*\}';

-- In a text: in the query or the fragment of an address, passwords in addresses, bearer tokens, and members of a document
-- that is quoted as text.
CREATE OR REPLACE MACRO without_tokens(text) AS regexp_replace(
    regexp_replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    text,
                    '([?&;#](?:sig|otp|'
                    || '[^?&;=#\s"\\]*(?:auth|cookie|key|token|secret|passw|pwd|signature|session|credential|jwt)'
                    || '[^?&;=#\s"\\]*)=)(?:[^?&;#\s"\\]|\\/)*',
                    '\1***',
                    'gi'
                ),
                '(://[^/?#\s:@"\\]*):[^/?#\s@"\\]*@',
                '\1:***@',
                'g'
            ),
            '(\bbearer\s+)[a-z0-9._~+/=-]{8,}',
            '\1***',
            'gi'
        ),
        '(^"?basic\s+)[a-z0-9+/=]{8,}',
        '\1***',
        'gi'
    ),
    '(\\"[^"\\]*(?:' || secret_names() || ')[^"\\]*\\"\s*:\s*\\")[^"\\]*',
    '\1***',
    'gi'
);

-- In a document: the names of its members stay, the values of those that are secrets go, with all that is in them.
CREATE OR REPLACE MACRO without_secrets(document) AS CASE
    -- Most documents name no secret at all.
    WHEN NOT regexp_matches(document, secret_names(), 'i') THEN without_tokens(document)
    WHEN
        regexp_matches(
            regexp_replace(document, secret_member() || '(?:' || json_value() || ')', '\1"***"', 'gi'),
            secret_member() || '[\[{]',
            'i'
        )
        THEN '"***"'
    ELSE
        without_tokens(
            regexp_replace(
                regexp_replace(document, secret_member() || '(?:' || json_value() || ')', '\1"***"', 'gi'),
                secret_object(),
                '{"***": "***"}',
                'gi'
            )
        )
END;
