// Parameters of the module.
package dispatcher

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/wire"
)

// settings are the parameters, with Kamailio's defaults.
type settings struct {
	listFile     string
	fromDatabase bool // which was refused: no file is looked for
	options      int  // flags
	forceDst     bool // $du may be overwritten
	useDefault   bool // the last of a set is for when all others fail

	recordName, contextName string // xavp_dst, xavp_ctx
	recordMode, contextMode int
	noneYes                 bool // ds_attrs_none
	older                   olderVariables

	hashed       script.Format // hash_pvar; nil: none
	setID, attrs script.Assignable

	pingMethod, pingFrom, proxyURI string
	socket                         wire.Flow // zero: the best one
	socketName                     string
	pingInterval                   time.Duration
	probing                        int // ds_probing_mode
	thresholds
	replies       replyCodes
	stats         bool // ds_ping_latency_stats
	alpha         float64
	countsCalls   bool // ds_hash_size is above 0
	expire        int  // seconds that a call lasts at most
	expireInitial int  // until it is confirmed
	sweepInterval time.Duration

	resolveInterval time.Duration
	reloadDelta     int
}

// Bits of the parameter flags.
const (
	hashUserOnly = 1 << iota
	failover
)

func defaults() settings {
	return settings{
		listFile: "/etc/kamailio/dispatcher.list", forceDst: true,
		recordName: "_dsdst_", contextName: "_dsctx_",
		pingMethod: "OPTIONS", pingFrom: "sip:dispatcher@localhost",
		thresholds: thresholds{failures: 1, successes: 1}, alpha: 0.9,
		expire: 7200, expireInitial: 7200, sweepInterval: 30 * time.Second,
		resolveInterval: 10 * time.Minute, reloadDelta: 5,
	}
}

func (w *words) params() []script.Param {
	s := &w.settings
	params := []script.Param{
		{Name: "list_file", Set: script.SetString(&s.listFile)},
		{Name: "flags", Set: script.SetInt(&s.options)},
		{Name: "force_dst", Set: script.SetBool(&s.forceDst)},
		{Name: "use_default", Set: script.SetBool(&s.useDefault)},
		{Name: "xavp_dst", Set: script.SetString(&s.recordName)},
		{Name: "xavp_dst_mode", Set: script.SetInt(&s.recordMode)},
		{Name: "xavp_ctx", Set: script.SetString(&s.contextName)},
		{Name: "xavp_ctx_mode", Set: script.SetInt(&s.contextMode)},
		{Name: "ds_attrs_none", Set: script.SetBool(&s.noneYes)},
		{Name: "hash_pvar", Set: s.setHashed},
		{Name: "setid_pvname", Set: setVariable(&s.setID)},
		{Name: "attrs_pvname", Set: setVariable(&s.attrs)},
		{Name: "ds_ping_method", Set: script.SetString(&s.pingMethod)},
		{Name: "ds_ping_from", Set: script.SetString(&s.pingFrom)},
		{Name: "ds_ping_interval", Set: setSeconds(&s.pingInterval)},
		{Name: "ds_probing_mode", Set: setAmong(&s.probing, 0, 3)},
		{Name: "ds_probing_threshold", Set: setAmong(&s.failures, 1, 1<<30)},
		{Name: "ds_probing_threshhold", Set: setAmong(&s.failures, 1, 1<<30)}, // OpenSER
		{Name: "ds_inactive_threshold", Set: setAmong(&s.successes, 1, 1<<30)},
		{Name: "ds_ping_reply_codes", Set: s.setReplies},
		{Name: "ds_ping_latency_stats", Set: script.SetBool(&s.stats)},
		{Name: "ds_latency_estimator_alpha", Set: s.setAlpha},
		{Name: "ds_hash_size", Set: s.setHashSize},
		{Name: "ds_hash_expire", Set: setAmong(&s.expire, 1, 1<<30)},
		{Name: "ds_hash_initexpire", Set: setAmong(&s.expireInitial, 1, 1<<30)},
		{Name: "ds_hash_check_interval", Set: setSeconds(&s.sweepInterval)},
		{Name: "outbound_proxy", Set: script.SetString(&s.proxyURI)},
		{Name: "ds_default_socket", Set: s.setSocket},
		{Name: "ds_default_sockname", Set: script.SetString(&s.socketName)},
		{Name: "ds_dns_interval", Set: setSeconds(&s.resolveInterval)},
		{Name: "reload_delta", Set: setAmong(&s.reloadDelta, 0, 1<<30)},
		{Name: "db_url", Set: s.refuseDatabase},
	}
	return append(params, s.older.params()...)
}

