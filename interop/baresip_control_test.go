// The remote control of baresip's module ctrl_tcp: JSON objects in netstrings, commands one way, answers and events the
// other.

package interop

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"
)

type control struct {
	connection net.Conn
	answers    chan controlMessage
	events     chan string // types, in order
	asked      int
}

// controlMessage is either an answer, which bears the command's token, or an event.
type controlMessage struct {
	Event bool   `json:"event"`
	Type  string `json:"type"`
	OK    bool   `json:"ok"`
	Data  string `json:"data"`
	Token string `json:"token"`
}

func dialControl(t *testing.T, address netip.AddrPort) *control {
	t.Helper()
	connection, err := net.Dial("tcp", address.String())
	if err != nil {
		t.Fatal(err)
	}
	// Large enough for all that a test's few calls can give, so that the reader never waits for the test.
	c := &control{connection: connection, answers: make(chan controlMessage, 1000), events: make(chan string, 1000)}
	t.Cleanup(func() { connection.Close() })
	go c.read()
	return c
}

// read runs until the connection ends.
func (c *control) read() {
	defer close(c.answers)
	defer close(c.events)
	for reader := bufio.NewReader(c.connection); ; {
		text, err := readNetstring(reader)
		if err != nil {
			return
		}
		var message controlMessage
		if json.Unmarshal(text, &message) != nil {
			return
		}
		if message.Event {
			c.events <- message.Type
		} else {
			c.answers <- message
		}
	}
}

func (c *control) ask(command, parameters string) (string, error) {
	c.asked++
	token := strconv.Itoa(c.asked)
	request, err := json.Marshal(map[string]string{"command": command, "params": parameters, "token": token})
	if err != nil {
		return "", err
	}
	if _, err := fmt.Fprintf(c.connection, "%d:%s,", len(request), request); err != nil {
		return "", err
	}
	for limit := time.After(5 * time.Second); ; {
		select {
		case answer, open := <-c.answers:
			switch {
			case !open:
				return "", errors.New("the remote control hung up")
			case answer.Token != token:
			case !answer.OK:
				return "", fmt.Errorf("refused: %s", answer.Data)
			default:
				return answer.Data, nil
			}
		case <-limit:
			return "", errors.New("no answer")
		}
	}
}

// expect reads events until all the wanted ones have come, and returns those that did not.
func (c *control) expect(limit time.Duration, wanted []string) (missed []string) {
	waiting := map[string]bool{}
	for _, event := range wanted {
		waiting[event] = true
	}
	for end := time.After(limit); len(waiting) > 0; {
		select {
		case event, open := <-c.events:
			if open {
				delete(waiting, event)
				continue
			}
		case <-end:
		}
		for event := range waiting {
			missed = append(missed, event)
		}
		return missed
	}
	return nil
}

const longestNetstring = 1 << 20

// readNetstring reads "LENGTH:BYTES,".
func readNetstring(reader *bufio.Reader) ([]byte, error) {
	prefix, err := reader.ReadString(':')
	if err != nil {
		return nil, err
	}
	length, err := strconv.Atoi(strings.TrimSuffix(prefix, ":"))
	if err != nil || length < 0 || length > longestNetstring {
		return nil, fmt.Errorf("netstring of length %q", prefix)
	}
	text := make([]byte, length+1)
	if _, err := io.ReadFull(reader, text); err != nil {
		return nil, err
	}
	if text[length] != ',' {
		return nil, errors.New("netstring without a comma at its end")
	}
	return text[:length], nil
}

func TestReadNetstring(t *testing.T) {
	reader := bufio.NewReader(strings.NewReader("2:{},0:,"))
	for _, want := range []string{"{}", ""} {
		if got, err := readNetstring(reader); err != nil || string(got) != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	for _, bad := range []string{"", "x:{},", "-1:,", "2:{};", "9:{},", "99999999:,"} {
		if _, err := readNetstring(bufio.NewReader(strings.NewReader(bad))); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
