// Receiver: copies of messages that others send by HEP.
package hep

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"viaduct/wire"
)

const (
	maxConnections = 256
	packetPatience = 30 * time.Second // for the rest of a packet that has begun over TCP
	datagramRoom   = 4 << 20          // of the socket, for bursts
)

// Receiver listens for HEP over UDP and TCP.
type Receiver struct {
	datagrams     *net.UDPConn
	listener      *net.TCPListener
	received, bad atomic.Uint64
	slots         chan struct{}
}

// Listen opens both sockets on an address HOST:PORT.
func Listen(address string) (*Receiver, error) {
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, err
	}
	listener, err := net.ListenTCP("tcp", at)
	if err != nil {
		return nil, err
	}
	bound := listener.Addr().(*net.TCPAddr) // port 0 is chosen once
	datagrams, err := net.ListenUDP("udp", &net.UDPAddr{IP: bound.IP, Port: bound.Port, Zone: bound.Zone})
	if err != nil {
		listener.Close()
		return nil, err
	}
	datagrams.SetReadBuffer(datagramRoom) // as much as the system allows
	return &Receiver{datagrams: datagrams, listener: listener, slots: make(chan struct{}, maxConnections)}, nil
}

// Addr gives HOST:PORT of both sockets.
func (r *Receiver) Addr() string { return r.listener.Addr().String() }

// Received counts packets, Bad those that could not be read, or carried no SIP.
func (r *Receiver) Received() uint64 { return r.received.Load() }
func (r *Receiver) Bad() uint64      { return r.bad.Load() }

// Serve gives the packets to a tap, on several goroutines, until ctx ends. It
// closes the sockets.
func (r *Receiver) Serve(ctx context.Context, tap wire.Tap) error {
	stop := context.AfterFunc(ctx, r.close)
	defer stop()
	var working sync.WaitGroup
	defer working.Wait()
	working.Go(func() { r.accept(ctx, &working, tap) })
	err := r.readDatagrams(tap)
	r.close()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (r *Receiver) close() {
	r.datagrams.Close()
	r.listener.Close()
}

func (r *Receiver) readDatagrams(tap wire.Tap) error {
	var space [maxSize + 1]byte
	for {
		n, _, err := r.datagrams.ReadFromUDPAddrPort(space[:])
		if err != nil {
			return err
		}
		r.take(space[:n], tap)
	}
}

// take reads a packet and gives it away.
func (r *Receiver) take(data []byte, tap wire.Tap) {
	m, err := Decode(data)
	if err != nil || m.Kind != KindSIP {
		r.bad.Add(1)
		return
	}
	if m.Packet.Time.IsZero() { // version 1 has no time
		m.Packet.Time = time.Now()
	}
	r.received.Add(1)
	tap.Packet(&m.Packet)
}

func (r *Receiver) accept(ctx context.Context, working *sync.WaitGroup, tap wire.Tap) {
	for {
		conn, err := r.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of file descriptors, perhaps
			time.Sleep(50 * time.Millisecond)
			continue
		}
		select {
		case r.slots <- struct{}{}:
			working.Go(func() {
				defer func() { <-r.slots }()
				r.readStream(ctx, conn, tap)
			})
		default:
			conn.Close()
		}
	}
}

// readStream reads packets of version 3 one behind the other; what is none ends
// the connection, as nothing can be found behind it.
func (r *Receiver) readStream(ctx context.Context, conn net.Conn, tap wire.Tap) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	in := bufio.NewReader(conn)
	var space [maxSize]byte
	for {
		conn.SetReadDeadline(time.Time{})
		if _, err := in.Peek(1); err != nil {
			return
		}
		conn.SetReadDeadline(time.Now().Add(packetPatience))
		if _, err := io.ReadFull(in, space[:headSize]); err != nil {
			return
		}
		size := int(binary.BigEndian.Uint16(space[4:]))
		if !Is(space[:headSize]) || size < headSize {
			r.bad.Add(1)
			return
		}
		if _, err := io.ReadFull(in, space[headSize:size]); err != nil {
			return
		}
		r.take(space[:size], tap)
	}
}
