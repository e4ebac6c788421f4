package maxfwd

import (
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
)

func with(value string) string {
	if value == "" {
		return strings.Replace(scripttest.Invite, "Max-Forwards: 70\r\n", "", 1)
	}
	return strings.Replace(scripttest.Invite, "Max-Forwards: 70", "Max-Forwards: "+value, 1)
}

// The results are Kamailio 5.6.3's. What is no number up to 255 never comes to
// a script: the parser refuses it.
func TestProcess(t *testing.T) {
	const once = `mf_process_maxfwd_header("10");`
	for _, test := range []struct {
		value, params, body string
		code, sends         int
	}{
		{"70", "", once, 1, 69},
		{"1", "", once, 1, 0},
		{"0", "", once, -1, 0},
		{"255", "", once, 1, 70},
		{"71", "", once, 1, 70},
		{"255", `modparam("maxfwd", "max_limit", 32)`, once, 1, 32},
		{"", "", once, 2, 10},
		{"", "", `maxfwd_process(10);`, 2, 10},
		{"", "", `process_maxfwd("$var(none)");`, -2, 0},
		{"", "", `$var(x) = 12; process_maxfwd("$var(x)");`, 2, 12},
		{"70", "", once + once, 1, 68},
		{"70", "", `is_maxfwd_lt("70");`, -1, 0},
		{"70", "", `is_maxfwd_lt("71");`, 1, 0},
		{"70", "", once + `is_maxfwd_lt("70");`, 1, 69},
		{"1", "", once + `is_maxfwd_lt("1");`, 1, 0},
		{"1", "", once + once, -1, 0},
		{"", "", `maxfwd_at_least("70");`, -2, 0},
		{"", "", once + `mf_lowlimit("11");`, 1, 10},
	} {
		m := scripttest.Message(t, with(test.value))
		code := scripttest.RunWith(t, m, test.params, test.body, New())
		if code != test.code || m.MaxForwards != test.sends {
			t.Errorf("Max-Forwards %q, %s: %d, sends %d; want %d, %d", test.value, test.body, code, m.MaxForwards, test.code, test.sends)
		}
	}
}

func TestProcessRefusesAtCompile(t *testing.T) {
	for _, body := range []string{`mf_process_maxfwd_header("ten");`, `mf_process_maxfwd_header("0");`} {
		if _, err := scripttest.TryCompile(scripttest.Source(nil, `loadmodule "maxfwd.so"`, body), 3, New()); err == nil {
			t.Errorf("%s compiles", body)
		}
	}
	if _, err := scripttest.TryCompile(scripttest.Source(nil, `loadmodule "maxfwd.so"
modparam("maxfwd", "max_limit", 300)`, "exit;"), 3, New()); err == nil {
		t.Error("max_limit 300 is taken")
	}
}

func TestProcessAllocatesNothing(t *testing.T) {
	m := scripttest.Message(t, with("70"))
	if n := scripttest.Allocations(t, m, `mf_process_maxfwd_header("10");`, New()); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
