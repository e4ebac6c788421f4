package registrar

import (
	"slices"
	"testing"
	"time"

	"viaduct/location"
)

func uris(targets []Target) (list []string) {
	for _, target := range targets {
		list = append(list, target.URI)
	}
	return list
}

func TestLookup(t *testing.T) {
	for _, test := range []struct {
		name   string
		config func(*Config)
		method string
		want   []string
	}{
		{"by q, then the oldest", nil, "INVITE", []string{"sip:best@pc", "sip:half@pc", "sip:all@pc", "sip:zero@pc", "sip:none@pc", "sip:late@pc"}},
		{"by q, then the newest", func(c *Config) { c.DescTimeOrder = true }, "INVITE",
			[]string{"sip:best@pc", "sip:half@pc", "sip:all@pc", "sip:zero@pc", "sip:late@pc", "sip:none@pc"}},
		{"the best alone", func(c *Config) { c.AppendBranches = false }, "INVITE", []string{"sip:best@pc"}},
		{"those that take the method", func(c *Config) { c.MethodFiltering = true }, "MESSAGE",
			[]string{"sip:best@pc", "sip:all@pc", "sip:late@pc"}},
		{"a default q", func(c *Config) { c.DefaultQ = 600 }, "INVITE",
			[]string{"sip:best@pc", "sip:none@pc", "sip:late@pc", "sip:half@pc", "sip:all@pc", "sip:zero@pc"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := strict()
			if test.config != nil {
				test.config(&config)
			}
			r := New(config, location.New())
			save(t, r, register{fields: "Allow: INVITE\nContact: <sip:none@pc>, <sip:zero@pc>;q=0, <sip:half@pc>;q=0.5\n" +
				"Contact: <sip:all@pc>;methods=\"INVITE,MESSAGE\";q=0.5, <sip:best@pc>;q=1.0;methods=\"MESSAGE\""}, testTime)
			save(t, r, register{callID: "2", fields: "Contact: <sip:late@pc>, <sip:brief@pc>;expires=60"}, testTime.Add(time.Second))
			now := testTime.Add(61 * time.Second)
			targets, found := r.Lookup("sip:Bob@biloxi.test;user=phone", test.method, now)
			if found != Found || !slices.Equal(uris(targets), test.want) {
				t.Errorf("got  %d %q\nwant %q", found, uris(targets), test.want)
			}
		})
	}
}

func TestLookupResult(t *testing.T) {
	config := strict()
	config.MethodFiltering = true
	r := New(config, location.New())
	r.Save(parse(t, register{fields: "Allow: INVITE\nContact: <sip:a@pc>;q=0.3"}.text()), benchFlow(), testTime, SaveOptions{Flags: 5})
	for _, test := range []struct {
		uri, method string
		wait        time.Duration
		want        LookupResult
	}{
		{"sip:bob@biloxi.test", "INVITE", 0, Found},
		{"sip:bob@biloxi.test", "INVITE", time.Hour - 1, Found},
		{"sip:bob@biloxi.test", "INVITE", time.Hour, NotFound},
		{"sip:bob@biloxi.test", "MESSAGE", 0, MethodNotSupported},
		{"sip:alice@biloxi.test", "INVITE", 0, NotFound},
		{"sip:biloxi.test", "INVITE", 0, BadURI},
		{"tel:+1555", "INVITE", 0, BadURI},
		{"bob", "INVITE", 0, BadURI},
	} {
		targets, found := r.Lookup(test.uri, test.method, testTime.Add(test.wait))
		if found != test.want || (len(targets) == 1) != (found == Found) {
			t.Errorf("%s %s: %d with %d targets, want %d", test.method, test.uri, found, len(targets), test.want)
		}
		if found == Found {
			if target := targets[0]; target.Flags != 5 || target.Q != 300 || target.Received != benchFlow() || target.Path != nil {
				t.Errorf("target %+v", target)
			}
		}
	}
}

func TestRegistered(t *testing.T) {
	r := New(strict(), location.New())
	save(t, r, register{fields: "Contact: <sip:a@pc>"}, testTime)
	for _, test := range []struct {
		uri  string
		wait time.Duration
		want bool
	}{
		{"sip:bob@biloxi.test", 0, true}, {"sip:bob@biloxi.test", time.Hour, false}, {"sip:alice@biloxi.test", 0, false}, {"bob", 0, false},
	} {
		if got := r.Registered(test.uri, testTime.Add(test.wait)); got != test.want {
			t.Errorf("%s after %v: %v", test.uri, test.wait, got)
		}
	}
}

func TestUnregister(t *testing.T) {
	r := New(strict(), location.New())
	const bob = "sip:bob@biloxi.test"
	save(t, r, register{fields: "Contact: <sip:a@pc>, <sip:b@pc>, <sip:c@pc>, <sip:d@pc>;expires=60"}, testTime)
	now := testTime.Add(time.Minute)
	for _, test := range []struct {
		uri, contact string
		removed      int
		left         []string
	}{
		{bob, "sip:x@pc", 0, []string{"sip:a@pc", "sip:b@pc", "sip:c@pc"}},
		{bob, "not a URI", 0, []string{"sip:a@pc", "sip:b@pc", "sip:c@pc"}},
		{"sip:alice@biloxi.test", "", 0, []string{"sip:a@pc", "sip:b@pc", "sip:c@pc"}},
		{"bob", "", 0, []string{"sip:a@pc", "sip:b@pc", "sip:c@pc"}},
		{bob, "sip:b@PC;x=1", 1, []string{"sip:a@pc", "sip:c@pc"}},
		{bob, "", 2, nil},
		{bob, "", 0, nil},
	} {
		removed, err := r.Unregister(test.uri, test.contact, now)
		targets, _ := r.Lookup(bob, "INVITE", now)
		if err != nil || removed != test.removed || !slices.Equal(uris(targets), test.left) {
			t.Errorf("%s %q: removed %d, %v; left %q", test.uri, test.contact, removed, err, uris(targets))
		}
	}
	r.table = failing{location.New()}
	r.table.(failing).Table.Swap("bob", nil, bobsRecord(now))
	if removed, err := r.Unregister(bob, "", now); removed != 0 || err == nil {
		t.Errorf("a failing table: %d, %v", removed, err)
	}
}

func bobsRecord(now time.Time) *location.Record {
	record := location.NewRecord("bob", 1)
	record.Bindings[0] = location.Binding{Contact: "sip:a@pc", Expires: now.Add(time.Minute)}
	return record
}
