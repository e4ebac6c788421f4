// Package cfgutils holds words that scripts use beside the routing: chance,
// waiting, locks, flags that all messages share, routes by name.
//
//	random.go  rand_event and its probability, $RANDOM
//	wait.go    sleep and usleep
//	lock.go    lock, trylock, unlock
//	flags.go   flags of all messages
//	route.go   routes that may be missing
//	hash.go    core_hash
//	memory.go  what the server takes
package cfgutils

import "viaduct/script"

// New gives the module.
func New(log script.Logger) *script.Module {
	chance, flags := newChance(), new(flags)
	m := &script.Module{
		Name:      "cfgutils",
		Variables: []script.Variable{{Name: "RANDOM", Bind: bindRandom}},
		Params: []script.Param{
			{Name: "initial_probability", Set: chance.setInitial},
			{Name: "initial_gflags", Set: flags.setInitial},
			{Name: "lock_set_size", Set: func(script.Value) error { return nil }}, // there are as many locks as keys
		},
	}
	m.Functions = append(m.Functions, chance.functions()...)
	m.Functions = append(m.Functions, new(sleepers).functions()...)
	m.Functions = append(m.Functions, lockFunctions(log)...)
	m.Functions = append(m.Functions, flags.functions()...)
	m.Functions = append(m.Functions, routeFunctions()...)
	m.Functions = append(m.Functions, script.Function{Name: "core_hash", MinArgs: 3, MaxArgs: 3, Bind: bindHash})
	m.Functions = append(m.Functions, memoryFunctions(log)...)
	return m
}
