// P-Charging-Vector: what joins the records of one call (RFC 7315 section 4.6).
package siputils

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

const chargingField = "P-Charging-Vector"

func chargingFunctions() []script.Function {
	return []script.Function{{
		Name: "sip_p_charging_vector", MinArgs: 1, MaxArgs: 1, Bind: bindCharging,
		Routes: script.RoutesOf(syntax.RequestRoute, syntax.FailureRoute, syntax.BranchRoute, syntax.ReplyRoute),
	}}
}

// bindCharging binds sip_p_charging_vector(flag): r removes the field, g adds
// one unless there is one, f does both.
func bindCharging(args []script.Arg) (script.Action, error) {
	flag, err := module.Fixed(args, 0)
	if err != nil {
		return nil, err
	}
	if len(flag) != 1 || !strings.Contains("rgf", flag) {
		return nil, &script.ArgError{Index: 0, Msg: "unknown flag " + flag, Hint: "r removes, g generates, f forces a new one"}
	}
	return func(c *script.Context) int {
		for i := range c.Message.Fields {
			f := &c.Message.Fields[i]
			if !c.Message.IsNamed(f, chargingField) {
				continue
			}
			if flag == "g" {
				return 1
			}
			c.Edits.RemoveField(f)
		}
		if flag == "r" {
			return 1
		}
		c.Edits.AppendField(c.Message, chargingField+": icid-value="+newCharge()+";icid-generated-at="+generatedAt(c)+"\r\n")
		return 1
	}, nil
}

// newCharge gives a value that is unique in space and time.
func newCharge() string {
	var id [16]byte
	rand.Read(id[:])
	return strings.ToUpper(hex.EncodeToString(id[:]))
}

func generatedAt(c *script.Context) string {
	address := c.Flow.Local.Addr()
	if address.Is6() {
		return "[" + address.String() + "]"
	}
	if !address.IsValid() {
		return c.Message.Via.Host
	}
	return address.String()
}
