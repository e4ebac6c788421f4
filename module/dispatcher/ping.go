// Pings: OPTIONS to destinations, to find out which of them are alive.
package dispatcher

import (
	"regexp"
	"strings"
	"time"

	"viaduct/proxy"
	"viaduct/script"
	"viaduct/script/syntax"
)

// Values of ds_probing_mode.
const (
	probeOnce     = iota // those that are to be probed, until they answer
	probeAll             // all
	probeInactive        // those that are inactive and to be probed
	probeFlagged         // those that are to be probed
)

// probes tells whether a destination is pinged.
func (w *words) probes(f flags) bool {
	switch {
	case f&disabled != 0:
		return false
	case w.probing == probeAll:
		return true
	case w.probing == probeInactive:
		return f&inactive != 0 && f&probing != 0
	}
	return f&probing != 0
}

// pingFirstCSeq is what Kamailio's pings bear.
const pingFirstCSeq = 10

// pingAll pings those that are to be pinged, but for those whose last ping is
// still open. A name may have to be asked for, on a goroutine of its own.
func (w *words) pingAll(p *script.Program) {
	patience := patienceOf(p.File())
	w.sets.Load().each(func(_ *set, d *destination) {
		if !w.probes(d.now()) || !d.pinged.CompareAndSwap(false, true) {
			return
		}
		if d.address.IsValid() && w.proxyOf(d) == "" {
			w.ping(p, d, patience)
		} else {
			go w.ping(p, d, patience)
		}
	})
}

func (w *words) proxyOf(d *destination) string {
	if d.proxyURI != "" {
		return d.proxyURI
	}
	return w.proxyURI
}

// ping sends one request.
func (w *words) ping(p *script.Program, d *destination, patience time.Duration) {
	from := d.pingFrom
	if from == "" {
		from = w.pingFrom
	}
	if !strings.Contains(from, "<") {
		from = "<" + from + ">"
	}
	request := &proxy.OwnRequest{
		Method: w.pingMethod, URI: d.uri, From: from, CSeq: pingFirstCSeq,
		Destination: w.proxyOf(d), SendFrom: w.socketOf(p, d),
		Timers: proxy.Timers{Final: patience},
	}
	if agent := p.Globals().UserAgentHeader; agent != "" {
		request.Fields = agent + "\r\n"
	}
	sent := w.Now()
	done := func(o proxy.Outcome) {
		d.pinged.Store(false)
		w.answered(p, d, o, w.Now().Sub(sent))
	}
	if err := w.Proxy.Originate(request, done); err != nil {
		done(proxy.Outcome{Status: proxy.StatusOf(err), Err: err})
	}
}

// answered enters what a ping has found.
func (w *words) answered(p *script.Program, d *destination, o proxy.Outcome, after time.Duration) {
	now := d.now()
	if now&disabled != 0 { // meanwhile
		return
	}
	e := event{program: p, code: o.Status}
	if o.Response != nil {
		e.reply, e.reason = true, o.Response.Reason
		if w.stats {
			d.latency.add(float64(after.Microseconds())/1000, w.alpha)
			if d.congestion {
				w.Kept.changes.Add(1)
			}
		}
	}
	var found flags
	if !w.replies.accepts(o.Status) {
		found = trying
	}
	switch {
	case w.probing == probeAll, w.probing == probeFlagged && now&probing != 0, w.probing != probeOnce && found == trying:
		found |= probing
	}
	w.note(d, found, e)
}

// patienceOf gives how long the script lets any request wait for an answer:
// modparam("tm", "fr_timer", ms).
func patienceOf(file *syntax.File) time.Duration {
	patience := 30 * time.Second
	for _, param := range file.ModParams {
		if param.Name != "fr_timer" {
			continue
		}
		n := time.Duration(script.StringValue(param.Value.Text).AsInt())
		match, err := regexp.MatchString("^(?:"+param.Modules+")$", "tm")
		switch {
		case err != nil || !match || n <= 0:
		case n < 1000: // SER and OpenSER wrote seconds
			patience = n * time.Second
		default:
			patience = n * time.Millisecond
		}
	}
	return patience
}
