package stun

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	pion "github.com/pion/stun/v3"
)

func vector(t testing.TB, name string) []byte {
	octets, err := os.ReadFile("testdata/" + name + ".bin")
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

// The vectors of RFC 5769.
func TestVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string]any
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, expected string }{
		{"2.2-response-ipv4", "response-ipv4"}, {"2.3-response-ipv6", "response-ipv6"},
	} {
		message, err := decode(vector(t, test.name))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		want := expected[test.expected].(map[string]any)["xor-mapped"].(string)
		if mapped, err := outcome(message); err != nil || mapped.String() != want {
			t.Errorf("%s: %v %v, want %s", test.name, mapped, err, want)
		}
	}
	for _, name := range []string{"2.1-request-short-term", "2.4-request-long-term"} {
		message, err := decode(vector(t, name))
		if err != nil || message.Type != pion.BindingRequest || isResponse(message.Type) {
			t.Errorf("%s: %v %v", name, message, err)
		}
	}
}

func TestFingerprintIsChecked(t *testing.T) {
	octets := vector(t, "2.2-response-ipv4")
	octets[len(octets)-1] ^= 1
	if _, err := decode(octets); err == nil {
		t.Error("a wrong fingerprint passes")
	}
}

func TestIsMessage(t *testing.T) {
	response := vector(t, "2.2-response-ipv4")
	rtp := append([]byte{0x80, 0, 0, 60}, response[4:]...)
	for _, test := range []struct {
		name     string
		datagram []byte
		want     bool
	}{
		{"response", response, true},
		{"cut", response[:len(response)-4], false},
		{"longer", append(append([]byte(nil), response...), 0, 0, 0, 0), false},
		{"SIP", []byte("OPTIONS sip:a@b.test SIP/2.0\r\n\r\n"), false},
		{"CRLF keep-alive", []byte("\r\n\r\n"), false},
		{"RTP", rtp, false},
		{"empty", nil, false},
	} {
		if got := IsMessage(test.datagram); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

var server = netip.MustParseAddrPort("127.0.0.1:3478")

// answer makes the server's response to a request.
func answer(t testing.TB, request []byte, kind pion.MessageType, setters ...pion.Setter) []byte {
	asked, err := decode(request)
	if err != nil {
		t.Fatal(err)
	}
	response, err := pion.Build(append([]pion.Setter{pion.NewTransactionIDSetter(asked.TransactionID), kind}, setters...)...)
	if err != nil {
		t.Fatal(err)
	}
	return response.Raw
}

// attribute sets one attribute.
type attribute pion.RawAttribute

func (a attribute) AddTo(m *pion.Message) error { m.Add(a.Type, a.Value); return nil }

func TestScheduleOfRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c Client
		var sent []time.Duration
		began := time.Now()
		_, err := c.Mapped(t.Context(), func(datagram []byte, to netip.AddrPort) error {
			sent = append(sent, time.Since(began)/time.Millisecond)
			if !IsMessage(datagram) || to != server {
				t.Errorf("%x to %v", datagram, to)
			}
			return nil
		}, server)
		if want := []time.Duration{0, 500, 1500, 3500, 7500, 15500, 31500}; !reflect.DeepEqual(sent, want) {
			t.Errorf("requests at %d ms, want %d", sent, want)
		}
		if !errors.Is(err, ErrTimeout) || time.Since(began) != 39500*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if len(c.pending) != 0 {
			t.Error("the request is kept")
		}
	})
}

func TestResponses(t *testing.T) {
	mapped := netip.MustParseAddrPort("192.0.2.1:5060")
	ip, port := net.IP(mapped.Addr().AsSlice()), int(mapped.Port())
	for _, test := range []struct {
		name string
		kind pion.MessageType
		sets []pion.Setter
		want string // of the address or the error
	}{
		{"XOR", pion.BindingSuccess, []pion.Setter{&pion.XORMappedAddress{IP: ip, Port: port}, pion.Fingerprint}, "192.0.2.1:5060"},
		{"old server", pion.BindingSuccess, []pion.Setter{&pion.MappedAddress{IP: ip, Port: port}}, "192.0.2.1:5060"},
		{"none", pion.BindingSuccess, nil, "no mapped address"},
		{"port 0", pion.BindingSuccess, []pion.Setter{&pion.XORMappedAddress{IP: ip}}, "is no address"},
		{"unknown", pion.BindingSuccess, []pion.Setter{attribute{Type: 0x7ABC}, &pion.XORMappedAddress{IP: ip, Port: port}}, "demands to understand"},
		{"error", pion.BindingError, []pion.Setter{pion.ErrorCodeAttribute{Code: 420, Reason: []byte("Unknown")}}, "420 Unknown"},
		{"bare error", pion.BindingError, nil, "without a code"},
	} {
		var c Client
		got, err := c.Mapped(t.Context(), func(request []byte, to netip.AddrPort) error {
			response := answer(t, request, test.kind, test.sets...)
			if c.Feed(response, netip.MustParseAddrPort("127.0.0.2:3478")) {
				t.Errorf("%s: another host may answer", test.name)
			}
			if c.Feed(request, to) {
				t.Errorf("%s: a request is taken for an answer", test.name)
			}
			if !c.Feed(response, to) || !c.Feed(response, to) {
				t.Errorf("%s: not taken", test.name)
			}
			return nil
		}, server)
		text := got.String()
		if err != nil {
			text = err.Error()
		}
		if !strings.Contains(text, test.want) {
			t.Errorf("%s: %s, want %s", test.name, text, test.want)
		}
	}
}

func TestMappedEndsEarly(t *testing.T) {
	var c Client
	broken := errors.New("broken")
	if _, err := c.Mapped(t.Context(), func([]byte, netip.AddrPort) error { return broken }, server); !errors.Is(err, broken) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := c.Mapped(ctx, func([]byte, netip.AddrPort) error { cancel(); return nil }, server); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestKeepAliveTellsChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var c Client
		var told []string
		asked, began := 0, time.Now()
		err := c.KeepAlive(ctx, func(request []byte, to netip.AddrPort) error {
			asked++
			port := 5060
			if asked > 3 {
				port = 5061
			}
			c.Feed(answer(t, request, pion.BindingSuccess, &pion.XORMappedAddress{IP: net.IPv4(192, 0, 2, 1), Port: port}), to)
			if asked == 5 {
				cancel()
			}
			return nil
		}, server, 29*time.Second, func(mapped netip.AddrPort) { told = append(told, mapped.String()) })
		if !errors.Is(err, context.Canceled) || strings.Join(told, " ") != "192.0.2.1:5060 192.0.2.1:5061" {
			t.Error(told, err)
		}
		if took := time.Since(began); took < 4*23*time.Second || took > 4*29*time.Second {
			t.Errorf("5 requests in %v", took)
		}
	})
}

func FuzzFeed(f *testing.F) {
	for _, name := range []string{"2.1-request-short-term", "2.2-response-ipv4", "2.3-response-ipv6", "2.4-request-long-term"} {
		f.Add(vector(f, name))
	}
	f.Fuzz(func(t *testing.T, datagram []byte) {
		var c Client
		if len(datagram) >= headerSize { // as if it had been asked for
			c.await(transactionID(datagram[8:20]), server)
		}
		if c.Feed(datagram, server) && !IsMessage(datagram) {
			t.Error("taken, and is no message")
		}
	})
}