func (s *settings) setSocket(v script.Value) (err error) {
	s.socket, err = script.ParseSocket(v.AsString())
	return err
}

// refuseDatabase says early that nothing is read from a database.
func (s *settings) refuseDatabase(v script.Value) error {
	if v.AsString() == "" {
		return nil
	}
	s.fromDatabase = true
	return &syntax.Error{
		Msg:  "dispatcher.db_url: destinations are not read from a database",
		Hint: `write them into a file, a line "set uri flags priority attributes" each: modparam("dispatcher", "list_file", "dispatcher.list")`,
	}
}

func setVariable(target *script.Assignable) func(script.Value) error {
	return func(v script.Value) (err error) {
		*target, err = script.CompileVariable(v.AsString())
		return err
	}
}

func setSeconds(target *time.Duration) func(script.Value) error {
	return func(v script.Value) error {
		n := 0
		if err := setAmong(&n, 0, 1<<30)(v); err != nil {
			return err
		}
		*target = time.Duration(n) * time.Second
		return nil
	}
}

func setAmong(target *int, least, most int) func(script.Value) error {
	return func(v script.Value) error {
		n := v.AsInt()
		if n < int64(least) || n > int64(most) {
			return fmt.Errorf("expected a number from %d to %d, not %s", least, most, v)
		}
		*target = int(n)
		return nil
	}
}

func (s *settings) setHashed(v script.Value) (err error) {
	s.hashed, err = script.CompileFormat(v.AsString(), syntax.Kamailio)
	return err
}

func (s *settings) setAlpha(v script.Value) error {
	n := 0
	err := setAmong(&n, 0, 1000)(v)
	s.alpha = float64(n) / 1000
	return err
}

// setHashSize takes the logarithm of a size; calls are counted when there is
// one, and the table grows as it must.
func (s *settings) setHashSize(v script.Value) error {
	s.countsCalls = v.AsInt() > 0
	return nil
}

// replyCodes say which replies to a ping are as good as a 200.
type replyCodes struct {
	codes   []int
	classes []int // 2 for 200 to 299
}

func (r *replyCodes) accepts(status int) bool {
	if status == 200 {
		return true
	}
	for _, code := range r.codes {
		if code == status {
			return true
		}
	}
	for _, class := range r.classes {
		if class == status/100 {
			return true
		}
	}
	return false
}

var errReplies = errors.New(`expected "code=403;class=2"`)

// setReplies reads "class=2;code=403;code=488". The README of Kamailio also
// writes class=400 for 4.
func (s *settings) setReplies(v script.Value) error {
	var r replyCodes
	for one := range strings.SplitSeq(v.AsString(), ";") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		name, value, _ := strings.Cut(one, "=")
		n, err := strconv.Atoi(strings.TrimSpace(value))
		switch name = strings.TrimSpace(name); {
		case err != nil || n < 1 || n > 699:
			return errReplies
		case name == "code" && n >= 100:
			r.codes = append(r.codes, n)
		case name == "class" && n <= 6:
			r.classes = append(r.classes, n)
		case name == "class" && n%100 == 0:
			r.classes = append(r.classes, n/100)
		default:
			return errReplies
		}
	}
	s.replies = r
	return nil
}
