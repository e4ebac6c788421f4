// The servers that the calls go through: Kamailio, which is the oracle, and viaduct.

package interop

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// builtinScript is viaduct's own, which needs no file.
const builtinScript = ""

// debianScript is given to both servers as it is; other scripts stand in configs.
const debianScript = "/etc/kamailio/kamailio.cfg"

// server is a program that can be started as the SIP server of a test.
type server interface {
	name() string
	// command is the program with its arguments, running a script and listening at these addresses over UDP and TCP;
	// it may leave files in the folder. It skips the test when the program is not there.
	command(t *testing.T, folder, script string, listen []netip.AddrPort) *exec.Cmd
}

func servers() []server { return []server{kamailio{}, viaduct{}} }

// kamailio is Debian's, one worker for each socket: with several, the order of two answers would be chance.
type kamailio struct{}

func (kamailio) name() string { return "kamailio" }

func (kamailio) command(t *testing.T, folder, script string, listen []netip.AddrPort) *exec.Cmd {
	needPrograms(t, "kamailio")
	arguments := []string{"-f", script,
		"-DD", "-E", // stay in the foreground, log to stderr
		"-n", "1", "-N", "1",
		"-a", "no", // no host names as aliases: nothing is looked up
		"-Y", folder, "-w", folder, "-P", filepath.Join(folder, "kamailio.pid"),
		"-m", "64", "-M", "32"}
	for _, address := range listen {
		arguments = append(arguments, "-l", "udp:"+address.String(), "-l", "tcp:"+address.String())
	}
	return exec.Command("kamailio", arguments...)
}

// viaduct is built from this checkout, once for the whole run, or is the program that VIADUCT_BINARY names.
type viaduct struct{}

func (viaduct) name() string { return "viaduct" }

func (viaduct) command(t *testing.T, _, script string, listen []netip.AddrPort) *exec.Cmd {
	arguments := []string{"serve", "--db", "none", "--http", "off"}
	if script != builtinScript {
		arguments = append(arguments, "-f", script)
	}
	for _, address := range listen {
		arguments = append(arguments, "--listen", "udp:"+address.String(), "--listen", "tcp:"+address.String())
	}
	return exec.Command(viaductBinary(t), arguments...)
}

func viaductBinary(t *testing.T) string {
	t.Helper()
	if binary := os.Getenv("VIADUCT_BINARY"); binary != "" {
		return binary
	}
	binary, err := buildViaduct()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// buildViaduct puts the race detector in, which then watches real traffic: a race makes the server exit with an error.
var buildViaduct = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "viaduct-interop-")
	if err != nil {
		return "", err
	}
	afterAll = append(afterAll, func() { os.RemoveAll(folder) })
	binary := filepath.Join(folder, "viaduct")
	output, err := exec.Command("go", "build", "-race", "-o", binary, "../cmd/viaduct").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build ../cmd/viaduct: %v\n%s", err, output)
	}
	return binary, nil
})

// running is a server that answers.
type running struct {
	*process
	ipv4, ipv6 netip.AddrPort
}

// start runs a server with a script on loopback, over UDP and TCP, IPv4 and IPv6, until the end of the test.
func start(t *testing.T, s server, script string) *running {
	t.Helper()
	return startAt(t, s, script, freePort(t))
}

// startAt is start with a port that was handed out before.
func startAt(t *testing.T, s server, script string, port uint16) *running {
	t.Helper()
	if script != builtinScript {
		var err error
		if script, err = filepath.Abs(script); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(script); err != nil {
			missing(t, "%v (Debian's package kamailio brings its own script; make deps)", err)
		}
	}
	if loopback, err := net.ListenPacket("udp", "[::1]:0"); err != nil {
		missing(t, "no IPv6 loopback address: %v", err)
	} else {
		loopback.Close()
	}
	r := &running{
		ipv4: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port),
		ipv6: netip.AddrPortFrom(netip.IPv6Loopback(), port),
	}
	folder := t.TempDir()
	listen := []netip.AddrPort{r.ipv4, r.ipv6}
	r.process = launch(t, folder, s.name(), s.command(t, folder, script, listen))
	r.endsCleanly = s == server(viaduct{}) // Kamailio now and then waits a minute for a child
	for _, address := range listen {
		up := eventually(15*time.Second, func() bool {
			return r.hasEnded() || isBound("tcp", address) && answersOptions(address)
		})
		if r.hasEnded() || !up {
			t.Fatalf("%s does not answer at %v; it printed:\n%s", s.name(), address, r.tail())
		}
	}
	return r
}

// address is where the server listens in one of the two families.
func (r *running) address(ipv6 bool) netip.AddrPort {
	if ipv6 {
		return r.ipv6
	}
	return r.ipv4
}

// answersOptions asks the server over UDP whether it is there (RFC 3261 section 11); any answer will do.
func answersOptions(server netip.AddrPort) bool {
	connection, err := net.Dial("udp", server.String())
	if err != nil {
		return false
	}
	defer connection.Close()
	local := connection.LocalAddr().String()
	request := strings.Join([]string{
		"OPTIONS sip:" + server.String() + " SIP/2.0",
		"Via: SIP/2.0/UDP " + local + ";branch=z9hG4bK-are-you-there;rport",
		"Max-Forwards: 70",
		"From: <sip:test@" + local + ">;tag=1",
		"To: <sip:" + server.String() + ">",
		"Call-ID: are-you-there@" + local,
		"CSeq: 1 OPTIONS",
		"Content-Length: 0",
		"", ""}, "\r\n")
	if _, err := connection.Write([]byte(request)); err != nil {
		return false
	}
	answer := make([]byte, 2048)
	_ = connection.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	length, err := connection.Read(answer)
	return err == nil && strings.HasPrefix(string(answer[:length]), "SIP/2.0 ")
}
