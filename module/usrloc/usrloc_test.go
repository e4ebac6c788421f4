package usrloc

import (
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/registrar"
	"viaduct/script"
)

func TestParams(t *testing.T) {
	config := registrar.DefaultConfig()
	log := new(scripttest.Log)
	mod := New(&config, log)
	scripttest.Compile(t, scripttest.Source([]*script.Module{mod}, `
modparam("usrloc", "use_domain", 1)
modparam("usrloc", "desc_time_order", 1)
modparam("usrloc", "cseq_delay", 5)
modparam("usrloc", "db_mode", 2)
modparam("usrloc", "matching_mode", 3)
modparam("usrloc", "timer_interval", 60)
modparam("usrloc", "hash_size", 14)
modparam("usrloc", "preload", "location")
modparam("usrloc", "db_url", "mysql://u:p@localhost/ser")
`, "exit;"), mod)
	if !config.UseDomain || !config.DescTimeOrder || config.CSeqDelay != 5 {
		t.Errorf("%+v", config)
	}
	logged := strings.Join(log.Lines, "")
	if !strings.Contains(logged, "usrloc: db_mode 2: bindings are kept in memory") || !strings.Contains(logged, "usrloc: matching_mode 3:") {
		t.Errorf("logged %q", logged)
	}
}

// What is right is not talked about.
func TestQuiet(t *testing.T) {
	config := registrar.DefaultConfig()
	log := new(scripttest.Log)
	mod := New(&config, log)
	scripttest.Compile(t, scripttest.Source([]*script.Module{mod}, `modparam("usrloc", "db_mode", 0) modparam("usrloc", "matching_mode", 0)`, "exit;"), mod)
	if len(log.Lines) != 0 {
		t.Errorf("logged %q", log.Lines)
	}
}

func TestBadDelay(t *testing.T) {
	config := registrar.DefaultConfig()
	mod := New(&config, nil)
	_, err := scripttest.TryCompile(scripttest.Source([]*script.Module{mod}, `modparam("usrloc", "cseq_delay", -1)`, "exit;"), 0, mod)
	if err == nil || !strings.Contains(err.Error(), "cseq_delay") {
		t.Error(err)
	}
}
