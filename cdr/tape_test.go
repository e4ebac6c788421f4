package cdr

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"viaduct/sip"
	"viaduct/wire"
)

// A call by hand is a list of lines, seen by a server between alice, bob, carol
// and dave:
//
//	0.000 alice> INVITE 1 a - a1 | Reason: …      received from alice; CSeq 1, From tag a, no To tag, Via a1
//	0.001 >bob   INVITE 1 a - p1,a1 sip:bob@…     sent to bob with another Request-URI; the topmost Via is p1
//	0.100 bob>   180 INVITE 1 a b p1,a1
//
// A time "*" is none. Tags begin with the letter of their user; b- is bob without
// one.
func tape(t testing.TB, lines string) []wire.Packet {
	t.Helper()
	var packets []wire.Packet
	for line := range strings.Lines(lines) {
		line, fields, _ := strings.Cut(line, "|")
		if words := strings.Fields(line); len(words) > 0 {
			packets = append(packets, packet(t, words, fields))
		}
	}
	return packets
}

var epoch = time.Date(2010, 1, 1, 12, 0, 0, 0, time.UTC)

func packet(t testing.TB, words []string, fields string) wire.Packet {
	t.Helper()
	var p wire.Packet
	if words[0] != "*" {
		seconds, err := strconv.ParseFloat(words[0], 64)
		if err != nil {
			t.Fatal(err)
		}
		p.Time = epoch.Add(time.Duration(seconds * float64(time.Second)).Round(time.Microsecond))
	}
	p.Outgoing = words[1][0] == '>'
	peer := strings.Trim(words[1], ">")
	p.Flow = wire.Flow{Transport: wire.UDP, Local: addressOf("server"), Remote: addressOf(peer)}
	status, words := "", words[2:]
	if words[0][0] >= '0' && words[0][0] <= '9' {
		status, words = words[0], words[1:]
	}
	method, cseq, from, to, vias := words[0], words[1], words[2], words[3], words[4]
	uri := "sip:bob@viaduct.test"
	if len(words) > 5 {
		uri = words[5]
	}
	var text strings.Builder
	if status == "" {
		fmt.Fprintf(&text, "%s %s SIP/2.0\r\n", method, uri)
	} else {
		code, _ := strconv.Atoi(status)
		fmt.Fprintf(&text, "SIP/2.0 %s %s\r\n", status, sip.ReasonPhrase(code))
	}
	for via := range strings.SplitSeq(vias, ",") {
		fmt.Fprintf(&text, "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK%s\r\n", via)
	}
	fmt.Fprintf(&text, "From: %s\r\nTo: %s\r\nCall-ID: call@test\r\nCSeq: %s %s\r\n", party(from, "a"), party(to, "b"), cseq, method)
	body := ""
	for field := range strings.SplitSeq(fields, "|") {
		field = strings.TrimSpace(field)
		if fragment, ok := strings.CutPrefix(field, "body "); ok {
			body = fragment
		} else if field != "" {
			text.WriteString(field + "\r\n")
		}
	}
	fmt.Fprintf(&text, "Content-Length: %d\r\n\r\n%s", len(body), body)
	p.Text = text.String()
	m, err := sip.Parse(p.Text)
	if err != nil {
		t.Fatalf("%v\n%s", err, p.Text)
	}
	p.Message = m
	return p
}

var users = map[byte]string{'a': "alice", 'b': "bob", 'c': "carol", 'd': "dave"}

// party writes From or To; without a tag it is the user that is expected there.
func party(tag, otherwise string) string {
	if tag == "-" {
		tag = otherwise + "-"
	}
	if user, bare := strings.CutSuffix(tag, "-"); bare {
		return "<sip:" + users[user[0]] + "@viaduct.test>"
	}
	return "<sip:" + users[tag[0]] + "@viaduct.test>;tag=" + tag
}

func addressOf(name string) netip.AddrPort {
	addresses := map[string]string{
		"server": "127.0.0.1:5060", "alice": "127.0.0.2:5060", "bob": "127.0.0.3:5060", "carol": "127.0.0.4:5060", "dave": "127.0.0.5:5060",
	}
	return netip.MustParseAddrPort(addresses[name])
}

// callFiles are the calls by hand: the lines, and the record as text.
func callFiles(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/calls/*.txtar")
	if err != nil || len(paths) < 20 {
		t.Fatalf("%d calls, %v", len(paths), err)
	}
	return paths
}

func section(t testing.TB, a *txtar.Archive, name string) *txtar.File {
	t.Helper()
	for i := range a.Files {
		if a.Files[i].Name == name {
			return &a.Files[i]
		}
	}
	t.Fatalf("no section %s", name)
	return nil
}

// TestCalls folds the calls by hand and holds each record to its text.
func TestCalls(t *testing.T) {
	for _, path := range callFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			record := Of(tape(t, string(section(t, archive, "call").Data)))
			want := section(t, archive, "record")
			got := record.AppendText(nil)
			if *update {
				want.Data = got
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if string(got) != string(want.Data) {
				t.Errorf("got\n%s\nwant\n%s", got, want.Data)
			}
		})
	}
}
