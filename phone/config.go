// Config: who a phone is and how it behaves.
package phone

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"viaduct/sdp"
	"viaduct/sip"
	"viaduct/wire"
)

// Config of a Phone; only User must be there.
type Config struct {
	User     string // of the address-of-record and of Contact: "308"
	Display  string // before the address-of-record in From
	Domain   string // of the address-of-record: "example.test"; "" is the server's HOST[:PORT], else our own address
	AuthUser string // for passwords; "" is User
	Password string
	HA1      string // in place of Password, see digest.User

	// Server is where all requests outside of dialogs go, the registrar among
	// them: "127.0.0.1:5060", "sip.example.test", "127.0.0.1;transport=tcp".
	// "" sends each to where its URI leads.
	Server string

	Transport wire.Transport // of our Contact; zero is UDP
	Local     netip.AddrPort // the phone's own among the addresses of the stack; zero: any, shared with others
	Mapped    netip.AddrPort // how the world sees it, as STUN tells; zero: as it is

	Expires    time.Duration // of a registration; zero is an hour
	Patience   time.Duration // for a first answer to a request; zero is 64*T1, 32 s
	AutoAnswer time.Duration // an incoming call is answered after this; zero: not
	Lines      int           // calls at once; further ones get 486; zero is 4
	KeepAlive  time.Duration // between two keep-alives (CRLF CRLF, RFC 5626 section 3.5.1) to the server, as NATs forget; zero: none

	Style     *Style        // nil is DefaultStyle
	Codecs    []sdp.Codec   // in order of preference; nil is PCMU, PCMA and digits (telephone-event)
	Ptime     time.Duration // of sound in a packet, as descriptions ask; 0 says nothing
	Media     Media         // nil: no sound, only descriptions
	MediaPort uint16        // in descriptions without Media; 0 is 5004
	Events    func(Event)   // hears what happens; nil: nobody
}

func (c *Config) complete() error {
	switch {
	case c.User == "":
		return errors.New("a phone needs a user name")
	case strings.ContainsAny(c.User, " \t\r\n<>\"@:"):
		return fmt.Errorf("%q is no user name", c.User)
	}
	if c.Server != "" {
		if u, err := sip.ParseURI(c.serverURI()); err != nil || u.HasUser {
			return fmt.Errorf("the server %q is not an address or a name", c.Server)
		}
	}
	if c.Domain == "" && c.Server != "" {
		u, _ := sip.ParseURI(c.serverURI())
		c.Domain = u.HostPort()
	}
	if c.Transport == wire.NoTransport {
		c.Transport = wire.UDP
	}
	if c.Expires == 0 {
		c.Expires = time.Hour
	}
	if c.Lines == 0 {
		c.Lines = 4
	}
	if c.Style == nil {
		c.Style = &DefaultStyle
	}
	if c.Codecs == nil {
		c.Codecs = usualCodecs()
	}
	if c.MediaPort == 0 {
		c.MediaPort = 5004
	}
	if c.Events == nil {
		c.Events = func(Event) {}
	}
	return nil
}

// serverURI is where requests outside of dialogs go.
func (c *Config) serverURI() string {
	if strings.HasPrefix(c.Server, "sip:") {
		return c.Server
	}
	return "sip:" + c.Server
}

func (c *Config) authUser() string {
	if c.AuthUser != "" {
		return c.AuthUser
	}
	return c.User
}

func usualCodecs() (codecs []sdp.Codec) {
	for _, name := range []string{"PCMU", "PCMA", sdp.TelephoneEvent} {
		if codec, ok := sdp.Known(name); ok {
			codecs = append(codecs, codec)
		}
	}
	return codecs
}
