// What our own Route says of a dialog: who sends, and what add_rr_param left.
package rr

import (
	"errors"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// Directions, with the numbers of $rdir(id).
const (
	downstream = 1 // from the caller to the callee
	upstream   = 2
)

// isUpstream tells a request of the callee by ftag, the caller's tag in our
// Route. Without one the caller sends.
func (r *router) isUpstream(c *script.Context) bool {
	uri, ok := r.ownRoute(c.Message)
	if !ok {
		return false
	}
	tag, ok := uri.Param("ftag")
	return ok && tag != c.Message.FromTag()
}

// bindDirection binds is_direction("upstream") and is_direction("downstream").
func (r *router) bindDirection(args []script.Arg) (script.Action, error) {
	word, ok := args[0].Constant()
	if !ok || word.AsString() != "upstream" && word.AsString() != "downstream" {
		return nil, &script.ArgError{Msg: "not a direction", Hint: `write "upstream" or "downstream"`}
	}
	want := word.AsString() == "upstream"
	return func(c *script.Context) int { return module.Bool(r.isUpstream(c) == want) }, nil
}

// bindCheckParam binds check_route_param(re): the pattern is sought in the
// parameters of our Route, ";lr;ftag=…".
func (r *router) bindCheckParam(args []script.Arg) (script.Action, error) {
	pattern, ok := args[0].Constant()
	if !ok {
		return nil, &script.ArgError{Msg: "the pattern must be constant"}
	}
	fits, err := script.CompilePattern(pattern.AsString())
	if err != nil {
		return nil, &script.ArgError{Msg: err.Error()}
	}
	return func(c *script.Context) int {
		uri, ok := r.ownRoute(c.Message)
		return module.Bool(ok && uri.Params != "" && fits(uri.Params))
	}, nil
}

// nextHopRoute tells whether loose_route took a Route of ours off and another
// stands behind it.
func (r *router) nextHopRoute(c *script.Context) int {
	set, ok := readRoutes(c.Message)
	own := 0
	if ok {
		own = r.ours(&set)
	}
	return module.Bool(own > 0 && set.count > own && isRouted(c))
}

// readOnly is a pseudo-variable that cannot be set.
type readOnly func(c *script.Context) script.Value

func (get readOnly) Eval(c *script.Context) script.Value { return get(c) }

func (get readOnly) Assign(*script.Context, script.Value) error {
	return errors.New("it cannot be set")
}

// bindDirectionVariable binds $rdir(id) and $rdir(name).
func (r *router) bindDirectionVariable(inner *syntax.Inner, _ *syntax.Index, _ script.FormatBinder) (script.Assignable, error) {
	what := ""
	if inner != nil {
		what, _ = inner.Static()
	}
	switch what {
	case "id":
		return readOnly(func(c *script.Context) script.Value {
			if r.isUpstream(c) {
				return script.IntValue(upstream)
			}
			return script.IntValue(downstream)
		}), nil
	case "name":
		return readOnly(func(c *script.Context) script.Value {
			if r.isUpstream(c) {
				return script.StringValue("upstream")
			}
			return script.StringValue("downstream")
		}), nil
	}
	return nil, errors.New("write $rdir(id) or $rdir(name)")
}
