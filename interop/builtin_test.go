// SIPp's calls through viaduct as it is without any script of the operator's.

package interop

import "testing"

// TestBuiltin plays those scenarios that are about calls and registrations; their ladders are those of the script, so
// only SIPp judges: each message that it expects must come, and no other.
func TestBuiltin(t *testing.T) {
	needPrograms(t, "sipp")
	through := start(t, viaduct{}, builtinScript)
	played := 0
	for _, sc := range scenarios() {
		if sc.script != debianScript || !plain[sc.call] {
			continue
		}
		played++
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			sc.play(t, through)
		})
	}
	if played < len(plain) {
		t.Errorf("%d scenarios played, there should be one at least of each of %v", played, plain)
	}
}

// plain are the scenes that any registrar and proxy plays alike.
var plain = map[string]bool{"register": true, "call": true, "callee-ends": true, "cancel": true, "busy": true, "reinvite": true, "fork": true}
