//go:build linux && (amd64 || arm64 || riscv64 || loong64) && !portable

// Receive: datagrams are taken from the kernel, several in one call when they
// come faster than they are worked on.
package rawudp

import (
	"net"
	"net/netip"
	"syscall"
	"unsafe"
)

// batch is how many datagrams one call takes at most.
const batch = 8

// waitForOne (MSG_WAITFORONE) lets a call wait for its first datagram alone.
const waitForOne = 0x10000

// receiver is what the kernel writes into. Of most slots it only ever touches
// a page.
type receiver struct {
	slots   [batch]slot
	headers [batch]header
	next    int // slot that Receive gives next
	filled  int // slots that the last call filled
	want    int // how many the next call asks for

	errno syscall.Errno
	read  func(fd uintptr) bool // made once: a closure for each call is garbage
	pace  pace
}

// slot is room for one datagram.
type slot struct {
	datagram [largest]byte
	vector   syscall.Iovec
	source   syscall.RawSockaddrInet6 // room for both families
	control  packetInfo               // used when bound to all addresses
}

// header is the kernel's struct mmsghdr.
type header struct {
	message syscall.Msghdr
	length  uint32
	_       uint32
}

// packetInfo is a control message with the local address of a datagram.
type packetInfo struct {
	header syscall.Cmsghdr
	body   [24]byte // Inet4Pktinfo or Inet6Pktinfo
}

func (r *receiver) init(c *Conn) {
	r.read, r.want = r.receive, 1
	for i := range r.slots {
		slot, message := &r.slots[i], &r.headers[i].message
		slot.vector = syscall.Iovec{Base: &slot.datagram[0], Len: uint64(len(slot.datagram))}
		message.Name, message.Iov, message.Iovlen = (*byte)(unsafe.Pointer(&slot.source)), &slot.vector, 1
		if c.local.Addr().IsUnspecified() {
			message.Control = (*byte)(unsafe.Pointer(&slot.control))
		}
	}
	r.pace.prepare(c.fd)
}

// Receive waits for a datagram. The bytes hold until the next call. At is the
// address of this host to which it was sent when the socket is bound to all
// addresses, else the zero Addr. The error is net.ErrClosed in the end, or one
// of the system call, after which one may go on.
func (c *Conn) Receive() (datagram []byte, source netip.AddrPort, at netip.Addr, err error) {
	r := &c.receiver
	if r.next == r.filled {
		if !r.pace.isDense(c.Alone) || !r.hold(c) {
			if err := c.raw.Read(r.read); err != nil {
				return nil, source, at, net.ErrClosed
			}
		}
		if r.errno != 0 {
			return nil, source, at, r.errno
		}
	}
	slot, header := &r.slots[r.next], &r.headers[r.next]
	r.next++
	if header.message.Control != nil {
		at = localAddress(&header.message, &slot.control)
	}
	return slot.datagram[:header.length], addressOf(&slot.source), at, nil
}

// receive is false when nothing has come: the poller then waits.
func (r *receiver) receive(fd uintptr) bool {
	r.errno = syscall.EINTR
	for r.errno == syscall.EINTR {
		r.errno = r.take(fd, syscall.MSG_DONTWAIT)
	}
	r.pace.note(r.errno == syscall.EAGAIN)
	return r.errno != syscall.EAGAIN
}

// take makes one call. It asks for more the next time when it gets all that it
// asked for, and for as many as came when it does not.
func (r *receiver) take(fd, flags uintptr) syscall.Errno {
	for i := range r.want {
		message := &r.headers[i].message
		message.Namelen = uint32(unsafe.Sizeof(r.slots[i].source))
		if message.Control != nil {
			message.Controllen = uint64(unsafe.Sizeof(r.slots[i].control))
		}
	}
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&r.headers[0])), uintptr(r.want), flags|waitForOne, 0, 0)
	r.next, r.filled = 0, 0
	if errno != 0 {
		r.want = 1
		return errno
	}
	r.filled = int(n)
	if r.filled == r.want {
		r.want = min(2*r.want, batch)
	} else {
		r.want = r.filled
	}
	return 0
}

func localAddress(message *syscall.Msghdr, control *packetInfo) netip.Addr {
	if message.Controllen < syscall.SizeofCmsghdr {
		return netip.Addr{}
	}
	h := &control.header
	switch {
	case h.Level == syscall.IPPROTO_IP && h.Type == syscall.IP_PKTINFO:
		// Spec_dst is ours even when the datagram went to a broadcast address.
		return netip.AddrFrom4((*syscall.Inet4Pktinfo)(unsafe.Pointer(&control.body)).Spec_dst)
	case h.Level == syscall.IPPROTO_IPV6 && h.Type == syscall.IPV6_PKTINFO:
		info := (*syscall.Inet6Pktinfo)(unsafe.Pointer(&control.body))
		if address := netip.AddrFrom16(info.Addr); !address.IsMulticast() {
			return withZone(address, info.Ifindex)
		}
	}
	return netip.Addr{}
}
