// Schema: the tables, and how files of older versions become those of this one.
package store

import (
	"context"
	"database/sql"
	"fmt"
)

// Each file says what it is by SQLite's application_id, and its version by
// user_version: the number of the migrations that have run.
const (
	mainApplication    = 0x56444354 // "VDCT"
	messageApplication = 0x56444d47 // "VDMG"
)

// mainMigrations make the file of calls and bindings, messageMigrations one of
// messages. A migration that was released is never changed; changes are new ones.
var mainMigrations = []string{`
	CREATE TABLE calls (
		id       INTEGER PRIMARY KEY,
		key      INTEGER NOT NULL, -- hash of call_id: a small index finds it
		call_id  TEXT NOT NULL,
		method   TEXT NOT NULL,
		from_uri TEXT NOT NULL, to_uri TEXT NOT NULL, dialled TEXT NOT NULL,
		caller   TEXT NOT NULL, callee TEXT NOT NULL, -- users
		source   TEXT NOT NULL, target TEXT NOT NULL, -- address:port
		started  INTEGER NOT NULL, -- all times in µs since 1970, 0: did not happen
		ringing  INTEGER NOT NULL, answered INTEGER NOT NULL, ended INTEGER NOT NULL, last INTEGER NOT NULL,
		status   INTEGER NOT NULL, reason TEXT NOT NULL,
		ended_by INTEGER NOT NULL, -- 0 nobody, 1 caller, 2 callee
		packets  INTEGER NOT NULL, missed INTEGER NOT NULL,
		first_file INTEGER NOT NULL, last_file INTEGER NOT NULL, -- where its messages are
		from_tag TEXT NOT NULL, branch TEXT NOT NULL, cseq INTEGER NOT NULL -- to go on folding
	);
	CREATE INDEX calls_key ON calls(key);
	CREATE INDEX calls_started ON calls(started);
	CREATE INDEX calls_caller ON calls(caller);
	CREATE INDEX calls_callee ON calls(callee);
	CREATE TABLE message_files (
		id         INTEGER PRIMARY KEY,
		name       TEXT NOT NULL,
		started    INTEGER NOT NULL,
		first_call INTEGER NOT NULL -- no later file has messages of calls that end before it began
	);
	CREATE TABLE bindings (
		location TEXT NOT NULL, aor TEXT NOT NULL, position INTEGER NOT NULL,
		contact TEXT NOT NULL, params TEXT NOT NULL, call_id TEXT NOT NULL, user_agent TEXT NOT NULL, path TEXT NOT NULL,
		expires INTEGER NOT NULL, updated INTEGER NOT NULL,
		transport INTEGER NOT NULL, local TEXT NOT NULL, remote TEXT NOT NULL,
		cseq INTEGER NOT NULL, flags INTEGER NOT NULL, methods INTEGER NOT NULL, q INTEGER NOT NULL,
		PRIMARY KEY (location, aor, position)
	) WITHOUT ROWID;
	CREATE INDEX bindings_expires ON bindings(expires);
	CREATE TABLE gaps ( -- packets that were not recorded since the write before
		until INTEGER NOT NULL, packets INTEGER NOT NULL
	);
`}

var messageMigrations = []string{`
	CREATE TABLE chunks (call INTEGER NOT NULL, packets INTEGER NOT NULL, data BLOB NOT NULL);
	CREATE INDEX chunks_call ON chunks(call);
`}

// migrate brings the file of a connection to the version of this program. It
// must not be newer.
func migrate(ctx context.Context, c *sql.Conn, application int, migrations []string) error {
	version, err := integer(ctx, c, "PRAGMA user_version")
	if err != nil || version == int64(len(migrations)) {
		return err
	}
	steps := []string{"BEGIN IMMEDIATE"}
	steps = append(steps, migrations[version:]...)
	steps = append(steps, fmt.Sprintf("PRAGMA application_id = %d", application), fmt.Sprintf("PRAGMA user_version = %d", len(migrations)), "COMMIT")
	for _, step := range steps {
		if err := execute(ctx, c, step); err != nil {
			execute(ctx, c, "ROLLBACK")
			return err
		}
	}
	return nil
}

func integer(ctx context.Context, c *sql.Conn, query string, arguments ...any) (n int64, err error) {
	err = c.QueryRowContext(ctx, query, arguments...).Scan(&n)
	return n, err
}

func execute(ctx context.Context, c *sql.Conn, statement string, arguments ...any) error {
	_, err := c.ExecContext(ctx, statement, arguments...)
	return err
}
