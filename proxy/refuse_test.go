package proxy

import (
	"strconv"
	"testing"

	"viaduct/sip"
	"viaduct/wire"
)

// Section 16.3 step 3 and 16.6 step 3, also where the script does not count.
func TestMaxForwards(t *testing.T) {
	for _, test := range []struct {
		field  string
		script int // what the script wants to be sent on
		want   string
		status int
	}{
		{field: "Max-Forwards: 70\r\n", want: "69"},
		{field: "Max-Forwards: 1\r\n", want: "0"},
		{field: "Max-Forwards: 0\r\n", status: 483},
		{field: "", want: "70"},
		{field: "Max-Forwards: 70\r\n", script: 9, want: "9"},
		{field: "", script: 10, want: "10"},
	} {
		t.Run(test.field+strconv.Itoa(test.script), func(t *testing.T) {
			b := newBench(t)
			defer b.close()
			m, err := sip.Parse("OPTIONS sip:bob@127.0.0.3 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2;branch=z9hG4bK1\r\n" + test.field +
				"From: <sip:a@us.test>;tag=a\r\nTo: <sip:bob@us.test>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
			if err != nil {
				t.Fatal(err)
			}
			r := Request{Message: m, Flow: wire.Flow{Transport: wire.UDP, Local: ours, Remote: caller}, MaxForwards: test.script}
			err = b.proxy.ForwardStateless(&r, &Target{URI: m.RequestURI})
			if test.status != 0 {
				if err == nil || StatusOf(err) != test.status {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := b.sent[bob][0].Get(sip.FieldMaxForwards); got != test.want {
				t.Errorf("sent on with %s, want %s", got, test.want)
			}
		})
	}
}

// Section 16.3 step 2: what is no SIP URI leads nowhere.
func TestUnknownScheme(t *testing.T) {
	for uri, status := range map[string]int{"tel:+123": 416, "mailto:bob@us.test": 416, "sip:bob@127.0.0.3;transport=smoke": 478} {
		b := newBench(t)
		m, err := sip.Parse("OPTIONS sip:bob@us.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n" +
			"From: <sip:a@us.test>;tag=a\r\nTo: <sip:bob@us.test>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
		if err != nil {
			t.Fatal(err)
		}
		r := Request{Message: m, Flow: wire.Flow{Transport: wire.UDP, Local: ours, Remote: caller}}
		if err := b.proxy.ForwardStateless(&r, &Target{URI: uri}); err == nil || StatusOf(err) != status {
			t.Errorf("%s: %v, status %d, want %d", uri, err, StatusOf(err), status)
		}
		b.close()
	}
}
