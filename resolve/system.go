// System: what the machine says of names, its hosts file and its name servers.
package resolve

import (
	"bufio"
	"io"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// systemTTL is how long the machine's files are taken as they were read.
const systemTTL = 5 * time.Second

// system reads the files, and reads them again when they have changed.
type system struct {
	config *Config
	clock  func() time.Duration

	mu         sync.Mutex
	checked    time.Duration
	hosts      stamp
	resolvConf stamp
	current    *settings
}

// stamp tells whether a file is still the same.
type stamp struct {
	modified time.Time
	size     int64
}

// settings are what the files say. They are replaced, never changed.
type settings struct {
	hosts    map[string][]netip.Addr // by lower-case name
	servers  []netip.AddrPort
	search   []string
	ndots    int
	timeout  time.Duration
	attempts int
}

// now gives the present settings.
func (s *system) now() *settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	if s.current != nil && now-s.checked < systemTTL {
		return s.current
	}
	s.checked = now
	hosts, resolvConf := stampOf(s.config.Hosts), stampOf(s.config.ResolvConf)
	if s.current != nil && hosts == s.hosts && resolvConf == s.resolvConf {
		return s.current
	}
	s.hosts, s.resolvConf = hosts, resolvConf
	next := &settings{}
	next.readResolvConf(s.config)
	if file, err := os.Open(s.config.Hosts); err == nil {
		next.hosts = readHosts(file)
		file.Close()
	}
	s.current = next
	return next
}

func stampOf(name string) stamp {
	info, err := os.Stat(name)
	if err != nil {
		return stamp{}
	}
	return stamp{info.ModTime(), info.Size()}
}

// readResolvConf takes what the operator has not decided from resolv.conf(5);
// where there is none, a server on this machine is asked.
func (s *settings) readResolvConf(c *Config) {
	file, err := dns.ClientConfigFromFile(c.ResolvConf)
	if err != nil {
		file, _ = dns.ClientConfigFromReader(strings.NewReader(""))
	}
	s.search, s.ndots = file.Search, file.Ndots
	s.timeout, s.attempts = c.Timeout, c.Attempts
	orUsual(&s.timeout, time.Duration(file.Timeout)*time.Second)
	orUsual(&s.attempts, file.Attempts)
	if s.servers = c.Servers; len(s.servers) > 0 {
		return
	}
	for _, server := range file.Servers {
		if address, err := netip.ParseAddr(server); err == nil && len(s.servers) < c.MaxServers {
			s.servers = append(s.servers, netip.AddrPortFrom(address, 53))
		}
	}
	if len(s.servers) == 0 {
		s.servers = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:53")}
	}
}

// candidates gives the full names that a host may mean: itself, and with too
// few dots first each domain of the search list with it.
func (s *settings) candidates(host string, searching bool) []string {
	whole := dns.Fqdn(host)
	if !searching || whole == host || strings.Count(host, ".") >= s.ndots {
		return []string{whole}
	}
	names := make([]string, 0, len(s.search)+1)
	for _, domain := range s.search {
		names = append(names, whole+dns.Fqdn(strings.ToLower(domain)))
	}
	return append(names, whole)
}

// maxHosts bounds what is read of a hosts file, in bytes.
const maxHosts = 4 << 20

// readHosts reads a hosts(5) file: an address and its names on each line. What
// it cannot read of it, it passes over, as others do.
func readHosts(file io.Reader) map[string][]netip.Addr {
	hosts := map[string][]netip.Addr{}
	lines := bufio.NewScanner(io.LimitReader(file, maxHosts))
	lines.Buffer(nil, maxHosts)
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		address, err := netip.ParseAddr(words[0])
		if err != nil || address.Zone() != "" { // a zone means nothing to a peer
			continue
		}
		for _, name := range words[1:] {
			name = strings.TrimSuffix(strings.ToLower(name), ".")
			hosts[name] = append(hosts[name], address.Unmap())
		}
	}
	return hosts
}
