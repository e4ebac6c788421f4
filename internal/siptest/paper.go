// Paper: the messages that the 2007 paper printed, as the proxy received them.
package siptest

import (
	"embed"
	"fmt"
	"io/fs"
	"net/netip"
	"path"
	"strings"

	"viaduct/sip"
)

// The paper's elements. It had 192.168.1.x; loopback addresses of the same
// length leave each Content-Length true.
var (
	PaperCaller = netip.MustParseAddrPort("127.168.1.10:5060") // phone 308
	PaperCallee = netip.MustParseAddrPort("127.168.1.11:5060") // phone 309
	PaperProxy  = netip.MustParseAddrPort("127.168.1.15:5060")
)

//go:embed testdata/paper
var paperFiles embed.FS

// PaperMessage is one message that the proxy received.
type PaperMessage struct {
	File    string // "04-CANCEL-from-192.168.1.10.sip"
	From    netip.AddrPort
	Message *sip.Message // with the addresses of PaperCaller and the others
}

// PaperSections lists the sections that have messages: "2.5-call-setup", …
func PaperSections() []string {
	entries, err := paperFiles.ReadDir("testdata/paper")
	if err != nil {
		panic(err) // they are part of the program
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// ReadPaper reads the messages of a section in their order.
func ReadPaper(section string) ([]PaperMessage, error) {
	paths, err := fs.Glob(paperFiles, path.Join("testdata/paper", section, "*.sip"))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("no messages of section %q: %v", section, err)
	}
	var messages []PaperMessage
	for _, name := range paths {
		text, err := paperFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		m := PaperMessage{File: path.Base(name)}
		if m.Message, err = sip.Parse(toLoopback(string(text))); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		_, from, _ := strings.Cut(strings.TrimSuffix(m.File, ".sip"), "-from-")
		address, err := netip.ParseAddr(toLoopback(from))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		m.From = netip.AddrPortFrom(address, 5060)
		messages = append(messages, m)
	}
	return messages, nil
}

func toLoopback(text string) string { return strings.ReplaceAll(text, "192.168.1.", "127.168.1.") }
