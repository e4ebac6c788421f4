package ladder

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"viaduct/wire"
)

// formats are the forms of a ladder that have golden files, by their endings.
var formats = map[string]func(*Ladder) []byte{
	"svg":     func(l *Ladder) []byte { return l.AppendSVG(nil) },
	"mermaid": func(l *Ladder) []byte { return l.AppendMermaid(nil) },
	"json": func(l *Ladder) []byte { // indented, to be read
		var b bytes.Buffer
		if err := json.Indent(&b, l.AppendJSON(nil), "", "  "); err != nil {
			panic(err)
		}
		return b.Bytes()
	},
}

func TestFormats(t *testing.T) {
	for name, packets := range map[string][]wire.Packet{
		"call": callThroughProxy(t), "forked": forkedCall(t), "lossy": lossyRegistration(t), "spiral": spiral(t),
	} {
		for ending, format := range formats {
			got := string(format(New(packets, ours)))
			path := filepath.Join("testdata", name+"."+ending)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs: got\n%s", path, got)
			}
		}
	}
}

// checkFormats holds what is always true of them.
func checkFormats(t *testing.T, l *Ladder) {
	t.Helper()
	checkSVG(t, l)
	mermaid := string(l.AppendMermaid(nil))
	if lines := strings.Count(mermaid, "\n"); lines != 1+len(l.Lanes)+len(l.Arrows) {
		t.Fatalf("%d lines for %d lanes and %d arrows:\n%s", lines, len(l.Lanes), len(l.Arrows), mermaid)
	}
	for line := range strings.Lines(mermaid) {
		if strings.Contains(line, "participant") && strings.Count(strings.ReplaceAll(line, "<br/>", ""), "<") > 0 {
			t.Fatalf("markup in %q", line)
		}
	}
	checkJSON(t, l)
}

// checkSVG: it is well-formed, has an arrow for each, and all lies inside.
func checkSVG(t *testing.T, l *Ladder) {
	t.Helper()
	drawn := l.AppendSVG(nil)
	arrows := 0
	for decoder := xml.NewDecoder(bytes.NewReader(drawn)); ; {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v:\n%s", err, drawn)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "g" {
			arrows++
		}
	}
	if arrows != len(l.Arrows) {
		t.Fatalf("%d arrows of %d", arrows, len(l.Arrows))
	}
}

// checkJSON: it can be read, and the texts are those of the packets.
func checkJSON(t *testing.T, l *Ladder) {
	t.Helper()
	var read struct {
		Lanes  []map[string]any
		Arrows []struct {
			From, To    int
			Text, Bytes string
		}
	}
	text := l.AppendJSON(nil)
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if len(read.Lanes) != len(l.Lanes) || len(read.Arrows) != len(l.Arrows) || bytes.Count(text, []byte("\n")) != 1 || bytes.ContainsAny(text, "<>&") {
		t.Fatalf("%d lanes, %d arrows in %s", len(read.Lanes), len(read.Arrows), text)
	}
	for i, a := range read.Arrows {
		if a.Bytes != "" {
			decoded, _ := base64.StdEncoding.DecodeString(a.Bytes)
			a.Text = string(decoded)
		}
		if a.Text != l.Arrows[i].Packet.Text || a.From != l.Arrows[i].From || a.To != l.Arrows[i].To {
			t.Fatalf("arrow %d is %+v", i, a)
		}
	}
}

func TestFormatsOfNothing(t *testing.T) { checkFormats(t, New(nil, nil)) }
