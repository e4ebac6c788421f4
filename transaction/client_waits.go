// How long a client transaction waits, and how often it repeats its request,
// when its user wants it otherwise than the layer.
package transaction

import "time"

// waits are in ticks.
type waits struct {
	timing        *timing // the layer's, or its own
	final, timerC int64
	end           int64 // tick at which the transaction ends, 0: never
	rang          int   // highest provisional status so far
	ringOnce      bool
	cancelUnheard bool
	cancelAllVias bool
}

func (w *waits) begin(o *Outgoing, now int64, layer *timing) {
	w.timing, w.final, w.timerC = layer, layer.final, ticks(o.TimerC)
	w.ringOnce, w.cancelUnheard, w.cancelAllVias = o.RingOnce, o.CancelUnheard, o.CancelAllVias
	if o.Final != 0 {
		w.final = ticks(o.Final)
	}
	if o.Lifetime != 0 {
		w.end = now + ticks(o.Lifetime)
	}
	if o.T1 != 0 || o.T2 != 0 {
		own := *layer
		if o.T1 != 0 {
			own.t1 = ticks(o.T1)
		}
		if o.T2 != 0 {
			own.t2 = ticks(o.T2)
		}
		w.timing = &own
	}
}

// bound ends the wait for a final response at the transaction's end; the lock
// is held. The wait for the answer to a CANCEL is another matter.
func (c *Client) bound() {
	waiting := c.machine.state == Calling || c.machine.state == Trying || c.machine.state == Proceeding
	if end := c.waits.end; end != 0 && waiting && c.cancel == nil && (c.machine.deadline == 0 || c.machine.deadline > end) {
		c.machine.deadline = end
	}
}

// hear steps for a response. With RingOnce not each provisional one renews
// timer C; the lock is held.
func (c *Client) hear(status int) effects {
	w := &c.waits
	deadline, ringing := c.machine.deadline, c.machine.state == Proceeding
	renews := !w.ringOnce || status >= 180 && status > w.rang
	fx := c.step(responseEvent(status))
	if status < 200 {
		w.rang = max(w.rang, status)
		if ringing && !renews && c.invite {
			c.machine.deadline = deadline
			c.arm()
		}
	}
	return fx
}

// SetWaits changes the present waits, counted from now: final as long as
// nothing was heard, timerC once it rings. 0 leaves one as it is.
func (c *Client) SetWaits(final, timerC time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.user == nil || c.cancel != nil {
		return
	}
	if timerC != 0 {
		c.waits.timerC = ticks(timerC)
	}
	now := c.layer.wheel.now.Load()
	switch state := c.machine.state; {
	case final != 0 && (state == Calling || state == Trying || state == Proceeding && !c.invite):
		c.machine.deadline = now + ticks(final)
	case timerC != 0 && state == Proceeding && c.invite:
		c.machine.deadline = now + c.waits.timerC
	}
	c.bound()
	c.arm()
}

// Abandon gives an INVITE up of which nothing was heard, without a CANCEL: its
// user hears no more. It gives false, and does nothing, when a response came.
func (c *Client) Abandon() bool {
	c.mu.Lock()
	if !c.invite || c.user == nil || c.machine.state != Calling {
		c.mu.Unlock()
		return false
	}
	fx := c.machine.terminate()
	c.text, c.wanted = nil, nil
	c.mu.Unlock()
	c.carryOut(fx, nil)
	return true
}
