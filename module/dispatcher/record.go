// Records: what was chosen, in XAVPs, where ds_next… and scripts find it.
package dispatcher

import "viaduct/script"

// keepsRecords tells whether the other destinations are kept for ds_next….
func (w *words) keepsRecords() bool { return w.options&failover != 0 && w.recordName != "" }

// keep puts what was chosen where ds_next… finds it.
func (w *words) keep(c *script.Context, records []*destination, loads bool) {
	if c.AVPs == nil {
		c.AVPs = new(script.AVPs)
	}
	var space [16]*script.XAVP
	ready := space[:0]
	for _, d := range records {
		if loads {
			ready = append(ready, d.loadRecord)
		} else {
			ready = append(ready, d.record)
		}
	}
	c.AVPs.PushXAVPs(ready)
	w.keepCount(c, len(records))
	w.older.keep(c, records, loads)
}

// withoutCount is bit 1 of xavp_ctx_mode.
const withoutCount = 1

// keepCount sets $xavp(_dsctx_=>cnt).
func (w *words) keepCount(c *script.Context, n int) {
	if w.contextName == "" || w.contextMode&withoutCount != 0 {
		return
	}
	c.AVPs.PopXAVP(w.contextName)
	made := w.sets.Load().contexts
	if n < len(made) {
		c.AVPs.PushXAVPs(made[n : n+1])
		return
	}
	c.AVPs.PushXAVPs([]*script.XAVP{w.contextRecord(n)})
}

func (w *words) contextRecord(n int) *script.XAVP {
	return script.NewXAVP(w.contextName, script.Field{Name: "cnt", Value: script.IntValue(int64(n))})
}

// contextRecords makes those of all counts that one set can give.
func (w *words) contextRecords(most int) []*script.XAVP {
	all := make([]*script.XAVP, most+1)
	for n := range all {
		all[n] = w.contextRecord(n)
	}
	return all
}
