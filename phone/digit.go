// Digits: dialled during a call, by INFO, beside the sound or in it.
package phone

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"viaduct/sip"
)

// DTMF is a way of sending digits.
type DTMF string

const (
	ByInfo  DTMF = "info"    // a SIP INFO for each, as the paper's phones did (RFC 2976)
	ByEvent DTMF = "rfc4733" // RTP packets of their own
	InBand  DTMF = "inband"  // two tones in the sound
)

// DefaultDigit is how long a digit lasts when nothing is said.
const DefaultDigit = 160 * time.Millisecond

const (
	relayType  = "application/dtmf-relay"
	digitChars = "0123456789*#ABCD"
)

// DigitError says that a text is no sequence of digits.
type DigitError struct{ Text string }

func (e *DigitError) Error() string {
	return fmt.Sprintf("%q are no digits: 0 to 9, *, # and A to D are", e.Text)
}

// DTMF sends digits one after the other, each for a duration (zero is
// DefaultDigit), and waits until the last one is out; by INFO until it was
// answered. It waits, so it is not for Config.Events.
func (c *Call) DTMF(ctx context.Context, digits string, d time.Duration, how DTMF) error {
	digits = strings.ToUpper(digits)
	if digits == "" || strings.Trim(digits, digitChars) != "" {
		return &DigitError{digits}
	}
	if d == 0 {
		d = DefaultDigit
	}
	for i := range len(digits) {
		if err := c.press(ctx, digits[i], d, how); err != nil {
			return err
		}
	}
	return nil
}

func (c *Call) press(ctx context.Context, digit byte, d time.Duration, how DTMF) error {
	c.phone.lock()
	if c.state != Established {
		defer c.phone.unlock()
		return &StateError{"send digits", c.state}
	}
	if how != ByInfo {
		sound := c.session.sound
		c.phone.unlock()
		return sound.Press(ctx, digit, d, how == InBand)
	}
	outcome := make(chan error, 1)
	text := fmt.Sprintf("Signal=%c\r\nDuration=%d", digit, d.Milliseconds())
	c.ask(c.dialog, "INFO", body{relayType, text}, func(m *sip.Message, err error) {
		switch {
		case err == nil && m.Status < 200:
			return
		case err == nil && m.Status >= 300:
			err = refused("INFO", m)
		}
		outcome <- err
	})
	c.phone.unlock()
	select {
	case err := <-outcome:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// info takes an INFO: a digit, or nothing that is understood (section 2.2 of
// RFC 2976: then the body's type decides).
func (c *Call) info(i *incoming) {
	m := i.message
	kind, _, _ := strings.Cut(m.Get(sip.FieldContentType), ";")
	switch {
	case m.Body == "":
		i.respond(200, body{})
	case strings.EqualFold(strings.TrimSpace(kind), relayType):
		digit, d, ok := readDigit(m.Body)
		if !ok {
			i.respond(400, body{})
			return
		}
		i.respond(200, body{})
		c.tell(Event{Kind: Digit, Text: string(digit), Duration: d})
	default:
		i.respond(415, body{}, field{"Accept", relayType})
	}
}

// readDigit reads a body of lines Signal=2 and Duration=4800, in milliseconds.
func readDigit(text string) (digit byte, d time.Duration, ok bool) {
	d = DefaultDigit
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.ToUpper(strings.TrimSpace(value))
		switch {
		case strings.EqualFold(name, "Signal"):
			if len(value) != 1 || !strings.Contains(digitChars, value) {
				return 0, 0, false
			}
			digit, ok = value[0], true
		case strings.EqualFold(name, "Duration"):
			ms, err := strconv.ParseUint(value, 10, 20)
			if err != nil {
				return 0, 0, false
			}
			d = time.Duration(ms) * time.Millisecond
		}
	}
	return digit, d, ok
}

// heardDigit takes a digit that came with the sound.
func (c *Call) heardDigit(digit byte, d time.Duration) {
	c.phone.lock()
	defer c.phone.unlock()
	if c.state != Over {
		c.tell(Event{Kind: Digit, Text: string(digit), Duration: d})
	}
}
