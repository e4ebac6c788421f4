// Methods: which requests a contact takes.
package location

import "viaduct/sip"

// Methods is a set of request methods, one bit each.
type Methods uint32

// AllMethods is the set of a contact that did not say: it may take anything.
const AllMethods Methods = 1<<32 - 1

// otherMethod stands for each method that has no bit of its own.
const otherMethod Methods = 1 << 31

var methodNames = [...]string{
	"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "INFO", "PRACK", "UPDATE",
	"SUBSCRIBE", "NOTIFY", "PUBLISH", "MESSAGE", "REFER",
}

// MethodBit gives the set that holds one method. Method names have a case
// (RFC 3261 section 7.1).
func MethodBit(method string) Methods {
	for bit, name := range methodNames {
		if method == name {
			return 1 << bit
		}
	}
	return otherMethod
}

// ParseMethods reads a list as Allow holds it: "INVITE, ACK, BYE".
func ParseMethods(list string) (set Methods) {
	for method := range sip.SplitList(list) {
		set |= MethodBit(method)
	}
	return set
}

// Has tells whether a method is in the set.
func (set Methods) Has(method string) bool { return set&MethodBit(method) != 0 }
