//go:build linux && (amd64 || arm64 || riscv64 || loong64) && !portable

// The system calls of Linux, and its socket addresses.

package rawudp

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"unsafe"
)

// Names that package syscall lacks.
const (
	forceSendBuffer    = 32 // SO_SNDBUFFORCE
	forceReceiveBuffer = 33 // SO_RCVBUFFORCE
	wantPacketInfo6    = 49 // IPV6_RECVPKTINFO
	memoryInfo         = 55 // SO_MEMINFO: numbers of the socket, the last one counts drops
	memoryInfoDrops    = 8
)

// tellsMore: the kernel is asked for local addresses and drops.
const tellsMore = true

// prepare sets options before the socket is bound; all are best effort. Only
// root may have larger buffers than net.core.rmem_max and wmem_max allow.
func prepare(fd uintptr, local netip.Addr) {
	s := int(fd)
	if syscall.SetsockoptInt(s, syscall.SOL_SOCKET, forceReceiveBuffer, kernelBuffer) != nil {
		_ = syscall.SetsockoptInt(s, syscall.SOL_SOCKET, syscall.SO_RCVBUF, kernelBuffer)
	}
	if syscall.SetsockoptInt(s, syscall.SOL_SOCKET, forceSendBuffer, kernelBuffer) != nil {
		_ = syscall.SetsockoptInt(s, syscall.SOL_SOCKET, syscall.SO_SNDBUF, kernelBuffer)
	}
	switch {
	case !local.IsUnspecified():
	case local.Is4():
		_ = syscall.SetsockoptInt(s, syscall.IPPROTO_IP, syscall.IP_PKTINFO, 1)
	default:
		_ = syscall.SetsockoptInt(s, syscall.IPPROTO_IPV6, wantPacketInfo6, 1)
	}
}

// Where a sending socket is connected to: the port of the discard service, so
// that nothing which arrives is ever meant for it.
var (
	nobody4 = netip.MustParseAddrPort("127.255.255.254:9")
	nobody6 = netip.MustParseAddrPort("[::1]:9")
)

// openSender gives a second socket of the same address, for sending alone. The
// poller watches each socket of its own for room to write too, so each
// datagram that leaves through the one that is read wakes the reader for
// nothing. Being connected to nobody, the second one takes no datagram away.
// One that is bound to all addresses sends by itself: its source address would
// be fixed. The result is fd itself when there is no second socket.
func openSender(fd uintptr, local netip.AddrPort) uintptr {
	if local.Addr().IsUnspecified() || local.Addr().Zone() != "" {
		return fd
	}
	family, nobody := syscall.AF_INET6, nobody6
	if local.Addr().Is4() {
		family, nobody = syscall.AF_INET, nobody4
	}
	sender, err := syscall.Socket(family, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		return fd
	}
	// Sharing the address is allowed for just as long as binding takes.
	shareAddress(int(fd), 1)
	shareAddress(sender, 1)
	err = connectTo(sender, local, nobody)
	shareAddress(int(fd), 0)
	shareAddress(sender, 0)
	if err != nil {
		syscall.Close(sender)
		return fd
	}
	prepare(uintptr(sender), local.Addr())
	return uintptr(sender)
}

func shareAddress(fd, yes int) {
	_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, yes)
}

func connectTo(fd int, local, remote netip.AddrPort) error {
	var address syscall.RawSockaddrInet6
	size := putAddress(&address, local)
	if _, _, errno := syscall.RawSyscall(syscall.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&address)), uintptr(size)); errno != 0 {
		return errno
	}
	size = putAddress(&address, remote)
	if _, _, errno := syscall.RawSyscall(syscall.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&address)), uintptr(size)); errno != 0 {
		return errno
	}
	return nil
}

func (c *Conn) closeSender() {
	if c.sender != c.fd {
		syscall.Close(int(c.sender))
	}
}

// send is one sendto, or sendmsg when the source address is chosen.
func (c *Conn) send(datagram []byte, to netip.AddrPort, from netip.Addr) error {
	var target syscall.RawSockaddrInet6
	size := putAddress(&target, to)
	if from.IsValid() && c.local.Addr().IsUnspecified() {
		return c.sendFrom(datagram, &target, size, from)
	}
	for {
		_, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, c.sender, uintptr(unsafe.Pointer(unsafe.SliceData(datagram))), uintptr(len(datagram)),
			syscall.MSG_DONTWAIT, uintptr(unsafe.Pointer(&target)), uintptr(size))
		if errno == 0 {
			return nil
		}
		if errno != syscall.EINTR {
			return errno
		}
	}
}

