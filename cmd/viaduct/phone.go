// The phone command: its flags.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"viaduct/media"
	"viaduct/phone"
	"viaduct/sdp"
	"viaduct/server"
	"viaduct/sip"
	"viaduct/wire"
)

type phoneCommand struct {
	User         string        `required:"" placeholder:"NAME" help:"User name, the number that others dial: 308."`
	Server       string        `placeholder:"HOST[:PORT]" help:"SIP server to register with and to call through. Without it: direct calls, dial sip:USER@HOST:PORT."`
	Listen       string        `placeholder:"[PROTO:]HOST:PORT" help:"Own address, udp or tcp; port 0 takes a free one. Without it: the one that reaches the server."`
	Register     bool          `default:"true" negatable:"" help:"Register with the server at the start."`
	Domain       string        `placeholder:"NAME" help:"Domain of the address-of-record; without it the server's."`
	Display      string        `placeholder:"NAME" help:"Name that others see."`
	AuthUser     string        `placeholder:"NAME" help:"User name for the password, if it is another."`
	Password     string        `placeholder:"TEXT" help:"Password. Other users of this machine can see it; better --password-file."`
	PasswordFile string        `placeholder:"FILE" help:"File whose first line is the password."`
	Expires      time.Duration `default:"1h" help:"How long a registration shall hold."`
	Patience     time.Duration `default:"8s" help:"How long to wait until the other side says anything at all."`
	AnswerAfter  string        `placeholder:"DURATION" help:"Answer each call after this time: 0s is at once."`
	Codecs       []string      `default:"PCMU,PCMA,telephone-event" help:"Codecs in order of preference: PCMU PCMA, telephone-event; G723 G729 iLBC send the frames of a file, or of silence."`
	Say          string        `default:"silence" placeholder:"silence|tone|echo|card|FILE.wav|FILE.frames" help:"What to say in calls; frames are those of a codec, made elsewhere."`
	Record       string        `placeholder:"FILE.wav|FILE.frames" help:"Record what is heard; the second call goes to FILE-2.wav."`
	RTPPorts     string        `placeholder:"FIRST-LAST" help:"Ports for sound; without it any."`
	DTMF         string        `name:"dtmf" default:"info" enum:"info,rfc4733,inband" help:"How digits are dialled: ${enum}."`
	STUN         string        `name:"stun" placeholder:"HOST:PORT" help:"STUN server that tells how the world sees this phone, for Contact and SDP."`
	KeepAlive    time.Duration `default:"0s" help:"Time between two keep-alives (CRLF CRLF) to the server, which keep a NAT open; 0s: none."`
	Style        string        `default:"viaduct" enum:"viaduct,grandstream" help:"Handwriting of messages: ${enum}."`
	Do           string        `placeholder:"SCRIPT" help:"Steps to carry out instead of reading commands: 'dial 309; expect ringing; cancel'. The exit status tells how it went."`
	JSON         bool          `name:"json" help:"Print events as JSON, one a line, and nothing else."`
	Ladder       bool          `default:"true" negatable:"" help:"Draw each call as a ladder when it has ended."`
}

func (c *phoneCommand) Help() string {
	return "Commands, in --do with ';' between them:\n\n" + phone.Help()
}

func (c *phoneCommand) Run(s streams) error {
	steps, err := phone.ParseScript(c.Do)
	if err != nil {
		var wrong *phone.ScriptError
		if errors.As(err, &wrong) {
			return &server.Hinted{Problem: fmt.Errorf("--do: %w", err), Hint: cmp.Or(wrong.Hint, "viaduct phone --help lists the words")}
		}
		return err
	}
	config, err := c.config()
	if err != nil {
		return err
	}
	return c.sit(s, config, steps)
}

