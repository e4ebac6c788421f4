package capture

import (
	"bytes"
	"testing"
)

// Whatever a file holds: no fault, bounded memory, and each message begins as
// one does.
func FuzzReader(f *testing.F) {
	datagram := udp(alice, bob, request(1, ""))
	f.Add(pcapOf(linkEthernet, ethernet(ip(alice, bob, protocolUDP, datagram))))
	f.Add(pcapOf(linkCooked, cooked(0, ip(alice6, bob6, protocolUDP, datagram))))
	f.Add(pcapOf(linkRaw, fragment4(alice, bob, protocolUDP, 1, 0, true, datagram[:80]), fragment4(alice, bob, protocolUDP, 1, 80, false, datagram[80:])))
	f.Add(pcapOf(linkRaw, fragment6(alice6, bob6, protocolUDP, 1, 0, true, datagram[:80]), fragment6(alice6, bob6, protocolUDP, 1, 80, false, datagram[80:])))
	f.Add(pcapOf(linkRaw, stream(0xfffffff0, request(1, "")+request(2, "body"), 100)...))
	f.Add(join(block(blockSection, []byte("\x4d\x3c\x2b\x1a\x01\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff")),
		block(blockInterface, []byte("\x65\x00\x00\x00\x00\x00\x00\x00\x09\x00\x01\x00\x09\x00\x00\x00"))))
	f.Add([]byte("* UDP 192.0.2.2:5070 <- 192.0.2.1:5060\n| OPTIONS sip:bob@biloxi.test SIP/2.0\n|\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := NewReader(bytes.NewReader(file))
		if err != nil {
			return
		}
		packets, _ := r.All()
		if r.frames == nil {
			return
		}
		for i := range packets {
			if !isSIP([]byte(packets[i].Text)) || !packets[i].Flow.Local.IsValid() || !packets[i].Flow.Remote.IsValid() {
				t.Errorf("%+v", packets[i])
			}
		}
		if r.streams.memory != 0 || len(r.streams.connections) != 0 {
			t.Errorf("%d bytes of streams are left", r.streams.memory)
		}
	})
}
