// Older variables: AVPs in which Kamailio before 5.0, and OpenSER, keep what was
// selected. They show what the XAVPs hold.
package dispatcher

import "viaduct/script"

// olderVariables are the parameters dst_avp, grp_avp and so on; nil: not set.
type olderVariables struct {
	destination, group, socket, id, attributes, count *script.AVPRef
}

func (o *olderVariables) params() []script.Param {
	one := func(name string, target **script.AVPRef) script.Param {
		return script.Param{Name: name, Set: func(v script.Value) (err error) {
			*target, err = script.CompileAVP(v.AsString())
			return err
		}}
	}
	return []script.Param{
		one("dst_avp", &o.destination), one("grp_avp", &o.group), one("sock_avp", &o.socket),
		one("dstid_avp", &o.id), one("attrs_avp", &o.attributes), one("cnt_avp", &o.count),
	}
}

// keep puts a selection into the AVPs, the first on top.
func (o *olderVariables) keep(c *script.Context, records []*destination, loads bool) {
	for i := len(records) - 1; i >= 0; i-- {
		d := records[i]
		add(c, o.destination, script.StringValue(d.uri))
		add(c, o.group, script.IntValue(int64(d.set)))
		add(c, o.socket, script.StringValue(d.socketText))
		add(c, o.attributes, script.StringValue(d.text))
		if loads {
			add(c, o.id, script.StringValue(d.duid))
		}
	}
	if o.count != nil {
		o.count.RemoveAll(c)
		o.count.Add(c, script.IntValue(int64(len(records))))
	}
}

// add leaves out what a destination does not have.
func add(c *script.Context, ref *script.AVPRef, v script.Value) {
	if ref != nil && (v.Kind != script.String || v.Text != "") {
		ref.Add(c, v)
	}
}

// drop takes away the values of a destination on top.
func (o *olderVariables) drop(c *script.Context, d *destination, withID bool) {
	drop(c, o.destination, true)
	drop(c, o.group, true)
	drop(c, o.socket, d != nil && d.socketText != "")
	drop(c, o.attributes, d != nil && d.text != "")
	drop(c, o.id, withID)
}

func drop(c *script.Context, ref *script.AVPRef, has bool) {
	if ref != nil && has {
		ref.RemoveNewest(c)
	}
}
