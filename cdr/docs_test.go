package cdr

import (
	"os"
	"strings"
	"testing"
)

// TestPage: the page shows a record as it is made, and explains every doubt and
// every state.
func TestPage(t *testing.T) {
	text, err := os.ReadFile("../docs/cdr.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	r := Of(received(t, "3-record-routed-call"))
	if !strings.Contains(page, "```\n"+string(r.AppendText(nil))+"```\n") {
		t.Errorf("the page does not show\n%s", r.AppendText(nil))
	}
	for _, name := range doubtNames {
		if !strings.Contains(page, "\n| `"+name+"` |") {
			t.Errorf("the page does not explain %q", name)
		}
	}
	for _, name := range stateNames[1:] {
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("the page does not name the state %q", name)
		}
	}
}
