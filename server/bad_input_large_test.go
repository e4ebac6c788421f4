package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// TestLargeRequestsOverSockets: a phone that also takes connections gets a large
// request over TCP; one that refuses them gets it in a datagram (section 18.1.1).
func TestLargeRequestsOverSockets(t *testing.T) {
	s := startOnSockets(t, "", io.Discard)
	phone := socket(t, s.at.Addr())
	defer phone.Close()
	register := fmt.Sprintf("REGISTER sip:%v SIP/2.0\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bKreg;rport\r\nMax-Forwards: 70\r\n"+
		"From: <sip:large@%v>;tag=r\r\nTo: <sip:large@%v>\r\nCall-ID: large\r\nCSeq: 1 REGISTER\r\nContact: <sip:large@%v>\r\nContent-Length: 0\r\n\r\n",
		s.at, addressOf(phone), s.at, s.at, addressOf(phone))
	if _, err := phone.WriteToUDPAddrPort([]byte(register), s.at); err != nil {
		t.Fatal(err)
	}
	if _, err := readUntil(phone, patience, "SIP/2.0 200 OK"); err != nil {
		t.Fatal(err)
	}
	message := func(branch string) string {
		return fmt.Sprintf("MESSAGE sip:large@%v SIP/2.0\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\n"+
			"From: <sip:a@test.test>;tag=a\r\nTo: <sip:large@%v>\r\nCall-ID: %s\r\nCSeq: 1 MESSAGE\r\nSubject: %s\r\nContent-Length: 0\r\n\r\n",
			s.at, addressOf(s.pinger), branch, s.at, branch, strings.Repeat("x", 1300))
	}

	s.send(message("large1")) // nobody listens for TCP
	text, err := readUntil(phone, patience, "Call-ID: large1\r\n")
	if err != nil || !strings.Contains(text, "\r\nVia: SIP/2.0/UDP ") {
		t.Fatalf("refused over TCP: %v in\n%s", err, text)
	}
	answered(t, s, phone, text, "large1")

	listener, err := net.Listen("tcp4", addressOf(phone).String())
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s.send(message("large2"))
	connection, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_ = connection.SetReadDeadline(time.Now().Add(patience))
	text, err = readMessage(bufio.NewReader(connection))
	if err != nil || !strings.Contains(text, "\r\nVia: SIP/2.0/TCP ") || !strings.Contains(text, "Call-ID: large2\r\n") {
		t.Fatalf("over TCP: %v in\n%s", err, text)
	}
	answered(t, s, connection, text, "large2")
}

// answered lets the phone answer, and wants its answer at the caller's.
func answered(t *testing.T, s *onSockets, phone io.Writer, request, callID string) {
	t.Helper()
	answer := []byte(reply(request, ""))
	if datagrams, ok := phone.(*net.UDPConn); ok {
		_, _ = datagrams.WriteToUDPAddrPort(answer, s.at)
	} else {
		_, _ = phone.Write(answer)
	}
	if text, err := readUntil(s.pinger, patience, "Call-ID: "+callID+"\r\n"); err != nil || !strings.HasPrefix(text, "SIP/2.0 200 OK\r\n") {
		t.Errorf("the answer to %s: %v in\n%s", callID, err, text)
	}
}