// config turns the flags into a phone's configuration.
func (c *phoneCommand) config() (phone.Config, error) {
	config := phone.Config{
		User: c.User, Display: c.Display, Domain: c.Domain, Server: c.Server, AuthUser: c.AuthUser, Password: c.Password,
		Expires: c.Expires, Patience: c.Patience, KeepAlive: c.KeepAlive, Style: &phone.DefaultStyle,
	}
	if c.Style == "grandstream" {
		config.Style = &phone.GrandstreamStyle
	}
	if c.PasswordFile != "" {
		text, err := os.ReadFile(c.PasswordFile)
		if err != nil {
			return config, &server.Hinted{Problem: fmt.Errorf("--password-file %s: %w", c.PasswordFile, errors.Unwrap(err)), Hint: "the file's first line is the password"}
		}
		config.Password, _, _ = strings.Cut(string(text), "\n")
		config.Password = strings.TrimSuffix(config.Password, "\r")
	}
	if c.AnswerAfter != "" {
		after, err := time.ParseDuration(c.AnswerAfter)
		if err != nil || after < 0 {
			return config, &server.Hinted{Problem: fmt.Errorf("--answer-after %s: not a duration", c.AnswerAfter), Hint: "write 0s, 300ms or 5s"}
		}
		config.AutoAnswer = max(after, time.Millisecond)
	}
	for _, name := range c.Codecs {
		codec, ok := sdp.Known(name)
		if _, err := media.ParseCodec(name, codec.Parameters); !ok || err != nil && codec.Name != sdp.TelephoneEvent {
			return config, &server.Hinted{Problem: fmt.Errorf("--codecs: there is no codec %s", name), Hint: "PCMU PCMA G723 G729 iLBC, and telephone-event for digits"}
		}
		config.Codecs = append(config.Codecs, codec)
	}
	audio, err := c.audio()
	if err != nil {
		return config, err
	}
	config.Media = audio
	return config, nil
}

// audio prepares mouth and ear of the calls.
func (c *phoneCommand) audio() (*phone.Audio, error) {
	audio := phone.NewAudio()
	if c.RTPPorts != "" {
		first, last, _ := strings.Cut(c.RTPPorts, "-")
		from, err1 := strconv.ParseUint(first, 10, 16)
		to, err2 := strconv.ParseUint(last, 10, 16)
		if err1 != nil || err2 != nil || from == 0 || to <= from {
			return nil, &server.Hinted{Problem: fmt.Errorf("--rtp-ports %s: not a range of ports", c.RTPPorts), Hint: "write 5004-5099; each call takes two"}
		}
		audio.First, audio.Last = uint16(from), uint16(to)
	}
	if c.STUN != "" {
		at, err := net.ResolveUDPAddr("udp", c.STUN)
		if err != nil {
			return nil, &server.Hinted{Problem: fmt.Errorf("--stun %s: %w", c.STUN, err), Hint: "write HOST:PORT; the usual port is 3478"}
		}
		address := at.AddrPort()
		audio.STUN = netip.AddrPortFrom(address.Addr().Unmap(), address.Port())
	}
	return audio, c.voice(audio)
}

// voice chooses what calls say and who hears them.
func (c *phoneCommand) voice(audio *phone.Audio) error {
	switch c.Say {
	case "silence":
	case "tone":
		audio.Mouth = func() (media.Source, error) { return media.Tone(440), nil }
	case "echo":
		audio.Both = func() (media.Source, media.Sink, error) {
			mouth, ear := media.Echo()
			return mouth, ear, nil
		}
	case "card":
		card, err := media.OpenSoundCard("")
		if err != nil {
			return &server.Hinted{Problem: err, Hint: "--say tone or --say FILE.wav need none"}
		}
		audio.Both = func() (media.Source, media.Sink, error) { return card.Source(), card.Sink(), nil }
	default:
		play := func() (media.Source, error) { return media.WAVFile(c.Say, true) }
		if isFrames(c.Say) {
			play = func() (media.Source, error) { return media.FrameFile(c.Say, true) }
		}
		if _, err := play(); err != nil {
			return &server.Hinted{Problem: fmt.Errorf("--say %s: %w", c.Say, err), Hint: "silence, tone, echo, card, a WAV file of 8000 Hz and one channel, or a file of frames (docs/media.md)"}
		}
		audio.Mouth = play
	}
	return c.recording(audio)
}

