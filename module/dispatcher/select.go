// Selecting: ds_select_dst, ds_select_domain, ds_select.
package dispatcher

import (
	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
)

// into says where the first choice goes.
type into uint8

const (
	toDestination into = iota // $du
	toRequestURI              // host, port and parameters of $ru
	toRecords                 // into the XAVP alone
)

func (w *words) selectFunctions() []script.Function {
	routes := script.RoutesOf(syntax.RequestRoute, syntax.FailureRoute)
	one := func(name string, where into, routes script.Routes) script.Function {
		return script.Function{Name: name, MinArgs: 2, MaxArgs: 3, Routes: routes, Bind: w.bindSelect(where)}
	}
	return []script.Function{
		one("ds_select_dst", toDestination, routes),
		one("ds_select_domain", toRequestURI, routes),
		one("ds_select", toRecords, 0),
		{Name: "ds_select_routes", MinArgs: 2, MaxArgs: 3, Bind: w.bindRoutes},
	}
}

// bindSelect binds a function of (set, algorithm[, limit]).
func (w *words) bindSelect(where into) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		var numbers [3]module.NumberOf
		numbers[2] = func(*script.Context) (int, bool) { return 0, true }
		for i := range args {
			var err error
			if numbers[i], err = module.Number(args, i); err != nil {
				return nil, err
			}
		}
		if err := w.checkAlgorithm(args[1]); err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			id, ok := numbers[0](c)
			algorithm, ok2 := numbers[1](c)
			limit, ok3 := numbers[2](c)
			if !ok || !ok2 || !ok3 || !w.mayOverwrite(c, where) {
				return -1
			}
			var space [16]*destination
			s := selection{into: where, limit: limit}
			records, found := w.add(c, &s, space[:0], id, algorithm)
			if !found {
				return -1
			}
			w.keep(c, records, s.loads)
			return 1
		}, nil
	}
}

// checkAlgorithm looks at an algorithm that is fixed: has it what it needs?
func (w *words) checkAlgorithm(a script.Arg) error {
	v, fixed := a.Constant()
	if !fixed {
		return nil
	}
	n, _ := module.NumberIn(v)
	switch {
	case n == byVariables && w.hashed == nil:
		return &script.ArgError{Index: 1, Msg: "algorithm 7 hashes hash_pvar, which is not set", Hint: `modparam("dispatcher", "hash_pvar", "$fU")`}
	case n == byLoad && !w.countsCalls:
		w.log(script.LevelWarning, "algorithm 10 counts calls only with ds_hash_size above 0; without, it takes the first destination")
	}
	return nil
}

// mayOverwrite tells whether $du is free to be set.
func (w *words) mayOverwrite(c *script.Context, where into) bool {
	return w.forceDst || where != toDestination || c.Destination == ""
}

// selection is what one word wants and has chosen so far.
type selection struct {
	into  into
	limit int          // of records; 0 or less: none
	first *destination // that went to its place
	loads bool         // records bear dstid
}

// add chooses from one more set and adds what ds_next… shall find to the
// records; false when there is nothing to choose.
func (w *words) add(c *script.Context, sel *selection, records []*destination, id, algorithm int) ([]*destination, bool) {
	s := w.sets.Load().byID[id]
	if s == nil {
		return records, false
	}
	if algorithm == toAll {
		return records, w.fork(c, sel, s)
	}
	var space [16]int
	order := space[:0]
	at, ok := 0, false
	switch {
	case algorithm == byLatency:
		if order = w.byAdjusted(s, order); len(order) > 0 {
			at, ok = order[0], true
		}
	case algorithm == byLoad && w.countsCalls && c.Message.Method == "INVITE":
		at, ok = w.leastLoaded(c, s)
		sel.loads = ok
	default:
		at, ok = w.choose(c, s, algorithm)
	}
	if !ok || sel.first == nil && !w.use(c, sel.into, s.destinations[at]) {
		return records, false
	}
	if sel.first == nil {
		sel.first = s.destinations[at]
	}
	if !w.keepsRecords() {
		return records, true
	}
	if len(order) == 0 {
		order = w.around(s, at, order, sel.loads)
	}
	for _, at := range order {
		records = sel.put(records, s.destinations[at])
	}
	if last := len(s.destinations) - 1; w.useDefault && at != last && algorithm != byLatency {
		records = sel.put(records, s.destinations[last])
	}
	return records, true
}

func (s *selection) isFull(records []*destination) bool {
	return s.limit > 0 && len(records) >= s.limit
}

func (s *selection) put(records []*destination, d *destination) []*destination {
	if s.isFull(records) {
		return records
	}
	return append(records, d)
}

// around gives the usable destinations from the chosen one on, around the set,
// without the default.
func (w *words) around(s *set, at int, dst []int, loads bool) []int {
	n := len(s.destinations)
	for i := range n {
		next := (at + i) % n
		d := s.destinations[next]
		switch {
		case i == 0:
		case !d.now().isUsable(), w.useDefault && next == n-1, loads && !d.hasRoom():
			continue
		}
		dst = append(dst, next)
	}
	return dst
}

// fork is algorithm 12: all usable destinations at once, the first as the main
// target and the others as branches.
func (w *words) fork(c *script.Context, sel *selection, s *set) bool {
	found := false
	for _, d := range s.destinations {
		switch {
		case !d.now().isUsable():
		case sel.first == nil && sel.into != toRecords:
			if !w.use(c, sel.into, d) {
				return false
			}
			sel.first, found = d, true
		default:
			b := script.Branch{URI: c.URI, Destination: d.uri, Q: -1, Flags: c.BranchFlags}
			if sel.into == toRequestURI {
				b.URI, b.Destination = moved(c.URI, d.place), ""
			}
			if limit := c.Program.Globals().MaxBranches; limit > 0 && len(c.Branches)+1 >= limit {
				return found
			}
			c.Branches = append(c.Branches, b)
			found = true
		}
	}
	return found
}

// use sends a request to a destination.
func (w *words) use(c *script.Context, where into, d *destination) bool {
	switch where {
	case toRecords:
		return true
	case toDestination:
		c.Destination = d.uri
	case toRequestURI:
		uri := moved(c.URI, d.place)
		if uri == "" {
			return false
		}
		c.URI = uri
	}
	if from := w.socketOf(c.Program, d); from.Local.IsValid() {
		c.SendSocket = from
	}
	return true
}

// moved gives a SIP URI with another "host:port;params"; "" when it is none.
func moved(text, place string) string {
	uri, err := sip.ParseURI(text)
	switch {
	case err != nil || !uri.IsSIP():
		return ""
	case !uri.HasUser:
		return uri.Scheme + ":" + place
	case uri.Password != "":
		return uri.Scheme + ":" + uri.User + ":" + uri.Password + "@" + place
	}
	return uri.Scheme + ":" + uri.User + "@" + place
}