func (c *Conn) sendFrom(datagram []byte, target *syscall.RawSockaddrInet6, size uint32, from netip.Addr) error {
	var control packetInfo
	length := syscall.SizeofInet4Pktinfo
	if from.Is4() {
		control.header.Level, control.header.Type = syscall.IPPROTO_IP, syscall.IP_PKTINFO
		(*syscall.Inet4Pktinfo)(unsafe.Pointer(&control.body)).Spec_dst = from.As4()
	} else {
		length = syscall.SizeofInet6Pktinfo
		control.header.Level, control.header.Type = syscall.IPPROTO_IPV6, syscall.IPV6_PKTINFO
		(*syscall.Inet6Pktinfo)(unsafe.Pointer(&control.body)).Addr = from.As16()
	}
	control.header.Len = uint64(syscall.CmsgLen(length))
	vector := syscall.Iovec{Base: unsafe.SliceData(datagram), Len: uint64(len(datagram))}
	message := syscall.Msghdr{Name: (*byte)(unsafe.Pointer(target)), Namelen: size, Iov: &vector, Iovlen: 1,
		Control: (*byte)(unsafe.Pointer(&control)), Controllen: uint64(syscall.CmsgSpace(length))}
	for {
		_, _, errno := syscall.RawSyscall6(syscall.SYS_SENDMSG, c.sender, uintptr(unsafe.Pointer(&message)), syscall.MSG_DONTWAIT, 0, 0, 0)
		if errno == 0 {
			return nil
		}
		if errno != syscall.EINTR {
			return errno
		}
	}
}

// Drops counts the datagrams that the kernel threw away because the socket
// was full; 0 where it does not tell.
func (c *Conn) Drops() uint64 {
	c.closing.RLock()
	defer c.closing.RUnlock()
	if c.closed {
		return 0
	}
	var numbers [memoryInfoDrops + 1]uint32
	size := uint32(unsafe.Sizeof(numbers))
	_, _, errno := syscall.RawSyscall6(syscall.SYS_GETSOCKOPT, c.fd, syscall.SOL_SOCKET, memoryInfo,
		uintptr(unsafe.Pointer(&numbers)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return 0
	}
	return uint64(numbers[memoryInfoDrops])
}

// putAddress fills a socket address and gives its size.
func putAddress(into *syscall.RawSockaddrInet6, address netip.AddrPort) (size uint32) {
	if address.Addr().Is4() {
		v4 := (*syscall.RawSockaddrInet4)(unsafe.Pointer(into))
		v4.Family, v4.Addr = syscall.AF_INET, address.Addr().As4()
		putPort(&v4.Port, address.Port())
		return syscall.SizeofSockaddrInet4
	}
	into.Family, into.Addr = syscall.AF_INET6, address.Addr().As16()
	putPort(&into.Port, address.Port())
	if zone := address.Addr().Zone(); zone != "" {
		into.Scope_id = zoneIndex(zone)
	}
	return syscall.SizeofSockaddrInet6
}

// addressOf reads what the kernel wrote.
func addressOf(from *syscall.RawSockaddrInet6) netip.AddrPort {
	if from.Family == syscall.AF_INET {
		v4 := (*syscall.RawSockaddrInet4)(unsafe.Pointer(from))
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), getPort(&v4.Port))
	}
	return netip.AddrPortFrom(withZone(netip.AddrFrom16(from.Addr), from.Scope_id), getPort(&from.Port))
}

// Ports stand in network order.
func putPort(into *uint16, port uint16) {
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(into))[:], port)
}

func getPort(from *uint16) uint16 {
	return binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(from))[:])
}

// withZone notes the interface of a link-local address, without which it
// names nobody.
func withZone(address netip.Addr, index uint32) netip.Addr {
	if index == 0 || !address.IsLinkLocalUnicast() {
		return address
	}
	return address.WithZone(strconv.FormatUint(uint64(index), 10))
}

func zoneIndex(zone string) uint32 {
	if index, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(index)
	}
	if link, err := net.InterfaceByName(zone); err == nil {
		return uint32(link.Index)
	}
	return 0
}
