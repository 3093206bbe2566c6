/**
 * One entry per schema version; a store of version n runs the entries from n on, each in one transaction. Entries are
 * never edited once released. Token amounts, wei and block numbers are decimal text: SQLite's integers end at 2^63.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    vault TEXT NOT NULL,
    slot INTEGER NOT NULL,
    block_number TEXT NOT NULL,
    block_hash TEXT NOT NULL,
    block_timestamp TEXT NOT NULL,
    decided_at_ms INTEGER NOT NULL,
    mode TEXT NOT NULL,
    policy_name TEXT NOT NULL,
    policy_hash TEXT NOT NULL,
    outcome TEXT NOT NULL,
    refusals TEXT NOT NULL,
    document TEXT NOT NULL,
    realised TEXT
  );
  CREATE INDEX decisions_by_vault ON decisions (vault, id);
  CREATE INDEX decisions_unfinished ON decisions (id) WHERE outcome = 'decided';

  CREATE TABLE intents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    vault TEXT NOT NULL,
    slot INTEGER NOT NULL,
    decision_id INTEGER NOT NULL REFERENCES decisions (id),
    mode TEXT NOT NULL,
    plan_nonce TEXT NOT NULL,
    deadline TEXT NOT NULL,
    to_address TEXT NOT NULL,
    data TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    claims INTEGER NOT NULL DEFAULT 1,
    gates TEXT NOT NULL DEFAULT '{}',
    created_at_ms INTEGER NOT NULL,
    UNIQUE (vault, slot)
  );
  CREATE INDEX intents_by_decision ON intents (decision_id);

  CREATE TABLE attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    intent_id INTEGER NOT NULL REFERENCES intents (id),
    kind TEXT NOT NULL,
    chain_id INTEGER NOT NULL,
    signer TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    hash TEXT NOT NULL,
    raw TEXT NOT NULL,
    deadline TEXT NOT NULL,
    max_fee_per_gas TEXT NOT NULL,
    max_priority_fee_per_gas TEXT NOT NULL,
    gas TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    receipt TEXT,
    created_at_ms INTEGER NOT NULL,
    UNIQUE (chain_id, signer, nonce, hash)
  );
  CREATE INDEX attempts_by_intent ON attempts (intent_id);
  CREATE INDEX attempts_open ON attempts (chain_id, signer) WHERE status IN ('signed', 'broadcast', 'mined');
  CREATE INDEX attempts_by_signer ON attempts (chain_id, signer, created_at_ms);

  CREATE TABLE memories (
    vault TEXT NOT NULL,
    venue TEXT NOT NULL,
    slot INTEGER NOT NULL,
    memory TEXT NOT NULL,
    PRIMARY KEY (vault, venue, slot)
  ) WITHOUT ROWID;

  CREATE TABLE breakers (
    vault TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('closed', 'open', 'half-open')),
    blocks TEXT NOT NULL CHECK (blocks IN ('inflow', 'all')),
    reason TEXT NOT NULL,
    changed_at_ms INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    PRIMARY KEY (vault, name)
  ) WITHOUT ROWID;

  CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    vault TEXT,
    decision_id INTEGER,
    name TEXT NOT NULL,
    data TEXT NOT NULL
  );
  CREATE INDEX events_by_decision ON events (decision_id);
  `,
  `
  ALTER TABLE decisions ADD COLUMN doubted INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX attempts_dropped ON attempts (created_at_ms) WHERE status = 'dropped';
  `,
]