// recording has each call heard by a file of its own.
func (c *phoneCommand) recording(audio *phone.Audio) error {
	if c.Record == "" {
		return nil
	}
	create := func(name string) (media.Sink, error) { return media.CreateWAV(name, media.WAVLinear) }
	if isFrames(c.Record) { // of the codec that is wanted most
		known, _ := sdp.Known(c.Codecs[0])
		codec, err := media.ParseCodec(known.Name, known.Parameters)
		if err != nil {
			return &server.Hinted{Problem: fmt.Errorf("--record %s: %w", c.Record, err), Hint: "--codecs G729 (or G723, iLBC) says of which codec the frames are"}
		}
		create = func(name string) (media.Sink, error) { return media.CreateFrames(name, codec) }
	}
	calls := 0
	audio.Ear = func() (media.Sink, error) {
		calls++ // called for one call after the other
		name := c.Record
		if calls > 1 {
			extension := filepath.Ext(name)
			name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, extension), calls, extension)
		}
		return create(name)
	}
	return nil
}

// isFrames tells a file of the frames of a codec by its name.
func isFrames(name string) bool { return filepath.Ext(name) == ".frames" }

// listen opens the phone's socket.
func (c *phoneCommand) listen(tap wire.Tap) (*phone.Stack, wire.Flow, error) {
	flow := wire.Flow{Transport: wire.UDP}
	if _, params, ok := strings.Cut(c.Server, ";"); ok && strings.Contains(strings.ToLower(params), "transport=tcp") {
		flow.Transport = wire.TCP
	}
	if c.Listen == "" {
		flow.Local = c.reaching()
	} else {
		rest := c.Listen
		if proto, after, found := strings.Cut(rest, ":"); found && wire.ParseTransport(proto) != wire.NoTransport {
			flow.Transport, rest = wire.ParseTransport(proto), after
		}
		address, err := netip.ParseAddrPort(rest)
		if err != nil {
			return nil, flow, &server.Hinted{Problem: fmt.Errorf("--listen %s: not an address", c.Listen), Hint: "write 127.0.0.1:5070, udp:127.0.0.1:0 or tcp:[::1]:5070"}
		}
		flow.Local = address
	}
	stack, local, err := phone.Listen(flow.Transport, flow.Local, phone.Options{Tap: tap})
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, flow, &server.Hinted{Problem: err, Hint: "another phone or server uses this port; --listen " + flow.Local.Addr().String() + ":0 takes a free one"}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, flow, &server.Hinted{Problem: err, Hint: "this machine has no such address; ip addr lists those it has"}
	case err != nil:
		return nil, flow, &server.Hinted{Problem: err, Hint: "phones listen on udp: and tcp:"}
	}
	flow.Local = local
	return stack, flow, nil
}

// reaching gives the address of this machine that reaches the server, with any
// port.
func (c *phoneCommand) reaching() netip.AddrPort {
	loopback := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0)
	if c.Server == "" {
		return loopback
	}
	u, err := sip.ParseURI("sip:" + strings.TrimPrefix(c.Server, "sip:"))
	if err != nil {
		return loopback
	}
	port := u.Port
	if port == 0 {
		port = 5060
	}
	probe, err := net.Dial("udp", net.JoinHostPort(strings.Trim(u.Host, "[]"), strconv.Itoa(port))) // sends nothing
	if err != nil {
		return loopback
	}
	defer probe.Close()
	address := probe.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
	return netip.AddrPortFrom(address, 0)
}

// ask puts the address that a STUN server sees into the configuration.
func (c *phoneCommand) ask(ctx context.Context, stack *phone.Stack, config *phone.Config) error {
	audio := config.Media.(*phone.Audio)
	if !audio.STUN.IsValid() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.Patience)
	defer cancel()
	mapped, err := stack.Mapped(ctx, audio.STUN)
	if err != nil {
		return &server.Hinted{Problem: fmt.Errorf("the STUN server %v does not answer: %w", audio.STUN, err), Hint: "without --stun the phone names its own address"}
	}
	config.Mapped = mapped
	return nil
}
