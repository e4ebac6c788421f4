package names

import (
	"slices"
	"testing"
)

func TestTables(t *testing.T) {
	tm := Find("tm")
	if tm == nil || tm.Function("t_relay") == nil || tm.Function("nope") != nil || tm.Era != Kamailio56 {
		t.Fatalf("tm: %+v", tm)
	}
	if p := tm.Param("fr_timer"); p == nil || p.Kind != Number {
		t.Errorf("tm.fr_timer: %+v", p)
	}
	if p := Find("rr").Param("enable_full_lr"); p == nil {
		t.Error("rr.enable_full_lr is missing")
	}
	if Find("nosuch") != nil {
		t.Error("nosuch was found")
	}
	if got := ModulesOf("sl_send_reply"); !slices.Contains(got, "sl") {
		t.Errorf("sl_send_reply: %v", got)
	}
	if len(Modules()) < 250 || !slices.IsSorted(Modules()) || slices.Contains(Modules(), "core") {
		t.Errorf("%d modules", len(Modules()))
	}
	core := Find("core")
	for _, name := range []string{"debug", "children", "listen", "fifo", "tcp_connection_lifetime", "return_mode", "log_stderror", "udp_workers"} {
		if core.Param(name) == nil {
			t.Errorf("core parameter %s is missing", name)
		}
	}
	for _, name := range []string{"setflag", "forward", "append_branch", "force_rport", "rewritehostport"} {
		if core.Function(name) == nil {
			t.Errorf("core function %s is missing", name)
		}
	}
	if modules, known := Variable("ru"); !known || len(modules) == 0 {
		t.Error("$ru is missing")
	}
	if _, known := Variable("nope"); known {
		t.Error("$nope is known")
	}
	if Kamailio62.String() != "Kamailio 6" {
		t.Error(Kamailio62)
	}
}

func TestClose(t *testing.T) {
	candidates := []string{"t_relay", "t_reply", "t_release", "sl_send_reply", "ru", "rU", "record_route"}
	tests := []struct {
		word string
		want []string
	}{
		{"t_rely", []string{"t_relay", "t_reply"}},
		{"recrod_route", []string{"record_route"}},
		{"RU", []string{"rU", "ru"}},
		{"zzzzzzzz", nil},
	}
	for _, test := range tests {
		if got := Close(test.word, candidates); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.word, got, test.want)
		}
	}
}
