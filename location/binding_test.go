package location

import (
	"strings"
	"testing"
	"time"
	"unsafe"
)

func TestOwn(t *testing.T) {
	message := strings.Repeat("x", 1000) + "sip:bob@pc;video1@pcbaresip<sip:edge;lr>"
	at := 1000
	cut := func(length int) string { at += length; return message[at-length : at] }
	binding := Binding{Contact: cut(10), Params: cut(6), CallID: cut(4), UserAgent: cut(7), Path: cut(13)}

	owned := binding
	owned.Own(nil)
	if owned != binding {
		t.Fatalf("got %+v, want %+v", owned, binding)
	}
	inside := func(text, of string) bool {
		start, from := uintptr(unsafe.Pointer(unsafe.StringData(text))), uintptr(unsafe.Pointer(unsafe.StringData(of)))
		return from <= start && start < from+uintptr(len(of))
	}
	for _, text := range []string{owned.Contact, owned.Params, owned.CallID, owned.UserAgent, owned.Path} {
		if inside(text, message) {
			t.Errorf("%q still holds the message", text)
		}
	}

	again := binding
	again.Own(&owned)
	if unsafe.StringData(again.Contact) != unsafe.StringData(owned.Contact) || again != binding {
		t.Error("equal texts are copied again")
	}
	other := binding
	other.UserAgent = message[:7]
	other.Own(&owned)
	if inside(other.UserAgent, message) || inside(other.Contact, message) || other.UserAgent != "xxxxxxx" {
		t.Error("changed texts are not copied")
	}
	empty := Binding{}
	empty.Own(nil)
	if empty != (Binding{}) {
		t.Errorf("empty texts become %+v", empty)
	}
}

func TestSeconds(t *testing.T) {
	b := Binding{Expires: testTime}
	for _, test := range []struct {
		left    time.Duration
		seconds int64
		current bool
	}{
		{time.Hour, 3600, true}, {1, 1, true}, {time.Second, 1, true}, {time.Second + 1, 2, true}, {0, 0, false}, {-time.Second, -1, false},
	} {
		now := testTime.Add(-test.left)
		if b.Seconds(now) != test.seconds && test.current || b.IsCurrent(now) != test.current {
			t.Errorf("%v left: %d s, current %v", test.left, b.Seconds(now), b.IsCurrent(now))
		}
	}
}

func TestInstance(t *testing.T) {
	b := Binding{Params: `;video;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";REG-ID=1`}
	if b.Instance() != "urn:uuid:00000000-0000-1000-8000-000A95A0E128" || b.RegID() != "1" {
		t.Errorf("%q, %q", b.Instance(), b.RegID())
	}
	b.Params = ";video"
	if b.Instance() != "" || b.RegID() != "" {
		t.Errorf("%q, %q", b.Instance(), b.RegID())
	}
}

func TestAppendQ(t *testing.T) {
	for q, want := range map[int16]string{0: "0", 1: "0.001", 10: "0.01", 100: "0.1", 120: "0.12", 123: "0.123", 101: "0.101", 999: "0.999", 1000: "1", NoQ: "0"} {
		if got := string(AppendQ(nil, q)); got != want {
			t.Errorf("%d: %s, want %s", q, got, want)
		}
	}
}

func TestMethods(t *testing.T) {
	for _, test := range []struct {
		set    Methods
		method string
		want   bool
	}{
		{ParseMethods("INVITE, ACK,BYE"), "BYE", true},
		{ParseMethods("INVITE, ACK,BYE"), "MESSAGE", false},
		{ParseMethods("INVITE"), "invite", false},
		{ParseMethods("INVITE"), "LAUGH", false},
		{ParseMethods("LAUGH"), "CRY", true}, // all unknown methods are one
		{ParseMethods(""), "INVITE", false},
		{AllMethods, "INVITE", true},
		{AllMethods, "LAUGH", true},
	} {
		if test.set.Has(test.method) != test.want {
			t.Errorf("%032b has %s: %v", test.set, test.method, !test.want)
		}
	}
}
